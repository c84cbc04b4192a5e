/*
 * A million random legal object names: each gives a legal volume name, and no two sources share
 * one. The generator favours what could collide: dots for dashes, long common beginnings, the
 * suffixes that our own names end in.
 */

#include "spk/admission/volume.h"
#include "spk/k8s/name.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SOURCES 1000000

struct entry {
    char volume[SPK_LABEL_MAX + 1];
    char object[SPK_SUBDOMAIN_MAX + 1];
    enum spk_source_kind kind;
};

static uint64_t state = UINT64_C(0x9e3779b97f4a7c15); /* fixed: a failure can be repeated */

static uint32_t next(uint32_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % below;
}

static size_t add_part(char *out, size_t len, size_t most)
{
    static const char letters[] = "abz09";
    size_t part = 1 + next(next(8) ? 6 : (uint32_t)most);

    for (size_t i = 0; i < part && len < most; i++)
        out[len++] = letters[next(sizeof(letters) - 1)];
    return len;
}

static void make_name(char out[static SPK_SUBDOMAIN_MAX + 1])
{
    static const char *const heads[] = {"", "", "", "generated-config-name-generated-config-name-"};
    static const char *const tails[] = {"", "", "", "-secret", "-volume", "-secret-volume"};
    size_t len = (size_t)snprintf(out, 64, "%s", heads[next(4)]);

    len = add_part(out, len, SPK_SUBDOMAIN_MAX - 16);
    for (uint32_t parts = next(5); parts && len < SPK_SUBDOMAIN_MAX - 18; parts--) {
        out[len++] = next(2) ? '.' : '-';
        len = add_part(out, len, SPK_SUBDOMAIN_MAX - 16);
    }
    (void)snprintf(out + len, 16, "%s", tails[next(6)]);
}

static int by_volume(const void *left, const void *right)
{
    return strcmp(((const struct entry *)left)->volume, ((const struct entry *)right)->volume);
}

static int same_source(const struct entry *a, const struct entry *b)
{
    return a->kind == b->kind && strcmp(a->object, b->object) == 0;
}

static int check(const struct entry *entries)
{
    for (size_t i = 0; i < SOURCES; i++) {
        const struct entry *entry = &entries[i];
        if (!spk_is_subdomain(spk_str(entry->object)) || !spk_is_label(spk_str(entry->volume))) {
            (void)printf("%s gives %s\n", entry->object, entry->volume);
            return 1;
        }
        if (i && strcmp(entry->volume, entries[i - 1].volume) == 0 &&
            !same_source(entry, &entries[i - 1])) {
            (void)printf("%s and %s both give %s\n", entry->object, entries[i - 1].object,
                         entry->volume);
            return 1;
        }
    }
    return 0;
}

int main(void)
{
    struct entry *entries = calloc(SOURCES, sizeof(*entries));
    int rc;

    if (!entries)
        return 1;
    for (size_t i = 0; i < SOURCES; i++) {
        struct spk_source source;
        make_name(entries[i].object);
        entries[i].kind = next(2) ? SPK_SOURCE_SECRET : SPK_SOURCE_CONFIG_MAP;
        source = (struct spk_source){entries[i].kind, spk_str(entries[i].object)};
        spk_volume_name(entries[i].volume, &source, NULL, 0);
    }
    qsort(entries, SOURCES, sizeof(*entries), by_volume);
    rc = check(entries);
    free(entries);
    return rc;
}
