#include "controller/serve.h"

#include "spk/base/cleanup.h"
#include "spk/base/text.h"
#include "spk/cli/health.h"
#include "spk/cli/process.h"
#include "spk/cli/program.h"
#include "spk/cli/signals.h"

#include "controller/crds.h"
#include "controller/metrics.h"
#include "controller/options.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* How often it is asked whose definition SparkApplication has, until that is known. */
#define DEFINITION_MS 2000

/* One running program. */
struct serve {
    struct spk_run_options options;
    struct spk_logger logger;
    struct spk_refusals refusals;
    struct spk_app_metrics metrics;
    struct spk_kube_config cluster; /* for spark-submit; the client has its own */
    struct spk_runner_options runner;
    struct spk_kube *kube;
    _Atomic(struct spk_engine *) engine; /* NULL until the cluster may be worked on */
    struct spk_httpd *health;
    char host[256];
    char identity[300];
    sigset_t signals;
};

/* What the engine says of itself; before it is there: nothing, and why. */
static void ask_engine(struct serve *serve, struct spk_engine_counts *counts, char *trouble,
                       size_t size)
{
    struct spk_engine *engine = atomic_load(&serve->engine);

    if (!engine) {
        (void)snprintf(trouble, size, "waiting for the API server");
        return;
    }
    spk_engine_counts(engine, counts);
    spk_engine_trouble(engine, trouble, size);
}

static void readyz_route(void *ctx, const struct spk_httpd_request *request,
                         struct spk_httpd_response *response)
{
    struct spk_engine_counts counts = {0};
    char trouble[512] = "";
    char line[600];

    (void)request;
    ask_engine(ctx, &counts, trouble, sizeof(trouble));
    if (!counts.filled) {
        (void)snprintf(line, sizeof(line), "not ready: %s",
                       *trouble ? trouble : "applications and pods have not been listed yet");
    } else {
        (void)snprintf(line, sizeof(line), "ok, %s%s%s", counts.leading ? "leading" : "standing by",
                       *trouble ? ": " : "", trouble);
    }
    spk_one_line(line);
    response->valid = true;
    spk_http_say(response, counts.filled ? 200 : 503, line);
}

static void metrics_route(void *ctx, const struct spk_httpd_request *request,
                          struct spk_httpd_response *response)
{
    struct serve *serve = ctx;
    struct spk_engine_counts counts = {0};
    struct spk_err err = {0};
    struct spk_buf page;
    char trouble[512];

    (void)request;
    ask_engine(serve, &counts, trouble, sizeof(trouble));
    spk_buf_init(&page, SPK_METRICS_MAX);
    if (spk_app_metrics_print(&page, &serve->metrics, &counts, &serve->refusals, serve->kube,
                              &err)) {
        spk_log(&serve->logger, SPK_LOG_ERROR, "no metrics", "error", err.msg);
        spk_http_say(response, 500, "internal error");
        return;
    }
    response->content_type = SPK_PAGE_TYPE;
    response->body = spk_buf_take(&page, &response->len);
    response->valid = true;
}

static const struct spk_httpd_route routes[] = {
    {.path = "/healthz", .handler = spk_healthz_route},
    {.path = "/readyz", .handler = readyz_route},
    {.path = "/metrics", .handler = metrics_route},
};

static void on_reject(void *ctx, enum spk_httpd_reject reject, const char *peer, const char *detail)
{
    struct serve *serve = ctx;

    spk_refusals_tell(&serve->refusals, reject, peer, detail);
}

static void on_transition(void *ctx, const struct spk_engine_transition *transition)
{
    spk_app_metrics_transition(&((struct serve *)ctx)->metrics, transition);
}

static void on_executor(void *ctx, const struct spk_engine_executor *executor)
{
    spk_app_metrics_executor(&((struct serve *)ctx)->metrics, executor);
}

static void on_submission(void *ctx, bool good, int64_t waited_ms, int64_t took_ms)
{
    spk_app_metrics_submission(&((struct serve *)ctx)->metrics, good, waited_ms, took_ms);
}

static int check_homes(const struct spk_run_options *options, struct spk_err *err)
{
    for (size_t i = 0; i < options->home_count; i++) {
        char path[PATH_MAX];
        if (snprintf(path, sizeof(path), "%s/bin/spark-submit", options->homes[i].path) >=
                (int)sizeof(path) ||
            access(path, X_OK) != 0) {
            return spk_fail(err, SPK_EINVALID,
                            "--spark-home: found '%.*s', where bin/spark-submit can't be run (%s): "
                            "expected the folder of a Spark distribution",
                            SPK_QUOTE_MAX, options->homes[i].path, strerror(errno));
        }
    }
    return 0;
}

