/* What users are promised, as stories: each step's outcome is the next one's beginning. */
#include "spk/app/machine.h"

#include "../suite.h"
#include "spk/app/application.h"

#include <string.h>

static struct {
    struct spk_app app;
    struct spk_facts facts;
    struct spk_pod pod;
    struct spk_step step;
} story;

static void setup(void)
{
    memset(&story, 0, sizeof(story));
    story.app.ours = true;
    story.app.written_hash = SPK_LIT("h");
    story.app.rules.failure_interval_s = story.app.rules.submission_interval_s = 10;
    story.app.rules.ttl_s = -1;
    story.facts.now_s = 1800000000;
    story.facts.new_id = "id-1";
    story.facts.driver_name = "pi-driver";
    story.facts.driver = SPK_DRIVER_ABSENT;
    strcpy(story.pod.name, "pi-driver");
    strcpy(story.pod.application_id, "spark-1");
    story.pod.exit_code = -1;
}

static enum spk_step_kind step(void)
{
    spk_app_step(&story.step, &story.app, &story.facts);
    return story.step.kind;
}

static void is(enum spk_driver driver)
{
    story.facts.driver = driver;
    story.facts.leftovers = driver == SPK_DRIVER_OLD;
    story.facts.pod = driver == SPK_DRIVER_HALF || driver == SPK_DRIVER_WHOLE ? &story.pod : NULL;
    story.facts.seen_s = story.facts.now_s;
}

static void driver_is(enum spk_pod_state state)
{
    story.pod.state = state;
    is(SPK_DRIVER_WHOLE);
}

/* The step is a write, to this state, and tells these events; it is carried out. */
static void writes(enum spk_app_state state, enum spk_app_event first, enum spk_app_event second)
{
    ck_assert_msg(step() == SPK_STEP_WRITE, "%s", story.step.why);
    ck_assert_str_eq(spk_app_state_text(story.step.status.state), spk_app_state_text(state));
    ck_assert_int_eq(story.step.events[0], first);
    ck_assert_int_eq(story.step.events[1], second);
    story.app.status = story.step.status;
    story.facts.spec_changed &= !story.step.rehash;
}

static void passes(int64_t seconds)
{
    story.facts.now_s += seconds;
}

static void waits_for(int64_t seconds)
{
    ck_assert_msg(step() == SPK_STEP_WAIT, "%s", story.step.why);
    ck_assert_int_eq(story.step.wake_s, story.facts.now_s + seconds);
}

/* From nothing, or from a place that is empty, to SUBMITTED. */
static void runs(enum spk_app_event first)
{
    is(SPK_DRIVER_ABSENT);
    ck_assert_int_eq(step(), SPK_STEP_LOOK);
    is(SPK_DRIVER_GONE);
    writes(SPK_APP_NEW, first, SPK_EVENT_NONE);
    ck_assert(story.step.rehash);
    ck_assert_str_eq(story.app.status.submission_id, "id-1");
    story.facts.child = SPK_CHILD_READY;
    is(SPK_DRIVER_ABSENT);
    ck_assert_int_eq(step(), SPK_STEP_SUBMIT);
    story.facts.child = SPK_CHILD_DONE;
    driver_is(SPK_POD_PENDING);
    writes(SPK_APP_SUBMITTED, SPK_EVENT_SUBMITTED, SPK_EVENT_DRIVER_PENDING);
    story.facts.child = SPK_CHILD_NONE;
    driver_is(SPK_POD_RUNNING);
    writes(SPK_APP_RUNNING, SPK_EVENT_DRIVER_RUNNING, SPK_EVENT_NONE);
}

static void fails(void)
{
    driver_is(SPK_POD_FAILED);
    story.pod.exit_code = 1;
    strcpy(story.pod.reason, "Error");
    writes(SPK_APP_FAILING, SPK_EVENT_DRIVER_FAILED, SPK_EVENT_NONE);
    ck_assert_str_eq(story.app.status.message,
                     "driver container failed with ExitCode: 1, Reason: Error");
}

static void is_rerun(void)
{
    ck_assert_int_eq(step(), SPK_STEP_CLEAN);
    is(SPK_DRIVER_GONE);
    writes(SPK_APP_PENDING_RERUN, SPK_EVENT_PENDING_RERUN, SPK_EVENT_NONE);
    ck_assert_str_eq(story.app.status.submission_id, "");
    ck_assert_str_eq(story.app.status.message, "");
    ck_assert_int_eq(story.app.status.submission_attempts, 0);
    ck_assert_int_eq(story.app.status.terminated_s, 0);
}

