#include "spk/k8s/schema.h"

#include "spk/k8s/quantity.h"

#include <string.h>

struct check {
    spk_schema_fault_fn *fault;
    void *arg;
};

static bool fits_32(const json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) >= INT32_MIN &&
           json_integer_value(value) <= INT32_MAX;
}

/* RFC 3339, as far as its form goes. */
static bool is_time(const json_t *value)
{
    static const char form[] = "0000-00-00T00:00:00";
    const char *text = json_string_value(value);
    size_t i = 0;

    for (; text && form[i]; i++) {
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    }
    return text && strspn(text + i, ".+-:Z0123456789") == strlen(text + i) && strlen(text + i) > 0;
}

static bool is_quantity(const json_t *value)
{
    spk_nano amount;

    return json_is_number(value) ||
           (json_is_string(value) && spk_quantity_read(&amount, spk_json_str(value)));
}

bool spk_schema_is_scalar(enum spk_schema_kind kind, const json_t *value)
{
    switch (kind) {
    case SPK_KIND_STRING:
        return json_is_string(value);
    case SPK_KIND_INT32:
        return fits_32(value);
    case SPK_KIND_INT64:
        return json_is_integer(value);
    case SPK_KIND_BOOL:
        return json_is_boolean(value);
    case SPK_KIND_INT_OR_STRING:
        return json_is_string(value) || fits_32(value);
    case SPK_KIND_TIME:
        return is_time(value);
    case SPK_KIND_QUANTITY:
        return is_quantity(value);
    case SPK_KIND_ANY:
        return true;
    default:
        return false;
    }
}

static void check_value(const struct check *check, const struct spk_schema_field *field,
                        const json_t *value, const struct spk_at *at);

static void check_struct(const struct check *check, enum spk_schema_index type,
                         const json_t *object, const struct spk_at *at)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        const struct spk_schema_field *field = spk_schema_find(type, key);
        const struct spk_at here = {.up = at, .key = key};
        if (field)
            check_value(check, field, value, &here);
        else
            check->fault(check->arg, &here,
                         &(struct spk_schema_fault){.type = type, .found = value});
    }
}

static void check_map(const struct check *check, const struct spk_schema_field *field,
                      const json_t *object, const struct spk_at *at)
{
    const struct spk_schema_field element = spk_schema_element(field);
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        const struct spk_at here = {.up = at, .key = key};
        check_value(check, &element, value, &here);
    }
}

static void check_list(const struct check *check, const struct spk_schema_field *field,
                       const json_t *array, const struct spk_at *at)
{
    const struct spk_schema_field element = spk_schema_element(field);

    for (size_t i = 0; i < json_array_size(array); i++) {
        const struct spk_at here = {.up = at, .index = i};
        check_value(check, &element, json_array_get(array, i), &here);
    }
}

static void mistyped(const struct check *check, enum spk_schema_kind kind, const json_t *value,
                     const struct spk_at *at)
{
    const struct spk_schema_fault fault = {.expected = spk_schema_kind_text(kind), .found = value};

    check->fault(check->arg, at, &fault);
}

static void check_value(const struct check *check, const struct spk_schema_field *field,
                        const json_t *value, const struct spk_at *at)
{
    const enum spk_schema_kind kind = (enum spk_schema_kind)field->kind;

    if (json_is_null(value))
        return;
    if (kind == SPK_KIND_STRUCT && json_is_object(value))
        check_struct(check, (enum spk_schema_index)field->type, value, at);
    else if (kind == SPK_KIND_MAP && json_is_object(value))
        check_map(check, field, value, at);
    else if (kind == SPK_KIND_LIST && json_is_array(value))
        check_list(check, field, value, at);
    else if (!spk_schema_is_scalar(kind, value))
        mistyped(check, kind, value, at);
}

void spk_schema_check(const struct spk_schema_field *field, const json_t *value,
                      const struct spk_at *at, spk_schema_fault_fn *fault, void *arg)
{
    const struct check check = {fault, arg};

    check_value(&check, field, value, at);
}
