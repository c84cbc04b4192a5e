/*
 * kubeconfig files as texts: the entries that the chosen context names.
 */
#include "config_internal.h"

#include "spk/base/base64.h"
#include "spk/base/cleanup.h"
#include "spk/json/yaml.h"

#include <stdio.h>

struct files {
    const struct spk_kube_file *file;
    json_t **root; /* NULL for an empty file */
    size_t count;
};

/* An element of clusters, users or contexts. */
struct entry {
    const char *list;
    const json_t *body;
    const char *path; /* of the file */
    size_t index;
};

enum kind { TEXT, PATH, DATA };

struct field {
    const char *key;
    enum kind kind;
    size_t offset; /* of a char * in spk_kube_config */
};

#define FIELD(member) offsetof(struct spk_kube_config, member)

static const struct field cluster_fields[] = {
    {"server", TEXT, FIELD(server)},
    {"tls-server-name", TEXT, FIELD(server_name)},
    {"proxy-url", TEXT, FIELD(proxy)},
    {"certificate-authority", PATH, FIELD(ca_file)},
    {"certificate-authority-data", DATA, FIELD(ca)},
};

static const struct field user_fields[] = {
    {"client-certificate", PATH, FIELD(cert_file)},
    {"client-certificate-data", DATA, FIELD(cert)},
    {"client-key", PATH, FIELD(key_file)},
    {"client-key-data", DATA, FIELD(key)},
    {"token", TEXT, FIELD(token)},
    {"tokenFile", PATH, FIELD(token_file)},
    {"username", TEXT, FIELD(username)},
    {"password", TEXT, FIELD(password)},
};

/* To leave these out in silence would be to come as somebody else. */
static const char *const refused[] = {"auth-provider", "as", "as-uid", "as-groups",
                                      "as-user-extra"};

static bool is_blank(struct spk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!strchr(" \t\r\n", text.ptr[i]) || text.ptr[i] == '\0')
            return false;
    }
    return true;
}

static int expect_text(const json_t *root, const char *key, const char *expected,
                       struct spk_err *err)
{
    struct spk_str text;

    if (spk_json_text(&text, root, key, NULL, err))
        return -1;
    if (!text.ptr || text.len == 0 || spk_str_is(text, expected))
        return 0;
    return spk_fail(err, SPK_EINVALID, "%s: expected \"%s\", found another", key, expected);
}

static int parse_file(json_t **out, const struct spk_kube_file *file, struct spk_err *err)
{
    if (is_blank(file->text))
        return 0;
    if (spk_yaml_parse(out, file->text.ptr, file->text.len, err) ||
        spk_json_expect(*out, JSON_OBJECT, NULL, err) ||
        expect_text(*out, "apiVersion", "v1", err) || expect_text(*out, "kind", "Config", err))
        return spk_fail_in(err, "%s", file->path);
    return 0;
}

/* Looks for the entry in one file. Return: 0; 1 when it is not there; -1. */
static int find_in(struct entry *out, const json_t *root, struct spk_str name, struct spk_err *err)
{
    json_t *list;
    size_t i;
    json_t *item;

    if (spk_json_member(&list, root, out->list, JSON_ARRAY, NULL, err))
        return -1;
    json_array_foreach(list, i, item)
    {
        struct spk_at top = {.key = out->list};
        struct spk_at at = {.up = &top, .index = i};
        struct spk_str found;
        if (spk_json_expect(item, JSON_OBJECT, &at, err) ||
            spk_json_text(&found, item, "name", &at, err))
            return -1;
        if (!spk_str_eq(found, name))
            continue;
        out->body = item;
        out->index = i;
        return 0;
    }
    return 1;
}

static int find(struct entry *out, const struct files *files, struct spk_str name,
                struct spk_err *err)
{
    for (size_t i = 0; i < files->count; i++) {
        int rc = files->root[i] ? find_in(out, files->root[i], name, err) : 1;
        out->path = files->file[i].path;
        if (rc < 0)
            return spk_fail_in(err, "%s", out->path);
        if (rc == 0)
            return 0;
    }
    return 1;
}

static int read_text(char **out, struct spk_str text, struct spk_err *err)
{
    return text.len ? spk_kube_copy(out, text, err) : 0;
}

