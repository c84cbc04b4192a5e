#include "submission_run.h"

#include "spk/json/walk.h"

#define READS   "spark-submit would read a file of the controller's"
#define CLUSTER "the controller says how to reach the cluster, and with which credentials"
#define CODE    "it names code that spark-submit would run, in the controller"

/* What spark-submit would obey in the controller's pod, with the controller's files: found in the
 * sources and jars of Spark 3.5 and 4.3. '*' stands for anything.
 *
 * Not here, for nothing comes of them: driver.extraJavaOptions, extraClassPath and memory (not
 * applied to spark-submit itself in cluster mode), plugins, listeners, metrics, redaction (the
 * driver's), jars.ivy, Hadoop's properties (used only when a file's storage is asked, which is left
 * to the driver: submission_files.c). */
static const struct row {
    const char *name;
    const char *why;
} refused[] = {
    {"spark.master", CLUSTER},
    {"spark.remote", CLUSTER},
    {"spark.kubernetes.context", CLUSTER},
    {"spark.kubernetes.trust.certificates", CLUSTER},
    {"spark.kubernetes.authenticate.*",
     CLUSTER ": use driver.serviceAccount and executor.serviceAccount"},
    {"spark.kubernetes.driver.master", "use driver.kubernetesMaster"},
    {"spark.submit.*", "it says how spark-submit itself works"},
    {"spark.kubernetes.submitInDriver", "Spark sets it itself, in the driver"},
    {"spark.kubernetes.submission.waitAppCompletion",
     "the controller does not have spark-submit wait"},
    {"spark.kubernetes.file.upload.path", "spark-submit would upload files of the controller's"},
    {"spark.kubernetes.kerberos.*path", READS ": use spark.kubernetes.kerberos.krb5.configMapName"},
    {"spark.kerberos.keytab", READS ", and give it to the driver"},
    {"spark.kerberos.principal", "it needs a keytab, which " READS},
    {"spark.yarn.keytab", READS ", and give it to the driver"},
    {"spark.yarn.principal", "it needs a keytab, which " READS},
    {"spark.kubernetes.*podTemplateFile", READS ": use driver.template and executor.template"},
    {"spark.kubernetes.*TemplateFile", READS},
    {"spark.jars.ivySettings", READS},
    {"spark.home", READS ": its conf folder"},
    {"spark.kubernetes.*featureSteps", CODE},
    {"spark.kubernetes.*FeatureSteps", "it would leave out what makes the pods Spark's, and ours"},
    {"spark.driver.defaultExtraClassPath",
     "Spark 4 puts it on spark-submit's own class path: use spark.driver.extraClassPath"},
};

/* One '*' at most in a pattern. */
static bool matches(const char *pattern, struct spk_str name)
{
    const char *star = strchr(pattern, '*');
    struct spk_str head = {pattern, star ? (size_t)(star - pattern) : 0};

    if (!star)
        return spk_str_is(name, pattern);
    return name.len >= strlen(pattern) - 1 && spk_str_starts(name, head) &&
           spk_str_ends(name, spk_str(star + 1));
}

/* What follows in these is a name that the user is free in. */
static bool is_free(struct spk_str name)
{
    static const char *const rests[] = {"label.",         "annotation.",         "annotations.",
                                        "secrets.",       "secretKeyRef.",       "node.selector.",
                                        "service.label.", "service.annotation.", "volumes."};
    static const char *const stems[] = {"spark.kubernetes.driver.", "spark.kubernetes.executor."};

    for (size_t i = 0; i < SPK_ROLES; i++) {
        struct spk_str stem = spk_str(stems[i]);
        for (size_t j = 0; j < sizeof(rests) / sizeof(rests[0]); j++) {
            if (spk_str_starts(name, stem) &&
                spk_str_starts(spk_str_skip(name, stem.len), spk_str(rests[j])))
                return true;
        }
    }
    return spk_str_starts(name, SPK_LIT("spark.kubernetes.driverEnv.")) ||
           spk_str_starts(name, SPK_LIT("spark.kubernetes.node.selector."));
}

/* Families of properties that Spark reads as they are written (getAllWithPrefix). */
static bool is_raw(struct spk_str name)
{
    return is_free(name) || spk_str_starts(name, SPK_LIT("spark.executorEnv."));
}

