#include "controller/pass.h"

#include "spk/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Steps of one pass: the longest way without waiting (a suspension that goes on to an end) has 5.
 * More would be a machine that turns on the spot, and the queue is fairer. */
#define STEPS_MAX 12

/* How soon an application is looked at again that was seen before all lists were read. */
#define FILLED_YET_MS 100

static bool in_flight(const struct spk_app_status *status)
{
    return status->state == SPK_APP_NEW && *status->submission_id;
}

/* A run may begin from here: its spec is judged, for only then does that matter. */
static bool may_begin(const struct spk_app_status *status)
{
    switch (status->state) {
    case SPK_APP_NEW:
    case SPK_APP_SUBMISSION_FAILED:
    case SPK_APP_PENDING_RERUN:
    case SPK_APP_INVALIDATING:
    case SPK_APP_RESUMING:
        return true;
    default:
        return false;
    }
}

/* Two applications of one name have their pods in one group. */
static bool is_driver(const struct spk_pass *pass, const struct spk_pod *pod)
{
    return spk_pod_is_driver_of(pod, spk_owner_of(pass->key.version), pass->app.rules.tracked);
}

static const struct spk_pod *cached_driver(const struct spk_pass *pass)
{
    const struct spk_pod *found = NULL;

    for (size_t i = 0; i < pass->pod_count; i++) {
        const struct spk_pod *pod = &pass->pods[i];

        if (!is_driver(pass, pod))
            continue;
        if (!found || strcmp(pod->submission_id, pass->app.status.submission_id) == 0)
            found = pod;
    }
    return found;
}

static bool cached_strays(const struct spk_pass *pass)
{
    for (size_t i = 0; i < pass->pod_count; i++) {
        if (is_driver(pass, &pass->pods[i]) &&
            !spk_app_is_of_run(&pass->app, pass->pods[i].submission_id))
            return true;
    }
    return false;
}

/* A driver of this submission counts as whole once that has been found out: from SUBMITTED on. */
static void from_cache(struct spk_pass *pass)
{
    const struct spk_pod *pod = cached_driver(pass);
    struct spk_facts *facts = &pass->facts;

    facts->leftovers = pod != NULL;
    if (!spk_store_filled(pass->engine->store)) {
        facts->driver = SPK_DRIVER_UNSEEN;
    } else if (!pod) {
        facts->driver = SPK_DRIVER_ABSENT;
    } else if (!spk_app_is_of_run(&pass->app, pod->submission_id)) {
        facts->driver = SPK_DRIVER_OLD;
    } else {
        facts->driver = in_flight(&pass->app.status) ? SPK_DRIVER_HALF : SPK_DRIVER_WHOLE;
        facts->pod = pod;
        facts->strays = cached_strays(pass);
    }
}

static void from_look(struct spk_pass *pass)
{
    struct spk_facts *facts = &pass->facts;

    facts->driver = pass->look.driver;
    facts->leftovers = pass->look.leftovers;
    if (facts->driver == SPK_DRIVER_HALF || facts->driver == SPK_DRIVER_WHOLE)
        facts->pod = &pass->look.pod;
    facts->strays = facts->pod && pass->look.strays;
    facts->foreign_owner = pass->look.foreign_owner;
}

static int gather(struct spk_pass *pass, struct spk_err *err)
{
    struct spk_facts *facts = &pass->facts;
    const struct spk_app *app = &pass->app;

    memset(facts, 0, sizeof(*facts));
    if (!*pass->new_id && spk_engine_uuid(pass->new_id, err) != 0)
        return -1;
    facts->now_s = spk_clock_wall_ms() / 1000;
    facts->new_id = pass->new_id;
    facts->driver_name = pass->driver_name;
    facts->spec_changed = app->written_hash.len > 0 && !spk_str_is(app->written_hash, app->hash);
    facts->spec_fault = *pass->fault ? pass->fault : NULL;
    facts->child = spk_attempts_child(pass->engine->attempts, pass->key_text,
                                      app->status.submission_id, pass->child_message);
    facts->child_message = pass->child_message;
    if (pass->looked)
        from_look(pass);
    else
        from_cache(pass);
    if ((facts->driver == SPK_DRIVER_ABSENT || facts->driver == SPK_DRIVER_GONE) &&
        spk_attempts_last_driver(pass->engine->attempts, pass->key_text, app->status.submission_id,
                                 &pass->last_driver) == 0)
        facts->pod = &pass->last_driver;
    return 0;
}

static void judge_spec(struct spk_pass *pass)
{
    struct spk_err err = {0};

    if (!may_begin(&pass->app.status) || spk_submission_check(&pass->judged, &pass->app, &err) == 0)
        return;
    if (err.code == SPK_EINVALID)
        spk_faults_print(pass->fault, sizeof(pass->fault), &pass->judged.faults, "\n");
    else
        (void)snprintf(pass->fault, sizeof(pass->fault), "%s", err.msg);
}

static void apply_defaults(struct spk_pass *pass)
{
    if (pass->app.rules.ttl_s < 0)
        pass->app.rules.ttl_s = pass->engine->options.default_ttl_s;
    pass->app.rules.waiting_s = pass->engine->options.driver_waiting_s;
}

