#include "spk/admission/decide.h"

#include "spk/json/patch.h"

#include "pod.h"

#define P     "spark-operator.k8s.io/"
#define STAMP "{'op':'add','path':'/metadata/annotations/spark-operator.k8s.io~1mutated-by',"
#define ONE   "'containers':[{'name':'x','args':['driver'],'env':[],'volumeMounts':[]}],'volumes':[]"

static const struct spk_policy strict = {.version = "9"};
static const struct spk_policy lenient = {.version = "9", .warn_on_invalid = true};

static const struct {
    const char *name;
    const char *role;
    const char *ask; /* NULL: no annotations */
    const char *spec;
    bool lenient;
    enum spk_outcome outcome;
    const char *text;    /* reason, or message */
    const char *ops;     /* NULL: no patch */
    const char *warning; /* a part of the first; NULL for none */
    const char *applied;
} rows[] = {
    {"no role", NULL, "secret.s=/x", ONE, false, SPK_UNTOUCHED,
     "its label spark-role is neither driver nor executor", NULL, NULL, ""},
    {"another role", "history", "secret.s=x", ONE, false, SPK_UNTOUCHED,
     "its label spark-role is neither driver nor executor", NULL, NULL, ""},
    {"no annotations", "driver", NULL, ONE, false, SPK_UNCHANGED,
     "it carries no annotation of ours", NULL, NULL, ""},
    {"foreign annotations", "driver", "example.com/secret.s=x", ONE, false, SPK_UNCHANGED,
     "it carries no annotation of ours", NULL, NULL, ""},
    {"no containers", "executor", "secret.s=/x", "'containers':[]", false, SPK_UNCHANGED,
     "it has no containers", NULL, "this executor pod has no containers: left as it is", ""},
    {"no spec", "driver", "secret.s=/x", "'containers':null", false, SPK_UNCHANGED,
     "it has no containers", NULL, "this driver pod has no containers: left as it is", ""},
    {"mutated", "driver", "secret.s=/x", ONE, false, SPK_MUTATED, NULL,
     "[{'op':'add','path':'/spec/volumes/-','value':{'name':'s-secret-volume','secret':"
     "{'secretName':'s'}}},{'op':'add','path':'/spec/containers/0/volumeMounts/-','value':{'name':"
     "'s-secret-volume','readOnly':true,'mountPath':'/x'}}," STAMP "'value':'sparkhook/9'}]",
     NULL, "secret.s"},
    {"only an unknown key", "driver", "sparkconfigmap=x", ONE, false, SPK_MUTATED, NULL,
     "[" STAMP "'value':'sparkhook/9'}]", "did you mean " P "sparkConfigMap?", ""},
    {"another's stamp", "driver", "mutated-by=sparkhook/8", ONE, false, SPK_UNCHANGED, NULL, NULL,
     NULL, ""},
    {"nobody's stamp", "driver", "mutated-by=sparkhook", ONE, false, SPK_MUTATED, NULL,
     "[" STAMP "'value':'sparkhook/9'}]", NULL, ""},
    {"our stamp", "driver", "mutated-by=sparkhook/9", ONE, false, SPK_UNCHANGED, NULL, NULL, NULL,
     ""},
    {"no container looks like Spark's", "executor", "mutated-by=sparkhook/9",
     "'containers':[{'name':'a\\nb'},{'name':'c'}]", false, SPK_UNCHANGED, NULL, NULL,
     "no container of this executor looks like Spark's (by environment, name or first argument): "
     "took the first, \"a\\u000ab\"",
     ""},
    {"denied", "driver", "secret.s=x|configMap.c=/y", ONE, false, SPK_DENIED,
     P "secret.s: expected an absolute mount path, found a path that is not absolute: \"x\"", NULL,
     NULL, NULL},
    {"denied for a conflict", "driver", "secret.s=/y|configMap.c=/y", ONE, false, SPK_DENIED,
     "cannot be mounted at \"/y\"", NULL, NULL, NULL},
    {"invalid and allowed", "driver", "secret.s=x|configMap.c=/y", ONE, true, SPK_UNCHANGED, NULL,
     NULL, "pod left as it is: " P "secret.s: expected an absolute mount path", NULL},
};

