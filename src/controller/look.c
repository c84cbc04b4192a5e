#include "controller/engine_parts.h"

#include <stdio.h>
#include <string.h>

#define HOST_PROPERTY "spark.driver.host="

/* The driver's Service, as its own properties call it: "NAME.NAMESPACE.svc". Spark's ConfigMap has
 * them (DriverServiceFeatureStep, KubernetesClientUtils.buildSparkConfDirFilesMap). */
static bool service_name(char out[SPK_LABEL_MAX + 1], const json_t *config_map)
{
    const json_t *data = json_object_get(config_map, "data");
    const char *text = json_string_value(json_object_get(data, "spark.properties"));
    size_t len;

    text = text ? strstr(text, HOST_PROPERTY) : NULL;
    if (!text)
        return false;
    text += strlen(HOST_PROPERTY);
    len = strcspn(text, ".\r\n");
    if (len == 0 || len > SPK_LABEL_MAX)
        return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return true;
}

static bool owned_by(const json_t *object, const char *uid)
{
    const json_t *owners = json_object_get(json_object_get(object, "metadata"), "ownerReferences");
    const json_t *owner;
    size_t i;

    json_array_foreach(owners, i, owner)
    {
        const char *found = json_string_value(json_object_get(owner, "uid"));

        if (found && strcmp(found, uid) == 0)
            return true;
    }
    return false;
}

/* 1: not (yet). */
static int is_whole(struct spk_engine *engine, const struct spk_key *key, const struct spk_pod *pod,
                    struct spk_err *err)
{
    json_auto_t *config_map = NULL;
    json_auto_t *service = NULL;
    char name[SPK_LABEL_MAX + 1];
    int result;

    if (!*pod->config_map)
        return 1;
    result = spk_api_get(engine->kube, key, SPK_API_CONFIG_MAPS, pod->config_map, &config_map, err);
    if (result != 0)
        return result;
    if (!service_name(name, config_map))
        return 1;
    result = spk_api_get(engine->kube, key, SPK_API_SERVICES, name, &service, err);
    if (result != 0)
        return result;
    return owned_by(service, pod->uid) ? 0 : 1;
}

void spk_engine_name_owner(char *out, size_t size, const char *what, const json_t *object)
{
    const json_t *metadata = json_object_get(object, "metadata");
    const json_t *owner = json_array_get(json_object_get(metadata, "ownerReferences"), 0);
    const char *name = json_string_value(json_object_get(metadata, "name"));
    const char *kind = json_string_value(json_object_get(owner, "kind"));
    const char *owner_name = json_string_value(json_object_get(owner, "name"));

    if (kind && owner_name) {
        (void)snprintf(out, size, "%s %s, which belongs to %s/%s", what, name ? name : "?", kind,
                       owner_name);
    } else {
        (void)snprintf(out, size, "%s %s, which belongs to nobody", what, name ? name : "?");
    }
}

static int judge_pod(struct spk_engine *engine, const struct spk_key *key,
                     const struct spk_app *app, const json_t *object, struct spk_look *out,
                     struct spk_err *err)
{
    int whole = 0;

    if (spk_pod_read(&out->pod, object, err) != 0)
        return -1;
    if (!spk_str_is(key->name, out->pod.app) ||
        !spk_pod_is_driver_of(&out->pod, spk_owner_of(key->version), app->rules.tracked)) {
        out->driver = SPK_DRIVER_FOREIGN;
        spk_engine_name_owner(out->foreign_owner, sizeof(out->foreign_owner), "pod", object);
        return 0;
    }
    if (!spk_app_is_of_run(app, out->pod.submission_id)) {
        out->driver = SPK_DRIVER_OLD;
        out->leftovers = true;
        return 0;
    }
    if (!app->rules.tracked) /* what its user makes is what it is */
        whole = is_whole(engine, key, &out->pod, err);
    if (whole < 0)
        return -1;
    out->driver = whole == 0 ? SPK_DRIVER_WHOLE : SPK_DRIVER_HALF;
    out->leftovers = true;
    return 0;
}

static const char *label_of(const json_t *object, const char *label)
{
    const json_t *labels = json_object_get(json_object_get(object, "metadata"), "labels");
    const char *value = json_string_value(json_object_get(labels, label));

    return value ? value : "";
}

bool spk_engine_owns(const struct spk_key *key, const json_t *object)
{
    return spk_owner_read(json_object_get(object, "metadata"), key->name) ==
           spk_owner_of(key->version);
}

