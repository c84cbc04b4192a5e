/* How a run begins, up to SUBMITTED or SUBMISSION_FAILED. */
#include "machine_parts.h"

#include <stdio.h>

static int32_t one_more(int32_t attempts)
{
    return attempts < INT32_MAX ? attempts + 1 : attempts;
}

static bool is_first(const struct spk_app_status *now)
{
    return now->state == SPK_APP_NEW && now->execution_attempts == 0 &&
           now->submission_attempts == 0;
}

/* No submission is at hand any more: whatever may still appear is an old one's, and is removed.
 * The back-off counts from now. */
static bool refuse(struct spk_think *think, const char *why)
{
    struct spk_app_status *next = &think->step->status;

    next->submission_id[0] = '\0';
    next->application_id[0] = '\0';
    next->submitted_s = think->facts->now_s;
    return spk_think_go(think, SPK_APP_SUBMISSION_FAILED, SPK_EVENT_SUBMISSION_FAILED, why);
}

static bool name_is_taken(struct spk_think *think)
{
    const char *owner = think->facts->foreign_owner;

    if (think->facts->driver != SPK_DRIVER_FOREIGN)
        return false;
    spk_think_say(think,
                  "the driver pod's name %s is taken by %s: delete that, or set "
                  "spec.driver.podName",
                  think->facts->driver_name, owner && *owner ? owner : "another pod");
    return refuse(think, "the driver's name is taken");
}

/* An attempt that meets a name that is taken has been one. */
static bool begin_in_vain(struct spk_think *think)
{
    struct spk_app_status *next = &think->step->status;

    if (think->facts->driver != SPK_DRIVER_FOREIGN)
        return false;
    next->submission_attempts = one_more(next->submission_attempts);
    think->step->rehash = true;
    return name_is_taken(think);
}

static bool spec_is_faulty(struct spk_think *think)
{
    if (!think->facts->spec_fault)
        return false;
    think->step->rehash = true;
    spk_think_say(think, "%s", think->facts->spec_fault);
    return spk_think_give_up(think, "the spec can't be run");
}

void spk_think_begin(struct spk_think *think)
{
    const struct spk_facts *facts = think->facts;
    struct spk_app_status *next = &think->step->status;

    if (spk_think_empty(think))
        return;
    spk_think_reset(think);
    if (is_first(think->now))
        think->step->events[0] = SPK_EVENT_ADDED;
    if (spec_is_faulty(think) || begin_in_vain(think))
        return;
    (void)snprintf(next->submission_id, sizeof(next->submission_id), "%s", facts->new_id);
    (void)snprintf(next->driver.pod, sizeof(next->driver.pod), "%s", facts->driver_name);
    next->submission_attempts = one_more(next->submission_attempts);
    next->submitted_s = facts->now_s;
    think->step->rehash = true;
    (void)spk_think_go(think, SPK_APP_NEW, SPK_EVENT_NONE, "a run begins");
}

/* ------------------------------------------------------------------------------- in flight */

/* Whether the pod will do: it has all that Spark makes, and the webhook has seen it. */
static bool accept(struct spk_think *think)
{
    const struct spk_pod *pod = spk_think_pod(think);

    if (!pod || think->facts->driver != SPK_DRIVER_WHOLE)
        return false;
    if (!pod->wishes || pod->stamped)
        return spk_think_submitted(think);
    if (think->facts->child == SPK_CHILD_AT_WORK)
        return false;
    spk_think_say(think,
                  "webhook not reached: the driver pod %s carries annotations that only "
                  "spark-webhook can honour, and it was not asked; run `spark-webhook "
                  "doctor`, or have it admit pods of this namespace",
                  pod->name);
    return refuse(think, "webhook not reached");
}

static bool spark_refused(struct spk_think *think)
{
    const char *message = think->facts->child_message;

    /* Another submission's pod took the name: this one is lost, not refused. */
    if (think->facts->child != SPK_CHILD_FAILED || think->facts->driver == SPK_DRIVER_OLD)
        return false;
    spk_think_say(think, "%s", message && *message ? message : "spark-submit failed");
    return refuse(think, "spark-submit failed");
}

