/*
 * ExecCredential, there and back.
 * Spec: client-go pkg/apis/clientauthentication/v1/types.go, plugin/pkg/client/auth/exec/exec.go
 */
#include "kube_internal.h"

#include "spk/base/base64.h"
#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/json/dump.h"

static int set_text(json_t *object, const char *key, const char *text)
{
    return text ? json_object_set_new(object, key, json_string(text)) : 0;
}

static int set_base64(json_t *object, const char *key, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    SPK_AUTOFREE char *coded = text ? malloc(spk_base64_size(len)) : NULL;

    if (!coded)
        return text ? -1 : 0;
    spk_base64_encode(coded, text, len);
    return json_object_set_new(object, key, json_stringn(coded, spk_base64_size(len)));
}

static json_t *cluster_info(const struct spk_kube_config *config)
{
    json_t *cluster = json_object();

    if (set_text(cluster, "server", config->server) ||
        set_text(cluster, "tls-server-name", config->server_name) ||
        set_text(cluster, "proxy-url", config->proxy) ||
        set_base64(cluster, "certificate-authority-data", config->ca) ||
        json_object_set_new(cluster, "insecure-skip-tls-verify", json_boolean(config->insecure))) {
        json_decref(cluster);
        return NULL;
    }
    return cluster;
}

int spk_kube_plugin_info(char **out, const struct spk_kube_config *config, struct spk_err *err)
{
    json_auto_t *info = json_pack("{s:s, s:s, s:{s:b}}", "apiVersion", config->exec.api_version,
                                  "kind", "ExecCredential", "spec", "interactive", 0);
    size_t len;

    if (!info ||
        (config->exec.cluster_info &&
         json_object_set_new(json_object_get(info, "spec"), "cluster", cluster_info(config))))
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    return spk_json_dump(out, &len, info, err);
}

static int read_expiry(struct spk_kube_credential *out, const json_t *status,
                       const struct spk_at *at, struct spk_err *err)
{
    struct spk_str text;
    int64_t expires_s;

    out->expires_ms = INT64_MAX;
    if (spk_json_text(&text, status, "expirationTimestamp", at, err))
        return -1;
    if (!text.len)
        return 0;
    if (!spk_clock_parse(&expires_s, text) || expires_s < 0)
        return spk_fail(err, SPK_EPARSE,
                        "status.expirationTimestamp: expected a time as in RFC 3339");
    out->expires_ms = expires_s * 1000;
    return 0;
}

static int read_secret(char **out, const json_t *status, const char *key, const struct spk_at *at,
                       struct spk_err *err)
{
    struct spk_str text;

    if (spk_json_text(&text, status, key, at, err))
        return -1;
    return text.len ? spk_kube_copy(out, text, err) : 0;
}

static int read_status(struct spk_kube_credential *out, const json_t *root, struct spk_err *err)
{
    struct spk_at at = {.key = "status"};
    json_t *status;

    if (spk_json_member(&status, root, "status", JSON_OBJECT, NULL, err) ||
        read_secret(&out->token, status, "token", &at, err) ||
        read_secret(&out->cert, status, "clientCertificateData", &at, err) ||
        read_secret(&out->key, status, "clientKeyData", &at, err) ||
        read_expiry(out, status, &at, err))
        return -1;
    if (!out->cert != !out->key)
        return spk_fail(err, SPK_EINVALID,
                        "status: expected both clientCertificateData and clientKeyData, found one");
    if (!out->token && !out->cert)
        return spk_fail(err, SPK_EINVALID,
                        "status: expected a token or clientCertificateData, found neither");
    return 0;
}

static int read_all(struct spk_kube_credential *out, const json_t *root, const char *version,
                    struct spk_err *err)
{
    struct spk_str kind;
    struct spk_str api;

    if (spk_json_expect(root, JSON_OBJECT, NULL, err) ||
        spk_json_text(&kind, root, "kind", NULL, err) ||
        spk_json_text(&api, root, "apiVersion", NULL, err))
        return -1;
    if (!spk_str_is(kind, "ExecCredential") || !spk_str_is(api, version)) {
        return spk_fail(err, SPK_EINVALID,
                        "expected an ExecCredential of %s, found another kind "
                        "or version",
                        version);
    }
    return read_status(out, root, err);
}

int spk_kube_plugin_parse(struct spk_kube_credential *out, const struct spk_kube_config *config,
                          struct spk_str text, struct spk_err *err)
{
    struct spk_kube_credential credential = {0};
    json_t *root;
    int rc;

    if (spk_json_parse(&root, text.ptr ? text.ptr : "", text.len, err))
        return spk_fail_in(err, "its output");
    rc = read_all(&credential, root, config->exec.api_version, err);
    spk_kube_wipe_tree(root);
    json_decref(root);
    if (rc == 0) {
        *out = credential;
        return 0;
    }
    spk_kube_credential_done(&credential);
    return spk_fail_in(err, "its output");
}

void spk_kube_credential_done(struct spk_kube_credential *credential)
{
    spk_kube_wipe(&credential->token);
    spk_kube_wipe(&credential->key);
    free(credential->cert);
    credential->cert = NULL;
}
