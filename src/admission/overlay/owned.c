#include "owned.h"

#include "parts.h"

#include "spk/admission/key.h"
#include "spk/admission/spark_conf.h"
#include "spk/base/cleanup.h"
#include "spk/k8s/path.h"

#define CONTAINER_REASON "what Spark calls its own container: use sparkContainer"

#define ENV_REASON "Spark itself sets this variable"

/* A '*' at the end stands for anything. Variables and ports are those of real driver and executor
 * pods of Spark 3.1 to 4.3 (BasicDriverFeatureStep, BasicExecutorFeatureStep,
 * LocalDirsFeatureStep); what an image or its user sets, such as JAVA_HOME and PYSPARK_PYTHON, is
 * not among them. */
static const struct row {
    enum spk_owned_place place;
    const char *name;
    const char *reason;
} rows[] = {
    {SPK_OWNED_METADATA, "name",
     "the pod's name is the submission's: Spark looks for its pods by name"},
    {SPK_OWNED_METADATA, "namespace", "the pod is being created in its namespace"},
    {SPK_OWNED_METADATA, "ownerReferences", "use the annotation ownerReference"},
    {SPK_OWNED_LABEL, "spark-*",
     "labels that begin with spark- are Spark's: it finds its pods by them"},
    {SPK_OWNED_LABEL, "sparkoperator.k8s.io/*",
     "a label of the controller, which finds its pods by it"},
    {SPK_OWNED_ANNOTATION, SPK_PREFIX "/*",
     "an annotation of sparkhook, which a second pass would obey: give it to the pod itself"},
    {SPK_OWNED_ANNOTATION, SPK_PREFIX_ALIAS "/*",
     "an annotation of sparkhook, which a second pass would obey: give it to the pod itself"},
    {SPK_OWNED_SPEC, "restartPolicy",
     "a Spark pod that restarts is a new driver or executor that nobody knows: "
     "it must be Never, which Spark sets"},
    {SPK_OWNED_SPEC, "ephemeralContainers", "a new pod can't have any"},
    {SPK_OWNED_SPEC, "serviceAccount", "deprecated: use serviceAccountName"},
    {SPK_OWNED_CONTAINER, "spark-kubernetes-driver", CONTAINER_REASON},
    {SPK_OWNED_CONTAINER, "spark-kubernetes-executor", CONTAINER_REASON},
    {SPK_OWNED_SPARK_CONTAINER, "name", "the container keeps the name that Spark knows it by"},
    {SPK_OWNED_SPARK_CONTAINER, "command", "what runs in the container is Spark's"},
    {SPK_OWNED_SPARK_CONTAINER, "args", "what runs in the container is Spark's"},
    {SPK_OWNED_SPARK_CONTAINER, "restartPolicy",
     "a Spark container that restarts is a new driver or executor that nobody knows"},
    {SPK_OWNED_SPARK_CONTAINER, "restartPolicyRules",
     "a Spark container that restarts is a new driver or executor that nobody knows"},
    {SPK_OWNED_VARIABLE, "SPARK_APPLICATION_ID", ENV_REASON},
    {SPK_OWNED_VARIABLE, "SPARK_CONF_DIR", ENV_REASON ": use the annotation sparkConfigMap"},
    {SPK_OWNED_VARIABLE, "SPARK_DRIVER_BIND_ADDRESS", ENV_REASON},
    {SPK_OWNED_VARIABLE, "SPARK_DRIVER_POD_IP", ENV_REASON},
    {SPK_OWNED_VARIABLE, "SPARK_DRIVER_URL", ENV_REASON},
    {SPK_OWNED_VARIABLE, "SPARK_EXECUTOR_CORES", ENV_REASON ": use spark.executor.cores"},
    {SPK_OWNED_VARIABLE, "SPARK_EXECUTOR_ID", ENV_REASON},
    {SPK_OWNED_VARIABLE, "SPARK_EXECUTOR_MEMORY", ENV_REASON ": use spark.executor.memory"},
    {SPK_OWNED_VARIABLE, "SPARK_EXECUTOR_POD_IP", ENV_REASON},
    {SPK_OWNED_VARIABLE, "SPARK_EXECUTOR_POD_NAME", ENV_REASON},
    {SPK_OWNED_VARIABLE, "SPARK_JAVA_OPT_*", ENV_REASON ": use spark.executor.extraJavaOptions"},
    {SPK_OWNED_VARIABLE, "SPARK_LOCAL_DIRS", ENV_REASON ": use spark.local.dir"},
    {SPK_OWNED_VARIABLE, "SPARK_RESOURCE_PROFILE_ID", ENV_REASON},
    {SPK_OWNED_VARIABLE, "SPARK_USER", ENV_REASON},
    {SPK_OWNED_PORT, "blockmanager", "a port of Spark's own"},
    {SPK_OWNED_PORT, "driver-rpc-port", "a port of Spark's own"},
    {SPK_OWNED_PORT, "spark-connect", "a port of Spark's own"},
    {SPK_OWNED_PORT, "spark-ui", "a port of Spark's own"},
    {SPK_OWNED_VOLUME, "spark-conf-volume-*", "the volume of Spark's own configuration"},
};

