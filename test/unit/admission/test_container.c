#include "spk/admission/container.h"

#include "pod.h"

#define BIND  "'env':[{'name':'A'},{'name':'SPARK_DRIVER_BIND_ADDRESS','valueFrom':{}}]"
#define ID    "'env':[{'name':'SPARK_EXECUTOR_ID','value':'1'}]"
#define PROXY "{'name':'istio-proxy','args':['proxy'],'env':[{'name':'X','value':'1'}]}"

static const struct {
    const char *name;
    enum spk_role role;
    const char *containers;
    size_t index;
    const char *by;
} rows[] = {
    {"driver by environment", SPK_ROLE_DRIVER, "[{'name':'x'," BIND "}]", 0, "its environment"},
    {"executor by environment", SPK_ROLE_EXECUTOR, "[{'name':'x'," ID "}]", 0, "its environment"},
    {"driver by name", SPK_ROLE_DRIVER, "[{'name':'spark-kubernetes-driver'}]", 0, "its name"},
    {"executor by name", SPK_ROLE_EXECUTOR, "[{'name':'spark-kubernetes-executor'}]", 0,
     "its name"},
    {"executor of Spark 2", SPK_ROLE_EXECUTOR, "[{'name':'executor'}]", 0, "its name"},
    {"driver by argument", SPK_ROLE_DRIVER, "[{'name':'x','args':['driver']}]", 0,
     "its first argument"},
    {"executor by argument", SPK_ROLE_EXECUTOR, "[{'name':'x','args':['executor']}]", 0,
     "its first argument"},
    {"nothing tells", SPK_ROLE_DRIVER, "[{'name':'x'},{'name':'y'}]", 0, NULL},
    {"the other role does not count", SPK_ROLE_DRIVER,
     "[{'name':'spark-kubernetes-executor','args':['executor']," ID "}]", 0, NULL},
    {"only the first argument", SPK_ROLE_DRIVER, "[{'name':'x','args':['a','driver']}]", 0, NULL},
    {"sidecar in front, environment", SPK_ROLE_DRIVER, "[" PROXY ",{'name':'x'," BIND "}]", 1,
     "its environment"},
    {"sidecar in front, name", SPK_ROLE_DRIVER, "[" PROXY ",{'name':'spark-kubernetes-driver'}]", 1,
     "its name"},
    {"sidecar in front, argument", SPK_ROLE_EXECUTOR, "[" PROXY ",{'args':['executor']}]", 1,
     "its first argument"},
    {"environment before name", SPK_ROLE_DRIVER,
     "[{'name':'spark-kubernetes-driver'},{'name':'x'," BIND "}]", 1, "its environment"},
    {"environment before argument", SPK_ROLE_DRIVER,
     "[{'name':'x','args':['driver']},{'name':'y'," BIND "}]", 1, "its environment"},
    {"name before argument", SPK_ROLE_DRIVER,
     "[{'name':'x','args':['driver']},{'name':'spark-kubernetes-driver'}]", 1, "its name"},
    {"two marked, name narrows", SPK_ROLE_DRIVER,
     "[{'name':'x'," BIND "},{'name':'spark-kubernetes-driver'," BIND "}]", 1, "its environment"},
    {"two marked, argument narrows", SPK_ROLE_DRIVER,
     "[{'name':'x'," BIND "},{'name':'y','args':['driver']," BIND "}]", 1, "its environment"},
    {"two marked, nothing narrows", SPK_ROLE_DRIVER,
     "[{'name':'x'," BIND "},{'name':'y'," BIND "}]", 0, "its environment"},
    {"two of a name, argument narrows", SPK_ROLE_EXECUTOR,
     "[{'name':'executor'},{'name':'executor','args':['executor']}]", 1, "its name"},
    {"name of the unmarked does not narrow", SPK_ROLE_DRIVER,
     "[{'name':'x'," BIND "},{'name':'spark-kubernetes-driver'},{'name':'z'," BIND "}]", 0,
     "its environment"},
    {"three, all narrow", SPK_ROLE_DRIVER,
     "[{'name':'x'," BIND "},{'name':'spark-kubernetes-driver'," BIND
     "},{'name':'spark-kubernetes-driver','args':['driver']," BIND "}]",
     2, "its environment"},
};

START_TEST(found)
{
    json_t *pod = json_object();
    json_t *spec = json_object();
    struct reading reading;
    struct spk_spark_container got;

    json_object_set_new(spec, "containers", json_of(rows[_i].containers));
    json_object_set_new(pod, "spec", spec);
    read_pod(&reading, pod);
    got = spk_container_find(&reading.view, rows[_i].role);
    ck_assert_msg(got.index == rows[_i].index, "%s: %zu", rows[_i].name, got.index);
    ck_assert_msg((got.by == NULL) == (rows[_i].by == NULL) &&
                      (!got.by || strcmp(got.by, rows[_i].by) == 0),
                  "%s: by %s", rows[_i].name, got.by ? got.by : "nothing");
    release(&reading);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("container");

    ADD_ROWS(tcase, found, rows);
    return run_case("container", tcase);
}
