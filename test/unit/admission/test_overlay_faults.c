#include "overlay.h"

#define TWO_ALIKE                                                   \
    "{\"spec\":{\"volumes\":[{\"name\":\"two\",\"emptyDir\":{}}]}," \
    "\"sparkContainer\":{\"volumeMounts\":[{\"name\":\"two\",\"mountPath\":\"/tmp/a\"}]}}"
#define NOT_THE_SAME                                                        \
    "! sparkContainer.volumeMounts[0]: volume \"two\" can't be mounted at " \
    "\"/tmp/a\": the pod mounts volume \"local\" there\n"

#define UNQUOTED                                                                        \
    "; an overlay is JSON, {\"spec\":{...}}, with double quotes around every name and " \
    "text: in a shell, single quotes around the whole keep them, in a file there are none\n"

#define EXECUTORS                                                                      \
    "! spec.containers[0]: \"spark-kubernetes-executor\" is what Spark calls its own " \
    "container: use sparkContainer\n"
#define IMAGELESS                                                                \
    "add /spec/containers/- {\"name\":\"spark\"}\n"                              \
    "? \"" OVERLAY "\": spec.containers[0]: no container of this pod is called " \
    "\"spark\", and a new one needs an image; the Spark container is sparkContainer\n"

/* What each overlay does to it: operations, faults after '!', warnings after '?'. */
static const struct {
    const char *name;
    const char *overlay;
    const char *expect;
} rows[] = {
    {"not JSON", "{", "! JSON line 1 column 1: string or '}' expected near end of file\n"},
    {"nothing", "", "! expected a JSON object, found nothing\n"},
    {"blanks", " \n", "! expected a JSON object, found nothing\n"},
    {"YAML", "spec: {hostNetwork: true}",
     "! JSON line 1 column 4: invalid token near 'spec'" UNQUOTED},
    {"quotes that a shell took", "{spec:{hostNetwork:true}}",
     "! JSON line 1 column 5: string or '}' expected near 'spec'" UNQUOTED},
    {"quotes that no shell took", "'{\"spec\":{}}'",
     "! JSON line 1 column 1: invalid token near '''" UNQUOTED},
    {"a field of spec at the top", "{\"tolerations\":[]}",
     "! tolerations: expected metadata, spec or sparkContainer; did you mean spec.tolerations?\n"},
    {"a field of both at the top", "{\"securityContext\":{}}",
     "! securityContext: expected metadata, spec or sparkContainer; did you mean "
     "spec.securityContext or sparkContainer.securityContext?\n"},
    {"a root, nearly", "{\"sparkcontainers\":{}}",
     "! sparkcontainers: expected metadata, spec or sparkContainer; did you mean "
     "\"sparkContainer\"?\n"},
    {"a root in a root", "{\"spec\":{\"sparkContainer\":{}}}",
     "! spec.sparkContainer: unknown field, its place is at the top of the overlay\n"},
    {"a pod's field in the container", "{\"sparkContainer\":{\"tolerations\":[]}}",
     "! sparkContainer.tolerations: unknown field, did you mean spec.tolerations?\n"},
    {"a container's field in the pod", "{\"spec\":{\"volumeMounts\":[]}}",
     "! spec.volumeMounts: unknown field, did you mean sparkContainer.volumeMounts?\n"},
    {"what is Spark's is not proposed", "{\"spec\":{\"command\":[\"x\"]}}",
     "! spec.command: unknown field\n"},
    {"the other security context's", "{\"spec\":{\"securityContext\":{\"capabilities\":{}}}}",
     "! spec.securityContext.capabilities: unknown field, did you mean "
     "sparkContainer.securityContext.capabilities?\n"},
    {"an operator's field", "{\"spec\":{\"sidecars\":[]}}",
     "! spec.sidecars: unknown field, did you mean spec.containers?\n"},
    {"the beginning of a field",
     "{\"spec\":{\"volumes\":[{\"name\":\"v\",\"emptyDir\":{\"size\":\"1Gi\"}}]}}",
     "! spec.volumes[0].emptyDir.size: unknown field, did you mean \"sizeLimit\"?\n"},
    {"nothing like it, of few fields",
     "{\"spec\":{\"volumes\":[{\"name\":\"v\",\"emptyDir\":{\"ram\":true}}]}}",
     "! spec.volumes[0].emptyDir.ram: unknown field, expected one of medium, sizeLimit\n"},
    {"not an object", "[1]", "! expected a JSON object, found an array\n"},
    {"not an object: a text", "\"x\"", "! expected a JSON object, found \"x\"\n"},
    {"a key twice", "{\"spec\":{},\"spec\":{}}",
     "! JSON line 1 column 17: duplicate object key near '\\\"spec\\\"'\n"},
    {"another root", "{\"kind\":\"Pod\"}", "! kind: expected metadata, spec or sparkContainer\n"},
    {"null", "{\"spec\":{\"tolerations\":null}}",
     "! spec.tolerations: expected an array, found null: an overlay takes nothing aw"
     "ay\n"},
    {"null, deep", "{\"sparkContainer\":{\"env\":[{\"name\":\"A\",\"value\":null}]}}",
     "! sparkContainer.env[0].value: expected a string, found null: an overlay takes"
     " nothing away\n"},
    {"null in a map", "{\"metadata\":{\"labels\":{\"x\":null}}}",
     "! metadata.labels.x: expected a string, found null: an overlay takes nothing a"
     "way\n"},
    {"a directive", "{\"spec\":{\"tolerations\":[{\"$patch\":\"delete\"}]}}",
     "! spec.tolerations[0][\"$patch\"]: keys that begin with '$' have no meaning in a"
     "n overlay\n"},
    {"a directive in a map", "{\"metadata\":{\"labels\":{\"$x\":\"y\"}}}",
     "! metadata.labels[\"$x\"]: keys that begin with '$' have no meaning in an overla"
     "y\n"},
    {"a directive at the top", "{\"$patch\":\"replace\"}",
     "! [\"$patch\"]: keys that begin with '$' have no meaning in an overlay\n"},
    {"a text for a number", "{\"spec\":{\"terminationGracePeriodSeconds\":\"30\"}}",
     "! spec.terminationGracePeriodSeconds: expected an integer, found \"30\"\n"},
    {"a number for a text", "{\"spec\":{\"tolerations\":[{\"key\":\"a\"},{\"operator\":3}]}}",
     "! spec.tolerations[1].operator: expected a string, found 3: put it in double quotes\n"},
    {"a fraction for an integer", "{\"spec\":{\"priority\":1.0}}",
     "! spec.priority: expected an integer of 32 bits, found 1.0\n"},
    {"more than 32 bits", "{\"spec\":{\"priority\":2147483648}}",
     "! spec.priority: expected an integer of 32 bits, found 2147483648\n"},
    {"64 bits", "{\"spec\":{\"terminationGracePeriodSeconds\":2147483648}}",
     "add /spec/terminationGracePeriodSeconds 2147483648\n"},
    {"a text for a boolean", "{\"spec\":{\"hostNetwork\":\"true\"}}",
     "! spec.hostNetwork: expected true or false, found \"true\"\n"},
    {"an object for an array", "{\"spec\":{\"tolerations\":{}}}",
     "! spec.tolerations: expected an array, found an object\n"},
    {"an array for an object", "{\"spec\":{\"affinity\":[]}}",
     "! spec.affinity: expected an object, found an array\n"},
    {"a text for an element", "{\"spec\":{\"tolerations\":[\"x\"]}}",
     "! spec.tolerations[0]: expected an object, found \"x\"\n"},
    {"no quantity", "{\"sparkContainer\":{\"resources\":{\"limits\":{\"cpu\":\"1 core\"}}}}",
     "! sparkContainer.resources.limits.cpu: expected a quantity such as \"500m\" or \""
     "1Gi\", found \"1 core\"\n"},
    {"a boolean for a quantity", "{\"sparkContainer\":{\"resources\":{\"limits\":{\"cpu\":true}}}}",
     "! sparkContainer.resources.limits.cpu: expected a quantity such as \"500m\" or \""
     "1Gi\", found true\n"},
    {"a port that is neither",
     "{\"sparkContainer\":{\"livenessProbe\":{\"httpGet\":{\"port\":1.5}}}}",
     "! sparkContainer.livenessProbe.httpGet.port: expected an integer of 32 bits or"
     " a string, found 1.5\n"},
    {"a text for a port",
     "{\"sparkContainer\":{\"livenessProbe\":{\"httpGet\":{\"port\":\"web\"}}}}",
     "add /spec/containers/1/livenessProbe {\"httpGet\":{\"port\":\"web\"}}\n"},
    {"no time",
     "{\"spec\":{\"volumes\":[{\"name\":\"v\",\"ephemeral\":{\"volumeClaimTemplate\":{\"metadata\""
     ":{\"creationTimestamp\":\"today\"}}}}]}}",
     "! spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.creationTimestamp: ex"
     "pected a time such as \"2026-01-31T12:00:00Z\", found \"today\"\n"},
    {"an unknown field", "{\"spec\":{\"tolerationz\":[]}}",
     "! spec.tolerationz: unknown field, did you mean \"tolerations\"?\n"},
    {"an unknown field, deep", "{\"sparkContainer\":{\"securityContext\":{\"runAsUsr\":1}}}",
     "! sparkContainer.securityContext.runAsUsr: unknown field, did you mean \"runAsU"
     "ser\"?\n"},
    {"an unknown field, hostile", "{\"spec\":{\"a\\nb\\u202e\":1}}",
     "! spec[\"a\\u000ab\\u202e\"]: unknown field\n"},
    {"an element without its key", "{\"sparkContainer\":{\"env\":[{\"value\":\"x\"}]}}",
     "! sparkContainer.env[0]: name is missing: elements of this list are told apart"
     " by it\n"},
    {"a port without its number", "{\"sparkContainer\":{\"ports\":[{\"name\":\"x\"}]}}",
     "! sparkContainer.ports[0]: containerPort is missing: elements of this list are"
     " told apart by it\n"},
    {"two of one key", "{\"sparkContainer\":{\"env\":[{\"name\":\"N\"},{\"name\":\"N\"}]}}",
     "! sparkContainer.env[1]: has the same name as element 0\n"},
    {"two of one key by the default",
     "{\"sparkContainer\":{\"ports\":[{\"containerPort\":1},{\"containerPort\":1,\"protocol\":"
     "\"TCP\"}]}}",
     "! sparkContainer.ports[1]: has the same containerPort and protocol as element "
     "0\n"},
    {"two mounts at one path",
     "{\"sparkContainer\":{\"volumeMounts\":[{\"name\":\"local\",\"mountPath\":\"/x\"},{\"name\":\""
     "claim\",\"mountPath\":\"/x/\"}]}}",
     "! sparkContainer.volumeMounts[1]: has the same mountPath as element 0\n"},
    {"the name", "{\"metadata\":{\"name\":\"x\"}}",
     "! metadata.name: the pod's name is the submission's: Spark looks for its pods "
     "by name\n"},
    {"the namespace", "{\"metadata\":{\"namespace\":\"x\"}}",
     "! metadata.namespace: the pod is being created in its namespace\n"},
    {"owners", "{\"metadata\":{\"ownerReferences\":[]}}",
     "! metadata.ownerReferences: use the annotation ownerReference\n"},
    {"other metadata", "{\"metadata\":{\"finalizers\":[\"x\"]}}",
     "! metadata.finalizers: of metadata, only labels and annotations can be given\n"},
    {"a label of Spark", "{\"metadata\":{\"labels\":{\"spark-role\":\"executor\"}}}",
     "! metadata.labels[\"spark-role\"]: labels that begin with spark- are Spark's: it"
     " finds its pods by them\n"},
    {"a label of the controller",
     "{\"metadata\":{\"labels\":{\"sparkoperator.k8s.io/app-name\":\"x\"}}}",
     "! metadata.labels[\"sparkoperator.k8s.io/app-name\"]: a label of the controller,"
     " which finds its pods by it\n"},
    {"an annotation of ours",
     "{\"metadata\":{\"annotations\":{\"spark-operator.k8s.io/secret.x\":\"/x\"}}}",
     "! metadata.annotations[\"spark-operator.k8s.io/secret.x\"]: an annotation of spa"
     "rkhook, which a second pass would obey: give it to the pod itself\n"},
    {"an annotation of the second prefix",
     "{\"metadata\":{\"annotations\":{\"sparkoperator.k8s.io/overlay\":\"{}\"}}}",
     "! metadata.annotations[\"sparkoperator.k8s.io/overlay\"]: an annotation of spark"
     "hook, which a second pass would obey: give it to the pod itself\n"},
    {"restartPolicy", "{\"spec\":{\"restartPolicy\":\"Always\"}}",
     "! spec.restartPolicy: a Spark pod that restarts is a new driver or executor th"
     "at nobody knows: it must be Never, which Spark sets\n"},
    {"ephemeral containers", "{\"spec\":{\"ephemeralContainers\":[]}}",
     "! spec.ephemeralContainers: a new pod can't have any\n"},
    {"serviceAccount", "{\"spec\":{\"serviceAccount\":\"x\"}}",
     "! spec.serviceAccount: deprecated: use serviceAccountName\n"},
    {"an executor's Spark container",
     "{\"spec\":{\"containers\":[{\"name\":\"spark-kubernetes-executor\"}]}}", EXECUTORS},
    {"a container without an image", "{\"spec\":{\"containers\":[{\"name\":\"spark\"}]}}",
     IMAGELESS},
    {"no image for one that is there",
     "{\"spec\":{\"containers\":[{\"name\":\"sidecar\",\"tty\":true}]}}",
     "add /spec/containers/0/tty true\n"},
    {"the Spark container", "{\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"x\"}]}}",
     "! spec.containers[0]: \"main\" is the Spark container: use sparkContainer\n"},
    {"what runs in it",
     "{\"sparkContainer\":{\"name\":\"x\",\"command\":[\"x\"],\"args\":[\"x\"]}}",
     "! sparkContainer.name: the container keeps the name that Spark knows it by\n"
     "! sparkContainer.command: what runs in the container is Spark's\n"
     "! sparkContainer.args: what runs in the container is Spark's\n"},
    {"variables of Spark",
     "{\"sparkContainer\":{\"env\":[{\"name\":\"SPARK_CONF_DIR\",\"value\":\"x\"},{\"name\":\"SPARK"
     "_JAVA_OPT_7\",\"value\":\"x\"},{\"name\":\"SPARK_USER\",\"value\":\"x\"}]}}",
     "! sparkContainer.env[0]: \"SPARK_CONF_DIR\": Spark itself sets this variable: us"
     "e the annotation sparkConfigMap\n"
     "! sparkContainer.env[1]: \"SPARK_JAVA_OPT_7\": Spark itself sets this variable: "
     "use spark.executor.extraJavaOptions\n"
     "! sparkContainer.env[2]: \"SPARK_USER\": Spark itself sets this variable\n"},
    {"variables of the image",
     "{\"sparkContainer\":{\"env\":[{\"name\":\"JAVA_HOME\",\"value\":\"x\"},{\"name\":\"PYSPARK_PY"
     "THON\",\"value\":\"x\"},{\"name\":\"SPARK_HOME\",\"value\":\"x\"}]}}",
     "add /spec/containers/1/env/- {\"name\":\"JAVA_HOME\",\"value\":\"x\"}\n"
     "add /spec/containers/1/env/- {\"name\":\"PYSPARK_PYTHON\",\"value\":\"x\"}\n"
     "add /spec/containers/1/env/- {\"name\":\"SPARK_HOME\",\"value\":\"x\"}\n"},
    {"variables of Spark in a sidecar",
     "{\"spec\":{\"containers\":[{\"name\":\"sidecar\",\"env\":[{\"name\":\"SPARK_USER\",\"value\":"
     "\""
     "x\"}]}]}}",
     "add /spec/containers/0/env [{\"name\":\"SPARK_USER\",\"value\":\"x\"}]\n"},
    {"a port of Spark by name",
     "{\"sparkContainer\":{\"ports\":[{\"containerPort\":1,\"name\":\"blockmanager\"}]}}",
     "! sparkContainer.ports[0]: \"blockmanager\": a port of Spark's own\n"},
    {"a port of Spark by number", "{\"sparkContainer\":{\"ports\":[{\"containerPort\":4041}]}}",
     "! sparkContainer.ports[0]: 4041 is Spark's own port \"spark-ui\"\n"},
    {"the volume of Spark",
     "{\"spec\":{\"volumes\":[{\"name\":\"spark-conf-volume-driver\",\"emptyDir\":{}}]}}",
     "! spec.volumes[0]: \"spark-conf-volume-driver\": the volume of Spark's own confi"
     "guration\n"},
    {"the mount of Spark",
     "{\"sparkContainer\":{\"volumeMounts\":[{\"name\":\"local\",\"mountPath\":\"/opt/spark/con"
     "f/\"}]}}",
     "! sparkContainer.volumeMounts[0]: a mount at \"/opt/spark/conf\" would cover Spa"
     "rk's own /opt/spark/conf\n"},
    {"above the mount of Spark",
     "{\"sparkContainer\":{\"volumeMounts\":[{\"name\":\"local\",\"mountPath\":\"/opt\"}]}}",
     "! sparkContainer.volumeMounts[0]: a mount at \"/opt\" would cover Spark's own /o"
     "pt/spark/conf\n"},
    {"below the mount of Spark",
     "{\"sparkContainer\":{\"volumeMounts\":[{\"name\":\"local\",\"mountPath\":\"/opt/spark/con"
     "f/x\"}]}}",
     "add /spec/containers/1/volumeMounts/- {\"name\":\"local\",\"mountPath\":\"/opt/spark/"
     "conf/x\"}\n"},
    {"another source",
     "{\"spec\":{\"volumes\":[{\"name\":\"local\",\"configMap\":{\"name\":\"x\"}}]}}",
     "! spec.volumes[0]: volume \"local\" shall be configMap \"x\", but the pod's volume"
     " of that name is emptyDir\n"},
    {"another object",
     "{\"spec\":{\"volumes\":[{\"name\":\"claim\",\"persistentVolumeClaim\":{\"claimName\":\"x\"}}"
     "]}}",
     "! spec.volumes[0]: volume \"claim\" shall be persistentVolumeClaim \"x\", but the "
     "pod's volume of that name is persistentVolumeClaim \"c\"\n"},
    {"a path that is taken",
     "{\"sparkContainer\":{\"volumeMounts\":[{\"name\":\"local\",\"mountPath\":\"/data\"}]}}",
     "! sparkContainer.volumeMounts[0]: volume \"local\" can't be mounted at \"/data\": "
     "the pod mounts volume \"claim\" there\n"},
    {"another, written alike", TWO_ALIKE, NOT_THE_SAME},
    {"a path with another part",
     "{\"sparkContainer\":{\"volumeMounts\":[{\"name\":\"local\",\"mountPath\":\"/tmp/a\",\"subPa"
     "th\":\"q\"}]}}",
     "! sparkContainer.volumeMounts[0]: volume \"local\" can't be mounted at \"/tmp/a\":"
     " the pod mounts another part of volume \"local\" there\n"},
};

