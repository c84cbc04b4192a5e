/*
 * What gathered facts say when they are put together; asks nobody.
 */
#include "webhook/doctor/facts.h"

#include "spk/admission/key.h"
#include "spk/base/clock.h"
#include "webhook/doctor/match.h"
#include "webhook/doctor/read.h"

#include <string.h>

#define INJECTS "cert-manager.io/inject-ca-from"

/* -------------------------------------------------------------------------- the registration */

bool spk_facts_is_ours(const struct spk_facts *facts, const json_t *webhook)
{
    if (*spk_read_text(webhook, "clientConfig.url"))
        return true;
    return strcmp(spk_read_text(webhook, "clientConfig.service.name"),
                  facts->options->service_name) == 0 &&
           strcmp(spk_read_text(webhook, "clientConfig.service.namespace"),
                  facts->options->namespace_) == 0;
}

const json_t *spk_facts_webhook(const struct spk_facts *facts)
{
    const json_t *webhook;
    size_t i;

    json_array_foreach(spk_read(facts->configuration.object, "webhooks"), i, webhook)
    {
        if (spk_facts_is_ours(facts, webhook) && !spk_facts_is_app_webhook(webhook))
            return webhook;
    }
    return NULL;
}

const char *spk_facts_prefix(const struct spk_facts *facts, char room[SPK_SUBDOMAIN_MAX + 1])
{
    const char *runs = spk_facts_argument(facts, "annotation-prefix");

    if (facts->options->annotation_prefix)
        return facts->options->annotation_prefix;
    if (spk_match_webhook_prefix(room, spk_facts_webhook(facts)))
        return room;
    return runs && !spk_prefix_fault(spk_str(runs)) ? runs : SPK_PREFIX;
}

bool spk_facts_cert_manager(const struct spk_facts *facts)
{
    const json_t *annotations = spk_read(facts->configuration.object, "metadata.annotations");

    return json_object_get(annotations, INJECTS) != NULL;
}

/* ------------------------------------------------------------------------------------ the way */

bool spk_facts_refuses(const struct spk_facts *facts)
{
    return spk_fact_found(&facts->policy) && spk_fact_found(&facts->policy_binding);
}

bool spk_facts_mutates(const struct spk_facts *facts)
{
    return spk_fact_found(&facts->mutating) && spk_fact_found(&facts->mutating_binding);
}

static bool nothing_in_namespace(const struct spk_facts *facts)
{
    return facts->service.status == 404 && facts->deployment.status == 404;
}

static bool has_webhooks(const struct spk_facts *facts)
{
    return json_array_size(spk_read(facts->configuration.object, "webhooks")) > 0;
}

enum spk_way spk_facts_way(const struct spk_facts *facts)
{
    if (!nothing_in_namespace(facts))
        return SPK_WAY_WEBHOOK;
    if (facts->configuration.status == 404)
        return spk_facts_mutates(facts) ? SPK_WAY_EXPRESSIONS : SPK_WAY_NONE;
    return has_webhooks(facts) && !spk_facts_webhook(facts) ? SPK_WAY_ELSEWHERE : SPK_WAY_WEBHOOK;
}

/* ----------------------------------------------------------------------------------- the pods */

static const json_t *ready_condition(const json_t *pod)
{
    return spk_read_named(spk_read(pod, "status.conditions"), "type", "Ready");
}

bool spk_facts_pod_ready(const json_t *pod)
{
    return !spk_read(pod, "metadata.deletionTimestamp") &&
           strcmp(spk_read_text(ready_condition(pod), "status"), "True") == 0;
}

int64_t spk_facts_ready_s(const struct spk_facts *facts)
{
    const json_t *pod;
    int64_t best_s = -1;
    size_t i;

    json_array_foreach(spk_read(facts->pods.object, "items"), i, pod)
    {
        const char *since = spk_read_text(ready_condition(pod), "lastTransitionTime");
        int64_t since_s;
        int64_t ago_s;
        if (!spk_facts_pod_ready(pod) || !spk_clock_parse(&since_s, spk_str(since)))
            continue;
        /* The cluster's clock may be ahead of ours. */
        ago_s = facts->now_s > since_s ? facts->now_s - since_s : 0;
        best_s = best_s < 0 || ago_s < best_s ? ago_s : best_s;
    }
    return best_s;
}
