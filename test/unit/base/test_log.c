#include "spk/base/log.h"

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
    {"plain",           SPK_LIT("plain")                                           },
    {"empty",           SPK_LIT("")                                                },
    {"forged field",    SPK_LIT("x\",\"level\":\"error")                           },
    {"forged line",     SPK_LIT("x\"}\n{\"level\":\"error\",\"msg\":\"")           },
    {"backslashes",     SPK_LIT("\\\\\" \\u0041 \\")                               },
    {"every C0 letter", SPK_LIT("\0\1\2\3\4\5\6\7\b\t\n\v\f\r\16\17\20\21\22\23\24\25\26\27\30"
                                "\31\32\33\34\35\36\37\177")},
    {"terminal",        SPK_LIT("\33[2J\33]0;title\7")                             },
    {"other alphabets", SPK_LIT("\u00e9\u4e2d\U0001f600")                          },
    {"C1 and bidi",     SPK_LIT("\xc2\x85\xc2\x9b\u202e\u2028")                    },
};

START_TEST(a_line_says_what_it_was_given)
{
    struct spk_logger logger = logger_of(SPK_LOG_JSON);
    struct spk_log_line line;
    json_t *object;
    json_t *value;

    spk_log_begin(&line, &logger, SPK_LOG_WARN, "hello");
    spk_log_str(&line, "text", hostile[_i].text);
    spk_log_int(&line, "number", INT64_MIN);
    spk_log_end(&line);
    object = parsed(written());
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
    ck_assert_ptr_null(strchr(text, '\33'));
    ck_assert_ptr_nonnull(strstr(text, "Z info \"hello \\\"you\\\"\" text=\""));
    ck_assert_ptr_nonnull(strstr(text, "\" n=-7\n"));
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
    size_t len; /* of the long field */
    char fill;
    bool cut;
} lengths[] = {
    {"fits",                1000,  'x',  false},
    {"does not fit",        8192,  'x',  true },
    {"far too long",        90000, 'x',  true },
    {"fits only unescaped", 2000,  '\1', true },
};

START_TEST(a_long_line_is_cut_at_a_field)
{
    static char text[100000];
    struct spk_logger logger = logger_of(SPK_LOG_JSON);
    struct spk_log_line line;
    json_t *object;

    memset(text, lengths[_i].fill, lengths[_i].len);
    spk_log_begin(&line, &logger, SPK_LOG_INFO, "hello");
    spk_log_text(&line, "first", "kept");
    spk_log_str(&line, "long", (struct spk_str){text, lengths[_i].len});
    spk_log_int(&line, "after", 1);
    spk_log_end(&line);
    object = parsed(written());
    ck_assert_str_eq(json_string_value(json_object_get(object, "first")), "kept");
    ck_assert_msg(json_is_true(json_object_get(object, "truncated")) == lengths[_i].cut, "%s",
                  lengths[_i].name);
    ck_assert_int_eq(json_object_get(object, "long") == NULL, lengths[_i].cut);
    ck_assert_int_eq(json_object_get(object, "after") == NULL, lengths[_i].cut);
    json_decref(object);
}
END_TEST

/* Fields of every length around the end: the line is whole whatever is left. */
START_TEST(the_end_always_fits)
{
    static char text[SPK_LOG_LINE_MAX];
    struct spk_logger logger = logger_of(SPK_LOG_JSON);
    struct spk_log_line line;

    memset(text, 'x', sizeof(text));
    spk_log_begin(&line, &logger, SPK_LOG_INFO, "hello");
    spk_log_str(&line, "long", (struct spk_str){text, (size_t)(SPK_LOG_LINE_MAX - 180 + _i)});
    spk_log_int(&line, "a", 1234567);
    spk_log_int(&line, "b", 1234567);
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
    ck_assert_ptr_nonnull(strstr(written(), " error \"hello\" truncated=true\n"));
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
    tcase_add_test(tcase, the_time_is_of_now);
    ADD_ROWS(tcase, a_long_line_is_cut_at_a_field, lengths);
    tcase_add_loop_test(tcase, the_end_always_fits, 0, 100);
    tcase_add_test(tcase, text_that_was_cut_says_so);
    tcase_add_test(tcase, below_the_level_nothing);
    tcase_add_test(tcase, names_of_levels_and_formats);
    tcase_add_test(tcase, a_reader_that_is_gone_is_no_fault);
    return run_case("log", tcase);
}