START_TEST(hostile_overlays)
{
    check("{\"sparkContainer\":{\"restartPolicy\":\"Always\"}}",
          "! sparkContainer.restartPolicy: a Spark container that restarts is a new driver or "
          "executor that nobody knows\n",
          &strict);
    check("{\"sparkContainer\":{\"restartPolicyRules\":[]}}",
          "! sparkContainer.restartPolicyRules: a Spark container that restarts is a new driver or "
          "executor that nobody knows\n",
          &strict);
    check("{\"sparkContainer\":{\"volumeMounts\":[{\"name\":\"local\",\"mountPath\":\"opt/spark/"
          "conf//spark.properties\"}]}}",
          "! sparkContainer.volumeMounts[0]: a mount at \"/opt/spark/conf/spark.properties\" would "
          "cover Spark's own /opt/spark/conf/spark.properties\n",
          &strict);
    check("{\"sparkContainer\":{\"env\":[{\"name\":\"X\"},{\"name\":\"Y\"},{\"name\":\"X\"}]}}",
          "! sparkContainer.env[2]: has the same name as element 0\n", &strict);
    check("{\"sparkContainer\":{\"ports\":[{\"containerPort\":1,\"protocol\":\"UDP\"},{"
          "\"containerPort\":1,\"protocol\":\"TCP\"},{\"containerPort\":1}]}}",
          "! sparkContainer.ports[2]: has the same containerPort and protocol as element 1\n",
          &strict);
}
END_TEST

