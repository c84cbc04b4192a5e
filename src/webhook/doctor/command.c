#include "webhook/doctor/command.h"

#include "spk/admission/key.h"
#include "webhook/doctor/read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_IMAGE "sparkhook:dev"
#define PORT          "9443"
#define HEALTH_PORT   "8080"

__attribute__((format(printf, 2, 3))) static void add(struct spk_command *to, const char *fmt, ...)
{
    const size_t len = strlen(to->text);
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(to->text + len, sizeof(to->text) - len, fmt, args);
    va_end(args);
}

bool spk_command_is_default_image(const char *image)
{
    return strcmp(image, DEFAULT_IMAGE) == 0;
}

static const json_t *pod_of(const struct spk_facts *facts)
{
    return spk_read(facts->deployment.object, "spec.template.spec");
}

static const char *image_of(const struct spk_facts *facts)
{
    return spk_read_text(json_array_get(spk_read(pod_of(facts), "containers"), 0), "image");
}

/* Nothing that a shell would take for more than a word. */
static bool is_plain(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "./:@_-") == strlen(text);
}

static void add_names(struct spk_command *to, const struct spk_facts *facts)
{
    const struct spk_doctor_options *options = facts->options;

    add(to, " --namespace=%s --name=%s", options->namespace_, options->name);
}

static void add_prefix(struct spk_command *to, const struct spk_facts *facts)
{
    char room[SPK_SUBDOMAIN_MAX + 1];
    const char *prefix = spk_facts_prefix(facts, room);

    if (strcmp(prefix, SPK_PREFIX) != 0)
        add(to, " --annotation-prefix=%s", prefix);
}

static void add_argument(struct spk_command *to, const struct spk_facts *facts, const char *runs,
                         const char *flag, const char *fallback)
{
    const char *value = spk_facts_argument(facts, runs);

    if (value && is_plain(value) && strcmp(value, fallback) != 0)
        add(to, " --%s=%s", flag, value);
}

/* A mounted certificate is cert-manager's where it has left its mark on Secret or registration. */
static void add_certificates(struct spk_command *to, const struct spk_facts *facts)
{
    const json_t *marks = spk_read(facts->secret.object, "metadata.annotations");

    if (spk_facts_managed(facts))
        return;
    add(to, " --certificates=%s",
        spk_facts_cert_manager(facts) || json_object_get(marks, "cert-manager.io/certificate-name")
            ? "cert-manager"
            : "files");
}

static void add_pods(struct spk_command *to, const struct spk_facts *facts)
{
    const int64_t replicas = spk_read_number(facts->deployment.object, "spec.replicas", 2);

    add_argument(to, facts, "secure-port", "port", PORT);
    add_argument(to, facts, "health-port", "health-port", HEALTH_PORT);
    add_argument(to, facts, "on-invalid", "on-invalid", "deny");
    if (json_is_true(spk_read(pod_of(facts), "hostNetwork")))
        add(to, " --host-network");
    if (replicas > 0 && replicas != 2)
        add(to, " --replicas=%lld", (long long)replicas);
}

/* Without the flag the webhook for applications would go. */
static void add_applications(struct spk_command *to, const struct spk_facts *facts)
{
    const json_t *webhook;
    size_t i;

    json_array_foreach(spk_read(facts->configuration.object, "webhooks"), i, webhook)
    {
        if (spk_facts_is_app_webhook(webhook)) {
            add(to, " --applications");
            return;
        }
    }
}

static bool is_helm(const struct spk_facts *facts)
{
    const json_t *labels = spk_read(facts->deployment.object, "metadata.labels");
    const char *by = json_string_value(json_object_get(labels, "app.kubernetes.io/managed-by"));

    return by && strcmp(by, "Helm") == 0;
}

struct spk_command spk_command_again(const struct spk_facts *facts)
{
    struct spk_command it = {""};
    const char *image = image_of(facts);

    if (is_helm(facts)) {
        add(&it, "helm upgrade with the values that you installed with");
    } else if (!is_plain(image) || spk_command_is_default_image(image)) {
        add(&it, "apply again what you installed (spark-webhook manifest with your options)");
    } else {
        add(&it, "spark-webhook manifest");
        add_names(&it, facts);
        add(&it, " --image=%s", image);
        add_certificates(&it, facts);
        add_prefix(&it, facts);
        add_pods(&it, facts);
        add_applications(&it, facts);
        add(&it, " | kubectl apply -f - (add what else you installed with, such as "
                 "--only-namespace)");
    }
    return it;
}

struct spk_command spk_command_install(const struct spk_facts *facts)
{
    struct spk_command it = {"spark-webhook manifest"};

    add_names(&it, facts);
    add_prefix(&it, facts);
    add(&it, " --image=IMAGE | kubectl apply -f -, IMAGE being one that the nodes can pull");
    return it;
}

struct spk_command spk_command_policy(const struct spk_facts *facts)
{
    struct spk_command it = {"spark-webhook policy"};

    add(&it, " --name=%s", facts->options->name);
    add_prefix(&it, facts);
    add(&it, " | kubectl apply -f -");
    return it;
}
