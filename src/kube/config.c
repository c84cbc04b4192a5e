/*
 * Where the configuration comes from.
 */
#include "config_internal.h"

#include "spk/base/cleanup.h"
#include "spk/base/file.h"
#include "spk/base/limits.h"

#include <errno.h>
#include <stdio.h>

#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

int spk_kube_copy(char **out, struct spk_str text, struct spk_err *err)
{
    if (text.len && memchr(text.ptr, '\0', text.len))
        return spk_fail(err, SPK_EINVALID, "expected a text without NUL");
    *out = strndup(text.ptr ? text.ptr : "", text.len);
    return *out ? 0 : spk_fail(err, SPK_ENOMEM, "out of memory");
}

void spk_kube_wipe(char **secret)
{
    if (*secret)
        explicit_bzero(*secret, strlen(*secret));
    free(*secret);
    *secret = NULL;
}

void spk_kube_wipe_buf(struct spk_buf *buf)
{
    if (buf->ptr)
        explicit_bzero(buf->ptr, buf->size);
    spk_buf_done(buf);
}

void spk_kube_wipe_tree(json_t *tree)
{
    const char *key;
    json_t *value;
    size_t i;

    if (json_is_string(tree) && json_string_length(tree))
        explicit_bzero((char *)json_string_value(tree), json_string_length(tree));
    json_array_foreach(tree, i, value) spk_kube_wipe_tree(value);
    json_object_foreach(tree, key, value) spk_kube_wipe_tree(value);
}

int spk_kube_path_from(char **out, const char *folder, struct spk_str path, struct spk_err *err)
{
    int len;

    if (path.len && path.ptr[0] == '/')
        return spk_kube_copy(out, path, err);
    if (path.len && memchr(path.ptr, '\0', path.len))
        return spk_fail(err, SPK_EINVALID, "expected a path without NUL");
    len = asprintf(out, "%s/%.*s", folder, SPK_ARG(path));
    if (len < 0)
        *out = NULL;
    return len < 0 ? spk_fail(err, SPK_ENOMEM, "out of memory") : 0;
}

int spk_kube_file(char **out, const char *path, size_t max, struct spk_err *err)
{
    struct spk_buf buf;
    int rc;

    /* Room for any usual file at once: a buffer that grows leaves copies behind. */
    spk_buf_init(&buf, max);
    rc = spk_buf_reserve(&buf, max < 65536 ? max : 65536, err) || spk_file_read(&buf, path, err);
    if (rc == 0 && spk_kube_copy(out, (struct spk_str){buf.ptr, buf.len}, err))
        rc = spk_fail_in(err, "%s", path);
    spk_kube_wipe_buf(&buf);
    return rc ? -1 : 0;
}

void spk_kube_config_done(struct spk_kube_config *config)
{
    char **const plain[] = {
        &config->source,   &config->context,        &config->server,   &config->server_name,
        &config->proxy,    &config->namespace_name, &config->ca,       &config->ca_file,
        &config->cert,     &config->cert_file,      &config->key_file, &config->token_file,
        &config->username,
    };

    for (size_t i = 0; i < SPK_LEN(plain); i++)
        free(*plain[i]);
    spk_kube_wipe(&config->key);
    spk_kube_wipe(&config->token);
    spk_kube_wipe(&config->password);
    spk_kube_exec_done(&config->exec);
    *config = (struct spk_kube_config){0};
}

static int read_named(char **out, const char *path, struct spk_err *err)
{
    return *out || !path ? 0 : spk_kube_file(out, path, SPK_FILE_MAX, err);
}

static int read_files(struct spk_kube_config *config, struct spk_err *err)
{
    if (read_named(&config->ca, config->ca_file, err) == 0 &&
        read_named(&config->cert, config->cert_file, err) == 0 &&
        read_named(&config->key, config->key_file, err) == 0)
        return 0;
    return spk_fail_in(err, "%s", config->source);
}

struct found {
    char *path[SPK_KUBECONFIG_FILES];
    char *text[SPK_KUBECONFIG_FILES];
    size_t count;
};

static void free_found(struct found *found)
{
    for (size_t i = 0; i < found->count; i++) {
        free(found->path[i]);
        spk_kube_wipe(&found->text[i]);
    }
}

