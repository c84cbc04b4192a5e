#include "spk/app/application.h"

#include "../suite.h"
#include "spk/base/cleanup.h"

#include <string.h>

static json_t *parse(const char *text)
{
    json_error_t je;
    char copy[4096];
    json_t *json;

    ck_assert_uint_lt(strlen(text), sizeof(copy));
    strcpy(copy, text);
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    json = json_loads(copy, JSON_DECODE_ANY, &je);
    ck_assert_msg(json != NULL, "%s: %s", text, je.text);
    return json;
}

/* An application of the version with the spec; to be freed. */
static json_t *object_of(const char *version, const char *spec)
{
    json_t *object = parse("{'metadata': {'name': 'pi', 'namespace': 'n', 'uid': 'u', "
                           "'resourceVersion': '7', 'creationTimestamp': '2026-01-01T00:00:00Z'}}");

    json_object_set_new(object, "apiVersion", json_string(version));
    json_object_set_new(object, "spec", parse(spec));
    return object;
}

#define V1BETA2  "sparkoperator.k8s.io/v1beta2"
#define V1ALPHA1 "spark-operator.k8s.io/v1alpha1"

START_TEST(metadata)
{
    json_t *object = object_of(V1BETA2, "{'sparkVersion': '3.5.7'}");
    struct spk_err err = {0};
    struct spk_app app;

    json_object_set_new(json_object_get(object, "metadata"), "annotations",
                        parse("{'" SPK_APP_MARKER "': 'sparkhook', '" SPK_APP_SPEC_HASH "': 'h'}"));
    ck_assert_msg(spk_app_read(&app, object, &err) == 0, "%s", err.msg);
    ck_assert(spk_str_is(app.name, "pi") && spk_str_is(app.ns, "n") && spk_str_is(app.uid, "u"));
    ck_assert(spk_str_is(app.resource_version, "7") && spk_str_is(app.spark_version, "3.5.7"));
    ck_assert(app.ours && spk_str_is(app.written_hash, "h") && !app.deleting);
    ck_assert_int_eq(app.created_s, 1767225600);
    spk_app_done(&app);
    json_object_set_new(json_object_get(object, "metadata"), "deletionTimestamp",
                        json_string("2026-01-01T00:00:00Z"));
    ck_assert_int_eq(spk_app_read(&app, object, &err), 0);
    ck_assert(app.deleting);
    spk_app_done(&app);
    json_decref(object);
}
END_TEST

/* --------------------------------------------------------------------------------------- rules */

static const struct {
    const char *spec;
    struct spk_app_rules rules;
    const char *says;
} rules[] = {
    {"{}",
     {.policy = SPK_APP_NEVER,
      .failure_retries = 0,
      .submission_retries = 0,
      .failure_interval_s = 5,
      .submission_interval_s = 5,
      .ttl_s = -1,
      .suspend = false},
     NULL},
    {"{'restartPolicy': {'type': 'OnFailure', 'onFailureRetries': 3, 'onFailureRetryInterval': 10, "
     "'onSubmissionFailureRetries': 5, 'onSubmissionFailureRetryInterval': 20}}",
     {.policy = SPK_APP_ON_FAILURE,
      .failure_retries = 3,
      .submission_retries = 5,
      .failure_interval_s = 10,
      .submission_interval_s = 20,
      .ttl_s = -1,
      .suspend = false},
     NULL},
    {"{'restartPolicy': {'type': 'Always'}, 'timeToLiveSeconds': 60, 'suspend': true}",
     {.policy = SPK_APP_ALWAYS,
      .failure_retries = 0,
      .submission_retries = 0,
      .failure_interval_s = 5,
      .submission_interval_s = 5,
      .ttl_s = 60,
      .suspend = true},
     NULL},
    {"{'timeToLiveSeconds': -5}",
     {.policy = SPK_APP_NEVER,
      .failure_retries = 0,
      .submission_retries = 0,
      .failure_interval_s = 5,
      .submission_interval_s = 5,
      .ttl_s = 0,
      .suspend = false},
     NULL},
    {"{'restartPolicy': {'onFailureRetryInterval': 9000000000000000000}}",
     {.policy = SPK_APP_NEVER,
      .failure_retries = 0,
      .submission_retries = 0,
      .failure_interval_s = 315360000,
      .submission_interval_s = 5,
      .ttl_s = -1,
      .suspend = false},
     NULL},
    {"{'restartPolicy': null, 'suspend': null}",
     {.policy = SPK_APP_NEVER,
      .failure_retries = 0,
      .submission_retries = 0,
      .failure_interval_s = 5,
      .submission_interval_s = 5,
      .ttl_s = -1,
      .suspend = false},
     NULL},
    {"{'restartPolicy': {'type': 'Sometimes'}}",
     {.policy = SPK_APP_NEVER},
     "spec.restartPolicy.type: expected Never, OnFailure or Always, found \"Sometimes\""},
    {"{'restartPolicy': 'Never'}",
     {.policy = SPK_APP_NEVER},
     "spec.restartPolicy: expected an object"},
    {"{'restartPolicy': {'onFailureRetries': -1}}",
     {.policy = SPK_APP_NEVER},
     "spec.restartPolicy.onFailureRetries: expected at least 0, found -1"},
    {"{'restartPolicy': {'onFailureRetryInterval': 0}}",
     {.policy = SPK_APP_NEVER},
     "spec.restartPolicy.onFailureRetryInterval: expected at least 1, found 0"},
    {"{'timeToLiveSeconds': '60'}",
     {.policy = SPK_APP_NEVER},
     "spec.timeToLiveSeconds: expected an integer"},
    {"{'suspend': 'yes'}", {.policy = SPK_APP_NEVER}, "spec.suspend: expected a boolean"},
};

