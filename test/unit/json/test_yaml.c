#include "spk/json/yaml.h"

#include "spk/base/buf.h"
#include "spk/base/limits.h"
#include "spk/json/memory.h"

#include "../suite.h"

#include <string.h>

static const struct {
    const char *yaml;
    const char *json;
} rows[] = {
    /* what go-yaml 2 makes of it (sigs.k8s.io/yaml, resolve.go) */
    {"a", "\"a\""},
    {"null", "null"},
    {"~", "null"},
    {"k:", "{\"k\":null}"},
    {"[Null, NULL, nULL]", "[null,null,\"nULL\"]"},
    {"[true, True, TRUE, yes, Yes, YES, on, On, ON, y, Y]",
     "[true,true,true,true,true,true,true,true,true,true,true]"},
    {"[false, False, FALSE, no, No, NO, off, Off, OFF, n, N]",
     "[false,false,false,false,false,false,false,false,false,false,false]"},
    {"[tRue, yEs, oN]", "[\"tRue\",\"yEs\",\"oN\"]"},
    {"['true', \"yes\", 'null', '1', \"1.5\", '~']",
     "[\"true\",\"yes\",\"null\",\"1\",\"1.5\",\"~\"]"},
    {"[0, 7, -7, +7, 9223372036854775807]", "[0,7,-7,7,9223372036854775807]"},
    {"[010, 0x1F, 0o17, 0b101, 1_000]", "[8,31,15,5,1000]"},
    {"[1.5, -1.5e3, 1e2, .5, 5.]", "[1.5,-1500.0,100.0,0.5,5.0]"},
    {"[1.2.3, 1-2, -, 0x, 0b2, 1:30, e5, ., +]",
     "[\"1.2.3\",\"1-2\",\"-\",\"0x\",\"0b2\",\"1:30\",\"e5\",\".\",\"+\"]"},
    {"[2001-01-01, 1Gi, 500m]", "[\"2001-01-01\",\"1Gi\",\"500m\"]"},
    {"{1: a, true: b, null: c}", "{\"1\":\"a\",\"true\":\"b\",\"null\":\"c\"}"},
    {"k: |\n  a\n  b\n", "{\"k\":\"a\\nb\\n\"}"},
    {"k: >-\n  a\n  b\n", "{\"k\":\"a b\"}"},
    {"k: !!str 1", "{\"k\":1}"},
    {"a: &x {n: 1}\nb: *x", "{\"a\":{\"n\":1},\"b\":{\"n\":1}}"},
    {"- a\n-\n- {}\n- []\n", "[\"a\",null,{},[]]"},
    {"{\"a\": [1, \"x\"], \"b\": null}", "{\"a\":[1,\"x\"],\"b\":null}"},
    {"---\na: 1\n...\n", "{\"a\":1}"},
    {"\"a\\0b\"", "\"a\\u0000b\""},
    {"k: \u4e2d\U0001f600", "{\"k\":\"\u4e2d\U0001f600\"}"},
    {"k: 123456789012345678901234567890", "{\"k\":123456789012345678901234567890.0}"},
};

START_TEST(values)
{
    json_t *expected = json_loads(rows[_i].json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    struct spk_err err = {0};
    json_t *got = NULL;
    char *text;

    ck_assert_msg(spk_yaml_parse(&got, rows[_i].yaml, strlen(rows[_i].yaml), &err) == 0, "%s: %s",
                  rows[_i].yaml, err.msg);
    text = json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT);
    ck_assert_msg(json_equal(got, expected), "%s: %s", rows[_i].yaml, text);
    free(text);
    json_decref(got);
    json_decref(expected);
}
END_TEST

static const struct {
    const char *name;
    const char *yaml;
    enum spk_code code;
    const char *fault;
} faults[] = {
    {"empty", "", SPK_EPARSE, "expected a document, found none"},
    {"only a comment", "# nothing\n", SPK_EPARSE, "expected a document, found none"},
    {"two documents", "a: 1\n---\nb: 2\n", SPK_EPARSE, "expected one document, found more"},
    {"second is broken", "a: 1\n---\n[\n", SPK_EPARSE, "YAML line 4 column 1: "},
    {"not YAML", "a: [1\nb: 2", SPK_EPARSE, "YAML line 2 column 2: "},
    {"tab", "a:\n\tb: 1", SPK_EPARSE, "YAML line 2 column 1: "},
    {"duplicate key", "a: 1\nb: 2\na: 3", SPK_EPARSE, "YAML line 3 column 1: duplicate key"},
    {"merge key", "a: &x {}\nb: {<<: *x}", SPK_EPARSE, "line 2 column 5: merge keys"},
    {"list as key", "? [a]\n: b", SPK_EPARSE, "line 1 column 3: expected a text as key"},
    {"NUL in a key", "\"a\\0b\": 1", SPK_EPARSE, "a key with a NUL"},
    {"unknown alias", "a: *x", SPK_EPARSE, "YAML line 1 column 4: "},
    {"alias in itself", "a: &x [*x]", SPK_ETOOBIG, "deeper than 200"},
    {"not UTF-8", "a: \xff", SPK_EPARSE, "YAML line 1 column 1: "},
};

START_TEST(refused)
{
    struct spk_err err = {0};
    json_t *got = NULL;

    ck_assert_msg(spk_yaml_parse(&got, faults[_i].yaml, strlen(faults[_i].yaml), &err) == -1,
                  "%s: parsed", faults[_i].name);
    ck_assert_ptr_null(got);
    ck_assert_msg(err.code == faults[_i].code, "%s: code %d", faults[_i].name, err.code);
    ck_assert_msg(strstr(err.msg, faults[_i].fault), "%s: %s", faults[_i].name, err.msg);
}
END_TEST

