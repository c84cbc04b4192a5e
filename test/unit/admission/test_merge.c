#include "spk/admission/merge.h"

#include "spk/admission/intent.h"
#include "spk/json/patch.h"

#include "pod.h"

#define P          "spark-operator.k8s.io/"
#define C0         "/spec/containers/0"
#define MAP        "[{'name':'v','configMap':{'name':'a'}}]"
/* What a driver of Spark 3 brings along. */
#define OWN_VOLUME "{'name':'spark-conf-volume-driver','configMap':{'name':'own','items':[{}]}}"
#define OWN_MOUNT  "{'name':'spark-conf-volume-driver','mountPath':'/opt/spark/conf'}"
#define OWNER      "'apiVersion':'v1','kind':'K','name':'n','uid':'u'"

static const struct {
    const char *name;
    struct pod pod;
    const char *ops;   /* NULL: there is a fault */
    const char *notes; /* faults and warnings; NULL for none */
} rows[] = {
    {"nothing to do", {.ask = "mutated-by=x"}, "[]", NULL},
    {"lists that are absent",
     {.ask = "sparkConfigMap=a"},
     "[{'op':'add','path':'/spec/volumes','value':[{'name':'spark-config-map-volume','configMap':"
     "{'name':'a'}}]},"
     "{'op':'add','path':'" C0 "/volumeMounts','value':[{'name':'spark-config-map-volume',"
     "'readOnly':true,'mountPath':'/etc/spark/conf'}]},"
     "{'op':'add','path':'" C0 "/env','value':[{'name':'SPARK_CONF_DIR','value':"
     "'/etc/spark/conf'}]}]",
     NULL},
    {"lists that are empty",
     {.ask = "GCPServiceAccount.g=/g", .volumes = "[]", .env = "[]", .mounts = "[]"},
     "[{'op':'add','path':'/spec/volumes/-','value':{'name':'g-secret-volume','secret':"
     "{'secretName':'g'}}},"
     "{'op':'add','path':'" C0 "/volumeMounts/-','value':{'name':'g-secret-volume','readOnly':"
     "true,'mountPath':'/g'}},"
     "{'op':'add','path':'" C0 "/env/-','value':{'name':'GOOGLE_APPLICATION_CREDENTIALS','value':"
     "'/g/key.json'}}]",
     NULL},
    {"one source at two paths is one volume",
     {.ask = "configMap.a=/x|configMaps=[{'name':'a','path':'/y'}]"},
     "[{'op':'add','path':'/spec/volumes','value':[{'name':'a-volume','configMap':{'name':'a'}}]},"
     "{'op':'add','path':'" C0 "/volumeMounts','value':[{'name':'a-volume','readOnly':true,"
     "'mountPath':'/x'},{'name':'a-volume','readOnly':true,'mountPath':'/y'}]}]",
     NULL},
    {"the fixed name wins",
     {.ask = "configMap.a=/x|hadoopConfigMap=a", .env = "[]"},
     "[{'op':'add','path':'/spec/volumes','value':[{'name':'hadoop-config-map-volume','configMap':"
     "{'name':'a'}}]},"
     "{'op':'add','path':'" C0 "/volumeMounts','value':[{'name':'hadoop-config-map-volume',"
     "'readOnly':true,'mountPath':'/x'},{'name':'hadoop-config-map-volume','readOnly':true,"
     "'mountPath':'/etc/hadoop/conf'}]},"
     "{'op':'add','path':'" C0 "/env/-','value':{'name':'HADOOP_CONF_DIR','value':"
     "'/etc/hadoop/conf'}}]",
     NULL},
    {"ConfigMap and Secret of one name",
     {.ask = "configMap.a=/x|secret.a=/y", .volumes = "[]", .mounts = "[]"},
     "[{'op':'add','path':'/spec/volumes/-','value':{'name':'a-volume','configMap':{'name':'a'}}},"
     "{'op':'add','path':'/spec/volumes/-','value':{'name':'a-secret-volume','secret':"
     "{'secretName':'a'}}},"
     "{'op':'add','path':'" C0 "/volumeMounts/-','value':{'name':'a-volume','readOnly':true,"
     "'mountPath':'/x'}},"
     "{'op':'add','path':'" C0 "/volumeMounts/-','value':{'name':'a-secret-volume','readOnly':"
     "true,'mountPath':'/y'}}]",
     NULL},
    {"a volume of the same source and name is used",
     {.ask = "configMap.a=/x", .volumes = "[{'name':'a-volume','configMap':{'name':'a'}}]"},
     "[{'op':'add','path':'" C0 "/volumeMounts','value':[{'name':'a-volume','readOnly':true,"
     "'mountPath':'/x'}]}]",
     NULL},
    {"a volume name taken by another source",
     {.ask = "configMap.a=/x", .volumes = "[{'name':'a-volume','emptyDir':{}}]"},
     "[{'op':'add','path':'/spec/volumes/-','value':{'name':'a-5d9cb3e0d1ba0257','configMap':"
     "{'name':'a'}}},"
     "{'op':'add','path':'" C0 "/volumeMounts','value':[{'name':'a-5d9cb3e0d1ba0257','readOnly':"
     "true,'mountPath':'/x'}]}]",
     NULL},
    {"a volume name taken by a part of the source",
     {.ask = "configMap.a=/x",
      .volumes = "[{'name':'a-volume','configMap':{'name':'a','items':[{}]}}]"},
     "[{'op':'add','path':'/spec/volumes/-','value':{'name':'a-5d9cb3e0d1ba0257','configMap':"
     "{'name':'a'}}},"
     "{'op':'add','path':'" C0 "/volumeMounts','value':[{'name':'a-5d9cb3e0d1ba0257','readOnly':"
     "true,'mountPath':'/x'}]}]",
     NULL},

    {"path taken by the same source",
     {.ask = "configMap.a=/x", .volumes = MAP, .mounts = "[{'name':'v','mountPath':'/x'}]"},
     "[]",
     NULL},
    {"by the same source, spelt differently",
     {.ask = "configMap.a=/x", .volumes = MAP, .mounts = "[{'name':'v','mountPath':'//x/./'}]"},
     "[]",
     NULL},
    {"by the same Secret, read-write",
     {.ask = "secret.s=/x/",
      .volumes = "[{'name':'v','secret':{'secretName':'s'}}]",
      .mounts = "[{'name':'v','mountPath':'/x','readOnly':false}]"},
     "[]",
     NULL},
    {"relative path of the pod",
     {.ask = "configMap.a=/x", .volumes = MAP, .mounts = "[{'name':'v','mountPath':'x'}]"},
     "[]",
     NULL},
    {"by another ConfigMap",
     {.ask = "configMap.b=/x", .volumes = MAP, .mounts = "[{'name':'v','mountPath':'/x'}]"},
     NULL,
     "! " P "configMap.b: ConfigMap \"b\" cannot be mounted at \"/x\": the pod mounts its volume "
     "\"v\" (ConfigMap \"a\") there\n"},
    {"by a Secret of the same name",
     {.ask = "configMap.a=/x",
      .volumes = "[{'name':'v','secret':{'secretName':'a'}}]",
      .mounts = "[{'name':'v','mountPath':'/x'}]"},
     NULL,
     "! " P "configMap.a: ConfigMap \"a\" cannot be mounted at \"/x\": the pod mounts its volume "
     "\"v\" (Secret \"a\") there\n"},
    {"by a subPath of the same source",
     {.ask = "configMap.a=/x",
      .volumes = MAP,
      .mounts = "[{'name':'v','mountPath':'/x/','subPath':'f'}]"},
     NULL,
     "! " P "configMap.a: ConfigMap \"a\" cannot be mounted at \"/x\": the pod mounts its volume "
     "\"v\" (a part of ConfigMap \"a\") there\n"},
    {"by some items of the same source",
     {.ask = "configMap.a=/x",
      .volumes = "[{'name':'v','configMap':{'name':'a','items':[{'key':'k'}]}}]",
      .mounts = "[{'name':'v','mountPath':'//x'}]"},
     NULL,
     "! " P "configMap.a: ConfigMap \"a\" cannot be mounted at \"/x\": the pod mounts its volume "
     "\"v\" (a part of ConfigMap \"a\") there\n"},
    {"by an empty directory",
     {.ask = "secrets=[{'name':'s','path':'/x'}]",
      .volumes = "[{'name':'v','emptyDir':{}}]",
      .mounts = "[{'name':'v','mountPath':'/./x'}]"},
     NULL,
     "! " P "secrets: [0]: Secret \"s\" cannot be mounted at \"/x\": the pod mounts its volume "
     "\"v\" (emptyDir) there\n"},
    {"by a volume that does not exist",
     {.ask = "secret.s=/x", .mounts = "[{'name':'v','mountPath':'/x'}]"},
     NULL,
     "! " P "secret.s: Secret \"s\" cannot be mounted at \"/x\": the pod mounts its volume \"v\" "
     "there\n"},
    {"by both, spelt differently",
     {.ask = "configMap.a=/x",
      .volumes = "[{'name':'v','configMap':{'name':'a'}},{'name':'w','emptyDir':{}}]",
      .mounts = "[{'name':'w','mountPath':'/x'},{'name':'v','mountPath':'/x/'}]"},
     NULL,
     "! " P "configMap.a: ConfigMap \"a\" cannot be mounted at \"/x\": the pod mounts its volume "
     "\"w\" (emptyDir) there\n"},
    {"two wishes for one path",
     {.ask = "configMap.a=/x|secret.s=/x/"},
     NULL,
     "! " P "secret.s: Secret \"s\" cannot be mounted at \"/x\": \"" P "configMap.a\" mounts "
     "ConfigMap \"a\" there\n"},
    {"two items for one path",
     {.ask = "secrets=[{'name':'s','path':'/x'},{'name':'t','path':'/x'}]"},
     NULL,
     "! " P "secrets: [1]: Secret \"t\" cannot be mounted at \"/x\": \"" P "secrets\"[0] mounts "
     "Secret \"s\" there\n"},
    {"one wish twice",
     {.ask = "configMap.a=/x|configMaps=[{'name':'a','path':'/x/'}]"},
     "[{'op':'add','path':'/spec/volumes','value':[{'name':'a-volume','configMap':{'name':'a'}}]},"
     "{'op':'add','path':'" C0 "/volumeMounts','value':[{'name':'a-volume','readOnly':true,"
     "'mountPath':'/x'}]}]",
     NULL},

    {"the root",
     {.ask = "configMap.a=/"},
     NULL,
     "! " P "configMap.a: ConfigMap \"a\" cannot be mounted at \"/\": it would cover Spark's own "
     "/opt/spark/conf\n"},
    {"above Spark's own",
     {.ask = "configMap.a=/opt//spark/|secret.s=/opt"},
     NULL,
     "! " P "configMap.a: ConfigMap \"a\" cannot be mounted at \"/opt/spark\": it would cover "
     "Spark's own /opt/spark/conf\n"
     "! " P "secret.s: Secret \"s\" cannot be mounted at \"/opt\": it would cover Spark's own "
     "/opt/spark/conf\n"},
    {"Spark's own",
     {.ask = "configMap.a=/opt/spark/conf/",
      .volumes = "[" OWN_VOLUME "]",
      .mounts = "[" OWN_MOUNT "]"},
     NULL,
     "! " P "configMap.a: ConfigMap \"a\" cannot be mounted at \"/opt/spark/conf\": the pod mounts "
     "its volume \"spark-conf-volume-driver\" (a part of ConfigMap \"own\") there\n"},
    {"what was submitted",
     {.ask = "configMap.a=/opt/spark/conf/spark.properties"},
     NULL,
     "! " P
     "configMap.a: ConfigMap \"a\" cannot be mounted at \"/opt/spark/conf/spark.properties\": "
     "it would cover Spark's own /opt/spark/conf/spark.properties\n"},
    {"below Spark's own and beside it",
     {.ask = "configMap.a=/opt/spark/conf/x|configMap.b=/opt/spark-conf",
      .volumes = "[]",
      .mounts = "[" OWN_MOUNT "]"},
     "[{'op':'add','path':'/spec/volumes/-','value':{'name':'a-volume','configMap':{'name':'a'}}},"
     "{'op':'add','path':'/spec/volumes/-','value':{'name':'b-volume','configMap':{'name':'b'}}},"
     "{'op':'add','path':'" C0 "/volumeMounts/-','value':{'name':'a-volume','readOnly':true,"
     "'mountPath':'/opt/spark/conf/x'}},"
     "{'op':'add','path':'" C0 "/volumeMounts/-','value':{'name':'b-volume','readOnly':true,"
     "'mountPath':'/opt/spark-conf'}}]",
     NULL},

    {"variable that is there",
     {.ask = "hadoopConfigMap=a",
      .volumes = MAP,
      .mounts = "[{'name':'v','mountPath':'/etc/hadoop/conf'}]",
      .env = "[{'name':'HADOOP_CONF_DIR','value':'/etc/hadoop/conf'}]"},
     "[]",
     NULL},
    {"variable that Spark always sets",
     {.ask = "sparkConfigMap=a",
      .volumes = MAP,
      .mounts = "[{'name':'v','mountPath':'/etc/spark/conf'}]",
      .env = "[{'name':'A'},{'name':'SPARK_CONF_DIR','value':'/opt/spark/conf'}]"},
     "[{'op':'replace','path':'" C0 "/env/1','value':{'name':'SPARK_CONF_DIR','value':"
     "'/etc/spark/conf'}}]",
     NULL},
    {"variable with another value",
     {.ask = "sparkConfigMap=a",
      .volumes = MAP,
      .mounts = "[{'name':'v','mountPath':'/etc/spark/conf'}]",
      .env = "[{'name':'SPARK_CONF_DIR','value':'/mine\\n'}]"},
     "[{'op':'replace','path':'" C0 "/env/0','value':{'name':'SPARK_CONF_DIR','value':"
     "'/etc/spark/conf'}}]",
     "? \"" P
     "sparkConfigMap\" replaces the variable SPARK_CONF_DIR, which was \"/mine\\u000a\"\n"},
    {"variable with valueFrom",
     {.ask = "hadoopConfigMap=a",
      .volumes = MAP,
      .mounts = "[{'name':'v','mountPath':'/etc/hadoop/conf'}]",
      .env = "[{'name':'HADOOP_CONF_DIR','valueFrom':{'configMapKeyRef':{}}}]"},
     "[{'op':'replace','path':'" C0 "/env/0','value':{'name':'HADOOP_CONF_DIR','value':"
     "'/etc/hadoop/conf'}}]",
     "? \"" P "hadoopConfigMap\" replaces the variable HADOOP_CONF_DIR, which was set by "
     "valueFrom\n"},
    {"of a variable twice the last counts",
     {.ask = "hadoopConfigMap=a",
      .volumes = MAP,
      .mounts = "[{'name':'v','mountPath':'/etc/hadoop/conf'}]",
      .env = "[{'name':'HADOOP_CONF_DIR','value':'/etc/hadoop/conf'},{'name':'HADOOP_CONF_DIR',"
             "'value':'/x'}]"},
     "[{'op':'replace','path':'" C0 "/env/1','value':{'name':'HADOOP_CONF_DIR','value':"
     "'/etc/hadoop/conf'}}]",
     "? \"" P "hadoopConfigMap\" replaces the variable HADOOP_CONF_DIR, which was \"/x\"\n"},
    {"two wishes for one variable",
     {.ask = "GCPServiceAccount.a=/x|GCPServiceAccount.b=/y"},
     NULL,
     "! " P "GCPServiceAccount.b: sets the variable GOOGLE_APPLICATION_CREDENTIALS to "
     "\"/y/key.json\", but \"" P "GCPServiceAccount.a\" sets it to \"/x/key.json\"\n"},
    {"two items for one variable",
     {.ask = "secrets=[{'name':'s','path':'/x','type':'HadoopDelegationToken'},{'name':'t','path':"
             "'/y','type':'HadoopDelegationToken'}]"},
     NULL,
     "! " P "secrets: sets the variable HADOOP_TOKEN_FILE_LOCATION to \"/y/hadoop.token\", but "
     "\"" P "secrets\"[0] sets it to \"/x/hadoop.token\"\n"},
    {"one variable twice the same",
     {.ask = "GCPServiceAccount.a=/x|secrets=[{'name':'a','path':'/x','type':'GCPServiceAccount'"
             "}]",
      .volumes = "[]",
      .mounts = "[]",
      .env = "[]"},
     "[{'op':'add','path':'/spec/volumes/-','value':{'name':'a-secret-volume','secret':"
     "{'secretName':'a'}}},"
     "{'op':'add','path':'" C0 "/volumeMounts/-','value':{'name':'a-secret-volume','readOnly':"
     "true,'mountPath':'/x'}},"
     "{'op':'add','path':'" C0 "/env/-','value':{'name':'GOOGLE_APPLICATION_CREDENTIALS','value':"
     "'/x/key.json'}}]",
     NULL},

    {"owner of a pod without any",
     {.ask = "ownerReference={" OWNER ",'controller':true,'blockOwnerDeletion':false}"},
     "[{'op':'add','path':'/metadata/ownerReferences','value':[{" OWNER ",'controller':true,"
     "'blockOwnerDeletion':false}]}]",
     NULL},
    {"owner beside a controller",
     {.ask = "ownerReference={" OWNER "}", .owners = "[{'uid':'driver','controller':true}]"},
     "[{'op':'add','path':'/metadata/ownerReferences/-','value':{" OWNER "}}]",
     NULL},
    {"owner that is there",
     {.ask = "ownerReference={" OWNER ",'controller':true}",
      .owners = "[{'uid':'driver','controller':true},{'uid':'u'}]"},
     "[]",
     NULL},
    {"second controller",
     {.ask = "ownerReference={" OWNER ",'controller':true}",
      .owners = "[{'uid':'driver','controller':true}]"},
     NULL,
     "! " P "ownerReference: expected at most one owner with controller: true, but the pod has one "
     "already, with uid \"driver\"; leave controller out\n"},
};

