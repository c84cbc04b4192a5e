#include "webhook/metrics.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "webhook/process.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Upper bounds, and as Prometheus reads them. */
static const struct {
    int64_t ns;
    const char *le;
} buckets[] = {
    {50000,      "5e-05"  },
    {100000,     "0.0001" },
    {250000,     "0.00025"},
    {500000,     "0.0005" },
    {1000000,    "0.001"  },
    {2500000,    "0.0025" },
    {5000000,    "0.005"  },
    {10000000,   "0.01"   },
    {25000000,   "0.025"  },
    {50000000,   "0.05"   },
    {100000000,  "0.1"    },
    {250000000,  "0.25"   },
    {500000000,  "0.5"    },
    {1000000000, "1"      },
};
_Static_assert(SPK_LEN(buckets) == SPK_DURATION_BUCKETS, "one counter per bucket");

const char *spk_refusal_text(unsigned refusal)
{
    switch (refusal) {
    case SPK_REFUSAL_JSON:
        return "json";
    case SPK_REFUSAL_REVIEW:
        return "review";
    case SPK_REFUSAL_INTERNAL:
        return "internal";
    default:
        return spk_httpd_reject_text((enum spk_httpd_reject)refusal);
    }
}

void spk_metrics_review(struct spk_metrics *metrics, enum spk_role role, enum spk_outcome outcome,
                        int64_t duration_ns)
{
    size_t i = 0;

    while (i < SPK_LEN(buckets) && duration_ns > buckets[i].ns)
        i++;
    atomic_store_explicit(&metrics->last_review_ms, spk_clock_wall_ms(), memory_order_relaxed);
    spk_metrics_add(&metrics->durations[i]);
    spk_metrics_add(&metrics->reviews[role][outcome]);
    (void)atomic_fetch_add_explicit(&metrics->duration_ns, (uint64_t)duration_ns,
                                    memory_order_relaxed);
}

/* The page, and whether a line of it has failed. */
struct page {
    struct spk_buf *buf;
    struct spk_err *err;
    int rc;
};

__attribute__((format(printf, 2, 3))) static void put(struct page *page, const char *fmt, ...)
{
    char line[256];
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    if (page->rc)
        return;
    if (len < 0 || (size_t)len >= sizeof(line))
        page->rc = spk_fail(page->err, SPK_EINTERNAL, "metrics: a line of %d bytes", len);
    else
        page->rc = spk_buf_add(page->buf, line, (size_t)len, page->err);
}

