#include "webhook/doctor/facts.h"

#include "spk/admission/key.h"
#include "spk/base/arena.h"
#include "spk/base/cleanup.h"
#include "spk/json/dump.h"
#include "spk/k8s/name.h"
#include "webhook/doctor/facts_applications.h"
#include "webhook/doctor/match.h"
#include "webhook/doctor/read.h"

#include <stdarg.h>
#include <string.h>

#define ADMISSION  "/apis/admissionregistration.k8s.io/v1/"
#define HEALTH     8080
/* A replica that hangs must not take the doctor with it. */
#define REPLICA_MS 10000
#define POLICIES   30
#define MUTATING   36

/* ------------------------------------------------------------------------------------ asking */

void spk_fact_done(struct spk_fact *fact)
{
    json_decref(fact->object);
    free(fact->body);
    *fact = (struct spk_fact){0};
}

static void keep(struct spk_fact *fact, struct spk_kube *kube,
                 const struct spk_kube_request *request)
{
    struct spk_kube_answer answer;
    struct spk_err err = {0};

    spk_fact_done(fact);
    if (spk_kube_call(kube, request, &answer, &err) < 0) {
        fact->status = -1;
        (void)snprintf(fact->why, sizeof(fact->why), "%s", err.msg);
        return;
    }
    fact->status = answer.status;
    fact->object = SPK_STEAL(answer.object);
    fact->body = SPK_STEAL(answer.body);
    (void)snprintf(fact->why, sizeof(fact->why), "%s", answer.text);
    (void)snprintf(fact->warning, sizeof(fact->warning), "%s", answer.warning);
    spk_kube_answer_done(&answer);
}

static void too_long(struct spk_fact *fact)
{
    fact->status = -1;
    (void)snprintf(fact->why, sizeof(fact->why), "the path is too long");
}

__attribute__((format(printf, 4, 0))) static void get(struct spk_fact *fact, struct spk_kube *kube,
                                                      bool text, const char *fmt, va_list args)
{
    SPK_CLEANUP(spk_arena_done) struct spk_arena arena;
    struct spk_kube_request request = {
        .method = "GET", .text = text, .timeout_ms = text ? REPLICA_MS : 0};

    spk_arena_init(&arena, SPK_DOCTOR_TEXT_MAX);
    request.path = spk_arena_vprintf(&arena, fmt, args);
    if (request.path)
        keep(fact, kube, &request);
    else
        too_long(fact);
}

void spk_facts_get(struct spk_fact *fact, struct spk_kube *kube, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    get(fact, kube, false, fmt, args);
    va_end(args);
}

__attribute__((format(printf, 3, 4))) static void
get_text(struct spk_fact *fact, struct spk_kube *kube, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    get(fact, kube, true, fmt, args);
    va_end(args);
}

void spk_facts_post(struct spk_fact *fact, struct spk_kube *kube, const json_t *body,
                    const char *path)
{
    struct spk_kube_request request = {.method = "POST", .path = path};
    SPK_AUTOFREE char *text = NULL;
    struct spk_err err;

    if (!body || spk_json_dump(&text, &request.body.len, body, &err)) {
        if (!body)
            (void)spk_fail(&err, SPK_ENOMEM, "out of memory");
        fact->status = -1;
        (void)snprintf(fact->why, sizeof(fact->why), "%s", err.msg);
        return;
    }
    request.body.ptr = text;
    keep(fact, kube, &request);
}

/* ------------------------------------------------------------------------------------- pods */

static const char *const instance_labels = "app.kubernetes.io/name=spark-webhook,"
                                           "app.kubernetes.io/instance=";

static int add_pair(struct spk_buf *buf, const char *key, const char *value, struct spk_err *err)
{
    return spk_buf_printf(buf, err, "%s%s=%s", buf->len ? "," : "", key, value);
}

/* As the Service selects them; without one as the manifest labels them. */
static int pod_selector(struct spk_buf *buf, const struct spk_facts *facts, struct spk_err *err)
{
    json_t *map = spk_read(facts->service.object, "spec.selector");
    const char *key;
    json_t *value;

    if (json_object_size(map) == 0)
        return spk_buf_printf(buf, err, "%s%s", instance_labels, facts->options->name);
    json_object_foreach(map, key, value)
    {
        if (json_is_string(value) && add_pair(buf, key, json_string_value(value), err))
            return -1;
    }
    return 0;
}

