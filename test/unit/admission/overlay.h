#ifndef SPK_TEST_OVERLAY_H
#define SPK_TEST_OVERLAY_H
/* A driver, an overlay, and what comes of it. */

#include "spk/admission/key.h"
#include "spk/admission/review.h"
#include "spk/base/limits.h"
#include "spk/json/memory.h"
#include "spk/json/patch.h"

#include "../suite.h"

#include <stdio.h>

#define OVERLAY SPK_PREFIX "/overlay"

/* A driver with a sidecar in front, as a pod template makes it. */
static const char driver[] =
    "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"d\",\"labels\":{\"spark-role\":\"driver\",\"a\":"
    "\"1\"},"
    "\"annotations\":{}},\"spec\":{\"volumes\":[{\"name\":\"conf\",\"configMap\":{\"name\":\"own\"}"
    "},{\"name\":\"local\",\"emptyDir\":{}},{\"name\":\"claim\",\"persistentVolumeClaim\":{\"cla"
    "imName\":\"c\"}}],\"containers\":[{\"name\":\"sidecar\",\"image\":\"s:1\"},{\"name\":\"main\","
    "\""
    "image\":\"m:1\",\"args\":[\"driver\"],\"env\":[{\"name\":\"SPARK_DRIVER_BIND_ADDRESS\",\"val"
    "ueFrom\":{\"fieldRef\":{\"apiVersion\":\"v1\",\"fieldPath\":\"status.podIP\"}}},{\"name\":\""
    "A\",\"value\":\"1\"},{\"name\":\"B\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"s\",\"key\":"
    "\"k\"}"
    "}},{\"name\":\"C\",\"valueFrom\":{\"resourceFieldRef\":{\"resource\":\"limits.cpu\",\"divis"
    "or\":\"0\"}}}],\"ports\":[{\"name\":\"spark-ui\",\"containerPort\":4041,\"protocol\":\"TCP\"}"
    ",{\"name\":\"own\",\"containerPort\":9000,\"protocol\":\"TCP\"}],\"resources\":{\"limits\":{"
    "\"memory\":\"1Gi\"},\"requests\":{\"cpu\":\"1\"}},\"volumeMounts\":[{\"name\":\"conf\","
    "\"mountP"
    "ath\":\"/opt/spark/conf\"},{\"name\":\"local\",\"mountPath\":\"/tmp/a\",\"subPath\":\"p\"},{\""
    "name\":\"claim\",\"mountPath\":\"/data/\"}]}],\"restartPolicy\":\"Never\",\"dnsPolicy\":\"Cl"
    "usterFirst\",\"priority\":0,\"preemptionPolicy\":\"PreemptLowerPriority\",\"securityCo"
    "ntext\":{},\"serviceAccountName\":\"spark\",\"serviceAccount\":\"spark\",\"nodeSelector\""
    ":{\"disk\":\"ssd\"},\"tolerations\":[{\"key\":\"t\",\"operator\":\"Exists\"}],\"hostAliases\":"
    "[{\"ip\":\"192.0.2.1\",\"hostnames\":[\"a\"]}],\"topologySpreadConstraints\":[{\"topology"
    "Key\":\"zone\",\"whenUnsatisfiable\":\"DoNotSchedule\",\"maxSkew\":1}]}}";

static inline json_t *pod_with(const char *overlay)
{
    json_t *pod = json_loads(driver, 0, NULL);
    json_t *annotations = json_object_get(json_object_get(pod, "metadata"), "annotations");

    ck_assert(annotations != NULL);
    json_object_set_new(annotations, OVERLAY, json_string(overlay));
    return pod;
}

static inline void print_operations(FILE *out, const json_t *patch)
{
    size_t i;
    json_t *op;

    json_array_foreach(patch, i, op)
    {
        const char *path = json_string_value(json_object_get(op, "path"));
        json_t *value = json_object_get(op, "value");
        char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
        if (!strstr(path, SPK_STAMP))
            (void)fprintf(out, "%s %s%s%s\n", json_string_value(json_object_get(op, "op")), path,
                          text ? " " : "", text ? text : "");
        free(text);
    }
}

/* The message without the annotation's key, a fault a line. */
static inline void print_faults(FILE *out, const char *message)
{
    static const char key[] = OVERLAY ": ";

    while (message) {
        const char *next = strstr(message + 1, key);
        const char *text = strncmp(message, key, strlen(key)) ? message : message + strlen(key);
        int len = next ? (int)(next - text) - 2 : (int)strlen(text);
        (void)fprintf(out, "! %.*s\n", len, text);
        message = next;
    }
}

static inline char *said(const struct spk_decision *decision)
{
    char *got = NULL;
    size_t len;
    FILE *out = open_memstream(&got, &len);

    print_operations(out, decision->patch);
    print_faults(out, decision->message);
    for (size_t i = 0; i < decision->warning_count; i++)
        (void)fprintf(out, "? %s\n", decision->warnings[i]);
    (void)fclose(out);
    return got;
}

static inline void decide(struct spk_decision *out, json_t *pod, const struct spk_policy *policy)
{
    struct spk_err err = {0};

    ck_assert_msg(spk_pod_decide(out, pod, policy, &err) == 0, "%s", err.msg);
}

/* The pod that the patch makes asks for nothing more. */
static inline void check_settled(json_t *pod, const json_t *patch, const struct spk_policy *policy)
{
    struct spk_decision again;
    struct spk_err err = {0};
    json_t *after;

    ck_assert_msg(spk_patch_apply(&after, pod, patch, &err) == 0, "%s", err.msg);
    decide(&again, after, policy);
    ck_assert_msg(!again.patch && again.outcome == SPK_UNCHANGED, "%s", said(&again));
    ck_assert_str_eq(again.applied, "");
    spk_decision_done(&again);
    json_decref(after);
}

static inline void check(const char *overlay, const char *expect, const struct spk_policy *policy)
{
    json_t *pod = pod_with(overlay);
    json_t *before = json_deep_copy(pod);
    struct spk_decision decision;
    char *got;

    decide(&decision, pod, policy);
    got = said(&decision);
    ck_assert_str_eq(got, expect);
    ck_assert(json_equal(pod, before));
    if (decision.patch)
        check_settled(pod, decision.patch, policy);
    free(got);
    spk_decision_done(&decision);
    json_decref(before);
    json_decref(pod);
}

static const struct spk_policy strict = {.version = "1"};

#endif
