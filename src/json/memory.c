#include "spk/json/memory.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

static _Thread_local size_t left = SIZE_MAX;
static _Thread_local bool hit;

static void *budget_malloc(size_t size)
{
    if (size > left) {
        hit = true;
        return NULL;
    }
    if (left != SIZE_MAX)
        left -= size;
    return malloc(size);
}

void spk_json_init(void)
{
    json_set_alloc_funcs(budget_malloc, free);
    json_object_seed(0);
}

void spk_json_budget(size_t bytes)
{
    left = bytes;
    hit = false;
}

int spk_json_budget_end(void)
{
    left = SIZE_MAX;
    return hit;
}