/* Reads and merges; the operations, or NULL after a fault. */
static json_t *merged(struct reading *reading, json_t *pod)
{
    struct spk_spark_container target = {0};
    struct spk_wishes wishes;
    json_t *ops = json_array();

    read_pod(reading, pod);
    ck_assert_int_eq(spk_intent_read(&wishes, &reading->view, NULL, &reading->notes, &reading->err),
                     0);
    ck_assert_int_eq(
        spk_merge(ops, &wishes, &reading->view, &target, &reading->notes, &reading->err), 0);
    if (reading->notes.fault_count == 0)
        return ops;
    json_decref(ops);
    return NULL;
}

static void merge_again(const char *name, const json_t *pod, const json_t *ops)
{
    struct reading reading;
    struct spk_err err = {0};
    json_t *after = NULL;
    json_t *second;

    ck_assert_msg(spk_patch_apply(&after, pod, ops, &err) == 0, "%s: %s", name, err.msg);
    second = merged(&reading, after);
    ck_assert_msg(json_array_size(second) == 0, "%s: a second pass changes something", name);
    ck_assert_msg(reading.notes.warning_count == 0, "%s: a second pass warns", name);
    json_decref(second);
    release(&reading);
}

START_TEST(merge)
{
    const char *name = rows[_i].name;
    struct reading reading;
    json_t *ops = merged(&reading, pod_of(&rows[_i].pod));
    char *ops_text = ops ? json_dumps(ops, JSON_COMPACT) : strdup("none");
    char *notes = NULL;
    size_t len;
    FILE *out = open_memstream(&notes, &len);

    print_notes(out, &reading.notes);
    (void)fclose(out);
    ck_assert_msg(strcmp(notes, rows[_i].notes ? rows[_i].notes : "") == 0, "%s:\n%s", name, notes);
    ck_assert_msg((ops != NULL) == (rows[_i].ops != NULL), "%s: %s", name, ops_text);
    if (ops) {
        json_t *expected = json_of(rows[_i].ops);
        ck_assert_msg(json_equal(ops, expected), "%s:\n%s", name, ops_text);
        json_decref(expected);
        merge_again(name, reading.pod, ops);
    }
    free(ops_text);
    free(notes);
    json_decref(ops);
    release(&reading);
}
END_TEST

