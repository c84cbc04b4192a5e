#include "webhook/mutate.h"

#include "spk/cli/flags.h"
#include "spk/cli/process.h"
#include "webhook/explain.h"
#include "webhook/explain_hint.h"
#include "webhook/input.h"
#include "webhook/prefix.h"

#include "spk/admission/review.h"
#include "spk/base/buf.h"
#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/base/text.h"
#include "spk/json/patch.h"
#include "spk/json/walk.h"
#include "spk/json/yaml.h"

#include <stdbool.h>

enum { EXIT_ALLOWED = 0, EXIT_DENIED = 1, EXIT_UNUSABLE = 2 };

struct options {
    const char *file;
    const char *annotation_prefix;
    int on_invalid;
    int on_unknown_field;
    bool patch;
    bool explain;
};

static const char *const on_invalids[] = {"deny", "warn", NULL};

static const struct spk_flag flags[] = {
    {.name = "FILE",
     .help = "an AdmissionReview or a Pod, JSON or YAML; absent or -: standard input",
     .type = SPK_FLAG_OPERAND,
     .offset = offsetof(struct options, file)},
    {.name = "patch",
     .help = "print the JSON Patch alone: [] when there is nothing to do, nothing when denied",
     .type = SPK_FLAG_SWITCH,
     .offset = offsetof(struct options, patch)},
    {.name = "explain",
     .help = "print for people what each annotation did, and why the pod was or was not treated",
     .type = SPK_FLAG_SWITCH,
     .offset = offsetof(struct options, explain)},
    SPK_ANNOTATION_PREFIX_FLAG(offsetof(struct options, annotation_prefix)),
    {.name = "on-invalid",
     .arg = "deny|warn",
     .fallback = "deny",
     .help = "what becomes of a pod with an annotation that can't be honoured",
     .type = SPK_FLAG_WORD,
     .words = on_invalids,
     .offset = offsetof(struct options, on_invalid)},
    {.name = "on-unknown-field",
     .arg = "deny|warn",
     .fallback = "deny",
     .help = "what a field of an overlay does that Kubernetes 1.36 does not have: deny the pod, or "
             "be left out with a warning",
     .type = SPK_FLAG_WORD,
     .words = on_invalids,
     .offset = offsetof(struct options, on_unknown_field)},
    {.name = "help", .help = "print this", .type = SPK_FLAG_HELP},
};

/* What was given and what came of it. */
struct run {
    struct options options;
    struct spk_policy policy;
    json_t *input; /* owned */
    char *answer;  /* owned; of a review */
    size_t answer_len;
    struct spk_decision decision;
};

static void run_done(struct run *run)
{
    json_decref(run->input);
    free(run->answer);
    spk_decision_done(&run->decision);
}

static bool looks_like_json(const struct spk_buf *buf)
{
    size_t blank = buf->len ? strspn(buf->ptr, " \t\r\n") : 0;

    return blank < buf->len && buf->ptr[blank] == '{';
}

static int decide_review(struct run *run, const struct spk_buf *buf, bool json, struct spk_err *err)
{
    SPK_AUTOFREE char *dumped = NULL;
    const char *body = buf->ptr;
    size_t len = buf->len;

    if (!json) {
        dumped = json_dumps(run->input, JSON_COMPACT);
        if (!dumped)
            return spk_fail(err, SPK_ENOMEM, "out of memory");
        body = dumped;
        len = strlen(dumped);
    }
    return spk_review_answer(&run->decision, &run->answer, &run->answer_len, body, len,
                             &run->policy, err);
}

static int fail_kind(struct spk_str kind, struct spk_err *err)
{
    SPK_CLEANUP(spk_arena_done) struct spk_arena arena;
    const char *quoted;

    spk_arena_init(&arena, SPK_ARENA_MAX);
    quoted = spk_quote(&arena, kind);
    return spk_fail(err, SPK_EPARSE, "kind: expected AdmissionReview or Pod, found %s%s",
                    quoted ? quoted : "another",
                    spk_str_is(kind, "List")
                        ? ": give one pod, as `kubectl get pod NAME -o yaml` prints it"
                        : "");
}

static int decide(struct run *run, const struct spk_buf *buf, struct spk_err *err)
{
    bool json = looks_like_json(buf);
    struct spk_str kind;

    if (buf->len == 0)
        return spk_fail(err, SPK_EPARSE, "expected an AdmissionReview or a Pod, found nothing");
    if (json ? spk_json_parse(&run->input, buf->ptr, buf->len, err)
             : spk_yaml_parse(&run->input, buf->ptr, buf->len, err))
        return -1;
    if (spk_json_expect(run->input, JSON_OBJECT, NULL, err) ||
        spk_json_text(&kind, run->input, "kind", NULL, err))
        return -1;
    if (spk_str_is(kind, "AdmissionReview"))
        return decide_review(run, buf, json, err);
    if (spk_str_is(kind, "Pod"))
        return spk_pod_decide(&run->decision, run->input, &run->policy, err);
    return fail_kind(kind, err);
}

