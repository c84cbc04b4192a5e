/*
 * What the API server says of SparkApplications: who reviews them, who defines them, who runs them.
 */
#include "webhook/doctor/facts_applications.h"

#include "spk/app/application.h"
#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/k8s/crd.h"
#include "webhook/doctor/read.h"

#include <string.h>
#include <time.h>

#define RESOURCE "sparkapplications"
#define GROUP    "sparkoperator.k8s.io"
#define VERSION  "v1beta2"
#define API      "/apis/" GROUP "/" VERSION

/* A page of them stays far below what an answer may be. */
#define PAGE  100
#define PAGES 50

/* The duration that the controller gives its Lease, and how long one is looked at in any case. */
#define LEASE_S       15
#define LEASE_LEAST_S 3

/* --------------------------------------------------------------------------- the webhooks */

bool spk_facts_is_app_webhook(const json_t *webhook)
{
    const json_t *rule;
    size_t i;

    json_array_foreach(spk_read(webhook, "rules"), i, rule)
    {
        if (spk_read_holds(spk_read(rule, "resources"), RESOURCE))
            return true;
    }
    return false;
}

static bool calls_ours(const struct spk_facts *facts, const json_t *webhook)
{
    return !*spk_read_text(webhook, "clientConfig.url") && spk_facts_is_ours(facts, webhook);
}

static bool has_our_name(const struct spk_facts *facts, const json_t *webhook)
{
    char name[2 * SPK_SUBDOMAIN_MAX];

    (void)snprintf(name, sizeof(name), "%s-applications.%s.svc", facts->options->name,
                   facts->options->namespace_);
    return strcmp(spk_read_text(webhook, "name"), name) == 0;
}

static void add_webhooks(struct spk_app_webhooks *out, const struct spk_facts *facts,
                         const json_t *configuration, bool own)
{
    const json_t *webhook;
    size_t i;

    json_array_foreach(spk_read(configuration, "webhooks"), i, webhook)
    {
        if (out->count == SPK_LEN(out->items) || !spk_facts_is_app_webhook(webhook))
            continue;
        if (own || calls_ours(facts, webhook) || has_our_name(facts, webhook))
            out->items[out->count++] =
                (struct spk_app_webhook){spk_read_name(configuration), webhook};
    }
}

static void add_list(struct spk_app_webhooks *out, const struct spk_facts *facts,
                     const struct spk_fact *list, const char *but)
{
    const json_t *configuration;
    size_t i;

    json_array_foreach(spk_read(list->object, "items"), i, configuration)
    {
        if (!but || strcmp(spk_read_name(configuration), but) != 0)
            add_webhooks(out, facts, configuration, false);
    }
}

void spk_facts_app_webhooks(struct spk_app_webhooks *out, const struct spk_facts *facts)
{
    const char *name = facts->options->webhook_configuration;

    *out = (struct spk_app_webhooks){0};
    add_webhooks(out, facts, facts->configuration.object, true);
    add_list(out, facts, &facts->configurations, name);
    add_list(out, facts, &facts->validating, NULL);
}

/* --------------------------------------------------------------------------- the definition */

bool spk_facts_served(const struct spk_facts *facts)
{
    return spk_read_named(spk_read(facts->served.object, "resources"), "name", RESOURCE) != NULL;
}

bool spk_facts_defined_by_us(const struct spk_facts *facts)
{
    return spk_fact_found(&facts->definition) && spk_crd_is_ours(facts->definition.object, VERSION);
}

/* -------------------------------------------------------------------------------- the Lease */

int64_t spk_facts_lease_duration(const struct spk_facts *facts)
{
    const int64_t told = spk_read_number(facts->lease.object, "spec.leaseDurationSeconds", LEASE_S);

    return told > 0 ? told : LEASE_S;
}

int64_t spk_facts_lease_age(const struct spk_facts *facts)
{
    const char *text = spk_read_text(facts->lease.object, "spec.renewTime");
    int64_t renewed_s;

    return spk_clock_parse(&renewed_s, spk_str(text)) ? facts->now_s - renewed_s : INT64_MAX;
}

bool spk_facts_led(const struct spk_facts *facts)
{
    const int64_t age_s = spk_facts_lease_age(facts);
    const int64_t duration_s = spk_facts_lease_duration(facts);

    if (!*spk_read_text(facts->lease.object, "spec.holderIdentity"))
        return false;
    return facts->lease_moves || (age_s <= duration_s && age_s >= -duration_s);
}

