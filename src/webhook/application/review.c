#include "webhook/application/review.h"

#include "spk/admission/envelope.h"
#include "spk/admission/notes.h"
#include "spk/app/defaults.h"
#include "spk/base/cleanup.h"
#include "spk/base/text.h"
#include "spk/json/walk.h"

#include "webhook/application/annotations.h"
#include "webhook/application/judge.h"

#include <string.h>

static bool is_ours(const struct spk_envelope *envelope)
{
    return spk_str_is(envelope->resource, "sparkapplications") && !envelope->sub.len &&
           ((spk_str_is(envelope->group, "sparkoperator.k8s.io") &&
             spk_str_is(envelope->version, "v1beta2")) ||
            (spk_str_is(envelope->group, "spark-operator.k8s.io") &&
             spk_str_is(envelope->version, "v1alpha1")));
}

static bool is_deleted(const json_t *object)
{
    return json_is_string(
        json_object_get(json_object_get(object, "metadata"), "deletionTimestamp"));
}

/* Why the request needs no judgement, or NULL. */
static const char *idle(const struct spk_envelope *envelope)
{
    const bool update = spk_str_is(envelope->operation, "UPDATE");

    if (!is_ours(envelope))
        return "the request is not about a SparkApplication";
    if (!update && !spk_str_is(envelope->operation, "CREATE"))
        return "the operation is neither CREATE nor UPDATE";
    if (!envelope->object)
        return "the request carries no object";
    if (is_deleted(envelope->object))
        return "the application is being deleted";
    if (update && json_equal(json_object_get(envelope->object, "spec"),
                             json_object_get(envelope->old_object, "spec")))
        return "the spec is as it was";
    return NULL;
}

static int deny(struct spk_decision *out, const char *message, struct spk_err *err)
{
    char *text = spk_arena_copy(&out->arena, spk_str(message));

    if (!text)
        return spk_fail(err, SPK_ENOMEM, "application: out of memory");
    spk_one_line(text); /* nothing in it forges another */
    out->message = text;
    out->outcome = SPK_DENIED;
    return 0;
}

static int deny_faults(struct spk_decision *out, const struct spk_faults *faults,
                       struct spk_err *err)
{
    char message[SPK_MESSAGE_MAX];

    spk_faults_print(message, sizeof(message), faults, "; ");
    return deny(out, message, err);
}

static void warn(struct spk_notes *notes, struct spk_submission *submission)
{
    for (size_t i = 0; i < submission->note_count; i++) {
        struct spk_submission_note *note = &submission->notes[i];
        spk_one_line(note->field);
        spk_one_line(note->message);
        spk_notes_warn(notes, "%s: %s", note->field, note->message);
    }
}

static int publish_warnings(struct spk_decision *out, struct spk_notes *notes, struct spk_err *err)
{
    spk_notes_close(notes);
    out->warning_count = notes->warning_count;
    out->warnings = spk_arena_alloc(&out->arena, (notes->warning_count + 1) * sizeof(char *));
    if (!out->warnings || notes->no_memory)
        return spk_fail(err, SPK_ENOMEM, "application: out of memory");
    memcpy((void *)out->warnings, notes->warnings, notes->warning_count * sizeof(char *));
    return 0;
}

/* Could the controller submit it, and would its pods be let in? What is wrong and what nobody acts
 * on are told together. Return: 0, also for a denial; -1 without memory. */
static int judge(struct spk_decision *out, const json_t *object, const struct spk_policy *policy,
                 struct spk_err *err)
{
    SPK_CLEANUP(spk_submission_done) struct spk_submission submission = {0};
    SPK_CLEANUP(spk_app_done) struct spk_app app = {0};
    struct spk_notes notes = {.arena = &out->arena};
    int rc = spk_application_judge(&submission, &app, object, NULL, NULL, err);

    if (rc && err->code == SPK_ENOMEM)
        return -1;
    if (rc && spk_faults_none(&submission.faults)) /* it can't be read */
        return deny(out, err->msg, err);
    if (app.rules.tracked)
        return 0;
    warn(&notes, &submission);
    if (spk_application_annotations(&submission, &notes, app.spec, policy, err) ||
        publish_warnings(out, &notes, err))
        return -1;
    return spk_faults_none(&submission.faults) ? 0 : deny_faults(out, &submission.faults, err);
}

static int decide(struct spk_decision *out, const struct spk_envelope *envelope, bool defaults,
                  const struct spk_policy *policy, struct spk_err *err)
{
    json_auto_t *object = NULL;
    json_auto_t *ops = NULL;

    if (spk_str_is(envelope->version, "v1beta2")) {
        if (spk_app_defaults(&ops, envelope->object, err))
            return -1;
    } else {
        ops = json_array();
    }
    if (!ops)
        return spk_fail(err, SPK_ENOMEM, "application: out of memory");
    if (spk_application_complete(&object, envelope->object, ops, out->namespace_, err) ||
        judge(out, object, policy, err))
        return -1;
    if (out->outcome == SPK_DENIED)
        return 0;
    out->outcome = SPK_UNCHANGED;
    if (defaults && json_array_size(ops) > 0) {
        out->patch = SPK_STEAL(ops);
        out->outcome = SPK_MUTATED;
    }
    return 0;
}

int spk_application_review(struct spk_decision *out, char **response, size_t *response_len,
                           const char *body, size_t len, bool defaults,
                           const struct spk_policy *policy, struct spk_err *err)
{
    struct spk_envelope envelope;
    int rc = 0;

    if (spk_envelope_read(&envelope, out, body, len, err))
        return -1;
    out->role = SPK_ROLE_APPLICATION;
    out->reason = idle(&envelope);
    if (out->reason)
        out->outcome = SPK_UNTOUCHED;
    else
        rc = decide(out, &envelope, defaults, policy, err);
    if (rc == 0)
        rc = spk_envelope_answer(response, response_len, out, envelope.api, err);
    if (rc)
        out->outcome = SPK_FAILED;
    return rc;
}
