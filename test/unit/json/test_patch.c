#include "spk/json/patch.h"

#include "../suite.h"

#define DOC "{\"a\":1,\"l\":[1,2,3],\"o\":{\"x\":null,\"a/b\":1,\"m~n\":2,\"\":3}}"

static const struct {
    const char *name;
    const char *ops;
    const char *after; /* NULL: does not apply */
    const char *fault; /* a part of the message */
} rows[] = {
    {"nothing", "[]", DOC, NULL},
    {"add a member", "[{\"op\":\"add\",\"path\":\"/b\",\"value\":2}]",
     "{\"a\":1,\"b\":2,\"l\":[1,2,3],\"o\":{\"x\":null,\"a/b\":1,\"m~n\":2,\"\":3}}", NULL},
    {"add replaces a member", "[{\"op\":\"add\",\"path\":\"/o\",\"value\":[]}]",
     "{\"a\":1,\"l\":[1,2,3],\"o\":[]}", NULL},
    {"add at the end", "[{\"op\":\"add\",\"path\":\"/l/-\",\"value\":4}]",
     "{\"a\":1,\"l\":[1,2,3,4],\"o\":{\"x\":null,\"a/b\":1,\"m~n\":2,\"\":3}}", NULL},
    {"add at the length", "[{\"op\":\"add\",\"path\":\"/l/3\",\"value\":4}]",
     "{\"a\":1,\"l\":[1,2,3,4],\"o\":{\"x\":null,\"a/b\":1,\"m~n\":2,\"\":3}}", NULL},
    {"add in front", "[{\"op\":\"add\",\"path\":\"/l/0\",\"value\":0}]",
     "{\"a\":1,\"l\":[0,1,2,3],\"o\":{\"x\":null,\"a/b\":1,\"m~n\":2,\"\":3}}", NULL},
    {"replace and remove",
     "[{\"op\":\"replace\",\"path\":\"/l/1\",\"value\":9},{\"op\":\"remove\",\"path\":\"/o\"},"
     "{\"op\":\"remove\",\"path\":\"/l/0\"}]",
     "{\"a\":1,\"l\":[9,3]}", NULL},
    {"escaped and empty names",
     "[{\"op\":\"remove\",\"path\":\"/o/a~1b\"},{\"op\":\"remove\",\"path\":\"/o/m~0n\"},"
     "{\"op\":\"remove\",\"path\":\"/o/\"}]",
     "{\"a\":1,\"l\":[1,2,3],\"o\":{\"x\":null}}", NULL},
    {"~01 is ~1",
     "[{\"op\":\"add\",\"path\":\"/~01\",\"value\":1},{\"op\":\"remove\",\"path\":"
     "\"/o\"},{\"op\":\"remove\",\"path\":\"/l\"}]",
     "{\"a\":1,\"~1\":1}", NULL},
    {"null is a value", "[{\"op\":\"replace\",\"path\":\"/o/x\",\"value\":1}]",
     "{\"a\":1,\"l\":[1,2,3],\"o\":{\"x\":1,\"a/b\":1,\"m~n\":2,\"\":3}}", NULL},
    {"into what was added",
     "[{\"op\":\"add\",\"path\":\"/n\",\"value\":{\"l\":[]}},"
     "{\"op\":\"add\",\"path\":\"/n/l/-\",\"value\":1},{\"op\":\"remove\",\"path\":\"/o\"},"
     "{\"op\":\"remove\",\"path\":\"/l\"}]",
     "{\"a\":1,\"n\":{\"l\":[1]}}", NULL},
    {"leading zero", "[{\"op\":\"replace\",\"path\":\"/l/01\",\"value\":1}]", NULL,
     "operation 0: replace /l/01: no such place"},
    {"not a number", "[{\"op\":\"replace\",\"path\":\"/l/x\",\"value\":1}]", NULL, "no such place"},
    {"empty index", "[{\"op\":\"replace\",\"path\":\"/l/\",\"value\":1}]", NULL, "no such place"},
    {"signed", "[{\"op\":\"replace\",\"path\":\"/l/+1\",\"value\":1}]", NULL, "no such place"},
    {"huge index", "[{\"op\":\"add\",\"path\":\"/l/99999999999999999999999\",\"value\":1}]", NULL,
     "no such place"},
    {"behind the end", "[{\"op\":\"add\",\"path\":\"/l/4\",\"value\":1}]", NULL, "no such place"},
    {"replace at the length", "[{\"op\":\"replace\",\"path\":\"/l/3\",\"value\":1}]", NULL,
     "no such place"},
    {"remove at -", "[{\"op\":\"remove\",\"path\":\"/l/-\"}]", NULL, "no such place"},
    {"replace what is not there", "[{\"op\":\"replace\",\"path\":\"/b\",\"value\":1}]", NULL,
     "no such place"},
    {"remove what is not there", "[{\"op\":\"remove\",\"path\":\"/b\"}]", NULL, "no such place"},
    {"missing parent", "[{\"op\":\"add\",\"path\":\"/b/c\",\"value\":1}]", NULL, "no such place"},
    {"parent is a number", "[{\"op\":\"add\",\"path\":\"/a/c\",\"value\":1}]", NULL,
     "no such place"},
    {"through a bad index", "[{\"op\":\"add\",\"path\":\"/l/x/c\",\"value\":1}]", NULL,
     "no such place"},
    {"the whole document", "[{\"op\":\"replace\",\"path\":\"\",\"value\":1}]", NULL,
     "no such place"},
    {"no slash", "[{\"op\":\"add\",\"path\":\"b\",\"value\":1}]", NULL, "no such place"},
    {"bad escape", "[{\"op\":\"add\",\"path\":\"/~2\",\"value\":1}]", NULL, "no such place"},
    {"cut escape", "[{\"op\":\"add\",\"path\":\"/b~\",\"value\":1}]", NULL, "no such place"},
    {"the second fails",
     "[{\"op\":\"add\",\"path\":\"/b\",\"value\":1},{\"op\":\"remove\",\"path\":\"/c\"}]", NULL,
     "operation 1: remove /c: no such place"},
    {"no op", "[{\"path\":\"/b\",\"value\":1}]", NULL, "not an add, replace or remove"},
    {"no path", "[{\"op\":\"add\",\"value\":1}]", NULL, "not an add, replace or remove"},
    {"no value", "[{\"op\":\"add\",\"path\":\"/b\"}]", NULL, "not an add, replace or remove"},
    {"move", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/b\"}]", NULL,
     "not an add, replace or remove"},
    {"test", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":1}]", NULL,
     "not an add, replace or remove"},
    {"not an operation", "[7]", NULL, "not an add, replace or remove"},
    {"not a list", "{}", NULL, "a patch is an array of operations"},
};

