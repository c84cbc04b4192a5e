#include "spk/base/file.h"

#include "spk/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_regular(const char *path, struct spk_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd < 0)
        return spk_fail_sys(err, "%s", path);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    (void)close(fd);
    return spk_fail(err, SPK_EINVALID, "%s: not a regular file", path);
}

/* Reads to the end instead of trusting st_size: the file may be growing. */
static int read_all(struct spk_buf *buf, int fd, struct spk_err *err)
{
    char chunk[4096];

    for (;;) {
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return spk_fail_sys(err, "read");
        if (n == 0)
            return 0;
        if (spk_buf_add(buf, chunk, (size_t)n, err))
            return -1;
    }
}

int spk_file_read(struct spk_buf *buf, const char *path, struct spk_err *err)
{
    SPK_AUTOCLOSE int fd = open_regular(path, err);

    if (fd >= 0 && read_all(buf, fd, err) == 0)
        return 0;
    spk_buf_done(buf);
    return fd < 0 ? -1 : spk_fail_in(err, "%s", path);
}

static int write_all(int fd, struct spk_str bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes = spk_str_skip(bytes, (size_t)n);
    }
    return 0;
}

static int write_and_sync(int fd, struct spk_str bytes, mode_t mode)
{
    return write_all(fd, bytes) || fchmod(fd, mode) || fsync(fd) ? -1 : 0;
}

int spk_file_write(const char *path, struct spk_str bytes, mode_t mode, struct spk_err *err)
{
    SPK_AUTOFREE char *temporary = NULL;
    SPK_AUTOCLOSE int fd = -1;

    if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
        temporary = NULL;
        return spk_fail(err, SPK_ENOMEM, "%s", path);
    }
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return spk_fail_sys(err, "%s", temporary);
    if (write_and_sync(fd, bytes, mode) == 0 && rename(temporary, path) == 0)
        return 0;
    (void)spk_fail_sys(err, "%s", path);
    (void)unlink(temporary);
    return -1;
}