START_TEST(overlays)
{
    check(rows[_i].overlay, rows[_i].expect, &strict);
}
END_TEST

START_TEST(unknown_fields_as_warnings)
{
    const struct spk_policy lenient = {.version = "1", .warn_on_unknown_field = true};

    check("{\"spec\":{\"hostIPc\":1,\"hostname\":\"h\",\"tolerations\":[{\"kye\":1}]}}",
          "add /spec/hostname \"h\"\n"
          "add /spec/tolerations/- {}\n"
          "? \"" OVERLAY "\": spec.hostIPc: unknown field, ignored; did you mean \"hostIPC\"?\n"
          "? \"" OVERLAY
          "\": spec.tolerations[0].kye: unknown field, ignored; did you mean \"key\"?\n",
          &lenient);
}
END_TEST

/* Annotations of an instance with a prefix of its own are as little to be written as the default's.
 */
START_TEST(a_prefix_of_ones_own)
{
    const struct spk_policy own = {.version = "1", .prefix = "a.example"};
    json_t *pod = pod_with("");
    json_t *annotations = json_object_get(json_object_get(pod, "metadata"), "annotations");
    struct spk_decision decision;

    json_object_set_new(
        annotations, "a.example/overlay",
        json_string("{\"metadata\":{\"annotations\":{\"a.example/secret.x\":\"/x\","
                    "\"spark-operator.k8s.io/secret.y\":\"/y\",\"a.example.org/z\":\"\"}}}"));
    decide(&decision, pod, &own);
    ck_assert_int_eq(decision.outcome, SPK_DENIED);
    ck_assert_ptr_nonnull(strstr(decision.message, "annotations[\"a.example/secret.x\"]"));
    ck_assert_ptr_nonnull(
        strstr(decision.message, "annotations[\"spark-operator.k8s.io/secret.y\"]"));
    ck_assert_ptr_null(strstr(decision.message, "a.example.org"));
    spk_decision_done(&decision);
    json_decref(pod);
}
END_TEST

