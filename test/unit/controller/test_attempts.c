#include "../suite.h"

#include "spk/base/limits.h"

#include "controller/attempts.h"

#include <stdio.h>
#include <string.h>

#define KEY "v1beta2/ns/pi"
#define ID  "11111111-2222-4333-8444-555555555555"

static struct spk_attempts *attempts;
static struct spk_stop stop;
static struct spk_err err;
static char message[1024];

static void setup(void)
{
    ck_assert_int_eq(spk_attempts_new(&attempts, &err), 0);
    ck_assert_int_eq(spk_stop_init(&stop, &err), 0);
}

static void teardown(void)
{
    spk_attempts_free(attempts);
    spk_stop_done(&stop);
}

static enum spk_child child(const char *id)
{
    return spk_attempts_child(attempts, KEY, id, message);
}

static void enqueue(void)
{
    json_t *object = json_pack("{ss}", "kind", "SparkApplication");

    ck_assert_int_eq(spk_attempts_ready(attempts, KEY, ID, &err), 0);
    ck_assert_int_eq(child(ID), SPK_CHILD_READY);
    ck_assert_int_eq(spk_attempts_enqueue(attempts, KEY, ID, object, &err), 0);
    ck_assert_int_eq(child(ID), SPK_CHILD_AT_WORK);
    ck_assert_int_eq(spk_attempts_enqueue(attempts, KEY, ID, object, &err), 1);
    json_decref(object);
}

static int begin(void)
{
    char *object = NULL;
    int64_t waited;
    char id[40] = "";
    int result = spk_attempts_begin(attempts, KEY, &stop, id, &object, &waited);

    if (result == 0) {
        ck_assert_str_eq(id, ID);
        ck_assert_str_eq(object, "{\"kind\":\"SparkApplication\"}");
    }
    free(object);
    return result;
}

START_TEST(test_a_submission_is_known_by_its_id_alone)
{
    ck_assert_int_eq(child(ID), SPK_CHILD_NONE);
    ck_assert_int_eq(spk_attempts_ready(attempts, KEY, ID, &err), 0);
    ck_assert_int_eq(child("another"), SPK_CHILD_NONE);
    ck_assert_int_eq(child(""), SPK_CHILD_NONE);
    ck_assert_int_eq(child(ID), SPK_CHILD_READY);
}
END_TEST

START_TEST(test_its_way_from_ready_to_its_end)
{
    enqueue();
    ck_assert_int_eq(begin(), 0);
    ck_assert_int_eq(begin(), 1); /* not twice */
    spk_attempts_end(attempts, KEY, ID, SPK_CHILD_FAILED, "no such image");
    ck_assert_int_eq(child(ID), SPK_CHILD_FAILED);
    ck_assert_str_eq(message, "no such image");
}
END_TEST

START_TEST(test_called_off_while_it_waits_it_never_begins)
{
    enqueue();
    ck_assert(!spk_attempts_call_off(attempts, KEY));
    ck_assert_int_eq(begin(), 1);
    ck_assert_int_eq(child(ID), SPK_CHILD_NONE);
}
END_TEST

START_TEST(test_called_off_at_work_it_lives_until_it_has_ended)
{
    enqueue();
    ck_assert_int_eq(begin(), 0);
    spk_attempts_call_off_all(attempts);
    ck_assert(spk_stop_thrown(&stop));
    ck_assert(spk_attempts_call_off(attempts, KEY));
    spk_attempts_forget(attempts, KEY); /* not yet: its thread still uses it */
    spk_attempts_end(attempts, KEY, ID, SPK_CHILD_DONE, NULL);
    ck_assert_int_eq(child(ID), SPK_CHILD_NONE);
    ck_assert(!spk_attempts_call_off(attempts, KEY));
}
END_TEST

/* It was deleted and made anew while its spark-submit was at work. */
START_TEST(test_another_submission_waits_for_the_end_of_the_first)
{
    struct spk_err fault = {0};

    enqueue();
    ck_assert_int_eq(begin(), 0);
    ck_assert_int_eq(child(""), SPK_CHILD_AT_WORK);
    ck_assert_int_eq(child("another"), SPK_CHILD_AT_WORK);
    ck_assert_int_eq(spk_attempts_ready(attempts, KEY, "another", &fault), -1);
    ck_assert(spk_attempts_call_off(attempts, KEY));
    spk_attempts_end(attempts, KEY, ID, SPK_CHILD_KILLED, NULL);
    ck_assert_int_eq(child("another"), SPK_CHILD_NONE);
    ck_assert_int_eq(spk_attempts_ready(attempts, KEY, "another", &fault), 0);
    ck_assert_int_eq(child("another"), SPK_CHILD_READY);
}
END_TEST