/* Go's decoder passes over line ends, so files have them. */
static int read_data(char **out, struct spk_str text, struct spk_err *err)
{
    struct spk_buf packed;
    char *bytes;
    size_t len;
    bool good;

    spk_buf_init(&packed, text.len);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\n' && text.ptr[i] != '\r' &&
            spk_buf_add(&packed, text.ptr + i, 1, err))
            return -1;
    }
    if (packed.len == 0)
        return 0;
    text = (struct spk_str){packed.ptr, packed.len};
    bytes = malloc(spk_base64_room(text) + 1);
    good = bytes && spk_base64_decode(bytes, &len, text);
    spk_kube_wipe_buf(&packed);
    if (!good) {
        free(bytes);
        return bytes ? spk_fail(err, SPK_EPARSE, "expected base64")
                     : spk_fail(err, SPK_ENOMEM, "out of memory");
    }
    bytes[len] = '\0';
    *out = bytes;
    if (!memchr(bytes, '\0', len))
        return 0;
    return spk_fail(err, SPK_EPARSE, "expected PEM in base64, found binary data");
}

static int folder_of(char **out, const char *path, struct spk_err *err)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return spk_kube_copy(out, SPK_LIT("."), err);
    return spk_kube_copy(out, (struct spk_str){path, (size_t)(slash - path) + (slash == path)},
                         err);
}

static int read_field(struct spk_kube_config *config, const struct field *field,
                      struct spk_str text, const char *folder, struct spk_err *err)
{
    char **out = (char **)((char *)config + field->offset);

    if (field->kind == DATA)
        return read_data(out, text, err);
    if (field->kind == PATH && text.len)
        return spk_kube_path_from(out, folder, text, err);
    return read_text(out, text, err);
}

static int read_fields(struct spk_kube_config *config, const struct field *fields, size_t count,
                       const json_t *object, const char *folder, const struct spk_at *at,
                       struct spk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct spk_str text;
        if (spk_json_text(&text, object, fields[i].key, at, err))
            return -1;
        if (text.ptr && read_field(config, &fields[i], text, folder, err))
            return spk_fail_in(err, "%s[%zu].%s.%s", at->up->up->key, at->up->index, at->key,
                               fields[i].key);
    }
    return 0;
}

static int read_cluster(struct spk_kube_config *config, const json_t *cluster, const char *folder,
                        const struct spk_at *at, struct spk_err *err)
{
    size_t index = at->up->index;

    if (read_fields(config, cluster_fields, SPK_LEN(cluster_fields), cluster, folder, at, err) ||
        spk_json_flag(&config->insecure, cluster, "insecure-skip-tls-verify", at, err))
        return -1;
    if (!config->server)
        return spk_fail(err, SPK_EINVALID,
                        "clusters[%zu].cluster.server: expected a URL, found nothing", index);
    if (config->insecure && (config->ca || config->ca_file)) {
        return spk_fail(err, SPK_EINVALID,
                        "clusters[%zu].cluster.insecure-skip-tls-verify: expected false, as there "
                        "is a certificate-authority",
                        index);
    }
    return 0;
}

static int read_user(struct spk_kube_config *config, const json_t *user, const char *folder,
                     const struct spk_at *at, struct spk_err *err)
{
    json_t *exec;

    for (size_t i = 0; i < SPK_LEN(refused); i++) {
        if (json_object_get(user, refused[i]))
            return spk_fail(err, SPK_EINVALID, "users[%zu].user.%s: not supported", at->up->index,
                            refused[i]);
    }
    if (read_fields(config, user_fields, SPK_LEN(user_fields), user, folder, at, err) ||
        spk_json_member(&exec, user, "exec", JSON_OBJECT, at, err))
        return -1;
    if ((config->cert || config->cert_file) != (config->key || config->key_file)) {
        return spk_fail(err, SPK_EINVALID,
                        "users[%zu].user: expected both client-certificate and client-key, found "
                        "one",
                        at->up->index);
    }
    if (config->password && !config->username) {
        return spk_fail(err, SPK_EINVALID,
                        "users[%zu].user.username: expected one, as there is a "
                        "password",
                        at->up->index);
    }
    return exec ? spk_kube_exec_read(&config->exec, exec, folder,
                                     &(struct spk_at){.up = at, .key = "exec"}, err)
                : 0;
}

static int read_context(struct spk_kube_config *config, const json_t *context,
                        const struct spk_at *at, struct spk_str *cluster, struct spk_str *user,
                        struct spk_err *err)
{
    struct spk_str name;

    if (spk_json_text(cluster, context, "cluster", at, err) ||
        spk_json_text(user, context, "user", at, err) ||
        spk_json_text(&name, context, "namespace", at, err))
        return -1;
    return spk_kube_copy(&config->namespace_name, name.len ? name : SPK_LIT("default"), err);
}

typedef int read_fn(struct spk_kube_config *config, const json_t *object, const char *folder,
                    const struct spk_at *at, struct spk_err *err);

