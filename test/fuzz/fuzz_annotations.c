/* Lines "KEY=VALUE" as annotations of a driver; a KEY without '/' gets the first prefix. */

#include "fuzz.h"

#include "spk/admission/key.h"

static const char driver[] =
    "{\"metadata\":{\"name\":\"d\",\"labels\":{\"spark-role\":\"driver\"},\"annotations\":{}},"
    "\"spec\":{\"volumes\":[{\"name\":\"conf\",\"configMap\":{\"name\":\"own\",\"items\":[{}]}},"
    "{\"name\":\"log4j-volume\",\"emptyDir\":{}},{\"name\":\"v\",\"secret\":{\"secretName\":\"s\"}"
    "}],\"containers\":[{\"name\":\"sidecar\"},{\"name\":\"c\",\"env\":[{\"name\":"
    "\"SPARK_DRIVER_BIND_ADDRESS\",\"valueFrom\":{}},{\"name\":\"SPARK_CONF_DIR\",\"value\":"
    "\"/opt/spark/conf\"}],\"volumeMounts\":[{\"name\":\"conf\",\"mountPath\":\"/opt/spark/conf\"}"
    ",{\"name\":\"v\",\"mountPath\":\"/x/\"}]}]}}";

static void annotate(json_t *annotations, struct spk_str line)
{
    const char *equals = line.len ? memchr(line.ptr, '=', line.len) : NULL;
    size_t key_len = equals ? (size_t)(equals - line.ptr) : line.len;
    const char *prefix = line.len && memchr(line.ptr, '/', key_len) ? "" : SPK_PREFIX "/";
    char key[300];

    (void)snprintf(key, sizeof(key), "%s%.*s", prefix, (int)key_len, line.ptr ? line.ptr : "");
    (void)json_object_set_new(annotations, key,
                              equals ? json_stringn(equals + 1, line.len - key_len - 1)
                                     : json_string(""));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spk_str rest = {(const char *)data, size};
    json_t *pod = json_loads(driver, 0, NULL);
    json_t *annotations = json_object_get(json_object_get(pod, "metadata"), "annotations");
    struct spk_decision decision;
    struct spk_err err;

    while (rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
        annotate(annotations, (struct spk_str){rest.ptr, len});
        rest = spk_str_skip(rest, end ? len + 1 : len);
    }
    MUST(spk_pod_decide(&decision, pod, &fuzz_policy, &err) == 0);
    must_settle(pod, &decision);
    spk_decision_done(&decision);
    json_decref(pod);
    return 0;
}
