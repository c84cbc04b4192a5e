#ifndef SPK_BASE_LOG_H
#define SPK_BASE_LOG_H
/*
 * Log lines: one event, one line, one write(2), as JSON or as text. A line is built on the caller's
 * stack, so logging never allocates and works when memory is gone. Every text is escaped by the
 * rule of text.h, in both forms as JSON has it: nothing a stranger wrote can end a line, forge a
 * field or reach a terminal, and a line is UTF-8 whatever came in (a stray byte becomes U+FFFD). A
 * text above SPK_LOG_VALUE_MAX is cut, so that it leaves room for the fields behind it, and the
 * line says so
 * ("truncated":true).
 *
 * Only programs log; layers below report to their callers.
 * Escaping JSON is our own here, because a line must not allocate; jansson is the tests' oracle.
 */

#include "spk/base/limits.h"
#include "spk/base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum spk_log_level { SPK_LOG_DEBUG, SPK_LOG_INFO, SPK_LOG_WARN, SPK_LOG_ERROR, SPK_LOG_LEVELS };
enum spk_log_format { SPK_LOG_JSON, SPK_LOG_TEXT };

struct spk_logger {
    int fd;
    enum spk_log_format format;
    enum spk_log_level level; /* lines below it are not written */
};

struct spk_log_line {
    const struct spk_logger *logger;
    bool off;       /* below the logger's level */
    bool truncated; /* a field did not fit, or only the beginning of its text did */
    size_t len;
    char text[SPK_LOG_LINE_MAX];
};

/* Starts a line with time, level and message. @logger must outlive the line; NULL logs nothing. */
void spk_log_begin(struct spk_log_line *line, const struct spk_logger *logger,
                   enum spk_log_level level, const char *msg);

/* Adds a field. @key is a literal of ours: letters, digits and '_'. */
void spk_log_str(struct spk_log_line *line, const char *key, struct spk_str value);
void spk_log_text(struct spk_log_line *line, const char *key, const char *value);

/* A text that may take all that is left of the line: for the last field. */
void spk_log_long(struct spk_log_line *line, const char *key, const char *value);

void spk_log_int(struct spk_log_line *line, const char *key, int64_t value);

/* Writes the line. */
void spk_log_end(struct spk_log_line *line);

/* A line with at most one text field; @key may be NULL. */
void spk_log(const struct spk_logger *logger, enum spk_log_level level, const char *msg,
             const char *key, const char *value);

/* "debug", "info", "warn", "error"; false when @text is none of them. */
bool spk_log_level_parse(enum spk_log_level *out, const char *text);

/* "json", "text"; false when @text is neither. */
bool spk_log_format_parse(enum spk_log_format *out, const char *text);

#endif
