#include "spk/admission/index.h"

#include "../suite.h"

static const char *const keys[] = {"b", "", "a", "b", "ab", "c", "a", "b"};

#define COUNT (sizeof(keys) / sizeof(keys[0]))

static const struct {
    const char *name;
    const char *key;
    size_t at;       /* in order: "" a a ab b b b c */
    size_t position; /* of what stands there */
} rows[] = {
    {"the empty one", "", 0, 1},       {"first of two", "a", 1, 2},
    {"between", "ab", 3, 4},           {"first of three", "b", 4, 0},
    {"the last", "c", 7, 5},           {"absent, in place", "aa", 3, 4},
    {"absent, at the end", "d", 8, 0},
};

START_TEST(finds)
{
    struct spk_arena arena;
    struct spk_index index;
    struct spk_err err;
    size_t at;

    spk_arena_init(&arena, 4096 * 8);
    ck_assert_int_eq(spk_index_init(&index, &arena, COUNT, &err), 0);
    for (size_t i = 0; i < COUNT; i++)
        spk_index_add(&index, spk_str(keys[i]));
    spk_index_sort(&index);
    at = spk_index_find(&index, spk_str(rows[_i].key));
    ck_assert_msg(at == rows[_i].at, "%s: at %zu", rows[_i].name, at);
    if (at < COUNT)
        ck_assert_msg(index.entries[at].position == rows[_i].position, "%s: position %zu",
                      rows[_i].name, index.entries[at].position);
    spk_arena_done(&arena);
}
END_TEST

START_TEST(empty_and_full)
{
    struct spk_arena arena;
    struct spk_index index;
    struct spk_err err;

    spk_arena_init(&arena, 4096 * 8);
    ck_assert_int_eq(spk_index_init(&index, &arena, 0, &err), 0);
    spk_index_sort(&index);
    ck_assert_uint_eq(spk_index_find(&index, spk_str("a")), 0);
    ck_assert_int_eq(spk_index_init(&index, &arena, 4096 * 8, &err), -1);
    ck_assert_int_eq(err.code, SPK_ENOMEM);
    spk_arena_done(&arena);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("index");

    ADD_ROWS(tcase, finds, rows);
    tcase_add_test(tcase, empty_and_full);
    return run_case("index", tcase);
}
