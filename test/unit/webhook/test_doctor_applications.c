/* What facts about SparkApplications are taken to mean, whose times are arguments. */
#include "doctor.h"
#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/json/base64.h"
#include "spk/net/pki.h"
#include "webhook/doctor/command.h"
#include "webhook/doctor/facts_applications.h"
#include "webhook/doctor/judge.h"
#include "webhook/doctor/read.h"

#include <string.h>

#define DAY ((int64_t)86400)

static const struct spk_finding *find(const struct spk_findings *findings, enum spk_level level,
                                      const char *part)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->items[i].level == level && strstr(findings->items[i].text, part))
            return &findings->items[i];
    }
    return NULL;
}

/* A part of "" is nothing at all. Whatever is no OK says what to do. */
static void expect(const struct spk_findings *findings, const char *name, enum spk_level level,
                   const char *part)
{
    if (!*part) {
        ck_assert_msg(findings->count == 0, "%s: '%s'", name, findings->items[0].text);
        return;
    }
    ck_assert_msg(find(findings, level, part) != NULL, "%s: nobody says '%s' but '%s'", name, part,
                  findings->count ? findings->items[findings->count - 1].text : "nothing");
    ck_assert_msg(spk_findings_level(findings) == level, "%s: %s", name,
                  spk_level_text(spk_findings_level(findings)));
    for (size_t i = 0; i < findings->count; i++)
        ck_assert_msg(findings->items[i].level == SPK_LEVEL_OK || findings->items[i].advice,
                      "%s: '%s'", name, findings->items[i].text);
}

/* ------------------------------------------------------------------------------ the webhooks */

#define RULES                                                                           \
    "\"rules\":[{\"operations\":[\"CREATE\"],\"apiGroups\":[\"sparkoperator.k8s.io\"]," \
    "\"apiVersions\":[\"v1beta2\"],\"resources\":[\"sparkapplications\"]}]"
#define CALLS(service, rest)                                                                    \
    "\"clientConfig\":{\"caBundle\":\"x\",\"service\":{\"name\":\"" service "\",\"namespace\":" \
    "\"ns\"" rest "}}"
#define PODS "{\"name\":\"w.ns.svc\"," CALLS("w", ",\"path\":\"/mutate\"") "}"
#define APP(config, rules) \
    "{\"name\":\"w-applications.ns.svc\",\"failurePolicy\":\"Ignore\"," config "," rules "}"
#define GOOD       APP(CALLS("w", ",\"path\":\"/default\""), RULES)
#define HOOKS(all) "\"webhooks\":[" all "]"
#define LIST(all)  "{\"items\":[{\"metadata\":{\"name\":\"theirs\"}," HOOKS(all) "}]}"
#define EMPTY      "{\"items\":[]}"
#define OURS                                                                                   \
    "{\"metadata\":{\"annotations\":{\"spark-operator.k8s.io/controller\":\"sparkhook\"}},"    \
    "\"spec\":{\"versions\":[{\"name\":\"v1beta2\",\"served\":true,\"schema\":{"               \
    "\"openAPIV3Schema\":{\"properties\":{\"spec\":{\"x-kubernetes-preserve-unknown-fields\":" \
    "true},\"status\":{\"x-kubernetes-preserve-unknown-fields\":true}}}}}]}}"
#define THEIRS "{\"spec\":{\"versions\":[{\"name\":\"v1beta2\",\"served\":true}]}}"
#define SERVED "{\"resources\":[{\"name\":\"sparkapplications\"}]}"

