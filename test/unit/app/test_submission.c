#include "../suite.h"

#include "spk/app/submission.h"
#include "spk/json/memory.h"

#include <string.h>

static struct spk_app app;
static json_t *object;
static struct spk_submission submission;
static struct spk_err err;

static const char plain[] =
    "{\"apiVersion\":\"sparkoperator.k8s.io/v1beta2\",\"kind\":\"SparkApplication\",\"metadata\":"
    "{\"name\":\"pi\",\"namespace\":\"team\",\"uid\":\"u-1\"},\"spec\":{\"type\":\"Scala\","
    "\"sparkVersion\":\"3.5.7\",\"image\":\"i\",\"mainClass\":\"Main\","
    "\"mainApplicationFile\":\"local:///a.jar\",\"driver\":{},\"executor\":{}}}";

static const struct spk_submission_options usual = {.submission_id = "id-1", .webhook = true};

/* The plain application with members of its spec replaced; @more is one or an object of them. A
 * row of tables says with ' what JSON says with ". */
static void make(const char *more)
{
    char text[4200];
    json_t *patch;

    (void)snprintf(text, sizeof(text), "{%s}", more);
    for (char *quote = text; (quote = strchr(quote, '\'')); quote++)
        *quote = '"';
    patch = json_loads(text, 0, NULL);
    ck_assert_msg(patch != NULL, "no JSON: %s", text);
    object = json_loads(plain, 0, NULL);
    ck_assert_int_eq(json_object_update(json_object_get(object, "spec"), patch), 0);
    json_decref(patch);
    ck_assert_msg(spk_app_read(&app, object, &err) == 0, "%s", err.msg);
}

static int translate(const char *more, const struct spk_submission_options *options)
{
    json_t *before;
    int rc;

    make(more);
    before = json_deep_copy(object);
    err = (struct spk_err){0};
    rc = spk_submission_make(&submission, &app, options, &err);
    ck_assert_msg(json_equal(object, before), "the application was changed: %s", more);
    json_decref(before);
    return rc;
}

static void teardown(void)
{
    spk_submission_done(&submission);
    spk_app_done(&app);
    json_decref(object);
    object = NULL;
}

#define CONF(name)      "'sparkConf':{'" name "':'x'}"
#define DRIVER(members) "'driver':{" members "}"
#define EXEC(members)   "'executor':{" members "}"
#define FILES(dep, uri) "'deps':{'" dep "':['local:///ok','" uri "']}"
#define LABELS          "sparkoperator.k8s.io/"

static const char *const names[] = {
    "spark.master",
    "spark.remote",
    "spark.submit.deployMode",
    "spark.submit.pyFiles",
    "spark.kubernetes.context",
    "spark.kubernetes.trust.certificates",
    "spark.kubernetes.authenticate.driver.serviceAccountName",
    "spark.kubernetes.authenticate.submission.oauthTokenFile",
    "spark.kubernetes.authenticate.driver.clientKeyFile",
    "spark.kubernetes.driver.master",
    "spark.kubernetes.submitInDriver",
    "spark.kubernetes.submission.waitAppCompletion",
    "spark.kubernetes.file.upload.path",
    "spark.kubernetes.kerberos.krb5.path",
    "spark.kerberos.keytab",
    "spark.kerberos.principal",
    "spark.yarn.keytab",
    "spark.yarn.principal",
    "spark.kubernetes.driver.podTemplateFile",
    "spark.kubernetes.executor.podTemplateFile",
    "spark.kubernetes.scheduler.volcano.podGroupTemplateFile",
    "spark.kubernetes.driver.pod.featureSteps",
    "spark.kubernetes.executor.pod.featureSteps",
    "spark.kubernetes.driver.pod.excludedFeatureSteps",
    "spark.jars.ivySettings",
    "spark.home",
    "spark.driver.defaultExtraClassPath",
    "spark.kubernetes.driver.label." LABELS "app-name",
    "spark.kubernetes.executor.label." LABELS "submission-id",
    "spark.kubernetes.executor.label." LABELS "launched-by",
    "spark.kubernetes.driver.label.spark-role",
    "spark.kubernetes.driver.annotation.spark-operator.k8s.io/mutated-by",
};

