/*
 * Private folders: made, filled, removed.
 */
#include "runner_parts.h"

#include "spk/base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#define PREFIX    "spark-submit-"
/* Deeper than anything that spark-submit makes; a tree is walked recursively. */
#define DEPTH_MAX 64
/* A folder that still grows while it is removed belongs to somebody who is about to be killed. */
#define TRIES     5

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static const char *place(const char *work_folder)
{
    const char *temporary = getenv("TMPDIR");

    if (work_folder)
        return work_folder;
    return temporary && *temporary ? temporary : "/tmp";
}

static void cleanup_dir(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir);
}

static void remove_at(int folder, const char *name, unsigned depth);

static void empty(int fd, unsigned depth)
{
    const struct dirent *entry;
    SPK_CLEANUP(cleanup_dir) DIR *dir = NULL;
    int copy = openat(fd, ".", FOLDER_FLAGS);

    if (copy < 0)
        return;
    dir = fdopendir(copy);
    if (!dir) {
        (void)close(copy);
        return;
    }
    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove_at(fd, entry->d_name, depth);
    }
}

static void remove_at(int folder, const char *name, unsigned depth)
{
    SPK_AUTOCLOSE int fd = -1;

    if (unlinkat(folder, name, 0) == 0 || depth == DEPTH_MAX)
        return;
    fd = openat(folder, name, FOLDER_FLAGS);
    if (fd < 0 && errno == EACCES && fchmodat(folder, name, 0700, 0) == 0)
        fd = openat(folder, name, FOLDER_FLAGS);
    if (fd < 0)
        return;
    (void)fchmod(fd, 0700);
    for (unsigned i = 0; i < TRIES; i++) {
        empty(fd, depth + 1);
        if (unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno != ENOTEMPTY)
            return;
    }
}

void spk_runner_folder_done(struct spk_runner_folder *folder)
{
    if (folder->path)
        remove_at(AT_FDCWD, folder->path, 0);
    if (folder->fd >= 0)
        (void)close(folder->fd);
    free(folder->path);
    *folder = (struct spk_runner_folder){.fd = -1};
}

/* Somebody's spk_runner_sweep() may come between the making and the lock.
 * Return: 0; 1: it has gone again; -1 */
static int make_locked(struct spk_runner_folder *out, const char *work_folder, struct spk_err *err)
{
    SPK_AUTOFREE char *path = NULL;
    SPK_AUTOCLOSE int fd = -1;
    struct stat stat = {0};

    if (asprintf(&path, "%s/" PREFIX "XXXXXX", work_folder) < 0) {
        path = NULL;
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    }
    if (!mkdtemp(path))
        return spk_fail_sys(err, "%s: cannot make a private folder", path);
    fd = open(path, FOLDER_FLAGS);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) || fstat(fd, &stat) || stat.st_nlink == 0)
        return 1;
    *out = (struct spk_runner_folder){.path = SPK_STEAL(path), .fd = spk_steal_fd(&fd)};
    return 0;
}

int spk_runner_folder_make(struct spk_runner_folder *out, const char *work_folder,
                           struct spk_err *err)
{
    SPK_AUTOFREE char *absolute = realpath(place(work_folder), NULL);
    int rc = 1;

    *out = (struct spk_runner_folder){.fd = -1};
    if (!absolute)
        return spk_fail_sys(err, "%s: expected a folder for private files", place(work_folder));
    for (unsigned i = 0; rc == 1 && i < TRIES; i++)
        rc = make_locked(out, absolute, err);
    return rc == 1 ? spk_fail(err, SPK_EIO, "%s: private folders vanish in it", absolute) : rc;
}

int spk_runner_folder_sub(const struct spk_runner_folder *folder, const char *name,
                          struct spk_err *err)
{
    if (mkdirat(folder->fd, name, 0700))
        return spk_fail_sys(err, "%s/%s", folder->path, name);
    return 0;
}

int spk_runner_folder_write(const struct spk_runner_folder *folder, const char *name,
                            struct spk_str bytes, struct spk_err *err)
{
    SPK_AUTOCLOSE int fd =
        openat(folder->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    ssize_t n;

    if (fd < 0)
        return spk_fail_sys(err, "%s/%s", folder->path, name);
    while (bytes.len) {
        n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno != EINTR)
            return spk_fail_sys(err, "%s/%s", folder->path, name);
        if (n > 0)
            bytes = spk_str_skip(bytes, (size_t)n);
    }
    return 0;
}

/* A folder of ours that nobody holds. */
static bool is_left_over(int work, const char *name)
{
    SPK_AUTOCLOSE int fd = -1;
    struct stat stat;

    if (strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0)
        return false;
    fd = openat(work, name, FOLDER_FLAGS);
    return fd >= 0 && fstat(fd, &stat) == 0 && stat.st_uid == geteuid() &&
           (stat.st_mode & 07777) == 0700 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

int spk_runner_sweep(const char *work_folder, struct spk_err *err)
{
    const struct dirent *entry;
    SPK_CLEANUP(cleanup_dir) DIR *dir = opendir(place(work_folder));

    if (!dir)
        return spk_fail_sys(err, "%s: expected a folder for private files", place(work_folder));
    while ((entry = readdir(dir))) {
        if (is_left_over(dirfd(dir), entry->d_name))
            remove_at(dirfd(dir), entry->d_name, 0);
    }
    return 0;
}
