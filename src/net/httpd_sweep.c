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

/* So long a request or an answer may be under way before it counts as held open, and so long a
 * newcomer is spared. */
#define HELD_MS  1000
#define FRESH_MS 2000

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

/* Of each kind of connection the one that goes first. */
struct candidates {
    struct spk_httpd_conn *unused;  /* came first of those that never brought a valid request */
    struct spk_httpd_conn *resting; /* rests longest */
    struct spk_httpd_conn *held;    /* used, too, and longest amid a request or an answer */
    unsigned newcomers;             /* unused ones */
};

static void keep_older(struct spk_httpd_conn **oldest, struct spk_httpd_conn *conn)
{
    if (!*oldest || conn->since_ms < (*oldest)->since_ms)
        *oldest = conn;
}

static void consider(struct candidates *out, struct spk_httpd_conn *conn, int64_t now_ms)
{
    bool held = now_ms - conn->since_ms >= HELD_MS;

    if (conn->phase == SPK_PHASE_HANDLING || (conn->phase == SPK_PHASE_ANSWERING && !held))
        return;
    if (!conn->used) {
        out->newcomers++;
        if (!out->unused)
            out->unused = conn;
    } else if (conn->phase == SPK_PHASE_RESTING) {
        keep_older(&out->resting, conn);
    } else if (held) {
        keep_older(&out->held, conn);
    }
}

/* Those that never brought a valid request, in order of arrival. But a fifth of the places is for
 * newcomers: were they evicted while used connections keep the rest, by resting or by never
 * finishing a request or never taking an answer, nobody new would ever be served. */
static struct spk_httpd_conn *least_worthy(struct spk_httpd *httpd, int64_t now_ms)
{
    unsigned spare = httpd->options.connections_max - spk_httpd_crowd(httpd);
    struct candidates found = {0};
    struct spk_httpd_conn *conn;

    TAILQ_FOREACH(conn, &httpd->conns, link)
    {
        if (conn->ended == SPK_REJECTS)
            consider(&found, conn, now_ms);
    }
    if (found.newcomers > spare)
        return found.unused;
    if (found.resting)
        return found.resting;
    if (found.held)
        return found.held;
    return found.unused && now_ms - found.unused->arrived_ms >= FRESH_MS ? found.unused : NULL;
}

static void evict(struct spk_httpd *httpd, int64_t now_ms)
{
    while (httpd->connections - httpd->ending > spk_httpd_crowd(httpd)) {
        struct spk_httpd_conn *conn = least_worthy(httpd, now_ms);

        if (!conn)
            return; /* all are at work or have just come */
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
        evict(httpd, now_ms);
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
