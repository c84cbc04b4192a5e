#include "spk/admission/review.h"

#include "spk/json/patch.h"

#include "pod.h"

#define P "spark-operator.k8s.io/"
#define ARGS                                                                                   \
    "'driver','--properties-file','/opt/spark/conf/spark.properties','--class','M','local:///" \
    "m.jar'"
#define LOAD "sparkConfigMap=c|sparkDefaults=load"
#define OWN  "{'name':'own','mountPath':'/opt/spark/conf'}"

static const struct spk_policy policy = {.version = "9"};

/* What is new: volumes behind the first, init containers with their mounts, the Spark container's
 * mount, its arguments; or the message of a denial. */
static const struct {
    const char *name;
    const char *ask;
    const char *role;
    const char *args;
    const char *mounts; /* NULL: Spark's own */
    const char *spec;   /* more of it, with a comma behind */
    const char *expect;
} rows[] = {
    {"load", LOAD, "driver", ARGS, NULL, "",
     "volume sparkhook-spark-defaults emptyDir\n"
     "init sparkhook-spark-defaults: sparkhook-spark-defaults at /etc/spark/defaults, "
     "spark-config-map-volume at /etc/spark/conf ro, own at /opt/spark/conf ro\n"
     "joins /opt/spark/conf/spark.properties\n"
     "mount sparkhook-spark-defaults at /etc/spark/defaults ro\n"
     "args driver --properties-file /etc/spark/defaults/spark.properties --class M "
     "local:///m.jar\n"},
    {"load with an equals sign, somewhere", LOAD, "driver",
     "'x','driver','--proxy-user','u','--verbose','-c','a=b','--conf=x','--properties-file=/p/"
     "f','m.py'",
     "[{'name':'own','mountPath':'/p'}]", "",
     "volume sparkhook-spark-defaults emptyDir\n"
     "init sparkhook-spark-defaults: sparkhook-spark-defaults at /etc/spark/defaults, "
     "spark-config-map-volume at /etc/spark/conf ro, own at /p ro\n"
     "joins /p/f\n"
     "mount sparkhook-spark-defaults at /etc/spark/defaults ro\n"
     "args x driver --proxy-user u --verbose -c a=b --conf=x "
     "--properties-file=/etc/spark/defaults/spark.properties m.py\n"},
    {"a file of the image", LOAD, "driver", "'driver','--properties-file','/p//f'", "[]", "",
     "volume sparkhook-spark-defaults emptyDir\n"
     "init sparkhook-spark-defaults: sparkhook-spark-defaults at /etc/spark/defaults, "
     "spark-config-map-volume at /etc/spark/conf ro\n"
     "joins /p/f\n"
     "mount sparkhook-spark-defaults at /etc/spark/defaults ro\n"
     "args driver --properties-file /etc/spark/defaults/spark.properties\n"},
    {"a file beside spark-defaults.conf", LOAD, "driver",
     "'driver','--properties-file','/etc/spark/conf/f'", "[]", "",
     "volume sparkhook-spark-defaults emptyDir\n"
     "init sparkhook-spark-defaults: sparkhook-spark-defaults at /etc/spark/defaults, "
     "spark-config-map-volume at /etc/spark/conf ro\n"
     "joins /etc/spark/conf/f\n"
     "mount sparkhook-spark-defaults at /etc/spark/defaults ro\n"
     "args driver --properties-file /etc/spark/defaults/spark.properties\n"},
    {"the nearest mount counts", LOAD, "driver", "'driver','--properties-file','/p/q/f'",
     "[{'name':'far','mountPath':'/p'},{'name':'near','mountPath':'/p/q/'},"
     "{'name':'other','mountPath':'/p/qq','subPath':'x'}]",
     "",
     "volume sparkhook-spark-defaults emptyDir\n"
     "init sparkhook-spark-defaults: sparkhook-spark-defaults at /etc/spark/defaults, "
     "spark-config-map-volume at /etc/spark/conf ro, near at /p/q ro\n"
     "joins /p/q/f\n"
     "mount sparkhook-spark-defaults at /etc/spark/defaults ro\n"
     "args driver --properties-file /etc/spark/defaults/spark.properties\n"},
    {"an application's own argument", LOAD, "driver",
     ARGS ",'--properties-file','/mine','driver','--load-spark-defaults'", NULL, "",
     "volume sparkhook-spark-defaults emptyDir\n"
     "init sparkhook-spark-defaults: sparkhook-spark-defaults at /etc/spark/defaults, "
     "spark-config-map-volume at /etc/spark/conf ro, own at /opt/spark/conf ro\n"
     "joins /opt/spark/conf/spark.properties\n"
     "mount sparkhook-spark-defaults at /etc/spark/defaults ro\n"
     "args driver --properties-file /etc/spark/defaults/spark.properties --class M local:///m.jar "
     "--properties-file /mine driver --load-spark-defaults\n"},
    {"a name that is used", LOAD, "driver", ARGS, NULL,
     "'initContainers':[{'name':'sparkhook-spark-defaults'}],", /* and beside it */
     "volume sparkhook-spark-defaults-1 emptyDir\n"
     "init sparkhook-spark-defaults-1: sparkhook-spark-defaults-1 at /etc/spark/defaults, "
     "spark-config-map-volume at /etc/spark/conf ro, own at /opt/spark/conf ro\n"
     "joins /opt/spark/conf/spark.properties\n"
     "mount sparkhook-spark-defaults-1 at /etc/spark/defaults ro\n"
     "args driver --properties-file /etc/spark/defaults/spark.properties --class M "
     "local:///m.jar\n"},
    {"every name is used", LOAD, "driver", ARGS, NULL,
     "'initContainers':[{'name':'sparkhook-spark-defaults'},{'name':'sparkhook-spark-defaults-1'},"
     "{'name':'sparkhook-spark-defaults-2'},{'name':'sparkhook-spark-defaults-3'}],",
     "! " P "sparkDefaults: the pod uses every name that the volume of the joined properties could "
     "have, up to \"sparkhook-spark-defaults-3\"\n"},
    {"native", "sparkConfigMap=c|sparkDefaults=native", "driver", ARGS, NULL, "",
     "args driver --load-spark-defaults --properties-file /opt/spark/conf/spark.properties --class "
     "M "
     "local:///m.jar\n"},
    {"native that is there", "sparkConfigMap=c|sparkDefaults=native", "driver",
     "'driver','--load-spark-defaults','--properties-file','/f'", NULL, "",
     "args driver --load-spark-defaults --properties-file /f\n"},
    {"executor", LOAD, "executor", "'executor'", NULL, "",
     "? \"" P "sparkDefaults\" is ignored on an executor: executors get their properties from the "
     "driver\nargs executor\n"},

    {"another value", "sparkConfigMap=c|sparkDefaults=yes", "executor", ARGS, NULL, "",
     "! " P "sparkDefaults: expected load or native, found \"yes\"\n"},
    {"no sparkConfigMap", "sparkDefaults=native", "driver", ARGS, NULL, "",
     "! " P
     "sparkDefaults: expected a sparkConfigMap on the same pod, with the spark-defaults.conf to "
     "read, found none\n"},
    {"a bad sparkConfigMap is one fault", "sparkDefaults=native|sparkConfigMap=A", "driver", ARGS,
     NULL, "",
     "! " P "sparkConfigMap: expected a ConfigMap's name (at most 253 of a-z, 0-9, '-' and '.', "
     "beginning and ending with a letter or digit), found \"A\"\n"},
    {"no file", LOAD, "driver", "'driver','m.jar','--properties-file','/f'", NULL, "",
     "! " P "sparkDefaults: expected one --properties-file among the driver's arguments, as "
     "spark-submit makes them, found none\n"},
    {"no file for native", "sparkConfigMap=c|sparkDefaults=native", "driver",
     "'driver','--properties-file'", NULL, "",
     "! " P "sparkDefaults: expected one --properties-file among the driver's arguments, as "
     "spark-submit makes them, found none\n"},
    {"several files", LOAD, "driver", "'driver','--properties-file','/f','--properties-file=/f'",
     NULL, "",
     "! " P "sparkDefaults: expected one --properties-file among the driver's arguments, as "
     "spark-submit makes them, found several\n"},
    {"a relative file", LOAD, "driver", "'driver','--properties-file','f'", NULL, "",
     "! " P
     "sparkDefaults: expected the driver's --properties-file to be an absolute path, found a "
     "path that is not absolute: \"f\"\n"},
    {"a variable", LOAD, "driver", "'driver','--properties-file','/$(F)'", NULL, "",
     "! " P
     "sparkDefaults: expected the driver's --properties-file to be an absolute path, found a "
     "path with a variable: \"/$(F)\"\n"},
    {"a part of a volume", LOAD, "driver", "'driver','--properties-file','/p/f'",
     "[{'name':'own','mountPath':'/p','subPath':'s'}]", "",
     "! " P "sparkDefaults: cannot read the driver's --properties-file \"/p/f\": at \"/p\" the pod "
     "mounts a part of its volume \"own\"\n"},
    {"a mounted file", LOAD, "driver", "'driver','--properties-file','/p/f'",
     "[{'name':'own','mountPath':'/p/f'}]", "",
     "! " P
     "sparkDefaults: cannot read the driver's --properties-file \"/p/f\": at \"/p/f\" the pod "
     "mounts a part of its volume \"own\"\n"},
    {"the place is taken", LOAD, "driver", ARGS,
     "[" OWN ",{'name':'x','mountPath':'//etc/spark/defaults/'}]", "",
     "! " P
     "sparkDefaults: the joined properties cannot be mounted at \"/etc/spark/defaults\": the pod "
     "mounts its volume \"x\" there\n"},
    {"the place is taken by an annotation", LOAD "|secret.s=/etc/spark/defaults", "driver", ARGS,
     NULL, "",
     "! " P
     "sparkDefaults: the joined properties cannot be mounted at \"/etc/spark/defaults\": the pod "
     "mounts its volume \"s-secret-volume\" there\n"},
    {"half of it was taken away", LOAD, "driver",
     "'driver','--properties-file','/etc/spark/defaults/spark.properties'", NULL, "",
     "! " P "sparkDefaults: the driver's --properties-file is /etc/spark/defaults/spark.properties "
     "already, but no init container of the pod writes it\n"},
};

