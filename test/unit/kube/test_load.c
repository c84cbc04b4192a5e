/* Where the configuration is looked for. */
#include "folder.h"

#include "spk/json/memory.h"
#include "spk/kube/config.h"

#include "../suite.h"

#include <errno.h>

#define CONFIG(server)                                                 \
    "clusters: [{name: c, cluster: {server: 'https://" server "'}}]\n" \
    "contexts: [{name: x, context: {cluster: c}}]\ncurrent-context: x\n"

static struct folder folder;

static void nowhere(void)
{
    folder = folder_new();
    (void)unsetenv("KUBECONFIG");
    (void)unsetenv("KUBERNETES_SERVICE_HOST");
    (void)unsetenv("KUBERNETES_SERVICE_PORT");
    (void)setenv("HOME", folder.path, 1);
}

static void clean(void)
{
    folder_done(&folder);
}

static void must_load(const struct spk_kube_config_options *options, const char *server)
{
    struct spk_kube_config config = {0};
    struct spk_err err = {0};

    ck_assert_msg(spk_kube_config_load(&config, options, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(config.server, server);
    spk_kube_config_done(&config);
}

static void must_fail(const struct spk_kube_config_options *options, const char *expect)
{
    struct spk_kube_config config = {0};
    struct spk_err err = {0};

    ck_assert_int_eq(spk_kube_config_load(&config, options, &err), -1);
    ck_assert_msg(strstr(err.msg, expect), "%s", err.msg);
}

static void set_list(const char *a, const char *b)
{
    char list[256];

    (void)snprintf(list, sizeof(list), "%s/%s::%s/%s", folder.path, a, folder.path, b);
    (void)setenv("KUBECONFIG", list, 1);
}

/* Each place wins over those that come behind it. */
START_TEST(order)
{
    struct spk_kube_config_options options = {.service_account = folder.path};
    char home[80];
    char file[512];

    must_fail(&options, "no cluster: expected a kubeconfig file");
    (void)snprintf(home, sizeof(home), "%s/.kube", folder.path);
    ck_assert_int_eq(mkdir(home, 0700), 0);
    (void)folder_write(&folder, ".kube/config", CONFIG("home"));
    must_load(&options, "https://home");

    (void)setenv("KUBERNETES_SERVICE_HOST", "::1", 1);
    must_load(&options, "https://home");
    (void)setenv("KUBERNETES_SERVICE_PORT", "6443", 1);
    must_fail(&options, "ca.crt");
    (void)folder_write(&folder, "ca.crt", "CA");
    must_load(&options, "https://[::1]:6443");
    options.context = "x";
    must_load(&options, "https://home");
    options.context = NULL;

    (void)folder_write(&folder, "second", CONFIG("second"));
    set_list("first", "second");
    must_load(&options, "https://second");
    (void)folder_write(&folder, "first", CONFIG("first"));
    must_load(&options, "https://first");

    (void)snprintf(file, sizeof(file), "%s", folder_write(&folder, "flag", CONFIG("flag")));
    options.kubeconfig = file;
    must_load(&options, "https://flag");
    (void)unlink(file);
    must_fail(&options, "flag: No such file");

    (void)unlink(folder_file(&folder, ".kube/config"));
    (void)rmdir(home);
}
END_TEST

START_TEST(lists)
{
    struct spk_kube_config_options options = {0};

    set_list("first", "second");
    must_fail(&options, "KUBECONFIG: none of its files exists");
    (void)folder_write(&folder, "first", "[");
    (void)folder_write(&folder, "second", CONFIG("second"));
    must_fail(&options, "/first: ");
    (void)folder_write(&folder, "first", "");
    must_load(&options, "https://second");
    options.context = "nix";
    must_fail(&options, "no context \"nix\"");
}
END_TEST

START_TEST(too_many_files)
{
    struct spk_kube_config_options options = {0};
    char list[4096] = "";

    (void)folder_write(&folder, "f", "");
    for (size_t i = 0; i < 33; i++)
        (void)snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s/f:", folder.path);
    (void)setenv("KUBECONFIG", list, 1);
    must_fail(&options, "more than 32 files");
}
END_TEST

START_TEST(in_cluster)
{
    struct spk_kube_config_options options = {.service_account = folder.path};
    struct spk_kube_config config = {0};
    struct spk_err err = {0};

    (void)setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
    (void)setenv("KUBERNETES_SERVICE_PORT", "443", 1);
    (void)folder_write(&folder, "ca.crt", "CA");
    ck_assert_int_eq(spk_kube_config_load(&config, &options, &err), 0);
    ck_assert_str_eq(config.namespace_name, "default");
    ck_assert_str_eq(config.server, "https://10.0.0.1:443");
    ck_assert_str_eq(config.ca, "CA");
    ck_assert_str_eq(config.token_file, folder_file(&folder, "token"));
    ck_assert_str_eq(config.source, "in-cluster");
    spk_kube_config_done(&config);
    (void)folder_write(&folder, "namespace", "mine\n");
    ck_assert_int_eq(spk_kube_config_load(&config, &options, &err), 0);
    ck_assert_str_eq(config.namespace_name, "mine");
    spk_kube_config_done(&config);
}
END_TEST

/* Files that a kubeconfig names are read with it, from its own folder. */
START_TEST(named_files)
{
    struct spk_kube_config_options options = {0};
    struct spk_kube_config config = {0};
    struct spk_err err = {0};
    char file[512];

    (void)snprintf(
        file, sizeof(file), "%s",
        folder_write(
            &folder, "config",
            "clusters: [{name: c, cluster: {server: 'https://h', certificate-authority: ca}}]\n"
            "users: [{name: u, user: {client-certificate: cert, client-key: key}}]\n"
            "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n"));
    options.kubeconfig = file;
    must_fail(&options, "ca: No such file");
    (void)folder_write(&folder, "ca", "CA");
    (void)folder_write(&folder, "cert", "CERT");
    must_fail(&options, "key: No such file");
    (void)folder_write(&folder, "key", "KEY");
    ck_assert_msg(spk_kube_config_load(&config, &options, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(config.ca, "CA");
    ck_assert_str_eq(config.cert, "CERT");
    ck_assert_str_eq(config.key, "KEY");
    spk_kube_config_done(&config);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("load");

    spk_json_init();
    tcase_add_checked_fixture(tcase, nowhere, clean);
    tcase_add_test(tcase, order);
    tcase_add_test(tcase, lists);
    tcase_add_test(tcase, too_many_files);
    tcase_add_test(tcase, in_cluster);
    tcase_add_test(tcase, named_files);
    return run_case("kube load", tcase);
}
