#include "webhook/application/judge.h"

#include "spk/app/application.h"
#include "spk/base/cleanup.h"
#include "spk/base/text.h"
#include "spk/json/patch.h"
#include "spk/json/walk.h"

#include <string.h>

/* How the API server makes a name of a generateName (apiserver pkg/storage/names): so many of its
 * bytes, and five characters. */
#define GENERATED_MAX 58
#define GENERATED     "xxxxx"

/* For the judgement alone: an object has no uid before it is stored, and no submission its id. */
#define NO_ID "00000000-0000-0000-0000-000000000000"

/* What is cut off may begin with half a character, which is no JSON. */
static json_t *generated(struct spk_str start)
{
    if (start.len > GENERATED_MAX)
        start.len = spk_runes_whole((struct spk_str){start.ptr, GENERATED_MAX});
    return json_sprintf("%.*s" GENERATED, SPK_ARG(start));
}

/* A name that is no text stays, to be refused. */
static int complete_name(json_t *metadata)
{
    const json_t *written = json_object_get(metadata, "name");
    struct spk_str start = spk_json_str(json_object_get(metadata, "generateName"));

    if (json_string_length(written) ||
        (written && !json_is_null(written) && !json_is_string(written)))
        return 0;
    return json_object_set_new(metadata, "name", start.len ? generated(start) : json_string(""));
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
    if (app->rules.tracked) /* by its user, as he likes */
        return rc;
    return spk_submission_make(out, app, &options, err) ? -1 : rc;
}
