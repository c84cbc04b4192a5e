#include "webhook/lint/lint.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/base/text.h"
#include "spk/cli/flags.h"
#include "spk/cli/process.h"
#include "spk/json/place.h"
#include "spk/json/walk.h"
#include "spk/json/yaml.h"
#include "webhook/input.h"
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
             "SparkApplications, spark-defaults.conf and other files of Spark properties; -: "
             "standard input",
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

/* What follows "YAML line 3 column 7: ", or "JSON line ..." of a message; NULL when it has no such
 * beginning. */
static const char *skip_place(const char *message, size_t *line, size_t *column)
{
    static const char line_word[] = " line ";
    static const char column_word[] = " column ";
    const char *at = message + strcspn(message, " ");
    char *end;

    if (strncmp(at, line_word, strlen(line_word)) != 0)
        return NULL;
    *line = strtoul(at + strlen(line_word), &end, 10);
    if (strncmp(end, column_word, strlen(column_word)) != 0)
        return NULL;
    *column = strtoul(end + strlen(column_word), &end, 10);
    return strncmp(end, ": ", 2) == 0 ? end + 2 : NULL;
}

/* A fault of the file itself, without the place that its message begins with. */
static int add_broken(struct spk_lint *lint, size_t offset, const struct spk_err *err)
{
    size_t line = 0;
    size_t column = 0;
    const char *text = skip_place(err->msg, &line, &column);

    if (text && strncmp(err->msg, "YAML", 4) == 0)
        offset = spk_lint_offset_of(&lint->source, line, column);
    spk_lint_findf(
        lint->findings,
        (struct spk_lint_finding){.file = lint->source.name, .offset = offset, .error = true},
        "%.*s%s%s", text ? 4 : 0, err->msg, text ? ": " : "", text ? text : err->msg);
    return 1;
}

/* What is wrong with a file is found (1); what is wrong with us is an error (-1). */
static int broken_or_failed(struct spk_lint *lint, size_t offset)
{
    return lint->err->code == SPK_EPARSE ? add_broken(lint, offset, lint->err) : -1;
}

/* One of several JSON documents in a file. */
struct slice {
    struct spk_lint_source *source;
    size_t base;
};

static void mark_in_slice(void *arg, const json_t *value, size_t offset)
{
    const struct slice *slice = arg;

    spk_lint_mark(slice->source, value, slice->base + offset);
}

static int read_json(json_t *documents, struct spk_lint *lint)
{
    struct spk_str rest = lint->source.text;

    while (rest.len && strspn(rest.ptr, " \t\r\n") < rest.len) {
        struct spk_str text = {rest.ptr, spk_json_document_len(rest)};
        struct slice slice = {&lint->source, (size_t)(rest.ptr - lint->source.text.ptr)};
        json_t *document = NULL;
        size_t stopped;
        if (spk_json_parse_at(&document, &stopped, text.ptr, text.len, lint->err))
            return broken_or_failed(lint, slice.base + stopped - 1);
        spk_json_places(document, text, mark_in_slice, &slice);
        if (json_array_append_new(documents, document))
            return spk_fail(lint->err, SPK_ENOMEM, "out of memory");
        rest = spk_str_skip(rest, text.len);
    }
    return 0;
}

static int read_yaml(json_t *documents, struct spk_lint *lint)
{
    json_auto_t *all = NULL;

    if (spk_yaml_parse_all(&all, lint->source.text.ptr, lint->source.text.len, spk_lint_mark,
                           &lint->source, lint->err))
        return broken_or_failed(lint, 0);
    if (json_array_extend(documents, all))
        return spk_fail(lint->err, SPK_ENOMEM, "out of memory");
    return 0;
}

static int lint_documents(struct spk_lint *lint, bool json)
{
    json_auto_t *documents = json_array();
    size_t i;
    json_t *document;
    int rc;

    if (!documents)
        return spk_fail(lint->err, SPK_ENOMEM, "out of memory");
    rc = json ? read_json(documents, lint) : read_yaml(documents, lint);
    if (rc)
        return rc;
    json_array_foreach(documents, i, document)
    {
        if (spk_lint_document(lint, document))
            return -1;
    }
    return 0;
}

static int lint_properties(struct spk_lint *lint)
{
    size_t stopped;

    return spk_lint_properties(lint, &stopped) ? broken_or_failed(lint, stopped) : 0;
}

static bool ends(const char *name, const char *suffix)
{
    return spk_str_ends(spk_str(name), spk_str(suffix));
}

