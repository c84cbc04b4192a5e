/* What facts say when they are put together, and the commands that are made of them. */
#include "doctor.h"
#include "spk/base/cleanup.h"
#include "webhook/doctor/command.h"
#include "webhook/doctor/hints.h"
#include "webhook/doctor/judge.h"
#include "webhook/doctor/read.h"

#include <string.h>

static json_t *parsed(const char *text)
{
    return fact(text).object;
}

/* --------------------------------------------------------------------------------- commands */

#define DEPLOYMENT(image, args, rest)                                                         \
    "{\"spec\":{" rest "\"template\":{\"spec\":{\"containers\":[{\"name\":\"spark-webhook\"," \
    "\"image\":\"" image "\",\"args\":[\"serve\"" args "]}]}}}}"
#define MANAGED ",\"--certificates=managed\""

static const struct {
    const char *deployment;
    const char *secret;
    const char *expected; /* the beginning */
} commands[] = {
    {DEPLOYMENT("r/i:1", MANAGED ",\"--secure-port=9443\"", ""), NULL,
     "spark-webhook manifest --namespace=ns --name=w --image=r/i:1 | kubectl apply -f - ("},
    {DEPLOYMENT("r/i:1", MANAGED ",\"--secure-port=10250\",\"--annotation-prefix=a.example.com\"",
                "\"replicas\":3,"),
     NULL,
     "spark-webhook manifest --namespace=ns --name=w --image=r/i:1 "
     "--annotation-prefix=a.example.com --port=10250 --replicas=3 | kubectl"},
    {DEPLOYMENT("i", ",\"--certificates=files\"", ""), NULL,
     "spark-webhook manifest --namespace=ns --name=w --image=i --certificates=files |"},
    {DEPLOYMENT("i", ",\"--certificates=files\"", ""),
     "{\"metadata\":{\"annotations\":{\"cert-manager.io/certificate-name\":\"c\"}}}",
     "spark-webhook manifest --namespace=ns --name=w --image=i --certificates=cert-manager |"},
    {DEPLOYMENT("sparkhook:dev", MANAGED, ""), NULL, "apply again what you installed"},
    {DEPLOYMENT("i;reboot", MANAGED, ""), NULL, "apply again what you installed"},
    {NULL, NULL, "apply again what you installed"},
    {"{\"metadata\":{\"labels\":{\"app.kubernetes.io/managed-by\":\"Helm\"}}}", NULL,
     "helm upgrade"},
};

START_TEST(command)
{
    struct spk_facts facts = {.options = &options,
                              .deployment = fact(commands[_i].deployment),
                              .secret = fact(commands[_i].secret)};
    const struct spk_command made = spk_command_again(&facts);

    ck_assert_msg(strncmp(made.text, commands[_i].expected, strlen(commands[_i].expected)) == 0,
                  "%s", made.text);
    ck_assert(strstr(made.text, "sparkhook:dev") == NULL);
    spk_facts_done(&facts);
}
END_TEST

/* ------------------------------------------------------------------------------------ the way */

#define REGISTERED(namespace_)                                                            \
    "{\"webhooks\":[{\"name\":\"w.ns.svc\",\"clientConfig\":{\"service\":{\"namespace\":" \
    "\"" namespace_ "\",\"name\":\"w\"}}}]}"

static const struct {
    const char *configuration;
    const char *service;
    const char *deployment;
    const char *mutating;
    enum spk_way way;
} ways[] = {
    {REGISTERED("ns"), "{}", "{}", NULL, SPK_WAY_WEBHOOK},
    {NULL, "{}", "{}", NULL, SPK_WAY_WEBHOOK},
    {NULL, NULL, "{}", "{}", SPK_WAY_WEBHOOK},
    {REGISTERED("ns"), NULL, NULL, NULL, SPK_WAY_WEBHOOK},
    {REGISTERED("other"), "{}", NULL, NULL, SPK_WAY_WEBHOOK},
    {REGISTERED("other"), NULL, NULL, NULL, SPK_WAY_ELSEWHERE},
    {NULL, NULL, NULL, NULL, SPK_WAY_NONE},
    {NULL, NULL, NULL, "{}", SPK_WAY_EXPRESSIONS},
};