START_TEST(test_refused_properties)
{
    char more[256];

    (void)snprintf(more, sizeof(more), "'sparkConf':{'%s':'x'}", names[_i]);
    ck_assert_msg(translate(more, &usual) == -1, "accepted: %s", names[_i]);
    (void)snprintf(more, sizeof(more), "spec.sparkConf.%s: refused: ", names[_i]);
    ck_assert_msg(strncmp(err.msg, more, strlen(more)) == 0, "%s", err.msg);
}
END_TEST

static const struct {
    const char *more;
    const char *expect; /* a part of the message */
} refused[] = {
    {CONF("spark.kubernetes.namespace"), "expected the application's own, team, found \"x\""},
    {CONF("spark.jars"), "spec.sparkConf.spark.jars: \"x\" would be a file of the controller's"},
    {CONF("spark.files"), "spec.sparkConf.spark.files: \"x\""},
    {CONF("spark.archives"), "spec.sparkConf.spark.archives: \"x\""},
    {"'sparkConf':{'spark.files':'local:///a, FILE:///etc/passwd'}", "\"FILE:///etc/passwd\""},
    {"'hadoopConf':7", "spec.hadoopConf: expected an object, found"},
    {"'sparkConf':{'spark.a':1}", "spec.sparkConf.spark.a: expected a string"},
    {"'mode':'client'", "spec.mode: expected cluster, found \"client\""},
    {"'mode':'in-cluster-client'", "spec.mode: expected cluster"},
    {"'type':'Go'", "spec.type: expected Java, Scala, Python or R, found \"Go\""},
    {"'mainApplicationFile':'/a.jar'", "spec.mainApplicationFile: \"/a.jar\" would be a file"},
    {"'mainApplicationFile':'file:/a.jar'", "spec.mainApplicationFile: \"file:/a.jar\""},
    {"'mainApplicationFile':'--properties-file=/etc/x'", "spec.mainApplicationFile: "},
    {"'mainApplicationFile':'--conf'", "spec.mainApplicationFile: "},
    {"'mainApplicationFile':null", "spec.mainApplicationFile: missing"},
    {"'mainClass':null", "spec.mainClass: missing"},
    {"'mainClass':'--jars'", "spec.mainClass: expected the name of a class"},
    {"'proxyUser':'--jars'", "spec.proxyUser: expected the name of a user"},
    {FILES("jars", "/a.jar"), "spec.deps.jars: \"/a.jar\""},
    {FILES("files", "file:///etc/passwd"), "spec.deps.files: "},
    {FILES("pyFiles", "a.py"), "spec.deps.pyFiles: "},
    {FILES("archives", "local:///x,/b.zip"), "spec.deps.archives: \"/b.zip\""},
    {"'sparkVersion':'2.4.8'", "spec.sparkVersion: found 2.4.8: Spark before 3.0"},
    {"'driver':null", "spec.driver: missing"},
    {"'executor':[]", "spec.executor: "},
    {"'nodeSelector':{'a':'b'}," EXEC("'nodeSelector':{'a':'c'}"),
     "spec.executor.nodeSelector: refused beside spec.nodeSelector"},
    {DRIVER("'cores':'many'"), "spec.driver.cores: expected a number of cores, found \"many\""},
    {DRIVER("'memory':'512Mi'"), "spec.driver.memory: expected a size as Spark reads it"},
    {EXEC("'memoryOverhead':'x'"), "spec.executor.memoryOverhead: expected a size"},
    {DRIVER("'labels':{'" LABELS "app-name':'x'}"), "spec.driver.labels." LABELS "app-name: "},
    {DRIVER("'annotations':{'sparkoperator.k8s.io/mutated-by':'x'}"),
     "spec.driver.annotations.sparkoperator.k8s.io/mutated-by: refused"},
    {DRIVER("'annotations':{'spark-operator.k8s.io/overlay':'{}'},'hostAliases':[{'ip':'::1'}]"),
     "spec.driver.annotations: has spark-operator.k8s.io/overlay, which other fields"},
    {DRIVER("'template':{'metadata':{'labels':{'spark-role':'x'}}}"),
     "spec.driver.template.metadata.labels.spark-role: refused"},
    {DRIVER("'template':{'metadata':{'ownerReferences':[{'controller':true}]}}"),
     "spec.driver.template.metadata.ownerReferences[0]: refused"},
    {DRIVER("'template':{'spec':{'containers':[{'name':'x','args':['a']}]}}") ",'deps':{'packages':"
                                                                              "['a:b:1']}",
     "args of the Spark container"},
    {DRIVER("'template':{'spec':{'tolerations':'x'}},'tolerations':[{'key':'a'}]"),
     "template: tolerations: expected an array, found a string"},
    {DRIVER("'template':{'spec':{'containers':{}}}") ",'deps':{'packages':['a:b:1']}",
     "template: containers: expected an array, found an object"},
    {DRIVER("'template':{'spec':7}"), "spec.driver.template.spec: expected an object"},
    {DRIVER("'secrets':[{'name':'s','path':'relative'}]"), "spec.driver.secrets[0]: "},
    {DRIVER("'secrets':[{'name':'s','path':'/s','secretType':'Odd'}]"), "secretType: expected"},
    {DRIVER("'secrets':[{'name':'S!','path':'/s'}]"),
     "secrets[0]: name: expected a Secret's name (at most 253 of a-z, 0-9, '-' and '.', beginning "
     "and ending with a letter or digit), found \"S!\""},
    {DRIVER("'configMaps':[{'name':'s'}]"), "spec.driver.configMaps[0]: needs name and path"},
    {DRIVER("'env':[{'value':'x'}]"), "spec.driver.env[0]: a variable without a name"},
    {DRIVER("'envSecretKeyRefs':{'A':{'name':'x'}}"), "spec.driver.envSecretKeyRefs.A: needs"},
    {DRIVER("'volumeMounts':[{'name':'spark-local-dir-1','mountPath':'/x'}]") ",'volumes':[{'name':"
                                                                              "'spark-local-dir-1',"
                                                                              "'configMap':{'name':"
                                                                              "'x'}}]",
     "spec.driver.volumeMounts[0]: a volume spark-local-dir-*"},
    {"'monitoring':{'prometheus':{}}", "spec.monitoring.prometheus: jmxExporterJar is missing"},
    {"'monitoring':{'prometheus':{'jmxExporterJar':'/j','port':80}}", "port: expected one from"},
    {DRIVER("'configMaps':[{'name':'s','path':'etc/x'}]"),
     "configMaps[0]: path: expected an absolute mount path, found a path that is not absolute: "
     "\"etc/x\""},
    {"'volumes':[{'name':'a','emtpyDir':{}}]",
     "volumes[0].emtpyDir: no pod has such a field, did you mean \"emptyDir\"?"},
    {EXEC("'tolerations':[{'oprator':'x'}]"),
     "tolerations[0].oprator: no pod has such a field, did you mean \"operator\"?"},
    {EXEC("'tolerations':[{'zzz':'x'}]"), "tolerations[0].zzz: no pod has such a field"},
    {"'driverIngressOptions':[{'ingressURLFormat':'a'}]", "[0]: servicePort: expected a port"},
    {"'driverIngressOptions':[{'servicePort':80}]", "[0]: ingressURLFormat is missing"},
    {"'driverIngressOptions':[{'servicePort':80,'ingressURLFormat':'a'},"
     "{'servicePort':80,'ingressURLFormat':'b'}]",
     "[1]: servicePort: 80 is there already"},
    {"'driverIngressOptions':[{'servicePort':80,'ingressURLFormat':'a'},"
     "{'servicePort':81,'ingressURLFormat':'a'}]",
     "[1]: ingressURLFormat: \"a\" is there already"},
    {"'image':'x:${env:HTTPS_PROXY}'",
     "spec.image: refused: ${env:...} and ${system:...} would be"},
    {"'sparkConf':{'spark.a':'${b}${system:user.home}'}", "spec.sparkConf.spark.a: refused: ${env"},
    {"'hadoopConf':{'a':'${env:A}'}", "spec.hadoopConf.a: refused: ${env:...}"},
    {"'mainApplicationFile':'local:///${env:A}.jar'", "spec.mainApplicationFile: refused: ${env"},
    {"'deps':{'jars':['local:///a','local:///${env:A}']}", "spec.deps.jars: refused: ${env:...}"},
    {EXEC("'javaOptions':'-Da=${env:A}'"), "spec.executor.javaOptions: refused: ${env:...}"},
    {"'image':'${spark.kubernetes.driver.annotation.a}'", "spec.image: refused: it refers to"},
    {"'image':'${${spark.executorEnv.A}'", "spec.image: refused: it refers to"},
};

