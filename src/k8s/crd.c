#include "spk/k8s/crd.h"

#include "spk/base/cleanup.h"
#include "spk/json/walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KEEPS "x-kubernetes-preserve-unknown-fields"

struct walk {
    char *why;
    char path[192]; /* of the field that is looked at; cut */
};

static bool narrows(struct walk *walk, const json_t *have, const json_t *wish);

/* Always true. */
__attribute__((format(printf, 2, 3))) static bool narrower(struct walk *walk, const char *fmt, ...)
{
    const char *path = walk->path[0] ? walk->path : "the schema";
    va_list args;
    int len = snprintf(walk->why, SPK_CRD_WHY, "%s: ", path);

    va_start(args, fmt);
    if (len > 0 && len < SPK_CRD_WHY)
        (void)vsnprintf(walk->why + len, SPK_CRD_WHY - (size_t)len, fmt, args);
    va_end(args);
    return true;
}

/* The same below a step: ".name", "[]". */
static bool below(struct walk *walk, const char *step, const json_t *have, const json_t *wish)
{
    size_t len = strlen(walk->path);
    bool is;

    (void)snprintf(walk->path + len, sizeof(walk->path) - len, "%s",
                   len || *step != '.' ? step : step + 1);
    is = narrows(walk, have, wish);
    walk->path[len] = '\0';
    return is;
}

static bool keeps(const json_t *schema)
{
    return json_is_true(json_object_get(schema, KEEPS));
}

static bool is_int_or_string(const json_t *schema)
{
    return json_is_true(json_object_get(schema, "x-kubernetes-int-or-string"));
}

static bool type_fits(const json_t *have, const json_t *wish)
{
    const json_t *type = json_object_get(have, "type");
    const json_t *wanted = json_object_get(wish, "type");
    struct spk_str text = spk_json_str(type);

    if (!wanted && is_int_or_string(wish))
        return is_int_or_string(have) || spk_str_is(text, "integer") || spk_str_is(text, "string");
    if (!wanted)
        return true;
    return (type && json_equal(type, wanted)) ||
           (spk_str_is(text, "integer") && spk_str_is(spk_json_str(wanted), "number"));
}

static bool has_element(const json_t *array, const json_t *value)
{
    const json_t *element;
    size_t i;

    json_array_foreach(array, i, element)
    {
        if (json_equal(element, value))
            return true;
    }
    return false;
}

/* Each element of @few is one of @many. */
static bool is_subset(const json_t *few, const json_t *many)
{
    const json_t *element;
    size_t i;

    json_array_foreach(few, i, element)
    {
        if (!has_element(many, element))
            return false;
    }
    return true;
}

/* Of these the new schema may have none that the old one has not got just so. */
static const char *const restrictions[] = {
    "format",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "multipleOf",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "x-kubernetes-validations",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
};

static bool restricts(struct walk *walk, const json_t *have, const json_t *wish)
{
    const json_t *values = json_object_get(wish, "enum");
    const json_t *had = json_object_get(have, "enum");

    if (!type_fits(have, wish))
        return narrower(walk, "is of another type");
    if (json_is_true(json_object_get(have, "nullable")) &&
        !json_is_true(json_object_get(wish, "nullable")))
        return narrower(walk, "may not be null");
    if (values && !(had && is_subset(had, values)))
        return narrower(walk, "has fewer values");
    if (!is_subset(json_object_get(wish, "required"), json_object_get(have, "required")))
        return narrower(walk, "requires more");
    for (size_t i = 0; i < SPK_LEN(restrictions); i++) {
        const json_t *rule = json_object_get(wish, restrictions[i]);
        const json_t *old = json_object_get(have, restrictions[i]);
        if (rule && !(old && json_equal(old, rule)))
            return narrower(walk, "has a rule of its own, %s", restrictions[i]);
    }
    return false;
}

static bool loses_property(struct walk *walk, const json_t *have, const json_t *wish)
{
    const json_t *properties = json_object_get(wish, "properties");
    const json_t *rest = json_object_get(wish, "additionalProperties");
    const json_t *property;
    const char *name;
    char step[128];

    json_object_foreach((json_t *)json_object_get(have, "properties"), name, property)
    {
        const json_t *same = json_object_get(properties, name);
        (void)snprintf(step, sizeof(step), ".%s", name);
        if (!same && json_is_object(rest))
            same = rest;
        if (same ? below(walk, step, property, same) : false)
            return true;
        if (!same && !keeps(wish) && !json_is_true(rest))
            return narrower(walk, "has no field %.100s", name);
    }
    return false;
}

/* What a map's or a list's elements are. */
static bool loses_elements(struct walk *walk, const char *key, const char *step, const json_t *have,
                           const json_t *wish)
{
    const json_t *old = json_object_get(have, key);
    const json_t *new = json_object_get(wish, key);

    if (!old || json_is_false(old) || json_is_true(new))
        return false;
    if (json_is_object(old) && json_is_object(new))
        return below(walk, step, old, new);
    return !keeps(wish) && narrower(walk, "keeps no elements");
}

static bool narrows(struct walk *walk, const json_t *have, const json_t *wish)
{
    if (keeps(have) && !keeps(wish))
        return narrower(walk, "keeps no unknown fields");
    return restricts(walk, have, wish) || loses_property(walk, have, wish) ||
           loses_elements(walk, "additionalProperties", "{}", have, wish) ||
           loses_elements(walk, "items", "[]", have, wish);
}

bool spk_crd_narrows(char why[SPK_CRD_WHY], const json_t *have, const json_t *wish)
{
    struct walk walk = {.why = why};

    return narrows(&walk, have, wish);
}

static json_t *versions_of(const json_t *definition)
{
    return json_object_get(json_object_get(definition, "spec"), "versions");
}