static const char container_form[] =
    "{'name':'spark-kubernetes-%s','image':'i','imagePullPolicy':'Always','securityContext':{'"
    "runAsUser':7},"
    "'resources':{'limits':{'cpu':'1'}},'args':[%s],'volumeMounts':%s}";

static json_t *make_pod(size_t row)
{
    const char *mounts = rows[row].mounts ? rows[row].mounts : "[" OWN "]";
    char container[1024];
    char text[2048];
    json_t *pod;

    (void)snprintf(container, sizeof(container), container_form, rows[row].role, rows[row].args,
                   mounts);
    (void)snprintf(text, sizeof(text),
                   "{'metadata':{'name':'d','labels':{'spark-role':'%s'}},'spec':{%s"
                   "'volumes':[{'name':'own','configMap':{'name':'own'}}],'containers':[%s]}}",
                   rows[row].role, rows[row].spec, container);
    pod = json_of(text);
    json_object_set_new(json_object_get(pod, "metadata"), "annotations",
                        annotations_of(rows[row].ask));
    return pod;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "nothing";
}

static void print_mount(FILE *out, const char *before, const json_t *mount)
{
    (void)fprintf(out, "%s%s at %s%s", before, text_of(mount, "name"), text_of(mount, "mountPath"),
                  json_is_true(json_object_get(mount, "readOnly")) ? " ro" : "");
}

