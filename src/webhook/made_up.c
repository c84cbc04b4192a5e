/*
 * A pod as Spark makes it of a template (Spark BasicDriverFeatureStep, BasicExecutorFeatureStep,
 * DriverCommandFeatureStep, MountSecretsFeatureStep): only what the core looks at.
 */
#include "webhook/made_up.h"

#include "spk/json/walk.h"

/* Those that Spark chooses unless it is told otherwise. */
#define DRIVER_PORTS                                             \
    "[{\"name\": \"driver-rpc-port\", \"containerPort\": 7078}," \
    " {\"name\": \"blockmanager\", \"containerPort\": 7079},"    \
    " {\"name\": \"spark-ui\", \"containerPort\": 4040}]"
#define EXECUTOR_PORTS "[{\"name\": \"blockmanager\", \"containerPort\": 7079}]"
#define EXECUTOR_OWNERS                                                  \
    "[{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"name\": \"driver\"," \
    " \"uid\": \"of-the-driver\", \"controller\": true}]"

static const struct form {
    const char *role;
    const char *container;
    const char *variable; /* that tells the container */
    const char *volume;
    const char *owners;
    const char *args;
    const char *ports;
} forms[] = {
    [SPK_ROLE_DRIVER] = {.role = "driver",
                         .container = "spark-kubernetes-driver",
                         .variable = "SPARK_DRIVER_BIND_ADDRESS",
                         .volume = "spark-conf-volume-driver",
                         .owners = "[]",
                         .args = "[\"driver\", \"--properties-file\", "
                                 "\"/opt/spark/conf/spark.properties\"]",
                         .ports = DRIVER_PORTS},
    [SPK_ROLE_EXECUTOR] = {.role = "executor",
                           .container = "spark-kubernetes-executor",
                           .variable = "SPARK_EXECUTOR_ID",
                           .volume = "spark-conf-volume-exec",
                           .owners = EXECUTOR_OWNERS,
                           .args = "[\"executor\"]",
                           .ports = EXECUTOR_PORTS},
};

/* json_loads() leaves out, without a word, letters of a text that it has no memory for. */
static json_t *parsed(const char *text)
{
    struct spk_err err;
    json_t *tree;

    return spk_json_parse(&tree, text, strlen(text), &err) ? NULL : tree;
}

/* A copy of member @key of @from, empty where it is absent. */
static json_t *copy_of(const json_t *from, const char *key, json_t *empty)
{
    json_t *found = json_object_get(from, key);

    if (!found || json_is_null(found))
        return empty;
    json_decref(empty);
    return spk_json_copy(found);
}

/* Appends to a list, which is stolen; a member that is no list stays, for the core to name it. */
static int append(json_t *object, const char *key, json_t *items)
{
    json_t *list = copy_of(object, key, json_array());

    if (!list || !items || (json_is_array(list) && json_array_extend(list, items))) {
        json_decref(list);
        json_decref(items);
        return -1;
    }
    json_decref(items);
    return json_object_set_new(object, key, list);
}

static int fill_container(json_t *container, const struct form *form)
{
    if (append(container, "env",
               json_pack("[{s:s, s:s}, {s:s, s:s}]", "name", form->variable, "value", "1", "name",
                         "SPARK_CONF_DIR", "value", "/opt/spark/conf")) ||
        append(container, "volumeMounts",
               json_pack("[{s:s, s:s}]", "name", form->volume, "mountPath", "/opt/spark/conf")) ||
        append(container, "args", parsed(form->args)) ||
        append(container, "ports", parsed(form->ports)))
        return -1;
    return json_object_get(container, "image")
               ? 0
               : json_object_set_new(container, "image", json_string("spark"));
}

/* The template's first container becomes Spark's. */
static json_t *container_of(const json_t *template, const struct form *form)
{
    json_t *container =
        template ? spk_json_copy(template) : json_pack("{s:s}", "name", form->container);

    if (json_is_object(container) && fill_container(container, form)) {
        json_decref(container);
        return NULL;
    }
    return container;
}

static int add_container(json_t *spec, const struct form *form)
{
    json_t *containers = copy_of(spec, "containers", json_array());
    int rc = 0;

    if (!containers)
        return -1;
    if (json_array_size(containers))
        rc = json_array_set_new(containers, 0, container_of(json_array_get(containers, 0), form));
    else if (json_is_array(containers))
        rc = json_array_append_new(containers, container_of(NULL, form));
    if (rc) {
        json_decref(containers);
        return -1;
    }
    return json_object_set_new(spec, "containers", containers);
}

static int fill_spec(json_t *spec, const struct form *form)
{
    if (!json_is_object(spec))
        return 0;
    return add_container(spec, form) || append(spec, "volumes",
                                               json_pack("[{s:s, s:{s:s}}]", "name", form->volume,
                                                         "configMap", "name", "spark-conf"))
               ? -1
               : 0;
}

static int fill_meta(json_t *meta, const struct form *form)
{
    json_t *labels = copy_of(meta, "labels", json_object());

    if (!labels)
        return -1;
    if (json_is_object(labels) &&
        json_object_set_new(labels, "spark-role", json_string(form->role))) {
        json_decref(labels);
        return -1;
    }
    if (json_object_set_new(meta, "labels", labels))
        return -1;
    if (json_object_get(meta, "ownerReferences"))
        return 0;
    return json_object_set_new(meta, "ownerReferences", parsed(form->owners));
}

json_t *spk_made_up_pod(const json_t *template, enum spk_role role)
{
    const struct form *form = &forms[role];
    json_auto_t *meta = copy_of(template, "metadata", json_object());
    json_auto_t *spec = copy_of(template, "spec", json_object());

    if (!meta || !spec || fill_meta(meta, form) || fill_spec(spec, form))
        return NULL;
    return json_pack("{s:s, s:s, s:O, s:O}", "apiVersion", "v1", "kind", "Pod", "metadata", meta,
                     "spec", spec);
}
