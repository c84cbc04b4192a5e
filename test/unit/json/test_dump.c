#include "spk/json/dump.h"

#include "../suite.h"

#include <string.h>

static const char *const rows[] = {
    "{\"b\":[1,2.5,null,true],\"a\":{\"\":\"\\u0000\\\"\\\\\u00e9\"}}", "[]", "{}", "7", "\"\"",
};

START_TEST(what_was_read_is_written)
{
    json_t *tree = json_loads(rows[_i], JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    struct spk_err err = {0};
    char *text;
    size_t len;

    ck_assert_msg(spk_json_dump(&text, &len, tree, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(text, rows[_i]);
    ck_assert_uint_eq(len, strlen(text));
    free(text);
    json_decref(tree);
}
END_TEST

START_TEST(a_loop_is_no_tree)
{
    json_t *inner = json_array();
    json_t *tree = json_pack("[o]", inner);
    struct spk_err err = {0};
    char *text;
    size_t len;

    json_array_append(inner, tree);
    ck_assert_int_eq(spk_json_dump(&text, &len, tree, &err), -1);
    json_array_clear(inner);
    json_decref(tree);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("dump");

    ADD_ROWS(tcase, what_was_read_is_written, rows);
    tcase_add_test(tcase, a_loop_is_no_tree);
    return run_case("dump", tcase);
}
