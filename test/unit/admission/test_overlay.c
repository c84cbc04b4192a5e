#include "overlay.h"

/* What each overlay does to it: operations, faults after '!', warnings after '?'. */
static const struct {
    const char *name;
    const char *overlay;
    const char *expect;
} rows[] = {
    {"labels and annotations",
     "{\"metadata\":{\"labels\":{\"a\":\"2\",\"b\":\"x\"},\"annotations\":{\"c/d~e\":\"x\"}}}",
     "replace /metadata/labels/a \"2\"\n"
     "add /metadata/labels/b \"x\"\n"
     "add /metadata/annotations/c~1d~0e \"x\"\n"},
    {"a scalar that is new", "{\"spec\":{\"schedulerName\":\"volcano\"}}",
     "add /spec/schedulerName \"volcano\"\n"},
    {"a scalar that is the same", "{\"spec\":{\"dnsPolicy\":\"ClusterFirst\"}}", ""},
    {"an empty text is none", "{\"spec\":{\"schedulerName\":\"\",\"hostname\":\"\"}}", ""},
    {"false where it says something",
     "{\"spec\":{\"automountServiceAccountToken\":false,\"hostNetwork\":false}}",
     "add /spec/automountServiceAccountToken false\n"},
    {"an object that is new", "{\"spec\":{\"affinity\":{\"nodeAffinity\":{}}}}",
     "add /spec/affinity {\"nodeAffinity\":{}}\n"},
    {"an object that is there", "{\"spec\":{\"securityContext\":{\"fsGroup\":1}}}",
     "add /spec/securityContext/fsGroup 1\n"},
    {"a map with a key that is there",
     "{\"spec\":{\"nodeSelector\":{\"disk\":\"hdd\",\"pool\":\"x\"}}}",
     "replace /spec/nodeSelector/disk \"hdd\"\n"
     "add /spec/nodeSelector/pool \"x\"\n"},
    {"a set",
     "{\"spec\":{\"tolerations\":[{\"key\":\"t\",\"operator\":\"Exists\"},{\"key\":\"u\","
     "\"operator\":"
     "\"Exists\",\"tolerationSeconds\":0}]}}",
     "add /spec/tolerations/- {\"key\":\"u\",\"operator\":\"Exists\",\"tolerationSeconds\":0}\n"},
    {"elements by their key",
     "{\"spec\":{\"hostAliases\":[{\"ip\":\"192.0.2.2\",\"hostnames\":[\"b\"]},{\"ip\":\"192.0.2."
     "1\""
     ",\"hostnames\":[\"c\"]}]}}",
     "add /spec/hostAliases/- {\"ip\":\"192.0.2.2\",\"hostnames\":[\"b\"]}\n"
     "replace /spec/hostAliases/0/hostnames [\"c\"]\n"},
    {"elements by two keys",
     "{\"spec\":{\"topologySpreadConstraints\":[{\"topologyKey\":\"zone\",\"whenUnsatisfiable"
     "\":\"ScheduleAnyway\",\"maxSkew\":2},{\"topologyKey\":\"zone\",\"whenUnsatisfiable\":\"DoN"
     "otSchedule\",\"maxSkew\":3}]}}",
     "add /spec/topologySpreadConstraints/- {\"topologyKey\":\"zone\",\"whenUnsatisfiable"
     "\":\"ScheduleAnyway\",\"maxSkew\":2}\n"
     "replace /spec/topologySpreadConstraints/0/maxSkew 3\n"},
    {"a container that is there",
     "{\"spec\":{\"containers\":[{\"name\":\"sidecar\",\"image\":\"s:2\",\"args\":[\"x\"]}]}}",
     "replace /spec/containers/0/image \"s:2\"\n"
     "add /spec/containers/0/args [\"x\"]\n"},
    {"a container that is new", "{\"spec\":{\"containers\":[{\"name\":\"more\",\"image\":\"x\"}]}}",
     "add /spec/containers/- {\"name\":\"more\",\"image\":\"x\"}\n"},
    {"an init container",
     "{\"spec\":{\"initContainers\":[{\"name\":\"init\",\"image\":\"x\",\"command\":[\"a\"]}]}}",
     "add /spec/initContainers [{\"name\":\"init\",\"image\":\"x\",\"command\":[\"a\"]}]\n"},
    {"variables",
     "{\"sparkContainer\":{\"env\":[{\"name\":\"A\",\"value\":\"2\"},{\"name\":\"N\",\"value\":"
     "\"3\"}]}}",
     "replace /spec/containers/1/env/1 {\"name\":\"A\",\"value\":\"2\"}\n"
     "add /spec/containers/1/env/- {\"name\":\"N\",\"value\":\"3\"}\n"},
    {"a variable is replaced whole",
     "{\"sparkContainer\":{\"env\":[{\"name\":\"A\",\"valueFrom\":{\"configMapKeyRef\":{\"name\":\""
     "c\",\"key\":\"k\"}}},{\"name\":\"B\",\"value\":\"x\"}]}}",
     "replace /spec/containers/1/env/1 {\"name\":\"A\",\"valueFrom\":{\"configMapKeyRef\":{\""
     "name\":\"c\",\"key\":\"k\"}}}\n"
     "replace /spec/containers/1/env/2 {\"name\":\"B\",\"value\":\"x\"}\n"},
    {"variables that are the same to the API server",
     "{\"sparkContainer\":{\"env\":[{\"name\":\"A\",\"value\":\"1\"},{\"name\":\"B\",\"valueFrom\":"
     "{\"s"
     "ecretKeyRef\":{\"name\":\"s\",\"key\":\"k\"}}},{\"name\":\"C\",\"valueFrom\":{"
     "\"resourceFieldR"
     "ef\":{\"resource\":\"limits.cpu\"}}}]}}",
     ""},
    {"a default that is written out",
     "{\"sparkContainer\":{\"env\":[{\"name\":\"C\",\"valueFrom\":{\"resourceFieldRef\":{\"resour"
     "ce\":\"limits.cpu\",\"divisor\":\"0m\"}}}]}}",
     ""},
    {"another than the default",
     "{\"sparkContainer\":{\"env\":[{\"name\":\"C\",\"valueFrom\":{\"resourceFieldRef\":{\"resour"
     "ce\":\"limits.cpu\",\"divisor\":\"1m\"}}}]}}",
     "replace /spec/containers/1/env/3 {\"name\":\"C\",\"valueFrom\":{\"resourceFieldRef\":{"
     "\"resource\":\"limits.cpu\",\"divisor\":\"1m\"}}}\n"},
    {"quantities by value",
     "{\"sparkContainer\":{\"resources\":{\"limits\":{\"memory\":\"1024Mi\",\"cpu\":0.1},\"reques"
     "ts\":{\"cpu\":\"1000m\"}}}}",
     "add /spec/containers/1/resources/limits/cpu \"0.1\"\n"},
    {"a quantity that is a number",
     "{\"sparkContainer\":{\"resources\":{\"limits\":{\"gpu\":1,\"x\":1000.0}}}}",
     "add /spec/containers/1/resources/limits/gpu \"1\"\n"
     "add /spec/containers/1/resources/limits/x \"1000\"\n"},
    {"ports",
     "{\"sparkContainer\":{\"ports\":[{\"containerPort\":9000,\"name\":\"mine\"},{\"containerPo"
     "rt\":9000,\"protocol\":\"UDP\"}]}}",
     "replace /spec/containers/1/ports/1/name \"mine\"\n"
     "add /spec/containers/1/ports/- {\"containerPort\":9000,\"protocol\":\"UDP\"}\n"},
    {"a list without keys is replaced",
     "{\"spec\":{\"securityContext\":{\"supplementalGroups\":[1]},\"containers\":[{\"name\":\"s"
     "idecar\",\"args\":[]}]}}",
     "add /spec/securityContext/supplementalGroups [1]\n"},
    {"an empty list of elements", "{\"spec\":{\"initContainers\":[],\"volumes\":[]}}", ""},
    {"a volume that is new", "{\"spec\":{\"volumes\":[{\"name\":\"v\",\"emptyDir\":{}}]}}",
     "add /spec/volumes/- {\"name\":\"v\",\"emptyDir\":{}}\n"},
    {"a volume of the same source",
     "{\"spec\":{\"volumes\":[{\"name\":\"local\",\"emptyDir\":{\"sizeLimit\":\"1Gi\"}},{\"name\":"
     "\"c"
     "onf\",\"configMap\":{\"name\":\"own\",\"optional\":true}}]}}",
     "add /spec/volumes/1/emptyDir/sizeLimit \"1Gi\"\n"
     "add /spec/volumes/0/configMap/optional true\n"},
    {"a volume without a source", "{\"spec\":{\"volumes\":[{\"name\":\"local\"}]}}", ""},
    {"a mount",
     "{\"spec\":{\"volumes\":[{\"name\":\"v\",\"emptyDir\":{}}]},\"sparkContainer\":{\"volumeMoun"
     "ts\":[{\"name\":\"v\",\"mountPath\":\"/v\"}]}}",
     "add /spec/volumes/- {\"name\":\"v\",\"emptyDir\":{}}\n"
     "add /spec/containers/1/volumeMounts/- {\"name\":\"v\",\"mountPath\":\"/v\"}\n"},
    {"a mount that is there, in another spelling",
     "{\"sparkContainer\":{\"volumeMounts\":[{\"name\":\"claim\",\"mountPath\":\"//data/.\",\"rea"
     "dOnly\":true}]}}",
     "add /spec/containers/1/volumeMounts/2/readOnly true\n"},
    {"a mount of the same source by another volume",
     "{\"spec\":{\"volumes\":[{\"name\":\"v\",\"persistentVolumeClaim\":{\"claimName\":\"c\"}}]},\""
     "sparkContainer\":{\"volumeMounts\":[{\"name\":\"v\",\"mountPath\":\"/data\"}]}}",
     "add /spec/volumes/- {\"name\":\"v\",\"persistentVolumeClaim\":{\"claimName\":\"c\"}}\n"
     "replace /spec/containers/1/volumeMounts/2/name \"v\"\n"},
    {"a priority class", "{\"spec\":{\"priorityClassName\":\"high\"}}",
     "remove /spec/priority\n"
     "remove /spec/preemptionPolicy\n"
     "add /spec/priorityClassName \"high\"\n"},
    {"a priority class with a priority",
     "{\"spec\":{\"priorityClassName\":\"high\",\"priority\":7}}",
     "remove /spec/preemptionPolicy\n"
     "add /spec/priorityClassName \"high\"\n"
     "replace /spec/priority 7\n"},
    {"the network of the host", "{\"spec\":{\"hostNetwork\":true}}",
     "replace /spec/dnsPolicy \"ClusterFirstWithHostNet\"\n"
     "add /spec/hostNetwork true\n"},
    {"the network of the host and a resolver",
     "{\"spec\":{\"hostNetwork\":true,\"dnsPolicy\":\"Default\"}}",
     "add /spec/hostNetwork true\n"
     "replace /spec/dnsPolicy \"Default\"\n"},
    {"a lone surrogate is text", "{\"metadata\":{\"annotations\":{\"x\":\"\u00e9 \U0001f600\"}}}",
     "add /metadata/annotations/x \"\u00e9 \U0001f600\"\n"},
};

