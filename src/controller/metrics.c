#include "controller/metrics.h"

#include "spk/base/clock.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char other[] = "(other)";
static const char unknown[] = "Unknown";

/* Upper bounds in milliseconds, ascending: the peer's, for what it has; what is not used is 0. */
static const int64_t short_bounds[SPK_HISTOGRAM_BUCKETS] = {500,   1000,  2000,  4000,   8000,
                                                            16000, 32000, 64000, 128000, 256000};
static const int64_t long_bounds[SPK_HISTOGRAM_BUCKETS] = {30000,  60000,  90000,  120000, 150000,
                                                           180000, 210000, 240000, 270000, 300000};

int spk_app_metrics_init(struct spk_app_metrics *out, const char *prefix, const char *const *labels,
                         size_t label_count, struct spk_err *err)
{
    struct spk_metrics_row *rows = calloc(SPK_METRICS_ROWS + 1, sizeof(*rows));

    if (!rows)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    *out = (struct spk_app_metrics){
        .prefix = prefix ? prefix : "",
        .labels = labels,
        .label_count = label_count,
        .start_ms = spk_clock_wall_ms(),
        .rows = rows,
        .row_count = label_count ? 0 : 1, /* without labels the one row is there from the start */
    };
    (void)pthread_mutex_init(&out->lock, NULL);
    return 0;
}

void spk_app_metrics_done(struct spk_app_metrics *metrics)
{
    if (!metrics->rows)
        return;
    free(metrics->rows);
    metrics->rows = NULL;
    (void)pthread_mutex_destroy(&metrics->lock);
}

/* A run of text that is being put together in a fixed place; what does not fit says so. */
struct run {
    char *text;
    size_t size;
    size_t len;
    bool full;
};

static void put_char(struct run *run, char c)
{
    if (run->len + 1 >= run->size) {
        run->full = true;
        return;
    }
    run->text[run->len++] = c;
    run->text[run->len] = '\0';
}

/* A label's name as Prometheus has it: what it does not allow becomes '_'. */
static void put_name(struct run *run, const char *name)
{
    for (; *name; name++)
        put_char(run, isalnum((unsigned char)*name) ? *name : '_');
}

static void put_value(struct run *run, const char *value)
{
    put_char(run, '"');
    for (; *value; value++) {
        if (*value == '"' || *value == '\\' || *value == '\n')
            put_char(run, '\\');
        put_char(run, (char)(*value == '\n' ? 'n' : *value));
    }
    put_char(run, '"');
}

static const char *value_of(const char *name, const json_t *labels, const char *ns)
{
    const char *value =
        strcmp(name, "namespace") == 0 ? ns : json_string_value(json_object_get(labels, name));

    return value && *value ? value : unknown;
}

/* @fixed: the value of all labels, or NULL. False when it is too long. */
static bool print_labels(char out[SPK_METRICS_LABELS_SIZE], const struct spk_app_metrics *metrics,
                         const json_t *labels, const char *ns, const char *fixed)
{
    struct run run = {.text = out, .size = SPK_METRICS_LABELS_SIZE};

    *out = '\0';
    for (size_t i = 0; i < metrics->label_count; i++) {
        put_char(&run, i ? ',' : '{');
        put_name(&run, metrics->labels[i]);
        put_char(&run, '=');
        put_value(&run, fixed ? fixed : value_of(metrics->labels[i], labels, ns));
    }
    if (metrics->label_count)
        put_char(&run, '}');
    return !run.full;
}

/* With the lock held. */
static struct spk_metrics_row *row_of(struct spk_app_metrics *metrics, const json_t *labels,
                                      const char *ns)
{
    char text[SPK_METRICS_LABELS_SIZE];
    bool fits = print_labels(text, metrics, labels, ns, NULL);
    struct spk_metrics_row *row = &metrics->rows[SPK_METRICS_ROWS];

    for (size_t i = 0; i < metrics->row_count && fits; i++) {
        if (strcmp(metrics->rows[i].labels, text) == 0)
            return &metrics->rows[i];
    }
    if (fits && metrics->row_count < SPK_METRICS_ROWS)
        row = &metrics->rows[metrics->row_count++];
    else
        (void)print_labels(text, metrics, labels, ns, other);
    memcpy(row->labels, text, sizeof(text));
    return row;
}

static void observe(struct spk_histogram *histogram, const int64_t *bounds, int64_t ms)
{
    size_t i = 0;

    ms = ms < 0 ? 0 : ms; /* clocks of two machines */
    while (i < SPK_HISTOGRAM_BUCKETS && bounds[i] && ms > bounds[i])
        i++;
    histogram->counts[i]++;
    histogram->sum_ms += ms;
}

