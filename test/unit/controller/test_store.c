/* What the store makes of what watches bring; the watches themselves are test/unit/kube's. */
#include "controller/store_internal.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/json/memory.h"

#include "../suite.h"

#include <stdio.h>
#include <string.h>

#define A "v1beta2/ns/a"

static struct spk_store *store;
static char record[4096];
static struct spk_err err;

static void note(const char *what, const char *key)
{
    size_t len = strlen(record);

    (void)snprintf(record + len, sizeof(record) - len, "%s%s%s", len ? " " : "", what, key);
}

static void on_change(void *ctx, const char *key)
{
    (void)ctx;
    note("", key);
}

static void on_pod_gone(void *ctx, const char *key, const struct spk_pod *pod)
{
    char text[512];

    (void)ctx;
    (void)snprintf(text, sizeof(text), "%s:%s(%s)", key, pod->name,
                   pod->state == SPK_POD_RUNNING  ? "running"
                   : pod->state == SPK_POD_FAILED ? "failed"
                                                  : "other");
    note("gone:", text);
}

static void on_state(void *ctx, const char *what, bool watching, const struct spk_err *why)
{
    char text[1024];

    (void)ctx;
    (void)snprintf(text, sizeof(text), "[%s%s%s%s]", what, watching ? "" : " fails",
                   why ? ": " : "", why ? why->msg : "");
    note("", text);
}

static void make(bool v1alpha1, const char *const *namespaces)
{
    const struct spk_store_options options = {
        .namespaces = namespaces,
        .v1alpha1 = v1alpha1,
        .on_change = on_change,
        .on_pod_gone = on_pod_gone,
        .on_state = on_state,
    };

    store = spk_store_make(&options, &err);
    ck_assert_msg(store, "%s", err.msg);
    *record = '\0';
}

static void set_up(void)
{
    spk_json_init();
    make(true, NULL);
}

static void tear_down(void)
{
    spk_store_stop(store);
}

/* What has been told since the last call. */
static void expect(const char *told)
{
    ck_assert_str_eq(record, told);
    *record = '\0';
}

static json_t *app(const char *name, const char *uid, const char *version, const char *state)
{
    json_t *object = json_pack(
        "{s:{s:s, s:s, s:s, s:s, s:[{s:s}], s:{s:s, s:s}}, s:{s:s}, s:{s:{s:s}}}", "metadata",
        "namespace", "ns", "name", name, "uid", uid, "resourceVersion", version, "managedFields",
        "manager", "kubectl", "annotations", "kubectl.kubernetes.io/last-applied-configuration",
        "{}", "mine", "1", "spec", "mode", "cluster", "status", "applicationState", "state", state);

    ck_assert_ptr_nonnull(object);
    return object;
}

static json_t *pod(const char *name, const char *uid, const char *of, const char *role,
                   const char *phase)
{
    json_t *object =
        json_pack("{s:{s:s, s:s, s:s, s:{s:s, s:s}}, s:{s:s}}", "metadata", "namespace", "ns",
                  "name", name, "uid", uid, "labels", "sparkoperator.k8s.io/app-name", of,
                  "spark-role", role, "status", "phase", phase);

    ck_assert_ptr_nonnull(object);
    return object;
}

/* Both take the object. */
static void event(enum spk_source_kind kind, enum spk_kube_event what, json_t *object)
{
    spk_source_on_event(&store->sources[kind], what, object);
    json_decref(object);
}

static void page(enum spk_source_kind kind, bool first, bool last, json_t *items)
{
    spk_source_on_list(&store->sources[kind], &(struct spk_kube_page){items, first, last});
    json_decref(items);
}

static void list(enum spk_source_kind kind, json_t *items)
{
    page(kind, true, true, items);
}

static void lose(enum spk_source_kind kind, int status)
{
    struct spk_kube_state state = {.status = status, .err = {.code = SPK_EIO, .msg = "lost"}};

    spk_source_on_state(&store->sources[kind], &state);
}

/* Of the application with @key: the state and version that are held; "" for none. */
static const char *held(const char *key)
{
    static char text[256];
    json_t *object;
    int rc = spk_store_app(store, key, &object, &err);

    if (rc > 0)
        return "";
    ck_assert_msg(rc == 0, "%s", err.msg);
    (void)snprintf(
        text, sizeof(text), "%s %s",
        json_string_value(json_object_get(json_object_get(object, "metadata"), "resourceVersion")),
        json_string_value(json_object_get(
            json_object_get(json_object_get(object, "status"), "applicationState"), "state")));
    json_decref(object);
    return text;
}

