/* Every combination of what the state machine looks at: what it must do, and must never do, with
 * each alone. What follows from step to step: test_world.c. */
#include "../suite.h"
#include "spk/app/application.h"
#include "spk/app/machine.h"
#include "spk/base/cleanup.h"

#include <stdio.h>
#include <string.h>

#define NOW_S INT64_C(1800000000)

/* How a driver may be, as far as any rule asks. */
static const struct {
    const char *name;
    enum spk_driver driver;
    struct spk_pod pod;
} drivers[] = {
    {"unseen", SPK_DRIVER_UNSEEN, {.name = ""}},
    {"absent", SPK_DRIVER_ABSENT, {.name = ""}},
    {"gone", SPK_DRIVER_GONE, {.name = ""}},
    {"old", SPK_DRIVER_OLD, {.name = ""}},
    {"foreign", SPK_DRIVER_FOREIGN, {.name = ""}},
    {"half", SPK_DRIVER_HALF, {.name = "d", .state = SPK_POD_PENDING}},
    {"pending", SPK_DRIVER_WHOLE, {.name = "d", .state = SPK_POD_PENDING}},
    {"unstamped", SPK_DRIVER_WHOLE, {.name = "d", .state = SPK_POD_PENDING, .wishes = true}},
    {"stuck", SPK_DRIVER_WHOLE, {.name = "d", .waiting_bad = NOW_S - 10}},
    {"stuck for long", SPK_DRIVER_WHOLE, {.name = "d", .waiting_bad = NOW_S - 1000}},
    {"running", SPK_DRIVER_WHOLE, {.name = "d", .state = SPK_POD_RUNNING}},
    {"being deleted",
     SPK_DRIVER_WHOLE,
     {.name = "d", .state = SPK_POD_RUNNING, .deleting = true, .deleting_s = NOW_S + 30}},
    {"not deleted",
     SPK_DRIVER_WHOLE,
     {.name = "d", .state = SPK_POD_RUNNING, .deleting = true, .deleting_s = NOW_S - 1000}},
    {"lost", SPK_DRIVER_WHOLE, {.name = "d", .state = SPK_POD_LOST, .lost_s = NOW_S - 10}},
    {"long lost", SPK_DRIVER_WHOLE, {.name = "d", .state = SPK_POD_LOST, .lost_s = NOW_S - 1000}},
    {"completed", SPK_DRIVER_WHOLE, {.name = "d", .state = SPK_POD_COMPLETED}},
    {"failed", SPK_DRIVER_WHOLE, {.name = "d", .state = SPK_POD_FAILED, .exit_code = 1}},
};

#define CHILDREN (SPK_CHILD_KILLED + 1)

/* One combination, and what came of it. */
static struct {
    size_t driver;
    struct spk_app app;
    struct spk_facts facts;
    struct spk_step step;
    uint64_t tried;
} one;

