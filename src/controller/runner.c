/*
 * One run of spark-submit: its folder, what it is told, what it said.
 */
#include "runner_parts.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/base/text.h"
#include "spk/json/dump.h"

#include <errno.h>
#include <stdio.h>

#define PATH_OF_CHILD "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
/* A JVM lives a few seconds here: it is done before the better compiler and the other collectors
 * pay. Without a ceiling its heap may have a quarter of the node. */
#define JVM           "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData"

/* What begins so is ours alone: credentials, how the child works, what would have it hand a file on
 * or run a tenant's code. spk_submission_make() refuses it all with words; this is for what it may
 * overlook. The fence keeps our files from the child, but not those of its own folder, the token
 * among them. */
static const char *const ours[] = {
    "spark.driver.defaultExtraClassPath",
    "spark.home",
    "spark.jars.ivySettings",
    "spark.jars.packages",
    "spark.kerberos.keytab",
    "spark.kubernetes.authenticate.",
    "spark.kubernetes.context",
    "spark.kubernetes.driver.pod.featureSteps",
    "spark.kubernetes.driver.podTemplateFile",
    "spark.kubernetes.executor.pod.featureSteps",
    "spark.kubernetes.executor.podTemplateFile",
    "spark.kubernetes.file.upload.path",
    "spark.kubernetes.kerberos.krb5.path",
    "spark.kubernetes.submission.",
    "spark.kubernetes.trust.certificates",
    "spark.master",
    "spark.remote",
    "spark.submit.deployMode",
    "spark.yarn.keytab",
};

/* But not these. */
static const char *const theirs[] = {
    "spark.kubernetes.authenticate.driver.serviceAccountName",
    "spark.kubernetes.authenticate.executor.serviceAccountName",
};

struct job {
    const struct spk_submission *submission;
    const struct spk_runner_options *options;
    const struct spk_stop *stop;
    const char *home;
    char *spark;     /* where the home really is */
    char *java_home; /* where java really is */
    struct spk_runner_folder folder;
    json_t *properties;
    char *texts[24]; /* owned: the environment, and what argv needs */
    size_t text_count;
    char **argv; /* its texts are borrowed */
    int fence;
};

static void free_job(struct job *job)
{
    for (size_t i = 0; i < job->text_count; i++)
        free(job->texts[i]);
    free(job->argv);
    free(job->spark);
    free(job->java_home);
    json_decref(job->properties);
    if (job->fence >= 0)
        (void)close(job->fence);
    spk_runner_folder_done(&job->folder);
}

/* Does @version begin with @prefix, to the end of a number of it? */
static bool has_version(struct spk_str version, struct spk_str prefix)
{
    if (!spk_str_starts(version, prefix))
        return false;
    return version.len == prefix.len || !strchr("0123456789", version.ptr[prefix.len]);
}

static int fail_home(const struct spk_runner_options *options, struct spk_str version,
                     struct spk_err *err)
{
    char have[256] = "";
    size_t len = 0;

    for (size_t i = 0; i < options->home_count && len < sizeof(have); i++) {
        int n = snprintf(have + len, sizeof(have) - len, "%s%s", i ? ", " : "",
                         options->homes[i].version);
        len += n > 0 ? (size_t)n : 0;
    }
    return spk_fail(err, SPK_EINVALID,
                    "spec.sparkVersion: found %.*s, expected one that the controller has a Spark "
                    "for, by its --spark-home: %s",
                    (int)spk_runes_cut(version, 32), version.ptr ? version.ptr : "",
                    *have ? have : "none");
}

int spk_runner_home(const char **out, const struct spk_runner_options *options,
                    struct spk_str spark_version, struct spk_err *err)
{
    const struct spk_spark_home *best = NULL;
    size_t best_len = 0;

    if (spark_version.len && spark_version.ptr[0] == 'v')
        spark_version = spk_str_skip(spark_version, 1);
    for (size_t i = 0; i < options->home_count; i++) {
        const struct spk_spark_home *home = &options->homes[i];
        struct spk_str prefix = spk_str(home->version);
        if (home->version && !has_version(spark_version, prefix))
            continue;
        if (!best || prefix.len > best_len) {
            best = home;
            best_len = prefix.len;
        }
    }
    if (!best && spark_version.len == 0 && options->home_count > 0)
        best = &options->homes[0]; /* v1alpha1 names no version: the one that was given first */
    if (!best)
        return fail_home(options, spark_version, err);
    *out = best->path;
    return 0;
}

