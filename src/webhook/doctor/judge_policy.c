/*
 * The policies: what refuses pods that were not treated, what treats them without a webhook, and
 * what keeps our token to caBundle.
 */
#include "webhook/doctor/judge.h"

#include "webhook/doctor/command.h"
#include "webhook/doctor/read.h"

#include <string.h>

#define POLICIES_SINCE 30

static const char check[] = "policy";

static void judge_fence(struct spk_findings *to, const struct spk_facts *facts)
{
    if (facts->fence.status != 404)
        return;
    spk_find(
        to, SPK_LEVEL_WARN, check,
        "the ValidatingAdmissionPolicy %s-ca-bundle-only is missing: whoever has the webhook's "
        "token could point the registration elsewhere",
        facts->options->name);
    spk_advise(to, "%s", spk_command_again(facts).text);
}

static bool ignores(const struct spk_facts *facts)
{
    return strcmp(spk_read_text(spk_facts_webhook(facts), "failurePolicy"), "Ignore") == 0;
}

/* No policy refuses anything. */
static void judge_none(struct spk_findings *to, const struct spk_facts *facts)
{
    const bool old = facts->minor && facts->minor < POLICIES_SINCE;

    if (ignores(facts)) {
        spk_find(to, SPK_LEVEL_WARN, check,
                 "failurePolicy is Ignore: while no replica answers, pods start without what their "
                 "annotations ask for");
        if (old)
            spk_advise(to, "failurePolicy: Fail");
        else
            spk_advise(to, "%s; or failurePolicy: Fail", spk_command_policy(facts).text);
    } else {
        spk_find(to, SPK_LEVEL_OK, check,
                 old ? "none: Kubernetes has them from 1.30 on"
                     : "none: while nothing is registered, annotated pods start untreated "
                       "(spark-webhook policy)");
    }
}

static void judge_half(struct spk_findings *to, const struct spk_facts *facts, bool bound)
{
    spk_find(to, SPK_LEVEL_WARN, check,
             bound ? "the policy %s-annotations is not there, only its binding: it does nothing"
                   : "the policy %s-annotations has no binding: it does nothing",
             facts->options->name);
    spk_advise(to, "%s", spk_command_policy(facts).text);
}

static void judge_orphaned(struct spk_findings *to, const struct spk_facts *facts)
{
    const char *name = facts->options->name;

    spk_find(to, SPK_LEVEL_FAIL, check,
             "the registration is gone, and the policy %s-annotations is there: Spark pods with "
             "annotations are now refused",
             name);
    spk_advise(to,
               "%s; without a webhook: kubectl delete "
               "validatingadmissionpolicybinding/%s-annotations",
               spk_facts_way(facts) == SPK_WAY_NONE ? spk_command_install(facts).text
                                                    : spk_command_again(facts).text,
               name);
}

static void judge_refusing(struct spk_findings *to, const struct spk_facts *facts)
{
    const json_t *actions = spk_read(facts->policy_binding.object, "spec.validationActions");
    const bool denies = spk_read_holds(actions, "Deny");

    if (facts->configuration.status == 404 && denies && !spk_facts_mutates(facts)) {
        judge_orphaned(to, facts);
    } else {
        spk_find(to, SPK_LEVEL_OK, check, "%sthe policy %s-annotations %s what was not treated",
                 ignores(facts) ? "failurePolicy is Ignore, and " : "", facts->options->name,
                 denies ? "refuses" : "warns of, and does not refuse,");
    }
}

static void judge_mutating(struct spk_findings *to, const struct spk_facts *facts)
{
    const char *name = facts->options->name;

    if (spk_fact_found(&facts->mutating) && facts->mutating_binding.status == 404) {
        spk_find(
            to, SPK_LEVEL_WARN, check,
            "the MutatingAdmissionPolicy %s-annotations-mutating has no binding: it does nothing",
            name);
        spk_advise(to, "apply again what spark-webhook policy --mutating prints, or delete it");
    } else if (!spk_facts_mutates(facts)) {
        return;
    } else if (spk_facts_webhook(facts)) {
        spk_find(
            to, SPK_LEVEL_WARN, check,
            "the webhook and the MutatingAdmissionPolicy %s-annotations-mutating both treat pods",
            name);
        spk_advise(to,
                   "run one of the two: kubectl delete "
                   "mutatingadmissionpolicybinding/%s-annotations-mutating,"
                   " or take the webhook away",
                   name);
    } else {
        spk_find(
            to, SPK_LEVEL_OK, check,
            "the MutatingAdmissionPolicy %s-annotations-mutating treats pods, without a webhook",
            name);
    }
}

/* Expressions can't do all that annotations can ask for. */
static void judge_rest(struct spk_findings *to, const struct spk_facts *facts)
{
    if (!spk_facts_mutates(facts) ||
        (facts->rest.status != 404 && facts->rest_binding.status != 404))
        return;
    spk_find(to, SPK_LEVEL_WARN, check,
             "nothing refuses what expressions can't do: the ValidatingAdmissionPolicy "
             "%s-annotations-mutating or its binding is missing",
             facts->options->name);
    spk_advise(to, "apply again what spark-webhook policy --mutating prints");
}

/* Without policies of ours, the mutating one aside. */
static bool has_none(const struct spk_facts *facts)
{
    return facts->policy.status == 0 ||
           (facts->policy.status == 404 && facts->policy_binding.status == 404);
}

void spk_judge_policy(struct spk_findings *to, const struct spk_facts *facts)
{
    const struct spk_fact *policy = &facts->policy;
    const struct spk_fact *binding = &facts->policy_binding;

    judge_mutating(to, facts);
    judge_rest(to, facts);
    if (has_none(facts)) {
        if (!spk_facts_mutates(facts))
            judge_none(to, facts);
    } else if (!spk_fact_found(policy) && policy->status != 404) {
        spk_judge_unread(to, check, policy, "the policies",
                         "get validatingadmissionpolicies.admissionregistration.k8s.io");
    } else if (!spk_fact_found(binding) && binding->status != 404) {
        spk_judge_unread(to, check, binding, "the policies' bindings",
                         "get validatingadmissionpolicybindings.admissionregistration.k8s.io");
    } else if (spk_facts_refuses(facts)) {
        judge_refusing(to, facts);
    } else {
        judge_half(to, facts, spk_fact_found(binding));
    }
    judge_fence(to, facts);
}
