#include "merge_parts.h"

#include "spk/json/patch.h"
#include "spk/json/walk.h"

#include <stdio.h>

int spk_merge_append(json_t *array, json_t *value, struct spk_err *err)
{
    if (!value || json_array_append_new(array, value))
        return spk_fail(err, SPK_ENOMEM, "patch: out of memory");
    return 0;
}

static json_t *env_json(const struct spk_wish_env *wish)
{
    return json_pack("{s:s, s:s}", "name", wish->name, "value", wish->value);
}

/* The last of a name is the one that counts; the count when there is none. */
static size_t find_last(const struct spk_view_container *container, const char *name)
{
    for (size_t i = container->env_count; i-- > 0;) {
        if (spk_str_is(container->env[i].name, name))
            return i;
    }
    return container->env_count;
}

static void warn_replaced(struct spk_notes *notes, const struct spk_wish_env *wish,
                          const struct spk_view_env *old)
{
    if (!old->from && wish->usual && spk_str_is(old->value, wish->usual))
        return;
    spk_notes_warn_of(notes, wish->from.written, "%s replaces the variable %s, which was %s",
                      spk_notes_quote(notes, wish->from.written), wish->name,
                      old->from ? "set by valueFrom" : spk_notes_quote(notes, old->value));
}

/* The container that gets variables, and what becomes of the pod. */
struct merge {
    json_t *ops;
    json_t *added;
    const struct spk_view_container *container;
    size_t index; /* the container's */
    struct spk_notes *notes;
    struct spk_err *err;
};

static void say_where(const struct merge *merge, const struct spk_wish_env *wish, size_t index)
{
    spk_notes_effect_at(merge->notes, wish->from.where, NULL, "spec.containers[%zu].env[%zu]",
                        merge->index, index);
}

static int replace(const struct merge *merge, size_t index, const struct spk_wish_env *wish)
{
    const struct spk_view_env *old = &merge->container->env[index];
    char entry[96];

    (void)snprintf(entry, sizeof(entry), "/spec/containers/%zu/env/%zu", merge->index, index);
    warn_replaced(merge->notes, wish, old);
    spk_notes_effect(merge->notes, SPK_ENV_REPLACED, wish->from.canonical, "%s=%s, was %s",
                     wish->name, wish->value,
                     old->from ? "valueFrom" : spk_notes_quote(merge->notes, old->value));
    say_where(merge, wish, index);
    return spk_patch_add(merge->ops, "replace", entry, env_json(wish), merge->err);
}

static int add(const struct merge *merge, const struct spk_wish_env *wish)
{
    spk_notes_effect(merge->notes, SPK_ENV_ADDED, wish->from.canonical, "%s=%s", wish->name,
                     wish->value);
    say_where(merge, wish, merge->container->env_count + json_array_size(merge->added));
    return spk_merge_append(merge->added, env_json(wish), merge->err);
}

static int merge_one(const struct merge *merge, const struct spk_wish_env *wish)
{
    size_t index = find_last(merge->container, wish->name);
    const struct spk_view_env *old = &merge->container->env[index];

    if (index == merge->container->env_count)
        return add(merge, wish);
    if (old->from || !spk_str_is(old->value, wish->value))
        return replace(merge, index, wish);
    spk_notes_effect(merge->notes, SPK_ENV_FOUND, wish->from.canonical, "%s=%s", wish->name,
                     wish->value);
    return 0;
}

/* Two wishes for one variable. True when the later one needs no work: it is the same, or a fault.
 */
static bool settled_earlier(const struct spk_wishes *wishes, size_t at, struct spk_notes *notes)
{
    const struct spk_wish_env *wish = &wishes->envs[at];

    for (size_t i = 0; i < at; i++) {
        const struct spk_wish_env *earlier = &wishes->envs[i];
        if (strcmp(earlier->name, wish->name) != 0)
            continue;
        if (strcmp(earlier->value, wish->value) != 0) {
            spk_notes_fault_in(
                notes, &(struct spk_place){.key = wish->from.written, .where = wish->from.where},
                "sets the variable %s to %s, but %s%s sets it to %s", wish->name,
                spk_notes_quote(notes, spk_str(wish->value)),
                spk_notes_quote(notes, earlier->from.written), earlier->from.where,
                spk_notes_quote(notes, spk_str(earlier->value)));
        }
        return true;
    }
    return false;
}

int spk_merge_env(json_t *ops, json_t *added, const struct spk_wishes *wishes,
                  const struct spk_view *view, size_t index, struct spk_notes *notes,
                  struct spk_err *err)
{
    struct merge merge = {.ops = ops,
                          .added = added,
                          .container = &view->containers[index],
                          .index = index,
                          .notes = notes,
                          .err = err};

    for (size_t i = 0; i < wishes->env_count; i++) {
        if (settled_earlier(wishes, i, notes))
            continue;
        if (merge_one(&merge, &wishes->envs[i]))
            return -1;
    }
    return 0;
}
