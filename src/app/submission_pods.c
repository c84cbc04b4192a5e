#include "submission_run.h"

#include "spk/base/buf.h"
#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/json/dump.h"
#include "spk/json/walk.h"

static void copy(struct spk_submission_run *run, json_t *to, const char *key, const json_t *value)
{
    spk_submission_set(run, to, key, json_deep_copy(value));
}

/* Name and namespace are Spark's, which replaces those of a template without a word (3.5 and 4.3,
 * tried): nobody's rights shall depend on that. */
static void take_metadata(struct spk_submission_run *run, const struct spk_role *role,
                          const char *path, const json_t *metadata)
{
    static const char *const kept[] = {"labels", "annotations", "ownerReferences", "finalizers"};
    json_t *mine = json_object_get(role->pod, "metadata");
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)metadata, key, value)
    {
        bool take = false;
        for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
            take = take || strcmp(key, kept[i]) == 0;
        if (take)
            copy(run, mine, key, value);
        else if (!json_is_null(value)) { /* as generators write creationTimestamp */
            spk_submission_note(run, spk_submission_text(run, "%s.%s", path, key),
                                "left out: of a template's metadata only labels, annotations and "
                                "the like are the user's");
        }
    }
}

static void take_spec(struct spk_submission_run *run, const struct spk_role *role,
                      const json_t *spec)
{
    json_t *mine = json_object_get(role->pod, "spec");
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)spec, key, value)
    {
        if (!json_is_null(value))
            copy(run, mine, key, value);
    }
}

/* What the user's template says, in front of everything else. */
static void take_template(struct spk_submission_run *run, struct spk_role *role)
{
    const char *path = spk_submission_text(run, "spec.%s.template", role->name);
    const json_t *template = json_object_get(role->spec, "template");
    const json_t *metadata = json_object_get(template, "metadata");
    const json_t *spec = json_object_get(template, "spec");

    path = spk_submission_text(run, "%s.metadata", path);
    if (metadata && !json_is_null(metadata) && spk_submission_is(run, path, metadata, JSON_OBJECT))
        take_metadata(run, role, path, metadata);
    path = spk_submission_text(run, "spec.%s.template.spec", role->name);
    if (spec && !json_is_null(spec) && spk_submission_is(run, path, spec, JSON_OBJECT))
        take_spec(run, role, spec);
}

/* Annotations and labels of a template land on the pod like those of properties. */
static void check_template(struct spk_submission_run *run, const struct spk_role *role)
{
    const json_t *metadata = json_object_get(role->pod, "metadata");
    const char *path = spk_submission_text(run, "spec.%s.template.metadata", role->name);
    const char *key;
    json_t *value;

    json_object_foreach(json_object_get(metadata, "annotations"), key, value)(void)
        spk_submission_annotation(run, spk_submission_text(run, "%s.annotations.%s", path, key),
                                  spk_str(key));
    json_object_foreach(json_object_get(metadata, "labels"), key, value)
    {
        const char *reason = spk_submission_label_fault(spk_str(key));
        if (reason)
            spk_submission_fault(run, spk_submission_text(run, "%s.labels.%s", path, key),
                                 "refused: %s", reason);
    }
}

json_t *spk_submission_owner(const struct spk_submission_run *run)
{
    const struct spk_app *app = run->app;

    return json_pack("{s:s%, s:s, s:s%, s:s%, s:b}", "apiVersion", app->api_version.ptr,
                     app->api_version.len, "kind", "SparkApplication", "name", app->name.ptr,
                     app->name.len, "uid", app->uid.ptr, app->uid.len, "controller", 1);
}

/* The driver goes when the application goes; executors go with the driver, by Spark. */
static void put_owner(struct spk_submission_run *run)
{
    json_t *pod = run->roles[SPK_DRIVER].pod;
    json_t *owners = spk_submission_array_at(run, pod, "metadata.ownerReferences");

    for (size_t i = 0; i < json_array_size(owners); i++) {
        if (json_is_true(json_object_get(json_array_get(owners, i), "controller"))) {
            spk_submission_fault(
                run,
                spk_submission_text(run, "spec.driver.template.metadata.ownerReferences[%zu]", i),
                "refused: the driver's controller is the application");
        }
    }
    spk_submission_append(run, owners, spk_submission_owner(run));
}

static void put_label(struct spk_submission_run *run, const char *key, struct spk_str value)
{
    for (size_t i = 0; i < SPK_ROLES; i++) {
        spk_submission_put(
            run, spk_submission_text(run, "spark.kubernetes.%s.label.%s", run->roles[i].name, key),
            value);
    }
}

/* The application's own labels go to its pods, but for Kueue's, which would queue them one by one.
 */
static void copy_labels(struct spk_submission_run *run)
{
    const char *key;
    json_t *value;

    json_object_foreach(json_object_get(run->app->metadata, "labels"), key, value)
    {
        const char *path = spk_submission_text(run, "metadata.labels.%s", key);
        const char *reason = spk_submission_label_fault(spk_str(key));
        if (reason)
            spk_submission_note(run, path, "not passed on to pods: %s", reason);
        else if (json_is_string(value) && !spk_str_starts(spk_str(key), SPK_LIT("kueue.x-k8s.io/")))
            put_label(run, key, spk_json_str(value));
    }
}

