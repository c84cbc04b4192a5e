/*
 * What became of the trial, and what the API server's words about a failed call mean.
 */
#include "webhook/doctor/judge.h"

#include "spk/base/cleanup.h"

#include <string.h>

/* Parts of the errors of Go's net, crypto/tls and crypto/x509, and of apiserver pkg/util/webhook;
 * the first that is found counts. */
static const struct {
    const char *part;
    const char *advice;
} causes[] = {
    {"certificate signed by unknown authority",
     "caBundle does not hold the CA of the certificate that is shown: with --certificates=managed "
     "look at the replicas' logs and permissions, else put the right CA into caBundle"                                           },
    {"legacy Common Name",
     "the certificate has no SANs: issue one with the Service's DNS name as SAN"                                                 },
    {"certificate is valid for",
     "issue a certificate with the Service's DNS name NAME.NAMESPACE.svc as SAN"                                                 },
    {"not valid for any names",
     "issue a certificate with the Service's DNS name NAME.NAMESPACE.svc as SAN"                                                 },
    {"certificate has expired or is not yet valid",
     "renew the certificate or its CA; if both are valid, set the clocks"                                                        },
    {"unable to load root certificates",
     "caBundle holds no certificate: put the CA there, PEM in base64"                                                            },
    {"no endpoints available",                           "no replica is ready (see endpoints and pods)"                          },
    {"no service port",
     "the Service has no such port: give it the one that the registration names"                                                 },
    {"service \"",                                       "create the Service, or point the registration at the one that there is"},
    {"tls: certificate required",
     "the replicas demand a client certificate (--client-ca-file), and this API server shows none: "
     "configure it there, or drop the flag"                                                                                      },
    {"tls: bad certificate",                             "the replicas refuse the API server's client certificate "
                             "(--client-ca-file), or the API server theirs"                          },
    {"HTTP response to HTTPS client",
     "something other than the webhook's TLS port answers: see targetPort of the Service"                                        },
    {"connection refused",
     "no replica is ready (see endpoints and pods), or nothing listens where the Service leads: "
     "compare its targetPort with --secure-port"                                                                                 },
    {"Address is not allowed",
     "the API server can't reach pod addresses (an overlay network): manifest --host-network"                                    },
    {"no route to host",                                 "the API server can't reach the pods: a firewall, or an overlay network, "
                         "for which there is manifest --host-network"                                    },
    {"no such host",
     "the API server's own DNS or proxy is asked: see its HTTPS_PROXY and NO_PROXY"                                              },
    {"proxyconnect",                                     "the API server uses a proxy for this call: add .svc to its NO_PROXY"   },
    {"the server could not find the requested resource",
     "the path in clientConfig is not one of /mutate, /webhook, /mutate--v1-pod"                                                 },
    {"EOF",                                              "something between API server and replica breaks the connection off, such as a mesh's "
            "sidecar: keep meshes out of the webhook's pods, as the manifest's labels do"                             },
    {"connection reset",                                 "something between API server and replica breaks the connection off, such "
                         "as a mesh's sidecar: keep meshes out of the webhook's pods"                    },
    {"deadline exceeded",
     "no answer in time: on a private cluster the firewall lets the control plane reach nodes on "
     "443 and 10250 only (manifest --port=10250, or a rule for 9443); a NetworkPolicy or an "
     "overlay "
     "network (manifest --host-network) may be in the way as well"                                                               },
    {"timeout",
     "no answer in time: on a private cluster the firewall lets the control plane reach "
     "nodes on 443 and 10250 only (manifest --port=10250, or a rule for 9443); a "
     "NetworkPolicy or an overlay network (manifest --host-network) may be in the way as "
     "well"                                                                                                                      },
};

static const char *cause(const char *why)
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

static void judge_untouched(struct spk_findings *to, const struct spk_trial *trial)
{
    if (trial->match.verdict == SPK_MATCH_NOT) {
        spk_find(to, SPK_LEVEL_FAIL, name(trial), "%s in %s is not sent: %s", trial->source,
                 trial->namespace_, trial->match.why);
        spk_advise(to, "%s",
                   trial->own ? "change what the pod carries, or the registration"
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

    spk_find(to, SPK_LEVEL_WARN, name(trial), "%s in %s can't be tried: %s", trial->source,
             trial->namespace_, answer->why);
    if (strstr(answer->why, "cannot create resource")) {
        spk_advise(to,
                   "give yourself: create pods in %s; or name another namespace by "
                   "--pod-namespace",
                   trial->namespace_);
    } else if (answer->status == 404) {
        spk_advise(to, "name another namespace by --pod-namespace");
    } else {
        spk_advise(to, "that is not the webhook's doing; name another namespace or pod");
    }
}

/* Where the API server could not be asked, selectors and conditions still say something. */
static void judge_selectors(struct spk_findings *to, const struct spk_trial *trial)
{
    if (!trial->own)
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

static void judge_end(struct spk_findings *to, const struct spk_trial *trial)
{
    switch (spk_trial_end(trial)) {
    case SPK_TRIAL_STAMPED:
        spk_find(to, SPK_LEVEL_OK, name(trial),
                 "the API server sent %s, created on trial in %s, and it came back treated",
                 trial->source, trial->namespace_);
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
        spk_advise(to, "see the other findings; failurePolicy Fail would show the reason");
        break;
    case SPK_TRIAL_UNREACHED:
        spk_find(to, SPK_LEVEL_FAIL, name(trial), "the API server can't call the webhook: %s",
                 from(trial->answer.why, "failed calling webhook"));
        spk_advise(to, "%s", cause(trial->answer.why));
        break;
    default:
        judge_other(to, trial);
        judge_selectors(to, trial);
    }
}

void spk_judge_trial(struct spk_findings *to, const struct spk_trial *trial)
{
    if (trial->err.code) {
        spk_find(to, SPK_LEVEL_FAIL, name(trial), "%s", trial->err.msg);
        spk_advise(to, "name a pod that is there and can be read");
    } else if (!*trial->webhook) {
        if (trial->own)
            spk_find(to, SPK_LEVEL_FAIL, name(trial), "%s is not sent: nothing is registered",
                     trial->source);
    } else {
        judge_end(to, trial);
    }
}
