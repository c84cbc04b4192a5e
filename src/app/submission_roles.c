#include "submission_fields.h"

#include "spk/json/walk.h"
#include "spk/k8s/name.h"
#include "spk/k8s/quantity.h"

#include <ctype.h>
#include <math.h>

/* "0.1", 0.1 or "100m" of a core is what v1alpha1 and the users of its examples say: a request.
 * Spark itself counts whole ones, by which it also runs tasks. */
static void act_cores(struct spk_submission_run *run, const struct spk_field_at *at)
{
    const char *request =
        spk_submission_text(run, "spark.kubernetes.%s.request.cores", at->role->name);
    const char *name = spk_submission_text(run, "spark.%s.cores", at->role->name);
    struct spk_str text = json_is_real(at->value)
                              ? spk_str(spk_submission_text(run, "%g", json_real_value(at->value)))
                              : spk_submission_scalar(run, at->path, at->value);
    bool whole = text.len > 0;

    for (size_t i = 0; i < text.len; i++)
        whole = whole && isdigit((unsigned char)text.ptr[i]);
    if (text.len == 0)
        return;
    if (whole) {
        spk_submission_put_field(run, at->path, name, text);
        return;
    }
    if (!isdigit((unsigned char)text.ptr[0])) {
        spk_submission_fault(run, at->path, "expected a number of cores, found \"%s\"", text.ptr);
        return;
    }
    spk_submission_put_field(run, at->path, request, text);
    spk_submission_put_field(run, at->path, name, SPK_LIT("1"));
    spk_submission_note(run, at->path,
                        "Spark counts whole cores, here 1: \"%s\" is what the pod requests, as "
                        "coreRequest says it",
                        text.ptr);
}

/* coreRequest and coreLimit: the API server's own refusal would name neither. */
static void act_core_quantity(struct spk_submission_run *run, const struct spk_field_at *at)
{
    struct spk_str text = spk_json_str(at->value);
    const char *kind = strcmp(at->name, "coreLimit") == 0 ? "limit" : "request";
    spk_nano amount;

    if (text.len == 0)
        return;
    if (!spk_quantity_read(&amount, text)) {
        spk_submission_fault(run, at->path,
                             "expected cores as Kubernetes counts them, such as 500m or 2, found "
                             "\"%s\"",
                             text.ptr);
        return;
    }
    spk_submission_put_field(
        run, at->path,
        spk_submission_text(run, "spark.kubernetes.%s.%s.cores", at->role->name, kind), text);
}

/* Sizes as Java's tools write them: JavaUtils.byteStringAs. */
static size_t size_number(struct spk_str text)
{
    size_t digits = 0;

    while (digits < text.len && isdigit((unsigned char)text.ptr[digits]))
        digits++;
    return digits;
}

static bool is_unit(struct spk_str text, bool bytes)
{
    static const char *const units[] = {"b", "k", "kb", "m", "mb", "g", "gb", "t", "tb", "p", "pb"};

    for (size_t i = bytes ? 0 : 1; i < sizeof(units) / sizeof(units[0]); i++)
        if (text.len == strlen(units[i]) && strncasecmp(text.ptr, units[i], text.len) == 0)
            return true;
    return false;
}

static void act_memory(struct spk_submission_run *run, const struct spk_field_at *at)
{
    struct spk_str text = spk_json_str(at->value);
    size_t digits = size_number(text);
    struct spk_str unit = spk_str_skip(text, digits);

    if (text.len == 0)
        return;
    if (!digits || (unit.len && !is_unit(unit, true))) {
        spk_submission_fault(run, at->path,
                             "expected a size as Spark reads it, such as 512m or 4g, found \"%s\"",
                             text.ptr);
        return;
    }
    spk_submission_put_field(
        run, at->path, spk_submission_text(run, "spark.%s.%s", at->role->name, at->name), text);
}

/* A size of Spark's becomes a quantity of Kubernetes'; what is one already stays. */
static void act_memory_limit(struct spk_submission_run *run, const struct spk_field_at *at)
{
    struct spk_str text = spk_json_str(at->value);
    size_t digits = size_number(text);
    struct spk_str unit = spk_str_skip(text, digits);
    json_t *quantity;

    if (text.len == 0)
        return;
    if (digits && is_unit(unit, false) && (unit.len == 2 || islower((unsigned char)unit.ptr[0])))
        text = spk_str(spk_submission_text(run, "%.*s%ci", (int)digits, text.ptr,
                                           toupper((unsigned char)unit.ptr[0])));
    quantity = spk_json_string(text);
    spk_submission_set_at(run, at->role->overlay, "sparkContainer.resources.limits.memory",
                          quantity);
    json_decref(quantity);
}

