/* A driver that is there, and what becomes of it. */
#include "machine_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What the pod says about itself goes into the status. */
static void copy_names(struct spk_think *think, const struct spk_pod *pod)
{
    struct spk_app_status *next = &think->step->status;

    if (*pod->application_id)
        (void)snprintf(next->application_id, sizeof(next->application_id), "%s",
                       pod->application_id);
    if (*pod->name)
        (void)snprintf(next->driver.pod, sizeof(next->driver.pod), "%s", pod->name);
}

bool spk_think_submitted(struct spk_think *think)
{
    const struct spk_pod *pod = think->facts->pod;
    struct spk_app_status *next = &think->step->status;

    copy_names(think, pod);
    if (next->execution_attempts < INT32_MAX)
        next->execution_attempts++;
    next->message[0] = '\0';
    think->step->events[0] = SPK_EVENT_SUBMITTED;
    return spk_think_go(think, SPK_APP_SUBMITTED,
                        pod->state == SPK_POD_PENDING ? SPK_EVENT_DRIVER_PENDING : SPK_EVENT_NONE,
                        "submitted");
}

/* --------------------------------------------------------------------------------- it has ended */

static bool completed(struct spk_think *think)
{
    think->step->status.terminated_s = think->facts->now_s;
    think->step->status.message[0] = '\0';
    return spk_think_go(think, SPK_APP_SUCCEEDING, SPK_EVENT_DRIVER_COMPLETED,
                        "the driver has completed");
}

static bool failed(struct spk_think *think, const struct spk_pod *pod)
{
    const char *reason = *pod->reason ? pod->reason : "Unknown";
    const char *colon = *pod->message ? ": " : "";

    if (pod->exit_code >= 0) {
        spk_think_say(think, "driver container failed with ExitCode: %d, Reason: %s%s%s",
                      (int)pod->exit_code, reason, colon, pod->message);
    } else {
        spk_think_say(think, "driver pod failed with Reason: %s%s%s", reason, colon, pod->message);
    }
    return spk_think_fail(think, SPK_EVENT_DRIVER_FAILED, "the driver has failed");
}

static bool ended(struct spk_think *think, const struct spk_pod *pod)
{
    if (pod->state == SPK_POD_COMPLETED)
        return completed(think);
    return pod->state == SPK_POD_FAILED && failed(think, pod);
}

/* ----------------------------------------------------------------------------- it won't begin */

static int64_t patience_s(const struct spk_think *think)
{
    const int64_t waiting_s = think->app->rules.waiting_s;

    return waiting_s ? waiting_s : SPK_APP_WAITING_S;
}

static bool waits_too_long(struct spk_think *think, const struct spk_pod *pod)
{
    const int64_t since_s =
        pod->waiting_bad > think->now->submitted_s ? pod->waiting_bad : think->now->submitted_s;

    if (pod->state != SPK_POD_PENDING || !pod->waiting_bad ||
        !spk_think_over(think, since_s, patience_s(think)))
        return false;
    spk_think_say(think, "driver pod has waited for %" PRId64 " s: %s%s%s", patience_s(think),
                  pod->reason, *pod->message ? ": " : "", pod->message);
    return spk_think_fail(think, SPK_EVENT_DRIVER_FAILED, "the driver waits in vain");
}

/* Spark makes the pod first; without its ConfigMap no container ever starts. */
static bool stays_half(struct spk_think *think, const struct spk_pod *pod)
{
    if (think->facts->driver != SPK_DRIVER_HALF || pod->state != SPK_POD_PENDING ||
        !spk_think_over(think, think->facts->seen_s, patience_s(think)))
        return false;
    spk_think_say(think,
                  "driver pod has waited for %" PRId64 " s for its ConfigMap %s or its Service",
                  patience_s(think), pod->config_map);
    return spk_think_fail(think, SPK_EVENT_DRIVER_FAILED, "the driver waits in vain");
}

static bool lost_too_long(struct spk_think *think, const struct spk_pod *pod, int64_t lost_s)
{
    if (!lost_s || !spk_think_over(think, lost_s, patience_s(think)))
        return false;
    spk_think_say(think,
                  "driver pod is lost with its node %s: nothing was heard of it for %" PRId64 " s",
                  pod->node, patience_s(think));
    return spk_think_fail(think, SPK_EVENT_DRIVER_FAILED, "the driver's node is lost");
}

/* --------------------------------------------------------------------------------- it goes on */

