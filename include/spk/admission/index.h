#ifndef SPK_ADMISSION_INDEX_H
#define SPK_ADMISSION_INDEX_H
/*
 * Texts in order, to be found by halving: a pod that is still to be validated may have a hundred
 * thousand volumes and mounts, and each wish is looked up among them.
 */

#include "spk/base/arena.h"
#include "spk/base/err.h"
#include "spk/base/str.h"

#include <stddef.h>

struct spk_index_entry {
    struct spk_str key;
    size_t position; /* the number of the spk_index_add() that brought it */
};

struct spk_index {
    struct spk_index_entry *entries; /* by key, equal ones by position */
    size_t count;
};

/* Room for @room keys in @arena. SPK_ENOMEM. */
int spk_index_init(struct spk_index *index, struct spk_arena *arena, size_t room,
                   struct spk_err *err) __attribute__((warn_unused_result));

/* Adds a borrowed key; at most as many as there is room for. */
void spk_index_add(struct spk_index *index, struct spk_str key);

/* To be called once all keys are in and before any is looked for. */
void spk_index_sort(struct spk_index *index);

/* Where @key's first entry is, or would be: the count when all keys are less. */
size_t spk_index_find(const struct spk_index *index, struct spk_str key);

#endif
