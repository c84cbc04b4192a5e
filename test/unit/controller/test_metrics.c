#include "controller/metrics.h"

#include "spk/base/cleanup.h"

#include "../suite.h"

#include <string.h>

static const char *const names[] = {"team-x", "namespace"};

static struct spk_app_metrics metrics;
static struct spk_engine_counts counts;
static struct spk_refusals refusals;

static void begin(const char *prefix, size_t labels)
{
    struct spk_err err = {0};

    ck_assert_int_eq(spk_app_metrics_init(&metrics, prefix, names, labels, &err), 0);
}

static void go(const char *team, enum spk_app_state from, enum spk_app_state to)
{
    json_t *labels = team ? json_pack("{ss}", "team-x", team) : NULL;
    const struct spk_engine_transition transition = {.labels = labels,
                                                     .ns = "jobs",
                                                     .from = from,
                                                     .to = to,
                                                     .first = true,
                                                     .since_made_s = 3,
                                                     .ran_s = 7};

    spk_app_metrics_transition(&metrics, &transition);
    json_decref(labels);
}

static void run_through(const char *team)
{
    go(team, SPK_APP_NEW, SPK_APP_SUBMITTED);
    go(team, SPK_APP_SUBMITTED, SPK_APP_RUNNING);
    go(team, SPK_APP_RUNNING, SPK_APP_SUCCEEDING);
    go(team, SPK_APP_SUCCEEDING, SPK_APP_COMPLETED);
}

static void expect(const char *const *lines)
{
    struct spk_err err = {0};
    struct spk_buf page;

    spk_buf_init(&page, SPK_METRICS_MAX);
    ck_assert_msg(spk_app_metrics_print(&page, &metrics, &counts, &refusals, NULL, &err) == 0, "%s",
                  err.msg);
    for (; *lines; lines++)
        ck_assert_msg(strstr(page.ptr, *lines) != NULL, "no '%s' in:\n%s", *lines, page.ptr);
    spk_buf_done(&page);
    spk_app_metrics_done(&metrics);
}

#define EXPECT(...) expect((const char *const[]){__VA_ARGS__, NULL})

START_TEST(the_nine_are_there_from_the_start)
{
    begin(NULL, 0);
    EXPECT("\nspark_app_submit_count 0\n", "\nspark_app_success_count 0\n",
           "\nspark_app_failure_count 0\n", "\nspark_app_running_count 0\n",
           "\nspark_app_success_execution_time_microseconds_sum 0\n",
           "\nspark_app_failure_execution_time_microseconds_count 0\n",
           "\nspark_app_executor_success_count 0\n", "\nspark_app_executor_failure_count 0\n",
           "\nspark_app_executor_running_count 0\n");
}
END_TEST

START_TEST(a_run_counts_once)
{
    begin("my-", 0);
    run_through(NULL);
    EXPECT("\nmy_spark_app_submit_count 1\n", "\nmy_spark_app_success_count 1\n",
           "\nmy_spark_app_failure_count 0\n", "\nmy_spark_app_running_count 0\n",
           "\nmy_spark_app_success_execution_time_microseconds_sum 7000000\n",
           "\nmy_spark_app_success_execution_time_microseconds_count 1\n",
           "\nmy_spark_app_submit_latency_seconds_bucket{le=\"2\"} 0\n",
           "\nmy_spark_app_submit_latency_seconds_bucket{le=\"4\"} 1\n",
           "\nmy_spark_app_start_latency_seconds_count 1\n");
}
END_TEST

START_TEST(the_same_state_again_counts_nothing)
{
    begin(NULL, 0);
    go(NULL, SPK_APP_COMPLETED, SPK_APP_COMPLETED);
    go(NULL, SPK_APP_RUNNING, SPK_APP_RUNNING);
    EXPECT("\nspark_app_success_count 0\n");
}
END_TEST

START_TEST(without_labels_the_caches_say_what_runs)
{
    begin(NULL, 0);
    counts.applications.by_state[SPK_APP_RUNNING] = 5;
    EXPECT("\nspark_app_running_count 5\n",
           "\nspark_controller_applications{state=\"RUNNING\"} 5\n",
           "\nspark_controller_applications{state=\"NEW\"} 0\n");
}
END_TEST