static void head(struct page *page, const char *name, const char *type, const char *help)
{
    put(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void number(struct page *page, const char *name, const char *type, const char *help,
                   int64_t value)
{
    head(page, name, type, help);
    put(page, "%s %" PRId64 "\n", name, value);
}

static void seconds(struct page *page, const char *name, const char *labels, int64_t ns)
{
    put(page, "%s%s %" PRId64 ".%09" PRId64 "\n", name, labels, ns / 1000000000, ns % 1000000000);
}

static uint64_t read_counter(atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void print_reviews(struct page *page, struct spk_metrics *metrics)
{
    const char *name = "spark_webhook_reviews_total";

    head(page, name, "counter", "Reviews by the pod's role and what was decided.");
    for (unsigned role = 0; role < SPK_ROLES; role++) {
        for (unsigned outcome = 0; outcome < SPK_OUTCOMES; outcome++) {
            put(page, "%s{role=\"%s\",outcome=\"%s\"} %" PRIu64 "\n", name,
                spk_role_text((enum spk_role)role), spk_outcome_text((enum spk_outcome)outcome),
                read_counter(&metrics->reviews[role][outcome]));
        }
    }
}

static void print_last(struct page *page, const struct spk_metrics *metrics)
{
    const char *name = "spark_webhook_last_review_timestamp_seconds";
    int64_t ms = atomic_load_explicit(&metrics->last_review_ms, memory_order_relaxed);

    head(page, name, "gauge", "When the last review was decided, in seconds since 1970; 0: none.");
    put(page, "%s %" PRId64 ".%03" PRId64 "\n", name, ms / 1000, ms % 1000);
}

/* Count and buckets come from the same reads, so that they always agree. */
static void print_durations(struct page *page, struct spk_metrics *metrics)
{
    const char *name = "spark_webhook_review_duration_seconds";
    uint64_t sum = 0;

    head(page, name, "histogram", "From a complete request to its answer's bytes.");
    for (size_t i = 0; i < SPK_LEN(buckets); i++) {
        sum += read_counter(&metrics->durations[i]);
        put(page, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", name, buckets[i].le, sum);
    }
    sum += read_counter(&metrics->durations[SPK_LEN(buckets)]);
    put(page, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, sum);
    seconds(page, name, "_sum", (int64_t)read_counter(&metrics->duration_ns));
    put(page, "%s_count %" PRIu64 "\n", name, sum);
}

static void print_refusals(struct page *page, struct spk_metrics *metrics)
{
    const char *name = "spark_webhook_requests_rejected_total";

    head(page, name, "counter",
         "Requests without a decision and connections ended, on both ports, by reason.");
    for (unsigned i = 0; i < SPK_REFUSALS; i++)
        put(page, "%s{reason=\"%s\"} %" PRIu64 "\n", name, spk_refusal_text(i),
            read_counter(&metrics->refusals[i]));
}

static void print_connections(struct page *page, const struct spk_metrics_now *now)
{
    number(page, "spark_webhook_requests_in_flight", "gauge",
           "HTTPS requests whose header is complete and that are not answered yet.",
           now->https.in_flight);
    number(page, "spark_webhook_connections", "gauge", "Open HTTPS connections.",
           now->https.connections);
    number(page, "spark_webhook_connections_accepted_total", "counter",
           "HTTPS connections accepted so far.", (int64_t)now->https.accepted);
    number(page, "spark_webhook_tls_handshakes_total", "counter", "TLS handshakes completed.",
           (int64_t)now->tls.handshakes);
    number(page, "spark_webhook_tls_handshake_failures_total", "counter",
           "TLS handshakes that were not completed.", (int64_t)now->tls.failures);
}

static void print_managed(struct page *page, const struct spk_managed_status *managed)
{
    number(page, "spark_webhook_ca_expiry_timestamp_seconds", "gauge",
           "When the managed CA expires, in seconds since 1970.", managed->ca_until_s);
    number(page, "spark_webhook_certificate_in_sight", "gauge",
           "1 while the Secret and the webhook configuration are being watched.",
           managed->in_sight);
    number(page, "spark_webhook_certificate_secret_writes_total", "counter",
           "Times that this replica wrote the Secret of the certificates.",
           (int64_t)managed->secrets);
    number(page, "spark_webhook_ca_bundle_writes_total", "counter",
           "Times that this replica put caBundle right.", (int64_t)managed->bundles);
    number(page, "spark_webhook_certificate_failures_total", "counter",
           "Times that either failed and is tried again.", (int64_t)managed->failures);
}

static void print_certificate(struct page *page, struct spk_metrics *metrics,
                              const struct spk_metrics_now *now)
{
    const char *name = "spark_webhook_certificate_reloads_total";
    uint64_t reloads = read_counter(&metrics->reloads);

    if (now->managed)
        reloads = now->managed->shown > 1 ? now->managed->shown - 1 : 0;
    number(page, "spark_webhook_certificate_expiry_timestamp_seconds", "gauge",
           "When the server's certificate expires, in seconds since 1970.", now->not_after_s);
    head(page, name, "counter",
         "Certificates that appeared after the start, and were or were not usable.");
    put(page, "%s{result=\"success\"} %" PRIu64 "\n", name, reloads);
    put(page, "%s{result=\"failure\"} %" PRIu64 "\n", name,
        read_counter(&metrics->reload_failures));
    if (now->managed)
        print_managed(page, now->managed);
}

static void print_process(struct page *page, const struct spk_metrics *metrics)
{
    const char *start = "process_start_time_seconds";
    const char *cpu = "process_cpu_seconds_total";

    head(page, "spark_webhook_build_info", "gauge", "The program; the value is always 1.");
    put(page, "spark_webhook_build_info{version=\"%s\",compiler=\"%s\"} 1\n", SPK_VERSION,
        __VERSION__);
    head(page, start, "gauge", "When the process started, in seconds since 1970.");
    put(page, "%s %" PRId64 ".%03" PRId64 "\n", start, metrics->start_ms / 1000,
        metrics->start_ms % 1000);
    head(page, cpu, "counter", "Processor time, user and system.");
    seconds(page, cpu, "", spk_process_cpu_ns());
    number(page, "process_resident_memory_bytes", "gauge", "Resident memory.", spk_process_rss());
    number(page, "process_open_fds", "gauge", "Open descriptors.", spk_process_fds());
}

int spk_metrics_print(struct spk_buf *out, struct spk_metrics *metrics,
                      const struct spk_metrics_now *now, struct spk_err *err)
{
    struct page page = {.buf = out, .err = err};

    print_reviews(&page, metrics);
    print_last(&page, metrics);
    print_durations(&page, metrics);
    print_refusals(&page, metrics);
    print_connections(&page, now);
    print_certificate(&page, metrics, now);
    print_process(&page, metrics);
    return page.rc;
}
