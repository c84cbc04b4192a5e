/*
 * The API server, the registration, and those of others.
 */
#include "webhook/doctor/judge.h"

#include "spk/admission/key.h"
#include "spk/base/cleanup.h"
#include "webhook/doctor/command.h"
#include "webhook/doctor/match.h"
#include "webhook/doctor/read.h"

#include <inttypes.h>
#include <string.h>

#define CONDITIONS_SINCE 28
#define POLICIES_SINCE   30

static const char check[] = "registration";

void spk_judge_unread(struct spk_findings *to, const char *what_check, const struct spk_fact *fact,
                      const char *what, const char *needs)
{
    if (fact->status == 403) {
        spk_findings_lack(to, what, needs);
        return;
    }
    spk_find(to, SPK_LEVEL_WARN, what_check, "can't check %s: %s", what, fact->why);
    spk_advise(to, "look again");
}

void spk_judge_rights(struct spk_findings *to)
{
    if (!to->unseen)
        return;
    spk_find(to, SPK_LEVEL_WARN, "rights", "you may not see all; not looked at: %s", to->unseen);
    spk_advise(to, "ask an administrator to run this, or for: %s", to->rights);
}

bool spk_judge_server(struct spk_findings *to, const struct spk_facts *facts)
{
    const struct spk_fact *version = &facts->version;

    if (version->status < 0 || version->status == 401) {
        spk_find(to, SPK_LEVEL_FAIL, "api-server", "%s", version->why);
        spk_advise(to, version->status == 401
                           ? "the credentials of the kubeconfig are refused: log in again"
                           : "see --kubeconfig and --context, and whether kubectl works with them");
        return false;
    }
    if (!facts->minor) {
        spk_find(to, SPK_LEVEL_WARN, "api-server", "its version can't be told: %s",
                 *version->why ? version->why : spk_read_text(version->object, "gitVersion"));
    } else if (facts->minor < CONDITIONS_SINCE) {
        spk_find(to, SPK_LEVEL_WARN, "api-server",
                 "Kubernetes %s has no matchConditions (1.28) and no ValidatingAdmissionPolicy "
                 "(1.30): all Spark pods are sent, annotated or not",
                 spk_read_text(version->object, "gitVersion"));
        spk_advise(to, "use the objects of manifest --kube-version=1.%" PRId64 ", or upgrade",
                   facts->minor);
    } else {
        spk_find(to, SPK_LEVEL_OK, "api-server", "answers, Kubernetes %s%s",
                 spk_read_text(version->object, "gitVersion"),
                 facts->minor < POLICIES_SINCE ? ", without ValidatingAdmissionPolicy (1.30)" : "");
    }
    return true;
}

/* ------------------------------------------------------------------------- the registration */

static void judge_path(struct spk_findings *to, const json_t *webhook)
{
    static const char *const paths[] = {"/mutate", "/webhook", "/mutate--v1-pod"};
    const char *path = spk_read_text(webhook, "clientConfig.service.path");

    for (size_t i = 0; i < SPK_LEN(paths); i++) {
        if (strcmp(path, paths[i]) == 0)
            return;
    }
    spk_find(to, SPK_LEVEL_FAIL, check, "clientConfig.service.path is '%s', which is answered 404",
             path);
    spk_advise(to, "set it to /mutate");
}

/* A pod as Spark makes it, with nothing but what selectors see. */
static json_t *spark_pod(const char *role, const char *prefix)
{
    char key[SPK_SUBDOMAIN_MAX + 32];

    (void)snprintf(key, sizeof(key), "%s/sparkConfigMap", prefix);
    return json_pack("{s:{s:{s:s}, s:{s:s}}}", "metadata", "labels", "spark-role", role,
                     "annotations", key, "x");
}

static void judge_role(struct spk_findings *to, const json_t *webhook, const char *role)
{
    json_auto_t *pod = spark_pod(role, SPK_PREFIX);
    json_auto_t *selectors = json_pack("{s:O?}", "objectSelector", /* nothing else of it */
                                       spk_read(webhook, "objectSelector"));
    const struct spk_match_pod it = {.pod = pod, .namespace_ = "x"};
    struct spk_match match;

    /* Rules and namespaces are looked at elsewhere. */
    if (selectors)
        (void)json_object_set(selectors, "rules", spk_read(webhook, "rules"));
    spk_match(&match, selectors, &it);
    if (match.verdict != SPK_MATCH_NOT || !spk_match_rules(webhook))
        return;
    spk_find(to, SPK_LEVEL_FAIL, check, "no %s is ever sent: %s", role, match.why);
    spk_advise(to, "let objectSelector select spark-role in (driver,executor)");
}

