#ifndef TEST_UNIT_NET_RIG_H
#define TEST_UNIT_NET_RIG_H
/*
 * A server on a free port of the loopback and a client that can misbehave. Servers are started
 * inside a test's body: check forks for each test, and threads do not survive that.
 */

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/net/httpd.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 15000 /* above it a test fails instead of hanging; nothing waits that long */
#define BIG_ANSWER  ((size_t)32 * 1024 * 1024)

struct rig {
    struct spk_httpd *httpd;
    struct spk_httpd_options options;
    atomic_uint rejects; /* calls of on_reject */
    char peer[64];       /* of the first one; to be read when the server has stopped */
};

/* What the server does is asked for by the body, and told in the answer. */
static void rig_handler(void *ctx, const struct spk_httpd_request *request,
                        struct spk_httpd_response *response)
{
    int64_t left_ms = request->deadline_ms - spk_clock_mono_ms();
    char *text = malloc(256);

    (void)ctx;
    ck_assert_ptr_nonnull(text);
    response->valid = !spk_str_is(request->body, "worthless");
    if (spk_str_is(request->body, "bad")) {
        response->status = 400;
        response->valid = false;
    }
    if (spk_str_is(request->body, "unready"))
        response->status = 503;
    if (spk_str_is(request->body, "sleep"))
        (void)usleep(600 * 1000);
    response->len = (size_t)snprintf(text, 256, "%.*s got %zu bytes, %lld ms left\n",
                                     SPK_ARG(request->path), request->body.len, (long long)left_ms);
    response->body = text;
    if (spk_str_is(request->body, "big")) {
        free(text);
        response->body = calloc(1, BIG_ANSWER);
        response->len = BIG_ANSWER;
    }
}

static void rig_on_reject(void *ctx, enum spk_httpd_reject reject, const char *peer,
                          const char *detail)
{
    struct rig *rig = ctx;

    (void)reject;
    (void)detail;
    if (atomic_fetch_add(&rig->rejects, 1) == 0)
        (void)snprintf(rig->peer, sizeof(rig->peer), "%s", peer);
}

static const struct spk_httpd_route rig_routes[] = {
    {.path = "/post", .post = true, .timeout_query = "timeout", .handler = rig_handler},
    {.path = "/get", .handler = rig_handler},
};

/* Generous everywhere; a test tightens what it is about. */
static inline struct rig rig_defaults(void)
{
    return (struct rig){.options = {.address = "127.0.0.1",
                                    .threads = 2,
                                    .connections_max = 64,
                                    .in_flight_max = 16,
                                    .body_max = 65536,
                                    .bodies_max = 1 << 20,
                                    .request_ms = PATIENCE_MS,
                                    .idle_ms = PATIENCE_MS,
                                    .routes = rig_routes,
                                    .route_count = SPK_LEN(rig_routes),
                                    .on_reject = rig_on_reject}};
}

static inline void rig_start(struct rig *rig)
{
    struct spk_err err = {0};

    rig->options.ctx = rig;
    ck_assert_msg(spk_httpd_new(&rig->httpd, &rig->options, &err) == 0, "%s", err.msg);
}

static inline void rig_stop(struct rig *rig)
{
    spk_httpd_free(rig->httpd);
    rig->httpd = NULL;
}

static inline int rig_connect(const struct rig *rig)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(spk_httpd_port(rig->httpd)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_msg(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connect");
    return fd;
}

/* False when the server has closed. */
static inline bool rig_send(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static inline bool rig_say(int fd, const char *text)
{
    return rig_send(fd, text, strlen(text));
}

/* Bytes read, 0 at the end of the stream, -1 when nothing came in time. */
static inline ssize_t rig_read(int fd, char *out, size_t size, int timeout_ms)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    ssize_t n;

    if (poll(&poller, 1, timeout_ms) != 1)
        return -1;
    n = recv(fd, out, size, 0);
    return n > 0 ? n : 0;
}

/* Reads to the end of the stream: true when it came in time. */
static inline bool rig_read_all(int fd, char *out, size_t size)
{
    size_t len = 0;

    for (;;) {
        ssize_t n = rig_read(fd, out + len, size - 1 - len, PATIENCE_MS);

        out[len + (size_t)(n > 0 ? n : 0)] = '\0';
        if (n <= 0)
            return n == 0;
        len += (size_t)n;
    }
}

/* Reads one answer with its body, which must end in a newline; the stream stays open. */
static inline void rig_read_answer(int fd, char *out, size_t size)
{
    size_t len = 0;
    const char *body;

    do {
        ssize_t n = rig_read(fd, out + len, size - 1 - len, PATIENCE_MS);

        ck_assert_msg(n > 0, "no answer; got '%.*s'", (int)len, out);
        len += (size_t)n;
        out[len] = '\0';
        body = strstr(out, "\r\n\r\n");
    } while (!body || out[len - 1] != '\n' || body[4] == '\0');
}

/* Milliseconds until the server ends the stream. Fails the test when it does not. */
static inline int64_t rig_wait_end(int fd, const char *name)
{
    int64_t begin = spk_clock_mono_ms();
    char bytes[4096];

    for (;;) {
        ssize_t n = rig_read(fd, bytes, sizeof(bytes), PATIENCE_MS);

        ck_assert_msg(n >= 0, "%s: the server keeps the connection", name);
        if (n == 0)
            return spk_clock_mono_ms() - begin;
    }
}

static inline bool rig_is_open(int fd)
{
    char byte;

    return rig_read(fd, &byte, 1, 0) == -1;
}

static inline unsigned rig_status(const char *answer)
{
    unsigned status = 0;

    return sscanf(answer, "HTTP/1.1 %3u", &status) == 1 ? status : 0; /* NOLINT(cert-err34-c) */
}

static inline uint64_t rig_rejected(struct rig *rig, enum spk_httpd_reject why)
{
    return spk_httpd_counts(rig->httpd).rejected[why];
}

/* Until so many were rejected, or the test fails. */
static inline void rig_wait_rejected(struct rig *rig, enum spk_httpd_reject why, uint64_t count)
{
    int64_t until = spk_clock_mono_ms() + PATIENCE_MS;

    while (rig_rejected(rig, why) < count) {
        ck_assert_msg(spk_clock_mono_ms() < until, "%s: %llu instead of %llu",
                      spk_httpd_reject_text(why), (unsigned long long)rig_rejected(rig, why),
                      (unsigned long long)count);
        (void)usleep(10 * 1000);
    }
}

#define HEAD_JSON "Host: x\r\nContent-Type: application/json\r\n"

/* A whole POST on an open connection; fills @answer. */
static inline void rig_post(int fd, const char *query, const char *body, char *answer, size_t size)
{
    char head[256];

    (void)snprintf(head, sizeof(head),
                   "POST /post%s HTTP/1.1\r\n" HEAD_JSON "Content-Length: %zu\r\n\r\n", query,
                   strlen(body));
    ck_assert(rig_say(fd, head) && rig_say(fd, body));
    rig_read_answer(fd, answer, size);
}

#endif
