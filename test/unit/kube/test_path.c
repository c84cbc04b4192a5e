/* Paths of the API: names can't become something else. */
#include "spk/kube/client.h"

#include "../suite.h"

#include <string.h>

static const struct {
    const char *literal;
    const char *value;
    const char *expect; /* NULL: refused */
} rows[] = {
    {"/api/v1/namespaces/", "a-b.c_d~1", "/api/v1/namespaces/a-b.c_d~1"},
    {"/n/", "a/b", "/n/a%2Fb"},
    {"/n/", "a?b#c%d e", "/n/a%3Fb%23c%25d%20e"},
    {"/n/", "\xc3\xa4\n", "/n/%C3%A4%0A"},
    {"/n/", "..a", "/n/..a"},
    {"/n/", "", NULL},
    {"/n/", ".", NULL},
    {"/n/", "..", NULL},
    {"/pods?labelSelector=", "a=b,c in (d,e)", "/pods?labelSelector=a%3Db%2Cc%20in%20%28d%2Ce%29"},
    {"/pods?continue=", "", "/pods?continue="},
};

START_TEST(escape)
{
    struct spk_buf path;
    struct spk_err err = {0};
    int rc;

    spk_buf_init(&path, 1000);
    rc = spk_kube_path(&path, &err, rows[_i].literal, rows[_i].value, NULL);
    ck_assert_msg((rc == 0) == (rows[_i].expect != NULL), "%s", err.msg);
    if (rc == 0)
        ck_assert_str_eq(path.ptr, rows[_i].expect);
    ck_assert(rc == 0 || (err.code == SPK_EINVALID && path.len == 0));
    spk_buf_done(&path);
}
END_TEST

START_TEST(several)
{
    struct spk_buf path;
    struct spk_err err = {0};

    spk_buf_init(&path, 32);
    ck_assert_int_eq(spk_kube_path(&path, &err, "/n/", "a b", "/s/", "c", "/log", NULL), 0);
    ck_assert_int_eq(spk_kube_path(&path, &err, "?x=", "/", NULL), 0);
    ck_assert_str_eq(path.ptr, "/n/a%20b/s/c/log?x=%2F");
    ck_assert_int_eq(spk_kube_path(&path, &err, "&y=", "//////////", NULL), -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
    ck_assert_uint_eq(path.len, 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("path");

    ADD_ROWS(tcase, escape, rows);
    tcase_add_test(tcase, several);
    return run_case("kube path", tcase);
}
