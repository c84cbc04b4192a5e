#ifndef SPK_KUBE_EVENT_INTERNAL_H
#define SPK_KUBE_EVENT_INTERNAL_H
/*
 * What has been told lately: which event it is again, and who talks too much. Pure: times come from
 * the caller.
 */

#include "spk/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct spk_event_memory;

/* Objects and events, each, that are remembered; the one that was longest not told of is forgotten
 * first (events_cache.go maxLruCacheEntries). */
#define SPK_EVENT_MEMORY 4096

struct spk_event_moment {
    int64_t mono_ms;
    int64_t wall_s;
    uint64_t suffix; /* of no other event */
};

struct spk_event_count {
    int64_t count;   /* 1: the first one */
    int64_t first_s; /* wall clock */
    uint64_t suffix; /* of the first one's name */
    bool held_back;  /* the object has said too much */
};

/* NULL without memory. */
struct spk_event_memory *spk_event_memory_new(void);
void spk_event_memory_free(struct spk_event_memory *memory);

/**
 * spk_event_note() - an event was told
 * @object: texts that name the object and the type
 * @event:  those, and texts that name reason and message
 * @now:    the moment, of which the suffix is used if the event is a new one
 *
 * Errors: SPK_ENOMEM
 */
int spk_event_note(struct spk_event_count *out, struct spk_event_memory *memory, const char *object,
                   const char *event, const struct spk_event_moment *now, struct spk_err *err)
    __attribute__((warn_unused_result));

/* How many objects and events are remembered. */
unsigned spk_event_memory_size(const struct spk_event_memory *memory);

#endif
