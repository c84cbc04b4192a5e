#include "webhook/serve.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/limits.h"
#include "spk/cli/health.h"
#include "spk/cli/page.h"
#include "spk/cli/process.h"
#include "spk/cli/program.h"
#include "spk/cli/signals.h"
#include "webhook/certificates/certificates.h"
#include "webhook/serve_options.h"
#include "webhook/server.h"

#include <stdio.h>
#include <stdlib.h>

/* Descriptors beside the connections': standard ones, listeners, files that are read; and three a
 * thread (epoll, epoll of TLS, wake-up). */
#define OWN_FDS        32
#define FDS_PER_THREAD 4

/* client-go keeps a connection for so long; one that we end earlier can meet a request on its way,
 * which nobody repeats. */
#define API_SERVER_IDLE_MS 90000

#define DRAIN_STEP_MS 50

/* clang-format off */
#define REVIEWS(where, with) {.path = (where), .post = true, .timeout_query = "timeout", .handler = (with)}
/* The long ones are the peer's, whose registrations then work as they are. */
static const struct spk_httpd_route review_routes[] = {
    REVIEWS("/mutate",         spk_review_route),
    REVIEWS("/webhook",        spk_review_route),
    REVIEWS("/mutate--v1-pod", spk_review_route),
    REVIEWS("/default",        spk_default_route),
    REVIEWS("/mutate-sparkoperator-k8s-io-v1beta2-sparkapplication", spk_default_route),
    REVIEWS("/validate",       spk_validate_route),
    REVIEWS("/validate-sparkoperator-k8s-io-v1beta2-sparkapplication", spk_validate_route),
};
/* clang-format on */

static const struct spk_httpd_route health_routes[] = {
    {.path = "/healthz", .handler = spk_healthz_route},
    {.path = "/readyz", .handler = spk_readyz_route},
    {.path = "/metrics", .handler = spk_metrics_route},
    {.path = "/certificate", .handler = spk_certificate_route},
};

/* One running program. */
struct serve {
    struct spk_serve_options options;
    struct spk_server server;
    struct spk_certificates certificates;
    struct spk_httpd *health;
    sigset_t signals;
};

static void init_server(struct serve *serve)
{
    const struct spk_serve_options *options = &serve->options;
    struct spk_server *server = &serve->server;

    server->logger = (struct spk_logger){
        .fd = STDERR_FILENO,
        .format = (enum spk_log_format)options->log_format,
        .level = (enum spk_log_level)options->log_level,
    };
    server->policy = (struct spk_policy){
        .version = SPK_VERSION,
        .prefix = options->annotation_prefix,
        .warn_on_invalid = options->on_invalid == SPK_ON_INVALID_WARN,
        .warn_on_unknown_field = options->on_unknown_field == SPK_ON_INVALID_WARN,
    };
    spk_refusals_init(&server->refusals, &server->logger, spk_refusal_text);
    server->metrics.start_ms = spk_clock_wall_ms();
    (void)pthread_mutex_init(&server->large_lock, NULL);
    (void)pthread_mutex_init(&server->quiet_lock, NULL);
}

/* libmicrohttpd accepts no one while descriptors are used up, and ends no one for a newcomer
 * either: that needs our own limit to be the lower one. */
static void fit_connections(struct serve *serve)
{
    struct spk_serve_options *options = &serve->options;
    const int64_t limit = spk_process_raise_fds();
    const int64_t others = OWN_FDS + FDS_PER_THREAD * options->threads + SPK_HEALTH_CONNECTIONS;
    int64_t fit = limit - others > limit / 4 ? limit - others : limit / 4;
    struct spk_log_line line;

    if (fit < options->threads)
        fit = options->threads;
    if (fit >= options->max_connections)
        return;
    spk_log_begin(&line, &serve->server.logger, SPK_LOG_WARN,
                  "--max-connections lowered: the limit of open files is too low for it");
    spk_log_int(&line, "max_connections", options->max_connections);
    spk_log_int(&line, "lowered_to", fit);
    spk_log_int(&line, "open_files_limit", limit);
    spk_log_int(&line, "open_files_needed", options->max_connections + others);
    spk_log_end(&line);
    options->max_connections = fit;
}

static int open_https(struct serve *serve, struct spk_err *err)
{
    const struct spk_serve_options *options = &serve->options;
    const struct spk_httpd_options https = {
        .address = options->bind_address,
        .port = (uint16_t)options->secure_port,
        .tls = serve->certificates.tls,
        .threads = (unsigned)options->threads,
        .connections_max = (unsigned)options->max_connections,
        .in_flight_max = (unsigned)options->max_in_flight,
        .body_max = (size_t)options->max_body_bytes,
        .bodies_max = SPK_BODIES_MAX,
        .request_ms = options->request_ms,
        .idle_ms = options->idle_ms,
        .routes = review_routes,
        .route_count = SPK_LEN(review_routes),
        .ctx = &serve->server,
        .on_reject = spk_server_on_reject,
    };

    if (spk_httpd_new(&serve->server.https, &https, err))
        return spk_fail_in(err, "--secure-port");
    return 0;
}

static int open_health(struct serve *serve, struct spk_err *err)
{
    const struct spk_serve_options *options = &serve->options;
    const struct spk_health_options health = {
        .address = options->bind_address,
        .port = (uint16_t)options->health_port,
        .request_ms = options->request_ms,
        .routes = health_routes,
        .route_count = SPK_LEN(health_routes),
        .ctx = &serve->server,
        .on_reject = spk_server_on_reject,
    };

    return spk_health_open(&serve->health, &health, err);
}