/* A text of @count elements; to be freed. */
static char *many(const char *before, const char *element, size_t count, const char *after)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)fputs(before, out);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, "%s%s%zu\"}", i ? "," : "", element, i);
    (void)fputs(after, out);
    (void)fclose(out);
    return text;
}

START_TEST(ceilings)
{
    char *most = many("{\"sparkContainer\":{\"env\":[", "{\"name\":\"V", 1024, "]}}");
    char *more = many("{\"sparkContainer\":{\"env\":[", "{\"name\":\"V", 1025, "]}}");
    char *long_one = many("{\"spec\":{\"volumes\":[", "{\"name\":\"v", 6000, "]}}");
    json_t *pod = pod_with(most);
    struct spk_decision decision;

    decide(&decision, pod, &strict);
    ck_assert_int_eq(decision.outcome, SPK_MUTATED);
    spk_decision_done(&decision);
    json_decref(pod);
    check(more, "! sparkContainer.env: more than 1024 elements in the lists of one overlay\n",
          &strict);
    ck_assert_uint_gt(strlen(long_one), SPK_OVERLAY_MAX);
    pod = pod_with(long_one);
    decide(&decision, pod, &strict);
    ck_assert_ptr_nonnull(strstr(decision.message, "bytes, at most 65536"));
    spk_decision_done(&decision);
    json_decref(pod);
    free(most);
    free(more);
    free(long_one);
}
END_TEST

