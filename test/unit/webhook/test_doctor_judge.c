/* What facts are taken to mean, where no test has a cluster that shows them. */
#include "doctor.h"
#include "webhook/doctor/judge.h"

#include "spk/base/cleanup.h"
#include "webhook/doctor/metrics_read.h"
#include "webhook/doctor/read.h"

#include <string.h>

static const struct spk_finding *find(const struct spk_findings *findings, const char *part)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (strstr(findings->items[i].text, part))
            return &findings->items[i];
    }
    return NULL;
}

/* Each finding that is no OK says what to do. */
static void expect(const struct spk_findings *findings, const char *name, enum spk_level level,
                   const char *part)
{
    const struct spk_finding *it = find(findings, part);

    ck_assert_msg(it != NULL, "%s: nobody says '%s' but '%s'", name, part,
                  findings->count ? findings->items[findings->count - 1].text : "nothing");
    ck_assert_msg(it->level == level, "%s: %s", name, spk_level_text(it->level));
    for (size_t i = 0; i < findings->count; i++) {
        it = &findings->items[i];
        ck_assert_msg(it->level == SPK_LEVEL_OK || (it->advice && *it->advice), "%s: '%s'", name,
                      it->text);
    }
}

#define POD_HEAD                                                                                 \
    "\"metadata\":{\"name\":\"w-1\",\"labels\":{\"app\":\"w\"}},\"spec\":{\"nodeName\":\"n1\","  \
    "\"containers\":[{\"image\":\"i:1\",\"ports\":[{\"name\":\"https\",\"containerPort\":9443}," \
    "{\"name\":\"health\",\"containerPort\":8080}]}]}"
#define READY \
    "\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}"
#define POD "{" POD_HEAD "," READY "}"
#define STATE(text)                                                                        \
    "{" POD_HEAD ",\"status\":{\"phase\":\"Pending\",\"conditions\":[{\"type\":\"Ready\"," \
    "\"status\":\"False\"}" text "}}"

/* ---------------------------------------------------------------------------------- service */

#define SERVICE(port) "{\"spec\":{\"selector\":{\"app\":\"w\"},\"ports\":[" port "]}}"
#define GOOD          "{\"port\":443,\"targetPort\":\"https\"}"
#define SLICE(rest)   "{\"items\":[{\"endpoints\":[{\"addresses\":[\"192.0.2.1\"]" rest "}]}]}"
#define POLICIES(ingress)                                                                         \
    "{\"items\":[{\"metadata\":{\"name\":\"closed\"},\"spec\":{\"podSelector\":{\"matchLabels\":" \
    "{\"app\":\"w\"}},\"policyTypes\":[\"Ingress\"],\"ingress\":" ingress "}}]}"

static const struct {
    const char *name;
    const char *service;
    const char *slices;
    const char *policies;
    enum spk_level level;
    const char *part;
} services[] = {
    {"ready", SERVICE(GOOD), SLICE(""), "{}", SPK_LEVEL_OK, "1 ready"},
    {"ready is said", SERVICE(GOOD), SLICE(",\"conditions\":{\"ready\":true}"), "{}", SPK_LEVEL_OK,
     "1 ready"},
    {"not ready", SERVICE(GOOD), SLICE(",\"conditions\":{\"ready\":false}"), "{}", SPK_LEVEL_FAIL,
     "none of the Service's 1 is ready"},
    {"no endpoint", SERVICE(GOOD), "{\"items\":[]}", "{}", SPK_LEVEL_FAIL, "the Service has none"},
    {"another port", SERVICE("{\"port\":8443,\"targetPort\":\"https\"}"), SLICE(""), "{}",
     SPK_LEVEL_FAIL, "no port 443"},
    {"a target by number", SERVICE("{\"port\":443,\"targetPort\":9443}"), SLICE(""), "{}",
     SPK_LEVEL_OK, "1 ready"},
    {"a wrong target", SERVICE("{\"port\":443,\"targetPort\":8443}"), SLICE(""), "{}",
     SPK_LEVEL_FAIL, "leads to port 8443 of the pods, and they listen on 9443"},
    {"no target", SERVICE("{\"port\":443}"), SLICE(""), "{}", SPK_LEVEL_FAIL, "leads to port 443"},
    {"an unknown target", SERVICE("{\"port\":443,\"targetPort\":\"tls\"}"), SLICE(""), "{}",
     SPK_LEVEL_FAIL, "'tls' is no port of the pods"},
    {"nobody is let in", SERVICE(GOOD), SLICE(""), POLICIES("[]"), SPK_LEVEL_WARN,
     "NetworkPolicy closed"},
    {"only pods are", SERVICE(GOOD), SLICE(""), POLICIES("[{\"from\":[{\"podSelector\":{}}]}]"),
     SPK_LEVEL_WARN, "NetworkPolicy closed"},
    {"to another port", SERVICE(GOOD), SLICE(""), POLICIES("[{\"ports\":[{\"port\":8080}]}]"),
     SPK_LEVEL_WARN, "port 9443"},
    {"by another protocol", SERVICE(GOOD), SLICE(""),
     POLICIES("[{\"ports\":[{\"port\":9443,\"protocol\":\"UDP\"}]}]"), SPK_LEVEL_WARN, "port 9443"},
    {"no Service", NULL, SLICE(""), "{}", SPK_LEVEL_FAIL, "no Service ns/w"},
};

