/*
 * The webhooks for SparkApplications. Where they fail open, nobody but us tells of it.
 */
#include "webhook/doctor/judge.h"

#include "spk/base/cleanup.h"
#include "webhook/doctor/command.h"
#include "webhook/doctor/facts_applications.h"
#include "webhook/doctor/read.h"

#include <inttypes.h>
#include <string.h>

static const char check[] = "app-webhook";

/* ------------------------------------------------------------------------- what is registered */

static const char *policy_of(const json_t *webhook)
{
    const char *policy = spk_read_text(webhook, "failurePolicy");

    return *policy ? policy : "Fail";
}

/* False: it calls somebody else, and nothing that we know of says more. */
static bool judge_target(struct spk_findings *to, const struct spk_facts *facts,
                         const struct spk_app_webhook *it)
{
    const struct spk_doctor_options *options = facts->options;
    const char *url = spk_read_text(it->webhook, "clientConfig.url");
    const char *policy = policy_of(it->webhook);

    if (*url) {
        spk_find(to, SPK_LEVEL_OK, check, "%s calls %s about applications, failurePolicy %s",
                 it->configuration, url, policy);
        return true;
    }
    if (spk_facts_is_ours(facts, it->webhook)) {
        spk_find(to, SPK_LEVEL_OK, check,
                 "%s calls the Service %s/%s about applications, failurePolicy %s",
                 it->configuration, options->namespace_, options->service_name, policy);
        return true;
    }
    spk_find(to, SPK_LEVEL_FAIL, check,
             "%s calls the Service %s/%s about applications, expected %s/%s", it->configuration,
             spk_read_text(it->webhook, "clientConfig.service.namespace"),
             spk_read_text(it->webhook, "clientConfig.service.name"), options->namespace_,
             options->service_name);
    spk_advise(to, "point it at ours: %s", spk_command_again(facts).text);
    return false;
}

static void judge_path(struct spk_findings *to, const json_t *webhook)
{
    static const char *const paths[] = {
        "/default",
        "/validate",
        "/mutate-sparkoperator-k8s-io-v1beta2-sparkapplication",
        "/validate-sparkoperator-k8s-io-v1beta2-sparkapplication",
    };
    const char *path = spk_read_text(webhook, "clientConfig.service.path");

    if (!spk_read(webhook, "clientConfig.service"))
        return;
    for (size_t i = 0; i < SPK_LEN(paths); i++) {
        if (strcmp(path, paths[i]) == 0)
            return;
    }
    spk_find(to, SPK_LEVEL_FAIL, check, "clientConfig.service.path is '%s', expected /default",
             path);
    spk_advise(to, "set it to /default, or to /validate where nothing is to be filled in");
}

/* What the pods' webhook names has been looked at. */
static void judge_port(struct spk_findings *to, const struct spk_facts *facts,
                       const json_t *webhook)
{
    static const char place[] = "clientConfig.service.port";
    const int64_t wanted = spk_read_number(webhook, place, 443);
    const json_t *port;
    size_t i;

    if (!spk_fact_found(&facts->service) || !spk_read(webhook, "clientConfig.service") ||
        wanted == spk_read_number(spk_facts_webhook(facts), place, 443))
        return;
    json_array_foreach(spk_read(facts->service.object, "spec.ports"), i, port)
    {
        if (spk_read_number(port, "port", 0) == wanted)
            return;
    }
    spk_find(to, SPK_LEVEL_FAIL, check,
             "clientConfig.service.port is %" PRId64 ", which the Service does not have", wanted);
    spk_advise(to, "leave it away, or set it to 443");
}

static bool holds(const json_t *rule, const char *key, const char *text)
{
    const json_t *list = spk_read(rule, key);

    return spk_read_holds(list, text) || spk_read_holds(list, "*");
}

static void judge_rules(struct spk_findings *to, const json_t *webhook)
{
    const json_t *rule;
    size_t i;

    json_array_foreach(spk_read(webhook, "rules"), i, rule)
    {
        if (holds(rule, "operations", "CREATE") &&
            holds(rule, "apiGroups", "sparkoperator.k8s.io") &&
            holds(rule, "apiVersions", "v1beta2") && holds(rule, "resources", "sparkapplications"))
            return;
    }
    spk_find(to, SPK_LEVEL_FAIL, check,
             "its rules never match: none is for CREATE of sparkoperator.k8s.io/v1beta2 "
             "sparkapplications");
    spk_advise(to, "give it the rules of `spark-webhook manifest --applications`");
}

