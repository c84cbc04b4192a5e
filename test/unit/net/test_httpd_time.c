/* Who is ended, and when. Times are short here; what must not happen too early has a lower bound,
 * what must happen has the patience of the rig, so that a slow machine changes nothing. */
#include "rig.h"

#define SHORT_MS INT64_C(300)

static const char begin_post[] = "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 1000\r\n\r\n";
static const char begin_patient[] =
    "POST /post?timeout=30s HTTP/1.1\r\n" HEAD_JSON "Content-Length: 1000\r\n\r\n";

/* A byte now and then until the server ends the stream; how long that took. */
static int64_t drip(int fd, const char *text, const char *name)
{
    int64_t begin = spk_clock_mono_ms();
    char bytes[512];
    ssize_t n;

    do {
        ck_assert_msg(spk_clock_mono_ms() - begin < PATIENCE_MS, "%s: drips for ever", name);
        if (*text && !rig_send(fd, text, 1))
            break;
        if (*text)
            text++;
        n = rig_read(fd, bytes, sizeof(bytes), 50);
    } while (n != 0);
    return spk_clock_mono_ms() - begin;
}

static const char endless[] =
    "POST /post HTTP/1.1\r\nHost: x\r\nX-1: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "\r\nX-2: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "\r\nX-3: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

static const struct {
    const char *name;
    const char *before;  /* sent at once */
    const char *drip;    /* and then byte by byte */
    const char *first;   /* body of a whole request before all that, or NULL */
    int64_t idle_ms;     /* 0: long */
    int64_t at_least_ms; /* it must not be ended before */
    enum spk_httpd_reject reject;
} slow[] = {
    {"silence", "", "", NULL, 0, SHORT_MS, SPK_REJECT_SLOW},
    {"half a line and silence", "POST /po", "", NULL, 0, SHORT_MS, SPK_REJECT_SLOW},
    {"dripped header", "", endless, NULL, 0, SHORT_MS, SPK_REJECT_SLOW},
    {"dripped body", begin_post, endless, NULL, 0, SHORT_MS + 1000, SPK_REJECT_SLOW},
    {"dripped body, long timeout", begin_patient, endless, NULL, 0, SHORT_MS + 1000,
     SPK_REJECT_SLOW},
    {"dripped chunk",
     "POST /post HTTP/1.1\r\n" HEAD_JSON "Transfer-Encoding: chunked\r\n\r\nfff\r\n", endless, NULL,
     0, SHORT_MS + 1000, SPK_REJECT_SLOW},
    {"later: a byte and silence", "P", "", "1", 0, SHORT_MS, SPK_REJECT_SLOW},
    {"later: dripped header", "", endless, "1", 0, SHORT_MS, SPK_REJECT_SLOW},
    {"later: dripped body", begin_post, endless, "1", 0, SHORT_MS + 1000, SPK_REJECT_SLOW},
    {"idle after a valid one", "", "", "1", 3 * SHORT_MS, 3 * SHORT_MS, SPK_REJECT_IDLE},
    {"idle after a worthless one", "", "", "worthless", 0, SHORT_MS, SPK_REJECT_IDLE},
};

START_TEST(ended)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int64_t took_ms;
    int fd;

    rig.options.request_ms = SHORT_MS;
    if (slow[_i].idle_ms)
        rig.options.idle_ms = slow[_i].idle_ms;
    rig_start(&rig);
    fd = rig_connect(&rig);
    if (slow[_i].first)
        rig_post(fd, "", slow[_i].first, answer, sizeof(answer));
    ck_assert_msg(rig_say(fd, slow[_i].before), "%s: send", slow[_i].name);
    took_ms = drip(fd, slow[_i].drip, slow[_i].name);
    ck_assert_msg(took_ms >= slow[_i].at_least_ms - 50, "%s: already after %lld ms", slow[_i].name,
                  (long long)took_ms);
    rig_wait_rejected(&rig, slow[_i].reject, 1);
    (void)close(fd);
    rig_stop(&rig);
    ck_assert_msg(atomic_load(&rig.rejects) == 1, "%s: reports", slow[_i].name);
}
END_TEST

/* A client that does not read a large answer is ended; its memory comes back. */
START_TEST(slow_reader)
{
    struct rig rig = rig_defaults();
    int fd;

    rig.options.request_ms = SHORT_MS;
    rig_start(&rig);
    fd = rig_connect(&rig);
    ck_assert(rig_say(fd, "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 3\r\n\r\nbig"));
    rig_wait_rejected(&rig, SPK_REJECT_SLOW, 1);
    (void)close(fd);
    rig_stop(&rig);
}
END_TEST

