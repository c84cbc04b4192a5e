#include "spk/admission/view_tree.h"

#include "pod.h"

static const struct {
    const char *pod;
    const char *fault;
} wrong[] = {
    {"7", "document: expected an object, found an integer"},
    {"{'metadata':[]}", "metadata: expected an object, found an array"},
    {"{'metadata':{'name':1}}", "metadata.name: expected a string, found an integer"},
    {"{'metadata':{'generateName':{}}}", "metadata.generateName: expected a string"},
    {"{'metadata':{'namespace':[]}}", "metadata.namespace: expected a string"},
    {"{'metadata':{'labels':''}}", "metadata.labels: expected an object, found a string"},
    {"{'metadata':{'labels':{'spark-role':true}}}", "metadata.labels.spark-role: expected a str"},
    {"{'metadata':{'labels':{'spark-app-selector':1}}}", "metadata.labels.spark-app-selector: e"},
    {"{'metadata':{'annotations':[]}}", "metadata.annotations: expected an object"},
    {"{'metadata':{'annotations':{'a/b':1}}}", "metadata.annotations.a/b: expected a string"},
    {"{'metadata':{'ownerReferences':{}}}", "metadata.ownerReferences: expected an array"},
    {"{'metadata':{'ownerReferences':[1]}}", "metadata.ownerReferences[0]: expected an object"},
    {"{'metadata':{'ownerReferences':[{'uid':1}]}}", "metadata.ownerReferences[0].uid: expected"},
    {"{'metadata':{'ownerReferences':[{'controller':'x'}]}}",
     "metadata.ownerReferences[0].controller: expected a boolean"},
    {"{'spec':''}", "spec: expected an object"},
    {"{'spec':{'volumes':{}}}", "spec.volumes: expected an array"},
    {"{'spec':{'volumes':[{},null]}}", "spec.volumes[1]: expected an object, found null"},
    {"{'spec':{'volumes':[{'name':1}]}}", "spec.volumes[0].name: expected a string"},
    {"{'spec':{'volumes':[{'configMap':1}]}}", "spec.volumes[0].configMap: expected an object"},
    {"{'spec':{'volumes':[{'configMap':{'name':1}}]}}", "spec.volumes[0].configMap.name: expecte"},
    {"{'spec':{'volumes':[{'configMap':{'items':1}}]}}", "spec.volumes[0].configMap.items: expec"},
    {"{'spec':{'volumes':[{'secret':[]}]}}", "spec.volumes[0].secret: expected an object"},
    {"{'spec':{'volumes':[{'secret':{'secretName':1}}]}}", "spec.volumes[0].secret.secretName: e"},
    {"{'spec':{'containers':1}}", "spec.containers: expected an array"},
    {"{'spec':{'containers':[1]}}", "spec.containers[0]: expected an object"},
    {"{'spec':{'containers':[{'name':1}]}}", "spec.containers[0].name: expected a string"},
    {"{'spec':{'containers':[{'args':1}]}}", "spec.containers[0].args: expected an array"},
    {"{'spec':{'containers':[{'args':[1]}]}}", "spec.containers[0].args[0]: expected a string"},
    {"{'spec':{'containers':[{},{'env':{}}]}}", "spec.containers[1].env: expected an array"},
    {"{'spec':{'containers':[{'env':['A']}]}}", "spec.containers[0].env[0]: expected an object"},
    {"{'spec':{'containers':[{'env':[{'name':1}]}]}}", "spec.containers[0].env[0].name: expected"},
    {"{'spec':{'containers':[{'env':[{'value':1}]}]}}", "spec.containers[0].env[0].value: expect"},
    {"{'spec':{'containers':[{'volumeMounts':''}]}}", "spec.containers[0].volumeMounts: expected"},
    {"{'spec':{'containers':[{'volumeMounts':[{'name':1}]}]}}",
     "spec.containers[0].volumeMounts[0].name: expected a string"},
    {"{'spec':{'containers':[{'volumeMounts':[{'mountPath':1}]}]}}",
     "spec.containers[0].volumeMounts[0].mountPath: expected a string"},
    {"{'spec':{'containers':[{'volumeMounts':[{'subPath':1}]}]}}",
     "spec.containers[0].volumeMounts[0].subPath: expected a string"},
    {"{'spec':{'containers':[{'volumeMounts':[{'subPathExpr':1}]}]}}",
     "spec.containers[0].volumeMounts[0].subPathExpr: expected a string"},
};

START_TEST(wrong_types)
{
    struct spk_arena arena;
    struct spk_view view;
    struct spk_err err = {0};
    json_t *pod = json_of(wrong[_i].pod);

    spk_arena_init(&arena, SPK_ARENA_MAX);
    ck_assert_msg(spk_view_read(&view, &arena, pod, &err) == -1, "%s: read", wrong[_i].pod);
    ck_assert_msg(err.code == SPK_EPARSE, "%s: code %d", wrong[_i].pod, err.code);
    ck_assert_msg(strncmp(err.msg, wrong[_i].fault, strlen(wrong[_i].fault)) == 0, "%s: %s",
                  wrong[_i].pod, err.msg);
    spk_arena_done(&arena);
    json_decref(pod);
}
END_TEST

/* A null is like nothing at all. */
START_TEST(absent_and_null)
{
    static const char *const pods[] = {
        "{}",
        "{'metadata':null,'spec':null}",
        "{'metadata':{'name':null,'generateName':null,'namespace':null,'labels':null,"
        "'annotations':null,'ownerReferences':null},'spec':{'volumes':null,'containers':null}}",
    };
    struct reading reading;

    read_pod(&reading, json_of(pods[_i]));
    ck_assert_ptr_null(reading.view.name.ptr);
    ck_assert_uint_eq(reading.view.annotation_count, 0);
    ck_assert_uint_eq(reading.view.container_count, 0);
    ck_assert(!reading.view.has_owners && !reading.view.has_volumes);
    release(&reading);
}
END_TEST

