#include "webhook/input.h"

#include "spk/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int read_all(struct spk_buf *buf, int fd, const char *name, struct spk_err *err)
{
    char chunk[16 * 1024];

    for (;;) {
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return spk_fail_sys(err, "%s", name);
        if (n == 0)
            return 0;
        if (spk_buf_add(buf, chunk, (size_t)n, err))
            return spk_fail_in(err, "%s", name);
    }
}

int spk_input_read(struct spk_buf *buf, const char *file, struct spk_err *err)
{
    SPK_AUTOCLOSE int fd = -1;

    if (!file || strcmp(file, "-") == 0)
        return read_all(buf, STDIN_FILENO, "standard input", err);
    fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return spk_fail_sys(err, "%s", file);
    return read_all(buf, fd, file, err);
}
