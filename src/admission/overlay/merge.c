#include "parts.h"

#include <string.h>

static int merge_member(struct spk_overlay_run *run, const struct spk_schema_field *field,
                        json_t *parent, const char *key, json_t *wish,
                        const struct spk_overlay_at *at);

/* For JSON types that arrive otherwise than the API server would ever send them. */
static bool is_shaped(const struct spk_schema_field *field, const json_t *there)
{
    return field->kind == SPK_KIND_LIST ? json_is_array(there) : json_is_object(there);
}

static int merge_struct(struct spk_overlay_run *run, enum spk_schema_index type, json_t *there,
                        json_t *wish, const struct spk_overlay_at *at)
{
    const char *key;
    json_t *value;

    json_object_foreach(wish, key, value)
    {
        const struct spk_schema_field *field = spk_schema_find(type, key);
        struct spk_overlay_at here = spk_overlay_member(at, key);
        if (type == SPK_TYPE_VolumeMount && strcmp(key, "mountPath") == 0)
            continue; /* it is the same, perhaps in another spelling */
        if (field && merge_member(run, field, there, key, value, &here))
            return -1;
    }
    return 0;
}

static int merge_map(struct spk_overlay_run *run, const struct spk_schema_field *field,
                     json_t *there, json_t *wish, const struct spk_overlay_at *at)
{
    struct spk_schema_field element = spk_schema_element(field);
    const char *key;
    json_t *value;

    json_object_foreach(wish, key, value)
    {
        struct spk_overlay_at here = spk_overlay_member(at, key);
        if (merge_member(run, &element, there, key, value, &here))
            return -1;
    }
    return 0;
}

bool spk_overlay_may_compare(struct spk_overlay_run *run, const json_t *there, size_t weight,
                             size_t wishes, const struct spk_at *at)
{
    run->pairs += weight * wishes;
    if (run->pairs <= SPK_OVERLAY_PAIRS_MAX)
        return true;
    spk_overlay_fault(run, at, "the pod's list has %zu elements, too many to merge %zu into",
                      json_array_size(there), wishes);
    return false;
}

/* True when the two lists may be compared, each element with each. */
static bool is_comparable(struct spk_overlay_run *run, const struct spk_schema_field *field,
                          const json_t *there, const json_t *wish, const struct spk_overlay_at *at)
{
    size_t weight = json_array_size(there);

    if (field->type == SPK_TYPE_VolumeMount)
        weight = spk_overlay_mounts_weight(there);
    if (field->flags & SPK_LIST_SET) /* what is added is compared, too */
        weight += json_array_size(wish) / 2;
    return spk_overlay_may_compare(run, there, weight, json_array_size(wish), &at->asked);
}

static bool has_same(const struct spk_schema_field *element, const json_t *array,
                     const json_t *wish)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (spk_schema_same(element, json_array_get(array, i), wish))
            return true;
    }
    return false;
}

static int merge_set(struct spk_overlay_run *run, const struct spk_schema_field *field,
                     json_t *there, json_t *wish, const struct spk_overlay_at *at)
{
    struct spk_schema_field element = spk_schema_element(field);
    size_t i;
    json_t *value;

    json_array_foreach(wish, i, value)
    {
        struct spk_overlay_at here = spk_overlay_element(at, json_array_size(there), i);
        if (!has_same(&element, there, value) && spk_overlay_append(run, there, value, &here))
            return -1;
    }
    return 0;
}

/* Among the first @had, which are the pod's own: the overlay's differ from each other. The last one
 * counts, where a pod has several. */
static json_t *find_element(const struct spk_schema_keys *keys, json_t *array, size_t had,
                            const json_t *wish, size_t *index)
{
    for (size_t i = had; i-- > 0;) {
        json_t *element = json_array_get(array, i);
        if (json_is_object(element) && spk_schema_same_keys(keys, element, wish)) {
            *index = i;
            return element;
        }
    }
    return NULL;
}

/* Where the element of the pod is that @wish means; false with a fault when it may not be merged.
 */
static bool find_partner(json_t **out, size_t *index, struct spk_overlay_run *run,
                         const struct spk_schema_field *field, json_t *array, size_t had,
                         const json_t *wish, const struct spk_at *at)
{
    struct spk_schema_keys keys = spk_schema_keys(field);
    bool fits = true;

    if (field->type == SPK_TYPE_VolumeMount) {
        *out = spk_overlay_find_mount(&fits, run, array, had, wish, at, index);
        return fits;
    }
    *out = find_element(&keys, array, had, wish, index);
    if (*out && field->type == SPK_TYPE_Volume)
        return spk_overlay_volume_fits(run, *out, wish, at);
    return true;
}

