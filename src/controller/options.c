#include "controller/options.h"

#include "spk/app/ui.h"
#include "spk/base/cleanup.h"
#include "spk/json/walk.h"
#include "spk/k8s/name.h"
#include "spk/k8s/selector.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const service_types[] = {"ClusterIP", "NodePort", "LoadBalancer", NULL};

#define FIELD(member) offsetof(struct spk_run_options, member)
#define SECONDS       ((int64_t)1000)
#define MINUTE        (60 * SECONDS)
#define HOUR          (60 * MINUTE)

/* Some 80 bytes each, in an object of at most 1.5 MiB (etcd). */
#define SPK_TRACKED_EXECUTORS_MAX 10000

static const char *format_fault(struct spk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!isgraph((unsigned char)text.ptr[i]))
            return "a URL such as {{$appName}}.example.com/{{$appNamespace}}, without blanks";
    }
    return NULL;
}

static bool is_metric(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)text[i]) && !strchr("_:-", text[i]))
            return false;
    }
    return len < 128 && !isdigit((unsigned char)*text) && *text != '-';
}

static const char *prefix_fault(struct spk_str text)
{
    return is_metric(text.ptr, text.len)
               ? NULL
               : "letters, digits, '_', ':' or '-', a letter or '_' first, fewer than 128";
}

const char *spk_selector_fault(struct spk_str text)
{
    return spk_is_selector(text)
               ? NULL
               : "labels as kubectl -l has them, such as team=a,tier in (web,db),!old";
}

