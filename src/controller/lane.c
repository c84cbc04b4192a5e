#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/json/walk.h"

#include "controller/engine_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The submission lane: one key at a time, from the object as it was when the step was decided. */

/* The one that is there, if it is an earlier run's, as @object says; its UID holds it fast. */
static int renew_config_map(struct spk_engine *engine, const struct spk_key *key,
                            const json_t *object, const json_t *found, struct spk_err *err)
{
    const json_t *uid = json_object_get(json_object_get(found, "metadata"), "uid");
    char owner[512];
    json_t *renewed;
    int result;

    if (!spk_engine_owns(key, found)) {
        spk_engine_name_owner(owner, sizeof(owner), "ConfigMap", found);
        return spk_fail(err, SPK_EINVALID,
                        "its name is taken by %s: delete that, or rename the application", owner);
    }
    renewed = spk_json_deep_copy(object);
    if (json_object_set(json_object_get(renewed, "metadata"), "uid", (json_t *)uid) != 0)
        result = spk_fail(err, SPK_ENOMEM, "out of memory");
    else
        result = spk_api_apply(engine->kube, key, SPK_API_CONFIG_MAPS, renewed, err);
    json_decref(renewed);
    return result;
}

static int make_config_map(struct spk_engine *engine, const struct spk_key *key,
                           const json_t *object, struct spk_err *err)
{
    const json_t *metadata = json_object_get(object, "metadata");
    const char *name = json_string_value(json_object_get(metadata, "name"));
    json_t *found = NULL;
    int result = spk_api_get(engine->kube, key, SPK_API_CONFIG_MAPS, name, &found, err);

    if (result == 1)
        result = spk_api_create(engine->kube, key, SPK_API_CONFIG_MAPS, object, NULL, err);
    else if (result == 0)
        result = renew_config_map(engine, key, object, found, err);
    json_decref(found);
    return result;
}

static int make_config_maps(struct spk_engine *engine, const struct spk_key *key,
                            const struct spk_submission *submission, struct spk_err *err)
{
    const json_t *object;
    size_t i;

    json_array_foreach(submission->config_maps, i, object)
    {
        int result = make_config_map(engine, key, object, err);

        if (result > 0)
            (void)spk_fail(err, SPK_EIO, "somebody else has just made or changed it");
        if (result != 0)
            return spk_fail_in(err, "a ConfigMap that the application needs");
    }
    return 0;
}

/* What is not acted on: an event each, and a condition that status gets with SUBMITTED. */
static void tell_notes(struct spk_engine *engine, const char *key_text, const struct spk_app *app,
                       const char *id, const struct spk_submission *submission)
{
    json_t *condition = NULL;
    struct spk_err err = {0};

    spk_engine_tell_notes(engine, app, submission);
    if (spk_submission_condition(&condition, submission, spk_clock_wall_ms() / 1000, &err) == 0)
        spk_attempts_say(engine->attempts, key_text, id, condition);
}

/* Right before: the store may lag, and a Lease may have been another's meanwhile. */
static int still_wanted(struct spk_engine *engine, const struct spk_key *key, const char *id,
                        struct spk_err *err)
{
    struct spk_app app = {0};
    json_t *object = NULL;
    char name[SPK_SUBDOMAIN_MAX + 1];
    int result;

    (void)snprintf(name, sizeof(name), "%.*s", SPK_ARG(key->name));
    result = spk_api_get(engine->kube, key, SPK_API_APPS, name, &object, err);
    if (result == 0 && spk_app_read(&app, object, err) != 0)
        result = -1;
    if (result == 0 && (app.deleting || strcmp(app.status.submission_id, id) != 0))
        result = 1;
    spk_app_done(&app);
    json_decref(object);
    return result;
}

static int run_child(struct spk_engine *engine, const struct spk_key *key, const char *key_text,
                     const struct spk_app *app, const char *id, const struct spk_stop *stop,
                     struct spk_run *run, struct spk_err *err)
{
    struct spk_submission_options options = {.submission_id = id, .webhook = true};
    struct spk_submission submission = {0};
    char proxy_base[256];
    int result = spk_ui_proxy_base(proxy_base, app, &engine->options.ui, err);

