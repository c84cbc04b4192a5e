#include "spk/app/pod.h"

#include "spk/app/application.h"
#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/text.h"
#include "spk/json/walk.h"

#include <stdio.h>
#include <string.h>

/* Annotations of the webhook, in both spellings of its prefix (spk/admission/key.h). */
#define PREFIX "spark-operator.k8s.io/"
#define ALIAS  "sparkoperator.k8s.io/"
#define STAMP  "mutated-by"

struct parts {
    json_t *metadata;
    json_t *labels;
    json_t *annotations;
    json_t *spec;
    json_t *containers; /* of the spec */
    json_t *volumes;
    json_t *status;
    json_t *statuses; /* containerStatuses */
    json_t *conditions;
};

const char *spk_pod_state_text(enum spk_pod_state state)
{
    static const char *const texts[SPK_POD_STATES] = {
        [SPK_POD_PENDING] = "PENDING",     [SPK_POD_RUNNING] = "RUNNING",
        [SPK_POD_COMPLETED] = "COMPLETED", [SPK_POD_FAILED] = "FAILED",
        [SPK_POD_LOST] = "UNKNOWN",
    };

    return texts[state];
}

/* ------------------------------------------------------------------------------------- fields */

static int read_parts(struct parts *parts, const json_t *pod, struct spk_err *err)
{
    static const struct spk_at metadata = {.key = "metadata"};
    static const struct spk_at spec = {.key = "spec"};
    static const struct spk_at status = {.key = "status"};

    if (spk_json_expect(pod, JSON_OBJECT, NULL, err) ||
        spk_json_member(&parts->metadata, pod, "metadata", JSON_OBJECT, NULL, err) ||
        spk_json_member(&parts->spec, pod, "spec", JSON_OBJECT, NULL, err) ||
        spk_json_member(&parts->status, pod, "status", JSON_OBJECT, NULL, err) ||
        spk_json_member(&parts->labels, parts->metadata, "labels", JSON_OBJECT, &metadata, err) ||
        spk_json_member(&parts->annotations, parts->metadata, "annotations", JSON_OBJECT, &metadata,
                        err) ||
        spk_json_member(&parts->containers, parts->spec, "containers", JSON_ARRAY, &spec, err) ||
        spk_json_member(&parts->volumes, parts->spec, "volumes", JSON_ARRAY, &spec, err) ||
        spk_json_member(&parts->statuses, parts->status, "containerStatuses", JSON_ARRAY, &status,
                        err) ||
        spk_json_member(&parts->conditions, parts->status, "conditions", JSON_ARRAY, &status, err))
        return -1;
    return 0;
}

/* The text of a member, "" without: what is of another type is not what we look for. */
static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static bool is(const json_t *object, const char *key, const char *text)
{
    return strcmp(text_of(object, key), text) == 0;
}

static int64_t time_of(const json_t *object, const char *key)
{
    int64_t seconds = 0;

    (void)spk_clock_parse(&seconds, spk_str(text_of(object, key)));
    return seconds;
}

static void keep(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
    spk_mend(out);
}

#define KEEP(field, text) keep((field), sizeof(field), (text))

static const json_t *named(const json_t *array, const char *key, const char *name)
{
    const json_t *item;
    size_t i;

    json_array_foreach(array, i, item)
    {
        if (is(item, key, name))
            return item;
    }
    return NULL;
}

static void read_names(struct spk_pod *pod, const struct parts *parts)
{
    const json_t *volume = named(parts->volumes, "name", "spark-conf-volume-driver");

    KEEP(pod->name, text_of(parts->metadata, "name"));
    KEEP(pod->uid, text_of(parts->metadata, "uid"));
    KEEP(pod->app, text_of(parts->labels, SPK_APP_LABEL_NAME));
    KEEP(pod->submission_id, text_of(parts->labels, SPK_APP_LABEL_SUBMISSION));
    KEEP(pod->application_id, text_of(parts->labels, "spark-app-selector"));
    KEEP(pod->exec_id, text_of(parts->labels, "spark-exec-id"));
    KEEP(pod->config_map, text_of(json_object_get(volume, "configMap"), "name"));
    KEEP(pod->node, text_of(parts->spec, "nodeName"));
    pod->driver = is(parts->labels, "spark-role", "driver");
    pod->owner = spk_owner_read(parts->metadata, spk_str(pod->app));
    pod->created_s = time_of(parts->metadata, "creationTimestamp");
    pod->deleting = *text_of(parts->metadata, "deletionTimestamp") != '\0';
    pod->deleting_s = time_of(parts->metadata, "deletionTimestamp");
}