static void check_init(const json_t *init)
{
    json_t *as = json_of("{'image':'i','imagePullPolicy':'Always','securityContext':{"
                         "'runAsUser':7},'resources':{'limits':{'cpu':'1'}}}");
    json_t *has = json_deep_copy(init);

    json_object_update(has, as);
    ck_assert_msg(json_equal(has, init), "the init container is not like the Spark container");
    json_decref(as);
    json_decref(has);
}

static void print_init(FILE *out, const json_t *init)
{
    const json_t *command = json_object_get(init, "command");
    const char *before = ": ";
    json_t *mount;
    size_t i;

    check_init(init);
    (void)fprintf(out, "init %s", text_of(init, "name"));
    json_array_foreach(json_object_get(init, "volumeMounts"), i, mount)
    {
        print_mount(out, before, mount);
        before = ", ";
    }
    (void)fprintf(out, "\njoins %s\n", json_string_value(json_array_get(command, 5)));
    ck_assert_str_eq(json_string_value(json_array_get(command, 4)),
                     "/etc/spark/conf/spark-defaults.conf");
}

static bool is_ours(const json_t *named)
{
    return strncmp(text_of(named, "name"), "sparkhook-", 10) == 0;
}

/* Of the result; only what has a name of ours. */
static void print_pod(FILE *out, const json_t *pod)
{
    const json_t *spec = json_object_get(pod, "spec");
    const json_t *container = json_array_get(json_object_get(spec, "containers"), 0);
    json_t *value;
    size_t i;

    json_array_foreach(json_object_get(spec, "volumes"), i, value) if (is_ours(value))(void)
        fprintf(out, "volume %s %s\n", text_of(value, "name"),
                json_object_get(value, "emptyDir") ? "emptyDir" : "?");
    json_array_foreach(json_object_get(spec, "initContainers"), i,
                       value) if (json_object_get(value, "command")) print_init(out, value);
    json_array_foreach(json_object_get(container, "volumeMounts"), i, value) if (is_ours(value))
    {
        print_mount(out, "mount ", value);
        (void)fputc('\n', out);
    }
    (void)fputs("args", out);
    json_array_foreach(json_object_get(container, "args"), i, value)(void)
        fprintf(out, " %s", json_string_value(value));
    (void)fputc('\n', out);
}

