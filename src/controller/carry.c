#include "spk/base/clock.h"

#include "controller/pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How soon what is being deleted, or a child that is being ended, is looked at again, where the
 * machine wants to know more than a look could say. */
#define GONE_YET_MS 500

static bool wants_ui(const struct spk_pass *pass, const struct spk_app_status *status)
{
    return pass->engine->options.ui_service && !*status->driver.ui_service &&
           (status->state == SPK_APP_SUBMITTED || status->state == SPK_APP_RUNNING);
}

/* Marker and hash go first: a status without a marker would be somebody else's for ever. Where the
 * spec changed, the hash is written on the way to the next run, never before the status says that
 * there will be one. */
static int write_marks(struct spk_pass *pass, struct spk_err *err)
{
    json_auto_t *patch =
        json_pack("{s{ss% s{ss ss}}}", "metadata", "resourceVersion",
                  pass->app.resource_version.ptr, pass->app.resource_version.len, "annotations",
                  SPK_APP_MARKER, SPK_APP_MARKER_VALUE, SPK_APP_SPEC_HASH, pass->app.hash);
    json_t *object = NULL;
    int result;

    if (!patch)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    result = spk_api_patch(pass->engine->kube, &pass->key, false, patch, &object, err);
    if (result != 0)
        return result;
    return spk_pass_take(pass, object, err);
}

static bool marked(const struct spk_app *app)
{
    return app->ours && spk_str_is(app->written_hash, app->hash);
}

static int send_status(struct spk_pass *pass, json_t *patch, json_t **object, struct spk_err *err)
{
    json_t *metadata = json_pack("{ss%}", "resourceVersion", pass->app.resource_version.ptr,
                                 pass->app.resource_version.len);

    int result;

    if (json_object_set_new(patch, "metadata", metadata) != 0)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    result = spk_api_patch(pass->engine->kube, &pass->key, true, patch, object, err);
    if (result == 1) {
        return spk_fail(err, SPK_EIO,
                        "PATCH sparkapplications/status: 404: it is gone, or its definition lacks "
                        "the status subresource");
    }
    return result;
}

static void tell_transition(struct spk_pass *pass, const struct spk_app_status *old,
                            const struct spk_app_status *now)
{
    const struct spk_engine_options *options = &pass->engine->options;
    struct spk_engine_transition told = {
        .labels = json_object_get(pass->app.metadata, "labels"),
        .from = old->state,
        .to = now->state,
        .first = now->execution_attempts <= 1,
        .ran_s = now->terminated_s && now->submitted_s ? now->terminated_s - now->submitted_s : -1,
    };
    char ns[SPK_LABEL_MAX + 1];

    if (old->state == now->state || !options->on_transition)
        return;
    (void)snprintf(ns, sizeof(ns), "%.*s", SPK_ARG(pass->key.ns));
    told.ns = ns;
    told.since_made_s = pass->facts.now_s - pass->app.created_s;
    options->on_transition(options->ctx, &told);
}

/* The spec that was judged ends the application, without a submission that could say more. */
static bool is_refused(const struct spk_pass *pass, const struct spk_app_status *now)
{
    return now->state == SPK_APP_FAILED && *pass->fault;
}

static void tell(struct spk_pass *pass, const struct spk_step *step)
{
    const struct spk_app_status *status = &step->status;
    const char *pod = *status->driver.pod ? status->driver.pod : pass->driver_name;

    for (size_t i = 0; i < SPK_STEP_EVENTS && step->events[i] != SPK_EVENT_NONE; i++)
        spk_engine_tell(pass->engine, &pass->app, step->events[i], pod, status->message);
    if (is_refused(pass, status))
        spk_engine_tell_notes(pass->engine, &pass->app, &pass->judged);
    spk_engine_log_step(pass->engine, pass->key_text, step);
}

/* A new id that is stored is this process's to submit. */
static int note_id(struct spk_pass *pass, const struct spk_app_status *old,
                   const struct spk_app_status *now, struct spk_err *err)
{
    if (now->state != SPK_APP_NEW || !*now->submission_id ||
        strcmp(now->submission_id, old->submission_id) == 0)
        return 0;
    return spk_attempts_ready(pass->engine->attempts, pass->key_text, now->submission_id, err);
}

