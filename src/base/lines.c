#include "spk/base/lines.h"

#include <string.h>

/* A buffer that a burst has made larger than this is given back once it is empty. */
#define KEEP_MAX ((size_t)256 * 1024)

void spk_lines_init(struct spk_lines *lines, size_t line_max, size_t ceiling)
{
    *lines = (struct spk_lines){.line_max = line_max};
    spk_buf_init(&lines->buf, ceiling);
}

void spk_lines_done(struct spk_lines *lines)
{
    spk_buf_done(&lines->buf);
    lines->at = lines->seen = 0;
}

/* Puts what is not taken yet to the front. */
static void close_up(struct spk_lines *lines)
{
    struct spk_buf *buf = &lines->buf;

    if (lines->at == buf->len && buf->size > KEEP_MAX)
        spk_buf_done(buf);
    if (lines->at && buf->len)
        memmove(buf->ptr, buf->ptr + lines->at, buf->len - lines->at);
    buf->len = buf->len ? buf->len - lines->at : 0;
    lines->seen -= lines->at;
    lines->at = 0;
}

int spk_lines_add(struct spk_lines *lines, struct spk_str bytes, struct spk_err *err)
{
    close_up(lines);
    if (spk_buf_add(&lines->buf, bytes.ptr, bytes.len, err) == 0)
        return 0;
    lines->seen = 0;
    return -1;
}

static int fail_long(const struct spk_lines *lines, struct spk_err *err)
{
    return spk_fail(err, SPK_ETOOBIG, "a line: more than %zu bytes", lines->line_max);
}

/* More than a line, even if its last byte is the beginning of the line's end. */
static bool is_long(const struct spk_lines *lines, struct spk_str rest)
{
    return rest.len - (rest.len && rest.ptr[rest.len - 1] == '\r') > lines->line_max;
}

int spk_lines_next(struct spk_lines *lines, struct spk_str *line, struct spk_err *err)
{
    const char *end;

    do {
        const char *start = lines->at ? lines->buf.ptr + lines->at : lines->buf.ptr;
        size_t unseen = lines->buf.len - lines->seen;

        end = unseen ? memchr(lines->buf.ptr + lines->seen, '\n', unseen) : NULL;
        if (!end) {
            lines->seen = lines->buf.len;
            *line = (struct spk_str){start, lines->seen - lines->at};
            return is_long(lines, *line) ? fail_long(lines, err) : 1;
        }
        *line = (struct spk_str){start, (size_t)(end - start)};
        lines->at = lines->seen = (size_t)(end - lines->buf.ptr) + 1;
        if (line->len && line->ptr[line->len - 1] == '\r')
            line->len--;
    } while (line->len == 0);
    return line->len > lines->line_max ? fail_long(lines, err) : 0;
}
