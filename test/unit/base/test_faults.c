#include "spk/base/faults.h"

#include "../suite.h"

#include <stdio.h>
#include <string.h>

static struct spk_faults faults;

static void setup(void)
{
    faults = (struct spk_faults){0};
}

/* Faults of 20 bytes each. */
static void add(size_t count)
{
    for (size_t i = 0; i < count; i++)
        spk_faults_add(&faults, "spec", "%03zu is not so", i);
}

START_TEST(all_are_told_while_there_is_room)
{
    char out[64];

    ck_assert(spk_faults_none(&faults));
    spk_faults_print(out, sizeof(out), &faults, "; ");
    ck_assert_str_eq(out, "");
    add(2);
    ck_assert(!spk_faults_none(&faults));
    spk_faults_print(out, sizeof(out), &faults, "; ");
    ck_assert_str_eq(out, "spec: 000 is not so; spec: 001 is not so");
}
END_TEST

/* What is needed for no more than the last one is not kept free. */
START_TEST(the_last_one_may_fill_it)
{
    char out[41];

    add(2);
    spk_faults_print(out, sizeof(out), &faults, "; ");
    ck_assert_str_eq(out, "spec: 000 is not so; spec: 001 is not so");
    spk_faults_print(out, sizeof(out) - 1, &faults, "; ");
    ck_assert_str_eq(out, "spec: 0; and 1 more");
}
END_TEST

START_TEST(those_without_room_are_counted)
{
    char out[1024];
    char event[200];

    add(1000);
    ck_assert_uint_gt(faults.left, 0);
    spk_faults_print(out, sizeof(out), &faults, "\n");
    ck_assert_msg(strstr(out, "\nand 951 more") != NULL, "%s", out);
    spk_faults_join(event, sizeof(event), out, "; ");
    ck_assert_msg(strstr(event, "; and 992 more") != NULL, "%s", event);
}
END_TEST

START_TEST(one_line_each)
{
    char out[100];

    spk_faults_add(&faults, "a\nb", "c\nd");
    ck_assert_str_eq(faults.lines, "a b: c d");
    spk_faults_add(&faults, "a b", "c d");
    spk_faults_add(&faults, "b", "c d");
    ck_assert_str_eq(faults.lines, "a b: c d\nb: c d");
    spk_faults_join(out, sizeof(out), "\na\n\nb\n", "; ");
    ck_assert_str_eq(out, "a; b");
    spk_faults_join(out, sizeof(out), "and 3 more", "; ");
    ck_assert_str_eq(out, "and 3 more");
    spk_faults_join(out, 6, "gr\xc3\xbc\xc3\x9f", "; ");
    ck_assert_str_eq(out, "gr\xc3\xbc");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("faults");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, all_are_told_while_there_is_room);
    tcase_add_test(tcase, the_last_one_may_fill_it);
    tcase_add_test(tcase, those_without_room_are_counted);
    tcase_add_test(tcase, one_line_each);
    return run_case("faults", tcase);
}