static bool has_driver(enum spk_app_state state)
{
    return state == SPK_APP_SUBMITTED || state == SPK_APP_RUNNING || state == SPK_APP_UNKNOWN;
}

/* Conditions that others have written: a merge patch replaces the list as a whole. NULL without
 * memory. */
static json_t *others_conditions(const json_t *have)
{
    json_auto_t *others = json_array();
    const json_t *item;
    size_t i;

    if (!others)
        return NULL;
    json_array_foreach(have, i, item)
    {
        const char *type = json_string_value(json_object_get(item, "type"));

        if ((!type || strcmp(type, SPK_SUBMISSION_CONDITION) != 0) &&
            json_array_append(others, (json_t *)item) != 0)
            return NULL;
    }
    return json_incref(others);
}

/* What is said of the spec that is refused, or of the submission that has made a driver; NULL
 * without. */
static int said_now(json_t **said, const struct spk_pass *pass, const struct spk_app_status *now,
                    struct spk_err *err)
{
    *said = NULL;
    if (is_refused(pass, now))
        return spk_submission_condition(said, &pass->judged, pass->facts.now_s, err);
    *said = spk_attempts_said(pass->engine->attempts, pass->key_text, now->submission_id);
    return 0;
}

/* As a run gets its driver, or is refused: in the place of what was said of an earlier one. */
static int add_conditions(struct spk_pass *pass, json_t *patch, const struct spk_app_status *old,
                          const struct spk_app_status *now, struct spk_err *err)
{
    const json_t *have = json_object_get(pass->app.status_json, "conditions");
    const bool begins = now->state == SPK_APP_SUBMITTED && !has_driver(old->state);
    json_auto_t *list = NULL;
    json_t *said;

    if (!begins && !(is_refused(pass, now) && old->state != SPK_APP_FAILED))
        return 0;
    list = others_conditions(have);
    if (!list)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (said_now(&said, pass, now, err) != 0)
        return -1;
    if (said && json_array_append_new(list, said) != 0)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (!said && json_array_size(list) == json_array_size(have))
        return 0;
    if (json_object_set(json_object_get(patch, "status"), "conditions", list) != 0)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    return 0;
}

/* Executors are one run's: their states leave with its submissionID. */
static int make_patch(struct spk_pass *pass, json_t **patch, const struct spk_app_status *old,
                      const struct spk_app_status *now, struct spk_err *err)
{
    const json_t *have = json_object_get(pass->app.status_json, "executorState");
    const bool same_run = strcmp(old->submission_id, now->submission_id) == 0;
    json_auto_t *none = json_object();

    if (!none)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (spk_app_status_patch(patch, old, now, have, same_run ? NULL : none, err) != 0)
        return -1;
    return *patch ? add_conditions(pass, *patch, old, now, err) : 0;
}

/* The UI is made for the status that is about to be written: the run's ids are in there. */
static void make_ui(struct spk_pass *pass, struct spk_app_status *now)
{
    struct spk_app app = pass->app;

    if (!wants_ui(pass, now))
        return;
    app.status = *now;
    spk_engine_ui(pass->engine, &pass->key, &app, now);
}

static int store_status(struct spk_pass *pass, const struct spk_step *step, struct spk_err *err)
{
    struct spk_app_status old = pass->app.status;
    struct spk_app_status now = step->status;
    json_auto_t *patch = NULL;
    json_t *object = NULL;
    int result;

    make_ui(pass, &now);
    if (make_patch(pass, &patch, &old, &now, err) != 0)
        return -1;
    if (!patch)
        return 0;
    result = send_status(pass, patch, &object, err);
    if (result != 0)
        return result;
    if (spk_store_put_app(pass->engine->store, pass->key_text, object, err) != 0 ||
        note_id(pass, &old, &now, err) != 0) {
        json_decref(object);
        return -1;
    }
    tell_transition(pass, &old, &now);
    tell(pass, step);
    return spk_pass_take(pass, object, err);
}