static int out_of_memory(struct spk_err *err)
{
    return spk_fail(err, SPK_ENOMEM, "out of memory");
}

/* A formatted text that lives as long as the job. */
__attribute__((format(printf, 3, 4))) static const char *
text_of(struct job *job, struct spk_err *err, const char *fmt, ...)
{
    char *text = NULL;
    va_list args;
    int len;

    va_start(args, fmt);
    len = job->text_count < SPK_LEN(job->texts) - 1 ? vasprintf(&text, fmt, args) : -1;
    va_end(args);
    if (len < 0) {
        (void)out_of_memory(err);
        return NULL;
    }
    job->texts[job->text_count++] = text;
    return text;
}

/* The folder above bin/java, as it really is. */
static int find_java(struct job *job, struct spk_err *err)
{
    const char *given = job->options->java_home ? job->options->java_home : getenv("JAVA_HOME");
    SPK_AUTOFREE char *java = NULL;

    if (given && *given)
        job->java_home = realpath(given, NULL);
    else
        java = realpath("/usr/bin/java", NULL);
    if (!java && !(given && *given))
        java = realpath("/usr/local/bin/java", NULL);
    if (java && strlen(java) > 9 && strcmp(java + strlen(java) - 9, "/bin/java") == 0)
        job->java_home = strndup(java, strlen(java) - 9);
    if (job->java_home)
        return 0;
    return spk_fail(err, SPK_EINVALID,
                    "no Java: expected JAVA_HOME, or java in /usr/bin or /usr/local/bin%s%.200s",
                    given ? "; found " : "", given ? given : "");
}

static int find_homes(struct job *job, struct spk_str version, struct spk_err *err)
{
    if (spk_runner_home(&job->home, job->options, version, err))
        return -1;
    job->spark = realpath(job->home, NULL);
    if (!job->spark)
        return spk_fail_sys(err, "--spark-home %s", job->home);
    return find_java(job, err);
}

static bool is_ours(const char *name)
{
    for (size_t i = 0; i < SPK_LEN(theirs); i++) {
        if (strcmp(name, theirs[i]) == 0)
            return false;
    }
    for (size_t i = 0; i < SPK_LEN(ours); i++) {
        if (strncmp(name, ours[i], strlen(ours[i])) == 0)
            return true;
    }
    return false;
}

static int set(struct job *job, const char *name, const char *value, struct spk_err *err)
{
    if (value && json_object_set_new(job->properties, name, json_string(value)) == 0)
        return 0;
    return out_of_memory(err);
}

static int take_theirs(struct job *job, struct spk_err *err)
{
    const char *name;
    json_t *value;

    job->properties = json_object();
    json_object_foreach(job->submission->properties, name, value)
    {
        if (!is_ours(name) && json_object_set(job->properties, name, value))
            return out_of_memory(err);
    }
    return job->properties ? 0 : out_of_memory(err);
}

static int add_template(struct job *job, const json_t *template, const char *role,
                        struct spk_err *err)
{
    SPK_AUTOFREE char *text = NULL;
    size_t len = 0;
    char name[64];
    char file[32];

    if (!template)
        return 0;
    (void)snprintf(name, sizeof(name), "spark.kubernetes.%s.podTemplateFile", role);
    (void)snprintf(file, sizeof(file), "%s.json", role);
    if (spk_json_dump(&text, &len, template, err))
        return -1;
    if (len > SPK_SUBMISSION_FILE_MAX)
        return spk_fail(err, SPK_ETOOBIG, "pod template of the %s: %zu bytes", role, len);
    if (spk_runner_folder_write(&job->folder, file, (struct spk_str){text, len}, err))
        return -1;
    return set(job, name, text_of(job, err, "%s/%s", job->folder.path, file), err);
}

static int add_ours(struct job *job, struct spk_err *err)
{
    if (add_template(job, job->submission->driver_template, "driver", err) ||
        add_template(job, job->submission->executor_template, "executor", err) ||
        set(job, "spark.submit.deployMode", "cluster", err) ||
        set(job, "spark.kubernetes.submission.waitAppCompletion", "false", err))
        return -1;
    return spk_runner_cluster(job->properties, &job->folder, job->options->cluster, job->stop, err);
}

