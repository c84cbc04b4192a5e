#ifndef SPK_CONTROLLER_ATTEMPTS_H
#define SPK_CONTROLLER_ATTEMPTS_H
/*
 * What this process remembers of each application, and nothing else knows: whether its submission
 * waits, runs or has ended, since when its driver is as it is, and how executors that are gone
 * ended. Losing all of it (a crash, the Lease) costs time, never a second driver.
 *
 * Threads: all safe.
 */

#include "spk/app/machine.h"
#include "spk/base/err.h"
#include "spk/base/stop.h"
#include "spk/json/walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spk_attempts;

int spk_attempts_new(struct spk_attempts **out, struct spk_err *err)
    __attribute__((warn_unused_result));
void spk_attempts_free(struct spk_attempts *attempts);

/* What is known of submission @id: SPK_CHILD_NONE where it is another one's or nobody's, but
 * SPK_CHILD_AT_WORK as long as the child of an earlier one is.
 * @message: filled with FAILED and KILLED */
enum spk_child spk_attempts_child(struct spk_attempts *attempts, const char *key, const char *id,
                                  char message[1024]);

/* This process has written @id, and may submit. SPK_EINTERNAL while an earlier one's child is at
 * work. */
int spk_attempts_ready(struct spk_attempts *attempts, const char *key, const char *id,
                       struct spk_err *err) __attribute__((warn_unused_result));

/* The submission lane's part. Waits for its turn, with a copy of the object that is submitted;
 * 1: is at work already, or somebody else's. */
int spk_attempts_enqueue(struct spk_attempts *attempts, const char *key, const char *id,
                         const json_t *object, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Its turn has come. @object: JSON, to be freed with free(); @stop ends it. 1: it was called off
 * meanwhile. */
int spk_attempts_begin(struct spk_attempts *attempts, const char *key, struct spk_stop *stop,
                       char id[40], char **object, int64_t *waited_ms);

/* It has ended; @stop is not used any more. */
void spk_attempts_end(struct spk_attempts *attempts, const char *key, const char *id,
                      enum spk_child child, const char *message);

/* Ends it, whatever it is at, and forgets it. True: its child still lives; ask again. */
bool spk_attempts_call_off(struct spk_attempts *attempts, const char *key);

/* The same for all, of whom others may take care from now on. */
void spk_attempts_call_off_all(struct spk_attempts *attempts);

/* Since when the driver is what it is, by the wall clock: now, when it was something else. ABSENT
 * and GONE are one. */
int64_t spk_attempts_since(struct spk_attempts *attempts, const char *key, enum spk_driver driver,
                           int64_t now_s);

/* What status.conditions shall say of submission @id; takes @condition, which may be NULL. */
void spk_attempts_say(struct spk_attempts *attempts, const char *key, const char *id,
                      json_t *condition);

/* A new reference; NULL without. */
json_t *spk_attempts_said(struct spk_attempts *attempts, const char *key, const char *id);

/* How a driver was when it was deleted; a stranger's with the same labels is none. */
void spk_attempts_driver_gone(struct spk_attempts *attempts, const char *key,
                              const struct spk_pod *pod);

/* 0 with that, 1: not seen. */
int spk_attempts_last_driver(struct spk_attempts *attempts, const char *key, const char *id,
                             struct spk_pod *out);

/* An executor as it was when it was deleted. Kept, for SPK_GRAVES_MAX of them at most, is how those
 * ended that are of the run which the last look has found; for the watch of all pods it costs
 * nothing that grows with an application. */
void spk_attempts_buried(struct spk_attempts *attempts, const char *key,
                         const struct spk_pod *executor);

/* All of those: a new object pod -> state. */
int spk_attempts_graves(json_t **out, struct spk_attempts *attempts, const char *key,
                        struct spk_err *err) __attribute__((warn_unused_result));

/* What @written says need not be remembered any longer. */
void spk_attempts_settle(struct spk_attempts *attempts, const char *key, const json_t *written);

/* May executorState be written now? Else in how many milliseconds: once a second is enough. */
int64_t spk_attempts_executors_due(struct spk_attempts *attempts, const char *key, int64_t now_ms);

/* What a look at an application of ours has found: its state, and which run its executors are of.
 * Those of another one are forgotten. */
void spk_attempts_note(struct spk_attempts *attempts, const char *key, const struct spk_app *app);

/* The last look found another operator's. Is that news? */
bool spk_attempts_leave_alone(struct spk_attempts *attempts, const char *key);

/* Applications, as the last look at each found them. */
struct spk_attempts_counts {
    size_t by_state[SPK_APP_STATES]; /* ours */
    size_t left_alone;               /* another operator's */
};

void spk_attempts_count(struct spk_attempts *attempts, struct spk_attempts_counts *counts);

/* Has it been submitted, or begun to be: has the last look found it later than NEW, or has its turn
 * come since? */
bool spk_attempts_begun(struct spk_attempts *attempts, const char *key);

/* The application is gone. */
void spk_attempts_forget(struct spk_attempts *attempts, const char *key);

#endif
