#ifndef SPK_ADMISSION_MERGE_PARTS_H
#define SPK_ADMISSION_MERGE_PARTS_H
/* The parts of a merge, one list of the pod each. Private to merge*.c. What is to be appended goes
 * into JSON arrays, in order; faults and effects go to the notes; the errors are SPK_ENOMEM. */

#include "spk/admission/notes.h"
#include "spk/admission/view.h"
#include "spk/admission/wishes.h"
#include "spk/base/err.h"

#include <jansson.h>

int spk_merge_owner(json_t *owners, const struct spk_wish_owner *wish, const struct spk_view *view,
                    struct spk_notes *notes, struct spk_err *err);

int spk_merge_mounts(json_t *volumes, json_t *mounts, const struct spk_wishes *wishes,
                     const struct spk_view *view, size_t index, struct spk_notes *notes,
                     struct spk_err *err);

/* Variables of container @index that are there are replaced by operations in @ops; others are
 * @added. */
int spk_merge_env(json_t *ops, json_t *added, const struct spk_wishes *wishes,
                  const struct spk_view *view, size_t index, struct spk_notes *notes,
                  struct spk_err *err);

/* Appends @value, which is stolen; NULL stands for a failed allocation. */
int spk_merge_append(json_t *array, json_t *value, struct spk_err *err);

#endif
