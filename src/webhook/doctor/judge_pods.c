/*
 * Deployment and pods: are there enough, do they run, and where.
 */
#include "webhook/doctor/judge.h"

#include "spk/base/text.h"
#include "webhook/doctor/command.h"
#include "webhook/doctor/read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RESTARTS    3
#define MESSAGE_MAX 200

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

struct shortened {
    char text[MESSAGE_MAX + 8];
};

/* Cut between words. */
static struct shortened shorten(const char *text)
{
    struct shortened out = {""};
    size_t len = strlen(text);

    if (len > MESSAGE_MAX) {
        len = MESSAGE_MAX;
        while (len > 0 && text[len] != ' ')
            len--;
        (void)snprintf(out.text, sizeof(out.text), "%.*s \u2026",
                       (int)(len ? len : spk_runes_whole((struct spk_str){text, MESSAGE_MAX})),
                       text);
        return out;
    }
    (void)snprintf(out.text, sizeof(out.text), "%s", text);
    return out;
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
        (void)snprintf(out, size, "%s%s%s", waits, *message ? ": " : "", shorten(message).text);
    else if (strcmp(spk_read_text(scheduled, "status"), "False") == 0)
        (void)snprintf(out, size, "%s", shorten(spk_read_text(scheduled, "message")).text);
    else
        (void)snprintf(out, size, "phase %s", spk_read_text(pod, "status.phase"));
}

static const char *advice_of(const char *reason)
{
    if (strstr(reason, "CrashLoop"))
        return "kubectl logs --previous says why it ends";
    if (strstr(reason, "nodes are available"))
        return "make room for it, or see its tolerations; with hostNetwork a node takes one";
    return "kubectl describe and kubectl logs say why; /readyz waits for a certificate";
}

static const char *image_of(const json_t *pod)
{
    return spk_read_text(json_array_get(spk_read(pod, "spec.containers"), 0), "image");
}

static const char *waiting_for(const json_t *pod)
{
    const json_t *status = json_array_get(spk_read(pod, "status.containerStatuses"), 0);

    return spk_read_text(status, "state.waiting.reason");
}

/* Does it wait for an image that nobody gives it? */
static bool is_imageless(const json_t *pod)
{
    const char *reason = waiting_for(pod);

    return !is_leaving(pod) && (strstr(reason, "ImagePull") || strstr(reason, "ErrImage") ||
                                strstr(reason, "InvalidImage"));
}

static const char *image_advice(const char *image)
{
    if (spk_command_is_default_image(image))
        return "that is the default of spark-webhook manifest, which no registry has: give --image";
    return "see the Deployment's image, and the pull secret (manifest --image-pull-secret)";
}

/* The pods with the image of the one at @first, if that is the first with it. */
static void judge_image(struct spk_findings *to, const struct spk_facts *facts, size_t first)
{
    const json_t *pods = items(facts);
    const json_t *one = json_array_get(pods, first);
    const json_t *pod;
    char reason[320];
    size_t same = 0;
    size_t i;

    json_array_foreach(pods, i, pod)
    {
        const bool is = is_imageless(pod) && strcmp(image_of(pod), image_of(one)) == 0;
        if (is && i < first)
            return;
        same += is;
    }
    print_reason(reason, sizeof(reason), one);
    spk_find(to, SPK_LEVEL_FAIL, check, "the image %s of %zu pod%s can't be had: %s", image_of(one),
             same, same == 1 ? "" : "s", reason);
    spk_advise(to, "%s", image_advice(image_of(one)));
}

/* The reason of all else, where it is there. */
static size_t judge_all_images(struct spk_findings *to, const struct spk_facts *facts)
{
    const json_t *pod;
    size_t sum = 0;
    size_t i;

    json_array_foreach(items(facts), i, pod)
    {
        if (!is_imageless(pod))
            continue;
        judge_image(to, facts, i);
        sum++;
    }
    return sum;
}

static void judge_pod(struct spk_findings *to, const json_t *pod)
{
    const json_t *status = json_array_get(spk_read(pod, "status.containerStatuses"), 0);
    const int64_t restarts = spk_read_number(status, "restartCount", 0);
    char reason[320];

    if (is_leaving(pod))
        return;
    if (!is_imageless(pod) && !spk_facts_pod_ready(pod)) {
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
        if (!spk_facts_pod_ready(pod))
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

/* @imageless: of the @there pods that are there, said already. */
static void judge_none(struct spk_findings *to, const struct spk_facts *facts, size_t there,
                       size_t imageless)
{
    const struct spk_doctor_options *options = facts->options;

    if (there && imageless == there)
        return;
    if (spk_fact_found(&facts->deployment) &&
        spk_read_number(facts->deployment.object, "spec.replicas", 1) == 0) {
        spk_find(to, SPK_LEVEL_FAIL, check, "the Deployment asks for 0 replicas");
        spk_advise(to, "kubectl -n %s scale deployment/%s --replicas=2", options->namespace_,
                   options->name);
        return;
    }
    if (there)
        spk_find(to, SPK_LEVEL_FAIL, check, "none of %zu is ready", there);
    else
        spk_find(to, SPK_LEVEL_FAIL, check, "there is none");
    if (facts->deployment.status == 404) {
        spk_advise(to, "%s", spk_command_again(facts).text);
    } else {
        spk_advise(to,
                   "kubectl -n %s describe deployment,replicaset,pod -l "
                   "app.kubernetes.io/instance=%s",
                   options->namespace_, options->name);
    }
}

void spk_judge_pods(struct spk_findings *to, const struct spk_facts *facts)
{
    const size_t there = json_array_size(items(facts)) - count(facts, is_leaving);
    const size_t ready = count(facts, spk_facts_pod_ready);
    const json_t *pod;
    size_t imageless;
    size_t i;

    if (!spk_fact_found(&facts->pods)) {
        spk_judge_unread(to, check, &facts->pods, "the webhook's pods",
                         "list pods in the webhook's namespace");
        return;
    }
    imageless = judge_all_images(to, facts);
    if (ready)
        spk_find(to, SPK_LEVEL_OK, check, "%zu of %zu ready", ready, there);
    else if (*spk_read_text(spk_facts_webhook(facts), "clientConfig.url"))
        return; /* it may well run outside of the cluster */
    else
        judge_none(to, facts, there, imageless);
    json_array_foreach(items(facts), i, pod) judge_pod(to, pod);
    judge_images(to, items(facts));
    judge_spread(to, facts, ready);
    judge_few(to, facts);
}