/* A used connection rests longer than a request may take, and then serves again. */
START_TEST(keep_alive)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int fd;

    rig.options.request_ms = SHORT_MS;
    rig_start(&rig);
    fd = rig_connect(&rig);
    for (int i = 0; i < 2; i++) {
        rig_post(fd, "", "1", answer, sizeof(answer));
        ck_assert_uint_eq(rig_status(answer), 200);
        (void)usleep(3 * (useconds_t)SHORT_MS * 1000);
        ck_assert_msg(rig_is_open(fd), "ended while it rested");
    }
    ck_assert_uint_eq(atomic_load(&rig.rejects), 0);
    (void)close(fd);
    rig_stop(&rig);
}
END_TEST

/* A body that is complete after its time gets an answer that says so, and no handler. */
static const struct {
    const char *name;
    const char *query;
    int64_t request_ms;
    unsigned pause_ms; /* before the last byte */
    unsigned status;
} deadlines[] = {
    {"late", "", SHORT_MS, 700, 408},
    {"in time", "", 5000, 700, 200},
    {"late by query", "?timeout=300ms", 9000, 700, 408},
    {"late in spite of query", "?timeout=5s", SHORT_MS, 700, 408},
    {"in time by query", "?timeout=5s", 9000, 700, 200},
    {"query among others", "?a=1&timeout=0.3s", 9000, 700, 408},
    {"malformed is ignored", "?timeout=300", 9000, 700, 200},
    {"negative is ignored", "?timeout=-1s", 9000, 700, 200},
    {"empty is ignored", "?timeout=", 9000, 700, 200},
    {"bare is ignored", "?timeout", 9000, 700, 200},
    {"zero is ignored", "?timeout=0s", 9000, 700, 200},
    {"malformed has no effect", "?timeout=9x", SHORT_MS, 700, 408},
};

START_TEST(deadline)
{
    struct rig rig = rig_defaults();
    char head[256];
    char answer[4096];
    int fd;

    rig.options.request_ms = deadlines[_i].request_ms;
    rig_start(&rig);
    fd = rig_connect(&rig);
    (void)snprintf(head, sizeof(head),
                   "POST /post%s HTTP/1.1\r\n" HEAD_JSON "Content-Length: 2\r\n\r\n1",
                   deadlines[_i].query);
    ck_assert(rig_say(fd, head));
    (void)usleep(deadlines[_i].pause_ms * 1000);
    ck_assert_msg(rig_say(fd, "2"), "%s: ended too early", deadlines[_i].name);
    rig_read_answer(fd, answer, sizeof(answer));
    ck_assert_msg(rig_status(answer) == deadlines[_i].status, "%s: '%s'", deadlines[_i].name,
                  answer);
    if (deadlines[_i].status == 408) {
        ck_assert_msg(strstr(answer, "\r\nConnection: close\r\n"), "%s: '%s'", deadlines[_i].name,
                      answer);
        ck_assert_uint_eq(rig_rejected(&rig, SPK_REJECT_DEADLINE), 1);
    }
    (void)close(fd);
    rig_stop(&rig);
}
END_TEST

/* What the handler is told; a query's time counts from the header, and 30 s is the most. */
static const struct {
    const char *name;
    const char *query;
    long long at_most_ms;
    long long at_least_ms;
} lefts[] = {
    {"default", "", 12000, 6000},
    {"by query", "?timeout=5s", 5000, 1000},
    {"above 30 s", "?timeout=31s", 30000, 25000},
    {"hours", "?timeout=2h30m", 30000, 25000},
};

START_TEST(left)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    const char *comma;
    long long ms = -1;
    int fd;

    rig.options.request_ms = 12000;
    rig_start(&rig);
    fd = rig_connect(&rig);
    rig_post(fd, lefts[_i].query, "1", answer, sizeof(answer));
    comma = strchr(strstr(answer, " got "), ',');
    ck_assert_msg(comma, "%s: '%s'", lefts[_i].name, answer);
    ms = strtoll(comma + 1, NULL, 10);
    ck_assert_msg(ms <= lefts[_i].at_most_ms && ms >= lefts[_i].at_least_ms, "%s: %lld ms left",
                  lefts[_i].name, ms);
    (void)close(fd);
    rig_stop(&rig);
}
END_TEST