/* Nine aliases of nine aliases of …: a few hundred bytes that would be 10^10 nodes. */
START_TEST(a_billion_laughs)
{
    struct spk_err err = {0};
    struct spk_buf buf;
    json_t *got = NULL;

    spk_buf_init(&buf, 4096);
    ck_assert_int_eq(spk_buf_printf(&buf, &err, "a0: &a0 x\n"), 0);
    for (int i = 1; i <= 10; i++)
        ck_assert_int_eq(spk_buf_printf(&buf, &err,
                                        "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,"
                                        "*a%d]\n",
                                        i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1,
                                        i - 1, i - 1, i - 1),
                         0);
    ck_assert_int_eq(spk_yaml_parse(&got, buf.ptr, buf.len, &err), -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
    spk_buf_done(&buf);
}
END_TEST

/* One long text and many aliases of it: few nodes, much memory. */
START_TEST(a_text_that_is_repeated)
{
    static char text[1000000];
    struct spk_err err = {0};
    struct spk_buf buf;
    json_t *got = NULL;

    spk_json_init();
    memset(text, 'x', sizeof(text) - 1);
    spk_buf_init(&buf, 2 * sizeof(text));
    ck_assert_int_eq(spk_buf_printf(&buf, &err, "a: &a %s\nb: [", text), 0);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(spk_buf_printf(&buf, &err, "*a , "), 0);
    ck_assert_int_eq(spk_buf_printf(&buf, &err, "]\n"), 0);
    ck_assert_int_eq(spk_yaml_parse(&got, buf.ptr, buf.len, &err), -1);
    ck_assert_msg(err.code == SPK_ETOOBIG, "%s", err.msg);
    spk_buf_done(&buf);
}
END_TEST

START_TEST(depth)
{
    char text[2 * SPK_YAML_DEPTH_MAX + 10];
    int deep = SPK_YAML_DEPTH_MAX - (_i ? 1 : 0);
    struct spk_err err = {0};
    json_t *got = NULL;
    int rc;

    memset(text, '[', (size_t)deep);
    memset(text + deep, ']', (size_t)deep);
    rc = spk_yaml_parse(&got, text, 2 * (size_t)deep, &err);
    ck_assert_msg(rc == 0, "%d deep: %s", deep, err.msg);
    json_decref(got);
    memset(text, '[', sizeof(text));
    ck_assert_int_eq(spk_yaml_parse(&got, text, sizeof(text), &err), -1);
}
END_TEST

START_TEST(anchors)
{
    struct spk_buf buf;
    struct spk_err err = {0};
    json_t *got = NULL;
    int count = SPK_YAML_ANCHORS_MAX + _i;

    spk_buf_init(&buf, SPK_BODY_MAX);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(spk_buf_printf(&buf, &err, "- &a%d x\n", i), 0);
    ck_assert_msg(spk_yaml_parse(&got, buf.ptr, buf.len, &err) == (_i ? -1 : 0), "%d: %s", count,
                  err.msg);
    json_decref(got);
    spk_buf_done(&buf);
}
END_TEST

static const char stream[] = "\xef\xbb\xbf# ä\n---\na: \"ä1\"\r\nb: [2, 'ä3']\n--- \n...\n---\n"
                             "c: &x |\n  4\nd: *x\n";

/* The digit in each text leads to its place. */
static void tell(void *arg, const json_t *value, size_t offset)
{
    const char *text = json_string_value(value);

    ck_assert_uint_le(offset, strlen(stream));
    ++*(size_t *)arg;
    if (json_is_object(value))
        ck_assert_msg(strchr("ac", stream[offset]) != NULL, "%zu: %s", offset, stream + offset);
    if (json_is_array(value) || json_is_integer(value))
        ck_assert_msg(strchr("[2", stream[offset]) != NULL, "%zu: %s", offset, stream + offset);
    if (text)
        ck_assert_msg(strchr("\"'|&", stream[offset]) != NULL &&
                          strncmp(strpbrk(stream + offset, "12345"), strpbrk(text, "134"), 1) == 0,
                      "%s: %zu: %s", text, offset, stream + offset);
}

START_TEST(all_documents_and_their_places)
{
    struct spk_err err = {0};
    json_t *all = NULL;
    size_t count = 0;

    ck_assert_msg(spk_yaml_parse_all(&all, stream, strlen(stream), tell, &count, &err) == 0, "%s",
                  err.msg);
    ck_assert_uint_eq(json_array_size(all), 2);
    ck_assert_uint_eq(count, 9); /* the empty document's null, too */
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(all, 1), "d")), "4\n");
    json_decref(all);
}
END_TEST

START_TEST(a_stream_of_nothing)
{
    struct spk_err err = {0};
    json_t *all = NULL;

    ck_assert_int_eq(spk_yaml_parse_all(&all, "", 0, NULL, NULL, &err), 0);
    ck_assert_uint_eq(json_array_size(all), 0);
    json_decref(all);
    ck_assert_int_eq(spk_yaml_parse_all(&all, "a: 1\n---\nb: [", 13, NULL, NULL, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.msg, "YAML line "));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("yaml");

    ADD_ROWS(tcase, values, rows);
    ADD_ROWS(tcase, refused, faults);
    tcase_add_test(tcase, a_billion_laughs);
    tcase_add_test(tcase, a_text_that_is_repeated);
    tcase_add_loop_test(tcase, depth, 0, 2);
    tcase_add_loop_test(tcase, anchors, 0, 2);
    tcase_add_test(tcase, all_documents_and_their_places);
    tcase_add_test(tcase, a_stream_of_nothing);
    return run_case("yaml", tcase);
}
