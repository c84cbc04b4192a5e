#include "webhook/doctor/trial.h"

#include "spk/admission/key.h"
#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/file.h"
#include "spk/json/yaml.h"
#include "spk/k8s/name.h"
#include "webhook/doctor/hints.h"
#include "webhook/doctor/read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The stamp of policies/30-mutatingadmissionpolicy.yaml. */
#define BY_POLICY "sparkhook-policy/"
/* kube-proxy and its like learn of an endpoint within seconds. */
#define FRESH_S   30

/* --------------------------------------------------------------------------------- its pod */

/* Passes the strictest Pod Security level, and asks for the least that a quota could mind. The
 * ConfigMap need not be there: nobody ever starts the pod. */
static json_t *sample(const char *prefix)
{
    char key[SPK_SUBDOMAIN_MAX + 32];

    (void)snprintf(key, sizeof(key), "%s/configMap.doctor", prefix);
    return json_pack("{s:s, s:s, s:{s:{s:s}, s:{s:s}}, s:{s:s, s:b, s:{s:b, s:i, s:{s:s}},"
                     " s:[{s:s, s:s, s:{s:{s:s, s:s}, s:{s:s, s:s}}, s:{s:b, s:{s:[s]}}}]}}",
                     "apiVersion", "v1", "kind", "Pod", "metadata", "labels", "spark-role",
                     "driver", "annotations", key, "/etc/doctor", "spec", "restartPolicy", "Never",
                     "automountServiceAccountToken", 0, "securityContext", "runAsNonRoot", 1,
                     "runAsUser", 65532, "seccompProfile", "type", "RuntimeDefault", "containers",
                     "name", "spark-kubernetes-driver", "image", "localhost/doctor", "resources",
                     "requests", "cpu", "1m", "memory", "1Mi", "limits", "cpu", "1m", "memory",
                     "1Mi", "securityContext", "allowPrivilegeEscalation", 0, "capabilities",
                     "drop", "ALL");
}

static int parse(json_t **out, const struct spk_buf *buf, struct spk_err *err)
{
    const char *text = buf->ptr ? buf->ptr : "";

    return text[strspn(text, " \t\r\n")] == '{' ? spk_json_parse(out, text, buf->len, err)
                                                : spk_yaml_parse(out, text, buf->len, err);
}

static int fail_kind(struct spk_trial *trial, const char *file)
{
    const char *kind = spk_read_text(trial->pod, "kind");

    trial->advice = strstr(kind, "SparkApplication")
                        ? "ask about an application with `spark-webhook lint FILE`"
                        : "give a file with one Pod; `spark-webhook lint FILE` reads pod "
                          "templates, applications and Spark properties";
    return spk_fail(&trial->err, SPK_EINVALID, "%s: found %s%.*s, expected kind: Pod", file,
                    *kind ? "kind: " : "no kind", SPK_QUOTE_MAX, kind);
}

static int read_file(struct spk_trial *trial, const char *file)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf buf;

    spk_buf_init(&buf, SPK_FILE_MAX);
    if (spk_file_read(&buf, file, &trial->err))
        return -1;
    if (parse(&trial->pod, &buf, &trial->err))
        return spk_fail_in(&trial->err, "%s", file);
    if (strcmp(spk_read_text(trial->pod, "kind"), "Pod") != 0)
        return fail_kind(trial, file);
    return 0;
}

static int read_pod(struct spk_trial *trial, const char *name, struct spk_kube *kube)
{
    struct spk_fact fact = {0};

    spk_facts_get(&fact, kube, "/api/v1/namespaces/%s/pods/%s", trial->namespace_, name);
    if (spk_fact_found(&fact))
        trial->pod = SPK_STEAL(fact.object);
    else
        (void)spk_fail(&trial->err, SPK_EIO, "pod %s/%s: %s", trial->namespace_, name, fact.why);
    spk_fact_done(&fact);
    return trial->pod ? 0 : -1;
}

/* A name that nobody has, and that begins like the pod's own: a matchCondition may look at it. */
static json_t *unique_name(const json_t *metadata)
{
    char name[SPK_SUBDOMAIN_MAX + 1];
    const char *own = spk_read_text(metadata, "name");

    (void)snprintf(name, sizeof(name), "%.220s-doctor-%" PRIx64, *own ? own : "spark-webhook",
                   spk_clock_wall_ms());
    return json_string(name);
}

static int rename_pod(json_t *metadata, struct spk_err *err)
{
    if (!*spk_read_text(metadata, "name") && *spk_read_text(metadata, "generateName"))
        return 0;
    (void)json_object_del(metadata, "generateName");
    return json_object_set_new(metadata, "name", unique_name(metadata))
               ? spk_fail(err, SPK_ENOMEM, "out of memory")
               : 0;
}

