#include "spk/app/ui.h"
#include "spk/base/cleanup.h"

#include "controller/engine_parts.h"

#include <string.h>

static enum spk_api_kind kind_of(const json_t *object)
{
    const char *kind = json_string_value(json_object_get(object, "kind"));

    return kind && strcmp(kind, "Ingress") == 0 ? SPK_API_INGRESSES : SPK_API_SERVICES;
}

/* Made, or there already and this application's own. */
static int ensure(struct spk_engine *engine, const struct spk_key *key, const struct spk_app *app,
                  const json_t *object, json_t **stored, struct spk_err *err)
{
    const json_t *metadata = json_object_get(object, "metadata");
    const char *name = json_string_value(json_object_get(metadata, "name"));
    int result = spk_api_create(engine->kube, key, kind_of(object), object, stored, err);
    const json_t *owner;

    if (result != 2)
        return result;
    result = spk_api_get(engine->kube, key, kind_of(object), name, stored, err);
    if (result != 0)
        return result;
    metadata = json_object_get(*stored, "metadata");
    owner = json_array_get(json_object_get(metadata, "ownerReferences"), 0);
    if (spk_str_eq(spk_json_str(json_object_get(owner, "uid")), app->uid))
        return 0;
    json_decref(*stored);
    *stored = NULL;
    return spk_fail(err, SPK_EINVALID, "%s is there already, and is not this application's", name);
}

void spk_engine_ui(struct spk_engine *engine, const struct spk_key *key, const struct spk_app *app,
                   struct spk_app_status *status)
{
    struct spk_err err = {0};
    json_t *objects = NULL;
    json_t *service = NULL;
    json_t *ingress = NULL;
    const json_t *object;
    size_t i;

    if (spk_ui_objects(&objects, app, &engine->options.ui, &err) != 0) {
        spk_engine_log(engine, SPK_LOG_WARN, "no UI", NULL, "error", err.msg);
        return;
    }
    json_array_foreach(objects, i, object)
    {
        json_t *stored = NULL;
        json_t **place = kind_of(object) == SPK_API_INGRESSES ? &ingress : &service;

        if (ensure(engine, key, app, object, &stored, &err) != 0) {
            spk_engine_log(engine, SPK_LOG_WARN, "a part of the UI is missing", NULL, "error",
                           err.msg);
        } else if (!*place) {
            *place = SPK_STEAL(stored);
        }
        json_decref(stored);
    }
    spk_ui_status(status, service, ingress);
    json_decref(service);
    json_decref(ingress);
    json_decref(objects);
}