static void put(const char *key, json_t *object)
{
    ck_assert_msg(spk_store_put_app(store, key, object, &err) == 0, "%s", err.msg);
    json_decref(object);
}

static size_t pods_of(const char *key)
{
    struct spk_pod *pods;
    size_t count;

    ck_assert_msg(spk_store_pods(store, key, &pods, &count, &err) == 0, "%s", err.msg);
    free(pods);
    return count;
}

START_TEST(applications_come_change_and_go)
{
    list(SPK_SOURCE_V1BETA2, json_pack("[o, o]", app("a", "1", "5", ""), app("b", "2", "6", "")));
    expect(A " v1beta2/ns/b");
    ck_assert_str_eq(held(A), "5 ");
    event(SPK_SOURCE_V1BETA2, SPK_KUBE_MODIFIED, app("a", "1", "7", "RUNNING"));
    event(SPK_SOURCE_V1BETA2, SPK_KUBE_ADDED, app("c", "3", "8", ""));
    expect(A " v1beta2/ns/c");
    ck_assert_str_eq(held(A), "7 RUNNING");
    ck_assert_uint_eq(spk_store_counts(store).apps, 3);
    event(SPK_SOURCE_V1BETA2, SPK_KUBE_DELETED, app("a", "1", "9", "RUNNING"));
    expect(A);
    ck_assert_str_eq(held(A), "");
    ck_assert_uint_eq(spk_store_counts(store).apps, 2);
}
END_TEST

START_TEST(versions_are_different_applications)
{
    event(SPK_SOURCE_V1BETA2, SPK_KUBE_ADDED, app("a", "1", "5", "new"));
    event(SPK_SOURCE_V1ALPHA1, SPK_KUBE_ADDED, app("a", "2", "6", "old"));
    expect(A " v1alpha1/ns/a");
    ck_assert_str_eq(held(A), "5 new");
    ck_assert_str_eq(held("v1alpha1/ns/a"), "6 old");
    event(SPK_SOURCE_PODS, SPK_KUBE_ADDED, pod("p", "u", "a", "driver", "Running"));
    expect(A " v1alpha1/ns/a");
    ck_assert_uint_eq(pods_of("v1alpha1/ns/a"), 1);
}
END_TEST

START_TEST(what_nobody_needs_is_left_out)
{
    json_t *object = app("a", "1", "5", "");
    json_t *found;

    event(SPK_SOURCE_V1BETA2, SPK_KUBE_ADDED, json_incref(object));
    ck_assert_msg(json_object_get(json_object_get(object, "metadata"), "managedFields"),
                  "the watch's object was changed");
    json_decref(object);
    ck_assert_int_eq(spk_store_app(store, A, &found, &err), 0);
    object = json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:{s:s}}, s:{s:s}, s:{s:{s:s}}}",
                       "apiVersion", "sparkoperator.k8s.io/v1beta2", "kind", "SparkApplication",
                       "metadata", "namespace", "ns", "name", "a", "uid", "1", "resourceVersion",
                       "5", "annotations", "mine", "1", "spec", "mode", "cluster", "status",
                       "applicationState", "state", "");
    ck_assert(json_equal(object, found));
    json_decref(object);
    json_decref(found);
}
END_TEST

START_TEST(lists_tell_what_is_new_and_what_is_gone)
{
    list(SPK_SOURCE_V1BETA2, json_pack("[o, o, o]", app("a", "1", "5", ""), app("b", "2", "6", ""),
                                       app("c", "3", "7", "")));
    event(SPK_SOURCE_V1ALPHA1, SPK_KUBE_ADDED, app("other", "9", "8", ""));
    *record = '\0';
    lose(SPK_SOURCE_V1BETA2, 410);
    expect("[SparkApplications (v1beta2) of all namespaces fails: lost]");
    /* A list that breaks off says nothing about what it has not held. */
    page(SPK_SOURCE_V1BETA2, true, false, json_pack("[o]", app("a", "1", "5", "")));
    expect("");
    page(SPK_SOURCE_V1BETA2, true, false, json_pack("[o]", app("a", "1", "5", "")));
    page(SPK_SOURCE_V1BETA2, false, true, json_pack("[o]", app("b", "2", "9", "")));
    expect("v1beta2/ns/b v1beta2/ns/c");
    ck_assert_str_eq(held("v1beta2/ns/c"), "");
    ck_assert_str_eq(held("v1alpha1/ns/other"), "8 ");
    /* The same name, made anew meanwhile. */
    list(SPK_SOURCE_V1BETA2, json_pack("[o, o]", app("a", "1b", "5", ""), app("b", "2", "9", "")));
    expect(A);
}
END_TEST