START_TEST(from_added_to_completed)
{
    runs(SPK_EVENT_ADDED);
    ck_assert_str_eq(story.app.status.application_id, "spark-1");
    ck_assert_int_eq(story.app.status.execution_attempts, 1);
    driver_is(SPK_POD_COMPLETED);
    writes(SPK_APP_SUCCEEDING, SPK_EVENT_DRIVER_COMPLETED, SPK_EVENT_NONE);
    writes(SPK_APP_COMPLETED, SPK_EVENT_COMPLETED, SPK_EVENT_NONE);
    ck_assert_int_eq(story.app.status.terminated_s, story.facts.now_s);
    ck_assert_int_eq(step(), SPK_STEP_WAIT);
    ck_assert_int_eq(story.step.wake_s, 0);
}
END_TEST

START_TEST(two_retries_are_three_runs)
{
    story.app.rules.policy = SPK_APP_ON_FAILURE;
    story.app.rules.failure_retries = 2;
    runs(SPK_EVENT_ADDED);
    for (int run = 1; run <= 2; run++) {
        fails();
        waits_for(10 * (int64_t)run);
        passes(10 * (int64_t)run - 1);
        waits_for(1);
        passes(1);
        is_rerun();
        runs(SPK_EVENT_NONE);
        ck_assert_int_eq(story.app.status.execution_attempts, run + 1);
        ck_assert_int_eq(story.app.status.submission_attempts, 1);
    }
    fails();
    writes(SPK_APP_FAILED, SPK_EVENT_FAILED, SPK_EVENT_NONE);
    ck_assert_int_ne(story.app.status.terminated_s, 0);
}
END_TEST

START_TEST(a_suspension_eats_no_retry)
{
    story.app.rules.policy = SPK_APP_ON_FAILURE;
    story.app.rules.failure_retries = 1;
    runs(SPK_EVENT_ADDED);
    for (int i = 0; i < 3; i++) {
        story.app.rules.suspend = true;
        writes(SPK_APP_SUSPENDING, SPK_EVENT_SUSPENDING, SPK_EVENT_NONE);
        ck_assert_int_eq(step(), SPK_STEP_CLEAN);
        is(SPK_DRIVER_GONE);
        writes(SPK_APP_SUSPENDED, SPK_EVENT_SUSPENDED, SPK_EVENT_NONE);
        ck_assert_int_eq(step(), SPK_STEP_WAIT);
        story.app.rules.suspend = false;
        writes(SPK_APP_RESUMING, SPK_EVENT_RESUMING, SPK_EVENT_NONE);
        runs(SPK_EVENT_NONE);
        ck_assert_int_eq(story.app.status.execution_attempts, 1);
    }
    fails();
    passes(10);
    is_rerun();
}
END_TEST

START_TEST(what_has_ended_is_not_suspended)
{
    runs(SPK_EVENT_ADDED);
    story.app.rules.suspend = true;
    driver_is(SPK_POD_COMPLETED);
    writes(SPK_APP_SUCCEEDING, SPK_EVENT_DRIVER_COMPLETED, SPK_EVENT_NONE);
    writes(SPK_APP_COMPLETED, SPK_EVENT_COMPLETED, SPK_EVENT_NONE);
    ck_assert_int_eq(step(), SPK_STEP_WAIT);
}
END_TEST

START_TEST(a_suspension_before_anything_is_ours)
{
    story.app.ours = false;
    story.app.rules.suspend = true;
    writes(SPK_APP_SUSPENDING, SPK_EVENT_SUSPENDING, SPK_EVENT_NONE);
    ck_assert(story.step.rehash);
}
END_TEST

START_TEST(always_runs_again_after_a_pause)
{
    story.app.rules.policy = SPK_APP_ALWAYS;
    runs(SPK_EVENT_ADDED);
    driver_is(SPK_POD_COMPLETED);
    writes(SPK_APP_SUCCEEDING, SPK_EVENT_DRIVER_COMPLETED, SPK_EVENT_NONE);
    waits_for(5);
    passes(5);
    is_rerun();
    runs(SPK_EVENT_NONE);
}
END_TEST

