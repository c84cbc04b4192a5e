#include "spk/admission/volume.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define HASH_LEN 17 /* '-' and 16 hexadecimal digits */

/* FNV-1a, 64 bits (draft-eastlake-fnv). It need not resist an attacker: a name that meets another
 * is avoided when the volumes of a pod are chosen. */
static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static const struct {
    const char *suffix;
    const char *hashed;
} kinds[] = {
    [SPK_SOURCE_CONFIG_MAP] = {"-volume",        "ConfigMap/"            },
    [SPK_SOURCE_SECRET] = {"-secret-volume", "Secret/"               },
    [SPK_SOURCE_CLAIM] = {"-claim",         "PersistentVolumeClaim/"},
};

static uint64_t hash_source(const struct spk_source *source, unsigned again)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    const char *kind = kinds[source->kind].hashed;
    char tail[16];
    int len = snprintf(tail, sizeof(tail), "/%u", again);

    hash = hash_bytes(hash, kind, strlen(kind));
    hash = hash_bytes(hash, source->name.ptr, source->name.len);
    return again ? hash_bytes(hash, tail, (size_t)len) : hash;
}

/* The name of a ConfigMap that would take another source's plain name. */
static bool could_meet(const struct spk_source *source)
{
    return source->kind == SPK_SOURCE_CONFIG_MAP &&
           (spk_str_ends(source->name, SPK_LIT("-secret")) ||
            spk_str_is(source->name, "spark-config-map") ||
            spk_str_is(source->name, "hadoop-config-map"));
}

static bool plain_name(char out[static SPK_LABEL_MAX + 1], const struct spk_source *source)
{
    const char *suffix = kinds[source->kind].suffix;

    if (could_meet(source) || source->name.len + strlen(suffix) > SPK_LABEL_MAX ||
        memchr(source->name.ptr, '.', source->name.len))
        return false;
    (void)snprintf(out, SPK_LABEL_MAX + 1, "%.*s%s", SPK_ARG(source->name), suffix);
    return true;
}

static void hashed_name(char out[static SPK_LABEL_MAX + 1], const struct spk_source *source,
                        unsigned again)
{
    size_t len = source->name.len;

    if (len > SPK_LABEL_MAX - HASH_LEN)
        len = SPK_LABEL_MAX - HASH_LEN;
    memcpy(out, source->name.ptr, len);
    for (size_t i = 0; i < len; i++) {
        if (out[i] == '.')
            out[i] = '-';
    }
    while (len && out[len - 1] == '-')
        len--;
    (void)snprintf(out + len, SPK_LABEL_MAX + 1 - len, "-%016" PRIx64, hash_source(source, again));
}

void spk_volume_name(char out[static SPK_LABEL_MAX + 1], const struct spk_source *source,
                     const char *fixed, unsigned again)
{
    if (again == 0 && fixed)
        (void)snprintf(out, SPK_LABEL_MAX + 1, "%s", fixed);
    else if (again || !plain_name(out, source))
        hashed_name(out, source, again);
}
