#include "parts.h"

#include "spk/base/cleanup.h"
#include "spk/k8s/path.h"

#include <string.h>

/* What tells two volumes of one kind apart. */
static const struct {
    const char *source;
    const char *identity;
} identities[] = {
    {"configMap", "name"},
    {"csi", "driver"},
    {"hostPath", "path"},
    {"image", "reference"},
    {"nfs", "server"},
    {"nfs", "path"},
    {"persistentVolumeClaim", "claimName"},
    {"secret", "secretName"},
};

/* The member beside "name", or NULL. */
static const char *source_of(const json_t *volume)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)volume, key, value)
    {
        if (strcmp(key, "name") != 0 && !json_is_null(value))
            return key;
    }
    return NULL;
}

static const char *identity_of(const json_t *volume, const char *source)
{
    for (size_t i = 0; i < SPK_LEN(identities); i++) {
        const json_t *name =
            json_object_get(json_object_get(volume, source), identities[i].identity);
        if (strcmp(identities[i].source, source) == 0 && json_is_string(name))
            return json_string_value(name);
    }
    return NULL;
}

/* 'configMap "log4j"' */
static const char *source_text(struct spk_overlay_run *run, const json_t *volume)
{
    const char *source = source_of(volume);
    const char *identity = source ? identity_of(volume, source) : NULL;
    const char *text;

    if (!source)
        return "nothing";
    text = spk_arena_printf(run->notes->arena, "%s%s%s",
                            spk_notes_plain(run->notes, spk_str(source)), identity ? " " : "",
                            identity ? spk_notes_quote(run->notes, spk_str(identity)) : "");
    run->notes->no_memory |= !text;
    return text ? text : "";
}

/* What @wish says of the source, @there does not contradict. */
static bool same_identity(const json_t *there, const json_t *wish, const char *source)
{
    for (size_t i = 0; i < SPK_LEN(identities); i++) {
        const char *field = identities[i].identity;
        const json_t *had = json_object_get(json_object_get(there, source), field);
        const json_t *wants = json_object_get(json_object_get(wish, source), field);
        if (strcmp(identities[i].source, source) == 0 && had && wants && !json_equal(had, wants))
            return false;
    }
    return true;
}

bool spk_overlay_volume_fits(struct spk_overlay_run *run, const json_t *there, const json_t *wish,
                             const struct spk_at *at)
{
    const char *had = source_of(there);
    const char *wants = source_of(wish);

    if (!wants || !had || (strcmp(had, wants) == 0 && same_identity(there, wish, wants)))
        return true;
    spk_overlay_fault(run, at, "volume %s shall be %s, but the pod's volume of that name is %s",
                      spk_notes_quote(run->notes, spk_json_str(json_object_get(wish, "name"))),
                      source_text(run, wish), source_text(run, there));
    return false;
}

/* --- mounts */

/* Bytes of a path that are compared as fast as two names. */
#define PATH_USUAL 32

/* The next step of a path that is neither empty nor "."; false at the end. */
static bool next_step(struct spk_str *step, struct spk_str *path)
{
    while (path->len) {
        const char *slash = memchr(path->ptr, '/', path->len);
        *step = (struct spk_str){path->ptr, slash ? (size_t)(slash - path->ptr) : path->len};
        *path = spk_str_skip(*path, step->len + (slash != NULL));
        if (step->len && !spk_str_is(*step, "."))
            return true;
    }
    return false;
}

/* As spk_path_clean() would have them, but for ".." steps; the API server refuses those. Without
 * memory: a pod may have very many. */
static bool same_path(struct spk_str a, struct spk_str b)
{
    struct spk_str left = {0};
    struct spk_str right = {0};
    bool more_left;
    bool more_right;

    do {
        more_left = next_step(&left, &a);
        more_right = next_step(&right, &b);
        if (more_left != more_right || (more_left && !spk_str_eq(left, right)))
            return false;
    } while (more_left);
    return true;
}

static struct spk_str text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_string(value) ? spk_json_str(value) : (struct spk_str){"", 0};
}

static const json_t *volume_of(const json_t *volumes, const json_t *mount)
{
    for (size_t i = 0; i < json_array_size(volumes); i++) {
        const json_t *volume = json_array_get(volumes, i);
        if (json_object_get(mount, "name") &&
            json_equal(json_object_get(volume, "name"), json_object_get(mount, "name")))
            return volume;
    }
    return NULL;
}

/* Each volume of these kinds is made anew: two that are written alike are not one. A volume without
 * any source is an emptyDir. */
static bool is_own(const json_t *volume)
{
    return json_object_get(volume, "emptyDir") || json_object_get(volume, "ephemeral") ||
           json_object_size(volume) < 2;
}