START_TEST(a_gauge_never_goes_below_zero)
{
    begin(NULL, 2);
    go("a", SPK_APP_RUNNING, SPK_APP_FAILING); /* began before this process did */
    go("a", SPK_APP_SUBMITTED, SPK_APP_RUNNING);
    EXPECT("\nspark_app_running_count{team_x=\"a\",namespace=\"jobs\"} 1\n");
}
END_TEST

START_TEST(labels_are_escaped)
{
    begin(NULL, 1);
    go("a\"b\\c\nd", SPK_APP_NEW, SPK_APP_SUBMITTED);
    go(NULL, SPK_APP_NEW, SPK_APP_SUBMITTED);
    EXPECT("\nspark_app_submit_count{team_x=\"a\\\"b\\\\c\\nd\"} 1\n",
           "\nspark_app_submit_count{team_x=\"Unknown\"} 1\n");
}
END_TEST

START_TEST(too_many_combinations_are_counted_together)
{
    char team[32];

    begin(NULL, 2);
    for (int i = 0; i < SPK_METRICS_ROWS + 3; i++) {
        (void)snprintf(team, sizeof(team), "team-%d", i);
        go(team, SPK_APP_NEW, SPK_APP_SUBMITTED);
    }
    ck_assert_uint_eq(metrics.row_count, SPK_METRICS_ROWS);
    EXPECT("\nspark_app_submit_count{team_x=\"team-255\",namespace=\"jobs\"} 1\n",
           "\nspark_app_submit_count{team_x=\"(other)\",namespace=\"(other)\"} 3\n");
}
END_TEST

START_TEST(a_value_too_long_for_its_row_is_another)
{
    static char team[2 * SPK_METRICS_LABELS_SIZE];

    memset(team, 'a', sizeof(team) - 1);
    begin(NULL, 1);
    go(team, SPK_APP_NEW, SPK_APP_SUBMITTED);
    EXPECT("\nspark_app_submit_count{team_x=\"(other)\"} 1\n");
}
END_TEST

START_TEST(executors_by_where_they_go)
{
    static const enum spk_pod_state path[][2] = {
        {SPK_POD_STATES, SPK_POD_RUNNING},    {SPK_POD_PENDING, SPK_POD_RUNNING},
        {SPK_POD_RUNNING, SPK_POD_COMPLETED}, {SPK_POD_PENDING, SPK_POD_FAILED},
        {SPK_POD_RUNNING, SPK_POD_RUNNING},
    };

    begin(NULL, 0);
    for (size_t i = 0; i < SPK_LEN(path); i++) {
        const struct spk_engine_executor executor = {
            .ns = "a", .from = path[i][0], .to = path[i][1]};
        spk_app_metrics_executor(&metrics, &executor);
    }
    EXPECT("\nspark_app_executor_running_count 1\n", "\nspark_app_executor_success_count 1\n",
           "\nspark_app_executor_failure_count 1\n");
}
END_TEST

START_TEST(submissions_have_their_times)
{
    begin(NULL, 0);
    spk_app_metrics_submission(&metrics, true, 500, 7000);
    spk_app_metrics_submission(&metrics, false, 501, 300000);
    EXPECT("\nspark_controller_submissions_total{result=\"success\"} 1\n",
           "\nspark_controller_submission_wait_seconds_bucket{le=\"0.5\"} 1\n",
           "\nspark_controller_submission_wait_seconds_bucket{le=\"1\"} 2\n",
           "\nspark_controller_submission_duration_seconds_bucket{le=\"256\"} 1\n",
           "\nspark_controller_submission_duration_seconds_bucket{le=\"+Inf\"} 2\n",
           "\nspark_controller_submission_duration_seconds_sum 307.000000000\n");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("metrics");

    tcase_add_test(tcase, the_nine_are_there_from_the_start);
    tcase_add_test(tcase, a_run_counts_once);
    tcase_add_test(tcase, the_same_state_again_counts_nothing);
    tcase_add_test(tcase, without_labels_the_caches_say_what_runs);
    tcase_add_test(tcase, a_gauge_never_goes_below_zero);
    tcase_add_test(tcase, labels_are_escaped);
    tcase_add_test(tcase, too_many_combinations_are_counted_together);
    tcase_add_test(tcase, a_value_too_long_for_its_row_is_another);
    tcase_add_test(tcase, executors_by_where_they_go);
    tcase_add_test(tcase, submissions_have_their_times);
    return run_case("metrics", tcase);
}
