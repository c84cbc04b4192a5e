#include "webhook/install/options.h"

#include "spk/admission/key.h"
#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/cli/image.h"
#include "spk/k8s/name.h"
#include "webhook/prefix.h"

#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>

static const char *const formats[] = {"yaml", "helm", NULL};
static const char *const certificates[] = {"managed", "files", "cert-manager", NULL};
static const char *const failure_policies[] = {"Fail", "Ignore", NULL};
static const char *const on_invalids[] = {"deny", "warn", NULL};

enum { MANAGED, FILES, CERT_MANAGER };

#define FIELD(member) offsetof(struct spk_install, member)

static const struct spk_flag flags[] = {
    {.name = "namespace",
     .arg = "NAME",
     .fallback = "sparkhook",
     .help = "the namespace that it lives in",
     .type = SPK_FLAG_NAME,
     .offset = FIELD(namespace_)},
    {.name = "existing-namespace",
     .help =
         "leave out the Namespace object, whose Pod Security labels would count for all that lives "
         "there; so it is for default and kube-*",
     .type = SPK_FLAG_SWITCH,
     .offset = FIELD(existing_namespace)},
    {.name = "name",
     .arg = "NAME",
     .fallback = "spark-webhook",
     .help =
         "of all its objects; another name is another instance, which can live beside the first "
         "with an annotation prefix or namespaces of its own",
     .type = SPK_FLAG_NAME,
     .offset = FIELD(name)},
    {.name = "image",
     .arg = "IMAGE",
     .help = "an image of this program that the nodes can pull; without it the objects name "
             "sparkhook:dev, which is none",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(image)},
    {.name = "image-pull-secret",
     .arg = "NAME",
     .help = "a Secret with the registry's credentials; may be repeated",
     .type = SPK_FLAG_OBJECTS,
     .offset = FIELD(pull_secrets)},
    {.name = "certificates",
     .arg = "managed|files|cert-manager",
     .fallback = "managed",
     .help =
         "who makes the certificate: the webhook itself; you, who keep the Secret NAME-certs and "
         "caBundle; or cert-manager, which is told to by objects of its own",
     .type = SPK_FLAG_WORD,
     .words = certificates,
     .offset = FIELD(certificates)},
    {.name = "extra-san",
     .arg = "NAME",
     .help = "one more DNS name (with managed, or IP address) for the certificate; may be repeated",
     .type = SPK_FLAG_SANS,
     .offset = FIELD(extra_sans)},
    SPK_ANNOTATION_PREFIX_FLAG(FIELD(annotation_prefix)),
    SPK_INSTALL_NAMESPACE_FLAGS(FIELD(only_namespaces), FIELD(exclude_namespaces)),
    {.name = "failure-policy",
     .arg = "Fail|Ignore",
     .fallback = "Fail",
     .help = "an annotated Spark pod, when no webhook answers: refuse it, or let it start bare",
     .type = SPK_FLAG_WORD,
     .words = failure_policies,
     .offset = FIELD(failure_policy)},
    {.name = "timeout-seconds",
     .arg = "N",
     .fallback = "5",
     .help = "how long the API server waits for an answer",
     .type = SPK_FLAG_NUMBER,
     .min = 1,
     .max = 30, /* what the API server allows */
     .offset = FIELD(timeout_s)},
    {.name = "on-invalid",
     .arg = "deny|warn",
     .fallback = "deny",
     .help = "what an annotation that can't be honoured does, see serve",
     .type = SPK_FLAG_WORD,
     .words = on_invalids,
     .offset = FIELD(on_invalid)},
    {SPK_LOG_LEVEL_FLAG(FIELD(log_level))},
    {.name = "replicas",
     .arg = "N",
     .fallback = "2",
     .help = "pods; with one, losing a node or draining it means refused submissions",
     .type = SPK_FLAG_NUMBER,
     .min = 1,
     .max = 100,
     .offset = FIELD(replicas)},
    {.name = "port",
     .arg = "PORT",
     .fallback = "9443",
     .help = "of the pods, for reviews; a private cluster of GKE lets its API server reach 10250",
     .type = SPK_FLAG_NUMBER,
     .min = 1,
     .max = UINT16_MAX,
     .offset = FIELD(port)},
    {.name = "health-port",
     .arg = "PORT",
     .fallback = "8080",
     .help = "of the pods, for probes and metrics",
     .type = SPK_FLAG_NUMBER,
     .min = 1,
     .max = UINT16_MAX,
     .offset = FIELD(health_port)},
    {.name = "host-network",
     .help =
         "pods use their node's network, where the API server can't reach pod addresses (EKS with "
         "Calico); both ports must be free on the nodes",
     .type = SPK_FLAG_SWITCH,
     .offset = FIELD(host_network)},
    {.name = "applications",
     .help =
         "also register for SparkApplications, whose definition spark-controller crds has: what "
         "their authors leave out is filled in, what could not be run is refused",
     .type = SPK_FLAG_SWITCH,
     .offset = FIELD(applications)},
    {.name = "priority-class",
     .arg = "NAME",
     .help = "the pods' PriorityClass, such as system-cluster-critical where that is allowed",
     .type = SPK_FLAG_OBJECT,
     .offset = FIELD(priority_class)},
    {.name = "kube-version",
     .arg = "1.N",
     .fallback = "1.30",
     .help =
         "the cluster's: below 1.30 the fence around the webhook's permission is left out, below "
         "1.28 all Spark pods are sent to it",
     .type = SPK_FLAG_MINOR,
     .min = 25,
     .max = 99,
     .offset = FIELD(kube_minor)},
    {.name = "format",
     .arg = "yaml|helm",
     .fallback = "yaml",
     .help =
         "what is made: objects, or a Helm chart with these defaults; of a chart the release says "
         "name and namespace, and the cluster its version",
     .type = SPK_FLAG_WORD,
     .words = formats,
     .offset = FIELD(format)},
    {.name = "directory",
     .arg = "DIR",
     .help =
         "write a file for each object and a kustomization.yaml (or the chart) there, instead of "
         "printing",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(directory)},
    {.name = "help", .help = "print this", .type = SPK_FLAG_HELP},
};

