#include "webhook/lint/findings.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/base/text.h"
#include "spk/json/walk.h"

void spk_lint_findings_init(struct spk_lint_findings *findings)
{
    *findings = (struct spk_lint_findings){0};
    spk_arena_init(&findings->arena, SPK_ARENA_MAX);
}

void spk_lint_findings_done(struct spk_lint_findings *findings)
{
    spk_arena_done(&findings->arena);
}

/* Names of files and keys may hold anything, too. */
static char *copied(struct spk_lint_findings *to, struct spk_str text)
{
    char *copy = spk_arena_copy(&to->arena, text);

    if (copy)
        spk_one_line(copy);
    else
        to->broken = true;
    return copy;
}

bool spk_lint_is_full(const struct spk_lint_findings *findings)
{
    return findings->count - findings->closed >= SPK_LINT_FINDINGS_MAX;
}

/* There is no room for another one, which is counted. */
static bool is_left(struct spk_lint_findings *to)
{
    to->left += spk_lint_is_full(to);
    return spk_lint_is_full(to);
}

void spk_lint_find(struct spk_lint_findings *to, const struct spk_lint_finding *finding)
{
    struct spk_lint_finding *items;
    struct spk_lint_finding copy = *finding;
    char *text;

    if (is_left(to))
        return;
    items = spk_arena_push(&to->arena, to->items, to->count, sizeof(*items));
    text = copied(to, spk_str(finding->text));
    copy.file = copied(to, spk_str(finding->file));
    copy.where = copied(to, spk_str(finding->where ? finding->where : ""));
    copy.key.ptr = copied(to, finding->key);
    if (!items || to->broken) {
        to->broken = true;
        return;
    }
    copy.text = text;
    to->items = items;
    items[to->count++] = copy;
}

void spk_lint_findf(struct spk_lint_findings *to, struct spk_lint_finding finding, const char *fmt,
                    ...)
{
    va_list args;

    if (is_left(to))
        return;
    va_start(args, fmt);
    finding.text = spk_arena_vprintf(&to->arena, fmt, args);
    va_end(args);
    if (finding.text)
        spk_lint_find(to, &finding);
    else
        to->broken = true;
}

static int compare(const void *left, const void *right)
{
    const struct spk_lint_finding *a = left;
    const struct spk_lint_finding *b = right;

    if (a->offset != b->offset)
        return a->offset > b->offset ? 1 : -1;
    return strcmp(a->text, b->text);
}

/* Those of one file stand in order. */
static void drop_repeated(struct spk_lint_findings *findings)
{
    size_t kept = findings->closed;

    for (size_t i = findings->closed; i < findings->count; i++) {
        if (kept > findings->closed &&
            compare(&findings->items[kept - 1], &findings->items[i]) == 0)
            continue;
        findings->items[kept++] = findings->items[i];
    }
    findings->count = kept;
}

void spk_lint_close(struct spk_lint_findings *findings, const struct spk_lint_source *source)
{
    size_t offset = 0;
    size_t line = 1;
    size_t column = 1;

    if (findings->count > findings->closed)
        qsort(findings->items + findings->closed, findings->count - findings->closed,
              sizeof(*findings->items), compare);
    drop_repeated(findings);
    for (size_t i = findings->closed; i < findings->count; i++) {
        struct spk_lint_finding *finding = &findings->items[i];
        spk_lint_line_column(source, offset, finding->offset, &line, &column);
        offset = finding->offset;
        finding->line = line;
        finding->column = column;
        findings->errors += finding->error;
        findings->warnings += !finding->error;
    }
    findings->closed = findings->count;
    if (findings->left)
        (void)fprintf(stderr, "spark-webhook lint: %s: and %zu more\n", source->name,
                      findings->left);
    findings->left = 0;
}

static const char *level_of(const struct spk_lint_finding *finding)
{
    return finding->error ? "error" : "warning";
}

void spk_lint_print_text(FILE *to, const struct spk_lint_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct spk_lint_finding *it = &findings->items[i];
        (void)fprintf(to, "%s:%zu:%zu: %s: %s\n", it->file, it->line, it->column, level_of(it),
                      it->text);
    }
}

static json_t *json_of(const struct spk_lint_finding *it)
{
    return json_pack("{s:o, s:I, s:I, s:s, s:o, s:o, s:o}", "file", json_string(it->file), "line",
                     (json_int_t)it->line, "column", (json_int_t)it->column, "level", level_of(it),
                     "key", json_string(it->key.ptr), "field", json_string(it->where), "message",
                     json_string(it->text));
}

json_t *spk_lint_json(const struct spk_lint_findings *findings)
{
    json_auto_t *list = json_array();

    if (!list)
        return NULL;
    for (size_t i = 0; i < findings->count; i++) {
        if (json_array_append_new(list, json_of(&findings->items[i])))
            return NULL;
    }
    return json_pack("{s:O, s:I, s:I}", "findings", list, "errors", (json_int_t)findings->errors,
                     "warnings", (json_int_t)findings->warnings);
}
