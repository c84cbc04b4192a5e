#include "spk/admission/view_tree.h"

#include "spk/json/walk.h"

static const struct spk_str no_text = {"", 0};

static int fail_memory(struct spk_err *err)
{
    return spk_fail(err, SPK_ENOMEM, "pod: out of memory");
}

/* Reads element @node, which is an object, into @out. */
typedef int read_fn(void *out, struct spk_arena *arena, const json_t *node, const struct spk_at *at,
                    struct spk_err *err);

struct list {
    const char *key;
    size_t size; /* of one element of the view */
    read_fn *read;
};

/* A list of objects into an array of the view. @present tells an empty list from an absent one. */
static int read_list(const void **out, size_t *count, bool *present, const struct list *list,
                     struct spk_arena *arena, const json_t *object, const struct spk_at *at,
                     struct spk_err *err)
{
    struct spk_at here = {.up = at, .key = list->key};
    unsigned char *array;
    json_t *node;
    json_t *element;
    size_t i;

    if (spk_json_member(&node, object, list->key, JSON_ARRAY, at, err))
        return -1;
    *present = node != NULL;
    array = spk_arena_array(arena, json_array_size(node), list->size);
    if (!array)
        return fail_memory(err);
    json_array_foreach(node, i, element)
    {
        struct spk_at step = {.up = &here, .index = i};
        if (spk_json_expect(element, JSON_OBJECT, &step, err) ||
            list->read(array + i * list->size, arena, element, &step, err))
            return -1;
    }
    *out = array;
    *count = json_array_size(node);
    return 0;
}

static int read_env(void *out, struct spk_arena *arena, const json_t *node, const struct spk_at *at,
                    struct spk_err *err)
{
    struct spk_view_env *env = out;
    const json_t *from = json_object_get(node, "valueFrom");

    (void)arena;
    env->from = from && !json_is_null(from);
    if (spk_json_text(&env->name, node, "name", at, err) ||
        spk_json_text(&env->value, node, "value", at, err))
        return -1;
    return 0;
}

static int read_mount(void *out, struct spk_arena *arena, const json_t *node,
                      const struct spk_at *at, struct spk_err *err)
{
    struct spk_view_mount *mount = out;
    struct spk_str sub;
    struct spk_str expr;

    (void)arena;
    if (spk_json_text(&mount->volume, node, "name", at, err) ||
        spk_json_text(&mount->path, node, "mountPath", at, err) ||
        spk_json_text(&sub, node, "subPath", at, err) ||
        spk_json_text(&expr, node, "subPathExpr", at, err))
        return -1;
    mount->part = sub.len || expr.len;
    return 0;
}

static int read_device(void *out, struct spk_arena *arena, const json_t *node,
                       const struct spk_at *at, struct spk_err *err)
{
    struct spk_view_mount *device = out;

    (void)arena;
    device->part = true;
    if (spk_json_text(&device->volume, node, "name", at, err) ||
        spk_json_text(&device->path, node, "devicePath", at, err))
        return -1;
    return 0;
}

static int read_owner(void *out, struct spk_arena *arena, const json_t *node,
                      const struct spk_at *at, struct spk_err *err)
{
    struct spk_view_owner *owner = out;

    (void)arena;
    if (spk_json_text(&owner->uid, node, "uid", at, err) ||
        spk_json_flag(&owner->controller, node, "controller", at, err))
        return -1;
    return 0;
}

/* A ConfigMap names its object "name", a Secret "secretName". */
static int read_object(struct spk_view_volume *volume, enum spk_source_kind kind,
                       const json_t *node, const char *name_key, const struct spk_at *at,
                       struct spk_err *err)
{
    json_t *items;

    volume->source.kind = kind;
    if (spk_json_text(&volume->source.name, node, name_key, at, err) ||
        spk_json_member(&items, node, "items", JSON_ARRAY, at, err))
        return -1;
    volume->part = json_array_size(items) > 0;
    return 0;
}

/* The field that is set beside "name" tells the source. */
static struct spk_str other_source(const json_t *node)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)node, key, value)
    {
        if (strcmp(key, "name") != 0 && !json_is_null(value))
            return spk_str(key);
    }
    return SPK_LIT("no source");
}

static int read_volume(void *out, struct spk_arena *arena, const json_t *node,
                       const struct spk_at *at, struct spk_err *err)
{
    struct spk_view_volume *volume = out;
    struct spk_at config_map_at = {.up = at, .key = "configMap"};
    struct spk_at secret_at = {.up = at, .key = "secret"};
    json_t *config_map;
    json_t *secret;

    (void)arena;
    if (spk_json_text(&volume->name, node, "name", at, err) ||
        spk_json_member(&config_map, node, "configMap", JSON_OBJECT, at, err) ||
        spk_json_member(&secret, node, "secret", JSON_OBJECT, at, err))
        return -1;
    if (config_map)
        return read_object(volume, SPK_SOURCE_CONFIG_MAP, config_map, "name", &config_map_at, err);
    if (secret)
        return read_object(volume, SPK_SOURCE_SECRET, secret, "secretName", &secret_at, err);
    volume->source = (struct spk_source){SPK_SOURCE_OTHER, other_source(node)};
    return 0;
}

static int read_first_arg(struct spk_str *out, const json_t *node, const struct spk_at *at,
                          struct spk_err *err)
{
    struct spk_at here = {.up = at, .key = "args"};
    struct spk_at first = {.up = &here, .index = 0};
    json_t *args;

    if (spk_json_member(&args, node, "args", JSON_ARRAY, at, err))
        return -1;
    if (json_array_size(args) == 0)
        return 0;
    if (spk_json_expect(json_array_get(args, 0), JSON_STRING, &first, err))
        return -1;
    *out = spk_json_str(json_array_get(args, 0));
    return 0;
}

