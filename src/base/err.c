#include "spk/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const texts[] = {
    [SPK_OK] = "ok",
    [SPK_ENOMEM] = "out of memory",
    [SPK_ETOOBIG] = "too big",
    [SPK_EPARSE] = "malformed",
    [SPK_EINVALID] = "invalid",
    [SPK_EIO] = "input/output",
    [SPK_EINTERNAL] = "internal",
};
_Static_assert(sizeof(texts) / sizeof(texts[0]) == SPK_CODES, "one text per code");

int spk_fail(struct spk_err *err, enum spk_code code, const char *fmt, ...)
{
    va_list args;

    *err = (struct spk_err){.code = code};
    va_start(args, fmt);
    (void)vsnprintf(err->msg, sizeof(err->msg), fmt, args);
    va_end(args);
    return -1;
}

int spk_fail_sys(struct spk_err *err, const char *fmt, ...)
{
    int sys = errno;
    va_list args;
    size_t len;

    *err = (struct spk_err){.code = SPK_EIO, .sys = sys};
    va_start(args, fmt);
    (void)vsnprintf(err->msg, sizeof(err->msg), fmt, args);
    va_end(args);
    len = strlen(err->msg);
    (void)snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", strerror(sys));
    return -1;
}

int spk_fail_in(struct spk_err *err, const char *fmt, ...)
{
    char old[sizeof(err->msg)];
    va_list args;
    size_t len;

    memcpy(old, err->msg, sizeof(old));
    va_start(args, fmt);
    (void)vsnprintf(err->msg, sizeof(err->msg), fmt, args);
    va_end(args);
    len = strlen(err->msg);
    (void)snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", old);
    return -1;
}

const char *spk_code_text(enum spk_code code)
{
    return (unsigned)code < SPK_CODES ? texts[code] : "unknown";
}
