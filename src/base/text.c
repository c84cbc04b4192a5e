#include "spk/base/text.h"

#include "spk/base/limits.h"

#include <stdint.h>
#include <stdio.h>

/* RFC 3629: length and least value by the first byte. */
static size_t announced(unsigned char first, uint32_t *bits, uint32_t *least)
{
    if (first < 0x80) {
        *bits = first;
        *least = 0;
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        *bits = first & 0x1f;
        *least = 0x80;
        return 2;
    }
    if ((first & 0xf0) == 0xe0) {
        *bits = first & 0x0f;
        *least = 0x800;
        return 3;
    }
    *bits = first & 0x07;
    *least = 0x10000;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

size_t spk_rune_decode(struct spk_str text, uint32_t *rune)
{
    uint32_t least;
    size_t len = text.len ? announced((unsigned char)text.ptr[0], rune, &least) : 0;

    if (len == 0 || len > text.len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((text.ptr[i] & 0xc0) != 0x80)
            return 0;
        *rune = *rune << 6 | ((unsigned char)text.ptr[i] & 0x3f);
    }
    if (*rune < least || *rune > 0x10ffff || (*rune >= 0xd800 && *rune <= 0xdfff))
        return 0;
    return len;
}

size_t spk_rune_len(struct spk_str text)
{
    uint32_t rune;

    return spk_rune_decode(text, &rune);
}

/* Unicode general categories Cc, Zl, Zp, and the bidirectional controls of Cf. */
bool spk_rune_must_escape(uint32_t rune)
{
    return rune < 0x20 || (rune >= 0x7f && rune <= 0x9f) || (rune >= 0x2028 && rune <= 0x202e) ||
           (rune >= 0x2066 && rune <= 0x2069) || rune == 0x200e || rune == 0x200f ||
           rune == 0x061c || rune == 0xfeff;
}

/* One rune or stray byte as it is shown; returns the bytes taken from @text. */
static size_t show(char out[static 8], struct spk_str text)
{
    uint32_t rune;
    size_t len = spk_rune_decode(text, &rune);

    if (len == 0) {
        (void)snprintf(out, 8, "\\x%02x", (unsigned char)text.ptr[0]);
        return 1;
    }
    if (rune == '"' || rune == '\\')
        (void)snprintf(out, 8, "\\%c", (char)rune);
    else if (spk_rune_must_escape(rune))
        (void)snprintf(out, 8, "\\u%04x", (unsigned)rune);
    else
        (void)snprintf(out, 8, "%.*s", (int)len, text.ptr);
    return len;
}

const char *spk_quote(struct spk_arena *arena, struct spk_str text)
{
    /* 6 bytes a rune at most (\uNNNN), two quotes, dots and the terminator */
    char *quoted =
        spk_arena_alloc(arena, (text.len < SPK_QUOTE_MAX ? text.len : SPK_QUOTE_MAX) * 6 + 6);
    char *end = quoted;
    char shown[8];

    if (!quoted)
        return NULL;
    *end++ = '"';
    for (size_t n = 0; n < SPK_QUOTE_MAX && text.len; n++) {
        text = spk_str_skip(text, show(shown, text));
        end = stpcpy(end, shown);
    }
    (void)stpcpy(end, text.len ? "\"..." : "\"");
    return quoted;
}

void spk_one_line(char *text)
{
    struct spk_str rest = spk_str(text);
    char *end = text;
    uint32_t rune;

    while (rest.len) {
        size_t len = spk_rune_decode(rest, &rune);
        if (len && !spk_rune_must_escape(rune)) {
            memmove(end, rest.ptr, len);
            end += len;
        } else {
            *end++ = len ? ' ' : '?';
        }
        rest = spk_str_skip(rest, len ? len : 1);
    }
    *end = '\0';
}

size_t spk_runes_cut(struct spk_str text, size_t runes)
{
    size_t at = 0;

    for (; runes && at < text.len; runes--) {
        size_t len = spk_rune_len(spk_str_skip(text, at));
        at += len ? len : 1;
    }
    return at;
}

size_t spk_runes_whole(struct spk_str text)
{
    size_t start = text.len;

    while (start && text.len - start < 3 && (text.ptr[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return text.len;
    start--;
    return spk_rune_len(spk_str_skip(text, start)) ? text.len : start;
}

size_t spk_runes_count(struct spk_str text)
{
    size_t count = 0;

    for (; text.len; count++) {
        size_t len = spk_rune_len(text);
        text = spk_str_skip(text, len ? len : 1);
    }
    return count;
}

void spk_mend(char *text)
{
    size_t len = spk_runes_whole(spk_str(text));

    text[len] = '\0';
    for (size_t at = 0; at < len;) {
        size_t step = spk_rune_len((struct spk_str){text + at, len - at});
        if (step == 0)
            text[at] = '?';
        at += step ? step : 1;
    }
}
