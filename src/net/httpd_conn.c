#include "httpd_internal.h"

#include "spk/base/clock.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

/* What a request gets beyond its deadline, for the answer that says so. */
#define GRACE_MS 1000

static int64_t plus(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

uint64_t spk_httpd_received(int fd)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
        return 0;
    return info.tcpi_bytes_received;
}

static bool in_flight(enum spk_httpd_phase phase)
{
    return phase == SPK_PHASE_READING || phase == SPK_PHASE_HANDLING;
}

/* Under the lock. */
static void turn(struct spk_httpd_conn *conn, enum spk_httpd_phase phase)
{
    const struct spk_httpd_options *options = &conn->httpd->options;
    int64_t now_ms = spk_clock_mono_ms();

    conn->httpd->in_flight += in_flight(phase);
    conn->httpd->in_flight -= in_flight(conn->phase);
    conn->phase = phase;
    conn->since_ms = now_ms;
    switch (phase) {
    case SPK_PHASE_READING:
        conn->end_ms = plus(conn->receive_ms, GRACE_MS);
        break;
    case SPK_PHASE_HANDLING:
        conn->end_ms = INT64_MAX;
        break;
    case SPK_PHASE_RESTING:
        conn->end_ms = plus(now_ms, conn->used ? options->idle_ms : options->request_ms);
        break;
    case SPK_PHASE_WAITING:
    case SPK_PHASE_ANSWERING:
        conn->end_ms = plus(now_ms, options->request_ms);
        break;
    }
}

static void lock(struct spk_httpd_conn *conn)
{
    (void)pthread_mutex_lock(&conn->httpd->lock);
}

static void unlock(struct spk_httpd_conn *conn)
{
    (void)pthread_mutex_unlock(&conn->httpd->lock);
}

bool spk_httpd_conn_admit(struct spk_httpd_conn *conn, int64_t timeout_ms)
{
    const struct spk_httpd_options *options = &conn->httpd->options;
    int64_t now_ms = spk_clock_mono_ms();
    bool fits;

    lock(conn);
    /* A wait is a part of the request, a rest is not. */
    conn->receive_ms =
        plus(conn->phase == SPK_PHASE_WAITING ? conn->since_ms : now_ms, options->request_ms);
    conn->deadline_ms = timeout_ms < 0 ? conn->receive_ms : plus(now_ms, timeout_ms);
    if (conn->deadline_ms < conn->receive_ms)
        conn->receive_ms = conn->deadline_ms;
    fits = conn->httpd->in_flight < options->in_flight_max &&
           conn->httpd->bodies < options->bodies_max;
    if (fits)
        turn(conn, SPK_PHASE_READING);
    unlock(conn);
    return fits;
}

void spk_httpd_conn_turn(struct spk_httpd_conn *conn, enum spk_httpd_phase phase)
{
    /* Now and not when the answer is sent: a next request may begin before we learn of that. */
    uint64_t received = phase == SPK_PHASE_HANDLING ? spk_httpd_received(conn->fd) : 0;

    lock(conn);
    if (phase == SPK_PHASE_HANDLING)
        conn->received = received;
    turn(conn, phase);
    unlock(conn);
}

void spk_httpd_conn_answered(struct spk_httpd_conn *conn, bool valid)
{
    lock(conn);
    conn->used = conn->used || (valid && !conn->httpd->options.one_request);
    turn(conn, SPK_PHASE_ANSWERING);
    unlock(conn);
}

bool spk_httpd_conn_charge(struct spk_httpd_conn *conn, size_t bytes)
{
    struct spk_httpd *httpd = conn->httpd;
    size_t others;
    bool fits;

    if (bytes == conn->charged)
        return true;
    lock(conn);
    others = httpd->bodies - conn->charged;
    fits = bytes <= httpd->options.bodies_max && others <= httpd->options.bodies_max - bytes;
    if (fits) {
        httpd->bodies = others + bytes;
        conn->charged = bytes;
    }
    unlock(conn);
    return fits;
}

