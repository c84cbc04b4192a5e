#ifndef SPK_ADMISSION_OVERLAY_PARTS_H
#define SPK_ADMISSION_OVERLAY_PARTS_H
/* One overlay on its way into a pod. Private to overlay/. */

#include "spk/k8s/schema.h"

#include "spk/admission/notes.h"
#include "spk/admission/overlay.h"
#include "spk/base/err.h"
#include "spk/json/walk.h"

struct spk_overlay_run {
    json_t *tree; /* the pod as far as it is changed: metadata and spec */
    json_t *ops;
    const struct spk_policy *policy;
    struct spk_str container; /* the Spark container's name */
    size_t container_index;
    const struct spk_overlay_ask *ask; /* the overlay that is being merged */
    size_t elements;                   /* of its lists, so far */
    size_t pairs;                      /* compared, by all overlays: SPK_OVERLAY_PAIRS_MAX */
    struct spk_notes *notes;
    struct spk_err *err;
};

/* One place, in the pod and in the overlay: elements of lists stand elsewhere, and sparkContainer
 * is an element of spec.containers. */
struct spk_overlay_at {
    struct spk_at pod;
    struct spk_at asked;
};

/* The member @key of what @up says; without @up: of the whole. */
static inline struct spk_overlay_at spk_overlay_member(const struct spk_overlay_at *up,
                                                       const char *key)
{
    return (struct spk_overlay_at){
        {.up = up ? &up->pod : NULL, .key = key},
        {.up = up ? &up->asked : NULL, .key = key},
    };
}

/* The element of the list @up, which is the @asked -th of the overlay's list. */
static inline struct spk_overlay_at spk_overlay_element(const struct spk_overlay_at *up, size_t pod,
                                                        size_t asked)
{
    return (struct spk_overlay_at){
        {.up = &up->pod, .index = pod},
        {.up = &up->asked, .index = asked},
    };
}

/* "spec.tolerations[1].operator"; keys quoted where they need it. Never NULL. */
const char *spk_overlay_place(struct spk_notes *notes, const struct spk_at *at);

/* The same of what the user wrote: "" for all of a shorthand's value. */
const char *spk_overlay_asked(struct spk_overlay_run *run, const struct spk_at *at);

/* The same as a JSON Pointer (RFC 6901). */
const char *spk_overlay_pointer(struct spk_notes *notes, const struct spk_at *at);

/* A fault of the overlay at a place: "KEY: spec.x: …". */
void spk_overlay_fault(struct spk_overlay_run *run, const struct spk_at *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Counts comparisons of @wishes elements of the overlay with the pod's list @there, whose elements
 * count for @weight: false, with a fault, when they are too many. */
bool spk_overlay_may_compare(struct spk_overlay_run *run, const json_t *there, size_t weight,
                             size_t wishes, const struct spk_at *at);

/* Types, names, nulls, keys of elements. Quantities that are numbers become texts, unknown fields
 * go where the policy says so. Faults go to the notes; SPK_ENOMEM. */
int spk_overlay_check(struct spk_overlay_run *run, json_t *overlay);

/* What may have been meant by a field that @type has not got: "did you mean \"tolerations\"?", or
 * where it is, or what there is; "" without any guess. */
const char *spk_overlay_guess(struct spk_notes *notes, enum spk_schema_index type,
                              const char *name);

/* The same at the top of an overlay, with "; " in front. */
const char *spk_overlay_guess_root(struct spk_notes *notes, const char *name);

/* What Spark or we own. @overlay has been checked and has no fault. */
void spk_overlay_check_owned(struct spk_overlay_run *run, const json_t *overlay);

/* Merges a checked overlay into the tree, with an operation for each change. SPK_ENOMEM. */
int spk_overlay_merge(struct spk_overlay_run *run, json_t *overlay);

/* What follows from an overlay's fields in others. SPK_ENOMEM. */
int spk_overlay_merge_coupled(struct spk_overlay_run *run, const json_t *overlay);

/* A volume of the overlay meets the pod's volume of that name: false, with a fault, when it has
 * another source. */
bool spk_overlay_volume_fits(struct spk_overlay_run *run, const json_t *there, const json_t *wish,
                             const struct spk_at *at);

/* The element among the first @had of @mounts at the same path as @wish, or NULL. @fits is false,
 * with a fault, when something else is mounted there. */
json_t *spk_overlay_find_mount(bool *fits, struct spk_overlay_run *run, json_t *mounts, size_t had,
                               const json_t *wish, const struct spk_at *at, size_t *index);

/* How many elements @mounts count for: a path is compared step by step, and a hostile one has
 * thousands. */
size_t spk_overlay_mounts_weight(const json_t *mounts);

/* No two mounts of one list of an overlay at one path. */
void spk_overlay_check_mounts(struct spk_overlay_run *run, const json_t *mounts,
                              const struct spk_at *at);

/* One change of the tree where @at says, its operation and its effect. @value is borrowed.
 * SPK_ENOMEM. */
int spk_overlay_set(struct spk_overlay_run *run, json_t *object, json_t *value,
                    const struct spk_overlay_at *at);
int spk_overlay_append(struct spk_overlay_run *run, json_t *array, json_t *value,
                       const struct spk_overlay_at *at);
int spk_overlay_replace(struct spk_overlay_run *run, json_t *array, json_t *value,
                        const struct spk_overlay_at *at);
int spk_overlay_remove(struct spk_overlay_run *run, json_t *object,
                       const struct spk_overlay_at *at);

#endif