/* The first line that is neither blank nor a comment. */
static struct spk_str first_line(struct spk_str text)
{
    struct spk_str line = {0};

    while (text.len) {
        const char *end = memchr(text.ptr, '\n', text.len);
        line = (struct spk_str){text.ptr, end ? (size_t)(end - text.ptr) : text.len};
        text = spk_str_skip(text, line.len + (end != NULL));
        while (line.len && strchr(" \t\r\f", *line.ptr))
            line = spk_str_skip(line, 1);
        if (line.len && *line.ptr != '#' && *line.ptr != '!')
            return line;
    }
    return (struct spk_str){0};
}

/* "key: value", "- item", "---", where properties have "spark.x value", "spark.x=value". */
static bool looks_like_yaml(struct spk_str text)
{
    struct spk_str line = first_line(text);
    size_t word = 0;

    while (word < line.len && !strchr(" \t\r:=", line.ptr[word]))
        word++;
    if (word == 0 || spk_str_starts(line, SPK_LIT("spark.")))
        return false;
    return *line.ptr == '-' || *line.ptr == '%' ||
           (word < line.len && line.ptr[word] == ':' &&
            (word + 1 == line.len || strchr(" \t\r", line.ptr[word + 1])));
}

/* By its name where that says it, else by how it begins. */
static int lint_text(struct spk_lint *lint, const char *file)
{
    struct spk_str text = lint->source.text;
    size_t blank = text.len ? strspn(text.ptr, " \t\r\n") : 0;

    if (text.len == 0 || ends(file, ".properties") || ends(file, ".conf"))
        return lint_properties(lint);
    if (ends(file, ".yaml") || ends(file, ".yml"))
        return lint_documents(lint, false);
    if (blank < text.len && strchr("{[", text.ptr[blank]))
        return lint_documents(lint, true);
    if (looks_like_yaml(text))
        return lint_documents(lint, false);
    return lint_properties(lint);
}

/* Return: 0; 1 for a file that is no use, of which the findings say why; -1 */
static int lint_file(struct spk_lint_findings *findings, const struct options *options,
                     const char *file, struct spk_err *err)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf buf;
    struct spk_lint lint = {
        .policy = {.version = SPK_VERSION,
                   .prefix = options->annotation_prefix,
                   .warn_on_unknown_field = options->on_unknown_field == 1},
        .source = {.name = strcmp(file, "-") == 0 ? "<stdin>" : file},
        .findings = findings,
        .err = err,
    };
    int rc;

    spk_buf_init(&buf, SPK_FILE_MAX);
    if (spk_input_read(&buf, file, err))
        return -1;
    lint.source.text = (struct spk_str){buf.ptr, buf.len};
    lint.kept = json_array();
    rc = lint.kept ? lint_text(&lint, file) : spk_fail(err, SPK_ENOMEM, "out of memory");
    if (findings->broken || lint.source.broken)
        rc = spk_fail(err, SPK_ENOMEM, "out of memory");
    spk_lint_close(findings, &lint.source);
    spk_lint_source_done(&lint.source);
    json_decref(lint.kept);
    return rc < 0 ? spk_fail_in(err, "%s", file) : rc;
}

static int fail(struct spk_err *err)
{
    spk_one_line(err->msg); /* it may quote the input */
    (void)fprintf(stderr, "spark-webhook lint: %s\n", err->msg);
    return EXIT_UNUSABLE;
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
    bool unusable = false;

    spk_lint_findings_init(&findings);
    for (size_t i = 0; i < options->files.count; i++) {
        struct spk_err err;
        int rc = lint_file(&findings, options, options->files.items[i], &err);
        if (rc < 0)
            (void)fail(&err);
        unusable = unusable || rc;
    }
    if (print(&findings, options->output) || unusable)
        return EXIT_UNUSABLE;
    return findings.errors || (options->strict && findings.warnings) ? EXIT_FOUND : EXIT_CLEAN;
}

static void usage(void)
{
    (void)puts("usage: spark-webhook lint [FLAG...] FILE...\n\n"
               "Checks, without a cluster, the annotations that files give Spark pods, and\n"
               "prints FILE:LINE:COLUMN: error|warning: KEY: what is wrong. An error is what\n"
               "would have a pod denied or an annotation never reach one, a warning what the\n"
               "pod would be created with. Exit code: 0 nothing of class error, 1 errors, 2\n"
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
    (void)fail(&err);
    (void)fputs("see spark-webhook lint --help\n", stderr);
    return EXIT_UNUSABLE;
}
