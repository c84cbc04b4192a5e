#include "merge_parts.h"

#include "spk/admission/index.h"
#include "spk/admission/spark_conf.h"
#include "spk/admission/volume.h"
#include "spk/json/walk.h"
#include "spk/k8s/path.h"

struct planned_volume {
    const struct spk_source *source;
    const char *name;
};

struct plan {
    const struct spk_wishes *wishes;
    const struct spk_view *view;
    const struct spk_view_container *container;
    struct spk_index paths;         /* of the container's mounts, clean */
    struct spk_index names;         /* of the pod's volumes */
    struct planned_volume *planned; /* volumes that are used, new or found: one a source */
    size_t planned_count;
    json_t *volumes;
    json_t *mounts;
    struct spk_notes *notes;
    struct spk_err *err;
};

static bool same_source(const struct spk_source *a, const struct spk_source *b)
{
    return a->kind == b->kind && a->kind != SPK_SOURCE_OTHER && spk_str_eq(a->name, b->name);
}

static const char *source_kind(const struct spk_source *source)
{
    return source->kind == SPK_SOURCE_SECRET ? "Secret" : "ConfigMap";
}

static const char *keep(struct spk_notes *notes, const char *text)
{
    if (!text)
        notes->no_memory = true;
    return text ? text : "";
}

/* 'ConfigMap "log4j"'; for another's volume 'emptyDir'. */
static const char *source_text(struct spk_notes *notes, const struct spk_source *source)
{
    if (source->kind == SPK_SOURCE_OTHER)
        return spk_notes_plain(notes, source->name);
    return keep(notes, spk_arena_printf(notes->arena, "%s %s", source_kind(source),
                                        spk_notes_quote(notes, source->name)));
}

/* ' (a part of ConfigMap "log4j")'; nothing for a volume that the pod does not have. */
static const char *shown_there(struct spk_notes *notes, const struct spk_view_volume *volume,
                               const struct spk_view_mount *mount)
{
    bool part;

    if (!volume)
        return "";
    part = volume->source.kind != SPK_SOURCE_OTHER && (volume->part || mount->part);
    return keep(notes, spk_arena_printf(notes->arena, " (%s%s)", part ? "a part of " : "",
                                        source_text(notes, &volume->source)));
}

/* Names are unique in a legal pod; of two the first is as good as the other. */
static const struct spk_view_volume *find_volume(const struct plan *plan, struct spk_str name)
{
    size_t at = spk_index_find(&plan->names, name);

    if (at == plan->names.count || !spk_str_eq(plan->names.entries[at].key, name))
        return NULL;
    return &plan->view->volumes[plan->names.entries[at].position];
}

static void settle(struct plan *plan, const struct spk_wish_mount *wish)
{
    spk_notes_effect(plan->notes, SPK_MOUNT_FOUND, wish->from.canonical, "%s at %s",
                     source_text(plan->notes, &wish->source),
                     spk_notes_quote(plan->notes, spk_str(wish->path)));
}

static struct spk_place path_of(struct plan *plan, const struct spk_wish_mount *wish)
{
    return spk_notes_place(plan->notes, wish->from.written, wish->from.where, "path");
}

/* The beginning of every refusal: '[2]: ConfigMap "a" cannot be mounted at "/a"'. */
static const char *refusal(struct plan *plan, const struct spk_wish_mount *wish)
{
    return keep(plan->notes, spk_arena_printf(plan->notes->arena, "%s%s%s cannot be mounted at %s",
                                              wish->from.where, *wish->from.where ? ": " : "",
                                              source_text(plan->notes, &wish->source),
                                              spk_notes_quote(plan->notes, spk_str(wish->path))));
}

static bool shows_source(const struct plan *plan, const struct spk_view_mount *mount,
                         const struct spk_source *source)
{
    const struct spk_view_volume *volume = find_volume(plan, mount->volume);

    return volume && !mount->part && !volume->part && same_source(&volume->source, source);
}

