#ifndef SPK_WEBHOOK_LINT_PROPERTIES_H
#define SPK_WEBHOOK_LINT_PROPERTIES_H
/*
 * Files of Java properties, as Spark reads them: spark-defaults.conf and what spark-submit's
 * --properties-file names.
 *
 * Spec: java.util.Properties.load(Reader), the Reader being one of UTF-8, and then Spark's
 * Utils.getPropertiesFromFile(), which trims values of blanks and control characters but for line
 * ends.
 */

#include "spk/base/arena.h"
#include "spk/base/err.h"
#include "spk/base/str.h"

#include <stddef.h>

struct spk_property {
    struct spk_str key; /* UTF-8, terminated */
    struct spk_str value;
    size_t key_at; /* the byte of the file that it begins with */
    size_t value_at;
};

struct spk_properties {
    struct spk_property *items; /* in the order of the file; of a key given twice the last counts */
    size_t count;
};

/**
 * spk_properties_read() - the properties of a file
 * @out:     in @arena
 * @stopped: with SPK_EPARSE: the byte of the file where the fault is
 *
 * What is not UTF-8, and half a surrogate pair, becomes U+FFFD.
 *
 * Errors: SPK_EPARSE for "\u" without four hexadecimal digits, which Java refuses;
 *         SPK_ETOOBIG above SPK_PROPERTIES_MAX; SPK_ENOMEM
 */
int spk_properties_read(struct spk_properties *out, struct spk_arena *arena, size_t *stopped,
                        struct spk_str text, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