/* Nothing of ours is registered; that much can be said where all that could be was seen. */
static void judge_none(struct spk_findings *to, const struct spk_facts *facts)
{
    const struct spk_fact *own = &facts->configuration;

    if (!(spk_fact_found(own) || own->status == 404) || !spk_fact_found(&facts->configurations) ||
        !spk_fact_found(&facts->validating) || !spk_facts_defined_by_us(facts))
        return;
    spk_find(to, SPK_LEVEL_OK, check,
             "none: the controller alone judges SparkApplications, after they are stored "
             "(spark-webhook manifest --applications)");
}

void spk_judge_app_webhooks(struct spk_findings *to, const struct spk_facts *facts)
{
    struct spk_app_webhooks all;

    spk_facts_app_webhooks(&all, facts);
    for (size_t i = 0; i < all.count; i++) {
        const json_t *webhook = all.items[i].webhook;
        if (!judge_target(to, facts, &all.items[i]))
            continue;
        judge_path(to, webhook);
        judge_port(to, facts, webhook);
        judge_rules(to, webhook);
        spk_judge_app_bundle(to, facts, webhook);
    }
    if (!all.count)
        judge_none(to, facts);
    if (!spk_fact_found(&facts->validating))
        spk_judge_unread(to, check, &facts->validating, "what else reviews applications",
                         "list validatingwebhookconfigurations.admissionregistration.k8s.io");
}

/* --------------------------------------------------------------------------------- the trial */

static void judge_passed(struct spk_findings *to, const struct spk_app_trial *trial)
{
    const char *const ns = trial->namespace_;

    if (trial->match.verdict == SPK_MATCH_NOT) {
        spk_find(to, SPK_LEVEL_OK, check, "applications of %s are not sent: %s", ns,
                 trial->match.why);
        return;
    }
    spk_find(to, trial->match.verdict == SPK_MATCH_SENT ? SPK_LEVEL_FAIL : SPK_LEVEL_WARN, check,
             "an application created on trial in %s was not reviewed: %s %s%s", ns,
             trial->ignores ? "the API server could not call" : "the rules or conditions of",
             trial->webhook,
             trial->ignores ? ", and failurePolicy Ignore passes that over" : " leave it out");
    spk_advise(to, "see its clientConfig (service or url, caBundle), its rules and the other "
                   "findings; with failurePolicy Fail the API server says why; if the "
                   "registration is seconds old, look again");
}

static void judge_other(struct spk_findings *to, const struct spk_app_trial *trial)
{
    const struct spk_fact *answer = &trial->answer;
    char needs[SPK_SUBDOMAIN_MAX + 64];

    if (strstr(answer->why, "cannot create resource")) {
        (void)snprintf(needs, sizeof(needs), "create sparkapplications.sparkoperator.k8s.io in %s",
                       trial->namespace_);
        spk_findings_lack(to, "an application on trial", needs);
        return;
    }
    spk_find(to, SPK_LEVEL_WARN, check, "an application can't be tried in %s: %s",
             trial->namespace_, answer->why);
    spk_advise(to, "that is not the webhook's doing; name another namespace by --pod-namespace");
}

void spk_judge_app_trial(struct spk_findings *to, const struct spk_app_trial *trial)
{
    switch (spk_app_trial_end(trial)) {
    case SPK_APP_TRIAL_REVIEWED:
        spk_find(to, SPK_LEVEL_OK, check, "an application created on trial in %s was reviewed",
                 trial->namespace_);
        break;
    case SPK_APP_TRIAL_PASSED:
        judge_passed(to, trial);
        break;
    case SPK_APP_TRIAL_UNREACHED:
        spk_find(to, SPK_LEVEL_FAIL, check, "the API server can't call %s about applications: %s",
                 trial->webhook, trial->answer.why);
        spk_advise(to, "%s", spk_judge_cause(trial->answer.why));
        break;
    case SPK_APP_TRIAL_OTHER:
        judge_other(to, trial);
        break;
    default:
        break;
    }
}
