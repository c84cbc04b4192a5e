#include "spk/json/patch.h"

#include "spk/base/cleanup.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int spk_patch_add(json_t *ops, const char *op, const char *pointer, json_t *value,
                  struct spk_err *err)
{
    json_t *entry = NULL;

    if (value)
        entry = json_pack("{s:s, s:s, s:o}", "op", op, "path", pointer, "value", value);
    if (!entry || json_array_append_new(ops, entry))
        return spk_fail(err, SPK_ENOMEM, "patch: out of memory");
    return 0;
}

int spk_patch_add_remove(json_t *ops, const char *pointer, struct spk_err *err)
{
    if (json_array_append_new(ops, json_pack("{s:s, s:s}", "op", "remove", "path", pointer)))
        return spk_fail(err, SPK_ENOMEM, "patch: out of memory");
    return 0;
}

/* The next step of a pointer, unescaped into @out, which has room for all of the pointer; moves
 * @pointer behind it. */
static bool take_step(char *out, const char **pointer)
{
    const char *in = *pointer;
    size_t len = 0;

    if (*in++ != '/')
        return false;
    for (; *in && *in != '/'; in++) {
        char c = *in;
        if (c == '~' && (in[1] == '0' || in[1] == '1'))
            c = *++in == '0' ? '~' : '/';
        else if (c == '~')
            return false;
        out[len++] = c;
    }
    out[len] = '\0';
    *pointer = in;
    return true;
}

/* RFC 6901 section 4: digits without a leading zero; "-" is the place behind the last element. */
static bool read_index(size_t *out, const json_t *array, const char *step)
{
    size_t size = json_array_size(array);
    size_t index = 0;

    if (step[0] == '-' && step[1] == '\0') {
        *out = size;
        return true;
    }
    if (step[0] == '\0' || (step[0] == '0' && step[1] != '\0'))
        return false;
    for (; *step; step++) {
        if (*step < '0' || *step > '9' || index > size)
            return false;
        index = index * 10 + (size_t)(*step - '0');
    }
    *out = index;
    return index <= size;
}

static json_t *child(json_t *parent, const char *step)
{
    size_t index;

    if (json_is_object(parent))
        return json_object_get(parent, step);
    if (json_is_array(parent) && read_index(&index, parent, step))
        return json_array_get(parent, index);
    return NULL;
}

/* Walks to the parent of what @pointer names; @step gets the last step, and has room for all. */
static json_t *find_parent(json_t *document, const char *pointer, char *step)
{
    json_t *at = document;

    while (at && take_step(step, &pointer)) {
        if (*pointer == '\0')
            return at;
        at = child(at, step);
    }
    return NULL;
}

/* What a change of a tree comes to; a place that is there can only fail for memory. */
enum change { CHANGED, NO_PLACE, NO_MEMORY };

static enum change change_object(json_t *object, const char *op, const char *step, json_t *value)
{
    if (strcmp(op, "add") != 0 && !json_object_get(object, step))
        return NO_PLACE;
    if (strcmp(op, "remove") == 0)
        return json_object_del(object, step) ? NO_PLACE : CHANGED;
    return json_object_set(object, step, value) ? NO_MEMORY : CHANGED;
}

static enum change change_array(json_t *array, const char *op, const char *step, json_t *value)
{
    size_t index;

    if (!read_index(&index, array, step))
        return NO_PLACE;
    if (strcmp(op, "add") == 0)
        return json_array_insert(array, index, value) ? NO_MEMORY : CHANGED;
    if (strcmp(op, "replace") == 0)
        return json_array_set(array, index, value) ? NO_PLACE : CHANGED;
    return json_array_remove(array, index) ? NO_PLACE : CHANGED;
}

static bool known_op(const char *op, const json_t *value)
{
    if (strcmp(op, "remove") == 0)
        return true;
    return value && (strcmp(op, "add") == 0 || strcmp(op, "replace") == 0);
}

/* @step has room for any step of @pointer. */
static int apply_at(json_t *document, const char *op, const char *pointer, char *step,
                    const json_t *given, struct spk_err *err)
{
    json_t *parent = find_parent(document, pointer, step);
    /* A copy, so that a later operation inside it does not change the patch. */
    json_t *value = given ? json_deep_copy(given) : json_null();
    enum change change = NO_PLACE;

    if (!value)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (json_is_object(parent))
        change = change_object(parent, op, step, value);
    else if (json_is_array(parent))
        change = change_array(parent, op, step, value);
    json_decref(value);
    if (change == NO_MEMORY)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (change == NO_PLACE)
        return spk_fail(err, SPK_EINVALID, "%s %.200s: no such place", op, pointer);
    return 0;
}

static int apply_one(json_t *document, const json_t *entry, struct spk_err *err)
{
    const char *op = json_string_value(json_object_get(entry, "op"));
    const char *pointer = json_string_value(json_object_get(entry, "path"));
    const json_t *value = json_object_get(entry, "value");
    char *step;
    int result;

    if (!op || !pointer || !known_op(op, value))
        return spk_fail(err, SPK_EINVALID, "not an add, replace or remove");
    step = malloc(strlen(pointer) + 1);
    if (!step)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    result = apply_at(document, op, pointer, step, value, err);
    free(step);
    return result;
}

int spk_patch_apply_to(json_t *document, const json_t *ops, struct spk_err *err)
{
    size_t i;
    json_t *entry;

    if (!json_is_array(ops))
        return spk_fail(err, SPK_EINVALID, "a patch is an array of operations");
    json_array_foreach(ops, i, entry)
    {
        if (apply_one(document, entry, err))
            return spk_fail_in(err, "operation %zu", i);
    }
    return 0;
}

int spk_patch_apply(json_t **out, const json_t *document, const json_t *ops, struct spk_err *err)
{
    json_auto_t *copy = json_deep_copy(document);

    if (!copy)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (spk_patch_apply_to(copy, ops, err))
        return -1;
    *out = json_incref(copy);
    return 0;
}
