#ifndef SPK_APP_EXECUTORS_H
#define SPK_APP_EXECUTORS_H
/*
 * status.executorState: pod name -> state, kept small: etcd takes 1.5 MiB an object, and ten
 * thousand executors would fill it.
 */

#include "spk/app/pod.h"
#include "spk/app/status.h"

#include <jansson.h>

/**
 * spk_executors_state() - executorState as it should be now
 * @out:     a new object
 * @have:    what status has; may be NULL
 * @pods:    executors of this submission that exist, in any order
 * @state:   the application's state as it will be written
 * @most:    entries at most, running and failed ones first. How many there are beyond it is said by
 *           the pseudo entries "(more) RUNNING": "12" and so on; of those that have ended at least
 *           so many
 *
 * What status has and no pod shows any more: a terminal state stays; else COMPLETED when the
 * application succeeded, FAILED when it failed, UNKNOWN while the driver runs.
 */
int spk_executors_state(json_t **out, const json_t *have, const struct spk_pod *const *pods,
                        size_t count, enum spk_app_state state, size_t most, struct spk_err *err)
    __attribute__((warn_unused_result));

/* What the DELETED event's own object says about an executor: its terminal state, or, where it has
 * none or it was the deletion that ended it, COMPLETED if the driver succeeded or still runs,
 * FAILED if it failed or this one was evicted. */
enum spk_pod_state spk_executor_deleted(const struct spk_pod *executor, enum spk_app_state app);

#endif
