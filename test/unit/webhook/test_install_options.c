#include "webhook/install/options.h"

#include "spk/base/cleanup.h"

#include "../suite.h"

#define ARGS_MAX 6

static int parse(struct spk_install *install, const char *const *args, struct spk_err *err)
{
    char *argv[ARGS_MAX + 2] = {(char *)"manifest"};
    int argc = 1;

    for (; argc <= ARGS_MAX && args[argc - 1]; argc++)
        argv[argc] = (char *)args[argc - 1];
    return spk_install_parse(install, argc, argv, err);
}

static const struct {
    const char *args[ARGS_MAX];
    const char *expect[3]; /* parts of the message */
} refused[] = {
    {{"--name=1a"}, {"--name", "'1a'", "letter"}},
    {{"--name=a.b"}, {"--name", "'a.b'"}},
    {{"--namespace=A"}, {"--namespace", "'A'"}},
    {{"--image="}, {"--image", "empty"}},
    {{"--image=a b"}, {"--image", "'a b'"}},
    {{"--image=a: b"}, {"--image", "'a: b'"}},
    {{"--image=a:"}, {"--image", "'a:'"}},
    {{"--image=a\"b"}, {"--image"}},
    {{"--image=#a"}, {"--image", "'#a'"}},
    {{"--image=a\nb"}, {"--image"}},
    {{"--image=%{name}"}, {"--image"}},
    {{"--image={{.Values.x}}"}, {"--image"}},
    {{"--image=REGISTRY/a"}, {"--image", "'REGISTRY/a'", "lower case"}},
    {{"--image=r.example:5/a/B:t"}, {"--image", "lower case"}},
    {{"--image=sparkHook"}, {"--image", "lower case"}},
    {{"--only-namespace=a", "--exclude-namespace=a"}, {"--exclude-namespace", "'a'", "--only-"}},
    {{"--image-pull-secret=A"}, {"--image-pull-secret", "'A'"}},
    {{"--certificates=self-signed"}, {"--certificates", "managed|files|cert-manager"}},
    {{"--extra-san=a b"}, {"--extra-san", "'a b'"}},
    {{"--extra-san=a", "--certificates=files"}, {"--extra-san", "files"}},
    {{"--extra-san=::1", "--certificates=cert-manager"}, {"--extra-san", "'::1'", "DNS"}},
    {{"--extra-san=192.0.2.1", "--certificates=cert-manager"}, {"--extra-san", "192.0.2.1"}},
    {{"--annotation-prefix=a/b"}, {"--annotation-prefix", "'a/b'"}},
    {{"--annotation-prefix=k8s.io"}, {"--annotation-prefix", "Kubernetes"}},
    {{"--only-namespace=a.b"}, {"--only-namespace", "'a.b'"}},
    {{"--exclude-namespace=*"}, {"--exclude-namespace", "'*'"}},
    {{"--failure-policy=fail"}, {"--failure-policy", "Fail|Ignore"}},
    {{"--timeout-seconds=0"}, {"--timeout-seconds", "1 to 30"}},
    {{"--timeout-seconds=31"}, {"--timeout-seconds", "1 to 30"}},
    {{"--on-invalid=x"}, {"--on-invalid", "deny|warn"}},
    {{"--log-level=x"}, {"--log-level", "debug|info|warn|error"}},
    {{"--replicas=0"}, {"--replicas", "1 to 100"}},
    {{"--port=0"}, {"--port", "1 to 65535"}},
    {{"--port=65536"}, {"--port", "1 to 65535"}},
    {{"--port=8080"}, {"--health-port", "8080", "--port"}},
    {{"--health-port=9443"}, {"--health-port", "9443"}},
    {{"--priority-class=A"}, {"--priority-class", "'A'"}},
    {{"--kube-version=1.24"}, {"--kube-version", "'1.24'", "1.25"}},
    {{"--kube-version=2.30"}, {"--kube-version", "'2.30'"}},
    {{"--kube-version=1.x"}, {"--kube-version", "'1.x'"}},
    {{"--kube-version=1.30-gke"}, {"--kube-version"}},
    {{"--kube-version=vv1.30"}, {"--kube-version"}},
    {{"--kube-version="}, {"--kube-version", "''"}},
    {{"--format=json"}, {"--format", "yaml|helm"}},
    {{"--format=helm"}, {"--directory", "missing", "helm"}},
    {{"--directory="}, {"--directory", "empty"}},
    {{"--replica=1"}, {"--replica", "--replicas"}},
    {{"more"}, {"'more'"}},
};

