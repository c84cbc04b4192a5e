#include "spk/admission/notes.h"

#include "spk/base/text.h"

#include "../suite.h"

#include <stdio.h>

static struct spk_arena arena;
static struct spk_notes notes;

static void setup(void)
{
    spk_arena_init(&arena, SPK_ARENA_MAX);
    notes = (struct spk_notes){.arena = &arena};
}

static void teardown(void)
{
    spk_arena_done(&arena);
}

static void fill(char *text, size_t runes, const char *rune)
{
    *text = '\0';
    for (size_t i = 0; i < runes; i++)
        text = stpcpy(text, rune);
}

/* Cut at 256 runes, not bytes. */
START_TEST(one_warning_is_cut)
{
    char text[2000];

    fill(text, 300, _i ? "\u4e2d" : "x");
    spk_notes_warn(&notes, "%s", text);
    ck_assert_uint_eq(notes.warning_count, 1);
    ck_assert_uint_eq(spk_runes_count(spk_str(notes.warnings[0])), SPK_WARNING_RUNES_MAX);
    ck_assert_uint_eq(strlen(notes.warnings[0]), SPK_WARNING_RUNES_MAX * (size_t)(_i ? 3 : 1));
}
END_TEST

START_TEST(all_warnings_have_a_limit)
{
    size_t total = 0;
    size_t shown;
    char text[40];

    for (int i = 0; i < 40; i++)
        spk_notes_warn(&notes, "%03d%250s", i, "x");
    spk_notes_warn(&notes, "short"); /* none may follow one that was left out */
    shown = notes.warning_count;
    ck_assert_uint_ge(shown, 10);
    spk_notes_close(&notes);
    for (size_t i = 0; i < notes.warning_count; i++)
        total += spk_runes_count(spk_str(notes.warnings[i]));
    ck_assert_uint_le(total, SPK_WARNINGS_RUNES_MAX);
    (void)snprintf(text, sizeof(text), "and %zu more warnings", 41 - shown);
    ck_assert_str_eq(notes.warnings[notes.warning_count - 1], text);
    ck_assert_uint_eq(notes.warning_count, shown + 1);
}
END_TEST

START_TEST(many_short_warnings)
{
    for (int i = 0; i < 1000; i++)
        spk_notes_warn(&notes, "%x", i);
    spk_notes_close(&notes);
    ck_assert_uint_le(notes.warning_count, SPK_WARNINGS_RUNES_MAX / 16);
    ck_assert_str_eq(notes.warnings[notes.warning_count - 1], "and 745 more warnings");
}
END_TEST

START_TEST(a_repeated_warning_is_dropped)
{
    spk_notes_warn(&notes, "a");
    spk_notes_warn(&notes, "b");
    spk_notes_warn(&notes, "a");
    spk_notes_close(&notes);
    ck_assert_uint_eq(notes.warning_count, 2);
}
END_TEST

START_TEST(faults_name_their_key)
{
    spk_notes_fault(&notes, SPK_LIT("spark-operator.k8s.io/secret.x"), "found %s", "y");
    spk_notes_fault(&notes, SPK_LIT("a\nb\""), "%d", 7);
    ck_assert_str_eq(spk_notes_message(&notes),
                     "spark-operator.k8s.io/secret.x: found y; a\\u000ab\\\": 7");
}
END_TEST

START_TEST(a_long_key_is_cut)
{
    char key[500];

    fill(key, 400, "k");
    spk_notes_fault(&notes, spk_str(key), "bad");
    ck_assert_uint_le(strlen(notes.faults[0]), SPK_QUOTE_MAX + 20);
    ck_assert_ptr_nonnull(strstr(notes.faults[0], "kkk\"...: bad"));
}
END_TEST

START_TEST(more_faults_than_are_listed)
{
    const char *message;

    for (int i = 0; i < SPK_FAULTS_MAX + 5; i++)
        spk_notes_fault(&notes, SPK_LIT("k"), "%d", i);
    ck_assert_uint_eq(notes.fault_count, SPK_FAULTS_MAX + 5);
    message = spk_notes_message(&notes);
    ck_assert_ptr_nonnull(strstr(message, "; k: 31; and 5 more"));
    ck_assert_ptr_null(strstr(message, "k: 32"));
}
END_TEST