START_TEST(way)
{
    struct spk_facts facts = {.options = &options,
                              .configuration = fact(ways[_i].configuration),
                              .service = fact(ways[_i].service),
                              .deployment = fact(ways[_i].deployment),
                              .mutating = fact(ways[_i].mutating),
                              .mutating_binding = fact(ways[_i].mutating)};

    ck_assert_int_eq(spk_facts_way(&facts), ways[_i].way);
    spk_facts_done(&facts);
}
END_TEST

#define READY(time)                                                         \
    "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"," \
    "\"lastTransitionTime\":\"" time "\"}]}}"

START_TEST(ready_since)
{
    struct spk_facts facts = {.options = &options, .now_s = NOW};

    ck_assert_int_eq(spk_facts_ready_s(&facts), -1);
    facts.pods =
        fact("{\"items\":[" READY("2027-01-15T07:59:00Z") "," READY("2027-01-15T07:59:50Z") "]}");
    ck_assert_int_eq(spk_facts_ready_s(&facts), 10);
    spk_facts_done(&facts);
    facts.pods = fact("{\"items\":[" READY("2027-01-15T09:00:00Z") "]}");
    ck_assert_int_eq(spk_facts_ready_s(&facts), 0);
    spk_facts_done(&facts);
}
END_TEST

/* ------------------------------------------------------------------------------------ policies */

static const struct {
    const char *configuration;
    const char *policy;
    const char *binding;
    const char *mutating;
    int64_t minor;
    enum spk_level level;
    const char *part;
} policies[] = {
    {REGISTERED("ns"), NULL, NULL, NULL, 36, SPK_LEVEL_OK, "none: while nothing is registered"},
    {REGISTERED("ns"), NULL, NULL, NULL, 29, SPK_LEVEL_OK,
     "none: Kubernetes has them from 1.30 on"},
    {REGISTERED("ns"), "{}", NULL, NULL, 36, SPK_LEVEL_WARN, "has no binding"},
    {REGISTERED("ns"), NULL, "{}", NULL, 36, SPK_LEVEL_WARN, "only its binding"},
    {REGISTERED("ns"), "{}", "{\"spec\":{\"validationActions\":[\"Deny\"]}}", NULL, 36,
     SPK_LEVEL_OK, "refuses what was not treated"},
    {REGISTERED("ns"), "{}", "{\"spec\":{\"validationActions\":[\"Warn\"]}}", NULL, 36,
     SPK_LEVEL_OK, "warns of"},
    {NULL, "{}", "{\"spec\":{\"validationActions\":[\"Deny\"]}}", NULL, 36, SPK_LEVEL_FAIL,
     "annotations are now refused"},
    {NULL, "{}", "{\"spec\":{\"validationActions\":[\"Deny\"]}}", "{}", 36, SPK_LEVEL_OK,
     "treats pods, without a webhook"},
    {REGISTERED("ns"), "{}", "{\"spec\":{\"validationActions\":[\"Deny\"]}}", "{}", 36,
     SPK_LEVEL_WARN, "both treat pods"},
};

START_TEST(policy)
{
    struct spk_facts facts = {.options = &options,
                              .minor = policies[_i].minor,
                              .configuration = fact(policies[_i].configuration),
                              .policy = fact(policies[_i].policy),
                              .policy_binding = fact(policies[_i].binding),
                              .mutating = fact(policies[_i].mutating),
                              .mutating_binding = fact(policies[_i].mutating)};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    spk_findings_init(&findings);
    if (policies[_i].minor < 30)
        facts.policy.status = facts.policy_binding.status = 0;
    spk_judge_policy(&findings, &facts);
    ck_assert_uint_ge(findings.count, 1);
    ck_assert_msg(strstr(findings.items[0].text, policies[_i].part) != NULL, "%s",
                  findings.items[0].text);
    ck_assert_int_eq(findings.items[0].level, policies[_i].level);
    ck_assert(findings.items[0].level == SPK_LEVEL_OK || findings.items[0].advice);
    spk_facts_done(&facts);
}
END_TEST

