#ifndef SPK_ADMISSION_DECISION_H
#define SPK_ADMISSION_DECISION_H
/*
 * What was decided about one pod, and why: the facts behind the answer, the log line, the metrics
 * and `mutate --explain`. Everything points into the decision's own arena or into the review's
 * tree and lives until spk_decision_done().
 */

#include "spk/base/arena.h"
#include "spk/base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum spk_role {
    SPK_ROLE_OTHER,
    SPK_ROLE_DRIVER,
    SPK_ROLE_EXECUTOR,
    SPK_ROLE_APPLICATION, /* no pod: a SparkApplication */
    SPK_ROLES
};

enum spk_outcome {
    SPK_UNTOUCHED, /* not a pod that we treat; see reason */
    SPK_UNCHANGED, /* ours, and everything it asks for is there */
    SPK_MUTATED,   /* ours, with a patch */
    SPK_DENIED,    /* ours, and an annotation can't be honoured; see message */
    SPK_FAILED,    /* no decision could be made: unusable input or a fault; for metrics only */
    SPK_OUTCOMES
};

/* One thing that an annotation did or found. */
enum spk_effect_kind {
    SPK_VOLUME_ADDED,
    SPK_MOUNT_ADDED,
    SPK_MOUNT_FOUND, /* the path already shows this source */
    SPK_ENV_ADDED,
    SPK_ENV_REPLACED,
    SPK_ENV_FOUND,
    SPK_OWNER_ADDED,
    SPK_OWNER_FOUND,
    SPK_FIELD_ADDED, /* of the pod, by an overlay: with all below it */
    SPK_FIELD_REPLACED,
    SPK_FIELD_REMOVED,
    SPK_INIT_CONTAINER_ADDED,
    SPK_ARGUMENT_ADDED,
    SPK_ARGUMENT_REPLACED,
    SPK_ARGUMENT_FOUND,
    SPK_STAMP_SET,
    SPK_EFFECTS
};

struct spk_effect {
    enum spk_effect_kind kind;
    const char *key;    /* canonical key without prefix: "configMap.log4j"; NULL for the stamp */
    const char *detail; /* for people: 'volume "log4j-volume" from ConfigMap "log4j"' */
    /* Where it is to be seen, with all below it: "spec.volumes[3]" of the pod that results, or, of
     * what was removed, of the pod before. NULL when nothing changed. */
    const char *place;
    const char *asked;   /* the part of the annotation's value that asked: "[2]"; NULL, "": all */
    const json_t *value; /* an overlay's: what is there now. Borrowed from the patch, or NULL */
};

/* Which annotation a fault or a warning is about, and which part of its value: for those who show
 * people the place (spark-webhook lint). */
struct spk_place {
    struct spk_str key; /* as written; empty: the pod as a whole */
    const char *where; /* the field of a JSON value, "[2].path"; NULL or "": the value as a whole */
    size_t stopped;    /* how many bytes of the value its parser had read when it gave up, or 0 */
};

struct spk_decision {
    struct spk_arena arena;
    json_t *root; /* owned: the review that the slices below may point into */

    struct spk_str uid;
    struct spk_str namespace_;
    struct spk_str name; /* the pod's name; generateName and a '*' while it has none */
    struct spk_str app;  /* label spark-app-selector; absent: NULL */
    enum spk_role role;
    enum spk_outcome outcome;
    const char *reason;       /* why a pod was not treated; else NULL */
    const char *message;      /* of a denial; else NULL */
    struct spk_str container; /* the Spark container's name */
    const char *container_by; /* how it was told: "its environment", …; NULL without one */

    json_t *patch; /* owned: an array of RFC 6902 operations, or NULL for none */
    const struct spk_effect *effects;
    size_t effect_count;
    const char *const *warnings; /* escaped and inside the API server's limits */
    size_t warning_count;
    const struct spk_place *warning_places; /* one a warning */
    const char *const *faults;              /* the parts of message, as many as are listed */
    const struct spk_place *fault_places;   /* one a fault */
    size_t fault_count;
    size_t faults_left;  /* how many are not listed */
    const char *applied; /* canonical keys that changed something, with commas; "" for none */
};

/* Frees everything; a zeroed decision is fine. */
void spk_decision_done(struct spk_decision *decision);

/* "driver", "executor", "application", "other"; "mutated", … for logs and metrics. */
const char *spk_role_text(enum spk_role role);
const char *spk_outcome_text(enum spk_outcome outcome);

#endif
