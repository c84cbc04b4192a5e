#ifndef SPK_WEBHOOK_DOCTOR_APP_TRIAL_H
#define SPK_WEBHOOK_DOCTOR_APP_TRIAL_H
/*
 * An application is created on trial (dryRun=All). Its spec has a field that has no effect, of
 * which our webhook warns: where nobody does, the webhook was not called, and with failurePolicy
 * Ignore nothing else tells of that.
 */

#include "webhook/doctor/facts_applications.h"
#include "webhook/doctor/match.h"

enum spk_app_trial_end {
    SPK_APP_TRIAL_NONE,      /* not made: nothing is registered, or nothing could be created */
    SPK_APP_TRIAL_REVIEWED,  /* ours has spoken */
    SPK_APP_TRIAL_PASSED,    /* created without a word */
    SPK_APP_TRIAL_UNREACHED, /* the API server could not call the webhook */
    SPK_APP_TRIAL_OTHER,     /* somebody else said no, or we may not try */
};

struct spk_app_trial {
    char namespace_[SPK_SUBDOMAIN_MAX + 1];
    char webhook[SPK_SUBDOMAIN_MAX + 1]; /* the first that is registered, by its name */
    bool ignores;                        /* failurePolicy: Ignore */
    struct spk_match match;              /* what its namespaceSelector says */
    struct spk_fact answer;
};

/* Tries in @namespace_, if a webhook of ours is registered for applications and they are served. */
void spk_app_trial_run(struct spk_app_trial *trial, const struct spk_facts *facts,
                       const char *namespace_, struct spk_kube *kube);

enum spk_app_trial_end spk_app_trial_end(const struct spk_app_trial *trial);

void spk_app_trial_done(struct spk_app_trial *trial);

#endif
