#ifndef SPK_APP_STATUS_H
#define SPK_APP_STATUS_H
/*
 * The status of a SparkApplication: what outlives the controller. Field and state names are those
 * of sparkoperator.k8s.io/v1beta2, which dashboards and Airflow read.
 */

#include "spk/base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* status.applicationState.state. */
enum spk_app_state {
    SPK_APP_NEW, /* "": with a submissionID a submission is in flight, without one it is to begin */
    SPK_APP_SUBMITTED,
    SPK_APP_RUNNING,
    SPK_APP_COMPLETED, /* terminal */
    SPK_APP_FAILED,    /* terminal */
    SPK_APP_SUBMISSION_FAILED,
    SPK_APP_PENDING_RERUN,
    SPK_APP_INVALIDATING,
    SPK_APP_SUCCEEDING,
    SPK_APP_FAILING,
    SPK_APP_SUSPENDING,
    SPK_APP_SUSPENDED,
    SPK_APP_RESUMING,
    SPK_APP_UNKNOWN,
    SPK_APP_STATES
};

/* "" for NEW, "PENDING_RERUN", ... */
const char *spk_app_state_text(enum spk_app_state state);

/* Fixed sizes: a copy is an assignment. All texts are terminated; "" is absent. */
struct spk_app_status {
    enum spk_app_state state;
    char submission_id[40];   /* a UUID; the label of every object of this submission */
    char application_id[128]; /* sparkApplicationId: Spark's own id */
    int32_t execution_attempts;
    int32_t submission_attempts; /* of the run that is at hand */
    int64_t submitted_s;         /* lastSubmissionAttemptTime, seconds since 1970; 0: none */
    int64_t terminated_s;        /* terminationTime; 0: none */
    char message[1024];          /* applicationState.errorMessage */
    struct {                     /* driverInfo */
        char pod[256];
        char ui_service[64];
        char ui_address[64]; /* webUIAddress, "10.0.0.1:4040" */
        int32_t ui_port;     /* webUIPort */
        char ingress[64];
        char ingress_address[512];
    } driver;
};

/**
 * spk_app_status_read() - from the object's "status"
 * @status: may be NULL: then all is zero
 *
 * A state that we don't know is SPK_APP_UNKNOWN: the object is not lost to a word of a newer
 * version. Texts that are too long are cut. A time that is none counts as absent: what Kubernetes
 * takes for a date-time ("2026-01-01t00:00:00z") is more than RFC 3339 has, and no word in it may
 * hide the state.
 *
 * Errors: SPK_EPARSE with the field's path
 */
int spk_app_status_read(struct spk_app_status *out, const json_t *status, struct spk_err *err)
    __attribute__((warn_unused_result));

/**
 * spk_app_status_patch() - what has changed, as a merge patch (RFC 7386)
 * @out:       {"status": {...}}, a new reference; NULL when nothing differs
 * @old:       what the object has
 * @executors: executorState as it should be, pod name -> state; NULL: leave it. What @have holds
 *             beyond it becomes null
 * @have:      executorState as the object has it; may be NULL
 *
 * Times are written in RFC 3339, absent ones as null.
 */
int spk_app_status_patch(json_t **out, const struct spk_app_status *old,
                         const struct spk_app_status *new_status, const json_t *have,
                         const json_t *executors, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
