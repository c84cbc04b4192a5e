#ifndef SPK_NET_CLIENT_H
#define SPK_NET_CLIENT_H
/*
 * A bounded HTTPS client for one server. The only user of libcurl. It moves bytes and knows nothing
 * of what they mean.
 *
 * A client is a pool of connections, run by one thread of its own; requests of all threads share
 * them, one at a time on each. Connections are not reused beyond 80 s of silence, because a
 * Kubernetes API server ends them at 90 s. A server that falls silent in the middle of a request
 * costs that connection: the next request opens another one.
 *
 * HTTP/1.1 only. With many HTTP/2 streams on one connection libcurl 7.88 now and then leaves an
 * answer lying that it read for one stream while it served another, until some timer of that stream
 * runs out: in 5 of 6,770 starts of a replica its first list, answered at once, was taken after
 * 10 s.
 *
 * It never follows a redirect, never reads .netrc, keeps no cookies and no HSTS. Proxies are those
 * of the options, else those of the environment (HTTPS_PROXY, NO_PROXY), but never for loopback.
 * TLS needs 1.2; a certificate is checked against the options' CA alone, where they name one.
 *
 * CA, certificate and key come as bytes. libcurl 7.88 with GnuTLS takes only files for them (its
 * _BLOB options answer CURLE_NOT_BUILT_IN), so they are put into memory that has a file's name
 * (memfd_create(2), /proc/self/fd/N): nothing is written to a disk, and /proc must be mounted.
 * What belongs to a client is fixed for its life, as libcurl tells connections apart by those
 * names; whoever is given other certificates makes another client.
 *
 * Threads: everything may be called from any thread; a stream belongs to one thread at a time.
 */

#include "spk/base/buf.h"
#include "spk/base/err.h"
#include "spk/base/stop.h"
#include "spk/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spk_client;
struct spk_stream;

/* All borrowed for the call of spk_client_new() only. */
struct spk_client_options {
    const char *server;      /* "https://host[:port][/prefix]"; "http://" for loopback only */
    struct spk_str ca;       /* PEM; absent: the CAs of the system */
    struct spk_str cert;     /* PEM of a client certificate, leaf first; absent: none */
    struct spk_str key;      /* and its key */
    const char *server_name; /* the name that the certificate must have, and SNI; NULL: the host */
    const char *proxy; /* "http://host:port", "socks5://..."; NULL: what the environment says */
    const char *user_agent; /* NULL: none is sent */
    int64_t connect_ms;     /* for name, TCP and TLS together; 0: 10 s */
    bool insecure;          /* any certificate of the server will do */
};

struct spk_client_request {
    const char *method; /* a literal: "GET", "POST", ... */
    const char *path;   /* begins with '/', escaped, with its query; goes behind the prefix */
    const char *authorization;   /* the header's value, a secret; NULL: none */
    const char *accept;          /* NULL: any */
    const char *content_type;    /* of the body */
    struct spk_str body;         /* must stay until the call returns; absent: none is sent */
    size_t answer_max;           /* ceiling of the answer's body */
    int64_t deadline_ms;         /* of the whole answer, for a stream of its header;
                                    on spk_clock_mono_ms() */
    int64_t idle_ms;             /* for a stream: so long may the server be silent; 0: for ever */
    const struct spk_stop *stop; /* ends the call when thrown; may be NULL */
};

struct spk_client_answer {
    int status;             /* 100 to 599 */
    int64_t retry_after_ms; /* -1 without the header; seconds and dates are understood */
    char content_type[80];  /* "" without the header; cut */
    char warning[512];      /* the texts of Warning headers of code 299, on one line, "; " between
                               them; cut */
    struct spk_buf body;
    bool again; /* with -1: the connection failed before anything of an answer came */
};

/**
 * spk_client_new() - start a client
 * @out: to be freed with spk_client_free()
 *
 * Nothing is sent before the first request.
 *
 * Errors: SPK_EINVALID for a server that is no such URL; SPK_EIO without memfd or threads;
 *         SPK_ENOMEM
 */
int spk_client_new(struct spk_client **out, const struct spk_client_options *options,
                   struct spk_err *err) __attribute__((warn_unused_result));

/* Ends what is going on (-1 with ECANCELED to whoever waits; all streams must have been closed and
 * all calls have returned before the memory goes, which this waits for), frees, wipes the key.
 * Returns within 100 ms of the last of them, whatever server, network and DNS do. NULL is fine. */
void spk_client_free(struct spk_client *client);

/**
 * spk_client_do() - one request and its whole answer
 * @answer: filled on success and to be released with spk_client_answer_done(); on failure only
 *          @again means something
 *
 * Every status is an answer. A request on a connection that turns out to have been closed meanwhile
 * is sent once more by libcurl itself, whatever its method, if nothing came back.
 *
 * Errors: SPK_EIO with what failed and the server's address, where sys is ETIMEDOUT for the
 * deadline or connect_ms, ECANCELED for a thrown @stop, EPROTO for TLS (the certificate is not
 *         trusted, ours is refused, ...), what connect(2) said, else 0; SPK_ETOOBIG for a body
 * above answer_max or a header above 256 KiB; SPK_EINVALID for a request that can't be sent;
 *         SPK_ENOMEM
 */
int spk_client_do(struct spk_client *client, const struct spk_client_request *request,
                  struct spk_client_answer *answer, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Frees the body; a zeroed answer is fine. */
void spk_client_answer_done(struct spk_client_answer *answer);

/**
 * spk_client_open() - one request whose answer is read line by line while it comes
 * @out:    to be closed with spk_stream_close()
 * @answer: its header, without a body
 *
 * Return: 0 for a status of 200 to 299; 1 for another one, with the body in @answer and no stream;
 *         -1 as spk_client_do()
 */
int spk_client_open(struct spk_stream **out, struct spk_client *client,
                    const struct spk_client_request *request, struct spk_client_answer *answer,
                    struct spk_err *err) __attribute__((warn_unused_result));

/**
 * spk_stream_line() - wait for the next line
 * @line: without its line end, never empty; borrowed until the next call
 *
 * Return: 0; 1 at the end of the answer, where a line without its end is dropped; -1: SPK_EIO as
 *         above, where ETIMEDOUT is the silence of idle_ms; SPK_ETOOBIG for a line above
 *         SPK_LINE_MAX, or when more than SPK_STREAM_MAX wait to be read
 */
int spk_stream_line(struct spk_stream *stream, struct spk_str *line, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Ends the request if it is still going on. NULL is fine. */
void spk_stream_close(struct spk_stream *stream);

#endif
