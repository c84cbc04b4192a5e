#include "spk/net/pki.h"

#include "../suite.h"
#include "spk/base/cleanup.h"

#include <string.h>

#define NOW  ((int64_t)1700000000)
#define DAY  ((int64_t)86400)
#define YEAR (365 * DAY)

static struct spk_pki_pair ca;
static struct spk_pki_pair leaf;
static struct spk_err err;

static const char *const names[] = {"w.ns.svc", "*.example.com", "10.0.0.1", "::1"};

static void setup(void)
{
    err = (struct spk_err){0};
    ck_assert_msg(spk_pki_make_ca(&ca, NOW, YEAR, &err) == 0, "%s", err.msg);
    ck_assert_msg(spk_pki_make_leaf(&leaf, &ca, names, SPK_LEN(names), NOW, 90 * DAY, &err) == 0,
                  "%s", err.msg);
}

static void teardown(void)
{
    spk_pki_pair_done(&ca);
    spk_pki_pair_done(&leaf);
}

START_TEST(what_is_made_is_read_again)
{
    struct spk_pki_facts facts;

    ck_assert_int_eq(spk_pki_read(&facts, leaf.crt, &err), 0);
    ck_assert_int_eq(facts.not_before_s, NOW - SPK_PKI_LATE_S);
    ck_assert_int_eq(facts.not_after_s, NOW + 90 * DAY);
    ck_assert(!facts.ca);
    ck_assert_uint_eq(strlen(facts.id.hex), 64);
    ck_assert_uint_eq(facts.name_count, SPK_LEN(names));
    for (size_t i = 0; i < SPK_LEN(names); i++)
        ck_assert_str_eq(facts.names[i], names[i]);
    ck_assert_int_eq(spk_pki_read(&facts, ca.crt, &err), 0);
    ck_assert(facts.ca);
    ck_assert_uint_eq(facts.name_count, 0);
}
END_TEST

START_TEST(key_and_chain_fit)
{
    ck_assert_msg(spk_pki_check_key(leaf.crt, leaf.key, &err) == 0, "%s", err.msg);
    ck_assert_msg(spk_pki_check_key(ca.crt, ca.key, &err) == 0, "%s", err.msg);
    ck_assert_msg(spk_pki_check_chain(leaf.crt, ca.crt, &err) == 0, "%s", err.msg);
}
END_TEST

START_TEST(what_does_not_fit_is_told)
{
    SPK_CLEANUP(spk_pki_pair_done) struct spk_pki_pair other = {0};

    ck_assert_int_eq(spk_pki_make_ca(&other, NOW, YEAR, &err), 0);
    ck_assert_int_eq(spk_pki_check_key(leaf.crt, other.key, &err), -1);
    ck_assert_int_eq(err.code, SPK_EINVALID);
    ck_assert_int_eq(spk_pki_check_chain(leaf.crt, other.crt, &err), -1);
    ck_assert_int_eq(err.code, SPK_EINVALID);
    ck_assert_int_eq(spk_pki_check_chain(ca.crt, ca.crt, &err), 0);
    ck_assert_int_eq(spk_pki_check_key(leaf.crt, "no PEM", &err), -1);
    ck_assert_int_eq(err.code, SPK_EPARSE);
}
END_TEST

START_TEST(a_leaf_ends_with_its_ca)
{
    SPK_CLEANUP(spk_pki_pair_done) struct spk_pki_pair late = {0};
    struct spk_pki_facts facts;

    ck_assert_int_eq(spk_pki_make_leaf(&late, &ca, names, 1, NOW + YEAR - DAY, 90 * DAY, &err), 0);
    ck_assert_int_eq(spk_pki_read(&facts, late.crt, &err), 0);
    ck_assert_int_eq(facts.not_after_s, NOW + YEAR);
}
END_TEST