static json_t *in_container(json_t *pod, const char *list)
{
    json_t *containers = json_object_get(json_object_get(pod, "spec"), "containers");

    return json_object_get(json_array_get(containers, 1), list);
}

static void fill(json_t *array, const char *element, size_t count)
{
    json_t *value = json_loads(element, 0, NULL);

    ck_assert(value != NULL && json_is_array(array));
    for (size_t i = 0; i < count; i++)
        json_array_append(array, value);
    json_decref(value);
}

static void check_denied(json_t *pod, const char *expect)
{
    struct spk_decision decision;

    decide(&decision, pod, &strict);
    ck_assert_int_eq(decision.outcome, SPK_DENIED);
    ck_assert_msg(strstr(decision.message, expect) != NULL, "%s", decision.message);
    spk_decision_done(&decision);
    json_decref(pod);
}

START_TEST(too_many_to_compare)
{
    char *overlay = many("{\"sparkContainer\":{\"env\":[", "{\"name\":\"V", 1000, "]}}");
    json_t *pod = pod_with(overlay);

    fill(in_container(pod, "env"), "{\"name\":\"X\"}", 251);
    check_denied(pod, "env: the pod's list has 255 elements, too many to merge 1000 into");
    free(overlay);
}
END_TEST

/* Each of its steps would be looked at for each of the overlay's. */
START_TEST(paths_that_are_long_to_compare)
{
    char *overlay = many("{\"sparkContainer\":{\"volumeMounts\":[",
                         "{\"name\":\"local\",\"mountPath\":\"/m", 1000, "]}}");
    json_t *pod = pod_with(overlay);
    char element[4096];

    (void)snprintf(element, sizeof(element), "{\"name\":\"local\",\"mountPath\":\"%03900d\"}", 0);
    for (char *at = element; (at = strchr(at, '0'));)
        *at = '/';
    fill(in_container(pod, "volumeMounts"), element, 4);
    check_denied(pod, "volumeMounts: the pod's list has 7 elements, too many to merge 1000 into");
    free(overlay);
}
END_TEST

