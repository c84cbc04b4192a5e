#include "parts.h"

#include "spk/k8s/quantity.h"

#include <stdio.h>

/* All of these: 0, or -1 for memory; what is wrong with the overlay is a fault. Values are replaced
 * in their parents: the object or array @parent, at what @at says. */
static int check_value(struct spk_overlay_run *run, const struct spk_schema_field *field,
                       json_t *parent, json_t *value, const struct spk_at *at);

static bool is_enough(const struct spk_overlay_run *run)
{
    return run->notes->fault_count >= SPK_FAULTS_MAX;
}

/* Texts, numbers and booleans as they stand; of all others what they are. */
static const char *found(struct spk_overlay_run *run, const json_t *value)
{
    char text[40];
    size_t len;
    const char *copy;

    if (json_is_string(value))
        return spk_notes_quote(run->notes, spk_json_str(value));
    if (!json_is_number(value) && !json_is_boolean(value))
        return spk_json_type_text(json_typeof(value));
    len = json_dumpb(value, text, sizeof(text), JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    copy = spk_arena_copy(run->notes->arena,
                          (struct spk_str){text, len < sizeof(text) ? len : sizeof(text)});
    run->notes->no_memory |= !len || !copy;
    return copy ? copy : "";
}

static int mistyped(struct spk_overlay_run *run, const struct spk_schema_field *field,
                    const json_t *value, const struct spk_at *at)
{
    bool bare = field->kind == SPK_KIND_STRING && (json_is_number(value) || json_is_boolean(value));

    spk_overlay_fault(run, at, "expected %s, found %s%s",
                      spk_schema_kind_text((enum spk_schema_kind)field->kind), found(run, value),
                      bare ? ": put it in double quotes" : "");
    return 0;
}

static int fail_memory(struct spk_overlay_run *run)
{
    return spk_fail(run->err, SPK_ENOMEM, "overlay: out of memory");
}

static int replace(struct spk_overlay_run *run, json_t *parent, const struct spk_at *at,
                   json_t *value)
{
    if (!value || (at->key ? json_object_set_new(parent, at->key, value)
                           : json_array_set_new(parent, at->index, value)))
        return fail_memory(run);
    return 0;
}

/* A number becomes its shortest text: jansson would write 0.1 with 17 digits, and the API server
 * round that up. */
static int check_quantity(struct spk_overlay_run *run, const struct spk_schema_field *field,
                          json_t *parent, json_t *value, const struct spk_at *at)
{
    spk_nano amount;
    char text[40];

    if (json_is_string(value) && spk_quantity_read(&amount, spk_json_str(value)))
        return 0;
    if (json_is_integer(value))
        (void)snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        (void)snprintf(text, sizeof(text), "%.15g", json_real_value(value));
    else
        return mistyped(run, field, value, at);
    return replace(run, parent, at, json_string(text));
}

/* The directives of older merges ("$patch") look like fields. */
static bool is_directive(struct spk_overlay_run *run, const char *key, const struct spk_at *at)
{
    if (key[0] != '$')
        return false;
    spk_overlay_fault(run, at, "keys that begin with '$' have no meaning in an overlay");
    return true;
}

static void unknown_field(struct spk_overlay_run *run, enum spk_schema_index type, json_t *object,
                          const char *key, const struct spk_at *at)
{
    const char *guess;

    if (!run->policy->warn_on_unknown_field) {
        guess = spk_overlay_guess(run->notes, type, key);
        spk_overlay_fault(run, at, "unknown field%s%s", *guess ? ", " : "", guess);
        return;
    }
    if (run->notes->warnings_left) { /* no work for what is not shown */
        run->notes->warnings_left++;
    } else {
        guess = spk_overlay_guess(run->notes, type, key);
        spk_notes_warn_of(run->notes, run->ask->from.written, "%s: %s: unknown field, ignored%s%s",
                          spk_notes_quote(run->notes, run->ask->from.written),
                          spk_overlay_place(run->notes, at), *guess ? "; " : "", guess);
    }
    (void)json_object_del(object, key);
}

static int check_struct(struct spk_overlay_run *run, enum spk_schema_index type, json_t *object,
                        const struct spk_at *at)
{
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe(object, next, key, value)
    {
        const struct spk_schema_field *field = spk_schema_find(type, key);
        struct spk_at here = {.up = at, .key = field ? field->name : key};
        if (is_enough(run))
            return 0;
        if (is_directive(run, key, &here))
            continue;
        if (!field)
            unknown_field(run, type, object, key, &here);
        else if (check_value(run, field, object, value, &here))
            return -1;
    }
    return 0;
}

static int check_map(struct spk_overlay_run *run, const struct spk_schema_field *field,
                     json_t *object, const struct spk_at *at)
{
    struct spk_schema_field element = spk_schema_element(field);
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe(object, next, key, value)
    {
        struct spk_at here = {.up = at, .key = key};
        if (is_enough(run))
            return 0;
        if (!is_directive(run, key, &here) && check_value(run, &element, object, value, &here))
            return -1;
    }
    return 0;
}

static bool has_keys(struct spk_overlay_run *run, const struct spk_schema_keys *keys,
                     const json_t *element, const struct spk_at *at)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct spk_schema_field *key = keys->fields[i];
        /* "" and 0 stand for nothing: protocol has a fallback that says something, name has not. */
        if (json_object_get(element, key->name) ||
            (key->fallback && *key->fallback && strcmp(key->fallback, "0") != 0))
            continue;
        spk_overlay_fault(run, at, "%s is missing: elements of this list are told apart by it",
                          key->name);
        return false;
    }
    return true;
}

/* What two elements that are told apart differ in: each key's value, or what stands for it. NULL
 * without memory. */
