#include "spk/admission/review.h"

#include "answer.h"

#include "spk/admission/decide.h"
#include "spk/admission/view_tree.h"
#include "spk/base/limits.h"
#include "spk/json/walk.h"

static const char group_v1[] = "admission.k8s.io/v1";
static const char group_v1beta1[] = "admission.k8s.io/v1beta1";

static void start(struct spk_decision *out, json_t *root)
{
    *out = (struct spk_decision){.root = root, .outcome = SPK_FAILED, .applied = ""};
    spk_arena_init(&out->arena, SPK_ARENA_MAX);
}

static int decide_tree(struct spk_decision *out, const json_t *pod, const struct spk_policy *policy,
                       struct spk_err *err)
{
    struct spk_view view;

    if (spk_view_read(&view, &out->arena, pod, err))
        return -1;
    if (spk_decide(out, &view, policy, err)) {
        out->outcome = SPK_FAILED;
        return -1;
    }
    return 0;
}

/* Why the request is none of ours, or NULL. */
static int read_scope(const char **reason, json_t **pod, const json_t *request, struct spk_err *err)
{
    struct spk_at at = {.key = "request"};
    struct spk_at resource_at = {.up = &at, .key = "resource"};
    struct spk_str group;
    struct spk_str version;
    struct spk_str resource;
    struct spk_str sub;
    struct spk_str operation;
    json_t *node;

    if (spk_json_member(&node, request, "resource", JSON_OBJECT, &at, err) ||
        spk_json_text(&group, node, "group", &resource_at, err) ||
        spk_json_text(&version, node, "version", &resource_at, err) ||
        spk_json_text(&resource, node, "resource", &resource_at, err) ||
        spk_json_text(&sub, request, "subResource", &at, err) ||
        spk_json_text(&operation, request, "operation", &at, err) ||
        spk_json_member(pod, request, "object", JSON_OBJECT, &at, err))
        return -1;
    if (group.len || !spk_str_is(version, "v1") || !spk_str_is(resource, "pods") || sub.len)
        *reason = "the request is not about a core/v1 pod";
    else if (!spk_str_is(operation, "CREATE"))
        *reason = "the operation is not CREATE";
    else if (!*pod)
        *reason = "the request carries no object";
    else
        *reason = NULL;
    return 0;
}

static int read_envelope(const char **version, json_t **request, struct spk_decision *out,
                         struct spk_err *err)
{
    struct spk_at at = {.key = "request"};
    struct spk_str kind;
    struct spk_str api;

    if (spk_json_expect(out->root, JSON_OBJECT, NULL, err) ||
        spk_json_text(&kind, out->root, "kind", NULL, err) ||
        spk_json_text(&api, out->root, "apiVersion", NULL, err))
        return -1;
    if (!spk_str_is(kind, "AdmissionReview") ||
        (!spk_str_is(api, group_v1) && !spk_str_is(api, group_v1beta1)))
        return spk_fail(err, SPK_EPARSE,
                        "expected an AdmissionReview of admission.k8s.io/v1 or v1beta1");
    *version = spk_str_is(api, group_v1) ? group_v1 : group_v1beta1;
    if (spk_json_member(request, out->root, "request", JSON_OBJECT, NULL, err))
        return -1;
    if (!*request)
        return spk_fail(err, SPK_EPARSE, "request: expected an object, found nothing");
    if (spk_json_text(&out->uid, *request, "uid", &at, err) ||
        spk_json_text(&out->name, *request, "name", &at, err) ||
        spk_json_text(&out->namespace_, *request, "namespace", &at, err))
        return -1;
    if (!out->uid.len)
        return spk_fail(err, SPK_EPARSE, "request.uid: expected a text, found nothing");
    return 0;
}

int spk_review_answer(struct spk_decision *out, char **response, size_t *response_len,
                      const char *body, size_t len, const struct spk_policy *policy,
                      struct spk_err *err)
{
    const char *version = NULL;
    json_t *request = NULL;
    json_t *pod = NULL;

    start(out, NULL);
    if (len > SPK_BODY_MAX)
        return spk_fail(err, SPK_ETOOBIG, "review: %zu bytes, at most %zu", len, SPK_BODY_MAX);
    if (spk_json_parse(&out->root, body, len, err) || read_envelope(&version, &request, out, err) ||
        read_scope(&out->reason, &pod, request, err))
        return -1;
    if (out->reason) {
        out->outcome = SPK_UNTOUCHED;
    } else if (decide_tree(out, pod, policy, err)) {
        return spk_fail_in(err, "request.object");
    }
    if (spk_answer_write(response, response_len, out, version, err)) {
        out->outcome = SPK_FAILED;
        return -1;
    }
    return 0;
}

int spk_pod_decide(struct spk_decision *out, json_t *pod, const struct spk_policy *policy,
                   struct spk_err *err)
{
    start(out, json_incref(pod));
    return decide_tree(out, pod, policy, err);
}