/* What Spark puts in for a reference in a property, as it reads it, comes from its own process, and
 * that of spark-submit has a proxy's password in its environment (ConfigReader.substitute). What it
 * reads raw may refer to what it likes, as a collector's configuration in an annotation does; but
 * not be referred to, for what is put in is looked at again. */
static const char *reference_fault(struct spk_str reference)
{
    static const char process[] =
        "${env:...} and ${system:...} would be those of the controller's process, in which "
        "spark-submit runs, never a pod's: write the value itself, or have the application set it "
        "as it starts";

    if (spk_str_starts(reference, SPK_LIT("env:")) || spk_str_starts(reference, SPK_LIT("system:")))
        return process;
    if (is_raw(reference))
        return "it refers to a property that Spark takes as it is written: write the value itself";
    return NULL;
}

const char *spk_submission_value_fault(struct spk_str name, struct spk_str value)
{
    const char *reason = NULL;
    const char *found;

    if (is_raw(name))
        return NULL;
    while (!reason && value.len && (found = memmem(value.ptr, value.len, "${", 2))) {
        value = spk_str_skip(value, (size_t)(found - value.ptr) + 2);
        reason = reference_fault(value);
    }
    return reason;
}

static bool refuse(struct spk_submission_run *run, const char *path, struct spk_str name,
                   struct spk_str value)
{
    if (spk_str_is(name, "spark.kubernetes.namespace")) {
        if (spk_str_eq(value, run->app->ns))
            return false;
        spk_submission_fault(run, path, "expected the application's own, %.*s, found \"%s\"",
                             SPK_ARG(run->app->ns), value.ptr);
        return true;
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (!is_free(name) && matches(refused[i].name, name)) {
            spk_submission_fault(run, path, "refused: %s", refused[i].why);
            return true;
        }
    }
    return false;
}

/* Labels and annotations of pods. Spark 2.2's plural is what the first examples said, and what
 * newer ones ignore without a word. Returns the property to set; NULL: none. */
static const char *pod_property(struct spk_submission_run *run, const char *path, const char *name)
{
    static const char *const roles[] = {"driver", "executor"};

    for (size_t i = 0; i < SPK_ROLES; i++) {
        const char *stem = spk_submission_text(run, "spark.kubernetes.%s.", roles[i]);
        const char *rest = name + strlen(stem);
        if (strncmp(name, stem, strlen(stem)) != 0)
            continue;
        if (strncmp(rest, "label.", 6) == 0) {
            const char *reason = spk_submission_label_fault(spk_str(rest + 6));
            if (reason)
                spk_submission_fault(run, path, "refused: %s", reason);
            return reason ? NULL : name;
        }
        if (strncmp(rest, "annotations.", 12) == 0) {
            name = spk_submission_text(run, "%sannotation.%s", stem, rest + 12);
            rest = name + strlen(stem);
            spk_submission_note(run, path, "passed on as %s: Spark ignores the plural", name);
        }
        if (strncmp(rest, "annotation.", 11) == 0)
            return spk_submission_annotation(run, path, spk_str(rest + 11)) ? name : NULL;
    }
    return name;
}

static void put_conf(struct spk_submission_run *run, const char *path, const char *name,
                     struct spk_str value)
{
    if (strncmp(name, "spark.", 6) != 0) {
        spk_submission_note(run, path, "ignored by Spark: its properties begin with spark.");
        return;
    }
    if (refuse(run, path, spk_str(name), value))
        return;
    if (strncmp(name, "spark.yarn.", 11) == 0) {
        spk_submission_note(run, path, "left out: it means something to YARN only");
        return;
    }
    name = pod_property(run, path, name);
    if (name)
        spk_submission_put_at(run, path, name, value);
}

/* The texts of a map: that others are none is told with the map's own row. */
static const json_t *map_of(const struct spk_submission_run *run, const char *field)
{
    const json_t *map = json_object_get(run->app->spec, field);

    return json_is_object(map) ? map : NULL;
}

void spk_submission_conf(struct spk_submission_run *run)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)map_of(run, "sparkConf"), key, value)
    {
        if (json_is_string(value))
            put_conf(run, spk_submission_text(run, "spec.sparkConf.%s", key), key,
                     spk_json_str(value));
    }
    json_object_foreach((json_t *)map_of(run, "hadoopConf"), key, value)
    {
        if (json_is_string(value))
            put_conf(run, spk_submission_text(run, "spec.hadoopConf.%s", key),
                     spk_submission_text(run, "spark.hadoop.%s", key), spk_json_str(value));
    }
}
