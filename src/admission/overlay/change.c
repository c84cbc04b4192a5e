#include "parts.h"

#include "spk/json/patch.h"

static int fail_memory(struct spk_overlay_run *run)
{
    return spk_fail(run->err, SPK_ENOMEM, "overlay: out of memory");
}

/* A scalar is shown, of anything else the place says enough. */
static const char *shown(struct spk_overlay_run *run, const json_t *value)
{
    if (json_is_string(value))
        return spk_notes_quote(run->notes, spk_json_str(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    if (json_is_integer(value)) {
        const char *text =
            spk_arena_printf(run->notes->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        run->notes->no_memory |= !text;
        return text ? text : "";
    }
    return NULL;
}

/* @value is the patch's, or NULL when something is taken away. */
static void note(struct spk_overlay_run *run, const json_t *old, const json_t *value,
                 const struct spk_overlay_at *at)
{
    bool had = old && !json_is_null(old);
    const char *was = had ? shown(run, old) : NULL;
    enum spk_effect_kind kind = had ? SPK_FIELD_REPLACED : SPK_FIELD_ADDED;

    spk_notes_effect(run->notes, value ? kind : SPK_FIELD_REMOVED, run->ask->from.canonical, "%s%s",
                     was ? "was " : "", was ? was : "");
    spk_notes_effect_at(run->notes, spk_overlay_asked(run, &at->asked), value, "%s",
                        spk_overlay_place(run->notes, &at->pod));
}

/* The patch has a copy of @value: the tree may still be changed. */
static int change(struct spk_overlay_run *run, const char *op, const json_t *old,
                  const json_t *value, const char *pointer, const struct spk_overlay_at *at)
{
    json_t *copy = json_deep_copy(value);

    if (spk_patch_add(run->ops, op, pointer, copy, run->err))
        return -1;
    note(run, old, copy, at);
    return 0;
}

int spk_overlay_set(struct spk_overlay_run *run, json_t *object, json_t *value,
                    const struct spk_overlay_at *at)
{
    const json_t *old = json_object_get(object, at->pod.key);

    if (change(run, old ? "replace" : "add", old, value, spk_overlay_pointer(run->notes, &at->pod),
               at))
        return -1;
    return json_object_set(object, at->pod.key, value) ? fail_memory(run) : 0;
}

int spk_overlay_append(struct spk_overlay_run *run, json_t *array, json_t *value,
                       const struct spk_overlay_at *at)
{
    struct spk_at end = {.up = at->pod.up, .key = "-"};

    if (change(run, "add", NULL, value, spk_overlay_pointer(run->notes, &end), at))
        return -1;
    return json_array_append(array, value) ? fail_memory(run) : 0;
}

int spk_overlay_replace(struct spk_overlay_run *run, json_t *array, json_t *value,
                        const struct spk_overlay_at *at)
{
    if (change(run, "replace", json_array_get(array, at->pod.index), value,
               spk_overlay_pointer(run->notes, &at->pod), at))
        return -1;
    return json_array_set(array, at->pod.index, value) ? fail_memory(run) : 0;
}

int spk_overlay_remove(struct spk_overlay_run *run, json_t *object, const struct spk_overlay_at *at)
{
    note(run, json_object_get(object, at->pod.key), NULL, at);
    if (spk_patch_add_remove(run->ops, spk_overlay_pointer(run->notes, &at->pod), run->err))
        return -1;
    (void)json_object_del(object, at->pod.key);
    return 0;
}
