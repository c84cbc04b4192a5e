#ifndef SPK_BASE_STR_H
#define SPK_BASE_STR_H
/*
 * A slice of text that somebody else owns. It is not terminated, may hold NUL bytes, and is valid
 * as long as the bytes it points into. An absent text is a slice with a NULL pointer.
 */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct spk_str {
    const char *ptr;
    size_t len;
};

/* For printf: "%.*s", SPK_ARG(slice). */
#define SPK_ARG(slice) (int)(slice).len, (slice).ptr ? (slice).ptr : ""

/* A slice of a string literal. */
#define SPK_LIT(literal) ((struct spk_str){(literal), sizeof(literal) - 1})

static inline struct spk_str spk_str(const char *text)
{
    return (struct spk_str){text, text ? strlen(text) : 0};
}

static inline bool spk_str_eq(struct spk_str a, struct spk_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool spk_str_is(struct spk_str a, const char *text)
{
    return spk_str_eq(a, spk_str(text));
}

static inline bool spk_str_starts(struct spk_str a, struct spk_str prefix)
{
    return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.ptr, prefix.ptr, prefix.len) == 0);
}

static inline bool spk_str_ends(struct spk_str a, struct spk_str suffix)
{
    return a.len >= suffix.len &&
           (suffix.len == 0 || memcmp(a.ptr + a.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

/* What is left behind the first @n bytes; @n is at most the length. C forbids NULL + 0. */
static inline struct spk_str spk_str_skip(struct spk_str a, size_t n)
{
    return (struct spk_str){n ? a.ptr + n : a.ptr, a.len - n};
}

/* Byte order, a prefix before what it begins: the order of strcmp. */
static inline int spk_str_cmp(struct spk_str a, struct spk_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int diff = len ? memcmp(a.ptr, b.ptr, len) : 0;

    return diff ? diff : (a.len > b.len) - (a.len < b.len);
}

#endif