START_TEST(test_refusals_name_the_field)
{
    ck_assert_msg(translate(refused[_i].more, &usual) == -1, "accepted: %s", refused[_i].more);
    ck_assert_msg(strstr(err.msg, refused[_i].expect) != NULL, "%s: %s", refused[_i].more, err.msg);
    ck_assert_int_eq(err.code, SPK_EINVALID);
    spk_submission_done(&submission);
    ck_assert_int_eq(spk_submission_check(&submission, &app, &err), -1);
    ck_assert_msg(strstr(err.msg, refused[_i].expect) != NULL, "check: %s", err.msg);
}
END_TEST

static const struct {
    const char *more;
    const char *name;
    const char *value; /* NULL: no such property */
} properties[] = {
    {"", "spark.executor.instances", "1"},
    {"", "spark.driver.cores", "1"},
    {"", "spark.executor.memory", "1g"},
    {"'sparkConf':{'spark.executor.instances':'7'}", "spark.executor.instances", "7"},
    {"'sparkConf':{'spark.dynamicAllocation.enabled':'true'}", "spark.executor.instances", NULL},
    {"'sparkConf':{'spark.driver.memory':'3g'}", "spark.driver.memory", "3g"},
    {"'sparkConf':{'spark.driver.memory':'3g'}," DRIVER("'memory':'2g'"), "spark.driver.memory",
     "2g"},
    {"'dynamicAllocation':{'enabled':true}", "spark.dynamicAllocation.shuffleTracking.enabled",
     "true"},
    {"'dynamicAllocation':{'enabled':true,'shuffleTrackingEnabled':false}",
     "spark.dynamicAllocation.shuffleTracking.enabled", "false"},
    {"'dynamicAllocation':{'enabled':false,'minExecutors':3}",
     "spark.dynamicAllocation.minExecutors", NULL},
    {DRIVER("'cores':0.1"), "spark.kubernetes.driver.request.cores", "0.1"},
    {DRIVER("'cores':0.1"), "spark.driver.cores", "1"},
    {"'sparkConf':{'spark.kubernetes.namespace':'team'}", "spark.kubernetes.namespace", "team"},
    {"'sparkConf':{'spark.kubernetes.driver.pod.name':'d'}", "spark.kubernetes.driver.pod.name",
     "d"},
    {DRIVER("'podName':'e'"), "spark.kubernetes.driver.pod.name", "e"},
    {"'sparkConf':{'spark.app.name':'other'}", "spark.app.name", "pi"},
    {CONF("spark.kubernetes.driver.label.my.context"), "spark.kubernetes.driver.label.my.context",
     "x"},
    {CONF("spark.kubernetes.executor.annotations.a/b"), "spark.kubernetes.executor.annotation.a/b",
     "x"},
    {CONF("spark.yarn.queue"), "spark.yarn.queue", NULL},
    {"'deps':{'jars':['http://a/b.jar']}", "spark.jars", "http://a/b.jar"},
    {"'deps':{'jars':['s3a://a/b.jar']}", "spark.jars", NULL},
    {"'deps':{'jars':['HTTP://a/b.jar']}", "spark.jars", NULL},
    {"'deps':{'files':['local:///a','Local:///b']}", "spark.files", NULL},
    {"'deps':{'packages':['a:b:1']}", "spark.jars.packages", NULL},
    {"'sparkConf':{'spark.jars.packages':'a:b:1'}", "spark.jars.packages", NULL},
    {DRIVER("'env':[{'name':'A','value':'1'}]"), "spark.kubernetes.driverEnv.A", "1"},
    {EXEC("'env':[{'name':'A','value':'1'}]"), "spark.executorEnv.A", "1"},
    {EXEC("'env':[{'name':'SPARK_X','value':'1'}]"), "spark.executorEnv.SPARK_X", NULL},
    {DRIVER("'memoryLimit':'2gb'"),
     "spark.kubernetes.driver.annotation.spark-operator.k8s.io/overlay",
     "{\"sparkContainer\":{\"resources\":{\"limits\":{\"memory\":\"2Gi\"}}}}"},
    {DRIVER("'memoryLimit':'2G'"),
     "spark.kubernetes.driver.annotation.spark-operator.k8s.io/overlay",
     "{\"sparkContainer\":{\"resources\":{\"limits\":{\"memory\":\"2G\"}}}}"},
    {"'batchScheduler':'yunikorn','type':'Python'," DRIVER("'cores':2,'memory':'2g'"),
     "spark.kubernetes.driver.annotation.yunikorn.apache.org/task-groups",
     "[{\"name\":\"spark-driver\",\"minMember\":1,\"minResource\":{\"cpu\":\"2\",\"memory\":"
     "\"2867Mi\"}},{\"name\":\"spark-executor\",\"minMember\":1,\"minResource\":{\"cpu\":\"1\","
     "\"memory\":\"1433Mi\"}}]"},
    {"'batchScheduler':'yunikorn','sparkConf':{'spark.memory.offHeap.enabled':'true',"
     "'spark.memory.offHeap.size':'1073741824','spark.executor.pyspark.memory':'1g',"
     "'spark.driver.memory':'1024','spark.dynamicAllocation.enabled':'true',"
     "'spark.dynamicAllocation.initialExecutors':'3'}",
     "spark.kubernetes.driver.annotation.yunikorn.apache.org/task-groups",
     "[{\"name\":\"spark-driver\",\"minMember\":1,\"minResource\":{\"cpu\":\"1\",\"memory\":"
     "\"1408Mi\"}},{\"name\":\"spark-executor\",\"minMember\":3,\"minResource\":{\"cpu\":\"1\","
     "\"memory\":\"3456Mi\"}}]"},
    {DRIVER("'hostNetwork':true"),
     "spark.kubernetes.driver.annotation.spark-operator.k8s.io/overlay",
     "{\"spec\":{\"hostNetwork\":true}}"},
    {DRIVER("'hostAliases':[{'ip':'{{{APP_ID}}'}]"),
     "spark.kubernetes.driver.annotation.spark-operator.k8s.io/overlay",
     "{\"spec\":{\"hostAliases\":[{\"ip\":\"\\u007b\\u007b{APP_ID}}\"}]}}"},
    {DRIVER("'annotations':{'a':'${env:A}'}"), "spark.kubernetes.driver.annotation.a", "${env:A}"},
    {EXEC("'envVars':{'A':'${env:B}'}"), "spark.executorEnv.A", "${env:B}"},
    {"'sparkConf':{'spark.a':'${spark.b} $ {env:A} ${env.A} ${'}", "spark.a",
     "${spark.b} $ {env:A} ${env.A} ${"},
};