static void read_annotations(struct spk_pod *pod, const json_t *annotations)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)annotations, key, value)
    {
        struct spk_str name = spk_str(key);
        if (spk_str_starts(name, SPK_LIT(PREFIX)))
            name = spk_str_skip(name, strlen(PREFIX));
        else if (spk_str_starts(name, SPK_LIT(ALIAS)))
            name = spk_str_skip(name, strlen(ALIAS));
        else
            continue;
        if (spk_str_is(name, STAMP))
            pod->stamped = true;
        else
            pod->wishes = true;
    }
}

/* ---------------------------------------------------------------------- the Spark container */

/* Spark BasicDriverFeatureStep and BasicExecutorFeatureStep always set it. */
static bool marked(const json_t *container, bool driver)
{
    return named(json_object_get(container, "env"), "name",
                 driver ? "SPARK_DRIVER_BIND_ADDRESS" : "SPARK_EXECUTOR_ID") != NULL;
}

static const char *spark_name(const struct parts *parts, bool driver)
{
    const char *usual = driver ? "spark-kubernetes-driver" : "spark-kubernetes-executor";
    const json_t *container;
    size_t i;

    json_array_foreach(parts->containers, i, container)
    {
        if (marked(container, driver))
            return text_of(container, "name");
    }
    if (named(parts->containers, "name", usual))
        return usual;
    return text_of(json_array_get(parts->containers, 0), "name");
}

/* -------------------------------------------------------------------------------------- state */

static bool among(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0)
            return true;
    }
    return false;
}

/* Source: kubelet pkg/kubelet/images/types.go, pkg/kubelet/kuberuntime/kuberuntime_container.go */
static bool waits_in_vain(const char *reason)
{
    static const char *const reasons[] = {
        "ErrImagePull",       "ImagePullBackOff",     "InvalidImageName",
        "ErrImageNeverPull",  "RegistryUnavailable",  "SignatureValidationFailed",
        "ImageInspectError",  "CreateContainerError", "CreateContainerConfigError",
        "PreCreateHookError", "PreStartHookError",    "PostStartHookError",
        "RunContainerError",  "StartError",           "CrashLoopBackOff",
    };

    return among(reason, reasons, SPK_LEN(reasons));
}

/* Since when a container that waits has been able to start: since the pod had a node. */
static int64_t waiting_since(const struct spk_pod *pod, const struct parts *parts)
{
    int64_t since_s =
        time_of(named(parts->conditions, "type", "PodScheduled"), "lastTransitionTime");

    if (!since_s)
        since_s = time_of(parts->status, "startTime");
    if (!since_s)
        since_s = pod->created_s;
    return since_s > 0 ? since_s : 1;
}

static void read_waiting(struct spk_pod *pod, const struct parts *parts, const json_t *waiting)
{
    const char *reason = text_of(waiting, "reason");

    if (!*reason || *pod->reason)
        return;
    KEEP(pod->reason, reason);
    KEEP(pod->message, text_of(waiting, "message"));
    if (waits_in_vain(reason))
        pod->waiting_bad = waiting_since(pod, parts);
}

/* What holds a pending pod up: its Spark container, one before it, one beside it, or its place. */
static void read_pending(struct spk_pod *pod, const struct parts *parts, const json_t *spark)
{
    static const char *const lists[] = {"initContainerStatuses", "containerStatuses"};
    const json_t *scheduled = named(parts->conditions, "type", "PodScheduled");
    const json_t *status;
    size_t n;

    for (size_t i = 0; i < SPK_LEN(lists); i++) {
        json_array_foreach(json_object_get(parts->status, lists[i]), n, status)
        {
            const json_t *waiting = json_object_get(json_object_get(status, "state"), "waiting");
            if (waits_in_vain(text_of(waiting, "reason")))
                read_waiting(pod, parts, waiting);
        }
    }
    read_waiting(pod, parts, json_object_get(json_object_get(spark, "state"), "waiting"));
    if (!*pod->reason && is(scheduled, "status", "False")) {
        KEEP(pod->reason, text_of(scheduled, "reason"));
        KEEP(pod->message, text_of(scheduled, "message"));
    }
}

static void read_end(struct spk_pod *pod, const json_t *terminated)
{
    const json_t *code = json_object_get(terminated, "exitCode");

    if (json_is_integer(code) && json_integer_value(code) >= INT32_MIN &&
        json_integer_value(code) <= INT32_MAX)
        pod->exit_code = (int32_t)json_integer_value(code);
    if (*text_of(terminated, "reason"))
        KEEP(pod->reason, text_of(terminated, "reason"));
    if (*text_of(terminated, "message"))
        KEEP(pod->message, text_of(terminated, "message"));
}

