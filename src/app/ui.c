#include "spk/app/ui.h"

#include "spk/base/cleanup.h"
#include "spk/base/hash.h"
#include "spk/base/limits.h"
#include "spk/json/walk.h"

#include "ui_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* spark.ui.port where nothing else is said (Spark ConfigUI, package object). */
#define UI_PORT 4040

/* The peer's name of the Service's port. */
#define UI_PORT_NAME "spark-driver-ui-port"

int spk_ui_name(char out[64], const struct spk_app *app, const char *suffix, struct spk_err *err)
{
    size_t tail = strlen(suffix) + 1;
    uint64_t hash;
    int room;

    if (tail + 10 > SPK_LABEL_MAX)
        return spk_fail(err, SPK_EINVALID, "'%.64s' is too long for the end of a name", suffix);
    if (app->name.len + tail <= SPK_LABEL_MAX) {
        (void)snprintf(out, 64, "%.*s-%s", SPK_ARG(app->name), suffix);
        return 0;
    }
    hash = spk_hash(SPK_HASH_BEGIN, app->name.ptr, app->name.len);
    hash = spk_hash(hash, suffix, strlen(suffix));
    room = (int)(SPK_LABEL_MAX - tail - 9);
    while (room > 0 && (app->name.ptr[room - 1] == '-' || app->name.ptr[room - 1] == '.'))
        room--;
    (void)snprintf(out, 64, "%.*s-%08x-%s", room, app->name.ptr, (unsigned)(hash & 0xffffffff),
                   suffix);
    return 0;
}

/* NULL, which json_pack() leaves out, for what nobody has said. */
static const char *said(const char *text)
{
    return *text ? text : NULL;
}

/* The Service's labels are the user's, and ours over them. */
static json_t *labels(const struct spk_app *app, const json_t *users)
{
    json_t *all = json_is_object(users) ? spk_json_copy(users) : json_object();
    json_t *ours = json_pack("{ss% ss ss*}", SPK_APP_LABEL_NAME, app->name.ptr, app->name.len,
                             SPK_APP_LABEL_LAUNCHED, SPK_APP_LABEL_LAUNCHED_VALUE,
                             SPK_APP_LABEL_SUBMISSION, said(app->status.submission_id));

    if (all && (!ours || json_object_update(all, ours) != 0)) {
        json_decref(all);
        all = NULL;
    }
    json_decref(ours);
    return all;
}

json_t *spk_ui_metadata(const struct spk_app *app, const char *name, const json_t *users_labels,
                        const json_t *annotations)
{
    return json_pack("{ss so sO* s[{sO ss ss% ss% sb sb}]}", "name", name, "labels",
                     labels(app, users_labels), "annotations",
                     json_is_object(annotations) ? (json_t *)annotations : NULL, "ownerReferences",
                     "apiVersion", json_object_get(app->object, "apiVersion"), "kind",
                     "SparkApplication", "name", app->name.ptr, app->name.len, "uid", app->uid.ptr,
                     app->uid.len, "controller", 1, "blockOwnerDeletion", 1);
}

/* The UI's port inside the pod. */
static int ui_port(const struct spk_app *app)
{
    const char *text = json_string_value(
        json_object_get(json_object_get(app->spec, "sparkConf"), "spark.ui.port"));
    long port = text ? strtol(text, NULL, 10) : UI_PORT;

    return port > 0 && port < 65536 ? (int)port : UI_PORT;
}

/* The driver of the run at hand. Who submits for himself may have given it no submission's id: then
 * Spark's own id tells it from others of the name. */
static json_t *selector(const struct spk_app *app)
{
    const char *id = said(app->status.submission_id);

    return json_pack("{ss% ss* ss* ss}", SPK_APP_LABEL_NAME, app->name.ptr, app->name.len,
                     SPK_APP_LABEL_SUBMISSION, id, "spark-app-selector",
                     id ? NULL : said(app->status.application_id), "spark-role", "driver");
}

static json_t *service(const struct spk_app *app, const struct spk_ui_options *options,
                       const struct spk_ui_port *port)
{
    const char *type = json_string_value(json_object_get(port->options, "serviceType"));
    json_t *metadata =
        spk_ui_metadata(app, port->service, json_object_get(port->options, "serviceLabels"),
                        json_object_get(port->options, "serviceAnnotations"));

    return json_pack("{ss ss so s{ss s[{ss ss si si}] so}}", "apiVersion", "v1", "kind", "Service",
                     "metadata", metadata, "spec", "type", type ? type : options->service_type,
                     "ports", "name", port->name, "protocol", "TCP", "port", port->port,
                     "targetPort", port->target, "selector", selector(app));
}

