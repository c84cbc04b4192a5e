#ifndef SPK_WEBHOOK_DOCTOR_FACTS_H
#define SPK_WEBHOOK_DOCTOR_FACTS_H
/*
 * What the API server says about an installation. Asking and judging are apart: what judges
 * (judge.h) sees these facts only.
 */

#include "spk/base/err.h"
#include "spk/base/limits.h"
#include "spk/kube/client.h"
#include "webhook/doctor/options.h"

#include "spk/json/walk.h"
#include <stdbool.h>
#include <stdint.h>

/* One answer. */
struct spk_fact {
    int status; /* HTTP's; 0: it was not asked for; -1: no answer came */
    json_t *object;
    char *body;        /* of what is no JSON */
    char why[512];     /* of every other status than 2xx, for people */
    char warning[512]; /* what the API server remarked; "" nothing */
};

static inline bool spk_fact_found(const struct spk_fact *fact)
{
    return fact->status >= 200 && fact->status < 300;
}

/* One pod of the webhook and what it says of itself. */
struct spk_replica {
    const char *name; /* as all below, in struct spk_facts */
    const json_t *pod;
    struct spk_fact ready;       /* /readyz */
    struct spk_fact metrics;     /* /metrics */
    struct spk_fact certificate; /* /certificate: PEM, leaf first */
};

/* One thing that the service account must be allowed to do. */
struct spk_permission {
    const char *verb;
    const char *group;
    const char *resource;
    const char *namespace_; /* NULL: of the cluster */
    const char *name;
    struct spk_fact review; /* a SubjectAccessReview */
};

#define SPK_DOCTOR_PERMISSIONS 10

/* SparkApplications. */
struct spk_app_counts {
    size_t seen;
    size_t idle; /* minutes old, and neither a state nor a controller's marker */
    bool more;   /* than were looked at */
    char first[2 * SPK_SUBDOMAIN_MAX + 2]; /* of the idle: "namespace/name" */
};

struct spk_facts {
    const struct spk_doctor_options *options;
    int64_t now_s;
    int64_t minor; /* of Kubernetes 1.N; 0: unknown */
    struct spk_fact version;
    struct spk_fact configuration;
    struct spk_fact configurations; /* all of the cluster */
    struct spk_fact policy;         /* of `spark-webhook policy` */
    struct spk_fact policy_binding;
    struct spk_fact mutating; /* that of `spark-webhook policy --mutating` */
    struct spk_fact mutating_binding;
    struct spk_fact rest; /* its other half: it refuses what expressions can't do */
    struct spk_fact rest_binding;
    struct spk_fact fence; /* the policy that keeps our token to caBundle */
    struct spk_fact service;
    struct spk_fact slices;
    struct spk_fact deployment;
    struct spk_fact instances;    /* all Deployments of ours; asked for where none is called so */
    struct spk_fact cert_manager; /* its API; asked for where the registration waits for it */
    struct spk_fact pods;
    struct spk_fact nodes;
    struct spk_fact network_policies;
    struct spk_fact secret;
    struct spk_fact validating;   /* all ValidatingWebhookConfigurations of the cluster */
    struct spk_fact served;       /* the API of SparkApplications, as discovery has it */
    struct spk_fact definition;   /* theirs */
    struct spk_fact lease;        /* the controller's */
    struct spk_fact applications; /* the last page; asked for where they are served */
    struct spk_app_counts counts;
    bool lease_moves; /* it was renewed while we looked on */
    struct spk_replica replicas[SPK_DOCTOR_REPLICAS];
    size_t replica_count;
    struct spk_permission permissions[SPK_DOCTOR_PERMISSIONS];
    size_t permission_count;
    char account[SPK_SUBDOMAIN_MAX + 1]; /* the service account; "" unknown */
};

void spk_facts_done(struct spk_facts *facts);

/* Asks for one path. What comes of it is in @fact, whatever that is; a fact is asked for once. */
void spk_facts_get(struct spk_fact *fact, struct spk_kube *kube, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Sends @body there; the path must be one that changes nothing. */
void spk_facts_post(struct spk_fact *fact, struct spk_kube *kube, const json_t *body,
                    const char *path);

/* Asks for all. @facts has its options and the time, else it is zeroed. */
void spk_facts_gather(struct spk_facts *facts, struct spk_kube *kube);

/* What managed certificates need, as objects/13-role.yaml and 15-clusterrole.yaml give it: fills
 * the permissions without asking. */
void spk_facts_list_permissions(struct spk_facts *facts);

void spk_fact_done(struct spk_fact *fact);

/* Is --certificates=managed among the Deployment's arguments? */
bool spk_facts_managed(const struct spk_facts *facts);

/* The value of an argument --NAME=VALUE of the Deployment's container; NULL: it is not given. */
const char *spk_facts_argument(const struct spk_facts *facts, const char *name);

/* What an installation is, as far as can be told. */
enum spk_way {
    SPK_WAY_WEBHOOK,
    SPK_WAY_EXPRESSIONS, /* no webhook, but the policy of `spark-webhook policy --mutating` */
    SPK_WAY_ELSEWHERE,   /* the registration calls another namespace, and nothing is in ours */
    SPK_WAY_NONE         /* neither registration nor Service nor Deployment of that name */
};

enum spk_way spk_facts_way(const struct spk_facts *facts);

/* Is there a policy of that kind, and a binding that puts it in force? */
bool spk_facts_refuses(const struct spk_facts *facts);
bool spk_facts_mutates(const struct spk_facts *facts);

/* Does the registration wait for cert-manager to write caBundle? */
bool spk_facts_cert_manager(const struct spk_facts *facts);

/* Seconds since a pod of ours became ready, of the last that did; -1: no pod is ready, or when is
 * not known. */
int64_t spk_facts_ready_s(const struct spk_facts *facts);

/* Is it ready, and not on its way out? */
bool spk_facts_pod_ready(const json_t *pod);

/* Is it for SparkApplications? */
bool spk_facts_is_app_webhook(const json_t *webhook);

/* Does a webhook of a configuration call our Service, or a URL? One that calls another Service is
 * somebody else's. */
bool spk_facts_is_ours(const struct spk_facts *facts, const json_t *webhook);

/* The webhook of the registration that is ours and not for SparkApplications, the first of several;
 * NULL: none. */
const json_t *spk_facts_webhook(const struct spk_facts *facts);

/* The annotation prefix: as told, else as the registration has it, else as the Deployment has it,
 * else the default. @room is for what the registration has. */
const char *spk_facts_prefix(const struct spk_facts *facts, char room[SPK_SUBDOMAIN_MAX + 1]);

/* The number of a port that a pod's container calls @name, else @fallback. */
int64_t spk_facts_pod_port(const json_t *pod, const char *name, int64_t fallback);

#endif
