#include "webhook/certificates/rotation.h"

#include "../suite.h"
#include "replicas.h"
#include "spk/base/cleanup.h"

static void setup(void)
{
    begin_model(1);
}

static void teardown(void)
{
    end_model();
}

static const struct spk_rotation_set *now_kept(void)
{
    ck_assert(last_secret()->there);
    return &last_secret()->set;
}

static struct spk_pki_facts facts_of(const char *crt)
{
    struct spk_pki_facts facts;
    struct spk_err err = {0};

    ck_assert_msg(spk_pki_read(&facts, crt, &err) == 0, "%s", err.msg);
    return facts;
}

static void assert_all_show_what_is_kept(void)
{
    for (int i = 0; i < REPLICAS; i++)
        ck_assert_str_eq(model.replicas[i].rotation.shown_crt, now_kept()->leaf.crt);
}

static void after_s(int64_t seconds)
{
    model.now_s += seconds;
    settle();
}

/* caBundle is written for the second time, and every API server has been told. */
static void propagate(void)
{
    after_s(AGAIN);
    after_s(PROPAGATION);
}

/* Once or twice. */
static void assert_bundle_says(const char *wanted)
{
    const char *text = last_bundle()->text;
    size_t len = strlen(wanted);

    ck_assert_uint_le(strlen(text), len + 1);
    ck_assert_msg(strncmp(text, wanted, len) == 0 && (!text[len] || text[len] == '\n'), "%s", text);
}

START_TEST(the_first_of_four_makes_one_set_and_all_show_it)
{
    struct spk_rotation_worth worth;

    settle();
    ck_assert_uint_eq(model.writes, 1);
    assert_all_show_what_is_kept();
    spk_rotation_weigh(&worth, now_kept(), model_names, 2, model.now_s);
    ck_assert_msg(worth.ca && worth.ca_key && worth.leaf && worth.names && worth.old, "%s",
                  worth.why.msg);
    assert_bundle_says(now_kept()->ca.crt);
    ck_assert(!now_kept()->next.crt && !now_kept()->old);
}
END_TEST

START_TEST(a_bundle_is_written_twice_and_then_left_alone)
{
    SPK_AUTOFREE char *first = NULL;

    settle();
    first = strdup(last_bundle()->text);
    after_s(AGAIN - 1);
    ck_assert_uint_eq(model.bundle_count, 2);
    after_s(1);
    ck_assert_uint_eq(model.bundle_count, 3);
    ck_assert_str_ne(last_bundle()->text, first);
    assert_bundle_says(first);
    after_s(DAY);
    ck_assert_uint_eq(model.bundle_count, 3);
}
END_TEST

START_TEST(a_leaf_is_renewed_once_at_two_thirds_of_its_life)
{
    SPK_AUTOFREE char *first = NULL;

    settle();
    first = strdup(now_kept()->leaf.crt);
    after_s(53 * DAY); /* the earliest of jitters: two thirds less a tenth of them */
    ck_assert_str_eq(now_kept()->leaf.crt, first);
    after_s(7 * DAY);
    ck_assert_str_ne(now_kept()->leaf.crt, first);
    ck_assert_uint_eq(model.writes, 2);
    assert_all_show_what_is_kept();
    assert_bundle_says(now_kept()->ca.crt);
}
END_TEST

/* The leaf is renewed on the way, so that only the CA's age counts. */
static void age_ca_until_due(void)
{
    settle();
    for (int i = 0; i < 20 && !now_kept()->next.crt; i++)
        after_s(25 * DAY);
    ck_assert_ptr_nonnull(now_kept()->next.crt);
}

START_TEST(a_ca_signs_only_when_it_was_in_the_bundle_for_the_time_of_propagation)
{
    SPK_AUTOFREE char *first = NULL;
    SPK_AUTOFREE char *next = NULL;
    struct spk_pki_id first_id;
    struct spk_pki_id next_id;
    size_t bundles;

    settle();
    first = strdup(now_kept()->ca.crt);
    age_ca_until_due();
    next = strdup(now_kept()->next.crt);
    first_id = facts_of(first).id;
    next_id = facts_of(next).id;
    ck_assert(has_ca(last_bundle()->text, &next_id) && has_ca(last_bundle()->text, &first_id));
    after_s(AGAIN);
    bundles = model.bundle_count;
    after_s(PROPAGATION - 1);
    ck_assert_str_eq(now_kept()->ca.crt, first);
    after_s(1);
    ck_assert_uint_eq(model.bundle_count, bundles);
    ck_assert_str_eq(now_kept()->ca.crt, next);
    ck_assert_str_eq(now_kept()->old, first);
    ck_assert_ptr_null(now_kept()->next.crt);
    assert_all_show_what_is_kept();
    ck_assert(has_ca(last_bundle()->text, &next_id) && has_ca(last_bundle()->text, &first_id));
    model.now_s = facts_of(first).not_after_s - 1;
    settle();
    ck_assert(has_ca(last_bundle()->text, &first_id));
    after_s(1);
    ck_assert(!has_ca(last_bundle()->text, &first_id));
    ck_assert_ptr_null(now_kept()->old);
}
END_TEST

