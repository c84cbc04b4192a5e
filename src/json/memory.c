#include "spk/json/memory.h"

#include "spk/base/limits.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

/* The buffer of a token doubles, and no token is longer than the body: a request above this is not
 * for a token and may be refused. */
#define TOKEN_MAX (2 * SPK_BODY_MAX)

static _Thread_local size_t left = SIZE_MAX; /* SIZE_MAX: no limit */
static _Thread_local enum spk_code state;

static void *budget_malloc(size_t size)
{
    bool limited = left != SIZE_MAX;
    void *ptr = NULL;

    if (state == SPK_ENOMEM)
        return NULL;
    if (size > left)
        state = SPK_ETOOBIG;
    if (limited)
        left -= size < left ? size : left;
    if (state == SPK_OK || size <= TOKEN_MAX)
        ptr = malloc(size);
    if (limited && !ptr && state == SPK_OK)
        state = SPK_ENOMEM;
    return ptr;
}

void spk_json_init(void)
{
    json_set_alloc_funcs(budget_malloc, free);
    json_object_seed(0);
}

void spk_json_budget(size_t bytes)
{
    left = bytes;
    state = SPK_OK;
}

bool spk_json_budget_spent(void)
{
    return state != SPK_OK;
}

enum spk_code spk_json_budget_end(void)
{
    enum spk_code ended = state;

    left = SIZE_MAX;
    state = SPK_OK;
    return ended;
}