START_TEST(test_no_more_graves_than_there_is_room_for)
{
    json_t *graves;
    char pod[32];

    for (int i = 0; i <= SPK_GRAVES_MAX; i++) {
        (void)snprintf(pod, sizeof(pod), "exec-%d", i);
        spk_attempts_buried(attempts, KEY, pod, SPK_POD_COMPLETED);
    }
    graves = spk_attempts_graves(attempts, KEY);
    ck_assert_uint_eq(json_object_size(graves), SPK_GRAVES_MAX);
    json_decref(graves);
}
END_TEST

START_TEST(test_a_driver_is_what_it_is_since_it_became_so)
{
    ck_assert_int_eq(spk_attempts_since(attempts, KEY, SPK_DRIVER_HALF, 100), 100);
    ck_assert_int_eq(spk_attempts_since(attempts, KEY, SPK_DRIVER_HALF, 105), 100);
    ck_assert_int_eq(spk_attempts_since(attempts, KEY, SPK_DRIVER_WHOLE, 106), 106);
    /* A wall clock that was put back must not make anything last longer. */
    ck_assert_int_eq(spk_attempts_since(attempts, KEY, SPK_DRIVER_WHOLE, 50), 50);
}
END_TEST

START_TEST(test_how_executors_ended_is_kept_until_it_is_written)
{
    json_t *written = json_pack("{ssss}", "exec-1", "COMPLETED", "exec-2", "RUNNING");
    json_t *graves;

    spk_attempts_buried(attempts, KEY, "exec-1", SPK_POD_COMPLETED);
    spk_attempts_buried(attempts, KEY, "exec-2", SPK_POD_FAILED);
    spk_attempts_settle(attempts, KEY, written);
    graves = spk_attempts_graves(attempts, KEY);
    ck_assert_uint_eq(json_object_size(graves), 1);
    ck_assert_str_eq(json_string_value(json_object_get(graves, "exec-2")), "FAILED");
    json_decref(graves);
    json_decref(written);
}
END_TEST

START_TEST(test_how_executors_ended_is_forgotten_with_their_run)
{
    spk_attempts_buried(attempts, KEY, "exec-1", SPK_POD_FAILED);
    ck_assert_int_eq(spk_attempts_ready(attempts, KEY, ID, &err), 0);
    ck_assert_ptr_null(spk_attempts_graves(attempts, KEY));
}
END_TEST

START_TEST(test_executors_are_written_once_a_second)
{
    ck_assert_int_eq(spk_attempts_executors_due(attempts, KEY, 5000), 0);
    ck_assert_int_eq(spk_attempts_executors_due(attempts, KEY, 5400), 600);
    ck_assert_int_eq(spk_attempts_executors_due(attempts, KEY, 6000), 0);
}
END_TEST

START_TEST(test_states_are_counted)
{
    struct spk_attempts_counts counts;
    char key[32];

    for (int i = 0; i < 5; i++) {
        (void)snprintf(key, sizeof(key), "v1beta2/ns/app%d", i);
        spk_attempts_state(attempts, key, i < 3 ? SPK_APP_RUNNING : SPK_APP_FAILED);
    }
    spk_attempts_forget(attempts, "v1beta2/ns/app0");
    ck_assert(spk_attempts_leave_alone(attempts, "v1beta2/ns/app4"));
    ck_assert(!spk_attempts_leave_alone(attempts, "v1beta2/ns/app4"));
    spk_attempts_count(attempts, &counts);
    ck_assert_uint_eq(counts.by_state[SPK_APP_RUNNING], 2);
    ck_assert_uint_eq(counts.by_state[SPK_APP_FAILED], 1);
    ck_assert_uint_eq(counts.left_alone, 1);
    spk_attempts_state(attempts, "v1beta2/ns/app4", SPK_APP_RUNNING); /* handed over */
    spk_attempts_count(attempts, &counts);
    ck_assert_uint_eq(counts.by_state[SPK_APP_RUNNING], 3);
    ck_assert_uint_eq(counts.left_alone, 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("attempts");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_a_submission_is_known_by_its_id_alone);
    tcase_add_test(tcase, test_its_way_from_ready_to_its_end);
    tcase_add_test(tcase, test_another_submission_waits_for_the_end_of_the_first);
    tcase_add_test(tcase, test_no_more_graves_than_there_is_room_for);
    tcase_add_test(tcase, test_called_off_while_it_waits_it_never_begins);
    tcase_add_test(tcase, test_called_off_at_work_it_lives_until_it_has_ended);
    tcase_add_test(tcase, test_a_driver_is_what_it_is_since_it_became_so);
    tcase_add_test(tcase, test_how_executors_ended_is_kept_until_it_is_written);
    tcase_add_test(tcase, test_how_executors_ended_is_forgotten_with_their_run);
    tcase_add_test(tcase, test_executors_are_written_once_a_second);
    tcase_add_test(tcase, test_states_are_counted);
    return run_case("attempts", tcase);
}
