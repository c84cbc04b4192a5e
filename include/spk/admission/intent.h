#ifndef SPK_ADMISSION_INTENT_H
#define SPK_ADMISSION_INTENT_H
/* From a pod's annotations to the wishes that they are. */

#include "spk/admission/notes.h"
#include "spk/admission/view.h"
#include "spk/admission/wishes.h"
#include "spk/base/err.h"

/**
 * spk_intent_read() - what the annotations ask for
 * @out:    wishes in sorted order of their canonical keys, so that the same pod always gives the
 *          same bytes; complete only if @notes got no fault
 * @view:   the pod
 * @prefix: of the annotations that count, see spk/admission/key.h
 * @notes:  gets a fault for each annotation that can't be honoured, and warnings
 *
 * Errors: SPK_ENOMEM only
 */
int spk_intent_read(struct spk_wishes *out, const struct spk_view *view, const char *prefix,
                    struct spk_notes *notes, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
