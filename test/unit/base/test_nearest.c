#include "spk/base/nearest.h"

#include "../suite.h"

static const struct {
    const char *a;
    const char *b;
    size_t far;
} rows[] = {
    {"", "", 0},       {"", "abc", 3},           {"abc", "abc", 0},  {"abc", "ABC", 0},
    {"abc", "abd", 1}, {"abc", "ab", 1},         {"abc", "xabc", 1}, {"abc", "acb", 1},
    {"ab", "ba", 1},   {"kitten", "sitting", 3}, {"ca", "abc", 3}, /* a swapped pair is not touched
                                       again */
};

START_TEST(distances)
{
    struct spk_str a = spk_str(rows[_i].a);
    struct spk_str b = spk_str(rows[_i].b);

    ck_assert_msg(spk_edit_distance(a, b) == rows[_i].far, "%s %s: %zu", a.ptr, b.ptr,
                  spk_edit_distance(a, b));
    ck_assert_uint_eq(spk_edit_distance(b, a), rows[_i].far);
}
END_TEST

START_TEST(long_words_are_cut)
{
    char text[200];

    memset(text, 'x', sizeof(text));
    ck_assert_uint_eq(spk_edit_distance((struct spk_str){text, 200}, (struct spk_str){text, 50}),
                      0);
    ck_assert_uint_eq(spk_edit_distance((struct spk_str){text, 200}, (struct spk_str){0}),
                      SPK_NEAREST_LETTERS);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("nearest");

    ADD_ROWS(tcase, distances, rows);
    tcase_add_test(tcase, long_words_are_cut);
    return run_case("nearest", tcase);
}