START_TEST(apply)
{
    json_t *document = json_loads(DOC, 0, NULL);
    json_t *ops = json_loads(rows[_i].ops, 0, NULL);
    json_t *ops_before = json_deep_copy(ops);
    json_t *before = json_deep_copy(document);
    json_t *expected = rows[_i].after ? json_loads(rows[_i].after, 0, NULL) : NULL;
    json_t *after = NULL;
    struct spk_err err = {0};
    int rc = spk_patch_apply(&after, document, ops, &err);

    ck_assert_msg(ops != NULL, "%s: row is not JSON", rows[_i].name);
    if (expected) {
        ck_assert_msg(rc == 0, "%s: %s", rows[_i].name, err.msg);
        ck_assert_msg(json_equal(after, expected), "%s", rows[_i].name);
    } else {
        ck_assert_msg(rc == -1 && !after, "%s: applied", rows[_i].name);
        ck_assert_msg(err.code == SPK_EINVALID, "%s: code %d", rows[_i].name, err.code);
        ck_assert_msg(strstr(err.msg, rows[_i].fault), "%s: %s", rows[_i].name, err.msg);
    }
    ck_assert_msg(json_equal(document, before), "%s: the document changed", rows[_i].name);
    ck_assert_msg(json_equal(ops, ops_before), "%s: the patch changed", rows[_i].name);
    json_decref(after);
    json_decref(expected);
    json_decref(before);
    json_decref(ops_before);
    json_decref(ops);
    json_decref(document);
}
END_TEST

START_TEST(steps_of_any_length)
{
    static char pointer[70000] = "/";
    json_t *document = json_object();
    json_t *ops = json_array();
    json_t *after = NULL;
    struct spk_err err = {0};

    memset(pointer + 1, 'x', sizeof(pointer) - 2);
    ck_assert_int_eq(spk_patch_add(ops, "add", pointer, json_true(), &err), 0);
    ck_assert_int_eq(spk_patch_apply(&after, document, ops, &err), 0);
    ck_assert(json_is_true(json_object_get(after, pointer + 1)));
    json_decref(after);
    json_decref(ops);
    json_decref(document);
}
END_TEST

START_TEST(built)
{
    json_t *expected = json_loads("[{\"op\":\"add\",\"path\":\"/x\",\"value\":[1]}]", 0, NULL);
    json_t *ops = json_array();
    struct spk_err err = {0};

    ck_assert_int_eq(spk_patch_add(ops, "add", "/x", json_pack("[i]", 1), &err), 0);
    ck_assert(json_equal(ops, expected));
    ck_assert_int_eq(spk_patch_add(ops, "add", "/x", NULL, &err), -1);
    ck_assert_int_eq(err.code, SPK_ENOMEM);
    ck_assert(json_equal(ops, expected));
    json_decref(expected);
    json_decref(ops);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("patch");

    ADD_ROWS(tcase, apply, rows);
    tcase_add_test(tcase, steps_of_any_length);
    tcase_add_test(tcase, built);
    return run_case("patch", tcase);
}