static int look_for_drivers(struct spk_engine *engine, const struct spk_key *key,
                            const struct spk_app *app, struct spk_look *out, struct spk_err *err)
{
    json_auto_t *items = NULL;
    int result = spk_api_list(engine->kube, key, SPK_API_PODS, &items, err);
    const json_t *item;
    size_t i;

    if (result != 0)
        return result < 0 ? -1 : 0;
    json_array_foreach(items, i, item)
    {
        if (!spk_engine_owns(key, item))
            continue;
        out->leftovers = true;
        if (!spk_app_is_of_run(app, label_of(item, SPK_APP_LABEL_SUBMISSION)))
            out->strays = true;
    }
    return 0;
}

static int look_for_any(struct spk_engine *engine, const struct spk_key *key,
                        enum spk_api_kind kind, struct spk_look *out, struct spk_err *err)
{
    json_auto_t *items = NULL;
    int result = spk_api_list(engine->kube, key, kind, &items, err);
    const json_t *item;
    size_t i;

    json_array_foreach(items, i, item)
    {
        if (spk_engine_owns(key, item))
            out->leftovers = true;
    }
    return result < 0 ? -1 : 0;
}

int spk_engine_look(struct spk_engine *engine, const struct spk_key *key, const struct spk_app *app,
                    const char *driver_name, struct spk_look *out, struct spk_err *err)
{
    json_auto_t *object = NULL;
    int result;

    memset(out, 0, sizeof(*out));
    out->driver = SPK_DRIVER_GONE;
    result = spk_api_get(engine->kube, key, SPK_API_PODS, driver_name, &object, err);
    if (result < 0 || (result == 0 && judge_pod(engine, key, app, object, out, err) != 0))
        return -1;
    if (look_for_drivers(engine, key, app, out, err) != 0)
        return -1;
    if (out->leftovers) /* nothing else can say more */
        return 0;
    if (look_for_any(engine, key, SPK_API_SERVICES, out, err) != 0)
        return -1;
    if (!engine->options.ui_service)
        return 0;
    return look_for_any(engine, key, SPK_API_INGRESSES, out, err);
}

/* All that is the application's, but for the submission @keep; NULL: all. */
static bool takes(const struct spk_key *key, const char *keep, const json_t *item)
{
    return spk_engine_owns(key, item) &&
           (!keep || strcmp(label_of(item, SPK_APP_LABEL_SUBMISSION), keep) != 0);
}

/* Executors, ConfigMap and the driver's own Service leave with the driver, which owns them. */
static int delete_kind(struct spk_engine *engine, const struct spk_key *key, enum spk_api_kind kind,
                       const char *keep, struct spk_err *err)
{
    json_auto_t *items = NULL;
    int result = spk_api_list(engine->kube, key, kind, &items, err);
    const json_t *item;
    size_t i;

    if (result != 0)
        return result < 0 ? -1 : 0;
    json_array_foreach(items, i, item)
    {
        const json_t *metadata = json_object_get(item, "metadata");
        const char *name = json_string_value(json_object_get(metadata, "name"));
        const char *uid = json_string_value(json_object_get(metadata, "uid"));

        if (!takes(key, keep, item))
            continue;
        if (!spk_engine_leading(engine))
            return spk_fail(err, SPK_EIO, "not the leader any more");
        if (name && uid && spk_api_delete(engine->kube, key, kind, name, uid, NULL, err) < 0)
            return -1;
    }
    return 0;
}

static int delete_all(struct spk_engine *engine, const struct spk_key *key, const char *keep,
                      struct spk_err *err)
{
    if (delete_kind(engine, key, SPK_API_PODS, keep, err) != 0 ||
        delete_kind(engine, key, SPK_API_SERVICES, keep, err) != 0)
        return -1;
    if (!engine->options.ui_service)
        return 0;
    return delete_kind(engine, key, SPK_API_INGRESSES, keep, err);
}

int spk_engine_clean(struct spk_engine *engine, const struct spk_key *key, const char *key_text,
                     const char *keep, struct spk_err *err)
{
    if (!keep && spk_attempts_call_off(engine->attempts, key_text))
        return 0; /* its child first: what it still makes is looked for when it has ended */
    return delete_all(engine, key, keep, err);
}

int spk_engine_clean_gone(struct spk_engine *engine, const struct spk_key *key, struct spk_err *err)
{
    return delete_all(engine, key, NULL, err);
}
