#include "../suite.h"

#include "spk/k8s/selector.h"

#include <string.h>

static const struct {
    const char *name;
    const char *selector; /* JSON */
    const char *labels;   /* JSON */
    int rc;
    const char *expect; /* the requirement that says no, or a part of the message */
} rows[] = {
    {"everything", "{}", "{}", 0, ""},
    {"everything, no labels", "{\"matchLabels\":null}", "null", 0, ""},
    {"nothing", "null", "{\"a\":\"1\"}", 1, "it selects nothing"},
    {"equal", "{\"matchLabels\":{\"a\":\"1\"}}", "{\"a\":\"1\",\"b\":\"2\"}", 0, ""},
    {"not equal", "{\"matchLabels\":{\"a\":\"1\"}}", "{\"a\":\"2\"}", 1, "a=1"},
    {"equal to the absent", "{\"matchLabels\":{\"a\":\"\"}}", "{}", 1, "a="},
    {"equal to the empty", "{\"matchLabels\":{\"a\":\"\"}}", "{\"a\":\"\"}", 0, ""},
    {"in", "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"1\",\"2\"]}]}",
     "{\"a\":\"2\"}", 0, ""},
    {"not in it",
     "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"1\",\"2\"]}]}",
     "{\"a\":\"3\"}", 1, "a in (1,2)"},
    {"in, absent", "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"\"]}]}",
     "{}", 1, "a in ()"},
    {"notin", "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"NotIn\",\"values\":[\"1\"]}]}",
     "{\"a\":\"1\"}", 1, "a notin (1)"},
    {"notin, absent",
     "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"NotIn\",\"values\":[\"1\"]}]}", "{}", 0,
     ""},
    {"exists", "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"}]}", "{\"a\":\"\"}",
     0, ""},
    {"does not", "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"}]}", "{}", 1, "a"},
    {"absent", "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"DoesNotExist\"}]}", "{}", 0,
     ""},
    {"not absent", "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"DoesNotExist\"}]}",
     "{\"a\":\"\"}", 1, "!a"},
    {"both kinds",
     "{\"matchLabels\":{\"a\":\"1\"},\"matchExpressions\":[{\"key\":\"b\",\"operator\":\"Exists\"}]"
     "}",
     "{\"a\":\"1\"}", 1, "b"},
    {"the first that says no",
     "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"},{\"key\":\"b\",\"operator\":"
     "\"Exists\"},"
     "{\"key\":\"c\",\"operator\":\"Exists\"}]}",
     "{\"a\":\"\"}", 1, "b"},
    {"no values", "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[]}]}",
     "{}", -1, "matchExpressions[0]: operator In"},
    {"values of Exists",
     "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\",\"values\":[\"1\"]}]}", "{}",
     -1, "expected no values"},
    {"unknown operator", "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Gt\"}]}", "{}", -1,
     "unknown operator 'Gt'"},
    {"no key", "{\"matchExpressions\":[{\"operator\":\"Exists\"}]}", "{}", -1, "expected a key"},
    {"a label is a number", "{\"matchLabels\":{\"a\":\"1\"}}", "{\"a\":1}", -1,
     "labels.a: expected a string"},
    {"a value is a number",
     "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[1]}]}", "{}", -1,
     "values[0]: expected a string"},
    {"no object", "[]", "{}", -1, "expected an object"},
    {"expressions no list", "{\"matchExpressions\":{}}", "{}", -1,
     "matchExpressions: expected an array"},
};

static json_t *load(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

    ck_assert_msg(value != NULL, "%s", text);
    return value;
}

START_TEST(match)
{
    json_t *selector = load(rows[_i].selector);
    json_t *labels = load(rows[_i].labels);
    struct spk_requirement why = {0};
    struct spk_err err = {0};
    char said[128] = "";
    int rc = spk_selector_match(&why, selector, json_is_null(labels) ? NULL : labels, &err);

    ck_assert_msg(rc == rows[_i].rc, "%s: rc %d: %s", rows[_i].name, rc, err.msg);
    if (rc > 0) {
        spk_requirement_print(said, sizeof(said), &why);
        ck_assert_msg(strcmp(said, rows[_i].expect) == 0, "%s: '%s'", rows[_i].name, said);
    } else if (rc < 0) {
        ck_assert_msg(strstr(err.msg, rows[_i].expect) != NULL, "%s: '%s'", rows[_i].name, err.msg);
    }
    json_decref(selector);
    json_decref(labels);
}
END_TEST

START_TEST(map)
{
    json_t *selector = load("{\"a\":\"1\"}");
    json_t *empty = load("{}");
    json_t *labels = load("{\"a\":\"1\"}");
    struct spk_requirement why = {0};
    struct spk_err err = {0};

    ck_assert_int_eq(spk_selector_match_map(&why, selector, labels, &err), 0);
    ck_assert_int_eq(spk_selector_match_map(&why, selector, empty, &err), 1);
    ck_assert_int_eq(spk_selector_match_map(&why, empty, labels, &err), 1);
    ck_assert_int_eq(spk_selector_match_map(&why, NULL, labels, &err), 1);
    json_decref(selector);
    json_decref(empty);
    json_decref(labels);
}
END_TEST

START_TEST(print_is_cut)
{
    json_t *values = load("[\"driver\",\"executor\"]");
    const struct spk_requirement it = {SPK_LIT("spark-role"), SPK_LIT("In"), {0}, values};
    char said[20];

    spk_requirement_print(said, sizeof(said), &it);
    ck_assert_str_eq(said, "spark-role in (driv");
    json_decref(values);
}
END_TEST

/* The API server is asked the same in test_controller.py of test/e2e. */
static const struct {
    const char *text;
    bool good;
} texts[] = {
    {"a", true},
    {"!a", true},
    {"a=b", true},
    {"a==b,c!=d", true},
    {"a=", true},
    {"team in (a,b), env notin (x)", true},
    {"example.com/a-b_c.d=1", true},
    {"in in (in,notin)", true},
    {"a>5,b<7", true},
    {"a in (,b)", true},
    {"", false},
    {",", false},
    {"a=b,", false},
    {"a=b=c", false},
    {"a b", false},
    {"a in (b", false},
    {"a in b", false},
    {"a in ()", false},
    {"a>x", false},
    {"!a=b", false},
    {"-a", false},
    {"a=-b", false},
    {"/a", false},
    {"a/b/c", false},
    {"A_ B", false},
    {"a=\"b\"", false},
    {"a=b\nc", false},
};

START_TEST(text)
{
    ck_assert_msg(spk_is_selector(spk_str(texts[_i].text)) == texts[_i].good, "%s", texts[_i].text);
}
END_TEST

START_TEST(text_of_any_length)
{
    char long_value[66] = "a=";

    memset(long_value + 2, 'x', 63);
    ck_assert(spk_is_selector(spk_str(long_value)));
    memset(long_value + 1, 'x', 64);
    ck_assert(!spk_is_selector(spk_str(long_value)));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("selector");

    ADD_ROWS(tcase, match, rows);
    tcase_add_test(tcase, map);
    tcase_add_test(tcase, print_is_cut);
    ADD_ROWS(tcase, text, texts);
    tcase_add_test(tcase, text_of_any_length);
    return run_case("selector", tcase);
}