static bool matches(const char *pattern, struct spk_str name)
{
    size_t len = strlen(pattern);

    if (pattern[len - 1] == '*')
        return spk_str_starts(name, (struct spk_str){pattern, len - 1});
    return spk_str_is(name, pattern);
}

const char *spk_owned_reason(enum spk_owned_place place, struct spk_str name)
{
    for (size_t i = 0; i < SPK_LEN(rows); i++) {
        if (rows[i].place == place && matches(rows[i].name, name))
            return rows[i].reason;
    }
    return NULL;
}

static bool refuse(struct spk_overlay_run *run, enum spk_owned_place place, struct spk_str name,
                   const struct spk_at *at)
{
    const char *reason = spk_owned_reason(place, name);

    if (reason)
        spk_overlay_fault(run, at, "%s", reason);
    return reason != NULL;
}

/* The members of an object, by their keys. */
static void check_members(struct spk_overlay_run *run, const json_t *object,
                          enum spk_owned_place place, const struct spk_at *at)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)(void)
        refuse(run, place, spk_str(key), &(struct spk_at){.up = at, .key = key});
}

/* The elements of a list, by their names. */
static void check_names(struct spk_overlay_run *run, const json_t *array,
                        enum spk_owned_place place, const struct spk_at *at)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *name = json_object_get(json_array_get(array, i), "name");
        struct spk_at here = {.up = at, .index = i};
        const char *reason = name ? spk_owned_reason(place, spk_json_str(name)) : NULL;
        if (reason) {
            spk_overlay_fault(run, &here, "%s: %s", spk_notes_quote(run->notes, spk_json_str(name)),
                              reason);
        }
    }
}

/* An instance with a prefix of its own obeys that one. */
static void check_own_prefix(struct spk_overlay_run *run, const json_t *annotations,
                             const struct spk_at *at)
{
    const char *prefix = run->policy->prefix;
    const char *key;
    json_t *value;

    if (!prefix || strcmp(prefix, SPK_PREFIX) == 0)
        return;
    json_object_foreach((json_t *)annotations, key, value)
    {
        struct spk_at here = {.up = at, .key = key};
        size_t len = strlen(prefix);
        if (strncmp(key, prefix, len) == 0 && key[len] == '/')
            spk_overlay_fault(run, &here, "%s",
                              spk_owned_reason(SPK_OWNED_ANNOTATION, SPK_LIT(SPK_PREFIX "/")));
    }
}

static void check_metadata(struct spk_overlay_run *run, const json_t *metadata)
{
    struct spk_at at = {.key = "metadata"};
    struct spk_at labels = {.up = &at, .key = "labels"};
    struct spk_at annotations = {.up = &at, .key = "annotations"};
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)metadata, key, value)
    {
        struct spk_at here = {.up = &at, .key = key};
        if (strcmp(key, labels.key) != 0 && strcmp(key, annotations.key) != 0 &&
            !refuse(run, SPK_OWNED_METADATA, spk_str(key), &here))
            spk_overlay_fault(run, &here, "of metadata, only labels and annotations can be given");
    }
    check_members(run, json_object_get(metadata, labels.key), SPK_OWNED_LABEL, &labels);
    check_members(run, json_object_get(metadata, annotations.key), SPK_OWNED_ANNOTATION,
                  &annotations);
    check_own_prefix(run, json_object_get(metadata, annotations.key), &annotations);
}

