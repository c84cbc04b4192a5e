#include "event_internal.h"

#include "spk/base/buf.h"
#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/limits.h"
#include "spk/base/text.h"
#include "spk/json/dump.h"
#include "spk/json/walk.h"
#include "spk/kube/event.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>

#define MESSAGE_MAX 1024
#define CALL_MS     10000
#define LAST_MS     2000 /* for what is waiting, when it ends */
#define KEEP_MS     120000
#define RETRY_MS    500
#define RETRY_MAX   10000
/* An object's name and 17 more make the event's, which may have SPK_SUBDOMAIN_MAX. */
#define STEM_MAX    230

struct telling {
    struct telling *next;
    int64_t told_ms;
    int64_t wall_s;
    bool warning;
    char *api_version; /* all in one allocation */
    char *kind;
    char *ns;
    char *name;
    char *uid;
    char *reason;
    char *message;
    char texts[];
};

struct spk_events {
    struct spk_kube *kube;
    char *component;
    char *instance;
    struct spk_event_memory *memory; /* the thread's */
    pthread_t thread;
    struct spk_stop cut; /* ends the call that is under way */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock. */
    struct telling *first;
    struct telling **behind;
    size_t waiting;
    struct spk_events_counts counts;
    bool ending;
    bool ended;
};

/* --------------------------------------------------------------------------- telling */

static char *add_text(char **room, struct spk_str text)
{
    char *copy = *room;

    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    *room += text.len + 1;
    return copy;
}

static struct spk_str cut_message(const char *message)
{
    struct spk_str text = spk_str(message);

    if (text.len > MESSAGE_MAX)
        text.len = spk_runes_whole((struct spk_str){text.ptr, MESSAGE_MAX});
    return text;
}

/* NULL without memory. */
static struct telling *copy(const struct spk_event_object *about, bool warning, const char *reason,
                            const char *message)
{
    struct spk_str texts[] = {spk_str(about->api_version),
                              spk_str(about->kind),
                              about->ns,
                              about->name,
                              about->uid,
                              spk_str(reason),
                              cut_message(message)};
    size_t size = SPK_LEN(texts);
    struct telling *telling;
    char *room;

    for (size_t i = 0; i < SPK_LEN(texts); i++)
        size += texts[i].len;
    telling = calloc(1, sizeof(*telling) + size);
    if (!telling)
        return NULL;
    room = telling->texts;
    telling->api_version = add_text(&room, texts[0]);
    telling->kind = add_text(&room, texts[1]);
    telling->ns = add_text(&room, texts[2]);
    telling->name = add_text(&room, texts[3]);
    telling->uid = add_text(&room, texts[4]);
    telling->reason = add_text(&room, texts[5]);
    telling->message = add_text(&room, texts[6]);
    spk_one_line(telling->message);
    telling->warning = warning;
    telling->told_ms = spk_clock_mono_ms();
    telling->wall_s = spk_clock_wall_ms() / 1000;
    return telling;
}

void spk_events_tell(struct spk_events *events, const struct spk_event_object *about, bool warning,
                     const char *reason, const char *message)
{
    struct telling *telling = copy(about, warning, reason, message);

    (void)pthread_mutex_lock(&events->lock);
    if (telling && events->waiting < SPK_EVENTS_MAX && !events->ending) {
        *events->behind = telling;
        events->behind = &telling->next;
        events->waiting++;
        telling = NULL;
        (void)pthread_cond_broadcast(&events->changed);
    } else {
        events->counts.dropped++;
    }
    (void)pthread_mutex_unlock(&events->lock);
    free(telling);
}

struct spk_events_counts spk_events_counts(struct spk_events *events)
{
    struct spk_events_counts counts;

    (void)pthread_mutex_lock(&events->lock);
    counts = events->counts;
    (void)pthread_mutex_unlock(&events->lock);
    return counts;
}

/* --------------------------------------------------------------------------- sending */

struct sending {
    struct spk_events *events;
    const struct telling *telling;
    struct spk_event_count count;
    const char *ns;
    char name[SPK_SUBDOMAIN_MAX + 1];
    char first[SPK_CLOCK_TEXT];
    char last[SPK_CLOCK_TEXT];
};

static void set_name(struct sending *sending)
{
    const char *name = sending->telling->name;
    size_t len = strnlen(name, STEM_MAX);

    while (len && !isalnum((unsigned char)name[len - 1]))
        len--;
    (void)snprintf(sending->name, sizeof(sending->name), "%.*s.%" PRIx64, (int)len, name,
                   sending->count.suffix);
}

