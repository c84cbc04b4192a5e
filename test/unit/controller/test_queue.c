/* A queue of keys: what comes when, and what many threads at once may not break. */
#include "controller/queue.h"

#include "spk/base/clock.h"

#include "../suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct spk_queue *queue;
static struct spk_err err;

static void set_up(void)
{
    ck_assert_msg(spk_queue_new(&queue, &err) == 0, "%s", err.msg);
}

static void tear_down(void)
{
    spk_queue_free(queue);
    queue = NULL;
}

static void add(const char *key)
{
    ck_assert_msg(spk_queue_add(queue, key, &err) == 0, "%s", err.msg);
}

static void add_after(const char *key, int64_t ms)
{
    ck_assert_msg(spk_queue_add_after(queue, key, ms, &err) == 0, "%s", err.msg);
}

/* Takes the next one, which must be @key. */
static void take(const char *key)
{
    char *taken;

    ck_assert_int_eq(spk_queue_take(queue, &taken), 0);
    ck_assert_str_eq(taken, key);
    free(taken);
}

static void expect(size_t depth, size_t delayed, size_t taken)
{
    struct spk_queue_counts counts = spk_queue_counts(queue);

    ck_assert_msg(counts.depth == depth && counts.delayed == delayed && counts.taken == taken,
                  "%zu ready, %zu delayed, %zu taken; expected %zu, %zu, %zu", counts.depth,
                  counts.delayed, counts.taken, depth, delayed, taken);
}

START_TEST(first_come_first_served_and_once)
{
    add("b");
    add("a");
    add("b");
    add("c");
    expect(3, 0, 0);
    take("b");
    take("a");
    take("c");
    expect(0, 0, 3);
    spk_queue_done(queue, "a", false);
    spk_queue_done(queue, "a", false);
    spk_queue_done(queue, "never was", true);
    expect(0, 0, 2);
    ck_assert_int_eq(spk_queue_counts(queue).added, 4);
    ck_assert_int_eq(spk_queue_counts(queue).retried, 0);
}
END_TEST

START_TEST(namespaces_take_turns)
{
    add("v/big/1");
    add("v/big/2");
    add("v/big/3");
    add("v/big/4");
    add("v/small/1");
    add("w/tiny/1");
    take("v/big/1");
    take("v/small/1");
    take("w/tiny/1");
    add("v/small/2");
    take("v/big/2");
    take("v/small/2");
    take("v/big/3");
    spk_queue_done(queue, "v/small/1", true);
    spk_queue_done(queue, "v/big/1", false);
    add("v/big/1");
    take("v/big/4");
    take("v/big/1");
    expect(0, 1, 6);
}
END_TEST

static void add_last(const char *key)
{
    ck_assert_msg(spk_queue_add_last(queue, key, &err) == 0, "%s", err.msg);
}

START_TEST(what_can_wait_comes_behind_what_cannot)
{
    add_last("x");
    add_last("y");
    add("a");
    add("b");
    add_last("b"); /* nobody makes it less urgent */
    expect(4, 0, 0);
    take("a");
    take("b");
    take("x");
    take("y");
    add_last("a"); /* while it is taken: it may be news */
    add_last("z");
    spk_queue_done(queue, "a", false);
    take("a");
    take("z");
    expect(0, 0, 5);
}
END_TEST

START_TEST(what_can_wait_no_longer_is_in_a_hurry)
{
    add_last("v/n/x");
    add_last("v/n/y");
    add_last("v/m/z");
    add("v/n/a");
    add("v/n/y");
    expect(4, 0, 0);
    take("v/n/a");
    take("v/n/y");
    take("v/n/x");
    take("v/m/z");
    expect(0, 0, 4);
}
END_TEST

START_TEST(what_can_wait_does_not_wait_for_ever)
{
    char keys[20][16];

    add_last("x");
    for (int i = 0; i < 20; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "%d", i);
        add(keys[i]);
    }
    for (int i = 0; i < 8; i++)
        take(keys[i]);
    take("x");
    add_last("y");
    take(keys[8]);
}
END_TEST

START_TEST(what_can_wait_leaves_workers_free)
{
    spk_queue_limit_last(queue, 1);
    add_last("x");
    add_last("y");
    take("x");
    expect(1, 0, 1);
    add("a");
    take("a");
    add("x");
    spk_queue_done(queue, "x", false); /* it had a place of those, whatever it is now */
    take("x");
    take("y");
    expect(0, 0, 3);
}
END_TEST

START_TEST(comes_again_when_added_while_taken)
{
    add("a");
    take("a");
    add("a");
    add("a");
    expect(0, 0, 1);
    spk_queue_done(queue, "a", false);
    expect(1, 0, 0);
    take("a");
    spk_queue_done(queue, "a", false);
    expect(0, 0, 0);
}
END_TEST

