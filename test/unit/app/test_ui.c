#include "../grants.h"
#include "../suite.h"

#include "../../../src/app/ui_parts.h"

#include <stdlib.h>
#include <string.h>

static struct spk_app app;
static json_t *object;
static struct spk_err err;
static const struct spk_ui_options PLAIN = {.service_type = "ClusterIP"};

static void make(const char *name, const char *more)
{
    json_t *spec = json_pack("{ss ss s{} s{}}", "type", "Scala", "sparkVersion", "3.5.7", "driver",
                             "executor");
    json_t *parsed = json_loads(more, 0, NULL);

    ck_assert_ptr_nonnull(parsed);
    ck_assert_int_eq(json_object_update_new(spec, parsed), 0);
    object = json_pack("{ss ss s{ss ss ss ss} so}", "apiVersion", "sparkoperator.k8s.io/v1beta2",
                       "kind", "SparkApplication", "metadata", "name", name, "namespace", "team",
                       "uid", "u-1", "resourceVersion", "1", "spec", spec);
    ck_assert_int_eq(spk_app_read(&app, object, &err), 0);
    strcpy(app.status.submission_id, "id-1");
}

static void teardown(void)
{
    spk_app_done(&app);
    json_decref(object);
    memset(&app, 0, sizeof(app));
    object = NULL;
}

static const struct {
    const char *name;
    const char *suffix;
    const char *want; /* NULL: shortened */
} names[] = {
    {"pi", "ui-svc", "pi-ui-svc"},
    {"pi", "ui-ingress", "pi-ui-ingress"},
    {"a123456789a123456789a123456789a123456789a123456789a12345", "ui-svc",
     "a123456789a123456789a123456789a123456789a123456789a12345-ui-svc"},
    {"a123456789a123456789a123456789a123456789a12345678-a123456789", "ui-svc", NULL},
    {"a123456789a123456789a123456789a123456789a12345678-a123456788", "ui-svc", NULL},
};

START_TEST(test_names_are_labels)
{
    char name[64];

    make(names[_i].name, "{}");
    ck_assert_int_eq(spk_ui_name(name, &app, names[_i].suffix, &err), 0);
    ck_assert_uint_le(strlen(name), 63);
    if (names[_i].want)
        ck_assert_str_eq(name, names[_i].want);
    ck_assert_ptr_null(strstr(name, "--"));
}
END_TEST

START_TEST(test_shortened_names_differ)
{
    char one[64];
    char two[64];

    make(names[3].name, "{}");
    ck_assert_int_eq(spk_ui_name(one, &app, "ui-svc", &err), 0);
    teardown();
    make(names[4].name, "{}");
    ck_assert_int_eq(spk_ui_name(two, &app, "ui-svc", &err), 0);
    ck_assert_str_ne(one, two);
}
END_TEST

static const struct {
    const char *format;
    const char *host; /* NULL: refused */
    const char *path;
} urls[] = {
    {"{{$appName}}.example.com", "pi.example.com", ""},
    {"https://{{ $appName }}.{{$appNamespace}}.example/", "pi.team.example", ""},
    {"example.com/{{$appNamespace}}/{{$appName}}/", "example.com", "/team/pi"},
    {"{{$appname}}.example.com", NULL, NULL},
    {"/only/a/path", NULL, NULL},
    {"{{open.example.com", "{{open.example.com", ""},
};

START_TEST(test_an_url_is_filled_in)
{
    char host[256];
    char path[256];

    make("pi", "{}");
    if (!urls[_i].host) {
        ck_assert_int_eq(spk_ui_url(host, path, &app, urls[_i].format, &err), -1);
        return;
    }
    ck_assert_int_eq(spk_ui_url(host, path, &app, urls[_i].format, &err), 0);
    ck_assert_str_eq(host, urls[_i].host);
    ck_assert_str_eq(path, urls[_i].path);
}
END_TEST

