#ifndef SPK_WEBHOOK_DOCTOR_JUDGE_H
#define SPK_WEBHOOK_DOCTOR_JUDGE_H
/*
 * What facts mean: each of these looks at one part of an installation and says what is in order,
 * what is not, and what to do. They ask nobody.
 */

#include "webhook/doctor/app_trial.h"
#include "webhook/doctor/facts.h"
#include "webhook/doctor/findings.h"
#include "webhook/doctor/trial.h"

/* The API server. False: it does not answer, and nothing else can be said. */
bool spk_judge_server(struct spk_findings *to, const struct spk_facts *facts);

/* Is it here at all? False: not as a webhook, and its parts need not be looked at one by one. */
bool spk_judge_installed(struct spk_findings *to, const struct spk_facts *facts);

/* The MutatingWebhookConfiguration by itself. */
void spk_judge_registration(struct spk_findings *to, const struct spk_facts *facts);

/* What stands in for it where it is not called, or instead of it: the policies of
 * `spark-webhook policy`. */
void spk_judge_policy(struct spk_findings *to, const struct spk_facts *facts);

/* The registrations of others that treat Spark pods. */
void spk_judge_others(struct spk_findings *to, const struct spk_facts *facts);

/* The way to the pods: Service, EndpointSlices, NetworkPolicies. */
void spk_judge_service(struct spk_findings *to, const struct spk_facts *facts);

/* Deployment and pods. */
void spk_judge_pods(struct spk_findings *to, const struct spk_facts *facts);

/* Certificates shown, caBundle, Secret. */
void spk_judge_certificates(struct spk_findings *to, const struct spk_facts *facts);

/* What the service account may do. */
void spk_judge_permissions(struct spk_findings *to, const struct spk_facts *facts);

/* What replicas count: reviews, denials, failed handshakes. @reached: a trial was answered. */
void spk_judge_reviews(struct spk_findings *to, const struct spk_facts *facts, bool reached);

/* What became of the trial. */
void spk_judge_trial(struct spk_findings *to, const struct spk_trial *trial);

/* The webhooks for SparkApplications, where there are any. */
void spk_judge_app_webhooks(struct spk_findings *to, const struct spk_facts *facts);

/* The caBundle of one of them, where it is another than the pods' webhook has. */
void spk_judge_app_bundle(struct spk_findings *to, const struct spk_facts *facts,
                          const json_t *webhook);

/* What became of the application on trial. */
void spk_judge_app_trial(struct spk_findings *to, const struct spk_app_trial *trial);

/* Who defines SparkApplications, who runs them, and which nobody does. */
void spk_judge_controller(struct spk_findings *to, const struct spk_facts *facts);

/* What to do about a failed call, by the API server's words. */
const char *spk_judge_cause(const char *why);

/* One WARN for all rights that were missing. */
void spk_judge_rights(struct spk_findings *to);

/* Something can't be looked at: a WARN, or where a right is missing a word to that WARN.
 * @needs: "list pods in x". */
void spk_judge_unread(struct spk_findings *to, const char *check, const struct spk_fact *fact,
                      const char *what, const char *needs);

#endif