/* The cut falls on each byte of a rune of three. */
START_TEST(the_message_is_cut_at_a_whole_rune)
{
    char text[SPK_MESSAGE_MAX + 4096];
    const char *message;

    fill(text, (size_t)_i, "x");
    fill(text + _i, 1500, "\u4e2d");
    spk_notes_fault(&notes, SPK_LIT("k"), "%s", text);
    spk_notes_fault(&notes, SPK_LIT("k"), "behind");
    message = spk_notes_message(&notes);
    ck_assert_uint_lt(strlen(message), SPK_MESSAGE_MAX);
    ck_assert_uint_ge(strlen(message), SPK_MESSAGE_MAX - 4);
    for (struct spk_str rest = spk_str(message); rest.len;) {
        size_t len = spk_rune_len(rest);
        ck_assert_uint_gt(len, 0);
        rest = spk_str_skip(rest, len);
    }
}
END_TEST

START_TEST(no_faults_no_message)
{
    ck_assert_str_eq(spk_notes_message(&notes), "");
    ck_assert_str_eq(spk_notes_applied(&notes), "");
}
END_TEST

START_TEST(applied_are_keys_that_changed_something)
{
    spk_notes_effect(&notes, SPK_VOLUME_ADDED, "b", "%d", 1);
    spk_notes_effect(&notes, SPK_MOUNT_ADDED, "b", "%d", 2);
    spk_notes_effect(&notes, SPK_MOUNT_FOUND, "c", "%d", 3);
    spk_notes_effect(&notes, SPK_ENV_FOUND, "d", "%d", 4);
    spk_notes_effect(&notes, SPK_ENV_REPLACED, "a", "%d", 5);
    spk_notes_effect(&notes, SPK_OWNER_FOUND, "e", "%d", 6);
    spk_notes_effect(&notes, SPK_OWNER_ADDED, "f", "%d", 7);
    spk_notes_effect(&notes, SPK_ENV_ADDED, "g", "%d", 8);
    spk_notes_effect(&notes, SPK_STAMP_SET, NULL, "%d", 9);
    ck_assert_str_eq(spk_notes_applied(&notes), "b,a,f,g");
    ck_assert_uint_eq(notes.effect_count, 9);
    ck_assert_str_eq(notes.effects[8].detail, "9");
}
END_TEST

START_TEST(applied_has_a_limit)
{
    char keys[200][20];

    for (size_t i = 0; i < 200; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "secret.name-%zu", i);
        spk_notes_effect(&notes, SPK_MOUNT_ADDED, keys[i], "x");
    }
    ck_assert_uint_lt(strlen(spk_notes_applied(&notes)), SPK_AUDIT_VALUE_MAX);
}
END_TEST

START_TEST(no_memory_is_remembered)
{
    arena.ceiling = 10;
    ck_assert_str_eq(spk_notes_quote(&notes, SPK_LIT("text")), "");
    ck_assert(notes.no_memory);
    for (int i = 0; i < 6; i++) {
        notes.no_memory = false;
        notes.warnings_left = i == 1;
        if (i == 0)
            spk_notes_warn(&notes, "%s", "text");
        else if (i == 1)
            spk_notes_close(&notes);
        else if (i == 2)
            spk_notes_fault(&notes, SPK_LIT("key"), "text");
        else if (i == 3)
            spk_notes_effect(&notes, SPK_ENV_ADDED, "key", "text");
        else if (i == 4)
            ck_assert_str_eq(spk_notes_message(&notes), "");
        else
            ck_assert_str_eq(spk_notes_applied(&notes), "");
        ck_assert_msg(notes.no_memory, "%d", i);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("notes");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, one_warning_is_cut, 0, 2);
    tcase_add_test(tcase, all_warnings_have_a_limit);
    tcase_add_test(tcase, many_short_warnings);
    tcase_add_test(tcase, a_repeated_warning_is_dropped);
    tcase_add_test(tcase, faults_name_their_key);
    tcase_add_test(tcase, a_long_key_is_cut);
    tcase_add_test(tcase, more_faults_than_are_listed);
    tcase_add_loop_test(tcase, the_message_is_cut_at_a_whole_rune, 0, 3);
    tcase_add_test(tcase, no_faults_no_message);
    tcase_add_test(tcase, applied_are_keys_that_changed_something);
    tcase_add_test(tcase, applied_has_a_limit);
    tcase_add_test(tcase, no_memory_is_remembered);
    return run_case("notes", tcase);
}