static const struct spk_flag flags[] = {
    {.heading = "Cluster",
     .name = "kubeconfig",
     .arg = "FILE",
     .help = "how to reach the API server, for this program and for spark-submit (default: "
             "$KUBECONFIG, else the pod's service account, else ~/.kube/config)",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(kubeconfig)},
    {.name = "context",
     .arg = "NAME",
     .help = "the context of the kubeconfig (default: its current one)",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(context)},
    {.heading = "Applications",
     .name = "namespaces",
     .arg = "NAME[,NAME...]",
     .help = "only applications of these namespaces, and permissions there are enough; may be "
             "repeated (default: all)",
     .type = SPK_FLAG_TEXTS,
     .offset = FIELD(namespace_lists)},
    {.name = "label-selector",
     .arg = "SELECTOR",
     .help = "only applications with these labels, as kubectl -l has it; what to give beside "
             "another operator (default: all)",
     .type = SPK_FLAG_TEXT,
     .fault = spk_selector_fault,
     .offset = FIELD(label_selector)},
    {.name = "v1alpha1",
     .help = "run applications of spark-operator.k8s.io/v1alpha1, too, the version of 2018",
     .type = SPK_FLAG_BOOL,
     .offset = FIELD(v1alpha1)},
    {.name = "default-time-to-live-seconds",
     .arg = "N",
     .fallback = "0",
     .help =
         "how long an application that has ended is kept if it does not say itself; 0: for ever",
     .type = SPK_FLAG_NUMBER,
     .max = INT32_MAX,
     .offset = FIELD(default_ttl_s)},
    {.name = "max-tracked-executor-per-app",
     .arg = "N",
     .fallback = "1000",
     .help = "executors that an application's status names; of the others it has the number",
     .type = SPK_FLAG_NUMBER,
     .max = SPK_TRACKED_EXECUTORS_MAX,
     .offset = FIELD(max_executors)},
    {.name = "driver-waiting-timeout",
     .arg = "TIME",
     .fallback = "5m",
     .help = "a driver that waits so long for an image, a configuration or a node that is gone "
             "has failed",
     .min = SECONDS,
     .max = 24 * HOUR,
     .type = SPK_FLAG_DURATION,
     .offset = FIELD(driver_waiting_ms)},
    {.name = "controller-threads",
     .arg = "N",
     .fallback = "10",
     .help = "applications whose state is looked after at a time",
     .type = SPK_FLAG_NUMBER,
     .min = 1,
     .max = 64,
     .offset = FIELD(controller_threads)},
    {.name = "resync-interval",
     .arg = "TIME",
     .fallback = "10m",
     .help = "how often every application is looked at though nothing has changed",
     .type = SPK_FLAG_DURATION,
     .min = SECONDS,
     .max = 24 * HOUR,
     .offset = FIELD(resync_ms)},
    {.heading = "Submission",
     .name = "spark-home",
     .arg = "[VERSION=]PATH",
     .help = "a Spark distribution whose bin/spark-submit is run; with VERSION (3.5, 4) for "
             "applications whose sparkVersion begins so, the longest counts; may be repeated "
             "(default: $SPARK_HOME)",
     .type = SPK_FLAG_TEXTS,
     .offset = FIELD(spark_homes)},
    {.name = "submission-threads",
     .arg = "N",
     .fallback = "3",
     .help = "spark-submits at a time; each takes about 300 MB while it runs",
     .type = SPK_FLAG_NUMBER,
     .min = 1,
     .max = 64,
     .offset = FIELD(submission_threads)},
    {.name = "submission-timeout",
     .arg = "TIME",
     .fallback = "3m",
     .help = "a spark-submit that takes longer is ended, and tried again",
     .type = SPK_FLAG_DURATION,
     .min = SECONDS,
     .max = HOUR,
     .offset = FIELD(submission_ms)},
    {.name = "work-folder",
     .arg = "DIR",
     .help = "where each spark-submit gets a private folder (default: $TMPDIR, else /tmp)",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(work_folder)},
    {.heading = "Spark's web UI",
     .name = "enable-ui-service",
     .fallback = "true",
     .help = "make a Service for each driver's web UI",
     .type = SPK_FLAG_BOOL,
     .offset = FIELD(ui_service)},
    {.name = "ui-service-type",
     .arg = "ClusterIP|NodePort|LoadBalancer",
     .fallback = "ClusterIP",
     .help = "its type, where the application does not say",
     .type = SPK_FLAG_WORD,
     .words = service_types,
     .offset = FIELD(ui_service_type)},
    {.name = "ingress-url-format",
     .arg = "FORMAT",
     .help = "make an Ingress, too, with this URL: {{$appName}} and {{$appNamespace}} stand for "
             "the application's (default: none)",
     .type = SPK_FLAG_TEXT,
     .fault = format_fault,
     .offset = FIELD(ingress_url_format)},
    {.name = "ingress-class",
     .arg = "NAME",
     .help = "its ingressClassName",
     .type = SPK_FLAG_OBJECT,
     .offset = FIELD(ingress_class)},
    {.name = "ingress-class-name",
     .arg = "NAME",
     .type = SPK_FLAG_OBJECT,
     .offset = FIELD(ingress_class)},
    {.name = "ingress-annotations",
     .arg = "JSON",
     .help = "its annotations where the application has none, as in {\"example.com/auth\":\"on\"}",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(ingress_annotations_text)},
    {.name = "ingress-tls",
     .arg = "JSON",
     .help = "its spec.tls where the application has none, as in "
             "[{\"hosts\":[\"spark.example.com\"],\"secretName\":\"tls\"}]",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(ingress_tls_text)},
    {.heading = "Several replicas",
     .name = "leader-election",
     .fallback = "true",
     .help = "one of several processes works, told by a Lease; without it this one always does, "
             "and there must be no second",
     .type = SPK_FLAG_BOOL,
     .offset = FIELD(leader_election)},
    {.name = "leader-election-lock-name",
     .arg = "NAME",
     .fallback = "spark-controller",
     .help = "the Lease",
     .type = SPK_FLAG_OBJECT,
     .offset = FIELD(lease_name)},
    {.name = "leader-election-lock-namespace",
     .arg = "NAME",
     .help = "its namespace (default: the pod's, or the context's)",
     .type = SPK_FLAG_NAME,
     .offset = FIELD(lease_namespace)},
    {.name = "leader-election-lease-duration",
     .arg = "TIME",
     .fallback = "15s",
     .help = "how long others wait for a leader that is silent",
     .type = SPK_FLAG_DURATION,
     .min = SECONDS,
     .max = HOUR,
     .offset = FIELD(lease_ms)},
    {.name = "leader-election-renew-deadline",
     .arg = "TIME",
     .fallback = "10s",
     .help = "a leader that could not renew for so long stops writing",
     .type = SPK_FLAG_DURATION,
     .min = 500,
     .max = HOUR,
     .offset = FIELD(renew_ms)},
    {.name = "leader-election-retry-period",
     .arg = "TIME",
     .fallback = "2s",
     .help = "between two tries to lead or to renew",
     .type = SPK_FLAG_DURATION,
     .min = 100,
     .max = HOUR,
     .offset = FIELD(retry_ms)},
    {.heading = "Probes and metrics",
     .name = "health-address",
     .arg = "ADDRESS",
     .fallback = "0.0.0.0",
     .help = "address to listen on; :: is IPv6 and IPv4",
     .type = SPK_FLAG_ADDRESS,
     .offset = FIELD(health_address)},
    {.name = "health-port",
     .arg = "PORT",
     .fallback = "8080",
     .help = "port for /healthz, /readyz and /metrics over plain HTTP; 0: the kernel picks one, "
             "the log says which",
     .type = SPK_FLAG_NUMBER,
     .max = UINT16_MAX,
     .offset = FIELD(health_port)},
    {.name = "metrics-prefix",
     .arg = "PREFIX",
     .help = "in front of the names of the applications' metrics, spark_app_*",
     .type = SPK_FLAG_TEXT,
     .fault = prefix_fault,
     .offset = FIELD(metrics_prefix)},
    {.name = "metrics-labels",
     .arg = "NAME[,NAME...]",
     .help = "labels of applications that their metrics have, at most 8; `namespace` is the "
             "application's; may be repeated",
     .type = SPK_FLAG_TEXTS,
     .offset = FIELD(metrics_label_lists)},
    {.heading = "Log", SPK_LOG_FORMAT_FLAG(FIELD(log_format))},
    {SPK_LOG_LEVEL_FLAG(FIELD(log_level))},
    {.heading = "Other", .name = "help", .help = "print this", .type = SPK_FLAG_HELP},
};