static void judge_selects_all(struct spk_findings *to, const json_t *webhook)
{
    json_auto_t *pod = json_pack("{s:{s:{s:s}}}", "metadata", "labels", "app", "x");
    json_auto_t *selectors =
        json_pack("{s:O?, s:O?}", "objectSelector", spk_read(webhook, "objectSelector"), "rules",
                  spk_read(webhook, "rules"));
    const struct spk_match_pod it = {.pod = pod, .namespace_ = "x"};
    struct spk_match match;

    spk_match(&match, selectors, &it);
    if (match.verdict != SPK_MATCH_SENT || json_array_size(spk_read(webhook, "matchConditions")))
        return;
    spk_find(to, SPK_LEVEL_WARN, check,
             "every pod of the cluster is sent, also what is not Spark's: none of them starts "
             "while the webhook is away");
    spk_advise(to, "give it the objectSelector of `spark-webhook manifest`");
}

static void judge_rules(struct spk_findings *to, const json_t *webhook)
{
    if (!spk_match_rules(webhook)) {
        spk_find(to, SPK_LEVEL_FAIL, check, "its rules never match: none is for CREATE of v1 pods");
        spk_advise(to, "give it the rules of `spark-webhook manifest`");
    }
    judge_role(to, webhook, "driver");
    judge_role(to, webhook, "executor");
    judge_selects_all(to, webhook);
}

static void judge_timeout(struct spk_findings *to, const json_t *webhook)
{
    int64_t timeout_s = spk_read_number(webhook, "timeoutSeconds", 10);

    if (timeout_s >= 2 && timeout_s <= 15)
        return;
    spk_find(to, SPK_LEVEL_WARN, check,
             timeout_s < 2 ? "timeoutSeconds is %" PRId64 ": one lost packet refuses a pod"
                           : "timeoutSeconds is %" PRId64
                             ": while no replica answers each submission waits that long",
             timeout_s);
    spk_advise(to, "5 is a good value");
}

static void judge_reinvocation(struct spk_findings *to, const json_t *webhook)
{
    if (strcmp(spk_read_text(webhook, "reinvocationPolicy"), "IfNeeded") == 0)
        return;
    spk_find(to, SPK_LEVEL_WARN, check,
             "reinvocationPolicy is Never: containers that a later webhook adds or moves are not "
             "looked at");
    spk_advise(to, "set it to IfNeeded; a second look changes nothing that is there");
}

static void judge_conditions(struct spk_findings *to, const struct spk_facts *facts,
                             const json_t *webhook)
{
    const char *runs = spk_facts_argument(facts, "annotation-prefix");
    const char *told = facts->options->annotation_prefix;
    const char *wanted = told ? told : runs ? runs : SPK_PREFIX;
    char prefix[SPK_SUBDOMAIN_MAX + 1];

    if (!json_array_size(spk_read(webhook, "matchConditions"))) {
        if (facts->minor >= CONDITIONS_SINCE) {
            spk_find(to, SPK_LEVEL_WARN, check,
                     "no matchConditions: Spark pods without annotations are sent, too, and are "
                     "refused while no replica answers");
            spk_advise(to, "%s", spk_command_again(facts).text);
        }
    } else if (!spk_match_webhook_prefix(prefix, webhook)) {
        spk_find(to, SPK_LEVEL_WARN, check,
                 "its matchConditions are none of ours and are not evaluated here");
        spk_advise(to, "trust the trial below, and --pod for a pod of yours");
    } else if ((told || spk_fact_found(&facts->deployment)) && strcmp(prefix, wanted) != 0) {
        spk_find(to, SPK_LEVEL_FAIL, check,
                 "pods are sent for annotations of %s, and the webhook treats those of %s", prefix,
                 wanted);
        spk_advise(to, "make manifest and apply it with one --annotation-prefix");
    }
}

static void judge_webhook(struct spk_findings *to, const struct spk_facts *facts,
                          const json_t *webhook)
{
    const char *url = spk_read_text(webhook, "clientConfig.url");
    const char *name = facts->options->webhook_configuration;

    if (*url) {
        spk_find(to, SPK_LEVEL_OK, check, "%s calls %s", name, url);
    } else {
        spk_find(to, SPK_LEVEL_OK, check, "%s calls the Service %s/%s, failurePolicy %s", name,
                 facts->options->namespace_, facts->options->service_name,
                 spk_read_text(webhook, "failurePolicy"));
        judge_path(to, webhook);
    }
    judge_rules(to, webhook);
    judge_conditions(to, facts, webhook);
    judge_timeout(to, webhook);
    judge_reinvocation(to, webhook);
}

static const json_t *first_for_pods(const struct spk_facts *facts)
{
    const json_t *webhook;
    size_t i;

    json_array_foreach(spk_read(facts->configuration.object, "webhooks"), i, webhook)
    {
        if (!spk_facts_is_app_webhook(webhook))
            return webhook;
    }
    return NULL;
}

