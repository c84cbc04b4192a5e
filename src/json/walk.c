#include "spk/json/walk.h"

#include "spk/base/limits.h"
#include "spk/json/memory.h"

#include <stdio.h>

/* Deep enough for any path in a Pod; deeper ones lose their beginning. */
#define STEPS 16

struct input {
    const char *bytes;
    size_t len;
};

/* The next piece for jansson's buffer of @size bytes; none when the budget is spent. */
static size_t feed(void *buffer, size_t size, void *arg)
{
    struct input *input = arg;
    size_t len = input->len < size ? input->len : size;

    if (len == 0 || spk_json_budget_spent())
        return 0;
    memcpy(buffer, input->bytes, len);
    input->bytes += len;
    input->len -= len;
    return len;
}

/* Every error of the parser has a text; without one an allocation failed. */
static int fail_parse(struct spk_err *err, const json_error_t *je, enum spk_code budget)
{
    if (budget == SPK_ETOOBIG)
        return spk_fail(err, SPK_ETOOBIG, "JSON: needs more memory than %zu bytes", SPK_TREE_MAX);
    if (budget == SPK_ENOMEM || je->text[0] == '\0')
        return spk_fail(err, SPK_ENOMEM, "JSON: out of memory");
    return spk_fail(err, SPK_EPARSE, "JSON line %d column %d: %s", je->line, je->column, je->text);
}

int spk_json_parse_at(json_t **out, size_t *stopped, const char *bytes, size_t len,
                      struct spk_err *err)
{
    json_error_t je = {0};
    struct input input = {bytes, len};
    json_auto_t *root = NULL;
    enum spk_code budget;

    *stopped = 0;
    spk_json_budget(SPK_TREE_MAX);
    root = json_load_callback(feed, &input,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &je);
    budget = spk_json_budget_end();
    if (!root || budget) {
        *stopped = je.position > 0 ? (size_t)je.position : 1;
        return fail_parse(err, &je, budget);
    }
    *out = json_incref(root);
    return 0;
}

int spk_json_parse(json_t **out, const char *bytes, size_t len, struct spk_err *err)
{
    size_t stopped;

    return spk_json_parse_at(out, &stopped, bytes, len, err);
}

json_t *spk_json_copy(const json_t *from)
{
    json_t *copy = json_copy((json_t *)from);

    if (copy && json_object_size(copy) == json_object_size(from) &&
        json_array_size(copy) == json_array_size(from))
        return copy;
    json_decref(copy);
    return NULL;
}

json_t *spk_json_deep_copy(const json_t *from)
{
    json_t *copy = json_deep_copy(from);

    if (copy && json_equal(copy, from))
        return copy;
    json_decref(copy);
    return NULL;
}

/* Takes the values of a tree off what may be left; false when it is not enough. */
static bool count_off(size_t *left, json_t *tree)
{
    const char *key;
    size_t i;
    json_t *value;

    if (*left == 0)
        return false;
    --*left;
    json_object_foreach(tree, key, value)
    {
        if (!count_off(left, value))
            return false;
    }
    json_array_foreach(tree, i, value)
    {
        if (!count_off(left, value))
            return false;
    }
    return true;
}

bool spk_json_exceeds(json_t *tree, size_t most)
{
    size_t left = most;

    return !count_off(&left, tree);
}

const char *spk_json_type_text(json_type type)
{
    switch (type) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    default:
        return "null";
    }
}

static void print_place(char *out, size_t size, const struct spk_at *at)
{
    const struct spk_at *steps[STEPS];
    size_t n = 0;
    size_t used = 0;

    for (; at && n < STEPS; at = at->up)
        steps[n++] = at;
    out[0] = '\0';
    while (n-- > 0 && used < size) {
        const struct spk_at *step = steps[n];
        int len = step->key ? snprintf(out + used, size - used, "%s%s", used ? "." : "", step->key)
                            : snprintf(out + used, size - used, "[%zu]", step->index);
        used += len > 0 ? (size_t)len : 0;
    }
}

int spk_json_expect(const json_t *value, json_type type, const struct spk_at *at,
                    struct spk_err *err)
{
    char place[256];

    if (json_typeof(value) == type)
        return 0;
    print_place(place, sizeof(place), at);
    return spk_fail(err, SPK_EPARSE, "%s: expected %s, found %s", place[0] ? place : "document",
                    spk_json_type_text(type), spk_json_type_text(json_typeof(value)));
}

int spk_json_member(json_t **out, const json_t *object, const char *key, json_type type,
                    const struct spk_at *at, struct spk_err *err)
{
    json_t *value = json_object_get(object, key);

    *out = NULL;
    if (!value || json_is_null(value))
        return 0;
    if (spk_json_expect(value, type, &(struct spk_at){.up = at, .key = key}, err))
        return -1;
    *out = value;
    return 0;
}

int spk_json_text(struct spk_str *out, const json_t *object, const char *key,
                  const struct spk_at *at, struct spk_err *err)
{
    json_t *value;

    if (spk_json_member(&value, object, key, JSON_STRING, at, err))
        return -1;
    *out = value ? spk_json_str(value) : (struct spk_str){0};
    return 0;
}

int spk_json_flag(bool *out, const json_t *object, const char *key, const struct spk_at *at,
                  struct spk_err *err)
{
    const json_t *value = json_object_get(object, key);

    *out = json_is_true(value);
    if (!value || json_is_null(value) || json_is_boolean(value))
        return 0;
    return spk_json_expect(value, JSON_TRUE, &(struct spk_at){.up = at, .key = key}, err);
}
