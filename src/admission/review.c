#include "spk/admission/review.h"

#include "spk/admission/decide.h"
#include "spk/admission/envelope.h"
#include "spk/admission/view_tree.h"

static int decide_tree(struct spk_decision *out, const json_t *pod, const struct spk_policy *policy,
                       struct spk_err *err)
{
    struct spk_view view;

    if (spk_view_read(&view, &out->arena, pod, err))
        return -1;
    if (spk_decide(out, &view, policy, err)) {
        out->outcome = SPK_FAILED;
        return -1;
    }
    return 0;
}

/* Why the request is none of ours, or NULL. */
static const char *foreign(const struct spk_envelope *envelope)
{
    if (envelope->group.len || !spk_str_is(envelope->version, "v1") ||
        !spk_str_is(envelope->resource, "pods") || envelope->sub.len)
        return "the request is not about a core/v1 pod";
    if (!spk_str_is(envelope->operation, "CREATE"))
        return "the operation is not CREATE";
    return envelope->object ? NULL : "the request carries no object";
}

int spk_review_answer(struct spk_decision *out, char **response, size_t *response_len,
                      const char *body, size_t len, const struct spk_policy *policy,
                      struct spk_err *err)
{
    struct spk_envelope envelope;

    if (spk_envelope_read(&envelope, out, body, len, err))
        return -1;
    out->reason = foreign(&envelope);
    if (out->reason) {
        out->outcome = SPK_UNTOUCHED;
    } else if (decide_tree(out, envelope.object, policy, err)) {
        return spk_fail_in(err, "request.object");
    }
    if (spk_envelope_answer(response, response_len, out, envelope.api, err)) {
        out->outcome = SPK_FAILED;
        return -1;
    }
    return 0;
}

int spk_pod_decide(struct spk_decision *out, json_t *pod, const struct spk_policy *policy,
                   struct spk_err *err)
{
    spk_decision_start(out, json_incref(pod));
    return decide_tree(out, pod, policy, err);
}
