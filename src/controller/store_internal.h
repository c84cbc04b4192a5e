#ifndef SPK_CONTROLLER_STORE_INTERNAL_H
#define SPK_CONTROLLER_STORE_INTERNAL_H
/*
 * The parts of the store: watches and what they bring (store.c), applications (store_apps.c), pods
 * (store_pods.c).
 *
 * A list is the truth, but for what a write has answered since the list was asked for. How old a
 * thing is is counted in steps of the store's own clock, as resourceVersions of before a restored
 * backup say nothing.
 */

#include "controller/store.h"

#include "spk/kube/watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum spk_source_kind { SPK_SOURCE_V1BETA2, SPK_SOURCE_V1ALPHA1, SPK_SOURCE_PODS, SPK_SOURCE_KINDS };

/* One watch. */
struct spk_source {
    struct spk_store *store;
    struct spk_kube_watch *watch;
    char *ns; /* NULL: all */
    char *what;
    enum spk_source_kind kind;
    /* The watch's thread's alone. */
    bool filled;
    int64_t list;   /* when the list that is being read began */
    int64_t unsure; /* when the watch was last lost: the next list is asked for after that */
};

struct spk_store {
    struct spk_store_options options; /* without its texts */
    struct spk_source *sources;
    size_t source_count;
    atomic_size_t empty; /* sources that have brought no list yet */
    atomic_int_fast64_t clock;

    pthread_mutex_t lock;
    /* All under the lock; trees are of tsearch(3), and of keys. */
    void *apps;
    void *pods;
    void *groups; /* pods by application */
    struct spk_store_counts counts;
};

/* Names of an object, borrowed. */
struct spk_ident {
    struct spk_str ns;
    struct spk_str name;
    struct spk_str uid;
    struct spk_str version;
};

/* SPK_EPARSE unless there are a namespace and a name. */
int spk_ident_read(struct spk_ident *out, const json_t *object, struct spk_err *err)
    __attribute__((warn_unused_result));

/* What strcmp() says, as tsearch(3) wants it. */
int spk_store_compare(const void *a, const void *b);

/* The version of an application's key: "v1beta2". */
const char *spk_source_version(enum spk_source_kind kind);

/* Everything but the watches; NULL on failure. Freed with spk_store_stop(). */
struct spk_store *spk_store_make(const struct spk_store_options *options, struct spk_err *err)
    __attribute__((warn_unused_result));

/* The watches' callbacks, @ctx being the source. */
void spk_source_on_list(void *ctx, const struct spk_kube_page *page);
void spk_source_on_event(void *ctx, enum spk_kube_event event, json_t *object);
void spk_source_on_state(void *ctx, const struct spk_kube_state *state);

/* store_apps.c, store_pods.c: an object that is there, one that is gone, and at the end of a list
 * all that it has not held. They call the callbacks. */
int spk_store_take_app(struct spk_source *source, const json_t *object, bool listed,
                       struct spk_err *err);
int spk_store_drop_app(struct spk_source *source, const json_t *object, struct spk_err *err);
void spk_store_sweep_apps(struct spk_source *source);
int spk_store_take_pod(struct spk_source *source, const json_t *object, struct spk_err *err);
int spk_store_drop_pod(struct spk_source *source, const json_t *object, struct spk_err *err);
void spk_store_sweep_pods(struct spk_source *source);

/* With the lock held: whether there is such an application. */
bool spk_store_has_app(struct spk_store *store, const char *key);

void spk_store_free_apps(struct spk_store *store);
void spk_store_free_pods(struct spk_store *store);

#endif