/* In a chart: what names the instance, and where it goes. */
#define HELM_NAME        "$.Release.Name"
#define HELM_NAMESPACE   "$.Release.Namespace"
#define HELM_KUBE(minor) "semverCompare \">=1." #minor ".0-0\" $.Capabilities.KubeVersion.Version"

static const struct spk_variable variables[] = {
    {"name", HELM_NAME, SPK_VARIABLE_TEXT, FIELD(name)},
    {"namespace", HELM_NAMESPACE, SPK_VARIABLE_TEXT, FIELD(namespace_)},
    {"image", "$.Values.image", SPK_VARIABLE_TEXT, FIELD(image)},
    {"annotation-prefix", "$.Values.annotationPrefix", SPK_VARIABLE_TEXT, FIELD(annotation_prefix)},
    {"priority-class", "$.Values.priorityClassName", SPK_VARIABLE_TEXT, FIELD(priority_class)},
    {"certificates", "$.Values.certificates", SPK_VARIABLE_TEXT, FIELD(certificates_text)},
    {"failure-policy", "$.Values.failurePolicy", SPK_VARIABLE_TEXT, FIELD(failure_policy_text)},
    {"on-invalid", "$.Values.onInvalid", SPK_VARIABLE_TEXT, FIELD(on_invalid_text)},
    {"log-level", "$.Values.logLevel", SPK_VARIABLE_TEXT, FIELD(log_level_text)},
    {"version", "$.Chart.AppVersion", SPK_VARIABLE_TEXT, FIELD(version)},
    {"replicas", "$.Values.replicas", SPK_VARIABLE_NUMBER, FIELD(replicas)},
    {"port", "$.Values.port", SPK_VARIABLE_NUMBER, FIELD(port)},
    {"health-port", "$.Values.healthPort", SPK_VARIABLE_NUMBER, FIELD(health_port)},
    {"timeout-seconds", "$.Values.timeoutSeconds", SPK_VARIABLE_NUMBER, FIELD(timeout_s)},
    {"makes-namespace", "false", SPK_VARIABLE_SWITCH, FIELD(makes_namespace)},
    {"managed", "eq $.Values.certificates \"managed\"", SPK_VARIABLE_SWITCH, FIELD(managed)},
    {"mounted", "ne $.Values.certificates \"managed\"", SPK_VARIABLE_SWITCH, FIELD(mounted)},
    {"cert-manager", "eq $.Values.certificates \"cert-manager\"", SPK_VARIABLE_SWITCH,
     FIELD(cert_manager)},
    {"host-network", "$.Values.hostNetwork", SPK_VARIABLE_SWITCH, FIELD(host_network)},
    {"own-prefix", "ne $.Values.annotationPrefix \"" SPK_PREFIX "\"", SPK_VARIABLE_SWITCH,
     FIELD(own_prefix)},
    {"fail", "eq $.Values.failurePolicy \"Fail\"", SPK_VARIABLE_SWITCH, FIELD(fail)},
    {"several", "gt (int $.Values.replicas) 1", SPK_VARIABLE_SWITCH, FIELD(several)},
    {"applications", "$.Values.applications", SPK_VARIABLE_SWITCH, FIELD(applications)},
    {"has-priority-class", "$.Values.priorityClassName", SPK_VARIABLE_SWITCH,
     FIELD(has_priority_class)},
    {"has-extra-sans", "$.Values.extraSans", SPK_VARIABLE_SWITCH, FIELD(has_extra_sans)},
    {"has-pull-secrets", "$.Values.imagePullSecrets", SPK_VARIABLE_SWITCH, FIELD(has_pull_secrets)},
    {"has-only-namespaces", "$.Values.onlyNamespaces", SPK_VARIABLE_SWITCH,
     FIELD(has_only_namespaces)},
    {"has-exclude-namespaces", "$.Values.excludeNamespaces", SPK_VARIABLE_SWITCH,
     FIELD(has_exclude_namespaces)},
    {"selects-namespaces", "or $.Values.onlyNamespaces $.Values.excludeNamespaces",
     SPK_VARIABLE_SWITCH, FIELD(selects_namespaces)},
    {"match-conditions", HELM_KUBE(28), SPK_VARIABLE_SWITCH, FIELD(match_conditions)},
    {"policies", HELM_KUBE(30), SPK_VARIABLE_SWITCH, FIELD(policies)},
    {"unhealthy-eviction", HELM_KUBE(27), SPK_VARIABLE_SWITCH, FIELD(unhealthy_eviction)},
    {"extra-san", "$.Values.extraSans", SPK_VARIABLE_LIST, FIELD(extra_sans)},
    {"image-pull-secret", "$.Values.imagePullSecrets", SPK_VARIABLE_LIST, FIELD(pull_secrets)},
    {"only-namespace", "$.Values.onlyNamespaces", SPK_VARIABLE_LIST, FIELD(only_namespaces)},
    {"exclude-namespace", "$.Values.excludeNamespaces", SPK_VARIABLE_LIST,
     FIELD(exclude_namespaces)},
    {"file", "", SPK_VARIABLE_LIST, FIELD(files)},
};

