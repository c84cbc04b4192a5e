#ifndef SPK_WEBHOOK_APPLICATION_REVIEW_H
#define SPK_WEBHOOK_APPLICATION_REVIEW_H
/*
 * Reviews of SparkApplications: what their author left out is filled in, what could not be run is
 * refused while he looks, with the field's path, annotations of ours on its pods among it, and what
 * nobody acts on is a warning.
 *
 * Both are done by whichever webhook is registered: a mutating one may refuse as well.
 */

#include "spk/admission/decision.h"
#include "spk/admission/review.h"
#include "spk/base/err.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * spk_application_review() - decide about one review and write the answer
 * @defaults: also fill in what is missing; else only judge, as if that had been done
 * @policy:   of pods, as the driver and the executors are judged by it
 *
 * An update is judged only where it changes the spec: what was stored before there were these rules
 * stays what it is, and can be labelled, suspended by its owner's tools or taken away. So is a
 * deletion never refused, nor any write of the status.
 *
 * Everything else as spk_review_answer().
 */
int spk_application_review(struct spk_decision *out, char **response, size_t *response_len,
                           const char *body, size_t len, bool defaults,
                           const struct spk_policy *policy, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
