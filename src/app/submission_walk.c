#include "submission_fields.h"

#include "spk/base/nearest.h"
#include "spk/json/walk.h"

#include <stdint.h>

static const struct spk_field *find(const struct spk_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->count; i++)
        if (strcmp(fields->rows[i].name, name) == 0)
            return &fields->rows[i];
    return NULL;
}

static void note_unknown(struct spk_submission_run *run, const struct spk_fields *fields,
                         const char *path, const char *name)
{
    const char *best = NULL;
    size_t least = SIZE_MAX;

    if (run->notes_lost) { /* no work for what is not shown */
        run->notes_lost++;
        return;
    }
    for (size_t i = 0; i < fields->count; i++) {
        size_t steps = spk_edit_distance(spk_str(fields->rows[i].name), spk_str(name));
        if (steps < least && spk_is_near(steps, name, fields->rows[i].name)) {
            least = steps;
            best = fields->rows[i].name;
        }
    }
    if (best) {
        spk_submission_note(run, spk_submission_text(run, "%s.%s", path, name),
                            "unknown field, ignored; did you mean \"%s\"?", best);
    } else {
        spk_submission_note(run, spk_submission_text(run, "%s.%s", path, name),
                            "unknown field, ignored");
    }
}

static json_type type_of(enum spk_field_kind kind)
{
    static const json_type types[] = {
        [SPK_FIELD_TEXT] = JSON_STRING,   [SPK_FIELD_NUMBER] = JSON_INTEGER,
        [SPK_FIELD_TEXTS] = JSON_ARRAY,   [SPK_FIELD_MAP] = JSON_OBJECT,
        [SPK_FIELD_OBJECT] = JSON_OBJECT, [SPK_FIELD_LIST] = JSON_ARRAY,
    };

    return types[kind];
}

/* There may be a million elements: a path is made only where one is wrong, and that is told. */
static bool is_text(struct spk_submission_run *run, const struct spk_field_at *at, const char *key,
                    size_t index, const json_t *value)
{
    const char *path = at->path;

    if (json_is_string(value))
        return true;
    if (!spk_submission_is_full(run))
        path = key ? spk_submission_text(run, "%s.%s", at->path, key)
                   : spk_submission_text(run, "%s[%zu]", at->path, index);
    return spk_submission_is(run, path, value, JSON_STRING);
}

/* The elements of a list or map of texts. */
static bool are_texts(struct spk_submission_run *run, const struct spk_field_at *at)
{
    bool good = true;
    const char *key;
    json_t *value;

    for (size_t i = 0; i < json_array_size(at->value); i++)
        good = is_text(run, at, NULL, i, json_array_get(at->value, i)) && good;
    json_object_foreach(at->value, key, value) good = is_text(run, at, key, 0, value) && good;
    return good;
}

static bool is_kind(struct spk_submission_run *run, const struct spk_field *field,
                    const struct spk_field_at *at)
{
    switch (field->kind) {
    case SPK_FIELD_ANY:
        return true;
    case SPK_FIELD_FLAG:
        return json_is_boolean(at->value) || spk_submission_is(run, at->path, at->value, JSON_TRUE);
    case SPK_FIELD_TEXTS:
    case SPK_FIELD_MAP:
        return spk_submission_is(run, at->path, at->value, type_of(field->kind)) &&
               are_texts(run, at);
    default:
        return spk_submission_is(run, at->path, at->value, type_of(field->kind));
    }
}

/* The target with the role's name in place of its %s. */
static const char *target(struct spk_submission_run *run, const struct spk_field *field,
                          const struct spk_field_at *at)
{
    const char *mark = strstr(field->target, "%s");

    if (!mark || !at->role)
        return field->target;
    return spk_submission_text(run, "%.*s%s%s", (int)(mark - field->target), field->target,
                               at->role->name, mark + 2);
}

static void put_property(struct spk_submission_run *run, const struct spk_field *field,
                         const struct spk_field_at *at)
{
    const char *name = target(run, field, at);
    const char *key;
    json_t *value;

    if (field->kind == SPK_FIELD_TEXTS) {
        struct spk_str list = spk_submission_join(run, at->value);
        if (list.len)
            spk_submission_put_field(run, at->path, name, list);
    } else if (field->kind == SPK_FIELD_MAP) {
        json_object_foreach(at->value, key, value)
        {
            spk_submission_put_field(run, spk_submission_text(run, "%s.%s", at->path, key),
                                     spk_submission_text(run, "%s%s", name, key),
                                     spk_json_str(value));
        }
    } else {
        struct spk_str text = spk_submission_scalar(run, at->path, at->value);
        if (text.len) /* the API's Go types don't tell "" from nothing */
            spk_submission_put_field(run, at->path, name, text);
    }
}

static void wish(struct spk_submission_run *run, const struct spk_field *field,
                 const struct spk_field_at *at)
{
    if (json_string_length(at->value) == 0)
        return;
    for (size_t i = 0; i < SPK_ROLES; i++)
        spk_submission_wish(run, &run->roles[i], field->target, spk_json_str(at->value));
}

static void walk_items(struct spk_submission_run *run, const struct spk_field *field,
                       const struct spk_field_at *at)
{
    for (size_t i = 0; i < json_array_size(at->value); i++) {
        const char *path = spk_submission_text(run, "%s[%zu]", at->path, i);
        const json_t *item = json_array_get(at->value, i);
        if (spk_submission_is(run, path, item, JSON_OBJECT))
            spk_submission_walk(run, field->fields, item, path, at->role);
    }
}

/* Lists that were given empty ask for nothing. */
static bool is_empty(const json_t *value)
{
    return (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

static void act(struct spk_submission_run *run, const struct spk_field *field,
                const struct spk_field_at *at)
{
    if (field->way == SPK_FIELD_FIELDS)
        spk_submission_walk(run, field->fields, at->value, at->path, at->role);
    if (field->way == SPK_FIELD_ITEMS)
        walk_items(run, field, at);
    if (field->act) {
        field->act(run, at);
        return;
    }
    switch (field->way) {
    case SPK_FIELD_PROPERTY:
        put_property(run, field, at);
        break;
    case SPK_FIELD_TEMPLATE:
        spk_submission_set_at(run, at->role->pod, field->target, at->value);
        break;
    case SPK_FIELD_OVERLAY:
        if (!is_empty(at->value))
            spk_submission_set_at(run, at->role->overlay, field->target, at->value);
        break;
    case SPK_FIELD_WISH:
        wish(run, field, at);
        break;
    case SPK_FIELD_UNUSED:
        spk_submission_note(run, at->path, "%s", field->target);
        break;
    default:
        break;
    }
}

void spk_submission_walk(struct spk_submission_run *run, const struct spk_fields *fields,
                         const json_t *object, const char *path, struct spk_role *role)
{
    const char *name;
    json_t *value;

    for (size_t i = 0; i < fields->count; i++) {
        const struct spk_field *field = &fields->rows[i];
        struct spk_field_at at = {.path = spk_submission_text(run, "%s.%s", path, field->name),
                                  .name = field->name,
                                  .value = json_object_get(object, field->name),
                                  .role = role};
        if (at.value && !json_is_null(at.value) && is_kind(run, field, &at))
            act(run, field, &at);
    }
    json_object_foreach((json_t *)object, name, value)
    {
        if (!find(fields, name))
            note_unknown(run, fields, path, name);
    }
}