static json_t *pod_with(const char *role, const char *ask, const char *spec)
{
    char text[2000];
    json_t *pod;

    (void)snprintf(text, sizeof(text), "{'metadata':{'labels':{}},'spec':{%s}}", spec);
    pod = json_of(text);
    if (role)
        json_object_set_new(json_object_get(json_object_get(pod, "metadata"), "labels"),
                            "spark-role", json_string(role));
    if (ask)
        json_object_set_new(json_object_get(pod, "metadata"), "annotations", annotations_of(ask));
    return pod;
}

static void check_texts(int row, const struct spk_decision *got)
{
    const char *name = rows[row].name;
    const char *text = got->outcome == SPK_DENIED ? got->message : got->reason;

    ck_assert_msg(!rows[row].text || (text && strstr(text, rows[row].text)), "%s: %s", name,
                  text ? text : "no text");
    ck_assert_msg(rows[row].warning
                      ? got->warning_count > 0 && strstr(got->warnings[0], rows[row].warning)
                      : got->warning_count == 0,
                  "%s: %zu warnings: %s", name, got->warning_count,
                  got->warning_count ? got->warnings[0] : "");
    ck_assert_msg(!rows[row].applied || strcmp(got->applied, rows[row].applied) == 0, "%s: %s",
                  name, got->applied);
    ck_assert_msg((got->effect_count > 0) == (rows[row].ops != NULL), "%s: %zu effects", name,
                  got->effect_count);
}

START_TEST(decide)
{
    json_t *pod = pod_with(rows[_i].role, rows[_i].ask, rows[_i].spec);
    struct spk_decision got;
    struct spk_err err = {0};
    json_t *expected = rows[_i].ops ? json_of(rows[_i].ops) : NULL;

    ck_assert_msg(spk_pod_decide(&got, pod, rows[_i].lenient ? &lenient : &strict, &err) == 0,
                  "%s: %s", rows[_i].name, err.msg);
    ck_assert_msg(got.outcome == rows[_i].outcome, "%s: %s", rows[_i].name,
                  spk_outcome_text(got.outcome));
    ck_assert_msg((got.patch == NULL) == (expected == NULL), "%s: patch", rows[_i].name);
    ck_assert_msg(!expected || json_equal(got.patch, expected), "%s: patch", rows[_i].name);
    check_texts(_i, &got);
    json_decref(expected);
    json_decref(pod);
    spk_decision_done(&got);
}
END_TEST

/* Whatever a pod carries for others, an instance sees its own annotations alone. */
static const struct {
    const char *prefix;
    const char *ask;
    const char *stamp; /* NULL: not treated */
    const char *text;  /* warning or message */
} instances[] = {
    {NULL, "secret.s=/x|a.example/secret.t=/y", "spark-operator.k8s.io~1mutated-by", NULL},
    {NULL, "a.example/secret.s=x", NULL, NULL},
    {"a.example", "secret.s=x|sparkoperator.k8s.io/affinity=x", NULL, NULL},
    {"a.example", "a.example/spark-configmap=c|overlay=x", "a.example~1mutated-by", NULL},
    {"a.example", "a.example/mutated-by=x|mutated-by=sparkhook/9", "a.example~1mutated-by", NULL},
    {"a.example", "a.example/sparkconfigmap=x", "a.example~1mutated-by",
     "did you mean a.example/sparkConfigMap?"},
    {"a.example", "a.example/affinity=x", NULL, "a.example/affinity: retired in 2019"},
};