START_TEST(service)
{
    struct spk_facts facts = {.options = &options,
                              .service = fact(services[_i].service),
                              .slices = fact(services[_i].slices),
                              .network_policies = fact(services[_i].policies),
                              .pods = fact("{\"items\":[" POD "]}")};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    spk_findings_init(&findings);
    spk_judge_service(&findings, &facts);
    expect(&findings, services[_i].name, services[_i].level, services[_i].part);
    spk_facts_done(&facts);
}
END_TEST

static const char *const open_policies[] = {
    "{\"items\":[]}",
    POLICIES("[{}]"),
    POLICIES("[{\"ports\":[{\"port\":\"https\"}]}]"),
    POLICIES("[{\"ports\":[{\"port\":9000,\"endPort\":9999}]}]"),
    POLICIES("[{\"from\":[{\"ipBlock\":{\"cidr\":\"192.0.2.0/24\"}}]}]"),
    "{\"items\":[{\"spec\":{\"podSelector\":{\"matchLabels\":{\"app\":\"other\"}},\"ingress\":[]}}]"
    "}",
    "{\"items\":[{\"spec\":{\"podSelector\":{},\"policyTypes\":[\"Egress\"]}}]}",
};

START_TEST(network_is_open)
{
    struct spk_facts facts = {.options = &options,
                              .service = fact(SERVICE(GOOD)),
                              .slices = fact(SLICE("")),
                              .network_policies = fact(open_policies[_i]),
                              .pods = fact("{\"items\":[" POD "]}")};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    spk_findings_init(&findings);
    spk_judge_service(&findings, &facts);
    ck_assert_msg(spk_findings_level(&findings) == SPK_LEVEL_OK, "%s", open_policies[_i]);
    spk_facts_done(&facts);
}
END_TEST

/* ------------------------------------------------------------------------------------- pods */

#define SECOND(node, image)                                           \
    "{\"metadata\":{\"name\":\"w-2\"},\"spec\":{\"nodeName\":\"" node \
    "\",\"containers\":[{\"image\":\"" image "\"}]}," READY "}"

#define ONE  "{\"items\":[{}]}"
#define TWO  "{\"items\":[{},{}]}"
#define LONG "word word word word word word word word word word word word "
#define WAITS(reason)                                                                    \
    STATE("],\"containerStatuses\":[{\"state\":{\"waiting\":{\"reason\":\"" reason "\"," \
          "\"message\":\"denied\"}}}]")
#define UNSCHEDULED(text) \
    STATE(",{\"type\":\"PodScheduled\",\"status\":\"False\",\"message\":\"" text "\"}]")
#define RESTARTED                                                                        \
    STATE("],\"containerStatuses\":[{\"restartCount\":7,\"lastState\":{\"terminated\":{" \
          "\"reason\":\"OOMKilled\"}}}]")
#define LEAVING "{\"metadata\":{\"name\":\"w-0\",\"deletionTimestamp\":\"x\"}}"