START_TEST(ports_that_are_too_many_to_compare)
{
    char *overlay = many("{\"sparkContainer\":{\"volumeMounts\":[],\"ports\":[",
                         "{\"containerPort\":1,\"protocol\":\"P", 1000, "]}}");
    json_t *pod = pod_with(overlay);

    fill(in_container(pod, "ports"), "{\"name\":\"spark-ui\",\"containerPort\":2}", 1000);
    check_denied(pod, "ports: the pod's list has 1002 elements, too many to merge 1000 into");
    free(overlay);
}
END_TEST

/* Mounts of other volumes, whose sources are compared. */
START_TEST(volumes_that_are_too_many_to_look_through)
{
    char *overlay = many("{\"sparkContainer\":{\"volumeMounts\":[",
                         "{\"name\":\"other\",\"mountPath\":\"/m", 100, "]}}");
    json_t *pod = pod_with(overlay);
    json_t *mounts = in_container(pod, "volumeMounts");

    for (int i = 0; i < 100; i++) {
        char path[16];
        (void)snprintf(path, sizeof(path), "/m%d", i);
        json_array_append_new(mounts, json_pack("{s:s, s:s}", "name", "conf", "mountPath", path));
    }
    fill(json_object_get(json_object_get(pod, "spec"), "volumes"), "{\"name\":\"v\"}", 20000);
    check_denied(pod, "the pod's list has 20003 elements, too many to merge 2 into");
    free(overlay);
}
END_TEST

