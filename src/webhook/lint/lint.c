#include "webhook/lint/lint.h"

#include "spk/base/cleanup.h"
#include "spk/base/text.h"
#include "spk/cli/flags.h"
#include "spk/cli/process.h"
#include "spk/json/walk.h"
#include "webhook/lint/parts.h"
#include "webhook/prefix.h"

enum { EXIT_CLEAN = 0, EXIT_FOUND = 1, EXIT_UNUSABLE = 2 };

enum output { OUTPUT_TEXT, OUTPUT_JSON };

struct options {
    struct spk_flag_files files;
    const char *annotation_prefix;
    int on_unknown_field;
    int output;
    bool strict;
};

static const char *const on_unknown_fields[] = {"deny", "warn", NULL};
static const char *const outputs[] = {"text", "json", NULL};

static const struct spk_flag flags[] = {
    {.name = "FILE...",
     .help = "pods and what holds templates of them (YAML or JSON), AdmissionReviews, "
             "SparkApplications, spark-defaults.conf and other files of Spark properties, scripts "
             "with spark-submit, folders of such files; -: standard input",
     .type = SPK_FLAG_FILES,
     .offset = offsetof(struct options, files)},
    {.name = "strict",
     .help = "warnings count as well for the exit code",
     .type = SPK_FLAG_SWITCH,
     .offset = offsetof(struct options, strict)},
    {.name = "output",
     .arg = "text|json",
     .fallback = "text",
     .help = "a line for each finding, or one JSON document",
     .type = SPK_FLAG_WORD,
     .words = outputs,
     .offset = offsetof(struct options, output)},
    SPK_ANNOTATION_PREFIX_FLAG(offsetof(struct options, annotation_prefix)),
    {.name = "on-unknown-field",
     .arg = "deny|warn",
     .fallback = "deny",
     .help = "what a field of an overlay is that Kubernetes 1.36 does not have: an error, as the "
             "webhook denies the pod, or a warning",
     .type = SPK_FLAG_WORD,
     .words = on_unknown_fields,
     .offset = offsetof(struct options, on_unknown_field)},
    {.name = "help", .help = "print this", .type = SPK_FLAG_HELP},
};

static void fail(struct spk_err *err)
{
    spk_one_line(err->msg); /* it may quote the input */
    (void)fprintf(stderr, "spark-webhook lint: %s\n", err->msg);
}

static int print(const struct spk_lint_findings *findings, int output)
{
    json_auto_t *json = NULL;

    if (output == OUTPUT_TEXT) {
        spk_lint_print_text(stdout, findings);
        return spk_process_printed() ? 0 : -1;
    }
    json = spk_lint_json(findings);
    /* json_dumps() would leave out a member's name that it has no memory for. */
    if (!json || (json_dumpf(json, stdout, JSON_INDENT(2)) && !ferror(stdout))) {
        (void)fputs("spark-webhook lint: out of memory\n", stderr);
        return -1;
    }
    (void)putchar('\n');
    return spk_process_printed() ? 0 : -1;
}

/* A file that can't be read does not keep the others from being looked at. */
static int lint(const struct options *options)
{
    SPK_CLEANUP(spk_lint_findings_done) struct spk_lint_findings findings;
    const struct spk_policy policy = {.version = SPK_VERSION,
                                      .prefix = options->annotation_prefix,
                                      .warn_on_unknown_field = options->on_unknown_field == 1};
    bool unusable = false;

    spk_lint_findings_init(&findings);
    for (size_t i = 0; i < options->files.count; i++) {
        const char *file = options->files.items[i];
        bool folder = spk_lint_is_folder(file);
        struct spk_err err = {0};
        int rc = folder ? spk_lint_folder(&findings, &policy, file, fail, &err)
                        : spk_lint_file(&findings, &policy, file, NULL, &err);
        if (rc < 0)
            fail(&err);
        unusable = unusable || rc;
    }
    if (print(&findings, options->output) || unusable)
        return EXIT_UNUSABLE;
    return findings.errors || (options->strict && findings.warnings) ? EXIT_FOUND : EXIT_CLEAN;
}

static void usage(void)
{
    (void)puts("usage: spark-webhook lint [FLAG...] FILE...\n\n"
               "Checks, without a cluster, SparkApplications and the annotations that files\n"
               "give Spark pods, and prints FILE:LINE:COLUMN: error|warning: KEY: what is\n"
               "wrong. An error is what would have a pod or an application denied or an\n"
               "annotation never reach a pod, a warning what it would be created with, and a\n"
               "file with nothing to check. Exit code: 0 nothing of class error, 1 errors, 2\n"
               "files that can't be read.\n");
    spk_flags_help(stdout, flags, SPK_LEN(flags));
}

int spk_lint_main(int argc, char **argv)
{
    struct options options = {0};
    struct spk_err err;
    int rc = spk_flags_parse(&options, flags, SPK_LEN(flags), argc, argv, &err);

    if (rc > 0) {
        usage();
        return spk_process_printed() ? EXIT_CLEAN : EXIT_UNUSABLE;
    }
    if (rc == 0 && options.files.count == 0)
        rc = spk_fail(&err, SPK_EINVALID, "expected at least one FILE; - is standard input");
    if (rc == 0)
        return lint(&options);
    fail(&err);
    (void)fputs("see spark-webhook lint --help\n", stderr);
    return EXIT_UNUSABLE;
}