static json_t *version_of(const json_t *definition, const char *name)
{
    json_t *version;
    size_t i;

    json_array_foreach(versions_of(definition), i, version)
    {
        if (spk_str_is(spk_json_str(json_object_get(version, "name")), name))
            return version;
    }
    return NULL;
}

static json_t *schema_of(const json_t *version)
{
    return json_object_get(json_object_get(version, "schema"), "openAPIV3Schema");
}

static json_t *annotations_of(const json_t *definition)
{
    return json_object_get(json_object_get(definition, "metadata"), "annotations");
}

static bool is_marked(const json_t *definition)
{
    return spk_str_is(spk_json_str(json_object_get(annotations_of(definition), SPK_CRD_OWNER)),
                      SPK_CRD_OWNER_VALUE);
}

bool spk_crd_is_ours(const json_t *definition, const char *version)
{
    const json_t *it = version_of(definition, version);
    const json_t *properties = json_object_get(schema_of(it), "properties");

    return is_marked(definition) && json_is_true(json_object_get(it, "served")) &&
           keeps(json_object_get(properties, "spec")) &&
           keeps(json_object_get(properties, "status"));
}

/* One version of the installed definition under ours. */
static bool version_narrows(char why[SPK_CRD_WHY], const json_t *have, const json_t *wish)
{
    struct walk walk = {.why = why};
    const char *name = json_string_value(json_object_get(have, "name"));
    const json_t *had = json_object_get(have, "subresources");
    const json_t *sub;
    const char *key;

    (void)snprintf(walk.path, sizeof(walk.path), "version %.63s", name);
    json_object_foreach((json_t *)had, key, sub)
    {
        if (!json_equal(sub, json_object_get(json_object_get(wish, "subresources"), key)))
            return narrower(&walk, "has another subresource %.63s", key);
    }
    if (!json_equal(json_object_get(have, "selectableFields"),
                    json_object_get(wish, "selectableFields")) &&
        json_object_get(have, "selectableFields"))
        return narrower(&walk, "has other selectableFields");
    walk.path[0] = '\0';
    return narrows(&walk, schema_of(have), schema_of(wish));
}

/* Why the installed definition has to stay as it is. */
static bool must_stay(char why[SPK_CRD_WHY], const json_t *installed, const json_t *ours)
{
    struct walk walk = {.why = why};
    const json_t *have = json_object_get(installed, "spec");
    const json_t *wish = json_object_get(ours, "spec");
    const json_t *version;
    size_t i;

    (void)snprintf(walk.path, sizeof(walk.path), "%s", "the definition");
    if (!is_marked(installed))
        return narrower(&walk, "is somebody else's: it has no annotation " SPK_CRD_OWNER);
    if (!json_equal(json_object_get(have, "scope"), json_object_get(wish, "scope")) ||
        !json_equal(json_object_get(json_object_get(have, "names"), "kind"),
                    json_object_get(json_object_get(wish, "names"), "kind")))
        return narrower(&walk, "is of another kind or scope");
    json_array_foreach(versions_of(installed), i, version)
    {
        const char *name = json_string_value(json_object_get(version, "name"));
        const json_t *new = version_of(ours, name ? name : "");
        if (new &&version_narrows(why, version, new))
            return true;
    }
    return false;
}

static int set(json_t *object, const char *key, const json_t *value)
{
    return value ? json_object_set(object, key, (json_t *)value) : 0;
}

/* A version of ours takes the place of its elder, which keeps served and storage. */
static int put_version(json_t *versions, size_t at, const json_t *elder, const json_t *ours)
{
    json_t *it = json_copy((json_t *)ours);

    if (!it || set(it, "served", json_object_get(elder, "served")) ||
        set(it, "storage", json_object_get(elder, "storage"))) {
        json_decref(it);
        return -1;
    }
    return json_array_set_new(versions, at, it);
}

static int add_versions(json_t *versions, const json_t *installed, const json_t *ours)
{
    const json_t *version;
    size_t i;

    json_array_foreach(versions_of(ours), i, version)
    {
        json_t *it;
        if (version_of(installed, json_string_value(json_object_get(version, "name"))))
            continue;
        it = json_copy((json_t *)version);
        if (!it || json_object_set_new(it, "storage", json_false())) {
            json_decref(it);
            return -1;
        }
        if (json_array_append_new(versions, it))
            return -1;
    }
    return 0;
}

/* All that is ours in a copy of the installed definition. */
static int merge(json_t *into, const json_t *installed, const json_t *ours)
{
    json_t *annotations = annotations_of(into);
    json_t *versions = versions_of(into);
    const json_t *version;
    size_t i;

    json_array_foreach(versions_of(installed), i, version)
    {
        const char *name = json_string_value(json_object_get(version, "name"));
        const json_t *new = version_of(ours, name ? name : "");
        if (new &&put_version(versions, i, version, new))
            return -1;
    }
    if (add_versions(versions, installed, ours))
        return -1;
    return json_object_update(annotations, annotations_of(ours));
}

int spk_crd_plan(enum spk_crd_plan *plan, json_t **out, char why[SPK_CRD_WHY],
                 const json_t *installed, const json_t *ours, struct spk_err *err)
{
    json_auto_t *merged = NULL;

    *out = NULL;
    if (must_stay(why, installed, ours)) {
        *plan = SPK_CRD_LEAVE;
        return 0;
    }
    merged = json_deep_copy(installed);
    if (!merged || merge(merged, installed, ours))
        return spk_fail(err, SPK_ENOMEM, "definition: out of memory");
    *plan = json_equal(merged, installed) ? SPK_CRD_SAME : SPK_CRD_UPDATE;
    if (*plan == SPK_CRD_UPDATE)
        *out = SPK_STEAL(merged);
    return 0;
}