static void judge_target(struct spk_findings *to, const struct spk_facts *facts)
{
    const struct spk_doctor_options *options = facts->options;
    const json_t *first = first_for_pods(facts);

    if (!first) {
        spk_find(to, SPK_LEVEL_FAIL, check, "%s registers no webhook for pods",
                 options->webhook_configuration);
        spk_advise(to, "%s", spk_command_again(facts).text);
        return;
    }
    spk_find(to, SPK_LEVEL_FAIL, check, "%s calls the Service %s/%s, expected %s/%s",
             options->webhook_configuration, spk_read_text(first, "clientConfig.service.namespace"),
             spk_read_text(first, "clientConfig.service.name"), options->namespace_,
             options->service_name);
    spk_advise(to,
               "if the webhook lives there, give --namespace and --name; else point it at ours");
}

void spk_judge_registration(struct spk_findings *to, const struct spk_facts *facts)
{
    const struct spk_fact *fact = &facts->configuration;
    const char *name = facts->options->webhook_configuration;
    const json_t *webhook = spk_facts_webhook(facts);

    if (fact->status == 404) {
        spk_find(to, SPK_LEVEL_FAIL, check,
                 "there is no MutatingWebhookConfiguration %s: no pod is ever sent", name);
        spk_advise(to, "%s; or name it by --webhook-configuration", spk_command_again(facts).text);
    } else if (!spk_fact_found(fact)) {
        spk_judge_unread(to, check, fact, "the registration",
                         "get mutatingwebhookconfigurations.admissionregistration.k8s.io");
    } else if (!webhook) {
        judge_target(to, facts);
    } else {
        judge_webhook(to, facts, webhook);
    }
}

/* ----------------------------------------------------------------------------------- others */

static bool may_match(const json_t *webhook, const char *prefix)
{
    json_auto_t *pod = spark_pod("driver", prefix);
    json_auto_t *looked = json_copy((json_t *)webhook);
    const struct spk_match_pod it = {.pod = pod, .namespace_ = "x"};
    struct spk_match match;

    /* Which namespaces it is for does not matter here. */
    (void)json_object_del(looked, "namespaceSelector");
    spk_match(&match, looked, &it);
    return match.verdict != SPK_MATCH_NOT;
}

static void judge_rival(struct spk_findings *to, const char *configuration, const json_t *webhook,
                        const char *prefix)
{
    char theirs[SPK_SUBDOMAIN_MAX + 1];
    const char *name = spk_read_text(webhook, "name");

    if (spk_match_webhook_prefix(theirs, webhook) && strcmp(theirs, prefix) == 0) {
        spk_find(to, SPK_LEVEL_WARN, "others", "%s (%s) is another instance for annotations of %s",
                 configuration, name, prefix);
        spk_advise(to, "see that no namespace is selected by both (--only-namespace), or give one "
                       "an --annotation-prefix of its own");
    } else if (strstr(name, "spark") || strstr(configuration, "spark")) {
        spk_find(to, SPK_LEVEL_WARN, "others",
                 "%s (%s) treats Spark pods as well: an operator's webhook", configuration, name);
        spk_advise(to, "see that its selectors leave out the pods that are ours");
    }
}

static bool is_instance(const json_t *webhook)
{
    char prefix[SPK_SUBDOMAIN_MAX + 1];

    return spk_match_webhook_prefix(prefix, webhook);
}

static bool judge_other(struct spk_findings *to, const struct spk_facts *facts,
                        const json_t *configuration, const char *prefix)
{
    const char *name = spk_read_name(configuration);
    const json_t *webhook;
    bool later = false;
    size_t i;

    json_array_foreach(spk_read(configuration, "webhooks"), i, webhook)
    {
        if (!may_match(webhook, prefix))
            continue;
        judge_rival(to, name, webhook, prefix);
        /* Another instance adds no annotations. */
        later = (later || !is_instance(webhook)) &&
                strcmp(name, facts->options->webhook_configuration) > 0;
    }
    return later;
}

static void judge_later(struct spk_findings *to, const struct spk_facts *facts, const char *name)
{
    spk_find(to, SPK_LEVEL_WARN, "others",
             "%s is called after %s: annotations that it adds never bring a pod to us", name,
             facts->options->webhook_configuration);
    spk_advise(to, "if it adds such annotations, give it a name that sorts before ours");
}

void spk_judge_others(struct spk_findings *to, const struct spk_facts *facts)
{
    const struct spk_fact *fact = &facts->configurations;
    const size_t before = to->count;
    char room[SPK_SUBDOMAIN_MAX + 1];
    const char *prefix = spk_facts_prefix(facts, room);
    const json_t *it;
    size_t i;

    if (!spk_fact_found(fact)) {
        spk_judge_unread(to, "others", fact, "what other webhooks treat Spark pods",
                         "list mutatingwebhookconfigurations.admissionregistration.k8s.io");
        return;
    }
    json_array_foreach(spk_read(fact->object, "items"), i, it)
    {
        const char *name = spk_read_name(it);
        if (strcmp(name, facts->options->webhook_configuration) == 0)
            continue;
        if (judge_other(to, facts, it, prefix))
            judge_later(to, facts, name);
    }
    if (to->count == before) {
        spk_find(to, SPK_LEVEL_OK, "others",
                 "no other webhook treats Spark pods after ours, or as an operator's");
    }
}