START_TEST(rule)
{
    json_t *object = object_of(V1BETA2, rules[_i].spec);
    struct spk_err err = {0};
    struct spk_app app;
    int rc = spk_app_read(&app, object, &err);

    ck_assert_msg(rc == (rules[_i].says ? -1 : 0), "%s: %s", rules[_i].spec, err.msg);
    if (rules[_i].says) {
        ck_assert_msg(strstr(err.msg, rules[_i].says) != NULL, "%s", err.msg);
        ck_assert(spk_str_is(app.name, "pi") && app.hash[0] && app.rules.ttl_s == -1);
    } else {
        ck_assert_int_eq(app.rules.policy, rules[_i].rules.policy);
        ck_assert_int_eq(app.rules.failure_retries, rules[_i].rules.failure_retries);
        ck_assert_int_eq(app.rules.submission_retries, rules[_i].rules.submission_retries);
        ck_assert_int_eq(app.rules.failure_interval_s, rules[_i].rules.failure_interval_s);
        ck_assert_int_eq(app.rules.submission_interval_s, rules[_i].rules.submission_interval_s);
        ck_assert_int_eq(app.rules.ttl_s, rules[_i].rules.ttl_s);
        ck_assert_int_eq(app.rules.suspend, rules[_i].rules.suspend);
    }
    spk_app_done(&app);
    json_decref(object);
}
END_TEST

static const struct {
    const char *object;
    const char *says;
} faults[] = {
    {"[]", "document: expected an object"},
    {"{'metadata': {}}", "metadata.name: expected a name"},
    {"{'metadata': {'name': 'x', 'annotations': []}}", "metadata.annotations: expected an object"},
    {"{'metadata': {'name': 'x'}, 'apiVersion': 'v1'}", "apiVersion: expected sparkoperator"},
    {"{'metadata': {'name': 'x'}, 'apiVersion': '" V1BETA2 "'}", "spec: expected an object"},
    {"{'metadata': {'name': 'x'}, 'apiVersion': '" V1BETA2 "', 'spec': 1}",
     "spec: expected an object, found an integer"},
    {"{'metadata': {'name': 'x'}, 'apiVersion': '" V1BETA2 "', 'status': 1}",
     "status: expected an object"},
    {"{'metadata': {'name': 'x'}, 'apiVersion': '" V1ALPHA1 "', 'spec': {'driver': []}}",
     "spec.driver: expected an object"},
    {"{'metadata': {'name': 'x'}, 'apiVersion': '" V1ALPHA1 "', 'spec': {'driver': {'cores': "
     "'many'}}}",
     "spec.driver.cores: expected an amount of processors above 0, found \"many\""},
    {"{'metadata': {'name': 'x'}, 'apiVersion': '" V1ALPHA1 "', 'spec': {'executor': "
     "{'executorSecrets': {}}}}",
     "spec.executor.secrets: expected an array"},
};

