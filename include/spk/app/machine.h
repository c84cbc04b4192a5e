#ifndef SPK_APP_MACHINE_H
#define SPK_APP_MACHINE_H
/*
 * The state machine: from what an application says, what its pods are and what time it is to the
 * one next thing to do. Level-triggered: nothing is remembered between two calls, so it does not
 * matter which event brought it about, or whether a process died in between.
 *
 * How a run begins. status gets a new submissionID first (SPK_STEP_WRITE), and nothing is created
 * before that is stored. Only then, in a later step, the process that wrote it submits
 * (SPK_STEP_SUBMIT). Whoever finds a submissionID with state "" that no child of its own is at work
 * on (its writer died) looks what is there: a whole driver is taken as submitted; anything less is,
 * 10 s later, removed (SPK_STEP_CLEAN), and the run begins again with a new id.
 *
 * A SPK_STEP_CLEAN ends children, deletes driver pod, UI Service and Ingress of whatever submission
 * of this application, by UID, and is repeated until a live look finds nothing of them. A pod whose
 * node is gone stays until Kubernetes gives it up: to remove it by force could let two drivers run.
 *
 * Who begins to lead looks at every application as its caches have it, which may lag. A write from
 * an old view is refused for its resourceVersion, and so is SPK_STEP_DELETE; SPK_STEP_CLEAN and a
 * submission have none, so before each of them the application itself is asked for, and what has
 * changed is left for the next look.
 *
 * The transitions. "Empty" is: no child, and a live look has found neither driver nor anything else
 * of any submission; until then the step is LOOK or CLEAN. Attempts: r runs, s submissions of the
 * run at hand.
 *
 *   state              when                                        then
 *   any                no marker of ours, and a status             left alone
 *   any with a run     no hash is written                          the hash of the spec as it is
 *   any                is being deleted                            emptied; no state changes
 *   with a run at      the spec has changed                        INVALIDATING
 *     hand or behind it, COMPLETED and FAILED too
 *   not terminal       suspend; what has ended is put down as      SUSPENDING; the run at hand does
 *                      that first                                  not count (r-1), s = 0
 *   ""                 empty                                       "" with a submissionID, s+1
 *   "" and an id       it is ours to submit                        SUBMIT
 *                      the driver is whole                         SUBMITTED, r+1
 *                      the driver has missed the webhook, Spark    SUBMISSION_FAILED, id cleared
 *                      said no, a stranger has the driver's name
 *                      exit 0, and the driver is gone              FAILING, r+1
 *                      else, empty, 10 s later or as soon as its   "" with another id, s+1; at the
 *                        pod has been seen and is gone             5th: SUBMISSION_FAILED
 *   SUBMISSION_FAILED  Always, or OnFailure and s <= retries:      "" with an id, s+1
 *                      interval x s later, empty
 *                      else, empty                                 FAILED
 *   SUBMITTED          driver pending, running, lost               SUBMITTED, RUNNING, UNKNOWN
 *   RUNNING            driver completed                            SUCCEEDING
 *   UNKNOWN            driver failed; waits in vain or is lost     FAILING
 *                      for 5 min; is not there, for 10 s and live;
 *                      a stranger has its name by then
 *                      a stray beside the driver                   CLEAN of the others
 *   SUCCEEDING         Always: 5 s after the run began, empty      PENDING_RERUN
 *                      else                                        COMPLETED
 *   FAILING            a driver that was given up lives            CLEAN
 *                      Always, or OnFailure and r <= retries:      PENDING_RERUN, s = 0
 *                      interval x r after its end, empty
 *                      else                                        FAILED
 *   INVALIDATING       empty                                       PENDING_RERUN, r = s = 0
 *   PENDING_RERUN      empty                                       "" with an id, s+1
 *   SUSPENDING         empty                                       SUSPENDED
 *   SUSPENDED          not suspend                                 RESUMING
 *   RESUMING           empty                                       "" with an id, s+1
 *   COMPLETED, FAILED  a driver lives, or is an old one's          CLEAN
 *                      time to live is over                        DELETE
 *
 * A spec that can't be run becomes FAILED where a run would begin, whatever the policy: only
 * another spec helps. A lost submission is an attempt, too. submissionByUser: the status follows a
 * driver that its user submits with the labels SPK_APP_LABEL_NAME and SPK_APP_LABEL_LAUNCHED;
 * nothing is submitted, removed, suspended or run again.
 */

#include "spk/app/application.h"
#include "spk/app/pod.h"
#include "spk/app/status.h"

#include <stdbool.h>
#include <stdint.h>

/* How long what is incomplete may still become whole, in seconds. */
#define SPK_APP_GRACE_S   10
/* How long a driver may wait for an image or a configuration that does not come. */
#define SPK_APP_WAITING_S 300
/* Submissions of one run that were lost (a killed child, a killed controller) before it fails. */
#define SPK_APP_LOST_MAX  5

/* The submission with status.submission_id, as far as this process knows. */
enum spk_child {
    SPK_CHILD_NONE,    /* this process knows nothing of it */
    SPK_CHILD_READY,   /* it wrote the id, and may submit */
    SPK_CHILD_AT_WORK, /* waits for its turn, or runs */
    SPK_CHILD_DONE,    /* exit 0 */
    SPK_CHILD_FAILED,  /* Spark said no: child_message has why */
    SPK_CHILD_KILLED,  /* ended by a signal or its deadline: whatever it did may be half done */
};

