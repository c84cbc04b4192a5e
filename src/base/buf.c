#include "spk/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST 256

void spk_buf_init(struct spk_buf *buf, size_t ceiling)
{
    *buf = (struct spk_buf){.ceiling = ceiling};
}

void spk_buf_done(struct spk_buf *buf)
{
    free(buf->ptr);
    spk_buf_init(buf, buf->ceiling);
}

static int give_up(struct spk_buf *buf, struct spk_err *err, enum spk_code code, size_t wanted)
{
    size_t ceiling = buf->ceiling;

    spk_buf_done(buf);
    if (code == SPK_ENOMEM)
        return spk_fail(err, code, "%zu bytes: out of memory", wanted);
    return spk_fail(err, code, "%zu bytes, at most %zu", wanted, ceiling);
}

int spk_buf_reserve(struct spk_buf *buf, size_t len, struct spk_err *err)
{
    size_t size = buf->size ? buf->size : FIRST;
    char *ptr;

    if (len > buf->ceiling)
        return give_up(buf, err, SPK_ETOOBIG, len);
    if (len < buf->size)
        return 0;
    while (size <= len)
        size *= 2;
    ptr = realloc(buf->ptr, size);
    if (!ptr)
        return give_up(buf, err, SPK_ENOMEM, len);
    ptr[buf->len] = '\0';
    buf->ptr = ptr;
    buf->size = size;
    return 0;
}

int spk_buf_add(struct spk_buf *buf, const void *bytes, size_t len, struct spk_err *err)
{
    if (len > buf->ceiling - buf->len)
        return give_up(buf, err, SPK_ETOOBIG, buf->len + len);
    if (spk_buf_reserve(buf, buf->len + len, err))
        return -1;
    if (len)
        memcpy(buf->ptr + buf->len, bytes, len);
    buf->len += len;
    buf->ptr[buf->len] = '\0';
    return 0;
}

static int add_formatted(struct spk_buf *buf, struct spk_err *err, const char *fmt, va_list args)
{
    va_list again;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (len < 0)
        return give_up(buf, err, SPK_EINTERNAL, 0);
    if ((size_t)len > buf->ceiling - buf->len)
        return give_up(buf, err, SPK_ETOOBIG, buf->len + (size_t)len);
    if (spk_buf_reserve(buf, buf->len + (size_t)len, err))
        return -1;
    (void)vsnprintf(buf->ptr + buf->len, (size_t)len + 1, fmt, args);
    buf->len += (size_t)len;
    return 0;
}

int spk_buf_printf(struct spk_buf *buf, struct spk_err *err, const char *fmt, ...)
{
    va_list args;
    int rc;

    va_start(args, fmt);
    rc = add_formatted(buf, err, fmt, args);
    va_end(args);
    return rc;
}

char *spk_buf_take(struct spk_buf *buf, size_t *len)
{
    char *ptr = buf->ptr;

    *len = buf->len;
    spk_buf_init(buf, buf->ceiling);
    return ptr;
}
