#ifndef SPK_WEBHOOK_APPLICATION_ANNOTATIONS_H
#define SPK_WEBHOOK_APPLICATION_ANNOTATIONS_H
/*
 * What the webhook will say of the driver and the executors of an application, said of the
 * application: of the annotations that its author wrote, and of those that its fields become.
 *
 * The pods are made up as Spark would make them, and judged as if they were being created: what
 * this server would refuse then is a fault now, with the path of the field. What else Spark mounts
 * is not known yet, so a pod may still be refused.
 */

#include "spk/admission/notes.h"
#include "spk/admission/review.h"
#include "spk/app/submission.h"
#include "spk/base/err.h"

/**
 * spk_application_annotations() - judge the annotations that a submission puts on its pods
 * @submission: gets the faults; where it has some already, what its fields become is not looked at
 * @notes:      gets the warnings
 * @spec:       that the submission was made of: for the paths
 * @policy:     of pods: with warn_on_invalid what is a fault there becomes a warning
 *
 * Errors: SPK_ENOMEM only
 */
int spk_application_annotations(struct spk_submission *submission, struct spk_notes *notes,
                                const json_t *spec, const struct spk_policy *policy,
                                struct spk_err *err) __attribute__((warn_unused_result));

#endif