static int write_step(struct spk_pass *pass, const struct spk_step *step, enum spk_carried *carried,
                      struct spk_err *err)
{
    int result = 0;

    if (step->rehash && !marked(&pass->app))
        result = write_marks(pass, err);
    if (result == 0)
        result = store_status(pass, step, err);
    if (result > 0) /* changed or deleted by somebody: the informers bring it */
        *carried = SPK_CARRIED_LATER;
    return result < 0 ? -1 : 0;
}

static int submit_step(struct spk_pass *pass, enum spk_carried *carried, struct spk_err *err)
{
    int result = spk_attempts_enqueue(pass->engine->attempts, pass->key_text,
                                      pass->app.status.submission_id, pass->object, err);

    *carried = SPK_CARRIED_WAIT;
    if (result == 0 && spk_queue_add(pass->engine->submissions, pass->key_text, err) != 0) {
        (void)spk_attempts_call_off(pass->engine->attempts, pass->key_text);
        return -1;
    }
    return result < 0 ? -1 : 0;
}

static void wait_step(const struct spk_step *step, int64_t *wake_ms)
{
    int64_t ms = step->wake_s * 1000 - spk_clock_wall_ms();

    if (step->wake_s == 0)
        return;
    /* A second's fraction is the clock's: the machine counts whole ones. */
    ms = ms < 0 ? 100 : ms + 20;
    *wake_ms = *wake_ms < 0 || ms < *wake_ms ? ms : *wake_ms;
}

/* Removing what an application has made can't be guarded by its resourceVersion, as writing is. A
 * store that lags (this process may just have begun to lead) must not take a newer run's driver
 * away. 1: the application is not what was read. */
static int is_current(struct spk_pass *pass, struct spk_err *err)
{
    char name[SPK_SUBDOMAIN_MAX + 1];
    json_t *object = NULL;
    const json_t *metadata;
    int result;

    (void)snprintf(name, sizeof(name), "%.*s", SPK_ARG(pass->app.name));
    result = spk_api_get(pass->engine->kube, &pass->key, SPK_API_APPS, name, &object, err);
    metadata = json_object_get(object, "metadata");
    if (result == 0 && !spk_str_eq(spk_json_str(json_object_get(metadata, "resourceVersion")),
                                   pass->app.resource_version))
        result = 1;
    json_decref(object);
    return result;
}

/* As it was read: what its user has changed since may want another run. */
static int delete_step(struct spk_pass *pass, enum spk_carried *carried, struct spk_err *err)
{
    char name[SPK_SUBDOMAIN_MAX + 1];
    char uid[64];
    char version[64];
    int result;

    (void)snprintf(name, sizeof(name), "%.*s", SPK_ARG(pass->app.name));
    (void)snprintf(uid, sizeof(uid), "%.*s", SPK_ARG(pass->app.uid));
    (void)snprintf(version, sizeof(version), "%.*s", SPK_ARG(pass->app.resource_version));
    result = spk_api_delete(pass->engine->kube, &pass->key, SPK_API_APPS, name, uid, version, err);
    if (result == 0) {
        spk_engine_log(pass->engine, SPK_LOG_INFO, "deleted: its time to live is over",
                       pass->key_text, NULL, NULL);
    }
    *carried = result == 2 ? SPK_CARRIED_LATER : SPK_CARRIED_WAIT;
    return result < 0 ? -1 : 0;
}

/* What has no grace is gone at once, and the next look says so; the rest is waited for. */
static int clean_step(struct spk_pass *pass, const struct spk_step *step, enum spk_carried *carried,
                      int64_t *wake_ms, struct spk_err *err)
{
    int current = is_current(pass, err);

    if (current != 0) {
        *carried = SPK_CARRIED_LATER;
        return current < 0 ? -1 : 0;
    }
    if (pass->cleaned++ > 0) {
        *carried = SPK_CARRIED_WAIT;
        wait_step(step, wake_ms);
        if (*wake_ms < 0)
            *wake_ms = GONE_YET_MS;
    }
    return spk_engine_clean(pass->engine, &pass->key, pass->key_text,
                            step->others_only ? pass->app.status.submission_id : NULL, err);
}