static json_t *whole(const struct sending *sending)
{
    const struct telling *telling = sending->telling;
    const struct spk_events *events = sending->events;

    return json_pack(
        "{s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s, s:s, s:s, s:s}, s:s, s:s, s:s, s:I, s:s, s:s, "
        "s:{s:s, s:s}, s:s, s:s}",
        "apiVersion", "v1", "kind", "Event", "metadata", "namespace", sending->ns, "name",
        sending->name, "involvedObject", "apiVersion", telling->api_version, "kind", telling->kind,
        "namespace", telling->ns, "name", telling->name, "uid", telling->uid, "type",
        telling->warning ? "Warning" : "Normal", "reason", telling->reason, "message",
        telling->message, "count", (json_int_t)sending->count.count, "firstTimestamp",
        sending->first, "lastTimestamp", sending->last, "source", "component", events->component,
        "host", events->instance, "reportingComponent", events->component, "reportingInstance",
        events->instance);
}

static json_t *again(const struct sending *sending)
{
    return json_pack("{s:I, s:s}", "count", (json_int_t)sending->count.count, "lastTimestamp",
                     sending->last);
}

/* Return: as spk_kube_call() */
static int call(const struct sending *sending, bool new_one, struct spk_kube_answer *answer,
                struct spk_err *err)
{
    json_auto_t *body = new_one ? whole(sending) : again(sending);
    SPK_AUTOFREE char *text = NULL;
    struct spk_buf path;
    size_t len;
    int rc;

    *answer = (struct spk_kube_answer){0};
    if (!body)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (spk_json_dump(&text, &len, body, err))
        return -1;
    spk_buf_init(&path, SPK_KUBE_PATH_MAX);
    if (spk_kube_path(&path, err, "/api/v1/namespaces/", sending->ns, "/events", NULL) ||
        (!new_one && spk_kube_path(&path, err, "/", sending->name, NULL)))
        return -1;
    rc = spk_kube_call(sending->events->kube,
                       &(struct spk_kube_request){
                           .method = new_one ? "POST" : "PATCH",
                           .path = path.ptr,
                           .content_type = new_one ? NULL : SPK_KUBE_MERGE_PATCH,
                           .body = {text, len},
                           .timeout_ms = CALL_MS,
                           .stop = &sending->events->cut,
                       },
                       answer, err);
    spk_buf_done(&path);
    return rc;
}

enum outcome { SENT, REFUSED, LATER };

static enum outcome send_once(const struct sending *sending)
{
    bool new_one = sending->count.count == 1;
    struct spk_kube_answer answer;
    struct spk_err err;
    int status;
    int rc = call(sending, new_one, &answer, &err);

    /* The first one may have been deleted, or never have come to be. */
    if (rc > 0 && !new_one && answer.status == 404) {
        spk_kube_answer_done(&answer);
        new_one = true;
        rc = call(sending, new_one, &answer, &err);
    }
    status = rc > 0 ? answer.status : 0;
    spk_kube_answer_done(&answer);
    if (rc == 0 || (new_one && status == 409)) /* it got there, and its answer was lost */
        return SENT;
    if (rc < 0)
        return err.code == SPK_EIO ? LATER : REFUSED;
    return status == 429 || status == 401 || status >= 500 ? LATER : REFUSED;
}

static enum outcome send_on(const struct sending *sending)
{
    int64_t until_ms = sending->telling->told_ms + KEEP_MS;
    int64_t wait_ms = RETRY_MS;
    enum outcome outcome = send_once(sending);

    while (outcome == LATER && spk_clock_mono_ms() + wait_ms < until_ms) {
        if (spk_stop_wait(&sending->events->cut, wait_ms))
            break;
        wait_ms = 2 * wait_ms < RETRY_MAX ? 2 * wait_ms : RETRY_MAX;
        outcome = send_once(sending);
    }
    return outcome;
}

