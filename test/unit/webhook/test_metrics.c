#include "webhook/metrics.h"

#include "spk/base/cleanup.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print(struct spk_buf *page, struct spk_metrics *metrics)
{
    static struct spk_refusals refusals = {.text = spk_refusal_text};
    const struct spk_metrics_now now = {
        .refusals = &refusals, .not_after_s = 77, .https = {.connections = 5}};
    struct spk_err err = {0};

    spk_buf_init(page, (size_t)64 * 1024);
    ck_assert_msg(spk_metrics_print(page, metrics, &now, &err) == 0, "%s", err.msg);
}

static void expect(const struct spk_buf *page, const char *line)
{
    ck_assert_msg(strstr(page->ptr, line) != NULL, "no '%s' in:\n%s", line, page->ptr);
}

START_TEST(all_series_are_there_from_the_start)
{
    static struct spk_metrics metrics;
    struct spk_buf page;
    char line[128];

    print(&page, &metrics);
    for (unsigned role = 0; role < SPK_ROLES; role++) {
        for (unsigned outcome = 0; outcome < SPK_OUTCOMES; outcome++) {
            (void)snprintf(
                line, sizeof(line), "\nspark_webhook_reviews_total{role=\"%s\",outcome=\"%s\"} 0\n",
                spk_role_text((enum spk_role)role), spk_outcome_text((enum spk_outcome)outcome));
            expect(&page, line);
        }
    }
    for (unsigned i = 0; i < SPK_REFUSALS; i++) {
        (void)snprintf(line, sizeof(line), "rejected_total{reason=\"%s\"} 0\n",
                       i < SPK_REJECTS ? spk_httpd_reject_text(i) : spk_refusal_text(i));
        expect(&page, line);
    }
    expect(&page, "\nspark_webhook_connections 5\n");
    expect(&page, "\nspark_webhook_certificate_expiry_timestamp_seconds 77\n");
    spk_buf_done(&page);
}
END_TEST

START_TEST(a_bound_belongs_to_its_bucket)
{
    static struct spk_metrics metrics;
    struct spk_buf page;

    spk_metrics_review(&metrics, SPK_ROLE_DRIVER, SPK_MUTATED, 50000);
    spk_metrics_review(&metrics, SPK_ROLE_DRIVER, SPK_MUTATED, 50001);
    spk_metrics_review(&metrics, SPK_ROLE_OTHER, SPK_FAILED, 1000000000);
    spk_metrics_review(&metrics, SPK_ROLE_OTHER, SPK_FAILED, 1000000001);
    print(&page, &metrics);
    expect(&page, "_bucket{le=\"5e-05\"} 1\n");
    expect(&page, "_bucket{le=\"0.0001\"} 2\n");
    expect(&page, "_bucket{le=\"0.5\"} 2\n");
    expect(&page, "_bucket{le=\"1\"} 3\n");
    expect(&page, "_bucket{le=\"+Inf\"} 4\n");
    expect(&page, "_count 4\n");
    expect(&page, "_sum 2.000100002\n");
    expect(&page, "{role=\"driver\",outcome=\"mutated\"} 2\n");
    spk_buf_done(&page);
}
END_TEST

START_TEST(too_small_a_page_is_an_error)
{
    static struct spk_metrics metrics;
    static struct spk_refusals refusals = {.text = spk_refusal_text};
    const struct spk_metrics_now now = {.refusals = &refusals};
    struct spk_err err = {0};
    struct spk_buf page;

    spk_buf_init(&page, 100);
    ck_assert_int_eq(spk_metrics_print(&page, &metrics, &now, &err), -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
    ck_assert_ptr_null(page.ptr);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tcase = tcase_create("metrics");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, all_series_are_there_from_the_start);
    tcase_add_test(tcase, a_bound_belongs_to_its_bucket);
    tcase_add_test(tcase, too_small_a_page_is_an_error);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
