#include "submission_fields.h"

#include "spk/json/walk.h"
#include "spk/k8s/name.h"
#include "spk/k8s/path.h"

static bool starts(struct spk_str text, const char *prefix)
{
    return spk_str_starts(text, spk_str(prefix));
}

/* Labels by which this controller finds its pods; those by which Spark does, it would refuse
 * itself, with less of an explanation (KubernetesDriverConf.labels). */
const char *spk_submission_label_fault(struct spk_str key)
{
    static const char *const ours[] = {SPK_APP_LABEL_NAME, SPK_APP_LABEL_SUBMISSION,
                                       SPK_APP_LABEL_LAUNCHED};
    static const char *const sparks[] = {"spark-app-selector", "spark-role",
                                         "spark-app-name",     "spark-exec-id",
                                         "spark-version",      "spark-exec-resourceprofile-id",
                                         "spark-exec-inactive"};

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (spk_str_is(key, ours[i]))
            return "a label of the controller, which finds its pods by it";
    for (size_t i = 0; i < sizeof(sparks) / sizeof(sparks[0]); i++)
        if (spk_str_is(key, sparks[i]))
            return "a label of Spark's, which finds its pods by it";
    return NULL;
}

void spk_submission_act_labels(struct spk_submission_run *run, const struct spk_field_at *at)
{
    const char *key;
    json_t *value;

    json_object_foreach(at->value, key, value)
    {
        const char *path = spk_submission_text(run, "%s.%s", at->path, key);
        const char *reason = spk_submission_label_fault(spk_str(key));
        if (reason)
            spk_submission_fault(run, path, "refused: %s", reason);
        else {
            spk_submission_put_field(
                run, path,
                spk_submission_text(run, "spark.kubernetes.%s.label.%s", at->role->name, key),
                spk_json_str(value));
        }
    }
}

bool spk_submission_annotation(struct spk_submission_run *run, const char *path, struct spk_str key)
{
    if (!starts(key, SPK_SUBMISSION_PREFIX) && !starts(key, SPK_SUBMISSION_PREFIX_ALIAS))
        return true;
    if (spk_str_ends(key, SPK_LIT("/mutated-by"))) {
        spk_submission_fault(run, path, "refused: it is the webhook's stamp, and nobody else's");
        return false;
    }
    run->out->needs_webhook = true;
    return true;
}

void spk_submission_act_annotations(struct spk_submission_run *run, const struct spk_field_at *at)
{
    const char *key;
    json_t *value;

    json_object_foreach(at->value, key, value)
    {
        const char *path = spk_submission_text(run, "%s.%s", at->path, key);
        if (spk_submission_annotation(run, path, spk_str(key))) {
            spk_submission_put_field(
                run, path,
                spk_submission_text(run, "spark.kubernetes.%s.annotation.%s", at->role->name, key),
                spk_json_str(value));
        }
    }
}

/* A variable that Spark has a property for: a plain value that refers to no other variable, or a
 * key of a Secret. */
static bool put_env(struct spk_submission_run *run, const struct spk_field_at *at,
                    const json_t *item, const char *path)
{
    struct spk_str name = spk_json_str(json_object_get(item, "name"));
    const json_t *value = json_object_get(item, "value");
    const json_t *ref = json_object_get(json_object_get(item, "valueFrom"), "secretKeyRef");
    struct spk_str secret = spk_json_str(json_object_get(ref, "name"));
    struct spk_str key = spk_json_str(json_object_get(ref, "key"));

    if (json_object_size(item) > 2 || starts(name, "SPARK_"))
        return false;
    if (json_is_string(value)) {
        spk_submission_put_field(run, path,
                                 spk_submission_text(run, "%s%s", at->role->env, name.ptr),
                                 spk_json_str(value));
        return true;
    }
    if (secret.len == 0 || key.len == 0 || json_object_size(ref) != 2)
        return false;
    spk_submission_put_field(
        run, path,
        spk_submission_text(run, "spark.kubernetes.%s.secretKeyRef.%s", at->role->name, name.ptr),
        spk_str(spk_submission_text(run, "%s:%s", secret.ptr, key.ptr)));
    return true;
}

/* Whether values refer to other variables, for which their order counts. */
static bool refers(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_object_get(json_array_get(list, i), "value");
        if (json_is_string(value) && strstr(json_string_value(value), "$("))
            return true;
    }
    return false;
}

void spk_submission_act_env(struct spk_submission_run *run, const struct spk_field_at *at)
{
    bool native = !refers(at->value);

    for (size_t i = 0; i < json_array_size(at->value); i++) {
        const char *path = spk_submission_text(run, "%s[%zu]", at->path, i);
        json_t *item = json_array_get(at->value, i);
        if (!spk_submission_is(run, path, item, JSON_OBJECT))
            continue;
        if (spk_submission_member(run, path, item, "name").len == 0)
            spk_submission_fault(run, path, "a variable without a name");
        else if (!native || !put_env(run, at, item, path)) {
            spk_submission_append(
                run, spk_submission_array_at(run, at->role->overlay, "sparkContainer.env"),
                json_incref(item));
        }
    }
}