START_TEST(a_refused_submission_is_tried_again_from_when_it_failed)
{
    story.app.rules.policy = SPK_APP_ON_FAILURE;
    story.app.rules.submission_retries = 1;
    is(SPK_DRIVER_GONE);
    writes(SPK_APP_NEW, SPK_EVENT_ADDED, SPK_EVENT_NONE);
    passes(100);
    story.facts.child = SPK_CHILD_FAILED;
    story.facts.child_message = "no such class";
    is(SPK_DRIVER_GONE);
    writes(SPK_APP_SUBMISSION_FAILED, SPK_EVENT_SUBMISSION_FAILED, SPK_EVENT_NONE);
    ck_assert_str_eq(story.app.status.message, "no such class");
    story.facts.child = SPK_CHILD_NONE;
    is(SPK_DRIVER_ABSENT);
    waits_for(10);
    passes(10);
    ck_assert_int_eq(step(), SPK_STEP_LOOK);
    is(SPK_DRIVER_GONE);
    writes(SPK_APP_NEW, SPK_EVENT_NONE, SPK_EVENT_NONE);
    ck_assert_int_eq(story.app.status.submission_attempts, 2);
    story.facts.child = SPK_CHILD_FAILED;
    writes(SPK_APP_SUBMISSION_FAILED, SPK_EVENT_SUBMISSION_FAILED, SPK_EVENT_NONE);
    writes(SPK_APP_FAILED, SPK_EVENT_FAILED, SPK_EVENT_NONE);
    ck_assert_str_eq(story.app.status.message, "no such class");
    ck_assert_int_eq(story.app.status.terminated_s, story.facts.now_s);
}
END_TEST

START_TEST(a_driver_that_missed_the_webhook)
{
    is(SPK_DRIVER_GONE);
    writes(SPK_APP_NEW, SPK_EVENT_ADDED, SPK_EVENT_NONE);
    story.facts.child = SPK_CHILD_AT_WORK;
    story.pod.wishes = true;
    driver_is(SPK_POD_PENDING);
    ck_assert_int_eq(step(), SPK_STEP_WAIT);
    story.facts.child = SPK_CHILD_DONE;
    writes(SPK_APP_SUBMISSION_FAILED, SPK_EVENT_SUBMISSION_FAILED, SPK_EVENT_NONE);
    ck_assert_msg(strstr(story.app.status.message, "webhook not reached: the driver pod pi-driver"),
                  "%s", story.app.status.message);
    ck_assert(strstr(story.app.status.message, "spark-webhook doctor"));
    is(SPK_DRIVER_OLD);
    story.facts.child = SPK_CHILD_NONE;
    ck_assert_int_eq(step(), SPK_STEP_CLEAN);
    is(SPK_DRIVER_GONE);
    writes(SPK_APP_FAILED, SPK_EVENT_FAILED, SPK_EVENT_NONE);
}
END_TEST

START_TEST(a_stranger_with_the_drivers_name)
{
    is(SPK_DRIVER_FOREIGN);
    story.facts.foreign_owner = "pod pi-driver of Job/y";
    writes(SPK_APP_SUBMISSION_FAILED, SPK_EVENT_ADDED, SPK_EVENT_SUBMISSION_FAILED);
    ck_assert(strstr(story.app.status.message, "is taken by pod pi-driver of Job/y"));
    ck_assert_int_eq(story.app.status.submission_attempts, 1);
    writes(SPK_APP_FAILED, SPK_EVENT_FAILED, SPK_EVENT_NONE);
}
END_TEST

START_TEST(a_spec_that_cannot_be_run_fails_until_it_changes)
{
    story.app.rules.policy = SPK_APP_ALWAYS;
    story.facts.spec_fault = "spec.image: none";
    is(SPK_DRIVER_GONE);
    writes(SPK_APP_FAILED, SPK_EVENT_ADDED, SPK_EVENT_FAILED);
    ck_assert(story.step.rehash);
    ck_assert_str_eq(story.app.status.message, "spec.image: none");
    ck_assert_int_eq(step(), SPK_STEP_WAIT);
    ck_assert_int_eq(story.step.wake_s, 0);
    story.facts.spec_fault = NULL;
    story.facts.spec_changed = true;
    writes(SPK_APP_INVALIDATING, SPK_EVENT_SPEC_UPDATED, SPK_EVENT_NONE);
    ck_assert(!story.step.rehash);
    writes(SPK_APP_PENDING_RERUN, SPK_EVENT_PENDING_RERUN, SPK_EVENT_NONE);
    ck_assert_int_eq(story.app.status.execution_attempts, 0);
    runs(SPK_EVENT_NONE);
}
END_TEST

