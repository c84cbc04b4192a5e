#include "intent_values.h"

#include "spk/admission/volume.h"
#include "spk/json/dump.h"
#include "spk/json/walk.h"
#include "spk/k8s/name.h"
#include "spk/k8s/path.h"
#include "spk/k8s/quantity.h"

#include <stdlib.h>

/* Where the JMX exporter's configuration is mounted, and what its port is called: as
 * kubeflow/spark-operator has them, so that -javaagent options written for that fit. */
#define JMX_CONFIG_DIR "/etc/metrics/conf"
#define JMX_PORT_NAME  "jmx-exporter"

/* What the volumes for spark.local.dir are called (LocalDirsFeatureStep). */
#define SPARK_LOCAL_DIR "spark-local-dir-"

/* A value "FIRST" or "FIRST,REST"; REST has a NULL pointer without a comma. */
struct parts {
    struct spk_str first;
    struct spk_str rest;
};

static struct parts split(struct spk_str value, char at)
{
    const char *found = value.len ? memchr(value.ptr, at, value.len) : NULL;
    size_t len = found ? (size_t)(found - value.ptr) : value.len;

    return (struct parts){{value.ptr, len},
                          found ? spk_str_skip(value, len + 1) : (struct spk_str){0}};
}

static void expected(struct spk_notes *notes, const struct spk_ask *ask, const char *what,
                     struct spk_str found)
{
    spk_notes_fault(notes, ask->written, "expected %s, found %s", what,
                    spk_notes_quote(notes, found));
}

/* Adds the overlay @tree, which is stolen; NULL stands for a failed allocation. @variable: the one
 * that it sets, or NULL. */
static void add_overlay(struct spk_wishes *wishes, struct spk_notes *notes,
                        const struct spk_ask *ask, json_t *tree, const char *variable)
{
    struct spk_overlay_ask *overlays =
        spk_arena_push(notes->arena, wishes->overlays, wishes->overlay_count, sizeof(*overlays));
    struct spk_err err; /* all that can be missing is memory */
    char *text = NULL;
    const char *copy = NULL;
    size_t len = 0;

    if (tree && overlays && spk_json_dump(&text, &len, tree, &err) == 0)
        copy = spk_arena_copy(notes->arena, (struct spk_str){text, len});
    free(text);
    json_decref(tree);
    if (!copy) {
        notes->no_memory = true;
        return;
    }
    overlays[wishes->overlay_count++] =
        (struct spk_overlay_ask){.from = {ask->written, ask->canonical, ""},
                                 .value = {copy, len},
                                 .variable = variable,
                                 .shorthand = true};
    wishes->overlays = overlays;
}

static bool is_key_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

static bool has_key_characters(struct spk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_key_character(text.ptr[i]))
            return false;
    }
    return text.len > 0;
}

/* A key of a ConfigMap or Secret (apimachinery IsConfigMapKey). */
static bool is_data_key(struct spk_str key)
{
    return key.len <= SPK_SUBDOMAIN_MAX && has_key_characters(key) && !spk_str_is(key, ".") &&
           !spk_str_starts(key, SPK_LIT(".."));
}

/* A variable's name (apimachinery IsEnvVarName). */
static bool is_variable(struct spk_str name)
{
    return has_key_characters(name) && !(name.ptr[0] >= '0' && name.ptr[0] <= '9') &&
           !spk_str_is(name, ".") && !spk_str_starts(name, SPK_LIT(".."));
}

void spk_ask_env(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask)
{
    bool secret = ask->key.kind == SPK_KEY_SECRET_ENV;
    struct parts value = split(ask->value, '/');
    const char *variable = spk_arena_copy(notes->arena, ask->key.name);

    if (!variable) {
        notes->no_memory = true;
    } else if (!is_variable(ask->key.name)) {
        expected(notes, ask,
                 "a variable's name behind the first dot (letters, digits, '_', '-' and '.', not "
                 "beginning with a digit)",
                 ask->key.name);
    } else if (!spk_is_subdomain(value.first) || !is_data_key(value.rest)) {
        expected(notes, ask,
                 secret ? "SECRET/KEY, the names of a Secret and of a key in it"
                        : "CONFIGMAP/KEY, the names of a ConfigMap and of a key in it",
                 ask->value);
    } else {
        add_overlay(wishes, notes, ask,
                    json_pack("{s:{s:[{s:s, s:{s:{s:o, s:o}}}]}}", "sparkContainer", "env", "name",
                              variable, "valueFrom", secret ? "secretKeyRef" : "configMapKeyRef",
                              "name", spk_json_string(value.first), "key",
                              spk_json_string(value.rest)),
                    variable);
    }
}

