#include "webhook/certificates/secret.h"

#include "spk/base/cleanup.h"
#include "spk/json/base64.h"
#include "spk/json/dump.h"

#include <string.h>

/* A key of the Secret, and its text's place in a set. */
static const struct part {
    const char *key;
    size_t offset;
} parts[] = {
    {"tls.crt",     offsetof(struct spk_rotation_set, leaf.crt)},
    {"tls.key",     offsetof(struct spk_rotation_set, leaf.key)},
    {"ca.crt",      offsetof(struct spk_rotation_set, ca.crt)  },
    {"ca.key",      offsetof(struct spk_rotation_set, ca.key)  },
    {"next-ca.crt", offsetof(struct spk_rotation_set, next.crt)},
    {"next-ca.key", offsetof(struct spk_rotation_set, next.key)},
    {"old-ca.crt",  offsetof(struct spk_rotation_set, old)     },
};

static char **text_of(struct spk_rotation_set *set, const struct part *part)
{
    return (char **)((char *)set + part->offset);
}

/* ---------------------------------------------------------------------------------- reading */

int spk_secret_read(struct spk_rotation_set *out, const json_t *secret, struct spk_err *err)
{
    const json_t *data = json_object_get(secret, "data");
    struct spk_rotation_set set = {0};

    for (size_t i = 0; i < SPK_LEN(parts); i++) {
        const json_t *value = json_object_get(data, parts[i].key);
        if (spk_json_base64_text(text_of(&set, &parts[i]), value, err) < 0) {
            spk_rotation_set_done(&set);
            return -1;
        }
    }
    *out = set;
    return 0;
}

/* ---------------------------------------------------------------------------------- writing */

static int put_data(json_t *data, const struct spk_rotation_set *set)
{
    struct spk_rotation_set *parts_of = (struct spk_rotation_set *)(uintptr_t)set;

    for (size_t i = 0; i < SPK_LEN(parts); i++) {
        const char *text = *text_of(parts_of, &parts[i]);
        if (!text)
            (void)json_object_del(data, parts[i].key);
        else if (json_object_set_new(data, parts[i].key, spk_json_base64(spk_str(text))))
            return -1;
    }
    return 0;
}

static json_t *new_secret(const struct spk_secret_name *name)
{
    return json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:{s:s, s:s}}, s:{}}", "apiVersion", "v1",
                     "kind", "Secret", "type", "kubernetes.io/tls", "metadata", "name", name->name,
                     "namespace", name->namespace_, "labels", "app.kubernetes.io/part-of",
                     "sparkhook", "app.kubernetes.io/managed-by", "spark-webhook", "data");
}

/* In a list the API server leaves out what all items have in common. */
static json_t *changed_secret(const json_t *secret)
{
    json_t *copy = json_deep_copy(secret);

    if (copy &&
        (json_object_set_new(copy, "apiVersion", json_string("v1")) ||
         json_object_set_new(copy, "kind", json_string("Secret")) ||
         (!json_object_get(copy, "data") && json_object_set_new(copy, "data", json_object())))) {
        json_decref(copy);
        return NULL;
    }
    return copy;
}

int spk_secret_print(char **out, size_t *len, const struct spk_secret_name *name,
                     const json_t *secret, const struct spk_rotation_set *set, struct spk_err *err)
{
    json_t *object = secret ? changed_secret(secret) : new_secret(name);
    int rc;

    if (!object || put_data(json_object_get(object, "data"), set))
        rc = spk_fail(err, SPK_ENOMEM, "Secret");
    else
        rc = spk_json_dump(out, len, object, err);
    json_decref(object);
    return rc;
}