START_TEST(submissions_that_are_lost)
{
    is(SPK_DRIVER_GONE);
    writes(SPK_APP_NEW, SPK_EVENT_ADDED, SPK_EVENT_NONE);
    for (int lost = 1; lost < SPK_APP_LOST_MAX; lost++) {
        is(SPK_DRIVER_HALF);
        waits_for(SPK_APP_GRACE_S);
        passes(SPK_APP_GRACE_S);
        ck_assert_int_eq(step(), SPK_STEP_CLEAN);
        is(SPK_DRIVER_GONE);
        story.facts.seen_s -= SPK_APP_GRACE_S;
        writes(SPK_APP_NEW, SPK_EVENT_NONE, SPK_EVENT_NONE);
        ck_assert_int_eq(story.app.status.submission_attempts, lost + 1);
    }
    writes(SPK_APP_SUBMISSION_FAILED, SPK_EVENT_SUBMISSION_FAILED, SPK_EVENT_NONE);
    ck_assert(strstr(story.app.status.message, "5 submissions in a row"));
}
END_TEST

START_TEST(a_driver_that_vanishes)
{
    runs(SPK_EVENT_ADDED);
    is(SPK_DRIVER_ABSENT);
    waits_for(SPK_APP_GRACE_S);
    passes(SPK_APP_GRACE_S);
    ck_assert_int_eq(step(), SPK_STEP_LOOK);
    is(SPK_DRIVER_GONE);
    writes(SPK_APP_FAILING, SPK_EVENT_DRIVER_NOT_FOUND, SPK_EVENT_NONE);
    ck_assert_str_eq(story.app.status.message, "driver pod not found");
}
END_TEST

START_TEST(a_driver_that_vanishes_and_leaves_its_name_to_a_stranger)
{
    runs(SPK_EVENT_ADDED);
    is(SPK_DRIVER_ABSENT);
    passes(SPK_APP_GRACE_S);
    ck_assert_int_eq(step(), SPK_STEP_LOOK);
    is(SPK_DRIVER_FOREIGN);
    story.facts.foreign_owner = "pod pi-driver, which belongs to Job/x";
    writes(SPK_APP_FAILING, SPK_EVENT_DRIVER_NOT_FOUND, SPK_EVENT_NONE);
    ck_assert(strstr(story.app.status.message, "Job/x"));
}
END_TEST

START_TEST(a_driver_that_completed_before_it_vanished)
{
    runs(SPK_EVENT_ADDED);
    is(SPK_DRIVER_ABSENT);
    story.pod.state = SPK_POD_COMPLETED;
    story.facts.pod = &story.pod;
    writes(SPK_APP_SUCCEEDING, SPK_EVENT_DRIVER_COMPLETED, SPK_EVENT_NONE);
}
END_TEST

START_TEST(an_image_that_does_not_come)
{
    runs(SPK_EVENT_ADDED);
    story.app.status.state = SPK_APP_SUBMITTED;
    driver_is(SPK_POD_PENDING);
    story.pod.waiting_bad = story.facts.now_s;
    strcpy(story.pod.reason, "ImagePullBackOff");
    ck_assert_int_eq(step(), SPK_STEP_WAIT);
    passes(SPK_APP_WAITING_S);
    writes(SPK_APP_FAILING, SPK_EVENT_DRIVER_FAILED, SPK_EVENT_NONE);
    ck_assert_str_eq(story.app.status.message, "driver pod has waited for 300 s: ImagePullBackOff");
    ck_assert_int_eq(step(), SPK_STEP_CLEAN);
    is(SPK_DRIVER_GONE);
    writes(SPK_APP_FAILED, SPK_EVENT_FAILED, SPK_EVENT_NONE);
}
END_TEST

START_TEST(a_node_that_is_lost)
{
    runs(SPK_EVENT_ADDED);
    driver_is(SPK_POD_RUNNING);
    story.pod.deleting = true;
    story.pod.deleting_s = story.facts.now_s;
    waits_for(60);
    passes(61);
    writes(SPK_APP_UNKNOWN, SPK_EVENT_DRIVER_UNKNOWN, SPK_EVENT_NONE);
    passes(SPK_APP_WAITING_S);
    writes(SPK_APP_FAILING, SPK_EVENT_DRIVER_FAILED, SPK_EVENT_NONE);
    ck_assert(strstr(story.app.status.message, "lost with its node"));
    writes(SPK_APP_FAILED, SPK_EVENT_FAILED, SPK_EVENT_NONE);
}
END_TEST