static const struct {
    const char *name;
    const char *webhooks; /* of our registration */
    const char *validating;
    const char *definition;
    enum spk_level level;
    const char *part;
} webhooks[] = {
    {"good", PODS "," GOOD, EMPTY, OURS, SPK_LEVEL_OK,
     "zz-w calls the Service ns/w about applications, failurePolicy Ignore"},
    {"by URL",
     PODS "," APP("\"clientConfig\":{\"caBundle\":\"x\",\"url\":\"https://a/default\"}", RULES),
     EMPTY, OURS, SPK_LEVEL_OK, "zz-w calls https://a/default about applications"},
    {"another Service", PODS "," APP(CALLS("v", ",\"path\":\"/default\""), RULES), EMPTY, OURS,
     SPK_LEVEL_FAIL, "calls the Service ns/v about applications, expected ns/w"},
    {"another path", PODS "," APP(CALLS("w", ",\"path\":\"/mutate\""), RULES), EMPTY, OURS,
     SPK_LEVEL_FAIL, "path is '/mutate', expected /default"},
    {"another port", PODS "," APP(CALLS("w", ",\"path\":\"/default\",\"port\":444"), RULES), EMPTY,
     OURS, SPK_LEVEL_FAIL, "port is 444"},
    {"no rule",
     PODS
     "," APP(CALLS("w", ",\"path\":\"/default\""),
             "\"rules\":[{\"operations\":[\"DELETE\"],\"resources\":[\"sparkapplications\"]}]"),
     EMPTY, OURS, SPK_LEVEL_FAIL, "its rules never match"},
    {"no caBundle",
     PODS "," APP("\"clientConfig\":{\"service\":{\"name\":\"w\",\"namespace\":\"ns\","
                  "\"path\":\"/default\"}}",
                  RULES),
     EMPTY, OURS, SPK_LEVEL_FAIL, "caBundle is empty"},
    {"of another configuration", PODS, LIST(APP(CALLS("w", ",\"path\":\"/validate\""), RULES)),
     OURS, SPK_LEVEL_OK, "theirs calls the Service ns/w"},
    {"an operator's", PODS, LIST("{\"name\":\"v.operator\"," CALLS("operator", "") "," RULES "}"),
     THEIRS, SPK_LEVEL_OK, ""},
    {"none, and ours are served", PODS, EMPTY, OURS, SPK_LEVEL_OK, "none: the controller alone"},
    {"none, and another's are served", PODS, EMPTY, THEIRS, SPK_LEVEL_OK, ""},
    {"none, and none are served", PODS, EMPTY, NULL, SPK_LEVEL_OK, ""},
};

static struct spk_facts facts_of(const char *hooks)
{
    struct spk_facts facts = {.options = &options, .now_s = NOW};
    char text[8192];

    (void)snprintf(text, sizeof(text), "{\"metadata\":{\"name\":\"zz-w\"}," HOOKS("%s") "}", hooks);
    facts.configuration = fact(text);
    facts.configurations = fact(EMPTY);
    facts.service = fact("{\"spec\":{\"ports\":[{\"port\":443}]}}");
    return facts;
}

START_TEST(webhook)
{
    struct spk_facts facts = facts_of(webhooks[_i].webhooks);
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    facts.validating = fact(webhooks[_i].validating);
    facts.definition = fact(webhooks[_i].definition);
    spk_findings_init(&findings);
    spk_judge_app_webhooks(&findings, &facts);
    expect(&findings, webhooks[_i].name, webhooks[_i].level, webhooks[_i].part);
    spk_facts_done(&facts);
}
END_TEST

START_TEST(the_pods_webhook_is_another)
{
    struct spk_facts facts = facts_of(GOOD "," PODS);
    struct spk_facts alone = facts_of(GOOD);

    ck_assert_str_eq(spk_read_text(spk_facts_webhook(&facts), "name"), "w.ns.svc");
    ck_assert_ptr_null(spk_facts_webhook(&alone));
    spk_facts_done(&facts);
    spk_facts_done(&alone);
}
END_TEST

/* Without it the command would take away what it is to repair. */
START_TEST(the_command_keeps_the_webhook)
{
    struct spk_facts facts = facts_of(PODS "," GOOD);
    struct spk_facts without = facts_of(PODS);
    static const char deployment[] =
        "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"image\":\"i:1\"}]}}}}";

    facts.deployment = fact(deployment);
    without.deployment = fact(deployment);
    ck_assert(strstr(spk_command_again(&facts).text, " --applications |") != NULL);
    ck_assert(strstr(spk_command_again(&without).text, "--applications") == NULL);
    spk_facts_done(&facts);
    spk_facts_done(&without);
}
END_TEST

START_TEST(unread_registrations)
{
    struct spk_facts facts = facts_of(PODS);
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    facts.validating.status = 403;
    facts.definition = fact(OURS);
    spk_findings_init(&findings);
    spk_judge_app_webhooks(&findings, &facts);
    ck_assert_uint_eq(findings.count, 0);
    ck_assert_ptr_nonnull(findings.unseen);
    ck_assert(strstr(findings.rights, "list validatingwebhookconfigurations") != NULL);
    spk_facts_done(&facts);
}
END_TEST

