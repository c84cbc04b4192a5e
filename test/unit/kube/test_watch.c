/* Lists and watches as a script of requests that must come and of answers to them. */
#include "rig.h"

#include "spk/base/limits.h"
#include "spk/kube/watch.h"

#include "../suite.h"

#include <stdatomic.h>

#define PATH       "GET /api/v1/pods"
#define LIST(rest) PATH "?limit=500" rest " "
#define WATCH(version) \
    PATH "?watch=1&allowWatchBookmarks=true&resourceVersion=" version "&timeoutSeconds="
#define ITEM(name) "{\"metadata\":{\"name\":\"" name "\"}}"
#define ITEMS(version, items) \
    JSON_HEAD "{\"metadata\":{\"resourceVersion\":\"" version "\"},\"items\":" items "}"
#define MORE(rest, items) JSON_HEAD "{\"metadata\":{\"continue\":\"" rest "\"},\"items\":" items "}"
#define EVENT(type, name, version)                                      \
    "{\"type\":\"" type "\",\"object\":{\"metadata\":{\"name\":\"" name \
    "\",\"resourceVersion\":\"" version "\"}}}\n"
#define ERROR(code, reason)                                                                      \
    "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":" code ",\"reason\":\"" reason \
    "\",\"message\":\"m\"}}\n"

#define STEPS 8

struct step {
    const char *expect; /* what the request begins with */
    const char *text;
};

struct script {
    const struct step *steps;
    char wrong[512];
    struct spk_stop over; /* thrown when the last step has been asked for */
    pthread_mutex_t lock;
    char record[1024];
};

/* Behind the last step it says what it said there. */
static const char *follow(void *ctx, const char *request, unsigned n)
{
    struct script *script = ctx;
    const struct step *step = script->steps;

    while (n > 1 && step[1].expect) {
        step++;
        n--;
    }
    if (n == 1 && strncmp(request, step->expect, strlen(step->expect)) != 0 && !*script->wrong)
        (void)snprintf(script->wrong, sizeof(script->wrong), "expected %s, got %.300s",
                       step->expect, request);
    if (!step[1].expect)
        spk_stop_throw(&script->over);
    return step->text;
}

static void note(struct script *script, const char *what, const char *name)
{
    size_t len;

    (void)pthread_mutex_lock(&script->lock);
    len = strlen(script->record);
    (void)snprintf(script->record + len, sizeof(script->record) - len, "%s%s ", what, name);
    (void)pthread_mutex_unlock(&script->lock);
}

static const char *name_of(const json_t *object)
{
    return json_string_value(json_object_get(json_object_get(object, "metadata"), "name"));
}

static void on_list(void *ctx, const struct spk_kube_page *page)
{
    json_t *item;
    size_t i;

    note(ctx, page->first ? "[" : "+", "");
    json_array_foreach(page->items, i, item) note(ctx, "", name_of(item));
    if (page->last)
        note(ctx, "]", "");
}

static void on_event(void *ctx, enum spk_kube_event event, json_t *object)
{
    static const char *const marks[] = {"add:", "change:", "delete:"};

    note(ctx, marks[event], name_of(object));
}

static void on_state(void *ctx, const struct spk_kube_state *state)
{
    ck_assert(state->watching || state->relisting || state->err.code);
    ck_assert_int_gt(state->since_ms, 0);
    note(ctx, state->watching ? "watching" : state->relisting ? "relisting" : "failing", "");
}

static void on_unread(void *ctx, const struct spk_err *err)
{
    ck_assert_int_ne(err->code, SPK_OK);
    note(ctx, "unread:", err->msg);
}

/* Each is stored by a real API server. */
#define META(name, version) \
    "{\"metadata\":{\"namespace\":\"ns\",\"name\":\"" name "\",\"resourceVersion\":\"" version "\"}"
#define BIG(name)               META(name, "7") ",\"x\":100000000000000000000}"
#define NUL_KEY(name)           META(name, "7") ",\"a\\u0000b\":1}"
#define BAD_EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"