/* The volumes of two mounts show the same, whatever their names are. */
static bool same_volume(struct spk_overlay_run *run, const json_t *left, const json_t *right,
                        const struct spk_at *at)
{
    const struct spk_schema_type *type = &spk_schema_types[SPK_TYPE_Volume];
    const json_t *volumes = json_object_get(json_object_get(run->tree, "spec"), "volumes");
    const json_t *a;
    const json_t *b;

    if (!spk_overlay_may_compare(run, volumes, json_array_size(volumes), 2, at))
        return false;
    a = volume_of(volumes, left);
    b = volume_of(volumes, right);
    if (is_own(a) || is_own(b))
        return false;
    for (size_t i = 0; a && b && i < type->count; i++) {
        const struct spk_schema_field *field = &type->fields[i];
        if (strcmp(field->name, "name") != 0 &&
            !spk_schema_same(field, json_object_get(a, field->name),
                             json_object_get(b, field->name)))
            return false;
    }
    return a && b;
}

static bool same_part(const json_t *there, const json_t *wish)
{
    static const char *const parts[] = {"subPath", "subPathExpr"};

    for (size_t i = 0; i < SPK_LEN(parts); i++) {
        if (json_object_get(wish, parts[i]) &&
            !spk_str_eq(text_of(wish, parts[i]), text_of(there, parts[i])))
            return false;
    }
    return true;
}

/* "the pod", or the annotation that mounted something in the Spark container just now. */
static const char *who_mounted(struct spk_overlay_run *run, const struct spk_at *at, size_t index)
{
    const struct spk_at *of = at->up ? at->up->up : NULL; /* without a key: spec.containers[i] */
    bool spark = of && of->key && strcmp(of->key, "sparkContainer") == 0;
    const char *place =
        spark ? spk_arena_printf(run->notes->arena, "spec.containers[%zu].volumeMounts[%zu]",
                                 run->container_index, index)
              : NULL;
    const char *who = "the pod";

    for (size_t i = 0; place && i < run->notes->effect_count; i++) {
        const struct spk_effect *effect = &run->notes->effects[i];
        if (effect->key && effect->place && strcmp(effect->place, place) == 0)
            who = spk_arena_printf(run->notes->arena, "the annotation %s",
                                   spk_notes_quote(run->notes, spk_str(effect->key)));
    }
    run->notes->no_memory |= !who || (spark && !place);
    return who ? who : "";
}

static bool mount_fits(struct spk_overlay_run *run, const json_t *there, size_t index,
                       const json_t *wish, const struct spk_at *at)
{
    struct spk_str had = text_of(there, "name");
    struct spk_str wants = text_of(wish, "name");

    if (same_part(there, wish) && (!json_object_get(wish, "name") || spk_str_eq(had, wants) ||
                                   same_volume(run, there, wish, at)))
        return true;
    spk_overlay_fault(run, at, "volume %s can't be mounted at %s: %s mounts %svolume %s there",
                      spk_notes_quote(run->notes, wants),
                      spk_notes_quote(run->notes, text_of(wish, "mountPath")),
                      who_mounted(run, at, index), same_part(there, wish) ? "" : "another part of ",
                      spk_notes_quote(run->notes, had));
    return false;
}

json_t *spk_overlay_find_mount(bool *fits, struct spk_overlay_run *run, json_t *mounts, size_t had,
                               const json_t *wish, const struct spk_at *at, size_t *index)
{
    *fits = true;
    for (size_t i = had; i-- > 0;) {
        json_t *there = json_array_get(mounts, i);
        if (!json_is_object(there) ||
            !same_path(text_of(there, "mountPath"), text_of(wish, "mountPath")))
            continue;
        *index = i;
        *fits = mount_fits(run, there, i, wish, at);
        return there;
    }
    return NULL;
}

size_t spk_overlay_mounts_weight(const json_t *mounts)
{
    size_t weight = 0;

    for (size_t i = 0; i < json_array_size(mounts); i++)
        weight += 1 + text_of(json_array_get(mounts, i), "mountPath").len / PATH_USUAL;
    return weight;
}

void spk_overlay_check_mounts(struct spk_overlay_run *run, const json_t *mounts,
                              const struct spk_at *at)
{
    json_auto_t *seen = json_object();

    for (size_t i = 0; i < json_array_size(mounts) && !run->notes->no_memory; i++) {
        struct spk_str path = text_of(json_array_get(mounts, i), "mountPath");
        const char *clean = spk_path_clean(run->notes->arena, path);
        const json_t *earlier = clean ? json_object_get(seen, clean) : NULL;
        struct spk_at here = {.up = at, .index = i};
        if (earlier) {
            spk_overlay_fault(run, &here, "has the same mountPath as element %" JSON_INTEGER_FORMAT,
                              json_integer_value(earlier));
        } else if (!clean ||
                   json_object_set_new_nocheck(seen, clean, json_integer((json_int_t)i))) {
            run->notes->no_memory = true;
        }
    }
}