/* -------------------------------------------------------------------------------- caBundle */

static const struct {
    const char *name;
    bool foreign; /* the CA in the bundle for applications */
    bool asked;   /* a replica shows its certificate; else the Secret has it */
    bool same;    /* as the pods' webhook has it */
    enum spk_level level;
    const char *part;
} bundles[] = {
    {"trusted", false, true, false, SPK_LEVEL_OK, "its caBundle trusts the certificate"},
    {"another CA", true, true, false, SPK_LEVEL_FAIL,
     "the certificate of w-1 is signed by no valid CA of its caBundle"},
    {"by the Secret", true, false, false, SPK_LEVEL_FAIL, "the certificate of the Secret"},
    {"as the pods' own", true, true, true, SPK_LEVEL_OK, ""},
};

START_TEST(bundle)
{
    const char *const san = "w.ns.svc";
    struct spk_facts facts = {.options = &options, .now_s = NOW, .replica_count = 1};
    struct spk_pki_pair ca = {0};
    struct spk_pki_pair other = {0};
    struct spk_pki_pair leaf = {0};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;
    json_auto_t *asks = NULL;
    struct spk_err err;

    ck_assert(spk_pki_make_ca(&ca, NOW - DAY, 9 * DAY, &err) == 0 &&
              spk_pki_make_ca(&other, NOW - DAY, 9 * DAY, &err) == 0 &&
              spk_pki_make_leaf(&leaf, &ca, &san, 1, NOW - DAY, 9 * DAY, &err) == 0);
    asks = json_pack("{s:{s:{s:s, s:s}, s:o}}", "clientConfig", "service", "name", "w", "namespace",
                     "ns", "caBundle",
                     spk_json_base64(spk_str(bundles[_i].foreign ? other.crt : ca.crt)));
    facts.configuration.status = 200;
    facts.configuration.object =
        bundles[_i].same ? json_pack("{s:[O]}", "webhooks", asks) : json_object();
    facts.replicas[0].name = "w-1";
    if (bundles[_i].asked)
        facts.replicas[0].certificate = (struct spk_fact){.status = 200, .body = strdup(leaf.crt)};
    facts.secret = (struct spk_fact){
        .status = 200,
        .object = json_pack("{s:{s:o}}", "data", "tls.crt", spk_json_base64(spk_str(leaf.crt)))};
    spk_findings_init(&findings);
    spk_judge_app_bundle(&findings, &facts, asks);
    expect(&findings, bundles[_i].name, bundles[_i].level, bundles[_i].part);
    spk_facts_done(&facts);
    spk_pki_pair_done(&ca);
    spk_pki_pair_done(&other);
    spk_pki_pair_done(&leaf);
}
END_TEST

/* ------------------------------------------------------------------------------- the trial */

#define FAILED "500 InternalError: failed calling webhook \"w-applications.ns.svc\": "

static const struct {
    int status;
    const char *why;
    const char *warning;
    enum spk_match_verdict verdict;
    enum spk_level level;
    const char *part;
} trials[] = {
    {0, "", "", SPK_MATCH_SENT, SPK_LEVEL_OK, ""},
    {201, "", "spec.failureRetries: has no effect", SPK_MATCH_SENT, SPK_LEVEL_OK, "was reviewed"},
    {201, "", "", SPK_MATCH_SENT, SPK_LEVEL_FAIL, "Ignore passes that over"},
    {201, "", "somebody else's", SPK_MATCH_UNKNOWN, SPK_LEVEL_WARN, "was not reviewed"},
    {201, "", "", SPK_MATCH_NOT, SPK_LEVEL_OK, "are not sent"},
    {500, FAILED "x509: certificate signed by unknown authority", "", SPK_MATCH_SENT,
     SPK_LEVEL_FAIL, "can't call w-applications.ns.svc"},
    {422, "admission webhook \"w-applications.ns.svc\" denied the request: x", "", SPK_MATCH_SENT,
     SPK_LEVEL_OK, "was reviewed"},
    {422, "admission webhook \"other\" denied the request: x", "", SPK_MATCH_SENT, SPK_LEVEL_WARN,
     "can't be tried"},
};

