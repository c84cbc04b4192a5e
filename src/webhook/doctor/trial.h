#ifndef SPK_WEBHOOK_DOCTOR_TRIAL_H
#define SPK_WEBHOOK_DOCTOR_TRIAL_H
/*
 * A pod is created on trial (dryRun=All): nothing is stored, and the API server calls the webhook
 * as it would in earnest. So it is the best judge of all.
 */

#include "webhook/doctor/facts.h"
#include "webhook/doctor/match.h"

enum spk_registered {
    SPK_REGISTERED,
    SPK_REGISTERED_NOT,
    SPK_REGISTERED_UNKNOWN /* we may not read it */
};

struct spk_trial {
    json_t *pod;                            /* owned; as it is sent */
    bool own;                               /* asked about by the user */
    bool placed;                            /* in a namespace that the user named */
    char source[SPK_SUBDOMAIN_MAX * 2 + 2]; /* what the user calls it */
    char namespace_[SPK_SUBDOMAIN_MAX + 1];
    char instance[SPK_SUBDOMAIN_MAX + 1]; /* --name */
    char prefix[SPK_SUBDOMAIN_MAX + 1];
    enum spk_registered registered;
    char webhook[SPK_SUBDOMAIN_MAX + 1]; /* its name in the registration; "" there is none */
    enum spk_way way;
    bool fresh;             /* a replica has become ready seconds ago, and may not yet be called */
    bool ignores;           /* failurePolicy: Ignore */
    struct spk_match match; /* what selectors and conditions say, without the API server */
    struct spk_fact answer;
    char hint[768];     /* why it has no annotation of ours; "" it has one */
    char absent[512];   /* what its annotations name and its namespace lacks: "ConfigMap a" */
    struct spk_err err; /* with a code: the pod could not be read */
    const char *advice; /* what to do about that; NULL: nothing in particular */
};

/* What the API server's own words mean. */
enum spk_trial_end {
    SPK_TRIAL_STAMPED,   /* sent, and treated */
    SPK_TRIAL_DENIED,    /* sent, and refused by the webhook */
    SPK_TRIAL_UNTOUCHED, /* created without a stamp */
    SPK_TRIAL_POLICY,    /* not treated, and therefore refused by the policy */
    SPK_TRIAL_UNREACHED, /* the API server could not call the webhook */
    SPK_TRIAL_OTHER,     /* somebody else said no, or we may not try */
};

enum spk_trial_end spk_trial_end(const struct spk_trial *trial);

/* The stamp that it came back with: "sparkhook/1.2.3"; "" none. */
const char *spk_trial_stamp(const struct spk_trial *trial);

/* Is the stamp that of `spark-webhook policy --mutating`? */
bool spk_trial_by_policy(const struct spk_trial *trial);

/* Makes the pod, tells what selectors say, and asks the API server. */
void spk_trial_run(struct spk_trial *trial, const struct spk_facts *facts, struct spk_kube *kube);

void spk_trial_done(struct spk_trial *trial);

#endif
