/* An overlay's value on a driver, beside annotations that want to mount: never a fault of ours, the
 * patch applies, what is Spark's stays, and the pod that results asks for nothing more. */

#include "fuzz.h"

#include "spk/admission/key.h"
#include "spk/base/limits.h"

static const char driver[] =
    "{\"metadata\":{\"name\":\"d\",\"labels\":{\"spark-role\":\"driver\",\"a\":\"1\"},"
    "\"annotations\":{"
    "\"spark-operator.k8s.io/hadoopConfigMap\":\"h\"}},\"spec\":{\"volumes\":[{\"name\":\"conf\","
    "\"configMap\":{\"name\":\"own\"}},{\"name\":\"v\",\"emptyDir\":{}}],\"containers\":[{"
    "\"name\":"
    "\"sidecar\",\"ports\":null},{\"name\":\"c\",\"env\":[{\"name\":\"SPARK_DRIVER_BIND_ADDRESS\","
    "\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"status.podIP\"}}},{\"name\":\"A\",\"value\":"
    "\"1\"},"
    "{\"name\":\"A\",\"value\":\"2\"}],\"ports\":[{\"name\":\"spark-ui\",\"containerPort\":4040},7]"
    ","
    "\"resources\":{\"limits\":{\"memory\":\"1Gi\",\"cpu\":null}},\"volumeMounts\":[{\"name\":"
    "\"conf\","
    "\"mountPath\":\"/opt/spark/conf\"},{\"name\":\"v\",\"mountPath\":\"/x/"
    "\"}]}],\"restartPolicy\":"
    "\"Never\",\"priority\":0,\"tolerations\":[{\"key\":\"t\"}],\"nodeSelector\":{\"a\":\"b\"},"
    "\"securityContext\":{},\"dnsConfig\":7,\"hostAliases\":{}}}";

static json_t *member(const json_t *pod, const char *first, const char *second)
{
    return json_object_get(json_object_get(pod, first), second);
}

/* The driver above has members that no API server sends: most runs leave them out. */
static json_t *make_pod(const char *overlay, size_t len, bool odd)
{
    json_t *pod = json_loads(driver, 0, NULL);
    json_t *containers = member(pod, "spec", "containers");

    MUST(pod != NULL);
    json_object_set_new(member(pod, "metadata", "annotations"), SPK_PREFIX "/overlay",
                        json_stringn(overlay, len));
    if (!odd) {
        json_array_remove(json_object_get(json_array_get(containers, 1), "ports"), 1);
        json_object_del(json_object_get(pod, "spec"), "dnsConfig");
        json_object_del(json_object_get(pod, "spec"), "hostAliases");
    }
    return pod;
}

/* Names and labels of Spark's, its policy, and what runs in its container. */
static void must_keep(const json_t *pod, const struct spk_decision *decision)
{
    struct spk_err err;
    json_t *after;
    json_t *before = json_array_get(member(pod, "spec", "containers"), 1);
    json_t *then;

    if (!decision->patch)
        return;
    MUST(spk_patch_apply(&after, pod, decision->patch, &err) == 0);
    then = json_array_get(member(after, "spec", "containers"), 1);
    MUST(json_equal(member(pod, "metadata", "name"), member(after, "metadata", "name")));
    MUST(json_equal(json_object_get(member(pod, "metadata", "labels"), "spark-role"),
                    json_object_get(member(after, "metadata", "labels"), "spark-role")));
    MUST(json_equal(member(pod, "spec", "restartPolicy"), member(after, "spec", "restartPolicy")));
    MUST(json_equal(json_object_get(before, "name"), json_object_get(then, "name")));
    MUST(!json_object_get(then, "args") && !json_object_get(then, "command"));
    MUST(json_equal(json_array_get(json_object_get(before, "env"), 0),
                    json_array_get(json_object_get(then, "env"), 0)));
    json_decref(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool odd = size && data[0] == '!';
    json_t *pod = make_pod((const char *)data + odd, size - odd, odd);
    json_t *before = json_deep_copy(pod);
    struct spk_decision decision;
    struct spk_err err;

    if (spk_pod_decide(&decision, pod, &fuzz_policy, &err) == 0) {
        must_settle(pod, &decision);
        must_keep(pod, &decision);
    } else {
        MUST(odd && err.code == SPK_EPARSE);
    }
    MUST(json_equal(pod, before));
    spk_decision_done(&decision);
    json_decref(before);
    json_decref(pod);
    return 0;
}
