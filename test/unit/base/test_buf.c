#include "spk/base/buf.h"

#include "../suite.h"

START_TEST(grows_to_its_ceiling_and_no_further)
{
    struct spk_err err = {0};
    struct spk_buf buf;

    spk_buf_init(&buf, 1000);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(spk_buf_add(&buf, "x", 1, &err), 0);
    ck_assert_uint_eq(buf.len, 1000);
    ck_assert_uint_eq(strlen(buf.ptr), 1000);
    ck_assert_int_eq(spk_buf_add(&buf, "x", 1, &err), -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
    ck_assert_str_eq(err.msg, "1001 bytes, at most 1000");
    ck_assert_ptr_null(buf.ptr);
    ck_assert_uint_eq(buf.len, 0);
    ck_assert_uint_eq(buf.ceiling, 1000);
}
END_TEST

START_TEST(binary_and_empty)
{
    struct spk_err err = {0};
    struct spk_buf buf;

    spk_buf_init(&buf, 10);
    ck_assert_int_eq(spk_buf_add(&buf, NULL, 0, &err), 0);
    ck_assert_str_eq(buf.ptr, "");
    ck_assert_int_eq(spk_buf_add(&buf, "a\0b", 3, &err), 0);
    ck_assert_int_eq(memcmp(buf.ptr, "a\0b", 4), 0);
    spk_buf_done(&buf);
    ck_assert_ptr_null(buf.ptr);
    spk_buf_done(&(struct spk_buf){0});
}
END_TEST

START_TEST(formats)
{
    struct spk_err err = {0};
    struct spk_buf buf;

    spk_buf_init(&buf, 600);
    ck_assert_int_eq(spk_buf_printf(&buf, &err, "%s=%d", "a", 1), 0);
    ck_assert_int_eq(spk_buf_printf(&buf, &err, "%500s", "x"), 0);
    ck_assert_uint_eq(buf.len, 503);
    ck_assert_int_eq(memcmp(buf.ptr, "a=1 ", 4), 0);
    ck_assert_int_eq(spk_buf_printf(&buf, &err, "%98s", "x"), -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
    ck_assert_ptr_null(buf.ptr);
}
END_TEST

START_TEST(what_is_reserved_does_not_move)
{
    struct spk_err err = {0};
    struct spk_buf buf;
    const char *at;

    spk_buf_init(&buf, 5000);
    ck_assert_int_eq(spk_buf_reserve(&buf, 5000, &err), 0);
    ck_assert_str_eq(buf.ptr, "");
    at = buf.ptr;
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(spk_buf_printf(&buf, &err, "%100d", i), 0);
    ck_assert_ptr_eq(buf.ptr, at);
    ck_assert_int_eq(spk_buf_reserve(&buf, 5001, &err), -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
}
END_TEST

START_TEST(taken_bytes_belong_to_the_taker)
{
    struct spk_err err = {0};
    struct spk_buf buf;
    char *taken;
    size_t len;

    spk_buf_init(&buf, 10);
    ck_assert_int_eq(spk_buf_add(&buf, "abc", 3, &err), 0);
    taken = spk_buf_take(&buf, &len);
    ck_assert_uint_eq(len, 3);
    ck_assert_str_eq(taken, "abc");
    ck_assert_ptr_null(buf.ptr);
    ck_assert_ptr_null(spk_buf_take(&buf, &len));
    ck_assert_uint_eq(len, 0);
    free(taken);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("buf");

    tcase_add_test(tcase, grows_to_its_ceiling_and_no_further);
    tcase_add_test(tcase, binary_and_empty);
    tcase_add_test(tcase, formats);
    tcase_add_test(tcase, what_is_reserved_does_not_move);
    tcase_add_test(tcase, taken_bytes_belong_to_the_taker);
    return run_case("buf", tcase);
}