static int write_properties(struct job *job, struct spk_err *err)
{
    struct spk_buf buf;
    int rc;

    spk_buf_init(&buf, SPK_SUBMISSION_FILE_MAX);
    rc = spk_runner_properties(&buf, job->properties, err);
    if (rc == 0)
        rc = spk_runner_folder_write(&job->folder, "spark.properties",
                                     (struct spk_str){buf.ptr, buf.len}, err);
    spk_buf_done(&buf);
    return rc;
}

static int fill_folder(struct job *job, struct spk_err *err)
{
    static const char *const subs[] = {"conf", "home", "tmp"};

    if (spk_runner_folder_make(&job->folder, job->options->work_folder, err))
        return -1;
    for (size_t i = 0; i < SPK_LEN(subs); i++) {
        if (spk_runner_folder_sub(&job->folder, subs[i], err))
            return -1;
    }
    return take_theirs(job, err) || add_ours(job, err) || write_properties(job, err) ? -1 : 0;
}

/* Classes for which the launcher takes options even from behind the application's file
 * (SparkSubmitCommandBuilder.specialClasses); none of them runs in cluster mode. */
static bool is_special(const char *class_name)
{
    static const char *const special[] = {
        "org.apache.spark.repl.Main",
        "org.apache.spark.sql.application.ConnectRepl",
        "org.apache.spark.sql.hive.thriftserver.SparkSQLCLIDriver",
        "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2",
        "org.apache.spark.sql.connect.service.SparkConnectServer",
    };

    for (size_t i = 0; i < SPK_LEN(special); i++) {
        if (strcmp(special[i], class_name) == 0)
            return true;
    }
    return false;
}

static const char *argument(const struct job *job, size_t i)
{
    const json_t *text = json_array_get(job->submission->arguments, i);
    const char *value = json_string_value(text);

    return value && strlen(value) == json_string_length(text) ? value : NULL;
}

/* An option that may be on the command line, where it would win over our properties. */
static int check_option(const struct job *job, size_t i, struct spk_err *err)
{
    const char *option = argument(job, i);
    const char *value = argument(job, i + 1);

    if (!option || !value)
        return spk_fail(err, SPK_EINVALID, "argument %zu: expected a text without NUL", i);
    if (strcmp(option, "--class") != 0 && strcmp(option, "--name") != 0 &&
        strcmp(option, "--proxy-user") != 0) {
        return spk_fail(err, SPK_EINVALID,
                        "argument %zu: expected --class, --name, --proxy-user or the application's "
                        "file, found another option",
                        i);
    }
    if (strcmp(option, "--class") == 0 && is_special(value))
        return spk_fail(err, SPK_EINVALID, "class %s does not run in cluster mode", value);
    return 0;
}

static int check_arguments(const struct job *job, struct spk_err *err)
{
    size_t count = json_array_size(job->submission->arguments);
    size_t i = 0;

    for (; i < count && argument(job, i) && argument(job, i)[0] == '-'; i += 2) {
        if (check_option(job, i, err))
            return -1;
    }
    if (i >= count || !argument(job, i) || !*argument(job, i))
        return spk_fail(err, SPK_EINVALID, "argument %zu: expected the application's file", i);
    for (; i < count; i++) {
        if (!argument(job, i))
            return spk_fail(err, SPK_EINVALID, "argument %zu: expected a text without NUL", i);
    }
    return 0;
}

static int make_argv(struct job *job, struct spk_err *err)
{
    const char *program = text_of(job, err, "%s/bin/spark-submit", job->spark);
    const char *file = text_of(job, err, "%s/spark.properties", job->folder.path);
    size_t count = json_array_size(job->submission->arguments);
    const char **argv = calloc(count + 6, sizeof(*argv));

    job->argv = (char **)argv;
    if (!argv || !program || !file)
        return out_of_memory(err);
    argv[0] = program;
    argv[1] = "--properties-file";
    argv[2] = file;
    argv[3] = "--deploy-mode";
    argv[4] = "cluster";
    for (size_t i = 0; i < count; i++)
        argv[5 + i] = argument(job, i);
    return 0;
}

