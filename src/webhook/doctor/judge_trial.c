/*
 * What became of the trial, and what the API server's words about a failed call mean.
 */
#include "webhook/doctor/judge.h"

#include "spk/base/cleanup.h"

#include <stdio.h>
#include <string.h>

/* Parts of the errors of Go's net, crypto/tls and crypto/x509, and of apiserver pkg/util/webhook;
 * the first that is found counts. */
static const struct {
    const char *part;
    const char *advice;
} causes[] = {
    {"certificate signed by unknown authority",
     "caBundle does not hold the CA of the certificate that is shown: with --certificates=managed "
     "look at the replicas' logs and permissions, else put the right CA into caBundle. If it does "
     "hold it, this API server has missed that change, and any further one makes it look again: "
     "kubectl annotate mutatingwebhookconfiguration NAME looked-at=again"},
    {"legacy Common Name",
     "the certificate has no SANs: issue one with the Service's DNS name as SAN"},
    {"certificate is valid for",
     "issue a certificate with the Service's DNS name NAME.NAMESPACE.svc as SAN"},
    {"not valid for any names",
     "issue a certificate with the Service's DNS name NAME.NAMESPACE.svc as SAN"},
    {"certificate has expired or is not yet valid",
     "renew the certificate or its CA; if both are valid, set the clocks"},
    {"unable to load root certificates",
     "caBundle holds no certificate: put the CA there, PEM in base64"},
    {"no endpoints available", "no replica is ready (see the finding about pods)"},
    {"no service port",
     "the Service has no such port: give it the one that the registration names"},
    {"service \"", "create the Service, or point the registration at the one that there is"},
    {"tls: certificate required",
     "the replicas demand a client certificate (--client-ca-file), and this API server shows none: "
     "configure it there, or drop the flag"},
    {"tls: bad certificate", "the replicas refuse the API server's client certificate "
                             "(--client-ca-file), or the API server theirs"},
    {"HTTP response to HTTPS client",
     "something other than the webhook's TLS port answers: see targetPort of the Service"},
    {"connection refused", "no replica is ready (see the finding about pods), or nothing listens "
                           "where the Service leads: "
                           "compare its targetPort with --secure-port"},
    {"Address is not allowed",
     "the API server can't reach pod addresses (an overlay network): manifest --host-network"},
    {"no route to host", "the API server can't reach the pods: a firewall, or an overlay network, "
                         "for which there is manifest --host-network"},
    {"no such host",
     "the API server's own DNS or proxy is asked: see its HTTPS_PROXY and NO_PROXY"},
    {"proxyconnect", "the API server uses a proxy for this call: add .svc to its NO_PROXY"},
    {"the server could not find the requested resource",
     "the path in clientConfig is not one of /mutate, /webhook, /mutate--v1-pod"},
    {"EOF", "something between API server and replica breaks the connection off, such as a mesh's "
            "sidecar: keep meshes out of the webhook's pods, as the manifest's labels do"},
    {"connection reset", "something between API server and replica breaks the connection off, such "
                         "as a mesh's sidecar: keep meshes out of the webhook's pods"},
    {"deadline exceeded",
     "no answer in time: on a private cluster the firewall lets the control plane reach nodes on "
     "443 and 10250 only (manifest --port=10250, or a rule for 9443); a NetworkPolicy or an "
     "overlay "
     "network (manifest --host-network) may be in the way as well"},
    {"timeout",
     "no answer in time: on a private cluster the firewall lets the control plane reach "
     "nodes on 443 and 10250 only (manifest --port=10250, or a rule for 9443); a "
     "NetworkPolicy or an overlay network (manifest --host-network) may be in the way as "
     "well"},
};

const char *spk_judge_cause(const char *why)
{
    for (size_t i = 0; i < SPK_LEN(causes); i++) {
        if (strstr(why, causes[i].part))
            return causes[i].advice;
    }
    return "see the replicas' logs, and the findings above";
}

/* @why without what the API server puts before each such text. */
static const char *from(const char *why, const char *part)
{
    const char *found = strstr(why, part);

    return found ? found : why;
}

static const char *name(const struct spk_trial *trial)
{
    return trial->own ? "pod" : "trial";
}