START_TEST(a_leaf_needs_names_and_a_ca)
{
    static const char *const empty[] = {"a", ""};
    const struct spk_pki_pair broken = {.crt = leaf.key, .key = ca.key};
    struct spk_pki_pair out = {0};

    ck_assert_int_eq(spk_pki_make_leaf(&out, &ca, names, 0, NOW, DAY, &err), -1);
    ck_assert_int_eq(err.code, SPK_EINVALID);
    ck_assert_int_eq(spk_pki_make_leaf(&out, &ca, empty, 2, NOW, DAY, &err), -1);
    ck_assert_int_eq(err.code, SPK_EINVALID);
    ck_assert_int_eq(spk_pki_make_leaf(&out, &broken, names, 1, NOW, DAY, &err), -1);
    ck_assert_int_eq(err.code, SPK_EPARSE);
    ck_assert_ptr_null(out.crt);
}
END_TEST

START_TEST(a_bundle_holds_each_ca_once_and_none_that_has_expired)
{
    SPK_CLEANUP(spk_pki_pair_done) struct spk_pki_pair old = {0};
    SPK_CLEANUP(spk_buf_done) struct spk_buf bundle;
    struct spk_pki_id ids[SPK_PKI_BUNDLE_MAX];
    struct spk_pki_facts facts;
    size_t count;

    spk_buf_init(&bundle, SPK_PKI_PEM_MAX);
    ck_assert_int_eq(spk_pki_make_ca(&old, NOW - 2 * YEAR, YEAR, &err), 0);
    ck_assert_int_eq(spk_pki_join(&bundle, old.crt, NOW, &err), 0);
    ck_assert_uint_eq(bundle.len, 0);
    ck_assert_int_eq(spk_pki_join(&bundle, ca.crt, NOW, &err), 0);
    ck_assert_int_eq(spk_pki_join(&bundle, NULL, NOW, &err), 0);
    ck_assert_int_eq(spk_pki_join(&bundle, "", NOW, &err), 0);
    ck_assert_int_eq(spk_pki_join(&bundle, ca.crt, NOW, &err), 0);
    ck_assert_str_eq(bundle.ptr, ca.crt);
    ck_assert_int_eq(spk_pki_join(&bundle, old.crt, INT64_MIN, &err), 0);
    ck_assert_int_eq(spk_pki_ids(ids, &count, bundle.ptr, &err), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(spk_pki_read(&facts, ca.crt, &err), 0);
    ck_assert_str_eq(ids[0].hex, facts.id.hex);
    ck_assert_int_eq(spk_pki_ids(ids, &count, "", &err), 0);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(what_is_no_bundle_is_refused)
{
    struct spk_pki_id ids[SPK_PKI_BUNDLE_MAX];
    SPK_CLEANUP(spk_buf_done) struct spk_buf bundle;
    SPK_CLEANUP(spk_buf_done) struct spk_buf many;
    SPK_AUTOFREE char *huge = malloc(SPK_PKI_PEM_MAX + 2);
    size_t count;

    spk_buf_init(&bundle, SPK_PKI_PEM_MAX);
    spk_buf_init(&many, SPK_PKI_PEM_MAX);
    ck_assert_int_eq(spk_pki_join(&bundle, "garbage", NOW, &err), -1);
    ck_assert_int_eq(err.code, SPK_EPARSE);
    for (int i = 0; i <= SPK_PKI_BUNDLE_MAX; i++)
        ck_assert_int_eq(spk_buf_add(&many, ca.crt, strlen(ca.crt), &err), 0);
    ck_assert_int_eq(spk_pki_ids(ids, &count, many.ptr, &err), -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
    memset(huge, 'x', SPK_PKI_PEM_MAX + 1);
    huge[SPK_PKI_PEM_MAX + 1] = '\0';
    ck_assert_int_eq(spk_pki_join(&bundle, huge, NOW, &err), -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("pki");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_is_made_is_read_again);
    tcase_add_test(tcase, key_and_chain_fit);
    tcase_add_test(tcase, what_does_not_fit_is_told);
    tcase_add_test(tcase, a_leaf_ends_with_its_ca);
    tcase_add_test(tcase, a_leaf_needs_names_and_a_ca);
    tcase_add_test(tcase, a_bundle_holds_each_ca_once_and_none_that_has_expired);
    tcase_add_test(tcase, what_is_no_bundle_is_refused);
    return run_case("pki", tcase);
}