START_TEST(fault)
{
    json_t *object = parse(faults[_i].object);
    struct spk_err err = {0};
    struct spk_app app;

    ck_assert_int_eq(spk_app_read(&app, object, &err), -1);
    ck_assert_msg(strstr(err.msg, faults[_i].says) != NULL, "%s", err.msg);
    spk_app_done(&app);
    json_decref(object);
}
END_TEST

/* ----------------------------------------------------------------------------------- the hash */

static const struct {
    const char *a;
    const char *b;
    bool same;
} hashes[] = {
    {"{'a': 1, 'b': {'c': [1, 2], 'd': 'x'}}", "{'b': {'d': 'x', 'c': [1, 2]}, 'a': 1}", true},
    {"{'a': 1}", "{'a': 1, 'suspend': true, 'timeToLiveSeconds': 5}", true},
    {"{'a': {'suspend': true}}", "{'a': {'suspend': false}}", false},
    {"{'a': 1}", "{'a': 1.0}", true},
    {"{'a': 1}", "{'a': 1, 'b': null}", true},
    {"{'a': 1}", "{'a': '1'}", false},
    {"{'a': 1}", "{'a': true}", false},
    {"{'a': false}", "{'a': true}", false},
    {"{'a': [1, 2]}", "{'a': [2, 1]}", false},
    {"{'a': [null]}", "{'a': []}", false},
    {"{'a': 'x', 'b': 'y'}", "{'a': 'y', 'b': 'x'}", false},
    {"{'a': {}}", "{'a': []}", false},
    {"{'ab': 'c'}", "{'a': 'bc'}", false},
    {"{'a': {'b': 1, 'c': 2}}", "{'a': {'b': 1}, 'c': 2}", false},
};

START_TEST(hash)
{
    json_t *a = parse(hashes[_i].a);
    json_t *b = parse(hashes[_i].b);
    char of_a[SPK_APP_HASH];
    char of_b[SPK_APP_HASH];

    spk_app_spec_hash(of_a, a);
    spk_app_spec_hash(of_b, b);
    ck_assert_uint_eq(strlen(of_a), SPK_APP_HASH - 1);
    ck_assert_msg((strcmp(of_a, of_b) == 0) == hashes[_i].same, "%s %s", hashes[_i].a,
                  hashes[_i].b);
    json_decref(a);
    json_decref(b);
}
END_TEST

/* It is stored in objects, and read by later versions. */
START_TEST(the_hash_never_changes)
{
    json_t *spec = parse("{'type': 'Scala', 'driver': {'cores': 1, 'x': [true, 0.5]}}");
    char got[SPK_APP_HASH];

    spk_app_spec_hash(got, spec);
    ck_assert_str_eq(got, "d5b1562f93890dd3");
    json_decref(spec);
}
END_TEST

/* ------------------------------------------------------------------------------ the driver's name
 */

static const struct {
    const char *spec;
    const char *name; /* NULL: it is refused */
} names[] = {
    {"{}", "pi-driver"},
    {"{'driver': {}}", "pi-driver"},
    {"{'driver': {'podName': 'mine'}}", "mine"},
    {"{'sparkConf': {'spark.kubernetes.driver.pod.name': 'conf'}}", "conf"},
    {"{'driver': {'podName': 'mine'}, 'sparkConf': {'spark.kubernetes.driver.pod.name': 'conf'}}",
     "mine"},
    {"{'driver': {'podName': 'No Name'}}", NULL},
    {"{'driver': {'podName': 7}}", NULL},
    {"{'driver': 7}", NULL},
    {"{'sparkConf': []}", NULL},
};

