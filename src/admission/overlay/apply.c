#include "spk/admission/overlay.h"

#include "parts.h"

#include "spk/json/patch.h"

#define UNQUOTED                                                                        \
    "; an overlay is JSON, {\"spec\":{...}}, with double quotes around every name and " \
    "text: in a shell, single quotes around the whole keep them, in a file there are none"

static int fail_memory(struct spk_err *err)
{
    return spk_fail(err, SPK_ENOMEM, "overlay: out of memory");
}

static int copy_member(json_t *to, const json_t *from, const char *key, struct spk_notes *notes,
                       struct spk_err *err)
{
    json_t *value = json_object_get(from, key);

    if (value && spk_json_exceeds(value, SPK_COPY_VALUES_MAX)) {
        spk_notes_fault(notes, spk_str(key),
                        "more than %d values, too many for a pod with an overlay, a shorthand or "
                        "sparkDefaults",
                        SPK_COPY_VALUES_MAX);
        return 0;
    }
    return value && json_object_set_new(to, key, json_deep_copy(value)) ? fail_memory(err) : 0;
}

/* What may change of the pod. Half of what arrives is managedFields, which never does. */
static json_t *copy_pod(const json_t *pod, struct spk_notes *notes, struct spk_err *err)
{
    static const char *const parts[] = {"labels", "annotations", "ownerReferences"};
    json_auto_t *copy = json_pack("{s:{}, s:{}}", "metadata", "spec");
    json_t *metadata = json_object_get(copy, "metadata");

    if (!copy) {
        (void)fail_memory(err);
        return NULL;
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (copy_member(metadata, json_object_get(pod, "metadata"), parts[i], notes, err))
            return NULL;
    }
    return copy_member(copy, pod, "spec", notes, err) ? NULL : json_incref(copy);
}

static bool same_part(const json_t *pod, const json_t *tree, const char *part, const char *key,
                      const struct spk_schema_field *field)
{
    return spk_schema_same(field, json_object_get(json_object_get(pod, part), key),
                           json_object_get(json_object_get(tree, part), key));
}

/* A variable that one annotation sets and an overlay sets back, say: no second pass may see a
 * change. */
static bool is_unchanged(const json_t *pod, const json_t *tree)
{
    static const char *const parts[] = {"labels", "annotations", "ownerReferences"};
    const struct spk_schema_field spec = {.kind = SPK_KIND_STRUCT, .type = SPK_TYPE_PodSpec};

    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (!same_part(pod, tree, "metadata", parts[i],
                       spk_schema_find(SPK_TYPE_ObjectMeta, parts[i])))
            return false;
    }
    return spk_schema_same(&spec, json_object_get(pod, "spec"), json_object_get(tree, "spec"));
}

static size_t skip_blanks(struct spk_str text, size_t at)
{
    while (at < text.len && strchr(" \t\r\n", text.ptr[at]))
        at++;
    return at;
}

/* Not even the first name is quoted: YAML, a shell that took the quotes away, or one too many. */
static bool is_unquoted(struct spk_str text)
{
    size_t at = skip_blanks(text, 0);

    if (at < text.len && text.ptr[at] == '{') {
        at = skip_blanks(text, at + 1);
        return at < text.len && !strchr("\"}", text.ptr[at]);
    }
    return at < text.len && !strchr("[\"", text.ptr[at]);
}

/* What is not JSON is the user's fault, anything else not. */
static int report(struct spk_overlay_run *run, size_t stopped)
{
    struct spk_place place = {.key = run->ask->from.written, .stopped = stopped};

    if (run->err->code != SPK_EPARSE)
        return -1;
    spk_notes_fault_in(run->notes, &place, "%s%s",
                       spk_notes_plain(run->notes, spk_str(run->err->msg)),
                       is_unquoted(run->ask->value) ? UNQUOTED : "");
    return 0;
}

/* The overlay's tree; NULL in @out with a fault. */
static int read(json_t **out, struct spk_overlay_run *run)
{
    struct spk_str text = run->ask->value;
    size_t faults = run->notes->fault_count;
    json_auto_t *tree = NULL;
    size_t stopped;

    *out = NULL;
    if (text.len > SPK_OVERLAY_MAX) {
        spk_overlay_fault(run, NULL, "%zu bytes, at most %zu", text.len, SPK_OVERLAY_MAX);
        return 0;
    }
    if (skip_blanks(text, 0) == text.len) {
        spk_overlay_fault(run, NULL, "expected a JSON object, found nothing");
        return 0;
    }
    if (spk_json_parse_at(&tree, &stopped, text.ptr, text.len, run->err))
        return report(run, stopped);
    if (spk_overlay_check(run, tree))
        return -1;
    if (run->notes->fault_count == faults)
        spk_overlay_check_owned(run, tree);
    if (run->notes->fault_count == faults)
        *out = json_incref(tree);
    return 0;
}

static int apply_one(struct spk_overlay_run *run)
{
    json_auto_t *overlay = NULL;

    if (read(&overlay, run))
        return -1;
    if (!overlay || run->notes->fault_count) /* nothing will come of it: only faults are wanted */
        return 0;
    if (spk_overlay_merge_coupled(run, overlay) || spk_overlay_merge(run, overlay))
        return -1;
    return 0;
}

int spk_overlay_apply(json_t **after, json_t *ops, const struct spk_overlay_ask *asks, size_t count,
                      const struct spk_view *view, const struct spk_spark_container *target,
                      const struct spk_policy *policy, struct spk_notes *notes, struct spk_err *err)
{
    json_auto_t *tree = copy_pod(view->document, notes, err);
    struct spk_overlay_run run = {.tree = tree,
                                  .ops = ops,
                                  .policy = policy,
                                  .container = view->containers[target->index].name,
                                  .container_index = target->index,
                                  .notes = notes,
                                  .err = err};

    if (!tree || (notes->fault_count == 0 && spk_patch_apply_to(tree, ops, err)))
        return -1;
    for (size_t i = 0; i < count; i++) {
        run.ask = &asks[i];
        if (apply_one(&run))
            return -1;
    }
    if (notes->no_memory)
        return fail_memory(err);
    if (count && notes->fault_count == 0 && json_array_size(ops) &&
        is_unchanged(view->document, tree)) {
        notes->effect_count = 0;
        if (json_array_clear(ops))
            return fail_memory(err);
    }
    *after = json_incref(tree);
    return 0;
}