START_TEST(its_time_to_live)
{
    story.app.status.state = SPK_APP_FAILED;
    story.app.rules.ttl_s = 60;
    writes(SPK_APP_FAILED, SPK_EVENT_NONE, SPK_EVENT_NONE);
    ck_assert_int_eq(story.app.status.terminated_s, story.facts.now_s);
    waits_for(60);
    passes(60);
    ck_assert_int_eq(step(), SPK_STEP_DELETE);
}
END_TEST

START_TEST(somebody_elses_is_left_alone)
{
    story.app.ours = false;
    story.app.status.state = SPK_APP_RUNNING;
    story.facts.spec_changed = story.app.deleting = story.app.rules.suspend = true;
    ck_assert_int_eq(step(), SPK_STEP_WAIT);
    ck_assert_int_eq(story.step.wake_s, 0);
}
END_TEST

START_TEST(who_is_handed_over_gets_a_hash)
{
    story.app.written_hash = (struct spk_str){0};
    story.app.status.state = SPK_APP_RUNNING;
    driver_is(SPK_POD_RUNNING);
    writes(SPK_APP_RUNNING, SPK_EVENT_NONE, SPK_EVENT_NONE);
    ck_assert(story.step.rehash);
}
END_TEST

START_TEST(its_user_submits_it)
{
    story.app.rules.tracked = true;
    is(SPK_DRIVER_ABSENT);
    ck_assert_int_eq(step(), SPK_STEP_WAIT);
    strcpy(story.pod.submission_id, "mine");
    driver_is(SPK_POD_PENDING);
    writes(SPK_APP_SUBMITTED, SPK_EVENT_SUBMITTED, SPK_EVENT_DRIVER_PENDING);
    ck_assert_str_eq(story.app.status.submission_id, "mine");
    story.app.rules.suspend = story.facts.spec_changed = true;
    driver_is(SPK_POD_RUNNING);
    writes(SPK_APP_RUNNING, SPK_EVENT_DRIVER_RUNNING, SPK_EVENT_NONE);
    fails();
    writes(SPK_APP_FAILED, SPK_EVENT_FAILED, SPK_EVENT_NONE);
    ck_assert_int_eq(step(), SPK_STEP_WAIT);
    story.app.deleting = true;
    ck_assert_int_eq(step(), SPK_STEP_WAIT);
}
END_TEST

START_TEST(its_user_submits_one_that_completes)
{
    story.app.rules.tracked = true;
    driver_is(SPK_POD_PENDING);
    writes(SPK_APP_SUBMITTED, SPK_EVENT_SUBMITTED, SPK_EVENT_DRIVER_PENDING);
    driver_is(SPK_POD_COMPLETED);
    writes(SPK_APP_SUCCEEDING, SPK_EVENT_DRIVER_COMPLETED, SPK_EVENT_NONE);
    writes(SPK_APP_COMPLETED, SPK_EVENT_COMPLETED, SPK_EVENT_NONE);
}
END_TEST

START_TEST(what_its_user_submits_is_neither_removed_nor_run_again)
{
    story.app.rules.tracked = true;
    story.app.rules.policy = SPK_APP_ALWAYS;
    driver_is(SPK_POD_RUNNING);
    writes(SPK_APP_SUBMITTED, SPK_EVENT_SUBMITTED, SPK_EVENT_NONE);
    writes(SPK_APP_RUNNING, SPK_EVENT_DRIVER_RUNNING, SPK_EVENT_NONE);
    story.facts.strays = story.facts.leftovers = true;
    ck_assert_int_eq(step(), SPK_STEP_WAIT);
    driver_is(SPK_POD_COMPLETED);
    writes(SPK_APP_SUCCEEDING, SPK_EVENT_DRIVER_COMPLETED, SPK_EVENT_NONE);
    passes(1000);
    writes(SPK_APP_COMPLETED, SPK_EVENT_COMPLETED, SPK_EVENT_NONE);
    driver_is(SPK_POD_RUNNING);
    story.facts.strays = true;
    passes(SPK_APP_GRACE_S);
    ck_assert_int_eq(step(), SPK_STEP_WAIT);
}
END_TEST

/* -------------------------------------------------------------------------------------- events */