/* It came back as it was, and there is no registration that could say why. */
static void judge_bare(struct spk_findings *to, const struct spk_trial *trial)
{
    const bool unknown = trial->registered == SPK_REGISTERED_UNKNOWN;
    /* A namespace that nobody has asked about may well be none for Spark. */
    const enum spk_level level =
        unknown && !trial->own && !trial->placed ? SPK_LEVEL_WARN : SPK_LEVEL_FAIL;

    spk_find(to, level, name(trial), "%s in %s came back untouched: %s", trial->source,
             trial->namespace_,
             *trial->hint ? "it has no annotation of ours"
             : unknown    ? "no webhook treats it there"
                          : "nothing is registered");
    spk_advise(to, "%s",
               *trial->hint ? trial->hint
               : unknown ? "name a namespace for Spark by --pod-namespace; if this is one, ask an "
                           "administrator whether the registration selects it and such a pod"
                         : "see the finding about what is installed");
}

static void judge_untouched(struct spk_findings *to, const struct spk_trial *trial)
{
    if (trial->registered != SPK_REGISTERED) {
        judge_bare(to, trial);
    } else if (trial->match.verdict == SPK_MATCH_NOT) {
        spk_find(to, SPK_LEVEL_FAIL, name(trial), "%s in %s is not sent: %s", trial->source,
                 trial->namespace_, trial->match.why);
        spk_advise(to, "%s",
                   *trial->hint ? trial->hint
                   : trial->own
                       ? "change what the pod carries, or the registration"
                       : "let the registration select a namespace for Spark, and its pods");
    } else if (trial->match.verdict == SPK_MATCH_UNKNOWN) {
        spk_find(to, SPK_LEVEL_FAIL, name(trial), "%s in %s came back untouched: %s", trial->source,
                 trial->namespace_, trial->match.why);
        spk_advise(to, "see what the registration's conditions and selectors say of such a pod");
    } else {
        spk_find(to, SPK_LEVEL_FAIL, name(trial),
                 "%s in %s came back untouched, although the registration selects it%s",
                 trial->source, trial->namespace_,
                 trial->ignores ? ": with failurePolicy Ignore a failed call is passed over" : "");
        spk_advise(to, trial->ignores
                           ? "see the other findings; failurePolicy Fail would show the reason"
                           : "if the registration is seconds old, look again");
    }
}

static void judge_other(struct spk_findings *to, const struct spk_trial *trial)
{
    const struct spk_fact *answer = &trial->answer;
    char needs[SPK_SUBDOMAIN_MAX + 32];

    spk_find(to, SPK_LEVEL_WARN, name(trial), "%s in %s can't be tried: %s", trial->source,
             trial->namespace_, answer->why);
    if (strstr(answer->why, "cannot create resource")) {
        (void)snprintf(needs, sizeof(needs), "create pods in %s", trial->namespace_);
        spk_findings_lack(to, "a pod on trial", needs);
        spk_advise(to, "name a namespace by --pod-namespace where you may; or get the right: %s",
                   needs);
    } else if (answer->status == 404) {
        spk_advise(to, "name another namespace by --pod-namespace");
    } else {
        spk_advise(to, "that is not the webhook's doing; name another namespace or pod");
    }
}

/* Where the API server could not be asked, selectors and conditions still say something. */
static void judge_selectors(struct spk_findings *to, const struct spk_trial *trial)
{
    if (!trial->own || trial->registered != SPK_REGISTERED)
        return;
    if (trial->match.verdict == SPK_MATCH_SENT) {
        spk_find(to, SPK_LEVEL_OK, name(trial), "by its selectors and conditions %s is sent",
                 trial->source);
        return;
    }
    spk_find(to, trial->match.verdict == SPK_MATCH_NOT ? SPK_LEVEL_FAIL : SPK_LEVEL_WARN,
             name(trial), "%s %s: %s", trial->source,
             trial->match.verdict == SPK_MATCH_NOT ? "is not sent" : "may be sent or not",
             trial->match.why);
}