static void act_gpu(struct spk_submission_run *run, const struct spk_field_at *at)
{
    struct spk_str name = spk_submission_member(run, at->path, at->value, "name");
    json_int_t count = json_integer_value(json_object_get(at->value, "quantity"));
    json_t *limits;

    if (name.len == 0 || count <= 0) {
        spk_submission_note(run, at->path, "needs a name and a quantity above 0: ignored");
        return;
    }
    limits = spk_submission_object_at(run, at->role->overlay, "sparkContainer.resources.limits");
    spk_submission_set(run, limits, name.ptr, json_integer(count));
}

static void act_true(struct spk_submission_run *run, const struct spk_field_at *at)
{
    if (json_is_true(at->value))
        spk_submission_set_at(run, at->role->overlay, spk_submission_text(run, "spec.%s", at->name),
                              at->value);
}

static void act_tolerations(struct spk_submission_run *run, const struct spk_field_at *at)
{
    json_t *list = spk_submission_array_at(run, at->role->pod, "spec.tolerations");

    for (size_t i = 0; i < json_array_size(at->value); i++)
        spk_submission_append(run, list, json_incref(json_array_get(at->value, i)));
}

static void act_node_selector(struct spk_submission_run *run, const struct spk_field_at *at)
{
    json_t *map = spk_submission_object_at(run, at->role->pod, "spec.nodeSelector");

    if (map && json_object_update(map, at->value))
        run->no_memory = true;
}

static void act_env_vars(struct spk_submission_run *run, const struct spk_field_at *at)
{
    const char *key;
    json_t *value;

    json_object_foreach(at->value, key, value) spk_submission_put_field(
        run, spk_submission_text(run, "%s.%s", at->path, key),
        spk_submission_text(run, "%s%s", at->role->env, key), spk_json_str(value));
}

static void act_secret_keys(struct spk_submission_run *run, const struct spk_field_at *at)
{
    const char *variable;
    json_t *ref;

    json_object_foreach(at->value, variable, ref)
    {
        const char *path = spk_submission_text(run, "%s.%s", at->path, variable);
        struct spk_str name;
        struct spk_str key;
        if (!spk_submission_is(run, path, ref, JSON_OBJECT))
            continue;
        name = spk_submission_member(run, path, ref, "name");
        key = spk_submission_member(run, path, ref, "key");
        if (name.len == 0 || key.len == 0) {
            spk_submission_fault(run, path, "needs name, of a Secret, and key");
            continue;
        }
        spk_submission_put_field(run, path,
                                 spk_submission_text(run, "spark.kubernetes.%s.secretKeyRef.%s",
                                                     at->role->name, variable),
                                 spk_str(spk_submission_text(run, "%s:%s", name.ptr, key.ptr)));
    }
}

/* clang-format off */
static const struct spk_field gpu_rows[] = {
    {.name = "name",     .kind = SPK_FIELD_TEXT},
    {.name = "quantity", .kind = SPK_FIELD_NUMBER},
};
static const struct spk_fields gpu = SPK_FIELDS(gpu_rows);

#define PROPERTY(field, type, property) {.name = field, .kind = type, .way = SPK_FIELD_PROPERTY, .target = property}
#define TEMPLATE(field, type, place)    {.name = field, .kind = type, .way = SPK_FIELD_TEMPLATE, .target = place}
#define OVERLAY(field, type, place)     {.name = field, .kind = type, .way = SPK_FIELD_OVERLAY, .target = place}

