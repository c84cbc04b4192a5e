#include "controller/install/manifest.h"

#include "controller/options.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/base/text.h"
#include "spk/cli/image.h"
#include "spk/cli/objects.h"
#include "spk/cli/process.h"
#include "spk/cli/program.h"
#include "spk/k8s/name.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>

extern const struct spk_embedded spk_controller_texts[]; /* cmake/embed.cmake */

/* Beside the children: the caches of 1,000 applications and their pods. */
#define OWN_MI   128
/* What a spark-submit takes, and room. */
#define CHILD_MI 350

struct install {
    /* as told */
    const char *namespace_;
    const char *name;
    const char *image;
    const char *priority_class; /* NULL: none */
    const char *label_selector; /* NULL: none */
    const char *driver_account;
    const char *directory; /* NULL: standard output */
    struct spk_flag_list job_namespaces;
    struct spk_flag_list pull_secrets;
    struct spk_flag_list run_flags;
    bool existing_namespace;
    bool v1alpha1;
    int64_t replicas;
    int64_t health_port;
    int64_t submission_threads;
    int log_level;

    /* as the texts ask */
    const char *log_level_text;
    bool lacks_image; /* none was given: @image stands in for it */
    bool makes_namespace;
    bool everywhere;
    bool has_priority_class;
    bool has_pull_secrets;
    bool has_label_selector;
    bool several; /* replicas */
    int64_t memory_request;
    int64_t memory_limit;
    struct spk_flag_list files; /* of a kustomization */
};

#define FIELD(member) offsetof(struct install, member)

/* It stands in single quotes of YAML. */
static const char *run_flag_fault(struct spk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!isprint((unsigned char)text.ptr[i]) || text.ptr[i] == '\'')
            return "a flag of run in ASCII without ', as in --resync-interval=5m";
    }
    return NULL;
}

static const struct spk_flag flags[] = {
    {.name = "namespace",
     .arg = "NAME",
     .fallback = "sparkhook",
     .help = "the namespace that it lives in",
     .type = SPK_FLAG_NAME,
     .offset = FIELD(namespace_)},
    {.name = "existing-namespace",
     .help = "leave out the Namespace object; so it is for default and kube-*",
     .type = SPK_FLAG_SWITCH,
     .offset = FIELD(existing_namespace)},
    {.name = "name",
     .arg = "NAME",
     .fallback = "spark-controller",
     .help = "of all its objects, the Lease among them; another name is another instance, for "
             "other namespaces or labels",
     .type = SPK_FLAG_NAME,
     .offset = FIELD(name)},
    {.name = "image",
     .arg = "IMAGE",
     .help = "an image of this program with Java and Spark that the nodes can pull; without it the "
             "objects name sparkhook-controller:dev, which is none",
     .type = SPK_FLAG_TEXT,
     .fault = spk_image_fault,
     .offset = FIELD(image)},
    {.name = "image-pull-secret",
     .arg = "NAME",
     .help = "a Secret with the registry's credentials; may be repeated",
     .type = SPK_FLAG_OBJECTS,
     .offset = FIELD(pull_secrets)},
    {.name = "job-namespace",
     .arg = "NAME",
     .help = "run applications of this namespace, and have permissions in no other: a Role here "
             "instead of the ClusterRole, and an account for drivers; may be repeated",
     .type = SPK_FLAG_OBJECTS,
     .offset = FIELD(job_namespaces)},
    {.name = "namespaces", /* as run has it */
     .arg = "NAME",
     .type = SPK_FLAG_OBJECTS,
     .offset = FIELD(job_namespaces)},
    {.name = "driver-account",
     .arg = "NAME",
     .fallback = "spark",
     .help = "that account, spec.driver.serviceAccount",
     .type = SPK_FLAG_OBJECT,
     .offset = FIELD(driver_account)},
    {.name = "label-selector",
     .arg = "SELECTOR",
     .help = "run only applications with these labels, see run",
     .type = SPK_FLAG_TEXT,
     .fault = spk_selector_fault,
     .offset = FIELD(label_selector)},
    {.name = "v1alpha1",
     .help = "run applications of spark-operator.k8s.io/v1alpha1, too",
     .type = SPK_FLAG_SWITCH,
     .offset = FIELD(v1alpha1)},
    {.name = "submission-threads",
     .arg = "N",
     .fallback = "3",
     .help = "spark-submits at a time; the memory limit follows",
     .type = SPK_FLAG_NUMBER,
     .min = 1,
     .max = 64,
     .offset = FIELD(submission_threads)},
    {.name = "replicas",
     .arg = "N",
     .fallback = "2",
     .help = "pods; one works, the others stand by",
     .type = SPK_FLAG_NUMBER,
     .min = 1,
     .max = 100,
     .offset = FIELD(replicas)},
    {.name = "health-port",
     .arg = "PORT",
     .fallback = "8080",
     .help = "of the pods, for probes and metrics",
     .type = SPK_FLAG_NUMBER,
     .min = 1,
     .max = UINT16_MAX,
     .offset = FIELD(health_port)},
    {SPK_LOG_LEVEL_FLAG(FIELD(log_level))},
    {.name = "priority-class",
     .arg = "NAME",
     .help = "the pods' PriorityClass",
     .type = SPK_FLAG_OBJECT,
     .offset = FIELD(priority_class)},
    {.name = "run-flag",
     .arg = "FLAG",
     .help = "a further flag of run, as in --run-flag=--default-time-to-live-seconds=3600; may be "
             "repeated",
     .type = SPK_FLAG_TEXTS,
     .fault = run_flag_fault,
     .offset = FIELD(run_flags)},
    {.name = "directory",
     .arg = "DIR",
     .help = "write a file for each object and a kustomization.yaml there, instead of printing",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(directory)},
    {.name = "help", .help = "print this", .type = SPK_FLAG_HELP},
};

