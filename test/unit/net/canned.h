#ifndef TEST_UNIT_NET_CANNED_H
#define TEST_UNIT_NET_CANNED_H
/*
 * A server on loopback that reads a request and says what the test wants, whatever that is: what no
 * good server would send. It runs in a thread of its own, one connection after the other.
 */

#include "spk/base/clock.h"
#include "spk/net/client.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum canned_end { CANNED_CLOSE, CANNED_RESET, CANNED_HANG };

struct canned {
    const char *text; /* what it says */
    /* or, in its place: the answer to the nth request, n from 1; in the server's thread */
    const char *(*answer)(void *ctx, const char *request, unsigned n);
    void *ctx;
    size_t len; /* 0: strlen */
    enum canned_end end;
    int fd;
    char server[64];
    char request[4096]; /* the last one; to be read when it has been answered */
    atomic_uint requests;
    atomic_bool sent; /* all that there is to say, or the peer has gone */
    struct spk_stop stop;
    pthread_t thread;
};

static inline void canned_send(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

static inline bool canned_wait(const struct canned *canned, int fd)
{
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = canned->stop.fd, .events = POLLIN}};

    (void)poll(fds, 2, -1);
    return !spk_stop_thrown(&canned->stop);
}

static inline bool canned_read(struct canned *canned, int fd)
{
    size_t len = 0;

    while (len < sizeof(canned->request) - 1 && canned_wait(canned, fd)) {
        ssize_t n = recv(fd, canned->request + len, sizeof(canned->request) - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        canned->request[len] = '\0';
        if (strstr(canned->request, "\r\n\r\n"))
            return true;
    }
    return false;
}

static inline void canned_serve(struct canned *canned, int fd)
{
    struct linger now = {.l_onoff = 1};
    const char *text = canned->text;

    if (canned_read(canned, fd)) {
        unsigned n = atomic_fetch_add(&canned->requests, 1) + 1;
        text = canned->answer ? canned->answer(canned->ctx, canned->request, n) : text;
        canned_send(fd, text, canned->len ? canned->len : strlen(text));
        atomic_store(&canned->sent, true);
        if (canned->end == CANNED_HANG)
            (void)spk_stop_wait(&canned->stop, 60000);
    }
    if (canned->end == CANNED_RESET)
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    (void)close(fd);
}

static inline void *canned_run(void *arg)
{
    struct canned *canned = arg;

    while (canned_wait(canned, canned->fd)) {
        int fd = accept(canned->fd, NULL, NULL);
        if (fd >= 0)
            canned_serve(canned, fd);
    }
    return NULL;
}

/* A listening socket on a free port of loopback; its address in @server. */
static inline int canned_listen(char *server, size_t size, const char *scheme, int backlog)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
    ck_assert(listen(fd, backlog) == 0);
    ck_assert(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    (void)snprintf(server, size, "%s://127.0.0.1:%d", scheme, ntohs(at.sin_port));
    return fd;
}

static inline void canned_start(struct canned *canned)
{
    struct spk_err err;

    ck_assert(spk_stop_init(&canned->stop, &err) == 0);
    canned->fd = canned_listen(canned->server, sizeof(canned->server), "http", 16);
    ck_assert(pthread_create(&canned->thread, NULL, canned_run, canned) == 0);
}

static inline void canned_end(struct canned *canned)
{
    spk_stop_throw(&canned->stop);
    (void)pthread_join(canned->thread, NULL);
    (void)close(canned->fd);
    spk_stop_done(&canned->stop);
}

static inline void canned_wait_sent(const struct canned *canned)
{
    int64_t until_ms = spk_clock_mono_ms() + 30000;

    while (!atomic_load(&canned->sent)) {
        ck_assert_msg(spk_clock_mono_ms() < until_ms, "the client takes no more");
        (void)usleep(5000);
    }
}

static inline struct spk_client *new_client(const struct spk_client_options *options)
{
    struct spk_client *client = NULL;
    struct spk_err err = {0};

    ck_assert_msg(spk_client_new(&client, options, &err) == 0, "%s", err.msg);
    return client;
}

static inline struct spk_client_request get(const char *path, int64_t within_ms)
{
    return (struct spk_client_request){.method = "GET",
                                       .path = path,
                                       .answer_max = 65536,
                                       .deadline_ms = spk_clock_mono_ms() + within_ms};
}

#endif
