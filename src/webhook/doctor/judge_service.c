/*
 * The way from the API server to the pods: Service, EndpointSlices, NetworkPolicies.
 */
#include "webhook/doctor/judge.h"

#include "spk/base/cleanup.h"
#include "spk/k8s/selector.h"
#include "webhook/doctor/command.h"
#include "webhook/doctor/facts_applications.h"
#include "webhook/doctor/read.h"

#include <inttypes.h>
#include <string.h>

#define HTTPS 443
#define PODS  9443

static const char check[] = "service";

/* What the registration names; 443 is its default. */
static int64_t wanted_port(const struct spk_facts *facts)
{
    return spk_read_number(spk_facts_webhook(facts), "clientConfig.service.port", HTTPS);
}

static const json_t *find_port(const json_t *service, int64_t number)
{
    const json_t *port;
    size_t i;

    json_array_foreach(spk_read(service, "spec.ports"), i, port)
    {
        if (spk_read_number(port, "port", 0) == number)
            return port;
    }
    return NULL;
}

static const json_t *first_pod(const struct spk_facts *facts)
{
    return json_array_get(spk_read(facts->pods.object, "items"), 0);
}

/* Where the port leads on a pod; 0: nowhere, by a name that the pod does not have. */
static int64_t target_of(const json_t *port, const json_t *pod)
{
    const char *name = spk_read_text(port, "targetPort");

    if (*name)
        return spk_facts_pod_port(pod, name, 0);
    return spk_read_number(port, "targetPort", spk_read_number(port, "port", 0));
}

static void judge_target(struct spk_findings *to, const struct spk_facts *facts, const json_t *port)
{
    const json_t *pod = first_pod(facts);
    const char *name = spk_read_text(port, "targetPort");
    const int64_t target = target_of(port, pod);
    const int64_t expected = spk_facts_pod_port(pod, "https", 0);

    if (!pod)
        return;
    if (!target) {
        spk_find(to, SPK_LEVEL_FAIL, check, "its targetPort '%s' is no port of the pods", name);
    } else if (expected && target != expected) {
        spk_find(to, SPK_LEVEL_FAIL, check,
                 "it leads to port %" PRId64 " of the pods, and they listen on %" PRId64, target,
                 expected);
    } else {
        return;
    }
    spk_advise(to, "set targetPort to https, the name of the pods' port");
}

static void judge_ports(struct spk_findings *to, const struct spk_facts *facts)
{
    const int64_t wanted = wanted_port(facts);
    const json_t *port = find_port(facts->service.object, wanted);

    if (port) {
        judge_target(to, facts, port);
        return;
    }
    spk_find(to, SPK_LEVEL_FAIL, check, "it has no port %" PRId64 ", which the registration names",
             wanted);
    spk_advise(to, "give the Service that port, with targetPort https");
}

static void judge_type(struct spk_findings *to, const struct spk_facts *facts)
{
    if (strcmp(spk_read_text(facts->service.object, "spec.type"), "ExternalName") != 0)
        return;
    spk_find(to, SPK_LEVEL_WARN, check, "it is an ExternalName: endpoints and pods say nothing");
    spk_advise(to, "trust the trial below");
}

/* -------------------------------------------------------------------------------- endpoints */

static size_t count_endpoints(const json_t *slices, bool ready)
{
    const json_t *slice;
    const json_t *endpoint;
    size_t count = 0;
    size_t i;
    size_t j;

    json_array_foreach(spk_read(slices, "items"), i, slice)
    {
        json_array_foreach(spk_read(slice, "endpoints"), j, endpoint)
        {
            const json_t *is = spk_read(endpoint, "conditions.ready");
            /* Absent is ready (discovery/v1 EndpointConditions). */
            if ((!is || json_is_true(is)) == ready)
                count += json_array_size(spk_read(endpoint, "addresses")) > 0;
        }
    }
    return count;
}

static void judge_endpoints(struct spk_findings *to, const struct spk_facts *facts)
{
    const size_t ready = count_endpoints(facts->slices.object, true);
    const size_t others = count_endpoints(facts->slices.object, false);

    if (!spk_fact_found(&facts->slices)) {
        spk_judge_unread(to, "endpoints", &facts->slices, "the Service's endpoints",
                         "list endpointslices.discovery.k8s.io in the webhook's namespace");
    } else if (ready) {
        spk_find(to, SPK_LEVEL_OK, "endpoints", "%zu ready", ready);
    } else if (others) {
        spk_find(to, SPK_LEVEL_FAIL, "endpoints", "none of the Service's %zu is ready", others);
        spk_advise(to, "see the finding about pods");
    } else {
        spk_find(to, SPK_LEVEL_FAIL, "endpoints", "the Service has none: no pod has its labels");
        spk_advise(to, "compare the Service's selector with the pods' labels; see the finding "
                       "about pods");
    }
}