START_TEST(instances_side_by_side)
{
    const struct spk_policy policy = {.version = "9", .prefix = instances[_i].prefix};
    json_t *pod = pod_with("driver", instances[_i].ask, ONE);
    json_t *last = NULL;
    struct spk_decision got;
    struct spk_err err = {0};
    const char *path;
    const char *text;

    ck_assert_msg(spk_pod_decide(&got, pod, &policy, &err) == 0, "%s", err.msg);
    last = json_array_get(got.patch, json_array_size(got.patch) - 1);
    path = json_string_value(json_object_get(last, "path"));
    ck_assert_msg((path == NULL) == (instances[_i].stamp == NULL), "row %d: %s", _i, path);
    ck_assert_msg(!path || strstr(path, instances[_i].stamp), "row %d: %s", _i, path);
    text = got.outcome == SPK_DENIED ? got.message : got.warning_count ? got.warnings[0] : NULL;
    ck_assert_msg(instances[_i].text ? text && strstr(text, instances[_i].text) : !text,
                  "row %d: %s", _i, text);
    json_decref(pod);
    spk_decision_done(&got);
}
END_TEST

static const struct {
    const char *meta;
    const char *name;
    const char *namespace_;
} names[] = {
    {"{'name':'n','generateName':'g-','namespace':'s'}", "n", "s"},
    {"{'generateName':'g-'}", "g-*", ""},
    {"{'name':'','generateName':null}", "", ""},
};

START_TEST(what_a_pod_is_called)
{
    json_t *pod = json_object();
    struct spk_decision got;
    struct spk_err err = {0};

    json_object_set_new(pod, "metadata", json_of(names[_i].meta));
    ck_assert_int_eq(spk_pod_decide(&got, pod, &strict, &err), 0);
    ck_assert(spk_str_is(got.name, names[_i].name));
    ck_assert(spk_str_is(got.namespace_, names[_i].namespace_));
    json_decref(pod);
    spk_decision_done(&got);
}
END_TEST

/* Each asks for one thing that can't be honoured. */
static const struct {
    const char *ask;
    const char *key; /* behind the prefix */
    const char *where;
    size_t stopped;
} places[] = {
    {"secret.s=x", "secret.s", "", 0},
    {"secret.S=/x", "secret.S", "", 0},
    {"secrets=[{'name':'a','path':'/a'},{", "secrets", "", 27},
    {"secrets={}", "secrets", "document", 0},
    {"secrets=[{'name':'a','path':'/a'},7]", "secrets", "[1]", 0},
    {"secrets=[{'name':'a','path':7}]", "secrets", "[0].path", 0},
    {"secrets=[{'name':'a','path':'a'}]", "secrets", "[0].path", 0},
    {"secrets=[{'name':'A','path':'/a'}]", "secrets", "[0].name", 0},
    {"secrets=[{'name':'a','path':'/opt'}]", "secrets", "[0].path", 0},
    {"secrets=[{'name':'a'}]", "secrets", "[0]", 0},
    {"secrets=[{'name':'a','path':'/a','type':'x'}]", "secrets", "[0].type", 0},
    {"secrets=[{'nam':'a','path':'/a'}]", "secrets", "[0].nam", 0},
    {"secret.a=/a|secrets=[{'name':'b','path':'/a'}]", "secrets", "[0].path", 0},
    {"ownerReference={'uid':7}", "ownerReference", "uid", 0},
    {"ownerReference={'controler':true}", "ownerReference", "controler", 0},
    {"ownerReference={'kind':'K'}", "ownerReference", "", 0},
    {"overlay={'spec':", "overlay", "", 8},
    {"overlay=[]", "overlay", "", 0},
    {"overlay={'spec':{'tolerations':[{'kye':'a'}]}}", "overlay", "spec.tolerations[0].kye", 0},
    {"overlay={'metadata':{'labels':{'a/b':7}}}", "overlay", "metadata.labels[\"a/b\"]", 0},
    {"overlay={'sparkContainer':{'args':['x']}}", "overlay", "sparkContainer.args", 0},
    {"secret.a=/a|overlay={'sparkContainer':{'volumeMounts':[{'name':'x','mountPath':'/a'}]}}",
     "overlay", "sparkContainer.volumeMounts[0]", 0},
    {"sparkDefaults=x", "sparkDefaults", "", 0},
};

