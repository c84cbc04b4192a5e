#include "webhook/doctor/options.h"

#include "spk/admission/key.h"
#include "spk/base/cleanup.h"
#include "spk/cli/flags.h"
#include "spk/k8s/name.h"

#include <stddef.h>
#include <string.h>

static const char *const outputs[] = {"text", "json", NULL};

#define FIELD(member) offsetof(struct spk_doctor_options, member)

static const struct spk_flag flags[] = {
    {.name = "kubeconfig",
     .arg = "FILE",
     .help = "how to reach the API server (default: $KUBECONFIG, else the pod's service account, "
             "else ~/.kube/config)",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(kubeconfig)},
    {.name = "context",
     .arg = "NAME",
     .help = "of the kubeconfig (default: its current one)",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(context)},
    {.name = "namespace",
     .arg = "NAME",
     .fallback = "sparkhook",
     .help = "the namespace that the webhook lives in",
     .type = SPK_FLAG_NAME,
     .offset = FIELD(namespace_)},
    {.name = "name",
     .arg = "NAME",
     .fallback = "spark-webhook",
     .help = "of the instance, as in manifest",
     .type = SPK_FLAG_NAME,
     .offset = FIELD(name)},
    {.name = "service-name",
     .arg = "NAME",
     .help = "the webhook's Service, if not called NAME",
     .type = SPK_FLAG_NAME,
     .offset = FIELD(service_name)},
    {.name = "webhook-configuration",
     .arg = "NAME",
     .help = "its MutatingWebhookConfiguration, if not called zz-NAME",
     .type = SPK_FLAG_OBJECT,
     .offset = FIELD(webhook_configuration)},
    {.name = "secret-name",
     .arg = "NAME",
     .help = "the Secret of its certificate, if not called NAME-certs",
     .type = SPK_FLAG_OBJECT,
     .offset = FIELD(secret_name)},
    {.name = "annotation-prefix",
     .arg = "PREFIX",
     .help = "of the instance, if the registration should have another than it has",
     .type = SPK_FLAG_TEXT,
     .fault = spk_prefix_fault,
     .offset = FIELD(annotation_prefix)},
    {.name = "controller-name",
     .arg = "NAME",
     .fallback = "spark-controller",
     .help = "of spark-controller, and its Lease",
     .type = SPK_FLAG_OBJECT,
     .offset = FIELD(controller_name)},
    {.name = "controller-namespace",
     .arg = "NAME",
     .help = "the namespace that it lives in, if not the webhook's",
     .type = SPK_FLAG_NAME,
     .offset = FIELD(controller_namespace)},
    {.name = "pod",
     .arg = "NAMESPACE/NAME",
     .help = "also tell whether this pod, were it created now, would be sent to the webhook, and "
             "what says no if not",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(pod)},
    {.name = "pod-file",
     .arg = "FILE",
     .help = "the same for a pod in a file, YAML or JSON",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(pod_file)},
    {.name = "pod-namespace",
     .arg = "NAME",
     .help =
         "where the pod of --pod-file, or the trial pod without one, would be created (default: "
         "what the pod says, else one that the registration selects)",
     .type = SPK_FLAG_NAME,
     .offset = FIELD(pod_namespace)},
    {.name = "output",
     .arg = "text|json",
     .fallback = "text",
     .help = "a line for each finding, or one JSON document",
     .type = SPK_FLAG_WORD,
     .words = outputs,
     .offset = FIELD(output)},
    {.name = "help", .help = "print this", .type = SPK_FLAG_HELP},
};

static int split_pod(struct spk_doctor_options *it, struct spk_err *err)
{
    const char *slash = it->pod ? strchr(it->pod, '/') : NULL;
    struct spk_str namespace_ = {it->pod, slash ? (size_t)(slash - it->pod) : 0};

    if (!it->pod)
        return 0;
    it->pod_name = slash ? slash + 1 : it->pod;
    if (!spk_is_subdomain(spk_str(it->pod_name)) || (slash && !spk_is_label(namespace_)))
        return spk_fail(err, SPK_EINVALID, "--pod: found '%.*s', expected NAMESPACE/NAME",
                        SPK_QUOTE_MAX, it->pod);
    if (!slash)
        return 0;
    if (it->pod_namespace)
        return spk_fail(err, SPK_EINVALID, "--pod-namespace: --pod says where the pod is already");
    (void)snprintf(it->pod_namespace_text, sizeof(it->pod_namespace_text), "%.*s",
                   SPK_ARG(namespace_));
    it->pod_namespace = it->pod_namespace_text;
    return 0;
}

static void derive(struct spk_doctor_options *it)
{
    (void)snprintf(it->configuration_text, sizeof(it->configuration_text), "zz-%s", it->name);
    (void)snprintf(it->secret_text, sizeof(it->secret_text), "%s-certs", it->name);
    if (!it->service_name)
        it->service_name = it->name;
    if (!it->webhook_configuration)
        it->webhook_configuration = it->configuration_text;
    if (!it->secret_name)
        it->secret_name = it->secret_text;
    if (!it->controller_namespace)
        it->controller_namespace = it->namespace_;
}

int spk_doctor_options_parse(struct spk_doctor_options *out, int argc, char **argv,
                             struct spk_err *err)
{
    int rc;

    *out = (struct spk_doctor_options){0};
    rc = spk_flags_parse(out, flags, SPK_LEN(flags), argc, argv, err);
    if (rc)
        return rc;
    if (out->pod && out->pod_file)
        return spk_fail(err, SPK_EINVALID, "--pod-file: can't be given together with --pod");
    derive(out);
    return split_pod(out, err);
}

void spk_doctor_options_help(FILE *to)
{
    (void)fputs("usage: spark-webhook doctor [FLAG...]\n\n"
                "Looks at an installation on a cluster, from wherever kubectl works, and\n"
                "prints one line for each finding, with what to do where something is wrong. It\n"
                "changes nothing. Exit code: 0 nothing is broken, 1 something is, or the pod\n"
                "asked about would not be sent, 2 unusable flags.\n\n",
                to);
    spk_flags_help(to, flags, SPK_LEN(flags));
}
