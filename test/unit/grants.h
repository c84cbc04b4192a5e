#ifndef TEST_UNIT_GRANTS_H
#define TEST_UNIT_GRANTS_H
/* A malloc() that refuses, for json_set_alloc_funcs(). */

#include <stdlib.h>

static int grants; /* allocations that are left; < 0: any number */

static void *granted(size_t size)
{
    if (grants == 0)
        return NULL;
    grants -= grants > 0;
    return malloc(size);
}

#endif
