#include "spk/base/log.h"

#include "spk/base/text.h"

#include "../suite.h"

#include <jansson.h>
#include <time.h>
#include <unistd.h>

static int ends[2];

static void setup(void)
{
    ck_assert_int_eq(pipe(ends), 0);
}

static void teardown(void)
{
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static struct spk_logger logger_of(enum spk_log_format format)
{
    return (struct spk_logger){.fd = ends[1], .format = format, .level = SPK_LOG_INFO};
}

/* What a line may hold as it is: UTF-8 that no terminal and no viewer acts upon. */
static void check_tame(const char *name, struct spk_str line)
{
    uint32_t rune;

    for (line.len--; line.len;) { /* without its end */
        size_t len = spk_rune_decode(line, &rune);
        ck_assert_msg(len != 0 && !spk_rune_must_escape(rune), "%s: %s", name, line.ptr);
        line = spk_str_skip(line, len);
    }
}

/* What was written, one write at a time: a pipe keeps it. */
static const char *written(void)
{
    static char text[2 * SPK_LOG_LINE_MAX];
    ssize_t len;

    (void)close(ends[1]);
    len = read(ends[0], text, sizeof(text) - 1);
    ck_assert_int_ge(len, 0);
    text[len] = '\0';
    return text;
}

static json_t *parsed(const char *line)
{
    json_error_t je;
    json_t *object;
    size_t len = strlen(line);

    ck_assert_uint_gt(len, 0);
    ck_assert_int_eq(line[len - 1], '\n');
    ck_assert_ptr_eq(strchr(line, '\n'), line + len - 1);
    object = json_loads(line, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &je);
    ck_assert_msg(object != NULL, "%s in %s", je.text, line);
    return object;
}

static const struct {
    const char *name;
    struct spk_str text;
} hostile[] = {
    {"plain", SPK_LIT("plain")},
    {"empty", SPK_LIT("")},
    {"forged field", SPK_LIT("x\",\"level\":\"error")},
    {"forged line", SPK_LIT("x\"}\n{\"level\":\"error\",\"msg\":\"")},
    {"backslashes", SPK_LIT("\\\\\" \\u0041 \\")},
    {"every C0 letter", SPK_LIT("\0\1\2\3\4\5\6\7\b\t\n\v\f\r\16\17\20\21\22\23\24\25\26\27\30"
                                "\31\32\33\34\35\36\37\177")},
    {"terminal", SPK_LIT("\33[2J\33]0;title\7")},
    {"other alphabets", SPK_LIT("\u00e9\u4e2d\U0001f600")},
    {"C1 and bidi", SPK_LIT("\xc2\x85\xc2\x9b\u202e\u2028\u2029\u2066\ufeff")},
};

START_TEST(a_line_says_what_it_was_given)
{
    struct spk_logger logger = logger_of(SPK_LOG_JSON);
    struct spk_log_line line;
    const char *text;
    json_t *object;
    json_t *value;

    spk_log_begin(&line, &logger, SPK_LOG_WARN, "hello");
    spk_log_str(&line, "text", hostile[_i].text);
    spk_log_int(&line, "number", INT64_MIN);
    spk_log_end(&line);
    text = written();
    check_tame(hostile[_i].name, spk_str(text));
    object = parsed(text);
    value = json_object_get(object, "text");
    ck_assert_msg(
        json_string_length(value) == hostile[_i].text.len &&
            memcmp(json_string_value(value), hostile[_i].text.ptr, hostile[_i].text.len) == 0,
        "%s", hostile[_i].name);
    ck_assert_int_eq(json_integer_value(json_object_get(object, "number")), INT64_MIN);
    ck_assert_str_eq(json_string_value(json_object_get(object, "level")), "warn");
    ck_assert_str_eq(json_string_value(json_object_get(object, "msg")), "hello");
    ck_assert_uint_eq(json_object_size(object), 5);
    json_decref(object);
}
END_TEST

START_TEST(text_lines_cannot_be_forged)
{
    struct spk_logger logger = logger_of(SPK_LOG_TEXT);
    struct spk_log_line line;
    const char *text;

    spk_log_begin(&line, &logger, SPK_LOG_INFO, "hello \"you\"");
    spk_log_str(&line, "text", hostile[_i].text);
    spk_log_int(&line, "n", -7);
    spk_log_end(&line);
    text = written();
    ck_assert_msg(strchr(text, '\n') == text + strlen(text) - 1, "%s: %s", hostile[_i].name, text);
    check_tame(hostile[_i].name, spk_str(text));
    ck_assert_ptr_nonnull(strstr(text, "Z info \"hello \\\"you\\\"\" text=\""));
    ck_assert_ptr_nonnull(strstr(text, "\" n=-7\n"));
}
END_TEST

/* Bytes that are not UTF-8, alone and where something ends. */
START_TEST(stray_bytes_are_replaced)
{
    struct spk_logger logger = logger_of((enum spk_log_format)_i);
    struct spk_log_line line;
    const char *text;

    spk_log_begin(&line, &logger, SPK_LOG_INFO, "hello");
    spk_log_str(&line, "text", SPK_LIT("a\xff\x9b \xc3\xed\xa0\x80z\xe2\x80"));
    spk_log_end(&line);
    text = written();
    check_tame("stray bytes", spk_str(text));
    ck_assert_ptr_nonnull(
        strstr(text, "\"a\\ufffd\\ufffd \\ufffd\\ufffd\\ufffd\\ufffdz\\ufffd\\ufffd\""));
    if (logger.format == SPK_LOG_JSON)
        json_decref(parsed(text));
}
END_TEST

START_TEST(the_time_is_of_now)
{
    struct spk_logger logger = logger_of(SPK_LOG_JSON);
    json_t *object;
    struct tm utc = {0};
    const char *rest;

    spk_log(&logger, SPK_LOG_INFO, "hello", NULL, NULL);
    object = parsed(written());
    rest = strptime(json_string_value(json_object_get(object, "time")), "%Y-%m-%dT%H:%M:%S", &utc);
    ck_assert_ptr_nonnull(rest);
    ck_assert_uint_eq(strlen(rest), strlen(".123Z"));
    ck_assert_int_le(labs((long)(time(NULL) - timegm(&utc))), 5);
    ck_assert_uint_eq(json_object_size(object), 3);
    json_decref(object);
}
END_TEST

static const struct {
    const char *name;
    size_t len; /* of the long text */
    char fill;
    size_t kept; /* what is left of it */
} lengths[] = {
    {"fits", 1024, 'x', 1024},
    {"one too long", 1025, 'x', 1024},
    {"far too long", 90000, 'x', 1024},
    {"fits only unescaped", 1000, '\1', 170},
};

START_TEST(a_long_text_is_cut)
{
    static char text[100000];
    struct spk_logger logger = logger_of(SPK_LOG_JSON);
    struct spk_log_line line;
    json_t *object;

    memset(text, lengths[_i].fill, lengths[_i].len);
    spk_log_begin(&line, &logger, SPK_LOG_INFO, "hello");
    for (int i = 0; i < 5; i++)
        spk_log_str(&line, (char[]){(char)('a' + i), '\0'},
                    (struct spk_str){text, lengths[_i].len});
    spk_log_int(&line, "after", 1);
    spk_log_long(&line, "last", "whole");
    spk_log_end(&line);
    object = parsed(written());
    ck_assert_msg(json_string_length(json_object_get(object, "e")) == lengths[_i].kept, "%s: %zu",
                  lengths[_i].name, json_string_length(json_object_get(object, "e")));
    ck_assert_int_eq(json_is_true(json_object_get(object, "truncated")),
                     lengths[_i].kept < lengths[_i].len);
    ck_assert_int_eq(json_integer_value(json_object_get(object, "after")), 1);
    ck_assert_str_eq(json_string_value(json_object_get(object, "last")), "whole");
    json_decref(object);
}
END_TEST

/* Runes of four bytes, at each offset: none is cut in two. */
START_TEST(a_text_is_cut_at_a_rune)
{
    static char text[5000];
    struct spk_logger logger = logger_of(SPK_LOG_JSON);
    struct spk_log_line line;
    const char *whole;
    json_t *object;

    text[0] = '\0';
    for (int i = 0; i < _i; i++)
        (void)strcat(text, "x");
    for (int i = 0; i < 1000; i++)
        (void)strcat(text, "\U0001f600");
    spk_log_begin(&line, &logger, SPK_LOG_INFO, "hello");
    spk_log_text(&line, "short", text);
    spk_log_long(&line, "long", text);
    spk_log_end(&line);
    whole = written();
    ck_assert_ptr_null(strstr(whole, "ufffd"));
    object = parsed(whole);
    ck_assert_uint_eq(json_string_length(json_object_get(object, "short")),
                      _i ? (size_t)(1020 + _i) : 1024);
    ck_assert_uint_eq(json_string_length(json_object_get(object, "long")), 4000 + (size_t)_i);
    json_decref(object);
}
END_TEST

/* A text of every length around the end: the line is whole whatever is left. */
START_TEST(the_end_always_fits)
{
    static char text[SPK_LOG_LINE_MAX];
    struct spk_logger logger = logger_of(SPK_LOG_JSON);
    struct spk_log_line line;

    memset(text, 'x', sizeof(text));
    text[SPK_LOG_LINE_MAX - 180 + _i] = '\0';
    spk_log_begin(&line, &logger, SPK_LOG_INFO, "hello");
    spk_log_long(&line, "long", text);
    spk_log_int(&line, "a", 1234567);
    spk_log_text(&line, "b", "1234567");
    spk_log_text(&line, "c", "");
    spk_log_end(&line);
    ck_assert_uint_le(line.len, SPK_LOG_LINE_MAX);
    json_decref(parsed(written()));
}
END_TEST

START_TEST(text_that_was_cut_says_so)
{
    static char text[SPK_LOG_LINE_MAX];
    struct spk_logger logger = logger_of(SPK_LOG_TEXT);

    memset(text, 'x', sizeof(text) - 1);
    spk_log(&logger, SPK_LOG_ERROR, "hello", "long", text);
    ck_assert_ptr_nonnull(strstr(written(), "xxx\" truncated=true\n"));
}
END_TEST

START_TEST(below_the_level_nothing)
{
    struct spk_logger logger = logger_of(SPK_LOG_JSON);
    struct spk_log_line line;

    spk_log(&logger, SPK_LOG_DEBUG, "hello", "key", "value");
    spk_log(NULL, SPK_LOG_ERROR, "hello", "key", "value");
    spk_log_begin(&line, NULL, SPK_LOG_ERROR, "hello");
    spk_log_int(&line, "n", 1);
    spk_log_end(&line);
    ck_assert_str_eq(written(), "");
}
END_TEST

START_TEST(names_of_levels_and_formats)
{
    enum spk_log_level level;
    enum spk_log_format format;

    ck_assert(spk_log_level_parse(&level, "debug") && level == SPK_LOG_DEBUG);
    ck_assert(spk_log_level_parse(&level, "error") && level == SPK_LOG_ERROR);
    ck_assert(!spk_log_level_parse(&level, "Error"));
    ck_assert(spk_log_format_parse(&format, "json") && format == SPK_LOG_JSON);
    ck_assert(spk_log_format_parse(&format, "text") && format == SPK_LOG_TEXT);
    ck_assert(!spk_log_format_parse(&format, "xml"));
}
END_TEST

START_TEST(a_reader_that_is_gone_is_no_fault)
{
    struct spk_logger logger = {.fd = -1, .format = SPK_LOG_JSON, .level = SPK_LOG_DEBUG};

    spk_log(&logger, SPK_LOG_ERROR, "hello", NULL, NULL);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("log");

    tcase_add_checked_fixture(tcase, setup, teardown);
    ADD_ROWS(tcase, a_line_says_what_it_was_given, hostile);
    ADD_ROWS(tcase, text_lines_cannot_be_forged, hostile);
    tcase_add_loop_test(tcase, stray_bytes_are_replaced, 0, 2);
    tcase_add_test(tcase, the_time_is_of_now);
    ADD_ROWS(tcase, a_long_text_is_cut, lengths);
    tcase_add_loop_test(tcase, a_text_is_cut_at_a_rune, 0, 4);
    tcase_add_loop_test(tcase, the_end_always_fits, 0, 100);
    tcase_add_test(tcase, text_that_was_cut_says_so);
    tcase_add_test(tcase, below_the_level_nothing);
    tcase_add_test(tcase, names_of_levels_and_formats);
    tcase_add_test(tcase, a_reader_that_is_gone_is_no_fault);
    return run_case("log", tcase);
}
