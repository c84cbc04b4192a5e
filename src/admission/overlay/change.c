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

static void note(struct spk_overlay_run *run, const json_t *old, const json_t *value,
                 const struct spk_at *at)
{
    const char *place = spk_overlay_place(run->notes, at);
    const char *now = shown(run, value);
    const char *was = old && !json_is_null(old) ? shown(run, old) : NULL;
    enum spk_effect_kind kind = old && !json_is_null(old) ? SPK_FIELD_REPLACED : SPK_FIELD_ADDED;

    spk_notes_effect(run->notes, kind, run->ask->from.canonical, "%s%s%s%s%s", place,
                     now ? ": " : "", now ? now : "", was ? ", was " : "", was ? was : "");
}

/* The patch has copies: the tree may still be changed. */
static int add_operation(struct spk_overlay_run *run, const char *op, const json_t *value,
                         const char *pointer)
{
    return spk_patch_add(run->ops, op, pointer, json_deep_copy(value), run->err);
}

int spk_overlay_set(struct spk_overlay_run *run, json_t *object, const char *key, json_t *value,
                    const struct spk_at *at)
{
    json_t *old = json_object_get(object, key);

    note(run, old, value, at);
    if (add_operation(run, old ? "replace" : "add", value, spk_overlay_pointer(run->notes, at)))
        return -1;
    return json_object_set(object, key, value) ? fail_memory(run) : 0;
}

int spk_overlay_append(struct spk_overlay_run *run, json_t *array, json_t *value,
                       const struct spk_at *at)
{
    struct spk_at here = {.up = at, .index = json_array_size(array)};
    struct spk_at end = {.up = at, .key = "-"};

    note(run, NULL, value, &here);
    if (add_operation(run, "add", value, spk_overlay_pointer(run->notes, &end)))
        return -1;
    return json_array_append(array, value) ? fail_memory(run) : 0;
}

int spk_overlay_replace(struct spk_overlay_run *run, json_t *array, json_t *value,
                        const struct spk_at *at)
{
    note(run, json_array_get(array, at->index), value, at);
    if (add_operation(run, "replace", value, spk_overlay_pointer(run->notes, at)))
        return -1;
    return json_array_set(array, at->index, value) ? fail_memory(run) : 0;
}

int spk_overlay_remove(struct spk_overlay_run *run, json_t *object, const char *key,
                       const struct spk_at *at)
{
    spk_notes_effect(run->notes, SPK_FIELD_REMOVED, run->ask->from.canonical, "%s",
                     spk_overlay_place(run->notes, at));
    if (spk_patch_add_remove(run->ops, spk_overlay_pointer(run->notes, at), run->err))
        return -1;
    (void)json_object_del(object, key);
    return 0;
}
