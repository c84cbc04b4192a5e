/* Stopping: who is ended, and who is waited for. What a TLS client is told is an integration test.
 */
#include "rig.h"

static const char begin_header[] = "POST /post HTTP/1.1\r\n";
static const char begin_body[] = "POST /post HTTP/1.1\r\n" HEAD_JSON "Content-Length: 2\r\n\r\n1";

/* Milliseconds until it has drained. */
static int64_t drain(struct rig *rig)
{
    int64_t begin = spk_clock_mono_ms();

    while (!spk_httpd_drained(rig->httpd)) {
        ck_assert_msg(spk_clock_mono_ms() - begin < PATIENCE_MS, "drains for ever");
        (void)usleep(10 * 1000);
    }
    return spk_clock_mono_ms() - begin;
}

START_TEST(nobody_there)
{
    struct rig rig = rig_defaults();

    rig_start(&rig);
    spk_httpd_drain(rig.httpd);
    ck_assert(!spk_httpd_drained(rig.httpd));
    ck_assert_int_lt(drain(&rig), 900);
    rig_stop(&rig);
}
END_TEST

/* One that rests, one that never said anything, one that began and goes on no more: ended after a
 * second, and that is no reject. */
static const struct {
    const char *name;
    bool used;
    const char *sent;
} ends[] = {
    {"at rest", true, ""},
    {"never used", false, ""},
    {"half a header", false, begin_header},
    {"half a later one", true, begin_header},
};

START_TEST(ended)
{
    struct rig rig = rig_defaults();
    char answer[4096];
    int64_t took_ms;
    int fd;

    rig_start(&rig);
    fd = rig_connect(&rig);
    if (ends[_i].used)
        rig_post(fd, "", "1", answer, sizeof(answer));
    ck_assert(rig_say(fd, ends[_i].sent));
    spk_httpd_drain(rig.httpd);
    took_ms = drain(&rig);
    ck_assert_msg(took_ms >= 900, "%s: already after %lld ms", ends[_i].name, (long long)took_ms);
    (void)rig_wait_end(fd, ends[_i].name);
    ck_assert_msg(atomic_load(&rig.rejects) == 0, "%s: reports", ends[_i].name);
    (void)close(fd);
    rig_stop(&rig);
}
END_TEST

/* However long they take: as long as something moves, or the server has the next word. */
static const struct {
    const char *name;
    const char *sent;
    const char *drip; /* one byte in 100 ms, for 2.4 s */
    const char *rest;
} stays[] = {
    {"half a body", begin_body, "", "2"},
    {"slow header", begin_header, "X-1: 2345678901234567890",
     "\r\n" HEAD_JSON "Content-Length: 1\r\n\r\n1"},
    {"slow request", "", "POST /post?1234567890123",
     " HTTP/1.1\r\n" HEAD_JSON "Content-Length: 1\r\n\r\n1"},
};

START_TEST(waited_for)
{
    struct rig rig = rig_defaults();
    const char *drip = stays[_i].drip;
    char answer[4096];
    int fd;

    rig_start(&rig);
    fd = rig_connect(&rig);
    ck_assert(rig_say(fd, stays[_i].sent));
    spk_httpd_drain(rig.httpd);
    for (int round = 0; round < 240; round++) {
        if (*drip && round % 10 == 0)
            ck_assert_msg(rig_send(fd, drip++, 1), "%s: ended", stays[_i].name);
        ck_assert_msg(!spk_httpd_drained(rig.httpd), "%s: drained", stays[_i].name);
        (void)usleep(10 * 1000);
    }
    ck_assert_msg(rig_say(fd, drip) && rig_say(fd, stays[_i].rest), "%s: ended", stays[_i].name);
    rig_read_answer(fd, answer, sizeof(answer));
    ck_assert_msg(rig_status(answer) == 200, "%s: '%s'", stays[_i].name, answer);
    ck_assert(strstr(answer, "\r\nConnection: close\r\n"));
    (void)drain(&rig);
    (void)close(fd);
    rig_stop(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("httpd_drain");
    TCase *stop = tcase_create("drain");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, stop);
    tcase_set_timeout(stop, 60);
    tcase_add_test(stop, nobody_there);
    tcase_add_loop_test(stop, ended, 0, SPK_LEN(ends));
    tcase_add_loop_test(stop, waited_for, 0, SPK_LEN(stays));
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
