/* Lines out of pieces, wherever they are cut. */
#include "spk/base/lines.h"

#include "../suite.h"

#include <string.h>

static const struct {
    const char *text;
    const char *lines; /* each with a '|' behind it */
} rows[] = {
    {"", ""},
    {"a", ""},
    {"a\n", "a|"},
    {"a\nbc\r\n\n\r\nd\n", "a|bc|d|"},
    {"\n\n\n", ""},
    {"a\rb\n", "a\rb|"},
    {"12345678\r\n", "12345678|"},
    {"12345678\n", "12345678|"},
};

/* With pieces of every length. */
START_TEST(pieces)
{
    const char *text = rows[_i].text;

    for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
        struct spk_lines lines;
        struct spk_str line;
        struct spk_err err;
        char got[64] = "";

        spk_lines_init(&lines, 8, 64);
        for (size_t at = 0; at < strlen(text); at += piece) {
            size_t left = strlen(text) - at;
            ck_assert_int_eq(spk_lines_add(&lines,
                                           (struct spk_str){text + at, left < piece ? left : piece},
                                           &err),
                             0);
            while (spk_lines_next(&lines, &line, &err) == 0) {
                strncat(got, line.ptr, line.len); /* NOLINT: short */
                strcat(got, "|");                 /* NOLINT */
            }
        }
        ck_assert_str_eq(got, rows[_i].lines);
        spk_lines_done(&lines);
    }
}
END_TEST

START_TEST(long_line)
{
    struct spk_lines lines;
    struct spk_str line;
    struct spk_err err;

    spk_lines_init(&lines, 4, 16);
    ck_assert_int_eq(spk_lines_add(&lines, spk_str(_i ? "12345\n" : "12345"), &err), 0);
    ck_assert_int_eq(spk_lines_next(&lines, &line, &err), -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
    spk_lines_done(&lines);
}
END_TEST

START_TEST(ceiling)
{
    struct spk_lines lines;
    struct spk_str line;
    struct spk_err err;

    spk_lines_init(&lines, 4, 8);
    for (int i = 0; i < 100; i++) { /* what was taken does not count */
        ck_assert_int_eq(spk_lines_add(&lines, spk_str("12\n34\n"), &err), 0);
        ck_assert_int_eq(spk_lines_next(&lines, &line, &err), 0);
        ck_assert_int_eq(spk_lines_next(&lines, &line, &err), 0);
        ck_assert_int_eq(spk_lines_next(&lines, &line, &err), 1);
    }
    ck_assert_int_eq(spk_lines_add(&lines, spk_str("12\n34\n5"), &err), 0);
    ck_assert_int_eq(spk_lines_add(&lines, spk_str("67"), &err), -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
    ck_assert_int_eq(spk_lines_next(&lines, &line, &err), 1);
    spk_lines_done(&lines);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("lines");

    ADD_ROWS(tcase, pieces, rows);
    tcase_add_loop_test(tcase, long_line, 0, 2);
    tcase_add_test(tcase, ceiling);
    return run_case("lines", tcase);
}