START_TEST(test_properties)
{
    const char *got;

    ck_assert_msg(translate(properties[_i].more, &usual) == 0, "%s", err.msg);
    got = json_string_value(json_object_get(submission.properties, properties[_i].name));
    if (properties[_i].value)
        ck_assert_msg(got && strcmp(got, properties[_i].value) == 0, "%s: found %s",
                      properties[_i].name, got ? got : "nothing");
    else
        ck_assert_msg(!got, "%s: found %s", properties[_i].name, got);
}
END_TEST

static const struct {
    const char *more;
    const char *field;
    const char *message; /* a part of it */
} notes[] = {
    {"'sparkUiOptions':{}", "spec.sparkUiOptions", "did you mean \"sparkUIOptions\"?"},
    {"'zzzzzzzzzz':{}", "spec.zzzzzzzzzz", "unknown field, ignored"},
    {DRIVER("'volumemounts':[]"), "spec.driver.volumemounts", "did you mean \"volumeMounts\"?"},
    {"'deps':{'jar':[]}", "spec.deps.jar", "did you mean \"jars\"?"},
    {"'restartPolicy':{'typ':'Never'}", "spec.restartPolicy.typ", "did you mean \"type\"?"},
    {"'failureRetries':3", "spec.failureRetries", "has no effect"},
    {"'batchScheduler':'kube-scheduler'", "spec.batchScheduler", "not acted on"},
    {"'batchSchedulerOptions':{'queue':'q'}", "spec.batchSchedulerOptions", "ignored without"},
    {"'monitoring':{'exposeDriverMetrics':true}", "spec.monitoring", "nothing is exposed"},
    {"'volumes':[{'name':'v','emptyDir':{}}]", "spec.volumes[0]", "mounted by nothing"},
    {DRIVER("'gpu':{'name':'','quantity':1}"), "spec.driver.gpu", "ignored"},
    {DRIVER("'volumeMounts':[{'name':'v','mountPath':'/v'}]"), "spec.driver.volumeMounts[0]",
     "nothing is mounted"},
    {CONF("hadoop.x"), "spec.sparkConf.hadoop.x", "ignored by Spark"},
};

