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
 * of this application, by UID, and is repeated until a live look finds nothing of them.
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
    const struct spk_pod *pod; /* with HALF and WHOLE; else NULL */
    const char *foreign_owner; /* with FOREIGN: for people, "pod x of Job/y" */
    bool leftovers;            /* a driver pod, Service or Ingress of any submission is there */
    int64_t seen_s;            /* since when driver is what it is (an absence, a half) */
};

enum spk_step_kind {
    SPK_STEP_WAIT,   /* nothing until step.wake_s, or something changes */
    SPK_STEP_WRITE,  /* patch status to step.status; with .rehash also the annotations */
    SPK_STEP_SUBMIT, /* hand status.submission_id to the submission lane */
    SPK_STEP_LOOK,   /* ask the API server itself, then call again with what it says */
    SPK_STEP_CLEAN,  /* see above; then call again */
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
    SPK_EVENTS
};

#define SPK_STEP_EVENTS 4

struct spk_step {
    enum spk_step_kind kind;
    struct spk_app_status status; /* with WRITE */
    bool rehash;                  /* with WRITE: marker and hash of the spec as it is */
    int64_t wake_s;               /* 0: only a change wakes; terminal without TTL */
    enum spk_app_event events[SPK_STEP_EVENTS]; /* to be told once the write has succeeded */
    const char *why;                            /* a word for the log; a literal */
};

/* The next step. Pure, total: every input has an answer. */
void spk_app_step(struct spk_step *out, const struct spk_app *app, const struct spk_facts *facts);

struct spk_app_event_text {
    const char *reason; /* "SparkApplicationSubmitted" */
    bool warning;       /* type Warning, else Normal */
    char message[1024];
};

/* Reason, type and message of an event, as users know them from the peer.
 * @detail: error, pod name, as the event needs; may be NULL */
void spk_app_event_text(struct spk_app_event_text *out, enum spk_app_event event,
                        const char *app_name, const char *driver_pod, const char *detail);

#endif
