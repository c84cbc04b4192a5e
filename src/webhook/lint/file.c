#include "webhook/lint/parts.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/base/text.h"
#include "spk/json/place.h"
#include "spk/json/walk.h"
#include "spk/json/yaml.h"
#include "webhook/input.h"

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

static bool looks_like_script(struct spk_str text)
{
    struct spk_str line = {text.ptr, text.len ? strcspn(text.ptr, "\n") : 0};

    return spk_str_starts(line, SPK_LIT("#!")) && memmem(line.ptr, line.len, "sh", 2);
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
    if (ends(file, ".sh") || looks_like_script(text))
        return spk_lint_script(lint);
    if (blank < text.len && strchr("{[", text.ptr[blank]))
        return lint_documents(lint, true);
    if (looks_like_yaml(text))
        return lint_documents(lint, false);
    return lint_properties(lint);
}

void spk_lint_report_nothing(struct spk_lint_findings *findings, const char *name)
{
    spk_lint_findf(findings, (struct spk_lint_finding){.file = name},
                   "nothing here that lint reads: expected pods, templates of pods, "
                   "SparkApplications, properties of Spark or a script with spark-submit");
}

int spk_lint_file(struct spk_lint_findings *findings, const struct spk_policy *policy,
                  const char *file, bool *recognised, struct spk_err *err)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf buf;
    struct spk_lint lint = {
        .policy = *policy,
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
    if (rc == 0 && !lint.recognised && !recognised)
        spk_lint_report_nothing(findings, lint.source.name);
    if (findings->broken || lint.source.broken)
        rc = spk_fail(err, SPK_ENOMEM, "out of memory");
    spk_lint_close(findings, &lint.source);
    spk_lint_source_done(&lint.source);
    json_decref(lint.kept);
    if (recognised && lint.recognised)
        *recognised = true;
    return rc < 0 ? spk_fail_in(err, "%s", file) : rc;
}
