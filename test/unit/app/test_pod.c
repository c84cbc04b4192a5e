#include "spk/app/pod.h"

#include "../suite.h"
#include "spk/base/cleanup.h"

#include <glob.h>
#include <string.h>

/* ------------------------------------------------------------------------------------ real pods */

static void read_review(struct spk_pod *pod, const char *path)
{
    json_error_t je;
    json_t *review = json_load_file(path, 0, &je);
    struct spk_err err = {0};

    ck_assert_msg(review != NULL, "%s: %s", path, je.text);
    ck_assert_msg(
        spk_pod_read(pod, json_object_get(json_object_get(review, "request"), "object"), &err) == 0,
        "%s: %s", path, err.msg);
    json_decref(review);
}

START_TEST(every_pod_of_the_corpus)
{
    glob_t found;

    ck_assert_int_eq(glob("test/corpus/*.json", 0, NULL, &found), 0);
    ck_assert_uint_ge(found.gl_pathc, 20);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        struct spk_pod pod;
        read_review(&pod, path);
        ck_assert_msg(pod.driver == (strstr(path, "driver") != NULL), "%s", path);
        ck_assert_msg(pod.state == SPK_POD_PENDING && pod.exit_code == -1, "%s", path);
        ck_assert_msg(strncmp(pod.application_id, "spark-", 6) == 0, "%s", path);
        ck_assert_msg(pod.driver ? strstr(pod.config_map, "-conf-map") != NULL
                                 : *pod.exec_id && !*pod.config_map,
                      "%s", path);
        ck_assert_msg(!pod.stamped && !pod.deleting && !pod.waiting_bad, "%s", path);
        ck_assert_msg(pod.wishes || strstr(path, "none") || strstr(path, "template") ||
                          strstr(path, "cluster") || strstr(path, "mounts") ||
                          strstr(path, "pyspark"),
                      "%s", path);
    }
    globfree(&found);
}
END_TEST

static enum spk_owner owner(const char *owners, const char *name)
{
    json_t *metadata = json_pack("{s:o}", "ownerReferences", json_loads(owners, 0, NULL));
    enum spk_owner found = spk_owner_read(metadata, spk_str(name));

    json_decref(metadata);
    return found;
}

START_TEST(an_owner_is_told_by_group_kind_and_name)
{
#define OWNER(api, kind, name) \
    "{\"apiVersion\":\"" api "\",\"kind\":\"" kind "\",\"name\":\"" name "\",\"uid\":\"u\"}"
    const char *ours = "[" OWNER("sparkoperator.k8s.io/v1beta2", "SparkApplication", "a") "]";
    struct spk_pod pod = {.driver = true};

    ck_assert_int_eq(owner("[]", "a"), SPK_OWNER_NONE);
    ck_assert_int_eq(owner("7", "a"), SPK_OWNER_NONE);
    ck_assert_int_eq(owner(ours, "a"), SPK_OWNER_V1BETA2);
    ck_assert_int_eq(owner(ours, "a-driver"), SPK_OWNER_OTHER);
    ck_assert_int_eq(owner("[7," OWNER("v1", "Pod", "a") "]", "a"), SPK_OWNER_OTHER);
    ck_assert_int_eq(owner("[" OWNER("v1", "Pod", "x") "," OWNER("spark-operator.k8s.io/v1alpha1",
                                                                 "SparkApplication", "a") "]",
                           "a"),
                     SPK_OWNER_V1ALPHA1);
    ck_assert_int_eq(owner("[" OWNER("example.com/v1beta2", "SparkApplication", "a") "]", "a"),
                     SPK_OWNER_OTHER);
    ck_assert(
        !spk_pod_is_driver_of(&pod, SPK_OWNER_V1BETA2, false)); /* its labels are not enough */
    ck_assert(spk_pod_is_driver_of(&pod, SPK_OWNER_V1ALPHA1, true));
    pod.owner = SPK_OWNER_V1ALPHA1;
    ck_assert(!spk_pod_is_driver_of(&pod, spk_owner_of(SPK_LIT("v1beta2")), false));
    ck_assert(spk_pod_is_driver_of(&pod, spk_owner_of(SPK_LIT("v1alpha1")), false));
    ck_assert(spk_pod_is_driver_of(&pod, spk_owner_of(SPK_LIT("v1alpha1")), true));
    pod.owner = SPK_OWNER_OTHER;
    ck_assert(!spk_pod_is_driver_of(&pod, SPK_OWNER_V1ALPHA1, true));
#undef OWNER
}
END_TEST