/* An overlay's pod is copied, whatever else is in it. */
START_TEST(a_pod_too_large_to_copy)
{
    static const char *const asks[] = {"overlay", "gpu", "sparkDefaults"};
    static const char *const values[] = {"{}", "x.com/y=1", "load"};
    json_t *pod = pod_with("{}");
    json_t *annotations = json_object_get(json_object_get(pod, "metadata"), "annotations");
    json_t *odd = json_array();
    char key[64];

    json_object_clear(annotations);
    (void)snprintf(key, sizeof(key), "%s/%s", SPK_PREFIX, asks[_i]);
    json_object_set_new(annotations, key, json_string(values[_i]));
    json_object_set_new(annotations, SPK_PREFIX "/sparkConfigMap", json_string("c"));
    fill(odd, "[]", SPK_COPY_VALUES_MAX);
    json_object_set_new(json_object_get(pod, "spec"), "odd", odd);
    check_denied(pod, "spec: more than 100000 values, too many for a pod with an overlay");
}
END_TEST

/* With what the image's entrypoint reads, which Spark's own has not got here. */
START_TEST(a_sidecar_in_disguise)
{
    json_t *pod =
        pod_with("{\"spec\":{\"containers\":[{\"name\":\"x\",\"args\":[\"driver\"],\"env\":"
                 "[{\"name\":\"SPARK_DRIVER_BIND_ADDRESS\",\"value\":\"x\"}]}]}}");

    json_array_clear(in_container(pod, "args"));
    check_denied(pod, "its container \"x\" looks more like Spark's than Spark's own \"main\"");
}
END_TEST