/* "<hostname>_<random>": unique among all that ever ran. */
static int make_identity(struct serve *serve, struct spk_err *err)
{
    unsigned char bytes[16];
    char random[2 * sizeof(bytes) + 1];

    if (gethostname(serve->host, sizeof(serve->host) - 1))
        return spk_fail_sys(err, "the host's name");
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return spk_fail_sys(err, "random numbers");
    for (size_t i = 0; i < sizeof(bytes); i++)
        (void)snprintf(&random[2 * i], 3, "%02x", bytes[i]);
    (void)snprintf(serve->identity, sizeof(serve->identity), "%s_%s", serve->host, random);
    return 0;
}

static int connect_kube(struct serve *serve, struct spk_err *err)
{
    const struct spk_kube_config_options where = {
        .kubeconfig = serve->options.kubeconfig,
        .context = serve->options.context,
    };
    const struct spk_kube_options options = {.user_agent = "spark-controller/" SPK_VERSION};
    struct spk_kube_config config = {0};

    if (spk_kube_config_load(&serve->cluster, &where, err) ||
        spk_kube_config_load(&config, &where, err))
        return -1;
    return spk_kube_new(&serve->kube, &config, &options, err);
}

static void set_runner(struct serve *serve)
{
    const struct spk_run_options *options = &serve->options;

    serve->runner = (struct spk_runner_options){
        .home_count = options->home_count,
        .work_folder = options->work_folder,
        .deadline_ms = options->submission_ms,
        .cluster = &serve->cluster,
    };
    memcpy(serve->runner.homes, options->homes, sizeof(options->homes));
}

static int start_engine(struct serve *serve, struct spk_err *err)
{
    const struct spk_run_options *options = &serve->options;
    const struct spk_engine_options engine = {
        .kube = serve->kube,
        .runner = &serve->runner,
        .namespaces = options->namespaces,
        .label_selector = options->label_selector,
        .v1alpha1 = options->v1alpha1,
        .controller_threads = (unsigned)options->controller_threads,
        .submission_threads = (unsigned)options->submission_threads,
        .resync_ms = options->resync_ms,
        .ui_service = options->ui_service,
        .ui = {.service_type = options->ui_service_type_text,
               .ingress_url_format = options->ingress_url_format,
               .ingress_class = options->ingress_class,
               .ingress_annotations = options->ingress_annotations,
               .ingress_tls = options->ingress_tls},
        .default_ttl_s = options->default_ttl_s ? options->default_ttl_s : -1,
        .max_executors = (size_t)options->max_executors,
        .driver_waiting_s = options->driver_waiting_ms / 1000,
        .elect = options->leader_election,
        .lease = {.ns = options->lease_namespace ? options->lease_namespace
                                                 : spk_kube_namespace(serve->kube),
                  .name = options->lease_name,
                  .identity = serve->identity,
                  .duration_ms = options->lease_ms,
                  .renew_deadline_ms = options->renew_ms,
                  .retry_ms = options->retry_ms},
        .instance = serve->host,
        .log = &serve->logger,
        .ctx = serve,
        .on_transition = on_transition,
        .on_executor = on_executor,
        .on_submission = on_submission,
    };
    struct spk_engine *started = NULL;

    if (spk_engine_start(&started, &engine, err))
        return -1;
    atomic_store(&serve->engine, started);
    return 0;
}

static int open_health(struct serve *serve, struct spk_err *err)
{
    const struct spk_health_options health = {
        .address = serve->options.health_address,
        .port = (uint16_t)serve->options.health_port,
        .routes = routes,
        .route_count = SPK_LEN(routes),
        .ctx = serve,
        .on_reject = on_reject,
    };

    return spk_health_open(&serve->health, &health, err);
}

static void log_listening(const struct serve *serve)
{
    const struct spk_run_options *options = &serve->options;
    struct spk_log_line line;

    spk_log_begin(&line, &serve->logger, SPK_LOG_INFO, "listening");
    spk_log_int(&line, "health_port", spk_httpd_port(serve->health));
    spk_log_text(&line, "address", options->health_address);
    spk_log_text(&line, "server", spk_kube_server(serve->kube));
    spk_log_int(&line, "namespaces", (int64_t)options->namespace_count);
    spk_log_text(&line, "identity", options->leader_election ? serve->identity : "");
    spk_log_text(&line, "fenced", spk_runner_fenced() ? "yes" : "no");
    spk_log_text(&line, "version", SPK_VERSION);
    spk_log_end(&line);
}

