#include "controller/api.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/json/dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SELECTOR_MAX 512

int spk_key_split(struct spk_key *out, const char *key, struct spk_err *err)
{
    const char *first = strchr(key, '/');
    const char *second = first ? strchr(first + 1, '/') : NULL;

    if (!second)
        return spk_fail(err, SPK_EINVALID, "'%.120s' is no VERSION/NAMESPACE/NAME", key);
    out->version = (struct spk_str){key, (size_t)(first - key)};
    out->ns = (struct spk_str){first + 1, (size_t)(second - first - 1)};
    out->name = spk_str(second + 1);
    return 0;
}

static const char *group(const struct spk_key *key, enum spk_api_kind kind)
{
    if (kind == SPK_API_APPS)
        return spk_str_is(key->version, "v1alpha1") ? "/apis/spark-operator.k8s.io/v1alpha1"
                                                    : "/apis/sparkoperator.k8s.io/v1beta2";
    return kind == SPK_API_INGRESSES ? "/apis/networking.k8s.io/v1" : "/api/v1";
}

static const char *plural(enum spk_api_kind kind)
{
    static const char *const names[] = {
        [SPK_API_APPS] = "sparkapplications", [SPK_API_PODS] = "pods",
        [SPK_API_SERVICES] = "services",      [SPK_API_CONFIG_MAPS] = "configmaps",
        [SPK_API_INGRESSES] = "ingresses",
    };

    return names[kind];
}

/* The collection, or with a name the object; @query is literal text of ours. */
static int make_path(struct spk_buf *out, const struct spk_key *key, enum spk_api_kind kind,
                     const char *name, const char *query, struct spk_err *err)
{
    char ns[SPK_SUBDOMAIN_MAX + 1];

    spk_buf_init(out, SPK_KUBE_PATH_MAX);
    if (key->ns.len >= sizeof(ns))
        return spk_fail(err, SPK_EINVALID, "the namespace's name is too long");
    (void)snprintf(ns, sizeof(ns), "%.*s", SPK_ARG(key->ns));
    if (spk_kube_path(out, err, group(key, kind), NULL) != 0 ||
        spk_kube_path(out, err, "/namespaces/", ns, "/", plural(kind), NULL) != 0)
        return -1;
    if (name && spk_kube_path(out, err, "/", name, NULL) != 0)
        return -1;
    return query ? spk_buf_add(out, query, strlen(query), err) : 0;
}

struct call {
    const char *method;
    const char *type;
    const json_t *body;
    const char *what; /* for messages: "pods", ... */
};

static int judge(const struct spk_kube_answer *answer, const struct call *call, struct spk_err *err)
{
    if (answer->status == 404)
        return 1;
    if (answer->status == 409)
        return 2;
    return spk_fail(err, SPK_EIO, "%s %s: %s", call->method, call->what, answer->text);
}

static int send_call(struct spk_kube *kube, const struct spk_buf *path, const struct call *call,
                     json_t **out, struct spk_err *err)
{
    struct spk_kube_request request = {
        .method = call->method, .path = path->ptr, .content_type = call->type};
    struct spk_kube_answer answer;
    char *body SPK_AUTOFREE = NULL;
    int result;

    if (call->body) {
        size_t len;

        if (spk_json_dump(&body, &len, call->body, err) != 0)
            return -1;
        request.body = (struct spk_str){body, len};
    }
    result = spk_kube_call(kube, &request, &answer, err);
    if (result < 0)
        return spk_fail_in(err, "%s %s", call->method, call->what);
    if (result == 1)
        result = judge(&answer, call, err);
    else if (out)
        *out = SPK_STEAL(answer.object);
    spk_kube_answer_done(&answer);
    return result;
}

int spk_api_get(struct spk_kube *kube, const struct spk_key *key, enum spk_api_kind kind,
                const char *name, json_t **out, struct spk_err *err)
{
    struct call call = {.method = "GET", .what = plural(kind)};
    struct spk_buf path SPK_CLEANUP(spk_buf_done);

    if (make_path(&path, key, kind, name, NULL, err) != 0)
        return -1;
    return send_call(kube, &path, &call, out, err);
}

