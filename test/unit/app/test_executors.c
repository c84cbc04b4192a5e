#include "spk/app/executors.h"

#include "../suite.h"
#include "spk/base/cleanup.h"

#include <stdio.h>
#include <string.h>

#define MOST 1000

static struct spk_pod pod_of(const char *name, enum spk_pod_state state)
{
    struct spk_pod pod = {.state = state};

    (void)snprintf(pod.name, sizeof(pod.name), "%s", name);
    return pod;
}

static json_t *states_of(const json_t *have, const struct spk_pod *pods, size_t count,
                         enum spk_app_state app)
{
    const struct spk_pod **list = calloc(count + 1, sizeof(*list));
    struct spk_err err = {0};
    json_t *out = NULL;

    for (size_t i = 0; i < count; i++)
        list[i] = &pods[i];
    ck_assert_int_eq(spk_executors_state(&out, have, list, count, app, MOST, &err), 0);
    free(list);
    return out;
}

static const char *state_of(const json_t *states, const char *name)
{
    const char *text = json_string_value(json_object_get(states, name));

    return text ? text : "";
}

/* What becomes of a running one, and of one that has completed, when no pod shows them any more. */
static const struct {
    enum spk_app_state app;
    const char *ran;
} gone[] = {
    {SPK_APP_SUBMITTED, "UNKNOWN"},   {SPK_APP_RUNNING, "UNKNOWN"},
    {SPK_APP_UNKNOWN, "UNKNOWN"},     {SPK_APP_SUCCEEDING, "COMPLETED"},
    {SPK_APP_COMPLETED, "COMPLETED"}, {SPK_APP_FAILING, "FAILED"},
    {SPK_APP_FAILED, "FAILED"},       {SPK_APP_SUSPENDING, "FAILED"},
};

START_TEST(no_pod_shows_it)
{
    const struct spk_pod pod = pod_of("e-3", SPK_POD_PENDING);
    json_t *have = json_pack("{ss ss ss ss}", "e-1", "RUNNING", "e-2", "COMPLETED", "e-3",
                             "RUNNING", "e-4", "FAILED");
    json_t *states = states_of(have, &pod, 1, gone[_i].app);

    ck_assert_str_eq(state_of(states, "e-1"), gone[_i].ran);
    ck_assert_str_eq(state_of(states, "e-2"), "COMPLETED");
    ck_assert_str_eq(state_of(states, "e-3"), "PENDING");
    ck_assert_str_eq(state_of(states, "e-4"), "FAILED");
    json_decref(have);
    json_decref(states);
}
END_TEST

#define MANY (MOST + 500)

/* 3 run, 2 failed, the others completed. */
static struct spk_pod *many(void)
{
    struct spk_pod *pods = calloc(MANY, sizeof(*pods));

    for (size_t i = 0; i < MANY; i++) {
        pods[i].state = i < MANY - 5   ? SPK_POD_COMPLETED
                        : i < MANY - 2 ? SPK_POD_RUNNING
                                       : SPK_POD_FAILED;
        (void)snprintf(pods[i].name, sizeof(pods[i].name), "e-%zu", i + 1);
    }
    return pods;
}

START_TEST(few_are_kept_and_the_others_counted)
{
    struct spk_pod *pods = many();
    json_t *states = states_of(NULL, pods, MANY, SPK_APP_RUNNING);
    json_t *later;

    ck_assert_uint_eq(json_object_size(states), MOST + 1);
    ck_assert_str_eq(state_of(states, pods[MANY - 1].name), "FAILED");
    ck_assert_str_eq(state_of(states, pods[MANY - 3].name), "RUNNING");
    ck_assert_str_eq(state_of(states, "(more) COMPLETED"), "500");
    /* Their pods are gone, and so is nobody's count. */
    later = states_of(states, NULL, 0, SPK_APP_COMPLETED);
    ck_assert_str_eq(state_of(later, "(more) COMPLETED"), "500");
    ck_assert_str_eq(state_of(later, pods[MANY - 3].name), "COMPLETED");
    json_decref(states);
    /* And it settles. */
    states = states_of(later, NULL, 0, SPK_APP_COMPLETED);
    ck_assert(json_equal(states, later));
    json_decref(states);
    json_decref(later);
    free(pods);
}
END_TEST

START_TEST(only_those_that_still_are_count_as_running)
{
    struct spk_pod *pods = many();
    json_t *states;
    json_t *later;

    for (size_t i = 0; i < MANY; i++)
        pods[i].state = SPK_POD_RUNNING;
    states = states_of(NULL, pods, MANY, SPK_APP_RUNNING);
    ck_assert_str_eq(state_of(states, "(more) RUNNING"), "500");
    later = states_of(states, pods, 10, SPK_APP_RUNNING);
    ck_assert_str_eq(state_of(later, "(more) RUNNING"), "");
    json_decref(states);
    json_decref(later);
    free(pods);
}
END_TEST

START_TEST(what_somebody_else_wrote_is_unknown)
{
    json_t *have = json_pack("{ss si}", "e-1", "DREAMING", "e-2", 7);
    json_t *states = states_of(have, NULL, 0, SPK_APP_RUNNING);

    ck_assert_str_eq(state_of(states, "e-1"), "UNKNOWN");
    ck_assert_str_eq(state_of(states, "e-2"), "UNKNOWN");
    json_decref(have);
    json_decref(states);
}
END_TEST

static const struct {
    enum spk_pod_state last;
    bool evicted;
    enum spk_app_state app;
    enum spk_pod_state state;
} deletions[] = {
    {SPK_POD_RUNNING, false, SPK_APP_RUNNING, SPK_POD_COMPLETED},
    {SPK_POD_PENDING, false, SPK_APP_RUNNING, SPK_POD_COMPLETED},
    {SPK_POD_RUNNING, false, SPK_APP_COMPLETED, SPK_POD_COMPLETED},
    {SPK_POD_RUNNING, false, SPK_APP_FAILING, SPK_POD_FAILED},
    {SPK_POD_RUNNING, false, SPK_APP_FAILED, SPK_POD_FAILED},
    {SPK_POD_RUNNING, true, SPK_APP_RUNNING, SPK_POD_FAILED},
    {SPK_POD_FAILED, false, SPK_APP_COMPLETED, SPK_POD_FAILED},
    {SPK_POD_COMPLETED, false, SPK_APP_FAILED, SPK_POD_COMPLETED},
};

START_TEST(deletion)
{
    const struct spk_pod pod = {.state = deletions[_i].last, .evicted = deletions[_i].evicted};

    ck_assert_int_eq(spk_executor_deleted(&pod, deletions[_i].app), deletions[_i].state);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("executors");

    ADD_ROWS(tcase, no_pod_shows_it, gone);
    tcase_add_test(tcase, few_are_kept_and_the_others_counted);
    tcase_add_test(tcase, only_those_that_still_are_count_as_running);
    tcase_add_test(tcase, what_somebody_else_wrote_is_unknown);
    ADD_ROWS(tcase, deletion, deletions);
    return run_case("executors", tcase);
}