START_TEST(what_fits_fits)
{
    ck_assert_uint_lt(sizeof(struct spk_pod), 2048);
}
END_TEST

/* --------------------------------------------------------------------------------------- states */

#define SPARK "'name': 'x', 'env': [{'name': 'SPARK_DRIVER_BIND_ADDRESS'}]"
#define ENDED(name, code, reason)                                                                  \
    "{'name': '" name "', 'state': {'terminated': {'exitCode': " code ", 'reason': '" reason "'}}" \
    "}"
#define WAITS(name, reason) \
    "{'name': '" name "', 'state': {'waiting': {'reason': '" reason "', 'message': 'm'}}}"
#define SIDECAR "{'name': 'sidecar', 'state': {'running': {}}}"

static const struct {
    const char *name;
    const char *status;
    enum spk_pod_state state;
    int exit_code;
    const char *reason;
    bool evicted;
    int64_t waiting_bad;
} states[] = {
    {"nobody has looked", "{}", SPK_POD_PENDING, -1, "", false, 0},
    {"pending", "{'phase': 'Pending'}", SPK_POD_PENDING, -1, "", false, 0},
    {"running", "{'phase': 'Running', 'containerStatuses': [" SIDECAR "]}", SPK_POD_RUNNING, -1, "",
     false, 0},
    {"succeeded", "{'phase': 'Succeeded'}", SPK_POD_COMPLETED, -1, "", false, 0},
    {"failed", "{'phase': 'Failed', 'containerStatuses': [" ENDED("x", "3", "Error") "]}",
     SPK_POD_FAILED, 3, "Error", false, 0},
    {"ended beside a sidecar",
     "{'phase': 'Running', 'containerStatuses': [" SIDECAR ", " ENDED("x", "0", "Completed") "]}",
     SPK_POD_COMPLETED, 0, "Completed", false, 0},
    {"failed beside a sidecar",
     "{'phase': 'Running', 'containerStatuses': [" ENDED("x", "1", "Error") ", " SIDECAR "]}",
     SPK_POD_FAILED, 1, "Error", false, 0},
    {"a sidecar failed, Spark did not",
     "{'phase': 'Failed', 'containerStatuses': [" ENDED("sidecar", "1", "Error") ", " ENDED(
         "x", "0", "Completed") "]}",
     SPK_POD_COMPLETED, 0, "Completed", false, 0},
    {"evicted, without containers",
     "{'phase': 'Failed', 'reason': 'Evicted', 'message': 'The node was low on resource'}",
     SPK_POD_FAILED, -1, "Evicted", true, 0},
    {"out of memory",
     "{'phase': 'Failed', 'containerStatuses': [" ENDED("x", "137", "OOMKilled") "]}",
     SPK_POD_FAILED, 137, "OOMKilled", true, 0},
    {"the node is lost", "{'phase': 'Unknown', 'reason': 'NodeLost'}", SPK_POD_LOST, -1, "NodeLost",
     false, 0},
    {"running on a lost node", "{'phase': 'Running', 'reason': 'NodeLost'}", SPK_POD_LOST, -1,
     "NodeLost", false, 0},
    {"no such image",
     "{'phase': 'Pending', 'startTime': '2026-01-01T00:00:10Z', 'containerStatuses': [" WAITS(
         "x", "ImagePullBackOff") "]}",
     SPK_POD_PENDING, -1, "ImagePullBackOff", false, 1767225610},
    {"no such image, with a node since",
     "{'phase': 'Pending', 'conditions': [{'type': 'PodScheduled', 'status': 'True', "
     "'lastTransitionTime': '2026-01-01T00:00:05Z'}], 'containerStatuses': [" WAITS(
         "x", "ErrImagePull") "]}",
     SPK_POD_PENDING, -1, "ErrImagePull", false, 1767225605},
    {"no such image beside it",
     "{'phase': 'Pending', 'containerStatuses': [" WAITS("x", "PodInitializing") ", " WAITS(
         "y", "ErrImagePull") "]}",
     SPK_POD_PENDING, -1, "ErrImagePull", false, 1767225600},
    {"no such ConfigMap before it",
     "{'phase': 'Pending', 'initContainerStatuses': [" WAITS(
         "i",
         "CreateContainerConfigError") "], 'containerStatuses': [" WAITS("x",
                                                                         "PodInitializing") "]"
                                                                                            "}",
     SPK_POD_PENDING, -1, "CreateContainerConfigError", false, 1767225600},
    {"comes by itself",
     "{'phase': 'Pending', 'containerStatuses': [" WAITS("x", "ContainerCreating") "]"
                                                                                   "}",
     SPK_POD_PENDING, -1, "ContainerCreating", false, 0},
    {"no place",
     "{'phase': 'Pending', 'conditions': [{'type': 'PodScheduled', 'status': 'False', 'reason': "
     "'Unschedulable', 'message': '0/1 nodes'}]}",
     SPK_POD_PENDING, -1, "Unschedulable", false, 0},
    {"statuses of another kind", "{'phase': 'Running', 'containerStatuses': [1, null, 'x']}",
     SPK_POD_RUNNING, -1, "", false, 0},
};

