#include "answer.h"

#include "spk/base/base64.h"
#include "spk/json/dump.h"
#include "spk/json/walk.h"

#include <stdlib.h>

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

static json_t *build(const struct spk_decision *decision, const char *version)
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
    return json_pack("{s:s, s:s, s:o}", "apiVersion", version, "kind", "AdmissionReview",
                     "response", response);
}

int spk_answer_write(char **out, size_t *len, const struct spk_decision *decision,
                     const char *version, struct spk_err *err)
{
    json_auto_t *review = build(decision, version);

    if (!review)
        return fail_memory(err);
    return spk_json_dump(out, len, review, err);
}
