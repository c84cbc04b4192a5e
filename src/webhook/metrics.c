#include "webhook/metrics.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/cli/page.h"

#include <inttypes.h>

/* Upper bounds, and as Prometheus reads them. */
static const struct {
    int64_t ns;
    const char *le;
} buckets[] = {
    {50000, "5e-05"},    {100000, "0.0001"},  {250000, "0.00025"}, {500000, "0.0005"},
    {1000000, "0.001"},  {2500000, "0.0025"}, {5000000, "0.005"},  {10000000, "0.01"},
    {25000000, "0.025"}, {50000000, "0.05"},  {100000000, "0.1"},  {250000000, "0.25"},
    {500000000, "0.5"},  {1000000000, "1"},
};
_Static_assert(SPK_LEN(buckets) == SPK_DURATION_BUCKETS, "one counter per bucket");

const char *spk_refusal_text(unsigned refusal)
{
    switch (refusal) {
    case SPK_REFUSAL_JSON:
        return "json";
    case SPK_REFUSAL_REVIEW:
        return "review";
    default:
        return "internal";
    }
}

void spk_metrics_review(struct spk_metrics *metrics, enum spk_role role, enum spk_outcome outcome,
                        int64_t duration_ns)
{
    size_t i = 0;

    while (i < SPK_LEN(buckets) && duration_ns > buckets[i].ns)
        i++;
    atomic_store_explicit(&metrics->last_review_ms, spk_clock_wall_ms(), memory_order_relaxed);
    spk_counter_add(&metrics->durations[i], 1);
    spk_counter_add(&metrics->reviews[role][outcome], 1);
    spk_counter_add(&metrics->duration_ns, (uint64_t)duration_ns);
}

static void print_reviews(struct spk_page *page, struct spk_metrics *metrics)
{
    const char *name = "spark_webhook_reviews_total";

    spk_page_head(page, name, "counter", "Reviews by the pod's role and what was decided.");
    for (unsigned role = 0; role < SPK_ROLES; role++) {
        for (unsigned outcome = 0; outcome < SPK_OUTCOMES; outcome++) {
            spk_page_put(page, "%s{role=\"%s\",outcome=\"%s\"} %" PRIu64 "\n", name,
                         spk_role_text((enum spk_role)role),
                         spk_outcome_text((enum spk_outcome)outcome),
                         spk_counter_read(&metrics->reviews[role][outcome]));
        }
    }
}

static void print_last(struct spk_page *page, const struct spk_metrics *metrics)
{
    const char *name = "spark_webhook_last_review_timestamp_seconds";
    int64_t ms = atomic_load_explicit(&metrics->last_review_ms, memory_order_relaxed);

    spk_page_head(page, name, "gauge",
                  "When the last review was decided, in seconds since 1970; 0: none.");
    spk_page_put(page, "%s %" PRId64 ".%03" PRId64 "\n", name, ms / 1000, ms % 1000);
}

/* Count and buckets come from the same reads, so that they always agree. */
static void print_durations(struct spk_page *page, struct spk_metrics *metrics)
{
    const char *name = "spark_webhook_review_duration_seconds";
    uint64_t sum = 0;

    spk_page_head(page, name, "histogram", "From a complete request to its answer's bytes.");
    for (size_t i = 0; i < SPK_LEN(buckets); i++) {
        sum += spk_counter_read(&metrics->durations[i]);
        spk_page_put(page, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", name, buckets[i].le, sum);
    }
    sum += spk_counter_read(&metrics->durations[SPK_LEN(buckets)]);
    spk_page_put(page, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, sum);
    spk_page_seconds(page, name, "_sum", (int64_t)spk_counter_read(&metrics->duration_ns));
    spk_page_put(page, "%s_count %" PRIu64 "\n", name, sum);
}

static void print_refusals(struct spk_page *page, struct spk_refusals *refusals)
{
    const char *name = "spark_webhook_requests_rejected_total";

    spk_page_head(page, name, "counter",
                  "Requests without a decision and connections ended, on both ports, by reason.");
    for (unsigned i = 0; i < SPK_REFUSALS; i++)
        spk_page_put(page, "%s{reason=\"%s\"} %" PRIu64 "\n", name, spk_refusals_text(refusals, i),
                     spk_counter_read(&refusals->counts[i]));
}

static void print_connections(struct spk_page *page, const struct spk_metrics_now *now)
{
    spk_page_number(page, "spark_webhook_requests_in_flight", "gauge",
                    "HTTPS requests whose header is complete and that are not answered yet.",
                    now->https.in_flight);
    spk_page_number(page, "spark_webhook_connections", "gauge", "Open HTTPS connections.",
                    now->https.connections);
    spk_page_number(page, "spark_webhook_connections_accepted_total", "counter",
                    "HTTPS connections accepted so far.", (int64_t)now->https.accepted);
    spk_page_number(page, "spark_webhook_tls_handshakes_total", "counter",
                    "TLS handshakes completed.", (int64_t)now->tls.handshakes);
    spk_page_number(page, "spark_webhook_tls_handshake_failures_total", "counter",
                    "TLS handshakes that were not completed.", (int64_t)now->tls.failures);
}

static void print_managed(struct spk_page *page, const struct spk_managed_status *managed)
{
    spk_page_number(page, "spark_webhook_ca_expiry_timestamp_seconds", "gauge",
                    "When the managed CA expires, in seconds since 1970.", managed->ca_until_s);
    spk_page_number(page, "spark_webhook_certificate_in_sight", "gauge",
                    "1 while the Secret and the webhook configuration are being watched.",
                    managed->in_sight);
    spk_page_number(page, "spark_webhook_certificate_secret_writes_total", "counter",
                    "Times that this replica wrote the Secret of the certificates.",
                    (int64_t)managed->secrets);
    spk_page_number(page, "spark_webhook_ca_bundle_writes_total", "counter",
                    "Times that this replica wrote caBundle, which it does twice for a change.",
                    (int64_t)managed->bundles);
    spk_page_number(page, "spark_webhook_certificate_failures_total", "counter",
                    "Times that either failed and is tried again.", (int64_t)managed->failures);
}

static void print_certificate(struct spk_page *page, struct spk_metrics *metrics,
                              const struct spk_metrics_now *now)
{
    const char *name = "spark_webhook_certificate_reloads_total";
    uint64_t reloads = spk_counter_read(&metrics->reloads);

    if (now->managed)
        reloads = now->managed->shown > 1 ? now->managed->shown - 1 : 0;
    spk_page_number(page, "spark_webhook_certificate_expiry_timestamp_seconds", "gauge",
                    "When the server's certificate expires, in seconds since 1970.",
                    now->not_after_s);
    spk_page_head(page, name, "counter",
                  "Certificates that appeared after the start, and were or were not usable.");
    spk_page_put(page, "%s{result=\"success\"} %" PRIu64 "\n", name, reloads);
    spk_page_put(page, "%s{result=\"failure\"} %" PRIu64 "\n", name,
                 spk_counter_read(&metrics->reload_failures));
    if (now->managed)
        print_managed(page, now->managed);
}

int spk_metrics_print(struct spk_buf *out, struct spk_metrics *metrics,
                      const struct spk_metrics_now *now, struct spk_err *err)
{
    struct spk_page page = {.buf = out, .err = err};

    print_reviews(&page, metrics);
    print_last(&page, metrics);
    print_durations(&page, metrics);
    print_refusals(&page, now->refusals);
    print_connections(&page, now);
    print_certificate(&page, metrics, now);
    spk_page_process(&page, "spark_webhook", SPK_VERSION, metrics->start_ms);
    return page.rc;
}