START_TEST(test_what_is_not_done_is_said)
{
    ck_assert_msg(translate(notes[_i].more, &usual) == 0, "%s", err.msg);
    for (size_t i = 0; i < submission.note_count; i++) {
        if (strcmp(submission.notes[i].field, notes[_i].field) == 0) {
            ck_assert_msg(strstr(submission.notes[i].message, notes[_i].message) != NULL, "%s",
                          submission.notes[i].message);
            return;
        }
    }
    ck_abort_msg("nothing is said of %s", notes[_i].field);
}
END_TEST

static void refuses(const char *more, const char *expect)
{
    ck_assert_msg(translate(more, &usual) == -1, "accepted: %s", more);
    ck_assert_msg(strstr(err.msg, expect) != NULL, "%s: %s", more, err.msg);
    teardown();
}

START_TEST(test_images_and_cores_are_checked_before_spark_does)
{
    refuses("'image':null", "spec.image: missing: ");
    refuses("'image':''," DRIVER("'image':'d'"), "or as executor.image");
    refuses(DRIVER("'coreLimit':'1 core'"), "spec.driver.coreLimit: expected cores");
    refuses(EXEC("'coreRequest':'half'"), "spec.executor.coreRequest: expected cores");
    ck_assert_int_eq(translate("'image':null,'sparkConf':{'spark.kubernetes.container.image':'c'},"
                               "'restartPolicy':{'type':'OnFailure'}," DRIVER("'coreLimit':'1.5'"),
                               &usual),
                     0);
    ck_assert_str_eq(json_string_value(json_object_get(submission.properties,
                                                       "spark.kubernetes.driver.limit.cores")),
                     "1.5");
    ck_assert_uint_eq(submission.note_count, 1);
    ck_assert_str_eq(submission.notes[0].field, "spec.restartPolicy");
}
END_TEST

