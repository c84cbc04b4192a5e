/* What a Lease says and what is written into it, by a clock of the test's own. */
#include "../../../src/kube/lease_internal.h"

#include "spk/base/clock.h"
#include "spk/kube/lease.h"

#include "../suite.h"
#include "rig.h"

#include <string.h>

static struct spk_lease_record record;

static void tear_down(void)
{
    spk_lease_record_done(&record);
}

/* @spec: JSON */
static void see(const char *version, const char *spec, int64_t now_ms)
{
    json_t *object = json_pack("{s:{s:s, s:{s:s}}, s:o}", "metadata", "resourceVersion", version,
                               "labels", "mine", "1", "spec", json_loads(spec, 0, NULL));

    ck_assert_ptr_nonnull(object);
    spk_lease_record_see(&record, object, now_ms);
    json_decref(object);
}

static bool taken(int64_t now_ms)
{
    return spk_lease_record_is_taken(&record, "me", 15000, now_ms);
}

/* What is to be written, as text. */
static const char *make(const char *identity)
{
    static char text[2048];
    const struct spk_lease_words words = {
        .ns = "ns", .name = "x", .identity = identity, .duration_ms = 14001, .wall_ms = 1234567};
    json_t *lease = spk_lease_record_make(&record, &words);
    char *dumped = json_dumps(lease, JSON_SORT_KEYS | JSON_COMPACT);

    ck_assert_ptr_nonnull(dumped);
    (void)snprintf(text, sizeof(text), "%s", dumped);
    free(dumped);
    json_decref(lease);
    return text;
}

static const struct {
    const char *name;
    const char *spec;
    int64_t after_ms; /* it was seen */
    bool taken;
} believed[] = {
    {"by another", "{\"holderIdentity\":\"b\",\"leaseDurationSeconds\":3}", 2999, true},
    {"for so long", "{\"holderIdentity\":\"b\",\"leaseDurationSeconds\":3}", 3000, false},
    {"by us", "{\"holderIdentity\":\"me\",\"leaseDurationSeconds\":3}", 0, false},
    {"given up", "{\"holderIdentity\":\"\",\"leaseDurationSeconds\":3}", 0, false},
    {"nobody", "{}", 0, false},
    {"no duration", "{\"holderIdentity\":\"b\"}", 14999, true},
    {"no duration, for so long", "{\"holderIdentity\":\"b\"}", 15000, false},
    {"a duration of nothing", "{\"holderIdentity\":\"b\",\"leaseDurationSeconds\":0}", 14999, true},
    {"a duration that is none", "{\"holderIdentity\":\"b\",\"leaseDurationSeconds\":-5}", 14999,
     true},
    {"clocks of others say nothing",
     "{\"holderIdentity\":\"b\",\"leaseDurationSeconds\":3,\"renewTime\":\"1999-01-01T00:00:00."
     "000000Z\"}",
     2999, true},
    {"rubbish", "{\"holderIdentity\":7,\"leaseDurationSeconds\":\"x\"}", 0, false},
};

START_TEST(holders_are_believed)
{
    see("1", believed[_i].spec, 1000);
    ck_assert_msg(taken(1000 + believed[_i].after_ms) == believed[_i].taken, "%s",
                  believed[_i].name);
}
END_TEST

START_TEST(only_what_holders_write_is_a_change)
{
    const char *spec = "{\"holderIdentity\":\"b\",\"leaseDurationSeconds\":3,\"renewTime\":\"x\"}";

    ck_assert(!taken(0));
    see("1", spec, 1000);
    see("2", spec, 3000);
    ck_assert(!taken(4000));
    see("3", "{\"holderIdentity\":\"b\",\"leaseDurationSeconds\":3,\"renewTime\":\"y\"}", 4000);
    ck_assert(taken(6999));
    ck_assert(!taken(7000));
}
END_TEST

START_TEST(who_held_what_is_deleted_may_not_know_yet)
{
    spk_lease_record_miss(&record);
    ck_assert(!taken(0));
    see("1", "{\"holderIdentity\":\"b\",\"leaseDurationSeconds\":3}", 1000);
    spk_lease_record_miss(&record);
    ck_assert(taken(3999));
    ck_assert(!taken(4000));
    ck_assert_msg(!strstr(make("me"), "resourceVersion"), "%s", make("me"));
    see("2", "{\"holderIdentity\":\"c\",\"leaseDurationSeconds\":3}", 4000);
    ck_assert(taken(6999));
    ck_assert_msg(strstr(make("me"), "resourceVersion"), "%s", make("me"));
}
END_TEST

#define LEASE(version, spec)                                                    \
    "{\"metadata\":{\"labels\":{\"mine\":\"1\"},\"resourceVersion\":\"" version \
    "\"},\"spec\":{" spec "}}"
#define NOW "\"1970-01-01T00:20:34.567000Z\""