/* Where no pod is ready the finding about pods has said so; endpoints have to be missing then. */
static bool is_foreseen(const struct spk_facts *facts)
{
    const json_t *pod;
    size_t i;

    if (!spk_fact_found(&facts->pods))
        return false;
    json_array_foreach(spk_read(facts->pods.object, "items"), i, pod)
    {
        if (spk_facts_pod_ready(pod))
            return false;
    }
    return count_endpoints(facts->slices.object, true) == 0;
}

/* -------------------------------------------------------------------------- NetworkPolicies */

static bool allows_port(const json_t *rule, int64_t number, const json_t *pod)
{
    const json_t *ports = spk_read(rule, "ports");
    const json_t *port;
    size_t i;

    json_array_foreach(ports, i, port)
    {
        const char *protocol = spk_read_text(port, "protocol");
        const char *name = spk_read_text(port, "port");
        const int64_t from =
            *name ? spk_facts_pod_port(pod, name, 0) : spk_read_number(port, "port", number);
        const int64_t end = spk_read_number(port, "endPort", from);
        if ((!*protocol || strcmp(protocol, "TCP") == 0) && from <= number && number <= end)
            return true;
    }
    return json_array_size(ports) == 0;
}

/* The API server runs outside of the pod network: only a rule without peers, or one for
 * addresses, lets it in for sure. */
static bool allows_outside(const json_t *rule)
{
    const json_t *from = spk_read(rule, "from");
    const json_t *peer;
    size_t i;

    json_array_foreach(from, i, peer)
    {
        if (spk_read(peer, "ipBlock"))
            return true;
    }
    return json_array_size(from) == 0;
}

static bool is_ingress(const json_t *policy)
{
    const json_t *types = spk_read(policy, "spec.policyTypes");

    return json_array_size(types) == 0 || spk_read_holds(types, "Ingress");
}

static bool selects_pod(const json_t *policy, const json_t *pod)
{
    const json_t *selector = spk_read(policy, "spec.podSelector");
    struct spk_requirement why;
    struct spk_err err;

    return !selector ||
           spk_selector_match(&why, selector, spk_read(pod, "metadata.labels"), &err) == 0;
}

static bool lets_in(const json_t *policy, int64_t port, const json_t *pod)
{
    const json_t *rule;
    size_t i;

    json_array_foreach(spk_read(policy, "spec.ingress"), i, rule)
    {
        if (allows_port(rule, port, pod) && allows_outside(rule))
            return true;
    }
    return false;
}

/* Policies add up: one that lets in is enough. */
static void judge_network(struct spk_findings *to, const struct spk_facts *facts)
{
    const json_t *pod = first_pod(facts);
    const int64_t port = spk_facts_pod_port(pod, "https", PODS);
    const char *closed = NULL;
    const json_t *policy;
    size_t i;

    if (!pod || json_is_true(spk_read(pod, "spec.hostNetwork")))
        return; /* no policy has an effect then */
    if (!spk_fact_found(&facts->network_policies)) {
        spk_judge_unread(to, "network", &facts->network_policies, "NetworkPolicies",
                         "list networkpolicies.networking.k8s.io in the webhook's namespace");
        return;
    }
    json_array_foreach(spk_read(facts->network_policies.object, "items"), i, policy)
    {
        if (!is_ingress(policy) || !selects_pod(policy, pod))
            continue;
        if (lets_in(policy, port, pod))
            return;
        closed = spk_read_name(policy);
    }
    if (!closed)
        return;
    spk_find(to, SPK_LEVEL_WARN, "network",
             "neither the NetworkPolicy %s nor another lets the API server in on port %" PRId64
             " of the pods: it runs outside of the pod network, where no selector matches it",
             closed, port);
    spk_advise(to, "allow that port from anywhere, as the manifest's NetworkPolicy does");
}

/* Does nobody that is registered call a Service? */
static bool is_unused(const struct spk_facts *facts)
{
    struct spk_app_webhooks others;

    if (!*spk_read_text(spk_facts_webhook(facts), "clientConfig.url"))
        return false;
    spk_facts_app_webhooks(&others, facts);
    for (size_t i = 0; i < others.count; i++) {
        if (spk_read(others.items[i].webhook, "clientConfig.service"))
            return false;
    }
    return true;
}

void spk_judge_service(struct spk_findings *to, const struct spk_facts *facts)
{
    const struct spk_doctor_options *options = facts->options;
    const struct spk_fact *service = &facts->service;

    if (is_unused(facts))
        return;
    if (service->status == 404) {
        spk_find(to, SPK_LEVEL_FAIL, check, "there is no Service %s/%s", options->namespace_,
                 options->service_name);
        spk_advise(to, "%s", spk_command_again(facts).text);
    } else if (!spk_fact_found(service)) {
        spk_judge_unread(to, check, service, "the Service",
                         "get services in the webhook's namespace");
    } else {
        spk_find(to, SPK_LEVEL_OK, check, "%s/%s is there", options->namespace_,
                 options->service_name);
        judge_type(to, facts);
        judge_ports(to, facts);
        if (!is_foreseen(facts))
            judge_endpoints(to, facts);
    }
    judge_network(to, facts);
}