static json_t *pod_json(const char *status)
{
    char text[4096];
    json_t *pod;

    (void)snprintf(text, sizeof(text),
                   "{'metadata': {'name': 'p', 'creationTimestamp': '2026-01-01T00:00:00Z', "
                   "'labels': {'spark-role': 'driver'}}, 'spec': {'containers': [{'name': "
                   "'sidecar'}, {" SPARK "}]}, 'status': %s}",
                   status);
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    pod = json_loads(text, 0, NULL);
    ck_assert_msg(pod != NULL, "%s", text);
    return pod;
}

START_TEST(state)
{
    json_t *json = pod_json(states[_i].status);
    struct spk_err err = {0};
    struct spk_pod pod;

    ck_assert_msg(spk_pod_read(&pod, json, &err) == 0, "%s: %s", states[_i].name, err.msg);
    ck_assert_msg(pod.state == states[_i].state, "%s: %s", states[_i].name,
                  spk_pod_state_text(pod.state));
    ck_assert_msg(pod.exit_code == states[_i].exit_code, "%s: %d", states[_i].name, pod.exit_code);
    ck_assert_msg(strcmp(pod.reason, states[_i].reason) == 0, "%s: %s", states[_i].name,
                  pod.reason);
    ck_assert_msg(pod.evicted == states[_i].evicted, "%s", states[_i].name);
    ck_assert_msg(pod.waiting_bad == states[_i].waiting_bad, "%s: %lld", states[_i].name,
                  (long long)pod.waiting_bad);
    json_decref(json);
}
END_TEST

/* An executor whose deletion was asked for at 00:01:00 with 30 s of grace. */
static const struct {
    const char *name;
    const char *role;
    const char *code;
    const char *reason;
    const char *ended; /* at 00:MM:SS */
    const char *more;  /* in status */
    enum spk_pod_state state;
} deletions[] = {
    {"ended by it", "executor", "143", "Error", "01:01", "", SPK_POD_RUNNING},
    {"killed by it", "executor", "137", "Error", "01:30", "", SPK_POD_RUNNING},
    {"had failed", "executor", "143", "Error", "00:59", "", SPK_POD_FAILED},
    {"ended by its driver's end", "executor", "1", "Error", "01:01", "", SPK_POD_RUNNING},
    {"ends in its grace", "executor", "0", "Completed", "01:01", "", SPK_POD_COMPLETED},
    {"had no memory", "executor", "137", "OOMKilled", "01:01", "", SPK_POD_FAILED},
    {"had to make place", "executor", "143", "Error", "01:01",
     ", 'conditions': [{'type': 'DisruptionTarget', 'status': 'True'}]", SPK_POD_FAILED},
    {"a driver", "driver", "143", "Error", "01:01", "", SPK_POD_FAILED},
};

START_TEST(an_executor_that_its_deletion_ends_has_not_failed)
{
    char text[1024];
    struct spk_err err = {0};
    struct spk_pod pod;
    json_t *json;

    (void)snprintf(text, sizeof(text),
                   "{'metadata': {'labels': {'spark-role': '%s'}, 'deletionGracePeriodSeconds': 30,"
                   "'deletionTimestamp': '2026-01-01T00:01:30Z'}, 'spec': {'containers': [{'name': "
                   "'x'}]}, 'status': {'phase': 'Failed', 'containerStatuses': [{'name': 'x', "
                   "'state': {'terminated': {'exitCode': %s, 'reason': '%s', 'finishedAt': "
                   "'2026-01-01T00:%sZ'}}}]%s}}",
                   deletions[_i].role, deletions[_i].code, deletions[_i].reason,
                   deletions[_i].ended, deletions[_i].more);
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    json = json_loads(text, 0, NULL);
    ck_assert_msg(json && spk_pod_read(&pod, json, &err) == 0, "%s: %s", text, err.msg);
    ck_assert_msg(pod.state == deletions[_i].state, "%s: %s", deletions[_i].name,
                  spk_pod_state_text(pod.state));
    json_decref(json);
}
END_TEST

