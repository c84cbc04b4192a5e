#ifndef SPK_APP_MACHINE_PARTS_H
#define SPK_APP_MACHINE_PARTS_H
/* What the files of the state machine share. Each rule either decides the step, and returns true,
 * or leaves it to the next one. */

#include "spk/app/machine.h"

/* What is still to be looked after is looked at this often, whatever happens or doesn't. */
#define SPK_APP_RESYNC_S 60

/* One decision while it is made. */
struct spk_think {
    const struct spk_app *app;
    const struct spk_facts *facts;
    const struct spk_app_status *now; /* app's */
    struct spk_step *step;            /* step->status begins as *now */
};

/* ------------------------------------------------------------------------ machine_parts.c: steps
 */

bool spk_think_wait(struct spk_think *think, int64_t wake_s, const char *why);
bool spk_think_look(struct spk_think *think, const char *why);
bool spk_think_clean(struct spk_think *think, const char *why);
bool spk_think_submit(struct spk_think *think);

/* Writes think->step->status with another state; with the marker, if it is the first time: a status
 * without one would be somebody else's. */
bool spk_think_go(struct spk_think *think, enum spk_app_state state, enum spk_app_event event,
                  const char *why);

/* Says why in status.applicationState.errorMessage. */
void spk_think_say(struct spk_think *think, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes out what belonged to the run: ids, the driver, message, terminationTime. Attempts stay. */
void spk_think_reset(struct spk_think *think);

/* ------------------------------------------------------------------------------------ and facts */

/* @span_s have gone by since @since_s. A clock that was turned back by more than a minute counts as
 * well: nobody waits for what it was. */
bool spk_think_over(const struct spk_think *think, int64_t since_s, int64_t span_s);

bool spk_think_child_lives(const struct spk_think *think);

/* The driver pod of this submission, whole or half. NULL: there is none. */
const struct spk_pod *spk_think_pod(const struct spk_think *think);

/* It may still run, or begin to. */
bool spk_think_pod_lives(const struct spk_pod *pod);

/* Decides whatever is left to do until nothing of any submission is there and a live look has said
 * so; false once that is so. */
bool spk_think_empty(struct spk_think *think);

/* --------------------------------------------------------------------------------- the concerns */

/* machine_begin.c: a run begins, where spk_think_empty() has nothing left to do. */
void spk_think_begin(struct spk_think *think);
/* machine_begin.c: "" */
void spk_think_new(struct spk_think *think);
/* machine_begin.c: SUBMISSION_FAILED */
void spk_think_submission_failed(struct spk_think *think);

/* machine_run.c: SUBMITTED, RUNNING, UNKNOWN */
void spk_think_run(struct spk_think *think);
/* machine_run.c: from in flight to SUBMITTED */
bool spk_think_submitted(struct spk_think *think);

/* machine_end.c */
void spk_think_succeeding(struct spk_think *think);
void spk_think_failing(struct spk_think *think);
void spk_think_terminal(struct spk_think *think);
/* FAILING with what has been said. */
bool spk_think_fail(struct spk_think *think, enum spk_app_event event, const char *why);
/* FAILED at once: what could not even begin. */
bool spk_think_give_up(struct spk_think *think, const char *why);
bool spk_think_failure_is_final(const struct spk_think *think);

/* machine_tracked.c: somebody else submits. */
void spk_think_tracked(struct spk_think *think);

#endif