START_TEST(trial)
{
    struct spk_app_trial it = {.namespace_ = "ns",
                               .webhook = "w-applications.ns.svc",
                               .ignores = true,
                               .match = {.verdict = trials[_i].verdict}};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    it.answer.status = trials[_i].status;
    (void)snprintf(it.answer.why, sizeof(it.answer.why), "%s", trials[_i].why);
    (void)snprintf(it.answer.warning, sizeof(it.answer.warning), "%s", trials[_i].warning);
    spk_findings_init(&findings);
    spk_judge_app_trial(&findings, &it);
    expect(&findings, trials[_i].why, trials[_i].level, trials[_i].part);
    spk_app_trial_done(&it);
}
END_TEST

START_TEST(trial_that_a_rule_leaves_out)
{
    struct spk_app_trial it = {.namespace_ = "ns", .webhook = "w", .answer = {.status = 201}};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    spk_findings_init(&findings);
    spk_judge_app_trial(&findings, &it);
    expect(&findings, "failurePolicy Fail", SPK_LEVEL_FAIL, "the rules or conditions of w leave");
}
END_TEST

START_TEST(trial_that_is_not_permitted)
{
    struct spk_app_trial it = {.namespace_ = "ns", .webhook = "w", .answer = {.status = 403}};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    (void)snprintf(it.answer.why, sizeof(it.answer.why),
                   "403: User \"u\" cannot create resource \"sparkapplications\"");
    spk_findings_init(&findings);
    spk_judge_app_trial(&findings, &it);
    ck_assert_uint_eq(findings.count, 0);
    ck_assert(strstr(findings.rights, "create sparkapplications") != NULL);
}
END_TEST

/* ---------------------------------------------------------------------------- who runs them */

#define LEASE(holder, renewed)                                                                \
    "{\"spec\":{\"holderIdentity\":\"" holder "\",\"leaseDurationSeconds\":15,\"renewTime\":" \
    "\"2027-01-15T" renewed ".000000Z\"}}" /* NOW is 08:00:00 */

static const struct {
    const char *name;
    const char *served;
    const char *definition;
    const char *lease;
    bool moves;
    enum spk_level level;
    const char *part;
} controllers[] = {
    {"leads", SERVED, OURS, LEASE("a", "07:59:58"), false, SPK_LEVEL_OK,
     "a leads by the Lease ns/c"},
    {"a clock ahead", SERVED, OURS, LEASE("a", "08:00:10"), false, SPK_LEVEL_OK, "a leads"},
    {"a clock far behind", SERVED, OURS, LEASE("a", "07:00:00"), true, SPK_LEVEL_OK, "a leads"},
    {"gone", SERVED, OURS, LEASE("a", "07:59:00"), false, SPK_LEVEL_FAIL,
     "renewed it last at 2027-01-15T07:59:00.000000Z, expected every few seconds and at least "
     "every 15 s"},
    {"gone by a clock ahead", SERVED, OURS, LEASE("a", "09:00:00"), false, SPK_LEVEL_FAIL,
     "nobody leads"},
    {"given up", SERVED, OURS, LEASE("", "07:59:59"), false, SPK_LEVEL_FAIL, "nobody holds"},
    {"never renewed", SERVED, OURS, "{\"spec\":{\"holderIdentity\":\"a\"}}", false, SPK_LEVEL_FAIL,
     "renewed it last at no time"},
    {"none", SERVED, OURS, NULL, false, SPK_LEVEL_WARN, "no Lease ns/c"},
    {"none beside another operator", SERVED, THEIRS, NULL, false, SPK_LEVEL_OK, "none of ours"},
    {"ours", SERVED, OURS, LEASE("a", "08:00:00"), false, SPK_LEVEL_OK, "as we define them"},
    {"another's", SERVED, THEIRS, LEASE("a", "08:00:00"), false, SPK_LEVEL_OK,
     "by another's definition"},
    {"not served", NULL, OURS, NULL, false, SPK_LEVEL_FAIL, "v1beta2 is not served"},
    {"not defined", NULL, NULL, LEASE("a", "08:00:00"), false, SPK_LEVEL_FAIL, "are not defined"},
    {"of no concern", NULL, NULL, NULL, false, SPK_LEVEL_OK, ""},
};

START_TEST(controller)
{
    struct spk_facts facts = {.options = &options,
                              .now_s = NOW,
                              .served = fact(controllers[_i].served),
                              .definition = fact(controllers[_i].definition),
                              .lease = fact(controllers[_i].lease),
                              .lease_moves = controllers[_i].moves,
                              .applications = fact(EMPTY)};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    spk_findings_init(&findings);
    spk_judge_controller(&findings, &facts);
    expect(&findings, controllers[_i].name, controllers[_i].level, controllers[_i].part);
    spk_facts_done(&facts);
}
END_TEST