/* Eight of ten may stay. The oldest that brought nothing go first. */
START_TEST(evicts_unused)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int used;
    int fds[10];

    rig.options.connections_max = 10;
    rig_start(&rig);
    used = rig_connect(&rig);
    rig_post(used, "", "1", answer, sizeof(answer));
    for (size_t i = 0; i < SPK_LEN(fds); i++) {
        fds[i] = rig_connect(&rig);
        (void)usleep(20 * 1000);
    }
    rig_wait_rejected(&rig, SPK_REJECT_EVICTED, 3);
    (void)usleep(300 * 1000);
    ck_assert_uint_eq(rig_rejected(&rig, SPK_REJECT_EVICTED), 3);
    ck_assert_msg(rig_is_open(used), "the used one was evicted");
    for (size_t i = 0; i < SPK_LEN(fds); i++)
        ck_assert_msg(rig_is_open(fds[i]) == (i >= 3), "connection %zu: %s", i,
                      i >= 3 ? "evicted" : "stays");
    rig_post(fds[9], "", "1", answer, sizeof(answer));
    ck_assert_uint_eq(rig_status(answer), 200);
    for (size_t i = 0; i < SPK_LEN(fds); i++)
        (void)close(fds[i]);
    (void)close(used);
    rig_stop(&rig);
}
END_TEST

/* A newcomer beside used ones takes the place of the one that rests longest, not of the oldest. */
START_TEST(evicts_idle)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int fds[9];

    rig.options.connections_max = 10;
    rig_start(&rig);
    for (size_t i = 0; i < 8; i++) {
        fds[i] = rig_connect(&rig);
        rig_post(fds[i], "", "1", answer, sizeof(answer));
        (void)usleep(20 * 1000);
    }
    rig_post(fds[0], "", "1", answer, sizeof(answer));
    fds[8] = rig_connect(&rig);
    rig_post(fds[8], "", "1", answer, sizeof(answer));
    rig_wait_rejected(&rig, SPK_REJECT_EVICTED, 1);
    (void)usleep(300 * 1000);
    ck_assert_uint_eq(rig_rejected(&rig, SPK_REJECT_EVICTED), 1);
    ck_assert_msg(rig_is_open(fds[0]), "the oldest was evicted though it worked last");
    ck_assert_msg(!rig_is_open(fds[1]), "the one that rests longest stays");
    for (size_t i = 0; i < SPK_LEN(fds); i++)
        (void)close(fds[i]);
    rig_stop(&rig);
}
END_TEST

/* What keeps a used connection from resting, each without an end. */
static const char begin_big[] = "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 3\r\n\r\nbig";
static const struct {
    const char *name;
    const char *sent;
} holds[] = {
    {"half a header", "POST /post HTTP/1.1\r\nHo"},
    {"half a body", begin_patient},
    {"an answer not read", begin_big},
};

/* Fills the eight places that are not for newcomers. */
static void hold(struct rig *rig, int fds[static 8], const char *sent)
{
    char answer[4096];

    rig->options.connections_max = 10;
    rig_start(rig);
    for (size_t i = 0; i < 8; i++) {
        fds[i] = rig_connect(rig);
        rig_post(fds[i], "", "1", answer, sizeof(answer));
        ck_assert(rig_say(fds[i], sent));
        (void)usleep(20 * 1000);
    }
}

/* A newcomer takes the place of the one that is held longest. */
START_TEST(evicts_held)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int fds[9];

    hold(&rig, fds, holds[_i].sent);
    (void)usleep(1500 * 1000);
    fds[8] = rig_connect(&rig);
    rig_wait_rejected(&rig, SPK_REJECT_EVICTED, 1);
    (void)rig_wait_end(fds[0], holds[_i].name);
    (void)usleep(300 * 1000);
    ck_assert_uint_eq(rig_rejected(&rig, SPK_REJECT_EVICTED), 1);
    ck_assert_msg(rig_is_open(fds[8]), "%s: the newcomer was evicted", holds[_i].name);
    rig_post(fds[8], "", "1", answer, sizeof(answer));
    ck_assert_uint_eq(rig_status(answer), 200);
    for (size_t i = 0; i < SPK_LEN(fds); i++)
        (void)close(fds[i]);
    rig_stop(&rig);
}
END_TEST

