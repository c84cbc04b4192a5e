#include "webhook/doctor/options.h"

#include "../suite.h"

#include <string.h>

#define ARGS_MAX 4

static int parse(struct spk_doctor_options *options, const char *const *args, struct spk_err *err)
{
    char *argv[ARGS_MAX + 2] = {(char *)"doctor"};
    int argc = 1;

    for (; args[argc - 1]; argc++)
        argv[argc] = (char *)args[argc - 1];
    return spk_doctor_options_parse(options, argc, argv, err);
}

static const struct {
    const char *args[ARGS_MAX];
    const char *expect[2]; /* parts of the message */
} refused[] = {
    {{"--pod=a/b", "--pod-file=x"}, {"--pod-file", "--pod"}},
    {{"--pod=a/b", "--pod-namespace=c"}, {"--pod-namespace", "--pod"}},
    {{"--pod=a/"}, {"--pod", "NAMESPACE/NAME"}},
    {{"--pod=/b"}, {"--pod", "NAMESPACE/NAME"}},
    {{"--pod=a/../b"}, {"--pod", "NAMESPACE/NAME"}},
    {{"--pod=A"}, {"--pod", "'A'"}},
    {{"--name=a.b"}, {"--name", "'a.b'"}},
    {{"--output=yaml"}, {"--output", "text|json"}},
    {{"--webhook-configuration=a/b"}, {"--webhook-configuration", "'a/b'"}},
    {{"pod"}, {"'pod'", "unexpected"}},
};

START_TEST(refuses)
{
    struct spk_doctor_options options;
    struct spk_err err;

    ck_assert_int_eq(parse(&options, refused[_i].args, &err), -1);
    ck_assert_int_eq(err.code, SPK_EINVALID);
    for (size_t i = 0; i < 2; i++)
        ck_assert_msg(strstr(err.msg, refused[_i].expect[i]) != NULL, "no '%s' in '%s'",
                      refused[_i].expect[i], err.msg);
}
END_TEST

START_TEST(names)
{
    const char *const none[] = {NULL};
    const char *const own[] = {"--name=x", "--secret-name=y.z", NULL};
    struct spk_doctor_options it;
    struct spk_err err;

    ck_assert_msg(parse(&it, none, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(it.namespace_, "sparkhook");
    ck_assert_str_eq(it.service_name, "spark-webhook");
    ck_assert_str_eq(it.webhook_configuration, "zz-spark-webhook");
    ck_assert_str_eq(it.secret_name, "spark-webhook-certs");
    ck_assert_str_eq(it.controller_name, "spark-controller");
    ck_assert_str_eq(it.controller_namespace, "sparkhook");
    ck_assert(!it.annotation_prefix && !it.pod_name && !it.pod_namespace);
    ck_assert_msg(parse(&it, own, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(it.service_name, "x");
    ck_assert_str_eq(it.webhook_configuration, "zz-x");
    ck_assert_str_eq(it.secret_name, "y.z");
}
END_TEST

START_TEST(pod)
{
    const char *const whole[] = {"--pod=ns/a.b", NULL};
    const char *const half[] = {"--pod=a", "--pod-namespace=ns", NULL};
    struct spk_doctor_options it;
    struct spk_err err;

    ck_assert_msg(parse(&it, whole, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(it.pod_namespace, "ns");
    ck_assert_str_eq(it.pod_name, "a.b");
    ck_assert_msg(parse(&it, half, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(it.pod_namespace, "ns");
    ck_assert_str_eq(it.pod_name, "a");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("doctor options");

    ADD_ROWS(tcase, refuses, refused);
    tcase_add_test(tcase, names);
    tcase_add_test(tcase, pod);
    return run_case("doctor options", tcase);
}
