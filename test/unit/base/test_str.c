#include "spk/base/str.h"

#include "../suite.h"

START_TEST(absent_and_empty)
{
    struct spk_str absent = spk_str(NULL);

    ck_assert_ptr_null(absent.ptr);
    ck_assert(spk_str_eq(absent, SPK_LIT("")));
    ck_assert(spk_str_is(absent, ""));
    ck_assert(!spk_str_is(absent, "a"));
    ck_assert(spk_str_starts(absent, SPK_LIT("")));
    ck_assert(spk_str_ends(absent, absent));
    ck_assert_int_eq(spk_str_cmp(absent, SPK_LIT("")), 0);
}
END_TEST

START_TEST(nul_counts)
{
    ck_assert(!spk_str_eq(SPK_LIT("a\0b"), SPK_LIT("a\0c")));
    ck_assert(!spk_str_is(SPK_LIT("a\0"), "a"));
    ck_assert_uint_eq(SPK_LIT("a\0b").len, 3);
}
END_TEST

static const struct {
    const char *a;
    const char *b;
    int sign;
    bool starts;
    bool ends;
} rows[] = {
    {"", "", 0, true, true},       {"a", "", 1, true, true},       {"", "a", -1, false, false},
    {"abc", "ab", 1, true, false}, {"abc", "bc", -1, false, true}, {"abc", "abd", -1, false, false},
    {"abc", "abc", 0, true, true}, {"\xff", "a", 1, false, false},
};

START_TEST(compared_by_bytes)
{
    struct spk_str a = spk_str(rows[_i].a);
    struct spk_str b = spk_str(rows[_i].b);
    int diff = spk_str_cmp(a, b);

    ck_assert_msg((diff > 0) - (diff < 0) == rows[_i].sign, "%s %s", a.ptr, b.ptr);
    ck_assert_msg(spk_str_starts(a, b) == rows[_i].starts, "%s %s", a.ptr, b.ptr);
    ck_assert_msg(spk_str_ends(a, b) == rows[_i].ends, "%s %s", a.ptr, b.ptr);
    ck_assert_msg(spk_str_eq(a, b) == (rows[_i].sign == 0), "%s %s", a.ptr, b.ptr);
    ck_assert_msg(spk_str_is(a, b.ptr) == (rows[_i].sign == 0), "%s %s", a.ptr, b.ptr);
}
END_TEST

START_TEST(skipped)
{
    ck_assert(spk_str_is(spk_str_skip(SPK_LIT("abc"), 1), "bc"));
    ck_assert(spk_str_is(spk_str_skip(SPK_LIT("abc"), 3), ""));
    ck_assert_ptr_null(spk_str_skip((struct spk_str){0}, 0).ptr);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("str");

    tcase_add_test(tcase, absent_and_empty);
    tcase_add_test(tcase, nul_counts);
    ADD_ROWS(tcase, compared_by_bytes, rows);
    tcase_add_test(tcase, skipped);
    return run_case("str", tcase);
}
