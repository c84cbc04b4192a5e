#include "spk/base/text.h"

#include "spk/base/limits.h"

#include "../suite.h"

#include <stdio.h>

#define CEILING ((size_t)1024 * 1024)

static struct spk_arena arena;

static void setup(void)
{
    spk_arena_init(&arena, CEILING);
}

static void teardown(void)
{
    spk_arena_done(&arena);
}

static const struct {
    const char *name;
    struct spk_str text;
    const char *quoted;
} rows[] = {
    {"plain", SPK_LIT("abc"), "\"abc\""},
    {"empty", SPK_LIT(""), "\"\""},
    {"quote and backslash", SPK_LIT("a\"b\\c"), "\"a\\\"b\\\\c\""},
    {"newline", SPK_LIT("a\nb\r"), "\"a\\u000ab\\u000d\""},
    {"NUL and DEL", SPK_LIT("\0\177"), "\"\\u0000\\u007f\""},
    {"escape", SPK_LIT("\33[1m"), "\"\\u001b[1m\""},
    {"C1", SPK_LIT("\xc2\x80\xc2\x85\xc2\x9f\u00a0"), "\"\\u0080\\u0085\\u009f\u00a0\""},
    {"line separators", SPK_LIT("\u2028\u2029"), "\"\\u2028\\u2029\""},
    {"overrides", SPK_LIT("\u202a\u202d\u202e"), "\"\\u202a\\u202d\\u202e\""},
    {"isolates", SPK_LIT("\u2066\u2069"), "\"\\u2066\\u2069\""},
    {"marks", SPK_LIT("\u200e\u200f\u061c\ufeff"), "\"\\u200e\\u200f\\u061c\\ufeff\""},
    {"their neighbours", SPK_LIT("\u2027\u202f\u2065\u206a"), "\"\u2027\u202f\u2065\u206a\""},
    {"emoji", SPK_LIT("\U0001f600"), "\"\U0001f600\""},
    {"stray continuation", SPK_LIT("a\x80z"), "\"a\\x80z\""},
    {"overlong slash", SPK_LIT("\xc0\xaf"), "\"\\xc0\\xaf\""},
    {"overlong, three", SPK_LIT("\xe0\x80\xaf"), "\"\\xe0\\x80\\xaf\""},
    {"overlong, four", SPK_LIT("\xf0\x80\x80\xaf"), "\"\\xf0\\x80\\x80\\xaf\""},
    {"surrogate", SPK_LIT("\xed\xa0\x80"), "\"\\xed\\xa0\\x80\""},
    {"above the last", SPK_LIT("\xf4\x90\x80\x80"), "\"\\xf4\\x90\\x80\\x80\""},
    {"never in UTF-8", SPK_LIT("\xff\xfe\xf5"), "\"\\xff\\xfe\\xf5\""},
    {"cut off", SPK_LIT("a\xe2\x82"), "\"a\\xe2\\x82\""},
    {"broken in between", SPK_LIT("\xe2\x41\x82"), "\"\\xe2A\\x82\""},
};

START_TEST(quoted)
{
    ck_assert_msg(strcmp(spk_quote(&arena, rows[_i].text), rows[_i].quoted) == 0, "%s: %s",
                  rows[_i].name, spk_quote(&arena, rows[_i].text));
}
END_TEST

static const struct {
    const char *name;
    const char *text;
    const char *line;
} lines[] = {
    {"plain", "abc \u00e9\u4e2d\U0001f600", "abc \u00e9\u4e2d\U0001f600"},
    {"empty", "", ""},
    {"C0 and DEL", "a\nb\r\33[1m\177", "a b  [1m "},
    {"C1", "\xc2\x85z\xc2\x9b", " z "},
    {"separators", "a\u2028b\u2029c", "a b c"},
    {"directions", "\u202ea\u2066b\u200fc\ufeff", " a b c "},
    {"stray bytes", "a\x9b\xff\xc0\xafz\xe2\x80", "a????z??"},
};

START_TEST(one_line)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "%s", lines[_i].text);
    spk_one_line(text);
    ck_assert_msg(strcmp(text, lines[_i].line) == 0, "%s: %s", lines[_i].name, text);
}
END_TEST

START_TEST(absent_is_empty)
{
    ck_assert_str_eq(spk_quote(&arena, (struct spk_str){0}), "\"\"");
}
END_TEST