static int print_json(const json_t *value, size_t dump_flags, struct spk_err *err)
{
    SPK_AUTOFREE char *text = json_dumps(value, dump_flags);

    if (!text)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    (void)puts(text);
    return 0;
}

static int print_patch(const struct run *run, struct spk_err *err)
{
    json_auto_t *nothing = json_array();

    if (!nothing)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    return print_json(run->decision.patch ? run->decision.patch : nothing, JSON_COMPACT, err);
}

static int print_pod(const struct run *run, struct spk_err *err)
{
    json_auto_t *after = NULL;

    if (run->decision.outcome == SPK_DENIED)
        return 0;
    if (run->decision.patch && spk_patch_apply(&after, run->input, run->decision.patch, err))
        return -1;
    return print_json(after ? after : run->input, JSON_INDENT(2) | JSON_REAL_PRECISION(15), err);
}

static void print_explained(const struct run *run)
{
    const json_t *request = json_object_get(run->input, "request");

    spk_explain(stdout, &run->decision);
    spk_explain_hint(stdout, request ? json_object_get(request, "object") : run->input,
                     run->decision.role, run->options.annotation_prefix);
}

static int print_result(const struct run *run, struct spk_err *err)
{
    if (run->options.explain) {
        print_explained(run);
        return 0;
    }
    if (run->options.patch)
        return run->decision.outcome == SPK_DENIED ? 0 : print_patch(run, err);
    if (!run->answer)
        return print_pod(run, err);
    (void)fwrite(run->answer, 1, run->answer_len, stdout);
    (void)fputc('\n', stdout);
    return 0;
}

static void print_faults(const struct spk_decision *decision)
{
    for (size_t i = 0; i < decision->fault_count; i++)
        (void)fprintf(stderr, "denied: %s\n", decision->faults[i]);
    if (decision->faults_left)
        (void)fprintf(stderr, "denied: and %zu more\n", decision->faults_left);
}

static void print_notes(const struct run *run)
{
    const struct spk_decision *decision = &run->decision;

    for (size_t i = 0; i < decision->warning_count && !run->options.explain; i++)
        (void)fprintf(stderr, "Warning: %s\n", decision->warnings[i]);
    if (decision->outcome == SPK_DENIED && !run->options.explain)
        print_faults(decision);
}

static int mutate(struct run *run, struct spk_err *err)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf buf;
    const char *file = run->options.file;

    spk_buf_init(&buf, SPK_BODY_MAX);
    if (spk_input_read(&buf, run->options.file, err))
        return -1;
    if (decide(run, &buf, err))
        return spk_fail_in(err, "%s", file && strcmp(file, "-") != 0 ? file : "standard input");
    if (print_result(run, err))
        return -1;
    print_notes(run);
    if (fflush(stdout) || ferror(stdout))
        return spk_fail_sys(err, "standard output");
    return 0;
}

static void usage(void)
{
    (void)puts("usage: spark-webhook mutate [FLAG...] [FILE]\n\n"
               "Decides about one review or pod, offline, as the server would. Prints the\n"
               "answer to a review, or the pod that would result. Exit code: 0 allowed, 1\n"
               "denied (the reason is on standard error), 2 unusable input.\n");
    spk_flags_help(stdout, flags, SPK_LEN(flags));
}

static int fail(struct spk_err *err)
{
    spk_one_line(err->msg); /* it may quote the input */
    (void)fprintf(stderr, "spark-webhook mutate: %s\n", err->msg);
    return EXIT_UNUSABLE;
}

int spk_mutate_main(int argc, char **argv)
{
    SPK_CLEANUP(run_done) struct run run = {.policy = {.version = SPK_VERSION}};
    struct spk_err err;
    int rc = spk_flags_parse(&run.options, flags, SPK_LEN(flags), argc, argv, &err);

    if (rc < 0) {
        (void)fail(&err);
        (void)fputs("see spark-webhook mutate --help\n", stderr);
        return EXIT_UNUSABLE;
    }
    if (rc > 0) {
        usage();
        return spk_process_printed() ? EXIT_ALLOWED : EXIT_UNUSABLE;
    }
    run.policy.prefix = run.options.annotation_prefix;
    run.policy.warn_on_invalid = run.options.on_invalid == 1;
    run.policy.warn_on_unknown_field = run.options.on_unknown_field == 1;
    if (mutate(&run, &err))
        return fail(&err);
    return run.decision.outcome == SPK_DENIED ? EXIT_DENIED : EXIT_ALLOWED;
}