START_TEST(pods_that_are_gone_are_told_as_deleted)
{
    list(SPK_SOURCE_PODS, json_pack("[o, o, o]", pod("d", "1", "a", "driver", "Running"),
                                    pod("e1", "2", "a", "executor", "Running"),
                                    pod("e2", "3", "a", "executor", "Running")));
    expect(A " " A " " A);
    ck_assert_uint_eq(pods_of(A), 3);
    ck_assert_uint_eq(pods_of("v1beta2/ns/b"), 0);
    event(SPK_SOURCE_PODS, SPK_KUBE_DELETED, pod("e1", "2", "a", "executor", "Failed"));
    expect("gone:" A ":e1(failed) " A);
    list(SPK_SOURCE_PODS, json_array());
    ck_assert_msg(strstr(record, "gone:" A ":e2(running) " A), "%s", record);
    ck_assert_msg(strstr(record, "gone:" A ":d(running) " A), "%s", record);
    ck_assert_uint_eq(pods_of(A), 0);
    ck_assert_uint_eq(spk_store_counts(store).bytes, 0);
}
END_TEST

START_TEST(a_pod_made_anew_is_another_one)
{
    event(SPK_SOURCE_PODS, SPK_KUBE_ADDED, pod("e", "1", "a", "executor", "Running"));
    *record = '\0';
    list(SPK_SOURCE_PODS, json_pack("[o]", pod("e", "2", "a", "executor", "Pending")));
    expect("gone:" A ":e(running) " A " " A);
    ck_assert_uint_eq(pods_of(A), 1);
    /* It belongs to another application now. */
    event(SPK_SOURCE_PODS, SPK_KUBE_MODIFIED, pod("e", "2", "b", "executor", "Pending"));
    expect("gone:" A ":e(other) " A " v1beta2/ns/b");
    ck_assert_uint_eq(pods_of(A), 0);
    ck_assert_uint_eq(pods_of("v1beta2/ns/b"), 1);
}
END_TEST

START_TEST(a_pod_that_changes_in_nothing_is_not_told)
{
    json_t *same = pod("d", "1", "a", "driver", "Running");

    event(SPK_SOURCE_PODS, SPK_KUBE_ADDED, pod("d", "1", "a", "driver", "Running"));
    expect(A);
    (void)json_object_set_new(json_object_get(same, "status"), "observedGeneration",
                              json_integer(7));
    event(SPK_SOURCE_PODS, SPK_KUBE_MODIFIED, same);
    expect("");
    event(SPK_SOURCE_PODS, SPK_KUBE_MODIFIED, pod("d", "1", "a", "driver", "Failed"));
    expect(A);
}
END_TEST

static const struct {
    const char *name;
    const char *stored; /* resourceVersion that is there; NULL: nothing is there */
    const char *uid;
    const char *written;
    const char *held;
} puts_[] = {
    {"newer", "9", "1", "10", "10 put"},
    {"older", "10", "1", "9", "10 "},
    {"the same", "10", "1", "10", "10 "},
    {"another object", "9", "2", "10", "9 "},
    {"nothing is there", NULL, "1", "10", ""},
    {"not decimal", "9", "1", "a10", "9 "},
    {"nor was it before", "x", "1", "10", "x "},
    {"leading zero", "9", "1", "010", "9 "},
    {"many digits", "99999999999999999998", "1", "99999999999999999999",
     "99999999999999999999 put"},
    {"more than can be stored", "9", "1", "999999999999999999999", "9 "},
};

START_TEST(writes_are_seen_unless_something_newer_is_there)
{
    if (puts_[_i].stored)
        event(SPK_SOURCE_V1BETA2, SPK_KUBE_ADDED, app("a", "1", puts_[_i].stored, ""));
    *record = '\0';
    put(A, app("a", puts_[_i].uid, puts_[_i].written, "put"));
    ck_assert_msg(strcmp(held(A), puts_[_i].held) == 0, "%s: %s", puts_[_i].name, held(A));
    expect("");
}
END_TEST