static const struct {
    const char *name;
    struct step steps[STEPS];
    const char *record; /* it begins with this */
} rows[] = {
    {"events, and on from the last one",
     {{LIST(""), ITEMS("5", "[" ITEM("a") "]")},
      {WATCH("5"),
       JSON_HEAD EVENT("ADDED", "b", "6") EVENT("MODIFIED", "a", "7") EVENT("DELETED", "a", "8")},
      {WATCH("8"), JSON_HEAD EVENT("ADDED", "c", "9")},
      {WATCH("9"), JSON_HEAD EVENT("BOOKMARK", "x", "20") EVENT("NEWS", "y", "21")},
      {WATCH("21"), JSON_HEAD}},
     "[ a ] watching add:b change:a delete:a add:c "},
    {"an empty list is null",
     {{LIST(""), ITEMS("5", "null")},
      {WATCH("5"), JSON_HEAD EVENT("ADDED", "b", "6")},
      {WATCH("6"), JSON_HEAD}},
     "[ ] watching add:b "},
    {"pages",
     {{LIST(""), MORE("c 1/2", "[" ITEM("a") "," ITEM("b") "]")},
      {LIST("&continue=c%201%2F2"), MORE("d", "[" ITEM("c") "]")},
      {LIST("&continue=d"), ITEMS("5", "[]")},
      {WATCH("5"), JSON_HEAD}},
     "[ a b + c + ] watching "},
    {"pages that break off",
     {{LIST(""), MORE("c", "[" ITEM("a") "]")},
      {LIST("&continue=c"), REFUSAL("410 x") "\r\n{}"},
      {LIST(""), ITEMS("5", "[" ITEM("b") "]")},
      {WATCH("5"), JSON_HEAD}},
     "[ a failing [ b ] watching "},
    {"gone, as an event",
     {{LIST(""), ITEMS("5", "[]")},
      {WATCH("5"), JSON_HEAD EVENT("ADDED", "a", "6")},
      {WATCH("6"), JSON_HEAD ERROR("410", "Expired")},
      {LIST(""), ITEMS("9", "[]")},
      {WATCH("9"), JSON_HEAD}},
     "[ ] watching add:a relisting [ ] watching "},
    {"gone, as a status",
     {{LIST(""), ITEMS("5", "[]")},
      {WATCH("5"), JSON_HEAD EVENT("ADDED", "a", "6")},
      {WATCH("6"), REFUSAL("410 x") "\r\n{}"},
      {LIST(""), ITEMS("9", "[]")},
      {WATCH("9"), JSON_HEAD}},
     "[ ] watching add:a relisting [ ] watching "},
    {"gone at once: that is no way to go on",
     {{LIST(""), ITEMS("5", "[]")},
      {WATCH("5"), JSON_HEAD ERROR("410", "Expired")},
      {LIST(""), ITEMS("9", "[]")},
      {WATCH("9"), JSON_HEAD}},
     "[ ] watching failing [ ] watching "},
    {"an error that keeps the place",
     {{LIST(""), ITEMS("5", "[]")},
      {WATCH("5"), REFUSAL("503 x") "\r\n{}"},
      {WATCH("5"), JSON_HEAD ERROR("500", "InternalError")},
      {WATCH("5"), JSON_HEAD}},
     "[ ] failing watching failing watching "},
    {"an error that does not",
     {{LIST(""), ITEMS("5", "[]")},
      {WATCH("5"), REFUSAL("504 x") "\r\n{}"},
      {LIST(""), ITEMS("6", "[]")},
      {WATCH("6"), JSON_HEAD}},
     "[ ] failing [ ] watching "},
    {"rubbish",
     {{LIST(""), ITEMS("5", "[]")},
      {WATCH("5"), JSON_HEAD EVENT("ADDED", "a", "6") "{]\n"},
      {LIST(""), ITEMS("9", "[]")},
      {WATCH("9"), JSON_HEAD}},
     "[ ] watching add:a failing [ ] watching "},
    {"objects that can't be read, in a list",
     {{LIST(""), MORE("c", "[" BIG("a") "," ITEM("b") " , " NUL_KEY("c") "]")},
      {LIST("&continue=c"), ITEMS("5", "[" BIG("d") "]")},
      {WATCH("5"), JSON_HEAD}},
     "unread:ns/a: JSON line 1 column 89: too big integer unread:ns/c: JSON line 1 column 74: NUL "
     "byte in object key not supported near '\"a\\u0000b\"' [ b unread:ns/d: JSON line 1 column "
     "89: "
     "too big integer + ] watching "},
    {"objects that can't be read, in events",
     {{LIST(""), ITEMS("5", "[]")},
      {WATCH("5"), JSON_HEAD BAD_EVENT("MODIFIED", BIG("a")) EVENT("ADDED", "b", "8")},
      {WATCH("8"), JSON_HEAD BAD_EVENT("ADDED", NUL_KEY("c"))},
      {WATCH("7"), JSON_HEAD}},
     "[ ] watching unread:ns/a: JSON line 1 column 117: too big integer delete:a add:b "
     "unread:ns/c: "
     "JSON line 1 column 99: NUL byte in object key not supported near '\"a\\u0000b\"' delete:c "},
    {"a list that does not end",
     {{LIST(""), ITEMS("5", "[" ITEM("a"))}, {LIST(""), ITEMS("5", "[]")}, {WATCH("5"), JSON_HEAD}},
     "failing [ ] watching "},
    {"a list that is none",
     {{LIST(""), JSON_HEAD "[]"},
      {LIST(""), ITEMS("", "[]")},
      {LIST(""), ITEMS("5", "[]")},
      {WATCH("5"), JSON_HEAD}},
     "failing [ ] failing [ ] watching "},
};

