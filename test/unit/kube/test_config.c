/* kubeconfig as text: which entries count, and what is said of those that are wrong. */
#include "spk/base/cleanup.h"
#include "spk/json/memory.h"
#include "spk/kube/config.h"

#include "../suite.h"

#include <stdio.h>
#include <string.h>

#define CLUSTER      "clusters: [{name: c, cluster: {server: 'https://h'}}]\n"
#define CONTEXT      "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n"
#define USER(fields) CLUSTER CONTEXT "users: [{name: u, user: {" fields "}}]\n"
#define SERVER(fields)                                                    \
    "clusters: [{name: c, cluster: {server: 'https://h', " fields "}}]\n" \
    "contexts: [{name: x, context: {cluster: c}}]\ncurrent-context: x\n"
#define LEAST CLUSTER "contexts: [{name: x, context: {cluster: c}}]\ncurrent-context: x\n"
#define JSON                                                                             \
    "{\"apiVersion\":\"v1\",\"kind\":\"Config\",\"current-context\":\"x\",\"clusters\":" \
    "[{\"name\":\"c\",\"cluster\":{\"server\":\"https://j\"}}],\"contexts\":"            \
    "[{\"name\":\"x\",\"context\":{\"cluster\":\"c\",\"namespace\":\"n\"}}]}"
#define V1           "client.authentication.k8s.io/v1"
#define EXEC(fields) USER("exec: {" fields "}")

/* "-": absent */
static const char *shown(const char *text)
{
    return text ? text : "-";
}

static void describe(char *out, size_t size, const struct spk_kube_config *config)
{
    const struct spk_kube_exec *exec = &config->exec;
    const char *arg = exec->args && exec->args[0] ? exec->args[0] : NULL;
    const char *name = exec->env_count ? exec->env[0].name : NULL;
    const char *value = exec->env_count ? exec->env[0].value : NULL;

    (void)snprintf(out, size,
                   "context=%s server=%s name=%s proxy=%s ns=%s ca=%s %s cert=%s %s key=%s %s "
                   "token=%s %s user=%s:%s insecure=%d exec=%s %s %s %s=%s hint=%s info=%d.",
                   shown(config->context), shown(config->server), shown(config->server_name),
                   shown(config->proxy), shown(config->namespace_name), shown(config->ca),
                   shown(config->ca_file), shown(config->cert), shown(config->cert_file),
                   shown(config->key), shown(config->key_file), shown(config->token),
                   shown(config->token_file), shown(config->username), shown(config->password),
                   config->insecure, shown(exec->command), shown(exec->api_version), shown(arg),
                   shown(name), shown(value), shown(exec->install_hint), exec->cluster_info);
}