START_TEST(older_events_do_not_undo_a_write)
{
    event(SPK_SOURCE_V1BETA2, SPK_KUBE_ADDED, app("a", "1", "5", ""));
    put(A, app("a", "1", "9", "put"));
    event(SPK_SOURCE_V1BETA2, SPK_KUBE_MODIFIED, app("a", "1", "7", "earlier"));
    expect(A);
    ck_assert_str_eq(held(A), "9 put");
    event(SPK_SOURCE_V1BETA2, SPK_KUBE_MODIFIED, app("a", "1", "9", "put"));
    expect(A);
    event(SPK_SOURCE_V1BETA2, SPK_KUBE_MODIFIED, app("a", "1", "11", "later"));
    ck_assert_str_eq(held(A), "11 later");
    put(A, app("a", "1", "12", "put"));
    event(SPK_SOURCE_V1BETA2, SPK_KUBE_DELETED, app("a", "1", "13", ""));
    put(A, app("a", "1", "12", "put"));
    ck_assert_str_eq(held(A), "");
}
END_TEST

START_TEST(a_list_that_was_asked_for_later_is_right)
{
    event(SPK_SOURCE_V1BETA2, SPK_KUBE_ADDED, app("a", "1", "5", ""));
    put(A, app("a", "1", "900", "put"));
    lose(SPK_SOURCE_V1BETA2, 0);
    *record = '\0';
    /* A backup was restored: versions are smaller than before. */
    list(SPK_SOURCE_V1BETA2, json_pack("[o]", app("a", "1", "3", "restored")));
    expect(A);
    ck_assert_str_eq(held(A), "3 restored");
    /* This write comes after the list was asked for. */
    lose(SPK_SOURCE_V1BETA2, 0);
    put(A, app("a", "1", "4", "put"));
    list(SPK_SOURCE_V1BETA2, json_pack("[o]", app("a", "1", "3", "restored")));
    ck_assert_str_eq(held(A), "4 put");
    /* The write's own event was lost with the watch: the list stands in for it. */
    lose(SPK_SOURCE_V1BETA2, 0);
    *record = '\0';
    list(SPK_SOURCE_V1BETA2, json_pack("[o]", app("a", "1", "4", "put")));
    expect(A);
    list(SPK_SOURCE_V1BETA2, json_pack("[o]", app("a", "1", "4", "put")));
    expect("");
}
END_TEST

START_TEST(filled_when_all_lists_are_read)
{
    ck_assert(!spk_store_filled(store));
    list(SPK_SOURCE_PODS, json_array());
    list(SPK_SOURCE_PODS, json_array());
    page(SPK_SOURCE_V1BETA2, true, false, json_array());
    lose(SPK_SOURCE_V1ALPHA1, 403);
    ck_assert(!spk_store_filled(store));
    *record = '\0';
    lose(SPK_SOURCE_V1ALPHA1, 404);
    expect("[SparkApplications (v1alpha1) of all namespaces fails: not installed: lost]");
    ck_assert(!spk_store_filled(store));
    page(SPK_SOURCE_V1BETA2, false, true, json_array());
    ck_assert(spk_store_filled(store));
    lose(SPK_SOURCE_V1BETA2, 404);
    ck_assert(spk_store_filled(store));
}
END_TEST

START_TEST(what_can_not_be_read_is_told_and_left)
{
    event(SPK_SOURCE_PODS, SPK_KUBE_ADDED, pod("d", "1", "a", "driver", "Running"));
    *record = '\0';
    event(SPK_SOURCE_PODS, SPK_KUBE_MODIFIED,
          json_pack("{s:{s:s, s:s}, s:i}", "metadata", "namespace", "ns", "name", "d", "spec", 1));
    ck_assert_msg(strstr(record, "[pods of all namespaces: pod ns/d: spec: expected an object"),
                  "%s", record);
    *record = '\0';
    event(SPK_SOURCE_V1BETA2, SPK_KUBE_ADDED, json_pack("{s:{s:s}}", "metadata", "name", "x"));
    expect("[SparkApplications (v1beta2) of all namespaces: metadata: expected a namespace and a "
           "name]");
    ck_assert_uint_eq(pods_of(A), 1);
}
END_TEST

START_TEST(namespaces_are_watched_once_each)
{
    const char *const names[] = {"x", "y", "x", NULL};
    const char *many[SPK_NAMESPACES_MAX + 2] = {0};

    spk_store_stop(store);
    make(false, names);
    ck_assert_uint_eq(store->source_count, 4);
    ck_assert_str_eq(store->sources[3].what, "pods of namespace y");
    for (size_t i = 0; i <= SPK_NAMESPACES_MAX; i++)
        many[i] = "x";
    spk_store_stop(store);
    store = spk_store_make(&(struct spk_store_options){.namespaces = many}, &err);
    ck_assert_ptr_null(store);
    ck_assert_msg(strstr(err.msg, "65, at most 64"), "%s", err.msg);
}
END_TEST

