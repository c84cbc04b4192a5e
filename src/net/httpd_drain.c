/*
 * Stopping without losing a request. HTTP/1.1 has no way to tell a resting client that its
 * connection is about to end: one that we end just as a request sets out on it loses that request,
 * and nobody repeats a POST. So each is told by Connection: close with its next answer, and only
 * those that nothing has moved on for a while are ended by us, which client pools that take the
 * connection used last hardly ever touch again.
 */
#include "httpd_internal.h"

#include "spk/base/clock.h"

#include <poll.h>

/* A handshake or a request that is under way shows sooner than this, on a busy machine too. */
#define QUIET_MS 1000

/* Under the lock. */
static bool is_quiet(struct spk_httpd_conn *conn, int64_t now_ms)
{
    const uint64_t received = spk_httpd_received(conn->fd);

    if (conn->phase != SPK_PHASE_RESTING && conn->phase != SPK_PHASE_WAITING)
        return false;
    if (received != conn->seen) {
        conn->seen = received;
        conn->moved_ms = now_ms;
    }
    if (conn->phase == SPK_PHASE_RESTING && received > conn->received)
        return false;
    return now_ms - conn->since_ms >= QUIET_MS && now_ms - conn->moved_ms >= QUIET_MS;
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
        if (!conn->told && conn->ended == SPK_REJECTS && is_quiet(conn, now_ms)) {
            conn->told = true;
            (void)shutdown(conn->fd, SHUT_RDWR);
        }
    }
    empty = httpd->connections == 0;
    (void)pthread_mutex_unlock(&httpd->lock);
    return empty && !somebody_knocks(httpd);
}