static const struct {
    const char *name;
    const char *text;
    const char *expect; /* a part of the description, or with '!' of the message */
} rows[] = {
    {"least", LEAST,
     "context=x server=https://h name=- proxy=- ns=default ca=- - cert=- - key=- - token=- - "
     "user=-:- insecure=0"},
    {"JSON", JSON, "server=https://j name=- proxy=- ns=n"},
    {"cluster", SERVER("tls-server-name: t, proxy-url: 'http://p', insecure-skip-tls-verify: true"),
     "name=t proxy=http://p ns=default ca=- - cert=- - key=- - token=- - user=-:- insecure=1"},
    {"CA file", SERVER("certificate-authority: pki/ca.crt"), "ca=- /etc/k/pki/ca.crt"},
    {"CA file, absolute", SERVER("certificate-authority: /ca.crt"), "ca=- /ca.crt"},
    {"CA data", SERVER("certificate-authority-data: aGk="), "ca=hi -"},
    {"CA data, folded", SERVER("certificate-authority-data: \"aG\\nk=\\n\""), "ca=hi -"},
    {"CA data, empty", SERVER("certificate-authority-data: ''"), "ca=- -"},
    {"CA data and file", SERVER("certificate-authority-data: aGk=, certificate-authority: f"),
     "ca=hi /etc/k/f"},
    {"certificate", USER("client-certificate-data: YQ==, client-key-data: Yg=="),
     "cert=a - key=b -"},
    {"certificate files", USER("client-certificate: a, client-key: ../b"),
     "cert=- /etc/k/a key=- /etc/k/../b"},
    {"token", USER("token: t"), "token=t -"},
    {"token file", USER("tokenFile: t"), "token=- /etc/k/t"},
    {"basic", USER("username: u, password: p"), "user=u:p"},
    {"null is absent", USER("token: null, username: ~"), "token=- - user=-:-"},
    {"no such field", USER("colour: red"), "token=-"},
    {"exec",
     EXEC("apiVersion: " V1 ", command: aws, args: [a, b], interactiveMode: Never, "
          "env: [{name: NN, value: v}], installHint: 'get it', provideClusterInfo: true"),
     "exec=aws " V1 " a NN=v hint=get it info=1."},
    {"exec beside", EXEC("apiVersion: " V1 "beta1, command: ./bin/plugin"),
     "exec=/etc/k/./bin/plugin " V1 "beta1 - -=- hint=- info=0."},
    {"exec, absolute", EXEC("apiVersion: " V1 "beta1, command: /bin/plugin"), "exec=/bin/plugin "},
    {"first of a name",
     "clusters: [{name: c, cluster: {server: 'https://1'}}, {name: c, cluster: {server: "
     "'https://2'}}]\n" CONTEXT "users: [{name: u}]\n",
     "server=https://1"},

    {"empty", " \n",
     "!/etc/k/config: current-context: expected the name of a context, found nothing"},
    {"a list", "[]", "!/etc/k/config: document: expected an object, found an array"},
    {"not YAML", "a: [", "!/etc/k/config: "},
    {"other kind", "kind: Pod", "!/etc/k/config: kind: expected \"Config\", found another"},
    {"other version", "apiVersion: v2", "!/etc/k/config: apiVersion: expected \"v1\""},
    {"no context", "current-context: other\n",
     "!/etc/k/config: contexts: there is no context \"other\""},
    {"contexts no list", "current-context: other\ncontexts: {}",
     "!/etc/k/config: contexts: expected an array, found an object"},
    {"context no object", "current-context: other\ncontexts: [1]",
     "!/etc/k/config: contexts[0]: expected an object, found an integer"},
    {"no cluster", "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]",
     "!/etc/k/config: contexts[0].context.cluster: there is no cluster \"c\""},
    {"no cluster's name", "current-context: x\ncontexts: [{name: x}]",
     "!/etc/k/config: contexts[0].context.cluster: expected a name, found nothing"},
    {"no user", CLUSTER CONTEXT,
     "!/etc/k/config: contexts[0].context.user: there is no user \"u\""},
    {"no server", "clusters: [{name: c}]\n" CONTEXT,
     "!/etc/k/config: clusters[0].cluster.server: expected a URL, found nothing"},
    {"server a number", "clusters: [{name: c, cluster: {server: 1}}]\n" CONTEXT,
     "!/etc/k/config: clusters[0].cluster.server: expected a string, found an integer"},
    {"CA not base64", SERVER("certificate-authority-data: '*'"),
     "!/etc/k/config: clusters[0].cluster.certificate-authority-data: expected base64"},
    {"CA binary", SERVER("certificate-authority-data: AAAA"),
     "!/etc/k/config: clusters[0].cluster.certificate-authority-data: expected PEM in base64"},
    {"insecure with CA", SERVER("certificate-authority: f, insecure-skip-tls-verify: true"),
     "!/etc/k/config: clusters[0].cluster.insecure-skip-tls-verify: expected false"},
    {"insecure a text", SERVER("insecure-skip-tls-verify: 'true'"),
     "!/etc/k/config: clusters[0].cluster.insecure-skip-tls-verify: expected a boolean, found a "
     "string"},
    {"key missing", USER("client-certificate: a"),
     "!/etc/k/config: users[0].user: expected both client-certificate and client-key"},
    {"password alone", USER("password: p"), "!/etc/k/config: users[0].user.username: expected one"},
    {"token a list", USER("token: [secret]"),
     "!/etc/k/config: users[0].user.token: expected a string, found an array"},
    {"auth-provider", USER("auth-provider: {name: gcp}"),
     "!/etc/k/config: users[0].user.auth-provider: not supported"},
    {"impersonation", USER("as: root"), "!/etc/k/config: users[0].user.as: not supported"},
    {"exec without version", EXEC("command: a"),
     "!/etc/k/config: users[0].user.exec.apiVersion: expected a string, found null"},
    {"exec, old version", EXEC("apiVersion: " V1 "alpha1, command: a"),
     "!/etc/k/config: users[0].user.exec.apiVersion: expected " V1 " or " V1 "beta1"},
    {"exec without command", EXEC("apiVersion: " V1 ", interactiveMode: Never"),
     "!users[0].user.exec.command: expected a string, found null"},
    {"exec without mode", EXEC("apiVersion: " V1 ", command: a"),
     "!users[0].user.exec.interactiveMode: expected Never or IfAvailable"},
    {"exec with terminal", EXEC("apiVersion: " V1 "beta1, command: a, interactiveMode: Always"),
     "!users[0].user.exec.interactiveMode: expected"},
    {"exec, bad argument", EXEC("apiVersion: " V1 "beta1, command: a, args: [a, 1]"),
     "!users[0].user.exec.args[1]: expected a string, found an integer"},
    {"exec, bad variable", EXEC("apiVersion: " V1 "beta1, command: a, env: [{value: v}]"),
     "!users[0].user.exec.env[0].name: expected a string, found null"},
};

