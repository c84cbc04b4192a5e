#ifndef SPK_KUBE_WATCH_H
#define SPK_KUBE_WATCH_H
/*
 * A collection kept in sight: listed in pages, then watched, for as long as it takes. What is lost
 * is begun again by itself; nothing is kept here but a resourceVersion.
 *
 * A watch ends every five to ten minutes and goes on where it was. When the server no longer knows
 * that place (410), or sends more than is read, the collection is listed again. A failure waits
 * 0.4 to 0.8 s, then twice that and so on up to 15 to 30 s; success begins anew.
 *
 * Spec:    client-go tools/cache/reflector.go
 * Threads: each watch has one of its own and makes its calls on it, one after the other: a slow one
 *          delays what follows. Callbacks may use the client, but not spk_kube_watch_stop().
 */

#include "spk/base/err.h"
#include "spk/kube/client.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spk_kube_watch;

/* A part of a list, in the server's order. A list that breaks off is begun again with a first page:
 * what no page from the first to the last has held is gone. */
struct spk_kube_page {
    json_t *items; /* an array of objects; borrowed for the call, an incref keeps one. In a list the
                      objects of most kinds come without kind and apiVersion */
    bool first;
    bool last; /* may be the first, too */
};

enum spk_kube_event { SPK_KUBE_ADDED, SPK_KUBE_MODIFIED, SPK_KUBE_DELETED };

struct spk_kube_state {
    bool watching;      /* a watch is open: what happens is seen at once */
    bool relisting;     /* not an error: the server no longer knew our place */
    struct spk_err err; /* with neither: why not */
    int status;         /* with neither: the HTTP status of the refusal; 0: there was no answer */
    int64_t since_ms;   /* wall clock: since then it is as it is */
    unsigned failures;  /* in a row, 0 while watching */
    int64_t next_ms;    /* how long until the next try */
};

struct spk_kube_watch_options {
    const char *path;           /* "/api/v1/namespaces/x/pods"; all texts borrowed for the call */
    const char *field_selector; /* "metadata.name=x"; not escaped; may be NULL */
    const char *label_selector; /* may be NULL */
    unsigned page;              /* objects a page; 0: 500 */
    int64_t idle_ms; /* silence of the server that ends a watch; 0: 150 s, as the server remarks
                        something every minute (bookmarks) */
    void *ctx;       /* for the callbacks */
    void (*on_list)(void *ctx, const struct spk_kube_page *page);
    void (*on_event)(void *ctx, enum spk_kube_event event, json_t *object); /* borrowed, too */
    void (*on_state)(void *ctx, const struct spk_kube_state *state);        /* may be NULL; called
                        when watching begins, and at each failure */
    /* A server stores what can't be read here (a number beyond 64 bits, a key with a NUL, lists a
     * thousand deep): such an object is as if it were not there, and told of with @err each time.
     * NULL: it fails the list or the watch that it is in. */
    void (*on_unread)(void *ctx, const struct spk_err *err);
};

/**
 * spk_kube_watch_start() - begin
 * @out:  to be ended with spk_kube_watch_stop()
 * @kube: must live until then
 *
 * Returns at once: what the server says, also a 403, comes through on_state and is tried again.
 *
 * Errors: SPK_EIO without a thread or a descriptor; SPK_ENOMEM
 */
int spk_kube_watch_start(struct spk_kube_watch **out, struct spk_kube *kube,
                         const struct spk_kube_watch_options *options, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Ends it within 100 ms of the callback that may be running, whatever the server does, and frees
 * it; no callback comes afterwards. NULL is fine. */
void spk_kube_watch_stop(struct spk_kube_watch *watch);

#endif
