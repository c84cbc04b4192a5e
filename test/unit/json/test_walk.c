#include "spk/json/walk.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/json/memory.h"

#include "../grants.h"
#include "../suite.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name;
    struct spk_str text;
    const char *fault; /* NULL: parses */
} texts[] = {
    {"object", SPK_LIT("{\"a\":1}"), NULL},
    {"any value", SPK_LIT(" 7 "), NULL},
    {"NUL in a text", SPK_LIT("\"a\\u0000b\""), NULL},
    {"largest integer", SPK_LIT("9223372036854775807"), NULL},
    {"empty", SPK_LIT(""), "JSON line 1 column 0: "},
    {"cut off", SPK_LIT("{\n\"a\":"), "JSON line 2 column 4: "},
    {"duplicate key", SPK_LIT("{\"a\":1,\"a\":2}"), "duplicate object key"},
    {"NUL in a key", SPK_LIT("{\"a\\u0000b\":1}"), "NUL byte in object key"},
    {"integer too large", SPK_LIT("9223372036854775808"), "too big integer"},
    {"real too large", SPK_LIT("1e999"), "real number overflow"},
    {"two documents", SPK_LIT("{} {}"), "end of file expected"},
    {"bytes behind", SPK_LIT("{}\0"), "end of file expected"},
    {"not UTF-8", SPK_LIT("\"\xff\""), "unable to decode byte 0xff"},
    {"lone surrogate", SPK_LIT("\"\\ud800\""), "invalid Unicode"},
    {"newline in a text", SPK_LIT("\"a\nb\""), "unexpected newline"},
    {"comment", SPK_LIT("{} // x"), "end of file expected"},
    {"NaN", SPK_LIT("NaN"), "invalid token"},
    {"byte order mark", SPK_LIT("\xef\xbb\xbf{}"), "invalid token"},
};

START_TEST(parse)
{
    struct spk_err err = {0};
    json_t *root = NULL;
    int rc = spk_json_parse(&root, texts[_i].text.ptr, texts[_i].text.len, &err);

    if (texts[_i].fault) {
        ck_assert_msg(rc == -1 && !root, "%s: parsed", texts[_i].name);
        ck_assert_msg(err.code == SPK_EPARSE, "%s: code %d", texts[_i].name, err.code);
        ck_assert_msg(strstr(err.msg, texts[_i].fault), "%s: %s", texts[_i].name, err.msg);
    } else {
        ck_assert_msg(rc == 0, "%s: %s", texts[_i].name, err.msg);
    }
    json_decref(root);
}
END_TEST