START_TEST(parse)
{
    struct spk_kube_file file = {"/etc/k/config", spk_str(rows[_i].text)};
    const char *expect = rows[_i].expect;
    struct spk_kube_config config = {0};
    struct spk_err err = {0};
    char got[2048];
    int rc = spk_kube_config_parse(&config, &file, 1, NULL, &err);

    describe(got, sizeof(got), &config);
    ck_assert_msg((rc != 0) == (*expect == '!'), "%s: %d %s%s", rows[_i].name, rc, err.msg, got);
    ck_assert_msg(strstr(rc ? err.msg : got, expect + (*expect == '!')), "%s: %s", rows[_i].name,
                  rc ? err.msg : got);
    ck_assert_msg(!strstr(err.msg, "secret"), "%s", err.msg);
    spk_kube_config_done(&config);
}
END_TEST

static const char merged_1[] = "";
static const char merged_2[] =
    "clusters: [{name: c, cluster: {server: 'https://2', certificate-authority: f}}]\n";
static const char merged_3[] =
    "clusters: [{name: c, cluster: {server: 'https://3', tls-server-name: none}}]\n"
    "users: [{name: u, user: {tokenFile: t}}]\n"
    "contexts: [{name: x, context: {cluster: c, user: u}},"
    "{name: z, context: {cluster: c, namespace: ns}}]\ncurrent-context: x\n";
static const char merged_4[] = "current-context: q\n";

/* Of two entries with one name the first file's counts, whole; a file is as good as empty. */
START_TEST(merge)
{
    static const char *const texts[] = {merged_1, merged_2, merged_3, merged_4};
    static const char *const paths[] = {"/a/1", "/a/2", "/b/3", "/c/4"};
    struct spk_kube_file files[SPK_LEN(texts)];
    struct spk_kube_config config = {0};
    struct spk_err err = {0};
    char got[2048];

    for (size_t i = 0; i < SPK_LEN(files); i++)
        files[i] = (struct spk_kube_file){paths[i], spk_str(texts[i])};
    ck_assert_msg(spk_kube_config_parse(&config, files, SPK_LEN(files), NULL, &err) == 0, "%s",
                  err.msg);
    describe(got, sizeof(got), &config);
    ck_assert_msg(strstr(got, "context=x server=https://2 name=- proxy=- ns=default ca=- /a/f"),
                  "%s", got);
    ck_assert_msg(strstr(got, "token=- /b/t"), "%s", got);
    spk_kube_config_done(&config);

    ck_assert_msg(spk_kube_config_parse(&config, files, SPK_LEN(files), "z", &err) == 0, "%s",
                  err.msg);
    describe(got, sizeof(got), &config);
    ck_assert_msg(strstr(got, "context=z server=https://2 name=- proxy=- ns=ns "), "%s", got);
    ck_assert_msg(strstr(got, "token=- - "), "%s", got);
    spk_kube_config_done(&config);

    ck_assert_int_eq(spk_kube_config_parse(&config, files, SPK_LEN(files), "q", &err), -1);
    ck_assert_msg(strstr(err.msg, "there is no context \"q\""), "%s", err.msg);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("config");

    spk_json_init();
    ADD_ROWS(tcase, parse, rows);
    tcase_add_test(tcase, merge);
    return run_case("kube config", tcase);
}