/* The path is taken by mounts of the pod, several of them where it is spelt differently. */
static bool taken_by_pod(struct plan *plan, const struct spk_wish_mount *wish)
{
    struct spk_str path = spk_str(wish->path);
    size_t first = spk_index_find(&plan->paths, path);
    size_t at = first;
    struct spk_place place;

    for (; at < plan->paths.count && spk_str_eq(plan->paths.entries[at].key, path); at++) {
        const struct spk_view_mount *mount =
            &plan->container->mounts[plan->paths.entries[at].position];
        if (shows_source(plan, mount, &wish->source))
            continue;
        place = path_of(plan, wish);
        spk_notes_fault_in(plan->notes, &place, "%s: the pod mounts its volume %s%s there",
                           refusal(plan, wish), spk_notes_quote(plan->notes, mount->volume),
                           shown_there(plan->notes, find_volume(plan, mount->volume), mount));
        return true;
    }
    if (at > first)
        settle(plan, wish);
    return at > first;
}

/* An earlier wish for the path has been settled with the pod; only the source can differ. */
static bool taken_by_wish(struct plan *plan, size_t at)
{
    const struct spk_wish_mount *wish = &plan->wishes->mounts[at];

    for (size_t i = 0; i < at; i++) {
        const struct spk_wish_mount *earlier = &plan->wishes->mounts[i];
        if (strcmp(earlier->path, wish->path) != 0)
            continue;
        if (same_source(&earlier->source, &wish->source)) {
            settle(plan, wish);
        } else {
            struct spk_place place = path_of(plan, wish);
            spk_notes_fault_in(plan->notes, &place, "%s: %s%s mounts %s there", refusal(plan, wish),
                               spk_notes_quote(plan->notes, earlier->from.written),
                               earlier->from.where, source_text(plan->notes, &earlier->source));
        }
        return true;
    }
    return false;
}

/* At Spark's own mount itself the pod's decides, where it has one. */
static bool covers_spark(struct plan *plan, const struct spk_wish_mount *wish)
{
    const char *own = spk_spark_conf_covered(wish->path);
    struct spk_place place;

    if (!own || strcmp(wish->path, SPK_SPARK_CONF) == 0)
        return false;
    place = path_of(plan, wish);
    spk_notes_fault_in(plan->notes, &place, "%s: it would cover Spark's own %s",
                       refusal(plan, wish), own);
    return true;
}

/* False when the path is free; else the wish needs no more work, or has got its fault. */
static bool is_settled(struct plan *plan, size_t at)
{
    const struct spk_wish_mount *wish = &plan->wishes->mounts[at];

    return covers_spark(plan, wish) || taken_by_wish(plan, at) || taken_by_pod(plan, wish);
}

static bool planned_otherwise(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->planned_count; i++) {
        if (strcmp(plan->planned[i].name, name) == 0)
            return true;
    }
    return false;
}

static json_t *volume_json(const char *name, const struct spk_source *source)
{
    if (source->kind == SPK_SOURCE_SECRET)
        return json_pack("{s:s, s:{s:o}}", "name", name, "secret", "secretName",
                         spk_json_string(source->name));
    return json_pack("{s:s, s:{s:o}}", "name", name, "configMap", "name",
                     spk_json_string(source->name));
}

/* The first name that is free or already means this source; false when all are taken. */
static bool choose_name(char name[static SPK_LABEL_MAX + 1], bool *there, const struct plan *plan,
                        const struct spk_source *source, const char *fixed)
{
    for (unsigned again = 0; again < SPK_VOLUME_TRIES; again++) {
        const struct spk_view_volume *volume;
        spk_volume_name(name, source, fixed, again);
        if (planned_otherwise(plan, name))
            continue;
        volume = find_volume(plan, spk_str(name));
        *there = volume != NULL;
        if (!volume || (same_source(&volume->source, source) && !volume->part))
            return true;
    }
    return false;
}

/* One source is one volume, however many wishes want it; a name that the contract fixes wins. */
static const char *fixed_name(const struct plan *plan, const struct spk_source *source)
{
    for (size_t i = 0; i < plan->wishes->mount_count; i++) {
        const struct spk_wish_mount *wish = &plan->wishes->mounts[i];
        if (wish->fixed_volume && same_source(&wish->source, source))
            return wish->fixed_volume;
    }
    return NULL;
}

static int plan_volume(const char **out, struct plan *plan, const struct spk_wish_mount *wish,
                       const char *name)
{
    struct spk_arena *arena = plan->notes->arena;
    const char *copy = spk_arena_copy(arena, spk_str(name));
    struct planned_volume *planned =
        spk_arena_push(arena, plan->planned, plan->planned_count, sizeof(*planned));

    if (!copy || !planned)
        return spk_fail(plan->err, SPK_ENOMEM, "volumes: out of memory");
    planned[plan->planned_count++] = (struct planned_volume){&wish->source, copy};
    plan->planned = planned;
    *out = copy;
    return 0;
}

