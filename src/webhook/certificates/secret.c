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
    {"tls.crt", offsetof(struct spk_rotation_set, leaf.crt)},
    {"tls.key", offsetof(struct spk_rotation_set, leaf.key)},
    {"ca.crt", offsetof(struct spk_rotation_set, ca.crt)},
    {"ca.key", offsetof(struct spk_rotation_set, ca.key)},
    {"next-ca.crt", offsetof(struct spk_rotation_set, next.crt)},
    {"next-ca.key", offsetof(struct spk_rotation_set, next.key)},
    {"old-ca.crt", offsetof(struct spk_rotation_set, old)},
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

/* @nulls: for what is absent, as a merge patch removes it by them. */
static json_t *print_data(const struct spk_rotation_set *set, bool nulls)
{
    struct spk_rotation_set *from = (struct spk_rotation_set *)(uintptr_t)set;
    json_t *data = json_object();

    for (size_t i = 0; data && i < SPK_LEN(parts); i++) {
        const char *text = *text_of(from, &parts[i]);
        json_t *value = text ? spk_json_base64(spk_str(text)) : json_null();
        if ((text || nulls) && json_object_set_new(data, parts[i].key, value)) {
            json_decref(data);
            return NULL;
        }
    }
    return data;
}

/* Takes @object over, NULL for want of memory. */
static int dump(char **out, size_t *len, json_t *object, struct spk_err *err)
{
    int rc = object ? spk_json_dump(out, len, object, err) : spk_fail(err, SPK_ENOMEM, "Secret");

    json_decref(object);
    return rc;
}

int spk_secret_new(char **out, size_t *len, const struct spk_secret_name *name,
                   const struct spk_rotation_set *set, struct spk_err *err)
{
    return dump(out, len,
                json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:{s:s, s:s}}, s:o}", "apiVersion", "v1",
                          "kind", "Secret", "type", "kubernetes.io/tls", "metadata", "name",
                          name->name, "namespace", name->namespace_, "labels",
                          "app.kubernetes.io/part-of", "sparkhook", "app.kubernetes.io/managed-by",
                          "spark-webhook", "data", print_data(set, false)),
                err);
}

int spk_secret_patch(char **out, size_t *len, const json_t *secret,
                     const struct spk_rotation_set *set, struct spk_err *err)
{
    const json_t *version = json_object_get(json_object_get(secret, "metadata"), "resourceVersion");

    return dump(out, len,
                json_pack("{s:{s:O}, s:o}", "metadata", "resourceVersion", version, "data",
                          print_data(set, true)),
                err);
}
