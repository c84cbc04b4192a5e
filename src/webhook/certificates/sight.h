#ifndef SPK_WEBHOOK_CERTIFICATES_SIGHT_H
#define SPK_WEBHOOK_CERTIFICATES_SIGHT_H
/*
 * One object of the API server, kept in sight and changed in place. It may be missing.
 *
 * Only list, watch and patch are asked for, each for the object's name alone: what may be granted
 * under resourceNames.
 *
 * Threads: the watch has one of its own; changing is for one thread at a time.
 */

#include "spk/base/log.h"
#include "spk/kube/client.h"
#include "spk/kube/watch.h"

#include "spk/json/walk.h"
#include <pthread.h>
#include <stdbool.h>

/* Changes at once, and then one in so many milliseconds: enough for any repair, and an end to a
 * fight with somebody who puts the object back each time, or with an API server that stores
 * something else than it was given. */
#define SPK_SIGHT_CHANGES ((int64_t)20)
#define SPK_SIGHT_EACH_MS ((int64_t)30 * 1000)

struct spk_sight {
    const char *what; /* for the log */
    char path[512];   /* of the object */
    char list[768];   /* of a list that holds it alone */
    struct spk_kube *kube;
    const struct spk_stop *stop;
    const struct spk_logger *logger;
    void (*on_change)(void *ctx); /* called under the lock */
    void *ctx;
    struct spk_kube_watch *watch;
    int64_t paid_ms; /* all changes so far are paid for then; of the one thread that changes */

    pthread_mutex_t lock;
    json_t *object; /* never changed in place; NULL: there is none */
    bool known;     /* it was seen, or seen to be missing */
    bool watching;
    struct spk_err trouble;
};

/* Before spk_sight_start(): all but what that is given. */
void spk_sight_init(struct spk_sight *sight, const char *what, const struct spk_logger *logger,
                    void (*on_change)(void *ctx), void *ctx);

/* @collection: the path of all such objects; @kube and @stop must live until spk_sight_done(). */
int spk_sight_start(struct spk_sight *sight, struct spk_kube *kube, const struct spk_stop *stop,
                    const char *collection, const char *name, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Ends the watch; also for one that was never started. */
void spk_sight_done(struct spk_sight *sight);

struct spk_sight_state {
    json_t *object; /* a new reference, or NULL */
    bool known;
    bool watching;
    struct spk_err trouble; /* while not watching: why */
};

void spk_sight_look(struct spk_sight *sight, struct spk_sight_state *out);

enum spk_sight_live { SPK_SIGHT_SAME, SPK_SIGHT_OTHER, SPK_SIGHT_UNKNOWN };

/* Asks the API server, and not what has been watched: is @object still how things are? Where not,
 * what is found is kept. @err: with SPK_SIGHT_UNKNOWN. */
enum spk_sight_live spk_sight_ask(struct spk_sight *sight, const json_t *object,
                                  struct spk_err *err);

/* Milliseconds until the object may be changed again: 0 or less means now. Kept by the caller. */
int64_t spk_sight_rest_ms(const struct spk_sight *sight, int64_t now_ms);

/**
 * spk_sight_change() - patch the object, and keep what it is then
 * @base:    what it was when the patch was made; NULL: there was none
 * @request: its path may be NULL: the object's
 *
 * Return: 0 done; 1 somebody else has changed it since @base: that is kept now; -1 refused, or no
 *         answer
 */
int spk_sight_change(struct spk_sight *sight, const json_t *base, struct spk_kube_request *request,
                     struct spk_err *err) __attribute__((warn_unused_result));

#endif