static const struct spk_variable variables[] = {
    {"name", "", SPK_VARIABLE_TEXT, FIELD(name)},
    {"namespace", "", SPK_VARIABLE_TEXT, FIELD(namespace_)},
    {"image", "", SPK_VARIABLE_TEXT, FIELD(image)},
    {"priority-class", "", SPK_VARIABLE_TEXT, FIELD(priority_class)},
    {"label-selector", "", SPK_VARIABLE_TEXT, FIELD(label_selector)},
    {"driver-account", "", SPK_VARIABLE_TEXT, FIELD(driver_account)},
    {"log-level", "", SPK_VARIABLE_TEXT, FIELD(log_level_text)},
    {"replicas", "", SPK_VARIABLE_NUMBER, FIELD(replicas)},
    {"health-port", "", SPK_VARIABLE_NUMBER, FIELD(health_port)},
    {"submission-threads", "", SPK_VARIABLE_NUMBER, FIELD(submission_threads)},
    {"memory-request", "", SPK_VARIABLE_NUMBER, FIELD(memory_request)},
    {"memory-limit", "", SPK_VARIABLE_NUMBER, FIELD(memory_limit)},
    {"makes-namespace", "", SPK_VARIABLE_SWITCH, FIELD(makes_namespace)},
    {"everywhere", "", SPK_VARIABLE_SWITCH, FIELD(everywhere)},
    {"v1alpha1", "", SPK_VARIABLE_SWITCH, FIELD(v1alpha1)},
    {"several", "", SPK_VARIABLE_SWITCH, FIELD(several)},
    {"has-priority-class", "", SPK_VARIABLE_SWITCH, FIELD(has_priority_class)},
    {"has-pull-secrets", "", SPK_VARIABLE_SWITCH, FIELD(has_pull_secrets)},
    {"has-label-selector", "", SPK_VARIABLE_SWITCH, FIELD(has_label_selector)},
    {"image-pull-secret", "", SPK_VARIABLE_LIST, FIELD(pull_secrets)},
    {"job-namespace", "", SPK_VARIABLE_LIST, FIELD(job_namespaces)},
    {"run-flag", "", SPK_VARIABLE_LIST, FIELD(run_flags)},
    {"file", "", SPK_VARIABLE_LIST, FIELD(files)},
};

/* Of every cluster: others live there, and its labels are not ours to set. */
static bool is_shared(const char *name)
{
    return strcmp(name, "default") == 0 || strncmp(name, "kube-", 5) == 0;
}

static void derive(struct install *it)
{
    it->lacks_image = it->image == NULL;
    it->image = it->image ? it->image : "sparkhook-controller:dev";
    it->log_level_text = spk_log_level_words[it->log_level];
    it->makes_namespace = !it->existing_namespace && !is_shared(it->namespace_);
    it->everywhere = it->job_namespaces.count == 0;
    it->has_priority_class = it->priority_class != NULL;
    it->has_pull_secrets = it->pull_secrets.count;
    it->has_label_selector = it->label_selector != NULL;
    it->several = it->replicas > 1;
    it->memory_request = OWN_MI + CHILD_MI;
    it->memory_limit = OWN_MI + CHILD_MI * it->submission_threads;
}

