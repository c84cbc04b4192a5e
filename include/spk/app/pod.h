#ifndef SPK_APP_POD_H
#define SPK_APP_POD_H
/*
 * What is kept of a driver or executor pod: fixed sizes, below 2 KB. Texts are terminated; what is
 * longer is cut.
 */

#include "spk/app/owner.h"
#include "spk/base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum spk_pod_state {
    SPK_POD_PENDING,
    SPK_POD_RUNNING,
    SPK_POD_COMPLETED,
    SPK_POD_FAILED,
    SPK_POD_LOST, /* phase Unknown, or reason NodeLost; see spk_pod_lost_s() */
    SPK_POD_STATES
};

/* "PENDING", "RUNNING", "COMPLETED", "FAILED", "UNKNOWN": as status.executorState has it. */
const char *spk_pod_state_text(enum spk_pod_state state);

struct spk_pod {
    char name[256];
    char uid[40];
    char app[64];             /* label SPK_APP_LABEL_NAME */
    char submission_id[40];   /* label SPK_APP_LABEL_SUBMISSION */
    char application_id[128]; /* label spark-app-selector */
    char exec_id[16];         /* label spark-exec-id; "" on a driver */
    char config_map[256];     /* of the volume spark-conf-volume-driver; "" without */
    char node[256];
    enum spk_owner owner; /* of a driver: an application of the name that the label has */
    bool driver;
    bool deleting;            /* has a deletionTimestamp */
    bool stamped;             /* the webhook has been there: annotation mutated-by */
    bool wishes;              /* carries an annotation that the webhook must honour */
    bool evicted;             /* reason Evicted or OOMKilled, or a DisruptionTarget */
    enum spk_pod_state state; /* sidecar-aware: the Spark container's end counts. An executor that
                                 its deletion ends is RUNNING until it is gone */
    int32_t exit_code;        /* of the Spark container; -1: not known */
    char reason[64];          /* of the end, or of waiting: "ImagePullBackOff" */
    char message[256];        /* of the pod or the container */
    int64_t created_s;        /* seconds since 1970 */
    int64_t waiting_bad;      /* since when it waits for something that won't come by itself:
                                 ErrImagePull, ImagePullBackOff, InvalidImageName, ...; a place on
                                 a node is not among them. 0: it doesn't */
    int64_t deleting_s;       /* deletionTimestamp, the end of its grace; 0: none */
    int64_t lost_s;           /* with LOST: since when; else 0 */
};

/**
 * spk_pod_read() - from a core/v1 Pod
 *
 * Works without containerStatuses (a pod that a node under pressure lost has none): phase and
 * reason decide then. The Spark container is the one that Spark's environment marks, as in
 * spk/admission/container.h; failing that by name, failing that the first.
 *
 * Errors: SPK_EPARSE with the field's path
 */
int spk_pod_read(struct spk_pod *out, const json_t *pod, struct spk_err *err)
    __attribute__((warn_unused_result));

/* The driver of the application that the labels name, in the version with @owner: an executor is
 * its driver's, and what belongs to anything else is nobody's business of ours. What this program
 * submits has an owner from the first; only who submits for himself, for an application that is
 * @tracked, makes drivers without. */
bool spk_pod_is_driver_of(const struct spk_pod *pod, enum spk_owner owner, bool tracked);

/* An end that was seen @before, of the same pod, is not one by a deletion that came later: times
 * have whole seconds. */
void spk_pod_keep_end(struct spk_pod *fresh, const struct spk_pod *before);

/* How long after the end of its grace a pod may still be there before its node counts as lost. */
#define SPK_POD_LOST_S 60

/* Since when the pod is lost: its node says nothing any more, or should have ended it
 * SPK_POD_LOST_S ago and has not. 0: it is not lost at @now_s. */
int64_t spk_pod_lost_s(const struct spk_pod *pod, int64_t now_s);

#endif
