/* Whatever hangs, who stops does not wait for it. */
#include "canned.h"

#include "../suite.h"

#include <dlfcn.h>
#include <netdb.h>

#define HANGS_MS 20000 /* what hangs here would take longer than a test is patient */
#define AT_ONCE  250   /* a machine that is busy with other tests needs more than 100 ms at times */
#define BEGIN_MS 100   /* until then a call hangs where it should */

/* In place of the C library's, for libcurl as well: one host whose name nobody answers for. */
static struct spk_stop let_go = {.fd = -1};
static atomic_bool asked;

__attribute__((visibility("default"))) int getaddrinfo(const char *host, const char *service,
                                                       const struct addrinfo *hints,
                                                       struct addrinfo **out)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = NULL;

    if (host && strcmp(host, "hang.invalid") == 0) {
        atomic_store(&asked, true);
        (void)spk_stop_wait(&let_go, HANGS_MS);
        return EAI_AGAIN;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(host, service, hints, out);
}

enum hang { AFTER_REQUEST, IN_BODY, IN_HANDSHAKE, IN_CONNECT, IN_DNS, HANGS };

static const char *const names[] = {"after the request", "in the body", "in the handshake",
                                    "in connect", "in the name"};

struct place {
    struct canned canned;
    int fd;
    int fillers[64];
    char server[64];
};

/* A queue that is full answers no further SYN. */
static void fill(struct place *place)
{
    struct sockaddr_in at;
    socklen_t len = sizeof(at);

    ck_assert(getsockname(place->fd, (struct sockaddr *)&at, &len) == 0);
    for (size_t i = 0; i < sizeof(place->fillers) / sizeof(int); i++) {
        place->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(place->fillers[i], (struct sockaddr *)&at, sizeof(at));
    }
}

static void place_start(struct place *place, enum hang hang)
{
    place->fd = -1;
    place->canned = (struct canned){
        .text = hang == IN_BODY ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi" : "",
        .end = CANNED_HANG};
    if (hang <= IN_BODY) {
        canned_start(&place->canned);
        (void)snprintf(place->server, sizeof(place->server), "%s", place->canned.server);
    } else if (hang == IN_DNS) {
        (void)snprintf(place->server, sizeof(place->server), "https://hang.invalid");
    } else {
        place->fd = canned_listen(place->server, sizeof(place->server), "https", 1);
    }
    if (hang == IN_CONNECT)
        fill(place);
}

static void place_end(struct place *place, enum hang hang)
{
    if (hang <= IN_BODY)
        canned_end(&place->canned);
    for (size_t i = 0; hang == IN_CONNECT && i < sizeof(place->fillers) / sizeof(int); i++)
        (void)close(place->fillers[i]);
    if (place->fd >= 0)
        (void)close(place->fd);
}

struct call {
    struct spk_client *client;
    struct spk_stop stop;
    struct spk_err err;
    int rc;
    int64_t ended_ms;
};

static void *call_it(void *arg)
{
    struct call *call = arg;
    struct spk_client_request request = get("/", HANGS_MS);
    struct spk_client_answer got;

    request.stop = &call->stop;
    call->rc = spk_client_do(call->client, &request, &got, &call->err);
    call->ended_ms = spk_clock_mono_ms();
    return NULL;
}

static void check_stopped(const struct call *call, int64_t stopped_ms, const char *name)
{
    ck_assert_int_eq(call->rc, -1);
    ck_assert_msg(call->err.sys == ECANCELED, "%s: %s", name, call->err.msg);
    ck_assert_msg(call->ended_ms - stopped_ms < AT_ONCE, "%s: %lld ms", name,
                  (long long)(call->ended_ms - stopped_ms));
}

/* By the call's own stop, then by the client's end. */
START_TEST(stop)
{
    enum hang hang = (enum hang)(_i / 2);
    bool whole = _i % 2;
    struct place place;
    struct call call = {.stop.fd = -1};
    pthread_t thread;
    int64_t stopped_ms;
    struct spk_err err;

    ck_assert(spk_stop_init(&let_go, &err) == 0 && spk_stop_init(&call.stop, &err) == 0);
    place_start(&place, hang);
    call.client = new_client(&(struct spk_client_options){
        .server = place.server, .insecure = true, .connect_ms = HANGS_MS});
    ck_assert(pthread_create(&thread, NULL, call_it, &call) == 0);
    (void)usleep(BEGIN_MS * 1000);
    ck_assert(hang != IN_DNS || atomic_load(&asked));
    stopped_ms = spk_clock_mono_ms();
    if (whole)
        spk_client_free(call.client);
    else
        spk_stop_throw(&call.stop);
    (void)pthread_join(thread, NULL);
    check_stopped(&call, stopped_ms, names[hang]);
    if (!whole) {
        stopped_ms = spk_clock_mono_ms();
        spk_client_free(call.client);
        ck_assert_int_lt(spk_clock_mono_ms() - stopped_ms, AT_ONCE);
    }
    place_end(&place, hang);
    /* The resolver that was left behind ends with its own thread. */
    spk_stop_throw(&let_go);
    (void)usleep(20 * 1000);
    spk_stop_done(&call.stop);
}
END_TEST

/* connect_ms ends what does not come to a connection, long before the deadline. */
START_TEST(connect_in_time)
{
    enum hang hang = (enum hang)(IN_HANDSHAKE + _i);
    struct spk_client_request request = get("/", HANGS_MS);
    struct spk_client_answer got = {0};
    struct place place;
    struct spk_client *client;
    struct spk_err err;
    int64_t begun_ms = spk_clock_mono_ms();

    ck_assert(spk_stop_init(&let_go, &err) == 0);
    place_start(&place, hang);
    client = new_client(
        &(struct spk_client_options){.server = place.server, .insecure = true, .connect_ms = 200});
    ck_assert_int_eq(spk_client_do(client, &request, &got, &err), -1);
    ck_assert_msg(err.sys == ETIMEDOUT, "%s: %s", names[hang], err.msg);
    ck_assert_int_lt(spk_clock_mono_ms() - begun_ms, 200 + 2 * AT_ONCE);
    spk_client_free(client);
    place_end(&place, hang);
    spk_stop_throw(&let_go);
    (void)usleep(20 * 1000);
}
END_TEST

/* A stop that was thrown before stays thrown. */
START_TEST(stopped_before)
{
    struct canned canned = {.text = "", .end = CANNED_HANG};
    struct spk_client_request request = get("/", HANGS_MS);
    struct spk_client_answer got;
    struct spk_client *client;
    struct spk_stop stopped;
    struct spk_err err;

    ck_assert(spk_stop_init(&stopped, &err) == 0);
    spk_stop_throw(&stopped);
    canned_start(&canned);
    client = new_client(&(struct spk_client_options){.server = canned.server});
    request.stop = &stopped;
    ck_assert_int_eq(spk_client_do(client, &request, &got, &err), -1);
    ck_assert_int_eq(err.sys, ECANCELED);
    spk_client_free(client);
    canned_end(&canned);
    spk_stop_done(&stopped);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("stop");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, stop, 0, 2 * HANGS);
    tcase_add_loop_test(tcase, connect_in_time, 0, 3);
    tcase_add_test(tcase, stopped_before);
    return run_case("client stop", tcase);
}