/* ---------------------------------------------------------------------------------- the trial */

START_TEST(a_replica_that_is_fresh_is_not_reached_yet)
{
    struct spk_trial trial = {.webhook = "w.ns.svc", .source = "a pod", .fresh = true};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    trial.answer.status = 500;
    (void)snprintf(
        trial.answer.why, sizeof(trial.answer.why),
        "failed calling webhook \"w.ns.svc\": failed to call webhook: dial tcp: connect: "
        "connection refused");
    spk_findings_init(&findings);
    spk_judge_trial(&findings, &trial);
    ck_assert_uint_eq(findings.count, 1);
    ck_assert_int_eq(findings.items[0].level, SPK_LEVEL_WARN);
    ck_assert(strstr(findings.items[0].advice, "in a few seconds") != NULL);
}
END_TEST

START_TEST(missing_rights_are_one_finding)
{
    const struct spk_fact refused = {.status = 403};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    spk_findings_init(&findings);
    spk_judge_unread(&findings, "a", &refused, "the a", "get a");
    spk_judge_unread(&findings, "b", &refused, "the b", "get b");
    spk_judge_unread(&findings, "a", &refused, "the a", "get a");
    ck_assert_uint_eq(findings.count, 0);
    spk_judge_rights(&findings);
    ck_assert_uint_eq(findings.count, 1);
    ck_assert(strstr(findings.items[0].text, "the a, the b") != NULL);
    ck_assert(strstr(findings.items[0].advice, "for: get a, get b") != NULL);
}
END_TEST

START_TEST(missing_permissions_are_one_finding)
{
    struct spk_facts facts = {.options = &options, .account = "w"};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    spk_findings_init(&findings);
    spk_facts_list_permissions(&facts);
    for (size_t i = 0; i < facts.permission_count; i++)
        facts.permissions[i].review =
            fact(i == 0 ? "{\"status\":{\"allowed\":true}}" : "{\"status\":{\"allowed\":false}}");
    spk_judge_permissions(&findings, &facts);
    ck_assert_uint_eq(findings.count, 1);
    ck_assert_str_eq(findings.items[0].text,
                     "the service account w may not watch, create, patch secrets w-certs; list, "
                     "watch, patch mutatingwebhookconfigurations zz-w");
    spk_facts_done(&facts);
}
END_TEST

/* What follows from missing permissions is not told again. */
START_TEST(no_certificate_is_missed_where_nobody_may_make_one)
{
    struct spk_facts facts = {.options = &options,
                              .account = "w",
                              .configuration = fact(REGISTERED("ns")),
                              .deployment = fact(DEPLOYMENT("i", MANAGED, "")),
                              .secret = fact(NULL)};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    spk_findings_init(&findings);
    facts.permission_count = 1;
    facts.permissions[0].review = fact("{\"status\":{\"allowed\":true}}");
    spk_judge_certificates(&findings, &facts);
    ck_assert_uint_eq(findings.count, 2); /* caBundle and Secret */
    json_decref(facts.permissions[0].review.object);
    facts.permissions[0].review = fact("{\"status\":{\"allowed\":false}}");
    spk_judge_certificates(&findings, &facts);
    ck_assert_uint_eq(findings.count, 2);
    spk_facts_done(&facts);
}
END_TEST

START_TEST(cert_manager_is_missed)
{
    struct spk_facts facts = {
        .options = &options,
        .configuration = fact("{\"metadata\":{\"annotations\":{\"cert-manager.io/inject-ca-from\":"
                              "\"ns/w-certs\"}}}"),
        .cert_manager = fact(NULL),
        .secret = fact(NULL)};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    spk_findings_init(&findings);
    ck_assert(spk_facts_cert_manager(&facts));
    spk_judge_certificates(&findings, &facts);
    ck_assert_uint_eq(findings.count, 1);
    ck_assert(strstr(findings.items[0].text, "waits for cert-manager") != NULL);
    spk_facts_done(&facts);
}
END_TEST

