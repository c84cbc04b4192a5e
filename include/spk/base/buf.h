#ifndef SPK_BASE_BUF_H
#define SPK_BASE_BUF_H
/*
 * A growing run of bytes that is born with its ceiling. On any failure it frees itself, so callers
 * have nothing to clean.
 */

#include "spk/base/err.h"
#include "spk/base/str.h"

#include <stddef.h>

struct spk_buf {
    char *ptr;      /* owned; NULL while empty; terminated by a NUL that len does not count */
    size_t len;     /* bytes in use */
    size_t size;    /* bytes allocated */
    size_t ceiling; /* len never exceeds it */
};

void spk_buf_init(struct spk_buf *buf, size_t ceiling);

/* Frees the bytes; a zeroed buffer is fine; the ceiling stays. */
void spk_buf_done(struct spk_buf *buf);

/* Appends. SPK_ETOOBIG above the ceiling, SPK_ENOMEM; the buffer is then empty. */
int spk_buf_add(struct spk_buf *buf, const void *bytes, size_t len, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Appends formatted text. Errors as above. */
int spk_buf_printf(struct spk_buf *buf, struct spk_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), warn_unused_result));

/* Makes room for @len bytes in all, so that adding up to there cannot fail. Errors as above. */
int spk_buf_reserve(struct spk_buf *buf, size_t len, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Gives the bytes away (to be freed with free) and leaves the buffer empty. */
char *spk_buf_take(struct spk_buf *buf, size_t *len);

#endif
