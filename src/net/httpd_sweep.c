/*
 * The sweeper: one thread that ends connections whose time is over, and the least worthy ones
 * when places run out. It only shuts their descriptors down; libmicrohttpd then sees an end of
 * stream and closes, as if the peer had gone.
 */
#include "httpd_internal.h"

#include "spk/base/clock.h"

#include <errno.h>
#include <time.h>

#define TICK_MS 100

unsigned spk_httpd_crowd(const struct spk_httpd *httpd)
{
    return httpd->options.connections_max - httpd->options.connections_max / 5;
}

/* All below: under the lock. */

static void end(struct spk_httpd_conn *conn, enum spk_httpd_reject why)
{
    conn->ended = why;
    conn->httpd->ending++;
    (void)shutdown(conn->fd, SHUT_RDWR);
}

static void look_at(struct spk_httpd_conn *conn, int64_t now_ms)
{
    if (conn->phase == SPK_PHASE_RESTING && spk_httpd_received(conn->fd) > conn->received) {
        conn->phase = SPK_PHASE_WAITING;
        conn->since_ms = now_ms;
        conn->end_ms = now_ms + conn->httpd->options.request_ms;
    }
    if (now_ms >= conn->end_ms)
        end(conn, conn->phase == SPK_PHASE_RESTING ? SPK_REJECT_IDLE : SPK_REJECT_SLOW);
}

static void sweep(struct spk_httpd *httpd, int64_t now_ms)
{
    struct spk_httpd_conn *conn;

    TAILQ_FOREACH(conn, &httpd->conns, link)
    {
        if (conn->ended == SPK_REJECTS)
            look_at(conn, now_ms);
    }
}

/* The oldest one that never brought a valid request, else the one that rests longest. But a fifth
 * of the places is for newcomers: were each of them evicted while others rest, nobody new would
 * ever be served. */
static struct spk_httpd_conn *least_worthy(struct spk_httpd *httpd)
{
    unsigned spare = httpd->options.connections_max - spk_httpd_crowd(httpd);
    struct spk_httpd_conn *unused = NULL;
    struct spk_httpd_conn *rests = NULL;
    struct spk_httpd_conn *conn;
    unsigned newcomers = 0;

    TAILQ_FOREACH(conn, &httpd->conns, link)
    {
        if (conn->ended != SPK_REJECTS || conn->phase == SPK_PHASE_HANDLING ||
            conn->phase == SPK_PHASE_ANSWERING)
            continue;
        newcomers += !conn->used;
        if (!conn->used && !unused)
            unused = conn;
        if (conn->used && conn->phase == SPK_PHASE_RESTING &&
            (!rests || conn->since_ms < rests->since_ms))
            rests = conn;
    }
    if (rests && newcomers <= spare)
        return rests;
    return unused ? unused : rests;
}

static void evict(struct spk_httpd *httpd)
{
    while (httpd->connections - httpd->ending > spk_httpd_crowd(httpd)) {
        struct spk_httpd_conn *conn = least_worthy(httpd);

        if (!conn)
            return; /* all are at work */
        end(conn, SPK_REJECT_EVICTED);
    }
}

static struct timespec at(int64_t ms)
{
    return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
}

static void *run(void *ctx)
{
    struct spk_httpd *httpd = ctx;
    int64_t next_ms = 0;

    (void)pthread_mutex_lock(&httpd->lock);
    while (!httpd->stop) {
        int64_t now_ms = spk_clock_mono_ms();
        struct timespec until;

        if (TAILQ_EMPTY(&httpd->conns)) {
            (void)pthread_cond_wait(&httpd->wake, &httpd->lock);
            continue;
        }
        if (now_ms >= next_ms) {
            sweep(httpd, now_ms);
            next_ms = now_ms + TICK_MS;
        }
        evict(httpd);
        until = at(next_ms);
        (void)pthread_cond_timedwait(&httpd->wake, &httpd->lock, &until);
    }
    (void)pthread_mutex_unlock(&httpd->lock);
    return NULL;
}

int spk_httpd_sweep_start(struct spk_httpd *httpd, struct spk_err *err)
{
    int rc = pthread_create(&httpd->sweeper, NULL, run, httpd);

    if (rc == 0)
        return 0;
    errno = rc;
    return spk_fail_sys(err, "start a thread");
}

void spk_httpd_sweep_stop(struct spk_httpd *httpd)
{
    (void)pthread_mutex_lock(&httpd->lock);
    httpd->stop = true;
    (void)pthread_cond_signal(&httpd->wake);
    (void)pthread_mutex_unlock(&httpd->lock);
    (void)pthread_join(httpd->sweeper, NULL);
}
