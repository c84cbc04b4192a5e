#include "spk/k8s/selector.h"

#include "spk/json/walk.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int read_label(struct spk_str *out, const json_t *labels, const char *key,
                      struct spk_err *err)
{
    const struct spk_at at = {.key = "labels"};

    *out = (struct spk_str){0};
    return labels ? spk_json_text(out, labels, key, &at, err) : 0;
}

static bool holds(const json_t *values, struct spk_str text)
{
    const json_t *value;
    size_t i;

    json_array_foreach(values, i, value)
    {
        if (spk_str_eq(spk_json_str(value), text))
            return true;
    }
    return false;
}

static int check_values(const struct spk_requirement *it, bool wanted, struct spk_err *err)
{
    const json_t *value;
    size_t i;

    if ((json_array_size(it->values) > 0) != wanted) {
        return spk_fail(err, SPK_EINVALID, "operator %.*s: expected %s values", SPK_ARG(it->op),
                        wanted ? "at least one of" : "no");
    }
    json_array_foreach(it->values, i, value)
    {
        const struct spk_at list = {.key = "values"};
        const struct spk_at at = {.up = &list, .index = i};
        if (spk_json_expect(value, JSON_STRING, &at, err))
            return -1;
    }
    return 0;
}

/* Return: 0 the label is as demanded, 1 it is not, -1. */
static int demand(const struct spk_requirement *it, const json_t *labels, struct spk_err *err)
{
    bool set = spk_str_is(it->op, "In") || spk_str_is(it->op, "NotIn");
    struct spk_str label;

    if (check_values(it, set, err) || read_label(&label, labels, it->key.ptr, err))
        return -1;
    if (spk_str_is(it->op, "In"))
        return label.ptr && holds(it->values, label) ? 0 : 1;
    if (spk_str_is(it->op, "NotIn"))
        return label.ptr && holds(it->values, label) ? 1 : 0;
    if (spk_str_is(it->op, "Exists"))
        return label.ptr ? 0 : 1;
    if (spk_str_is(it->op, "DoesNotExist"))
        return label.ptr ? 1 : 0;
    return spk_fail(err, SPK_EINVALID, "unknown operator '%.*s'", SPK_ARG(it->op));
}

static int match_expression(struct spk_requirement *why, const json_t *expression,
                            const json_t *labels, const struct spk_at *at, struct spk_err *err)
{
    struct spk_requirement it = {0};
    json_t *values;
    int rc;

    if (spk_json_expect(expression, JSON_OBJECT, at, err) ||
        spk_json_text(&it.key, expression, "key", at, err) ||
        spk_json_text(&it.op, expression, "operator", at, err) ||
        spk_json_member(&values, expression, "values", JSON_ARRAY, at, err))
        return -1;
    if (!it.key.len)
        return spk_fail(err, SPK_EINVALID, "matchExpressions[%zu]: expected a key", at->index);
    it.values = values;
    rc = demand(&it, labels, err);
    if (rc < 0)
        return spk_fail_in(err, "matchExpressions[%zu]", at->index);
    if (rc)
        *why = it;
    return rc;
}

static int match_expressions(struct spk_requirement *why, const json_t *list, const json_t *labels,
                             struct spk_err *err)
{
    const struct spk_at up = {.key = "matchExpressions"};
    const json_t *expression;
    size_t i;

    json_array_foreach(list, i, expression)
    {
        const struct spk_at at = {.up = &up, .index = i};
        int rc = match_expression(why, expression, labels, &at, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int match_map(struct spk_requirement *why, json_t *map, const json_t *labels,
                     struct spk_err *err)
{
    const struct spk_at at = {.key = "matchLabels"};
    const char *key;
    json_t *value;

    json_object_foreach(map, key, value)
    {
        struct spk_requirement it = {.key = spk_str(key), .op = SPK_LIT("=")};
        struct spk_str label;
        if (spk_json_text(&it.value, map, key, &at, err) || read_label(&label, labels, key, err))
            return -1;
        if (!label.ptr || !spk_str_eq(label, it.value)) {
            *why = it;
            return 1;
        }
    }
    return 0;
}

static int match_nothing(struct spk_requirement *why)
{
    *why = (struct spk_requirement){0};
    return 1;
}

int spk_selector_match(struct spk_requirement *why, const json_t *selector, const json_t *labels,
                       struct spk_err *err)
{
    json_t *map;
    json_t *list;
    int rc;

    if (!selector || json_is_null(selector))
        return match_nothing(why);
    if (spk_json_expect(selector, JSON_OBJECT, NULL, err) ||
        spk_json_member(&map, selector, "matchLabels", JSON_OBJECT, NULL, err) ||
        spk_json_member(&list, selector, "matchExpressions", JSON_ARRAY, NULL, err))
        return -1;
    rc = match_map(why, map, labels, err);
    return rc ? rc : match_expressions(why, list, labels, err);
}

int spk_selector_match_map(struct spk_requirement *why, const json_t *map, const json_t *labels,
                           struct spk_err *err)
{
    if (json_object_size(map) == 0)
        return match_nothing(why);
    return match_map(why, (json_t *)map, labels,
                     err); /* jansson iterates over what it may change */
}

struct text {
    char *end;
    size_t room;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(text->end, text->room, fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len >= text->room)
        len = text->room ? (int)text->room - 1 : 0;
    text->end += len;
    text->room -= (size_t)len;
}

void spk_requirement_print(char *out, size_t size, const struct spk_requirement *requirement)
{
    struct text text = {out, size};
    const json_t *value;
    size_t i;

    if (!requirement->key.ptr)
        put(&text, "it selects nothing");
    else if (spk_str_is(requirement->op, "="))
        put(&text, "%.*s=%.*s", SPK_ARG(requirement->key), SPK_ARG(requirement->value));
    else if (spk_str_is(requirement->op, "Exists"))
        put(&text, "%.*s", SPK_ARG(requirement->key));
    else if (spk_str_is(requirement->op, "DoesNotExist"))
        put(&text, "!%.*s", SPK_ARG(requirement->key));
    else
        put(&text, "%.*s %s (", SPK_ARG(requirement->key),
            spk_str_is(requirement->op, "In") ? "in" : "notin");
    json_array_foreach(requirement->values, i, value)
        put(&text, "%s%.*s", i ? "," : "", SPK_ARG(spk_json_str(value)));
    if (requirement->values)
        put(&text, ")");
}