/* What belongs to one creation, and the stamp of an earlier treatment. */
static int strip(struct spk_trial *trial)
{
    static const char *const keys[] = {
        "uid",           "resourceVersion", "creationTimestamp", "generation",
        "managedFields", "selfLink",        "deletionTimestamp", "deletionGracePeriodSeconds",
        "namespace",     "finalizers"};
    json_t *metadata = spk_read(trial->pod, "metadata");
    char stamp[SPK_SUBDOMAIN_MAX + 32];

    if (!json_is_object(metadata))
        return spk_fail(&trial->err, SPK_EINVALID, "pod: expected metadata");
    for (size_t i = 0; i < SPK_LEN(keys); i++)
        (void)json_object_del(metadata, keys[i]);
    (void)snprintf(stamp, sizeof(stamp), "%s/%s", trial->prefix, SPK_STAMP);
    (void)json_object_del(spk_read(metadata, "annotations"), stamp);
    (void)json_object_del(trial->pod, "status");
    (void)json_object_del(spk_read(trial->pod, "spec"), "nodeName");
    return rename_pod(metadata, &trial->err);
}

/* -------------------------------------------------------------------------- its namespace */

static json_t *labels_of(const json_t *namespace_)
{
    return spk_read(namespace_, "metadata.labels");
}

static bool selects(const json_t *webhook, const json_t *pod, const char *name,
                    const json_t *labels)
{
    const struct spk_match_pod it = {pod, name, labels};
    struct spk_match match;

    spk_match(&match, webhook, &it);
    return match.verdict != SPK_MATCH_NOT;
}

static void take_namespace(struct spk_trial *trial, const char *name)
{
    (void)snprintf(trial->namespace_, sizeof(trial->namespace_), "%s", name);
}

/* The context's own if the registration selects it, else the first that it does select. */
static void choose_namespace(struct spk_trial *trial, const json_t *webhook,
                             const json_t *namespaces, const char *preferred)
{
    const json_t *own = NULL;
    const json_t *first = NULL;
    const json_t *it;
    size_t i;

    take_namespace(trial, preferred);
    json_array_foreach(namespaces, i, it)
    {
        const char *name = spk_read_name(it);
        if (!spk_is_label(spk_str(name)) || !selects(webhook, trial->pod, name, labels_of(it)))
            continue;
        own = strcmp(name, preferred) == 0 ? it : own;
        first = first ? first : it;
    }
    if (!own && first)
        take_namespace(trial, spk_read_name(first));
}

static void find_namespace(struct spk_trial *trial, const struct spk_facts *facts,
                           const json_t *webhook, struct spk_kube *kube)
{
    const char *said = spk_read_text(trial->pod, "metadata.namespace");
    struct spk_fact namespaces = {0};

    if (*trial->namespace_)
        return;
    if (trial->own && spk_is_label(spk_str(said))) {
        take_namespace(trial, said);
        return;
    }
    if (facts->options->pod_file || !webhook) {
        take_namespace(trial, spk_kube_namespace(kube));
        return;
    }
    spk_facts_get(&namespaces, kube, "/api/v1/namespaces");
    choose_namespace(trial, webhook, spk_read(namespaces.object, "items"),
                     spk_kube_namespace(kube));
    spk_fact_done(&namespaces);
}

/* -------------------------------------------------------------------------------- the trial */

static void match(struct spk_trial *trial, const json_t *webhook, struct spk_kube *kube)
{
    struct spk_match_pod it = {.pod = trial->pod, .namespace_ = trial->namespace_};
    struct spk_fact namespace_ = {0};
    json_auto_t *none = json_object();

    spk_facts_get(&namespace_, kube, "/api/v1/namespaces/%s", trial->namespace_);
    if (spk_fact_found(&namespace_)) {
        it.namespace_labels = labels_of(namespace_.object);
        if (!it.namespace_labels)
            it.namespace_labels = none;
    }
    spk_match(&trial->match, webhook, &it);
    spk_fact_done(&namespace_);
}

static void create(struct spk_trial *trial, struct spk_kube *kube)
{
    char path[2 * SPK_SUBDOMAIN_MAX];

    (void)snprintf(path, sizeof(path), "/api/v1/namespaces/%s/pods?dryRun=All", trial->namespace_);
    spk_facts_post(&trial->answer, kube, trial->pod, path);
}

static int make_pod(struct spk_trial *trial, const struct spk_facts *facts, struct spk_kube *kube)
{
    const struct spk_doctor_options *options = facts->options;

    if (options->pod_file)
        return read_file(trial, options->pod_file);
    if (options->pod_name)
        return read_pod(trial, options->pod_name, kube);
    trial->pod = sample(trial->prefix);
    return trial->pod ? 0 : spk_fail(&trial->err, SPK_ENOMEM, "out of memory");
}

static void name_trial(struct spk_trial *trial, const struct spk_doctor_options *options)
{
    const size_t size = sizeof(trial->source);

    if (options->pod_file)
        (void)snprintf(trial->source, size, "the pod of %.200s", options->pod_file);
    else if (options->pod_name)
        (void)snprintf(trial->source, size, "the pod %s", options->pod_name);
    else
        (void)snprintf(trial->source, size, "a trial driver with an annotation");
}

