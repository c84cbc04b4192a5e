/*
 * The cluster, as spark-submit is told of it.
 * Spec: Spark running-on-kubernetes.md, spark.kubernetes.authenticate.submission.*
 */
#include "runner_parts.h"

#include "spk/base/cleanup.h"
#include "spk/base/file.h"
#include "spk/base/limits.h"
#include "spk/kube/plugin.h"

#include <stdio.h>

#define SUBMISSION "spark.kubernetes.authenticate.submission."

static int set(json_t *properties, const char *name, const char *value, struct spk_err *err)
{
    if (value && json_object_set_new(properties, name, json_string(value)) == 0)
        return 0;
    return spk_fail(err, SPK_ENOMEM, "out of memory");
}

/* Writes a file and names it by a property. Nothing for NULL. */
static int give(json_t *properties, const struct spk_runner_folder *folder, const char *property,
                const char *file, const char *text, struct spk_err *err)
{
    SPK_AUTOFREE char *path = NULL;

    if (!text)
        return 0;
    if (spk_runner_folder_write(folder, file, spk_str(text), err))
        return -1;
    if (asprintf(&path, "%s/%s", folder->path, file) < 0)
        path = NULL;
    return set(properties, property, path, err);
}

static int give_identity(json_t *properties, const struct spk_runner_folder *folder,
                         const char *token, const char *cert, const char *key, struct spk_err *err)
{
    if (give(properties, folder, SUBMISSION "oauthTokenFile", "token", token, err) ||
        give(properties, folder, SUBMISSION "clientCertFile", "client.crt", cert, err))
        return -1;
    return give(properties, folder, SUBMISSION "clientKeyFile", "client.key", key, err);
}

static void wipe_buf(struct spk_buf *buf)
{
    if (buf->ptr)
        explicit_bzero(buf->ptr, buf->size);
    spk_buf_done(buf);
}

/* A copy of the moment: a token of a service account is good for longer than a submission takes,
 * and its own folder stays closed to the child. */
static int give_token_file(json_t *properties, const struct spk_runner_folder *folder,
                           const struct spk_kube_config *config, struct spk_err *err)
{
    SPK_CLEANUP(wipe_buf) struct spk_buf token;

    spk_buf_init(&token, SPK_TOKEN_MAX);
    if (spk_buf_reserve(&token, SPK_TOKEN_MAX, err) ||
        spk_file_read(&token, config->token_file, err))
        return -1;
    if (token.len)
        token.ptr[strcspn(token.ptr, " \t\r\n")] = '\0';
    if (!token.len || !*token.ptr)
        return spk_fail(err, SPK_EINVALID, "%s: expected a token, found nothing",
                        config->token_file);
    return give_identity(properties, folder, token.ptr, config->cert, config->key, err);
}

static int give_plugin(json_t *properties, const struct spk_runner_folder *folder,
                       const struct spk_kube_config *config, const struct spk_stop *stop,
                       struct spk_err *err)
{
    struct spk_kube_limits limits = {.deadline_ms = INT64_MAX, .stop = stop};
    struct spk_kube_credential got = {0};
    int rc;

    if (spk_kube_plugin_run(&got, config, &limits, err))
        return -1;
    rc = give_identity(properties, folder, got.token, got.cert ? got.cert : config->cert,
                       got.cert ? got.key : config->key, err);
    spk_kube_credential_done(&got);
    return rc;
}

/* The order of spk_kube_config: a plugin comes last. */
static int give_credentials(json_t *properties, const struct spk_runner_folder *folder,
                            const struct spk_kube_config *config, const struct spk_stop *stop,
                            struct spk_err *err)
{
    if (config->token_file)
        return give_token_file(properties, folder, config, err);
    if (!config->token && config->exec.command)
        return give_plugin(properties, folder, config, stop, err);
    return give_identity(properties, folder, config->token, config->cert, config->key, err);
}

/* What Spark has no property for. */
static int check(const struct spk_kube_config *config, struct spk_err *err)
{
    const char *source = config->source ? config->source : "cluster";

    if (config->username) {
        return spk_fail(err, SPK_EINVALID,
                        "%s: spark-submit can't log in with username and password: use a token, a "
                        "client certificate or a credential plugin",
                        source);
    }
    if (config->server_name && !config->insecure) {
        return spk_fail(err, SPK_EINVALID,
                        "%s: spark-submit knows no tls-server-name: use a server URL whose name is "
                        "in the certificate",
                        source);
    }
    return config->server ? 0 : spk_fail(err, SPK_EINVALID, "%s: no server", source);
}

int spk_runner_cluster(json_t *properties, const struct spk_runner_folder *folder,
                       const struct spk_kube_config *config, const struct spk_stop *stop,
                       struct spk_err *err)
{
    SPK_AUTOFREE char *master = NULL;

    if (check(config, err))
        return -1;
    if (asprintf(&master, "k8s://%s", config->server) < 0)
        master = NULL;
    if (set(properties, "spark.master", master, err) ||
        (config->insecure && set(properties, "spark.kubernetes.trust.certificates", "true", err)) ||
        give(properties, folder, SUBMISSION "caCertFile", "ca.crt",
             config->insecure ? NULL : config->ca, err))
        return -1;
    return give_credentials(properties, folder, config, stop, err);
}
