#include "controller/engine_parts.h"

#include <stdio.h>
#include <string.h>

static struct spk_event_object about(const struct spk_app *app)
{
    return (struct spk_event_object){
        .api_version = json_string_value(json_object_get(app->object, "apiVersion")),
        .kind = "SparkApplication",
        .ns = app->ns,
        .name = app->name,
        .uid = app->uid};
}

void spk_engine_tell(struct spk_engine *engine, const struct spk_app *app, enum spk_app_event event,
                     const char *driver_pod, const char *detail)
{
    struct spk_event_object object = about(app);
    struct spk_app_event_text text;
    char name[256];

    (void)snprintf(name, sizeof(name), "%.*s", SPK_ARG(app->name));
    spk_app_event_text(&text, event, name, driver_pod, detail);
    spk_events_tell(engine->events, &object, text.warning, text.reason, text.message);
}

void spk_engine_tell_notes(struct spk_engine *engine, const struct spk_app *app,
                           const struct spk_submission *submission)
{
    struct spk_event_object object = about(app);

    for (size_t i = 0; i < submission->note_count; i++) {
        char text[1024];

        (void)snprintf(text, sizeof(text), "%s: %s", submission->notes[i].field,
                       submission->notes[i].message);
        spk_events_tell(engine->events, &object, true, "SparkApplicationFieldNotActedOn", text);
    }
}

void spk_engine_log(struct spk_engine *engine, enum spk_log_level level, const char *msg,
                    const char *key, const char *name, const char *more)
{
    struct spk_log_line line;

    spk_log_begin(&line, engine->options.log, level, msg);
    if (key)
        spk_log_text(&line, "application", key);
    if (name && more && *more)
        spk_log_long(&line, name, more);
    spk_log_end(&line);
}

void spk_engine_log_step(struct spk_engine *engine, const char *key, const struct spk_step *step)
{
    const struct spk_app_status *status = &step->status;
    struct spk_log_line line;

    spk_log_begin(&line, engine->options.log, *status->message ? SPK_LOG_WARN : SPK_LOG_INFO,
                  step->why ? step->why : "status");
    spk_log_text(&line, "application", key);
    spk_log_text(&line, "state", spk_app_state_text(status->state));
    if (*status->message)
        spk_log_long(&line, "message", status->message);
    spk_log_end(&line);
}

static enum spk_pod_state state_of(const json_t *states, const char *pod)
{
    const char *text = json_string_value(json_object_get(states, pod));

    for (int i = 0; text && i < SPK_POD_STATES; i++) {
        if (strcmp(spk_pod_state_text((enum spk_pod_state)i), text) == 0)
            return (enum spk_pod_state)i;
    }
    return SPK_POD_STATES;
}

static const struct spk_pod *find_pod(const struct spk_pod *pods, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(pods[i].name, name) == 0)
            return &pods[i];
    }
    return NULL;
}

static enum spk_app_event event_of(enum spk_pod_state state)
{
    static const enum spk_app_event events[SPK_POD_STATES] = {
        [SPK_POD_PENDING] = SPK_EVENT_EXECUTOR_PENDING,
        [SPK_POD_RUNNING] = SPK_EVENT_EXECUTOR_RUNNING,
        [SPK_POD_COMPLETED] = SPK_EVENT_EXECUTOR_COMPLETED,
        [SPK_POD_FAILED] = SPK_EVENT_EXECUTOR_FAILED,
        [SPK_POD_LOST] = SPK_EVENT_EXECUTOR_UNKNOWN,
    };

    return events[state];
}

static void detail_of(char *out, size_t size, const struct spk_pod *pod)
{
    if (!pod) {
        (void)snprintf(out, size, "the pod is gone");
        return;
    }
    (void)snprintf(out, size, "ExitCode: %d, Reason: %s%s%s", pod->exit_code,
                   *pod->reason ? pod->reason : "Unknown", *pod->message ? ", Message: " : "",
                   pod->message);
}

void spk_engine_tell_executors(struct spk_engine *engine, const struct spk_app *app,
                               const json_t *have, const json_t *now, const struct spk_pod *pods,
                               size_t count)
{
    const json_t *metadata = json_object_get(app->object, "metadata");
    struct spk_engine_executor told = {
        .labels = json_object_get(metadata, "labels"),
        .ns = json_string_value(json_object_get(metadata, "namespace")),
    };
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)now, name, value)
    {
        char detail[512];

        told.from = state_of(have, name);
        told.to = state_of(now, name);
        if (told.to == told.from || told.to == SPK_POD_STATES)
            continue;
        detail_of(detail, sizeof(detail), find_pod(pods, count, name));
        spk_engine_tell(engine, app, event_of(told.to), name, detail);
        if (engine->options.on_executor)
            engine->options.on_executor(engine->options.ctx, &told);
    }
}