/* The path in its clean form; NULL with a fault. */
static const char *read_path(struct spk_notes *notes, const struct spk_ask *ask,
                             struct spk_str path)
{
    const char *fault = spk_mount_path_fault(path);
    const char *clean;

    if (fault) {
        spk_notes_fault(notes, ask->written, "expected an absolute mount path, found %s: %s", fault,
                        spk_notes_quote(notes, path));
        return NULL;
    }
    clean = spk_path_clean(notes->arena, path);
    notes->no_memory |= !clean;
    return clean;
}

static json_t *mounted(const char *volume, json_t *source, const char *source_kind,
                       const char *path, bool read_only)
{
    json_t *mount = json_pack("{s:s, s:s}", "name", volume, "mountPath", path);

    if (mount && read_only && json_object_set_new(mount, "readOnly", json_true())) {
        json_decref(mount);
        mount = NULL;
    }
    return json_pack("{s:{s:[{s:s, s:o}]}, s:{s:[o]}}", "spec", "volumes", "name", volume,
                     source_kind, source, "sparkContainer", "volumeMounts", mount);
}

/* Read-only in both places, as Spark's own properties have it (MountVolumesFeatureStep): a disk of
 * access mode ReadOnlyMany asks for it in the volume. */
void spk_ask_claim(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask)
{
    struct parts value = split(ask->value, ',');
    struct spk_source source = {SPK_SOURCE_CLAIM, ask->key.name};
    bool read_only = spk_str_is(value.rest, "readOnly");
    char volume[SPK_LABEL_MAX + 1];
    const char *path = read_path(notes, ask, value.first);

    if (!path)
        return;
    if (!spk_is_subdomain(ask->key.name)) {
        expected(notes, ask,
                 "a PersistentVolumeClaim's name (at most 253 of a-z, 0-9, '-' and '.', beginning "
                 "and ending with a letter or digit)",
                 ask->key.name);
    } else if (value.rest.ptr && !read_only) {
        expected(notes, ask, "readOnly or nothing behind the path's comma", value.rest);
    } else {
        spk_volume_name(volume, &source, NULL, 0);
        add_overlay(wishes, notes, ask,
                    mounted(volume,
                            read_only
                                ? json_pack("{s:o, s:b}", "claimName",
                                            spk_json_string(ask->key.name), "readOnly", 1)
                                : json_pack("{s:o}", "claimName", spk_json_string(ask->key.name)),
                            "persistentVolumeClaim", path, read_only),
                    NULL);
    }
}

static bool is_size(struct spk_str text)
{
    spk_nano amount;

    return spk_quantity_read(&amount, text) && amount > 0;
}

void spk_ask_empty_dir(struct spk_wishes *wishes, struct spk_notes *notes,
                       const struct spk_ask *ask)
{
    struct parts value = split(ask->value, ',');
    const char *path = read_path(notes, ask, value.first);
    const char *volume = spk_arena_copy(notes->arena, ask->key.name);

    notes->no_memory |= !volume;
    if (!path || !volume)
        return;
    if (!spk_is_label(ask->key.name)) {
        expected(notes, ask,
                 "a volume's name behind the first dot (at most 63 of a-z, 0-9 and '-', beginning "
                 "and ending with a letter or digit)",
                 ask->key.name);
    } else if (spk_str_starts(ask->key.name, SPK_LIT(SPARK_LOCAL_DIR))) {
        spk_notes_fault(notes, ask->written,
                        "volumes " SPARK_LOCAL_DIR "* are Spark's own: choose another name, or "
                        "change that one by an overlay");
    } else if (value.rest.ptr && !is_size(value.rest)) {
        expected(notes, ask, "a size such as 10Gi behind the path's comma", value.rest);
    } else {
        add_overlay(wishes, notes, ask,
                    mounted(volume,
                            value.rest.ptr
                                ? json_pack("{s:o}", "sizeLimit", spk_json_string(value.rest))
                                : json_object(),
                            "emptyDir", path, false),
                    NULL);
    }
}

static bool is_count(struct spk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    return text.len > 0 && text.len <= 5 && text.ptr[0] != '0';
}

/* An extended resource: a domain that is not Kubernetes' own, '/', and a name
 * (core/v1/helper IsExtendedResourceName). */
static bool is_extended_resource(struct spk_str name)
{
    struct parts parts = split(name, '/');

    return spk_is_subdomain(parts.first) && has_key_characters(parts.rest) &&
           parts.rest.len <= SPK_LABEL_MAX && !spk_str_starts(name, SPK_LIT("requests.")) &&
           !spk_str_is(parts.first, "kubernetes.io") &&
           !spk_str_ends(parts.first, SPK_LIT(".kubernetes.io"));
}

