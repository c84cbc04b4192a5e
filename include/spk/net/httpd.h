#ifndef SPK_NET_HTTPD_H
#define SPK_NET_HTTPD_H
/*
 * A bounded HTTP/1.1 server for hostile networks. The only user of libmicrohttpd.
 *
 * A request is checked before its body is read (path, method, content type, framing, length, how
 * much is going on) and handed to its route's handler when it is complete. Everything is bounded:
 * bodies, their sum, connections, requests in flight, and the time each may take.
 *
 * Time: libmicrohttpd never calls us for a client that drips its header, and stops accepting at
 * its connection limit. So a sweeper thread of ours ends connections, by shutdown(2) on the
 * descriptor, under the lock that the connection callbacks also take (so that a descriptor cannot
 * have been reused).
 */

#include "spk/base/err.h"
#include "spk/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spk_tls;
struct spk_httpd;

struct spk_httpd_request {
    struct spk_str path;
    struct spk_str body;
    int64_t deadline_ms; /* on spk_clock_mono_ms() */
    const char *peer;    /* "address:port" */
};

struct spk_httpd_response {
    int status;               /* 200 unless the handler sets it */
    const char *content_type; /* a literal */
    char *body;               /* malloc'ed; the server takes it; NULL is an empty body */
    size_t len;
    bool valid;    /* what came was what this route is for: the connection earns idle keep-alive;
                      without it a status of 400 and above ends the connection */
    bool too_busy; /* nothing was done, and nothing else of this counts: the client is told to come
                      back, as by SPK_REJECT_OVERLOAD */
};

typedef void spk_httpd_handler(void *ctx, const struct spk_httpd_request *request,
                               struct spk_httpd_response *response);

struct spk_httpd_route {
    const char *path;          /* exact, without query */
    bool post;                 /* POST with a JSON body; else GET and HEAD without one */
    const char *timeout_query; /* a query parameter with the time until the answer (capped at
                                  30 s, ignored when malformed), or NULL; it can shorten the time
                                  for sending the request, not lengthen it */
    spk_httpd_handler *handler;
};

/* Why a request was answered without its handler, or a connection was ended. */
enum spk_httpd_reject {
    SPK_REJECT_PATH,         /* 404 */
    SPK_REJECT_METHOD,       /* 405 */
    SPK_REJECT_CONTENT_TYPE, /* 415 */
    SPK_REJECT_FRAMING,      /* 400: no length, both lengths, two lengths, foreign coding */
    SPK_REJECT_TOO_LARGE,    /* 413 */
    SPK_REJECT_OVERLOAD,     /* 503 with Retry-After: 1 */
    SPK_REJECT_DEADLINE,     /* 408 */
    SPK_REJECT_MEMORY,       /* 500 */
    SPK_REJECT_SLOW,         /* ended: no complete request in time */
    SPK_REJECT_IDLE,         /* ended: idle for too long */
    SPK_REJECT_EVICTED,      /* ended: place was needed */
    SPK_REJECTS
};

/* A word for metrics and logs: "path", "method", … */
const char *spk_httpd_reject_text(enum spk_httpd_reject reject);

struct spk_httpd_counts {
    uint64_t rejected[SPK_REJECTS];
    uint64_t accepted;    /* connections so far */
    unsigned connections; /* open now */
    unsigned in_flight;   /* requests whose header is complete and whose answer is not queued */
};

struct spk_httpd_options {
    const char *address;      /* an IP address to listen on: "0.0.0.0", "::", "127.0.0.1" */
    uint16_t port;            /* 0: the kernel picks one, see spk_httpd_port() */
    struct spk_tls *tls;      /* borrowed until spk_httpd_free(); NULL: plain HTTP */
    unsigned threads;         /* at least 1 */
    unsigned connections_max; /* at least one a thread */
    unsigned in_flight_max;
    size_t body_max;    /* of one request */
    size_t bodies_max;  /* of all in flight; the memory they take is at most twice as much */
    int64_t request_ms; /* connection to first complete request, and each later one */
    int64_t idle_ms;    /* keep-alive after a valid request; before one: request_ms */
    bool one_request;   /* no keep-alive: each answer carries Connection: close */
    const struct spk_httpd_route *routes; /* borrowed until spk_httpd_free() */
    size_t route_count;
    void *ctx; /* for the handlers */
    /* Called for each reject, from any thread; may be NULL. @peer is "address:port". */
    void (*on_reject)(void *ctx, enum spk_httpd_reject reject, const char *peer,
                      const char *detail);
};

/**
 * spk_httpd_new() - listen and serve
 * @out: serving when this returns; free with spk_httpd_free()
 * @err: SPK_EIO with the address for a port that is taken or forbidden; SPK_EINVALID for options
 *       that contradict each other; SPK_ENOMEM
 */
int spk_httpd_new(struct spk_httpd **out, const struct spk_httpd_options *options,
                  struct spk_err *err) __attribute__((warn_unused_result));

/* The port that is listened on. */
uint16_t spk_httpd_port(const struct spk_httpd *httpd);

struct spk_httpd_counts spk_httpd_counts(struct spk_httpd *httpd);

/* From now on every answer carries Connection: close; new connections are still accepted. */
void spk_httpd_drain(struct spk_httpd *httpd);

/* To be asked again and again while it drains and nobody is expected any more: ends connections on
 * which nothing moves. True when none has been left for 100 ms, so that spk_httpd_free() cuts
 * nobody off. One thread asks. */
bool spk_httpd_drained(struct spk_httpd *httpd);

/* Stops: accepts no more, ends what is open, joins the threads, frees. NULL is fine. */
void spk_httpd_free(struct spk_httpd *httpd);

#endif