START_TEST(refuses)
{
    struct spk_install install;
    struct spk_err err = {0};

    ck_assert_msg(parse(&install, refused[_i].args, &err) == -1, "%s", refused[_i].args[0]);
    ck_assert_int_eq(err.code, SPK_EINVALID);
    for (size_t i = 0; i < SPK_LEN(refused[_i].expect) && refused[_i].expect[i]; i++) {
        ck_assert_msg(strstr(err.msg, refused[_i].expect[i]) != NULL, "%s: no '%s' in '%s'",
                      refused[_i].args[0], refused[_i].expect[i], err.msg);
    }
}
END_TEST

static const struct {
    const char *version;
    bool match_conditions, policies, unhealthy_eviction;
} versions[] = {
    {"1.25", false, false, false},         {"1.26", false, false, false},
    {"1.27", false, false, true},          {"1.28", true, false, true},
    {"v1.29.15-eks.1", true, false, true}, {"1.30", true, true, true},
    {"v1.36.3", true, true, true},         {"1.99.0+k3s1", true, true, true},
};

START_TEST(version_says_what_there_is)
{
    char flag[64];
    const char *const args[ARGS_MAX] = {flag};
    struct spk_install install;
    struct spk_err err = {0};

    (void)snprintf(flag, sizeof(flag), "--kube-version=%s", versions[_i].version);
    ck_assert_msg(parse(&install, args, &err) == 0, "%s", err.msg);
    ck_assert_int_eq(install.match_conditions, versions[_i].match_conditions);
    ck_assert_int_eq(install.policies, versions[_i].policies);
    ck_assert_int_eq(install.unhealthy_eviction, versions[_i].unhealthy_eviction);
}
END_TEST

START_TEST(defaults)
{
    const char *const args[ARGS_MAX] = {NULL};
    struct spk_install install;
    struct spk_err err = {0};

    ck_assert_msg(parse(&install, args, &err) == 0, "%s", err.msg);
    ck_assert(install.managed && !install.mounted && !install.cert_manager);
    ck_assert(install.fail && install.several && install.match_conditions && install.policies);
    ck_assert(!install.own_prefix && !install.host_network && !install.selects_namespaces);
    ck_assert(!install.has_priority_class && !install.has_pull_secrets && !install.has_extra_sans);
}
END_TEST

START_TEST(values)
{
    const char *const args[ARGS_MAX] = {
        "--certificates=cert-manager", "--annotation-prefix=spark.example.com",
        "--exclude-namespace=a",       "--replicas=1",
        "--failure-policy=Ignore",     "--image=r.example.com:5000/a/b_c:1.0@sha256:0f"};
    struct spk_install install;
    struct spk_err err = {0};

    ck_assert_msg(parse(&install, args, &err) == 0, "%s", err.msg);
    ck_assert(!install.managed && install.mounted && install.cert_manager);
    ck_assert(!install.fail && !install.several && install.own_prefix);
    ck_assert(install.selects_namespaces && !install.has_only_namespaces);
    ck_assert_str_eq(install.failure_policy_text, "Ignore");
    ck_assert_str_eq(install.certificates_text, "cert-manager");
}
END_TEST

START_TEST(shared_namespaces_are_not_made)
{
    static const struct {
        const char *args[ARGS_MAX];
        bool makes;
    } given[] = {
        {{NULL}, true},
        {{"--namespace=default"}, false},
        {{"--namespace=kube-system"}, false},
        {{"--namespace=kubernetes"}, true},
        {{"--namespace=a", "--existing-namespace"}, false},
    };

    for (size_t i = 0; i < SPK_LEN(given); i++) {
        struct spk_install install;
        struct spk_err err = {0};
        ck_assert_msg(parse(&install, given[i].args, &err) == 0, "%s", err.msg);
        ck_assert_int_eq(install.makes_namespace, given[i].makes);
    }
}
END_TEST

/* Which field belongs to a name is said by its type alone: a wrong one would be read as another. */
START_TEST(each_name_is_there_once)
{
    size_t count;
    const struct spk_variable *variables = spk_install_variables(&count);

    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_nonnull(variables[i].helm);
        ck_assert_uint_lt(variables[i].offset, sizeof(struct spk_install));
        for (size_t k = 0; k < i; k++) {
            ck_assert_str_ne(variables[i].name, variables[k].name);
            ck_assert_uint_ne(variables[i].offset, variables[k].offset);
        }
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("install_options");

    ADD_ROWS(tcase, refuses, refused);
    ADD_ROWS(tcase, version_says_what_there_is, versions);
    tcase_add_test(tcase, defaults);
    tcase_add_test(tcase, values);
    tcase_add_test(tcase, shared_namespaces_are_not_made);
    tcase_add_test(tcase, each_name_is_there_once);
    return run_case("install_options", tcase);
}
