#include "spk/k8s/schema.h"

#include "spk/base/cleanup.h"
#include "spk/base/nearest.h"
#include "spk/json/walk.h"

#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {
    [SPK_KIND_NONE] = "nothing",
    [SPK_KIND_STRING] = "a string",
    [SPK_KIND_INT32] = "an integer of 32 bits",
    [SPK_KIND_INT64] = "an integer",
    [SPK_KIND_BOOL] = "true or false",
    [SPK_KIND_QUANTITY] = "a quantity such as \"500m\" or \"1Gi\"",
    [SPK_KIND_INT_OR_STRING] = "an integer of 32 bits or a string",
    [SPK_KIND_TIME] = "a time such as \"2026-01-31T12:00:00Z\"",
    [SPK_KIND_ANY] = "nothing",
    [SPK_KIND_STRUCT] = "an object",
    [SPK_KIND_MAP] = "an object",
    [SPK_KIND_LIST] = "an array",
};
_Static_assert(SPK_LEN(kinds) == SPK_KINDS, "one text per kind");

const char *spk_schema_kind_text(enum spk_schema_kind kind)
{
    return kinds[kind];
}

static int compare(const void *name, const void *field)
{
    return strcmp(name, ((const struct spk_schema_field *)field)->name);
}

const struct spk_schema_field *spk_schema_find(enum spk_schema_index type, const char *name)
{
    const struct spk_schema_type *row = &spk_schema_types[type];

    return bsearch(name, row->fields, row->count, sizeof(*row->fields), compare);
}

const char *spk_schema_nearest(enum spk_schema_index type, const char *name)
{
    const struct spk_schema_type *row = &spk_schema_types[type];
    const char *best = NULL;
    size_t least = SIZE_MAX;

    for (size_t i = 0; i < row->count; i++) {
        size_t steps = spk_edit_distance(spk_str(name), spk_str(row->fields[i].name));
        if (steps < least && spk_is_near(steps, name, row->fields[i].name)) {
            least = steps;
            best = row->fields[i].name;
        }
    }
    return best;
}

struct spk_schema_field spk_schema_element(const struct spk_schema_field *field)
{
    return (struct spk_schema_field){.kind = field->of, .type = field->type};
}

bool spk_schema_is_atomic(const struct spk_schema_field *field)
{
    if (field->kind == SPK_KIND_STRUCT)
        return spk_schema_types[field->type].atomic || (field->flags & SPK_MAP_ATOMIC);
    if (field->kind == SPK_KIND_MAP)
        return field->flags & SPK_MAP_ATOMIC;
    return field->kind != SPK_KIND_LIST || (field->flags & SPK_LIST_ATOMIC);
}

struct spk_schema_keys spk_schema_keys(const struct spk_schema_field *list)
{
    const struct spk_schema_type *row = &spk_schema_types[list->type];
    struct spk_schema_keys keys = {0};

    for (const char *key = list->keys; *key;) {
        size_t len = strcspn(key, ",");
        for (size_t i = 0; i < row->count && keys.count < SPK_SCHEMA_KEYS_MAX; i++) {
            if (strlen(row->fields[i].name) == len && strncmp(row->fields[i].name, key, len) == 0)
                keys.fields[keys.count++] = &row->fields[i];
        }
        key += len + (key[len] == ',');
    }
    return keys;
}
