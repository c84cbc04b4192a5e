/*
 * What an application is made of.
 *
 * spark-submit in cluster mode fetches packages with Ivy, puts them on its own class path, and has
 * the storage of each file beyond local:, http:, https: and ftp: list it, with classes and
 * addresses that the tenant's Hadoop properties name (SparkSubmit.prepareSubmitEnvironment,
 * DependencyUtils.resolveGlobPath): code and requests of a tenant, in the controller's process. The
 * driver does all of it again. So those lists go to the driver alone, as options of its own: Spark
 * adds its arguments to those of the template's container (DriverCommandFeatureStep addToArgs), the
 * first of them "driver", which the image's entry point removes at the front and which here is the
 * value of --queue, a word that only YARN listens to.
 */
#include "submission_run.h"

#include "spk/json/walk.h"

static const struct dep {
    const char *field;
    const char *property;
    const char *option;
    bool uris;
} deps[] = {
    {"jars", "spark.jars", "--jars", true},
    {"files", "spark.files", "--files", true},
    {"pyFiles", "spark.submit.pyFiles", "--py-files", true},
    {"archives", "spark.archives", "--archives", true},
    {"packages", "spark.jars.packages", "--packages", false},
    {"excludePackages", "spark.jars.excludes", "--exclude-packages", false},
    {"repositories", "spark.jars.repositories", "--repositories", false},
};

struct files {
    struct spk_submission_run *run;
    struct spk_str main;
    json_t *options; /* for the driver alone; owned */
};

static struct spk_str text_of(const struct spk_submission_run *run, const char *field)
{
    return spk_json_str(json_object_get(run->app->spec, field));
}

static bool ends(struct spk_str text, const char *end)
{
    return spk_str_ends(text, spk_str(end));
}

/* Whose code spark-submit takes for a script: SparkSubmit.isPython, isR. */
static bool is_script(struct spk_str file)
{
    return ends(file, ".py") || ends(file, ".R") || ends(file, ".r");
}

static bool is_internal(struct spk_str file)
{
    return spk_str_is(file, "spark-internal");
}

static void append(struct files *files, struct spk_str text)
{
    spk_submission_append(files->run, files->options, spk_json_string(text));
}

/* spark-submit adds the application to spark.jars, which this option replaces. */
static struct spk_str with_main(const struct files *files, const struct dep *dep,
                                struct spk_str list)
{
    if (strcmp(dep->field, "jars") != 0 || files->main.len == 0 || is_script(files->main) ||
        is_internal(files->main))
        return list;
    return spk_str(
        spk_submission_text(files->run, "%.*s,%.*s", SPK_ARG(list), SPK_ARG(files->main)));
}

/* What the field says, else sparkConf. */
static void put_dep(struct files *files, const struct dep *dep)
{
    struct spk_submission_run *run = files->run;
    const json_t *given = json_object_get(json_object_get(run->app->spec, "deps"), dep->field);
    const char *path = spk_submission_text(run, "spec.deps.%s", dep->field);
    struct spk_str list = spk_submission_join(run, given);
    bool alone;

    if (list.len)
        spk_submission_put_field(run, path, dep->property, list);
    else
        path = spk_submission_text(run, "spec.sparkConf.%s", dep->property);
    list = spk_submission_get(run, dep->property);
    if (list.len == 0)
        return;
    alone = dep->uris && spk_submission_uris(run, path, list);
    if (alone)
        return;
    append(files, spk_str(dep->option));
    append(files, with_main(files, dep, list));
    (void)json_object_del(run->out->properties, dep->property);
}

/* The template's container that Spark takes: the one that has the name, else the first. */
static json_t *spark_container(struct spk_submission_run *run)
{
    json_t *containers =
        spk_submission_array_at(run, run->roles[SPK_DRIVER].pod, "spec.containers");
    struct spk_str name =
        spk_submission_get(run, "spark.kubernetes.driver.podTemplateContainerName");

    for (size_t i = 0; i < json_array_size(containers); i++) {
        json_t *container = json_array_get(containers, i);
        struct spk_str has = spk_json_str(json_object_get(container, "name"));
        if (spk_str_eq(has, name.len ? name : SPK_LIT("spark-kubernetes-driver")))
            return container;
    }
    if (json_array_size(containers) == 0)
        spk_submission_append(run, containers,
                              json_pack("{s:s}", "name", "spark-kubernetes-driver"));
    return json_array_get(containers, 0);
}

static void give_options(struct files *files)
{
    struct spk_submission_run *run = files->run;
    json_t *container = spark_container(run);
    json_t *args;

    if (!json_is_object(container))
        return; /* a fault of the template's, told by the API server */
    if (json_array_size(json_object_get(container, "args"))) {
        spk_submission_fault(run, "spec.driver.template",
                             "args of the Spark container: the dependencies need them, and Spark "
                             "adds its own");
        return;
    }
    args = json_pack("[s]", "driver");
    if (!args || json_array_extend(args, files->options))
        run->no_memory = true;
    spk_submission_append(run, args, json_string("--queue"));
    spk_submission_set(run, container, "args", args);
}

static void argue(struct spk_submission_run *run, struct spk_str text)
{
    spk_submission_append(run, run->out->arguments, spk_json_string(text));
}

/* What stands first behind spark-submit's options is the application. */
static void put_main(struct files *files)
{
    static const char path[] = "spec.mainApplicationFile";
    struct spk_submission_run *run = files->run;
    const char *reason = spk_submission_value_fault(SPK_LIT("spark.jars"), files->main);

    if (reason) /* spark-submit adds it to that property */
        spk_submission_fault(run, path, "refused: %s", reason);
    if (files->main.len == 0)
        spk_submission_fault(run, path, "missing: the jar, .py or .R file of the application");
    else if (is_internal(files->main) || spk_submission_uri(run, path, files->main))
        argue(run, files->main);
    if (files->main.len && !is_script(files->main) && text_of(run, "mainClass").len == 0) {
        spk_submission_fault(run, "spec.mainClass",
                             "missing: spark-submit would look for it in the jar, with the "
                             "controller's rights (a script's name ends in .py or .R)");
    }
}

void spk_submission_files(struct spk_submission_run *run)
{
    struct files files = {
        .run = run, .main = text_of(run, "mainApplicationFile"), .options = json_array()};
    struct spk_str main_class = text_of(run, "mainClass");
    struct spk_str proxy_user = text_of(run, "proxyUser");
    const json_t *arguments = json_object_get(run->app->spec, "arguments");

    run->no_memory = run->no_memory || !files.options;
    for (size_t i = 0; i < sizeof(deps) / sizeof(deps[0]); i++)
        put_dep(&files, &deps[i]);
    if (json_array_size(files.options))
        give_options(&files);
    if (main_class.len) {
        argue(run, SPK_LIT("--class"));
        argue(run, main_class);
    }
    if (proxy_user.len) {
        argue(run, SPK_LIT("--proxy-user"));
        argue(run, proxy_user);
    }
    put_main(&files);
    for (size_t i = 0; i < json_array_size(arguments); i++)
        argue(run, spk_json_str(json_array_get(arguments, i)));
    json_decref(files.options);
}
