#ifndef SPK_WEBHOOK_METRICS_H
#define SPK_WEBHOOK_METRICS_H
/*
 * What the server counts, and the page that shows it (Prometheus text format 0.0.4).
 *
 * Threads: counting and printing may be done from any.
 */

#include "spk/admission/decision.h"
#include "spk/base/buf.h"
#include "spk/cli/refusals.h"
#include "spk/net/httpd.h"
#include "spk/net/tls.h"
#include "webhook/certificates/managed.h"

#include <stdatomic.h>
#include <stdint.h>

/* Why a request got no decision: the transport's reasons, and ours, for struct spk_refusals. */
enum spk_refusal {
    SPK_REFUSAL_JSON = SPK_REJECTS, /* the body is not JSON */
    SPK_REFUSAL_REVIEW,             /* it is not an AdmissionReview, or not of a pod */
    SPK_REFUSAL_INTERNAL,           /* a fault of ours */
    SPK_REFUSALS
};

/* Of ours. */
const char *spk_refusal_text(unsigned refusal);

#define SPK_DURATION_BUCKETS 14

struct spk_metrics {
    atomic_uint_fast64_t reviews[SPK_ROLES][SPK_OUTCOMES];
    atomic_uint_fast64_t durations[SPK_DURATION_BUCKETS + 1]; /* the last: above all bounds */
    atomic_uint_fast64_t duration_ns;                         /* of all reviews */
    atomic_int_fast64_t last_review_ms;                       /* wall clock; 0: none yet */
    atomic_uint_fast64_t reloads;
    atomic_uint_fast64_t reload_failures;
    int64_t start_ms; /* wall clock */
};

void spk_metrics_review(struct spk_metrics *metrics, enum spk_role role, enum spk_outcome outcome,
                        int64_t duration_ns);

/* What is known elsewhere at the moment of printing. */
struct spk_metrics_now {
    struct spk_refusals *refusals;
    struct spk_httpd_counts https;
    struct spk_tls_counts tls;
    int64_t not_after_s;
    const struct spk_managed_status *managed; /* NULL: certificates are not managed */
};

/* Appends the page. Errors: those of spk_buf_add(). */
int spk_metrics_print(struct spk_buf *out, struct spk_metrics *metrics,
                      const struct spk_metrics_now *now, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
