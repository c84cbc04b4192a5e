#include "spk/admission/merge.h"

#include "merge_parts.h"

#include "spk/json/patch.h"

#define POINTER_MAX 64 /* "/spec/containers/N/volumeMounts/-" with any N */

/* Appends @elements to the list at @pointer: as one list where there is none. */
static int append_all(json_t *ops, const char *pointer, bool exists, json_t *elements,
                      struct spk_err *err)
{
    char end[POINTER_MAX];
    size_t i;
    json_t *element;

    if (json_array_size(elements) == 0)
        return 0;
    if (!exists)
        return spk_patch_add(ops, "add", pointer, json_incref(elements), err);
    (void)snprintf(end, sizeof(end), "%s/-", pointer);
    json_array_foreach(elements, i, element)
    {
        if (spk_patch_add(ops, "add", end, json_incref(element), err))
            return -1;
    }
    return 0;
}

static int merge_owner(json_t *ops, const struct spk_wishes *wishes, const struct spk_view *view,
                       struct spk_notes *notes, struct spk_err *err)
{
    json_auto_t *owners = json_array();

    if (!owners)
        return spk_fail(err, SPK_ENOMEM, "patch: out of memory");
    if (wishes->owner_count && spk_merge_owner(owners, &wishes->owner, view, notes, err))
        return -1;
    return append_all(ops, "/metadata/ownerReferences", view->has_owners, owners, err);
}

static int merge_mounts(json_t *ops, const struct spk_wishes *wishes, const struct spk_view *view,
                        size_t index, struct spk_notes *notes, struct spk_err *err)
{
    json_auto_t *volumes = json_array();
    json_auto_t *mounts = json_array();
    char pointer[POINTER_MAX];

    if (!volumes || !mounts)
        return spk_fail(err, SPK_ENOMEM, "patch: out of memory");
    if (spk_merge_mounts(volumes, mounts, wishes, view, index, notes, err))
        return -1;
    (void)snprintf(pointer, sizeof(pointer), "/spec/containers/%zu/volumeMounts", index);
    if (append_all(ops, "/spec/volumes", view->has_volumes, volumes, err) ||
        append_all(ops, pointer, view->containers[index].has_mounts, mounts, err))
        return -1;
    return 0;
}

static int merge_env(json_t *ops, const struct spk_wishes *wishes, const struct spk_view *view,
                     size_t index, struct spk_notes *notes, struct spk_err *err)
{
    json_auto_t *added = json_array();
    char pointer[POINTER_MAX];

    if (!added)
        return spk_fail(err, SPK_ENOMEM, "patch: out of memory");
    (void)snprintf(pointer, sizeof(pointer), "/spec/containers/%zu/env", index);
    if (spk_merge_env(ops, added, wishes, view, index, notes, err))
        return -1;
    return append_all(ops, pointer, view->containers[index].has_env, added, err);
}

int spk_merge(json_t *ops, const struct spk_wishes *wishes, const struct spk_view *view,
              const struct spk_spark_container *target, struct spk_notes *notes,
              struct spk_err *err)
{
    if (merge_owner(ops, wishes, view, notes, err) ||
        merge_mounts(ops, wishes, view, target->index, notes, err) ||
        merge_env(ops, wishes, view, target->index, notes, err))
        return -1;
    if (notes->no_memory)
        return spk_fail(err, SPK_ENOMEM, "patch: out of memory");
    return 0;
}