/* Where the registration can't be read, its webhook is called as manifest calls it. */
static void take_webhook(struct spk_trial *trial, const struct spk_facts *facts)
{
    const struct spk_doctor_options *options = facts->options;
    const json_t *webhook = spk_facts_webhook(facts);
    const size_t size = sizeof(trial->webhook);

    trial->ignores = strcmp(spk_read_text(webhook, "failurePolicy"), "Ignore") == 0;
    if (webhook || spk_facts_way(facts) == SPK_WAY_ELSEWHERE) {
        trial->registered = SPK_REGISTERED;
    } else if (spk_fact_found(&facts->configuration) || facts->configuration.status == 404) {
        trial->registered = SPK_REGISTERED_NOT;
    } else {
        trial->registered = SPK_REGISTERED_UNKNOWN;
        (void)snprintf(trial->webhook, size, "%.120s.%.120s.svc", options->name,
                       options->namespace_);
        return;
    }
    (void)snprintf(trial->webhook, size, "%s", spk_read_text(webhook, "name"));
}

static void prepare(struct spk_trial *trial, const struct spk_facts *facts, struct spk_kube *kube)
{
    const struct spk_doctor_options *options = facts->options;
    const int64_t ready_s = spk_facts_ready_s(facts);
    char room[SPK_SUBDOMAIN_MAX + 1];

    trial->way = spk_facts_way(facts);
    trial->fresh = ready_s >= 0 && ready_s < FRESH_S;
    take_webhook(trial, facts);
    (void)snprintf(trial->prefix, sizeof(trial->prefix), "%s", spk_facts_prefix(facts, room));
    trial->placed = options->pod_namespace != NULL;
    trial->own = options->pod_file || options->pod_name;
    name_trial(trial, options);
    (void)snprintf(trial->instance, sizeof(trial->instance), "%s", options->name);
    if (options->pod_namespace)
        take_namespace(trial, options->pod_namespace);
    else if (options->pod_name)
        take_namespace(trial, spk_kube_namespace(kube));
}

void spk_trial_run(struct spk_trial *trial, const struct spk_facts *facts, struct spk_kube *kube)
{
    const json_t *webhook = spk_facts_webhook(facts);

    *trial = (struct spk_trial){0};
    prepare(trial, facts, kube);
    if (make_pod(trial, facts, kube))
        return;
    find_namespace(trial, facts, webhook, kube);
    if (strip(trial))
        return;
    if (webhook)
        match(trial, webhook, kube);
    create(trial, kube);
    if (!trial->own)
        return;
    spk_hint_annotations(trial->hint, sizeof(trial->hint), trial->pod, trial->prefix);
    spk_hint_look(trial, kube);
}

void spk_trial_done(struct spk_trial *trial)
{
    json_decref(trial->pod);
    spk_fact_done(&trial->answer);
    *trial = (struct spk_trial){0};
}

/* ------------------------------------------------------------------------------- its outcome */

/* Is it our webhook that the API server speaks of? */
static bool names_ours(const struct spk_trial *trial)
{
    char quoted[SPK_SUBDOMAIN_MAX + 3];

    (void)snprintf(quoted, sizeof(quoted), "\"%s\"", trial->webhook);
    return *trial->webhook && strstr(trial->answer.why, quoted);
}

/* One of `spark-webhook policy`? */
static bool names_policy(const struct spk_trial *trial)
{
    static const char *const ends[] = {"", "-mutating"};
    char quoted[SPK_SUBDOMAIN_MAX + 32];

    for (size_t i = 0; i < SPK_LEN(ends); i++) {
        (void)snprintf(quoted, sizeof(quoted), "'%s-annotations%s'", trial->instance, ends[i]);
        if (strstr(trial->answer.why, quoted))
            return true;
    }
    return false;
}

const char *spk_trial_stamp(const struct spk_trial *trial)
{
    const json_t *annotations = spk_read(trial->answer.object, "metadata.annotations");
    char stamp[SPK_SUBDOMAIN_MAX + 32];
    const char *text;

    (void)snprintf(stamp, sizeof(stamp), "%s/%s", trial->prefix, SPK_STAMP);
    text = json_string_value(json_object_get(annotations, stamp));
    return text ? text : "";
}

bool spk_trial_by_policy(const struct spk_trial *trial)
{
    return strncmp(spk_trial_stamp(trial), BY_POLICY, sizeof(BY_POLICY) - 1) == 0;
}

enum spk_trial_end spk_trial_end(const struct spk_trial *trial)
{
    const char *why = trial->answer.why;

    if (spk_fact_found(&trial->answer))
        return *spk_trial_stamp(trial) ? SPK_TRIAL_STAMPED : SPK_TRIAL_UNTOUCHED;
    if (names_policy(trial))
        return SPK_TRIAL_POLICY;
    if (!names_ours(trial))
        return SPK_TRIAL_OTHER;
    if (strstr(why, "denied the request"))
        return SPK_TRIAL_DENIED;
    return strstr(why, "calling webhook") || strstr(why, "call webhook") ? SPK_TRIAL_UNREACHED
                                                                         : SPK_TRIAL_OTHER;
}
