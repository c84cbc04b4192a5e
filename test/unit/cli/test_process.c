#include "spk/cli/process.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(the_process_is_seen)
{
    int64_t fds = spk_process_fds();
    FILE *one = fopen("/dev/null", "re");

    ck_assert_int_eq(spk_process_fds(), fds + 1);
    (void)fclose(one);
    ck_assert_int_gt(spk_process_rss(), 100000);
    ck_assert_int_gt(spk_process_cpu_ns(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("process");
    TCase *tcase = tcase_create("process");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, the_process_is_seen);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