/* What is known of the driver pod that status.driver.pod (or the name it will have) means. */
enum spk_driver {
    SPK_DRIVER_UNSEEN,  /* nobody has looked: the caches are not filled yet */
    SPK_DRIVER_ABSENT,  /* the cache holds none */
    SPK_DRIVER_GONE,    /* a live GET found none */
    SPK_DRIVER_HALF,    /* ours, of this submission, without its ConfigMap or Service */
    SPK_DRIVER_WHOLE,   /* ours, of this submission; pod says how it is */
    SPK_DRIVER_OLD,     /* of this application, another submission */
    SPK_DRIVER_FOREIGN, /* the name is taken by what is not this application's */
};

struct spk_facts {
    int64_t now_s;           /* wall clock, seconds since 1970 */
    const char *new_id;      /* a fresh UUID for a submission that is to begin */
    const char *driver_name; /* the name that the driver pod will have */
    bool spec_changed;       /* there is a written hash, and it differs */
    const char *spec_fault;  /* why the spec can't be run, for people; NULL: it can */
    enum spk_child child;
    const char *child_message; /* for people; NULL or "" without */
    enum spk_driver driver;
    const struct spk_pod *pod; /* with HALF and WHOLE; with ABSENT and GONE how this submission's
                                  driver was when it was deleted, if that was seen; else NULL */
    const char *foreign_owner; /* with FOREIGN: for people, "pod x of Job/y" */
    bool strays;               /* beside a HALF or WHOLE driver there is one of another submission,
                                  by another name */
    bool leftovers;            /* a driver pod, Service or Ingress of any submission is there */
    int64_t seen_s; /* since when the driver that steps are decided on is what it is; ABSENT and
                       GONE are one absence */
};

enum spk_step_kind {
    SPK_STEP_WAIT,   /* nothing until step.wake_s, or something changes */
    SPK_STEP_WRITE,  /* with .rehash marker and hash as annotations first, then patch status to
                        step.status: with the resourceVersion that was read and no other */
    SPK_STEP_SUBMIT, /* hand status.submission_id to the submission lane */
    SPK_STEP_LOOK,   /* ask the API server itself, then call again with what it says */
    SPK_STEP_CLEAN,  /* see above; then call again, at step.wake_s or when something changes */
    SPK_STEP_DELETE, /* its time to live is over: delete the application */
};

enum spk_app_event {
    SPK_EVENT_NONE,
    SPK_EVENT_ADDED,
    SPK_EVENT_SUBMITTED,
    SPK_EVENT_SUBMISSION_FAILED,
    SPK_EVENT_COMPLETED,
    SPK_EVENT_FAILED,
    SPK_EVENT_PENDING_RERUN,
    SPK_EVENT_SUSPENDING,
    SPK_EVENT_SUSPENDED,
    SPK_EVENT_RESUMING,
    SPK_EVENT_SPEC_UPDATED,
    SPK_EVENT_DRIVER_NOT_FOUND,
    SPK_EVENT_DRIVER_PENDING,
    SPK_EVENT_DRIVER_RUNNING,
    SPK_EVENT_DRIVER_COMPLETED,
    SPK_EVENT_DRIVER_FAILED,
    SPK_EVENT_DRIVER_UNKNOWN,
    SPK_EVENT_EXECUTOR_PENDING, /* never in a step: told when executorState is written */
    SPK_EVENT_EXECUTOR_RUNNING,
    SPK_EVENT_EXECUTOR_COMPLETED,
    SPK_EVENT_EXECUTOR_FAILED,
    SPK_EVENT_EXECUTOR_UNKNOWN,
    SPK_EVENTS
};

#define SPK_STEP_EVENTS 4

struct spk_step {
    enum spk_step_kind kind;
    struct spk_app_status status; /* with WRITE */
    bool rehash;                  /* with WRITE: marker and hash of the spec as it is */
    bool others_only;             /* with CLEAN: only what is not status.submission_id's */
    int64_t wake_s;               /* 0: only a change wakes: terminal without TTL, not ours */
    enum spk_app_event events[SPK_STEP_EVENTS]; /* to be told once the write has succeeded */
    const char *why;                            /* a word for the log; a literal */
};

/* The next step. Pure, total: every input has an answer. */
/* It has a status and no marker of ours: another operator's, until its user hands it over. */
bool spk_app_is_anothers(const struct spk_app *app);

void spk_app_step(struct spk_step *out, const struct spk_app *app, const struct spk_facts *facts);

struct spk_app_event_text {
    const char *reason; /* "SparkApplicationSubmitted" */
    bool warning;       /* type Warning, else Normal */
    char message[1024];
};

/* Reason, type and message of an event, as users know them from the peer.
 * @pod:    the driver's, or the executor's that the event is about
 * @detail: the error, its lines to be told in one with "; " between them; of an executor "ExitCode:
 * 1, Reason: Error"; may be NULL */
void spk_app_event_text(struct spk_app_event_text *out, enum spk_app_event event,
                        const char *app_name, const char *pod, const char *detail);

#endif
