#include "controller/options.h"

#include "spk/base/cleanup.h"

#include "../suite.h"

#include <string.h>

/* With the arguments of @text, blanks between; they live as long as the test. */
static int parse(struct spk_run_options *options, const char *text, const char *spark_home,
                 struct spk_err *err)
{
    static char buf[1024];
    char *argv[32] = {(char *)"run"};
    char *rest = buf;
    int argc = 1;

    (void)snprintf(buf, sizeof(buf), "%s", text);
    while (rest && *rest && argc < 31)
        argv[argc++] = strsep(&rest, " ");
    return spk_run_options_parse(options, argc, argv, spark_home, err);
}

static const struct {
    const char *text;
    const char *expect;
} refused[] = {
    {"--naemspaces=a", "unknown flag '--naemspaces': is --namespaces meant?"},
    {"--namespaces=a,B", "--namespaces: found 'B', expected names of namespaces"},
    {"--namespaces=a,,b", "--namespaces: found '', expected"},
    {"--namespaces=a,\n", "--namespaces: found '\n'"},
    {"--label-selector=", "--label-selector: found '', expected a text"},
    {"--label-selector=a=b=c", "--label-selector: found 'a=b=c', expected labels as kubectl -l"},
    {"--controller-threads=0", "--controller-threads: found '0'"},
    {"--submission-timeout=1", "--submission-timeout: found '1', expected a duration"},
    {"--leader-election=yes", "--leader-election: found 'yes', expected true or false"},
    {"--enable-ui-service=", "--enable-ui-service: found ''"},
    {"--spark-home=opt/spark", "--spark-home: found 'opt/spark', expected an absolute"},
    {"--spark-home=latest=/opt/spark", "--spark-home: found 'latest=/opt/spark'"},
    {"--spark-home=3.5=", "--spark-home: found '3.5='"},
    {"--ui-service-type=None", "expected one of ClusterIP|NodePort|LoadBalancer"},
    {"--ingress-class=nginx", "--ingress-class: needs --ingress-url-format"},
    {"--ingress-url-format=x --enable-ui-service=false",
     "--ingress-url-format: needs --enable-ui-service"},
    {"--ingress-url-format={{$appNam}}.x",
     "--ingress-url-format: the Ingress URL format has {{$appNam}}"},
    {"--ingress-tls=[]", "--ingress-tls: needs --ingress-url-format"},
    {"--ingress-url-format=x --ingress-annotations={", "--ingress-annotations: JSON line 1"},
    {"--ingress-url-format=x --ingress-annotations={\"a\":1}",
     "--ingress-annotations: found '{\"a\":1}', expected a JSON object of texts"},
    {"--ingress-url-format=x --ingress-tls={}", "--ingress-tls: found '{}', expected a JSON array"},
    {"--ingress-url-format=x --ingress-tls=[1]", "--ingress-tls: found '[1]', expected"},
    {"--max-tracked-executor-per-app=10001", "--max-tracked-executor-per-app: found '10001'"},
    {"--metrics-prefix=1x", "--metrics-prefix: found '1x'"},
    {"--metrics-labels=a,b,c,d,e,f,g,h,i", "--metrics-labels: more than 8"},
    {"--metrics-labels=1a", "--metrics-labels: found '1a'"},
    {"--leader-election-renew-deadline=15s", "expected less than --leader-election-lease-duration"},
    {"--leader-election-retry-period=10s", "expected less than --leader-election-renew-deadline"},
    {"--health-address=localhost", "--health-address: found 'localhost', expected an IP"},
    {"extra", "unexpected argument 'extra'"},
};

START_TEST(refuses)
{
    struct spk_run_options options;
    struct spk_err err = {0};

    ck_assert_msg(parse(&options, refused[_i].text, "/opt/spark", &err) == -1, "%s",
                  refused[_i].text);
    ck_assert_msg(strstr(err.msg, refused[_i].expect) != NULL, "%s: got '%s'", refused[_i].text,
                  err.msg);
    ck_assert_int_eq(err.code, SPK_EINVALID);
    spk_run_options_done(&options);
}
END_TEST

START_TEST(defaults)
{
    struct spk_run_options options;
    struct spk_err err = {0};

    ck_assert_msg(parse(&options, "", "/opt/spark", &err) == 0, "%s", err.msg);
    ck_assert_uint_eq(options.namespace_count, 0);
    ck_assert_ptr_null(options.namespaces[0]);
    ck_assert(options.leader_election && options.ui_service && !options.v1alpha1);
    ck_assert_int_eq(options.submission_threads, 3);
    ck_assert_int_eq(options.controller_threads, 10);
    ck_assert_uint_eq(options.home_count, 1);
    ck_assert_ptr_null(options.homes[0].version);
    ck_assert_str_eq(options.homes[0].path, "/opt/spark");
    ck_assert_str_eq(options.ui_service_type_text, "ClusterIP");
    spk_run_options_done(&options);
}
END_TEST

START_TEST(lists_and_homes)
{
    struct spk_run_options options;
    struct spk_err err = {0};

    ck_assert_msg(parse(&options,
                        "--namespaces=a,b --namespaces=c --spark-home=3.5=/s/3=5 --spark-home=/s/4 "
                        "--metrics-labels=app_type,namespace --leader-election=false --v1alpha1 "
                        "--ingress-url-format={{$appName}}.x --ingress-class-name=nginx",
                        NULL, &err) == 0,
                  "%s", err.msg);
    ck_assert_uint_eq(options.namespace_count, 3);
    ck_assert_str_eq(options.namespaces[1], "b");
    ck_assert_str_eq(options.namespaces[2], "c");
    ck_assert_ptr_null(options.namespaces[3]);
    ck_assert_str_eq(options.homes[0].version, "3.5");
    ck_assert_str_eq(options.homes[0].path, "/s/3=5");
    ck_assert_ptr_null(options.homes[1].version);
    ck_assert_str_eq(options.metrics_labels[1], "namespace");
    ck_assert(!options.leader_election && options.v1alpha1);
    ck_assert_str_eq(options.ingress_class, "nginx");
    spk_run_options_done(&options);
}
END_TEST

START_TEST(some_spark_has_to_be_there)
{
    struct spk_run_options options;
    struct spk_err err = {0};

    ck_assert_int_eq(parse(&options, "", NULL, &err), -1);
    ck_assert_msg(strstr(err.msg, "--spark-home: missing, and SPARK_HOME is not set") != NULL, "%s",
                  err.msg);
    spk_run_options_done(&options);
    ck_assert_int_eq(parse(&options, "", "spark", &err), -1);
    spk_run_options_done(&options);
}
END_TEST

START_TEST(no_more_homes_than_there_is_room_for)
{
    struct spk_run_options options;
    struct spk_err err = {0};

    ck_assert_int_eq(parse(&options,
                           "--spark-home=/1 --spark-home=/2 --spark-home=/3 --spark-home=/4 "
                           "--spark-home=/5 --spark-home=/6 --spark-home=/7 --spark-home=/8 "
                           "--spark-home=/9",
                           NULL, &err),
                     -1);
    ck_assert_msg(strstr(err.msg, "more than 8 times") != NULL, "%s", err.msg);
    spk_run_options_done(&options);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("options");

    ADD_ROWS(tcase, refuses, refused);
    tcase_add_test(tcase, defaults);
    tcase_add_test(tcase, lists_and_homes);
    tcase_add_test(tcase, some_spark_has_to_be_there);
    tcase_add_test(tcase, no_more_homes_than_there_is_room_for);
    return run_case("options", tcase);
}
