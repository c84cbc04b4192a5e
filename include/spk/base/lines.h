#ifndef SPK_BASE_LINES_H
#define SPK_BASE_LINES_H
/* Bytes that come in pieces, taken out as lines. Each byte is looked at once. */

#include "spk/base/buf.h"
#include "spk/base/err.h"
#include "spk/base/str.h"

#include <stddef.h>

struct spk_lines {
    struct spk_buf buf;
    size_t at;       /* where the next line begins */
    size_t seen;     /* no line end between at and here */
    size_t line_max; /* of one line, without its end */
};

/* @ceiling: of what waits to be taken; at least @line_max. */
void spk_lines_init(struct spk_lines *lines, size_t line_max, size_t ceiling);

/* Frees; a zeroed one is fine. */
void spk_lines_done(struct spk_lines *lines);

/* Adds a piece; lines that were taken before are gone then. Errors: SPK_ETOOBIG above the ceiling,
 * SPK_ENOMEM; nothing is left to be taken. */
int spk_lines_add(struct spk_lines *lines, struct spk_str bytes, struct spk_err *err)
    __attribute__((warn_unused_result));

/**
 * spk_lines_next() - take the next whole line
 * @line: without "\n" or "\r\n", never empty (empty lines are passed over); valid until the next
 *        spk_lines_add()
 *
 * Return: 0; 1 when no whole line is there; -1: SPK_ETOOBIG for a line above its ceiling, whole or
 *         not
 */
int spk_lines_next(struct spk_lines *lines, struct spk_str *line, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
