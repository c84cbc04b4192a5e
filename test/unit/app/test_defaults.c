#include "../suite.h"

#include "spk/app/defaults.h"

#include <stdio.h>
#include <string.h>

/* A spec, and the paths that are filled in with what; in a row ' stands for ". */
static const struct {
    const char *spec;
    const char *want;
} rows[] = {
    {"{}", "/spec/type=\"Scala\" /spec/mode=\"cluster\" "
           "/spec/restartPolicy={\"type\":\"Never\"} "},
    {"{'type':'R','mode':'cluster','restartPolicy':{'type':'Never'}}", ""},
    {"{'type':'R','mode':'cluster','restartPolicy':{}}", "/spec/restartPolicy/type=\"Never\" "},
    {"{'type':'R','mode':'cluster','restartPolicy':{'type':'Always','onFailureRetryInterval':9}}",
     "/spec/restartPolicy/onSubmissionFailureRetryInterval=5 "},
    {"{'type':'R','mode':'cluster','restartPolicy':{'type':'Never'},'driver':{},'executor':{}}",
     "/spec/driver/cores=1 /spec/driver/memory=\"1g\" /spec/executor/cores=1 "
     "/spec/executor/memory=\"1g\" /spec/executor/instances=1 "},
    {"{'type':'R','mode':'cluster','restartPolicy':{'type':'Never'},'driver':{'cores':2},"
     "'executor':{'memory':'2g'},'sparkConf':{'spark.driver.memory':'3g','spark.executor.cores':'4'"
     ","
     "'spark.executor.instances':'5'}}",
     ""},
    {"{'type':'R','mode':'cluster','restartPolicy':{'type':'Never'},'executor':{'cores':1,'memory':"
     "'1g'"
     "},'sparkConf':{'spark.dynamicAllocation.enabled':'true'}}",
     ""},
    {"{'type':'R','mode':'cluster','restartPolicy':{'type':'Never'},'executor':{'cores':1,'memory':"
     "'1g'"
     "},'dynamicAllocation':{'enabled':true}}",
     "/spec/dynamicAllocation/shuffleTrackingEnabled=true "},
    {"{'type':'R','mode':'cluster','restartPolicy':{'type':'Never'},'driver':7,'executor':[],"
     "'dynamicAllocation':'yes'}",
     ""},
};

static json_t *object_of(const char *spec, const char *status)
{
    char text[1024];
    json_t *object;

    (void)snprintf(text, sizeof(text), "{'spec':%s,'status':%s}", spec, status);
    for (char *quote = text; (quote = strchr(quote, '\'')); quote++)
        *quote = '"';
    object = json_loads(text, 0, NULL);
    ck_assert_msg(object != NULL, "%s", text);
    return object;
}

static void print(char *out, size_t size, const json_t *ops)
{
    const json_t *op;
    size_t i;

    *out = '\0';
    json_array_foreach(ops, i, op)
    {
        char *value = json_dumps(json_object_get(op, "value"), JSON_ENCODE_ANY | JSON_COMPACT);
        size_t used = strlen(out);

        ck_assert_str_eq(json_string_value(json_object_get(op, "op")), "add");
        (void)snprintf(out + used, size - used, "%s=%s ",
                       json_string_value(json_object_get(op, "path")), value);
        free(value);
    }
}

static void check(const char *spec, const char *status, const char *want)
{
    json_t *object = object_of(spec, status);
    struct spk_err err;
    char got[1024];
    json_t *ops;

    ck_assert_int_eq(spk_app_defaults(&ops, object, &err), 0);
    print(got, sizeof(got), ops);
    ck_assert_str_eq(got, want);
    json_decref(ops);
    json_decref(object);
}

START_TEST(test_what_is_missing_is_filled_in)
{
    check(rows[_i].spec, "{}", rows[_i].want);
}
END_TEST

static const char *const closed[] = {
    "{'submissionID':'id-1'}",
    "{'applicationState':{'state':'RUNNING'}}",
    "{'applicationState':{'state':'COMPLETED'}}",
};

START_TEST(test_an_application_at_work_gets_nothing)
{
    check("{}", closed[_i], "");
}
END_TEST

START_TEST(test_one_that_runs_anew_is_filled_in)
{
    check("{'type':'R','mode':'cluster'}", "{'applicationState':{'state':'INVALIDATING'}}",
          "/spec/restartPolicy={\"type\":\"Never\"} ");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("defaults");

    ADD_ROWS(tcase, test_what_is_missing_is_filled_in, rows);
    ADD_ROWS(tcase, test_an_application_at_work_gets_nothing, closed);
    tcase_add_test(tcase, test_one_that_runs_anew_is_filled_in);
    return run_case("defaults", tcase);
}