/* A copy that lives as long as the options. */
static char *keep(struct spk_run_options *options, const char *text, struct spk_err *err)
{
    char *copy = strdup(text);

    if (!copy) {
        (void)spk_fail(err, SPK_ENOMEM, "out of memory");
        return NULL;
    }
    options->texts[options->text_count++] = copy;
    return copy;
}

/* Items of lists with commas. @check: what is expected instead, or NULL. */
static int split(struct spk_run_options *options, const struct spk_flag_list *lists,
                 const char *flag, const char *(*check)(const char *), const char **items,
                 size_t max, size_t *count, struct spk_err *err)
{
    for (size_t i = 0; i < lists->count; i++) {
        char *rest = keep(options, lists->items[i], err);
        if (!rest)
            return -1;
        while (rest) {
            char *item = strsep(&rest, ",");
            const char *fault = check(item);
            if (fault)
                return spk_fail(err, SPK_EINVALID, "--%s: found '%.*s', expected %s", flag,
                                SPK_QUOTE_MAX, item, fault);
            if (*count == max)
                return spk_fail(err, SPK_EINVALID, "--%s: more than %zu", flag, max);
            items[(*count)++] = item;
        }
    }
    return 0;
}

static const char *check_namespace(const char *item)
{
    return spk_is_label(spk_str(item)) ? NULL
                                       : "names of namespaces with commas between, without blanks";
}

static const char *check_label(const char *item)
{
    const char *bad = item + strspn(item, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-./");

    return *item && !*bad && isalpha((unsigned char)*item) && strlen(item) <= 63
               ? NULL
               : "names of labels with commas between, a letter first, at most 63 letters";
}

/* "3", "3.5", "4.0.1". */
static bool is_version(const char *text)
{
    return isdigit((unsigned char)*text) && !text[strspn(text, "0123456789.")];
}

static int read_home(struct spk_run_options *options, const char *text, struct spk_err *err)
{
    struct spk_spark_home *home = &options->homes[options->home_count];
    char *copy;
    char *equal;

    if (options->home_count == SPK_SPARK_HOMES_MAX)
        return spk_fail(err, SPK_EINVALID, "--spark-home: given more than %d times",
                        SPK_SPARK_HOMES_MAX);
    copy = keep(options, text, err);
    if (!copy)
        return -1;
    equal = *copy == '/' ? NULL : strchr(copy, '=');
    if (equal) {
        *equal = '\0';
        home->version = copy;
    }
    home->path = equal ? equal + 1 : copy;
    if ((equal && !is_version(copy)) || *home->path != '/') {
        return spk_fail(err, SPK_EINVALID,
                        "--spark-home: found '%.*s', expected an absolute path, as in /opt/spark, "
                        "or one for a version, as in 3.5=/opt/spark-3.5",
                        SPK_QUOTE_MAX, text);
    }
    options->home_count++;
    return 0;
}

static int read_homes(struct spk_run_options *options, const char *spark_home, struct spk_err *err)
{
    const struct spk_flag_list *list = &options->spark_homes;

    if (!list->count && (!spark_home || !*spark_home)) {
        return spk_fail(err, SPK_EINVALID,
                        "--spark-home: missing, and SPARK_HOME is not set: expected the folder of "
                        "a Spark distribution");
    }
    if (!list->count)
        return read_home(options, spark_home, err);
    for (size_t i = 0; i < list->count; i++) {
        if (read_home(options, list->items[i], err))
            return -1;
    }
    return 0;
}

static int check_lease(const struct spk_run_options *options, struct spk_err *err)
{
    if (options->renew_ms >= options->lease_ms) {
        return spk_fail(err, SPK_EINVALID,
                        "--leader-election-renew-deadline: found %lldms, expected less than "
                        "--leader-election-lease-duration, %lldms",
                        (long long)options->renew_ms, (long long)options->lease_ms);
    }
    if (options->retry_ms >= options->renew_ms) {
        return spk_fail(err, SPK_EINVALID,
                        "--leader-election-retry-period: found %lldms, expected less than "
                        "--leader-election-renew-deadline, %lldms",
                        (long long)options->retry_ms, (long long)options->renew_ms);
    }
    return 0;
}

/* As any application would fill it in: a wrong placeholder is seen now, not with the first driver.
 */
static int check_format(const char *format, struct spk_err *err)
{
    const struct spk_ui_options ui = {.ingress_url_format = format};
    const struct spk_app app = {
        .name = SPK_LIT("app"), .ns = SPK_LIT("ns"), .status.application_id = "id"};
    char path[256];

    if (spk_ui_proxy_base(path, &app, &ui, err) < 0)
        return spk_fail_in(err, "--ingress-url-format");
    return 0;
}

static bool is_text_map(const json_t *tree)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)tree, key, value)
    {
        if (!json_is_string(value))
            return false;
    }
    return json_is_object(tree);
}

