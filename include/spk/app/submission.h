#ifndef SPK_APP_SUBMISSION_H
#define SPK_APP_SUBMISSION_H
/*
 * From a spec to what spark-submit is told: Spark properties, pod templates, and annotations for
 * the webhook. A native property where Spark has one; else a pod template (it holds without any
 * webhook); else the overlay annotation.
 *
 * A tenant writes the spec, and spark-submit runs with the controller's files and rights: what
 * would make it read a file or run code is refused (the table in submission_conf.c), or left to the
 * driver alone: packages, and files of storages that spark-submit would ask (submission_files.c).
 *
 * Source of the mapping: the peer's submission code, as its documentation has it; Spark's
 * running-on-kubernetes and configuration pages of 3.5 and 4.x.
 */

#include "spk/app/application.h"
#include "spk/base/err.h"
#include "spk/base/faults.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Told of each fault as it is found: "spec.driver.memory", "expected a string, found ...". */
typedef void spk_submission_fault_fn(void *arg, const char *path, const char *what);

struct spk_submission_options {
    const char *submission_id; /* status has it */
    const char *ui_proxy_base; /* spark.ui.proxyBase for an Ingress with a path; NULL without */
    bool webhook;              /* annotations will be honoured */
    spk_submission_fault_fn *fault; /* beside the error, which has no room for many; or NULL */
    void *fault_arg;
};

/* Something in the spec that is said to the user, and does not stop the run. */
struct spk_submission_note {
    char field[256];   /* "spec.driver.javaOptions" */
    char message[512]; /* what is done about it */
};

#define SPK_SUBMISSION_NOTES 32

struct spk_submission {
    json_t *properties;        /* name -> text, for the properties file; the last word is ours */
    json_t *driver_template;   /* a Pod; the driver's ownerReference is in it, and where there are
                                  packages or files of a storage, arguments for its container */
    json_t *executor_template; /* a Pod */
    json_t *arguments;         /* what follows on the command line: --class X, the file, its
                                  arguments: spark-submit has no property for them */
    json_t *config_maps;       /* ConfigMaps to be made first (monitoring): array of objects */
    bool needs_webhook;        /* pods without the webhook's stamp don't count */
    struct spk_submission_note notes[SPK_SUBMISSION_NOTES];
    size_t note_count;
    struct spk_faults faults; /* why it can't be run; none: it can */
};

/**
 * spk_submission_make() - translate
 * @out: to be released with spk_submission_done(), also on failure, when it has all faults that
 *       there is room for, and what is not acted on
 *
 * The templates' paths (spark.kubernetes.*.podTemplateFile), spark.master and what says how to
 * reach the cluster are added by the runner, which knows where they are.
 *
 * Errors: SPK_EINVALID: the faults, as many as an error holds, one a line; SPK_ENOMEM
 */
int spk_submission_make(struct spk_submission *out, const struct spk_app *app,
                        const struct spk_submission_options *options, struct spk_err *err)
    __attribute__((warn_unused_result));

void spk_submission_done(struct spk_submission *submission);

/* The type of the one condition that is ours. */
#define SPK_SUBMISSION_CONDITION "FieldsNotActedOn"

/**
 * spk_submission_condition() - the notes as an element of status.conditions
 * @out: a new reference: type SPK_SUBMISSION_CONDITION, status "True", the notes in its message,
 * cut at what Kubernetes allows one (32,768 bytes); NULL without notes
 * @now_s: lastTransitionTime
 */
int spk_submission_condition(json_t **out, const struct spk_submission *submission, int64_t now_s,
                             struct spk_err *err) __attribute__((warn_unused_result));

/* The same judgement without a run: what /validate refuses. @out: as above. */
int spk_submission_check(struct spk_submission *out, const struct spk_app *app, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
