/* Which event is said again and who talks too much, by a clock of the test's own; and what is sent.
 */
#include "../../../src/kube/event_internal.h"

#include "spk/base/clock.h"
#include "spk/base/limits.h"
#include "spk/kube/event.h"

#include "../suite.h"
#include "rig.h"

#include <string.h>

static struct spk_event_memory *memory;
static struct spk_err err;

static void set_up(void)
{
    memory = spk_event_memory_new();
    ck_assert_ptr_nonnull(memory);
}

static void tear_down(void)
{
    spk_event_memory_free(memory);
}

static struct spk_event_count note(const char *object, const char *event, int64_t now_ms)
{
    static uint64_t suffix = 100;
    const struct spk_event_moment now = {now_ms, now_ms / 1000, ++suffix};
    struct spk_event_count count = {0};

    ck_assert_msg(spk_event_note(&count, memory, object, event, &now, &err) == 0, "%s", err.msg);
    return count;
}

START_TEST(the_same_again_raises_the_count)
{
    struct spk_event_count first = note("a", "a x", 5000);
    struct spk_event_count second = note("a", "a x", 8000);
    struct spk_event_count other = note("a", "a y", 8000);
    struct spk_event_count third = note("a", "a x", 608000);
    struct spk_event_count anew = note("a", "a x", 1208001);

    ck_assert_int_eq(first.count, 1);
    ck_assert_int_eq(first.first_s, 5);
    ck_assert_int_eq(second.count, 2);
    ck_assert_int_eq(second.first_s, 5);
    ck_assert_uint_eq(second.suffix, first.suffix);
    ck_assert_int_eq(other.count, 1);
    ck_assert_uint_ne(other.suffix, first.suffix);
    ck_assert_int_eq(third.count, 3);
    ck_assert_int_eq(anew.count, 1);
    ck_assert_int_eq(anew.first_s, 1208);
    ck_assert_uint_ne(anew.suffix, first.suffix);
}
END_TEST

START_TEST(who_says_too_much_is_held_back)
{
    for (int i = 0; i < 25; i++)
        ck_assert_msg(!note("a", "a x", 1000).held_back, "event %d", i);
    ck_assert(note("a", "a x", 1000).held_back);
    ck_assert(note("a", "a y", 1000).held_back);
    ck_assert(!note("b", "b x", 1000).held_back);
    ck_assert(note("a", "a x", 300000).held_back);
    ck_assert(!note("a", "a x", 301001).held_back);
    ck_assert(note("a", "a x", 301001).held_back);
    /* A day later it may speak as freely as ever, and not more. */
    for (int i = 0; i < 25; i++)
        ck_assert_msg(!note("a", "a x", 90000000).held_back, "event %d", i);
    ck_assert(note("a", "a x", 90000000).held_back);
}
END_TEST

START_TEST(memory_is_bounded)
{
    char key[32];

    for (int i = 0; i < 3 * SPK_EVENT_MEMORY; i++) {
        (void)snprintf(key, sizeof(key), "o%d", i);
        (void)note(key, key, 1000);
        (void)note("stays", "stays", 1000 + i);
    }
    ck_assert_uint_eq(spk_event_memory_size(memory), 2 * SPK_EVENT_MEMORY);
    ck_assert_int_eq(note("stays", "stays", 20000).count, 3 * SPK_EVENT_MEMORY + 1);
    ck_assert_int_eq(note("o0", "o0", 20000).count, 1);
}
END_TEST

/* --------------------------------------------------------------------------- what is sent */

struct talk {
    const char *answers[6];
    char asked[1024];
};

static const char *answer(void *ctx, const char *request, unsigned n)
{
    struct talk *talk = ctx;
    size_t len = strlen(talk->asked);
    size_t i = 0;

    (void)snprintf(talk->asked + len, sizeof(talk->asked) - len, "%.*s ",
                   (int)strcspn(request, " "), request);
    while (i + 1 < n && talk->answers[i + 1])
        i++;
    return talk->answers[i];
}

#define GOOD JSON_HEAD "{}"