static void get_lease(struct spk_fact *out, const struct spk_facts *facts, struct spk_kube *kube)
{
    spk_facts_get(out, kube, "/apis/coordination.k8s.io/v1/namespaces/%s/leases/%s",
                  facts->options->controller_namespace, facts->options->controller_name);
}

/* Takes the Lease as it is now, if somebody has written it since. */
static void look_again(struct spk_facts *facts, struct spk_kube *kube)
{
    struct spk_fact now = {0};

    get_lease(&now, facts, kube);
    if (spk_fact_found(&now) &&
        !json_equal(spk_read(facts->lease.object, "spec"), spk_read(now.object, "spec"))) {
        spk_fact_done(&facts->lease);
        facts->lease = now;
        facts->lease_moves = *spk_read_text(now.object, "spec.holderIdentity") != '\0';
        return;
    }
    spk_fact_done(&now);
}

/* As whoever wants the Lease does: who does not renew it while we look on does not hold it. Clocks
 * of machines say little about each other. */
static void watch_lease(struct spk_facts *facts, struct spk_kube *kube)
{
    const struct timespec second = {.tv_sec = 1};
    const int64_t told_s = spk_facts_lease_duration(facts);
    int64_t left_s = told_s < LEASE_LEAST_S ? LEASE_LEAST_S : told_s < LEASE_S ? told_s : LEASE_S;

    for (; left_s > 0 && !spk_facts_led(facts); left_s--) {
        (void)nanosleep(&second, NULL);
        look_again(facts, kube);
    }
}

/* ------------------------------------------------------------------------- the applications */

/* Nobody has put down a state, nor that it is his. */
static bool is_idle(const json_t *application, int64_t now_s)
{
    const json_t *marks = spk_read(application, "metadata.annotations");
    const char *created = spk_read_text(application, "metadata.creationTimestamp");
    int64_t created_s;

    return !*spk_read_text(application, "status.applicationState.state") &&
           !json_object_get(marks, SPK_APP_MARKER) &&
           !spk_read(application, "metadata.deletionTimestamp") &&
           !json_is_true(spk_read(application, "spec.suspend")) &&
           spk_clock_parse(&created_s, spk_str(created)) && now_s - created_s >= SPK_DOCTOR_IDLE_S;
}

void spk_facts_count_applications(struct spk_facts *facts, const json_t *list)
{
    struct spk_app_counts *to = &facts->counts;
    const json_t *it;
    size_t i;

    json_array_foreach(spk_read(list, "items"), i, it)
    {
        to->seen++;
        if (!is_idle(it, facts->now_s))
            continue;
        if (to->idle++ == 0)
            (void)snprintf(to->first, sizeof(to->first), "%s/%s",
                           spk_read_text(it, "metadata.namespace"), spk_read_name(it));
    }
    to->more = *spk_read_text(list, "metadata.continue") != '\0';
}

/* The API server's own tokens have nothing in them that a query could not. */
static bool is_token(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "-_=.~%") == strlen(text);
}

static void gather_list(struct spk_facts *facts, struct spk_kube *kube)
{
    struct spk_fact *page = &facts->applications;

    spk_facts_get(page, kube, API "/" RESOURCE "?limit=%d", PAGE);
    for (int i = 1; spk_fact_found(page); i++) {
        const char *token = spk_read_text(page->object, "metadata.continue");
        struct spk_fact next = {0};
        spk_facts_count_applications(facts, page->object);
        if (i == PAGES || !is_token(token))
            return;
        spk_facts_get(&next, kube, API "/" RESOURCE "?limit=%d&continue=%s", PAGE, token);
        spk_fact_done(page);
        *page = next;
    }
}

/* --------------------------------------------------------------------------------------- all */

void spk_facts_gather_applications(struct spk_facts *facts, struct spk_kube *kube)
{
    spk_facts_get(&facts->validating, kube,
                  "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations");
    spk_facts_get(&facts->definition, kube,
                  "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" RESOURCE "." GROUP);
    spk_facts_get(&facts->served, kube, API);
    get_lease(&facts->lease, facts, kube);
    if (!spk_facts_served(facts))
        return;
    if (spk_fact_found(&facts->lease))
        watch_lease(facts, kube);
    gather_list(facts, kube);
}
