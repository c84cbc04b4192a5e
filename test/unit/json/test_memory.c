#include "spk/json/memory.h"

#include "spk/base/limits.h"
#include "spk/json/walk.h"

#include "../suite.h"

#include <jansson.h>
#include <pthread.h>

START_TEST(without_a_budget_no_limit)
{
    json_t *text = json_stringn("0123456789", 10);

    ck_assert_ptr_nonnull(text);
    ck_assert(!spk_json_budget_spent());
    json_decref(text);
}
END_TEST

/* Nothing that a token may need is refused, but the end is told. */
START_TEST(a_spent_budget_is_told)
{
    json_t *text;

    spk_json_budget(1000);
    text = json_string("short");
    ck_assert(!spk_json_budget_spent());
    json_decref(text);
    for (int i = 0; i < 20; i++)
        json_decref(json_stringn("0123456789012345678901234567890123456789", 40));
    ck_assert(spk_json_budget_spent());
    text = json_string("still there");
    ck_assert_ptr_nonnull(text);
    json_decref(text);
    ck_assert_int_eq(spk_json_budget_end(), SPK_ETOOBIG);
    ck_assert(!spk_json_budget_spent());
    spk_json_budget(1000);
    ck_assert_int_eq(spk_json_budget_end(), SPK_OK);
}
END_TEST

START_TEST(what_no_token_needs_is_refused)
{
    static char text[2 * SPK_BODY_MAX + 100];
    json_t *string;

    memset(text, 'x', sizeof(text));
    spk_json_budget(1000);
    string = json_stringn_nocheck(text, sizeof(text));
    ck_assert_ptr_null(string);
    ck_assert_int_eq(spk_json_budget_end(), SPK_ETOOBIG);
}
END_TEST

/* The bodies that a refusing allocator makes jansson 2.14 write out of bounds or abort with: the
 * buffer of a token grows when the budget has just been spent, and the byte that makes it grow is
 * the last of a text, the first behind a number or behind a word. */
static const struct {
    const char *name;
    const char *body;
} tokens[] = {
    {"closing quote", "[\"aaaaaaaaaaaaaa\",1]"},
    {"inside a text", "[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]"},
    {"long text", "[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]"},
    {"behind number", "[123456789012345,1]"},
    {"real number", "[1.3456789012345,1]"},
    {"behind a word", "[aaaaaaaaaaaaaaa,1]"},
    {"a key", "{\"aaaaaaaaaaaaaa\":1}"},
};

static size_t feed_until_spent(void *buffer, size_t size, void *arg)
{
    struct spk_str *rest = arg;

    if (spk_json_budget_spent() || rest->len == 0)
        return 0;
    ck_assert_uint_le(rest->len, size);
    memcpy(buffer, rest->ptr, rest->len);
    size = rest->len;
    rest->len = 0;
    return size;
}

START_TEST(tokens_survive_every_budget)
{
    for (size_t budget = 0; budget < 2000; budget++) {
        struct spk_str body = spk_str(tokens[_i].body);
        json_t *root;
        spk_json_budget(budget);
        root = json_load_callback(feed_until_spent, &body, 0, NULL);
        (void)!spk_json_budget_end();
        json_decref(root);
    }
}
END_TEST

static void *other_thread(void *arg)
{
    json_t *text = json_string("its own");

    (void)arg;
    ck_assert(!spk_json_budget_spent());
    json_decref(text);
    return NULL;
}

START_TEST(budgets_belong_to_threads)
{
    pthread_t thread;

    spk_json_budget(0);
    json_decref(json_string("x"));
    ck_assert(spk_json_budget_spent());
    ck_assert_int_eq(pthread_create(&thread, NULL, other_thread, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(spk_json_budget_end(), SPK_ETOOBIG);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("memory");

    spk_json_init();
    tcase_add_test(tcase, without_a_budget_no_limit);
    tcase_add_test(tcase, a_spent_budget_is_told);
    tcase_add_test(tcase, what_no_token_needs_is_refused);
    ADD_ROWS(tcase, tokens_survive_every_budget, tokens);
    tcase_add_test(tcase, budgets_belong_to_threads);
    return run_case("memory", tcase);
}
