/* Which rule decides; the transition table is in the header. */
#include "spk/app/machine.h"

#include "machine_parts.h"

#include "spk/base/cleanup.h"

/* ------------------------------------------------------------------------------ whose it is */

static bool has_status(const struct spk_app_status *now)
{
    return now->state != SPK_APP_NEW || *now->submission_id || now->execution_attempts ||
           now->submission_attempts || now->submitted_s || now->terminated_s;
}

static bool is_terminal(enum spk_app_state state)
{
    return state == SPK_APP_COMPLETED || state == SPK_APP_FAILED;
}

bool spk_app_is_anothers(const struct spk_app *app)
{
    return !app->ours && has_status(&app->status);
}

static bool not_ours(struct spk_think *think)
{
    if (!spk_app_is_anothers(think->app))
        return false;
    think->step->why = "somebody else's";
    return true;
}

/* Handed over with a run at hand, whose spec nobody has written down: it is taken for the one that
 * is there, so that later changes show. */
static bool handed_over(struct spk_think *think)
{
    if (!think->app->ours || think->app->written_hash.len || !has_status(think->now) ||
        think->app->deleting)
        return false;
    think->step->rehash = true;
    return spk_think_go(think, think->now->state, SPK_EVENT_NONE, "handed over to us");
}

static bool deleted(struct spk_think *think)
{
    if (!think->app->deleting)
        return false;
    if (!think->app->rules.tracked && spk_think_empty(think))
        return true;
    return spk_think_wait(think, think->facts->now_s + SPK_APP_RESYNC_S, "it is being deleted");
}

/* ---------------------------------------------------------------------- what its user has changed
 */

/* No run is at hand, and none is on the books: the next one takes the spec as it is. */
static bool is_fresh(const struct spk_app_status *now)
{
    switch (now->state) {
    case SPK_APP_NEW:
        return !*now->submission_id;
    case SPK_APP_PENDING_RERUN:
    case SPK_APP_SUSPENDED:
    case SPK_APP_RESUMING:
        return now->execution_attempts == 0 && now->submission_attempts == 0;
    case SPK_APP_INVALIDATING:
    case SPK_APP_SUSPENDING: /* to its end first */
        return true;
    default:
        return false;
    }
}

static bool invalidated(struct spk_think *think)
{
    if (!think->facts->spec_changed || is_fresh(think->now))
        return false;
    think->step->status.message[0] = '\0';
    return spk_think_go(think, SPK_APP_INVALIDATING, SPK_EVENT_SPEC_UPDATED,
                        "the spec has changed");
}

/* What has ended is put down as that first: nothing is run again because it was suspended late. */
static bool has_ended(const struct spk_think *think)
{
    const struct spk_pod *pod = think->facts->pod;

    switch (think->now->state) {
    case SPK_APP_SUBMITTED:
    case SPK_APP_RUNNING:
    case SPK_APP_UNKNOWN:
        return pod && !spk_think_pod_lives(pod);
    case SPK_APP_SUCCEEDING:
        return think->app->rules.policy != SPK_APP_ALWAYS;
    case SPK_APP_FAILING:
        return spk_think_failure_is_final(think);
    default:
        return false;
    }
}

/* The run that is broken off does not count. */
static void uncount(struct spk_think *think)
{
    struct spk_app_status *next = &think->step->status;

    switch (next->state) {
    case SPK_APP_SUBMITTED:
    case SPK_APP_RUNNING:
    case SPK_APP_UNKNOWN:
        next->execution_attempts -= next->execution_attempts > 0;
        break;
    default:
        break;
    }
    next->submission_attempts = 0;
}

static bool suspended(struct spk_think *think)
{
    const enum spk_app_state state = think->now->state;

    if (!think->app->rules.suspend || is_terminal(state) || state == SPK_APP_SUSPENDING ||
        state == SPK_APP_SUSPENDED || state == SPK_APP_INVALIDATING || has_ended(think))
        return false;
    uncount(think);
    return spk_think_go(think, SPK_APP_SUSPENDING, SPK_EVENT_SUSPENDING, "its user suspends it");
}

/* ------------------------------------------------------------------- states that empty the place
 */

static void pending_rerun(struct spk_think *think)
{
    spk_think_begin(think);
}

static void invalidating(struct spk_think *think)
{
    if (spk_think_empty(think))
        return;
    think->step->status = (struct spk_app_status){0};
    (void)spk_think_go(think, SPK_APP_PENDING_RERUN, SPK_EVENT_PENDING_RERUN, "a new spec");
}

static void suspending(struct spk_think *think)
{
    if (spk_think_empty(think))
        return;
    spk_think_reset(think);
    (void)spk_think_go(think, SPK_APP_SUSPENDED, SPK_EVENT_SUSPENDED, "suspended");
}

static void resting(struct spk_think *think)
{
    if (!think->app->rules.suspend)
        (void)spk_think_go(think, SPK_APP_RESUMING, SPK_EVENT_RESUMING, "its user resumes it");
    else if (think->facts->driver == SPK_DRIVER_OLD || think->facts->leftovers)
        (void)spk_think_clean(think, "a driver that should not be there is removed");
    else
        (void)spk_think_wait(think, think->facts->now_s + SPK_APP_RESYNC_S, "suspended");
}

/* ----------------------------------------------------------------------------------- the step */

typedef void rule_fn(struct spk_think *think);

static rule_fn *const rules[SPK_APP_STATES] = {
    [SPK_APP_NEW] = spk_think_new,
    [SPK_APP_SUBMITTED] = spk_think_run,
    [SPK_APP_RUNNING] = spk_think_run,
    [SPK_APP_COMPLETED] = spk_think_terminal,
    [SPK_APP_FAILED] = spk_think_terminal,
    [SPK_APP_SUBMISSION_FAILED] = spk_think_submission_failed,
    [SPK_APP_PENDING_RERUN] = pending_rerun,
    [SPK_APP_INVALIDATING] = invalidating,
    [SPK_APP_SUCCEEDING] = spk_think_succeeding,
    [SPK_APP_FAILING] = spk_think_failing,
    [SPK_APP_SUSPENDING] = suspending,
    [SPK_APP_SUSPENDED] = resting,
    [SPK_APP_RESUMING] = pending_rerun,
    [SPK_APP_UNKNOWN] = spk_think_run,
};

/* Before any state has its say. */
static bool above_all(struct spk_think *think)
{
    if (not_ours(think) || handed_over(think) || deleted(think))
        return true;
    if (think->app->rules.tracked) {
        spk_think_tracked(think);
        return true;
    }
    return invalidated(think) || suspended(think);
}

void spk_app_step(struct spk_step *out, const struct spk_app *app, const struct spk_facts *facts)
{
    struct spk_think think = {.app = app, .facts = facts, .now = &app->status, .step = out};

    *out = (struct spk_step){.kind = SPK_STEP_WAIT, .status = app->status, .why = ""};
    if (!above_all(&think))
        rules[app->status.state](&think);
}