/* @out is NULL when there is no name for the volume, which is then a fault. */
static int add_volume(const char **out, struct plan *plan, const struct spk_wish_mount *wish)
{
    char name[SPK_LABEL_MAX + 1];
    bool there;

    *out = NULL;
    if (!choose_name(name, &there, plan, &wish->source, fixed_name(plan, &wish->source))) {
        spk_notes_fault_in(
            plan->notes, &(struct spk_place){.key = wish->from.written, .where = wish->from.where},
            "the pod uses every name that a volume from %s could have, up to \"%s\"",
            source_text(plan->notes, &wish->source), name);
        return 0;
    }
    if (plan_volume(out, plan, wish, name))
        return -1;
    if (there)
        return 0;
    spk_notes_effect(plan->notes, SPK_VOLUME_ADDED, wish->from.canonical, "\"%s\" from %s", name,
                     source_text(plan->notes, &wish->source));
    spk_notes_effect_at(plan->notes, wish->from.where, NULL, "spec.volumes[%zu]",
                        plan->view->volume_count + json_array_size(plan->volumes));
    return spk_merge_append(plan->volumes, volume_json(name, &wish->source), plan->err);
}

static int find_or_add_volume(const char **out, struct plan *plan,
                              const struct spk_wish_mount *wish)
{
    for (size_t i = 0; i < plan->planned_count; i++) {
        if (same_source(plan->planned[i].source, &wish->source)) {
            *out = plan->planned[i].name;
            return 0;
        }
    }
    return add_volume(out, plan, wish);
}

static int merge_one(struct plan *plan, size_t at)
{
    const struct spk_wish_mount *wish = &plan->wishes->mounts[at];
    const char *volume;

    if (is_settled(plan, at))
        return 0;
    if (find_or_add_volume(&volume, plan, wish))
        return -1;
    if (!volume)
        return 0;
    spk_notes_effect(plan->notes, SPK_MOUNT_ADDED, wish->from.canonical, "%s at %s, read-only",
                     source_text(plan->notes, &wish->source),
                     spk_notes_quote(plan->notes, spk_str(wish->path)));
    spk_notes_effect_at(plan->notes, wish->from.where, NULL,
                        "spec.containers[%zu].volumeMounts[%zu]",
                        (size_t)(plan->container - plan->view->containers),
                        plan->container->mount_count + json_array_size(plan->mounts));
    return spk_merge_append(
        plan->mounts,
        json_pack("{s:s, s:b, s:s}", "name", volume, "readOnly", 1, "mountPath", wish->path),
        plan->err);
}

static int index_paths(struct plan *plan)
{
    size_t count = plan->container->mount_count;

    if (spk_index_init(&plan->paths, plan->notes->arena, count, plan->err))
        return -1;
    for (size_t i = 0; i < count; i++) {
        const char *path = spk_path_clean(plan->notes->arena, plan->container->mounts[i].path);
        if (!path)
            return spk_fail(plan->err, SPK_ENOMEM, "mounts: out of memory");
        spk_index_add(&plan->paths, spk_str(path));
    }
    spk_index_sort(&plan->paths);
    return 0;
}

static int index_names(struct plan *plan)
{
    if (spk_index_init(&plan->names, plan->notes->arena, plan->view->volume_count, plan->err))
        return -1;
    for (size_t i = 0; i < plan->view->volume_count; i++)
        spk_index_add(&plan->names, plan->view->volumes[i].name);
    spk_index_sort(&plan->names);
    return 0;
}

int spk_merge_mounts(json_t *volumes, json_t *mounts, const struct spk_wishes *wishes,
                     const struct spk_view *view, size_t index, struct spk_notes *notes,
                     struct spk_err *err)
{
    struct plan plan = {.wishes = wishes,
                        .view = view,
                        .container = &view->containers[index],
                        .volumes = volumes,
                        .mounts = mounts,
                        .notes = notes,
                        .err = err};

    if (wishes->mount_count == 0)
        return 0;
    if (index_paths(&plan) || index_names(&plan))
        return -1;
    for (size_t i = 0; i < wishes->mount_count; i++) {
        if (merge_one(&plan, i))
            return -1;
    }
    return 0;
}
