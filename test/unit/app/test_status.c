#include "spk/app/status.h"

#include "../suite.h"

#include <string.h>

static struct spk_app_status full(void)
{
    return (struct spk_app_status){
        .state = SPK_APP_FAILED,
        .submission_id = "11111111-2222-4333-8444-555555555555",
        .application_id = "spark-abc",
        .execution_attempts = 2,
        .submission_attempts = 3,
        .submitted_s = 1767225600,
        .terminated_s = 1767225660,
        .message = "driver container failed with ExitCode: 1, Reason: Error",
        .driver = {.pod = "x-driver",
                   .ui_service = "x-ui-svc",
                   .ui_address = "10.0.0.1:4040",
                   .ui_port = 4040,
                   .ingress = "x-ui-ingress",
                   .ingress_address = "x.example.com"},
    };
}

static const char *text_at(const json_t *status, const char *in, const char *key)
{
    return json_string_value(json_object_get(in ? json_object_get(status, in) : status, key));
}

START_TEST(the_names_are_the_peers)
{
    const struct spk_app_status none = {0};
    const struct spk_app_status status = full();
    struct spk_app_status again;
    struct spk_err err = {0};
    json_t *patch;
    json_t *json;

    ck_assert_int_eq(spk_app_status_patch(&patch, &none, &status, NULL, NULL, &err), 0);
    json = json_object_get(patch, "status");
    ck_assert_str_eq(text_at(json, "applicationState", "state"), "FAILED");
    ck_assert_str_eq(text_at(json, NULL, "terminationTime"), "2026-01-01T00:01:00Z");
    ck_assert_str_eq(text_at(json, NULL, "lastSubmissionAttemptTime"), "2026-01-01T00:00:00Z");
    ck_assert_str_eq(text_at(json, NULL, "submissionID"), status.submission_id);
    ck_assert_str_eq(text_at(json, NULL, "sparkApplicationId"), "spark-abc");
    ck_assert_str_eq(text_at(json, "driverInfo", "webUIAddress"), "10.0.0.1:4040");
    ck_assert_str_eq(text_at(json, "driverInfo", "webUIIngressAddress"), "x.example.com");
    ck_assert_int_eq(spk_app_status_read(&again, json, &err), 0);
    ck_assert_str_eq(again.message, status.message);
    ck_assert_str_eq(again.driver.ingress, "x-ui-ingress");
    ck_assert_int_eq(again.driver.ui_port, 4040);
    ck_assert_int_eq(again.terminated_s, status.terminated_s);
    json_decref(patch);
    ck_assert_int_eq(spk_app_status_patch(&patch, &again, &status, NULL, NULL, &err), 0);
    ck_assert_ptr_null(patch);
}
END_TEST

START_TEST(what_is_none_is_null)
{
    const struct spk_app_status old = full();
    struct spk_app_status status = full();
    struct spk_err err = {0};
    json_t *patch;
    json_t *json;

    status.state = SPK_APP_NEW;
    status.terminated_s = 0;
    status.driver.pod[0] = '\0';
    ck_assert_int_eq(spk_app_status_patch(&patch, &old, &status, NULL, NULL, &err), 0);
    json = json_object_get(patch, "status");
    ck_assert_str_eq(text_at(json, "applicationState", "state"), "");
    ck_assert(json_is_null(json_object_get(json, "terminationTime")));
    ck_assert(json_is_null(json_object_get(json_object_get(json, "driverInfo"), "podName")));
    ck_assert_uint_eq(json_object_size(json), 3);
    json_decref(patch);
}
END_TEST

START_TEST(executors_that_are_no_more_are_null)
{
    const struct spk_app_status status = full();
    struct spk_err err = {0};
    json_t *have = json_pack("{ss ss}", "e-1", "RUNNING", "e-2", "RUNNING");
    json_t *now = json_pack("{ss ss}", "e-1", "RUNNING", "e-3", "PENDING");
    json_t *patch;
    json_t *states;

    ck_assert_int_eq(spk_app_status_patch(&patch, &status, &status, have, now, &err), 0);
    states = json_object_get(json_object_get(patch, "status"), "executorState");
    ck_assert_uint_eq(json_object_size(states), 2);
    ck_assert(json_is_null(json_object_get(states, "e-2")));
    ck_assert_str_eq(json_string_value(json_object_get(states, "e-3")), "PENDING");
    json_decref(patch);
    ck_assert_int_eq(spk_app_status_patch(&patch, &status, &status, have, have, &err), 0);
    ck_assert_ptr_null(patch);
    json_decref(have);
    json_decref(now);
}
END_TEST