static bool is_tls_list(const json_t *tree)
{
    const json_t *item;
    size_t i;

    json_array_foreach(tree, i, item)
    {
        if (!json_is_object(item))
            return false;
    }
    return json_is_array(tree);
}

/* @text as JSON that @is_right likes; NULL stays NULL. */
static int read_json(json_t **out, const char *flag, const char *text,
                     bool (*is_right)(const json_t *tree), const char *expected,
                     struct spk_err *err)
{
    struct spk_err fault = {0};

    if (!text)
        return 0;
    if (spk_json_parse(out, text, strlen(text), &fault))
        return spk_fail(err, SPK_EINVALID, "--%s: %s", flag, fault.msg);
    if (!is_right(*out)) {
        return spk_fail(err, SPK_EINVALID, "--%s: found '%.*s', expected %s", flag, SPK_QUOTE_MAX,
                        text, expected);
    }
    return 0;
}

static int read_ingress(struct spk_run_options *options, struct spk_err *err)
{
    if (read_json(&options->ingress_annotations, "ingress-annotations",
                  options->ingress_annotations_text, is_text_map,
                  "a JSON object of texts, as in {\"example.com/auth\":\"on\"}", err))
        return -1;
    return read_json(&options->ingress_tls, "ingress-tls", options->ingress_tls_text, is_tls_list,
                     "a JSON array of objects, as in [{\"hosts\":[\"spark.example.com\"]}]", err);
}

static int check_ingress(const struct spk_run_options *options, struct spk_err *err)
{
    if (options->ingress_url_format && !options->ui_service)
        return spk_fail(err, SPK_EINVALID,
                        "--ingress-url-format: needs --enable-ui-service, found it false");
    if (!options->ingress_url_format &&
        (options->ingress_class || options->ingress_annotations || options->ingress_tls)) {
        return spk_fail(err, SPK_EINVALID, "--%s: needs --ingress-url-format",
                        options->ingress_class         ? "ingress-class"
                        : options->ingress_annotations ? "ingress-annotations"
                                                       : "ingress-tls");
    }
    return options->ingress_url_format ? check_format(options->ingress_url_format, err) : 0;
}

int spk_run_options_parse(struct spk_run_options *out, int argc, char **argv,
                          const char *spark_home, struct spk_err *err)
{
    int rc;

    *out = (struct spk_run_options){0};
    rc = spk_flags_parse(out, flags, SPK_LEN(flags), argc, argv, err);
    if (rc)
        return rc;
    out->ui_service_type_text = service_types[out->ui_service_type];
    if (split(out, &out->namespace_lists, "namespaces", check_namespace, out->namespaces,
              SPK_NAMESPACES_MAX, &out->namespace_count, err) ||
        split(out, &out->metrics_label_lists, "metrics-labels", check_label, out->metrics_labels,
              SPK_METRICS_LABELS_MAX, &out->metrics_label_count, err))
        return -1;
    if (read_homes(out, spark_home, err) || check_lease(out, err) || read_ingress(out, err))
        return -1;
    return check_ingress(out, err);
}

void spk_run_options_done(struct spk_run_options *options)
{
    for (size_t i = 0; i < options->text_count; i++)
        free(options->texts[i]);
    options->text_count = 0;
    json_decref(SPK_STEAL(options->ingress_annotations));
    json_decref(SPK_STEAL(options->ingress_tls));
}

void spk_run_options_help(FILE *to)
{
    (void)fputs("usage: spark-controller run [FLAG...]\n\n"
                "Runs SparkApplication objects to their end, until told to stop by a signal.\n\n",
                to);
    spk_flags_help(to, flags, SPK_LEN(flags));
}
