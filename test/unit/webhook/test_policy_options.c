#include "webhook/install/policy_options.h"

#include "../suite.h"

#define ARGS_MAX 6

static int parse(struct spk_policy_options *options, const char *const *args, struct spk_err *err)
{
    char *argv[ARGS_MAX + 2] = {(char *)"policy"};
    int argc = 1;

    for (; args[argc - 1]; argc++)
        argv[argc] = (char *)args[argc - 1];
    return spk_policy_options_parse(options, argc, argv, err);
}

static const struct {
    const char *args[ARGS_MAX];
    const char *expect[3]; /* parts of the message */
} refused[] = {
    {{"--kube-version=1.29"}, {"--kube-version", "1.29", "1.30"}},
    {{"--mutating", "--kube-version=1.35"}, {"--kube-version", "1.36", "manifest"}},
    {{"--kube-version=30"}, {"--kube-version", "'30'"}},
    {{"--mutating", "--action=Warn"}, {"--action", "'Warn'", "Deny"}},
    {{"--mutating", "--action=Audit"}, {"--action", "'Audit'", "Deny"}},
    {{"--action=deny"}, {"--action", "'deny'", "Deny|Warn|Audit"}},
    {{"--name=A"}, {"--name", "'A'"}},
    {{"--annotation-prefix=a/"}, {"--annotation-prefix", "'a/'", "slash"}},
    {{"--only-namespace=a.b"}, {"--only-namespace", "'a.b'", "namespace's"}},
    {{"--exclude-namespace=a.b"}, {"--exclude-namespace", "'a.b'"}},
    {{"--mutate"}, {"--mutate", "--mutating"}},
    {{"more"}, {"'more'"}},
};

START_TEST(refuses)
{
    struct spk_policy_options options;
    struct spk_err err;

    ck_assert_int_eq(parse(&options, refused[_i].args, &err), -1);
    ck_assert_int_eq(err.code, SPK_EINVALID);
    for (size_t i = 0; i < 3 && refused[_i].expect[i]; i++)
        ck_assert_msg(strstr(err.msg, refused[_i].expect[i]) != NULL, "no '%s' in '%s'",
                      refused[_i].expect[i], err.msg);
}
END_TEST

START_TEST(defaults)
{
    const char *const args[] = {NULL};
    struct spk_policy_options options;
    struct spk_err err;

    ck_assert_msg(parse(&options, args, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(options.name, "spark-webhook");
    ck_assert_str_eq(options.annotation_prefix, "spark-operator.k8s.io");
    ck_assert_str_eq(options.action_text, "Deny");
    ck_assert(!options.mutating && !options.own_prefix && !options.selects_namespaces);
}
END_TEST

START_TEST(values)
{
    const char *const args[] = {"--annotation-prefix=a.example", "--only-namespace=b",
                                "--exclude-namespace=c",         "--action=Audit",
                                "--kube-version=v1.30.14",       NULL};
    struct spk_policy_options options;
    struct spk_err err;

    ck_assert_msg(parse(&options, args, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(options.annotation_prefix, "a.example");
    ck_assert_str_eq(options.action_text, "Audit");
    ck_assert_str_eq(options.only_namespaces.items[0], "b");
    ck_assert_str_eq(options.exclude_namespaces.items[0], "c");
    ck_assert(options.own_prefix && options.selects_namespaces);
    ck_assert(options.has_only_namespaces && options.has_exclude_namespaces);
    ck_assert_int_eq(options.kube_minor, 30);
}
END_TEST

START_TEST(mutating)
{
    const char *const args[] = {"--mutating", "--kube-version=1.36", NULL};
    const char *const help[] = {"--mutating", "--help", NULL};
    struct spk_policy_options options;
    struct spk_err err;

    ck_assert_msg(parse(&options, args, &err) == 0, "%s", err.msg);
    ck_assert(options.mutating);
    ck_assert_int_eq(parse(&options, help, &err), 1);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("policy_options");

    ADD_ROWS(tcase, refuses, refused);
    tcase_add_test(tcase, defaults);
    tcase_add_test(tcase, values);
    tcase_add_test(tcase, mutating);
    return run_case("policy_options", tcase);
}
