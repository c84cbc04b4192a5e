#include "spk/app/machine.h"

#include "spk/base/faults.h"
#include "spk/base/text.h"

#include <stdio.h>
#include <string.h>

/* What a message is made of: the application's name, the pod's, or either and the detail. */
enum about { APP, POD, APP_AND_DETAIL, POD_AND_DETAIL };

static const struct {
    const char *reason;
    bool warning;
    enum about about;
    const char *before;
    const char *behind;
} texts[SPK_EVENTS] = {
    [SPK_EVENT_ADDED] = {"SparkApplicationAdded", false, APP, "SparkApplication ",
                         " was added, enqueuing it for submission"},
    [SPK_EVENT_SUBMITTED] = {"SparkApplicationSubmitted", false, APP, "SparkApplication ",
                             " was submitted successfully"},
    [SPK_EVENT_SUBMISSION_FAILED] = {"SparkApplicationSubmissionFailed", true, APP_AND_DETAIL,
                                     "failed to submit SparkApplication ", ": "},
    [SPK_EVENT_COMPLETED] = {"SparkApplicationCompleted", false, APP, "SparkApplication ",
                             " completed"},
    [SPK_EVENT_FAILED] = {"SparkApplicationFailed", true, APP_AND_DETAIL, "SparkApplication ",
                          " failed: "},
    [SPK_EVENT_PENDING_RERUN] = {"SparkApplicationPendingRerun", true, APP, "SparkApplication ",
                                 " is pending rerun"},
    [SPK_EVENT_SUSPENDING] = {"SparkApplicationSuspending", true, APP, "SparkApplication ",
                              " is suspending"},
    [SPK_EVENT_SUSPENDED] = {"SparkApplicationSuspended", true, APP, "SparkApplication ",
                             " is suspended"},
    [SPK_EVENT_RESUMING] = {"SparkApplicationResuming", true, APP, "SparkApplication ",
                            " is resuming"},
    [SPK_EVENT_SPEC_UPDATED] = {"SparkApplicationSpecUpdateProcessed", false, APP,
                                "Successfully processed spec update for SparkApplication ", ""},
    [SPK_EVENT_DRIVER_NOT_FOUND] = {"SparkDriverNotFound", true, POD, "Driver pod ",
                                    " not found after grace period, marking application as "
                                    "Failing"},
    [SPK_EVENT_DRIVER_PENDING] = {"SparkDriverPending", false, POD, "Driver ", " is pending"},
    [SPK_EVENT_DRIVER_RUNNING] = {"SparkDriverRunning", false, POD, "Driver ", " is running"},
    [SPK_EVENT_DRIVER_COMPLETED] = {"SparkDriverCompleted", false, POD, "Driver ", " completed"},
    [SPK_EVENT_DRIVER_FAILED] = {"SparkDriverFailed", true, POD_AND_DETAIL, "Driver ", " failed: "},
    [SPK_EVENT_DRIVER_UNKNOWN] = {"SparkDriverUnknown", true, POD, "Driver ", " in unknown state"},
    [SPK_EVENT_EXECUTOR_PENDING] = {"SparkExecutorPending", false, POD, "Executor ", " is pending"},
    [SPK_EVENT_EXECUTOR_RUNNING] = {"SparkExecutorRunning", false, POD, "Executor ", " is running"},
    [SPK_EVENT_EXECUTOR_COMPLETED] = {"SparkExecutorCompleted", false, POD, "Executor ",
                                      " completed"},
    [SPK_EVENT_EXECUTOR_FAILED] = {"SparkExecutorFailed", true, POD_AND_DETAIL, "Executor ",
                                   " failed with "},
    [SPK_EVENT_EXECUTOR_UNKNOWN] = {"SparkExecutorUnknown", true, POD, "Executor ",
                                    " in unknown state"},
};

void spk_app_event_text(struct spk_app_event_text *out, enum spk_app_event event,
                        const char *app_name, const char *pod, const char *detail)
{
    const enum about about = texts[event].about;
    const bool of_pod = about == POD || about == POD_AND_DETAIL;
    const bool tells = about == APP_AND_DETAIL || about == POD_AND_DETAIL;
    const char *name = of_pod ? pod : app_name;
    size_t used;

    *out = (struct spk_app_event_text){
        .reason = texts[event].reason ? texts[event].reason : "",
        .warning = texts[event].warning,
    };
    if (!texts[event].reason)
        return;
    (void)snprintf(out->message, sizeof(out->message), "%s%s%s", texts[event].before,
                   name ? name : "", texts[event].behind);
    spk_mend(out->message);
    used = strlen(out->message);
    if (tells)
        spk_faults_join(out->message + used, sizeof(out->message) - used,
                        detail && *detail != '\0' ? detail : "no reason given", "; ");
}
