#include "spk/k8s/schema.h"

#include "spk/json/walk.h"
#include "spk/k8s/quantity.h"

#include <string.h>

static bool is_zero(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return json_string_length(value) == 0;
    case JSON_INTEGER:
        return json_integer_value(value) == 0;
    case JSON_ARRAY:
        return json_array_size(value) == 0;
    case JSON_OBJECT:
        return json_object_size(value) == 0;
    default:
        return json_is_false(value);
    }
}

bool spk_schema_is_absent(const struct spk_schema_field *field, const json_t *value)
{
    /* A list without elements comes back from the store as null, whatever it was. */
    bool empty = (field->flags & SPK_ZERO_IS_ABSENT) || field->kind == SPK_KIND_LIST ||
                 field->kind == SPK_KIND_MAP;

    return !value || json_is_null(value) || (empty && is_zero(value));
}

static bool same_quantity(const json_t *a, const json_t *b)
{
    return (json_is_string(a) && json_is_string(b) &&
            spk_quantity_same(spk_json_str(a), spk_json_str(b))) ||
           json_equal(a, b);
}

/* NULL stands for an object without members. */
static bool same_struct(enum spk_schema_index type, const json_t *a, const json_t *b)
{
    const struct spk_schema_type *row = &spk_schema_types[type];
    size_t known_a = 0;
    size_t known_b = 0;

    for (size_t i = 0; i < row->count; i++) {
        const json_t *left = json_object_get(a, row->fields[i].name);
        const json_t *right = json_object_get(b, row->fields[i].name);
        known_a += left != NULL;
        known_b += right != NULL;
        if ((left || right) && !spk_schema_same(&row->fields[i], left, right))
            return false;
    }
    /* A newer API server's fields, which no overlay can have. */
    return (known_a == json_object_size(a) && known_b == json_object_size(b)) || json_equal(a, b);
}

static bool same_list(const struct spk_schema_field *field, const json_t *a, const json_t *b)
{
    struct spk_schema_field element = spk_schema_element(field);

    if (json_array_size(a) != json_array_size(b))
        return false;
    for (size_t i = 0; i < json_array_size(a); i++) {
        if (!spk_schema_same(&element, json_array_get(a, i), json_array_get(b, i)))
            return false;
    }
    return true;
}

static bool same_map(const struct spk_schema_field *field, const json_t *a, const json_t *b)
{
    struct spk_schema_field element = spk_schema_element(field);
    const char *key;
    json_t *value;

    if (json_object_size(a) != json_object_size(b))
        return false;
    json_object_foreach((json_t *)a, key, value)
    {
        const json_t *other = json_object_get(b, key);
        if (!other || !spk_schema_same(&element, value, other))
            return false;
    }
    return true;
}

static bool same_as_fallback(const struct spk_schema_field *field, const json_t *value)
{
    if (!field->fallback)
        return false;
    switch (field->kind) {
    case SPK_KIND_STRUCT:
        return json_is_object(value) && same_struct(field->type, value, NULL);
    case SPK_KIND_QUANTITY:
        return json_is_string(value) &&
               spk_quantity_same(spk_json_str(value), spk_str(field->fallback));
    case SPK_KIND_STRING:
        return spk_str_is(spk_json_str(value), field->fallback);
    case SPK_KIND_BOOL:
        return json_is_boolean(value) &&
               json_is_true(value) == (strcmp(field->fallback, "true") == 0);
    default:
        return json_is_integer(value) &&
               json_integer_value(value) == strtoll(field->fallback, NULL, 10);
    }
}

static bool same_values(const struct spk_schema_field *field, const json_t *a, const json_t *b)
{
    if (field->kind == SPK_KIND_QUANTITY)
        return same_quantity(a, b);
    if (json_typeof(a) != json_typeof(b))
        return false;
    if (field->kind == SPK_KIND_STRUCT && json_is_object(a))
        return same_struct(field->type, a, b);
    if (field->kind == SPK_KIND_MAP && json_is_object(a))
        return same_map(field, a, b);
    if (field->kind == SPK_KIND_LIST && json_is_array(a))
        return same_list(field, a, b);
    return json_equal(a, b);
}

bool spk_schema_same(const struct spk_schema_field *field, const json_t *a, const json_t *b)
{
    a = spk_schema_is_absent(field, a) ? NULL : a;
    b = spk_schema_is_absent(field, b) ? NULL : b;
    if (!a && !b)
        return true;
    if (a && b)
        return same_values(field, a, b);
    return same_as_fallback(field, a ? a : b);
}

bool spk_schema_same_keys(const struct spk_schema_keys *keys, const json_t *a, const json_t *b)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct spk_schema_field *field = keys->fields[i];
        if (!spk_schema_same(field, json_object_get(a, field->name),
                             json_object_get(b, field->name)))
            return false;
    }
    return true;
}
