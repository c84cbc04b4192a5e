#ifndef SPK_CLI_TEMPLATE_H
#define SPK_CLI_TEMPLATE_H
/*
 * The language of objects/: YAML for people, with the few places that options change.
 *
 *   %{name}            the value of that name
 *   %if NAME           up to %else or %end: only where NAME holds; %if !NAME: where it does not
 *   %each NAME         up to %end: once for each item of a list, which is %{item}
 *   %include NAME      the lines of _NAME.yaml, indented as this line is
 *
 * A line whose first character behind blanks is '%' and a letter is one of these, all others are
 * text and come out as they stand, comments too. `plain` and `helm` are names that hold when plain
 * YAML or the template of a Helm chart is made. For a chart, what differs by option stays open: %{}
 * becomes {{ }}, %if becomes {{- if }}, %each becomes {{- range }}, each with the expression that
 * the name's variable has. So one text serves both.
 *
 * A value that is a whole scalar is quoted where YAML would take it for something else ("1", "no");
 * inside of one it stands as it is, so it must hold nothing that YAML or the text around it would
 * mind: the flags see to that.
 *
 * Why a language of our own: none of our libraries has one, m4 and the shell are not in the image,
 * and objects built by C code could carry no comments and would not be read by anybody.
 */

#include "spk/base/buf.h"
#include "spk/base/err.h"
#include "spk/base/str.h"
#include "spk/cli/embedded.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum spk_variable_type {
    SPK_VARIABLE_TEXT,
    SPK_VARIABLE_NUMBER,
    SPK_VARIABLE_SWITCH,
    SPK_VARIABLE_LIST
};

/* What a name stands for. */
struct spk_variable {
    const char *name;
    const char *helm; /* the expression in a chart; of a list, whatever range takes */
    enum spk_variable_type type;
    size_t
        offset; /* of the field in the values: const char *, int64_t, bool, struct spk_flag_list */
};

struct spk_template {
    const struct spk_variable *variables;
    size_t count;
    const void *values;               /* what the offsets are in */
    const struct spk_embedded *texts; /* where %include finds its parts; NULL: nowhere */
    bool helm;                        /* make a chart's template */
};

/**
 * spk_template_render() - append what @text becomes
 * @out: empty on failure
 *
 * Errors: SPK_EINTERNAL with the line for what the language does not have (the texts are ours);
 *         SPK_ETOOBIG, SPK_ENOMEM
 */
int spk_template_render(struct spk_buf *out, const struct spk_template *template,
                        struct spk_str text, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