static void join_in(struct spk_httpd_conn *conn)
{
    struct spk_httpd *httpd = conn->httpd;

    lock(conn);
    conn->phase = SPK_PHASE_WAITING;
    turn(conn, SPK_PHASE_WAITING);
    conn->arrived_ms = conn->since_ms;
    TAILQ_INSERT_TAIL(&httpd->conns, conn, link);
    httpd->connections++;
    httpd->accepted++;
    if (httpd->connections == 1 || httpd->connections - httpd->ending > spk_httpd_crowd(httpd))
        (void)pthread_cond_signal(&httpd->wake);
    unlock(conn);
}

static void leave(struct spk_httpd_conn *conn)
{
    struct spk_httpd *httpd = conn->httpd;

    lock(conn);
    turn(conn, SPK_PHASE_RESTING);
    TAILQ_REMOVE(&httpd->conns, conn, link);
    httpd->connections--;
    if (conn->ended != SPK_REJECTS)
        httpd->ending--;
    unlock(conn);
}

static void print_peer(char out[static SPK_HTTPD_PEER_SIZE], const struct sockaddr *peer)
{
    char ip[INET6_ADDRSTRLEN];
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;

    _Static_assert(SPK_HTTPD_PEER_SIZE >= INET6_ADDRSTRLEN + sizeof("[]:65535"), "it fits");
    (void)snprintf(out, SPK_HTTPD_PEER_SIZE, "unknown");
    if (peer->sa_family == AF_INET) {
        memcpy(&v4, peer, sizeof(v4));
        if (inet_ntop(AF_INET, &v4.sin_addr, ip, sizeof(ip)))
            (void)snprintf(out, SPK_HTTPD_PEER_SIZE, "%s:%u", ip, ntohs(v4.sin_port));
    } else if (peer->sa_family == AF_INET6) {
        memcpy(&v6, peer, sizeof(v6));
        if (inet_ntop(AF_INET6, &v6.sin6_addr, ip, sizeof(ip)))
            (void)snprintf(out, SPK_HTTPD_PEER_SIZE, "[%s]:%u", ip, ntohs(v6.sin6_port));
    }
}

static const void *info(struct MHD_Connection *mhd, enum MHD_ConnectionInfoType type)
{
    return MHD_get_connection_info(mhd, type);
}

static void started(struct spk_httpd *httpd, struct MHD_Connection *mhd, void **socket_context)
{
    const union MHD_ConnectionInfo *fd = info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *peer = info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const union MHD_ConnectionInfo *gnutls;
    struct spk_httpd_conn *conn = calloc(1, sizeof(*conn));

    *socket_context = conn;
    if (!conn) { /* nobody would watch it */
        (void)shutdown(fd->connect_fd, SHUT_RDWR);
        return;
    }
    conn->httpd = httpd;
    conn->fd = fd->connect_fd;
    conn->ended = SPK_REJECTS;
    conn->failed = SPK_REJECTS;
    print_peer(conn->peer, peer->client_addr);
    if (httpd->options.tls) {
        gnutls = info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
        spk_tls_session_begin(&conn->tls, httpd->options.tls, gnutls->tls_session);
        spk_tls_session_read_by(&conn->tls, conn->fd, spk_httpd_pull, conn);
    }
    join_in(conn);
}

static void closed(struct spk_httpd_conn *conn)
{
    static const char *const details[] = {
        [SPK_REJECT_SLOW] = "no complete request, or an answer not taken, in time",
        [SPK_REJECT_IDLE] = "idle for too long",
        [SPK_REJECT_EVICTED] = "place was needed for others",
    };

    leave(conn);
    if (conn->ended != SPK_REJECTS)
        spk_httpd_report(conn->httpd, conn, conn->ended, details[conn->ended]);
    /* The descriptor is still open, the session of GnuTLS is gone. */
    spk_tls_session_end(&conn->tls, conn->tls.tls && spk_httpd_received(conn->fd) > 1);
    spk_buf_done(&conn->body);
    free(conn);
}

void spk_httpd_on_connection(void *ctx, struct MHD_Connection *mhd, void **socket_context,
                             enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        started(ctx, mhd, socket_context);
    else if (*socket_context)
        closed(*socket_context);
}
