#include "spk/admission/index.h"

#include <stdlib.h>

int spk_index_init(struct spk_index *index, struct spk_arena *arena, size_t room,
                   struct spk_err *err)
{
    *index = (struct spk_index){.entries = spk_arena_array(arena, room, sizeof(*index->entries))};
    if (!index->entries)
        return spk_fail(err, SPK_ENOMEM, "index: out of memory");
    return 0;
}

void spk_index_add(struct spk_index *index, struct spk_str key)
{
    index->entries[index->count] = (struct spk_index_entry){key, index->count};
    index->count++;
}

static int compare(const void *left, const void *right)
{
    const struct spk_index_entry *a = left;
    const struct spk_index_entry *b = right;
    int diff = spk_str_cmp(a->key, b->key);

    return diff ? diff : (a->position > b->position) - (a->position < b->position);
}

void spk_index_sort(struct spk_index *index)
{
    qsort(index->entries, index->count, sizeof(*index->entries), compare);
}

size_t spk_index_find(const struct spk_index *index, struct spk_str key)
{
    size_t from = 0;
    size_t to = index->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (spk_str_cmp(index->entries[middle].key, key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}