static void check_containers(struct spk_overlay_run *run, const json_t *containers,
                             const struct spk_at *at)
{
    for (size_t i = 0; i < json_array_size(containers); i++) {
        const json_t *name = json_object_get(json_array_get(containers, i), "name");
        struct spk_at here = {.up = at, .index = i};
        const char *reason =
            name ? spk_owned_reason(SPK_OWNED_CONTAINER, spk_json_str(name)) : NULL;
        if (name && spk_str_eq(spk_json_str(name), run->container))
            reason = "the Spark container: use sparkContainer";
        if (reason)
            spk_overlay_fault(run, &here, "%s is %s",
                              spk_notes_quote(run->notes, spk_json_str(name)), reason);
    }
}

static void check_spec(struct spk_overlay_run *run, const json_t *spec)
{
    struct spk_at at = {.key = "spec"};
    struct spk_at containers = {.up = &at, .key = "containers"};
    struct spk_at volumes = {.up = &at, .key = "volumes"};

    check_members(run, spec, SPK_OWNED_SPEC, &at);
    check_containers(run, json_object_get(spec, containers.key), &containers);
    check_names(run, json_object_get(spec, volumes.key), SPK_OWNED_VOLUME, &volumes);
}

static void check_mounts(struct spk_overlay_run *run, const json_t *mounts, const struct spk_at *at)
{
    for (size_t i = 0; i < json_array_size(mounts); i++) {
        const json_t *path = json_object_get(json_array_get(mounts, i), "mountPath");
        const char *clean = spk_path_clean(run->notes->arena, spk_json_str(path));
        struct spk_at here = {.up = at, .index = i};
        const char *own = clean ? spk_spark_conf_covered(clean) : NULL;
        run->notes->no_memory |= !clean;
        if (own)
            spk_overlay_fault(run, &here, "a mount at %s would cover Spark's own %s",
                              spk_notes_quote(run->notes, spk_str(clean)), own);
    }
}

static const json_t *spark_container(const struct spk_overlay_run *run)
{
    const json_t *spec = json_object_get(run->tree, "spec");

    return json_array_get(json_object_get(spec, "containers"), run->container_index);
}

/* The pod's port of Spark's own with that number: the numbers are the submission's to choose. */
static const json_t *spark_port(const struct spk_overlay_run *run, const json_t *number)
{
    const json_t *ports = json_object_get(spark_container(run), "ports");

    for (size_t i = 0; i < json_array_size(ports); i++) {
        const json_t *port = json_array_get(ports, i);
        const json_t *name = json_object_get(port, "name");
        if (json_is_string(name) && spk_owned_reason(SPK_OWNED_PORT, spk_json_str(name)) &&
            json_equal(json_object_get(port, "containerPort"), number))
            return name;
    }
    return NULL;
}

static void check_ports(struct spk_overlay_run *run, const json_t *ports, const struct spk_at *at)
{
    const json_t *there = json_object_get(spark_container(run), "ports");

    check_names(run, ports, SPK_OWNED_PORT, at);
    if (!spk_overlay_may_compare(run, there, json_array_size(there), json_array_size(ports), at))
        return;
    for (size_t i = 0; i < json_array_size(ports); i++) {
        const json_t *number = json_object_get(json_array_get(ports, i), "containerPort");
        const json_t *name = number ? spark_port(run, number) : NULL;
        struct spk_at here = {.up = at, .index = i};
        if (name) {
            spk_overlay_fault(run, &here, "%lld is Spark's own port %s",
                              (long long)json_integer_value(number),
                              spk_notes_quote(run->notes, spk_json_str(name)));
        }
    }
}

static void check_spark_container(struct spk_overlay_run *run, const json_t *container)
{
    struct spk_at at = {.key = "sparkContainer"};
    struct spk_at env = {.up = &at, .key = "env"};
    struct spk_at ports = {.up = &at, .key = "ports"};
    struct spk_at mounts = {.up = &at, .key = "volumeMounts"};

    check_members(run, container, SPK_OWNED_SPARK_CONTAINER, &at);
    check_names(run, json_object_get(container, env.key), SPK_OWNED_VARIABLE, &env);
    check_ports(run, json_object_get(container, ports.key), &ports);
    check_mounts(run, json_object_get(container, mounts.key), &mounts);
}

void spk_overlay_check_owned(struct spk_overlay_run *run, const json_t *overlay)
{
    check_metadata(run, json_object_get(overlay, "metadata"));
    check_spec(run, json_object_get(overlay, "spec"));
    check_spark_container(run, json_object_get(overlay, "sparkContainer"));
}
