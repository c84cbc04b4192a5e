#ifndef SPK_ADMISSION_VIEW_TREE_H
#define SPK_ADMISSION_VIEW_TREE_H
/* Reads a view from a jansson tree. */

#include "spk/admission/view.h"
#include "spk/base/arena.h"
#include "spk/base/err.h"

#include <jansson.h>

/**
 * spk_view_read() - read a Pod
 * @out:   its slices point into @pod, its arrays into @arena
 * @arena: for the arrays
 * @pod:   borrowed for as long as the view is used
 *
 * Spec:   core/v1 Pod. What arrives has not been validated: names may be null, lists absent.
 * Errors: SPK_EPARSE with the path for a field of the wrong type; SPK_ENOMEM
 */
int spk_view_read(struct spk_view *out, struct spk_arena *arena, const json_t *pod,
                  struct spk_err *err) __attribute__((warn_unused_result));

#endif
