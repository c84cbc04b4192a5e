#include "spk/base/file.h"

#include "spk/base/cleanup.h"

#include <check.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static char path[128];

static void setup(void)
{
    (void)snprintf(dir, sizeof(dir), "/tmp/spk-file.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/file", dir);
}

static void teardown(void)
{
    (void)unlink(path);
    ck_assert_int_eq(rmdir(dir), 0); /* also: no temporary file stayed behind */
}

static int read_into(struct spk_buf *buf, size_t ceiling, struct spk_err *err)
{
    spk_buf_init(buf, ceiling);
    return spk_file_read(buf, path, err);
}

START_TEST(what_is_written_is_read)
{
    struct spk_str text = SPK_LIT("a\0b\n");
    struct spk_err err = {0};
    struct spk_buf buf;
    struct stat st;

    ck_assert_msg(spk_file_write(path, text, 0644, &err) == 0, "%s", err.msg);
    ck_assert_msg(read_into(&buf, 4, &err) == 0, "%s", err.msg);
    ck_assert(spk_str_eq((struct spk_str){buf.ptr, buf.len}, text));
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0644);
    spk_buf_done(&buf);
}
END_TEST

START_TEST(a_file_is_replaced)
{
    struct spk_err err = {0};
    struct spk_buf buf;

    ck_assert_int_eq(spk_file_write(path, SPK_LIT("a longer text"), 0600, &err), 0);
    ck_assert_int_eq(spk_file_write(path, SPK_LIT("short"), 0600, &err), 0);
    ck_assert_int_eq(read_into(&buf, 100, &err), 0);
    ck_assert_str_eq(buf.ptr, "short");
    spk_buf_done(&buf);
}
END_TEST

START_TEST(above_the_ceiling)
{
    struct spk_err err = {0};
    struct spk_buf buf;

    ck_assert_int_eq(spk_file_write(path, SPK_LIT("12345"), 0600, &err), 0);
    ck_assert_int_eq(read_into(&buf, 4, &err), -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
    ck_assert_ptr_nonnull(strstr(err.msg, path));
    ck_assert_ptr_null(buf.ptr);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    struct spk_err err = {0};
    struct spk_buf buf;

    ck_assert_int_eq(read_into(&buf, 4, &err), -1);
    ck_assert_int_eq(err.code, SPK_EIO);
    ck_assert_int_eq(err.sys, ENOENT);
    ck_assert_ptr_nonnull(strstr(err.msg, path));
}
END_TEST

START_TEST(a_pipe_is_refused_without_waiting)
{
    struct spk_err err = {0};
    struct spk_buf buf;

    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(read_into(&buf, 4, &err), -1);
    ck_assert_int_eq(err.code, SPK_EINVALID);
}
END_TEST

START_TEST(a_directory_is_no_file)
{
    struct spk_err err = {0};
    struct spk_buf buf;

    spk_buf_init(&buf, 4);
    ck_assert_int_eq(spk_file_read(&buf, dir, &err), -1);
    ck_assert_int_eq(err.code, SPK_EINVALID);
    ck_assert_int_eq(spk_file_write(dir, SPK_LIT("x"), 0600, &err), -1);
    ck_assert_int_eq(err.code, SPK_EIO);
}
END_TEST

START_TEST(a_failed_write_leaves_nothing)
{
    struct spk_err err = {0};
    char pattern[160];
    glob_t found;

    ck_assert_int_eq(spk_file_write(dir, SPK_LIT("x"), 0600, &err), -1);
    (void)snprintf(pattern, sizeof(pattern), "%s.*", dir);
    ck_assert_int_eq(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
    globfree(&found);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file");
    TCase *tcase = tcase_create("file");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_is_written_is_read);
    tcase_add_test(tcase, a_file_is_replaced);
    tcase_add_test(tcase, above_the_ceiling);
    tcase_add_test(tcase, a_missing_file_is_named);
    tcase_add_test(tcase, a_pipe_is_refused_without_waiting);
    tcase_add_test(tcase, a_directory_is_no_file);
    tcase_add_test(tcase, a_failed_write_leaves_nothing);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