static int add(json_t *objects, json_t *object, struct spk_err *err)
{
    if (json_array_append_new(objects, object) != 0)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    return 0;
}

static int add_port(json_t *objects, const struct spk_app *app,
                    const struct spk_ui_options *options, const struct spk_ui_port *port,
                    struct spk_err *err)
{
    json_t *ingress;

    if (add(objects, service(app, options, port), err) != 0)
        return -1;
    if (!port->url_format)
        return 0;
    if (spk_ui_ingress(&ingress, app, options, port, err) != 0)
        return -1;
    return add(objects, ingress, err);
}

static const char *text_or(const json_t *object, const char *key, const char *fallback)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text && *text ? text : fallback;
}

static int number_or(const json_t *object, const char *key, int fallback)
{
    json_int_t number = json_integer_value(json_object_get(object, key));

    return number > 0 && number < 65536 ? (int)number : fallback;
}

static int add_ui(json_t *objects, const struct spk_app *app, const struct spk_ui_options *options,
                  struct spk_err *err)
{
    const json_t *own = json_object_get(app->spec, "sparkUIOptions");
    struct spk_ui_port port = {.options = own,
                               .name = text_or(own, "servicePortName", UI_PORT_NAME),
                               .target = ui_port(app),
                               .url_format = options->ingress_url_format,
                               .users_tls = json_object_get(own, "ingressTLS")};

    port.port = number_or(own, "servicePort", port.target);
    if (spk_ui_name(port.service, app, "ui-svc", err) != 0 ||
        spk_ui_name(port.ingress, app, "ui-ingress", err) != 0)
        return -1;
    return add_port(objects, app, options, &port, err);
}

/* driverIngressOptions: other ports of the driver, each with a Service and an Ingress. */
static int add_other(json_t *objects, const struct spk_app *app,
                     const struct spk_ui_options *options, const json_t *own, struct spk_err *err)
{
    int number = number_or(own, "servicePort", 0);
    struct spk_ui_port port = {.options = own,
                               .port = number,
                               .target = number,
                               .name = text_or(own, "servicePortName", "driver-port"),
                               .url_format = text_or(own, "ingressURLFormat", NULL),
                               .users_tls = json_object_get(own, "ingressTLS")};
    char suffix[32];

    if (number == 0)
        return 0; /* spk_submission_check() has said so */
    (void)snprintf(suffix, sizeof(suffix), "ing-%d", number);
    if (spk_ui_name(port.service, app, suffix, err) != 0 ||
        spk_ui_name(port.ingress, app, suffix, err) != 0)
        return -1;
    return add_port(objects, app, options, &port, err);
}

int spk_ui_objects(json_t **out, const struct spk_app *app, const struct spk_ui_options *options,
                   struct spk_err *err)
{
    const json_t *others = json_object_get(app->spec, "driverIngressOptions");
    json_t *objects = json_array();
    const json_t *other;
    size_t i;
    int result;

    if (!objects)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    result = add_ui(objects, app, options, err);
    json_array_foreach(others, i, other)
    {
        if (result == 0)
            result = add_other(objects, app, options, other, err);
    }
    if (result != 0) {
        json_decref(objects);
        return -1;
    }
    *out = objects;
    return 0;
}

void spk_ui_status(struct spk_app_status *status, const json_t *service_object,
                   const json_t *ingress)
{
    const json_t *spec = json_object_get(service_object, "spec");
    const json_t *port = json_array_get(json_object_get(spec, "ports"), 0);
    const char *ip = json_string_value(json_object_get(spec, "clusterIP"));
    const char *name = spk_ui_object_name(service_object);

    if (name) {
        (void)snprintf(status->driver.ui_service, sizeof(status->driver.ui_service), "%s", name);
        status->driver.ui_port = (int32_t)json_integer_value(json_object_get(port, "port"));
    }
    if (ip && strcmp(ip, "None") != 0)
        (void)snprintf(status->driver.ui_address, sizeof(status->driver.ui_address),
                       strchr(ip, ':') ? "[%s]:%d" : "%s:%d", ip, status->driver.ui_port);
    spk_ui_ingress_status(status, ingress);
}
