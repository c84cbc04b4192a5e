#ifndef SPK_CONTROLLER_STORE_H
#define SPK_CONTROLLER_STORE_H
/*
 * What the informers have seen: applications as compact JSON without managedFields and what kubectl
 * last applied (below 20 KB), pods as struct spk_pod (below 2 KB), found by application. Filled by
 * watches on SparkApplications (both versions, where installed) and on pods with our label, in all
 * namespaces or in some.
 *
 * Every change calls on_change with the key of the application that it is about:
 * "VERSION/NAMESPACE/NAME", with VERSION "v1beta2" or "v1alpha1". A pod does not say of which
 * version its application is: where both have one of that name, both are told and both are given
 * its pods. A list that repeats what is known, and a pod that differs in nothing that is kept, is
 * no change.
 *
 * What is gone while nobody watched is seen as soon as the next list has been read, and then told
 * as if its deletion had been seen.
 *
 * Threads: all safe; the callbacks are called on the watches' threads, without a lock held, and may
 * come before spk_store_start() has returned.
 */

#include "spk/app/pod.h"
#include "spk/base/err.h"
#include "spk/kube/client.h"

#include "spk/json/walk.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spk_store;

struct spk_store_options {
    const char *const *namespaces; /* NULL-terminated; NULL or none: all */
    const char *label_selector;    /* of applications; NULL: all */
    bool v1alpha1;                 /* watch the first version, too */
    void *ctx;
    void (*on_change)(void *ctx, const char *key);
    /* A driver or an executor is gone: the object of the DELETED event, or the last one seen. May
     * be NULL. */
    void (*on_pod_gone)(void *ctx, const char *key, const struct spk_pod *pod);
    /* A watch that began, or failed and is tried again: for the log, /readyz and metrics.
     * @what: "pods of namespace x". @err: NULL while watching; of a kind that is not installed it
     * begins with "not installed". May be NULL. */
    void (*on_state)(void *ctx, const char *what, bool watching, const struct spk_err *err);
    /* An object that can't be read, and is passed over. May be NULL. */
    void (*on_unread)(void *ctx, const char *what, const struct spk_err *err);
};

/* Errors: SPK_EINVALID above SPK_NAMESPACES_MAX namespaces; SPK_EIO without threads; SPK_ENOMEM */
int spk_store_start(struct spk_store **out, struct spk_kube *kube,
                    const struct spk_store_options *options, struct spk_err *err)
    __attribute__((warn_unused_result));
void spk_store_stop(struct spk_store *store); /* NULL is fine */

/* Every list has been read once, or its kind is not installed: from then on an absence means
 * something. */
bool spk_store_filled(const struct spk_store *store);

/* The application, parsed anew: a new reference. 1: there is none. */
int spk_store_app(struct spk_store *store, const char *key, json_t **out, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Puts in what a write has answered, so that the next look sees it, whatever older events are still
 * to come. Nothing happens where something newer is there, or another object of that name or none:
 * what is gone does not come back. resourceVersions are compared as decimal numbers; what is none
 * is left to the watch. Calls no on_change. */
int spk_store_put_app(struct spk_store *store, const char *key, const json_t *object,
                      struct spk_err *err) __attribute__((warn_unused_result));

/* Pods of an application, copied; to be freed. */
int spk_store_pods(struct spk_store *store, const char *key, struct spk_pod **out, size_t *count,
                   struct spk_err *err) __attribute__((warn_unused_result));

/* Keys of all applications, NULL-terminated; to be freed with spk_store_keys_free(): for resync. */
int spk_store_keys(struct spk_store *store, char ***out, struct spk_err *err)
    __attribute__((warn_unused_result));
void spk_store_keys_free(char **keys);

struct spk_store_counts {
    size_t apps;
    size_t pods;
    size_t bytes;    /* of both, without what malloc() and the trees add: some 50 bytes each */
    uint64_t unread; /* objects that could not be read, each time that they came */
};

struct spk_store_counts spk_store_counts(struct spk_store *store);

#endif
