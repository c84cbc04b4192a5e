#include "spk/base/arena.h"

#include "../suite.h"

#include <stdalign.h>
#include <stdint.h>

#define CEILING ((size_t)1024 * 1024)

static struct spk_arena arena;

static void setup(void)
{
    spk_arena_init(&arena, CEILING);
}

static void teardown(void)
{
    spk_arena_done(&arena);
    ck_assert_uint_eq(arena.taken, 0);
    spk_arena_done(&arena); /* twice is fine */
}

START_TEST(zeroed_and_aligned)
{
    for (size_t size = 1; size < 20000; size = size * 3 + 1) {
        unsigned char *ptr = spk_arena_alloc(&arena, size);
        ck_assert_ptr_nonnull(ptr);
        ck_assert_uint_eq((uintptr_t)ptr % alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            ck_assert_uint_eq(ptr[i], 0);
        memset(ptr, 0xff, size);
    }
}
END_TEST

START_TEST(the_ceiling_holds_for_all_together)
{
    size_t got = 0;

    ck_assert_ptr_null(spk_arena_alloc(&arena, CEILING + 1));
    ck_assert_ptr_null(spk_arena_alloc(&arena, SIZE_MAX));
    while (spk_arena_alloc(&arena, 10000))
        got += 10000;
    ck_assert_uint_le(got, CEILING);
    ck_assert_uint_ge(got, CEILING / 2);
    ck_assert_uint_le(arena.taken, CEILING);
}
END_TEST

START_TEST(a_product_that_overflows)
{
    ck_assert_ptr_null(spk_arena_array(&arena, SIZE_MAX / 2, 3));
    ck_assert_ptr_nonnull(spk_arena_array(&arena, 0, 8));
    ck_assert_ptr_nonnull(spk_arena_array(&arena, 8, 0));
}
END_TEST

START_TEST(push_keeps_what_was_there)
{
    int *array = NULL;

    for (int i = 0; i < 1000; i++) {
        int *larger = spk_arena_push(&arena, array, (size_t)i, sizeof(*array));
        ck_assert_ptr_nonnull(larger);
        array = larger;
        array[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(array[i], i);
}
END_TEST

START_TEST(push_at_the_ceiling_leaves_the_array)
{
    struct spk_arena small;
    char *array;

    spk_arena_init(&small, 20000);
    array = spk_arena_push(&small, NULL, 0, 2000); /* 8 elements: 16,000 bytes */
    ck_assert_ptr_nonnull(array);
    memset(array, 'x', 16000);
    ck_assert_ptr_null(spk_arena_push(&small, array, 8, 2000));
    ck_assert_int_eq(array[15999], 'x');
    spk_arena_done(&small);
}
END_TEST

START_TEST(copies_and_formats)
{
    const char *copy = spk_arena_copy(&arena, (struct spk_str){"abc", 2});

    ck_assert_str_eq(copy, "ab");
    ck_assert_str_eq(spk_arena_copy(&arena, (struct spk_str){0}), "");
    ck_assert_str_eq(spk_arena_printf(&arena, "%s-%d", copy, 7), "ab-7");
    ck_assert_str_eq(spk_arena_printf(&arena, "%s", ""), "");
    spk_arena_done(&arena);
    arena.ceiling = 10;
    ck_assert_ptr_null(spk_arena_copy(&arena, SPK_LIT("too long for it")));
    ck_assert_ptr_null(spk_arena_printf(&arena, "%s", "too long for it"));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("arena");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, zeroed_and_aligned);
    tcase_add_test(tcase, the_ceiling_holds_for_all_together);
    tcase_add_test(tcase, a_product_that_overflows);
    tcase_add_test(tcase, push_keeps_what_was_there);
    tcase_add_test(tcase, push_at_the_ceiling_leaves_the_array);
    tcase_add_test(tcase, copies_and_formats);
    return run_case("arena", tcase);
}
