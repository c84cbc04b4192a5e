#include "spk/app/defaults.h"

#include "spk/base/cleanup.h"
#include "spk/json/walk.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define INTERVAL_S 5

struct run {
    json_t *ops;
    const json_t *spec;
    bool no_memory;
};

static bool is_missing(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return !value || json_is_null(value);
}

/* A member of spec that is an object; NULL otherwise. */
static const json_t *part(const struct run *run, const char *name)
{
    const json_t *value = json_object_get(run->spec, name);

    return json_is_object(value) ? value : NULL;
}

static bool is_text(const json_t *object, const char *key, const char *text)
{
    return spk_str_is(spk_json_str(json_object_get(object, key)), text);
}

/* sparkConf has it, and not empty. */
static bool in_conf(const struct run *run, const char *of, const char *what)
{
    char name[64];

    (void)snprintf(name, sizeof(name), "spark.%s.%s", of, what);
    return json_string_length(json_object_get(part(run, "sparkConf"), name)) > 0;
}

/* Takes @value, which is NULL without memory. */
static void add(struct run *run, const char *path, json_t *value)
{
    json_t *op = json_pack("{s:s, s:s, s:o}", "op", "add", "path", path, "value", value);

    if (!op || json_array_append_new(run->ops, op))
        run->no_memory = true;
}

static void add_restart(struct run *run)
{
    static const char *const intervals[] = {"onFailureRetryInterval",
                                            "onSubmissionFailureRetryInterval"};
    const json_t *restart = part(run, "restartPolicy");
    char path[80];

    if (is_missing(run->spec, "restartPolicy"))
        add(run, "/spec/restartPolicy", json_pack("{s:s}", "type", "Never"));
    if (!restart)
        return;
    if (is_missing(restart, "type"))
        add(run, "/spec/restartPolicy/type", json_string("Never"));
    if (is_missing(restart, "type") || is_text(restart, "type", "Never"))
        return;
    for (size_t i = 0; i < SPK_LEN(intervals); i++) {
        (void)snprintf(path, sizeof(path), "/spec/restartPolicy/%s", intervals[i]);
        if (is_missing(restart, intervals[i]))
            add(run, path, json_integer(INTERVAL_S));
    }
}

static void add_role(struct run *run, const char *role)
{
    const json_t *it = part(run, role);
    char path[40];

    if (!it)
        return;
    (void)snprintf(path, sizeof(path), "/spec/%s/cores", role);
    if (is_missing(it, "cores") && !in_conf(run, role, "cores"))
        add(run, path, json_integer(1));
    (void)snprintf(path, sizeof(path), "/spec/%s/memory", role);
    if (is_missing(it, "memory") && !in_conf(run, role, "memory"))
        add(run, path, json_string("1g"));
}

static bool is_dynamic(const struct run *run)
{
    return json_is_true(json_object_get(part(run, "dynamicAllocation"), "enabled")) ||
           is_text(part(run, "sparkConf"), "spark.dynamicAllocation.enabled", "true");
}

static void add_instances(struct run *run)
{
    const json_t *executor = part(run, "executor");

    if (executor && is_missing(executor, "instances") && !is_dynamic(run) &&
        !in_conf(run, "executor", "instances"))
        add(run, "/spec/executor/instances", json_integer(1));
}

static void add_tracking(struct run *run)
{
    const json_t *allocation = part(run, "dynamicAllocation");

    if (json_is_true(json_object_get(allocation, "enabled")) &&
        is_missing(allocation, "shuffleTrackingEnabled") &&
        !in_conf(run, "dynamicAllocation", "shuffleTracking.enabled"))
        add(run, "/spec/dynamicAllocation/shuffleTrackingEnabled", json_true());
}

static bool is_open(const json_t *object)
{
    const json_t *status = json_object_get(object, "status");
    const json_t *state = json_object_get(json_object_get(status, "applicationState"), "state");
    bool in_flight = json_string_length(json_object_get(status, "submissionID")) > 0;

    return (json_string_length(state) == 0 && !in_flight) ||
           spk_str_is(spk_json_str(state), "INVALIDATING");
}

static void add_all(struct run *run)
{
    if (is_missing(run->spec, "type"))
        add(run, "/spec/type", json_string("Scala"));
    if (is_missing(run->spec, "mode"))
        add(run, "/spec/mode", json_string("cluster"));
    add_restart(run);
    add_role(run, "driver");
    add_role(run, "executor");
    add_instances(run);
    add_tracking(run);
}

int spk_app_defaults(json_t **out, const json_t *object, struct spk_err *err)
{
    struct run run = {.ops = json_array(), .spec = json_object_get(object, "spec")};

    run.no_memory = !run.ops;
    if (run.ops && json_is_object(run.spec) && is_open(object))
        add_all(&run);
    if (run.no_memory) {
        json_decref(run.ops);
        return spk_fail(err, SPK_ENOMEM, "defaults: out of memory");
    }
    *out = run.ops;
    return 0;
}