static const char *member(const json_t *from, const char *outer, const char *inner)
{
    return json_string_value(json_object_get(json_object_get(from, outer), inner));
}

START_TEST(test_the_service_says_what_the_application_says)
{
    const json_t *service;
    const json_t *port;
    json_t *objects;

    make("pi", "{\"sparkConf\":{\"spark.ui.port\":\"4050\"},\"sparkUIOptions\":{"
               "\"servicePort\":80,\"serviceType\":\"NodePort\",\"servicePortName\":\"web\","
               "\"serviceLabels\":{\"team\":\"a\",\"sparkoperator.k8s.io/app-name\":\"x\"}}}");
    ck_assert_int_eq(spk_ui_objects(&objects, &app, &PLAIN, &err), 0);
    ck_assert_uint_eq(json_array_size(objects), 1);
    service = json_array_get(objects, 0);
    port = json_array_get(json_object_get(json_object_get(service, "spec"), "ports"), 0);
    ck_assert_int_eq(json_integer_value(json_object_get(port, "port")), 80);
    ck_assert_int_eq(json_integer_value(json_object_get(port, "targetPort")), 4050);
    ck_assert_str_eq(member(service, "spec", "type"), "NodePort");
    service = json_object_get(service, "metadata");
    ck_assert_str_eq(member(service, "labels", "team"), "a");
    ck_assert_str_eq(member(service, "labels", SPK_APP_LABEL_NAME), "pi");
    json_decref(objects);
}
END_TEST

START_TEST(test_an_ingress_leads_to_the_service_and_is_told_of)
{
    struct spk_ui_options options = {.service_type = "ClusterIP",
                                     .ingress_url_format = "h.example/{{$appName}}",
                                     .ingress_class = "nginx"};
    struct spk_app_status status = {0};
    json_t *objects;

    make("pi", "{\"driverIngressOptions\":[{\"servicePort\":8888,\"servicePortName\":\"notebook\","
               "\"ingressURLFormat\":\"n.example\"}]}");
    ck_assert_int_eq(spk_ui_objects(&objects, &app, &options, &err), 0);
    ck_assert_uint_eq(json_array_size(objects), 4);
    spk_ui_status(&status, json_array_get(objects, 0), json_array_get(objects, 1));
    ck_assert_str_eq(status.driver.ui_service, "pi-ui-svc");
    ck_assert_int_eq(status.driver.ui_port, 4040);
    ck_assert_str_eq(status.driver.ingress, "pi-ui-ingress");
    ck_assert_str_eq(status.driver.ingress_address, "h.example/pi");
    ck_assert_str_eq(spk_ui_object_name(json_array_get(objects, 2)), "pi-ing-8888");
    json_decref(objects);
}
END_TEST

static const char *annotation(const json_t *ingress, const char *name)
{
    return member(json_object_get(ingress, "metadata"), "annotations", name);
}

START_TEST(test_an_ingress_is_as_the_application_says_or_else_as_all_are)
{
    json_t *annotations = json_pack("{ss}", "example.com/auth", "on");
    json_t *tls = json_pack("[{ss}]", "secretName", "of-all");
    const struct spk_ui_options options = {.service_type = "ClusterIP",
                                           .ingress_url_format = "h.example",
                                           .ingress_annotations = annotations,
                                           .ingress_tls = tls};
    const json_t *ui;
    const json_t *other;
    json_t *objects;

    make("pi",
         "{\"driverIngressOptions\":[{\"servicePort\":8888,\"ingressURLFormat\":\"n.example\","
         "\"ingressAnnotations\":{\"own\":\"x\"},\"ingressTLS\":[{\"secretName\":\"own\"}]}]}");
    ck_assert_int_eq(spk_ui_objects(&objects, &app, &options, &err), 0);
    ui = json_array_get(objects, 1);
    other = json_array_get(objects, 3);
    ck_assert_str_eq(annotation(ui, "example.com/auth"), "on");
    ck_assert(json_equal(json_object_get(json_object_get(ui, "spec"), "tls"), tls));
    ck_assert_str_eq(annotation(other, "own"), "x");
    ck_assert_ptr_null(annotation(other, "example.com/auth"));
    ck_assert(!json_equal(json_object_get(json_object_get(other, "spec"), "tls"), tls));
    json_decref(objects);
    json_decref(annotations);
    json_decref(tls);
}
END_TEST