int spk_api_list(struct spk_kube *kube, const struct spk_key *key, enum spk_api_kind kind,
                 json_t **out, struct spk_err *err)
{
    struct call call = {.method = "GET", .what = plural(kind)};
    struct spk_buf path SPK_CLEANUP(spk_buf_done) = {0};
    char selector[SELECTOR_MAX];
    json_t *list = NULL;
    int result;

    if (key->name.len > SPK_LABEL_MAX) /* no label can hold it, and no selector may */
        return 1;
    (void)snprintf(selector, sizeof(selector),
                   SPK_APP_LABEL_NAME "=%.*s," SPK_APP_LABEL_LAUNCHED
                                      "=" SPK_APP_LABEL_LAUNCHED_VALUE "%s",
                   SPK_ARG(key->name), kind == SPK_API_PODS ? ",spark-role=driver" : "");
    if (make_path(&path, key, kind, NULL, NULL, err) != 0 ||
        spk_kube_path(&path, err, "?labelSelector=", selector, NULL) != 0)
        return -1;
    result = send_call(kube, &path, &call, &list, err);
    if (result == 0)
        *out = json_incref(json_object_get(list, "items"));
    json_decref(list);
    return result;
}

int spk_api_create(struct spk_kube *kube, const struct spk_key *key, enum spk_api_kind kind,
                   const json_t *object, json_t **out, struct spk_err *err)
{
    struct call call = {.method = "POST", .body = object, .what = plural(kind)};
    struct spk_buf path SPK_CLEANUP(spk_buf_done);

    if (make_path(&path, key, kind, NULL, NULL, err) != 0)
        return -1;
    return send_call(kube, &path, &call, out, err);
}

int spk_api_patch(struct spk_kube *kube, const struct spk_key *key, bool status,
                  const json_t *patch, json_t **out, struct spk_err *err)
{
    struct call call = {.method = "PATCH",
                        .type = SPK_KUBE_MERGE_PATCH,
                        .body = patch,
                        .what = "sparkapplications"};
    struct spk_buf path SPK_CLEANUP(spk_buf_done);
    char name[SPK_SUBDOMAIN_MAX + 1];

    (void)snprintf(name, sizeof(name), "%.*s", SPK_ARG(key->name));
    if (make_path(&path, key, SPK_API_APPS, name, status ? "/status" : NULL, err) != 0)
        return -1;
    return send_call(kube, &path, &call, out, err);
}

int spk_api_apply(struct spk_kube *kube, const struct spk_key *key, enum spk_api_kind kind,
                  const json_t *object, struct spk_err *err)
{
    struct call call = {
        .method = "PATCH", .type = SPK_KUBE_APPLY_PATCH, .body = object, .what = plural(kind)};
    const char *name =
        json_string_value(json_object_get(json_object_get(object, "metadata"), "name"));
    struct spk_buf path SPK_CLEANUP(spk_buf_done);

    if (!name)
        return spk_fail(err, SPK_EINTERNAL, "an object without a name is to be applied");
    if (make_path(&path, key, kind, name, "?fieldManager=spark-controller&force=true", err) != 0)
        return -1;
    return send_call(kube, &path, &call, NULL, err);
}

int spk_api_delete(struct spk_kube *kube, const struct spk_key *key, enum spk_api_kind kind,
                   const char *name, const char *uid, const char *version, struct spk_err *err)
{
    json_t *body = json_pack("{ss ss s{ss ss*} ss}", "kind", "DeleteOptions", "apiVersion", "v1",
                             "preconditions", "uid", uid, "resourceVersion", version,
                             "propagationPolicy", "Background");
    struct call call = {.method = "DELETE", .body = body, .what = plural(kind)};
    struct spk_buf path SPK_CLEANUP(spk_buf_done) = {0};
    int result;

    if (!body)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    result = make_path(&path, key, kind, name, NULL, err);
    if (result == 0)
        result = send_call(kube, &path, &call, NULL, err);
    json_decref(body);
    return result;
}