    if (result < 0)
        return -1;
    options.ui_proxy_base = result == 0 ? proxy_base : NULL;
    result = spk_submission_make(&submission, app, &options, err);

    if (result == 0) {
        tell_notes(engine, key_text, app, id, &submission);
        result = make_config_maps(engine, key, &submission, err);
    }
    if (result == 0 && !spk_engine_leading(engine)) /* those calls may have taken long */
        result = spk_fail(err, SPK_EIO, "not the leader any more");
    if (result == 0)
        result =
            spk_runner_run(run, &submission, app->spark_version, engine->options.runner, stop, err);
    spk_submission_done(&submission);
    return result;
}

static enum spk_child verdict(const struct spk_run *run)
{
    if (run->exited && run->status == 0)
        return SPK_CHILD_DONE;
    return run->exited && !run->timed_out && !run->stopped ? SPK_CHILD_FAILED : SPK_CHILD_KILLED;
}

static enum spk_child submit(struct spk_engine *engine, const char *key_text, const char *text,
                             const char *id, const struct spk_stop *stop, struct spk_err *err)
{
    json_t *object = NULL;
    struct spk_app app = {0};
    struct spk_run run = {0};
    struct spk_key key;
    int result = spk_key_split(&key, key_text, err);

    if (result == 0)
        result = spk_json_parse(&object, text, strlen(text), err);
    if (result == 0)
        result = spk_app_read(&app, object, err);
    if (result == 0)
        result = still_wanted(engine, &key, id, err);
    if (result == 0)
        result = run_child(engine, &key, key_text, &app, id, stop, &run, err);
    spk_app_done(&app);
    json_decref(object);
    if (result > 0) {
        (void)spk_fail(err, SPK_EINVALID, "it was no longer wanted when its turn came");
        return SPK_CHILD_KILLED;
    }
    if (result < 0)
        return err->code == SPK_EIO || err->code == SPK_ENOMEM ? SPK_CHILD_KILLED
                                                               : SPK_CHILD_FAILED;
    (void)snprintf(err->msg, sizeof(err->msg), "%.*s", (int)sizeof(err->msg) - 1, run.message);
    return verdict(&run);
}

static const char *what_became(enum spk_child child)
{
    if (child == SPK_CHILD_DONE)
        return "spark-submit has submitted";
    return child == SPK_CHILD_KILLED ? "spark-submit was ended" : "spark-submit has failed";
}

void spk_engine_submit(struct spk_engine *engine, const char *key)
{
    struct spk_stop stop;
    struct spk_err err = {0};
    char *object = NULL;
    int64_t waited_ms = 0;
    int64_t start_ms = spk_clock_mono_ms();
    enum spk_child child;
    char id[40];

    if (spk_stop_init(&stop, &err) != 0) {
        spk_engine_log(engine, SPK_LOG_ERROR, "a submission waits", key, "error", err.msg);
        (void)spk_queue_add_after(engine->submissions, key, 1000, &err);
        return;
    }
    if (spk_attempts_begin(engine->attempts, key, &stop, id, &object, &waited_ms) == 0) {
        spk_engine_log(engine, SPK_LOG_INFO, "spark-submit begins", key, "submission_id", id);
        child = spk_engine_leading(engine) ? submit(engine, key, object, id, &stop, &err)
                                           : SPK_CHILD_KILLED;
        spk_attempts_end(engine->attempts, key, id, child, err.msg);
        spk_engine_log(engine, child == SPK_CHILD_DONE ? SPK_LOG_INFO : SPK_LOG_WARN,
                       what_became(child), key, "message", err.msg);
        if (engine->options.on_submission)
            engine->options.on_submission(engine->options.ctx, child == SPK_CHILD_DONE, waited_ms,
                                          spk_clock_mono_ms() - start_ms);
        free(object);
        (void)spk_queue_add(engine->status, key, &err);
    }
    spk_stop_done(&stop);
}
