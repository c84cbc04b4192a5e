#include "webhook/lint/properties.h"

#include "spk/base/limits.h"

#include "../suite.h"

#include <stdio.h>

/* What java.util.Properties makes of each was looked up with it: test/properties/java_properties.py
 * asks it about thousands more. */
static const struct {
    const char *text;
    const char *expect; /* "<key@place=value@place>", …; or a part of the error */
} rows[] = {
    {"a=b", "<a@0=b@2>"},
    {"a:b", "<a@0=b@2>"},
    {"a b", "<a@0=b@2>"},
    {" a\t\f=  b c \n", "<a@1=b c@7>"},
    {"a = = b", "<a@0== b@4>"},
    {"a : = b", "<a@0== b@4>"},
    {"a\n\n b", "<a@0=@1><b@4=@5>"},
    {"=v", "<@0=v@1>"},
    {"# a\n! b\n  #c\na=#b", "<a@13=#b@15>"},
    {"# a \\\nb=c", "<b@6=c@8>"},
    {"a=b\\\n   c", "<a@0=bc@2>"},
    {"a=b\\\r\n\t#c\rd", "<a@0=b#c@2><d@10=@11>"},
    {"a=b\\\\\nc", "<a@0=b\\@2><c@6=@7>"},
    {"a=b\\", "<a@0=b@2>"},
    {"a\\\n  =b", "<a@0=b@6>"},
    {"a\\=b\\:c\\ d=e", "<a=b:c d@0=e@11>"},
    {"a=\\t\\n\\r\\f\\q\\\\x", "<a@0=\n\r\fq\\x@2>"},
    {"a=x\\ty", "<a@0=x\ty@2>"},
    {"a=\\u0041\\u20ac", "<a@0=A\u20ac@2>"},
    {"a=\\uD83D\\uDE00", "<a@0=\U0001f600@2>"},
    {"a=\\uD83D", "<a@0=\ufffd@2>"},
    {"a=\\uDE00\\uD83Dx", "<a@0=\ufffd\ufffdx@2>"},
    {"\u00e4=\xff\xe2\x82", "<\u00e4@0=\ufffd\ufffd\ufffd@3>"},
    {"a=\\\u00e4", "<a@0=\u00e4@2>"},
    {"a=1\na=2", "<a@0=1@2><a@4=2@6>"},
    {"", ""},
    {"\\\n#x\ny", "<y@5=@6>"},
    {"a=\\u00", "four hexadecimal digits"},
    {"a=\\u00g0", "four hexadecimal digits"},
    {"\\u=x", "four hexadecimal digits"},
};

START_TEST(read)
{
    struct spk_arena arena;
    struct spk_properties all;
    struct spk_err err = {0};
    size_t stopped;
    char got[500] = "";
    size_t len = 0;

    spk_arena_init(&arena, SPK_ARENA_MAX);
    if (spk_properties_read(&all, &arena, &stopped, spk_str(rows[_i].text), &err)) {
        ck_assert_int_eq(err.code, SPK_EPARSE);
        ck_assert_msg(*rows[_i].expect && strstr(err.msg, rows[_i].expect), "row %d: %s", _i,
                      err.msg);
        ck_assert_int_eq(rows[_i].text[stopped], '\\');
        spk_arena_done(&arena);
        return;
    }
    for (size_t i = 0; i < all.count; i++) {
        const struct spk_property *it = &all.items[i];
        len += (size_t)snprintf(got + len, sizeof(got) - len, "<%.*s@%zu=%.*s@%zu>",
                                SPK_ARG(it->key), it->key_at, SPK_ARG(it->value), it->value_at);
    }
    ck_assert_msg(strcmp(got, rows[_i].expect) == 0, "row %d: %s", _i, got);
    spk_arena_done(&arena);
}
END_TEST

START_TEST(a_file_above_its_ceiling)
{
    struct spk_arena arena;
    struct spk_properties all;
    struct spk_err err = {0};
    size_t stopped;
    char *text = calloc(SPK_PROPERTIES_MAX + 1, 1);

    spk_arena_init(&arena, SPK_ARENA_MAX);
    memset(text, 'x', SPK_PROPERTIES_MAX + 1);
    ck_assert_int_eq(spk_properties_read(&all, &arena, &stopped,
                                         (struct spk_str){text, SPK_PROPERTIES_MAX}, &err),
                     0);
    ck_assert_uint_eq(all.count, 1);
    ck_assert_int_eq(spk_properties_read(&all, &arena, &stopped,
                                         (struct spk_str){text, SPK_PROPERTIES_MAX + 1}, &err),
                     -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
    spk_arena_done(&arena);
    free(text);
}
END_TEST

START_TEST(without_memory)
{
    struct spk_arena arena;
    struct spk_properties all;
    struct spk_err err = {0};
    size_t stopped;

    spk_arena_init(&arena, (size_t)_i);
    ck_assert_int_eq(spk_properties_read(&all, &arena, &stopped, SPK_LIT("a=b"), &err), -1);
    ck_assert_int_eq(err.code, SPK_ENOMEM);
    spk_arena_done(&arena);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("properties");

    ADD_ROWS(tcase, read, rows);
    tcase_add_test(tcase, a_file_above_its_ceiling);
    tcase_add_loop_test(tcase, without_memory, 0, 8);
    return run_case("properties", tcase);
}