/* Name and path of an item, which is @what; false, with a fault, unless both are there. */
static bool name_path(struct spk_submission_run *run, const char *path, const char *what,
                      const json_t *item, struct spk_str *name, struct spk_str *mount)
{
    const char *reason;

    *name = spk_submission_member(run, path, item, "name");
    *mount = spk_submission_member(run, path, item, "path");
    if (name->len == 0 || mount->len == 0) {
        spk_submission_fault(run, path, "needs name and path");
        return false;
    }
    if (!spk_is_subdomain(*name)) {
        spk_submission_fault(
            run, path, "name: expected a %s's name (" SPK_SUBDOMAIN_RULE "), found \"%.100s\"",
            what, name->ptr);
        return false;
    }
    reason = spk_mount_path_fault(*mount);
    if (reason) {
        spk_submission_fault(run, path,
                             "path: expected an absolute mount path, found %s: \"%.100s\"", reason,
                             mount->ptr);
        return false;
    }
    return true;
}

static const struct kind {
    const char *name;
    const char *variable;
    const char *file;
} kinds[] = {
    {"Generic", NULL, NULL},
    {"GCPServiceAccount", "GOOGLE_APPLICATION_CREDENTIALS", "key.json"},
    {"HadoopDelegationToken", "HADOOP_TOKEN_FILE_LOCATION", "hadoop.token"},
    {"HDFSDelegationToken", "HADOOP_TOKEN_FILE_LOCATION", "hadoop.token"}, /* v1alpha1 */
};

static const struct kind *kind_of(struct spk_submission_run *run, const char *path,
                                  const json_t *item)
{
    struct spk_str type = spk_submission_member(run, path, item, "secretType");

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (type.len == 0 || spk_str_is(type, kinds[i].name))
            return &kinds[i];
    spk_submission_fault(
        run, path,
        "secretType: expected Generic, GCPServiceAccount or HadoopDelegationToken, found \"%s\"",
        type.ptr);
    return NULL;
}

static void put_secret(struct spk_submission_run *run, const struct spk_role *role,
                       const char *path, struct spk_str name, struct spk_str mount)
{
    const char *property =
        spk_submission_text(run, "spark.kubernetes.%s.secrets.%s", role->name, name.ptr);
    struct spk_str old = spk_submission_get(run, property);

    if (!old.ptr || spk_str_eq(old, mount))
        spk_submission_put_field(run, path, property, mount);
    else /* Spark mounts a Secret once */
        spk_submission_append(run, role->secrets,
                              json_pack("{s:s, s:s}", "name", name.ptr, "path", mount.ptr));
}

void spk_submission_act_secrets(struct spk_submission_run *run, const struct spk_field_at *at)
{
    struct spk_str name;
    struct spk_str mount;

    for (size_t i = 0; i < json_array_size(at->value); i++) {
        const json_t *item = json_array_get(at->value, i);
        const char *path = spk_submission_text(run, "%s[%zu]", at->path, i);
        const struct kind *kind = json_is_object(item) ? kind_of(run, path, item) : NULL;
        if (!kind || !name_path(run, path, "Secret", item, &name, &mount))
            continue;
        put_secret(run, at->role, path, name, mount);
        if (kind->variable) {
            bool slash = spk_str_ends(mount, SPK_LIT("/"));
            spk_submission_put_field(
                run, path, spk_submission_text(run, "%s%s", at->role->env, kind->variable),
                spk_str(
                    spk_submission_text(run, "%s%s%s", mount.ptr, slash ? "" : "/", kind->file)));
        }
    }
}

void spk_submission_act_config_maps(struct spk_submission_run *run, const struct spk_field_at *at)
{
    struct spk_str name;
    struct spk_str mount;

    for (size_t i = 0; i < json_array_size(at->value); i++) {
        const json_t *item = json_array_get(at->value, i);
        const char *path = spk_submission_text(run, "%s[%zu]", at->path, i);
        if (json_is_object(item) && name_path(run, path, "ConfigMap", item, &name, &mount))
            spk_submission_append(run, at->role->config_maps,
                                  json_pack("{s:s, s:s}", "name", name.ptr, "path", mount.ptr));
    }
}

void spk_submission_act_priority(struct spk_submission_run *run, const struct spk_field_at *at)
{
    if (json_string_length(at->value))
        spk_submission_set_at(run, at->role->pod, "spec.priorityClassName", at->value);
}

/* Spark 3.3 has a property, which counts before its template; older ones know the template only. */
void spk_submission_act_scheduler(struct spk_submission_run *run, const struct spk_field_at *at)
{
    if (json_string_length(at->value) == 0)
        return;
    spk_submission_put_field(
        run, at->path,
        spk_submission_text(run, "spark.kubernetes.%s.scheduler.name", at->role->name),
        spk_json_str(at->value));
    spk_submission_set_at(run, at->role->pod, "spec.schedulerName", at->value);
}