int spk_pass_take(struct spk_pass *pass, json_t *object, struct spk_err *err)
{
    struct spk_err fault = {0};

    spk_app_done(&pass->app);
    json_decref(pass->object);
    pass->object = object;
    pass->new_id[0] = '\0';
    pass->fault[0] = '\0';
    spk_submission_done(&pass->judged);
    if (spk_app_read(&pass->app, object, &fault) != 0) {
        if (!pass->app.name.ptr || !pass->app.resource_version.ptr || fault.code == SPK_ENOMEM) {
            *err = fault;
            return -1;
        }
        (void)snprintf(pass->fault, sizeof(pass->fault), "%s", fault.msg);
    } else {
        judge_spec(pass);
    }
    apply_defaults(pass);
    if (!spk_app_is_anothers(&pass->app))
        spk_attempts_note(pass->engine->attempts, pass->key_text, &pass->app);
    if (spk_app_driver_name(pass->driver_name, &pass->app, &fault) != 0) {
        pass->driver_name[0] = '\0';
        if (!*pass->fault)
            (void)snprintf(pass->fault, sizeof(pass->fault), "%s", fault.msg);
    }
    return 0;
}

static void pass_done(struct spk_pass *pass)
{
    spk_submission_done(&pass->judged);
    spk_app_done(&pass->app);
    json_decref(pass->object);
    free(pass->pods);
}

/* A live look answers the machine, and must not be worth more than one step: the next one asks
 * again. In flight without a child at work only a live look knows anything. */
static bool must_look(const struct spk_pass *pass)
{
    return !pass->looked && in_flight(&pass->app.status) && pass->facts.child != SPK_CHILD_READY &&
           pass->facts.child != SPK_CHILD_AT_WORK;
}

/* Who submits for himself gives his driver any name. */
static const char *sought_driver(const struct spk_pass *pass)
{
    const char *followed = pass->app.status.driver.pod;

    return pass->app.rules.tracked && *followed ? followed : pass->driver_name;
}

static int look(struct spk_pass *pass, struct spk_err *err)
{
    const char *name = sought_driver(pass);

    if (!*name) {
        memset(&pass->look, 0, sizeof(pass->look));
        pass->look.driver = SPK_DRIVER_GONE;
    } else if (spk_engine_look(pass->engine, &pass->key, &pass->app, name, &pass->look, err) != 0) {
        return -1;
    }
    pass->looked = true;
    return gather(pass, err);
}

/* Only of what a step is decided on: where the caches and a live look differ for good (a stray
 * driver under another name, say), to note both would make each of them new for ever. */
static void decide(struct spk_pass *pass, struct spk_step *step)
{
    struct spk_facts *facts = &pass->facts;

    facts->seen_s =
        spk_attempts_since(pass->engine->attempts, pass->key_text, facts->driver, facts->now_s);
    spk_app_step(step, &pass->app, facts);
}

static int one_step(struct spk_pass *pass, enum spk_carried *carried, int64_t *wake_ms,
                    struct spk_err *err)
{
    struct spk_step step;
    int result;

    if (gather(pass, err) != 0 || (must_look(pass) && look(pass, err) != 0))
        return -1;
    decide(pass, &step);
    if (step.kind == SPK_STEP_LOOK && !pass->looked) {
        if (look(pass, err) != 0)
            return -1;
        decide(pass, &step);
    }
    result = spk_pass_carry(pass, &step, carried, wake_ms, err);
    pass->looked = false;
    return result;
}

static int steps(struct spk_pass *pass, int64_t *wake_ms, struct spk_err *err)
{
    enum spk_carried carried = SPK_CARRIED_ON;

    for (int i = 0; i < STEPS_MAX && carried == SPK_CARRIED_ON; i++) {
        if (!spk_engine_leading(pass->engine))
            return 0;
        if (one_step(pass, &carried, wake_ms, err) != 0)
            return -1;
    }
    if (carried != SPK_CARRIED_WAIT) {
        *wake_ms = 100;
        return 0;
    }
    return spk_pass_executors(pass, wake_ms, err);
}

/* Who does not lead any more has no use for what he knows of an application that is gone. */
static void forget_gone(struct spk_engine *engine, const char *key)
{
    json_t *object = NULL;
    struct spk_err err = {0};

    if (spk_store_app(engine->store, key, &object, &err) == 1)
        spk_attempts_forget(engine->attempts, key);
    json_decref(object);
}

static void note_anothers(struct spk_pass *pass)
{
    if (spk_app_is_anothers(&pass->app) &&
        spk_attempts_leave_alone(pass->engine->attempts, pass->key_text)) {
        spk_engine_log(pass->engine, SPK_LOG_INFO, "left to another operator", pass->key_text,
                       "to_take_over", "annotate it with " SPK_APP_MARKER "=" SPK_APP_MARKER_VALUE);
    }
}

int spk_engine_pass(struct spk_engine *engine, const char *key, int64_t *wake_ms,
                    struct spk_err *err)
{
    struct spk_pass pass = {.engine = engine, .key_text = key};
    json_t *object = NULL;
    int result;

    *wake_ms = -1;
    if (!spk_store_filled(engine->store)) {
        *wake_ms = spk_engine_leading(engine) ? FILLED_YET_MS : -1;
        return 0;
    }
    if (!spk_engine_leading(engine)) { /* leading begins with a look at everything */
        forget_gone(engine, key);
        return 0;
    }
    if (spk_key_split(&pass.key, key, err) != 0)
        return -1;
    result = spk_store_app(engine->store, key, &object, err);
    if (result != 0)
        return result < 0 ? -1 : spk_engine_gone(engine, key, wake_ms, err);
    result = spk_pass_take(&pass, object, err);
    if (result == 0)
        result = spk_store_pods(engine->store, key, &pass.pods, &pass.pod_count, err);
    if (result == 0)
        result = steps(&pass, wake_ms, err);
    if (result == 0)
        note_anothers(&pass);
    pass_done(&pass);
    return result;
}