static int take_entry(struct spk_kube_config *config, const struct entry *entry, const char *key,
                      read_fn *read, struct spk_err *err)
{
    struct spk_at list = {.key = entry->list};
    struct spk_at item = {.up = &list, .index = entry->index};
    SPK_AUTOFREE char *folder = NULL;
    json_t *object;

    if (folder_of(&folder, entry->path, err))
        return -1;
    if (spk_json_member(&object, entry->body, key, JSON_OBJECT, &item, err) ||
        read(config, object, folder, &(struct spk_at){.up = &item, .key = key}, err))
        return spk_fail_in(err, "%s", entry->path);
    return 0;
}

static int fail_missing(const struct entry *context, const char *key, struct spk_str name,
                        struct spk_err *err)
{
    if (!name.len) {
        return spk_fail(err, SPK_EINVALID,
                        "%s: contexts[%zu].context.%s: expected a name, found "
                        "nothing",
                        context->path, context->index, key);
    }
    return spk_fail(err, SPK_EINVALID, "%s: contexts[%zu].context.%s: there is no %s \"%.*s\"",
                    context->path, context->index, key, key, name.len < 200 ? (int)name.len : 200,
                    name.ptr);
}

static int take_named(struct spk_kube_config *config, const struct files *files,
                      const struct entry *context, struct spk_str name, struct entry entry,
                      const char *key, read_fn *read, struct spk_err *err)
{
    int rc = name.len ? find(&entry, files, name, err) : 1;

    if (rc)
        return rc < 0 ? -1 : fail_missing(context, key, name, err);
    return take_entry(config, &entry, key, read, err);
}

static int take_context(struct spk_kube_config *config, const struct files *files,
                        const struct entry *entry, struct spk_err *err)
{
    struct spk_at list = {.key = "contexts"};
    struct spk_at item = {.up = &list, .index = entry->index};
    struct spk_at at = {.up = &item, .key = "context"};
    struct spk_str cluster;
    struct spk_str user;
    json_t *context;

    if (spk_json_member(&context, entry->body, "context", JSON_OBJECT, &item, err) ||
        read_context(config, context, &at, &cluster, &user, err))
        return spk_fail_in(err, "%s", entry->path);
    if (take_named(config, files, entry, cluster, (struct entry){.list = "clusters"}, "cluster",
                   read_cluster, err))
        return -1;
    /* A cluster that asks nobody who he is needs no user: kubectl proxy. */
    return user.len ? take_named(config, files, entry, user, (struct entry){.list = "users"},
                                 "user", read_user, err)
                    : 0;
}

/* The first file that says one. */
static int current_context(struct spk_str *out, const struct files *files, struct spk_err *err)
{
    for (size_t i = 0; i < files->count; i++) {
        if (spk_json_text(out, files->root[i], "current-context", NULL, err))
            return spk_fail_in(err, "%s", files->file[i].path);
        if (out->len)
            return 0;
    }
    return spk_fail(err, SPK_EINVALID,
                    "%s: current-context: expected the name of a context, found nothing",
                    files->file[0].path);
}

static int choose(struct spk_kube_config *config, const struct files *files, const char *wanted,
                  struct spk_err *err)
{
    struct entry entry = {.list = "contexts"};
    struct spk_str name = spk_str(wanted);
    int rc;

    if (!wanted && current_context(&name, files, err))
        return -1;
    rc = find(&entry, files, name, err);
    if (rc < 0)
        return -1;
    if (rc)
        return spk_fail(err, SPK_EINVALID, "%s: contexts: there is no context \"%.*s\"",
                        files->file[0].path, name.len < 200 ? (int)name.len : 200, name.ptr);
    return spk_kube_copy(&config->context, name, err) || take_context(config, files, &entry, err)
               ? -1
               : 0;
}

static int parse(struct spk_kube_config *config, const struct files *files, const char *context,
                 struct spk_err *err)
{
    for (size_t i = 0; i < files->count; i++) {
        if (parse_file(&files->root[i], &files->file[i], err))
            return -1;
    }
    return spk_kube_copy(&config->source, spk_str(files->file[0].path), err) ||
                   choose(config, files, context, err)
               ? -1
               : 0;
}

int spk_kube_config_parse(struct spk_kube_config *out, const struct spk_kube_file *files,
                          size_t count, const char *context, struct spk_err *err)
{
    struct spk_kube_config config = {0};
    json_t **roots = calloc(count + 1, sizeof(json_t *));
    int rc;

    if (!roots)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    rc = parse(&config, &(struct files){files, roots, count}, context, err);
    for (size_t i = 0; i < count; i++) {
        spk_kube_wipe_tree(roots[i]);
        json_decref(roots[i]);
    }
    free(roots);
    if (rc == 0)
        *out = config;
    else
        spk_kube_config_done(&config);
    return rc;
}