/* While none of them is held for long enough, a newcomer has a place of its own, for a while. */
START_TEST(spares_the_fresh)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int fds[10];

    hold(&rig, fds, holds[_i].sent);
    fds[8] = rig_connect(&rig);
    fds[9] = rig_connect(&rig);
    (void)usleep(300 * 1000);
    for (size_t i = 8; i < SPK_LEN(fds); i++) {
        ck_assert_msg(rig_is_open(fds[i]), "%s: newcomer %zu was evicted", holds[_i].name, i);
        rig_post(fds[i], "", "1", answer, sizeof(answer));
        ck_assert_uint_eq(rig_status(answer), 200);
    }
    for (size_t i = 0; i < SPK_LEN(fds); i++)
        (void)close(fds[i]);
    rig_stop(&rig);
}
END_TEST

/* Without keep-alive nobody earns a place: those that came first go first. */
START_TEST(evicts_without_keep_alive)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int fds[9];

    rig.options.connections_max = 10;
    rig.options.one_request = true;
    rig_start(&rig);
    for (size_t i = 0; i < SPK_LEN(fds); i++) {
        fds[i] = rig_connect(&rig);
        ck_assert(rig_say(fds[i], i < 8 ? "GET /ge" : "GET /get HTTP/1.1\r\nHost: x\r\n\r\n"));
        (void)usleep(20 * 1000);
    }
    ck_assert(rig_read_all(fds[8], answer, sizeof(answer)));
    ck_assert_uint_eq(rig_status(answer), 200);
    (void)rig_wait_end(fds[0], "the first");
    for (size_t i = 0; i < SPK_LEN(fds); i++)
        (void)close(fds[i]);
    rig_stop(&rig);
}
END_TEST

/* Whose handler runs is not ended, however many come. */
START_TEST(spares_the_working)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int fds[12];
    int worker;

    rig.options.connections_max = 5;
    rig_start(&rig);
    worker = rig_connect(&rig);
    ck_assert(
        rig_say(worker, "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 5\r\n\r\nsleep"));
    (void)usleep(100 * 1000);
    for (size_t i = 0; i < SPK_LEN(fds); i++)
        fds[i] = rig_connect(&rig);
    rig_read_answer(worker, answer, sizeof(answer));
    ck_assert_uint_eq(rig_status(answer), 200);
    for (size_t i = 0; i < SPK_LEN(fds); i++)
        (void)close(fds[i]);
    (void)close(worker);
    rig_stop(&rig);
}
END_TEST

/* More silent clients than there are places: a good one is answered nevertheless, and soon. */
START_TEST(crowd)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int fds[60];

    rig.options.connections_max = 20;
    rig_start(&rig);
    for (size_t i = 0; i < SPK_LEN(fds); i++) {
        fds[i] = rig_connect(&rig);
        (void)rig_say(fds[i], i % 2 ? "POST /post HT" : "");
    }
    for (int i = 0; i < 5; i++) {
        int64_t begin = spk_clock_mono_ms();
        int good = rig_connect(&rig);

        rig_post(good, "", "1", answer, sizeof(answer));
        ck_assert_uint_eq(rig_status(answer), 200);
        ck_assert_msg(spk_clock_mono_ms() - begin < PATIENCE_MS / 3, "answered after %lld ms",
                      (long long)(spk_clock_mono_ms() - begin));
        (void)close(good);
    }
    for (size_t i = 0; i < SPK_LEN(fds); i++)
        (void)close(fds[i]);
    rig_stop(&rig);
}
END_TEST

/* Stopping is immediate, whatever the times are. */
START_TEST(stops_at_once)
{
    struct rig rig = rig_defaults();
    int64_t begin;
    int fd;

    rig_start(&rig);
    fd = rig_connect(&rig);
    begin = spk_clock_mono_ms();
    rig_stop(&rig);
    ck_assert_int_lt(spk_clock_mono_ms() - begin, PATIENCE_MS / 3);
    (void)close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("httpd_time");
    TCase *time = tcase_create("time");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, time);
    tcase_set_timeout(time, 60);
    tcase_add_loop_test(time, ended, 0, SPK_LEN(slow));
    tcase_add_loop_test(time, deadline, 0, SPK_LEN(deadlines));
    tcase_add_loop_test(time, left, 0, SPK_LEN(lefts));
    tcase_add_test(time, slow_reader);
    tcase_add_test(time, keep_alive);
    tcase_add_test(time, evicts_unused);
    tcase_add_test(time, evicts_idle);
    tcase_add_loop_test(time, evicts_held, 0, SPK_LEN(holds));
    tcase_add_loop_test(time, spares_the_fresh, 0, SPK_LEN(holds));
    tcase_add_test(time, evicts_without_keep_alive);
    tcase_add_test(time, spares_the_working);
    tcase_add_test(time, crowd);
    tcase_add_test(time, stops_at_once);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