static const struct {
    const char *name;
    const char *spec; /* NULL: there is none */
    const char *identity;
    const char *expect;
} writes[] = {
    {"a new one", NULL, "me",
     "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"x\","
     "\"namespace\":\"ns\"},\"spec\":{\"acquireTime\":" NOW ",\"holderIdentity\":\"me\","
     "\"leaseDurationSeconds\":15,\"leaseTransitions\":0,\"renewTime\":" NOW "}}"},
    {"renewed",
     "{\"holderIdentity\":\"me\",\"acquireTime\":\"then\",\"leaseTransitions\":4,\"strategy\":"
     "\"s\"}",
     "me",
     LEASE("7", "\"acquireTime\":\"then\",\"holderIdentity\":\"me\",\"leaseDurationSeconds\":15,"
                "\"leaseTransitions\":4,\"renewTime\":" NOW ",\"strategy\":\"s\"")},
    {"taken over", "{\"holderIdentity\":\"b\",\"acquireTime\":\"then\",\"leaseTransitions\":4}",
     "me",
     LEASE("7", "\"acquireTime\":" NOW ",\"holderIdentity\":\"me\",\"leaseDurationSeconds\":15,"
                "\"leaseTransitions\":5,\"renewTime\":" NOW)},
    {"given up", "{\"holderIdentity\":\"me\",\"acquireTime\":\"then\",\"leaseTransitions\":4}", "",
     LEASE("7", "\"acquireTime\":" NOW ",\"holderIdentity\":\"\",\"leaseDurationSeconds\":1,"
                "\"leaseTransitions\":4,\"renewTime\":" NOW)},
    {"without a spec", "null", "me",
     LEASE("7", "\"acquireTime\":" NOW ",\"holderIdentity\":\"me\",\"leaseDurationSeconds\":15,"
                "\"leaseTransitions\":0,\"renewTime\":" NOW)},
};

START_TEST(what_is_written)
{
    if (writes[_i].spec) {
        json_t *spec = json_loads(writes[_i].spec, JSON_DECODE_ANY, NULL);
        json_t *object = json_pack("{s:{s:s, s:{s:s}}, s:o}", "metadata", "resourceVersion", "7",
                                   "labels", "mine", "1", "spec", spec);
        spk_lease_record_see(&record, object, 0);
        json_decref(object);
    }
    ck_assert_msg(strcmp(make(writes[_i].identity), writes[_i].expect) == 0, "%s: %s",
                  writes[_i].name, make(writes[_i].identity));
}
END_TEST

/* --------------------------------------------------------------------------- the campaign */

struct told {
    pthread_mutex_t lock;
    char text[2048];
};

static void on_change(void *ctx, bool leading, const struct spk_err *err)
{
    struct told *told = ctx;
    size_t len;

    (void)pthread_mutex_lock(&told->lock);
    len = strlen(told->text);
    (void)snprintf(told->text + len, sizeof(told->text) - len, "%s%s%s;", leading ? "leads" : "not",
                   *err->msg ? ": " : "", err->msg);
    (void)pthread_mutex_unlock(&told->lock);
}

static bool is_told(struct told *told, const char *text)
{
    bool found;

    (void)pthread_mutex_lock(&told->lock);
    found = strstr(told->text, text) != NULL;
    (void)pthread_mutex_unlock(&told->lock);
    return found;
}

#define HELD(version, holder)                                 \
    JSON_HEAD "{\"metadata\":{\"resourceVersion\":\"" version \
              "\"},\"spec\":{\"holderIdentity\":\"" holder "\",\"leaseDurationSeconds\":60}}"

struct talk {
    const char *answers[6];
    char asked[1024];
};

/* Behind the last answer it says that again. */
static const char *answer(void *ctx, const char *request, unsigned n)
{
    struct talk *talk = ctx;
    size_t len = strlen(talk->asked);
    size_t i = 0;

    (void)snprintf(talk->asked + len, sizeof(talk->asked) - len, "%.*s ",
                   (int)strcspn(request, " "), request);
    while (i + 1 < n && talk->answers[i + 1])
        i++;
    return talk->answers[i];
}

static const struct {
    const char *name;
    struct talk talk;
    const char *told;  /* comes within seconds */
    const char *asked; /* by then at least */
} talks[] = {
    {"there is none", {{REFUSAL("404 x") "\r\n{}", HELD("1", "me")}, ""}, "leads;", "GET POST "},
    {"an answer is lost, and the Lease is ours",
     {{REFUSAL("404 x") "\r\n{}", "", HELD("1", "me"), HELD("2", "me")}, ""},
     "leads;",
     "GET POST GET PUT "},
    {"a server that can't tell whether it wrote",
     {{REFUSAL("404 x") "\r\n{}", REFUSAL("504 x") "\r\n{}", HELD("1", "me"), HELD("2", "me")}, ""},
     "leads;",
     "GET POST GET PUT "},
    {"somebody was quicker",
     {{REFUSAL("404 x") "\r\n{}", REFUSAL("409 x") "\r\n{}", HELD("1", "b"), HELD("1", "")}, ""},
     "leads;",
     "GET POST GET GET PUT "},
    {"no permission", {{REFUSAL("403 no") "\r\n{}"}, ""}, "not: Lease n/l: 403 ", "GET "},
    {"no namespace", {{REFUSAL("404 x") "\r\n{}"}, ""}, "not: Lease n/l: 404 ", "GET POST "},
    {"permission comes later",
     {{REFUSAL("403 no") "\r\n{}", REFUSAL("404 x") "\r\n{}", HELD("1", "me")}, ""},
     "leads;",
     "GET GET POST "},
    {"it is taken away",
     {{REFUSAL("404 x") "\r\n{}", HELD("1", "me"), REFUSAL("409 x") "\r\n{}", HELD("2", "b")}, ""},
     "leads;not;",
     "GET POST PUT GET "},
};