static const struct {
    const char *name;
    const char *pods; /* the items */
    const char *nodes;
    enum spk_level level;
    const char *part;
} pods[] = {
    {"two", POD "," SECOND("n2", "i:1"), TWO, SPK_LEVEL_OK, "2 of 2 ready"},
    {"one node for two", POD "," SECOND("n1", "i:1"), TWO, SPK_LEVEL_WARN,
     "all are on the node n1"},
    {"one node at all", POD "," SECOND("n1", "i:1"), ONE, SPK_LEVEL_OK, "2 of 2 ready"},
    {"two images", POD "," SECOND("n2", "i:2"), TWO, SPK_LEVEL_WARN, "i:1 and i:2"},
    {"none", "", "{}", SPK_LEVEL_FAIL, "there is none"},
    {"no image", WAITS("ErrImagePull"), "{}", SPK_LEVEL_FAIL,
     "the image i:1 of 1 pod can't be had: ErrImagePull: denied"},
    {"no image twice", WAITS("ErrImagePull") "," WAITS("ImagePullBackOff"), "{}", SPK_LEVEL_FAIL,
     "the image i:1 of 2 pods can't be had"},
    {"no node", UNSCHEDULED("0/1 nodes are available"), "{}", SPK_LEVEL_WARN,
     "0/1 nodes are available"},
    {"cut", UNSCHEDULED("0/1 nodes are available " LONG LONG LONG LONG), "{}", SPK_LEVEL_WARN,
     "word word word \u2026"},
    {"restarts", RESTARTED, "{}", SPK_LEVEL_WARN, "restarted 7 times, last by OOMKilled"},
    {"one leaves", POD "," LEAVING, "{}", SPK_LEVEL_OK, "1 of 1 ready"},
    {"none ready", STATE("]"), "{}", SPK_LEVEL_FAIL, "none of 1 is ready"},
};

START_TEST(pod)
{
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;
    struct spk_facts facts = {.options = &options, .nodes = fact(pods[_i].nodes)};
    char text[4096];

    (void)snprintf(text, sizeof(text), "{\"items\":[%s]}", pods[_i].pods);
    facts.pods = fact(text);
    spk_findings_init(&findings);
    spk_judge_pods(&findings, &facts);
    expect(&findings, pods[_i].name, pods[_i].level, pods[_i].part);
    if (pods[_i].level == SPK_LEVEL_OK)
        ck_assert_int_eq(spk_findings_level(&findings), SPK_LEVEL_OK);
    spk_facts_done(&facts);
}
END_TEST

/* What manifest prints without --image is in no registry. */
START_TEST(the_default_image_is_named)
{
    struct spk_facts facts = {
        .options = &options,
        .pods = fact("{\"items\":[{\"spec\":{\"containers\":[{\"image\":\"sparkhook:dev\"}]},"
                     "\"status\":{\"containerStatuses\":[{\"state\":{\"waiting\":"
                     "{\"reason\":\"ImagePullBackOff\"}}}]}}]}")};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    spk_findings_init(&findings);
    spk_judge_pods(&findings, &facts);
    ck_assert_uint_eq(findings.count, 1);
    ck_assert_int_eq(findings.items[0].level, SPK_LEVEL_FAIL);
    ck_assert(strstr(findings.items[0].advice, "give --image") != NULL);
    spk_facts_done(&facts);
}
END_TEST

START_TEST(no_replicas_are_asked_for)
{
    struct spk_facts facts = {.options = &options,
                              .pods = fact("{\"items\":[]}"),
                              .deployment = fact("{\"spec\":{\"replicas\":0}}")};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    spk_findings_init(&findings);
    spk_judge_pods(&findings, &facts);
    ck_assert_uint_eq(findings.count, 1);
    ck_assert_str_eq(findings.items[0].text, "the Deployment asks for 0 replicas");
    ck_assert_str_eq(findings.items[0].advice, "kubectl -n ns scale deployment/w --replicas=2");
    spk_facts_done(&facts);
}
END_TEST

/* ---------------------------------------------------------------------------------- reviews */

#define START "process_start_time_seconds 1799990000.5\n"
#define LAST  "spark_webhook_last_review_timestamp_seconds "

