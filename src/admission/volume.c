#include "spk/admission/volume.h"

#include "spk/base/hash.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define HASH_LEN 17 /* '-' and 16 hexadecimal digits */

static const struct {
    const char *suffix;
    const char *hashed;
} kinds[] = {
    [SPK_SOURCE_CONFIG_MAP] = {"-volume", "ConfigMap/"},
    [SPK_SOURCE_SECRET] = {"-secret-volume", "Secret/"},
    [SPK_SOURCE_CLAIM] = {"-claim", "PersistentVolumeClaim/"},
};

/* A name that meets another is avoided when the volumes of a pod are chosen. */
static uint64_t hash_source(const struct spk_source *source, unsigned again)
{
    uint64_t hash = SPK_HASH_BEGIN;
    const char *kind = kinds[source->kind].hashed;
    char tail[16];
    int len = snprintf(tail, sizeof(tail), "/%u", again);

    hash = spk_hash(hash, kind, strlen(kind));
    hash = spk_hash(hash, source->name.ptr, source->name.len);
    return again ? spk_hash(hash, tail, (size_t)len) : hash;
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
