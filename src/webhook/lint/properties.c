#include "webhook/lint/properties.h"

#include "spk/base/limits.h"
#include "spk/base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* One logical line: what is left of natural ones after continuations, escapes still in it. */
struct line {
    char *bytes;
    size_t *at; /* of each byte, where it stands in the file */
    size_t len;
};

struct reader {
    struct spk_str text;
    size_t next;
    struct line line; /* room for the whole text */
    struct spk_properties *out;
    struct spk_arena *arena;
    size_t *stopped;
    struct spk_err *err;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static bool is_end(char c)
{
    return c == '\n' || c == '\r';
}

static bool at_end(const struct reader *reader)
{
    return reader->next == reader->text.len;
}

static char peek(const struct reader *reader)
{
    return reader->text.ptr[reader->next];
}

static void skip_blanks(struct reader *reader)
{
    while (!at_end(reader) && is_blank(peek(reader)))
        reader->next++;
}

/* "\r\n" is one end. */
static void skip_end(struct reader *reader)
{
    if (!at_end(reader) && peek(reader) == '\r' && reader->next + 1 < reader->text.len &&
        reader->text.ptr[reader->next + 1] == '\n')
        reader->next++;
    reader->next += !at_end(reader);
}

/* A natural line up to its end. True when its last backslash, which is taken off, goes on with the
 * next one. */
static bool read_natural(struct reader *reader)
{
    struct line *line = &reader->line;
    bool escaped = false;

    for (; !at_end(reader) && !is_end(peek(reader)); reader->next++) {
        line->bytes[line->len] = peek(reader);
        line->at[line->len++] = reader->next;
        escaped = peek(reader) == '\\' && !escaped;
    }
    line->len -= escaped;
    if (at_end(reader))
        return false;
    skip_end(reader);
    return escaped;
}

static bool is_comment(const struct reader *reader)
{
    return !at_end(reader) && (peek(reader) == '#' || peek(reader) == '!');
}

static void skip_natural(struct reader *reader)
{
    while (!at_end(reader) && !is_end(peek(reader)))
        reader->next++;
    skip_end(reader);
}

/* The next logical line with something in it; false at the end of the file. As long as nothing is
 * in it, a comment may follow even where the line before it went on (Java 17 LineReader). */
static bool read_logical(struct reader *reader)
{
    reader->line.len = 0;
    while (!at_end(reader)) {
        skip_blanks(reader);
        if (reader->line.len == 0 && is_comment(reader))
            skip_natural(reader);
        else if (!read_natural(reader) && reader->line.len)
            return true;
    }
    return reader->line.len > 0;
}

/* Where the key ends: at a blank, '=' or ':' without a backslash before it. */
static size_t key_len(const struct line *line)
{
    bool escaped = false;
    size_t n = 0;

    for (; n < line->len; n++) {
        char c = line->bytes[n];
        if (!escaped && (is_blank(c) || c == '=' || c == ':'))
            break;
        escaped = c == '\\' && !escaped;
    }
    return n;
}

/* Behind the key: blanks, and one '=' or ':' among them. */
static size_t value_start(const struct line *line, size_t n)
{
    bool separated = false;

    for (; n < line->len; n++) {
        char c = line->bytes[n];
        if (is_blank(c))
            continue;
        if (separated || (c != '=' && c != ':'))
            break;
        separated = true;
    }
    return n;
}

/* The place of byte @n of the line, or of its end. */
static size_t place(const struct line *line, size_t n)
{
    if (n < line->len)
        return line->at[n];
    return line->len ? line->at[line->len - 1] + 1 : 0;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits at @n. */
static bool read_unit(uint32_t *unit, const struct line *line, size_t n, size_t end)
{
    *unit = 0;
    for (size_t i = n; i < n + 4; i++) {
        int digit = i < end ? hex(line->bytes[i]) : -1;
        if (digit < 0)
            return false;
        *unit = *unit * 16 + (uint32_t)digit;
    }
    return true;
}

#define REPLACEMENT 0xFFFDU

static size_t encode(char *out, uint32_t rune)
{
    if (rune < 0x80) {
        out[0] = (char)rune;
        return 1;
    }
    if (rune < 0x800) {
        out[0] = (char)(0xC0 | rune >> 6);
        out[1] = (char)(0x80 | (rune & 0x3F));
        return 2;
    }
    if (rune < 0x10000) {
        out[0] = (char)(0xE0 | rune >> 12);
        out[1] = (char)(0x80 | (rune >> 6 & 0x3F));
        out[2] = (char)(0x80 | (rune & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | rune >> 18);
    out[1] = (char)(0x80 | (rune >> 12 & 0x3F));
    out[2] = (char)(0x80 | (rune >> 6 & 0x3F));
    out[3] = (char)(0x80 | (rune & 0x3F));
    return 4;
}

static bool is_high(uint32_t unit)
{
    return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low(uint32_t unit)
{
    return unit >= 0xDC00 && unit < 0xE000;
}

/* The escape "\uXXXX" at @n, with the second half of its pair. Return: its length, 0 if it is
 * none. */
static size_t read_rune(uint32_t *rune, const struct line *line, size_t n, size_t end)
{
    uint32_t low;

    if (!read_unit(rune, line, n + 2, end))
        return 0;
    if (is_high(*rune) && n + 8 <= end && line->bytes[n + 6] == '\\' && line->bytes[n + 7] == 'u' &&
        read_unit(&low, line, n + 8, end) && is_low(low)) {
        *rune = 0x10000 + ((*rune - 0xD800) << 10) + (low - 0xDC00);
        return 12;
    }
    if (is_high(*rune) || is_low(*rune))
        *rune = REPLACEMENT;
    return 6;
}

static char unescaped(char c)
{
    switch (c) {
    case 't':
        return '\t';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 'f':
        return '\f';
    default:
        return c;
    }
}

/* A character that stands for itself, or U+FFFD for a byte that is none. */
static size_t copy_rune(char *out, size_t *out_len, const struct line *line, size_t n, size_t end)
{
    size_t len = spk_rune_len((struct spk_str){line->bytes + n, end - n});

    if (len)
        memcpy(out, line->bytes + n, len);
    *out_len = len ? len : encode(out, REPLACEMENT);
    return len ? len : 1;
}

/* What bytes @n to @end of the line mean. A byte becomes three at most. */
static int unescape(struct spk_str *text, struct reader *reader, size_t n, size_t end)
{
    const struct line *line = &reader->line;
    char *out = spk_arena_alloc(reader->arena, 3 * (end - n) + 1);
    size_t len = 0;

    if (!out)
        return spk_fail(reader->err, SPK_ENOMEM, "properties: out of memory");
    while (n < end) {
        size_t taken = 2;
        size_t given = 1;
        uint32_t rune;
        bool escape = line->bytes[n] == '\\' && n + 1 < end;
        if (escape && line->bytes[n + 1] == 'u') {
            taken = read_rune(&rune, line, n, end);
            if (!taken) {
                *reader->stopped = place(line, n);
                return spk_fail(reader->err, SPK_EPARSE,
                                "expected four hexadecimal digits behind \\u: Java reads nothing "
                                "of such a file");
            }
            given = encode(out + len, rune);
        } else if (escape && (unsigned char)line->bytes[n + 1] < 0x80) {
            out[len] = unescaped(line->bytes[n + 1]);
        } else {
            n += escape;
            taken = copy_rune(out + len, &given, line, n, end);
        }
        n += taken;
        len += given;
    }
    *text = (struct spk_str){out, len};
    return 0;
}

static struct spk_str trimmed(struct spk_str text)
{
    while (text.len && (unsigned char)*text.ptr <= ' ' && !is_end(*text.ptr))
        text = spk_str_skip(text, 1);
    while (text.len && (unsigned char)text.ptr[text.len - 1] <= ' ' &&
           !is_end(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

static int add(struct reader *reader)
{
    const struct line *line = &reader->line;
    size_t end = key_len(line);
    size_t start = value_start(line, end);
    struct spk_property item = {.key_at = place(line, 0), .value_at = place(line, start)};
    struct spk_property *items =
        spk_arena_push(reader->arena, reader->out->items, reader->out->count, sizeof(*items));

    if (!items)
        return spk_fail(reader->err, SPK_ENOMEM, "properties: out of memory");
    reader->out->items = items;
    if (unescape(&item.key, reader, 0, end) || unescape(&item.value, reader, start, line->len))
        return -1;
    item.value = trimmed(item.value);
    items[reader->out->count++] = item;
    return 0;
}

int spk_properties_read(struct spk_properties *out, struct spk_arena *arena, size_t *stopped,
                        struct spk_str text, struct spk_err *err)
{
    struct reader reader = {
        .text = text, .out = out, .arena = arena, .stopped = stopped, .err = err};

    *out = (struct spk_properties){0};
    *stopped = 0;
    if (text.len > SPK_PROPERTIES_MAX)
        return spk_fail(err, SPK_ETOOBIG, "properties: %zu bytes, at most %zu", text.len,
                        SPK_PROPERTIES_MAX);
    reader.line.bytes = spk_arena_alloc(arena, text.len + 1);
    reader.line.at = spk_arena_array(arena, text.len + 1, sizeof(*reader.line.at));
    if (!reader.line.bytes || !reader.line.at)
        return spk_fail(err, SPK_ENOMEM, "properties: out of memory");
    while (read_logical(&reader)) {
        if (add(&reader))
            return -1;
    }
    return 0;
}
