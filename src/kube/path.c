#include "spk/kube/client.h"

#include <ctype.h>
#include <stdarg.h>

static int add_escaped(struct spk_buf *out, struct spk_str text, struct spk_err *err)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool plain = c < 128 && (isalnum(c) || strchr("-._~", c)) && c != '\0';
        char code[] = {'%', digits[c >> 4], digits[c & 15]};

        if (spk_buf_add(out, plain ? text.ptr + i : code, plain ? 1 : sizeof(code), err))
            return -1;
    }
    return 0;
}

/* A step that is empty or made of dots alone would be another path. */
static bool is_step(const char *before, struct spk_str text)
{
    bool query = strchr(before, '?') != NULL || strchr(before, '=') != NULL;

    return query || !(text.len == 0 || spk_str_is(text, ".") || spk_str_is(text, ".."));
}

static int add_value(struct spk_buf *out, const char *before, const char *text, struct spk_err *err)
{
    if (is_step(before, spk_str(text)))
        return add_escaped(out, spk_str(text), err);
    spk_buf_done(out);
    return spk_fail(err, SPK_EINVALID, "%s: expected a name behind it, found \"%s\"", before, text);
}

int spk_kube_path(struct spk_buf *out, struct spk_err *err, ...)
{
    const char *literal;
    const char *value;
    va_list args;
    int rc = 0;

    va_start(args, err);
    while (rc == 0 && (literal = va_arg(args, const char *))) {
        rc = spk_buf_add(out, literal, strlen(literal), err);
        value = rc ? NULL : va_arg(args, const char *);
        if (!value)
            break;
        rc = add_value(out, literal, value, err);
    }
    va_end(args);
    return rc;
}