static void script_init(struct script *script, const struct step *steps)
{
    struct spk_err err;

    *script = (struct script){.steps = steps};
    ck_assert_int_eq(spk_stop_init(&script->over, &err), 0);
    (void)pthread_mutex_init(&script->lock, NULL);
}

static struct spk_kube_watch *watch_pods(struct kube_rig *rig, struct script *script, bool strict)
{
    struct spk_kube_watch *watch = NULL;
    struct spk_err err = {0};

    ck_assert_msg(spk_kube_watch_start(
                      &watch, rig->kube,
                      &(struct spk_kube_watch_options){.path = "/api/v1/pods",
                                                       .ctx = script,
                                                       .on_list = on_list,
                                                       .on_event = on_event,
                                                       .on_state = on_state,
                                                       .on_unread = strict ? NULL : on_unread},
                      &err) == 0,
                  "%s", err.msg);
    return watch;
}

/* Until the record begins with @wanted. */
static void wait_recorded(struct script *script, const char *wanted)
{
    int64_t until_ms = spk_clock_mono_ms() + 20000;
    bool there;

    do {
        (void)usleep(2000);
        (void)pthread_mutex_lock(&script->lock);
        there = strncmp(script->record, wanted, strlen(wanted)) == 0;
        (void)pthread_mutex_unlock(&script->lock);
    } while (!there && spk_clock_mono_ms() < until_ms);
}

static void stop_at_once(struct spk_kube_watch *watch)
{
    int64_t begun_ms = spk_clock_mono_ms();

    spk_kube_watch_stop(watch);
    ck_assert_int_lt(spk_clock_mono_ms() - begun_ms, 250);
}

/* Each watch brings something and ends. */
static const char *cut_off(void *ctx, const char *request, unsigned n)
{
    (void)n;
    if (!strstr(request, "watch=1"))
        return ITEMS("5", "[]");
    (void)atomic_fetch_add((atomic_uint *)ctx, 1);
    return JSON_HEAD EVENT("MODIFIED", "a", "6");
}

static void ignore_list(void *ctx, const struct spk_kube_page *page)
{
    (void)ctx;
    (void)page;
}

static void ignore_event(void *ctx, enum spk_kube_event event, json_t *object)
{
    (void)ctx;
    (void)event;
    (void)object;
}

START_TEST(haste_is_curbed)
{
    atomic_uint asked = 0;
    struct kube_rig rig = {.canned = {.answer = cut_off, .ctx = &asked}};
    struct spk_kube_watch *watch = NULL;
    struct spk_err err = {0};
    int64_t begun_ms = spk_clock_mono_ms();

    kube_rig_start(&rig, "");
    ck_assert_int_eq(
        spk_kube_watch_start(&watch, rig.kube,
                             &(struct spk_kube_watch_options){.path = "/api/v1/pods",
                                                              .on_list = ignore_list,
                                                              .on_event = ignore_event},
                             &err),
        0);
    while (atomic_load(&asked) < 8 && spk_clock_mono_ms() - begun_ms < 20000)
        (void)usleep(1000);
    ck_assert_uint_ge(atomic_load(&asked), 8);
    ck_assert_int_ge(spk_clock_mono_ms() - begun_ms, 2000);
    stop_at_once(watch);
    kube_rig_end(&rig);
}
END_TEST