/* Two and a half years: a succession of the CA and what it leaves behind, 16 leaves, in any order
 * of seeing. */
START_TEST(whoever_sees_what_first_no_review_fails)
{
    begin_model((unsigned)_i + 2);
    settle();
    propagate();
    while (model.now_s < START_S + 900 * DAY) {
        muddle(8);
        assert_trusted();
        if (draw(3) == 0) {
            settle();
            model.now_s += draw(20) * DAY;
            for (int i = 0; i < REPLICAS; i++)
                see(&model.replicas[i]);
        }
    }
    propagate();
    assert_all_show_what_is_kept();
    ck_assert_uint_ge(model.writes, 14);
    ck_assert_uint_le(model.writes, 45);
}
END_TEST

START_TEST(a_restarted_replica_removes_nothing_and_shows_at_once)
{
    age_ca_until_due();
    start_replica(&model.replicas[2]);
    after_s(1);
    assert_trusted();
    ck_assert_str_eq(model.replicas[2].rotation.shown_crt, now_kept()->leaf.crt);
    propagate();
    assert_all_show_what_is_kept();
    assert_trusted();
}
END_TEST

/* ------------------------------------------------------------------------- damaged Secrets */

static struct spk_rotation_set other;

static void make_other(int64_t at_s, int64_t life_s)
{
    struct spk_err err = {0};

    spk_rotation_set_done(&other);
    ck_assert_int_eq(spk_pki_make_ca(&other.ca, at_s, life_s, &err), 0);
    ck_assert_int_eq(spk_pki_make_leaf(&other.leaf, &other.ca, model_names, 2, at_s, life_s, &err),
                     0);
}

static void set_text(char **field, const char *text)
{
    free(*field);
    *field = text ? strdup(text) : NULL;
}

static void other_ca(struct spk_rotation_set *set)
{
    set_text(&set->ca.crt, other.ca.crt);
}

static void other_ca_and_key(struct spk_rotation_set *set)
{
    other_ca(set);
    set_text(&set->ca.key, other.ca.key);
}

static void other_leaf_key(struct spk_rotation_set *set)
{
    set_text(&set->leaf.key, other.leaf.key);
}

static void other_leaf(struct spk_rotation_set *set)
{
    other_leaf_key(set);
    set_text(&set->leaf.crt, other.leaf.crt);
}

static void no_leaf(struct spk_rotation_set *set)
{
    set_text(&set->leaf.crt, NULL);
    set_text(&set->leaf.key, NULL);
}

