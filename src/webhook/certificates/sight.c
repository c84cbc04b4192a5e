#include "webhook/certificates/sight.h"

#include "spk/base/clock.h"
#include "spk/json/walk.h"

#include <stdio.h>
#include <string.h>

/* One call of the API server, retries included. */
#define CALL_MS ((int64_t)10 * 1000)

void spk_sight_init(struct spk_sight *sight, const char *what, const struct spk_logger *logger,
                    void (*on_change)(void *ctx), void *ctx)
{
    *sight = (struct spk_sight){.what = what, .logger = logger, .on_change = on_change, .ctx = ctx};
    (void)pthread_mutex_init(&sight->lock, NULL);
}

static void keep(struct spk_sight *sight, json_t *object)
{
    (void)pthread_mutex_lock(&sight->lock);
    json_decref(sight->object);
    sight->object = json_incref(object);
    sight->known = true;
    sight->on_change(sight->ctx);
    (void)pthread_mutex_unlock(&sight->lock);
}

/* The field selector leaves one object at most. */
static void on_list(void *ctx, const struct spk_kube_page *page)
{
    if (page->first)
        keep(ctx, json_array_get(page->items, 0));
}

static void on_event(void *ctx, enum spk_kube_event event, json_t *object)
{
    keep(ctx, event == SPK_KUBE_DELETED ? NULL : object);
}

static void log_state(const struct spk_sight *sight, const struct spk_kube_state *state)
{
    struct spk_log_line line;

    spk_log_begin(&line, sight->logger, state->watching ? SPK_LOG_INFO : SPK_LOG_WARN,
                  state->watching ? "in sight" : "out of sight, what is served stays");
    spk_log_text(&line, "object", sight->what);
    if (!state->watching)
        spk_log_long(&line, "error", state->err.msg);
    spk_log_end(&line);
}

static void on_state(void *ctx, const struct spk_kube_state *state)
{
    struct spk_sight *sight = ctx;
    bool news;

    if (state->relisting)
        return;
    (void)pthread_mutex_lock(&sight->lock);
    news = sight->watching != state->watching || strcmp(sight->trouble.msg, state->err.msg) != 0;
    sight->watching = state->watching;
    sight->trouble = state->watching ? (struct spk_err){0} : state->err;
    sight->on_change(sight->ctx);
    (void)pthread_mutex_unlock(&sight->lock);
    if (news)
        log_state(sight, state);
}

int spk_sight_start(struct spk_sight *sight, struct spk_kube *kube, const struct spk_stop *stop,
                    const char *collection, const char *name, struct spk_err *err)
{
    char selector[SPK_SUBDOMAIN_MAX + 32];
    const struct spk_kube_watch_options options = {
        .path = collection,
        .field_selector = selector,
        .ctx = sight,
        .on_list = on_list,
        .on_event = on_event,
        .on_state = on_state,
    };

    sight->kube = kube;
    sight->stop = stop;
    (void)snprintf(selector, sizeof(selector), "metadata.name=%s", name);
    (void)snprintf(sight->path, sizeof(sight->path), "%s/%s", collection, name);
    (void)snprintf(sight->list, sizeof(sight->list), "%s?fieldSelector=metadata.name%%3D%s",
                   collection, name);
    return spk_kube_watch_start(&sight->watch, kube, &options, err);
}

void spk_sight_done(struct spk_sight *sight)
{
    spk_kube_watch_stop(sight->watch);
    json_decref(sight->object);
    (void)pthread_mutex_destroy(&sight->lock);
}

void spk_sight_look(struct spk_sight *sight, struct spk_sight_state *out)
{
    (void)pthread_mutex_lock(&sight->lock);
    *out = (struct spk_sight_state){
        .object = json_incref(sight->object),
        .known = sight->known,
        .watching = sight->watching,
        .trouble = sight->trouble,
    };
    (void)pthread_mutex_unlock(&sight->lock);
}

static struct spk_str version_of(const json_t *object)
{
    return spk_json_str(json_object_get(json_object_get(object, "metadata"), "resourceVersion"));
}

static int call(struct spk_sight *sight, struct spk_kube_request *request,
                struct spk_kube_answer *answer, struct spk_err *err)
{
    int rc;

    request->timeout_ms = CALL_MS;
    request->stop = sight->stop;
    rc = spk_kube_call(sight->kube, request, answer, err);
    if (rc > 0)
        (void)spk_fail(err, SPK_EIO, "%s", answer->text);
    return rc;
}

enum spk_sight_live spk_sight_ask(struct spk_sight *sight, const json_t *object,
                                  struct spk_err *err)
{
    struct spk_kube_request request = {.method = "GET", .path = sight->list};
    enum spk_sight_live live = SPK_SIGHT_UNKNOWN;
    struct spk_kube_answer answer;

    if (call(sight, &request, &answer, err) == 0) {
        json_t *found = json_array_get(json_object_get(answer.object, "items"), 0);
        bool same = spk_str_eq(version_of(found), version_of(object));
        live = same ? SPK_SIGHT_SAME : SPK_SIGHT_OTHER;
        if (!same)
            keep(sight, found);
    }
    spk_kube_answer_done(&answer);
    return live;
}

/* An update of what has changed meanwhile (409), was deleted (404), or is not what a JSON Patch was
 * to find (422). The same answers have other reasons, too: then the object is as it was. */
static bool was_overtaken(struct spk_sight *sight, const json_t *base, int status)
{
    struct spk_err err = {0};

    return (status == 404 || status == 409 || status == 422) &&
           spk_sight_ask(sight, base, &err) == SPK_SIGHT_OTHER;
}

int64_t spk_sight_rest_ms(const struct spk_sight *sight, int64_t now_ms)
{
    return sight->paid_ms - now_ms - (SPK_SIGHT_CHANGES - 1) * SPK_SIGHT_EACH_MS;
}

static void charge(struct spk_sight *sight)
{
    int64_t now_ms = spk_clock_mono_ms();

    sight->paid_ms = (sight->paid_ms > now_ms ? sight->paid_ms : now_ms) + SPK_SIGHT_EACH_MS;
}

int spk_sight_change(struct spk_sight *sight, const json_t *base, struct spk_kube_request *request,
                     struct spk_err *err)
{
    struct spk_kube_answer answer;
    int rc;

    request->method = "PATCH";
    if (!request->path)
        request->path = sight->path;
    rc = call(sight, request, &answer, err);
    if (rc == 0)
        keep(sight, answer.object);
    else
        rc = rc > 0 && was_overtaken(sight, base, answer.status) ? 1 : -1;
    if (rc >= 0)
        charge(sight);
    spk_kube_answer_done(&answer);
    return rc;
}