static const struct {
    const char *name;
    const char *page;
    bool reached;
    enum spk_level level;
    const char *part;
} pages[] = {
    {"some",
     START LAST
     "1799999940.000\nspark_webhook_reviews_total{role=\"driver\",outcome=\"mutated\"} 7\n",
     false, SPK_LEVEL_OK, "7 so far, the last 60 seconds ago; 0 denied"},
    {"none", START LAST "0.000\n", false, SPK_LEVEL_WARN, "none has ever arrived in 2 hours"},
    {"none but ours", START LAST "0.000\n", true, SPK_LEVEL_OK, "before this one's trial"},
    {"denied executors",
     START "spark_webhook_reviews_total{role=\"executor\",outcome=\"denied\"} 3\n", true,
     SPK_LEVEL_WARN, "3 times in 2 hours executors were denied"},
    {"denied drivers are heard of",
     START LAST "1799999940\nspark_webhook_reviews_total{role=\"driver\",outcome=\"denied\"} 3\n",
     true, SPK_LEVEL_OK, "3 denied"},
    {"denied executors of long ago",
     START LAST "1799999000\nspark_webhook_reviews_total{role=\"executor\",outcome=\"denied\"} 3\n",
     true, SPK_LEVEL_OK,
     "3 times executors were denied, and that is over: nobody has asked for 16 minutes"},
    {"none yet", "process_start_time_seconds 1799999999\n" LAST "0.000\n", false, SPK_LEVEL_OK,
     "none yet, 1 second after the start"},
    {"failed", START "spark_webhook_reviews_total{role=\"other\",outcome=\"failed\"} 1\n", true,
     SPK_LEVEL_WARN, "1 could not be decided"},
    {"turned away", START "spark_webhook_requests_rejected_total{reason=\"overload\"} 2\n", true,
     SPK_LEVEL_WARN, "2 were turned away"},
    {"handshakes",
     START "spark_webhook_tls_handshake_failures_total 9\nspark_webhook_tls_handshakes_total 2\n",
     true, SPK_LEVEL_WARN, "9 TLS handshakes failed, 2 were completed"},
};

START_TEST(review)
{
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;
    struct spk_facts facts = {.options = &options, .now_s = NOW, .replica_count = 1};

    facts.replicas[0] = (struct spk_replica){.name = "w-1", .ready = {.status = 200}};
    facts.replicas[0].metrics = (struct spk_fact){.status = 200, .body = strdup(pages[_i].page)};
    spk_findings_init(&findings);
    spk_judge_reviews(&findings, &facts, pages[_i].reached);
    expect(&findings, pages[_i].name, pages[_i].level, pages[_i].part);
    spk_facts_done(&facts);
}
END_TEST

START_TEST(metric_sum)
{
    const char *page = "# HELP a b\na{x=\"1\"} 2\na{x=\"2\"} 3.5\nab 100\na 1";

    ck_assert(spk_metric_sum(page, "a", NULL) == 6.5);
    ck_assert(spk_metric_sum(page, "a", "x=\"2\"") == 3.5);
    ck_assert(spk_metric_sum(page, "b", NULL) == 0);
    ck_assert(spk_metric_sum("", "a", NULL) == 0);
}
END_TEST

/* ------------------------------------------------------------------------------------ trial */

#define FAILED                                                                                    \
    "500 InternalError: Internal error occurred: failed calling webhook \"w.ns.svc\": failed to " \
    "call webhook: "