static enum spk_pod_state by_phase(const char *phase)
{
    static const struct {
        const char *phase;
        enum spk_pod_state state;
    } rows[] = {
        {"Running", SPK_POD_RUNNING},
        {"Succeeded", SPK_POD_COMPLETED},
        {"Failed", SPK_POD_FAILED},
        {"Unknown", SPK_POD_LOST},
    };

    for (size_t i = 0; i < SPK_LEN(rows); i++) {
        if (strcmp(phase, rows[i].phase) == 0)
            return rows[i].state;
    }
    return SPK_POD_PENDING; /* a pod that nobody has looked at has no phase */
}

/* Spark deletes the executors that it no longer needs, often before they have ended by themselves:
 * the kubelet ends them (143), or the driver's end does (1), and since Kubernetes 1.27 the kubelet
 * calls the pod Failed before it goes. A deletionTimestamp is the end of the grace. */
static bool ended_by_deletion(const struct spk_pod *pod, const struct parts *parts,
                              const json_t *ended)
{
    int64_t grace_s =
        json_integer_value(json_object_get(parts->metadata, "deletionGracePeriodSeconds"));

    return pod->deleting && ended && time_of(ended, "finishedAt") >= pod->deleting_s - grace_s;
}

/* DisruptionTarget: preemption, API-initiated eviction, taints, a node under pressure or gone.
 * Spec: KEP-3329 */
static bool is_evicted(const struct spk_pod *pod, const struct parts *parts)
{
    return strcmp(pod->reason, "Evicted") == 0 || strcmp(pod->reason, "OOMKilled") == 0 ||
           is(parts->status, "reason", "Evicted") ||
           is(named(parts->conditions, "type", "DisruptionTarget"), "status", "True");
}

/* The Spark container's end is the pod's, whatever a sidecar does. */
static void read_state(struct spk_pod *pod, const struct parts *parts)
{
    const json_t *spark = named(parts->statuses, "name", spark_name(parts, pod->driver));
    const json_t *ended = json_object_get(json_object_get(spark, "state"), "terminated");
    const json_t *ready = named(parts->conditions, "type", "Ready");

    pod->exit_code = -1;
    pod->state = by_phase(text_of(parts->status, "phase"));
    KEEP(pod->reason, text_of(parts->status, "reason"));
    KEEP(pod->message, text_of(parts->status, "message"));
    if (pod->state == SPK_POD_PENDING)
        read_pending(pod, parts, spark);
    if (strcmp(pod->reason, "NodeLost") == 0)
        pod->state = SPK_POD_LOST;
    if (ended) {
        read_end(pod, ended);
        if (pod->exit_code >= 0)
            pod->state = pod->exit_code == 0 ? SPK_POD_COMPLETED : SPK_POD_FAILED;
    }
    if (pod->state == SPK_POD_LOST) {
        pod->lost_s = time_of(ready, "lastTransitionTime");
        pod->lost_s = pod->lost_s ? pod->lost_s : pod->created_s;
    }
    pod->evicted = is_evicted(pod, parts);
    if (!pod->driver && pod->state == SPK_POD_FAILED && !pod->evicted &&
        ended_by_deletion(pod, parts, ended))
        pod->state = SPK_POD_RUNNING;
}

int spk_pod_read(struct spk_pod *out, const json_t *pod, struct spk_err *err)
{
    struct parts parts = {0};
    struct spk_pod read = {0};

    if (read_parts(&parts, pod, err))
        return -1;
    read_names(&read, &parts);
    read_annotations(&read, parts.annotations);
    read_state(&read, &parts);
    *out = read;
    return 0;
}

bool spk_pod_is_driver_of(const struct spk_pod *pod, enum spk_owner owner, bool tracked)
{
    return pod->driver && (pod->owner == owner || (tracked && pod->owner == SPK_OWNER_NONE));
}

void spk_pod_keep_end(struct spk_pod *fresh, const struct spk_pod *before)
{
    if (fresh->state != SPK_POD_RUNNING ||
        (before->state != SPK_POD_COMPLETED && before->state != SPK_POD_FAILED))
        return;
    fresh->state = before->state;
    fresh->evicted = before->evicted;
}

int64_t spk_pod_lost_s(const struct spk_pod *pod, int64_t now_s)
{
    if (pod->state == SPK_POD_LOST)
        return pod->lost_s ? pod->lost_s : 1;
    if (pod->state != SPK_POD_PENDING && pod->state != SPK_POD_RUNNING)
        return 0;
    return pod->deleting_s && now_s - pod->deleting_s > SPK_POD_LOST_S ? pod->deleting_s : 0;
}