/* Not ck_assert, which notes each place that it passes: there are millions. */
#define MUST(condition)            \
    do {                           \
        if (!(condition))          \
            break_off(#condition); \
    } while (0)

static void break_off(const char *what)
{
    ck_abort_msg(
        "%s\n  state %s, id '%s', driver %s, child %d, policy %d, suspend %d, deleting %d, "
        "changed %d, fault %d, leftovers %d, ours %d: step %d to %s (%s)",
        what, spk_app_state_text(one.app.status.state), one.app.status.submission_id,
        drivers[one.driver].name, (int)one.facts.child, (int)one.app.rules.policy,
        one.app.rules.suspend, one.app.deleting, one.facts.spec_changed,
        one.facts.spec_fault != NULL, one.facts.leftovers, one.app.ours, (int)one.step.kind,
        spk_app_state_text(one.step.status.state), one.step.why);
}

static bool is_terminal(enum spk_app_state state)
{
    return state == SPK_APP_COMPLETED || state == SPK_APP_FAILED;
}

static bool child_lives(void)
{
    return one.facts.child == SPK_CHILD_READY || one.facts.child == SPK_CHILD_AT_WORK;
}

static json_t *patch_of_step(void)
{
    struct spk_err err = {0};
    json_t *patch = NULL;

    MUST(spk_app_status_patch(&patch, &one.app.status, &one.step.status, NULL, NULL, &err) == 0);
    return patch;
}

/* Merged into what was there (nothing, or the status that is replaced), it reads as was meant. */
static void check_representable(const json_t *patch)
{
    struct spk_app_status none = {0};
    struct spk_app_status read;
    struct spk_err err = {0};
    json_t *whole = NULL;

    MUST(spk_app_status_patch(&whole, &none, &one.step.status, NULL, NULL, &err) == 0);
    MUST(spk_app_status_read(&read, json_object_get(whole, "status"), &err) == 0);
    MUST(read.state == one.step.status.state);
    MUST(strcmp(read.submission_id, one.step.status.submission_id) == 0);
    MUST(strcmp(read.message, one.step.status.message) == 0);
    MUST(read.execution_attempts == one.step.status.execution_attempts);
    MUST(read.terminated_s == one.step.status.terminated_s);
    MUST(patch == NULL || json_object_size(patch) == 1);
    json_decref(whole);
}

static void check_write(void)
{
    const struct spk_app_status *was = &one.app.status;
    const struct spk_app_status *now = &one.step.status;
    const bool new_id = strcmp(was->submission_id, now->submission_id) != 0;

    MUST(now->state < SPK_APP_STATES);
    if (one.tried % 499 == 0 || (was->state == now->state && !new_id)) {
        json_t *patch = patch_of_step();
        MUST(patch || (one.step.rehash &&
                       (!one.app.ours || !one.app.written_hash.len || one.facts.spec_changed)));
        check_representable(patch);
        json_decref(patch);
    }
    MUST(one.app.ours || one.step.rehash);
    MUST(was->state == now->state || !is_terminal(now->state) || now->terminated_s);
    MUST(was->state == now->state || now->state != SPK_APP_FAILING || now->terminated_s);
    MUST(!new_id || !one.app.ours || one.app.rules.tracked || one.facts.child != SPK_CHILD_AT_WORK);
    if (new_id && *now->submission_id) {
        MUST(one.facts.driver == SPK_DRIVER_GONE && !one.facts.leftovers && !child_lives());
        MUST(one.step.rehash && now->state == SPK_APP_NEW && !one.facts.spec_fault);
        MUST(now->submission_attempts > 0 && strcmp(now->driver.pod, one.facts.driver_name) == 0);
        MUST(!one.app.rules.suspend && !one.app.deleting);
    }
}

static void check_terminal(void)
{
    switch (one.step.kind) {
    case SPK_STEP_WRITE:
        MUST(one.step.status.state == one.app.status.state ||
             (one.step.status.state == SPK_APP_INVALIDATING && one.facts.spec_changed));
        break;
    case SPK_STEP_SUBMIT:
        MUST(false);
        break;
    case SPK_STEP_LOOK:
        MUST(one.app.deleting);
        break;
    default:
        break;
    }
}

static void check_submit(void)
{
    MUST(one.app.status.state == SPK_APP_NEW && *one.app.status.submission_id);
    MUST(one.facts.child == SPK_CHILD_READY);
    MUST(one.facts.driver <= SPK_DRIVER_GONE);
    MUST(!one.app.rules.suspend && !one.app.deleting && !one.facts.spec_changed);
}

/* A step that waits for nothing but a change: an end, or nothing of ours. */
static void check_wait(void)
{
    const bool others = !one.app.ours;

    MUST(one.step.wake_s > NOW_S ||
         (one.step.wake_s == 0 && (others || is_terminal(one.app.status.state))));
}

static void check(void)
{
    MUST(*one.step.why);
    MUST(!one.app.rules.tracked ||
         (one.step.kind != SPK_STEP_CLEAN && one.step.kind != SPK_STEP_SUBMIT));
    MUST(!one.app.deleting || !one.app.ours || one.step.kind == SPK_STEP_WAIT ||
         one.step.kind == SPK_STEP_LOOK || one.step.kind == SPK_STEP_CLEAN);
    if (is_terminal(one.app.status.state))
        check_terminal();
    switch (one.step.kind) {
    case SPK_STEP_WAIT:
        check_wait();
        break;
    case SPK_STEP_WRITE:
        check_write();
        break;
    case SPK_STEP_SUBMIT:
        check_submit();
        break;
    case SPK_STEP_LOOK: /* what a look has said is not looked at again */
        MUST(one.facts.driver == SPK_DRIVER_ABSENT);
        break;
    case SPK_STEP_CLEAN:
        MUST(one.step.wake_s > NOW_S);
        MUST(one.facts.leftovers || one.facts.driver >= SPK_DRIVER_HALF || child_lives());
        break;
    case SPK_STEP_DELETE:
        MUST(is_terminal(one.app.status.state) && one.app.rules.ttl_s >= 0);
        break;
    }
}

/* ------------------------------------------------------------------------------- combinations */

static void set_status(enum spk_app_state state, bool id, int attempts, int64_t age_s)
{
    one.app.status = (struct spk_app_status){
        .state = state,
        .execution_attempts = attempts,
        .submission_attempts = attempts,
        .submitted_s = age_s < 0 ? 0 : NOW_S - age_s,
        .terminated_s = age_s < 0 ? 0 : NOW_S - age_s,
    };
    if (id)
        strcpy(one.app.status.submission_id, "11111111-2222-4333-8444-555555555555");
}

static void set_switches(unsigned bits)
{
    one.app.ours = !(bits & 1);
    one.app.rules.suspend = bits & 2;
    one.app.deleting = bits & 4;
    one.facts.spec_changed = bits & 8;
    one.facts.spec_fault = bits & 16 ? "spec.image: expected a text" : NULL;
    one.facts.leftovers = bits & 32;
    one.app.written_hash = bits & 64 && !(bits & 8) ? (struct spk_str){0} : SPK_LIT("0123");
    one.app.rules.ttl_s = bits & 128 ? 100 : -1;
}

static void set_driver(size_t driver, int child, int64_t seen_s)
{
    const enum spk_driver kind = drivers[driver].driver;

    one.driver = driver;
    one.facts.driver = kind;
    one.facts.pod =
        kind == SPK_DRIVER_HALF || kind == SPK_DRIVER_WHOLE ? &drivers[driver].pod : NULL;
    one.facts.child = (enum spk_child)child;
    one.facts.seen_s = seen_s;
}

static void try_switches(void)
{
    for (unsigned bits = 0; bits < 256; bits++) {
        set_switches(bits);
        if (one.app.ours || one.app.status.state != SPK_APP_NEW || !one.app.status.submission_id[0])
            spk_app_step(&one.step, &one.app, &one.facts);
        else
            continue;
        one.tried++;
        check();
    }
}

static void try_drivers(void)
{
    static const int64_t seen[] = {NOW_S, NOW_S - 1000, NOW_S + 1000};

    for (size_t driver = 0; driver < SPK_LEN(drivers); driver++) {
        for (int child = 0; child < CHILDREN; child++) {
            for (size_t s = 0; s < SPK_LEN(seen); s++) {
                set_driver(driver, child, seen[s]);
                try_switches();
            }
        }
    }
}

static void try_state(enum spk_app_state state, enum spk_app_policy first)
{
    static const int64_t ages[] = {-1, 0, 1000, -1000};

    one.facts.now_s = NOW_S;
    one.facts.new_id = "99999999-2222-4333-8444-555555555555";
    one.facts.driver_name = "d";
    one.facts.child_message = "why";
    one.app.rules.failure_retries = one.app.rules.submission_retries = 1;
    one.app.rules.failure_interval_s = one.app.rules.submission_interval_s = 5;
    for (int policy = (int)first; policy <= SPK_APP_ALWAYS; policy++) {
        one.app.rules.policy = (enum spk_app_policy)policy;
        for (size_t age = 0; age < SPK_LEN(ages); age++) {
            set_status(state, age & 1, age < 2 ? 1 : 5, ages[age]);
            try_drivers();
        }
    }
    ck_assert_uint_gt(one.tried, 100000);
}

START_TEST(any_state)
{
    try_state((enum spk_app_state)_i, SPK_APP_NEVER);
}
END_TEST

/* No policy makes a difference: the one that would do most. */
START_TEST(any_state_of_what_its_user_submits)
{
    one.app.rules.tracked = true;
    try_state((enum spk_app_state)_i, SPK_APP_ALWAYS);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("walk");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, any_state, 0, SPK_APP_STATES);
    tcase_add_loop_test(tcase, any_state_of_what_its_user_submits, 0, SPK_APP_STATES);
    return run_case("walk", tcase);
}
