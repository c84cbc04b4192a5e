/* Somebody else submits (v1alpha1 submissionByUser): the status follows the driver, nothing else is
 * done. */
#include "machine_parts.h"

#include <stdio.h>

static void adopt(struct spk_think *think, const struct spk_pod *pod)
{
    struct spk_app_status *next = &think->step->status;

    (void)snprintf(next->submission_id, sizeof(next->submission_id), "%s", pod->submission_id);
    next->submitted_s = think->facts->now_s;
    think->step->rehash = true;
    (void)spk_think_submitted(think);
}

void spk_think_tracked(struct spk_think *think)
{
    const struct spk_pod *pod = spk_think_pod(think);

    switch (think->now->state) {
    case SPK_APP_SUBMITTED:
    case SPK_APP_RUNNING:
    case SPK_APP_UNKNOWN:
        spk_think_run(think);
        break;
    case SPK_APP_SUCCEEDING:
        spk_think_succeeding(think);
        break;
    case SPK_APP_FAILING:
        (void)spk_think_give_up(think, "failed");
        break;
    case SPK_APP_COMPLETED:
    case SPK_APP_FAILED:
        spk_think_terminal(think);
        break;
    default:
        if (pod)
            adopt(think, pod);
        else
            (void)spk_think_wait(think, think->facts->now_s + SPK_APP_RESYNC_S,
                                 "its user has not submitted it yet");
    }
}
