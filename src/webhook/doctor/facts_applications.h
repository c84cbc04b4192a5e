#ifndef SPK_WEBHOOK_DOCTOR_FACTS_APPLICATIONS_H
#define SPK_WEBHOOK_DOCTOR_FACTS_APPLICATIONS_H
/* Facts about SparkApplications, and what they say when they are put together. */

#include "webhook/doctor/facts.h"

/* How long an application may be there before somebody has to have looked at it. */
#define SPK_DOCTOR_IDLE_S 300

/* A webhook that reviews applications, and the configuration that has it. */
struct spk_app_webhook {
    const char *configuration;
    const json_t *webhook;
};

struct spk_app_webhooks {
    struct spk_app_webhook items[8];
    size_t count;
};

/* Asks for all about applications. The Lease of a controller that seems to have no leader is
 * watched for as long as another controller would watch it, at most 15 s. */
void spk_facts_gather_applications(struct spk_facts *facts, struct spk_kube *kube);

/* Those of ours: what the registration has, whomever it calls, and what calls our Service, or is
 * called as ours, in another configuration. Borrowed from @facts. */
void spk_facts_app_webhooks(struct spk_app_webhooks *out, const struct spk_facts *facts);

/* Are sparkapplications of sparkoperator.k8s.io/v1beta2 served? */
bool spk_facts_served(const struct spk_facts *facts);

/* By a definition that is found, and ours? */
bool spk_facts_defined_by_us(const struct spk_facts *facts);

/* Has the Lease a holder who renews it? */
bool spk_facts_led(const struct spk_facts *facts);

/* Seconds: what the Lease says, and since its last renewal by this machine's clock; INT64_MAX
 * without one. */
int64_t spk_facts_lease_duration(const struct spk_facts *facts);
int64_t spk_facts_lease_age(const struct spk_facts *facts);

/* Adds a page of applications to what was counted. */
void spk_facts_count_applications(struct spk_facts *facts, const json_t *list);

#endif