START_TEST(test_all_faults_are_in_one_message)
{
    make("'mode':'client','type':'Go','mainClass':null," CONF("spark.master"));
    ck_assert_int_eq(spk_submission_check(&submission, &app, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.msg, "spec.sparkConf.spark.master: "));
    ck_assert_ptr_nonnull(strstr(err.msg, "\nspec.type: "));
    ck_assert_ptr_nonnull(strstr(err.msg, "\nspec.mode: "));
}
END_TEST

START_TEST(test_what_is_not_acted_on_is_noted_beside_faults)
{
    ck_assert_int_eq(
        translate("'nodeSelctor':{}," DRIVER("'serviceAcount':'x'") "," EXEC("'memory':'1Gi'"),
                  &usual),
        -1);
    ck_assert_uint_eq(submission.note_count, 2);
    ck_assert_str_eq(submission.notes[0].field, "spec.nodeSelctor");
    ck_assert_str_eq(submission.notes[1].field, "spec.driver.serviceAcount");
}
END_TEST

START_TEST(test_faults_without_room_are_counted)
{
    char more[4096] = "'sparkConf':{'spark.master':'x'";
    size_t count = 1;

    for (; count < 100; count++) {
        char row[64];
        (void)snprintf(row, sizeof(row), ",'spark.submit.%zu':'x'", count);
        strcat(more, row);
    }
    strcat(more, "}");
    ck_assert_int_eq(translate(more, &usual), -1);
    ck_assert_msg(strstr(err.msg, "\nand ") != NULL, "%s", err.msg);
    ck_assert_ptr_nonnull(strstr(err.msg, " more"));
    ck_assert_uint_gt(submission.faults.left, 0);
    ck_assert_uint_lt(submission.faults.left, 60);
}
END_TEST

