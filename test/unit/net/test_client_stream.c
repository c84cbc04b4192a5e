/* Answers that are read line by line. */
#include "canned.h"

#include "spk/base/limits.h"

#include "../suite.h"

#define WITHIN_MS 10000
#define HEAD      "HTTP/1.1 200 OK\r\n\r\n"

static int open_at(struct spk_stream **stream, struct spk_client **client, struct canned *canned,
                   int64_t idle_ms, const struct spk_stop *stop, struct spk_client_answer *answer)
{
    struct spk_client_request request = get("/", WITHIN_MS);
    struct spk_err err = {0};
    int rc;

    canned_start(canned);
    *client = new_client(&(struct spk_client_options){.server = canned->server});
    request.idle_ms = idle_ms;
    request.stop = stop;
    rc = spk_client_open(stream, *client, &request, answer, &err);
    ck_assert_msg(rc >= 0, "%s", err.msg);
    return rc;
}

static const struct {
    const char *name;
    const char *text;
    enum canned_end end;
    const char *lines; /* each with a '|' behind it */
    int rc;            /* behind them */
    int sys;
} rows[] = {
    {"two", HEAD "a\nbc\n", CANNED_CLOSE, "a|bc|", 1, 0},
    {"none", HEAD, CANNED_CLOSE, "", 1, 0},
    {"line ends", HEAD "a\r\n\n\r\nb\n", CANNED_CLOSE, "a|b|", 1, 0},
    {"unfinished", HEAD "a\nb", CANNED_CLOSE, "a|", 1, 0},
    {"silent", HEAD "a\nb", CANNED_HANG, "a|", -1, ETIMEDOUT},
    {"silent from start", HEAD, CANNED_HANG, "", -1, ETIMEDOUT},
    {"cut", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\na\nb\n", CANNED_CLOSE, "a|b|", -1, 0},
};

START_TEST(lines)
{
    struct canned canned = {.text = rows[_i].text, .end = rows[_i].end};
    struct spk_client_answer answer;
    struct spk_client *client;
    struct spk_stream *stream;
    struct spk_err err = {0};
    struct spk_str line;
    char got[64] = "";
    int rc;

    ck_assert_int_eq(open_at(&stream, &client, &canned, 200, NULL, &answer), 0);
    while ((rc = spk_stream_line(stream, &line, &err)) == 0) {
        strncat(got, line.ptr, line.len); /* NOLINT: short */
        strcat(got, "|");                 /* NOLINT */
    }
    ck_assert_msg(rc == rows[_i].rc && err.sys == rows[_i].sys, "%s: %d %s", rows[_i].name, rc,
                  err.msg);
    ck_assert_str_eq(got, rows[_i].lines);
    ck_assert_int_eq(answer.status, 200);
    spk_stream_close(stream);
    spk_client_free(client);
    canned_end(&canned);
}
END_TEST

START_TEST(refusal)
{
    struct canned canned = {.text = "HTTP/1.1 410 Gone\r\nContent-Length: 3\r\n\r\nold"};
    struct spk_client_answer answer;
    struct spk_client *client;
    struct spk_stream *stream;

    ck_assert_int_eq(open_at(&stream, &client, &canned, 200, NULL, &answer), 1);
    ck_assert_int_eq(answer.status, 410);
    ck_assert_str_eq(answer.body.ptr, "old");
    spk_client_answer_done(&answer);
    spk_client_free(client);
    canned_end(&canned);
}
END_TEST

struct thrower {
    struct spk_stop *stop;
    int64_t at_ms;
};

static void *throw_soon(void *arg)
{
    struct thrower *thrower = arg;

    (void)usleep(100 * 1000);
    thrower->at_ms = spk_clock_mono_ms();
    spk_stop_throw(thrower->stop);
    return NULL;
}

START_TEST(stopped_by_another)
{
    struct canned canned = {.text = HEAD "a\n", .end = CANNED_HANG};
    struct spk_client_answer answer;
    struct spk_client *client;
    struct spk_stream *stream;
    struct spk_stop stop;
    struct thrower thrower = {.stop = &stop};
    struct spk_err err = {0};
    struct spk_str line;
    pthread_t thread;

    ck_assert(spk_stop_init(&stop, &err) == 0);
    ck_assert_int_eq(open_at(&stream, &client, &canned, 0, &stop, &answer), 0);
    ck_assert(pthread_create(&thread, NULL, throw_soon, &thrower) == 0);
    ck_assert_int_eq(spk_stream_line(stream, &line, &err), 0);
    ck_assert_int_eq(spk_stream_line(stream, &line, &err), -1);
    ck_assert_int_eq(err.sys, ECANCELED);
    (void)pthread_join(thread, NULL);
    ck_assert_int_lt(spk_clock_mono_ms() - thrower.at_ms, 250);
    spk_stream_close(stream);
    spk_client_free(client);
    canned_end(&canned);
    spk_stop_done(&stop);
}
END_TEST

/* Closing early is nobody's error, and leaves the client usable. */
START_TEST(closed_early)
{
    struct canned canned = {.text = HEAD "a\nb\n"};
    struct spk_client_request request = get("/", WITHIN_MS);
    struct spk_client_answer answer;
    struct spk_client *client;
    struct spk_stream *stream;
    struct spk_err err = {0};

    ck_assert_int_eq(open_at(&stream, &client, &canned, 0, NULL, &answer), 0);
    spk_stream_close(stream);
    ck_assert_msg(spk_client_do(client, &request, &answer, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(answer.body.ptr, "a\nb\n");
    spk_client_answer_done(&answer);
    spk_client_free(client);
    canned_end(&canned);
}
END_TEST

/* A line without an end, and more lines than anybody has read. */
START_TEST(too_much)
{
    size_t size = SPK_STREAM_MAX + SPK_LINE_MAX;
    char *text = malloc(size);
    struct canned canned = {.text = text, .len = size, .end = CANNED_HANG};
    struct spk_client_answer answer;
    struct spk_client *client;
    struct spk_stream *stream;
    struct spk_err err = {0};
    struct spk_str line;
    int rc;

    ck_assert_ptr_nonnull(text);
    memset(text, _i ? '\n' : 'x', size);
    memcpy(text, HEAD "a\n", sizeof(HEAD "a\n") - 1);
    ck_assert_int_eq(open_at(&stream, &client, &canned, WITHIN_MS, NULL, &answer), 0);
    ck_assert_int_eq(spk_stream_line(stream, &line, &err), 0);
    if (_i) /* nothing is read while it all comes: all of it is sent once the ceiling is reached */
        canned_wait_sent(&canned);
    while ((rc = spk_stream_line(stream, &line, &err)) == 0)
        ;
    ck_assert_int_eq(rc, -1);
    ck_assert_msg(err.code == SPK_ETOOBIG, "%s", err.msg);
    spk_stream_close(stream);
    spk_client_free(client);
    canned_end(&canned);
    free(text);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("stream");

    tcase_set_timeout(tcase, 60);
    ADD_ROWS(tcase, lines, rows);
    tcase_add_test(tcase, refusal);
    tcase_add_test(tcase, stopped_by_another);
    tcase_add_test(tcase, closed_early);
    tcase_add_loop_test(tcase, too_much, 0, 2);
    return run_case("client stream", tcase);
}
