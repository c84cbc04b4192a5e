#ifndef TEST_UNIT_KUBE_FOLDER_H
#define TEST_UNIT_KUBE_FOLDER_H
/* A folder for a test's files; it goes with the test. */

#include "spk/base/file.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    char path[64];
    char file[512]; /* of the last folder_file() */
};

static inline struct folder folder_new(void)
{
    struct folder folder = {.path = "/tmp/spk-unit-XXXXXX"};

    ck_assert_ptr_nonnull(mkdtemp(folder.path));
    return folder;
}

/* The path of a name in it, good until the next call. */
static inline const char *folder_file(struct folder *folder, const char *name)
{
    (void)snprintf(folder->file, sizeof(folder->file), "%s/%s", folder->path, name);
    return folder->file;
}

static inline const char *folder_write(struct folder *folder, const char *name, const char *text)
{
    struct spk_err err;
    mode_t mode = strncmp(text, "#!", 2) == 0 ? 0700 : 0600;

    ck_assert_msg(spk_file_write(folder_file(folder, name), spk_str(text), mode, &err) == 0, "%s",
                  err.msg);
    return folder->file;
}

static inline void folder_done(struct folder *folder)
{
    DIR *dir = opendir(folder->path);
    const struct dirent *entry;

    ck_assert_ptr_nonnull(dir);
    while ((entry = readdir(dir)))
        (void)unlink(folder_file(folder, entry->d_name));
    (void)closedir(dir);
    (void)rmdir(folder->path);
}

#endif