START_TEST(appointments_come_in_their_order)
{
    int64_t begun_ms = spk_clock_mono_ms();

    add_after("late", 60);
    add_after("early", 20);
    add_after("now", 0);
    add_after("middle", 40);
    expect(1, 3, 0);
    take("now");
    take("early");
    ck_assert_int_ge(spk_clock_mono_ms() - begun_ms, 20);
    take("middle");
    take("late");
    ck_assert_int_ge(spk_clock_mono_ms() - begun_ms, 60);
    expect(0, 0, 4);
}
END_TEST

START_TEST(earlier_appointment_stays)
{
    int64_t begun_ms = spk_clock_mono_ms();

    add_after("a", 30000);
    add_after("a", 20);
    add_after("a", 30000);
    expect(0, 1, 0);
    take("a");
    ck_assert_int_lt(spk_clock_mono_ms() - begun_ms, 10000);
    expect(0, 0, 1);
}
END_TEST

START_TEST(coming_earlier_cancels_the_appointment)
{
    add_after("a", 30000);
    add("a");
    add_after("a", 10);
    take("a");
    expect(0, 0, 1);
    spk_queue_done(queue, "a", false);
    expect(0, 0, 0);
}
END_TEST

START_TEST(appointment_made_by_the_worker_holds)
{
    add("a");
    take("a");
    add_after("a", 20);
    expect(0, 1, 1);
    spk_queue_done(queue, "a", false);
    expect(0, 1, 0);
    take("a");
    /* Due while a worker has it: it waits for that one. */
    add_after("a", 5);
    add_after("other", 30);
    take("other");
    expect(0, 0, 2);
    spk_queue_done(queue, "a", false);
    take("a");
}
END_TEST

START_TEST(failures_come_later_and_later)
{
    int64_t delays[4];

    for (size_t i = 0; i < 4; i++) {
        int64_t begun_ms;
        if (i == 0)
            add("a");
        take("a");
        begun_ms = spk_clock_mono_ms();
        spk_queue_done(queue, "a", true);
        expect(0, 1, 0);
        take("a");
        delays[i] = spk_clock_mono_ms() - begun_ms;
        spk_queue_done(queue, "a", i == 1);
        if (i == 1) {
            /* Two failures each time round; here success has not come yet. */
            expect(0, 1, 0);
            continue;
        }
        expect(0, 0, 0);
        add("a");
    }
    ck_assert_int_ge(delays[0], 25);
    ck_assert_int_ge(delays[1], 25);
    ck_assert_int_ge(delays[2], 75); /* the third failure in a row: 100 to 200 ms */
    ck_assert_int_ge(delays[3], 25);
    ck_assert_int_lt(delays[3], 10000);
    ck_assert_int_eq(spk_queue_counts(queue).retried, 5);
}
END_TEST

START_TEST(failing_ones_that_change_come_at_once)
{
    add("a");
    take("a");
    add("a");
    spk_queue_done(queue, "a", true);
    expect(1, 1, 0);
    take("a");
    expect(0, 0, 1);
}
END_TEST

START_TEST(age_of_the_first)
{
    ck_assert_int_eq(spk_queue_counts(queue).oldest_ms, 0);
    add("a");
    (void)usleep(20000);
    add("b");
    ck_assert_int_ge(spk_queue_counts(queue).oldest_ms, 20);
    take("a");
    ck_assert_int_lt(spk_queue_counts(queue).oldest_ms, 20000);
}
END_TEST

static void *take_one(void *arg)
{
    char *key;
    int rc = spk_queue_take(queue, &key);

    *(int *)arg = rc;
    if (rc == 0)
        free(key);
    return NULL;
}

START_TEST(closing_wakes_all)
{
    pthread_t threads[8];
    int ends[8];
    char *key;

    for (size_t i = 0; i < 8; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_one, &ends[i]), 0);
    spk_queue_close(queue);
    for (size_t i = 0; i < 8; i++) {
        (void)pthread_join(threads[i], NULL);
        ck_assert_int_eq(ends[i], 1);
    }
    add("a");
    add_after("b", 5);
    ck_assert_int_eq(spk_queue_take(queue, &key), 1);
}
END_TEST

/* Many appointments made, moved and cancelled in all orders come out sorted. */
START_TEST(many_appointments_are_sorted)
{
    unsigned random = 1;
    int64_t begin_ms;
    char key[32];

    for (unsigned i = 0; i < 3000; i++) {
        random = random * 1664525 + 1013904223;
        (void)snprintf(key, sizeof(key), "k%u", i % 1000);
        add_after(key, 60000 + random % 100000);
        if (i % 7 == 0) {
            add(key);
            take(key);
            spk_queue_done(queue, key, false);
        }
    }
    ck_assert_uint_le(spk_queue_counts(queue).delayed, 1000);
    begin_ms = spk_clock_mono_ms(); /* a machine that stops for a moment moves none of them */
    for (int i = 0; i < 40; i++) {
        (void)snprintf(key, sizeof(key), "soon%02d", i * 7 % 40);
        add_after(key, begin_ms + 100 + 10 * (i * 7 % 40) - spk_clock_mono_ms());
    }
    for (int i = 0; i < 40;) {
        char *taken;
        ck_assert_int_eq(spk_queue_take(queue, &taken), 0);
        (void)snprintf(key, sizeof(key), "soon%02d", i);
        if (strncmp(taken, "soon", 4) == 0) {
            ck_assert_str_eq(taken, key);
            i++;
        }
        free(taken);
    }
}
END_TEST