START_TEST(controller_that_may_not_be_seen)
{
    struct spk_facts facts = {.options = &options, .served = fact(SERVED)};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    facts.definition.status = facts.lease.status = facts.applications.status = 403;
    spk_findings_init(&findings);
    spk_judge_controller(&findings, &facts);
    ck_assert_uint_eq(findings.count, 0);
    ck_assert(strstr(findings.unseen, "the controller's Lease") != NULL);
    ck_assert(strstr(findings.rights, "list sparkapplications") != NULL);
    spk_facts_done(&facts);
}
END_TEST

/* ------------------------------------------------------------------------- which nobody runs */

#define MADE(time, rest)                                                                         \
    "{\"metadata\":{\"namespace\":\"a\",\"name\":\"b\",\"creationTimestamp\":\"2027-01-15T" time \
    "Z\"" rest

static const struct {
    const char *name;
    const char *application;
    bool idle;
} applications[] = {
    {"waits", MADE("07:50:00", "},\"spec\":{}}"), true},
    {"is new", MADE("07:58:00", "},\"spec\":{}}"), false},
    {"has a state",
     MADE("07:50:00", "},\"status\":{\"applicationState\":{\"state\":\"RUNNING\"}}}"), false},
    {"has an empty state",
     MADE("07:50:00", "},\"status\":{\"applicationState\":{\"state\":\"\"}}}"), true},
    {"is marked",
     MADE("07:50:00", ",\"annotations\":{\"spark-operator.k8s.io/controller\":\"sparkhook\"}}}"),
     false},
    {"is going", MADE("07:50:00", ",\"deletionTimestamp\":\"2027-01-15T07:59:00Z\"}}"), false},
    {"is suspended", MADE("07:50:00", "},\"spec\":{\"suspend\":true}}"), false},
    {"has no time", "{\"metadata\":{}}", false},
};

START_TEST(application)
{
    struct spk_facts facts = {.options = &options, .now_s = NOW, .served = fact(SERVED)};
    json_auto_t *list = json_pack("{s:[o]}", "items", fact(applications[_i].application).object);
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    facts.lease = fact(LEASE("a", "08:00:00"));
    facts.definition = fact(OURS);
    facts.applications = fact(EMPTY);
    spk_facts_count_applications(&facts, list);
    spk_findings_init(&findings);
    spk_judge_controller(&findings, &facts);
    expect(&findings, applications[_i].name, applications[_i].idle ? SPK_LEVEL_WARN : SPK_LEVEL_OK,
           applications[_i].idle ? "nobody runs 1 of 1, such as a/b" : "none of 1 waits");
    spk_facts_done(&facts);
}
END_TEST

START_TEST(more_applications_than_were_looked_at)
{
    struct spk_facts facts = {.options = &options, .now_s = NOW, .served = fact(SERVED)};
    json_auto_t *list = json_pack("{s:{s:s}, s:[{}, {}]}", "metadata", "continue", "x", "items");
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    facts.applications = fact(EMPTY);
    spk_facts_count_applications(&facts, list);
    spk_findings_init(&findings);
    spk_judge_controller(&findings, &facts);
    ck_assert_ptr_nonnull(find(&findings, SPK_LEVEL_OK, "none of the first 2 waits"));
    spk_facts_done(&facts);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("doctor applications");

    ADD_ROWS(tcase, webhook, webhooks);
    tcase_add_test(tcase, the_pods_webhook_is_another);
    tcase_add_test(tcase, the_command_keeps_the_webhook);
    tcase_add_test(tcase, unread_registrations);
    ADD_ROWS(tcase, bundle, bundles);
    ADD_ROWS(tcase, trial, trials);
    tcase_add_test(tcase, trial_that_a_rule_leaves_out);
    tcase_add_test(tcase, trial_that_is_not_permitted);
    ADD_ROWS(tcase, controller, controllers);
    tcase_add_test(tcase, controller_that_may_not_be_seen);
    ADD_ROWS(tcase, application, applications);
    tcase_add_test(tcase, more_applications_than_were_looked_at);
    return run_case("doctor applications", tcase);
}
