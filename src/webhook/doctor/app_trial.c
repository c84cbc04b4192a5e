#include "webhook/doctor/app_trial.h"

#include "spk/base/clock.h"
#include "webhook/doctor/read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Has no effect, is in every definition of v1beta2, and our webhook says so. */
#define IDLE_FIELD "failureRetries"

static json_t *sample(void)
{
    char name[64];

    (void)snprintf(name, sizeof(name), "spark-webhook-doctor-%" PRIx64, spk_clock_wall_ms());
    return json_pack("{s:s, s:s, s:{s:s}, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:{}, s:{}}}",
                     "apiVersion", "sparkoperator.k8s.io/v1beta2", "kind", "SparkApplication",
                     "metadata", "name", name, "spec", "type", "Scala", "mode", "cluster",
                     "sparkVersion", "3.5.7", "image", "localhost/doctor", "mainClass", "Doctor",
                     "mainApplicationFile", "local:///doctor.jar", IDLE_FIELD, 1, "driver",
                     "executor");
}

/* Only namespaces are selected: the rest of what spk_match() looks at is made to fit. */
static void match(struct spk_app_trial *trial, const json_t *webhook, struct spk_kube *kube)
{
    json_auto_t *rules =
        json_pack("{s:[{s:[s], s:[s], s:[s], s:[s]}]}", "rules", "operations", "CREATE",
                  "apiGroups", "", "apiVersions", "v1", "resources", "pods");
    json_auto_t *none = json_object();
    struct spk_match_pod it = {.namespace_ = trial->namespace_};
    struct spk_fact namespace_ = {0};
    json_t *selector = spk_read(webhook, "namespaceSelector");

    if (selector)
        (void)json_object_set(rules, "namespaceSelector", selector);
    spk_facts_get(&namespace_, kube, "/api/v1/namespaces/%s", trial->namespace_);
    if (spk_fact_found(&namespace_)) {
        it.namespace_labels = spk_read(namespace_.object, "metadata.labels");
        if (!it.namespace_labels)
            it.namespace_labels = none;
    }
    spk_match(&trial->match, rules, &it);
    spk_fact_done(&namespace_);
}

void spk_app_trial_run(struct spk_app_trial *trial, const struct spk_facts *facts,
                       const char *namespace_, struct spk_kube *kube)
{
    struct spk_app_webhooks webhooks;
    json_auto_t *application = sample();
    char path[2 * SPK_SUBDOMAIN_MAX];

    *trial = (struct spk_app_trial){0};
    spk_facts_app_webhooks(&webhooks, facts);
    if (!webhooks.count || !spk_facts_served(facts) || !*namespace_)
        return;
    (void)snprintf(trial->namespace_, sizeof(trial->namespace_), "%s", namespace_);
    (void)snprintf(trial->webhook, sizeof(trial->webhook), "%s",
                   spk_read_text(webhooks.items[0].webhook, "name"));
    trial->ignores =
        strcmp(spk_read_text(webhooks.items[0].webhook, "failurePolicy"), "Ignore") == 0;
    match(trial, webhooks.items[0].webhook, kube);
    (void)snprintf(path, sizeof(path),
                   "/apis/sparkoperator.k8s.io/v1beta2/namespaces/%s/sparkapplications?dryRun=All",
                   namespace_);
    spk_facts_post(&trial->answer, kube, application, path);
}

void spk_app_trial_done(struct spk_app_trial *trial)
{
    spk_fact_done(&trial->answer);
}

enum spk_app_trial_end spk_app_trial_end(const struct spk_app_trial *trial)
{
    const char *why = trial->answer.why;
    char quoted[SPK_SUBDOMAIN_MAX + 3];

    if (trial->answer.status == 0)
        return SPK_APP_TRIAL_NONE;
    (void)snprintf(quoted, sizeof(quoted), "\"%s\"", trial->webhook);
    if (spk_fact_found(&trial->answer))
        return strstr(trial->answer.warning, "spec." IDLE_FIELD) ? SPK_APP_TRIAL_REVIEWED
                                                                 : SPK_APP_TRIAL_PASSED;
    if (!strstr(why, quoted))
        return SPK_APP_TRIAL_OTHER;
    return strstr(why, "denied the request") ? SPK_APP_TRIAL_REVIEWED : SPK_APP_TRIAL_UNREACHED;
}