static const char *keys_text(struct spk_overlay_run *run, const struct spk_schema_keys *keys,
                             const json_t *element)
{
    const char *text = "";

    for (size_t i = 0; i < keys->count && text; i++) {
        const json_t *value = json_object_get(element, keys->fields[i]->name);
        struct spk_str part =
            json_is_string(value)
                ? spk_json_str(value)
                : spk_str(keys->fields[i]->fallback ? keys->fields[i]->fallback : "");
        text =
            json_is_integer(value)
                ? spk_arena_printf(run->notes->arena, "%s%" JSON_INTEGER_FORMAT "/", text,
                                   json_integer_value(value))
                : spk_arena_printf(run->notes->arena, "%s%zu/%.*s", text, part.len, SPK_ARG(part));
    }
    return text;
}

/* The place of an earlier element with the same keys, which are @text; NULL when there is none,
 * and this one is remembered. */
static const json_t *find_earlier(struct spk_overlay_run *run, json_t *seen, const char *text,
                                  size_t i)
{
    const json_t *earlier = text ? json_object_get(seen, text) : NULL;

    if (!earlier && (!text || json_object_set_new_nocheck(seen, text, json_integer((json_int_t)i))))
        run->notes->no_memory = true;
    return earlier;
}

/* Elements of one overlay's list must differ: which of two would count? */
static void check_keys(struct spk_overlay_run *run, const struct spk_schema_field *field,
                       const json_t *array, const struct spk_at *at)
{
    struct spk_schema_keys keys = spk_schema_keys(field);
    json_auto_t *seen = json_object();

    for (size_t i = 0; i < json_array_size(array) && !is_enough(run); i++) {
        struct spk_at here = {.up = at, .index = i};
        const json_t *element = json_array_get(array, i);
        const json_t *earlier;
        if (!json_is_object(element) || !has_keys(run, &keys, element, &here))
            continue;
        earlier = find_earlier(run, seen, keys_text(run, &keys, element), i);
        if (earlier) {
            spk_overlay_fault(run, &here, "has the same %s%s%s as element %" JSON_INTEGER_FORMAT,
                              keys.fields[0]->name, keys.count > 1 ? " and " : "",
                              keys.count > 1 ? keys.fields[1]->name : "",
                              json_integer_value(earlier));
        }
    }
}

static int check_list(struct spk_overlay_run *run, const struct spk_schema_field *field,
                      json_t *array, const struct spk_at *at)
{
    struct spk_schema_field element = spk_schema_element(field);

    run->elements += json_array_size(array);
    if (run->elements > SPK_OVERLAY_ELEMENTS_MAX) {
        spk_overlay_fault(run, at, "more than %d elements in the lists of one overlay",
                          SPK_OVERLAY_ELEMENTS_MAX);
        return 0;
    }
    for (size_t i = 0; i < json_array_size(array) && !is_enough(run); i++) {
        struct spk_at here = {.up = at, .index = i};
        if (check_value(run, &element, array, json_array_get(array, i), &here))
            return -1;
    }
    if (field->flags & SPK_LIST_MAP)
        check_keys(run, field, array, at);
    if (field->type == SPK_TYPE_VolumeMount)
        spk_overlay_check_mounts(run, array, at);
    return 0;
}

static int check_value(struct spk_overlay_run *run, const struct spk_schema_field *field,
                       json_t *parent, json_t *value, const struct spk_at *at)
{
    if (json_is_null(value)) {
        spk_overlay_fault(run, at, "expected %s, found null: an overlay takes nothing away",
                          spk_schema_kind_text((enum spk_schema_kind)field->kind));
        return 0;
    }
    if (field->kind == SPK_KIND_QUANTITY)
        return check_quantity(run, field, parent, value, at);
    if (field->kind == SPK_KIND_STRUCT && json_is_object(value))
        return check_struct(run, (enum spk_schema_index)field->type, value, at);
    if (field->kind == SPK_KIND_MAP && json_is_object(value))
        return check_map(run, field, value, at);
    if (field->kind == SPK_KIND_LIST && json_is_array(value))
        return check_list(run, field, value, at);
    if (field->kind == SPK_KIND_ANY) /* refused by name, see owned.c */
        return 0;
    return spk_schema_is_scalar((enum spk_schema_kind)field->kind, value)
               ? 0
               : mistyped(run, field, value, at);
}

static const struct {
    const char *name;
    struct spk_schema_field field;
} roots[] = {
    {"metadata", {.kind = SPK_KIND_STRUCT, .type = SPK_TYPE_ObjectMeta}},
    {"spec", {.kind = SPK_KIND_STRUCT, .type = SPK_TYPE_PodSpec}},
    {"sparkContainer", {.kind = SPK_KIND_STRUCT, .type = SPK_TYPE_Container}},
};

static const struct spk_schema_field *find_root(const char *key)
{
    for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
        if (strcmp(key, roots[i].name) == 0)
            return &roots[i].field;
    }
    return NULL;
}

int spk_overlay_check(struct spk_overlay_run *run, json_t *overlay)
{
    const char *key;
    json_t *value;

    if (!json_is_object(overlay)) {
        spk_overlay_fault(run, NULL, "expected a JSON object, found %s", found(run, overlay));
        return 0;
    }
    json_object_foreach(overlay, key, value)
    {
        const struct spk_schema_field *field = find_root(key);
        struct spk_at here = {.key = key};
        if (is_enough(run))
            break;
        if (is_directive(run, key, &here))
            continue;
        if (!field) {
            spk_overlay_fault(run, &here, "expected metadata, spec or sparkContainer%s",
                              spk_overlay_guess_root(run->notes, key));
        } else if (check_value(run, field, overlay, value, &here)) {
            return -1;
        }
    }
    return 0;
}