/* Of every cluster: others live there, and its labels are not ours to set. */
static bool is_shared(const char *name)
{
    return strcmp(name, "default") == 0 || strncmp(name, "kube-", 5) == 0;
}

static void derive(struct spk_install *it)
{
    it->version = SPK_VERSION;
    it->lacks_image = it->image == NULL;
    it->image = it->image ? it->image : "sparkhook:dev";
    it->certificates_text = certificates[it->certificates];
    it->failure_policy_text = failure_policies[it->failure_policy];
    it->on_invalid_text = on_invalids[it->on_invalid];
    it->log_level_text = spk_log_level_words[it->log_level];
    it->makes_namespace = !it->existing_namespace && !is_shared(it->namespace_);
    it->managed = it->certificates == MANAGED;
    it->cert_manager = it->certificates == CERT_MANAGER;
    it->mounted = !it->managed;
    it->own_prefix = strcmp(it->annotation_prefix, SPK_PREFIX) != 0;
    it->has_priority_class = it->priority_class != NULL;
    it->has_extra_sans = it->extra_sans.count;
    it->has_pull_secrets = it->pull_secrets.count;
    it->has_only_namespaces = it->only_namespaces.count;
    it->has_exclude_namespaces = it->exclude_namespaces.count;
    it->selects_namespaces = it->has_only_namespaces || it->has_exclude_namespaces;
    it->fail = strcmp(it->failure_policy_text, "Fail") == 0;
    it->several = it->replicas > 1;
    it->unhealthy_eviction = it->kube_minor >= 27;
    it->match_conditions = it->kube_minor >= 28;
    it->policies = it->kube_minor >= 30;
}

