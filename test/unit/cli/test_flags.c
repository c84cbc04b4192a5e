#include "spk/cli/flags.h"

#include "spk/base/cleanup.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

static const struct {
    const char *word;
    const char *name;
    bool near;
} words[] = {
    {"serv", "serve", true}, {"sevre", "serve", true},    {"mutaet", "mutate", true},
    {"x", "serve", false},   {"status", "mutate", false}, {"", "serve", false},
};

START_TEST(nearest)
{
    const char *best = NULL;

    spk_nearest(&best, words[_i].word, words[_i].name);
    ck_assert_msg((best != NULL) == words[_i].near, "%s, %s", words[_i].word, words[_i].name);
}
END_TEST

START_TEST(the_nearer_of_two)
{
    const char *best = NULL;

    spk_nearest(&best, "health-prt", "secure-port");
    spk_nearest(&best, "health-prt", "health-port");
    spk_nearest(&best, "health-prt", "help");
    ck_assert_str_eq(best, "health-port");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("flags");
    TCase *tcase = tcase_create("flags");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, nearest, 0, SPK_LEN(words));
    tcase_add_test(tcase, the_nearer_of_two);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