START_TEST(the_place_of_a_fault)
{
    json_t *pod = pod_of(&(struct pod){.ask = places[_i].ask});
    struct spk_decision got;
    struct spk_err err = {0};
    const struct spk_place *place;

    ck_assert_int_eq(spk_pod_decide(&got, pod, &strict, &err), 0);
    ck_assert_msg(got.fault_count == 1 && got.faults_left == 0, "%s: %s", places[_i].ask,
                  got.message);
    ck_assert_str_eq(got.faults[0], got.message);
    place = &got.fault_places[0];
    ck_assert_msg(spk_str_ends(place->key, spk_str(places[_i].key)), "%s", places[_i].ask);
    ck_assert_msg(strcmp(place->where ? place->where : "", places[_i].where) == 0, "%s: %s",
                  places[_i].ask, place->where);
    ck_assert_msg(place->stopped == places[_i].stopped, "%s: %zu", places[_i].ask, place->stopped);
    json_decref(pod);
    spk_decision_done(&got);
}
END_TEST

START_TEST(the_place_of_a_warning)
{
    json_t *pod = pod_of(&(struct pod){.ask = "sparkconfigmap=x|hadoopConfigMap=h",
                                       .env = "[{'name':'HADOOP_CONF_DIR','value':'/x'}]"});
    struct spk_decision got;
    struct spk_err err = {0};

    ck_assert_int_eq(spk_pod_decide(&got, pod, &strict, &err), 0);
    ck_assert_uint_eq(got.warning_count, 2);
    ck_assert_uint_eq(got.fault_count, 0);
    for (size_t i = 0; i < got.warning_count; i++) {
        struct spk_str key = got.warning_places[i].key;
        const char *text = got.warnings[i] + (got.warnings[i][0] == '"');
        ck_assert_msg(key.len && spk_str_starts(spk_str(text), key), "%s of %.*s", text,
                      SPK_ARG(key));
    }
    json_decref(pod);
    spk_decision_done(&got);
}
END_TEST

START_TEST(a_pod_of_wrong_types)
{
    json_t *pod = json_of("{'spec':[]}");
    struct spk_decision got;
    struct spk_err err = {0};

    ck_assert_int_eq(spk_pod_decide(&got, pod, &strict, &err), -1);
    ck_assert_int_eq(err.code, SPK_EPARSE);
    ck_assert_int_eq(got.outcome, SPK_FAILED);
    json_decref(pod);
    spk_decision_done(&got);
    spk_decision_done(&got); /* twice is fine */
}
END_TEST

START_TEST(words)
{
    ck_assert_str_eq(spk_role_text(SPK_ROLE_OTHER), "other");
    ck_assert_str_eq(spk_role_text(SPK_ROLE_DRIVER), "driver");
    ck_assert_str_eq(spk_role_text(SPK_ROLE_EXECUTOR), "executor");
    ck_assert_str_eq(spk_outcome_text(SPK_UNTOUCHED), "untouched");
    ck_assert_str_eq(spk_outcome_text(SPK_FAILED), "failed");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("decide");

    ADD_ROWS(tcase, decide, rows);
    ADD_ROWS(tcase, instances_side_by_side, instances);
    ADD_ROWS(tcase, what_a_pod_is_called, names);
    ADD_ROWS(tcase, the_place_of_a_fault, places);
    tcase_add_test(tcase, the_place_of_a_warning);
    tcase_add_test(tcase, a_pod_of_wrong_types);
    tcase_add_test(tcase, words);
    return run_case("decide", tcase);
}
