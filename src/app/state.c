#include "spk/app/status.h"

const char *spk_app_state_text(enum spk_app_state state)
{
    static const char *const texts[SPK_APP_STATES] = {
        [SPK_APP_NEW] = "",
        [SPK_APP_SUBMITTED] = "SUBMITTED",
        [SPK_APP_RUNNING] = "RUNNING",
        [SPK_APP_COMPLETED] = "COMPLETED",
        [SPK_APP_FAILED] = "FAILED",
        [SPK_APP_SUBMISSION_FAILED] = "SUBMISSION_FAILED",
        [SPK_APP_PENDING_RERUN] = "PENDING_RERUN",
        [SPK_APP_INVALIDATING] = "INVALIDATING",
        [SPK_APP_SUCCEEDING] = "SUCCEEDING",
        [SPK_APP_FAILING] = "FAILING",
        [SPK_APP_SUSPENDING] = "SUSPENDING",
        [SPK_APP_SUSPENDED] = "SUSPENDED",
        [SPK_APP_RESUMING] = "RESUMING",
        [SPK_APP_UNKNOWN] = "UNKNOWN",
    };

    return texts[state];
}