START_TEST(steps)
{
    struct script script;
    struct kube_rig rig = {.canned = {.answer = follow, .ctx = &script}};
    struct spk_kube_watch *watch;

    script_init(&script, rows[_i].steps);
    kube_rig_start(&rig, "");
    watch = watch_pods(&rig, &script, false);
    (void)spk_stop_wait(&script.over, 20000);
    wait_recorded(&script, rows[_i].record);
    stop_at_once(watch);
    kube_rig_end(&rig);
    ck_assert_msg(!*script.wrong, "%s: %s", rows[_i].name, script.wrong);
    ck_assert_msg(strncmp(script.record, rows[_i].record, strlen(rows[_i].record)) == 0,
                  "%s: %s\n%s", rows[_i].name, script.record, rows[_i].record);
    spk_stop_done(&script.over);
}
END_TEST

START_TEST(all_have_to_be_read)
{
    static const struct step script_steps[] = {
        {LIST(""), ITEMS("5", "[" BIG("a") "]")},
        {LIST(""), ITEMS("5", "[]")},
        {WATCH("5"), JSON_HEAD BAD_EVENT("MODIFIED", BIG("a"))},
        {LIST(""), ITEMS("9", "[]")},
        {WATCH("9"), JSON_HEAD},
        {NULL, NULL},
    };
    struct script script;
    struct kube_rig rig = {.canned = {.answer = follow, .ctx = &script}};
    struct spk_kube_watch *watch;

    script_init(&script, script_steps);
    kube_rig_start(&rig, "");
    watch = watch_pods(&rig, &script, true);
    wait_recorded(&script, "failing [ ] watching failing [ ] watching ");
    spk_kube_watch_stop(watch);
    kube_rig_end(&rig);
    ck_assert_msg(!*script.wrong, "%s", script.wrong);
    ck_assert_ptr_nonnull(strstr(script.record, "failing [ ] watching failing [ ] watching "));
    spk_stop_done(&script.over);
}
END_TEST

/* Too much for one answer: asked for in smaller pages. */
START_TEST(too_big)
{
    static const struct step first = {LIST(""), NULL};
    struct step script_steps[] = {
        first, {PATH "?limit=125 ", ITEMS("5", "[]")}, {WATCH("5"), JSON_HEAD}, {NULL, NULL}};
    size_t size = SPK_ANSWER_MAX + sizeof(JSON_HEAD) + 1;
    char *text = malloc(size);
    struct script script;
    struct kube_rig rig = {.canned = {.answer = follow, .ctx = &script}};
    struct spk_kube_watch *watch;

    ck_assert_ptr_nonnull(text);
    memset(text, ' ', size);
    memcpy(text, JSON_HEAD, sizeof(JSON_HEAD) - 1);
    text[size - 1] = '\0';
    script_steps[0].text = text;
    script_init(&script, script_steps);
    kube_rig_start(&rig, "");
    watch = watch_pods(&rig, &script, false);
    wait_recorded(&script, "failing [ ] watching ");
    spk_kube_watch_stop(watch);
    kube_rig_end(&rig);
    ck_assert_msg(!*script.wrong, "%s", script.wrong);
    ck_assert_ptr_nonnull(strstr(script.record, "failing [ ] watching "));
    spk_stop_done(&script.over);
    free(text);
}
END_TEST

static const struct {
    const char *name;
    struct step steps[3];
    const char *record; /* until then it goes on; from there it hangs or waits */
    enum canned_end end;
} hangs[] = {
    {"in the list", {{LIST(""), ""}}, "", CANNED_HANG},
    {"in the watch",
     {{LIST(""), ITEMS("5", "[]")}, {WATCH("5"), JSON_HEAD}},
     "[ ] watching ",
     CANNED_CLOSE},
    {"while waiting", {{LIST(""), REFUSAL("500 x") "\r\n{}"}}, "failing ", CANNED_CLOSE},
};

START_TEST(stop)
{
    struct script script;
    struct kube_rig rig = {.canned = {.answer = follow, .ctx = &script, .end = hangs[_i].end}};
    struct spk_kube_watch *watch;

    script_init(&script, hangs[_i].steps);
    kube_rig_start(&rig, "");
    watch = watch_pods(&rig, &script, false);
    (void)spk_stop_wait(&script.over, 20000);
    wait_recorded(&script, hangs[_i].record);
    stop_at_once(watch);
    kube_rig_end(&rig);
    spk_stop_done(&script.over);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("watch");

    spk_json_init();
    tcase_set_timeout(tcase, 60);
    ADD_ROWS(tcase, steps, rows);
    tcase_add_test(tcase, haste_is_curbed);
    tcase_add_test(tcase, too_big);
    tcase_add_test(tcase, all_have_to_be_read);
    ADD_ROWS(tcase, stop, hangs);
    return run_case("kube watch", tcase);
}