static void garbage(struct spk_rotation_set *set)
{
    set_text(&set->leaf.crt, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    set_text(&set->ca.crt, "garbage");
}

static void nothing(struct spk_rotation_set *set)
{
    spk_rotation_set_done(set);
}

static void expired(struct spk_rotation_set *set)
{
    make_other(model.now_s - 100 * DAY, 90 * DAY);
    spk_rotation_set_done(set);
    other_ca_and_key(set);
    other_leaf(set);
}

static void broken_next(struct spk_rotation_set *set)
{
    set_text(&set->next.crt, other.ca.crt);
    set_text(&set->next.key, other.leaf.key);
}

static void broken_old(struct spk_rotation_set *set)
{
    set_text(&set->old, "garbage");
}

static const struct {
    const char *what;
    void (*damage)(struct spk_rotation_set *set);
} damages[] = {
    {"another CA", other_ca},
    {"another CA and its key", other_ca_and_key},
    {"another key of the leaf", other_leaf_key},
    {"another leaf", other_leaf},
    {"no leaf", no_leaf},
    {"garbage", garbage},
    {"nothing", nothing},
    {"expired", expired},
    {"a next CA without its key", broken_next},
    {"old CAs that are no PEM", broken_old},
};

static void assert_kept_is_sound(void)
{
    struct spk_rotation_worth worth;

    spk_rotation_weigh(&worth, now_kept(), model_names, 2, model.now_s);
    ck_assert_msg(worth.ca && worth.ca_key && worth.leaf && worth.names && worth.old, "%s",
                  worth.why.msg);
    ck_assert(worth.next || !now_kept()->next.crt);
}

START_TEST(a_damaged_secret_is_put_back_and_nothing_else_is_shown)
{
    SPK_CLEANUP(spk_rotation_set_done) struct spk_rotation_set damaged = {0};
    SPK_AUTOFREE char *leaf = NULL;
    struct spk_err err = {0};

    settle();
    propagate();
    leaf = strdup(now_kept()->leaf.crt);
    make_other(model.now_s, 90 * DAY);
    ck_assert_int_eq(spk_rotation_set_copy(&damaged, now_kept(), &err), 0);
    damages[_i].damage(&damaged);
    put_secret(&damaged);
    settle();
    assert_kept_is_sound();
    ck_assert_msg(strcmp(now_kept()->leaf.crt, leaf) == 0, "%s", damages[_i].what);
    ck_assert_uint_eq(model.writes, 2);
    assert_all_show_what_is_kept();
    assert_trusted();
}
END_TEST

START_TEST(a_damaged_secret_is_made_anew_by_who_remembers_nothing)
{
    SPK_CLEANUP(spk_rotation_set_done) struct spk_rotation_set damaged = {0};
    struct spk_err err = {0};

    settle();
    make_other(model.now_s, 90 * DAY);
    ck_assert_int_eq(spk_rotation_set_copy(&damaged, now_kept(), &err), 0);
    damages[_i].damage(&damaged);
    put_secret(&damaged);
    for (int i = 0; i < REPLICAS; i++)
        start_replica(&model.replicas[i]);
    settle();
    assert_kept_is_sound();
    assert_all_show_what_is_kept();
    ck_assert(has_ca(last_bundle()->text, &model.replicas[0].rotation.shown_ca_id));
}
END_TEST

START_TEST(a_deleted_secret_is_put_back)
{
    SPK_AUTOFREE char *leaf = NULL;

    settle();
    leaf = strdup(now_kept()->leaf.crt);
    put_secret(NULL);
    settle();
    ck_assert_str_eq(now_kept()->leaf.crt, leaf);
    assert_kept_is_sound();
    ck_assert_uint_eq(model.writes, 2);
}
END_TEST

/* Somebody puts a whole other set there: it is taken over like a rotation. */
START_TEST(another_sound_set_is_taken_over_without_a_gap)
{
    settle();
    propagate();
    make_other(model.now_s, 700 * DAY);
    put_secret(&other);
    settle();
    assert_trusted();
    ck_assert_str_ne(model.replicas[0].rotation.shown_crt, other.leaf.crt);
    ck_assert(has_ca(last_bundle()->text, &model.replicas[0].rotation.shown_ca_id));
    propagate();
    assert_trusted();
    assert_all_show_what_is_kept();
    ck_assert_str_eq(now_kept()->leaf.crt, other.leaf.crt);
}
END_TEST

/* certs/make-certs and cert-manager leave no CA key behind. */
START_TEST(a_set_without_the_key_of_its_ca_is_shown_and_succeeded)
{
    make_other(model.now_s, 700 * DAY);
    set_text(&other.ca.key, NULL);
    put_secret(&other);
    put_bundle(other.ca.crt);
    settle();
    ck_assert_str_eq(model.replicas[3].rotation.shown_crt, other.leaf.crt);
    ck_assert_ptr_nonnull(now_kept()->next.key);
    propagate();
    assert_trusted();
    ck_assert_str_ne(now_kept()->leaf.crt, other.leaf.crt);
    assert_all_show_what_is_kept();
    assert_kept_is_sound();
}
END_TEST

/* Two versions of the program, side by side, that want different names. */
START_TEST(replicas_that_want_other_names_agree_on_all_of_them)
{
    static const char *const more[] = {"w.ns.svc", "w.example.com", "10.0.0.1"};

    settle();
    for (int i = 0; i < 2; i++) {
        model.replicas[i].rotation.policy.names = more;
        model.replicas[i].rotation.policy.name_count = 3;
    }
    settle();
    ck_assert_uint_eq(facts_of(now_kept()->leaf.crt).name_count, 4);
    ck_assert_uint_eq(model.writes, 2);
    assert_all_show_what_is_kept();
}
END_TEST

/* A rolling upgrade that gives the Service another name: the first name is what the API server asks
 * for, and a leaf without it is of no use to who wants it. */
START_TEST(replicas_of_services_with_other_names_agree_on_both)
{
    static const char *const renamed[] = {"new.ns.svc", "new.ns"};

    settle();
    for (int i = 0; i < 2; i++) {
        model.replicas[i].rotation.policy.names = renamed;
        model.replicas[i].rotation.policy.name_count = 2;
    }
    settle();
    ck_assert_uint_eq(facts_of(now_kept()->leaf.crt).name_count, 4);
    ck_assert_uint_eq(model.writes, 2);
    assert_all_show_what_is_kept();
}
END_TEST

/* Each time the CA's key is lost one more CA must be trusted until it expires. */
START_TEST(however_many_cas_there_were_the_newest_are_trusted)
{
    settle();
    for (int i = 0; i < 20; i++) {
        struct spk_rotation_set set = {0};
        struct spk_err err = {0};
        ck_assert_int_eq(spk_rotation_set_copy(&set, now_kept(), &err), 0);
        free(set.ca.key);
        set.ca.key = NULL;
        put_secret(&set);
        spk_rotation_set_done(&set);
        settle();
        propagate();
        ck_assert_ptr_nonnull(now_kept()->ca.key);
        assert_all_show_what_is_kept();
        propagate();
        assert_trusted();
    }
    start_replica(&model.replicas[0]);
    settle();
    for (int i = 0; i < REPLICAS; i++)
        ck_assert(spk_rotation_trusted(&model.replicas[i].rotation));
    assert_kept_is_sound();
}
END_TEST

/* ------------------------------------------------------------------------ damaged caBundles */

START_TEST(a_damaged_bundle_is_put_right_at_once)
{
    static const char *const texts[] = {"", "garbage", "other"};
    SPK_AUTOFREE char *right = NULL;

    settle();
    right = strdup(last_bundle()->text);
    propagate();
    make_other(model.now_s, 90 * DAY);
    put_bundle(_i == 2 ? other.ca.crt : texts[_i]);
    settle();
    assert_bundle_says(right);
}
END_TEST

START_TEST(without_a_configuration_the_ca_is_not_succeeded_before_its_end)
{
    SPK_AUTOFREE char *ca = NULL;

    settle();
    ca = strdup(now_kept()->ca.crt);
    put_bundle(NULL);
    for (int i = 0; i < 29; i++)
        after_s(25 * DAY);
    ck_assert_str_eq(now_kept()->ca.crt, ca);
    ck_assert(spk_rotation_trusted(&model.replicas[0].rotation));
    after_s(6 * DAY);
    ck_assert_str_ne(now_kept()->ca.crt, ca);
    assert_all_show_what_is_kept();
}
END_TEST

START_TEST(a_replica_far_from_the_api_server_keeps_its_leaf)
{
    SPK_AUTOFREE char *shown = NULL;

    age_ca_until_due();
    shown = strdup(model.replicas[0].rotation.shown_crt);
    model.replicas[0].down = true; /* it sees nothing and does nothing, but still serves */
    propagate();
    after_s(20 * DAY);
    ck_assert_str_ne(now_kept()->leaf.crt, shown);
    ck_assert(is_believed(told(), &model.replicas[0].rotation.shown_ca_id));
    model.replicas[0].down = false;
    settle();
    assert_trusted();
    after_s(PROPAGATION); /* it has not seen the second writing before */
    assert_trusted();
    assert_all_show_what_is_kept();
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("rotation");

    tcase_set_timeout(tcase, 100);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_first_of_four_makes_one_set_and_all_show_it);
    tcase_add_test(tcase, a_bundle_is_written_twice_and_then_left_alone);
    tcase_add_test(tcase, a_leaf_is_renewed_once_at_two_thirds_of_its_life);
    tcase_add_test(tcase, a_ca_signs_only_when_it_was_in_the_bundle_for_the_time_of_propagation);
    tcase_add_loop_test(tcase, whoever_sees_what_first_no_review_fails, 0, 3);
    tcase_add_test(tcase, a_restarted_replica_removes_nothing_and_shows_at_once);
    ADD_ROWS(tcase, a_damaged_secret_is_put_back_and_nothing_else_is_shown, damages);
    ADD_ROWS(tcase, a_damaged_secret_is_made_anew_by_who_remembers_nothing, damages);
    tcase_add_test(tcase, a_deleted_secret_is_put_back);
    tcase_add_test(tcase, another_sound_set_is_taken_over_without_a_gap);
    tcase_add_test(tcase, a_set_without_the_key_of_its_ca_is_shown_and_succeeded);
    tcase_add_test(tcase, replicas_that_want_other_names_agree_on_all_of_them);
    tcase_add_test(tcase, replicas_of_services_with_other_names_agree_on_both);
    tcase_add_test(tcase, however_many_cas_there_were_the_newest_are_trusted);
    tcase_add_loop_test(tcase, a_damaged_bundle_is_put_right_at_once, 0, 3);
    tcase_add_test(tcase, without_a_configuration_the_ca_is_not_succeeded_before_its_end);
    tcase_add_test(tcase, a_replica_far_from_the_api_server_keeps_its_leaf);
    return run_case("rotation", tcase);
}
