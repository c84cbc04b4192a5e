#ifndef SPK_WEBHOOK_DOCTOR_FINDINGS_H
#define SPK_WEBHOOK_DOCTOR_FINDINGS_H
/* What was found, in the order of finding: each a line for people or an object for programs. */

#include "spk/base/arena.h"
#include "spk/base/err.h"

#include "spk/json/walk.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum spk_level {
    SPK_LEVEL_OK,
    SPK_LEVEL_WARN, /* works, and will not always; or could not be looked at */
    SPK_LEVEL_FAIL, /* broken */
    SPK_LEVELS
};

struct spk_finding {
    enum spk_level level;
    const char *check;  /* a literal: what was looked at */
    const char *text;   /* one line */
    const char *advice; /* what to do, one line; NULL: nothing */
};

struct spk_findings {
    struct spk_arena arena;
    struct spk_finding *items;
    size_t count;
    size_t counts[SPK_LEVELS];
    const char *unseen; /* what was not looked at for want of a right; NULL: all was */
    const char *rights; /* that would be needed */
    bool broken;        /* memory was short: something is missing */
};

void spk_findings_init(struct spk_findings *findings);
void spk_findings_done(struct spk_findings *findings);

/* Adds one. Strangers' text may come in: it is made one line. */
void spk_find(struct spk_findings *to, enum spk_level level, const char *check, const char *fmt,
              ...) __attribute__((format(printf, 4, 5)));

/* Says what to do about the last one. */
void spk_advise(struct spk_findings *to, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Notes that @what was not looked at, for want of the right @needs. Each right is named once. */
void spk_findings_lack(struct spk_findings *to, const char *what, const char *needs);

/* "ok", "warn", "fail" */
const char *spk_level_text(enum spk_level level);

void spk_findings_print(FILE *to, const struct spk_findings *findings);

/* {"level": the worst, "findings": [{"check", "level", "message", "advice"}]}. A new reference;
 * NULL without memory. */
json_t *spk_findings_json(const struct spk_findings *findings);

/* The worst of all. */
enum spk_level spk_findings_level(const struct spk_findings *findings);

#endif