static int note(struct sending *sending, struct spk_err *err)
{
    const struct telling *telling = sending->telling;
    struct spk_event_moment now = {.mono_ms = telling->told_ms, .wall_s = telling->wall_s};
    SPK_AUTOFREE char *object = NULL;
    SPK_AUTOFREE char *event = NULL;
    uint32_t drawn = 0;

    (void)!getrandom(&drawn, sizeof(drawn), GRND_NONBLOCK);
    now.suffix = (uint64_t)spk_clock_wall_ms() * 1000000 + drawn % 1000000;
    if (asprintf(&object, "%s\n%s\n%s\n%s\n%s\n%d", telling->api_version, telling->kind,
                 telling->ns, telling->name, telling->uid, telling->warning) < 0) {
        object = NULL;
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    }
    if (asprintf(&event, "%s\n%s\n%s", object, telling->reason, telling->message) < 0) {
        event = NULL;
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    }
    return spk_event_note(&sending->count, sending->events->memory, object, event, &now, err);
}

static void handle(struct spk_events *events, const struct telling *telling)
{
    struct sending sending = {.events = events, .telling = telling};
    enum outcome outcome = REFUSED;
    struct spk_err err;

    if (note(&sending, &err) == 0 && !sending.count.held_back) {
        sending.ns = *telling->ns ? telling->ns : "default";
        set_name(&sending);
        spk_clock_text(sending.first, sending.count.first_s);
        spk_clock_text(sending.last, telling->wall_s);
        outcome = send_on(&sending);
    }
    (void)pthread_mutex_lock(&events->lock);
    if (sending.count.held_back)
        events->counts.held_back++;
    else if (outcome == SENT)
        events->counts.sent++;
    else
        events->counts.dropped++;
    (void)pthread_mutex_unlock(&events->lock);
}

/* The next one; NULL at the end. */
static struct telling *take(struct spk_events *events)
{
    struct telling *telling;

    (void)pthread_mutex_lock(&events->lock);
    while (!events->first && !events->ending)
        (void)pthread_cond_wait(&events->changed, &events->lock);
    telling = spk_stop_thrown(&events->cut) ? NULL : events->first;
    if (telling) {
        events->first = telling->next;
        events->waiting--;
        if (!events->first)
            events->behind = &events->first;
    } else {
        events->ended = true;
        (void)pthread_cond_broadcast(&events->changed);
    }
    (void)pthread_mutex_unlock(&events->lock);
    return telling;
}

static void *run(void *arg)
{
    struct spk_events *events = arg;
    struct telling *telling;

    while ((telling = take(events)) != NULL) {
        handle(events, telling);
        free(telling);
    }
    return NULL;
}

/* --------------------------------------------------------------------------- begin and end */

static void free_events(struct spk_events *events)
{
    while (events->first) {
        struct telling *telling = events->first;
        events->first = telling->next;
        free(telling);
    }
    spk_event_memory_free(events->memory);
    spk_stop_done(&events->cut);
    (void)pthread_cond_destroy(&events->changed);
    (void)pthread_mutex_destroy(&events->lock);
    free(events->component);
    free(events->instance);
    free(events);
}

static void init_locks(struct spk_events *events)
{
    pthread_condattr_t attr;

    (void)pthread_mutex_init(&events->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&events->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
}

static int start_thread(struct spk_events *events, struct spk_err *err)
{
    sigset_t all;
    sigset_t old;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    errno = pthread_create(&events->thread, NULL, run, events);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return errno ? spk_fail_sys(err, "thread") : 0;
}

int spk_events_start(struct spk_events **out, struct spk_kube *kube, const char *component,
                     const char *instance, struct spk_err *err)
{
    struct spk_events *events = calloc(1, sizeof(*events));

    if (!events)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    events->cut.fd = -1;
    events->kube = kube;
    events->behind = &events->first;
    events->component = strdup(component);
    events->instance = strdup(instance);
    events->memory = spk_event_memory_new();
    init_locks(events);
    if (!events->component || !events->instance || !events->memory) {
        free_events(events);
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    }
    if (spk_stop_init(&events->cut, err) || start_thread(events, err)) {
        free_events(events);
        return -1;
    }
    *out = events;
    return 0;
}

void spk_events_stop(struct spk_events *events)
{
    int64_t until_ms = spk_clock_mono_ms() + LAST_MS;
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    int rc = 0;

    if (!events)
        return;
    (void)pthread_mutex_lock(&events->lock);
    events->ending = true;
    (void)pthread_cond_broadcast(&events->changed);
    while (!events->ended && rc == 0)
        rc = pthread_cond_timedwait(&events->changed, &events->lock, &until);
    (void)pthread_mutex_unlock(&events->lock);
    spk_stop_throw(&events->cut);
    (void)pthread_join(events->thread, NULL);
    free_events(events);
}
