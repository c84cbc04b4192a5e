#ifndef SPK_KUBE_EVENT_H
#define SPK_KUBE_EVENT_H
/*
 * Events of objects (core/v1), as kubectl describe shows them. The same event again within ten
 * minutes raises the count of the first one; an object that has too much to say is held back (a
 * burst of 25, then one in five minutes), as client-go does it. Sending is done by a thread of its
 * own: telling never waits. An API server that does not answer is tried again for two minutes after
 * an event was told. What can't be sent is counted and dropped: events are not state.
 *
 * Needs create and patch of events. Threads: all safe.
 *
 * Spec: client-go tools/record (events_cache.go)
 */

#include "spk/base/err.h"
#include "spk/base/str.h"
#include "spk/kube/client.h"

#include <stdbool.h>
#include <stdint.h>

struct spk_events;

struct spk_event_object {
    const char *api_version;
    const char *kind;
    struct spk_str ns;
    struct spk_str name;
    struct spk_str uid;
};

/* @component: source.component, "spark-operator" as the peer's users know it; @instance: the host
 */
/* Errors: SPK_EIO without a thread or a descriptor; SPK_ENOMEM */
int spk_events_start(struct spk_events **out, struct spk_kube *kube, const char *component,
                     const char *instance, struct spk_err *err) __attribute__((warn_unused_result));

/* Copies everything. @message is cut at 1,024 bytes; what is not UTF-8 in it becomes "?". An object
 * without a namespace has its events in "default". */
void spk_events_tell(struct spk_events *events, const struct spk_event_object *about, bool warning,
                     const char *reason, const char *message);

struct spk_events_counts {
    int64_t sent;
    int64_t dropped;   /* no room, or the API server refused */
    int64_t held_back; /* the object had too much to say */
};

struct spk_events_counts spk_events_counts(struct spk_events *events);

/* Sends what is waiting, for at most 2 s, and ends. NULL is fine. */
void spk_events_stop(struct spk_events *events);

#endif