/* volumeMounts and, behind them, volumeDevices. */
static int read_mounts(struct spk_view_container *container, struct spk_arena *arena,
                       const json_t *node, const struct spk_at *at, struct spk_err *err)
{
    static const struct list mount_list = {"volumeMounts", sizeof(struct spk_view_mount),
                                           read_mount};
    static const struct list device_list = {"volumeDevices", sizeof(struct spk_view_mount),
                                            read_device};
    const void *mounts = NULL;
    const void *devices = NULL;
    size_t device_count = 0;
    struct spk_view_mount *all;
    bool present;

    if (read_list(&mounts, &container->mount_count, &container->has_mounts, &mount_list, arena,
                  node, at, err) ||
        read_list(&devices, &device_count, &present, &device_list, arena, node, at, err))
        return -1;
    container->mounts = mounts;
    if (device_count == 0)
        return 0;
    all = spk_arena_array(arena, container->mount_count + device_count, sizeof(*all));
    if (!all)
        return fail_memory(err);
    memcpy(all, mounts, container->mount_count * sizeof(*all));
    memcpy(all + container->mount_count, devices, device_count * sizeof(*all));
    container->mounts = all;
    container->mount_count += device_count;
    return 0;
}

static int read_container(void *out, struct spk_arena *arena, const json_t *node,
                          const struct spk_at *at, struct spk_err *err)
{
    static const struct list env_list = {"env", sizeof(struct spk_view_env), read_env};
    struct spk_view_container *container = out;
    const void *env = NULL;

    if (spk_json_text(&container->name, node, "name", at, err) ||
        read_first_arg(&container->first_arg, node, at, err) ||
        read_list(&env, &container->env_count, &container->has_env, &env_list, arena, node, at,
                  err) ||
        read_mounts(container, arena, node, at, err))
        return -1;
    container->env = env;
    return 0;
}

/* A null value is an empty text, as in a Go map of strings. */
static int read_annotations(struct spk_view *view, struct spk_arena *arena, const json_t *meta,
                            const struct spk_at *at, struct spk_err *err)
{
    struct spk_at here = {.up = at, .key = "annotations"};
    struct spk_view_pair *pairs;
    json_t *node;
    const char *key;
    json_t *value;

    if (spk_json_member(&node, meta, "annotations", JSON_OBJECT, at, err))
        return -1;
    pairs = spk_arena_array(arena, json_object_size(node), sizeof(*pairs));
    if (!pairs)
        return fail_memory(err);
    view->annotations = pairs;
    json_object_foreach(node, key, value)
    {
        if (!json_is_null(value) &&
            spk_json_expect(value, JSON_STRING, &(struct spk_at){.up = &here, .key = key}, err))
            return -1;
        pairs[view->annotation_count++] = (struct spk_view_pair){
            spk_str(key), json_is_null(value) ? no_text : spk_json_str(value)};
    }
    return 0;
}

static int read_labels(struct spk_view *view, const json_t *meta, const struct spk_at *at,
                       struct spk_err *err)
{
    struct spk_at here = {.up = at, .key = "labels"};
    json_t *labels;

    if (spk_json_member(&labels, meta, "labels", JSON_OBJECT, at, err))
        return -1;
    if (!labels)
        return 0;
    if (spk_json_text(&view->role, labels, "spark-role", &here, err) ||
        spk_json_text(&view->app, labels, "spark-app-selector", &here, err))
        return -1;
    return 0;
}

static int read_metadata(struct spk_view *view, struct spk_arena *arena, const json_t *pod,
                         struct spk_err *err)
{
    static const struct list owner_list = {"ownerReferences", sizeof(struct spk_view_owner),
                                           read_owner};
    struct spk_at at = {.key = "metadata"};
    const void *owners = NULL;
    json_t *meta;

    if (spk_json_member(&meta, pod, "metadata", JSON_OBJECT, NULL, err))
        return -1;
    if (!meta)
        return 0;
    if (spk_json_text(&view->name, meta, "name", &at, err) ||
        spk_json_text(&view->generate_name, meta, "generateName", &at, err) ||
        spk_json_text(&view->namespace_, meta, "namespace", &at, err) ||
        read_labels(view, meta, &at, err) || read_annotations(view, arena, meta, &at, err) ||
        read_list(&owners, &view->owner_count, &view->has_owners, &owner_list, arena, meta, &at,
                  err))
        return -1;
    view->owners = owners;
    return 0;
}

static int read_spec(struct spk_view *view, struct spk_arena *arena, const json_t *pod,
                     struct spk_err *err)
{
    static const struct list volume_list = {"volumes", sizeof(struct spk_view_volume), read_volume};
    static const struct list container_list = {"containers", sizeof(struct spk_view_container),
                                               read_container};
    struct spk_at at = {.key = "spec"};
    const void *volumes = NULL;
    const void *containers = NULL;
    bool has_containers;
    json_t *spec;

    if (spk_json_member(&spec, pod, "spec", JSON_OBJECT, NULL, err))
        return -1;
    if (!spec)
        return 0;
    if (read_list(&volumes, &view->volume_count, &view->has_volumes, &volume_list, arena, spec, &at,
                  err) ||
        read_list(&containers, &view->container_count, &has_containers, &container_list, arena,
                  spec, &at, err))
        return -1;
    view->volumes = volumes;
    view->containers = containers;
    return 0;
}

int spk_view_read(struct spk_view *out, struct spk_arena *arena, const json_t *pod,
                  struct spk_err *err)
{
    struct spk_view view = {.document = pod};

    if (spk_json_expect(pod, JSON_OBJECT, NULL, err) || read_metadata(&view, arena, pod, err) ||
        read_spec(&view, arena, pod, err))
        return -1;
    *out = view;
    return 0;
}