/* The child has ended well, and the driver has vanished since. */
static bool came_and_went(struct spk_think *think)
{
    struct spk_app_status *next = &think->step->status;

    if (think->facts->child != SPK_CHILD_DONE || think->facts->driver != SPK_DRIVER_GONE)
        return false;
    next->execution_attempts = one_more(next->execution_attempts);
    think->step->events[0] = SPK_EVENT_SUBMITTED;
    spk_think_say(think, "driver pod not found");
    return spk_think_fail(think, SPK_EVENT_DRIVER_NOT_FOUND, "the driver is not there");
}

static bool lost_too_often(struct spk_think *think)
{
    const char *message = think->facts->child_message;

    if (think->now->submission_attempts < SPK_APP_LOST_MAX)
        return false;
    spk_think_say(think, "%d submissions in a row did not come to their end%s%s",
                  (int)think->now->submission_attempts, message && *message ? ": " : "",
                  message ? message : "");
    return refuse(think, "too many submissions were lost");
}

/* The one pod that a submission makes was there: nothing follows it. */
static bool was_removed(const struct spk_facts *facts)
{
    return facts->driver == SPK_DRIVER_GONE && facts->pod;
}

/* Nobody is at work on it, and it is not whole: it may still become so for a while. */
static void lost(struct spk_think *think)
{
    const struct spk_facts *facts = think->facts;

    if (!was_removed(facts) && !spk_think_over(think, facts->seen_s, SPK_APP_GRACE_S)) {
        (void)spk_think_wait(think, facts->seen_s + SPK_APP_GRACE_S, "it may still become whole");
        return;
    }
    if (spk_think_empty(think) || came_and_went(think) || lost_too_often(think))
        return;
    spk_think_begin(think);
}

/* Nothing was there when the id was written. What the caches still show may be gone since. */
static void hand_over(struct spk_think *think)
{
    const int64_t seen_s = think->facts->seen_s;

    if (think->facts->driver != SPK_DRIVER_OLD && !spk_think_pod(think))
        (void)spk_think_submit(think);
    else if (!spk_think_over(think, seen_s, SPK_APP_GRACE_S))
        (void)spk_think_wait(think, seen_s + SPK_APP_GRACE_S, "the driver's name is not free yet");
    else
        (void)spk_think_clean(think, "the driver's name is taken already");
}

static void in_flight(struct spk_think *think)
{
    if (accept(think))
        return;
    if (think->facts->child == SPK_CHILD_AT_WORK) {
        (void)spk_think_wait(think, think->facts->now_s + SPK_APP_GRACE_S, "spark-submit works");
        return;
    }
    if (name_is_taken(think))
        return;
    if (think->facts->child == SPK_CHILD_READY) {
        hand_over(think);
        return;
    }
    if (!spark_refused(think))
        lost(think);
}

void spk_think_new(struct spk_think *think)
{
    if (*think->now->submission_id)
        in_flight(think);
    else
        spk_think_begin(think);
}

/* ----------------------------------------------------------------------- and begins once more */

static bool may_retry(const struct spk_think *think)
{
    const struct spk_app_rules *rules = &think->app->rules;

    return rules->policy == SPK_APP_ALWAYS ||
           (rules->policy == SPK_APP_ON_FAILURE &&
            think->now->submission_attempts <= rules->submission_retries);
}

void spk_think_submission_failed(struct spk_think *think)
{
    const int64_t span_s =
        think->app->rules.submission_interval_s * think->now->submission_attempts;

    if (!may_retry(think)) {
        if (!spk_think_empty(think))
            (void)spk_think_give_up(think, "no submission is left to try");
        return;
    }
    if (think->facts->driver == SPK_DRIVER_OLD || think->facts->leftovers)
        (void)spk_think_clean(think, "what is left is removed");
    else if (!spk_think_over(think, think->now->submitted_s, span_s))
        (void)spk_think_wait(think, think->now->submitted_s + span_s, "the next submission is due");
    else
        spk_think_begin(think);
}