void spk_ask_gpu(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask)
{
    struct parts value = split(ask->value, '=');
    const char *resource = spk_arena_copy(notes->arena, value.first);

    if (!resource) {
        notes->no_memory = true;
    } else if (!is_extended_resource(value.first) || !is_count(value.rest)) {
        expected(notes, ask, "RESOURCE=COUNT, such as nvidia.com/gpu=1", ask->value);
    } else {
        add_overlay(wishes, notes, ask,
                    json_pack("{s:{s:{s:{s:o}}}}", "sparkContainer", "resources", "limits",
                              resource, spk_json_string(value.rest)),
                    NULL);
    }
}

void spk_ask_jmx(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask)
{
    struct parts value = split(ask->value, ',');
    struct spk_origin from = {ask->written, ask->canonical, ""};
    const char *port = spk_arena_copy(notes->arena, value.first);
    long number = port && is_count(value.first) ? strtol(port, NULL, 10) : 0;

    notes->no_memory |= !port;
    if (number < 1 || number > 65535) {
        expected(notes, ask, "PORT or PORT,CONFIGMAP, such as 8090,jmx", ask->value);
        return;
    }
    if (value.rest.ptr)
        spk_ask_mount(wishes, notes, &from, SPK_KEY_CONFIG_MAP, value.rest,
                      SPK_LIT(JMX_CONFIG_DIR));
    add_overlay(wishes, notes, ask,
                json_pack("{s:{s:{s:s, s:s, s:s}}, s:{s:[{s:s, s:i, s:s}]}}", "metadata",
                          "annotations", "prometheus.io/scrape", "true", "prometheus.io/port", port,
                          "prometheus.io/path", "/metrics", "sparkContainer", "ports", "name",
                          JMX_PORT_NAME, "containerPort", (int)number, "protocol", "TCP"),
                NULL);
}

void spk_ask_service_links(struct spk_wishes *wishes, struct spk_notes *notes,
                           const struct spk_ask *ask)
{
    bool on = spk_str_is(ask->value, "true");

    if (!on && !spk_str_is(ask->value, "false"))
        expected(notes, ask, "true or false", ask->value);
    else
        add_overlay(wishes, notes, ask, json_pack("{s:{s:b}}", "spec", "enableServiceLinks", on),
                    NULL);
}

void spk_ask_gcp_key(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask)
{
    struct spk_wish_gcp_key *keys =
        spk_arena_push(notes->arena, wishes->gcp_keys, wishes->gcp_key_count, sizeof(*keys));
    const char *file = spk_arena_printf(notes->arena, "/%.*s", SPK_ARG(ask->value));

    if (!is_data_key(ask->value)) {
        expected(notes, ask, "the name of a key of the Secret, such as account.json", ask->value);
    } else if (!keys || !file) {
        notes->no_memory = true;
    } else {
        keys[wishes->gcp_key_count++] = (struct spk_wish_gcp_key){
            .from = {ask->written, ask->canonical, ""}, .account = ask->key.name, .file = file};
        wishes->gcp_keys = keys;
    }
}

/* A GCPServiceAccountKey without its account would be lost without a word. */
static void check_gcp_keys(const struct spk_wishes *wishes, struct spk_notes *notes)
{
    for (size_t i = 0; i < wishes->gcp_key_count; i++) {
        const struct spk_wish_gcp_key *key = &wishes->gcp_keys[i];
        if (!key->used) {
            spk_notes_fault(notes, key->from.written,
                            "expected a GCPServiceAccount.%s on the same pod, found none",
                            spk_notes_plain(notes, key->account));
        }
    }
}

/* Who else sets the variable of overlay @at; NULL for nobody. */
static const struct spk_origin *set_earlier(const struct spk_wishes *wishes, size_t at)
{
    const char *variable = wishes->overlays[at].variable;

    for (size_t i = 0; variable && i < wishes->env_count; i++) {
        if (strcmp(wishes->envs[i].name, variable) == 0)
            return &wishes->envs[i].from;
    }
    for (size_t i = 0; variable && i < at; i++) {
        const char *earlier = wishes->overlays[i].variable;
        if (earlier && strcmp(earlier, variable) == 0)
            return &wishes->overlays[i].from;
    }
    return NULL;
}

void spk_ask_check_shorthands(const struct spk_wishes *wishes, struct spk_notes *notes)
{
    check_gcp_keys(wishes, notes);
    for (size_t i = 0; i < wishes->overlay_count; i++) {
        const struct spk_origin *earlier = set_earlier(wishes, i);
        if (earlier) {
            spk_notes_fault(notes, wishes->overlays[i].from.written,
                            "sets the variable %s, but %s%s sets it, too",
                            wishes->overlays[i].variable, spk_notes_quote(notes, earlier->written),
                            earlier->where);
        }
    }
}
