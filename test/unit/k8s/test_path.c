#include "spk/k8s/path.h"

#include "spk/base/limits.h"

#include "../suite.h"

static struct spk_arena arena;

static void setup(void)
{
    spk_arena_init(&arena, SPK_ARENA_MAX);
}

static void teardown(void)
{
    spk_arena_done(&arena);
}

static const struct {
    const char *path;
    const char *clean;
    const char *fault; /* a part of it */
} rows[] = {
    {"/", "/", NULL},
    {"/a", "/a", NULL},
    {"/a/", "/a", NULL},
    {"//a", "/a", NULL},
    {"/./a/.", "/a", NULL},
    {"/a//b///", "/a/b", NULL},
    {"/a/...", "/a/...", NULL},
    {"/a/..b", "/a/..b", NULL},
    {"/\u00e9 b", "/\u00e9 b", NULL},
    {"", "/", "an empty text"},
    {"a", "/a", "not absolute"},
    {"./a", "/a", "not absolute"},
    {"..", "/", "not absolute"},
    {"/a/../b", "/b", "'..'"},
    {"/../../b", "/b", "'..'"},
    {"/a/b/..", "/a", "'..'"},
    {"/a/b/../..", "/", "'..'"},
    {"/a:b", "/a:b", "':'"},
    {"/a\nb", "/a\nb", "control character"},
    {"/a\177b", "/a\177b", "control character"},
};

START_TEST(cleaned_and_judged)
{
    struct spk_str path = spk_str(rows[_i].path);
    const char *fault = spk_mount_path_fault(path);
    const char *clean = spk_path_clean(&arena, path);

    ck_assert_msg(strcmp(clean, rows[_i].clean) == 0, "'%s': %s", path.ptr, clean);
    ck_assert_msg((fault == NULL) == (rows[_i].fault == NULL), "'%s': %s", path.ptr,
                  fault ? fault : "no fault");
    ck_assert_msg(!fault || strstr(fault, rows[_i].fault), "'%s': %s", path.ptr, fault);
    ck_assert_str_eq(spk_path_clean(&arena, spk_str(clean)), clean);
}
END_TEST

START_TEST(lengths_and_nul)
{
    static char path[SPK_PATH_MAX + 2];

    memset(path, 'a', sizeof(path));
    path[0] = '/';
    ck_assert_ptr_null(spk_mount_path_fault((struct spk_str){path, SPK_PATH_MAX}));
    ck_assert_ptr_nonnull(spk_mount_path_fault((struct spk_str){path, SPK_PATH_MAX + 1}));
    ck_assert_ptr_nonnull(spk_mount_path_fault(SPK_LIT("/a\0b")));
    ck_assert_ptr_nonnull(spk_mount_path_fault((struct spk_str){0}));
    ck_assert_str_eq(spk_path_clean(&arena, (struct spk_str){0}), "/");
    arena.ceiling = 100;
    spk_arena_done(&arena);
    ck_assert_ptr_null(spk_path_clean(&arena, (struct spk_str){path, SPK_PATH_MAX}));
}
END_TEST

static const struct {
    const char *above;
    const char *path;
    bool is;
} pairs[] = {
    {"/", "/a", true},
    {"/", "/", false},
    {"/a", "/a", false},
    {"/a", "/a/b", true},
    {"/a", "/ab", false},
    {"/a/b", "/a", false},
    {"/opt", "/opt/spark/conf", true},
    {"/op", "/opt/spark/conf", false},
};

START_TEST(above)
{
    ck_assert_msg(spk_path_is_above(pairs[_i].above, pairs[_i].path) == pairs[_i].is, "%s %s",
                  pairs[_i].above, pairs[_i].path);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("path");

    tcase_add_checked_fixture(tcase, setup, teardown);
    ADD_ROWS(tcase, cleaned_and_judged, rows);
    tcase_add_test(tcase, lengths_and_nul);
    ADD_ROWS(tcase, above, pairs);
    return run_case("path", tcase);
}
