#include "machine_parts.h"

#include "spk/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Two machines' clocks may differ by so much, in seconds. */
#define SKEW_S 60

/* How soon what is being removed is looked at again. */
#define CLEAN_AGAIN_S 1

bool spk_think_wait(struct spk_think *think, int64_t wake_s, const char *why)
{
    const int64_t now_s = think->facts->now_s;

    think->step->kind = SPK_STEP_WAIT;
    think->step->wake_s = wake_s > now_s ? wake_s : now_s + 1;
    think->step->why = why;
    return true;
}

bool spk_think_look(struct spk_think *think, const char *why)
{
    think->step->kind = SPK_STEP_LOOK;
    think->step->wake_s = think->facts->now_s + SPK_APP_GRACE_S;
    think->step->why = why;
    return true;
}

bool spk_think_clean(struct spk_think *think, const char *why)
{
    think->step->kind = SPK_STEP_CLEAN;
    think->step->wake_s = think->facts->now_s + CLEAN_AGAIN_S;
    think->step->why = why;
    return true;
}

bool spk_think_submit(struct spk_think *think)
{
    think->step->kind = SPK_STEP_SUBMIT;
    think->step->wake_s = think->facts->now_s + SPK_APP_GRACE_S;
    think->step->why = "submit";
    return true;
}

bool spk_think_go(struct spk_think *think, enum spk_app_state state, enum spk_app_event event,
                  const char *why)
{
    size_t n = 0;

    think->step->kind = SPK_STEP_WRITE;
    think->step->rehash |= !think->app->ours;
    think->step->status.state = state;
    think->step->wake_s = think->facts->now_s + SPK_APP_GRACE_S;
    think->step->why = why;
    while (n < SPK_STEP_EVENTS && think->step->events[n] != SPK_EVENT_NONE)
        n++;
    if (event != SPK_EVENT_NONE && n < SPK_STEP_EVENTS)
        think->step->events[n] = event;
    return true;
}

void spk_think_say(struct spk_think *think, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(think->step->status.message, sizeof(think->step->status.message), fmt, args);
    va_end(args);
    spk_mend(think->step->status.message);
}

void spk_think_reset(struct spk_think *think)
{
    const struct spk_app_status *now = think->now;

    think->step->status = (struct spk_app_status){
        .state = now->state,
        .execution_attempts = now->execution_attempts,
        .submission_attempts = now->submission_attempts,
        .submitted_s = now->submitted_s,
    };
}

bool spk_think_over(const struct spk_think *think, int64_t since_s, int64_t span_s)
{
    const int64_t now_s = think->facts->now_s;

    return now_s - since_s >= span_s || since_s - now_s > SKEW_S;
}

bool spk_think_child_lives(const struct spk_think *think)
{
    return think->facts->child == SPK_CHILD_READY || think->facts->child == SPK_CHILD_AT_WORK;
}

const struct spk_pod *spk_think_pod(const struct spk_think *think)
{
    const enum spk_driver driver = think->facts->driver;

    return driver == SPK_DRIVER_HALF || driver == SPK_DRIVER_WHOLE ? think->facts->pod : NULL;
}

bool spk_think_pod_lives(const struct spk_pod *pod)
{
    return pod->state != SPK_POD_COMPLETED && pod->state != SPK_POD_FAILED;
}

bool spk_think_empty(struct spk_think *think)
{
    if (spk_think_child_lives(think))
        return spk_think_clean(think, "its spark-submit is ended first");
    switch (think->facts->driver) {
    case SPK_DRIVER_UNSEEN:
        return spk_think_wait(think, think->facts->now_s + SPK_APP_GRACE_S,
                              "the caches are not filled yet");
    case SPK_DRIVER_ABSENT:
        return think->facts->leftovers ? spk_think_clean(think, "what is left is removed")
                                       : spk_think_look(think, "is anything left?");
    case SPK_DRIVER_GONE:
    case SPK_DRIVER_FOREIGN:
        return think->facts->leftovers && spk_think_clean(think, "what is left is removed");
    default:
        return spk_think_clean(think, "the driver is removed");
    }
}
