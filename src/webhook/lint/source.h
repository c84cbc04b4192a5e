#ifndef SPK_WEBHOOK_LINT_SOURCE_H
#define SPK_WEBHOOK_LINT_SOURCE_H
/*
 * The text of one file, and where in it the values stand that were read from it. Offsets are bytes
 * from its start; lines and columns count from 1, columns in characters.
 */

#include "spk/base/str.h"

#include "spk/json/walk.h"
#include <stdbool.h>
#include <stddef.h>

struct spk_lint_mark;

struct spk_lint_source {
    const char *name;    /* as it is shown; borrowed */
    struct spk_str text; /* borrowed */
    bool properties;     /* a backslash is an escape everywhere, not only in double quotes */

    struct spk_lint_mark *marks; /* owned */
    size_t mark_count;
    bool sorted;
    bool broken; /* memory ran out: marks are missing */
};

void spk_lint_source_done(struct spk_lint_source *source);

/* Remembers where @value begins; @arg is a struct spk_lint_source. It must live
 * as long as the source is used. As spk_json_place_fn and spk_yaml_place_fn want it. */
void spk_lint_mark(void *arg, const json_t *value, size_t offset);

/* Where a value begins; false for one that was not read from here. */
bool spk_lint_offset(size_t *offset, struct spk_lint_source *source, const json_t *value);

/* The same for true, false and null, which are one value each in all of jansson: where the one
 * stands that is the @nth, from 0, at @from or behind it. */
bool spk_lint_offset_of_single(size_t *offset, struct spk_lint_source *source, const json_t *value,
                               size_t from, size_t nth);

/* Is it true, false or null? */
bool spk_lint_is_single(const json_t *value);

/* Where byte @inside of the text @value stands, which is written at @start: quotes, escapes,
 * indentation and line ends of its notation are seen through as far as they can be; else @start. */
size_t spk_lint_inside(const struct spk_lint_source *source, size_t start, struct spk_str value,
                       size_t inside);

/* A place in words for people. Goes on from where @line and @column are, which are of @from: for
 * offsets that do not descend, start with 0, 1 and 1. */
void spk_lint_line_column(const struct spk_lint_source *source, size_t from, size_t to,
                          size_t *line, size_t *column);

/* The offset of a line and column; the end of the text at most. */
size_t spk_lint_offset_of(const struct spk_lint_source *source, size_t line, size_t column);

#endif
