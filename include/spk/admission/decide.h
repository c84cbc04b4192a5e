#ifndef SPK_ADMISSION_DECIDE_H
#define SPK_ADMISSION_DECIDE_H
/* From the view of a pod to the decision about it. */

#include "spk/admission/decision.h"
#include "spk/admission/review.h"
#include "spk/admission/view.h"
#include "spk/base/err.h"

/**
 * spk_decide() - decide about a pod that is being created
 * @out:  its arena is ready; gets role, outcome, patch, warnings, effects, message
 * @view: read with that arena
 *
 * Errors: SPK_ENOMEM
 */
int spk_decide(struct spk_decision *out, const struct spk_view *view,
               const struct spk_policy *policy, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