/* Who submits for himself may give his driver no submission's id: an empty one would be no pod's.
 */
static const struct {
    const char *submission;
    const char *application;
    const char *key;     /* what tells the driver from others of the name */
    const char *without; /* what is left out */
} drivers[] = {
    {"id-1", "spark-1", SPK_APP_LABEL_SUBMISSION, "spark-app-selector"},
    {"", "spark-1", "spark-app-selector", SPK_APP_LABEL_SUBMISSION},
    {"", "", "spark-role", SPK_APP_LABEL_SUBMISSION},
};

START_TEST(test_the_service_selects_what_the_driver_has)
{
    const json_t *selector;
    const json_t *service;
    json_t *objects;

    make("pi", "{}");
    strcpy(app.status.submission_id, drivers[_i].submission);
    strcpy(app.status.application_id, drivers[_i].application);
    ck_assert_int_eq(spk_ui_objects(&objects, &app, &PLAIN, &err), 0);
    service = json_array_get(objects, 0);
    selector = json_object_get(json_object_get(service, "spec"), "selector");
    ck_assert_ptr_nonnull(json_object_get(selector, drivers[_i].key));
    ck_assert_ptr_null(json_object_get(selector, drivers[_i].without));
    ck_assert_str_eq(json_string_value(json_object_get(selector, SPK_APP_LABEL_NAME)), "pi");
    ck_assert_str_eq(json_string_value(json_object_get(selector, "spark-role")), "driver");
    if (!*drivers[_i].submission) {
        ck_assert_ptr_null(
            member(json_object_get(service, "metadata"), "labels", SPK_APP_LABEL_SUBMISSION));
    }
    json_decref(objects);
}
END_TEST

START_TEST(test_without_memory_nothing_is_made_by_halves)
{
    struct spk_ui_options options = {.service_type = "ClusterIP",
                                     .ingress_url_format = "h.example/{{$appName}}"};
    int made = 0;
    json_t *whole;

    make("pi", "{\"sparkUIOptions\":{\"serviceLabels\":{\"a\":\"1\",\"b\":\"2\"},"
               "\"ingressAnnotations\":{\"c\":\"3\"}}}");
    ck_assert_int_eq(spk_ui_objects(&whole, &app, &options, &err), 0);
    json_set_alloc_funcs(granted, free);
    for (int most = 0; most < 400; most++) {
        json_t *objects = NULL;
        grants = most;
        made += spk_ui_objects(&objects, &app, &options, &err) == 0;
        grants = -1;
        ck_assert_msg(!objects || json_equal(objects, whole), "%d allocations", most);
        json_decref(objects);
    }
    ck_assert_int_gt(made, 10);
    ck_assert_int_lt(made, 390);
    json_decref(whole);
    json_set_alloc_funcs(malloc, free);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("ui");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    ADD_ROWS(tcase, test_names_are_labels, names);
    tcase_add_test(tcase, test_shortened_names_differ);
    ADD_ROWS(tcase, test_an_url_is_filled_in, urls);
    tcase_add_test(tcase, test_the_service_says_what_the_application_says);
    tcase_add_test(tcase, test_an_ingress_leads_to_the_service_and_is_told_of);
    tcase_add_test(tcase, test_an_ingress_is_as_the_application_says_or_else_as_all_are);
    ADD_ROWS(tcase, test_the_service_selects_what_the_driver_has, drivers);
    tcase_add_test(tcase, test_without_memory_nothing_is_made_by_halves);
    return run_case("ui", tcase);
}
