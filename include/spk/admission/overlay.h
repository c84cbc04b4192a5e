#ifndef SPK_ADMISSION_OVERLAY_H
#define SPK_ADMISSION_OVERLAY_H
/*
 * Overlays: partial pods, each merged into the pod as Kubernetes' server-side apply would, with
 * force. Elements of lists that have keys are merged where the keys are the same, and appended
 * where there are none; lists and objects without keys ("atomic") are replaced. Otherwise than
 * there:
 *   - tolerations and envFrom are added as sets, nodeSelector is merged;
 *   - a variable is replaced whole, never left with a value beside a valueFrom;
 *   - a volume's name or a mount's path that something else has taken is a fault;
 *   - priorityClassName takes away the priority and preemptionPolicy that were defaulted, and
 *     hostNetwork: true makes of the dnsPolicy ClusterFirst, which is the default,
 *     ClusterFirstWithHostNet, unless the overlay says otherwise.
 */

#include "spk/admission/container.h"
#include "spk/admission/notes.h"
#include "spk/admission/review.h"
#include "spk/admission/view.h"
#include "spk/admission/wishes.h"
#include "spk/base/err.h"

#include <jansson.h>

/**
 * spk_overlay_apply() - merge overlays, the later ones above the earlier
 * @after:   the pod with all of @ops, as far as an overlay may change it: owned. Without meaning
 * when
 *           @notes has got a fault.
 * @ops:     operations that other annotations asked for; gets those that the overlays need behind
 * them. Emptied when all of them together leave the pod, to the API server, as it is. Without
 * meaning when @notes has got a fault.
 * @asks:    @count of them, or none: where each came from, and its JSON
 * @view:    the pod as it was submitted; not changed
 * @target:  the Spark container
 * @notes:   gets a fault for each value that can't be honoured, warnings, and an effect a changed
 * path
 *
 * Limits: SPK_COPY_VALUES_MAX, SPK_OVERLAY_MAX, SPK_OVERLAY_ELEMENTS_MAX, SPK_OVERLAY_PAIRS_MAX
 * Errors: SPK_ENOMEM; SPK_EINTERNAL if @ops do not apply to the pod
 */
int spk_overlay_apply(json_t **after, json_t *ops, const struct spk_overlay_ask *asks, size_t count,
                      const struct spk_view *view, const struct spk_spark_container *target,
                      const struct spk_policy *policy, struct spk_notes *notes, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Where an overlay has a field that is called @name: "spec.tolerations", or "spec.X or
 * sparkContainer.X"; NULL where it has none. Lives as long as @notes. */
const char *spk_overlay_home(struct spk_notes *notes, const char *name);

#endif
