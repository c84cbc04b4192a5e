/* How a run ends, and what comes after it. */
#include "machine_parts.h"

/* The next run of Always, in seconds after the last one began: a driver that ends at once is no
 * reason to ask the cluster for a new one without a pause. */
#define RERUN_S 5

static bool rerun(struct spk_think *think)
{
    if (spk_think_empty(think))
        return true;
    spk_think_reset(think);
    think->step->status.submission_attempts = 0;
    return spk_think_go(think, SPK_APP_PENDING_RERUN, SPK_EVENT_PENDING_RERUN, "once more");
}

static void terminate(struct spk_think *think)
{
    if (!think->step->status.terminated_s)
        think->step->status.terminated_s = think->facts->now_s;
}

bool spk_think_fail(struct spk_think *think, enum spk_app_event event, const char *why)
{
    think->step->status.terminated_s = think->facts->now_s;
    return spk_think_go(think, SPK_APP_FAILING, event, why);
}

bool spk_think_give_up(struct spk_think *think, const char *why)
{
    terminate(think);
    return spk_think_go(think, SPK_APP_FAILED, SPK_EVENT_FAILED, why);
}

void spk_think_succeeding(struct spk_think *think)
{
    const int64_t begun_s = think->now->submitted_s;

    if (think->app->rules.policy != SPK_APP_ALWAYS || think->app->rules.tracked) {
        terminate(think);
        (void)spk_think_go(think, SPK_APP_COMPLETED, SPK_EVENT_COMPLETED, "completed");
    } else if (!spk_think_over(think, begun_s, RERUN_S)) {
        (void)spk_think_wait(think, begun_s + RERUN_S, "the next run is due");
    } else {
        (void)rerun(think);
    }
}

bool spk_think_failure_is_final(const struct spk_think *think)
{
    const struct spk_app_rules *rules = &think->app->rules;

    return rules->policy == SPK_APP_NEVER ||
           (rules->policy == SPK_APP_ON_FAILURE &&
            think->now->execution_attempts > rules->failure_retries);
}

/* A driver that has been given up must not run, nor begin to. One whose node is lost can't be
 * ended from here: it has been told to, or its node is gone. */
static bool must_end(const struct spk_think *think)
{
    const struct spk_pod *pod = spk_think_pod(think);

    if (think->facts->driver == SPK_DRIVER_OLD || spk_think_child_lives(think))
        return true;
    return pod && spk_think_pod_lives(pod) &&
           !(pod->deleting && spk_pod_lost_s(pod, think->facts->now_s));
}

void spk_think_failing(struct spk_think *think)
{
    const int64_t since_s = think->now->terminated_s;
    const int64_t span_s = think->app->rules.failure_interval_s * think->now->execution_attempts;

    if (must_end(think))
        (void)spk_think_clean(think, "a driver that was given up is removed");
    else if (spk_think_failure_is_final(think))
        (void)spk_think_give_up(think, "failed");
    else if (!spk_think_over(think, since_s, span_s))
        (void)spk_think_wait(think, since_s + span_s, "the next run is due");
    else
        (void)rerun(think);
}

/* Nothing of the application runs any more; what appears late is removed. What the caches say is
 * given time to catch up with the status first. */
static bool stray(struct spk_think *think)
{
    const struct spk_pod *pod = spk_think_pod(think);
    const bool other = think->facts->driver == SPK_DRIVER_OLD || think->facts->strays;

    if (think->app->rules.tracked || (!other && !(pod && must_end(think))))
        return false;
    if (!spk_think_over(think, think->facts->seen_s, SPK_APP_GRACE_S))
        return spk_think_wait(think, think->facts->seen_s + SPK_APP_GRACE_S,
                              "a driver is there that should not be");
    think->step->others_only = pod && !must_end(think);
    return spk_think_clean(think, "a driver that should not be there is removed");
}

void spk_think_terminal(struct spk_think *think)
{
    const int64_t ttl_s = think->app->rules.ttl_s;
    const int64_t since_s = think->now->terminated_s;

    if (stray(think))
        return;
    if (!since_s) {
        terminate(think);
        (void)spk_think_go(think, think->now->state, SPK_EVENT_NONE, "when it ended");
        return;
    }
    think->step->why = "it has ended";
    if (ttl_s < 0)
        return; /* waits for a change alone */
    think->step->wake_s = since_s + ttl_s;
    if (think->facts->now_s >= think->step->wake_s) {
        think->step->kind = SPK_STEP_DELETE;
        think->step->why = "its time to live is over";
        think->step->wake_s = think->facts->now_s + SPK_APP_GRACE_S;
    }
}
