#include "webhook/lint/source.h"

#include "../suite.h"

/* What stands at '^' in the text below it is byte @inside of the value. */
static const struct {
    const char *name;
    const char *text;
    const char *value;
    const char *inside; /* a part of the value; its place is asked for */
    const char *from;   /* the text from the place on; NULL: the value's beginning */
    bool properties;
} rows[] = {
    {"plain", "ab c # x", "ab c", "c", "c # x", false},
    {"single", "'it''s [x]' ", "it's [x]", "[x", "[x]' ", false},
    {"double", "\"a\\\"b\" ", "a\"b", "b", "b\" ", false},
    {"an escape", "\"a\\\"b\" ", "a\"b", "\"", "\\\"b\" ", false},
    {"unicode", "\"\\u00e4b\"", "äb", "b", "b\"", false},
    {"a pair", "\"\\ud83d\\ude00b\"", "\U0001f600b", "b", "b\"", false},
    {"a line end", "\"a\\nb\"", "a\nb", "b", "b\"", false},
    {"a backslash", "\"a\\\\b\"", "a\\b", "b", "b\"", false},
    {"a backslash as it is", "a\\nb", "a\\nb", "b", "b", false},
    {"literal", "|\n  a\n    b\n", "a\n  b\n", "b", "b\n", false},
    {"literal, CRLF", "|-\r\n  a\r\n  b\r\n", "a\nb", "b", "b\r\n", false},
    {"folded", ">\n  a\n  b\n", "a b\n", "b", "b\n", false},
    {"over lines", "\"a\n   b\"", "a b", "b", "b\"", false},
    {"a line goes on", "\"a\\\n   b\"", "ab", "b", "b\"", false},
    {"hexadecimal", "\"\\x41b\"", "Ab", "b", NULL, false},
    {"an anchor", "&x ab", "ab", "b", NULL, false},
    {"another text", "xyz", "abc", "c", NULL, false},
    {"too short", "ab", "abc", "c", NULL, false},
    {"properties", "\"a\" : b", "\"a\" : b", "b", "b", true},
    {"continued", "[1, \\\n    2]", "[1, 2]", "2", "2]", true},
    {"continued, CRLF", "[1, \\\r\n\t2]", "[1, 2]", "2", "2]", true},
    {"needless escape", "\\[\\1\\]x", "[1]x", "x", "x", true},
    {"escaped unicode", "\\u005bx", "[x", "x", "x", true},
    {"escaped itself", "a\\u005bx", "a[x", "[", "\\u005bx", true},
};

START_TEST(inside)
{
    static const char before[] = "key: ";
    char text[200];
    struct spk_lint_source source = {.properties = rows[_i].properties};
    struct spk_str value = spk_str(rows[_i].value);
    size_t start = strlen(before);
    size_t at;

    (void)snprintf(text, sizeof(text), "%s%s", before, rows[_i].text);
    source.text = spk_str(text);
    at = spk_lint_inside(&source, start, value,
                         (size_t)(strstr(rows[_i].value, rows[_i].inside) - rows[_i].value));
    ck_assert_uint_le(at, strlen(text));
    ck_assert_msg(strcmp(text + at, rows[_i].from ? rows[_i].from : rows[_i].text) == 0, "%s: %s",
                  rows[_i].name, text + at);
    ck_assert_uint_eq(spk_lint_inside(&source, start, value, value.len), start);
}
END_TEST

static const struct {
    const char *text;
    size_t offset;
    size_t line;
    size_t column;
} places[] = {
    {"abc", 0, 1, 1},     {"abc", 2, 1, 3},   {"ab\nc", 2, 1, 3},    {"ab\nc", 3, 2, 1},
    {"ab\r\nc", 4, 2, 1}, {"ab\rc", 3, 2, 1}, {"\r\r\n\n", 4, 4, 1}, {"\u00e4\u20acb", 5, 1, 3},
    {"ab", 2, 1, 3},      {"ab", 9, 1, 3},
};

START_TEST(lines_and_columns)
{
    struct spk_lint_source source = {.text = spk_str(places[_i].text)};
    size_t line = 1;
    size_t column = 1;

    spk_lint_line_column(&source, 0, places[_i].offset, &line, &column);
    ck_assert_msg(line == places[_i].line && column == places[_i].column, "row %d: %zu:%zu", _i,
                  line, column);
    if (places[_i].offset <= source.text.len)
        ck_assert_uint_eq(spk_lint_offset_of(&source, line, column), places[_i].offset);
}
END_TEST

START_TEST(a_column_behind_the_line)
{
    struct spk_lint_source source = {.text = SPK_LIT("ab\ncd")};

    ck_assert_uint_eq(spk_lint_offset_of(&source, 1, 9), 2);
    ck_assert_uint_eq(spk_lint_offset_of(&source, 7, 1), 5);
}
END_TEST

START_TEST(values_are_found_again)
{
    struct spk_lint_source source = {.text = SPK_LIT("")};
    json_t *values[100];
    json_t *other = json_string("other");
    size_t offset = 0;

    for (size_t i = 0; i < 100; i++) {
        values[i] = i == 7 ? json_true() : json_integer((json_int_t)i);
        spk_lint_mark(&source, values[i], 1000 + i);
        ck_assert(i == 7 || spk_lint_offset(&offset, &source, values[i / 2 == 7 ? 0 : i / 2]));
    }
    for (size_t i = 0; i < 100; i++) {
        ck_assert(spk_lint_offset(&offset, &source, values[i]) ==
                  (i != 7)); /* true is all of them */
        ck_assert(i == 7 || offset == 1000 + i);
        json_decref(values[i]);
    }
    ck_assert(!spk_lint_offset(&offset, &source, other));
    ck_assert(!spk_lint_offset(&offset, &source, NULL));
    json_decref(other);
    spk_lint_source_done(&source);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("lint_source");

    ADD_ROWS(tcase, inside, rows);
    ADD_ROWS(tcase, lines_and_columns, places);
    tcase_add_test(tcase, a_column_behind_the_line);
    tcase_add_test(tcase, values_are_found_again);
    return run_case("lint_source", tcase);
}
