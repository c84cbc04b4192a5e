/*
 * Deployment and pods: are there enough, do they run, and where.
 */
#include "webhook/doctor/judge.h"

#include "webhook/doctor/read.h"

#include <inttypes.h>
#include <string.h>

#define RESTARTS 3

static const char check[] = "pods";

static const json_t *items(const struct spk_facts *facts)
{
    return spk_read(facts->pods.object, "items");
}

/* One that is on its way out neither counts nor worries. */
static bool is_leaving(const json_t *pod)
{
    return spk_read(pod, "metadata.deletionTimestamp") != NULL;
}

static bool is_ready(const json_t *pod)
{
    const json_t *ready = spk_read_named(spk_read(pod, "status.conditions"), "type", "Ready");

    return !is_leaving(pod) && strcmp(spk_read_text(ready, "status"), "True") == 0;
}

/* Why it is not ready, as the cluster says. */
static void print_reason(char *out, size_t size, const json_t *pod)
{
    const json_t *status = json_array_get(spk_read(pod, "status.containerStatuses"), 0);
    const json_t *scheduled =
        spk_read_named(spk_read(pod, "status.conditions"), "type", "PodScheduled");
    const char *waits = spk_read_text(status, "state.waiting.reason");
    const char *message = spk_read_text(status, "state.waiting.message");

    if (*waits)
        (void)snprintf(out, size, "%s%s%.200s", waits, *message ? ": " : "", message);
    else if (strcmp(spk_read_text(scheduled, "status"), "False") == 0)
        (void)snprintf(out, size, "%.200s", spk_read_text(scheduled, "message"));
    else
        (void)snprintf(out, size, "phase %s", spk_read_text(pod, "status.phase"));
}

static const char *advice_of(const char *reason)
{
    if (strstr(reason, "ImagePull") || strstr(reason, "ErrImage") || strstr(reason, "InvalidImage"))
        return "see the Deployment's image, and the pull secret (manifest --image-pull-secret)";
    if (strstr(reason, "CrashLoop"))
        return "kubectl logs --previous says why it ends";
    if (strstr(reason, "nodes are available"))
        return "make room for it, or see its tolerations; with hostNetwork a node takes one";
    return "kubectl describe and kubectl logs say why; /readyz waits for a certificate";
}

static void judge_pod(struct spk_findings *to, const json_t *pod)
{
    const json_t *status = json_array_get(spk_read(pod, "status.containerStatuses"), 0);
    const int64_t restarts = spk_read_number(status, "restartCount", 0);
    char reason[320];

    if (is_leaving(pod))
        return;
    if (!is_ready(pod)) {
        print_reason(reason, sizeof(reason), pod);
        spk_find(to, SPK_LEVEL_WARN, check, "%s is not ready: %s", spk_read_name(pod), reason);
        spk_advise(to, "%s", advice_of(reason));
    }
    if (restarts >= RESTARTS) {
        spk_find(to, SPK_LEVEL_WARN, check, "%s has restarted %" PRId64 " times, last by %s",
                 spk_read_name(pod), restarts,
                 spk_read_text(status, "lastState.terminated.reason"));
        spk_advise(to, "kubectl logs --previous says why; after OOMKilled raise the memory limit");
    }
}

static const char *image_of(const json_t *pod)
{
    return spk_read_text(json_array_get(spk_read(pod, "spec.containers"), 0), "image");
}

static void judge_images(struct spk_findings *to, const json_t *pods)
{
    const char *first = image_of(json_array_get(pods, 0));
    const json_t *pod;
    size_t i;

    json_array_foreach(pods, i, pod)
    {
        if (is_leaving(pod) || strcmp(image_of(pod), first) == 0)
            continue;
        spk_find(to, SPK_LEVEL_WARN, check, "they run different images: %s and %s", first,
                 image_of(pod));
        spk_advise(to, "kubectl rollout status tells whether an upgrade goes on or is stuck");
        return;
    }
}

static void judge_spread(struct spk_findings *to, const struct spk_facts *facts, size_t ready)
{
    const json_t *nodes = spk_read(facts->nodes.object, "items");
    const char *first = "";
    const json_t *pod;
    size_t i;

    json_array_foreach(items(facts), i, pod)
    {
        const char *node = spk_read_text(pod, "spec.nodeName");
        if (!is_ready(pod))
            continue;
        if (*first && strcmp(node, first) != 0)
            return;
        first = node;
    }
    /* Where there is one node only, that is as good as it gets. */
    if (ready < 2 || json_array_size(nodes) == 1)
        return;
    spk_find(to, SPK_LEVEL_WARN, check, "all are on the node %s: they go with it", first);
    spk_advise(to, "kubectl rollout restart spreads them anew, where other nodes have room");
}

static size_t count(const struct spk_facts *facts, bool (*is)(const json_t *pod))
{
    const json_t *pod;
    size_t sum = 0;
    size_t i;

    json_array_foreach(items(facts), i, pod) sum += is(pod);
    return sum;
}

static void judge_few(struct spk_findings *to, const struct spk_facts *facts)
{
    const int64_t wanted = spk_read_number(facts->deployment.object, "spec.replicas", 0);

    if (!spk_fact_found(&facts->deployment) || wanted != 1)
        return;
    spk_find(to, SPK_LEVEL_WARN, check,
             "the Deployment has one replica: while it moves nothing answers");
    spk_advise(to, "kubectl scale to 2");
}

void spk_judge_pods(struct spk_findings *to, const struct spk_facts *facts)
{
    const size_t there = json_array_size(items(facts)) - count(facts, is_leaving);
    const size_t ready = count(facts, is_ready);
    const json_t *pod;
    size_t i;

    if (!spk_fact_found(&facts->pods)) {
        spk_judge_unread(to, check, &facts->pods, "the webhook's pods",
                         "list pods in the webhook's namespace");
        return;
    }
    if (ready) {
        spk_find(to, SPK_LEVEL_OK, check, "%zu of %zu ready", ready, there);
    } else if (*spk_read_text(spk_facts_webhook(facts), "clientConfig.url")) {
        return; /* it may well run outside of the cluster */
    } else {
        if (there)
            spk_find(to, SPK_LEVEL_FAIL, check, "none of %zu is ready", there);
        else
            spk_find(to, SPK_LEVEL_FAIL, check, "there is none");
        spk_advise(to, "%s",
                   facts->deployment.status == 404
                       ? "spark-webhook manifest | kubectl apply -f -"
                       : "kubectl describe the Deployment and its pods");
    }
    json_array_foreach(items(facts), i, pod) judge_pod(to, pod);
    judge_images(to, items(facts));
    judge_spread(to, facts, ready);
    judge_few(to, facts);
}
