#ifndef SPK_K8S_SCHEMA_H
#define SPK_K8S_SCHEMA_H
/*
 * What a pod may hold: each field's name and type, how it merges, and what the API server makes of
 * it when it is absent or empty. The table is made from a real API server
 * (src/k8s/schema_table.c).
 */

#include "spk/json/walk.h"
#include "spk/k8s/schema_table.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPK_SCHEMA_KEYS_MAX 2 /* as many as any list of a pod has: containerPort and protocol */

enum spk_schema_kind {
    SPK_KIND_NONE,
    SPK_KIND_STRING,
    SPK_KIND_INT32,
    SPK_KIND_INT64,
    SPK_KIND_BOOL,
    SPK_KIND_QUANTITY,
    SPK_KIND_INT_OR_STRING,
    SPK_KIND_TIME,
    SPK_KIND_ANY, /* nothing that an overlay may ask for */
    SPK_KIND_STRUCT,
    SPK_KIND_MAP,
    SPK_KIND_LIST,
    SPK_KINDS
};

enum {
    SPK_LIST_ATOMIC = 1 << 0,    /* replaced */
    SPK_LIST_SET = 1 << 1,       /* what is not in it is added */
    SPK_LIST_MAP = 1 << 2,       /* elements with the same keys are merged */
    SPK_MAP_ATOMIC = 1 << 3,     /* replaced */
    SPK_ZERO_IS_ABSENT = 1 << 4, /* "", 0, false, [] or {} is, to the API server, no value at all */
};

/* A field; also an element of a list or a map, which then has no name. */
struct spk_schema_field {
    const char *name;
    uint8_t kind;
    uint8_t of;   /* kind of the elements of a list or a map */
    uint8_t type; /* enum spk_schema_index: of a struct, or of elements that are structs */
    uint8_t flags;
    const char *keys; /* of a SPK_LIST_MAP, with commas */
    const char
        *fallback; /* what the API server puts where there is nothing: a text, or JSON; or NULL */
};

struct spk_schema_type {
    const char *name;
    const struct spk_schema_field *fields; /* by name */
    size_t count;
    bool atomic; /* replaced */
};

extern const struct spk_schema_type spk_schema_types[SPK_TYPES];

/* NULL when the type has no such field. */
const struct spk_schema_field *spk_schema_find(enum spk_schema_index type, const char *name);

/* The name of the type's field that another name was probably meant for; NULL: of none. */
const char *spk_schema_nearest(enum spk_schema_index type, const char *name);

/* What the elements of a list or a map are. */
struct spk_schema_field spk_schema_element(const struct spk_schema_field *field);

/* A whole value is replaced, never merged into. */
bool spk_schema_is_atomic(const struct spk_schema_field *field);

/* "a string", "an integer", … what was expected. */
const char *spk_schema_kind_text(enum spk_schema_kind kind);

/* A value of a kind that has nothing below it, as far as its form goes; quantities may be numbers.
 */
bool spk_schema_is_scalar(enum spk_schema_kind kind, const json_t *value);

/* What is wrong with a value. */
struct spk_schema_fault {
    const char *expected;       /* "a string"; NULL: there is no such field */
    enum spk_schema_index type; /* without @expected: whose field it is not */
    const json_t *found;
};

/* Told of a value that is not what it must be. */
typedef void spk_schema_fault_fn(void *arg, const struct spk_at *at,
                                 const struct spk_schema_fault *fault);

/* Tells of everything in @value, which is a value of @field and stands at @at, that the API server
 * would not take for its name or its type. Null is an absent value, as it is to the API server. */
void spk_schema_check(const struct spk_schema_field *field, const json_t *value,
                      const struct spk_at *at, spk_schema_fault_fn *fault, void *arg);

/* "", 0, false, [] or {} where that is no value at all to the API server; also null and NULL. */
bool spk_schema_is_absent(const struct spk_schema_field *field, const json_t *value);

/* To the API server both are the same: quantities by value, and with what it puts where there is
 * nothing. NULL is an absent value. */
bool spk_schema_same(const struct spk_schema_field *field, const json_t *a, const json_t *b);

/* The fields by which the elements of a SPK_LIST_MAP are told apart. */
struct spk_schema_keys {
    const struct spk_schema_field *fields[SPK_SCHEMA_KEYS_MAX];
    size_t count;
};

struct spk_schema_keys spk_schema_keys(const struct spk_schema_field *list);

/* Both elements have the same keys. */
bool spk_schema_same_keys(const struct spk_schema_keys *keys, const json_t *a, const json_t *b);

#endif