/* However many faults there are, the message has its ceiling. */
START_TEST(very_many_faults)
{
    char *overlay = many("{\"sparkContainer\":{\"envFrom\":[", "{\"x\":\"", 1000, "]}}");
    json_t *pod = pod_with(overlay);
    struct spk_decision decision;

    decide(&decision, pod, &strict);
    ck_assert_int_eq(decision.outcome, SPK_DENIED);
    ck_assert_uint_lt(strlen(decision.message), SPK_MESSAGE_MAX);
    spk_decision_done(&decision);
    json_decref(pod);
    free(overlay);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("overlay faults");

    spk_json_init();
    ADD_ROWS(tests, overlays, rows);
    tcase_add_test(tests, hostile_overlays);
    tcase_add_test(tests, unknown_fields_as_warnings);
    tcase_add_test(tests, a_prefix_of_ones_own);
    tcase_add_test(tests, ceilings);
    tcase_add_test(tests, too_many_to_compare);
    tcase_add_test(tests, a_sidecar_in_disguise);
    tcase_add_test(tests, paths_that_are_long_to_compare);
    tcase_add_test(tests, ports_that_are_too_many_to_compare);
    tcase_add_test(tests, volumes_that_are_too_many_to_look_through);
    tcase_add_loop_test(tests, a_pod_too_large_to_copy, 0, 3);
    tcase_add_test(tests, very_many_faults);
    return run_case("overlay faults", tests);
}