static const struct {
    const char *name;
    unsigned times; /* the same event */
    struct talk talk;
    const char *asked;
    int64_t sent;
    int64_t dropped;
} talks[] = {
    {"once", 1, {{GOOD}, ""}, "POST ", 1, 0},
    {"three times", 3, {{GOOD}, ""}, "POST PATCH PATCH ", 3, 0},
    {"the first is gone",
     2,
     {{GOOD, REFUSAL("404 x") "\r\n{}", GOOD}, ""},
     "POST PATCH POST ",
     2,
     0},
    {"no permission", 1, {{REFUSAL("403 x") "\r\n{}", GOOD}, ""}, "POST ", 0, 1},
    {"an answer is lost", 1, {{"", REFUSAL("409 x") "\r\n{}"}, ""}, "POST POST ", 1, 0},
    {"a server out of order", 1, {{REFUSAL("500 x") "\r\n{}", GOOD}, ""}, "POST POST ", 1, 0},
    {"the first was refused",
     2,
     {{REFUSAL("403 x") "\r\n{}", REFUSAL("404 x") "\r\n{}", GOOD}, ""},
     "POST PATCH POST ",
     1,
     1},
    {"too often", 27, {{GOOD}, ""}, "POST PATCH PATCH ", 25, 0},
};

START_TEST(sending)
{
    struct talk talk = talks[_i].talk;
    const struct spk_event_object about = {"g/v1", "Kind", SPK_LIT("ns"), SPK_LIT("name"),
                                           SPK_LIT("uid")};
    int64_t until_ms = spk_clock_mono_ms() + 20000;
    struct kube_rig rig = {.canned = {.answer = answer, .ctx = &talk}};
    struct spk_events_counts counts;
    struct spk_events *events;

    kube_rig_start(&rig, "");
    ck_assert_int_eq(spk_events_start(&events, rig.kube, "me", "host", &err), 0);
    for (unsigned i = 0; i < talks[_i].times; i++)
        spk_events_tell(events, &about, false, "Reason", "message");
    do {
        (void)usleep(5000);
        counts = spk_events_counts(events);
    } while (counts.sent + counts.dropped + counts.held_back < talks[_i].times &&
             spk_clock_mono_ms() < until_ms);
    spk_events_stop(events);
    kube_rig_end(&rig);
    ck_assert_msg(counts.sent == talks[_i].sent && counts.dropped == talks[_i].dropped &&
                      counts.held_back == talks[_i].times - talks[_i].sent - talks[_i].dropped,
                  "%s: %lld sent, %lld dropped", talks[_i].name, (long long)counts.sent,
                  (long long)counts.dropped);
    ck_assert_msg(strncmp(talk.asked, talks[_i].asked, strlen(talks[_i].asked)) == 0, "%s: %s",
                  talks[_i].name, talk.asked);
}
END_TEST

/* Telling waits for nothing, and neither does ending, much. */
START_TEST(nobody_listens)
{
    const struct spk_event_object about = {"g/v1", "Kind", SPK_LIT("ns"), SPK_LIT("name"),
                                           SPK_LIT("uid")};
    struct kube_rig rig = {.canned = {.text = "", .end = CANNED_HANG}};
    int64_t begun_ms = spk_clock_mono_ms();
    struct spk_events *events;

    kube_rig_start(&rig, "");
    ck_assert_int_eq(spk_events_start(&events, rig.kube, "me", "host", &err), 0);
    for (int i = 0; i < SPK_EVENTS_MAX + 10; i++)
        spk_events_tell(events, &about, true, "Reason", "message");
    ck_assert_int_ge(spk_events_counts(events).dropped, 9);
    ck_assert_int_lt(spk_clock_mono_ms() - begun_ms, 5000);
    begun_ms = spk_clock_mono_ms();
    spk_events_stop(events);
    ck_assert_int_lt(spk_clock_mono_ms() - begun_ms, 5000);
    kube_rig_end(&rig);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("event");

    spk_json_init();
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, the_same_again_raises_the_count);
    tcase_add_test(tcase, who_says_too_much_is_held_back);
    tcase_add_test(tcase, memory_is_bounded);
    ADD_ROWS(tcase, sending, talks);
    tcase_add_test(tcase, nobody_listens);
    return run_case("event", tcase);
}