START_TEST(keys_of_all)
{
    char name[16];
    char **keys;
    size_t count = 0;

    for (int i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof(name), "a%02d", i);
        event(SPK_SOURCE_V1BETA2, SPK_KUBE_ADDED, app(name, name, "5", ""));
    }
    ck_assert_int_eq(spk_store_keys(store, &keys, &err), 0);
    ck_assert_str_eq(keys[0], "v1beta2/ns/a00");
    while (keys[count])
        count++;
    ck_assert_uint_eq(count, 100);
    spk_store_keys_free(keys);
}
END_TEST

/* An application as people write them: 100 variables, 50 settings, 200 executors in its status. */
static json_t *big_app(void)
{
    json_t *object = app("big", "1", "5", "RUNNING");
    json_t *env = json_array();
    json_t *conf = json_object();
    json_t *executors = json_object();
    char text[64];

    for (int i = 0; i < 200; i++) {
        (void)snprintf(text, sizeof(text), "spark-pi-0123456789abcdef-exec-%d", i);
        (void)json_object_set_new(executors, text, json_string("RUNNING"));
        (void)snprintf(text, sizeof(text), "VARIABLE_NUMBER_%d", i);
        if (i < 100)
            (void)json_array_append_new(env, json_pack("{s:s,s:s}", "name", text, "value", text));
        (void)snprintf(text, sizeof(text), "spark.some.setting.%d", i);
        if (i < 50)
            (void)json_object_set_new(conf, text, json_string("some value"));
    }
    (void)json_object_set_new(json_object_get(object, "spec"), "sparkConf", conf);
    (void)json_object_set_new(json_object_get(object, "spec"), "driver",
                              json_pack("{s:o}", "env", env));
    (void)json_object_set_new(json_object_get(object, "status"), "executorState", executors);
    return object;
}

START_TEST(sizes_are_as_promised)
{
    size_t bytes;

    event(SPK_SOURCE_V1BETA2, SPK_KUBE_ADDED, big_app());
    bytes = spk_store_counts(store).bytes;
    printf("a big application: %zu bytes\n", bytes);
    ck_assert_uint_lt(bytes, 20 * 1024);
    event(SPK_SOURCE_PODS, SPK_KUBE_ADDED,
          pod("spark-pi-0123456789abcdef-exec-1", "1", "a", "executor", "Running"));
    bytes = spk_store_counts(store).bytes - bytes;
    printf("a pod and its group: %zu bytes\n", bytes);
    ck_assert_uint_lt(bytes, 2048 - 100);
    event(SPK_SOURCE_PODS, SPK_KUBE_DELETED,
          pod("spark-pi-0123456789abcdef-exec-1", "1", "a", "executor", "Running"));
    event(SPK_SOURCE_V1BETA2, SPK_KUBE_DELETED, big_app());
    ck_assert_uint_eq(spk_store_counts(store).bytes, 0);
}
END_TEST

START_TEST(a_watch_that_opens_has_nothing_to_complain_of)
{
    const struct spk_kube_state state = {.watching = true};

    spk_source_on_state(&store->sources[SPK_SOURCE_PODS], &state);
    expect("[pods of all namespaces]");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("store");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, applications_come_change_and_go);
    tcase_add_test(tcase, versions_are_different_applications);
    tcase_add_test(tcase, what_nobody_needs_is_left_out);
    tcase_add_test(tcase, lists_tell_what_is_new_and_what_is_gone);
    tcase_add_test(tcase, pods_that_are_gone_are_told_as_deleted);
    tcase_add_test(tcase, a_pod_made_anew_is_another_one);
    tcase_add_test(tcase, a_pod_that_changes_in_nothing_is_not_told);
    ADD_ROWS(tcase, writes_are_seen_unless_something_newer_is_there, puts_);
    tcase_add_test(tcase, older_events_do_not_undo_a_write);
    tcase_add_test(tcase, a_list_that_was_asked_for_later_is_right);
    tcase_add_test(tcase, filled_when_all_lists_are_read);
    tcase_add_test(tcase, what_can_not_be_read_is_told_and_left);
    tcase_add_test(tcase, a_watch_that_opens_has_nothing_to_complain_of);
    tcase_add_test(tcase, namespaces_are_watched_once_each);
    tcase_add_test(tcase, keys_of_all);
    tcase_add_test(tcase, sizes_are_as_promised);
    return run_case("store", tcase);
}