#define KEYS    200
#define WORKERS 8
#define ADDERS  4
#define ADDS    5000

static struct {
    atomic_int holders[KEYS];
    atomic_long version[KEYS]; /* what was to be seen */
    atomic_long seen[KEYS];
    atomic_long takes;
} stress;

static void *work(void *arg)
{
    unsigned random = (unsigned)(size_t)arg;
    char *key;

    while (spk_queue_take(queue, &key) == 0) {
        long number = strtol(key, NULL, 10);
        ck_assert_int_eq(atomic_fetch_add(&stress.holders[number], 1), 0);
        atomic_store(&stress.seen[number], atomic_load(&stress.version[number]));
        atomic_fetch_add(&stress.takes, 1);
        random = random * 1664525 + 1013904223;
        if (random % 16 == 0)
            ck_assert_int_eq(spk_queue_add_after(queue, key, 1 + random % 3, &(struct spk_err){0}),
                             0);
        atomic_fetch_sub(&stress.holders[number], 1);
        spk_queue_done(queue, key, random % 32 == 1);
        free(key);
    }
    return NULL;
}

static void *put_in(void *arg)
{
    unsigned random = (unsigned)(size_t)arg;

    for (int i = 0; i < ADDS; i++) {
        char key[16];
        random = random * 1664525 + 1013904223;
        (void)snprintf(key, sizeof(key), "%u", random / 65536 % KEYS);
        atomic_fetch_add(&stress.version[random / 65536 % KEYS], 1);
        ck_assert_int_eq(spk_queue_add(queue, key, &(struct spk_err){0}), 0);
    }
    return NULL;
}

static bool idle(void)
{
    struct spk_queue_counts counts = spk_queue_counts(queue);

    return counts.depth + counts.delayed + counts.taken == 0;
}

START_TEST(nothing_is_lost_and_nobody_has_what_another_has)
{
    pthread_t workers[WORKERS];
    pthread_t adders[ADDERS];
    int64_t until_ms = spk_clock_mono_ms() + 60000;

    for (size_t i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_create(&workers[i], NULL, work, (void *)(i + 1)), 0); // NOLINT
    for (size_t i = 0; i < ADDERS; i++)
        ck_assert_int_eq(pthread_create(&adders[i], NULL, put_in, (void *)(i + 100)), 0); // NOLINT
    for (size_t i = 0; i < ADDERS; i++)
        (void)pthread_join(adders[i], NULL);
    while (!idle() && spk_clock_mono_ms() < until_ms)
        (void)usleep(1000);
    expect(0, 0, 0);
    spk_queue_close(queue);
    for (size_t i = 0; i < WORKERS; i++)
        (void)pthread_join(workers[i], NULL);
    for (size_t i = 0; i < KEYS; i++)
        ck_assert_msg(atomic_load(&stress.seen[i]) == atomic_load(&stress.version[i]),
                      "key %zu: version %ld was never seen", i, atomic_load(&stress.version[i]));
    ck_assert_int_ge(atomic_load(&stress.takes), KEYS);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("queue");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, first_come_first_served_and_once);
    tcase_add_test(tcase, namespaces_take_turns);
    tcase_add_test(tcase, what_can_wait_comes_behind_what_cannot);
    tcase_add_test(tcase, what_can_wait_no_longer_is_in_a_hurry);
    tcase_add_test(tcase, what_can_wait_does_not_wait_for_ever);
    tcase_add_test(tcase, what_can_wait_leaves_workers_free);
    tcase_add_test(tcase, comes_again_when_added_while_taken);
    tcase_add_test(tcase, appointments_come_in_their_order);
    tcase_add_test(tcase, earlier_appointment_stays);
    tcase_add_test(tcase, coming_earlier_cancels_the_appointment);
    tcase_add_test(tcase, appointment_made_by_the_worker_holds);
    tcase_add_test(tcase, failures_come_later_and_later);
    tcase_add_test(tcase, failing_ones_that_change_come_at_once);
    tcase_add_test(tcase, age_of_the_first);
    tcase_add_test(tcase, closing_wakes_all);
    tcase_add_test(tcase, many_appointments_are_sorted);
    tcase_add_test(tcase, nothing_is_lost_and_nobody_has_what_another_has);
    return run_case("queue", tcase);
}
