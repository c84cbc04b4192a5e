#include "spk/cli/objects.h"

#include "spk/base/cleanup.h"
#include "spk/base/file.h"
#include "spk/base/limits.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Beside the objects, the one that lists their files. */
#define KUSTOMIZATION "kustomization.yaml"

static int render(struct spk_buf *out, const struct spk_objects *objects,
                  const struct spk_embedded *from, bool helm, struct spk_err *err)
{
    struct spk_template template = {.variables = objects->variables,
                                    .count = objects->count,
                                    .values = objects->values,
                                    .texts = objects->texts,
                                    .helm = helm};

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
static void say_stale(const struct spk_objects *objects, const char *path)
{
    struct stat found;

    if (stat(path, &found) == 0)
        (void)fprintf(stderr, "%s manifest: %s: not of this installation, and left\n",
                      objects->program, path);
}

/* Writes what @from becomes to folder/file; what becomes nothing is no file. */
static int write_file(const struct spk_objects *objects, const struct spk_embedded *from,
                      const char *folder, const char *file, bool helm, struct spk_err *err)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf buf;
    char path[PATH_MAX];

    if (render(&buf, objects, from, helm, err))
        return -1;
    if (snprintf(path, sizeof(path), "%s/%s", folder, file) >= (int)sizeof(path))
        return spk_fail(err, SPK_EINVALID, "--directory: found %zu bytes, expected fewer",
                        strlen(folder));
    if (buf.len == 0) {
        say_stale(objects, path);
        return 1;
    }
    return spk_file_write(path, (struct spk_str){buf.ptr, buf.len}, 0644, err);
}

int spk_objects_write(const struct spk_objects *objects, struct spk_err *err)
{
    const struct spk_embedded *kustomization = NULL;
    int rc;

    if (make_folder(objects->directory, err))
        return -1;
    for (const struct spk_embedded *it = objects->texts; it->name; it++) {
        const char *file = spk_embedded_file(it, "objects");
        if (!file)
            continue;
        if (strcmp(file, KUSTOMIZATION) == 0) {
            kustomization = it;
            continue;
        }
        rc = write_file(objects, it, objects->directory, file, false, err);
        if (rc < 0)
            return -1;
        if (rc == 0 && objects->files->count < SPK_FLAG_LIST_MAX)
            objects->files->items[objects->files->count++] = file;
    }
    if (!kustomization)
        return spk_fail(err, SPK_EINTERNAL, "no " KUSTOMIZATION);
    return write_file(objects, kustomization, objects->directory, KUSTOMIZATION, false, err);
}

int spk_objects_chart(const struct spk_objects *objects, struct spk_err *err)
{
    char templates[PATH_MAX];

    (void)snprintf(templates, sizeof(templates), "%.*s/templates", PATH_MAX - 64,
                   objects->directory);
    if (make_folder(objects->directory, err) || make_folder(templates, err))
        return -1;
    for (const struct spk_embedded *it = objects->texts; it->name; it++) {
        const char *object = spk_embedded_file(it, "objects");
        const char *file = object ? object : spk_embedded_file(it, "chart");
        bool below = object || (file && strcmp(file, "NOTES.txt") == 0);
        if (!file || strcmp(file, KUSTOMIZATION) == 0)
            continue;
        if (write_file(objects, it, below ? templates : objects->directory, file, object != NULL,
                       err) < 0)
            return -1;
    }
    return 0;
}

int spk_objects_print(const struct spk_objects *objects, struct spk_err *err)
{
    for (const struct spk_embedded *it = objects->texts; it->name; it++) {
        SPK_CLEANUP(spk_buf_done) struct spk_buf buf = {0};
        const char *file = spk_embedded_file(it, "objects");
        if (!file || strcmp(file, KUSTOMIZATION) == 0)
            continue;
        if (render(&buf, objects, it, false, err))
            return -1;
        if (buf.len)
            (void)printf("---\n%s", buf.ptr);
    }
    return 0;
}