START_TEST(overlays)
{
    check(rows[_i].overlay, rows[_i].expect, &strict);
}
END_TEST

/* What another annotation sets and the overlay sets otherwise: the overlay counts, and the second
 * pass is quiet although the other annotation comes first again. */
START_TEST(above_other_annotations)
{
    static const char *const above[] = {
        "{\"sparkContainer\":{\"env\":[{\"name\":\"HADOOP_CONF_DIR\",\"value\":\"/mine\"}]}}",
        "{\"spec\":{\"volumes\":[{\"name\":\"hadoop-config-map-volume\",\"configMap\":"
        "{\"optional\":true}}]},\"sparkContainer\":{\"volumeMounts\":[{\"name\":"
        "\"hadoop-config-map-volume\",\"mountPath\":\"/etc/hadoop/conf/\",\"readOnly\":false}]}}",
    };
    json_t *pod = pod_with(above[_i]);
    json_t *annotations = json_object_get(json_object_get(pod, "metadata"), "annotations");
    struct spk_decision decision;

    json_object_set_new(annotations, SPK_PREFIX "/hadoopConfigMap", json_string("h"));
    decide(&decision, pod, &strict);
    ck_assert_msg(decision.outcome == SPK_MUTATED, "%s", decision.message);
    ck_assert_str_eq(decision.applied, "hadoopConfigMap,overlay");
    check_settled(pod, decision.patch, &strict);
    spk_decision_done(&decision);
    json_decref(pod);
}
END_TEST

