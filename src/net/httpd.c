#include "httpd_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Header and read buffer of one connection: a larger one makes for fewer pieces of a body. */
#define CONNECTION_MEMORY ((size_t)64 * 1024)

/* ------------------------------------------------------------------------------- listening */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage room;
};

static int parse_address(union address *out, socklen_t *len, const char *text, uint16_t port,
                         struct spk_err *err)
{
    *out = (union address){0};
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        *len = sizeof(out->v4);
        return 0;
    }
    if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        *len = sizeof(out->v6);
        return 0;
    }
    return spk_fail(err, SPK_EINVALID, "listen on '%s': not an IP address", text);
}

static int fail_listen(struct spk_err *err, const struct spk_httpd_options *options)
{
    bool v6 = strchr(options->address, ':') != NULL;

    return spk_fail_sys(err, "listen on %s%s%s:%u", v6 ? "[" : "", options->address, v6 ? "]" : "",
                        (unsigned)options->port);
}

static int listen_on(int fd, union address *address, socklen_t len)
{
    int on = 1;
    int off = 0;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
        return -1;
    if (address->any.sa_family == AF_INET6 && /* "::" means IPv4, too */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)))
        return -1;
    if (bind(fd, &address->any, len) || listen(fd, SOMAXCONN))
        return -1;
    return getsockname(fd, &address->any, &len);
}

/* Ours and not libmicrohttpd's, for errors that say what and where. */
static int open_listener(int *out, uint16_t *port, const struct spk_httpd_options *options,
                         struct spk_err *err)
{
    union address address;
    socklen_t len = 0;
    int fd;

    if (parse_address(&address, &len, options->address, options->port, err))
        return -1;
    fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fail_listen(err, options);
    if (listen_on(fd, &address, len)) {
        int rc = fail_listen(err, options);

        (void)close(fd);
        return rc;
    }
    *port = ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
    *out = fd;
    return 0;
}

/* --------------------------------------------------------------------------------- serving */

/* Paths are compared, and timeouts read, as they were sent. */
static size_t keep_escapes(void *ctx, struct MHD_Connection *mhd, char *text)
{
    (void)ctx;
    (void)mhd;
    return strlen(text);
}

static struct MHD_Daemon *start_daemon(struct spk_httpd *httpd, int listener)
{
    const struct spk_httpd_options *options = &httpd->options;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC;
    struct MHD_OptionItem items[8];
    size_t n = 0;

    if (options->threads > 1)
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, options->threads, NULL};
    if (options->tls) {
        flags |= MHD_USE_TLS;
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0,
                                             (void *)(uintptr_t)spk_tls_priorities()};
        items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK2, 0,
                                             spk_tls_retrieve_function()};
    }
    items[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};

    /* The sweeper keeps the time: libmicrohttpd's own timeout knows of inactivity only. */
    return MHD_start_daemon(
        flags, 0, NULL, NULL, spk_httpd_on_request, httpd, MHD_OPTION_LISTEN_SOCKET, listener,
        MHD_OPTION_CONNECTION_LIMIT, options->connections_max, MHD_OPTION_CONNECTION_TIMEOUT, 0U,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_NOTIFY_CONNECTION,
        spk_httpd_on_connection, httpd, MHD_OPTION_NOTIFY_COMPLETED, spk_httpd_on_completed, httpd,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

static int check_options(const struct spk_httpd_options *options, struct spk_err *err)
{
    if (options->threads == 0)
        return spk_fail(err, SPK_EINVALID, "threads: at least 1");
    if (options->connections_max < options->threads)
        return spk_fail(err, SPK_EINVALID, "connections: %u are fewer than %u threads",
                        options->connections_max, options->threads);
    if (options->in_flight_max == 0)
        return spk_fail(err, SPK_EINVALID, "requests in flight: at least 1");
    if (options->body_max > options->bodies_max)
        return spk_fail(err, SPK_EINVALID, "bodies: one may be larger than all together");
    if (options->request_ms <= 0 || options->idle_ms <= 0)
        return spk_fail(err, SPK_EINVALID, "times: at least 1 ms");
    return 0;
}

static void init_sync(struct spk_httpd *httpd)
{
    pthread_condattr_t attr;

    (void)pthread_mutex_init(&httpd->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&httpd->wake, &attr);
    (void)pthread_condattr_destroy(&attr);
}

static void release(struct spk_httpd *httpd)
{
    if (httpd->no_memory)
        MHD_destroy_response(httpd->no_memory);
    (void)pthread_cond_destroy(&httpd->wake);
    (void)pthread_mutex_destroy(&httpd->lock);
    free(httpd);
}

/* Our threads take no signals: they are the program's. */
static int start(struct spk_httpd *httpd, struct spk_err *err)
{
    sigset_t all;
    sigset_t before;
    int rc;

    httpd->no_memory = spk_httpd_reply_no_memory();
    if (!httpd->no_memory)
        return spk_fail(err, SPK_ENOMEM, "server");
    if (open_listener(&httpd->listener, &httpd->port, &httpd->options, err))
        return -1;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = spk_httpd_sweep_start(httpd, err);
    if (rc == 0) {
        errno = 0;
        httpd->daemon = start_daemon(httpd, httpd->listener); /* which closes it at its end */
        if (!httpd->daemon) {
            rc = spk_fail(err, SPK_EINTERNAL, "libmicrohttpd does not start (%s)",
                          errno ? strerror(errno) : "no reason given");
            spk_httpd_sweep_stop(httpd);
        }
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

int spk_httpd_new(struct spk_httpd **out, const struct spk_httpd_options *options,
                  struct spk_err *err)
{
    struct spk_httpd *httpd;

    if (check_options(options, err))
        return -1;
    httpd = calloc(1, sizeof(*httpd));
    if (!httpd)
        return spk_fail(err, SPK_ENOMEM, "server");
    httpd->options = *options;
    TAILQ_INIT(&httpd->conns);
    init_sync(httpd);
    if (start(httpd, err)) {
        release(httpd);
        return -1;
    }
    *out = httpd;
    return 0;
}

uint16_t spk_httpd_port(const struct spk_httpd *httpd)
{
    return httpd->port;
}

struct spk_httpd_counts spk_httpd_counts(struct spk_httpd *httpd)
{
    struct spk_httpd_counts counts = {0};

    for (size_t i = 0; i < SPK_REJECTS; i++)
        counts.rejected[i] = atomic_load(&httpd->rejected[i]);
    (void)pthread_mutex_lock(&httpd->lock);
    counts.accepted = httpd->accepted;
    counts.connections = httpd->connections;
    counts.in_flight = httpd->in_flight;
    (void)pthread_mutex_unlock(&httpd->lock);
    return counts;
}

void spk_httpd_free(struct spk_httpd *httpd)
{
    if (!httpd)
        return;
    spk_httpd_sweep_stop(httpd);
    MHD_stop_daemon(httpd->daemon);
    release(httpd);
}
