#ifndef SPK_CONTROLLER_ENGINE_PARTS_H
#define SPK_CONTROLLER_ENGINE_PARTS_H
/* What the files of the engine share. */

#include "controller/api.h"
#include "controller/attempts.h"
#include "controller/engine.h"

#include "spk/app/submission.h"

#include <pthread.h>
#include <stdatomic.h>

struct spk_engine {
    struct spk_engine_options options;
    struct spk_kube *kube;
    struct spk_store *store;
    struct spk_events *events;
    struct spk_lease *lease;
    struct spk_attempts *attempts;
    struct spk_queue *status;      /* keys to be looked at */
    struct spk_queue *submissions; /* keys that wait for spark-submit */
    struct spk_stop stop;
    atomic_bool leads;  /* as the Lease's thread has last said; for those who may run without it */
    pthread_t *threads; /* of both lanes, and the resync */
    size_t thread_count;
    pthread_mutex_t trouble_lock;
    char trouble_of[320]; /* whose trouble it is */
    char trouble[512];
};

/* Right before every write. */
bool spk_engine_leading(struct spk_engine *engine);

/* A line with the application's key, and what it is about. @more may be NULL. */
void spk_engine_log(struct spk_engine *engine, enum spk_log_level level, const char *msg,
                    const char *key, const char *name, const char *more);

/* What a step does and why: a warning where status gets a message. */
void spk_engine_log_step(struct spk_engine *engine, const char *key, const struct spk_step *step);

/* What the API server itself has of an application's driver. */
struct spk_look {
    enum spk_driver driver;
    struct spk_pod pod; /* with HALF and WHOLE */
    bool leftovers;
    bool strays; /* a driver of another submission */
    char foreign_owner[512];
};

/* 0, or −1 when it could not be asked. */
int spk_engine_look(struct spk_engine *engine, const struct spk_key *key, const struct spk_app *app,
                    const char *driver_name, struct spk_look *out, struct spk_err *err)
    __attribute__((warn_unused_result));

/* By its ownerReferences, whatever its labels say: all that this program makes has one from the
 * first, and what has none is not removed. */
bool spk_engine_owns(const struct spk_key *key, const json_t *object);

/* "pod x, which belongs to Job/y", for whoever must find out who took the name. */
void spk_engine_name_owner(char *out, size_t size, const char *what, const json_t *object);

/* Ends the child, and deletes driver pods, UI Services and Ingresses of the application. 0: the API
 * server has been told; whether they are gone, a look will say.
 * @keep: a submission that is left alone, child and all; NULL: none is */
int spk_engine_clean(struct spk_engine *engine, const struct spk_key *key, const char *key_text,
                     const char *keep, struct spk_err *err) __attribute__((warn_unused_result));

/* The same for an application that is no more, and whose child has ended. */
int spk_engine_clean_gone(struct spk_engine *engine, const struct spk_key *key, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Makes the UI's objects, and has status say where they are. A failure is told, not returned: no
 * job depends on its UI. */
void spk_engine_ui(struct spk_engine *engine, const struct spk_key *key, const struct spk_app *app,
                   struct spk_app_status *status);

/* Carries out the steps for one key until nothing is left to do now.
 * @wake_ms: when to look again; −1: when something changes
 * −1: something failed that may go better later */
int spk_engine_pass(struct spk_engine *engine, const char *key, int64_t *wake_ms,
                    struct spk_err *err) __attribute__((warn_unused_result));

/* The application is not in the store. */
int spk_engine_gone(struct spk_engine *engine, const char *key, int64_t *wake_ms,
                    struct spk_err *err) __attribute__((warn_unused_result));

/* One submission: waits for nothing, takes seconds. */
void spk_engine_submit(struct spk_engine *engine, const char *key);

/* An event of the application. */
void spk_engine_tell(struct spk_engine *engine, const struct spk_app *app, enum spk_app_event event,
                     const char *driver_pod, const char *detail);

/* An event for each part of the spec that is not acted on. */
void spk_engine_tell_notes(struct spk_engine *engine, const struct spk_app *app,
                           const struct spk_submission *submission);

/* Events and numbers for executors that have changed from @have to @now. */
void spk_engine_tell_executors(struct spk_engine *engine, const struct spk_app *app,
                               const json_t *have, const json_t *now, const struct spk_pod *pods,
                               size_t count);

/* A version 4 UUID. */
int spk_engine_uuid(char out[40], struct spk_err *err) __attribute__((warn_unused_result));

#endif