/* Chosen by somebody, where ClusterFirst may be the default. */
START_TEST(a_resolver_of_the_pods_own_stays)
{
    static const char *const own[] = {"None", "Default", "ClusterFirstWithHostNet"};
    json_t *pod = pod_with("{\"spec\":{\"hostNetwork\":true}}");
    struct spk_decision decision;
    char *got;

    json_object_set_new(json_object_get(pod, "spec"), "dnsPolicy", json_string(own[_i]));
    decide(&decision, pod, &strict);
    got = said(&decision);
    ck_assert_str_eq(got, "add /spec/hostNetwork true\n");
    check_settled(pod, decision.patch, &strict);
    free(got);
    spk_decision_done(&decision);
    json_decref(pod);
}
END_TEST

/* A part of a ConfigMap of which another annotation asks for all: the second pass would deny it. */
START_TEST(against_other_annotations)
{
    json_t *pod =
        pod_with("{\"spec\":{\"volumes\":[{\"name\":\"hadoop-config-map-volume\",\"configMap\":"
                 "{\"items\":[{\"key\":\"a\",\"path\":\"b\"}]}}]}}");
    json_t *annotations = json_object_get(json_object_get(pod, "metadata"), "annotations");
    struct spk_decision decision;

    json_object_set_new(annotations, SPK_PREFIX "/hadoopConfigMap", json_string("h"));
    decide(&decision, pod, &strict);
    ck_assert_int_eq(decision.outcome, SPK_DENIED);
    ck_assert_str_eq(decision.message,
                     OVERLAY ": with it, a second pass would end in: " SPK_PREFIX
                             "/hadoopConfigMap: ConfigMap \"h\" cannot be mounted at "
                             "\"/etc/hadoop/conf\": the pod mounts its volume "
                             "\"hadoop-config-map-volume\" (a part of ConfigMap \"h\") there");
    spk_decision_done(&decision);
    json_decref(pod);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("overlay");

    spk_json_init();
    ADD_ROWS(tests, overlays, rows);
    tcase_add_loop_test(tests, above_other_annotations, 0, 2);
    tcase_add_loop_test(tests, a_resolver_of_the_pods_own_stays, 0, 3);
    tcase_add_test(tests, against_other_annotations);
    return run_case("overlay", tests);
}
