#include "submission_run.h"

#include "spk/base/text.h"
#include "spk/json/walk.h"

#include <stdarg.h>
#include <stdio.h>

const char *spk_submission_text(struct spk_submission_run *run, const char *fmt, ...)
{
    const char *text;
    va_list args;

    va_start(args, fmt);
    text = spk_arena_vprintf(&run->arena, fmt, args);
    va_end(args);
    if (!text)
        run->no_memory = true;
    return text ? text : "";
}

bool spk_submission_is_full(const struct spk_submission_run *run)
{
    return run->out->faults.left && !run->options->fault;
}

void spk_submission_fault(struct spk_submission_run *run, const char *path, const char *fmt, ...)
{
    char what[1024];
    va_list args;

    if (spk_submission_is_full(run)) {
        run->out->faults.left++;
        return;
    }
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    spk_mend(what);
    spk_one_line(what);
    if (run->options->fault)
        run->options->fault(run->options->fault_arg, path, what);
    spk_faults_add(&run->out->faults, path, "%s", what);
}

void spk_submission_note(struct spk_submission_run *run, const char *path, const char *fmt, ...)
{
    struct spk_submission_note *note;
    va_list args;

    if (run->out->note_count == SPK_SUBMISSION_NOTES) {
        run->notes_lost++;
        return;
    }
    note = &run->out->notes[run->out->note_count++];
    (void)snprintf(note->field, sizeof(note->field), "%s", path);
    va_start(args, fmt);
    (void)vsnprintf(note->message, sizeof(note->message), fmt, args);
    va_end(args);
    spk_one_line(note->field);
    spk_one_line(note->message);
}

void spk_submission_close_notes(struct spk_submission_run *run)
{
    struct spk_submission_note *note = &run->out->notes[SPK_SUBMISSION_NOTES - 1];

    if (run->notes_lost == 0)
        return;
    (void)snprintf(note->field, sizeof(note->field), "spec");
    (void)snprintf(note->message, sizeof(note->message), "and %zu more remarks like these",
                   run->notes_lost + 1);
}

/* The runner's file can say it, and no line of it becomes two. */
static bool is_name(const char *name)
{
    for (; *name; name++)
        if ((unsigned char)*name < ' ' || *name == 0x7f)
            return false;
    return true;
}

void spk_submission_put_at(struct spk_submission_run *run, const char *path, const char *name,
                           struct spk_str value)
{
    const char *reason = spk_submission_value_fault(spk_str(name), value);

    if (!is_name(name)) {
        spk_submission_fault(run, path, "property %s: its name has a control character", name);
        return;
    }
    if (reason)
        spk_submission_fault(run, path, "refused: %s", reason);
    spk_submission_set(run, run->out->properties, name, spk_json_string(value));
}

void spk_submission_put(struct spk_submission_run *run, const char *name, struct spk_str value)
{
    spk_submission_put_at(run, "spec", name, value);
}

void spk_submission_put_field(struct spk_submission_run *run, const char *path, const char *name,
                              struct spk_str value)
{
    struct spk_str old = spk_submission_get(run, name);

    if (old.ptr && !spk_str_eq(old, value))
        spk_submission_note(run, path, "counts: %s was said otherwise elsewhere", name);
    spk_submission_put_at(run, path, name, value);
}

void spk_submission_put_default(struct spk_submission_run *run, const char *name, const char *value)
{
    if (spk_submission_get(run, name).len == 0)
        spk_submission_put(run, name, spk_str(value));
}

struct spk_str spk_submission_get(const struct spk_submission_run *run, const char *name)
{
    return spk_json_str(json_object_get(run->out->properties, name));
}

void spk_submission_set(struct spk_submission_run *run, json_t *object, const char *key,
                        json_t *value)
{
    if (json_object_set_new(object, key, value) && (object || spk_faults_none(&run->out->faults)))
        run->no_memory = true;
}

void spk_submission_append(struct spk_submission_run *run, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) && (array || spk_faults_none(&run->out->faults)))
        run->no_memory = true;
}

/* The member of that name, made where it is missing. */
static json_t *member(struct spk_submission_run *run, json_t *object, const char *key,
                      json_type type)
{
    json_t *value = json_object_get(object, key);

    if (!value || json_is_null(value)) {
        spk_submission_set(run, object, key, type == JSON_ARRAY ? json_array() : json_object());
        value = json_object_get(object, key);
    }
    if (value && json_typeof(value) != type) { /* only a template can be in the way */
        (void)spk_submission_is(run, spk_submission_text(run, "template: %s", key), value, type);
        return NULL;
    }
    return value;
}

