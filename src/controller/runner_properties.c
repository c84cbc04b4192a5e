/*
 * Java properties.
 */
#include "runner_parts.h"

#include "spk/base/cleanup.h"
#include "spk/base/text.h"

#include <stdio.h>

static int add_unit(struct spk_buf *out, unsigned unit, struct spk_err *err)
{
    return spk_buf_printf(out, err, "\\u%04x", unit);
}

static int add_wide(struct spk_buf *out, uint32_t rune, struct spk_err *err)
{
    if (rune < 0x10000)
        return add_unit(out, rune, err);
    rune -= 0x10000;
    return add_unit(out, 0xd800 + (rune >> 10), err) ? -1
                                                     : add_unit(out, 0xdc00 + (rune & 0x3ff), err);
}

static int add_rune(struct spk_buf *out, uint32_t rune, struct spk_err *err)
{
    char plain[2] = {'\\', (char)rune};

    if (rune < ' ' || rune > '~')
        return add_wide(out, rune, err);
    if (strchr(" =:#!\\", (int)rune))
        return spk_buf_add(out, plain, 2, err);
    return spk_buf_add(out, plain + 1, 1, err);
}

static int add_text(struct spk_buf *out, struct spk_str text, struct spk_err *err)
{
    uint32_t rune = 0;
    size_t len;

    for (; text.len; text = spk_str_skip(text, len)) {
        len = spk_rune_decode(text, &rune);
        if (len == 0)
            return spk_fail(err, SPK_EPARSE, "a property that is not UTF-8");
        if (add_rune(out, rune, err))
            return -1;
    }
    return 0;
}

int spk_runner_properties(struct spk_buf *out, const json_t *properties, struct spk_err *err)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)properties, name, value)
    {
        struct spk_str text = {json_string_value(value), json_string_length(value)};
        if (json_is_string(value) &&
            (add_text(out, spk_str(name), err) || spk_buf_add(out, "=", 1, err) ||
             add_text(out, text, err) || spk_buf_add(out, "\n", 1, err)))
            return -1;
    }
    return 0;
}
