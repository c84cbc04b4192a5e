/*
 * Stopping without losing a request. HTTP/1.1 has no way to tell a resting client that its
 * connection is about to end: if we end one just as a request sets out on it, the request is lost,
 * for nobody repeats a POST. So a connection is ended
 *
 * - by Connection: close with its next answer while that may still come (spk_httpd_drain),
 * - and later, when nothing has moved on it for a while, by an answer that nobody asked for: a
 *   client at rest sees that the connection is of no more use, a request that is on its way has got
 *   an answer that says to ask again. Until the client closes we read what comes: what is left
 *   unread at a close makes the kernel send a reset, which can overtake the answer.
 *
 * GnuTLS and libmicrohttpd leave a session to one thread. That one is made to read by an end of the
 * stream that only we see, and says goodbye from within the reading.
 */
#include "httpd_internal.h"

#include "spk/base/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

/* A handshake or a request that is under way shows sooner than this, on a busy machine too. */
#define QUIET_MS 1000

/* Between its acceptance and our notice of it a connection is nowhere to be seen: nobody there
 * means nobody for so long. */
#define EMPTY_MS 100

/* Then a client that takes no notice of the goodbye is left alone. */
#define LINGER_MS 2000

static const char goodbye[] = "HTTP/1.1 503 Service Unavailable\r\n"
                              "Connection: close\r\n"
                              "Content-Length: 22\r\n"
                              "Content-Type: text/plain\r\n"
                              "Retry-After: 1\r\n\r\n"
                              "503 stopping, go away\n";

/* ------------------------------------------------------------------- the connection's thread */

static bool peer_has_closed(int fd)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);

    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) || info.tcpi_state != TCP_ESTABLISHED;
}

static bool may_say(struct spk_httpd_conn *conn)
{
    bool amid;

    (void)pthread_mutex_lock(&conn->httpd->lock);
    amid = conn->phase == SPK_PHASE_HANDLING || conn->phase == SPK_PHASE_ANSWERING;
    (void)pthread_mutex_unlock(&conn->httpd->lock);
    return !amid;
}

static ssize_t come_back(void)
{
    errno = EAGAIN;
    return -1;
}

/* The end of the stream that the drain made, and not the peer. */
static ssize_t say_goodbye(struct spk_httpd_conn *conn)
{
    if (!may_say(conn) || spk_tls_session_say_last(&conn->tls, goodbye, sizeof(goodbye) - 1))
        return 0;
    conn->bade = true;
    return come_back();
}

ssize_t spk_httpd_pull(void *ctx, void *out, size_t size)
{
    struct spk_httpd_conn *conn = ctx;
    ssize_t got;

    for (;;) {
        got = recv(conn->fd, out, size, 0);
        if (got <= 0 || !conn->bade)
            break;
        conn->unread += (size_t)got;
        if (conn->unread / 2 > conn->httpd->options.body_max)
            return 0; /* no request is as long as that, encrypted or not */
    }
    if (got != 0 || !atomic_load(&conn->told) || peer_has_closed(conn->fd))
        return got;
    return conn->bade ? come_back() : say_goodbye(conn);
}

/* -------------------------------------------------------------------- the program's thread */

static bool is_quiet(struct spk_httpd_conn *conn, int64_t now_ms)
{
    const uint64_t received = spk_httpd_received(conn->fd);

    if (now_ms - conn->since_ms < QUIET_MS)
        return false;
    if (conn->phase == SPK_PHASE_RESTING)
        return received == conn->received;
    if (conn->phase != SPK_PHASE_WAITING)
        return false;
    if (received != conn->seen) {
        conn->seen = received;
        conn->moved_ms = now_ms;
    }
    return now_ms - conn->moved_ms >= QUIET_MS;
}

static void look_at(struct spk_httpd_conn *conn, int64_t now_ms)
{
    if (conn->told_ms) {
        if (now_ms - conn->told_ms >= LINGER_MS)
            (void)shutdown(conn->fd, SHUT_RDWR);
        return;
    }
    if (!is_quiet(conn, now_ms))
        return;
    conn->told_ms = now_ms;
    atomic_store(&conn->told, true);
    (void)shutdown(conn->fd, conn->tls.tls ? SHUT_RD : SHUT_RDWR);
}

/* Those that the kernel has accepted and libmicrohttpd has not. */
static bool somebody_knocks(const struct spk_httpd *httpd)
{
    struct pollfd listener = {.fd = httpd->listener, .events = POLLIN};

    return poll(&listener, 1, 0) > 0;
}

void spk_httpd_drain(struct spk_httpd *httpd)
{
    atomic_store(&httpd->draining, true);
}

bool spk_httpd_drained(struct spk_httpd *httpd)
{
    const int64_t now_ms = spk_clock_mono_ms();
    struct spk_httpd_conn *conn;
    bool empty;

    (void)pthread_mutex_lock(&httpd->lock);
    TAILQ_FOREACH(conn, &httpd->conns, link)
    {
        if (conn->ended == SPK_REJECTS)
            look_at(conn, now_ms);
    }
    empty = httpd->connections == 0;
    (void)pthread_mutex_unlock(&httpd->lock);
    if (!empty || somebody_knocks(httpd))
        httpd->empty_ms = 0;
    else if (!httpd->empty_ms)
        httpd->empty_ms = now_ms;
    return httpd->empty_ms && now_ms - httpd->empty_ms >= EMPTY_MS;
}