/* Runes of 1 to 4 bytes, stray bytes and what becomes six: cut after 120 of each. */
START_TEST(cut_at_runes)
{
    static const char *const units[] = {"x", "\u00e9", "\u4e2d", "\U0001f600", "\xff", "\1"};
    static const char *const shown[] = {"x", "\u00e9", "\u4e2d", "\U0001f600", "\\xff", "\\u0001"};
    char text[600] = "";
    char expected[800] = "\"";

    for (int i = 0; i < SPK_QUOTE_MAX; i++) {
        (void)strcat(text, units[_i]);
        (void)strcat(expected, shown[_i]);
    }
    (void)strcat(expected, "\"");
    ck_assert_str_eq(spk_quote(&arena, spk_str(text)), expected);
    (void)strcat(text, "y");
    (void)strcat(expected, "...");
    ck_assert_str_eq(spk_quote(&arena, spk_str(text)), expected);
}
END_TEST

START_TEST(quoting_needs_memory)
{
    arena.ceiling = 8;
    ck_assert_ptr_null(spk_quote(&arena, SPK_LIT("abc")));
}
END_TEST

static const struct {
    const char *name;
    struct spk_str text;
    size_t whole; /* spk_runes_whole() */
    size_t count; /* spk_runes_count() */
    size_t first; /* spk_rune_len() */
} wholes[] = {
    {"empty", SPK_LIT(""), 0, 0, 0},
    {"letters", SPK_LIT("abc"), 3, 3, 1},
    {"two bytes", SPK_LIT("\u00e9"), 2, 1, 2},
    {"three bytes", SPK_LIT("\u4e2d"), 3, 1, 3},
    {"four bytes", SPK_LIT("\U0001f600"), 4, 1, 4},
    {"one of two", SPK_LIT("a\xc3"), 1, 2, 1},
    {"one of three", SPK_LIT("a\xe4"), 1, 2, 1},
    {"two of three", SPK_LIT("a\xe4\xb8"), 1, 3, 1},
    {"one of four", SPK_LIT("a\xf0"), 1, 2, 1},
    {"three of four", SPK_LIT("ab\xf0\x9f\x98"), 2, 5, 1},
    {"behind a rune", SPK_LIT("\u4e2d\xe4\xb8"), 3, 3, 3},
    {"only strays", SPK_LIT("\x80\x80"), 2, 2, 0},
};

START_TEST(whole_runes)
{
    ck_assert_msg(spk_runes_whole(wholes[_i].text) == wholes[_i].whole, "%s: whole %zu",
                  wholes[_i].name, spk_runes_whole(wholes[_i].text));
    ck_assert_msg(spk_runes_count(wholes[_i].text) == wholes[_i].count, "%s: count %zu",
                  wholes[_i].name, spk_runes_count(wholes[_i].text));
    ck_assert_msg(spk_rune_len(wholes[_i].text) == wholes[_i].first, "%s: first %zu",
                  wholes[_i].name, spk_rune_len(wholes[_i].text));
}
END_TEST

START_TEST(first_runes)
{
    struct spk_str text = SPK_LIT("a\u00e9\u4e2d\xff\U0001f600");
    static const size_t ends[] = {0, 1, 3, 6, 7, 11, 11, 11};

    ck_assert_uint_eq(spk_runes_cut(text, (size_t)_i), ends[_i]);
}
END_TEST

static const struct {
    const char *text;
    const char *mended;
} mends[] = {
    {"", ""},           {"a\n\u00e4", "a\n\u00e4"},         {"x\xc3", "x"},
    {"x\xe2\x82", "x"}, {"x\xc3y\xff\u20ac", "x?y?\u20ac"}, {"\x80\x80\x80\x80", ""},
};

START_TEST(mended)
{
    char text[32];

    strcpy(text, mends[_i].text);
    spk_mend(text);
    ck_assert_str_eq(text, mends[_i].mended);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("text");

    tcase_add_checked_fixture(tcase, setup, teardown);
    ADD_ROWS(tcase, quoted, rows);
    ADD_ROWS(tcase, one_line, lines);
    tcase_add_test(tcase, absent_is_empty);
    tcase_add_loop_test(tcase, cut_at_runes, 0, 6);
    tcase_add_test(tcase, quoting_needs_memory);
    ADD_ROWS(tcase, whole_runes, wholes);
    tcase_add_loop_test(tcase, first_runes, 0, 8);
    ADD_ROWS(tcase, mended, mends);
    return run_case("text", tcase);
}