static const struct {
    enum spk_app_event event;
    const char *reason;
    bool warning;
    const char *message;
} events[] = {
    {SPK_EVENT_ADDED, "SparkApplicationAdded", false,
     "SparkApplication pi was added, enqueuing it for submission"},
    {SPK_EVENT_SUBMITTED, "SparkApplicationSubmitted", false,
     "SparkApplication pi was submitted successfully"},
    {SPK_EVENT_SUBMISSION_FAILED, "SparkApplicationSubmissionFailed", true,
     "failed to submit SparkApplication pi: why"},
    {SPK_EVENT_COMPLETED, "SparkApplicationCompleted", false, "SparkApplication pi completed"},
    {SPK_EVENT_FAILED, "SparkApplicationFailed", true, "SparkApplication pi failed: why"},
    {SPK_EVENT_DRIVER_RUNNING, "SparkDriverRunning", false, "Driver p is running"},
    {SPK_EVENT_DRIVER_FAILED, "SparkDriverFailed", true, "Driver p failed: why"},
    {SPK_EVENT_EXECUTOR_PENDING, "SparkExecutorPending", false, "Executor p is pending"},
    {SPK_EVENT_EXECUTOR_FAILED, "SparkExecutorFailed", true, "Executor p failed with why"},
    {SPK_EVENT_EXECUTOR_UNKNOWN, "SparkExecutorUnknown", true, "Executor p in unknown state"},
};

START_TEST(event)
{
    struct spk_app_event_text text;

    spk_app_event_text(&text, events[_i].event, "pi", "p", "why");
    ck_assert_str_eq(text.reason, events[_i].reason);
    ck_assert_str_eq(text.message, events[_i].message);
    ck_assert_int_eq(text.warning, events[_i].warning);
}
END_TEST

START_TEST(an_event_tells_all_that_it_has_room_for)
{
    struct spk_app_event_text text;
    char detail[1024] = "spec.a: no";

    spk_app_event_text(&text, SPK_EVENT_FAILED, "pi", "p", "spec.a: no\nspec.b: no\nand 2 more");
    ck_assert_str_eq(text.message,
                     "SparkApplication pi failed: spec.a: no; spec.b: no; and 2 more");
    while (strlen(detail) + 12 < sizeof(detail))
        strcat(detail, "\nspec.b: no");
    spk_app_event_text(&text, SPK_EVENT_FAILED, "pi", "p", detail);
    ck_assert_msg(strstr(text.message, " more") != NULL, "%s", text.message);
    ck_assert_uint_gt(strlen(text.message), 960);
}
END_TEST

START_TEST(every_event_has_a_text)
{
    struct spk_app_event_text text;

    spk_app_event_text(&text, (enum spk_app_event)_i, NULL, NULL, NULL);
    ck_assert((_i == SPK_EVENT_NONE) == (!*text.reason && !*text.message));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("machine");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, from_added_to_completed);
    tcase_add_test(tcase, two_retries_are_three_runs);
    tcase_add_test(tcase, a_suspension_eats_no_retry);
    tcase_add_test(tcase, what_has_ended_is_not_suspended);
    tcase_add_test(tcase, a_suspension_before_anything_is_ours);
    tcase_add_test(tcase, always_runs_again_after_a_pause);
    tcase_add_test(tcase, a_refused_submission_is_tried_again_from_when_it_failed);
    tcase_add_test(tcase, a_driver_that_missed_the_webhook);
    tcase_add_test(tcase, a_stranger_with_the_drivers_name);
    tcase_add_test(tcase, a_spec_that_cannot_be_run_fails_until_it_changes);
    tcase_add_test(tcase, submissions_that_are_lost);
    tcase_add_test(tcase, a_driver_that_vanishes);
    tcase_add_test(tcase, a_driver_that_vanishes_and_leaves_its_name_to_a_stranger);
    tcase_add_test(tcase, a_driver_that_completed_before_it_vanished);
    tcase_add_test(tcase, an_image_that_does_not_come);
    tcase_add_test(tcase, a_node_that_is_lost);
    tcase_add_test(tcase, its_time_to_live);
    tcase_add_test(tcase, somebody_elses_is_left_alone);
    tcase_add_test(tcase, who_is_handed_over_gets_a_hash);
    tcase_add_test(tcase, its_user_submits_it);
    tcase_add_test(tcase, its_user_submits_one_that_completes);
    tcase_add_test(tcase, what_its_user_submits_is_neither_removed_nor_run_again);
    ADD_ROWS(tcase, event, events);
    tcase_add_test(tcase, an_event_tells_all_that_it_has_room_for);
    tcase_add_loop_test(tcase, every_event_has_a_text, 0, SPK_EVENTS);
    return run_case("machine", tcase);
}