START_TEST(nulls_inside)
{
    struct reading reading;
    const struct spk_view_container *container;

    read_pod(&reading,
             json_of("{'metadata':{'labels':{'spark-role':null},'annotations':{'a':null}},'spec':{"
                     "'volumes':[{'name':null,'configMap':null,'secret':null}],'containers':["
                     "{'name':null,'args':null,'env':null,'volumeMounts':null},{'args':[],'env':["
                     "{'name':null,'value':null,'valueFrom':null}],'volumeMounts':[{'name':null,"
                     "'mountPath':null,'subPath':null,'subPathExpr':''}]}]}}"));
    ck_assert_uint_eq(reading.view.annotation_count, 1);
    ck_assert(spk_str_is(reading.view.annotations[0].value, ""));
    ck_assert_ptr_null(reading.view.role.ptr);
    ck_assert_int_eq(reading.view.volumes[0].source.kind, SPK_SOURCE_OTHER);
    ck_assert(spk_str_is(reading.view.volumes[0].source.name, "no source"));
    container = &reading.view.containers[0];
    ck_assert(!container->has_env && !container->has_mounts);
    container = &reading.view.containers[1];
    ck_assert(container->has_env && container->has_mounts);
    ck_assert(!container->env[0].from);
    ck_assert(!container->mounts[0].part);
    release(&reading);
}
END_TEST

START_TEST(everything)
{
    struct reading reading;
    const struct spk_view *view = &reading.view;

    read_pod(
        &reading,
        json_of("{'metadata':{'name':'n','generateName':'g-','namespace':'s','labels':{"
                "'spark-role':'driver','spark-app-selector':'app'},'annotations':{'k':'v'},"
                "'ownerReferences':[{'uid':'u','controller':true},{'uid':'w'}]},'spec':{"
                "'volumes':[{'name':'a','configMap':{'name':'c'}},{'name':'b','secret':{"
                "'secretName':'s','items':[{'key':'x'}]}},{'name':'d','emptyDir':{}},{'name':'e',"
                "'configMap':{'name':'c','items':[]}}],'initContainers':[{'name':'i'}],"
                "'containers':[{'name':'x','args':['driver','b'],'env':[{'name':'A','value':'1'},"
                "{'name':'B','valueFrom':{'fieldRef':{}}}],'volumeMounts':[{'name':'a',"
                "'mountPath':'/p/'},{'name':'b','mountPath':'/q','subPath':'f'},{'name':'b',"
                "'mountPath':'/r','subPathExpr':'$(A)'}]}]}}"));
    ck_assert(spk_str_is(view->name, "n") && spk_str_is(view->generate_name, "g-"));
    ck_assert(spk_str_is(view->namespace_, "s") && spk_str_is(view->app, "app"));
    ck_assert(spk_str_is(view->role, "driver"));
    ck_assert(spk_str_is(view->annotations[0].key, "k"));
    ck_assert(spk_str_is(view->annotations[0].value, "v"));
    ck_assert_uint_eq(view->owner_count, 2);
    ck_assert(view->owners[0].controller && !view->owners[1].controller);
    ck_assert(spk_str_is(view->owners[1].uid, "w"));
    ck_assert_uint_eq(view->volume_count, 4);
    ck_assert_int_eq(view->volumes[0].source.kind, SPK_SOURCE_CONFIG_MAP);
    ck_assert(spk_str_is(view->volumes[0].source.name, "c") && !view->volumes[0].part);
    ck_assert_int_eq(view->volumes[1].source.kind, SPK_SOURCE_SECRET);
    ck_assert(spk_str_is(view->volumes[1].source.name, "s") && view->volumes[1].part);
    ck_assert_int_eq(view->volumes[2].source.kind, SPK_SOURCE_OTHER);
    ck_assert(spk_str_is(view->volumes[2].source.name, "emptyDir"));
    ck_assert(!view->volumes[3].part);
    ck_assert_uint_eq(view->container_count, 1);
    ck_assert(spk_str_is(view->containers[0].first_arg, "driver"));
    ck_assert(spk_str_is(view->containers[0].env[0].value, "1"));
    ck_assert(!view->containers[0].env[0].from && view->containers[0].env[1].from);
    ck_assert(spk_str_is(view->containers[0].mounts[0].path, "/p/"));
    ck_assert(!view->containers[0].mounts[0].part);
    ck_assert(view->containers[0].mounts[1].part && view->containers[0].mounts[2].part);
    release(&reading);
}
END_TEST

START_TEST(no_memory_for_it)
{
    struct spk_arena arena;
    struct spk_view view;
    struct spk_err err = {0};
    json_t *pod = json_of(_i ? "{'spec':{'containers':[{}]}}" : "{'metadata':{'annotations':{}}}");

    spk_arena_init(&arena, 10);
    ck_assert_int_eq(spk_view_read(&view, &arena, pod, &err), -1);
    ck_assert_int_eq(err.code, SPK_ENOMEM);
    spk_arena_done(&arena);
    json_decref(pod);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("view_tree");

    ADD_ROWS(tcase, wrong_types, wrong);
    tcase_add_loop_test(tcase, absent_and_null, 0, 3);
    tcase_add_test(tcase, nulls_inside);
    tcase_add_test(tcase, everything);
    tcase_add_loop_test(tcase, no_memory_for_it, 0, 2);
    return run_case("view_tree", tcase);
}