static int check_image(const char *image, struct spk_err *err)
{
    const char *fault = spk_image_fault(spk_str(image));

    return fault ? spk_fail(err, SPK_EINVALID, "--image: found '%.*s', expected %s", SPK_QUOTE_MAX,
                            image, fault)
                 : 0;
}

static int check_names(const struct spk_install *it, struct spk_err *err)
{
    if (!isalpha((unsigned char)it->name[0])) {
        return spk_fail(err, SPK_EINVALID,
                        "--name: found '%.*s', expected a letter first, as a Service's name has it",
                        SPK_QUOTE_MAX, it->name);
    }
    if (check_image(it->image, err))
        return -1;
    if (it->port == it->health_port) {
        return spk_fail(err, SPK_EINVALID,
                        "--health-port: found %" PRId64 ", expected another than --port",
                        it->health_port);
    }
    return 0;
}

static int check_namespaces(const struct spk_flag_list *list, const char *flag, struct spk_err *err)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!spk_is_label(spk_str(list->items[i]))) {
            return spk_fail(err, SPK_EINVALID, "--%s: found '%.*s', expected a namespace's name",
                            flag, SPK_QUOTE_MAX, list->items[i]);
        }
    }
    return 0;
}

static bool has(const struct spk_flag_list *list, const char *item)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], item) == 0)
            return true;
    }
    return false;
}

int spk_install_check_namespaces(const struct spk_flag_list *only,
                                 const struct spk_flag_list *exclude, struct spk_err *err)
{
    if (check_namespaces(only, "only-namespace", err) ||
        check_namespaces(exclude, "exclude-namespace", err))
        return -1;
    for (size_t i = 0; i < exclude->count; i++) {
        if (has(only, exclude->items[i])) {
            return spk_fail(err, SPK_EINVALID,
                            "--exclude-namespace: found '%.*s', expected none that "
                            "--only-namespace names",
                            SPK_QUOTE_MAX, exclude->items[i]);
        }
    }
    return 0;
}

static int check_sans(const struct spk_install *it, struct spk_err *err)
{
    if (it->extra_sans.count && it->certificates == FILES) {
        return spk_fail(err, SPK_EINVALID,
                        "--extra-san: needs --certificates=managed or cert-manager; with files the "
                        "names are whatever your certificate has");
    }
    for (size_t i = 0; i < it->extra_sans.count && it->cert_manager; i++) {
        const char *name = it->extra_sans.items[i];
        if (strchr(name, ':') || !name[strspn(name, "0123456789.")]) {
            return spk_fail(err, SPK_EINVALID,
                            "--extra-san: found '%.*s', expected a DNS name with "
                            "--certificates=cert-manager",
                            SPK_QUOTE_MAX, name);
        }
    }
    return 0;
}

static int check_format(const struct spk_install *it, struct spk_err *err)
{
    if (it->format == SPK_INSTALL_HELM && !it->directory)
        return spk_fail(err, SPK_EINVALID, "--directory: missing with --format=helm");
    return 0;
}

int spk_install_parse(struct spk_install *out, int argc, char **argv, struct spk_err *err)
{
    int rc;

    *out = (struct spk_install){0};
    rc = spk_flags_parse(out, flags, SPK_LEN(flags), argc, argv, err);
    if (rc)
        return rc;
    derive(out);
    return check_names(out, err) ||
                   spk_install_check_namespaces(&out->only_namespaces, &out->exclude_namespaces,
                                                err) ||
                   check_sans(out, err) || check_format(out, err)
               ? -1
               : 0;
}

void spk_install_help(FILE *to)
{
    (void)fputs("usage: spark-webhook manifest [FLAG...]\n\n"
                "Prints the objects that install the webhook on a cluster, in the order in\n"
                "which they are applied:\n"
                "spark-webhook manifest --image=... | kubectl apply -f -\n\n",
                to);
    spk_flags_help(to, flags, SPK_LEN(flags));
}

const struct spk_variable *spk_install_variables(size_t *count)
{
    *count = SPK_LEN(variables);
    return variables;
}
