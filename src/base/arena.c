#include "spk/base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* A real review of a Spark pod fits the first block. */
#define BLOCK ((size_t)16 * 1024 - sizeof(struct spk_arena_block))

/* The room of the first array that spk_arena_push() makes: a power of two. */
#define PUSH_FIRST ((size_t)8)

struct spk_arena_block {
    struct spk_arena_block *older;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

void spk_arena_init(struct spk_arena *arena, size_t ceiling)
{
    *arena = (struct spk_arena){.ceiling = ceiling};
}

void spk_arena_done(struct spk_arena *arena)
{
    struct spk_arena_block *block = arena->last;

    while (block) {
        struct spk_arena_block *older = block->older;
        free(block);
        block = older;
    }
    arena->last = NULL;
    arena->taken = 0;
}

static struct spk_arena_block *grow(struct spk_arena *arena, size_t size)
{
    size_t room = size > BLOCK ? size : BLOCK;
    struct spk_arena_block *block;

    if (room > arena->ceiling - arena->taken)
        return NULL;
    block = malloc(sizeof(*block) + room);
    if (!block)
        return NULL;
    *block = (struct spk_arena_block){.older = arena->last, .size = room};
    arena->last = block;
    arena->taken += room;
    return block;
}

void *spk_arena_alloc(struct spk_arena *arena, size_t size)
{
    struct spk_arena_block *block = arena->last;
    void *ptr;

    if (size > arena->ceiling)
        return NULL;
    size = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    if (!block || size > block->size - block->used)
        block = grow(arena, size);
    if (!block)
        return NULL;
    ptr = block->bytes + block->used;
    block->used += size;
    return memset(ptr, 0, size);
}

void *spk_arena_array(struct spk_arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    return spk_arena_alloc(arena, count * size);
}

void *spk_arena_push(struct spk_arena *arena, void *array, size_t count, size_t size)
{
    bool full = count == 0 || (count >= PUSH_FIRST && (count & (count - 1)) == 0);
    void *larger;

    if (!full)
        return array;
    larger = spk_arena_array(arena, count ? 2 * count : PUSH_FIRST, size);
    if (larger && count)
        memcpy(larger, array, count * size);
    return larger;
}

char *spk_arena_copy(struct spk_arena *arena, struct spk_str text)
{
    char *copy = spk_arena_alloc(arena, text.len + 1);

    if (copy && text.len)
        memcpy(copy, text.ptr, text.len);
    return copy;
}

char *spk_arena_vprintf(struct spk_arena *arena, const char *fmt, va_list args)
{
    va_list again;
    char *text = NULL;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (len >= 0)
        text = spk_arena_alloc(arena, (size_t)len + 1);
    if (text)
        (void)vsnprintf(text, (size_t)len + 1, fmt, args);
    return text;
}

char *spk_arena_printf(struct spk_arena *arena, const char *fmt, ...)
{
    va_list args;
    char *text;

    va_start(args, fmt);
    text = spk_arena_vprintf(arena, fmt, args);
    va_end(args);
    return text;
}
