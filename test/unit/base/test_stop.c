/* A switch that is thrown once, and whoever waits for it. */
#include "spk/base/clock.h"
#include "spk/base/stop.h"

#include "../suite.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

static void *throw_it(void *arg)
{
    (void)usleep(50 * 1000);
    spk_stop_throw(arg);
    return NULL;
}

START_TEST(thrown)
{
    int64_t begun_ms = spk_clock_mono_ms();
    struct spk_stop stop;
    struct spk_err err;
    pthread_t thread;

    ck_assert_int_eq(spk_stop_init(&stop, &err), 0);
    ck_assert(!spk_stop_thrown(&stop) && !spk_stop_wait(&stop, 10));
    ck_assert_int_ge(spk_clock_mono_ms() - begun_ms, 10);
    ck_assert_int_eq(pthread_create(&thread, NULL, throw_it, &stop), 0);
    ck_assert(spk_stop_wait(&stop, 60000));
    ck_assert_int_lt(spk_clock_mono_ms() - begun_ms, 30000);
    (void)pthread_join(thread, NULL);
    spk_stop_throw(&stop);
    ck_assert(spk_stop_thrown(&stop) && spk_stop_wait(&stop, 60000));
    ck_assert_int_eq(poll(&(struct pollfd){.fd = stop.fd, .events = POLLIN}, 1, 0), 1);
    spk_stop_done(&stop);
}
END_TEST

START_TEST(nobody_throws)
{
    ck_assert(!spk_stop_thrown(NULL));
    ck_assert(!spk_stop_wait(NULL, 5));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("stop");

    tcase_add_test(tcase, thrown);
    tcase_add_test(tcase, nobody_throws);
    return run_case("stop", tcase);
}
