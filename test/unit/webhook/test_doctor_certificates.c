/* What the doctor says of certificates, whose time is an argument. */
#include "doctor.h"
#include "spk/base/cleanup.h"
#include "spk/json/base64.h"
#include "spk/net/pki.h"
#include "webhook/doctor/judge.h"

#include <string.h>

#define DAY ((int64_t)86400)

static const struct {
    const char *name;
    int64_t age_d;
    int64_t ca_d; /* life */
    int64_t leaf_d;
    const char *san;
    bool foreign; /* caBundle holds another CA first, and no other */
    bool both;    /* and ours behind it */
    enum spk_level level;
    const char *part;
} rows[] = {
    {"good", 1, 90, 60, "w.ns.svc", false, false, SPK_LEVEL_OK, "is trusted by caBundle"},
    {"a wildcard", 1, 90, 60, "*.ns.svc", false, false, SPK_LEVEL_OK, "is trusted by caBundle"},
    {"soon", 50, 90, 60, "w.ns.svc", false, false, SPK_LEVEL_WARN, "in 10 days"},
    {"short by intent", 1, 90, 3, "w.ns.svc", false, false, SPK_LEVEL_OK, "is trusted by caBundle"},
    {"expired", 61, 90, 60, "w.ns.svc", false, false, SPK_LEVEL_FAIL, "has expired on"},
    {"not yet", -2, 90, 60, "w.ns.svc", false, false, SPK_LEVEL_FAIL, "is valid from"},
    {"all CAs expired", 31, 30, 60, "w.ns.svc", false, false, SPK_LEVEL_FAIL,
     "no certificate of caBundle is valid"},
    {"another name", 1, 90, 60, "x.ns.svc", false, false, SPK_LEVEL_FAIL,
     "is not for w.ns.svc, but for x.ns.svc"},
    {"a wildcard of more", 1, 90, 60, "*.svc", false, false, SPK_LEVEL_FAIL, "is not for w.ns.svc"},
    {"another CA", 1, 90, 60, "w.ns.svc", true, false, SPK_LEVEL_FAIL, "signed by no valid CA"},
    {"two CAs", 1, 90, 60, "w.ns.svc", true, true, SPK_LEVEL_OK, "holds 2 valid certificates"},
};

struct made {
    struct spk_pki_pair ca;
    struct spk_pki_pair other;
    struct spk_pki_pair leaf;
};

static void make(struct made *out, int row)
{
    const int64_t then = NOW - rows[row].age_d * DAY;
    struct spk_err err = {0};

    ck_assert_msg(spk_pki_make_ca(&out->ca, then, rows[row].ca_d * DAY, &err) == 0 &&
                      spk_pki_make_ca(&out->other, then, rows[row].ca_d * DAY, &err) == 0 &&
                      spk_pki_make_leaf(&out->leaf, &out->ca, &rows[row].san, 1, then,
                                        rows[row].leaf_d * DAY, &err) == 0,
                  "%s", err.msg);
}

static void made_done(struct made *made)
{
    spk_pki_pair_done(&made->ca);
    spk_pki_pair_done(&made->other);
    spk_pki_pair_done(&made->leaf);
}

static json_t *configuration(const char *bundle)
{
    return json_pack("{s:[{s:{s:{s:s, s:s}, s:o}}]}", "webhooks", "clientConfig", "service", "name",
                     "w", "namespace", "ns", "caBundle", spk_json_base64(spk_str(bundle)));
}

static json_t *secret(const char *crt, const char *key)
{
    return json_pack("{s:{s:o, s:o}}", "data", "tls.crt", spk_json_base64(spk_str(crt)), "tls.key",
                     spk_json_base64(spk_str(key)));
}

static void give(struct spk_facts *facts, const struct made *made, const char *bundle)
{
    facts->configuration = (struct spk_fact){.status = 200, .object = configuration(bundle)};
    facts->secret =
        (struct spk_fact){.status = 200, .object = secret(made->leaf.crt, made->leaf.key)};
    facts->replica_count = 1;
    facts->replicas[0].name = "w-1";
    facts->replicas[0].certificate =
        (struct spk_fact){.status = 200, .body = strdup(made->leaf.crt)};
}

static bool says(const struct spk_findings *findings, enum spk_level level, const char *part)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->items[i].level == level && strstr(findings->items[i].text, part))
            return true;
    }
    return false;
}

START_TEST(judge)
{
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;
    SPK_CLEANUP(made_done) struct made made = {0};
    struct spk_facts facts = {.options = &options, .now_s = NOW};
    char bundle[8192];

    make(&made, _i);
    (void)snprintf(bundle, sizeof(bundle), "%s%s", rows[_i].foreign ? made.other.crt : made.ca.crt,
                   rows[_i].both ? made.ca.crt : "");
    give(&facts, &made, bundle);
    spk_findings_init(&findings);
    spk_judge_certificates(&findings, &facts);
    ck_assert_msg(says(&findings, rows[_i].level, rows[_i].part), "%s", rows[_i].name);
    ck_assert_msg(spk_findings_level(&findings) == rows[_i].level, "%s", rows[_i].name);
    spk_facts_done(&facts);
}
END_TEST

START_TEST(key_of_another_certificate)
{
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;
    SPK_CLEANUP(made_done) struct made made = {0};
    struct spk_facts facts = {.options = &options, .now_s = NOW};

    make(&made, 0);
    give(&facts, &made, made.ca.crt);
    json_decref(facts.secret.object);
    facts.secret.object = secret(made.leaf.crt, made.other.key);
    spk_findings_init(&findings);
    spk_judge_certificates(&findings, &facts);
    ck_assert(says(&findings, SPK_LEVEL_FAIL, "w-certs"));
    spk_facts_done(&facts);
}
END_TEST

static const char *const bundles[] = {
    "", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};

START_TEST(damaged_bundle)
{
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;
    SPK_CLEANUP(made_done) struct made made = {0};
    struct spk_facts facts = {.options = &options, .now_s = NOW};

    make(&made, 0);
    give(&facts, &made, bundles[_i]);
    spk_findings_init(&findings);
    spk_judge_certificates(&findings, &facts);
    ck_assert_msg(says(&findings, SPK_LEVEL_FAIL, "caBundle"), "%s", bundles[_i]);
    spk_facts_done(&facts);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("doctor certificates");

    ADD_ROWS(tcase, judge, rows);
    tcase_add_test(tcase, key_of_another_certificate);
    ADD_ROWS(tcase, damaged_bundle, bundles);
    return run_case("doctor certificates", tcase);
}