static int add_jvm(struct job *job, struct spk_err *err)
{
    const char *folder = job->folder.path;

    return text_of(job, err, "SPARK_LAUNCHER_OPTS=" JVM) &&
                   text_of(job, err,
                           "SPARK_SUBMIT_OPTS=-Xmx256m " JVM " \"-Djava.io.tmpdir=%s/tmp\" "
                           "\"-Duser.home=%s/home\"",
                           folder, folder)
               ? 0
               : -1;
}

/* The whole of it. Nothing that fabric8 would look for by itself; names of C.UTF-8, or arguments
 * that are not ASCII would arrive as question marks; no look at the node's own address. */
static int make_env(struct job *job, struct spk_err *err)
{
    static const char *const fixed[] = {
        PATH_OF_CHILD,
        "LC_ALL=C.UTF-8",
        "SPARK_LOCAL_IP=127.0.0.1",
        "KUBERNETES_AUTH_TRYKUBECONFIG=false",
        "KUBERNETES_AUTH_TRYSERVICEACCOUNT=false",
        /* By HTTP/2 a 401 can look like a reset stream: the API server does not read the body. */
        "HTTP2_DISABLE=true",
    };
    const char *folder = job->folder.path;
    const char *proxy = job->options->cluster->proxy;

    for (size_t i = 0; i < SPK_LEN(fixed); i++) {
        if (!text_of(job, err, "%s", fixed[i]))
            return -1;
    }
    if (!text_of(job, err, "SPARK_HOME=%s", job->spark) ||
        !text_of(job, err, "JAVA_HOME=%s", job->java_home) ||
        !text_of(job, err, "SPARK_CONF_DIR=%s/conf", folder) ||
        !text_of(job, err, "HOME=%s/home", folder) || !text_of(job, err, "TMPDIR=%s/tmp", folder))
        return -1;
    if (proxy && !text_of(job, err, "HTTPS_PROXY=%s", proxy))
        return -1;
    return add_jvm(job, err);
}

static int prepare(struct job *job, struct spk_str version, struct spk_err *err)
{
    if (check_arguments(job, err) || find_homes(job, version, err) || fill_folder(job, err) ||
        make_argv(job, err))
        return -1;
    return spk_runner_fence(&job->fence, &job->folder,
                            (const char *const[]){job->spark, job->java_home, NULL}, err);
}

/* Runs the child with the texts behind @first as its environment. */
static int run_child(struct spk_run *run, const struct job *job, size_t first,
                     struct spk_runner_output *output, struct spk_err *err)
{
    int64_t deadline_ms = job->options->deadline_ms;

    return spk_runner_child(run, output,
                            &(struct spk_runner_child){
                                .path = job->argv[0],
                                .argv = job->argv,
                                .env = job->texts + first,
                                .folder = job->folder.path,
                                .fence = job->fence,
                                .deadline_ms = deadline_ms ? deadline_ms : SPK_RUNNER_MS,
                                .stop = job->stop,
                            },
                            err);
}

static int tell(struct spk_run *run, const struct spk_runner_output *output, struct spk_err *err)
{
    struct spk_buf text;

    spk_buf_init(&text, SPK_CHILD_HEAD_MAX + SPK_CHILD_TAIL_MAX + 64);
    if (run->exited && run->status == 0)
        return 0;
    if (spk_runner_output_text(&text, output, err))
        return -1;
    spk_runner_message(run->message, sizeof(run->message), (struct spk_str){text.ptr, text.len});
    spk_buf_done(&text);
    return 0;
}

static int run_job(struct spk_run *run, struct job *job, struct spk_str version,
                   struct spk_err *err)
{
    SPK_CLEANUP(spk_runner_output_done) struct spk_runner_output output = {0};
    size_t first;

    if (prepare(job, version, err))
        return -1;
    first = job->text_count;
    if (make_env(job, err) || spk_runner_output_init(&output, err) ||
        run_child(run, job, first, &output, err))
        return -1;
    return tell(run, &output, err);
}

int spk_runner_run(struct spk_run *out, const struct spk_submission *submission,
                   struct spk_str spark_version, const struct spk_runner_options *options,
                   const struct spk_stop *stop, struct spk_err *err)
{
    struct job job = {
        .submission = submission,
        .options = options,
        .stop = stop,
        .folder = {.fd = -1},
        .fence = -1,
    };

    int rc;

    *out = (struct spk_run){0};
    rc = run_job(out, &job, spark_version, err);
    free_job(&job);
    return rc;
}