/* Somebody takes every name that we could try. */
START_TEST(no_volume_name_is_left)
{
    json_t *pod = pod_of(&(struct pod){.ask = "configMap.a=/x", .volumes = "[]"});
    json_t *volumes = json_object_get(json_object_get(pod, "spec"), "volumes");
    struct reading reading;

    for (int tries = 0; tries < SPK_VOLUME_TRIES; tries++) {
        json_t *ops = merged(&reading, json_incref(pod));
        json_t *volume = json_object_get(json_array_get(ops, 0), "value");
        ck_assert_ptr_nonnull(volume);
        json_array_append_new(
            volumes, json_pack("{s:O, s:{}}", "name", json_object_get(volume, "name"), "emptyDir"));
        json_decref(ops);
        release(&reading);
    }
    ck_assert_ptr_null(merged(&reading, json_incref(pod)));
    ck_assert_ptr_nonnull(strstr(reading.notes.faults[0],
                                 P "configMap.a: the pod uses every name that a volume from "
                                   "ConfigMap \"a\" could have, up to \"a-"));
    release(&reading);
    json_decref(pod);
}
END_TEST

/* Two sources whose names would meet: a pod's own volume makes ours give way to a third. */
START_TEST(names_of_one_patch_differ)
{
    struct reading reading;
    json_t *ops = merged(&reading, pod_of(&(struct pod){.ask = "sparkConfigMap=a|hadoopConfigMap=b|"
                                                               "configMap.spark-config-map=/x|"
                                                               "configMap.a-secret=/y|secret.a=/z",
                                                        .volumes = "[]"}));
    const char *names[5];

    ck_assert_ptr_nonnull(ops);
    for (size_t i = 0; i < 5; i++) {
        names[i] = json_string_value(
            json_object_get(json_object_get(json_array_get(ops, i), "value"), "name"));
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(names[i], names[j]);
    }
    json_decref(ops);
    release(&reading);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("merge");

    ADD_ROWS(tcase, merge, rows);
    tcase_add_test(tcase, no_volume_name_is_left);
    tcase_add_test(tcase, names_of_one_patch_differ);
    return run_case("merge", tcase);
}
