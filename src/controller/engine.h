#ifndef SPK_CONTROLLER_ENGINE_H
#define SPK_CONTROLLER_ENGINE_H
/*
 * The controller at work: what the informers see goes into a keyed queue, controller threads ask
 * the state machine (spk/app/machine.h) for each key's next step and carry it out, submission
 * threads run spark-submit. The two are lanes of their own: a slow submission never makes a status
 * stale.
 *
 * Only a leader carries out steps. Losing the Lease ends the children and the writing, not the
 * process: the caches stay warm, and leading again looks at every application anew.
 */

#include "spk/app/executors.h"
#include "spk/app/machine.h"
#include "spk/app/ui.h"
#include "spk/base/err.h"
#include "spk/base/log.h"
#include "spk/kube/client.h"
#include "spk/kube/event.h"
#include "spk/kube/lease.h"

#include "controller/attempts.h"
#include "controller/queue.h"
#include "controller/runner.h"
#include "controller/store.h"

#include <stdbool.h>
#include <stdint.h>

/* One application went from one state to another, and that is stored. For metrics. */
struct spk_engine_transition {
    const json_t *labels; /* of the application; may be NULL */
    const char *ns;
    enum spk_app_state from;
    enum spk_app_state to;
    bool first;           /* the first submission, or the first run */
    int64_t since_made_s; /* since the application was created */
    int64_t ran_s;        /* with COMPLETED and FAILED: since the last submission; -1: never was */
};

/* Where one executor has gone; from is SPK_POD_STATES for one that was not known. */
struct spk_engine_executor {
    const json_t *labels; /* of the application; may be NULL */
    const char *ns;
    enum spk_pod_state from;
    enum spk_pod_state to;
};

struct spk_engine_options {
    struct spk_kube *kube;
    const struct spk_runner_options *runner; /* all borrowed until the engine has stopped */
    const char *const *namespaces;           /* NULL-terminated; NULL or none: all */
    const char *label_selector;              /* of applications; NULL: all */
    bool v1alpha1;
    unsigned controller_threads;
    unsigned submission_threads;
    int64_t resync_ms;
    bool ui_service;
    struct spk_ui_options ui;
    int64_t default_ttl_s;          /* for applications without one; -1: none */
    size_t max_executors;           /* in status; see spk/app/executors.h */
    int64_t driver_waiting_s;       /* 0: as spk/app/machine.h has it */
    bool elect;                     /* a Lease decides who leads; else this process does */
    struct spk_lease_options lease; /* without ctx and on_change */
    const char *instance;           /* the host's name, for events */
    const struct spk_logger *log;
    void *ctx; /* for what follows; any of it may be NULL; called on any thread */
    void (*on_transition)(void *ctx, const struct spk_engine_transition *transition);
    void (*on_executor)(void *ctx, const struct spk_engine_executor *executor);
    /* Once a submission has ended. */
    void (*on_submission)(void *ctx, bool good, int64_t waited_ms, int64_t took_ms);
};

struct spk_engine;

int spk_engine_start(struct spk_engine **out, const struct spk_engine_options *options,
                     struct spk_err *err) __attribute__((warn_unused_result));

/* Ends the children, hands the Lease over, ends all threads. NULL is fine. */
void spk_engine_stop(struct spk_engine *engine);

struct spk_engine_counts {
    bool filled; /* the caches */
    bool leading;
    struct spk_queue_counts status_lane;
    struct spk_queue_counts submission_lane;
    struct spk_store_counts store;
    struct spk_events_counts events;
    struct spk_attempts_counts applications;
};

void spk_engine_counts(struct spk_engine *engine, struct spk_engine_counts *out);

/* Why it does not lead or does not see, for /readyz: "" when all is well. */
void spk_engine_trouble(struct spk_engine *engine, char *out, size_t size);

#endif
