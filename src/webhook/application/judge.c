#include "webhook/application/judge.h"

#include "spk/app/application.h"
#include "spk/base/cleanup.h"
#include "spk/json/patch.h"
#include "spk/json/walk.h"

#include <stdio.h>
#include <string.h>

/* As many characters as the API server adds to a generateName (apiserver pkg/storage/names). */
#define GENERATED "xxxxx"

/* For the judgement alone: an object has no uid before it is stored, and no submission its id. */
#define NO_ID "00000000-0000-0000-0000-000000000000"

/* A name that is no text stays, to be refused. */
static int complete_name(json_t *metadata)
{
    const json_t *written = json_object_get(metadata, "name");
    struct spk_str start = spk_json_str(json_object_get(metadata, "generateName"));
    char name[320] = "";

    if (written && !json_is_null(written) && !json_is_string(written))
        return 0;
    if (json_string_length(written))
        (void)snprintf(name, sizeof(name), "%s", json_string_value(written));
    else if (start.len)
        (void)snprintf(name, sizeof(name), "%.*s" GENERATED, SPK_ARG(start));
    return json_object_set_new(metadata, "name", json_string(name));
}

int spk_application_complete(json_t **out, const json_t *object, const json_t *ops,
                             struct spk_str ns, struct spk_err *err)
{
    json_auto_t *copy = NULL;
    json_t *metadata;

    if (spk_patch_apply(&copy, object, ops, err))
        return -1;
    metadata = json_object_get(copy, "metadata");
    if (json_is_object(metadata) &&
        (complete_name(metadata) || json_object_set_new(metadata, "uid", json_string(NO_ID)) ||
         json_object_set_new(metadata, "namespace", spk_json_string(ns))))
        return spk_fail(err, SPK_ENOMEM, "application: out of memory");
    *out = SPK_STEAL(copy);
    return 0;
}

/* "PATH: what" told. Return: 0; -1 when nobody is to be told, or memory is lacking. */
static int tell(spk_submission_fault_fn *fault, void *arg, struct spk_err *err)
{
    char *colon = strstr(err->msg, ": ");

    if (!fault || err->code == SPK_ENOMEM)
        return -1;
    if (colon)
        *colon = '\0';
    fault(arg, colon ? err->msg : "", colon ? colon + 2 : err->msg);
    if (colon)
        *colon = ':';
    return 0;
}

int spk_application_judge(struct spk_submission *out, struct spk_app *app, const json_t *object,
                          spk_submission_fault_fn *fault, void *arg, struct spk_err *err)
{
    const struct spk_submission_options options = {
        .submission_id = NO_ID, .webhook = true, .fault = fault, .fault_arg = arg};
    int rc;

    *app = (struct spk_app){0};
    *out = (struct spk_submission){0};
    rc = spk_app_read(app, object, err);
    if (rc && (tell(fault, arg, err) || !app->spec))
        return -1;
    return spk_submission_make(out, app, &options, err) ? -1 : rc;
}
    if (app->rules.tracked) /* by its user, as he likes */
        return rc;
