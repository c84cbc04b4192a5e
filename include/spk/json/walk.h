#ifndef SPK_JSON_WALK_H
#define SPK_JSON_WALK_H
/*
 * Reading JSON with a path in every error: "spec.containers[1].env: expected an array, found a
 * string". A place is a chain of steps on the callers' stacks; it becomes text only when an error
 * needs it.
 *
 * Kubernetes treats a null field like an absent one (encoding/json leaves the zero value), and so
 * do these.
 */

#include "spk/base/err.h"
#include "spk/base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct spk_at {
    const struct spk_at *up; /* NULL at the document */
    const char *key;         /* a member; NULL for an element */
    size_t index;
};

/**
 * spk_json_parse() - a tree from a stranger's bytes
 * @out: a new reference
 *
 * Errors: SPK_EPARSE with line and column for what is not JSON, a duplicate key, a key with a NUL,
 *         a number beyond 64 bits; SPK_ETOOBIG for a tree above SPK_TREE_MAX; SPK_ENOMEM
 */
int spk_json_parse(json_t **out, const char *bytes, size_t len, struct spk_err *err)
    __attribute__((warn_unused_result));

/* The same; @stopped gets 0, or on failure how many bytes the parser had read when it gave up, at
 * least 1. */
int spk_json_parse_at(json_t **out, size_t *stopped, const char *bytes, size_t len,
                      struct spk_err *err) __attribute__((warn_unused_result));

/* The member, borrowed; NULL when absent or null. SPK_EPARSE when it is not of @type. */
int spk_json_member(json_t **out, const json_t *object, const char *key, json_type type,
                    const struct spk_at *at, struct spk_err *err)
    __attribute__((warn_unused_result));

/* The member's text, borrowed; a slice with NULL when absent or null. */
int spk_json_text(struct spk_str *out, const json_t *object, const char *key,
                  const struct spk_at *at, struct spk_err *err) __attribute__((warn_unused_result));

/* The member; false when absent or null. */
int spk_json_flag(bool *out, const json_t *object, const char *key, const struct spk_at *at,
                  struct spk_err *err) __attribute__((warn_unused_result));

/* SPK_EPARSE with the place unless @value is of @type. */
int spk_json_expect(const json_t *value, json_type type, const struct spk_at *at,
                    struct spk_err *err) __attribute__((warn_unused_result));

/* A string's text, borrowed. */
static inline struct spk_str spk_json_str(const json_t *string)
{
    return (struct spk_str){json_string_value(string), json_string_length(string)};
}

/* A new string, NULL without memory or for bytes that are not UTF-8. */
static inline json_t *spk_json_string(struct spk_str text)
{
    return json_stringn(text.ptr ? text.ptr : "", text.len);
}

/* A new object or array with the same values, NULL without memory: json_copy() leaves out, without
 * a word, what it has none for. */
json_t *spk_json_copy(const json_t *from);

/* The same, with copies of the values. */
json_t *spk_json_deep_copy(const json_t *from);

/* True for a tree of more than @most values. */
bool spk_json_exceeds(json_t *tree, size_t most);

/* "a string", "an array", … */
const char *spk_json_type_text(json_type type);

#endif
