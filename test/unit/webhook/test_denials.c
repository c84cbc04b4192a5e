#include "webhook/denials.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool pass(struct spk_denials *denials, const char *app, int64_t now_ms, uint64_t *held)
{
    return spk_denials_pass(denials, SPK_LIT("ns"), spk_str(app), now_ms, held);
}

START_TEST(one_line_a_minute_for_an_application)
{
    static struct spk_denials denials;
    uint64_t held = 99;

    ck_assert(pass(&denials, "spark-1", 0, &held));
    ck_assert_uint_eq(held, 0);
    for (int64_t s = 1; s < 60; s++)
        ck_assert(!pass(&denials, "spark-1", s * 1000, &held));
    ck_assert(pass(&denials, "spark-2", 30000, &held));
    ck_assert(spk_denials_pass(&denials, SPK_LIT("other"), SPK_LIT("spark-1"), 30000, &held));
    ck_assert(pass(&denials, "spark-1", 60000, &held));
    ck_assert_uint_eq(held, 59);
    ck_assert(!pass(&denials, "spark-1", 61000, &held));
}
END_TEST

START_TEST(the_longest_unseen_makes_place)
{
    static struct spk_denials denials;
    uint64_t held;
    char app[16];

    for (int i = 0; i < SPK_DENIALS_APPS; i++) {
        (void)snprintf(app, sizeof(app), "app-%d", i);
        ck_assert(pass(&denials, app, i, &held));
    }
    ck_assert(!pass(&denials, "app-0", 1000, &held)); /* seen again: app-1 is the oldest */
    ck_assert(pass(&denials, "new", 1001, &held));
    ck_assert(!pass(&denials, "app-0", 1002, &held));
    ck_assert(pass(&denials, "app-1", 1003, &held));
}
END_TEST

START_TEST(absent_long_and_odd_names)
{
    static struct spk_denials denials;
    char name[200];
    struct spk_str label = {name, sizeof(name)};
    uint64_t held;

    memset(name, 'a', sizeof(name));
    ck_assert(spk_denials_pass(&denials, (struct spk_str){0}, (struct spk_str){0}, 0, &held));
    ck_assert(!spk_denials_pass(&denials, (struct spk_str){0}, (struct spk_str){0}, 1, &held));
    ck_assert(spk_denials_pass(&denials, label, label, 0, &held));
    ck_assert(!spk_denials_pass(&denials, label, label, 1, &held));
    ck_assert(spk_denials_pass(&denials, SPK_LIT("a\0b"), SPK_LIT("\0"), 0, &held));
    ck_assert(!spk_denials_pass(&denials, SPK_LIT("a\0b"), SPK_LIT("\0"), 1, &held));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("denials");
    TCase *tcase = tcase_create("denials");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, one_line_a_minute_for_an_application);
    tcase_add_test(tcase, the_longest_unseen_makes_place);
    tcase_add_test(tcase, absent_long_and_odd_names);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
