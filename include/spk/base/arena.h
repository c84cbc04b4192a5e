#ifndef SPK_BASE_ARENA_H
#define SPK_BASE_ARENA_H
/*
 * Memory that is freed as a whole: everything that belongs to one request. Nothing taken from an
 * arena is freed by itself or lives longer than the arena. All of it together has a ceiling.
 */

#include "spk/base/str.h"

#include <stdarg.h>
#include <stddef.h>

struct spk_arena_block;

struct spk_arena {
    struct spk_arena_block *last; /* the block that is being filled, linked to the older ones */
    size_t taken;                 /* bytes asked from malloc so far */
    size_t ceiling;               /* and how many they may become */
};

/* Starts an empty arena; allocates nothing. */
void spk_arena_init(struct spk_arena *arena, size_t ceiling);

/* Frees everything; a zeroed arena is fine. */
void spk_arena_done(struct spk_arena *arena);

/* @size zeroed bytes, aligned for any type. NULL when memory or the ceiling is exhausted. */
void *spk_arena_alloc(struct spk_arena *arena, size_t size);

/* An array of @count zeroed elements; NULL also when the product overflows. @count 0 gives a
 * pointer that is not NULL. */
void *spk_arena_array(struct spk_arena *arena, size_t count, size_t size);

/* Room for one more element behind @count of them: the array, moved when it had to grow (always to
 * a power of two, so its room follows from its count). NULL as above; @array is then still there.
 */
void *spk_arena_push(struct spk_arena *arena, void *array, size_t count, size_t size);

/* A terminated copy. NULL as above. */
char *spk_arena_copy(struct spk_arena *arena, struct spk_str text);

/* printf into the arena: a terminated string. NULL as above. */
char *spk_arena_printf(struct spk_arena *arena, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for a caller with arguments of its own. */
char *spk_arena_vprintf(struct spk_arena *arena, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

#endif