START_TEST(driver_name)
{
    json_t *object = object_of(V1BETA2, names[_i].spec);
    struct spk_err err = {0};
    struct spk_app app;
    char name[256];
    int rc;

    ck_assert_int_eq(spk_app_read(&app, object, &err), 0);
    rc = spk_app_driver_name(name, &app, &err);
    ck_assert_msg(rc == (names[_i].name ? 0 : -1), "%s: %s", names[_i].spec, err.msg);
    if (names[_i].name)
        ck_assert_str_eq(name, names[_i].name);
    spk_app_done(&app);
    json_decref(object);
}
END_TEST

START_TEST(a_name_too_long_for_a_pod)
{
    json_t *object = object_of(V1BETA2, "{}");
    struct spk_err err = {0};
    struct spk_app app;
    char long_name[254];
    char name[256];

    memset(long_name, 'x', 253);
    long_name[253] = '\0';
    json_object_set_new(json_object_get(object, "metadata"), "name", json_string(long_name));
    ck_assert_int_eq(spk_app_read(&app, object, &err), 0);
    ck_assert_int_eq(spk_app_driver_name(name, &app, &err), -1);
    ck_assert_msg(strstr(err.msg, "set spec.driver.podName") != NULL, "%s", err.msg);
    spk_app_done(&app);
    json_decref(object);
}
END_TEST

/* ------------------------------------------------------------------------------------ v1alpha1 */

static const struct {
    const char *old;
    const char *now;
} conversions[] = {
    {"{}", "{}"},
    {"{'submissionByUser': true, 'mode': 'cluster', 'x': 1}", "{'mode': 'cluster', 'x': 1}"},
    {"{'driver': {'cores': '2', 'memory': null, 'image': 'i'}}",
     "{'driver': {'cores': 2, 'memory': null, 'image': 'i'}}"},
    {"{'driver': {'cores': '0.1'}, 'executor': {'cores': '500m', 'instances': 1}}",
     "{'driver': {'coreRequest': '0.1'}, 'executor': {'coreRequest': '500m', 'instances': 1}}"},
    {"{'driver': {'cores': 3}}", "{'driver': {'cores': 3}}"},
    {"{'driver': {'driverConigMaps': [{'name': 'a', 'path': '/a'}], 'driverEnvVars': {'A': 'b'}, "
     "'driverSecrets': [{'name': 's', 'path': '/s', 'secretType': 'HDFSDelegationToken'}]}}",
     "{'driver': {'configMaps': [{'name': 'a', 'path': '/a'}], 'envVars': {'A': 'b'}, "
     "'secrets': [{'name': 's', 'path': '/s', 'secretType': 'HadoopDelegationToken'}]}}"},
    {"{'executor': {'executorConigMaps': [], 'executorSecrets': [{'secretType': 'Generic'}], "
     "'executorEnvVars': {}}}",
     "{'executor': {'configMaps': [], 'secrets': [{'secretType': 'Generic'}], 'envVars': {}}}"},
    {"{'executor': {'executorConfigMaps': [1]}}", "{'executor': {'configMaps': [1]}}"},
    {"{'deps': {'jarFiles': ['a'], 'files': ['b'], 'pyFiles': []}}",
     "{'deps': {'jars': ['a'], 'files': ['b'], 'pyFiles': []}}"},
};

START_TEST(conversion)
{
    json_t *old = parse(conversions[_i].old);
    json_t *before = json_deep_copy(old);
    json_t *expected = parse(conversions[_i].now);
    struct spk_err err = {0};
    json_t *now;
    char *text;

    ck_assert_msg(spk_app_convert_v1alpha1(&now, old, &err) == 0, "%s", err.msg);
    text = json_dumps(now, 0);
    ck_assert_msg(json_equal(now, expected), "%s", text);
    ck_assert(json_equal(old, before));
    free(text);
    json_decref(old);
    json_decref(before);
    json_decref(now);
    json_decref(expected);
}
END_TEST

