#include "spk/app/application.h"

#include "rules.h"

#include "spk/base/clock.h"
#include "spk/base/limits.h"
#include "spk/json/walk.h"
#include "spk/k8s/name.h"

#include <stdio.h>
#include <string.h>

#define V1BETA2  "sparkoperator.k8s.io/v1beta2"
#define V1ALPHA1 "spark-operator.k8s.io/v1alpha1"

static const struct spk_at at_metadata = {.key = "metadata"};
static const struct spk_at at_spec = {.key = "spec"};

static int read_annotations(struct spk_app *app, struct spk_err *err)
{
    const struct spk_at at = {.up = &at_metadata, .key = "annotations"};
    struct spk_str marker;
    json_t *annotations;

    if (spk_json_member(&annotations, app->metadata, "annotations", JSON_OBJECT, &at_metadata,
                        err) ||
        spk_json_text(&marker, annotations, SPK_APP_MARKER, &at, err) ||
        spk_json_text(&app->written_hash, annotations, SPK_APP_SPEC_HASH, &at, err))
        return -1;
    app->ours = spk_str_is(marker, SPK_APP_MARKER_VALUE);
    return 0;
}

static int read_metadata(struct spk_app *app, struct spk_err *err)
{
    struct spk_str created;
    struct spk_str deleted;
    json_t *metadata;

    if (spk_json_member(&metadata, app->object, "metadata", JSON_OBJECT, NULL, err))
        return -1;
    app->metadata = metadata;
    if (spk_json_text(&app->name, metadata, "name", &at_metadata, err) ||
        spk_json_text(&app->ns, metadata, "namespace", &at_metadata, err) ||
        spk_json_text(&app->uid, metadata, "uid", &at_metadata, err) ||
        spk_json_text(&app->resource_version, metadata, "resourceVersion", &at_metadata, err) ||
        spk_json_text(&created, metadata, "creationTimestamp", &at_metadata, err) ||
        spk_json_text(&deleted, metadata, "deletionTimestamp", &at_metadata, err))
        return -1;
    app->deleting = deleted.len > 0;
    if (!app->name.len)
        return spk_fail(err, SPK_EPARSE, "metadata.name: expected a name, found none");
    (void)spk_clock_parse(&app->created_s, created);
    return read_annotations(app, err);
}

static int read_version(struct spk_app *app, struct spk_err *err)
{
    if (spk_json_text(&app->api_version, app->object, "apiVersion", NULL, err))
        return -1;
    if (spk_str_is(app->api_version, V1BETA2) || spk_str_is(app->api_version, V1ALPHA1))
        return 0;
    return spk_fail(err, SPK_EINVALID,
                    "apiVersion: expected " V1BETA2 " or " V1ALPHA1 ", found \"%.*s\"",
                    app->api_version.len > 64 ? 64 : (int)app->api_version.len,
                    app->api_version.ptr ? app->api_version.ptr : "");
}

/* Whoever submits for himself does so, whatever else of his application can't be read: nothing of
 * his may be removed for that. */
static bool is_tracked(const json_t *object)
{
    const struct spk_str version = spk_json_str(json_object_get(object, "apiVersion"));
    const json_t *by_user = json_object_get(json_object_get(object, "spec"), "submissionByUser");

    return spk_str_is(version, V1ALPHA1) && by_user && !json_is_false(by_user) &&
           !json_is_null(by_user);
}

/* A flag of another type is one that is set, and a fault. */
static int check_tracked(const json_t *written, struct spk_err *err)
{
    bool tracked;

    return spk_json_flag(&tracked, written, "submissionByUser", &at_spec, err);
}

static int read_spec(struct spk_app *app, struct spk_err *err)
{
    json_t *written;

    if (spk_json_member(&written, app->object, "spec", JSON_OBJECT, NULL, err))
        return -1;
    if (!written)
        return spk_fail(err, SPK_EINVALID, "spec: expected an object, found none");
    spk_app_spec_hash(app->hash, written);
    if (spk_str_is(app->api_version, V1BETA2))
        app->spec = json_incref(written);
    else if (spk_app_convert_v1alpha1(&app->spec, written, err) || check_tracked(written, err))
        return -1;
    if (spk_json_text(&app->spark_version, app->spec, "sparkVersion", &at_spec, err))
        return -1;
    return spk_app_rules_read(&app->rules, app->spec, err);
}

int spk_app_read(struct spk_app *out, const json_t *object, struct spk_err *err)
{
    json_t *status;

    *out =
        (struct spk_app){.object = object, .rules = {.ttl_s = -1, .tracked = is_tracked(object)}};
    if (spk_json_expect(object, JSON_OBJECT, NULL, err) || read_metadata(out, err) ||
        read_version(out, err) ||
        spk_json_member(&status, object, "status", JSON_OBJECT, NULL, err))
        return -1;
    out->status_json = status;
    if (spk_app_status_read(&out->status, status, err))
        return -1;
    return read_spec(out, err);
}

void spk_app_done(struct spk_app *app)
{
    json_decref(app->spec);
    *app = (struct spk_app){0};
}

bool spk_app_is_of_run(const struct spk_app *app, const char *submission_id)
{
    const char *at_hand = app->status.submission_id;

    return app->rules.tracked || (*at_hand && strcmp(submission_id, at_hand) == 0);
}

/* The first of the places that say something. */
static int chosen_name(struct spk_str *out, const struct spk_app *app, struct spk_err *err)
{
    const struct spk_at at_driver = {.up = &at_spec, .key = "driver"};
    const struct spk_at at_conf = {.up = &at_spec, .key = "sparkConf"};
    json_t *driver;
    json_t *conf;

    *out = (struct spk_str){0};
    if (!app->spec)
        return 0;
    if (spk_json_member(&driver, app->spec, "driver", JSON_OBJECT, &at_spec, err) ||
        spk_json_text(out, driver, "podName", &at_driver, err))
        return -1;
    if (out->len)
        return 0;
    if (spk_json_member(&conf, app->spec, "sparkConf", JSON_OBJECT, &at_spec, err))
        return -1;
    return spk_json_text(out, conf, "spark.kubernetes.driver.pod.name", &at_conf, err);
}

int spk_app_driver_name(char out[256], const struct spk_app *app, struct spk_err *err)
{
    struct spk_str chosen;
    char name[SPK_SUBDOMAIN_MAX + 16];

    if (chosen_name(&chosen, app, err))
        return -1;
    if (chosen.len)
        (void)snprintf(name, sizeof(name), "%.*s", SPK_ARG(chosen));
    else
        (void)snprintf(name, sizeof(name), "%.*s-driver", SPK_ARG(app->name));
    if (chosen.len < sizeof(name) && spk_is_subdomain(spk_str(name))) {
        memcpy(out, name, strlen(name) + 1);
        return 0;
    }
    return spk_fail(err, SPK_EINVALID,
                    "the driver pod's name: expected a DNS-1123 subdomain of at most %d "
                    "characters, found \"%.100s\": set spec.driver.podName",
                    SPK_SUBDOMAIN_MAX, name);
}