/* Those that ran before our time leave without having come. */
static void leave(int64_t *running)
{
    if (*running > 0)
        (*running)--;
}

static void ended(struct spk_metrics_row *row, const struct spk_engine_transition *transition)
{
    int64_t ran_s = transition->ran_s > 0 ? transition->ran_s : 0;

    if (transition->to == SPK_APP_COMPLETED) {
        row->succeeded++;
        row->success_s += ran_s;
    } else {
        row->failed++;
        row->failure_s += ran_s;
    }
}

void spk_app_metrics_transition(struct spk_app_metrics *metrics,
                                const struct spk_engine_transition *transition)
{
    struct spk_metrics_row *row;

    if (transition->from == transition->to)
        return;
    (void)pthread_mutex_lock(&metrics->lock);
    row = row_of(metrics, transition->labels, transition->ns);
    if (transition->to == SPK_APP_SUBMITTED) {
        row->submitted++;
        if (transition->first)
            observe(&metrics->submitted, short_bounds, transition->since_made_s * 1000);
    }
    if (transition->to == SPK_APP_SUBMISSION_FAILED)
        metrics->failed_submissions++;
    if (transition->to == SPK_APP_RUNNING) {
        row->running++;
        if (transition->first)
            observe(&metrics->begun, long_bounds, transition->since_made_s * 1000);
    }
    if (transition->from == SPK_APP_RUNNING)
        leave(&row->running);
    if (transition->to == SPK_APP_COMPLETED || transition->to == SPK_APP_FAILED)
        ended(row, transition);
    (void)pthread_mutex_unlock(&metrics->lock);
}

void spk_app_metrics_executor(struct spk_app_metrics *metrics,
                              const struct spk_engine_executor *executor)
{
    struct spk_metrics_row *row;

    if (executor->from == executor->to)
        return;
    (void)pthread_mutex_lock(&metrics->lock);
    row = row_of(metrics, executor->labels, executor->ns);
    if (executor->to == SPK_POD_RUNNING)
        row->executors_running++;
    if (executor->from == SPK_POD_RUNNING)
        leave(&row->executors_running);
    if (executor->to == SPK_POD_COMPLETED)
        row->executors_succeeded++;
    if (executor->to == SPK_POD_FAILED)
        row->executors_failed++;
    (void)pthread_mutex_unlock(&metrics->lock);
}

void spk_app_metrics_submission(struct spk_app_metrics *metrics, bool good, int64_t waited_ms,
                                int64_t took_ms)
{
    (void)pthread_mutex_lock(&metrics->lock);
    metrics->runs[good]++;
    observe(&metrics->wait, short_bounds, waited_ms);
    observe(&metrics->run, short_bounds, took_ms);
    (void)pthread_mutex_unlock(&metrics->lock);
}

/* --- the page --- */

enum unit { UNIT_COUNT, UNIT_GAUGE, UNIT_MICROSECONDS };

/* The nine: where each is in a row. Of times the sum, with the count beside it. */
static const struct {
    const char *name;
    const char *help;
    size_t offset;
    size_t count_offset;
    enum unit unit;
} families[] = {
#define AT(member) offsetof(struct spk_metrics_row, member)
    {"spark_app_submit_count", "Submissions that brought about a driver.", AT(submitted), 0,
     UNIT_COUNT},
    {"spark_app_success_count", "Applications that completed.", AT(succeeded), 0, UNIT_COUNT},
    {"spark_app_failure_count", "Applications that failed for good.", AT(failed), 0, UNIT_COUNT},
    {"spark_app_running_count", "Applications that run, of those seen to begin.", AT(running), 0,
     UNIT_GAUGE},
    {"spark_app_success_execution_time_microseconds",
     "From the last submission to the end, of applications that completed.", AT(success_s),
     AT(succeeded), UNIT_MICROSECONDS},
    {"spark_app_failure_execution_time_microseconds",
     "From the last submission to the end, of applications that failed.", AT(failure_s), AT(failed),
     UNIT_MICROSECONDS},
    {"spark_app_executor_success_count", "Executors that completed.", AT(executors_succeeded), 0,
     UNIT_COUNT},
    {"spark_app_executor_failure_count", "Executors that failed.", AT(executors_failed), 0,
     UNIT_COUNT},
    {"spark_app_executor_running_count", "Executors that run, of those seen to begin.",
     AT(executors_running), 0, UNIT_GAUGE},
#undef AT
};

static int64_t member(const struct spk_metrics_row *row, size_t offset)
{
    int64_t value;

    memcpy(&value, (const char *)row + offset, sizeof(value));
    return value;
}

