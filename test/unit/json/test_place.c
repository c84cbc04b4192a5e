#include "spk/json/place.h"

#include "spk/json/walk.h"

#include "../suite.h"

#include <string.h>

static const char text[] =
    " {\"a\\\"b\": [1, -2.5e3, \"x]\\\\\\\"\", {}, [ ], null],\r\n\t\"c\":{\"d\" :true,"
    "\"e.f\":[[7]] , \"\\ud83d\\ude00\":\"g\"}} ";

/* Each value begins with what its type begins with, and none is forgotten. */
static void tell(void *arg, const json_t *value, size_t offset)
{
    static const char *const begins[] = {
        [JSON_OBJECT] = "{",  [JSON_ARRAY] = "[",
        [JSON_STRING] = "\"", [JSON_INTEGER] = "0123456789",
        [JSON_REAL] = "-",    [JSON_TRUE] = "t",
        [JSON_FALSE] = "f",   [JSON_NULL] = "n",
    };

    ck_assert_uint_lt(offset, strlen(text));
    ck_assert_msg(strchr(begins[json_typeof(value)], text[offset]) != NULL, "%d at %zu",
                  json_typeof(value), offset);
    ++*(size_t *)arg;
}

START_TEST(every_value_is_told)
{
    json_t *tree;
    struct spk_err err = {0};
    size_t count = 0;

    ck_assert_msg(spk_json_parse(&tree, text, strlen(text), &err) == 0, "%s", err.msg);
    spk_json_places(tree, spk_str(text), tell, &count);
    ck_assert_uint_eq(count, 14);
    json_decref(tree);
}
END_TEST

static const struct {
    const char *text;
    const char *path;
    const char *from;  /* the text from the place on */
    const char *found; /* the part of the path */
} rows[] = {
    {"[{\"name\":\"a\",\"path\":\"b\"}]", "[0].path", "\"b\"}]", "[0].path"},
    {"[ 1 ,[2, 3] ]", "[1][1]", "3] ]", "[1][1]"},
    {"[1,[2,3]]", "[1]", "[2,3]]", "[1]"},
    {"{\"a\":{\"b\":null}}", "a.b", "null}}", "a.b"},
    {"{\"a.b\":{\"c\":1}}", "a.b.c", "1}}", "a.b.c"},
    {"{\"aa\":1,\"a\":2}", "a", "2}", "a"},
    {"{\"a\":{\"b/c.d\":[7]}}", "a[\"b/c.d\"][0]", "7]}}", "a[\"b/c.d\"][0]"},
    {"{\"a\":{\"b\":7}}", "a[\"b", "{\"b\":7}}", "a"},
    {"{\"a\":[1]}", "a[0]", "1]}", "a[0]"},
    {"{\"x\":\"}\\\"\",\"a\":2}", "a", "2}", "a"},
    {"{\"a\":{\"b\":1}}", "a.c.d", "{\"b\":1}}", "a"},
    {"{\"a\":[1,2]}", "a[2]", "[1,2]}", "a"},
    {"{\"a\":[1,2]}", "a[x]", "[1,2]}", "a"},
    {"{\"a\":[]}", "a[0]", "[]}", "a"},
    {" {\"a\":1}", "", "{\"a\":1}", ""},
    {"7", "a", "7", ""},
    {"{}", "a", "{}", ""},
    {"{\"\":1}", "a", "{\"\":1}", ""},
    {"", "a", "", ""},
    {"[1,2,3", "[7]", "[1,2,3", ""},
    {"{\"a\":\"\\", "b", "{\"a\":\"\\", ""},
};

START_TEST(a_path_is_found)
{
    size_t offset;
    size_t len = spk_json_locate(&offset, spk_str(rows[_i].text), rows[_i].path);

    ck_assert_msg(strcmp(rows[_i].text + offset, rows[_i].from) == 0, "%s in %s: %zu",
                  rows[_i].path, rows[_i].text, offset);
    ck_assert_msg(len == strlen(rows[_i].found), "%s in %s: %zu", rows[_i].path, rows[_i].text,
                  len);
}
END_TEST

static const struct {
    const char *text;
    size_t len;
} documents[] = {
    {"{}{}", 2},      {" {\"}\": [1]}\n7", 11}, {"[1] ]", 3}, {"7 8", 1},
    {"\"a b\" 1", 5}, {"{\"a\":", 5},           {"]", 1},     {"", 0},
};

START_TEST(documents_behind_each_other)
{
    size_t len = spk_json_document_len(spk_str(documents[_i].text));

    ck_assert_msg(len == documents[_i].len, "%s: %zu", documents[_i].text, len);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("place");

    tcase_add_test(tcase, every_value_is_told);
    ADD_ROWS(tcase, a_path_is_found, rows);
    ADD_ROWS(tcase, documents_behind_each_other, documents);
    return run_case("place", tcase);
}