/* A shorthand names a variable and nothing else: that the pod had it may be news. */
static void warn_replaced(struct spk_overlay_run *run, const json_t *there)
{
    const json_t *value = json_object_get(there, "value");
    const char *was = "set by valueFrom";

    if (!run->ask->variable)
        return;
    if (!json_object_get(there, "valueFrom"))
        was = spk_notes_quote(run->notes, value ? spk_json_str(value) : SPK_LIT(""));
    spk_notes_warn_of(run->notes, run->ask->from.written,
                      "%s replaces the variable %s, which was %s",
                      spk_notes_quote(run->notes, run->ask->from.written), run->ask->variable, was);
}

/* Somebody else may still give it an image; but mostly another name was meant. */
static void warn_imageless(struct spk_overlay_run *run, const json_t *wish, const struct spk_at *at)
{
    if (json_object_get(wish, "image"))
        return;
    spk_notes_warn_of(
        run->notes, run->ask->from.written,
        "%s: %s: no container of this pod is called %s, and a new one needs an image; "
        "the Spark container is sparkContainer",
        spk_notes_quote(run->notes, run->ask->from.written), spk_overlay_place(run->notes, at),
        spk_notes_quote(run->notes, spk_json_str(json_object_get(wish, "name"))));
}

static int merge_element(struct spk_overlay_run *run, const struct spk_schema_field *field,
                         json_t *array, size_t had, json_t *wish, size_t asked,
                         const struct spk_overlay_at *at)
{
    struct spk_schema_field element = spk_schema_element(field);
    struct spk_overlay_at here = spk_overlay_element(at, json_array_size(array), asked);
    json_t *there;

    if (!find_partner(&there, &here.pod.index, run, field, array, had, wish, &here.asked))
        return 0;
    if (!there && field->type == SPK_TYPE_Container)
        warn_imageless(run, wish, &here.asked);
    if (!there)
        return spk_overlay_append(run, array, wish, &here);
    if (!spk_schema_is_atomic(&element))
        return merge_struct(run, (enum spk_schema_index)field->type, there, wish, &here);
    if (spk_schema_same(&element, there, wish))
        return 0;
    warn_replaced(run, there);
    return spk_overlay_replace(run, array, wish, &here);
}

static int merge_list(struct spk_overlay_run *run, const struct spk_schema_field *field,
                      json_t *there, json_t *wish, const struct spk_overlay_at *at)
{
    size_t had = json_array_size(there);
    size_t i;
    json_t *value;

    if (!is_comparable(run, field, there, wish, at))
        return 0;
    if (field->flags & SPK_LIST_SET)
        return merge_set(run, field, there, wish, at);
    json_array_foreach(wish, i, value)
    {
        if (merge_element(run, field, there, had, value, i, at))
            return -1;
    }
    return 0;
}

/* A field that the pod has not got, or has as null. */
static int add_member(struct spk_overlay_run *run, const struct spk_schema_field *field,
                      json_t *parent, json_t *wish, const struct spk_overlay_at *at)
{
    return spk_schema_is_absent(field, wish) ? 0 : spk_overlay_set(run, parent, wish, at);
}

static int merge_member(struct spk_overlay_run *run, const struct spk_schema_field *field,
                        json_t *parent, const char *key, json_t *wish,
                        const struct spk_overlay_at *at)
{
    json_t *there = json_object_get(parent, key);

    if (!there || json_is_null(there))
        return add_member(run, field, parent, wish, at);
    if (!spk_schema_is_atomic(field) && is_shaped(field, there)) {
        if (field->kind == SPK_KIND_STRUCT)
            return merge_struct(run, (enum spk_schema_index)field->type, there, wish, at);
        if (field->kind == SPK_KIND_MAP)
            return merge_map(run, field, there, wish, at);
        return merge_list(run, field, there, wish, at);
    }
    if (spk_schema_same(field, there, wish))
        return 0;
    return spk_overlay_set(run, parent, wish, at);
}

static int merge_root(struct spk_overlay_run *run, enum spk_schema_index type, const char *key,
                      json_t *wish)
{
    struct spk_overlay_at at = spk_overlay_member(NULL, key);

    return wish ? merge_struct(run, type, json_object_get(run->tree, key), wish, &at) : 0;
}

static int merge_spark_container(struct spk_overlay_run *run, json_t *wish)
{
    struct spk_at spec = {.key = "spec"};
    struct spk_at containers = {.up = &spec, .key = "containers"};
    struct spk_overlay_at at = {
        {.up = &containers, .index = run->container_index},
        {.key = "sparkContainer"},
    };
    json_t *list = json_object_get(json_object_get(run->tree, spec.key), containers.key);

    if (!wish)
        return 0;
    return merge_struct(run, SPK_TYPE_Container, json_array_get(list, at.pod.index), wish, &at);
}

int spk_overlay_merge(struct spk_overlay_run *run, json_t *overlay)
{
    if (merge_root(run, SPK_TYPE_ObjectMeta, "metadata", json_object_get(overlay, "metadata")) ||
        merge_root(run, SPK_TYPE_PodSpec, "spec", json_object_get(overlay, "spec")) ||
        merge_spark_container(run, json_object_get(overlay, "sparkContainer")))
        return -1;
    return 0;
}
