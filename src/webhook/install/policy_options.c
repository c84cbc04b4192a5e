#include "webhook/install/policy_options.h"

#include "spk/admission/key.h"
#include "spk/base/cleanup.h"
#include "webhook/install/options.h"
#include "webhook/prefix.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* ValidatingAdmissionPolicy and MutatingAdmissionPolicy are v1, and on without being asked for. */
#define VALIDATING_SINCE 30
#define MUTATING_SINCE   36

static const char *const actions[] = {"Deny", "Warn", "Audit", NULL};

enum { DENY };

#define FIELD(member) offsetof(struct spk_policy_options, member)

static const struct spk_flag flags[] = {
    {.name = "name",
     .arg = "NAME",
     .fallback = "spark-webhook",
     .help = "of the instance of the webhook, as in manifest; the policies are NAME-annotations, "
             "with --mutating NAME-annotations-mutating",
     .type = SPK_FLAG_NAME,
     .offset = FIELD(name)},
    SPK_ANNOTATION_PREFIX_FLAG(FIELD(annotation_prefix)),
    SPK_INSTALL_NAMESPACE_FLAGS(FIELD(only_namespaces), FIELD(exclude_namespaces)),
    {.name = "action",
     .arg = "Deny|Warn|Audit",
     .fallback = "Deny",
     .help = "what becomes of a pod without what it asks for: refused, or created with a warning "
             "or an entry in the API server's audit log",
     .type = SPK_FLAG_WORD,
     .words = actions,
     .offset = FIELD(action)},
    {.name = "mutating",
     .help = "for a cluster without the webhook: a MutatingAdmissionPolicy that does what "
             "expressions can, and one that refuses what they can't",
     .type = SPK_FLAG_SWITCH,
     .offset = FIELD(mutating)},
    {.name = "kube-version",
     .arg = "1.N",
     .help = "the cluster's, to be told if it is too old: 1.30 is needed, with --mutating 1.36",
     .type = SPK_FLAG_MINOR,
     .min = 25,
     .max = 99,
     .offset = FIELD(kube_minor)},
    {.name = "help", .help = "print this", .type = SPK_FLAG_HELP},
};

/* No chart is made of policies: no expressions for one. */
static const struct spk_variable variables[] = {
    {"name", "", SPK_VARIABLE_TEXT, FIELD(name)},
    {"annotation-prefix", "", SPK_VARIABLE_TEXT, FIELD(annotation_prefix)},
    {"version", "", SPK_VARIABLE_TEXT, FIELD(version)},
    {"action", "", SPK_VARIABLE_TEXT, FIELD(action_text)},
    {"suffix", "", SPK_VARIABLE_TEXT, FIELD(suffix)},
    {"mutating", "", SPK_VARIABLE_SWITCH, FIELD(mutating)},
    {"own-prefix", "", SPK_VARIABLE_SWITCH, FIELD(own_prefix)},
    {"selects-namespaces", "", SPK_VARIABLE_SWITCH, FIELD(selects_namespaces)},
    {"has-only-namespaces", "", SPK_VARIABLE_SWITCH, FIELD(has_only_namespaces)},
    {"has-exclude-namespaces", "", SPK_VARIABLE_SWITCH, FIELD(has_exclude_namespaces)},
    {"only-namespace", "", SPK_VARIABLE_LIST, FIELD(only_namespaces)},
    {"exclude-namespace", "", SPK_VARIABLE_LIST, FIELD(exclude_namespaces)},
};

static void derive(struct spk_policy_options *it)
{
    it->version = SPK_VERSION;
    it->action_text = actions[it->action];
    it->suffix = it->mutating ? "-mutating" : "";
    it->own_prefix = strcmp(it->annotation_prefix, SPK_PREFIX) != 0;
    it->has_only_namespaces = it->only_namespaces.count;
    it->has_exclude_namespaces = it->exclude_namespaces.count;
    it->selects_namespaces = it->has_only_namespaces || it->has_exclude_namespaces;
}

static int check_version(const struct spk_policy_options *it, struct spk_err *err)
{
    const int64_t since = it->mutating ? MUTATING_SINCE : VALIDATING_SINCE;

    if (!it->kube_minor || it->kube_minor >= since)
        return 0;
    return spk_fail(err, SPK_EINVALID,
                    "--kube-version: found 1.%" PRId64 ", expected at least 1.%" PRId64 "%s",
                    it->kube_minor, since,
                    it->mutating ? " with --mutating: run the webhook, see spark-webhook manifest"
                                 : ", the first with policies that need no switch");
}

static int check_action(const struct spk_policy_options *it, struct spk_err *err)
{
    if (!it->mutating || it->action == DENY)
        return 0;
    return spk_fail(err, SPK_EINVALID,
                    "--action: found '%s', expected Deny with --mutating: what an expression can't "
                    "do would be lost",
                    it->action_text);
}

int spk_policy_options_parse(struct spk_policy_options *out, int argc, char **argv,
                             struct spk_err *err)
{
    int rc;

    *out = (struct spk_policy_options){0};
    rc = spk_flags_parse(out, flags, SPK_LEN(flags), argc, argv, err);
    if (rc)
        return rc;
    derive(out);
    return spk_install_check_namespaces(&out->only_namespaces, &out->exclude_namespaces, err) ||
                   check_version(out, err) || check_action(out, err)
               ? -1
               : 0;
}

void spk_policy_options_help(FILE *to)
{
    (void)fputs("usage: spark-webhook policy [FLAG...]\n\n"
                "Prints a policy with which the API server itself refuses Spark pods that lack\n"
                "what their annotations ask for, whatever became of the webhook:\n"
                "spark-webhook policy | kubectl apply -f -\n\n",
                to);
    spk_flags_help(to, flags, SPK_LEN(flags));
}

const struct spk_variable *spk_policy_variables(size_t *count)
{
    *count = SPK_LEN(variables);
    return variables;
}