START_TEST(an_end_that_was_seen_stays)
{
    struct spk_pod before = {.state = SPK_POD_FAILED};
    struct spk_pod fresh = {.state = SPK_POD_RUNNING};

    spk_pod_keep_end(&fresh, &before);
    ck_assert_int_eq(fresh.state, SPK_POD_FAILED);
    before.state = SPK_POD_PENDING;
    fresh.state = SPK_POD_RUNNING;
    spk_pod_keep_end(&fresh, &before);
    ck_assert_int_eq(fresh.state, SPK_POD_RUNNING);
    before.state = SPK_POD_RUNNING;
    fresh.state = SPK_POD_COMPLETED;
    spk_pod_keep_end(&fresh, &before);
    ck_assert_int_eq(fresh.state, SPK_POD_COMPLETED);
}
END_TEST

START_TEST(a_pod_that_should_be_gone_is_lost)
{
    struct spk_pod pod = {.state = SPK_POD_RUNNING, .deleting = true, .deleting_s = 1000};

    ck_assert_int_eq(spk_pod_lost_s(&pod, 1000 + SPK_POD_LOST_S), 0);
    ck_assert_int_eq(spk_pod_lost_s(&pod, 1001 + SPK_POD_LOST_S), 1000);
    pod.state = SPK_POD_COMPLETED;
    ck_assert_int_eq(spk_pod_lost_s(&pod, 1001 + SPK_POD_LOST_S), 0);
    pod.state = SPK_POD_LOST;
    ck_assert_int_eq(spk_pod_lost_s(&pod, 5), 1);
    pod.lost_s = 3;
    ck_assert_int_eq(spk_pod_lost_s(&pod, 5), 3);
}
END_TEST

START_TEST(a_stamp_is_no_wish)
{
    struct spk_err err = {0};
    struct spk_pod pod;
    json_t *json = json_pack("{s{s{ss ss}}}", "metadata", "annotations",
                             "spark-operator.k8s.io/mutated-by", "1", "prometheus.io/port", "1");

    ck_assert_int_eq(spk_pod_read(&pod, json, &err), 0);
    ck_assert(pod.stamped && !pod.wishes);
    json_object_set_new(json_object_get(json_object_get(json, "metadata"), "annotations"),
                        "sparkoperator.k8s.io/sparkConfigMap", json_string("x"));
    ck_assert_int_eq(spk_pod_read(&pod, json, &err), 0);
    ck_assert(pod.stamped && pod.wishes);
    json_decref(json);
}
END_TEST

static const struct {
    const char *text;
    const char *says;
} faults[] = {
    {"[]", "document: expected an object"},
    {"{\"spec\":{\"containers\":{}}}", "spec.containers: expected an array"},
    {"{\"metadata\":{\"labels\":[]}}", "metadata.labels: expected an object"},
    {"{\"status\":{\"containerStatuses\":\"x\"}}", "status.containerStatuses: expected an array"},
};

START_TEST(fault)
{
    json_t *json = json_loads(faults[_i].text, 0, NULL);
    struct spk_err err = {0};
    struct spk_pod pod;

    ck_assert_int_eq(spk_pod_read(&pod, json, &err), -1);
    ck_assert_msg(strstr(err.msg, faults[_i].says) != NULL, "%s", err.msg);
    json_decref(json);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("pod");

    tcase_add_test(tcase, every_pod_of_the_corpus);
    tcase_add_test(tcase, an_owner_is_told_by_group_kind_and_name);
    tcase_add_test(tcase, what_fits_fits);
    ADD_ROWS(tcase, state, states);
    tcase_add_loop_test(tcase, an_executor_that_its_deletion_ends_has_not_failed, 0,
                        (int)SPK_LEN(deletions));
    tcase_add_test(tcase, an_end_that_was_seen_stays);
    tcase_add_test(tcase, a_pod_that_should_be_gone_is_lost);
    tcase_add_test(tcase, a_stamp_is_no_wish);
    ADD_ROWS(tcase, fault, faults);
    return run_case("pod", tcase);
}
