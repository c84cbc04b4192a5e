#include "submission_run.h"

#include "spk/json/walk.h"

/* What spark-submit would obey in the controller's pod, with the controller's files. '*' stands for
 * anything. */
static const struct row {
    const char *name;
    const char *why;
} refused[] = {
    {"spark.master",                         "the controller says where the cluster is"           },
    {"spark.submit.*",                       "it says how spark-submit itself works"              },
    {"spark.kubernetes.authenticate.*",
     "it names credentials: use driver.serviceAccount and executor.serviceAccount"                },
    {"spark.kubernetes.context",
     "it would have spark-submit choose among the controller's credentials"                       },
    {"spark.kubernetes.*context",
     "it would have spark-submit choose among the controller's credentials"                       },
    {"spark.kubernetes.trust.certificates",  "the controller says how to reach the cluster"       },
    {"spark.kubernetes.*trust.certificates", "the controller says how to reach the cluster"       },
    {"spark.kubernetes.file.upload.path",    "spark-submit would upload files of the controller's"},
    {"spark.kubernetes.*file.upload.path",   "spark-submit would upload files of the controller's"},
    {"spark.kubernetes.kerberos.*path",      "spark-submit would read a file of the controller's" },
    {"spark.kerberos.keytab",                "spark-submit would read a file of the controller's" },
    {"spark.kubernetes.*podTemplateFile",
     "spark-submit would read a file of the controller's: use driver.template and "
     "executor.template"                                                                          },
    {"spark.kubernetes.*featureSteps",       "it names classes that spark-submit would run"       },
    {"spark.jars.ivySettings",               "spark-submit would read a file of the controller's" },
    {"spark.kubernetes.driver.master",       "use driver.kubernetesMaster"                        },
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
        if (matches(refused[i].name, name)) {
            spk_submission_fault(run, path, "refused: %s", refused[i].why);
            return true;
        }
    }
    return false;
}

/* Properties that are lists of files, which spark-submit looks at. */
static void check_files(struct spk_submission_run *run, const char *path, struct spk_str name,
                        struct spk_str value)
{
    static const char *const names[] = {"spark.jars", "spark.files", "spark.archives"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (spk_str_is(name, names[i]))
            spk_submission_uris(run, path, value);
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
    check_files(run, path, spk_str(name), value);
    name = pod_property(run, path, name);
    if (name)
        spk_submission_put(run, name, value);
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
