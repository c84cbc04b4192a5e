#ifndef SPK_BASE_HASH_H
#define SPK_BASE_HASH_H
/* FNV-1a, 64 bits (draft-eastlake-fnv): tells texts apart, and resists nobody who means it. */

#include <stddef.h>
#include <stdint.h>

#define SPK_HASH_BEGIN UINT64_C(0xcbf29ce484222325)

/* The hash of what @hash is of, and @bytes behind it. */
static inline uint64_t spk_hash(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *byte = bytes;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    return hash;
}

#endif
