#ifndef SPK_CONTROLLER_METRICS_H
#define SPK_CONTROLLER_METRICS_H
/*
 * What the controller counts, and the page that shows it (Prometheus text format 0.0.4): the nine
 * series of 2018 by their names, with a prefix and with labels of the applications, and those of
 * the controller itself.
 *
 * Counters count what happens before our eyes: a transition that was stored. An application that
 * is found in a state after a start counts nothing.
 *
 * Label values are an application's: above SPK_METRICS_ROWS combinations, all new ones are counted
 * together, with every label "(other)". An application without the label has "Unknown", as the
 * peer's users know it.
 *
 * Threads: counting and printing may be done from any.
 */

#include "spk/base/buf.h"
#include "spk/cli/page.h"
#include "spk/cli/refusals.h"

#include "controller/engine.h"

#include <pthread.h>

#define SPK_METRICS_ROWS 256

/* A page with all rows has 400 KB. */
#define SPK_METRICS_MAX ((size_t)2 * 1024 * 1024)

/* "{a=\"x\",b=\"y\"}", or "". Longer ones are counted as "(other)". */
#define SPK_METRICS_LABELS_SIZE 1024

/* Upper bounds; the last counter is for what is above all of them. */
#define SPK_HISTOGRAM_BUCKETS 12

struct spk_histogram {
    uint64_t counts[SPK_HISTOGRAM_BUCKETS + 1];
    int64_t sum_ms;
};

/* The applications with one combination of labels. */
struct spk_metrics_row {
    char labels[SPK_METRICS_LABELS_SIZE];
    uint64_t submitted;
    uint64_t succeeded;
    uint64_t failed;
    int64_t running;
    int64_t success_s; /* time that it took, in sum */
    int64_t failure_s;
    uint64_t executors_succeeded;
    uint64_t executors_failed;
    int64_t executors_running;
};

struct spk_app_metrics {
    const char *prefix;        /* borrowed; NULL: none */
    const char *const *labels; /* borrowed: names of labels, or "namespace" */
    size_t label_count;
    int64_t start_ms; /* wall clock */
    pthread_mutex_t lock;
    struct spk_metrics_row *rows; /* owned; SPK_METRICS_ROWS and one for the others */
    size_t row_count;
    uint64_t failed_submissions;
    uint64_t runs[2];                      /* of spark-submit: that failed, that went well */
    struct spk_histogram wait, run;        /* for its turn, and of spark-submit itself */
    struct spk_histogram submitted, begun; /* since the application was made */
};

/* @prefix and @labels are borrowed until spk_app_metrics_done(). SPK_ENOMEM. */
int spk_app_metrics_init(struct spk_app_metrics *out, const char *prefix, const char *const *labels,
                         size_t label_count, struct spk_err *err)
    __attribute__((warn_unused_result));
void spk_app_metrics_done(struct spk_app_metrics *metrics);

/* For struct spk_engine_options. */
void spk_app_metrics_transition(struct spk_app_metrics *metrics,
                                const struct spk_engine_transition *transition);
void spk_app_metrics_executor(struct spk_app_metrics *metrics,
                              const struct spk_engine_executor *executor);
void spk_app_metrics_submission(struct spk_app_metrics *metrics, bool good, int64_t waited_ms,
                                int64_t took_ms);

/* Appends the page. @kube: whose calls are told; may be NULL. Errors: those of spk_buf_add(). */
int spk_app_metrics_print(struct spk_buf *out, struct spk_app_metrics *metrics,
                          const struct spk_engine_counts *counts, struct spk_refusals *refusals,
                          struct spk_kube *kube, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
