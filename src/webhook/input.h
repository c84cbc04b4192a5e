#ifndef SPK_WEBHOOK_INPUT_H
#define SPK_WEBHOOK_INPUT_H
/* What a command line names to be read: a file, a pipe, standard input. */

#include "spk/base/buf.h"
#include "spk/base/err.h"

/* Appends all of @file, which is the caller's own and may be a pipe; NULL or "-" is standard input.
 * Errors name the file: SPK_EIO, SPK_ETOOBIG, SPK_ENOMEM. */
int spk_input_read(struct spk_buf *buf, const char *file, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
