#ifndef SPK_ADMISSION_MERGE_H
#define SPK_ADMISSION_MERGE_H
/*
 * From wishes and a pod to the JSON Patch that brings the pod there. What is already there in
 * the same form is left alone, so merging again into the result gives no operation.
 */

#include "spk/admission/container.h"
#include "spk/admission/notes.h"
#include "spk/admission/view.h"
#include "spk/admission/wishes.h"
#include "spk/base/err.h"

#include <jansson.h>

/**
 * spk_merge() - build the patch
 * @ops:     an empty JSON array that gets the operations, in this order: owner references, volumes,
 *           mounts, variables. Without meaning when @notes has got a fault.
 * @target:  the Spark container
 * @notes:   gets a fault for each conflict with the pod or between two wishes, and effects
 *
 * Errors: SPK_ENOMEM
 */
int spk_merge(json_t *ops, const struct spk_wishes *wishes, const struct spk_view *view,
              const struct spk_spark_container *target, struct spk_notes *notes,
              struct spk_err *err) __attribute__((warn_unused_result));

#endif