/* The object that holds the last name of a place, which is left in *@last. */
static json_t *parent(struct spk_submission_run *run, json_t *tree, const char *place,
                      const char **last)
{
    const char *dot;

    for (; (dot = strchr(place, '.')); place = dot + 1) {
        const char *key = spk_submission_text(run, "%.*s", (int)(dot - place), place);
        tree = tree ? member(run, tree, key, JSON_OBJECT) : NULL;
    }
    *last = place;
    return tree;
}

json_t *spk_submission_object_at(struct spk_submission_run *run, json_t *tree, const char *place)
{
    const char *last;
    json_t *object = parent(run, tree, place, &last);

    return object ? member(run, object, last, JSON_OBJECT) : NULL;
}

json_t *spk_submission_array_at(struct spk_submission_run *run, json_t *tree, const char *place)
{
    const char *last;
    json_t *object = parent(run, tree, place, &last);

    return object ? member(run, object, last, JSON_ARRAY) : NULL;
}

void spk_submission_set_at(struct spk_submission_run *run, json_t *tree, const char *place,
                           json_t *value)
{
    const char *last;
    json_t *object = parent(run, tree, place, &last);

    if (object)
        spk_submission_set(run, object, last, json_deep_copy(value)); /* what it holds may grow */
}

bool spk_submission_is(struct spk_submission_run *run, const char *path, const json_t *value,
                       json_type type)
{
    if (value && json_typeof(value) == type)
        return true;
    spk_submission_fault(run, path, "expected %s, found %s", spk_json_type_text(type),
                         value ? spk_json_type_text(json_typeof(value)) : "nothing");
    return false;
}

struct spk_str spk_submission_member(struct spk_submission_run *run, const char *path,
                                     const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (!value || json_is_null(value) ||
        !spk_submission_is(run, spk_submission_text(run, "%s.%s", path, key), value, JSON_STRING) ||
        json_string_length(value) == 0)
        return (struct spk_str){0};
    return spk_json_str(value);
}

struct spk_str spk_submission_scalar(struct spk_submission_run *run, const char *path,
                                     const json_t *value)
{
    if (json_is_string(value))
        return spk_json_str(value);
    if (json_is_integer(value))
        return spk_str(
            spk_submission_text(run, "%" JSON_INTEGER_FORMAT, json_integer_value(value)));
    if (json_is_boolean(value))
        return spk_str(json_is_true(value) ? "true" : "false");
    (void)spk_submission_is(run, path, value, JSON_STRING);
    return (struct spk_str){0};
}

struct spk_str spk_submission_join(struct spk_submission_run *run, const json_t *texts)
{
    size_t len = json_array_size(texts);
    char *list;
    char *end;

    for (size_t i = 0; i < json_array_size(texts); i++)
        len += json_string_length(json_array_get(texts, i));
    list = spk_arena_alloc(&run->arena, len + 1);
    if (!list) {
        run->no_memory = true;
        return (struct spk_str){"", 0};
    }
    end = list;
    for (size_t i = 0; i < json_array_size(texts); i++) {
        const json_t *text = json_array_get(texts, i);
        if (json_string_length(text) == 0)
            continue;
        if (end > list)
            *end++ = ',';
        end = stpcpy(end, json_string_value(text));
    }
    return (struct spk_str){list, (size_t)(end - list)};
}

void spk_submission_wish(struct spk_submission_run *run, const struct spk_role *role,
                         const char *key, struct spk_str value)
{
    const char *name = spk_submission_text(run, "spark.kubernetes.%s.annotation.%s%s", role->name,
                                           SPK_SUBMISSION_PREFIX, key);
    struct spk_str old = spk_submission_get(run, name);

    if (old.ptr && !spk_str_eq(old, value)) {
        spk_submission_fault(run, spk_submission_text(run, "spec.%s.annotations", role->name),
                             "has %s%s, which other fields of the spec set, too",
                             SPK_SUBMISSION_PREFIX, key);
    }
    spk_submission_put(run, name, value);
    run->out->needs_webhook = true;
}