/* The name as it is shown: with the prefix, and '-' as '_'. */
static void full_name(char out[256], const struct spk_app_metrics *metrics, const char *name)
{
    (void)snprintf(out, 256, "%s%s", metrics->prefix, name);
    for (char *at = out; *at; at++)
        *at = (char)(*at == '-' ? '_' : *at);
}

static void print_family(struct spk_page *page, const struct spk_app_metrics *metrics, size_t f)
{
    static const char *const types[] = {"counter", "gauge", "summary"};
    char name[256];

    full_name(name, metrics, families[f].name);
    spk_page_head(page, name, types[families[f].unit], families[f].help);
    for (size_t i = 0; i <= SPK_METRICS_ROWS; i++) {
        const struct spk_metrics_row *row = &metrics->rows[i];
        long long value = (long long)member(row, families[f].offset);
        if (i >= metrics->row_count && (i < SPK_METRICS_ROWS || !*row->labels))
            continue;
        if (families[f].unit == UNIT_MICROSECONDS) {
            spk_page_put(page, "%s_sum%s %lld\n%s_count%s %lld\n", name, row->labels,
                         value * 1000000, name, row->labels,
                         (long long)member(row, families[f].count_offset));
        } else {
            spk_page_put(page, "%s%s %lld\n", name, row->labels, value);
        }
    }
}

static void print_histogram(struct spk_page *page, const char *name, const char *help,
                            const struct spk_histogram *histogram, const int64_t *bounds)
{
    uint64_t sum = 0;
    size_t i = 0;

    spk_page_head(page, name, "histogram", help);
    for (; i < SPK_HISTOGRAM_BUCKETS && bounds[i]; i++) {
        sum += histogram->counts[i];
        spk_page_put(page, "%s_bucket{le=\"%g\"} %llu\n", name, (double)bounds[i] / 1000,
                     (unsigned long long)sum);
    }
    sum += histogram->counts[i];
    spk_page_put(page, "%s_bucket{le=\"+Inf\"} %llu\n", name, (unsigned long long)sum);
    spk_page_seconds(page, name, "_sum", histogram->sum_ms * 1000000);
    spk_page_put(page, "%s_count %llu\n", name, (unsigned long long)sum);
}

static void print_apps(struct spk_page *page, const struct spk_app_metrics *metrics)
{
    char name[256];

    for (size_t f = 0; f < sizeof(families) / sizeof(*families); f++)
        print_family(page, metrics, f);
    full_name(name, metrics, "spark_app_failed_submission_count");
    spk_page_number(page, name, "counter", "Submissions that Spark or the cluster refused.",
                    (int64_t)metrics->failed_submissions);
    full_name(name, metrics, "spark_app_submit_latency_seconds");
    print_histogram(page, name, "From an application's creation to its first submission.",
                    &metrics->submitted, short_bounds);
    full_name(name, metrics, "spark_app_start_latency_seconds");
    print_histogram(page, name, "From an application's creation to its first run.", &metrics->begun,
                    long_bounds);
}

static void print_submissions(struct spk_page *page, const struct spk_app_metrics *metrics)
{
    const char *name = "spark_controller_submissions_total";

    spk_page_head(page, name, "counter", "Children that have ended.");
    spk_page_put(page, "%s{result=\"failure\"} %llu\n%s{result=\"success\"} %llu\n", name,
                 (unsigned long long)metrics->runs[0], name, (unsigned long long)metrics->runs[1]);
    print_histogram(page, "spark_controller_submission_wait_seconds",
                    "How long submissions waited for their turn.", &metrics->wait, short_bounds);
    print_histogram(page, "spark_controller_submission_duration_seconds",
                    "How long spark-submit took.", &metrics->run, short_bounds);
}

static void print_lane(struct spk_page *page, const char *name, const char *type, const char *help,
                       int64_t status, int64_t submission)
{
    spk_page_head(page, name, type, help);
    spk_page_put(page, "%s{lane=\"status\"} %lld\n%s{lane=\"submission\"} %lld\n", name,
                 (long long)status, name, (long long)submission);
}

static void print_lanes(struct spk_page *page, const struct spk_queue_counts *status,
                        const struct spk_queue_counts *submission)
{
    print_lane(page, "spark_controller_queue_depth", "gauge", "Applications that wait.",
               (int64_t)status->depth, (int64_t)submission->depth);
    print_lane(page, "spark_controller_queue_delayed", "gauge", "Applications with an appointment.",
               (int64_t)status->delayed, (int64_t)submission->delayed);
    print_lane(page, "spark_controller_queue_at_work", "gauge", "Applications with a worker.",
               (int64_t)status->taken, (int64_t)submission->taken);
    print_lane(page, "spark_controller_queue_adds_total", "counter", "Times one was queued.",
               status->added, submission->added);
    print_lane(page, "spark_controller_queue_retries_total", "counter",
               "Times one was queued again after a failure.", status->retried, submission->retried);
    print_lane(page, "spark_controller_queue_oldest_seconds", "gauge",
               "How long the first one has waited.", status->oldest_ms / 1000,
               submission->oldest_ms / 1000);
}