static void log_listening(const struct serve *serve)
{
    const struct spk_logger *logger = &serve->server.logger;
    struct spk_log_line line;

    spk_log_begin(&line, logger, SPK_LOG_INFO, "listening");
    spk_log_int(&line, "secure_port", spk_httpd_port(serve->server.https));
    spk_log_int(&line, "health_port", spk_httpd_port(serve->health));
    spk_log_text(&line, "address", serve->options.bind_address);
    spk_log_text(&line, "certificates", spk_source_text(serve->options.source));
    spk_log_int(&line, "not_after", spk_tls_not_after_s(serve->certificates.tls));
    spk_log_int(&line, "threads", serve->options.threads);
    spk_log_text(&line, "version", SPK_VERSION);
    spk_log_end(&line);
    if (serve->options.idle_ms <= API_SERVER_IDLE_MS) {
        spk_log(logger, SPK_LOG_WARN,
                "--idle-timeout is not above the API server's 90s: a review may meet a connection "
                "that is being ended",
                NULL, NULL);
    }
}

static void reload(struct serve *serve)
{
    struct spk_server *server = &serve->server;
    struct spk_err err = {0};
    struct spk_log_line line;
    int rc = spk_certificates_look(&serve->certificates, &err);

    if (rc == 0)
        return;
    spk_counter_add(rc > 0 ? &server->metrics.reloads : &server->metrics.reload_failures, 1);
    if (rc < 0) {
        spk_log(&server->logger, SPK_LOG_ERROR, "certificate not reloaded, the old one stays",
                "error", err.msg);
        return;
    }
    spk_log_begin(&line, &server->logger, SPK_LOG_INFO, "certificate reloaded");
    spk_log_int(&line, "not_after", spk_tls_not_after_s(server->tls));
    spk_log_end(&line);
}

/* Serves until SIGTERM or SIGINT. */
static void serve_on(struct serve *serve)
{
    for (;;) {
        int signal = spk_signals_wait(&serve->signals, serve->options.tls_reload_ms);
        if (spk_signals_end(signal))
            return;
        reload(serve);
    }
}

/* Endpoints take seconds to forget us, and a refused connection is a failed spark-submit: so new
 * connections are served for drain_min, whatever is in flight. Return: what is in flight. */
static unsigned drain(struct serve *serve)
{
    struct spk_server *server = &serve->server;
    const int64_t start_ms = spk_clock_mono_ms();
    int signal = 0;

    atomic_store(&server->draining, true);
    spk_httpd_drain(server->https);
    spk_log(&server->logger, SPK_LOG_INFO, "draining", NULL, NULL);
    while (!spk_signals_end(signal)) {
        int64_t gone_ms = spk_clock_mono_ms() - start_ms;

        if (gone_ms >= serve->options.drain_timeout_ms)
            break;
        if (gone_ms >= serve->options.drain_min_ms && spk_httpd_drained(server->https))
            break;
        signal = spk_signals_wait(&serve->signals, DRAIN_STEP_MS);
    }
    return spk_httpd_counts(server->https).in_flight;
}

static void close_all(struct serve *serve)
{
    spk_httpd_free(serve->health);
    spk_httpd_free(serve->server.https);
    spk_certificates_done(&serve->certificates);
    (void)pthread_mutex_destroy(&serve->server.quiet_lock);
    spk_refusals_done(&serve->server.refusals);
    (void)pthread_mutex_destroy(&serve->server.large_lock);
}

static int fail(const struct serve *serve, const struct spk_err *err, int code)
{
    spk_log(&serve->server.logger, SPK_LOG_ERROR, "cannot start", "error", err->msg);
    return code;
}

static int run(struct serve *serve)
{
    const struct spk_logger *logger = &serve->server.logger;
    struct spk_err err = {0};
    struct spk_log_line line;
    unsigned cut;

    if (spk_certificates_init(&serve->certificates, &serve->options, logger, &err))
        return fail(serve, &err, SPK_EXIT_USAGE);
    serve->server.tls = serve->certificates.tls;
    serve->server.managed = serve->certificates.managed;
    fit_connections(serve);
    if (open_https(serve, &err) || open_health(serve, &err))
        return fail(serve, &err, SPK_EXIT_BROKEN);
    log_listening(serve);
    serve_on(serve);
    cut = drain(serve);
    spk_log_begin(&line, logger, cut ? SPK_LOG_WARN : SPK_LOG_INFO, "stopped");
    spk_log_int(&line, "cut_off", cut);
    spk_log_end(&line);
    return SPK_EXIT_OK;
}

int spk_serve_main(int argc, char **argv)
{
    SPK_AUTOFREE struct serve *serve = calloc(1, sizeof(*serve));
    struct spk_err err = {0};
    int rc;

    if (!serve)
        return SPK_EXIT_BROKEN;
    rc = spk_serve_options_parse(&serve->options, argc, argv, &err);
    if (rc > 0) {
        spk_serve_options_help(stdout);
        return spk_process_printed() ? SPK_EXIT_OK : SPK_EXIT_BROKEN;
    }
    if (rc < 0) {
        (void)fprintf(stderr, "spark-webhook serve: %s\nsee spark-webhook serve --help\n", err.msg);
        return SPK_EXIT_USAGE;
    }
    spk_process_harden();
    spk_process_return_blocks();
    spk_signals_block(&serve->signals);
    init_server(serve);
    rc = run(serve);
    close_all(serve);
    return rc;
}