/* Longer than jansson's piece of input, and every byte of it where it belongs. */
START_TEST(pieces_join)
{
    enum { COUNT = 2000 };
    static char text[COUNT * 8];
    struct spk_err err = {0};
    json_t *root;
    size_t len = 0;

    for (int i = 0; i < COUNT; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%c%d", i ? ',' : '[', i * 7);
    text[len++] = ']';
    ck_assert_msg(spk_json_parse(&root, text, len, &err) == 0, "%s", err.msg);
    ck_assert_uint_eq(json_array_size(root), COUNT);
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(json_integer_value(json_array_get(root, (size_t)i)), i * 7);
    json_decref(root);
}
END_TEST

START_TEST(deep_nesting_is_refused)
{
    static char text[5000];
    struct spk_err err = {0};
    json_t *root;

    memset(text, '[', sizeof(text));
    ck_assert_int_eq(spk_json_parse(&root, text, sizeof(text), &err), -1);
    ck_assert_int_eq(err.code, SPK_EPARSE);
    ck_assert_ptr_nonnull(strstr(err.msg, "maximum parsing depth reached"));
}
END_TEST

START_TEST(costly_trees_are_refused)
{
    static char text[SPK_BODY_MAX];
    struct spk_err err = {0};
    json_t *root;

    spk_json_init();
    text[0] = '[';
    for (size_t i = 1; i + 3 < sizeof(text); i += 3)
        memcpy(text + i, "[],", 3);
    ck_assert_int_eq(spk_json_parse(&root, text, sizeof(text), &err), -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
    ck_assert_ptr_nonnull(strstr(err.msg, "more memory than"));
}
END_TEST

enum { MEMBER, TEXT, FLAG };

static const struct {
    const char *name;
    int what;
    const char *object;
    json_type type;
    const char *fault; /* NULL: fine */
    const char *value; /* NULL: absent */
} members[] = {
    {"text", TEXT, "{\"k\":\"v\"}", 0, NULL, "v"},
    {"empty text", TEXT, "{\"k\":\"\"}", 0, NULL, ""},
    {"absent text", TEXT, "{}", 0, NULL, NULL},
    {"null text", TEXT, "{\"k\":null}", 0, NULL, NULL},
    {"number as text", TEXT, "{\"k\":1}", 0, "a.b[3].k: expected a string, found an integer", NULL},
    {"real as text", TEXT, "{\"k\":1.5}", 0, "found a number", NULL},
    {"flag as text", TEXT, "{\"k\":true}", 0, "found a boolean", NULL},
    {"list as text", TEXT, "{\"k\":[]}", 0, "found an array", NULL},
    {"object as text", TEXT, "{\"k\":{}}", 0, "found an object", NULL},
    {"list", MEMBER, "{\"k\":[]}", JSON_ARRAY, NULL, ""},
    {"null list", MEMBER, "{\"k\":null}", JSON_ARRAY, NULL, NULL},
    {"text as list", MEMBER, "{\"k\":\"\"}", JSON_ARRAY,
     "a.b[3].k: expected an array, found a string", NULL},
    {"list as object", MEMBER, "{\"k\":[]}", JSON_OBJECT,
     "a.b[3].k: expected an object, found an array", NULL},
    {"true", FLAG, "{\"k\":true}", 0, NULL, ""},
    {"false", FLAG, "{\"k\":false}", 0, NULL, NULL},
    {"absent flag", FLAG, "{}", 0, NULL, NULL},
    {"null flag", FLAG, "{\"k\":null}", 0, NULL, NULL},
    {"text as flag", FLAG, "{\"k\":\"true\"}", 0, "a.b[3].k: expected a boolean, found a string",
     NULL},
};

START_TEST(read_members)
{
    struct spk_at a = {.key = "a"};
    struct spk_at b = {.up = &a, .key = "b"};
    struct spk_at at = {.up = &b, .index = 3};
    json_t *object = json_loads(members[_i].object, 0, NULL);
    struct spk_str text = {0};
    struct spk_err err = {0};
    json_t *member = NULL;
    bool flag = false;
    int rc = members[_i].what == TEXT ? spk_json_text(&text, object, "k", &at, &err)
             : members[_i].what == FLAG
                 ? spk_json_flag(&flag, object, "k", &at, &err)
                 : spk_json_member(&member, object, "k", members[_i].type, &at, &err);

    ck_assert_msg(rc == (members[_i].fault ? -1 : 0), "%s: %s", members[_i].name, err.msg);
    if (rc)
        ck_assert_msg(err.code == SPK_EPARSE && strstr(err.msg, members[_i].fault), "%s: %s",
                      members[_i].name, err.msg);
    else
        ck_assert_msg((text.ptr || member || flag) == (members[_i].value != NULL), "%s",
                      members[_i].name);
    if (!rc && members[_i].what == TEXT && members[_i].value)
        ck_assert(spk_str_is(text, members[_i].value));
    json_decref(object);
}
END_TEST

START_TEST(places)
{
    struct spk_at top = {.key = "top"};
    struct spk_at chain[40];
    struct spk_err err;

    ck_assert_int_eq(spk_json_expect(json_null(), JSON_OBJECT, NULL, &err), -1);
    ck_assert_str_eq(err.msg, "document: expected an object, found null");
    ck_assert_int_eq(spk_json_expect(json_null(), JSON_OBJECT, &top, &err), -1);
    ck_assert_str_eq(err.msg, "top: expected an object, found null");
    for (size_t i = 0; i < SPK_LEN(chain); i++)
        chain[i] = (struct spk_at){.up = i ? &chain[i - 1] : NULL,
                                   .key = "a step with a rather long name"};
    ck_assert_int_eq(spk_json_expect(json_null(), JSON_TRUE, &chain[39], &err), -1);
    ck_assert_ptr_nonnull(strstr(err.msg, "expected a boolean, found null"));
    ck_assert_int_eq(spk_json_expect(json_null(), JSON_NULL, NULL, &err), 0);
}
END_TEST

START_TEST(strings)
{
    json_t *string = spk_json_string((struct spk_str){0});

    ck_assert_str_eq(json_string_value(string), "");
    json_decref(string);
    string = spk_json_string(SPK_LIT("a\0b"));
    ck_assert(spk_str_eq(spk_json_str(string), SPK_LIT("a\0b")));
    json_decref(string);
    ck_assert_ptr_null(spk_json_string(SPK_LIT("\xff")));
}
END_TEST

START_TEST(a_copy_is_whole_or_none)
{
    json_t *from = json_pack("{s[iii] s{ss ss} s{} sn}", "list", 1, 2, 3, "object", "a", "1", "b",
                             "2", "none", "null");
    int refused = 0;

    for (int key = 0; key < 20; key++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "key%d", key);
        ck_assert_int_eq(json_object_set_new(from, name, json_integer(key)), 0);
    }
    json_set_alloc_funcs(granted, free);
    for (int most = 0; most < 200; most++) {
        json_t *shallow;
        json_t *deep;
        grants = most;
        shallow = spk_json_copy(from);
        grants = most;
        deep = spk_json_deep_copy(from);
        grants = -1;
        ck_assert(!shallow || json_equal(shallow, from));
        ck_assert(!deep || json_equal(deep, from));
        refused += !shallow + !deep;
        json_decref(shallow);
        json_decref(deep);
    }
    ck_assert_int_gt(refused, 10);
    ck_assert_int_lt(refused, 400);
    json_decref(from);
    json_set_alloc_funcs(malloc, free);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("walk");

    ADD_ROWS(tcase, parse, texts);
    tcase_add_test(tcase, pieces_join);
    tcase_add_test(tcase, deep_nesting_is_refused);
    tcase_add_test(tcase, costly_trees_are_refused);
    ADD_ROWS(tcase, read_members, members);
    tcase_add_test(tcase, places);
    tcase_add_test(tcase, strings);
    tcase_add_test(tcase, a_copy_is_whole_or_none);
    return run_case("walk", tcase);
}