/* What the Deployment says already. */
static bool is_given(const char *flag)
{
    static const char *const given[] = {
        "--namespaces",     "--label-selector",  "--v1alpha1",    "--submission-threads",
        "--work-folder",    "--leader-election", "--health-port", "--log-level",
        "--health-address", "--kubeconfig",      "--context",     "--help",
    };
    size_t len = strcspn(flag, "=");

    for (size_t i = 0; i < SPK_LEN(given); i++) {
        if (strncmp(flag, given[i], len) == 0 && given[i][len] == '\0')
            return true;
    }
    return strncmp(flag, "--leader-election-lock-", strlen("--leader-election-lock-")) == 0;
}

/* As the pods will read them. */
static int check_run_flags(const struct install *it, struct spk_err *err)
{
    const char *argv[SPK_FLAG_LIST_MAX + 1] = {"run"};
    struct spk_run_options options;
    int rc;

    for (size_t i = 0; i < it->run_flags.count; i++) {
        argv[i + 1] = it->run_flags.items[i];
        if (is_given(argv[i + 1])) {
            return spk_fail(err, SPK_EINVALID,
                            "--run-flag: found '%.*s', which manifest has a flag of its own for, "
                            "or decides",
                            SPK_QUOTE_MAX, argv[i + 1]);
        }
    }
    rc = spk_run_options_parse(&options, (int)it->run_flags.count + 1, (char **)argv, "/opt/spark",
                               err);
    spk_run_options_done(&options);
    return rc == 0 ? 0 : spk_fail_in(err, "--run-flag");
}

static int parse(struct install *it, int argc, char **argv, struct spk_err *err)
{
    int rc = spk_flags_parse(it, flags, SPK_LEN(flags), argc, argv, err);

    if (rc)
        return rc;
    for (size_t i = 0; i < it->job_namespaces.count; i++) {
        const char *name = it->job_namespaces.items[i];
        if (!spk_is_label(spk_str(name))) {
            return spk_fail(err, SPK_EINVALID,
                            "--job-namespace: found '%.*s', expected a namespace's name",
                            SPK_QUOTE_MAX, name);
        }
    }
    derive(it);
    return check_run_flags(it, err);
}

static void help(void)
{
    (void)fputs("usage: spark-controller manifest [FLAG...]\n\n"
                "Prints the objects that install the controller on a cluster, in the order in\n"
                "which they are applied; the definitions of SparkApplication come first:\n"
                "spark-controller crds --apply\n"
                "spark-controller manifest --image=... | kubectl apply -f -\n\n",
                stdout);
    spk_flags_help(stdout, flags, SPK_LEN(flags));
}

static int fail(struct spk_err *err, int code)
{
    spk_one_line(err->msg); /* it may quote an argument */
    (void)fprintf(stderr, "spark-controller manifest: %s\n", err->msg);
    if (code == SPK_EXIT_USAGE)
        (void)fputs("see spark-controller manifest --help\n", stderr);
    return code;
}

static int make(struct install *it, struct spk_err *err)
{
    const struct spk_objects objects = {
        .program = "spark-controller",
        .texts = spk_controller_texts,
        .variables = variables,
        .count = SPK_LEN(variables),
        .values = it,
        .files = &it->files,
        .directory = it->directory,
    };

    if (it->directory)
        return spk_objects_write(&objects, err);
    if (spk_objects_print(&objects, err))
        return -1;
    if (it->lacks_image) {
        (void)fprintf(stderr,
                      "spark-controller manifest: no --image: the objects name %s, which no "
                      "cluster can pull (to delete them it does not matter)\n",
                      it->image);
    }
    return 0;
}

int spk_controller_manifest_main(int argc, char **argv)
{
    struct install it = {0};
    struct spk_err err = {0};
    int rc = parse(&it, argc, argv, &err);

    if (rc < 0)
        return fail(&err, SPK_EXIT_USAGE);
    if (rc > 0)
        help();
    else if (make(&it, &err))
        return fail(&err, SPK_EXIT_BROKEN);
    return spk_process_printed() ? SPK_EXIT_OK : SPK_EXIT_BROKEN;
}
