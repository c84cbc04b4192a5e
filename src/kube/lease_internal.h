#ifndef SPK_KUBE_LEASE_INTERNAL_H
#define SPK_KUBE_LEASE_INTERNAL_H
/*
 * What a Lease says, and what may be done about it. Pure: times come from the caller, on any clock
 * of its own that never jumps.
 */

#include "spk/base/err.h"
#include "spk/base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct spk_lease_record {
    json_t *object;     /* as last read or written; NULL: none is known */
    int64_t changed_ms; /* when its spec was first seen as it is */
    bool missing;       /* it is there no longer; its holder may not know yet */
};

/* Frees what it holds. */
void spk_lease_record_done(struct spk_lease_record *record);

/* It was @object at some time before @now_ms. Only what holders write counts as a change. */
void spk_lease_record_see(struct spk_lease_record *record, json_t *object, int64_t now_ms);

/* There is none any more. Who held it is believed as long as before. */
void spk_lease_record_miss(struct spk_lease_record *record);

/* Borrowed; empty where nobody holds it. */
struct spk_str spk_lease_record_holder(const struct spk_lease_record *record);

/* Whether somebody else than @identity is still to be believed. @duration_ms: where the Lease names
 * none. */
bool spk_lease_record_is_taken(const struct spk_lease_record *record, const char *identity,
                               int64_t duration_ms, int64_t now_ms);

/* What the wall clock is told to others as; they do nothing with it. */
struct spk_lease_words {
    const char *ns;
    const char *name;
    const char *identity; /* "": it is given up */
    int64_t duration_ms;
    int64_t wall_ms;
};

/* The Lease as it is to be written: renewed, taken over, given up, or new where none is known. With
 * the resourceVersion that was seen and all that it has beside what holders write. NULL without
 * memory. */
json_t *spk_lease_record_make(const struct spk_lease_record *record,
                              const struct spk_lease_words *words);

#endif
