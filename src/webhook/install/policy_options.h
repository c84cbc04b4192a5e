#ifndef SPK_WEBHOOK_INSTALL_POLICY_OPTIONS_H
#define SPK_WEBHOOK_INSTALL_POLICY_OPTIONS_H
/* What `spark-webhook policy` can be told, and what it means for the texts in policies/. */

#include "spk/base/err.h"
#include "spk/cli/flags.h"
#include "spk/cli/template.h"

#include <stdbool.h>
#include <stdint.h>

struct spk_policy_options {
    /* as told */
    const char *name;
    const char *annotation_prefix;
    int action;
    int64_t kube_minor; /* of 1.N; 0: the least that has what is printed */
    bool mutating;
    struct spk_flag_list only_namespaces;
    struct spk_flag_list exclude_namespaces;

    /* as the texts ask */
    const char *version; /* of the program */
    const char *action_text;
    const char *suffix; /* of the policies' names: one kind can be deleted without the other */
    bool own_prefix;
    bool has_only_namespaces;
    bool has_exclude_namespaces;
    bool selects_namespaces;
};

/**
 * spk_policy_options_parse() - read and check the arguments of `spark-webhook policy`
 * @out: points into @argv
 * @err: SPK_EINVALID names the flag, what was found and what was expected
 *
 * Return: 0, 1 when --help was asked for, or -1
 */
int spk_policy_options_parse(struct spk_policy_options *out, int argc, char **argv,
                             struct spk_err *err) __attribute__((warn_unused_result));

void spk_policy_options_help(FILE *to);

/* The names in the texts; their offsets are in struct spk_policy_options. */
const struct spk_variable *spk_policy_variables(size_t *count);

#endif
