#include "webhook/install/manifest.h"

#include "spk/cli/embedded.h"
#include "spk/cli/process.h"
#include "spk/cli/template.h"
#include "webhook/install/options.h"

#include "spk/base/cleanup.h"
#include "spk/base/file.h"
#include "spk/base/limits.h"
#include "spk/base/text.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

enum { EXIT_DONE, EXIT_BROKEN, EXIT_UNUSABLE };

/* Beside the objects, the one that lists their files. */
#define KUSTOMIZATION "kustomization.yaml"

static int render(struct spk_buf *out, const struct spk_install *install,
                  const struct spk_embedded *from, bool helm, struct spk_err *err)
{
    struct spk_template template = {.values = install, .texts = spk_embedded, .helm = helm};

    template.variables = spk_install_variables(&template.count);
    spk_buf_init(out, SPK_MANIFEST_MAX);
    if (spk_template_render(out, &template, spk_str(from->text), err))
        return spk_fail_in(err, "%s", from->name);
    return 0;
}

static int make_folder(const char *path, struct spk_err *err)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return spk_fail_sys(err, "%s", path);
    return 0;
}

/* Where an object of an earlier call lies that these options don't have. It may be in use, so it
 * stays, but `kubectl apply -f` of the whole folder would apply it. */
static void say_stale(const char *path)
{
    struct stat found;

    if (stat(path, &found) == 0)
        (void)fprintf(stderr, "spark-webhook manifest: %s: not of this installation, and left\n",
                      path);
}

/* Writes what @from becomes to folder/file; what becomes nothing is no file. */
static int write_file(const struct spk_install *install, const struct spk_embedded *from,
                      const char *folder, const char *file, bool helm, struct spk_err *err)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf buf;
    char path[PATH_MAX];

    if (render(&buf, install, from, helm, err))
        return -1;
    if (snprintf(path, sizeof(path), "%s/%s", folder, file) >= (int)sizeof(path))
        return spk_fail(err, SPK_EINVALID, "--directory: found %zu bytes, expected fewer",
                        strlen(folder));
    if (buf.len == 0) {
        say_stale(path);
        return 1;
    }
    return spk_file_write(path, (struct spk_str){buf.ptr, buf.len}, 0644, err);
}

/* The folder of objects, and the kustomization that lists those that there are. */
static int write_objects(struct spk_install *install, struct spk_err *err)
{
    const struct spk_embedded *kustomization = NULL;
    int rc;

    if (make_folder(install->directory, err))
        return -1;
    for (const struct spk_embedded *it = spk_embedded; it->name; it++) {
        const char *file = spk_embedded_file(it, "objects");
        if (!file)
            continue;
        if (strcmp(file, KUSTOMIZATION) == 0) {
            kustomization = it;
            continue;
        }
        rc = write_file(install, it, install->directory, file, false, err);
        if (rc < 0)
            return -1;
        if (rc == 0 && install->files.count < SPK_FLAG_LIST_MAX)
            install->files.items[install->files.count++] = file;
    }
    if (!kustomization)
        return spk_fail(err, SPK_EINTERNAL, "no " KUSTOMIZATION);
    return write_file(install, kustomization, install->directory, KUSTOMIZATION, false, err);
}

/* The chart: objects whose options stay open, and what chart/ has. Its templates/ is for Helm. */
static int write_chart(const struct spk_install *install, struct spk_err *err)
{
    char templates[PATH_MAX];

    (void)snprintf(templates, sizeof(templates), "%.*s/templates", PATH_MAX - 64,
                   install->directory);
    if (make_folder(install->directory, err) || make_folder(templates, err))
        return -1;
    for (const struct spk_embedded *it = spk_embedded; it->name; it++) {
        const char *object = spk_embedded_file(it, "objects");
        const char *file = object ? object : spk_embedded_file(it, "chart");
        bool below = object || (file && strcmp(file, "NOTES.txt") == 0);
        if (!file || strcmp(file, KUSTOMIZATION) == 0)
            continue;
        if (write_file(install, it, below ? templates : install->directory, file, object != NULL,
                       err) < 0)
            return -1;
    }
    return 0;
}

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

static int print_objects(const struct spk_install *install, struct spk_err *err)
{
    for (const struct spk_embedded *it = spk_embedded; it->name; it++) {
        SPK_CLEANUP(spk_buf_done) struct spk_buf buf = {0};
        const char *file = spk_embedded_file(it, "objects");
        if (!file || strcmp(file, KUSTOMIZATION) == 0)
            continue;
        if (render(&buf, install, it, false, err))
            return -1;
        if (buf.len)
            (void)printf("---\n%s", buf.ptr);
    }
    say_image_lacks(install);
    return 0;
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
    struct spk_err err;
    int rc = spk_install_parse(&install, argc, argv, &err);

    if (rc < 0)
        return fail(&err, EXIT_UNUSABLE);
    if (rc > 0)
        spk_install_help(stdout);
    else if (!install.directory)
        rc = print_objects(&install, &err);
    else if (install.format == SPK_INSTALL_HELM)
        rc = write_chart(&install, &err);
    else
        rc = write_objects(&install, &err);
    if (rc < 0)
        return fail(&err, EXIT_BROKEN);
    return spk_process_printed() ? EXIT_DONE : EXIT_BROKEN;
}
