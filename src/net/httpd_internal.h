#ifndef SPK_NET_HTTPD_INTERNAL_H
#define SPK_NET_HTTPD_INTERNAL_H
/*
 * What the files of the server share. A connection is in one phase at a time; the phase says who
 * may end it and when. libmicrohttpd's thread turns it, the sweeper reads it, so phase and clock
 * are under the server's lock. The request of a connection is touched by its thread alone.
 *
 *   WAITING ──header──▶ READING ──body──▶ HANDLING ──answer──▶ ANSWERING ──sent──▶ RESTING
 *      ▲  └────────────────── rejected by its header ─────────────▲                  │
 *      └──────────────────── a byte of the next request ─────────────────────────────┘
 */

#include "spk/base/buf.h"
#include "spk/net/httpd.h"
#include "spk/net/tls.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>
#include <sys/socket.h>

#define SPK_HTTPD_PEER_SIZE 64

enum spk_httpd_phase {
    SPK_PHASE_WAITING,   /* for a request: nothing of it or a part of its header has come */
    SPK_PHASE_READING,   /* its header is complete, its body is not */
    SPK_PHASE_HANDLING,  /* the handler runs: never ended */
    SPK_PHASE_ANSWERING, /* the answer is queued and not sent */
    SPK_PHASE_RESTING    /* the answer is sent, and nothing of a next request has come */
};

struct spk_httpd_conn {
    struct spk_httpd *httpd;
    TAILQ_ENTRY(spk_httpd_conn) link; /* lock; in order of arrival */
    int fd;                           /* open as long as the connection is in the list */
    char peer[SPK_HTTPD_PEER_SIZE];   /* "address:port" */
    struct spk_tls_session tls;       /* zeroed on plain HTTP */

    /* Under the lock. */
    enum spk_httpd_phase phase;
    int64_t arrived_ms;
    int64_t since_ms;            /* begin of the phase */
    int64_t end_ms;              /* when the sweeper ends it */
    uint64_t received;           /* bytes received with its last complete request */
    bool used;                   /* a valid request was answered on it */
    enum spk_httpd_reject ended; /* why the sweeper ended it; SPK_REJECTS: it did not */
    uint64_t seen;               /* bytes received when the drain looked last at it WAITING */
    int64_t moved_ms;            /* when the drain saw that number change */
    int64_t told_ms;             /* when the drain ended it; 0: it did not */

    atomic_bool told; /* the drain wants it to end */
    bool bade;        /* goodbye is said; its thread's, like the next */
    size_t unread;    /* bytes that came after it and were thrown away */

    /* The request. */
    const struct spk_httpd_route *route;
    int64_t receive_ms;           /* when it must be complete */
    int64_t deadline_ms;          /* when its answer is of no use any more */
    size_t announced;             /* length of the body; SIZE_MAX: chunked */
    enum spk_httpd_reject failed; /* why its body is thrown away; SPK_REJECTS: it is kept */
    struct spk_buf body;
    size_t charged; /* of body, in the sum that bodies_max bounds */
};

TAILQ_HEAD(spk_httpd_conns, spk_httpd_conn);

struct spk_httpd {
    struct spk_httpd_options options;
    struct MHD_Daemon *daemon;
    struct MHD_Response *no_memory; /* made beforehand */
    int listener;                   /* libmicrohttpd's, which closes it */
    uint16_t port;
    atomic_bool draining;
    int64_t empty_ms; /* since then nobody is there (spk_httpd_drained()); 0: somebody is */
    atomic_uint_fast64_t rejected[SPK_REJECTS];

    pthread_t sweeper;
    pthread_cond_t wake; /* the sweeper: the first connection, place is needed, or stop */
    pthread_mutex_t lock;
    bool stop; /* lock, like all below */
    struct spk_httpd_conns conns;
    unsigned connections; /* in conns */
    unsigned ending;      /* of them, ended by the sweeper and not yet gone */
    unsigned in_flight;
    size_t bodies; /* bytes charged */
    uint64_t accepted;
};

/* httpd_conn.c: phases. Times are of spk_clock_mono_ms(). */
void spk_httpd_on_connection(void *ctx, struct MHD_Connection *mhd, void **socket_context,
                             enum MHD_ConnectionNotificationCode what);

/* WAITING → READING; sets the deadline to @timeout_ms from now, or with -1 to what the request
 * has by itself. A long timeout is for its answer: it must be complete no later than without one.
 * False when too much is in flight. */
bool spk_httpd_conn_admit(struct spk_httpd_conn *conn, int64_t timeout_ms);

void spk_httpd_conn_turn(struct spk_httpd_conn *conn, enum spk_httpd_phase phase);

/* → ANSWERING; @valid earns idle keep-alive. */
void spk_httpd_conn_answered(struct spk_httpd_conn *conn, bool valid);

/* Adjusts what the body is charged; false when all bodies would be above their ceiling. */
bool spk_httpd_conn_charge(struct spk_httpd_conn *conn, size_t bytes);

/* httpd_sweep.c */
int spk_httpd_sweep_start(struct spk_httpd *httpd, struct spk_err *err);
void spk_httpd_sweep_stop(struct spk_httpd *httpd);

/* Connections that may stay: above it some are evicted. */
unsigned spk_httpd_crowd(const struct spk_httpd *httpd);

/* Bytes that the kernel received on a connection; a FIN counts as one. */
uint64_t spk_httpd_received(int fd);

/* httpd_drain.c: recv() on the connection @ctx, for GnuTLS. */
ssize_t spk_httpd_pull(void *ctx, void *out, size_t size);

/* httpd_head.c: what a request's header says. */
struct spk_httpd_head {
    struct spk_str path;
    struct spk_str method;
    struct spk_str version;
};

struct spk_httpd_verdict {
    enum spk_httpd_reject reject; /* SPK_REJECTS: the request is fine */
    const struct spk_httpd_route *route;
    size_t announced;   /* as in struct spk_httpd_conn */
    int64_t timeout_ms; /* of ?timeout=; -1: none */
    char detail[160];
};

void spk_httpd_head_check(struct spk_httpd_verdict *out, const struct spk_httpd *httpd,
                          struct MHD_Connection *mhd, const struct spk_httpd_head *head);

/* httpd_reply.c: answers. They turn the connection to ANSWERING. */
enum MHD_Result spk_httpd_reply(struct spk_httpd_conn *conn, struct MHD_Connection *mhd,
                                struct spk_httpd_response *response);
enum MHD_Result spk_httpd_reject(struct spk_httpd_conn *conn, struct MHD_Connection *mhd,
                                 enum spk_httpd_reject why, const char *detail);
struct MHD_Response *spk_httpd_reply_no_memory(void);

/* Counts and reports; not to be called under the lock. */
void spk_httpd_report(struct spk_httpd *httpd, const struct spk_httpd_conn *conn,
                      enum spk_httpd_reject why, const char *detail);

/* httpd_request.c: the callbacks of one request. */
enum MHD_Result spk_httpd_on_request(void *ctx, struct MHD_Connection *mhd, const char *url,
                                     const char *method, const char *version, const char *upload,
                                     size_t *upload_len, void **request_context);
void spk_httpd_on_completed(void *ctx, struct MHD_Connection *mhd, void **request_context,
                            enum MHD_RequestTerminationCode how);

#endif