static int fail(struct serve *serve, struct spk_err *err, int code)
{
    spk_one_line(err->msg);
    spk_log(&serve->logger, SPK_LOG_ERROR, "cannot start", "error", err->msg);
    return code;
}

/* May all applications of the cluster be taken for ours? 1: not yet known. */
static int check_definition(struct serve *serve, struct spk_err *err)
{
    bool ours = false;
    int rc;

    if (serve->options.namespace_count || serve->options.label_selector)
        return 0;
    rc = spk_crds_ours(&ours, serve->kube, err);
    if (rc < 0) {
        spk_one_line(err->msg);
        spk_log(&serve->logger, SPK_LOG_WARN, "waiting for the API server", "error", err->msg);
        return 1;
    }
    if (rc > 0) {
        spk_log(&serve->logger, SPK_LOG_WARN,
                "SparkApplication is not defined on this cluster: spark-controller crds --apply",
                NULL, NULL);
        return 1;
    }
    return ours ? 0
                : spk_fail(err, SPK_EINVALID,
                           "the definition sparkapplications.sparkoperator.k8s.io is another "
                           "operator's, which may run the same applications: give "
                           "--namespaces (--job-namespace of spark-controller manifest) or "
                           "--label-selector");
}

/* Until a signal asks for the end. */
static int work(struct serve *serve)
{
    struct spk_err err = {0};
    int signal = 0;
    int rc = 1;

    while (!spk_signals_end(signal)) {
        if (rc > 0)
            rc = check_definition(serve, &err);
        if (rc < 0)
            return fail(serve, &err, SPK_EXIT_USAGE);
        if (rc == 0 && !atomic_load(&serve->engine) && start_engine(serve, &err))
            return fail(serve, &err, SPK_EXIT_BROKEN);
        signal = spk_signals_wait(&serve->signals, rc ? DEFINITION_MS : INT32_MAX);
    }
    spk_log(&serve->logger, SPK_LOG_INFO, "stopping", NULL, NULL);
    return SPK_EXIT_OK;
}

static int run(struct serve *serve)
{
    struct spk_err err = {0};

    if (check_homes(&serve->options, &err) || connect_kube(serve, &err))
        return fail(serve, &err, SPK_EXIT_USAGE);
    set_runner(serve);
    if (spk_runner_sweep(serve->options.work_folder, &err) || make_identity(serve, &err) ||
        open_health(serve, &err))
        return fail(serve, &err, SPK_EXIT_BROKEN);
    log_listening(serve);
    return work(serve);
}

/* The health port first: its handlers use the engine. */
static void close_all(struct serve *serve)
{
    spk_httpd_free(serve->health);
    spk_engine_stop(atomic_load(&serve->engine));
    spk_kube_free(serve->kube);
    spk_kube_config_done(&serve->cluster);
    spk_app_metrics_done(&serve->metrics);
    spk_refusals_done(&serve->refusals);
}

static int start(struct serve *serve)
{
    const struct spk_run_options *options = &serve->options;
    struct spk_err err = {0};
    int rc;

    serve->logger = (struct spk_logger){
        .fd = STDERR_FILENO,
        .format = (enum spk_log_format)options->log_format,
        .level = (enum spk_log_level)options->log_level,
    };
    spk_refusals_init(&serve->refusals, &serve->logger, NULL);
    rc = spk_app_metrics_init(&serve->metrics, options->metrics_prefix, options->metrics_labels,
                              options->metrics_label_count, &err)
             ? fail(serve, &err, SPK_EXIT_BROKEN)
             : run(serve);
    close_all(serve);
    if (rc == SPK_EXIT_OK)
        spk_log(&serve->logger, SPK_LOG_INFO, "stopped", NULL, NULL);
    return rc;
}

int spk_run_main(int argc, char **argv)
{
    SPK_AUTOFREE struct serve *serve = calloc(1, sizeof(*serve));
    struct spk_err err = {0};
    int rc;

    if (!serve)
        return SPK_EXIT_BROKEN;
    rc = spk_run_options_parse(&serve->options, argc, argv, getenv("SPARK_HOME"), &err);
    if (rc > 0) {
        spk_run_options_help(stdout);
        rc = spk_process_printed() ? SPK_EXIT_OK : SPK_EXIT_BROKEN;
    } else if (rc < 0) {
        spk_one_line(err.msg);
        (void)fprintf(stderr, "spark-controller run: %s\nsee spark-controller run --help\n",
                      err.msg);
        rc = SPK_EXIT_USAGE;
    } else {
        spk_process_raise_fds();
        spk_process_harden();
        spk_process_return_blocks();
        spk_signals_block(&serve->signals);
        rc = start(serve);
    }
    spk_run_options_done(&serve->options);
    return rc;
}