static enum spk_app_state state_by(const struct spk_pod *pod, int64_t lost_s)
{
    if (lost_s)
        return SPK_APP_UNKNOWN;
    return pod->state == SPK_POD_PENDING ? SPK_APP_SUBMITTED : SPK_APP_RUNNING;
}

static enum spk_app_event event_of(enum spk_app_state state)
{
    if (state == SPK_APP_UNKNOWN)
        return SPK_EVENT_DRIVER_UNKNOWN;
    return state == SPK_APP_SUBMITTED ? SPK_EVENT_DRIVER_PENDING : SPK_EVENT_DRIVER_RUNNING;
}

static bool told_already(const struct spk_think *think)
{
    return strcmp(think->now->application_id, think->step->status.application_id) == 0 &&
           strcmp(think->now->driver.pod, think->step->status.driver.pod) == 0;
}

/* The next moment at which one of the deadlines above is over. */
static int64_t deadline(const struct spk_think *think, const struct spk_pod *pod, int64_t lost_s)
{
    int64_t wake_s = think->facts->now_s + SPK_APP_RESYNC_S;
    const int64_t ends_s[] = {
        pod->waiting_bad ? pod->waiting_bad + patience_s(think) : wake_s,
        pod->deleting_s ? pod->deleting_s + SPK_POD_LOST_S + 1 : wake_s,
        lost_s ? lost_s + patience_s(think) : wake_s,
    };

    for (size_t i = 0; i < sizeof(ends_s) / sizeof(ends_s[0]); i++) {
        if (ends_s[i] > think->facts->now_s && ends_s[i] < wake_s)
            wake_s = ends_s[i];
    }
    return wake_s;
}

static void follow(struct spk_think *think, const struct spk_pod *pod)
{
    const int64_t lost_s = spk_pod_lost_s(pod, think->facts->now_s);
    const enum spk_app_state state = state_by(pod, lost_s);

    copy_names(think, pod);
    if (ended(think, pod) || waits_too_long(think, pod) || stays_half(think, pod) ||
        lost_too_long(think, pod, lost_s))
        return;
    if (state != think->now->state)
        (void)spk_think_go(think, state, event_of(state), "the driver's state");
    else if (!told_already(think))
        (void)spk_think_go(think, state, SPK_EVENT_NONE, "the driver's names");
    else
        (void)spk_think_wait(think, deadline(think, pod, lost_s), "the driver is at work");
}

/* What its last event said about a driver that is gone by now. */
static bool ended_before(struct spk_think *think)
{
    const struct spk_pod *pod = think->facts->pod;

    return pod && !spk_think_pod_lives(pod) && ended(think, pod);
}

/* Only a live look says so, and it was asked for when the driver had been absent for long enough.
 * The caches don't hold strangers: by them it would be absent again. */
static bool is_certain(enum spk_driver driver)
{
    return driver == SPK_DRIVER_GONE || driver == SPK_DRIVER_FOREIGN;
}

static void without_driver(struct spk_think *think)
{
    const struct spk_facts *facts = think->facts;

    if (!is_certain(facts->driver) && !spk_think_over(think, facts->seen_s, SPK_APP_GRACE_S)) {
        (void)spk_think_wait(think, facts->seen_s + SPK_APP_GRACE_S, "the driver is not there");
        return;
    }
    if (facts->driver == SPK_DRIVER_ABSENT) {
        (void)spk_think_look(think, "is the driver really gone?");
        return;
    }
    if (facts->driver == SPK_DRIVER_FOREIGN && facts->foreign_owner)
        spk_think_say(think, "driver pod not found: its name is taken by %s", facts->foreign_owner);
    else
        spk_think_say(think, "driver pod not found");
    (void)spk_think_fail(think, SPK_EVENT_DRIVER_NOT_FOUND, "the driver is not there");
}

void spk_think_run(struct spk_think *think)
{
    const struct spk_pod *pod = spk_think_pod(think);

    if (pod && think->facts->strays && !think->app->rules.tracked) {
        think->step->others_only = spk_think_clean(think, "a stray driver is removed");
    } else if (pod) {
        follow(think, pod);
    } else if (think->facts->driver == SPK_DRIVER_UNSEEN) {
        (void)spk_think_wait(think, think->facts->now_s + SPK_APP_GRACE_S,
                             "the caches are not filled yet");
    } else if (!ended_before(think)) {
        without_driver(think);
    }
}