static const struct {
    int status;
    const char *why;
    enum spk_trial_end end;
    enum spk_level level;
    const char *advice;
} trials[] = {
    {500, FAILED "x509: certificate signed by unknown authority", SPK_TRIAL_UNREACHED,
     SPK_LEVEL_FAIL, "caBundle"},
    {500, FAILED "x509: certificate is valid for a, not b", SPK_TRIAL_UNREACHED, SPK_LEVEL_FAIL,
     "SAN"},
    {500, FAILED "x509: certificate has expired or is not yet valid: x", SPK_TRIAL_UNREACHED,
     SPK_LEVEL_FAIL, "renew"},
    {500, FAILED "no endpoints available for service \"w\"", SPK_TRIAL_UNREACHED, SPK_LEVEL_FAIL,
     "no replica is ready"},
    {500, FAILED "service \"w\" not found", SPK_TRIAL_UNREACHED, SPK_LEVEL_FAIL,
     "create the Service"},
    {500, FAILED "dial tcp 192.0.2.1:443: connect: connection refused", SPK_TRIAL_UNREACHED,
     SPK_LEVEL_FAIL, "targetPort"},
    {500, FAILED "context deadline exceeded", SPK_TRIAL_UNREACHED, SPK_LEVEL_FAIL, "10250"},
    {500, FAILED "dial tcp 192.0.2.1:443: i/o timeout", SPK_TRIAL_UNREACHED, SPK_LEVEL_FAIL,
     "10250"},
    {500, FAILED "Address is not allowed", SPK_TRIAL_UNREACHED, SPK_LEVEL_FAIL, "--host-network"},
    {500, FAILED "EOF", SPK_TRIAL_UNREACHED, SPK_LEVEL_FAIL, "mesh"},
    {500, FAILED "something new", SPK_TRIAL_UNREACHED, SPK_LEVEL_FAIL, "logs"},
    {422, "422 Invalid: admission webhook \"w.ns.svc\" denied the request: x", SPK_TRIAL_DENIED,
     SPK_LEVEL_FAIL, "put right"},
    {500, "500 InternalError: failed calling webhook \"other.ns.svc\": EOF", SPK_TRIAL_OTHER,
     SPK_LEVEL_WARN, "not the webhook's doing"},
    {422,
     "422 Invalid: pods \"x\" is forbidden: ValidatingAdmissionPolicy 'w-annotations' with binding "
     "'w-annotations' denied request: x",
     SPK_TRIAL_POLICY, SPK_LEVEL_FAIL, "failurePolicy Fail"},
    {422,
     "422 Invalid: pods \"x\" is forbidden: ValidatingAdmissionPolicy 'w-annotations-mutating' "
     "with "
     "binding 'w-annotations-mutating' denied request: x",
     SPK_TRIAL_POLICY, SPK_LEVEL_FAIL, "failurePolicy Fail"},
    {403, "403 Forbidden: pods is forbidden: User \"u\" cannot create resource \"pods\"",
     SPK_TRIAL_OTHER, SPK_LEVEL_WARN, "get the right: create pods in ns"},
    {403, "403 Forbidden: pods \"x\" is forbidden: exceeded quota: q", SPK_TRIAL_OTHER,
     SPK_LEVEL_WARN, "another namespace"},
    {404, "404 NotFound: namespaces \"ns\" not found", SPK_TRIAL_OTHER, SPK_LEVEL_WARN,
     "--pod-namespace"},
};

START_TEST(trial)
{
    struct spk_trial it = {.webhook = "w.ns.svc",
                           .instance = "w",
                           .namespace_ = "ns",
                           .prefix = "p",
                           .source = "a pod"};
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    it.answer.status = trials[_i].status;
    (void)snprintf(it.answer.why, sizeof(it.answer.why), "%s", trials[_i].why);
    spk_findings_init(&findings);
    ck_assert_msg(spk_trial_end(&it) == trials[_i].end, "%s: %d", trials[_i].why,
                  (int)spk_trial_end(&it));
    spk_judge_trial(&findings, &it);
    ck_assert_uint_eq(findings.count, 1);
    ck_assert_msg(findings.items[0].level == trials[_i].level, "%s", trials[_i].why);
    ck_assert_msg(strstr(findings.items[0].advice, trials[_i].advice) != NULL, "%s: %s",
                  trials[_i].why, findings.items[0].advice);
}
END_TEST

START_TEST(findings_are_lines)
{
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;

    spk_findings_init(&findings);
    spk_find(&findings, SPK_LEVEL_WARN, "x", "a\nb\033[1m");
    spk_advise(&findings, "%s", "c\rd");
    ck_assert_str_eq(findings.items[0].text, "a b [1m");
    ck_assert_str_eq(findings.items[0].advice, "c d");
    ck_assert_int_eq(spk_findings_level(&findings), SPK_LEVEL_WARN);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("doctor judge");

    ADD_ROWS(tcase, service, services);
    ADD_ROWS(tcase, network_is_open, open_policies);
    ADD_ROWS(tcase, pod, pods);
    tcase_add_test(tcase, the_default_image_is_named);
    tcase_add_test(tcase, no_replicas_are_asked_for);
    ADD_ROWS(tcase, review, pages);
    tcase_add_test(tcase, metric_sum);
    ADD_ROWS(tcase, trial, trials);
    tcase_add_test(tcase, findings_are_lines);
    return run_case("doctor judge", tcase);
}