static void gather_pods(struct spk_facts *facts, struct spk_kube *kube)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf selector;
    SPK_CLEANUP(spk_buf_done) struct spk_buf path;
    struct spk_kube_request request = {.method = "GET"};
    struct spk_err err;

    spk_buf_init(&selector, SPK_KUBE_PATH_MAX);
    spk_buf_init(&path, SPK_KUBE_PATH_MAX);
    if (pod_selector(&selector, facts, &err) ||
        spk_kube_path(&path, &err, "/api/v1/namespaces/", facts->options->namespace_,
                      "/pods?labelSelector=", selector.ptr, NULL)) {
        too_long(&facts->pods);
        return;
    }
    request.path = path.ptr;
    keep(&facts->pods, kube, &request);
}

int64_t spk_facts_pod_port(const json_t *pod, const char *name, int64_t fallback)
{
    const json_t *container;
    size_t i;

    json_array_foreach(spk_read(pod, "spec.containers"), i, container)
    {
        const json_t *port = spk_read_named(spk_read(container, "ports"), "name", name);
        if (port)
            return spk_read_number(port, "containerPort", fallback);
    }
    return fallback;
}

static void gather_replica(struct spk_facts *facts, struct spk_kube *kube, const json_t *pod)
{
    struct spk_replica *it = &facts->replicas[facts->replica_count];
    const char *name = spk_read_name(pod);
    const char *namespace_ = facts->options->namespace_;
    const int port = (int)spk_facts_pod_port(pod, "health", HEALTH);

    if (facts->replica_count == SPK_DOCTOR_REPLICAS || !spk_is_subdomain(spk_str(name)))
        return;
    *it = (struct spk_replica){.name = name, .pod = pod};
    facts->replica_count++;
    if (strcmp(spk_read_text(pod, "status.phase"), "Running") != 0)
        return;
#define PROXY "/api/v1/namespaces/%s/pods/http:%s:%d/proxy/"
    get_text(&it->ready, kube, PROXY "readyz", namespace_, name, port);
    if (it->ready.status == 403) /* and so would be the others */
        return;
    get_text(&it->metrics, kube, PROXY "metrics", namespace_, name, port);
    get_text(&it->certificate, kube, PROXY "certificate", namespace_, name, port);
#undef PROXY
}

static void gather_replicas(struct spk_facts *facts, struct spk_kube *kube)
{
    const json_t *pod;
    size_t i;

    json_array_foreach(spk_read(facts->pods.object, "items"), i, pod)
    {
        if (!spk_read(pod, "metadata.deletionTimestamp"))
            gather_replica(facts, kube, pod);
    }
}

/* ------------------------------------------------------------------------------- permissions */

bool spk_facts_managed(const struct spk_facts *facts)
{
    const char *source = spk_facts_argument(facts, "certificates");

    return source && strcmp(source, "managed") == 0;
}

const char *spk_facts_argument(const struct spk_facts *facts, const char *name)
{
    const json_t *containers = spk_read(facts->deployment.object, "spec.template.spec.containers");
    const json_t *container = spk_read_named(containers, "name", "spark-webhook");
    const size_t len = strlen(name);
    const char *found = NULL;
    const json_t *item;
    size_t i;

    json_array_foreach(spk_read(container ? container : json_array_get(containers, 0), "args"), i,
                       item)
    {
        const char *text = json_is_string(item) ? json_string_value(item) : "";
        if (strncmp(text, "--", 2) == 0 && strncmp(text + 2, name, len) == 0 &&
            text[2 + len] == '=')
            found = text + 2 + len + 1;
    }
    return found;
}