START_TEST(who_submits_himself_is_tracked)
{
    json_t *object = object_of(V1ALPHA1, "{'submissionByUser': true, 'driver': {'cores': '1'}}");
    char got[SPK_APP_HASH];
    struct spk_err err = {0};
    struct spk_app app;

    ck_assert_msg(spk_app_read(&app, object, &err) == 0, "%s", err.msg);
    ck_assert(app.rules.tracked);
    ck_assert(json_is_integer(json_object_get(json_object_get(app.spec, "driver"), "cores")));
    spk_app_spec_hash(got, json_object_get(object, "spec"));
    ck_assert_str_eq(app.hash, got);
    spk_app_done(&app);
    json_decref(object);
}
END_TEST

/* Whose driver it is does not hang on what else can be read. */
static const struct {
    const char *version;
    const char *more; /* members of the object beside metadata */
    bool tracked;
} submitters[] = {
    {V1ALPHA1, "{'spec': {'submissionByUser': true, 'driver': {'cores': 'abc'}}}", true},
    {V1ALPHA1, "{'spec': {'submissionByUser': true, 'driver': 7}}", true},
    {V1ALPHA1, "{'spec': {'submissionByUser': true, 'restartPolicy': 'Never'}}", true},
    {V1ALPHA1, "{'spec': {'submissionByUser': true, 'restartPolicy': {'type': 'No'}}}", true},
    {V1ALPHA1, "{'spec': {'submissionByUser': true, 'timeToLiveSeconds': '1'}}", true},
    {V1ALPHA1, "{'spec': {'submissionByUser': true, 'suspend': 1}}", true},
    {V1ALPHA1, "{'spec': {'submissionByUser': true, 'sparkVersion': 3}}", true},
    {V1ALPHA1, "{'spec': {'submissionByUser': true}, 'status': 1}", true},
    {V1ALPHA1, "{'spec': {'submissionByUser': true}, 'status': {'applicationState': 1}}", true},
    {V1ALPHA1, "{'spec': {'submissionByUser': 'true'}}", true},
    {V1ALPHA1, "{'spec': {'submissionByUser': 1}}", true},
    {V1ALPHA1, "{'spec': {'submissionByUser': false, 'restartPolicy': 'Never'}}", false},
    {V1ALPHA1, "{'spec': {'submissionByUser': null, 'restartPolicy': 'Never'}}", false},
    {V1ALPHA1, "{'spec': {'restartPolicy': 'Never'}}", false},
    {V1ALPHA1, "{'spec': 'none'}", false},
    {V1BETA2, "{'spec': {'submissionByUser': true, 'restartPolicy': 'Never'}}", false},
};

START_TEST(who_submits_himself_is_tracked_whatever_can_be_read)
{
    json_t *object = object_of(submitters[_i].version, "{}");
    struct spk_err err = {0};
    struct spk_app app;

    ck_assert_int_eq(json_object_update_new(object, parse(submitters[_i].more)), 0);
    ck_assert_msg(spk_app_read(&app, object, &err) == -1, "%s", submitters[_i].more);
    ck_assert_msg(app.rules.tracked == submitters[_i].tracked, "%s", submitters[_i].more);
    spk_app_done(&app);
    json_decref(object);
}
END_TEST

START_TEST(who_submits_himself_is_tracked_whatever_metadata_is)
{
    json_t *object = object_of(V1ALPHA1, "{'submissionByUser': true}");
    struct spk_err err = {0};
    struct spk_app app;

    json_object_set_new(json_object_get(object, "metadata"), "annotations", json_true());
    ck_assert_int_eq(spk_app_read(&app, object, &err), -1);
    ck_assert(app.rules.tracked);
    spk_app_done(&app);
    json_decref(object);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("application");

    tcase_add_test(tcase, metadata);
    ADD_ROWS(tcase, rule, rules);
    ADD_ROWS(tcase, fault, faults);
    ADD_ROWS(tcase, hash, hashes);
    tcase_add_test(tcase, the_hash_never_changes);
    ADD_ROWS(tcase, driver_name, names);
    tcase_add_test(tcase, a_name_too_long_for_a_pod);
    ADD_ROWS(tcase, conversion, conversions);
    tcase_add_test(tcase, who_submits_himself_is_tracked);
    ADD_ROWS(tcase, who_submits_himself_is_tracked_whatever_can_be_read, submitters);
    tcase_add_test(tcase, who_submits_himself_is_tracked_whatever_metadata_is);
    return run_case("application", tcase);
}