/* Decides; the pod that results, NULL when it is denied. */
static json_t *decide(FILE *out, json_t *pod)
{
    struct spk_decision decision;
    struct spk_err err = {0};
    json_t *after = NULL;

    ck_assert_msg(spk_pod_decide(&decision, pod, &policy, &err) == 0, "%s", err.msg);
    for (size_t i = 0; out && i < decision.warning_count; i++)
        (void)fprintf(out, "? %s\n", decision.warnings[i]);
    if (decision.outcome == SPK_DENIED)
        (void)fprintf(out, "! %s\n", decision.message);
    else if (decision.patch)
        ck_assert_msg(spk_patch_apply(&after, pod, decision.patch, &err) == 0, "%s", err.msg);
    else
        after = json_incref(pod);
    spk_decision_done(&decision);
    return after;
}

START_TEST(defaults)
{
    json_t *pod = make_pod((size_t)_i);
    char *said = NULL;
    size_t len;
    FILE *out = open_memstream(&said, &len);
    json_t *after = decide(out, pod);

    if (after)
        print_pod(out, after);
    (void)fclose(out);
    ck_assert_msg(strcmp(said, rows[_i].expect) == 0, "%s:\n%s", rows[_i].name, said);
    if (after) {
        json_t *again = decide(NULL, after);
        ck_assert_msg(again == after, "%s: a second pass changes something", rows[_i].name);
        json_decref(again);
    }
    json_decref(after);
    json_decref(pod);
    free(said);
}
END_TEST

/* A review, not a decision, fails: that is no pod. */
static const char *const broken[] = {
    "{'args':[1]}",
    "{'args':'driver'}",
    "{'args':['driver',{}]}",
};

START_TEST(wrong_types)
{
    json_t *pod = make_pod(0);
    json_t *spec = json_object_get(pod, "spec");
    json_t *container = json_array_get(json_object_get(spec, "containers"), 0);
    json_t *wrong = json_of(broken[_i]);
    struct spk_decision decision;
    struct spk_err err = {0};

    json_object_update(container, wrong);
    ck_assert_int_eq(spk_pod_decide(&decision, pod, &policy, &err), -1);
    ck_assert_int_eq(err.code, SPK_EPARSE);
    ck_assert_msg(strncmp(err.msg, "spec.containers[0].args", 23) == 0, "%s", err.msg);
    spk_decision_done(&decision);
    json_decref(wrong);
    json_decref(pod);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("defaults");

    ADD_ROWS(tcase, defaults, rows);
    ADD_ROWS(tcase, wrong_types, broken);
    return run_case("defaults", tcase);
}
