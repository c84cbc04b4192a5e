/* What a request must be, and how each one that is not is answered. Time is in test_httpd_time. */
#include "rig.h"

#define NONE SPK_REJECTS /* not counted by us: libmicrohttpd answers before we are asked */

/* The body that follows where a row says "…": longer than body_max. */
#define LONG_CHUNKS 20

static const struct {
    const char *name;
    const char *request;
    unsigned status;
    enum spk_httpd_reject reject;
    const char *expect; /* in the answer */
} refused[] = {
    {"unknown path", "POST /nope HTTP/1.1\r\n" HEAD_JSON "Content-Length: 1\r\n\r\n1", 404,
     SPK_REJECT_PATH, "404 no such path\n"},
    {"unknown path, GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404, SPK_REJECT_PATH, "no such"},
    {"escaped path", "POST /%70ost HTTP/1.1\r\n" HEAD_JSON "Content-Length: 1\r\n\r\n1", 404,
     SPK_REJECT_PATH, "no such path"},
    {"longer path", "POST /post/ HTTP/1.1\r\n" HEAD_JSON "Content-Length: 1\r\n\r\n1", 404,
     SPK_REJECT_PATH, "no such path"},
    {"GET instead of POST", "GET /post HTTP/1.1\r\nHost: x\r\n\r\n", 405, SPK_REJECT_METHOD,
     "\r\nAllow: POST\r\n"},
    {"POST instead of GET", "POST /get HTTP/1.1\r\n" HEAD_JSON "Content-Length: 1\r\n\r\n1", 405,
     SPK_REJECT_METHOD, "\r\nAllow: GET, HEAD\r\n"},
    {"invented method", "BREW /post HTTP/1.1\r\nHost: x\r\n\r\n", 405, SPK_REJECT_METHOD,
     "\r\nAllow: POST\r\n"},
    {"no content type", "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1", 415,
     SPK_REJECT_CONTENT_TYPE, "application/json is expected"},
    {"other content type",
     "POST /post HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\n1",
     415, SPK_REJECT_CONTENT_TYPE, "application/json is expected"},
    {"longer content type",
     "POST /post HTTP/1.1\r\nHost: x\r\nContent-Type: application/jsonp\r\n"
     "Content-Length: 1\r\n\r\n1",
     415, SPK_REJECT_CONTENT_TYPE, "application/json is expected"},
    {"two content types",
     "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Type: text/plain\r\nContent-Length: 1\r\n\r\n1",
     415, SPK_REJECT_CONTENT_TYPE, "application/json is expected"},
    {"no length", "POST /post HTTP/1.1\r\n" HEAD_JSON "\r\n", 400, SPK_REJECT_FRAMING,
     "neither Content-Length nor"},
    {"both lengths",
     "POST /post HTTP/1.1\r\n" HEAD_JSON
     "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400, SPK_REJECT_FRAMING, "more than one"},
    {"two lengths",
     "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 1\r\nContent-Length: 2\r\n\r\n12", 400,
     SPK_REJECT_FRAMING, "more than one"},
    {"the same length twice",
     "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 1\r\nContent-Length: 1\r\n\r\n1", 400,
     SPK_REJECT_FRAMING, "more than one"},
    {"a list of lengths", "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 1, 1\r\n\r\n1", 400,
     NONE, "HTTP/1.1 400"},
    {"signed length", "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: +1\r\n\r\n1", 400, NONE,
     "HTTP/1.1 400"},
    {"negative length", "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: -1\r\n\r\n1", 400,
     NONE, "HTTP/1.1 400"},
    {"empty length", "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length:\r\n\r\n1", 400, NONE,
     "HTTP/1.1 400"},
    {"length beyond 64 bits",
     "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 99999999999999999999\r\n\r\n1", 413, NONE,
     "HTTP/1.1 413"},
    {"bad length beside chunks",
     "POST /post HTTP/1.1\r\n" HEAD_JSON
     "Content-Length: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400, SPK_REJECT_FRAMING, "more than one"},
    {"hidden length",
     "POST /post HTTP/1.1\r\n" HEAD_JSON
     "Content-Length : 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400, SPK_REJECT_FRAMING, "name is malformed"},
    {"control in a value",
     "POST /post HTTP/1.1\r\n" HEAD_JSON "X: a\001b\r\nContent-Length: 1\r\n\r\n1", 400,
     SPK_REJECT_FRAMING, "value is malformed"},
    {"delete in a value",
     "POST /post HTTP/1.1\r\n" HEAD_JSON "X: a\177\r\nContent-Length: 1\r\n\r\n1", 400,
     SPK_REJECT_FRAMING, "value is malformed"},
    {"vertical tab before a coding",
     "POST /post HTTP/1.1\r\n" HEAD_JSON "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", 400,
     SPK_REJECT_FRAMING, "value is malformed"},
    {"gzip", "POST /post HTTP/1.1\r\n" HEAD_JSON "Transfer-Encoding: gzip\r\n\r\n", 400,
     SPK_REJECT_FRAMING, "can only be chunked"},
    {"gzip and chunked",
     "POST /post HTTP/1.1\r\n" HEAD_JSON "Transfer-Encoding: gzip, chunked\r\n\r\n", 400,
     SPK_REJECT_FRAMING, "can only be chunked"},
    {"chunked twice",
     "POST /post HTTP/1.1\r\n" HEAD_JSON
     "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400, SPK_REJECT_FRAMING, "more than one"},
    {"chunks in HTTP/1.0",
     "POST /post HTTP/1.0\r\n" HEAD_JSON "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
     SPK_REJECT_FRAMING, "is for HTTP/1.1"},
    {"no host",
     "POST /post HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n1", 400,
     SPK_REJECT_FRAMING, "exactly one Host"},
    {"two hosts", "POST /post HTTP/1.1\r\n" HEAD_JSON "Host: y\r\nContent-Length: 1\r\n\r\n1", 400,
     SPK_REJECT_FRAMING, "exactly one Host"},
    {"GET with a body", "GET /get HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1", 400,
     SPK_REJECT_FRAMING, "takes no body"},
    {"GET with chunks",
     "GET /get HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
     SPK_REJECT_FRAMING, "takes no body"},
    {"announced too large", "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 65537\r\n\r\n",
     413, SPK_REJECT_TOO_LARGE, "413 a body can have 65536 bytes\n"},
    {"malformed chunk",
     "POST /post HTTP/1.1\r\n" HEAD_JSON "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, NONE,
     "HTTP/1.1 400"},
};

/* Each answer says what it is, the stream ends, and exactly one reject is counted and reported. */
START_TEST(refuse)
{
    struct rig rig = rig_defaults();
    struct spk_httpd_counts counts;
    uint64_t sum = 0;
    char answer[4096];
    int fd;

    rig_start(&rig);
    fd = rig_connect(&rig);
    ck_assert_msg(rig_say(fd, refused[_i].request), "%s: send", refused[_i].name);
    ck_assert_msg(rig_read_all(fd, answer, sizeof(answer)), "%s: stays open: '%s'",
                  refused[_i].name, answer);
    ck_assert_msg(rig_status(answer) == refused[_i].status, "%s: '%s'", refused[_i].name, answer);
    ck_assert_msg(strstr(answer, refused[_i].expect), "%s: '%s'", refused[_i].name, answer);
    ck_assert_msg(strstr(answer, "\r\nConnection: close\r\n"), "%s: '%s'", refused[_i].name,
                  answer);
    if (refused[_i].reject != NONE) /* libmicrohttpd 0.9.75 sends the head of its own ones twice */
        ck_assert_msg(!strstr(answer + 1, "HTTP/1.1 "), "%s: two answers: '%s'", refused[_i].name,
                      answer);
    (void)close(fd);

    counts = spk_httpd_counts(rig.httpd);
    rig_stop(&rig);
    for (size_t i = 0; i < SPK_REJECTS; i++)
        sum += counts.rejected[i];
    ck_assert_msg(sum == (refused[_i].reject != NONE), "%s: %llu rejects", refused[_i].name,
                  (unsigned long long)sum);
    ck_assert_msg(atomic_load(&rig.rejects) == sum, "%s: reports", refused[_i].name);
    if (refused[_i].reject == NONE)
        return;
    ck_assert_msg(counts.rejected[refused[_i].reject] == 1, "%s: counted as another",
                  refused[_i].name);
    ck_assert_msg(strncmp(rig.peer, "127.0.0.1:", 10) == 0, "%s: peer '%s'", refused[_i].name,
                  rig.peer);
}
END_TEST

static const struct {
    const char *name;
    const char *request;
    const char *expect;
} served[] = {
    {"POST", "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 3\r\n\r\n{ }",
     "/post got 3 bytes"},
    {"POST with a query",
     "POST /post?a=b&timeout=1s HTTP/1.1\r\n" HEAD_JSON "Content-Length: 3\r\n\r\n{ }",
     "/post got 3 bytes"},
    {"tab and UTF-8 in a value",
     "POST /post HTTP/1.1\r\n" HEAD_JSON "X: a\tb\303\244\r\nContent-Length: 1\r\n\r\n1",
     "/post got 1 bytes"},
    {"POST of nothing", "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 0\r\n\r\n",
     "/post got 0 bytes"},
    {"POST in chunks",
     "POST /post HTTP/1.1\r\n" HEAD_JSON
     "Transfer-Encoding: chunked\r\n\r\n2\r\n{ \r\n1;x=y\r\n}\r\n0\r\n\r\n",
     "/post got 3 bytes"},
    {"chunked in capitals",
     "POST /post HTTP/1.1\r\n" HEAD_JSON "Transfer-Encoding: Chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
     "/post got 1 bytes"},
    {"content type with parameters",
     "POST /post HTTP/1.1\r\nhost: x\r\ncontent-type: Application/JSON ; charset=utf-8\r\n"
     "content-length: 1\r\n\r\n1",
     "/post got 1 bytes"},
    {"expects 100",
     "POST /post HTTP/1.1\r\n" HEAD_JSON "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n1",
     "/post got 1 bytes"},
    {"GET", "GET /get?x HTTP/1.1\r\nHost: x\r\n\r\n", "/get got 0 bytes"},
    {"GET with no length", "GET /get HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
     "/get got 0 bytes"},
};

/* Twice on one connection: keep-alive works after each of them. */
START_TEST(serve)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int fd;

    rig.options.threads = _i % 2 ? 1 : 3;
    rig_start(&rig);
    fd = rig_connect(&rig);
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(rig_say(fd, served[_i].request), "%s: send", served[_i].name);
        rig_read_answer(fd, answer, sizeof(answer));
        ck_assert_msg(strstr(answer, "HTTP/1.1 200 OK\r\n"), "%s: '%s'", served[_i].name, answer);
        ck_assert_msg(strstr(answer, served[_i].expect), "%s: '%s'", served[_i].name, answer);
        ck_assert_msg(!strstr(answer, "Connection: close"), "%s: '%s'", served[_i].name, answer);
    }
    (void)close(fd);
    ck_assert_msg(atomic_load(&rig.rejects) == 0, "%s: rejects", served[_i].name);
    rig_stop(&rig);
}
END_TEST

static const struct {
    const char *body;
    bool one_request;
    unsigned status;
    bool closes;
} lasts[] = {
    {"1", false, 200, false}, {"unready", false, 503, false}, {"bad", false, 400, true},
    {"1", true, 200, true},   {"unready", true, 503, true},
};

/* After an answer that ends the stream, a request that came with the first one is not served. */
START_TEST(last)
{
    struct rig rig = rig_defaults();
    char request[512];
    char answer[4096];
    int fd;

    rig.options.one_request = lasts[_i].one_request;
    rig_start(&rig);
    fd = rig_connect(&rig);
    (void)snprintf(request, sizeof(request),
                   "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: %zu\r\n\r\n%s"
                   "GET /get HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                   strlen(lasts[_i].body), lasts[_i].body);
    ck_assert(rig_say(fd, request));
    ck_assert_msg(rig_read_all(fd, answer, sizeof(answer)), "%s: stays open", lasts[_i].body);
    ck_assert_msg(rig_status(answer) == lasts[_i].status, "%s: '%s'", lasts[_i].body, answer);
    ck_assert_ptr_nonnull(strstr(answer, "\r\nConnection: close\r\n"));
    ck_assert_msg(!strstr(answer, "/get got") == lasts[_i].closes, "%s: '%s'", lasts[_i].body,
                  answer);
    (void)close(fd);
    rig_stop(&rig);
}
END_TEST

START_TEST(head_has_no_body)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int fd;

    rig_start(&rig);
    fd = rig_connect(&rig);
    ck_assert(rig_say(fd, "HEAD /get HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    ck_assert(rig_read_all(fd, answer, sizeof(answer)));
    ck_assert_uint_eq(rig_status(answer), 200);
    ck_assert_ptr_nonnull(strstr(answer, "Content-Length: "));
    ck_assert_str_eq(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    (void)close(fd);
    rig_stop(&rig);
}
END_TEST

/* A body of exactly body_max passes, in one piece or in chunks; one more byte does not. */
static const struct {
    const char *name;
    size_t len;
    bool chunked;
    unsigned status;
} sizes[] = {
    {"largest", 65536, false, 200},
    {"largest, chunked", 65536, true, 200},
    {"too large, chunked", 65537, true, 413},
    {"far too large, chunked", (size_t)65536 * LONG_CHUNKS, true, 413},
};

static bool send_sized(int fd, size_t len, bool chunked)
{
    static const char zeros[4096];
    char line[128];

    if (chunked)
        (void)snprintf(line, sizeof(line), "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", len);
    else
        (void)snprintf(line, sizeof(line), "Content-Length: %zu\r\n\r\n", len);
    if (!rig_say(fd, "POST /post HTTP/1.1\r\n" HEAD_JSON) || !rig_say(fd, line))
        return false;
    while (len) {
        size_t piece = len < sizeof(zeros) ? len : sizeof(zeros);

        if (!rig_send(fd, zeros, piece))
            return false;
        len -= piece;
    }
    return !chunked || rig_say(fd, "\r\n0\r\n\r\n");
}

START_TEST(size)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int fd;

    rig.options.bodies_max = rig.options.body_max;
    rig_start(&rig);
    fd = rig_connect(&rig);
    ck_assert_msg(send_sized(fd, sizes[_i].len, sizes[_i].chunked), "%s: send", sizes[_i].name);
    rig_read_answer(fd, answer, sizeof(answer));
    ck_assert_msg(rig_status(answer) == sizes[_i].status, "%s: '%s'", sizes[_i].name, answer);
    ck_assert_msg(rig_rejected(&rig, SPK_REJECT_TOO_LARGE) == (sizes[_i].status == 413), "%s",
                  sizes[_i].name);
    (void)close(fd);
    rig_stop(&rig);
}
END_TEST

static void check_overload(const char *answer)
{
    ck_assert_msg(rig_status(answer) == 503, "'%s'", answer);
    ck_assert_msg(strstr(answer, "\r\nRetry-After: 1\r\n"), "'%s'", answer);
    ck_assert_msg(strstr(answer, "\r\nConnection: close\r\n"), "'%s'", answer);
}

static void wait_in_flight(struct rig *rig, unsigned count)
{
    int64_t until = spk_clock_mono_ms() + PATIENCE_MS;

    while (spk_httpd_counts(rig->httpd).in_flight != count) {
        ck_assert_msg(spk_clock_mono_ms() < until, "in flight: never %u", count);
        (void)usleep(5 * 1000);
    }
}

/* One request whose body is not complete takes the only place; when it is done, there is room. */
START_TEST(in_flight)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int first;
    int second;

    rig.options.in_flight_max = 1;
    rig_start(&rig);
    first = rig_connect(&rig);
    ck_assert(rig_say(first, "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 2\r\n\r\n1"));
    wait_in_flight(&rig, 1);
    second = rig_connect(&rig);
    rig_post(second, "", "1", answer, sizeof(answer));
    check_overload(answer);
    (void)close(second);
    ck_assert(rig_say(first, "2"));
    rig_read_answer(first, answer, sizeof(answer));
    ck_assert_uint_eq(rig_status(answer), 200);
    rig_post(first, "", "1", answer, sizeof(answer));
    ck_assert_uint_eq(rig_status(answer), 200);
    ck_assert_uint_eq(spk_httpd_counts(rig.httpd).in_flight, 0);
    ck_assert_uint_eq(rig_rejected(&rig, SPK_REJECT_OVERLOAD), 1);
    (void)close(first);
    rig_stop(&rig);
}
END_TEST

/* A client that goes away in the middle of its body gives back what it took. */
START_TEST(gone)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int fd;

    rig.options.in_flight_max = 1;
    rig_start(&rig);
    fd = rig_connect(&rig);
    ck_assert(rig_say(fd, "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 20000\r\n\r\n1"));
    wait_in_flight(&rig, 1);
    (void)close(fd);
    wait_in_flight(&rig, 0);
    fd = rig_connect(&rig);
    rig_post(fd, "", "1", answer, sizeof(answer));
    ck_assert_uint_eq(rig_status(answer), 200);
    (void)close(fd);
    rig_stop(&rig);
}
END_TEST

/* Two bodies that fit alone and not together: the second is told to come back. */
START_TEST(bodies)
{
    static const char zeros[60000];
    struct rig rig = rig_defaults();
    char answer[4096];
    int fds[2];

    rig.options.bodies_max = rig.options.body_max;
    rig_start(&rig);
    for (size_t i = 0; i < 2; i++) {
        fds[i] = rig_connect(&rig);
        ck_assert(
            rig_say(fds[i], "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 60001\r\n\r\n"));
    }
    wait_in_flight(&rig, 2);
    ck_assert(rig_send(fds[0], zeros, sizeof(zeros)));
    (void)usleep(200 * 1000);
    ck_assert(rig_send(fds[1], zeros, sizeof(zeros)) && rig_say(fds[1], "1"));
    rig_read_answer(fds[1], answer, sizeof(answer));
    check_overload(answer);
    ck_assert(rig_say(fds[0], "1"));
    rig_read_answer(fds[0], answer, sizeof(answer));
    ck_assert_msg(strstr(answer, "got 60001 bytes"), "'%s'", answer);
    (void)close(fds[0]);
    (void)close(fds[1]);
    rig_stop(&rig);
}
END_TEST

START_TEST(drain)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int open;
    int late;

    rig_start(&rig);
    open = rig_connect(&rig);
    rig_post(open, "", "1", answer, sizeof(answer));
    ck_assert_ptr_null(strstr(answer, "Connection: close"));
    spk_httpd_drain(rig.httpd);
    late = rig_connect(&rig);
    rig_post(open, "", "1", answer, sizeof(answer));
    ck_assert_ptr_nonnull(strstr(answer, "\r\nConnection: close\r\n"));
    (void)rig_wait_end(open, "drain");
    rig_post(late, "", "1", answer, sizeof(answer));
    ck_assert_uint_eq(rig_status(answer), 200);
    ck_assert_ptr_nonnull(strstr(answer, "\r\nConnection: close\r\n"));
    (void)close(open);
    (void)close(late);
    rig_stop(&rig);
}
END_TEST

/* Stopping with a handler at work, a body half way and idle connections neither hangs nor leaks. */
START_TEST(stop_at_work)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int fds[3];

    rig_start(&rig);
    for (size_t i = 0; i < SPK_LEN(fds); i++)
        fds[i] = rig_connect(&rig);
    rig_post(fds[0], "", "1", answer, sizeof(answer));
    ck_assert(rig_say(fds[1], "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 9\r\n\r\n1"));
    ck_assert(
        rig_say(fds[2], "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 5\r\n\r\nsleep"));
    wait_in_flight(&rig, 2);
    rig_stop(&rig);
    for (size_t i = 0; i < SPK_LEN(fds); i++)
        (void)close(fds[i]);
}
END_TEST

START_TEST(counting)
{
    struct rig rig = rig_defaults();
    struct spk_httpd_counts counts;
    char answer[4096];
    int fds[2];

    rig_start(&rig);
    for (size_t i = 0; i < SPK_LEN(fds); i++) {
        fds[i] = rig_connect(&rig);
        rig_post(fds[i], "", "1", answer, sizeof(answer));
    }
    ck_assert(
        rig_say(fds[0], "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 5\r\n\r\nsleep"));
    wait_in_flight(&rig, 1);
    counts = spk_httpd_counts(rig.httpd);
    ck_assert_uint_eq(counts.connections, 2);
    ck_assert_uint_eq(counts.accepted, 2);
    rig_read_answer(fds[0], answer, sizeof(answer));
    ck_assert_uint_eq(spk_httpd_counts(rig.httpd).in_flight, 0);
    (void)close(fds[0]);
    (void)close(fds[1]);
    rig_stop(&rig);
}
END_TEST

START_TEST(port_taken)
{
    struct rig rig = rig_defaults();
    struct spk_httpd *second = NULL;
    struct spk_err err = {0};
    char expect[128];

    rig_start(&rig);
    rig.options.port = spk_httpd_port(rig.httpd);
    ck_assert_int_eq(spk_httpd_new(&second, &rig.options, &err), -1);
    (void)snprintf(expect, sizeof(expect), "listen on 127.0.0.1:%u: Address already in use",
                   (unsigned)rig.options.port);
    ck_assert_str_eq(err.msg, expect);
    ck_assert_int_eq(err.code, SPK_EIO);
    ck_assert_ptr_null(second);
    rig_stop(&rig);
}
END_TEST

static const struct {
    const char *name;
    struct spk_httpd_options change; /* what is not zero; UINT_MAX, SIZE_MAX: zero */
    const char *expect;
} contradictions[] = {
    {"name as address", {.address = "localhost"}, "listen on 'localhost': not an IP address"},
    {"no threads", {.threads = ~0U}, "threads: at least 1"},
    {"too few connections", {.connections_max = 1}, "connections: 1 are fewer than 2 threads"},
    {"nothing in flight", {.in_flight_max = ~0U}, "requests in flight: at least 1"},
    {"one body above all", {.bodies_max = 1}, "bodies: one may be larger than all together"},
    {"no time", {.request_ms = -1}, "times: at least 1 ms"},
};

START_TEST(contradiction)
{
    const struct spk_httpd_options *change = &contradictions[_i].change;
    struct rig rig = rig_defaults();
    struct spk_err err = {0};

    if (change->address)
        rig.options.address = change->address;
    if (change->threads)
        rig.options.threads = change->threads + 1;
    if (change->connections_max)
        rig.options.connections_max = change->connections_max;
    if (change->in_flight_max)
        rig.options.in_flight_max = change->in_flight_max + 1;
    if (change->bodies_max)
        rig.options.bodies_max = change->bodies_max;
    if (change->request_ms)
        rig.options.request_ms = change->request_ms;
    ck_assert_msg(spk_httpd_new(&rig.httpd, &rig.options, &err) == -1, "%s: started",
                  contradictions[_i].name);
    ck_assert_msg(strstr(err.msg, contradictions[_i].expect), "%s: '%s'", contradictions[_i].name,
                  err.msg);
    ck_assert_msg(err.code == SPK_EINVALID, "%s", contradictions[_i].name);
}
END_TEST

START_TEST(reject_words)
{
    for (unsigned i = 0; i < SPK_REJECTS; i++) {
        const char *word = spk_httpd_reject_text((enum spk_httpd_reject)i);

        ck_assert_msg(word && *word && strcmp(word, "unknown") != 0, "reject %u has no word", i);
    }
    ck_assert_str_eq(spk_httpd_reject_text(SPK_REJECTS), "unknown");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("httpd");
    TCase *checks = tcase_create("checks");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, checks);
    tcase_set_timeout(checks, 60);
    tcase_add_loop_test(checks, refuse, 0, SPK_LEN(refused));
    tcase_add_loop_test(checks, serve, 0, SPK_LEN(served));
    tcase_add_loop_test(checks, last, 0, SPK_LEN(lasts));
    tcase_add_loop_test(checks, size, 0, SPK_LEN(sizes));
    tcase_add_loop_test(checks, contradiction, 0, SPK_LEN(contradictions));
    tcase_add_test(checks, head_has_no_body);
    tcase_add_test(checks, in_flight);
    tcase_add_test(checks, gone);
    tcase_add_test(checks, bodies);
    tcase_add_test(checks, drain);
    tcase_add_test(checks, stop_at_work);
    tcase_add_test(checks, counting);
    tcase_add_test(checks, port_taken);
    tcase_add_test(checks, reject_words);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