void spk_submission_pods_begin(struct spk_submission_run *run)
{
    for (size_t i = 0; i < SPK_ROLES; i++) {
        take_template(run, &run->roles[i]);
        check_template(run, &run->roles[i]);
    }
    put_owner(run);
    copy_labels(run);
}

/* Spark replaces {{APP_ID}} and the like in annotations. Two braces stand together only inside the
 * strings of JSON, where the first may be written otherwise. */
static json_t *without_braces(struct spk_submission_run *run, const char *json, size_t len)
{
    struct spk_buf out;
    struct spk_err err;
    json_t *text = NULL;
    bool bad = false;

    spk_buf_init(&out, 6 * SPK_TREE_MAX);
    for (size_t i = 0; i < len && !bad; i++) {
        bool twice = json[i] == '{' && i + 1 < len && json[i + 1] == '{';
        bad = spk_buf_add(&out, twice ? "\\u007b" : json + i, twice ? 6 : 1, &err);
    }
    if (!bad)
        text = json_stringn(out.ptr ? out.ptr : "", out.len);
    spk_buf_done(&out);
    if (!text)
        run->no_memory = true;
    return text;
}

json_t *spk_submission_json(struct spk_submission_run *run, const json_t *value)
{
    SPK_AUTOFREE char *dump = NULL;
    struct spk_err err;
    size_t len;

    if (spk_json_dump(&dump, &len, value, &err)) {
        run->no_memory = true;
        return NULL;
    }
    return without_braces(run, dump, len);
}

/* An annotation in JSON. */
static void wish_json(struct spk_submission_run *run, const struct spk_role *role, const char *key,
                      const json_t *value)
{
    json_auto_t *text = NULL;

    if (json_array_size(value) == 0 && json_object_size(value) == 0)
        return;
    text = spk_submission_json(run, value);
    if (json_string_length(text) > SPK_OVERLAY_MAX) {
        spk_submission_fault(run, spk_submission_text(run, "spec.%s", role->name),
                             "its environment, volumes, sidecars and the like have %zu bytes, at "
                             "most %zu fit into an annotation",
                             json_string_length(text), SPK_OVERLAY_MAX);
    } else if (text) {
        spk_submission_wish(run, role, key, spk_json_str(text));
    }
}

/* A template whose first container is not Spark's says which one is; a name that it does not have
 * makes Spark take the first. */
static void name_container(struct spk_submission_run *run, const struct spk_role *role)
{
    const json_t *containers = json_object_get(json_object_get(role->pod, "spec"), "containers");

    if (json_array_size(containers) > 0) {
        spk_submission_put_default(
            run,
            spk_submission_text(run, "spark.kubernetes.%s.podTemplateContainerName", role->name),
            spk_submission_text(run, "spark-kubernetes-%s", role->name));
    }
}

/* In a namespace of thousands of Services their variables are too many to start a process with. */
static void put_service_links(struct spk_submission_run *run, const struct spk_role *role)
{
    json_t *spec = json_object_get(role->pod, "spec");

    if (!json_object_get(spec, "enableServiceLinks"))
        spk_submission_set(run, spec, "enableServiceLinks", json_false());
}

/* The UI writes its links for where an Ingress offers it. */
static void put_proxy(struct spk_submission_run *run)
{
    const char *base = run->options->ui_proxy_base;

    if (!base)
        return;
    spk_submission_put_default(run, "spark.ui.proxyBase", base);
    spk_submission_put_default(run, "spark.ui.proxyRedirectUri", "/");
}

static void put_names(struct spk_submission_run *run)
{
    const struct spk_app *app = run->app;
    char driver[256];
    struct spk_err err;

    if (spk_app_driver_name(driver, app, &err))
        spk_submission_fault(run, "spec.driver.podName", "%s", err.msg);
    else
        spk_submission_put(run, "spark.kubernetes.driver.pod.name", spk_str(driver));
    spk_submission_put(run, "spark.app.name", app->name);
    spk_submission_put(run, "spark.kubernetes.namespace", app->ns);
    spk_submission_put(run, "spark.kubernetes.submission.waitAppCompletion", SPK_LIT("false"));
    put_label(run, SPK_APP_LABEL_NAME, app->name);
    put_label(run, SPK_APP_LABEL_SUBMISSION, spk_str(run->options->submission_id));
    put_label(run, SPK_APP_LABEL_LAUNCHED, SPK_LIT(SPK_APP_LABEL_LAUNCHED_VALUE));
}

void spk_submission_pods_end(struct spk_submission_run *run)
{
    for (size_t i = 0; i < SPK_ROLES; i++) {
        const struct spk_role *role = &run->roles[i];
        put_service_links(run, role);
        name_container(run, role);
        wish_json(run, role, "overlay", role->overlay);
        wish_json(run, role, "configMaps", role->config_maps);
        wish_json(run, role, "secrets", role->secrets);
    }
    put_names(run);
    put_proxy(run);
    run->out->driver_template = json_incref(run->roles[SPK_DRIVER].pod);
    run->out->executor_template = json_incref(run->roles[SPK_EXECUTOR].pod);
    if (run->out->needs_webhook && !run->options->webhook) {
        spk_submission_fault(run, "spec",
                             "has fields that only spark-webhook can carry out, and "
                             "this controller works without it");
    }
}
