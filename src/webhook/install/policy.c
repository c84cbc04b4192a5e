#include "webhook/install/policy.h"

#include "spk/cli/embedded.h"
#include "spk/cli/process.h"
#include "webhook/install/policy_options.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/base/text.h"

enum { EXIT_DONE, EXIT_BROKEN, EXIT_UNUSABLE };

static int print_one(const struct spk_policy_options *options, const struct spk_embedded *from,
                     struct spk_err *err)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf buf;
    struct spk_template template = {.values = options, .texts = spk_embedded};

    template.variables = spk_policy_variables(&template.count);
    spk_buf_init(&buf, SPK_MANIFEST_MAX);
    if (spk_template_render(&buf, &template, spk_str(from->text), err))
        return spk_fail_in(err, "%s", from->name);
    if (buf.len)
        (void)printf("---\n%s", buf.ptr);
    return 0;
}

static int print_all(const struct spk_policy_options *options, struct spk_err *err)
{
    for (const struct spk_embedded *it = spk_embedded; it->name; it++) {
        if (spk_embedded_file(it, "policies") && print_one(options, it, err))
            return -1;
    }
    return 0;
}

static int fail(struct spk_err *err, int code)
{
    spk_one_line(err->msg); /* it may quote an argument */
    (void)fprintf(stderr, "spark-webhook policy: %s\n", err->msg);
    if (code == EXIT_UNUSABLE)
        (void)fputs("see spark-webhook policy --help\n", stderr);
    return code;
}

int spk_policy_main(int argc, char **argv)
{
    struct spk_policy_options options;
    struct spk_err err;
    int rc = spk_policy_options_parse(&options, argc, argv, &err);

    if (rc < 0)
        return fail(&err, EXIT_UNUSABLE);
    if (rc > 0)
        spk_policy_options_help(stdout);
    else if (print_all(&options, &err))
        return fail(&err, EXIT_BROKEN);
    return spk_process_printed() ? EXIT_DONE : EXIT_BROKEN;
}