static json_t *access_review(const struct spk_facts *facts, const struct spk_permission *it)
{
    const char *namespace_ = facts->options->namespace_;
    json_t *attributes =
        json_pack("{s:s, s:s, s:s, s:s, s:s?}", "verb", it->verb, "group", it->group, "resource",
                  it->resource, "name", it->name, "namespace", it->namespace_);

    return json_pack("{s:s, s:s, s:{s:o, s:s+++, s:[s, s+, s]}}", "apiVersion",
                     "authorization.k8s.io/v1", "kind", "SubjectAccessReview", "spec",
                     "resourceAttributes", attributes, "user", "system:serviceaccount:", namespace_,
                     ":", facts->account, "groups", "system:serviceaccounts",
                     "system:serviceaccounts:", namespace_, "system:authenticated");
}

static void add_permissions(struct spk_facts *facts, const char *const *verbs,
                            const struct spk_permission *like)
{
    for (; *verbs && facts->permission_count < SPK_DOCTOR_PERMISSIONS; verbs++) {
        struct spk_permission *it = &facts->permissions[facts->permission_count++];
        *it = *like;
        it->verb = *verbs;
    }
}

void spk_facts_list_permissions(struct spk_facts *facts)
{
    static const char *const secret_verbs[] = {"list", "watch", "create", "patch", NULL};
    static const char *const configuration_verbs[] = {"list", "watch", "patch", NULL};
    const struct spk_doctor_options *options = facts->options;
    const struct spk_permission secret = {.group = "",
                                          .resource = "secrets",
                                          .namespace_ = options->namespace_,
                                          .name = options->secret_name};
    const struct spk_permission configuration = {.group = "admissionregistration.k8s.io",
                                                 .resource = "mutatingwebhookconfigurations",
                                                 .name = options->webhook_configuration};

    add_permissions(facts, secret_verbs, &secret);
    add_permissions(facts, configuration_verbs, &configuration);
}

static void gather_permissions(struct spk_facts *facts, struct spk_kube *kube)
{
    if (!spk_facts_managed(facts) || !*facts->account)
        return;
    spk_facts_list_permissions(facts);
    for (size_t i = 0; i < facts->permission_count; i++) {
        struct spk_permission *it = &facts->permissions[i];
        json_auto_t *body = access_review(facts, it);
        spk_facts_post(&it->review, kube, body,
                       "/apis/authorization.k8s.io/v1/subjectaccessreviews");
        if (!spk_fact_found(&it->review)) /* the others would say the same */
            facts->permission_count = i + 1;
    }
}

/* --------------------------------------------------------------------------------------- all */

/* What `spark-webhook policy --mutating` prints. */
static void gather_expressions(struct spk_facts *facts, struct spk_kube *kube)
{
    const char *name = facts->options->name;

    spk_facts_get(&facts->mutating, kube,
                  ADMISSION "mutatingadmissionpolicies/%s-annotations-mutating", name);
    spk_facts_get(&facts->mutating_binding, kube,
                  ADMISSION "mutatingadmissionpolicybindings/%s-annotations-mutating", name);
    spk_facts_get(&facts->rest, kube,
                  ADMISSION "validatingadmissionpolicies/%s-annotations-mutating", name);
    spk_facts_get(&facts->rest_binding, kube,
                  ADMISSION "validatingadmissionpolicybindings/%s-annotations-mutating", name);
}

static void gather_policies(struct spk_facts *facts, struct spk_kube *kube)
{
    const char *name = facts->options->name;

    if (facts->minor && facts->minor < POLICIES)
        return;
    spk_facts_get(&facts->policy, kube, ADMISSION "validatingadmissionpolicies/%s-annotations",
                  name);
    spk_facts_get(&facts->policy_binding, kube,
                  ADMISSION "validatingadmissionpolicybindings/%s-annotations", name);
    if (facts->minor >= MUTATING)
        gather_expressions(facts, kube);
    if (spk_facts_managed(facts))
        spk_facts_get(&facts->fence, kube,
                      ADMISSION "validatingadmissionpolicies/%s-ca-bundle-only", name);
}

