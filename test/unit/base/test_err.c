#include "spk/base/err.h"

#include "../suite.h"

#include <errno.h>
#include <string.h>

START_TEST(filled_anew)
{
    struct spk_err err = {.code = SPK_EIO, .sys = 5, .msg = "old"};

    ck_assert_int_eq(spk_fail(&err, SPK_EPARSE, "line %d", 3), -1);
    ck_assert_int_eq(err.code, SPK_EPARSE);
    ck_assert_int_eq(err.sys, 0);
    ck_assert_str_eq(err.msg, "line 3");
}
END_TEST

START_TEST(context_goes_in_front)
{
    struct spk_err err = {0};

    (void)spk_fail(&err, SPK_EINVALID, "bad");
    ck_assert_int_eq(spk_fail_in(&err, "item %d", 2), -1);
    ck_assert_int_eq(spk_fail_in(&err, "list"), -1);
    ck_assert_str_eq(err.msg, "list: item 2: bad");
    ck_assert_int_eq(err.code, SPK_EINVALID);
}
END_TEST

START_TEST(errno_is_kept_and_named)
{
    struct spk_err err = {0};

    errno = ENOENT;
    ck_assert_int_eq(spk_fail_sys(&err, "%s", "file"), -1);
    ck_assert_int_eq(err.code, SPK_EIO);
    ck_assert_int_eq(err.sys, ENOENT);
    ck_assert_str_eq(err.msg, "file: No such file or directory");
}
END_TEST

START_TEST(long_texts_are_cut)
{
    char text[2000];
    struct spk_err err = {0};

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)spk_fail(&err, SPK_EPARSE, "%s", text);
    ck_assert_uint_eq(strlen(err.msg), sizeof(err.msg) - 1);
    (void)spk_fail_in(&err, "in");
    ck_assert_uint_eq(strlen(err.msg), sizeof(err.msg) - 1);
    ck_assert_int_eq(memcmp(err.msg, "in: xxx", 7), 0);
    (void)spk_fail_in(&err, "%s", text);
    ck_assert_uint_eq(strlen(err.msg), sizeof(err.msg) - 1);
    errno = EIO;
    (void)spk_fail_sys(&err, "%s", text);
    ck_assert_uint_eq(strlen(err.msg), sizeof(err.msg) - 1);
}
END_TEST

START_TEST(every_code_has_its_own_text)
{
    const char *text = spk_code_text((enum spk_code)_i);

    ck_assert_ptr_nonnull(text);
    ck_assert_str_ne(text, "unknown");
    for (int i = 0; i < _i; i++)
        ck_assert_str_ne(text, spk_code_text((enum spk_code)i));
    ck_assert_str_eq(spk_code_text(SPK_CODES), "unknown");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("err");

    tcase_add_test(tcase, filled_anew);
    tcase_add_test(tcase, context_goes_in_front);
    tcase_add_test(tcase, errno_is_kept_and_named);
    tcase_add_test(tcase, long_texts_are_cut);
    tcase_add_loop_test(tcase, every_code_has_its_own_text, 0, SPK_CODES);
    return run_case("err", tcase);
}
