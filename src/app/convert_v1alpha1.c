/* spark-operator.k8s.io/v1alpha1 as it was in January 2018; see application.h. */
#include "spk/app/application.h"

#include "spk/base/cleanup.h"
#include "spk/json/walk.h"
#include "spk/k8s/quantity.h"

#include <string.h>

static const struct spk_at at_spec = {.key = "spec"};

static const struct {
    const char *in;
    const char *old;
    const char *now;
} renames[] = {
    {"driver", "driverConigMaps", "configMaps"}, /* sic */
    {"driver", "driverConfigMaps", "configMaps"},
    {"driver", "driverSecrets", "secrets"},
    {"driver", "driverEnvVars", "envVars"},
    {"executor", "executorConigMaps", "configMaps"}, /* sic */
    {"executor", "executorConfigMaps", "configMaps"},
    {"executor", "executorSecrets", "secrets"},
    {"executor", "executorEnvVars", "envVars"},
    {"deps", "jarFiles", "jars"},
};

static int no_memory(struct spk_err *err)
{
    return spk_fail(err, SPK_ENOMEM, "spec: out of memory");
}

static int rename_all(json_t *spec, struct spk_err *err)
{
    for (size_t i = 0; i < SPK_LEN(renames); i++) {
        json_t *object;
        json_t *value;
        if (spk_json_member(&object, spec, renames[i].in, JSON_OBJECT, &at_spec, err))
            return -1;
        value = json_object_get(object, renames[i].old);
        if (!value)
            continue;
        if (!json_object_get(object, renames[i].now) &&
            json_object_set(object, renames[i].now, value))
            return no_memory(err);
        (void)json_object_del(object, renames[i].old);
    }
    return 0;
}

/* "2" -> 2. Return: 0 for what is no whole number. */
static json_int_t whole(struct spk_str text)
{
    json_int_t value = 0;

    if (text.len == 0 || text.len > 6)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return 0;
        value = value * 10 + (text.ptr[i] - '0');
    }
    return value;
}

static int set(json_t *object, const char *key, json_t *value, struct spk_err *err)
{
    return json_object_set_new(object, key, value) ? no_memory(err) : 0;
}

static int convert_cores(json_t *role, const char *name, struct spk_err *err)
{
    const json_t *cores = json_object_get(role, "cores");
    struct spk_str text = spk_json_str(cores);
    spk_nano amount;

    if (!json_is_string(cores))
        return 0;
    if (whole(text))
        return set(role, "cores", json_integer(whole(text)), err);
    if (!spk_quantity_read(&amount, text) || amount <= 0) {
        return spk_fail(err, SPK_EINVALID,
                        "spec.%s.cores: expected an amount of processors above 0, found \"%.*s\"",
                        name, text.len > 64 ? 64 : (int)text.len, text.ptr);
    }
    if (!json_object_get(role, "coreRequest") &&
        set(role, "coreRequest", spk_json_string(text), err))
        return -1;
    (void)json_object_del(role, "cores");
    return 0;
}

static int convert_secrets(json_t *role, const struct spk_at *at, struct spk_err *err)
{
    json_t *secrets;
    json_t *secret;
    size_t i;

    if (spk_json_member(&secrets, role, "secrets", JSON_ARRAY, at, err))
        return -1;
    json_array_foreach(secrets, i, secret)
    {
        const char *type = json_string_value(json_object_get(secret, "secretType"));
        if (type && strcmp(type, "HDFSDelegationToken") == 0 &&
            set(secret, "secretType", json_string("HadoopDelegationToken"), err))
            return -1;
    }
    return 0;
}

static int convert_role(json_t *spec, const char *name, struct spk_err *err)
{
    const struct spk_at at = {.up = &at_spec, .key = name};
    json_t *role;

    if (spk_json_member(&role, spec, name, JSON_OBJECT, &at_spec, err))
        return -1;
    return !role || (convert_cores(role, name, err) == 0 && convert_secrets(role, &at, err) == 0)
               ? 0
               : -1;
}

int spk_app_convert_v1alpha1(json_t **out, const json_t *spec, struct spk_err *err)
{
    json_auto_t *converted = json_deep_copy(spec);

    if (!converted)
        return no_memory(err);
    (void)json_object_del(converted, "submissionByUser");
    if (rename_all(converted, err) || convert_role(converted, "driver", err) ||
        convert_role(converted, "executor", err))
        return -1;
    *out = json_incref(converted);
    return 0;
}
