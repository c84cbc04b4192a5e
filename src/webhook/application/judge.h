#ifndef SPK_WEBHOOK_APPLICATION_JUDGE_H
#define SPK_WEBHOOK_APPLICATION_JUDGE_H
/*
 * Could the controller run a SparkApplication? Asked before there is one: by the webhook of what is
 * to be stored, by lint of what is in a file.
 */

#include "spk/app/submission.h"
#include "spk/base/err.h"
#include "spk/base/str.h"

/**
 * spk_application_complete() - an application as it would be stored
 * @out: a new reference: a copy of @object with a name, if only a generated one, a uid and @ns
 * @ops: a JSON Patch that comes first: its defaults
 *
 * Errors: SPK_ENOMEM, and those of spk_patch_apply()
 */
int spk_application_complete(json_t **out, const json_t *object, const json_t *ops,
                             struct spk_str ns, struct spk_err *err)
    __attribute__((warn_unused_result));

/**
 * spk_application_judge() - what is said of it: faults, and notes; of one that its user submits
 * (v1alpha1 submissionByUser) only what can't be read
 * @out:   with the notes and the faults; to be released with spk_submission_done(), also on failure
 * @app:   @object as it was read; to be released with spk_app_done(), also on failure
 * @fault: told of each fault, as far as the object can be read; NULL: what can't be read ends it,
 *         and the rest is in the error
 *
 * Errors: SPK_ENOMEM; others: what is refused, with the field's path
 */
int spk_application_judge(struct spk_submission *out, struct spk_app *app, const json_t *object,
                          spk_submission_fault_fn *fault, void *arg, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
