#ifndef SPK_TEST_SUITE_H
#define SPK_TEST_SUITE_H
/* The end of every test program: one case, run, its outcome as exit code. */

#include <check.h>
#include <stdlib.h>

static inline int run_case(const char *name, TCase *tcase)
{
    Suite *suite = suite_create(name);
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define ADD_ROWS(tcase, test, rows) \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(rows) / sizeof((rows)[0])))

#endif