/* Adds a file. A file that is not there is an error only if it @must. */
static int add_file(struct found *found, struct spk_str path, bool must, struct spk_err *err)
{
    char *copy = NULL;
    char *text = NULL;

    if (found->count == SPK_KUBECONFIG_FILES)
        return spk_fail(err, SPK_ETOOBIG, "KUBECONFIG: more than %d files", SPK_KUBECONFIG_FILES);
    if (spk_kube_copy(&copy, path, err))
        return -1;
    if (spk_kube_file(&text, copy, SPK_FILE_MAX, err)) {
        free(copy);
        return must || err->sys != ENOENT ? -1 : 0;
    }
    found->path[found->count] = copy;
    found->text[found->count++] = text;
    return 0;
}

static int add_list(struct found *found, const char *list, struct spk_err *err)
{
    const char *end;

    for (const char *at = list; at; at = *end ? end + 1 : NULL) {
        end = strchrnul(at, ':');
        if (end > at && add_file(found, (struct spk_str){at, (size_t)(end - at)}, false, err))
            return -1;
    }
    if (found->count)
        return 0;
    return spk_fail(err, SPK_EINVALID, "KUBECONFIG: none of its files exists: %s", list);
}

static int parse_found(struct spk_kube_config *out, const struct found *found, const char *context,
                       struct spk_err *err)
{
    struct spk_kube_file files[SPK_KUBECONFIG_FILES];
    struct spk_kube_config config = {0};

    for (size_t i = 0; i < found->count; i++)
        files[i] = (struct spk_kube_file){found->path[i], spk_str(found->text[i])};
    if (spk_kube_config_parse(&config, files, found->count, context, err))
        return -1;
    if (read_files(&config, err)) {
        spk_kube_config_done(&config);
        return -1;
    }
    *out = config;
    return 0;
}

static char *trim(char *text)
{
    text[strcspn(text, " \t\r\n")] = '\0';
    return text;
}

static int in_cluster(struct spk_kube_config *config, const char *host, const char *port,
                      const char *folder, struct spk_err *err)
{
    bool v6 = strchr(host, ':') && host[0] != '[';
    SPK_AUTOFREE char *namespace_file = NULL;

    if (asprintf(&config->server, v6 ? "https://[%s]:%s" : "https://%s:%s", host, port) < 0)
        config->server = NULL;
    if (!config->server)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (spk_kube_copy(&config->source, SPK_LIT("in-cluster"), err) ||
        spk_kube_path_from(&config->token_file, folder, SPK_LIT("token"), err) ||
        spk_kube_path_from(&config->ca_file, folder, SPK_LIT("ca.crt"), err) ||
        spk_kube_path_from(&namespace_file, folder, SPK_LIT("namespace"), err) ||
        read_files(config, err))
        return -1;
    if (spk_kube_file(&config->namespace_name, namespace_file, SPK_PATH_MAX, err))
        return err->sys == ENOENT ? spk_kube_copy(&config->namespace_name, SPK_LIT("default"), err)
                                  : spk_fail_in(err, "in-cluster");
    (void)trim(config->namespace_name);
    return 0;
}

/* NULL for what is not set, or empty. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static int add_home(struct found *found, struct spk_err *err)
{
    SPK_AUTOFREE char *path = NULL;
    const char *home = variable("HOME");

    if (home && spk_kube_path_from(&path, home, SPK_LIT(".kube/config"), err))
        return -1;
    if (path && add_file(found, spk_str(path), false, err))
        return -1;
    if (found->count)
        return 0;
    return spk_fail(err, SPK_EINVALID,
                    "no cluster: expected a kubeconfig file (--kubeconfig, KUBECONFIG, "
                    "~/.kube/config) or a pod's service account");
}

/* Files, wherever they are named. */
static int load_files(struct spk_kube_config *out, const struct spk_kube_config_options *options,
                      const char *list, struct spk_err *err)
{
    struct found found = {.count = 0};
    int rc;

    if (options->kubeconfig)
        rc = add_file(&found, spk_str(options->kubeconfig), true, err);
    else
        rc = list ? add_list(&found, list, err) : add_home(&found, err);
    if (rc == 0)
        rc = parse_found(out, &found, options->context, err);
    free_found(&found);
    return rc;
}

int spk_kube_config_load(struct spk_kube_config *out, const struct spk_kube_config_options *options,
                         struct spk_err *err)
{
    const char *folder = options->service_account ? options->service_account : SERVICE_ACCOUNT;
    const char *host = variable("KUBERNETES_SERVICE_HOST");
    const char *port = variable("KUBERNETES_SERVICE_PORT");
    const char *list = variable("KUBECONFIG");
    struct spk_kube_config config = {0};

    if (options->kubeconfig || options->context || list || !host || !port)
        return load_files(out, options, list, err);
    if (in_cluster(&config, host, port, folder, err) == 0) {
        *out = config;
        return 0;
    }
    spk_kube_config_done(&config);
    return -1;
}