#define BOTH                                                                                        \
    {.name = "cores", .act = act_cores},                                                            \
    {.name = "coreRequest", .kind = SPK_FIELD_TEXT, .act = act_core_quantity},                      \
    {.name = "coreLimit", .kind = SPK_FIELD_TEXT, .act = act_core_quantity},                        \
    {.name = "memory", .kind = SPK_FIELD_TEXT, .act = act_memory},                                  \
    {.name = "memoryOverhead", .kind = SPK_FIELD_TEXT, .act = act_memory},                          \
    {.name = "memoryLimit", .kind = SPK_FIELD_TEXT, .act = act_memory_limit},                       \
    {.name = "gpu", .kind = SPK_FIELD_OBJECT, .way = SPK_FIELD_FIELDS, .fields = &gpu, .act = act_gpu}, \
    PROPERTY("image", SPK_FIELD_TEXT, "spark.kubernetes.%s.container.image"),                       \
    PROPERTY("serviceAccount", SPK_FIELD_TEXT, "spark.kubernetes.authenticate.%s.serviceAccountName"), \
    PROPERTY("javaOptions", SPK_FIELD_TEXT, "spark.%s.extraJavaOptions"),                           \
    {.name = "labels", .kind = SPK_FIELD_MAP, .act = spk_submission_act_labels},                    \
    {.name = "annotations", .kind = SPK_FIELD_MAP, .act = spk_submission_act_annotations},          \
    {.name = "envVars", .kind = SPK_FIELD_MAP, .act = act_env_vars},                                \
    {.name = "envSecretKeyRefs", .kind = SPK_FIELD_OBJECT, .act = act_secret_keys},                 \
    {.name = "env", .kind = SPK_FIELD_LIST, .act = spk_submission_act_env},                         \
    OVERLAY("envFrom", SPK_FIELD_LIST, "sparkContainer.envFrom"),                                   \
    {.name = "secrets", .kind = SPK_FIELD_LIST, .way = SPK_FIELD_ITEMS, .fields = &secret, .act = spk_submission_act_secrets}, \
    {.name = "configMaps", .kind = SPK_FIELD_LIST, .way = SPK_FIELD_ITEMS, .fields = &name_path, .act = spk_submission_act_config_maps}, \
    {.name = "volumeMounts", .kind = SPK_FIELD_LIST},                                               \
    {.name = "template", .kind = SPK_FIELD_OBJECT},                                                 \
    TEMPLATE("affinity", SPK_FIELD_OBJECT, "spec.affinity"),                                        \
    {.name = "tolerations", .kind = SPK_FIELD_LIST, .act = act_tolerations},                        \
    {.name = "nodeSelector", .kind = SPK_FIELD_MAP, .act = act_node_selector},                      \
    {.name = "priorityClassName", .kind = SPK_FIELD_TEXT, .act = spk_submission_act_priority},      \
    {.name = "schedulerName", .kind = SPK_FIELD_TEXT, .act = spk_submission_act_scheduler},         \
    OVERLAY("podSecurityContext", SPK_FIELD_OBJECT, "spec.securityContext"),                        \
    OVERLAY("securityContext", SPK_FIELD_OBJECT, "sparkContainer.securityContext"),                 \
    OVERLAY("sidecars", SPK_FIELD_LIST, "spec.containers"),                                         \
    OVERLAY("initContainers", SPK_FIELD_LIST, "spec.initContainers"),                               \
    {.name = "hostNetwork", .kind = SPK_FIELD_FLAG, .act = act_true},                               \
    OVERLAY("dnsConfig", SPK_FIELD_OBJECT, "spec.dnsConfig"),                                       \
    OVERLAY("hostAliases", SPK_FIELD_LIST, "spec.hostAliases"),                                     \
    {.name = "shareProcessNamespace", .kind = SPK_FIELD_FLAG, .act = act_true},                     \
    OVERLAY("terminationGracePeriodSeconds", SPK_FIELD_NUMBER, "spec.terminationGracePeriodSeconds"), \
    OVERLAY("lifecycle", SPK_FIELD_OBJECT, "sparkContainer.lifecycle"),                             \
    OVERLAY("ports", SPK_FIELD_LIST, "sparkContainer.ports")

static const struct spk_field secret_rows[] = {
    {.name = "name", .kind = SPK_FIELD_TEXT}, {.name = "path", .kind = SPK_FIELD_TEXT}, {.name = "secretType", .kind = SPK_FIELD_TEXT},
};
static const struct spk_fields secret = SPK_FIELDS(secret_rows);
static const struct spk_field name_path_rows[] = {
    {.name = "name", .kind = SPK_FIELD_TEXT}, {.name = "path", .kind = SPK_FIELD_TEXT},
};
static const struct spk_fields name_path = SPK_FIELDS(name_path_rows);

static const struct spk_field driver_rows[] = {
    {.name = "podName", .kind = SPK_FIELD_TEXT},
    PROPERTY("kubernetesMaster", SPK_FIELD_TEXT, "spark.kubernetes.driver.master"),
    BOTH,
    PROPERTY("serviceLabels", SPK_FIELD_MAP, "spark.kubernetes.driver.service.label."),
    PROPERTY("serviceAnnotations", SPK_FIELD_MAP, "spark.kubernetes.driver.service.annotation."),
};
const struct spk_fields spk_driver_fields = SPK_FIELDS(driver_rows);

static const struct spk_field executor_rows[] = {
    PROPERTY("instances", SPK_FIELD_NUMBER, "spark.executor.instances"),
    BOTH,
    PROPERTY("deleteOnTermination", SPK_FIELD_FLAG, "spark.kubernetes.executor.deleteOnTermination"),
};
const struct spk_fields spk_executor_fields = SPK_FIELDS(executor_rows);
/* clang-format on */
