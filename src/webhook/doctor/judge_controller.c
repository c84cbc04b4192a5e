/*
 * SparkApplications: who defines them, who runs them, and which nobody runs.
 */
#include "webhook/doctor/judge.h"

#include "webhook/doctor/facts_applications.h"
#include "webhook/doctor/read.h"

#include <inttypes.h>

/* ---------------------------------------------------------------------------- the definition */

static bool is_held(const struct spk_facts *facts)
{
    return *spk_read_text(facts->lease.object, "spec.holderIdentity") != '\0';
}

static void judge_unserved(struct spk_findings *to, const struct spk_facts *facts)
{
    if (spk_fact_found(&facts->definition)) {
        spk_find(to, SPK_LEVEL_FAIL, "definition",
                 "SparkApplications are defined, and sparkoperator.k8s.io/v1beta2 is not served: "
                 "nobody can make one");
        spk_advise(to, "`spark-controller crds --apply` says what is in its way; kubectl describe "
                       "crd sparkapplications.sparkoperator.k8s.io");
    } else if (facts->definition.status == 404 && is_held(facts)) {
        spk_find(to, SPK_LEVEL_FAIL, "definition",
                 "a controller holds the Lease %s/%s, and SparkApplications are not defined",
                 facts->options->controller_namespace, facts->options->controller_name);
        spk_advise(to, "spark-controller crds --apply");
    }
}

static void judge_definition(struct spk_findings *to, const struct spk_facts *facts)
{
    if (spk_facts_defined_by_us(facts)) {
        spk_find(to, SPK_LEVEL_OK, "definition", "SparkApplications are served, as we define them");
    } else if (spk_fact_found(&facts->definition)) {
        spk_find(to, SPK_LEVEL_OK, "definition",
                 "SparkApplications are served, by another's definition: fields that it lacks are "
                 "dropped by the API server");
    } else {
        spk_judge_unread(to, "definition", &facts->definition,
                         "whose definition of SparkApplications is served",
                         "get customresourcedefinitions.apiextensions.k8s.io");
    }
}

/* --------------------------------------------------------------------------------- its leader */

static void judge_absent(struct spk_findings *to, const struct spk_facts *facts)
{
    const struct spk_doctor_options *options = facts->options;
    const char *const ns = options->controller_namespace;
    const char *const name = options->controller_name;

    if (spk_fact_found(&facts->definition) && !spk_facts_defined_by_us(facts)) {
        spk_find(to, SPK_LEVEL_OK, "controller",
                 "none of ours (no Lease %s/%s); the definition is another operator's", ns, name);
        return;
    }
    spk_find(to, SPK_LEVEL_WARN, "controller",
             "there is no Lease %s/%s: no controller has ever led there", ns, name);
    spk_advise(to,
               "if one is elsewhere, give --controller-namespace and --controller-name (with "
               "--leader-election=false there is no Lease); else spark-controller manifest "
               "--namespace=%s --name=%s --image=IMAGE | kubectl apply -f -",
               ns, name);
}

static void advise_pods(struct spk_findings *to, const struct spk_facts *facts)
{
    const struct spk_doctor_options *options = facts->options;

    spk_advise(to,
               "see whether its pods run, and their logs: kubectl -n %s get deployment %s; "
               "kubectl -n %s logs deployment/%s",
               options->controller_namespace, options->controller_name,
               options->controller_namespace, options->controller_name);
}

static void judge_leader(struct spk_findings *to, const struct spk_facts *facts)
{
    const char *const ns = facts->options->controller_namespace;
    const char *const name = facts->options->controller_name;
    const char *holder = spk_read_text(facts->lease.object, "spec.holderIdentity");
    const char *renewed = spk_read_text(facts->lease.object, "spec.renewTime");

    if (spk_facts_led(facts)) {
        spk_find(to, SPK_LEVEL_OK, "controller", "%s leads by the Lease %s/%s, renewed at %s",
                 holder, ns, name, renewed);
        return;
    }
    if (!is_held(facts)) {
        spk_find(to, SPK_LEVEL_FAIL, "controller",
                 "nobody holds the Lease %s/%s: no application is run", ns, name);
    } else {
        spk_find(to, SPK_LEVEL_FAIL, "controller",
                 "nobody leads: %s holds the Lease %s/%s and renewed it last at %s, expected every "
                 "few seconds and at least every %" PRId64 " s: no application is run",
                 holder, ns, name, *renewed ? renewed : "no time", spk_facts_lease_duration(facts));
    }
    advise_pods(to, facts);
}

static void judge_lease(struct spk_findings *to, const struct spk_facts *facts)
{
    if (facts->lease.status == 404) {
        judge_absent(to, facts);
    } else if (!spk_fact_found(&facts->lease)) {
        spk_judge_unread(to, "controller", &facts->lease, "the controller's Lease",
                         "get leases.coordination.k8s.io in the controller's namespace");
    } else {
        judge_leader(to, facts);
    }
}

/* --------------------------------------------------------------------------- the applications */

static void judge_counts(struct spk_findings *to, const struct spk_facts *facts)
{
    const struct spk_app_counts *counts = &facts->counts;
    const char *first = counts->more ? "the first " : "";

    if (!spk_fact_found(&facts->applications) && !counts->seen) {
        spk_judge_unread(to, "applications", &facts->applications, "SparkApplications",
                         "list sparkapplications.sparkoperator.k8s.io");
    } else if (counts->idle) {
        spk_find(to, SPK_LEVEL_WARN, "applications",
                 "nobody runs %zu of %s%zu, such as %s: older than %d minutes, without a state and "
                 "without a controller's marker",
                 counts->idle, first, counts->seen, counts->first, SPK_DOCTOR_IDLE_S / 60);
        spk_advise(to, "see the finding about the controller; if it leads, whether its "
                       "--namespaces and --label-selector select them");
    } else {
        spk_find(to, SPK_LEVEL_OK, "applications", "none of %s%zu waits for somebody to run it",
                 first, counts->seen);
    }
}

void spk_judge_controller(struct spk_findings *to, const struct spk_facts *facts)
{
    if (!spk_facts_served(facts)) {
        judge_unserved(to, facts);
        return;
    }
    judge_definition(to, facts);
    judge_lease(to, facts);
    judge_counts(to, facts);
}
