#include "spk/base/faults.h"

#include "spk/base/str.h"
#include "spk/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE_MAX_BYTES 1024
#define PATH_MAX_BYTES 450
/* Room that stays for "and N more". */
#define TAIL           32

bool spk_faults_none(const struct spk_faults *faults)
{
    return faults->lines[0] == '\0' && faults->left == 0;
}

static bool holds(const char *lines, const char *line)
{
    size_t len = strlen(line);

    for (const char *at = lines; (at = strstr(at, line)); at += len) {
        if ((at == lines || at[-1] == '\n') && (at[len] == '\0' || at[len] == '\n'))
            return true;
    }
    return false;
}

void spk_faults_add(struct spk_faults *faults, const char *path, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    size_t used;
    int len;
    va_list args;

    if (faults->left) {
        faults->left++;
        return;
    }
    used = strlen(faults->lines);
    len = snprintf(line, sizeof(line), "%.*s: ", PATH_MAX_BYTES, path);
    va_start(args, fmt);
    (void)vsnprintf(line + len, sizeof(line) - (size_t)len, fmt, args);
    va_end(args);
    spk_mend(line);
    spk_one_line(line);
    if (holds(faults->lines, line))
        return;
    if (used + strlen(line) + 1 >= sizeof(faults->lines)) {
        faults->left++;
        return;
    }
    (void)snprintf(faults->lines + used, sizeof(faults->lines) - used, "%s%s", used ? "\n" : "",
                   line);
}

/* The next line that is not empty, taken from @rest; a slice of no bytes at the end. */
static struct spk_str take_line(struct spk_str *rest)
{
    struct spk_str line;

    while (rest->len && rest->ptr[0] == '\n')
        *rest = spk_str_skip(*rest, 1);
    line = (struct spk_str){rest->ptr, 0};
    while (line.len < rest->len && line.ptr[line.len] != '\n')
        line.len++;
    *rest = spk_str_skip(*rest, line.len);
    return line;
}

static size_t count_lines(struct spk_str rest)
{
    size_t count = 0;

    while (take_line(&rest).len)
        count++;
    return count;
}

static size_t joined_len(struct spk_str rest, const char *between)
{
    size_t len = 0;
    struct spk_str line;

    while ((line = take_line(&rest)).len)
        len += line.len + (len ? strlen(between) : 0);
    return len;
}

/* What "and N more" at the end of a text says, which is cut off; 0 without it. */
static size_t take_more(struct spk_str *text)
{
    static const char before[] = "\nand ";
    static const char behind[] = " more";
    size_t at = text->len;
    char *end;
    size_t count;

    while (at && text->ptr[at - 1] != '\n')
        at--;
    if (at == 0 || !spk_str_starts(spk_str_skip(*text, at - 1), spk_str(before)))
        return 0;
    count = strtoul(text->ptr + at + sizeof(before) - 2, &end, 10);
    if (strcmp(end, behind) != 0)
        return 0;
    text->len = at - 1;
    return count;
}

/* A first line that is too long is cut. */
static void join(char *out, size_t size, struct spk_str rest, size_t left, const char *between)
{
    bool all = left == 0 && (count_lines(rest) < 2 || joined_len(rest, between) < size);
    size_t kept = 1 + (all ? 0 : TAIL);
    size_t room = size > kept ? size - kept : 0;
    size_t used = 0;
    struct spk_str line;

    *out = '\0';
    while ((line = take_line(&rest)).len) {
        const char *before = used ? between : "";
        if (used && used + strlen(before) + line.len > room) {
            left += 1 + count_lines(rest);
            break;
        }
        line.len = line.len < room ? line.len : spk_runes_whole((struct spk_str){line.ptr, room});
        used += (size_t)snprintf(out + used, size - used, "%s%.*s", before, SPK_ARG(line));
    }
    if (left)
        (void)snprintf(out + used, size - used, "%sand %zu more", used ? between : "", left);
    spk_mend(out);
}

void spk_faults_print(char *out, size_t size, const struct spk_faults *faults, const char *between)
{
    join(out, size, spk_str(faults->lines), faults->left, between);
}

void spk_faults_join(char *out, size_t size, const char *lines, const char *between)
{
    struct spk_str text = spk_str(lines);
    size_t left = take_more(&text);

    join(out, size, text, left, between);
}
