#ifndef SPK_WEBHOOK_DOCTOR_MATCH_H
#define SPK_WEBHOOK_DOCTOR_MATCH_H
/*
 * Would the API server send a pod that is being created to a webhook, and if not, what says no.
 *
 * Spec: apiserver pkg/admission/plugin/webhook/generic/webhook.go ShouldCallHook,
 *       pkg/admission/plugin/webhook/predicates/{namespace,object,rules}
 */

#include "spk/base/limits.h"

#include "spk/json/walk.h"
#include <stdbool.h>
#include <stddef.h>

enum spk_match_verdict {
    SPK_MATCH_SENT,
    SPK_MATCH_NOT,
    SPK_MATCH_UNKNOWN /* an expression of somebody else's, or a namespace that can't be read */
};

struct spk_match {
    enum spk_match_verdict verdict;
    char why[768]; /* all that say no, or that can't be told; "" when it is sent */
};

/* A pod and where it is to be. */
struct spk_match_pod {
    const json_t *pod;
    const char *namespace_;
    const json_t
        *namespace_labels; /* NULL: unknown, but for the name that each namespace carries */
};

/* @webhook: of a MutatingWebhookConfiguration. */
void spk_match(struct spk_match *out, const json_t *webhook, const struct spk_match_pod *pod);

/* Do the webhook's rules want pods that are created? */
bool spk_match_rules(const json_t *webhook);

/**
 * spk_match_prefix() - is an expression the one that our manifest puts into matchConditions?
 * @out: the annotation prefix that it looks for
 *
 * Return: false for any other expression
 */
bool spk_match_prefix(char out[SPK_SUBDOMAIN_MAX + 1], const char *expression);

/* Of all matchConditions of a webhook: that of the first expression of ours; false without one. */
bool spk_match_webhook_prefix(char out[SPK_SUBDOMAIN_MAX + 1], const json_t *webhook);

#endif