static void judge_stamped(struct spk_findings *to, const struct spk_trial *trial)
{
    if (spk_trial_by_policy(trial)) {
        spk_find(to, SPK_LEVEL_OK, name(trial),
                 "%s, created on trial in %s, was treated by the policy (%s)", trial->source,
                 trial->namespace_, spk_trial_stamp(trial));
    } else {
        spk_find(to, SPK_LEVEL_OK, name(trial),
                 "the API server sent %s, created on trial in %s, and it came back treated (%s)%s",
                 trial->source, trial->namespace_, spk_trial_stamp(trial),
                 trial->registered == SPK_REGISTERED_NOT ? " by another instance" : "");
    }
}

static void judge_unreached(struct spk_findings *to, const struct spk_trial *trial)
{
    const char *why = trial->answer.why;

    if (trial->fresh && (strstr(why, "connection refused") || strstr(why, "no endpoints"))) {
        spk_find(to, SPK_LEVEL_WARN, name(trial),
                 "a replica has just become ready, and the API server does not reach it yet: %s",
                 from(why, "failed calling webhook"));
        spk_advise(to, "ask again in a few seconds");
        return;
    }
    spk_find(to, SPK_LEVEL_FAIL, name(trial), "the API server can't call the webhook: %s",
             from(why, "failed calling webhook"));
    spk_advise(to, "%s", spk_judge_cause(why));
}

static const char *policy_advice(const struct spk_trial *trial)
{
    if (trial->way == SPK_WAY_EXPRESSIONS)
        return "put right what the message names; what expressions can't do needs the webhook";
    return trial->registered == SPK_REGISTERED
               ? "see the other findings; failurePolicy Fail would show the reason"
               : "see the finding about the policy";
}

/* Does the remark concern us? Other remarks on the sample are none of the user's doing. */
static void judge_warning(struct spk_findings *to, const struct spk_trial *trial)
{
    if (!trial->own || !*trial->answer.warning)
        return;
    spk_find(to, SPK_LEVEL_WARN, name(trial), "the API server warns of %s: %s", trial->source,
             trial->answer.warning);
    spk_advise(to, "see whether that is what was meant");
}

/* What the pod would wait for. */
static void judge_absent(struct spk_findings *to, const struct spk_trial *trial)
{
    if (!*trial->absent)
        return;
    spk_find(to, SPK_LEVEL_WARN, name(trial), "%s asks for %s, which %s does not have",
             trial->source, trial->absent, trial->namespace_);
    spk_advise(to, "create it there: the pod waits for it, and starts then");
}

static void judge_end(struct spk_findings *to, const struct spk_trial *trial)
{
    switch (spk_trial_end(trial)) {
    case SPK_TRIAL_STAMPED:
        judge_stamped(to, trial);
        break;
    case SPK_TRIAL_DENIED:
        spk_find(to, SPK_LEVEL_FAIL, name(trial), "%s in %s is sent, and refused: %s",
                 trial->source, trial->namespace_, trial->answer.why);
        spk_advise(to, "put right what the message names");
        break;
    case SPK_TRIAL_UNTOUCHED:
        judge_untouched(to, trial);
        break;
    case SPK_TRIAL_POLICY:
        spk_find(to, SPK_LEVEL_FAIL, name(trial),
                 "%s in %s was not treated, and the policy refused it: %s", trial->source,
                 trial->namespace_, trial->answer.why);
        spk_advise(to, "%s", policy_advice(trial));
        break;
    case SPK_TRIAL_UNREACHED:
        judge_unreached(to, trial);
        break;
    default:
        judge_other(to, trial);
        judge_selectors(to, trial);
    }
}

/* Nothing is here, so nothing has happened: that has been said. */
static bool is_foreseen(const struct spk_trial *trial)
{
    return !trial->own && (trial->way == SPK_WAY_NONE || trial->way == SPK_WAY_ELSEWHERE) &&
           spk_trial_end(trial) != SPK_TRIAL_STAMPED;
}

void spk_judge_trial(struct spk_findings *to, const struct spk_trial *trial)
{
    if (trial->err.code) {
        spk_find(to, SPK_LEVEL_FAIL, name(trial), "%s", trial->err.msg);
        spk_advise(to, "%s",
                   trial->advice ? trial->advice : "name a pod that is there and can be read");
    } else if (!is_foreseen(trial)) {
        judge_end(to, trial);
        judge_warning(to, trial);
        judge_absent(to, trial);
    }
}
