#ifndef SPK_KUBE_CONFIG_H
#define SPK_KUBE_CONFIG_H
/*
 * Which cluster, and as whom: what kubeconfig files or a pod's service account say.
 *
 * Spec: client-go tools/clientcmd (loader.go, client_config.go), rest/config.go InClusterConfig
 */

#include "spk/base/err.h"
#include "spk/base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct spk_kube_env {
    char *name;
    char *value;
};

/* A credential plugin: users[].user.exec. */
struct spk_kube_exec {
    char *command;     /* NULL: there is none. With a '/' it is a path, already made absolute */
    char *api_version; /* "client.authentication.k8s.io/v1" or ".../v1beta1" */
    char **args;       /* terminated by NULL; NULL when there are none */
    struct spk_kube_env *env;
    size_t env_count;
    char *install_hint; /* may be NULL */
    bool cluster_info;  /* provideClusterInfo */
};

/* Texts are owned and terminated; NULL means not given. */
struct spk_kube_config {
    char *source;  /* for messages: the files, or "in-cluster" */
    char *context; /* its name; NULL in-cluster */
    char *server;
    char *server_name;
    char *proxy;
    char *namespace_name; /* of the context or the pod; "default" where neither says */
    char *ca;             /* PEM */
    char *ca_file;        /* where it came from, if it was a file */
    char *cert;           /* PEM */
    char *cert_file;
    char *key;
    char *key_file;
    char *token;
    char *token_file; /* wins over token; read again when it gets old */
    char *username;
    char *password;
    struct spk_kube_exec exec;
    bool insecure;
};

struct spk_kube_config_options {
    const char *kubeconfig;      /* a file that must exist; NULL: see spk_kube_config_load() */
    const char *context;         /* NULL: current-context */
    const char *service_account; /* folder; NULL: /var/run/secrets/kubernetes.io/serviceaccount */
};

/**
 * spk_kube_config_load() - find and read the configuration
 * @out: to be released with spk_kube_config_done()
 *
 * The first of: the option's file; the files of $KUBECONFIG (':' between them; those that do not
 * exist are skipped, of two entries with one name the first counts); the pod's service account,
 * where KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are set; ~/.kube/config. A context that
 * is asked for by option is never looked for in-cluster: it has none. Paths inside a file are
 * relative to its folder.
 *
 * Limits: SPK_FILE_MAX a file, SPK_KUBECONFIG_FILES files
 * Errors: SPK_EINVALID, SPK_EPARSE, SPK_EIO, SPK_ETOOBIG: the message names the file, the path of
 *         the field, what was expected and what was found, never a secret; SPK_ENOMEM
 */
int spk_kube_config_load(struct spk_kube_config *out, const struct spk_kube_config_options *options,
                         struct spk_err *err) __attribute__((warn_unused_result));

/* A kubeconfig file that has been read. Borrowed. */
struct spk_kube_file {
    const char *path;
    struct spk_str text;
};

/* The same from texts, without looking at any file: what they name as files is left in *_file. */
int spk_kube_config_parse(struct spk_kube_config *out, const struct spk_kube_file *files,
                          size_t count, const char *context, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Wipes the secrets, frees all; a zeroed one is fine. */
void spk_kube_config_done(struct spk_kube_config *config);

#endif