START_TEST(campaigns)
{
    struct talk talk = talks[_i].talk;
    struct told told = {.lock = PTHREAD_MUTEX_INITIALIZER};
    const struct spk_lease_options options = {
        .ns = "n",
        .name = "l",
        .identity = "me",
        .duration_ms = 60000,
        .renew_deadline_ms = 50000,
        .retry_ms = 50,
        .ctx = &told,
        .on_change = on_change,
    };
    int64_t until_ms = spk_clock_mono_ms() + 20000;
    struct spk_lease *lease;
    struct kube_rig rig = {.canned = {.answer = answer, .ctx = &talk}};
    struct spk_err err;

    kube_rig_start(&rig, "");
    ck_assert_int_eq(spk_lease_start(&lease, rig.kube, &options, &err), 0);
    while (!is_told(&told, talks[_i].told) && spk_clock_mono_ms() < until_ms)
        (void)usleep(5000);
    ck_assert_msg(is_told(&told, talks[_i].told), "%s: %s", talks[_i].name, told.text);
    ck_assert_int_eq(spk_lease_leading(lease),
                     strcmp(told.text + strlen(told.text) - 6, "leads;") == 0);
    spk_lease_stop(lease);
    kube_rig_end(&rig);
    ck_assert_msg(strncmp(talk.asked, talks[_i].asked, strlen(talks[_i].asked)) == 0, "%s: %s",
                  talks[_i].name, talk.asked);
}
END_TEST

/* The server falls silent: nothing but the clock ends the belief. */
START_TEST(belief_ends_by_itself)
{
    struct talk talk = {.answers = {HELD("1", "me")}};
    struct told told = {.lock = PTHREAD_MUTEX_INITIALIZER};
    const struct spk_lease_options options = {
        .ns = "n",
        .name = "l",
        .identity = "me",
        .duration_ms = 1500,
        .renew_deadline_ms = 1000,
        .retry_ms = 200,
        .ctx = &told,
        .on_change = on_change,
    };
    int64_t until_ms = spk_clock_mono_ms() + 10000;
    struct spk_lease *lease;
    struct kube_rig rig = {.canned = {.answer = answer, .ctx = &talk}};
    struct spk_err err;

    kube_rig_start(&rig, "");
    ck_assert_int_eq(spk_lease_start(&lease, rig.kube, &options, &err), 0);
    while (!spk_lease_leading(lease) && spk_clock_mono_ms() < until_ms)
        (void)usleep(1000);
    ck_assert(spk_lease_leading(lease));
    canned_end(&rig.canned);
    until_ms = spk_clock_mono_ms() + 1000;
    while (spk_lease_leading(lease) && spk_clock_mono_ms() < until_ms + 200)
        (void)usleep(1000);
    ck_assert(!spk_lease_leading(lease));
    ck_assert_int_le(spk_clock_mono_ms(), until_ms + 100);
    while (!is_told(&told, "not: Lease n/l: ") && spk_clock_mono_ms() < until_ms + 5000)
        (void)usleep(1000);
    ck_assert_msg(is_told(&told, "not: Lease n/l: "), "%s", told.text);
    spk_lease_stop(lease);
    spk_kube_free(rig.kube);
    folder_done(&rig.folder);
}
END_TEST

START_TEST(times_that_can_not_be)
{
    struct spk_lease_options options = {
        .ns = "n", .name = "l", .identity = "me", .duration_ms = 10, .renew_deadline_ms = 10};
    struct spk_lease *lease;
    struct spk_err err;

    options.retry_ms = 5;
    ck_assert_int_eq(spk_lease_start(&lease, NULL, &options, &err), -1);
    ck_assert_str_eq(err.msg,
                     "Lease: expected 0 < retry < renew deadline < duration, found 5, 10, 10 ms");
    options.duration_ms = 20;
    options.name = "";
    ck_assert_int_eq(spk_lease_start(&lease, NULL, &options, &err), -1);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("lease");

    spk_json_init();
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_set_timeout(tcase, 30);
    ADD_ROWS(tcase, holders_are_believed, believed);
    tcase_add_test(tcase, only_what_holders_write_is_a_change);
    tcase_add_test(tcase, who_held_what_is_deleted_may_not_know_yet);
    ADD_ROWS(tcase, what_is_written, writes);
    ADD_ROWS(tcase, campaigns, talks);
    tcase_add_test(tcase, belief_ends_by_itself);
    tcase_add_test(tcase, times_that_can_not_be);
    return run_case("lease", tcase);
}
