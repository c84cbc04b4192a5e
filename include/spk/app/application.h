#ifndef SPK_APP_APPLICATION_H
#define SPK_APP_APPLICATION_H
/*
 * A SparkApplication as the API server gives it, in either version, read into what the rest of
 * this layer works on: sparkoperator.k8s.io/v1beta2.
 */

#include "spk/app/status.h"
#include "spk/base/err.h"
#include "spk/base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* On the application. The marker says whose it is: what has a status and no marker of ours is
 * somebody else's. */
#define SPK_APP_MARKER       "spark-operator.k8s.io/controller"
#define SPK_APP_MARKER_VALUE "sparkhook"
/* The spec of the run that status speaks about, as spk_app_spec_hash() has it. */
#define SPK_APP_SPEC_HASH    "spark-operator.k8s.io/spec-hash"

/* On driver and executors, and what is made for them; written last, so that a user can't. */
#define SPK_APP_LABEL_NAME           "sparkoperator.k8s.io/app-name"
#define SPK_APP_LABEL_SUBMISSION     "sparkoperator.k8s.io/submission-id"
/* Not the peer's launched-by-spark-operator: its webhook and controller take what carries that. */
#define SPK_APP_LABEL_LAUNCHED       "sparkoperator.k8s.io/launched-by"
#define SPK_APP_LABEL_LAUNCHED_VALUE "sparkhook"

enum spk_app_policy { SPK_APP_NEVER, SPK_APP_ON_FAILURE, SPK_APP_ALWAYS };

/* What the spec says about the run as a whole. Defaults are filled in. */
struct spk_app_rules {
    enum spk_app_policy policy;
    int32_t failure_retries; /* 0: none; beyond the first run */
    int32_t submission_retries;
    int64_t failure_interval_s; /* times the attempt; 5 where the spec has none */
    int64_t submission_interval_s;
    int64_t ttl_s;     /* after termination; -1: never */
    int64_t waiting_s; /* how long a driver may wait in vain, or be lost; 0: SPK_APP_WAITING_S.
                          No application says so: it is the controller's */
    bool suspend;
    bool tracked; /* v1alpha1 submissionByUser: somebody else submits; see machine.h. Neither false
                     nor null, it counts, however little else can be read */
};

#define SPK_APP_HASH 17 /* 16 hexadecimal digits and a terminator */

struct spk_app {
    const json_t *object; /* borrowed; all slices point into it */
    json_t *spec;         /* owned: a v1alpha1 one has become v1beta2 */
    const json_t *metadata;
    const json_t *status_json;  /* may be NULL */
    struct spk_str api_version; /* as it is written in the object */
    struct spk_str name;
    struct spk_str ns;
    struct spk_str uid;
    struct spk_str resource_version;
    struct spk_str spark_version; /* spec.sparkVersion; absent in v1alpha1 */
    int64_t created_s;            /* creationTimestamp, seconds since 1970; 0 without */
    bool deleting;                /* has a deletionTimestamp */
    bool ours;                    /* carries the marker */
    struct spk_str written_hash;  /* the annotation; absent: never means "changed" */
    char hash[SPK_APP_HASH];      /* of the spec as it is written in the object */
    struct spk_app_rules rules;
    struct spk_app_status status;
};

/**
 * spk_app_read() - read an object of either version
 * @out: to be released with spk_app_done()
 * @object: must live as long as @out
 *
 * Reads what every step needs; spk_submission_make() judges the rest of the spec.
 *
 * Errors: SPK_EPARSE, SPK_EINVALID with the field's path; @out then has metadata as far as it could
 *         be read and must be released all the same; SPK_ENOMEM
 */
int spk_app_read(struct spk_app *out, const json_t *object, struct spk_err *err)
    __attribute__((warn_unused_result));

/* A zeroed one is fine. */
void spk_app_done(struct spk_app *app);

/**
 * spk_app_spec_hash() - a fingerprint of what a run is made of
 *
 * Of all members of @spec but `suspend` and `timeToLiveSeconds`, whatever their order; null is
 * absent, 1.0 is 1. Taken of the spec as the user wrote it, before any conversion or default of
 * ours: a newer version of this program must not rerun what an older one has run.
 */
void spk_app_spec_hash(char out[SPK_APP_HASH], const json_t *spec);

/**
 * spk_app_convert_v1alpha1() - a spec of January 2018 in the shape of v1beta2
 * @out: a new reference; @spec is not changed
 *
 * Renamed: {driver,executor}ConigMaps (sic), also spelled right, {driver,executor}Secrets and
 * {driver,executor}EnvVars; deps.jarFiles; secretType HDFSDelegationToken. Cores were text: whole
 * ones become a number, others ("0.1", "500m") the request for processor time that they were.
 * submissionByUser is not in @out. What is not known is passed on.
 *
 * Errors: SPK_EPARSE, SPK_EINVALID with the field's path; SPK_ENOMEM
 */
int spk_app_convert_v1alpha1(json_t **out, const json_t *spec, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Of the run at hand, by its label SPK_APP_LABEL_SUBMISSION. Who submits for himself chooses that,
 * or has none: any is. */
bool spk_app_is_of_run(const struct spk_app *app, const char *submission_id);

/* The driver pod's name: spec.driver.podName, else sparkConf's spark.kubernetes.driver.pod.name,
 * else "<app>-driver". Errors: SPK_EINVALID unless a DNS-1123 subdomain. */
int spk_app_driver_name(char out[256], const struct spk_app *app, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