START_TEST(test_notes_without_room_are_counted)
{
    json_t *spec;

    make("");
    spec = json_object_get(object, "spec");
    for (int i = 0; i < 3 * SPK_SUBMISSION_NOTES; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "nobody-knows-%d", i);
        json_object_set_new(spec, name, json_true());
    }
    ck_assert_int_eq(spk_submission_make(&submission, &app, &usual, &err), 0);
    ck_assert_uint_eq(submission.note_count, SPK_SUBMISSION_NOTES);
    ck_assert_str_eq(submission.notes[SPK_SUBMISSION_NOTES - 1].message,
                     "and 65 more remarks like these");
}
END_TEST

START_TEST(test_without_a_webhook)
{
    const struct spk_submission_options none = {.submission_id = "id-1"};

    ck_assert_msg(translate(DRIVER("'tolerations':[{'key':'a'}],'env':[{'name':'A','value':'1'}]"),
                            &none) == 0,
                  "%s", err.msg);
    ck_assert(!submission.needs_webhook);
    teardown();
    ck_assert_int_eq(translate("'sparkConfigMap':'c'", &none), -1);
    ck_assert_ptr_nonnull(strstr(err.msg, "only spark-webhook can carry out"));
}
END_TEST

/* Which annotations need the webhook, whoever asks for them. */
static const char *const asking[] = {
    DRIVER("'annotations':{'spark-operator.k8s.io/gpu':'nvidia.com/gpu=1'}"),
    CONF("spark.kubernetes.executor.annotation.sparkoperator.k8s.io/sparkConfigMap"),
    CONF("spark.kubernetes.executor.annotations.spark-operator.k8s.io/sparkConfigMap"),
    DRIVER("'template':{'metadata':{'annotations':{'spark-operator.k8s.io/gpu':'a=1'}}}"),
    DRIVER("'configMaps':[{'name':'a','path':'/a'}]"),
    "'hadoopConfigMap':'h'",
};

START_TEST(test_who_needs_the_webhook)
{
    ck_assert_msg(translate(asking[_i], &usual) == 0, "%s", err.msg);
    ck_assert(submission.needs_webhook);
}
END_TEST

START_TEST(test_a_template_chooses_no_namespace)
{
    const json_t *metadata;

    ck_assert_int_eq(translate(DRIVER("'template':{'metadata':{'namespace':'kube-system',"
                                      "'name':'x','labels':{'a':'b'},'creationTimestamp':null}}"),
                               &usual),
                     0);
    metadata = json_object_get(submission.driver_template, "metadata");
    ck_assert_ptr_null(json_object_get(metadata, "namespace"));
    ck_assert_ptr_null(json_object_get(metadata, "name"));
    ck_assert_ptr_nonnull(json_object_get(metadata, "labels"));
    ck_assert_uint_eq(submission.note_count, 2);
}
END_TEST

START_TEST(test_the_ui_is_told_where_it_is)
{
    const struct spk_submission_options proxied = {
        .submission_id = "id-1", .webhook = true, .ui_proxy_base = "/team/pi"};

    ck_assert_int_eq(translate("", &proxied), 0);
    ck_assert_str_eq(
        json_string_value(json_object_get(submission.properties, "spark.ui.proxyBase")),
        "/team/pi");
}
END_TEST

START_TEST(test_an_overlay_has_a_ceiling)
{
    json_t *args;
    json_t *sidecars;

    make(DRIVER("'sidecars':[{'name':'a','args':[]}]"));
    sidecars =
        json_object_get(json_object_get(json_object_get(object, "spec"), "driver"), "sidecars");
    args = json_object_get(json_array_get(sidecars, 0), "args");
    for (int i = 0; i < 7000; i++)
        json_array_append_new(args, json_string("0123456789"));
    ck_assert_int_eq(spk_submission_make(&submission, &app, &usual, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.msg, "at most 65536 fit into an annotation"));
}
END_TEST

static json_t *many(size_t count)
{
    json_t *list = json_array();

    while (json_array_size(list) < count)
        json_array_append_new(list, json_pack("{s:s}", "name", "a"));
    return list;
}

static bool is_told(const char *fault)
{
    return strstr(submission.faults.lines, fault) != NULL;
}

