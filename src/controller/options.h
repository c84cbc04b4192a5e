#ifndef SPK_CONTROLLER_OPTIONS_H
#define SPK_CONTROLLER_OPTIONS_H
/* What `spark-controller run` can be told. */

#include "spk/app/ui.h"
#include "spk/base/err.h"
#include "spk/base/limits.h"
#include "spk/cli/flags.h"

#include "controller/runner.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define SPK_METRICS_LABELS_MAX 8

struct spk_run_options {
    /* as told */
    const char *kubeconfig; /* NULL: see spk_kube_config_load() */
    const char *context;
    struct spk_flag_list namespace_lists;
    const char *label_selector; /* NULL: all */
    bool v1alpha1;
    int64_t controller_threads;
    int64_t submission_threads;
    int64_t submission_ms; /* of one spark-submit */
    int64_t resync_ms;
    struct spk_flag_list spark_homes;
    const char *work_folder; /* NULL: $TMPDIR, else /tmp */
    bool ui_service;
    int ui_service_type;
    const char *ingress_url_format; /* NULL: none */
    const char *ingress_class;
    const char *ingress_annotations_text;
    const char *ingress_tls_text;
    int64_t max_executors; /* in status */
    int64_t driver_waiting_ms;
    int64_t default_ttl_s; /* 0: none */
    bool leader_election;
    const char *lease_name;
    const char *lease_namespace; /* NULL: where this pod lives */
    int64_t lease_ms;
    int64_t renew_ms;
    int64_t retry_ms;
    const char *health_address;
    int64_t health_port; /* 0: the kernel picks one */
    const char *metrics_prefix;
    struct spk_flag_list metrics_label_lists;
    int log_format; /* enum spk_log_format */
    int log_level;  /* enum spk_log_level */

    /* as it means */
    const char *namespaces[SPK_NAMESPACES_MAX + 1]; /* NULL-terminated; none: all */
    size_t namespace_count;
    const char *metrics_labels[SPK_METRICS_LABELS_MAX];
    size_t metrics_label_count;
    struct spk_spark_home homes[SPK_SPARK_HOMES_MAX];
    size_t home_count;
    const char *ui_service_type_text;
    json_t *ingress_annotations; /* owned; NULL: none */
    json_t *ingress_tls;
    char *texts[2 * SPK_FLAG_LIST_MAX + SPK_SPARK_HOMES_MAX]; /* what the above point into, owned */
    size_t text_count;
};

/**
 * spk_run_options_parse() - read and check the arguments of `spark-controller run`
 * @out: points into @argv; to be released with spk_run_options_done(), also on failure
 * @spark_home: of the environment, in the absence of --spark-home; may be NULL
 * @err: SPK_EINVALID names the flag, what was found, what was expected and what to do
 *
 * Return: 0, 1 when --help was asked for, or -1
 */
int spk_run_options_parse(struct spk_run_options *out, int argc, char **argv,
                          const char *spark_home, struct spk_err *err)
    __attribute__((warn_unused_result));

/* What --label-selector expects instead of @text; NULL when it is one. */
const char *spk_selector_fault(struct spk_str text);

void spk_run_options_done(struct spk_run_options *options);

void spk_run_options_help(FILE *to);

#endif
