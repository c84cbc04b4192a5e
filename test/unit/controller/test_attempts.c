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

static void finds(const char *key, const char *id, enum spk_app_state state)
{
    struct spk_app app = {.status.state = state};

    strcpy(app.status.submission_id, id);
    spk_attempts_note(attempts, key, &app);
}

static void buries(const char *name, const char *id, enum spk_pod_state state)
{
    struct spk_pod pod = {.state = state};

    strcpy(pod.name, name);
    strcpy(pod.submission_id, id);
    spk_attempts_buried(attempts, KEY, &pod);
}

static json_t *graves(void)
{
    json_t *all = NULL;

    ck_assert_int_eq(spk_attempts_graves(&all, attempts, KEY, &err), 0);
    return all;
}

static size_t grave_count(void)
{
    json_t *all = graves();
    size_t count = json_object_size(all);

    json_decref(all);
    return count;
}

START_TEST(test_no_more_graves_than_there_is_room_for)
{
    char pod[32];

    finds(KEY, ID, SPK_APP_RUNNING);
    for (int i = 0; i <= SPK_GRAVES_MAX; i++) {
        (void)snprintf(pod, sizeof(pod), "exec-%d", i);
        buries(pod, ID, SPK_POD_COMPLETED);
    }
    ck_assert_uint_eq(grave_count(), SPK_GRAVES_MAX);
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
    json_t *left;

    finds(KEY, ID, SPK_APP_RUNNING);
    buries("exec-1", ID, SPK_POD_RUNNING);
    buries("exec-2", ID, SPK_POD_FAILED);
    spk_attempts_settle(attempts, KEY, written);
    left = graves();
    ck_assert_uint_eq(json_object_size(left), 1);
    ck_assert_str_eq(json_string_value(json_object_get(left, "exec-2")), "FAILED");
    json_decref(left);
    json_decref(written);
}
END_TEST

START_TEST(test_how_executors_ended_hangs_on_how_their_driver_did)
{
    json_t *all;

    finds(KEY, ID, SPK_APP_FAILING);
    buries("exec-1", ID, SPK_POD_RUNNING);
    all = graves();
    ck_assert_str_eq(json_string_value(json_object_get(all, "exec-1")), "FAILED");
    json_decref(all);
}
END_TEST

START_TEST(test_executors_of_another_run_are_nobodys)
{
    struct spk_app tracked = {.rules.tracked = true};

    buries("exec-1", ID, SPK_POD_FAILED); /* nobody has looked at its application */
    finds(KEY, ID, SPK_APP_RUNNING);
    buries("exec-2", "another", SPK_POD_FAILED);
    finds(KEY, "", SPK_APP_NEW);
    buries("exec-3", "", SPK_POD_FAILED);
    ck_assert_uint_eq(grave_count(), 0);
    spk_attempts_note(attempts, KEY, &tracked); /* whatever its user has called it */
    buries("exec-4", "another", SPK_POD_FAILED);
    ck_assert_uint_eq(grave_count(), 1);
}
END_TEST

START_TEST(test_how_executors_ended_is_forgotten_with_their_run)
{
    finds(KEY, ID, SPK_APP_RUNNING);
    buries("exec-1", ID, SPK_POD_FAILED);
    finds(KEY, ID, SPK_APP_FAILING);
    ck_assert_uint_eq(grave_count(), 1);
    ck_assert_int_eq(spk_attempts_ready(attempts, KEY, ID, &err), 0);
    ck_assert_uint_eq(grave_count(), 0);
}
END_TEST

/* Another replica has led meanwhile, and run the application anew. */
START_TEST(test_who_leads_again_takes_nothing_of_an_old_run_for_the_new_one)
{
    finds(KEY, ID, SPK_APP_RUNNING);
    buries("exec-1", ID, SPK_POD_FAILED);
    ck_assert_int_eq(spk_attempts_since(attempts, KEY, SPK_DRIVER_ABSENT, 100), 100);
    spk_attempts_call_off_all(attempts);
    finds(KEY, "another", SPK_APP_RUNNING);
    ck_assert_uint_eq(grave_count(), 0);
    ck_assert_int_eq(spk_attempts_since(attempts, KEY, SPK_DRIVER_ABSENT, 900), 900);
}
END_TEST

static bool remembers(enum spk_owner owner, const char *name)
{
    struct spk_pod pod = {.driver = true, .owner = owner};
    struct spk_pod last;

    strcpy(pod.submission_id, ID);
    strcpy(pod.name, name);
    spk_attempts_driver_gone(attempts, KEY, &pod);
    return spk_attempts_last_driver(attempts, KEY, ID, &last) == 0 && strcmp(last.name, name) == 0;
}

START_TEST(test_a_strangers_end_is_not_the_drivers)
{
    struct spk_app tracked = {.rules.tracked = true};

    ck_assert(remembers(SPK_OWNER_V1BETA2, "own"));
    ck_assert(!remembers(SPK_OWNER_NONE, "labels alone"));
    ck_assert(!remembers(SPK_OWNER_V1ALPHA1, "a namesake's"));
    ck_assert(!remembers(SPK_OWNER_OTHER, "a Job's"));
    spk_attempts_note(attempts, KEY, &tracked);
    ck_assert(remembers(SPK_OWNER_NONE, "its user's"));
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
        finds(key, ID, i < 3 ? SPK_APP_RUNNING : SPK_APP_FAILED);
    }
    spk_attempts_forget(attempts, "v1beta2/ns/app0");
    ck_assert(spk_attempts_leave_alone(attempts, "v1beta2/ns/app4"));
    ck_assert(!spk_attempts_leave_alone(attempts, "v1beta2/ns/app4"));
    spk_attempts_count(attempts, &counts);
    ck_assert_uint_eq(counts.by_state[SPK_APP_RUNNING], 2);
    ck_assert_uint_eq(counts.by_state[SPK_APP_FAILED], 1);
    ck_assert_uint_eq(counts.left_alone, 1);
    finds("v1beta2/ns/app4", ID, SPK_APP_RUNNING); /* handed over */
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
    tcase_add_test(tcase, test_how_executors_ended_hangs_on_how_their_driver_did);
    tcase_add_test(tcase, test_executors_of_another_run_are_nobodys);
    tcase_add_test(tcase, test_how_executors_ended_is_forgotten_with_their_run);
    tcase_add_test(tcase, test_who_leads_again_takes_nothing_of_an_old_run_for_the_new_one);
    tcase_add_test(tcase, test_a_strangers_end_is_not_the_drivers);
    tcase_add_test(tcase, test_executors_are_written_once_a_second);
    tcase_add_test(tcase, test_states_are_counted);
    return run_case("attempts", tcase);
}