/* -------------------------------------------------------------------------------------- hints */

static const struct {
    const char *annotations;
    const char *prefix;
    const char *part; /* "": none */
} hints[] = {
    {"{\"spark-operator.k8s.io/x\":\"\"}", "spark-operator.k8s.io", ""},
    {"{\"sparkoperator.k8s.io/x\":\"\"}", "spark-operator.k8s.io", ""},
    {"{\"spark-operators.k8s.io/x\":\"\"}", "spark-operator.k8s.io",
     "was spark-operator.k8s.io/x meant?"},
    {"{\"example.com/sparkConfigMap\":\"a\"}", "spark-operator.k8s.io",
     "was spark-operator.k8s.io/sparkConfigMap meant?"},
    {"{\"configMap.a\":\"/a\"}", "spark-operator.k8s.io",
     "was spark-operator.k8s.io/configMap.a meant?"},
    {"{\"spark-operator.k8s.io/configMap.a\":\"/a\"}", "mine.example.com",
     "was mine.example.com/configMap.a meant?"},
    {"{\"prometheus.io/scrape\":\"true\"}", "spark-operator.k8s.io", "in the plural?"},
    {"{}", "mine.example.com", "spark.kubernetes.driver.annotation.mine.example.com/KEY"},
};

START_TEST(hint)
{
    json_auto_t *pod =
        json_pack("{s:{s:o}}", "metadata", "annotations", parsed(hints[_i].annotations));
    char text[768];

    spk_hint_annotations(text, sizeof(text), pod, hints[_i].prefix);
    ck_assert_msg(*hints[_i].part ? strstr(text, hints[_i].part) != NULL : !*text, "%s", text);
}
END_TEST

START_TEST(sources)
{
    json_auto_t *pod = parsed(
        "{\"metadata\":{\"annotations\":{\"spark-operator.k8s.io/configMap.a\":\"/a\","
        "\"spark-operator.k8s.io/sparkConfigMap\":\"b\",\"example.com/x\":\"theirs\","
        "\"spark-operator.k8s.io/secret.c\":\"/c\",\"spark-operator.k8s.io/secret.d\":\"/d\"}},"
        "\"spec\":{\"volumes\":[{\"configMap\":{\"name\":\"a\"}},{\"configMap\":{\"name\":\"a\"}},"
        "{\"configMap\":{\"name\":\"theirs\"}},{\"emptyDir\":{}},"
        "{\"projected\":{\"sources\":[{\"configMap\":{\"name\":\"b\"}}]}},"
        "{\"secret\":{\"secretName\":\"c\"}},{\"secret\":{\"secretName\":\"d\",\"optional\":true}}"
        "]}}");
    struct spk_hint_source found[8];

    ck_assert_uint_eq(spk_hint_sources(found, 8, pod, "spark-operator.k8s.io"), 3);
    ck_assert_str_eq(found[0].name, "a");
    ck_assert_str_eq(found[1].name, "b");
    ck_assert_str_eq(found[2].name, "c");
    ck_assert_str_eq(found[2].resource, "secrets");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("doctor facts");

    ADD_ROWS(tcase, command, commands);
    ADD_ROWS(tcase, way, ways);
    tcase_add_test(tcase, ready_since);
    ADD_ROWS(tcase, policy, policies);
    tcase_add_test(tcase, a_replica_that_is_fresh_is_not_reached_yet);
    tcase_add_test(tcase, missing_rights_are_one_finding);
    tcase_add_test(tcase, missing_permissions_are_one_finding);
    tcase_add_test(tcase, no_certificate_is_missed_where_nobody_may_make_one);
    tcase_add_test(tcase, cert_manager_is_missed);
    ADD_ROWS(tcase, hint, hints);
    tcase_add_test(tcase, sources);
    return run_case("doctor facts", tcase);
}