/* What else explains what is missing. */
static void gather_missing(struct spk_facts *facts, struct spk_kube *kube)
{
    if (facts->deployment.status == 404) {
        spk_facts_get(&facts->instances, kube,
                      "/apis/apps/v1/deployments?limit=%d&labelSelector="
                      "app.kubernetes.io%%2Fname%%3Dspark-webhook",
                      SPK_DOCTOR_REPLICAS);
    }
    if (spk_facts_cert_manager(facts))
        spk_facts_get(&facts->cert_manager, kube, "/apis/cert-manager.io/v1");
}

static void gather_network(struct spk_facts *facts, struct spk_kube *kube)
{
    const struct spk_doctor_options *options = facts->options;

    spk_facts_get(&facts->service, kube, "/api/v1/namespaces/%s/services/%s", options->namespace_,
                  options->service_name);
    spk_facts_get(&facts->slices, kube,
                  "/apis/discovery.k8s.io/v1/namespaces/%s/endpointslices"
                  "?labelSelector=kubernetes.io%%2Fservice-name%%3D%s",
                  options->namespace_, options->service_name);
    spk_facts_get(&facts->network_policies, kube,
                  "/apis/networking.k8s.io/v1/namespaces/%s/networkpolicies", options->namespace_);
}

/* "36", or "36+" as some providers have it. */
static void read_version(struct spk_facts *facts)
{
    const char *minor = spk_read_text(facts->version.object, "minor");

    if (strcmp(spk_read_text(facts->version.object, "major"), "1") == 0)
        facts->minor = strtol(minor, NULL, 10);
}

static void read_account(struct spk_facts *facts)
{
    const char *name =
        spk_read_text(facts->deployment.object, "spec.template.spec.serviceAccountName");

    if (spk_is_subdomain(spk_str(name)))
        (void)snprintf(facts->account, sizeof(facts->account), "%s", name);
}

void spk_facts_gather(struct spk_facts *facts, struct spk_kube *kube)
{
    const struct spk_doctor_options *options = facts->options;

    spk_facts_get(&facts->version, kube, "/version");
    if (facts->version.status < 0 || facts->version.status == 401)
        return; /* nothing else would be answered */
    read_version(facts);
    spk_facts_get(&facts->configuration, kube, ADMISSION "mutatingwebhookconfigurations/%s",
                  options->webhook_configuration);
    spk_facts_get(&facts->configurations, kube, ADMISSION "mutatingwebhookconfigurations");
    gather_network(facts, kube);
    spk_facts_get(&facts->deployment, kube, "/apis/apps/v1/namespaces/%s/deployments/%s",
                  options->namespace_, options->name);
    read_account(facts);
    gather_policies(facts, kube);
    gather_missing(facts, kube);
    gather_pods(facts, kube);
    spk_facts_get(&facts->nodes, kube, "/api/v1/nodes?limit=2");
    spk_facts_get(&facts->secret, kube, "/api/v1/namespaces/%s/secrets/%s", options->namespace_,
                  options->secret_name);
    gather_replicas(facts, kube);
    gather_permissions(facts, kube);
    spk_facts_gather_applications(facts, kube);
}

static void replica_done(struct spk_replica *replica)
{
    spk_fact_done(&replica->ready);
    spk_fact_done(&replica->metrics);
    spk_fact_done(&replica->certificate);
}

void spk_facts_done(struct spk_facts *facts)
{
    struct spk_fact *const all[] = {
        &facts->version,
        &facts->configuration,
        &facts->configurations,
        &facts->policy,
        &facts->policy_binding,
        &facts->fence,
        &facts->service,
        &facts->slices,
        &facts->deployment,
        &facts->nodes,
        &facts->network_policies,
        &facts->secret,
        &facts->pods,
        &facts->mutating,
        &facts->mutating_binding,
        &facts->instances,
        &facts->rest,
        &facts->rest_binding,
        &facts->cert_manager,
        &facts->validating,
        &facts->served,
        &facts->definition,
        &facts->lease,
        &facts->applications,
    };

    for (size_t i = 0; i < facts->replica_count; i++)
        replica_done(&facts->replicas[i]);
    for (size_t i = 0; i < facts->permission_count; i++)
        spk_fact_done(&facts->permissions[i].review);
    for (size_t i = 0; i < SPK_LEN(all); i++)
        spk_fact_done(all[i]);
}