/* Each mount would be looked for among all volumes. */
START_TEST(test_more_volumes_and_mounts_than_a_pod_has)
{
    json_t *spec;
    json_t *driver;
    json_t *template;

    make(DRIVER("'sidecars':[{}],'initContainers':[{}],'template':{'spec':{}}"));
    spec = json_object_get(object, "spec");
    driver = json_object_get(spec, "driver");
    template = json_object_get(json_object_get(driver, "template"), "spec");
    json_object_set_new(spec, "volumes", many(SPK_APP_VOLUMES_MAX));
    json_object_set_new(template, "volumes", many(SPK_APP_VOLUMES_MAX));
    json_object_set_new(driver, "volumeMounts", many(500));
    for (int i = 0; i < 2; i++) {
        json_t *list = json_object_get(driver, i ? "sidecars" : "initContainers");
        json_object_set_new(json_array_get(list, 0), "volumeMounts", many(250));
    }
    ck_assert_msg(spk_submission_make(&submission, &app, &usual, &err) == 0, "%s", err.msg);
    spk_submission_done(&submission);
    json_array_append_new(json_object_get(driver, "volumeMounts"), json_object());
    json_array_append_new(json_object_get(spec, "volumes"), json_pack("{s:s}", "name", "b"));
    json_array_append_new(json_object_get(template, "volumes"), json_object());
    json_object_set_new(driver, "initContainers", many(SPK_APP_CONTAINERS_MAX + 1));
    json_object_set_new(json_array_get(json_object_get(driver, "initContainers"), 0),
                        "volumeMounts", many(250));
    ck_assert_int_eq(spk_submission_make(&submission, &app, &usual, &err), -1);
    ck_assert(is_told("spec.volumes: found 501, expected at most 500"));
    ck_assert(is_told("spec.driver.template.spec.volumes: found 501, expected at most 500"));
    ck_assert(is_told("spec.driver.initContainers: found 201, expected at most 200"));
    ck_assert(is_told("spec.driver.volumeMounts: found 1001 with those of sidecars and "
                      "initContainers, expected at most 1000"));
    ck_assert_uint_eq(submission.note_count, 0); /* not that nothing mounts "b" */
}
END_TEST

START_TEST(test_notes_become_a_condition)
{
    json_t *condition;
    const char *message;

    ck_assert_int_eq(spk_submission_condition(&condition, &submission, 0, &err), 0);
    ck_assert_ptr_null(condition);
    make("'failureRetries':3,'retryInterval':4");
    ck_assert_int_eq(spk_submission_make(&submission, &app, &usual, &err), 0);
    ck_assert_int_eq(spk_submission_condition(&condition, &submission, 60, &err), 0);
    ck_assert_str_eq(json_string_value(json_object_get(condition, "lastTransitionTime")),
                     "1970-01-01T00:01:00Z");
    message = json_string_value(json_object_get(condition, "message"));
    ck_assert_ptr_nonnull(strstr(message, "spec.failureRetries: "));
    ck_assert_ptr_nonnull(strstr(message, "; spec.retryInterval: "));
    json_decref(condition);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("submission");

    spk_json_init();
    tcase_add_checked_fixture(tcase, NULL, teardown);
    ADD_ROWS(tcase, test_refused_properties, names);
    ADD_ROWS(tcase, test_refusals_name_the_field, refused);
    ADD_ROWS(tcase, test_properties, properties);
    ADD_ROWS(tcase, test_what_is_not_done_is_said, notes);
    ADD_ROWS(tcase, test_who_needs_the_webhook, asking);
    tcase_add_test(tcase, test_images_and_cores_are_checked_before_spark_does);
    tcase_add_test(tcase, test_all_faults_are_in_one_message);
    tcase_add_test(tcase, test_what_is_not_acted_on_is_noted_beside_faults);
    tcase_add_test(tcase, test_faults_without_room_are_counted);
    tcase_add_test(tcase, test_notes_without_room_are_counted);
    tcase_add_test(tcase, test_without_a_webhook);
    tcase_add_test(tcase, test_a_template_chooses_no_namespace);
    tcase_add_test(tcase, test_the_ui_is_told_where_it_is);
    tcase_add_test(tcase, test_an_overlay_has_a_ceiling);
    tcase_add_test(tcase, test_more_volumes_and_mounts_than_a_pod_has);
    tcase_add_test(tcase, test_notes_become_a_condition);
    return run_case("submission", tcase);
}
