#include "webhook/install/manifest.h"

#include "spk/cli/objects.h"
#include "spk/cli/process.h"
#include "webhook/install/options.h"

#include "spk/base/text.h"

#include <stdio.h>

enum { EXIT_DONE, EXIT_BROKEN, EXIT_UNUSABLE };

/* Not with --directory: a folder is edited, or an overlay of kustomize names the image. */
static void say_image_lacks(const struct spk_install *install)
{
    if (!install->lacks_image)
        return;
    (void)fprintf(stderr,
                  "spark-webhook manifest: no --image: the objects name %s, which no cluster can "
                  "pull (to delete them it does not matter)\n",
                  install->image);
}

static int fail(struct spk_err *err, int code)
{
    spk_one_line(err->msg); /* it may quote an argument */
    (void)fprintf(stderr, "spark-webhook manifest: %s\n", err->msg);
    if (code == EXIT_UNUSABLE)
        (void)fputs("see spark-webhook manifest --help\n", stderr);
    return code;
}

int spk_manifest_main(int argc, char **argv)
{
    struct spk_install install;
    struct spk_objects objects = {.program = "spark-webhook", .texts = spk_embedded};
    struct spk_err err;
    int rc = spk_install_parse(&install, argc, argv, &err);

    objects.variables = spk_install_variables(&objects.count);
    objects.values = &install;
    objects.files = &install.files;
    objects.directory = install.directory;
    if (rc < 0)
        return fail(&err, EXIT_UNUSABLE);
    if (rc > 0)
        spk_install_help(stdout);
    else if (!install.directory)
        rc = spk_objects_print(&objects, &err);
    else if (install.format == SPK_INSTALL_HELM)
        rc = spk_objects_chart(&objects, &err);
    else
        rc = spk_objects_write(&objects, &err);
    if (rc == 0 && !install.directory)
        say_image_lacks(&install);
    if (rc < 0)
        return fail(&err, EXIT_BROKEN);
    return spk_process_printed() ? EXIT_DONE : EXIT_BROKEN;
}
