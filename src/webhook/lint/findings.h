#ifndef SPK_WEBHOOK_LINT_FINDINGS_H
#define SPK_WEBHOOK_LINT_FINDINGS_H
/* What lint found, file by file, in the order of the text. */

#include "spk/base/arena.h"
#include "webhook/lint/source.h"

#include <stdio.h>

struct spk_lint_finding {
    const char *file;
    size_t offset;
    size_t line; /* 0 until spk_lint_close() */
    size_t column;
    bool error;         /* else a warning */
    struct spk_str key; /* the annotation or property; empty: the file, or a pod as a whole */
    const char *where;  /* the field of a JSON value; "" or NULL: the value as a whole */
    const char *text;   /* one line, begins with the key */
};

struct spk_lint_findings {
    struct spk_arena arena;
    struct spk_lint_finding *items;
    size_t count;
    size_t closed; /* those of files that are done */
    size_t errors;
    size_t warnings;
    size_t left; /* of the file at hand, above SPK_LINT_FINDINGS_MAX */
    bool broken; /* memory ran out: findings are missing */
};

void spk_lint_findings_init(struct spk_lint_findings *findings);
void spk_lint_findings_done(struct spk_lint_findings *findings);

/* What is found now is only counted, until the file is done. */
bool spk_lint_is_full(const struct spk_lint_findings *findings);

/* Adds a finding; file, key, where and text are copied. */
void spk_lint_find(struct spk_lint_findings *to, const struct spk_lint_finding *finding);

/* The same, with the text made here. */
void spk_lint_findf(struct spk_lint_findings *to, struct spk_lint_finding finding, const char *fmt,
                    ...) __attribute__((format(printf, 3, 4)));

/* The file is done: puts its findings in order, each with line and column, a repeated one once. */
void spk_lint_close(struct spk_lint_findings *findings, const struct spk_lint_source *source);

/* FILE:LINE:COLUMN: error|warning: TEXT */
void spk_lint_print_text(FILE *to, const struct spk_lint_findings *findings);

/* {"findings": [...], "errors": N, "warnings": N}; NULL without memory. */
json_t *spk_lint_json(const struct spk_lint_findings *findings);

#endif
