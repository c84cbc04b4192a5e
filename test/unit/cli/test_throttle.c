#include "spk/cli/throttle.h"

#include <check.h>
#include <stdlib.h>

START_TEST(ten_at_once_then_ten_a_second)
{
    struct spk_throttle throttle = {0};
    uint64_t held = 99;

    for (int i = 0; i < SPK_THROTTLE_PER_S; i++)
        ck_assert(spk_throttle_pass(&throttle, 5000, &held));
    ck_assert_uint_eq(held, 0);
    for (int i = 0; i < 7; i++)
        ck_assert(!spk_throttle_pass(&throttle, 5000 + i, &held));
    ck_assert(spk_throttle_pass(&throttle, 5100, &held));
    ck_assert_uint_eq(held, 7);
    ck_assert(!spk_throttle_pass(&throttle, 5101, &held));
}
END_TEST

START_TEST(no_more_than_its_rate_in_the_long_run)
{
    struct spk_throttle throttle = {0};
    uint64_t held = 0;
    uint64_t held_sum = 0;
    int passed = 0;

    for (int64_t ms = 0; ms < 10000; ms++) {
        if (spk_throttle_pass(&throttle, ms, &held)) {
            passed++;
            held_sum += held;
        }
    }
    ck_assert_int_ge(passed, 100);
    ck_assert_int_le(passed, 110);
    ck_assert_uint_eq(held_sum + throttle.held + (uint64_t)passed, 10000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("throttle");
    TCase *tcase = tcase_create("throttle");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, ten_at_once_then_ten_a_second);
    tcase_add_test(tcase, no_more_than_its_rate_in_the_long_run);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
