#ifndef SPK_BASE_FILE_H
#define SPK_BASE_FILE_H
/* Small files, whole: certificates, keys, what a flag names. */

#include "spk/base/buf.h"
#include "spk/base/err.h"
#include "spk/base/str.h"

#include <sys/types.h>

/**
 * spk_file_read() - append a regular file's bytes
 * @buf: its ceiling is the file's; empty on failure
 *
 * A symbolic link is followed anew by each call. A pipe or a device is refused: reading one could
 * wait for ever.
 *
 * Errors: SPK_EIO, SPK_EINVALID for what is not a regular file, SPK_ETOOBIG, SPK_ENOMEM; all name
 *         @path
 */
int spk_file_read(struct spk_buf *buf, const char *path, struct spk_err *err)
    __attribute__((warn_unused_result));

/**
 * spk_file_write() - create or replace a file, so that a reader sees the old one or the new one
 * @mode: exact, whatever the umask
 *
 * Errors: SPK_EIO naming @path; no temporary file stays behind
 */
int spk_file_write(const char *path, struct spk_str bytes, mode_t mode, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
