#include "spk/admission/envelope.h"

#include "spk/base/base64.h"
#include "spk/base/limits.h"
#include "spk/json/dump.h"
#include "spk/json/walk.h"

#include <stdlib.h>

static const char v1[] = "admission.k8s.io/v1";
static const char v1beta1[] = "admission.k8s.io/v1beta1";

static const struct spk_at at_request = {.key = "request"};

void spk_decision_start(struct spk_decision *out, json_t *root)
{
    *out = (struct spk_decision){.root = root, .outcome = SPK_FAILED, .applied = ""};
    spk_arena_init(&out->arena, SPK_ARENA_MAX);
}

static int read_kind(struct spk_envelope *out, const json_t *root, struct spk_err *err)
{
    struct spk_str kind;
    struct spk_str api;

    if (spk_json_expect(root, JSON_OBJECT, NULL, err) ||
        spk_json_text(&kind, root, "kind", NULL, err) ||
        spk_json_text(&api, root, "apiVersion", NULL, err))
        return -1;
    if (!spk_str_is(kind, "AdmissionReview") || (!spk_str_is(api, v1) && !spk_str_is(api, v1beta1)))
        return spk_fail(err, SPK_EPARSE,
                        "expected an AdmissionReview of admission.k8s.io/v1 or v1beta1");
    out->api = spk_str_is(api, v1) ? v1 : v1beta1;
    return 0;
}

static int read_names(struct spk_decision *decision, const json_t *request, struct spk_err *err)
{
    if (spk_json_text(&decision->uid, request, "uid", &at_request, err) ||
        spk_json_text(&decision->name, request, "name", &at_request, err) ||
        spk_json_text(&decision->namespace_, request, "namespace", &at_request, err))
        return -1;
    if (!decision->uid.len)
        return spk_fail(err, SPK_EPARSE, "request.uid: expected a text, found nothing");
    return 0;
}

static int read_subject(struct spk_envelope *out, const json_t *request, struct spk_err *err)
{
    const struct spk_at at_resource = {.up = &at_request, .key = "resource"};
    json_t *node;

    if (spk_json_member(&node, request, "resource", JSON_OBJECT, &at_request, err) ||
        spk_json_text(&out->group, node, "group", &at_resource, err) ||
        spk_json_text(&out->version, node, "version", &at_resource, err) ||
        spk_json_text(&out->resource, node, "resource", &at_resource, err) ||
        spk_json_text(&out->sub, request, "subResource", &at_request, err) ||
        spk_json_text(&out->operation, request, "operation", &at_request, err) ||
        spk_json_member(&out->object, request, "object", JSON_OBJECT, &at_request, err) ||
        spk_json_member(&out->old_object, request, "oldObject", JSON_OBJECT, &at_request, err))
        return -1;
    return 0;
}

int spk_envelope_read(struct spk_envelope *out, struct spk_decision *decision, const char *body,
                      size_t len, struct spk_err *err)
{
    struct spk_envelope envelope = {0};
    json_t *request;

    spk_decision_start(decision, NULL);
    if (len > SPK_BODY_MAX)
        return spk_fail(err, SPK_ETOOBIG, "review: %zu bytes, at most %zu", len, SPK_BODY_MAX);
    if (spk_json_parse(&decision->root, body, len, err) ||
        read_kind(&envelope, decision->root, err) ||
        spk_json_member(&request, decision->root, "request", JSON_OBJECT, NULL, err))
        return -1;
    if (!request)
        return spk_fail(err, SPK_EPARSE, "request: expected an object, found nothing");
    if (read_names(decision, request, err) || read_subject(&envelope, request, err))
        return -1;
    *out = envelope;
    return 0;
}

static int fail_memory(struct spk_err *err)
{
    return spk_fail(err, SPK_ENOMEM, "answer: out of memory");
}

/* A member from a fresh value; a NULL value is a failed allocation. */
static int set(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value);
}

/* API validation of auditAnnotations: keys are qualified names; these are plain words. */
static int set_audit(json_t *response, const struct spk_decision *decision)
{
    if (!decision->applied || !*decision->applied)
        return 0;
    return set(response, "auditAnnotations",
               json_pack("{s:s, s:o}", "applied", decision->applied, "container",
                         spk_json_string(decision->container)));
}

static int set_warnings(json_t *response, const struct spk_decision *decision)
{
    json_t *warnings;

    if (decision->warning_count == 0)
        return 0;
    warnings = json_array();
    for (size_t i = 0; warnings && i < decision->warning_count; i++) {
        if (json_array_append_new(warnings, json_string(decision->warnings[i]))) {
            json_decref(warnings);
            return -1;
        }
    }
    return set(response, "warnings", warnings);
}

static json_t *encode(const char *text, size_t len)
{
    size_t size = spk_base64_size(len);
    char *encoded = malloc(size ? size : 1);
    json_t *string = NULL;

    if (encoded) {
        spk_base64_encode(encoded, text, len);
        string = json_stringn_nocheck(encoded, size);
    }
    free(encoded);
    return string;
}

/* patch and patchType come together or not at all (VerifyAdmissionResponse). */
static int set_patch(json_t *response, const struct spk_decision *decision)
{
    struct spk_err err; /* all that can be missing is memory */
    char *text;
    size_t len;
    int rc;

    if (!decision->patch)
        return 0;
    if (set(response, "patchType", json_string("JSONPatch")) ||
        spk_json_dump(&text, &len, decision->patch, &err))
        return -1;
    rc = set(response, "patch", encode(text, len));
    free(text);
    return rc;
}

static int set_status(json_t *response, const struct spk_decision *decision)
{
    if (decision->outcome != SPK_DENIED)
        return 0;
    return set(response, "status",
               json_pack("{s:s, s:s, s:s, s:i}", "status", "Failure", "message", decision->message,
                         "reason", "Invalid", "code", 422));
}

static json_t *build(const struct spk_decision *decision, const char *api)
{
    json_t *response = json_pack("{s:o, s:b}", "uid", spk_json_string(decision->uid), "allowed",
                                 decision->outcome != SPK_DENIED);

    if (!response)
        return NULL;
    if (set_status(response, decision) || set_patch(response, decision) ||
        set_warnings(response, decision) || set_audit(response, decision)) {
        json_decref(response);
        return NULL;
    }
    return json_pack("{s:s, s:s, s:o}", "apiVersion", api, "kind", "AdmissionReview", "response",
                     response);
}

int spk_envelope_answer(char **out, size_t *len, const struct spk_decision *decision,
                        const char *api, struct spk_err *err)
{
    json_auto_t *review = build(decision, api);

    if (!review)
        return fail_memory(err);
    return spk_json_dump(out, len, review, err);
}