static void print_states(struct spk_page *page, const struct spk_engine_counts *counts)
{
    const char *name = "spark_controller_applications";

    spk_page_head(page, name, "gauge", "Applications by state, NEW being the empty one.");
    for (unsigned i = 0; i < SPK_APP_STATES; i++) {
        const char *state = spk_app_state_text((enum spk_app_state)i);
        spk_page_put(page, "%s{state=\"%s\"} %zu\n", name, *state ? state : "NEW",
                     counts->applications.by_state[i]);
    }
}

static void print_engine(struct spk_page *page, const struct spk_engine_counts *counts)
{
    spk_page_number(page, "spark_controller_leader", "gauge", "1 while this process may write.",
                    counts->leading);
    spk_page_number(page, "spark_controller_caches_filled", "gauge",
                    "1 once all applications and pods have been listed.", counts->filled);
    print_lanes(page, &counts->status_lane, &counts->submission_lane);
    print_states(page, counts);
    spk_page_number(page, "spark_controller_applications_left_alone", "gauge",
                    "Applications that are another operator's.",
                    (int64_t)counts->applications.left_alone);
    spk_page_number(page, "spark_controller_cached_applications", "gauge",
                    "Applications in the cache.", (int64_t)counts->store.apps);
    spk_page_number(page, "spark_controller_cached_pods", "gauge", "Pods in the cache.",
                    (int64_t)counts->store.pods);
    spk_page_number(page, "spark_controller_cached_bytes", "gauge", "What both take.",
                    (int64_t)counts->store.bytes);
    spk_page_number(page, "spark_controller_objects_unread_total", "counter",
                    "Objects that could not be read and were passed over, each time.",
                    (int64_t)counts->store.unread);
    spk_page_number(page, "spark_controller_events_sent_total", "counter", "Events sent.",
                    counts->events.sent);
    spk_page_number(page, "spark_controller_events_dropped_total", "counter",
                    "Events that could not be sent, or were too many.", counts->events.dropped);
}

/* A page to which the first call adds the family's head. */
struct calls {
    struct spk_page *page;
    bool begun;
};

static void print_call(void *ctx, const char *method, int status, uint64_t count)
{
    const char *name = "spark_controller_api_calls_total";
    struct calls *calls = ctx;
    char code[16] = "none";

    if (!calls->begun) {
        spk_page_head(calls->page, name, "counter",
                      "Calls of the API server by method and status; none: no answer came.");
    }
    calls->begun = true;
    if (status)
        (void)snprintf(code, sizeof(code), "%d", status);
    spk_page_put(calls->page, "%s{method=\"%s\",code=\"%s\"} %llu\n", name, method, code,
                 (unsigned long long)count);
}

static void print_calls(struct spk_page *page, struct spk_kube *kube)
{
    struct calls calls = {.page = page};

    if (kube)
        spk_kube_each_count(kube, &calls, print_call);
}

static void print_refusals(struct spk_page *page, struct spk_refusals *refusals)
{
    const char *name = "spark_controller_requests_rejected_total";

    spk_page_head(page, name, "counter",
                  "Requests of the health port without an answer of theirs.");
    for (unsigned i = 0; i < SPK_REJECTS; i++)
        spk_page_put(page, "%s{reason=\"%s\"} %llu\n", name, spk_refusals_text(refusals, i),
                     (unsigned long long)spk_counter_read(&refusals->counts[i]));
}

int spk_app_metrics_print(struct spk_buf *out, struct spk_app_metrics *metrics,
                          const struct spk_engine_counts *counts, struct spk_refusals *refusals,
                          struct spk_kube *kube, struct spk_err *err)
{
    struct spk_page page = {.buf = out, .err = err};

    (void)pthread_mutex_lock(&metrics->lock);
    if (!metrics->label_count) /* the caches know better than what was seen to change */
        metrics->rows[0].running = (int64_t)counts->applications.by_state[SPK_APP_RUNNING];
    print_apps(&page, metrics);
    print_submissions(&page, metrics);
    (void)pthread_mutex_unlock(&metrics->lock);
    print_engine(&page, counts);
    print_calls(&page, kube);
    print_refusals(&page, refusals);
    spk_page_process(&page, "spark_controller", SPK_VERSION, metrics->start_ms);
    return page.rc;
}
