/*
 * The events behind a resourceVersion.
 */
#include "watch_internal.h"

#include "spk/base/clock.h"

#include <errno.h>
#include <stdio.h>

#define OPEN_MS    30000
/* client-go's range (reflector.go minWatchTimeout). */
#define LAST_MIN_S 300
/* A watch that lasted less, and brought nothing, is a failure (reflector.go handleWatch). */
#define SHORT_MS   1000

static const struct {
    const char *type;
    enum spk_kube_event event;
} events[] = {
    {"ADDED", SPK_KUBE_ADDED},
    {"MODIFIED", SPK_KUBE_MODIFIED},
    {"DELETED", SPK_KUBE_DELETED},
};

static int follow_path(struct spk_buf *out, const struct spk_kube_watch *watch, struct spk_err *err)
{
    char seconds[16];

    (void)snprintf(seconds, sizeof(seconds), "%u", LAST_MIN_S + spk_watch_random(LAST_MIN_S));
    if (spk_watch_path(out, watch,
                       "?watch=1&allowWatchBookmarks=true&resourceVersion=", watch->version, err))
        return -1;
    return spk_kube_path(out, err, "&timeoutSeconds=", seconds, NULL);
}

/* Statuses after which our place may still be good; with any other one a list makes sure. */
static bool keeps_place(int status)
{
    return status == 429 || status == 500 || status == 502 || status == 503;
}

static enum spk_watch_end refused(struct spk_kube_watch *watch,
                                  const struct spk_kube_answer *answer, struct spk_err *err)
{
    watch->refusal = answer->status;
    (void)spk_fail(err, SPK_EIO, "%s: %s", watch->path, answer->text);
    if (answer->status == 410)
        return SPK_WATCH_GONE;
    if (!keeps_place(answer->status))
        spk_watch_forget(watch);
    return SPK_WATCH_FAILED;
}

static enum spk_watch_end broken(struct spk_kube_watch *watch, struct spk_err *err)
{
    if (err->sys == ECANCELED)
        return SPK_WATCH_STOPPED;
    /* Events are lost, or can't be read: a list does without them. */
    if (err->code != SPK_EIO)
        spk_watch_forget(watch);
    return SPK_WATCH_FAILED;
}

/* An ERROR event holds a Status. */
static enum spk_watch_end error_event(struct spk_kube_watch *watch, const json_t *status,
                                      struct spk_err *err)
{
    json_int_t code = json_integer_value(json_object_get(status, "code"));
    const char *reason = json_string_value(json_object_get(status, "reason"));
    const char *message = json_string_value(json_object_get(status, "message"));

    watch->refusal = (int)code;
    (void)spk_fail(err, SPK_EIO, "%s: %d %s: %.300s", watch->path, (int)code, reason ? reason : "",
                   message ? message : "");
    if (code == 410 || (reason && strcmp(reason, "Expired") == 0))
        return SPK_WATCH_GONE;
    if (!keeps_place((int)code))
        spk_watch_forget(watch);
    return SPK_WATCH_FAILED;
}

static void hand_over(const struct spk_kube_watch *watch, struct spk_str type, json_t *object)
{
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (spk_str_is(type, events[i].type))
            watch->options.on_event(watch->options.ctx, events[i].event, object);
    }
}

static enum spk_watch_end take_event(struct spk_kube_watch *watch, const json_t *event,
                                     struct spk_err *err)
{
    struct spk_str type;
    json_t *object;

    if (spk_json_expect(event, JSON_OBJECT, NULL, err) ||
        spk_json_text(&type, event, "type", NULL, err) ||
        spk_json_member(&object, event, "object", JSON_OBJECT, NULL, err))
        return broken(watch, err);
    if (spk_str_is(type, "ERROR"))
        return error_event(watch, object, err);
    if (object)
        hand_over(watch, type, object);
    /* Types that we do not know may come one day; bookmarks are versions and nothing else. */
    return spk_watch_remember(watch, object, err) ? broken(watch, err) : SPK_WATCH_OVER;
}

static enum spk_watch_end take_line(struct spk_kube_watch *watch, struct spk_str line,
                                    struct spk_err *err)
{
    enum spk_watch_end end;
    json_t *event;

    if (spk_json_parse(&event, line.ptr, line.len, err)) {
        if (spk_watch_pass_over(watch, line, err))
            return SPK_WATCH_OVER;
        (void)spk_fail_in(err, "%s: an event", watch->path);
        return broken(watch, err);
    }
    end = take_event(watch, event, err);
    json_decref(event);
    return end;
}

static enum spk_watch_end read_on(struct spk_kube_watch *watch, struct spk_stream *stream,
                                  bool *good, struct spk_err *err)
{
    for (;;) {
        enum spk_watch_end end;
        struct spk_str line;
        int rc = spk_stop_thrown(&watch->stop) ? 1 : spk_stream_line(stream, &line, err);
        if (rc < 0)
            return broken(watch, err);
        if (rc > 0)
            return SPK_WATCH_OVER;
        end = take_line(watch, line, err);
        if (end != SPK_WATCH_OVER)
            return end;
        *good = true;
    }
}

enum spk_watch_end spk_watch_follow(struct spk_kube_watch *watch, bool *good, struct spk_err *err)
{
    struct spk_kube_answer answer = {0};
    struct spk_kube_stream stream;
    enum spk_watch_end end;
    struct spk_buf path;
    int64_t since_ms;
    int rc;

    if (follow_path(&path, watch, err))
        return SPK_WATCH_FAILED;
    rc = spk_kube_open(
        &stream, watch->kube,
        &(struct spk_kube_request){
            .method = "GET", .path = path.ptr, .timeout_ms = OPEN_MS, .stop = &watch->stop},
        watch->options.idle_ms, &answer, err);
    spk_buf_done(&path);
    if (rc) {
        end = rc < 0 ? broken(watch, err) : refused(watch, &answer, err);
        spk_kube_answer_done(&answer);
        return end;
    }
    since_ms = spk_clock_mono_ms();
    spk_watch_opened(watch);
    end = read_on(watch, stream.stream, good, err);
    spk_kube_stream_close(watch->kube, &stream);
    *good = *good || spk_clock_mono_ms() - since_ms >= SHORT_MS;
    return end;
}
