#include "webhook/certificates/registration.h"

#include "spk/json/base64.h"
#include "spk/json/dump.h"

#include <stdio.h>
#include <string.h>

static bool is_ours(const json_t *webhook, const struct spk_registration_service *ours)
{
    const json_t *client = json_object_get(webhook, "clientConfig");
    const json_t *service = json_object_get(client, "service");

    if (json_is_string(json_object_get(client, "url")))
        return true;
    return spk_str_is(spk_json_str(json_object_get(service, "name")), ours->name) &&
           spk_str_is(spk_json_str(json_object_get(service, "namespace")), ours->namespace_);
}

static const json_t *bundle_of(const json_t *webhook)
{
    return json_object_get(json_object_get(webhook, "clientConfig"), "caBundle");
}

static bool same(const json_t *a, const json_t *b)
{
    return spk_str_eq(spk_json_str(a), spk_json_str(b));
}

/* Is there a webhook of ours? @bundle: of the last one. */
static bool find(const json_t **bundle, bool *differ, const json_t *configuration,
                 const struct spk_registration_service *service)
{
    const json_t *webhook;
    bool found = false;
    size_t i;

    *differ = false;
    json_array_foreach(json_object_get(configuration, "webhooks"), i, webhook)
    {
        if (!is_ours(webhook, service))
            continue;
        if (found && !same(*bundle, bundle_of(webhook)))
            *differ = true;
        *bundle = bundle_of(webhook);
        found = true;
    }
    return found;
}

int spk_registration_bundle(char **out, const json_t *configuration,
                            const struct spk_registration_service *service, struct spk_err *err)
{
    const json_t *bundle = NULL;
    char *text = NULL;
    bool differ;
    int rc = 1;

    if (!find(&bundle, &differ, configuration, service)) {
        *out = NULL;
        return 0;
    }
    if (!differ)
        rc = spk_json_base64_text(&text, bundle, err);
    if (rc > 0)
        text = strdup("");
    if (rc < 0 || !text)
        return spk_fail(err, SPK_ENOMEM, "caBundle");
    *out = text;
    return 0;
}

/* json_pack() gives NULL for a NULL, and so nothing has to be looked at but the last result. */
static int add_op(json_t *patch, const char *op, const char *path, const json_t *value)
{
    return json_array_append_new(
        patch, json_pack("{s:s, s:s, s:O}", "op", op, "path", path, "value", value));
}

static int add_bundles(json_t *patch, const json_t *configuration,
                       const struct spk_registration_service *service, const json_t *bundle)
{
    const json_t *webhook;
    char path[64];
    size_t i;

    json_array_foreach(json_object_get(configuration, "webhooks"), i, webhook)
    {
        (void)snprintf(path, sizeof(path), "/webhooks/%zu/clientConfig/caBundle", i);
        if (is_ours(webhook, service) && add_op(patch, "add", path, bundle))
            return -1;
    }
    return 0;
}

int spk_registration_patch(char **out, size_t *len, const json_t *configuration,
                           const struct spk_registration_service *service, const char *bundle,
                           struct spk_err *err)
{
    const json_t *version =
        json_object_get(json_object_get(configuration, "metadata"), "resourceVersion");
    json_t *patch = json_array();
    json_t *value = spk_json_base64(spk_str(bundle));
    int rc;

    if (!patch || !value || add_op(patch, "test", "/metadata/resourceVersion", version) ||
        add_bundles(patch, configuration, service, value))
        rc = spk_fail(err, SPK_ENOMEM, "caBundle");
    else
        rc = spk_json_dump(out, len, patch, err);
    json_decref(patch);
    json_decref(value);
    return rc;
}