int spk_pass_carry(struct spk_pass *pass, const struct spk_step *step, enum spk_carried *carried,
                   int64_t *wake_ms, struct spk_err *err)
{
    *carried = SPK_CARRIED_ON;
    switch (step->kind) {
    case SPK_STEP_WRITE:
        return write_step(pass, step, carried, err);
    case SPK_STEP_SUBMIT:
        return submit_step(pass, carried, err);
    case SPK_STEP_CLEAN:
        return clean_step(pass, step, carried, wake_ms, err);
    case SPK_STEP_DELETE:
        return delete_step(pass, carried, err);
    case SPK_STEP_LOOK: /* has been looked for, and it wants more: later */
        *carried = SPK_CARRIED_WAIT;
        *wake_ms = GONE_YET_MS;
        return 0;
    case SPK_STEP_WAIT:
        *carried = SPK_CARRIED_WAIT;
        wait_step(step, wake_ms);
        return 0;
    }
    return 0;
}

static const struct spk_pod **executors_of(const struct spk_pass *pass, size_t *count)
{
    const struct spk_pod **list = calloc(pass->pod_count + 1, sizeof(void *));

    *count = 0;
    for (size_t i = 0; list && i < pass->pod_count; i++) {
        const struct spk_pod *pod = &pass->pods[i];

        if (!pod->driver && spk_app_is_of_run(&pass->app, pod->submission_id))
            list[(*count)++] = pod;
    }
    return list;
}

/* What status has, and over it how those that are gone have ended. NULL without memory. */
static json_t *known_executors(struct spk_pass *pass, const json_t *have)
{
    json_auto_t *known = json_is_object(have) ? spk_json_copy(have) : json_object();
    json_auto_t *buried = NULL;
    struct spk_err err;

    if (!known || spk_attempts_graves(&buried, pass->engine->attempts, pass->key_text, &err) != 0 ||
        json_object_update(known, buried) != 0)
        return NULL;
    return json_incref(known);
}

static int write_executors(struct spk_pass *pass, const json_t *have, const json_t *now,
                           struct spk_err *err)
{
    json_auto_t *patch = NULL;
    json_t *object = NULL;
    int result;

    if (spk_app_status_patch(&patch, &pass->app.status, &pass->app.status, have, now, err) != 0)
        return -1;
    if (!patch) {
        spk_attempts_settle(pass->engine->attempts, pass->key_text, have);
        return 0;
    }
    result = send_status(pass, patch, &object, err);
    if (result != 0)
        return result < 0 ? -1 : spk_fail(err, SPK_EIO, "the application has changed meanwhile");
    spk_attempts_settle(pass->engine->attempts, pass->key_text, now);
    spk_engine_tell_executors(pass->engine, &pass->app, have, now, pass->pods, pass->pod_count);
    result = spk_store_put_app(pass->engine->store, pass->key_text, object, err);
    json_decref(object);
    return result;
}

static bool tracks_executors(enum spk_app_state state)
{
    return has_driver(state) || state == SPK_APP_COMPLETED || state == SPK_APP_FAILED;
}

int spk_pass_executors(struct spk_pass *pass, int64_t *wake_ms, struct spk_err *err)
{
    const json_t *have = json_object_get(pass->app.status_json, "executorState");
    json_auto_t *known = NULL;
    json_auto_t *now = NULL;
    const struct spk_pod **list;
    size_t count;
    int64_t due;
    int result = -1;

    if (!pass->app.ours || !tracks_executors(pass->app.status.state))
        return 0;
    due = spk_attempts_executors_due(pass->engine->attempts, pass->key_text, spk_clock_mono_ms());
    if (due > 0) {
        *wake_ms = *wake_ms < 0 || due < *wake_ms ? due : *wake_ms;
        return 0;
    }
    known = known_executors(pass, have);
    list = executors_of(pass, &count);
    if (!known || !list)
        (void)spk_fail(err, SPK_ENOMEM, "out of memory");
    else
        result = spk_executors_state(&now, known, list, count, pass->app.status.state,
                                     pass->engine->options.max_executors, err);
    free((void *)list);
    return result == 0 ? write_executors(pass, have, now, err) : -1;
}