static const struct {
    const char *text;
    enum spk_app_state state;
    const char *says; /* a part of the error; NULL: it can be read */
} reads[] = {
    {"null", SPK_APP_NEW, NULL},
    {"{}", SPK_APP_NEW, NULL},
    {"{\"applicationState\":{\"state\":\"NEW\"}}", SPK_APP_NEW, NULL},
    {"{\"applicationState\":{\"state\":\"PENDING_RERUN\"}}", SPK_APP_PENDING_RERUN, NULL},
    {"{\"applicationState\":{\"state\":\"DREAMING\"}}", SPK_APP_UNKNOWN, NULL},
    {"{\"executionAttempts\":-3,\"submissionAttempts\":99999999999}", SPK_APP_NEW, NULL},
    {"{\"terminationTime\":null}", SPK_APP_NEW, NULL},
    {"{\"terminationTime\":\"2026-01-01T01:00:00+01:00\"}", SPK_APP_NEW, NULL},
    {"[]", SPK_APP_NEW, "status: expected an object"},
    {"{\"applicationState\":7}", SPK_APP_NEW, "status.applicationState: expected an object"},
    {"{\"applicationState\":{\"state\":7}}", SPK_APP_NEW, "status.applicationState.state"},
    {"{\"terminationTime\":\"2026-01-01t00:00:00z\",\"applicationState\":{\"state\":\"RUNNING\"}}",
     SPK_APP_RUNNING, NULL},
    {"{\"terminationTime\":5}", SPK_APP_NEW, "status.terminationTime: expected a string"},
    {"{\"executionAttempts\":\"2\"}", SPK_APP_NEW, "status.executionAttempts"},
    {"{\"driverInfo\":{\"podName\":[]}}", SPK_APP_NEW, "status.driverInfo.podName"},
};

START_TEST(read)
{
    json_t *json = json_loads(reads[_i].text, JSON_DECODE_ANY, NULL);
    struct spk_app_status status = {0};
    struct spk_err err = {0};
    int rc = spk_app_status_read(&status, json, &err);

    ck_assert_msg(rc == (reads[_i].says ? -1 : 0), "%s: %s", reads[_i].text, err.msg);
    ck_assert_msg(!reads[_i].says || strstr(err.msg, reads[_i].says), "%s", err.msg);
    ck_assert_int_eq(status.state, reads[_i].state);
    ck_assert_int_ge(status.execution_attempts, 0);
    json_decref(json);
}
END_TEST

START_TEST(what_is_too_long_is_cut_between_characters)
{
    char text[2048] = {0};
    struct spk_app_status status;
    struct spk_err err = {0};
    json_t *json;

    memset(text, 'x', 1022);
    strcpy(text + 1022, "\u00e4\u00e4");
    json = json_pack("{s{ss}}", "applicationState", "errorMessage", text);
    ck_assert_int_eq(spk_app_status_read(&status, json, &err), 0);
    ck_assert_uint_eq(strlen(status.message), 1022);
    json_decref(json);
}
END_TEST

START_TEST(every_state_reads_back)
{
    json_t *json = json_pack("{s{ss}}", "applicationState", "state",
                             spk_app_state_text((enum spk_app_state)_i));
    struct spk_app_status status;
    struct spk_err err = {0};

    ck_assert_int_eq(spk_app_status_read(&status, json, &err), 0);
    ck_assert_int_eq(status.state, _i);
    json_decref(json);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("status");

    tcase_add_test(tcase, the_names_are_the_peers);
    tcase_add_test(tcase, what_is_none_is_null);
    tcase_add_test(tcase, executors_that_are_no_more_are_null);
    ADD_ROWS(tcase, read, reads);
    tcase_add_test(tcase, what_is_too_long_is_cut_between_characters);
    tcase_add_loop_test(tcase, every_state_reads_back, 0, SPK_APP_STATES);
    return run_case("status", tcase);
}
