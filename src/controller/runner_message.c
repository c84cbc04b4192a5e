/*
 * Why a spark-submit failed, out of what it said.
 * Spec: fabric8 kubernetes-client OperationSupport.requestFailure ("Failure executing: POST at:
 * URL. Message: TEXT. Received status: Status(...)"); the JVM's stack traces
 */
#include "runner_parts.h"

#include "spk/base/cleanup.h"
#include "spk/base/text.h"

#include <stdio.h>

/* The part behind the last @mark; absent (NULL) without one. */
static struct spk_str behind_last(struct spk_str text, const char *mark)
{
    size_t len = strlen(mark);
    struct spk_str found = {0};
    const char *at;

    while ((at = memmem(text.ptr, text.len, mark, len))) {
        text = spk_str_skip(text, (size_t)(at - text.ptr) + len);
        found = text;
    }
    return found;
}

static struct spk_str before(struct spk_str text, const char *mark)
{
    const char *at = memmem(text.ptr, text.len, mark, strlen(mark));

    return at ? (struct spk_str){text.ptr, (size_t)(at - text.ptr)} : text;
}

static struct spk_str line(struct spk_str text)
{
    return before(before(text, "\n"), "\r");
}

/* What the API server answered; it may have lines of its own. */
static struct spk_str answer_in(struct spk_str text)
{
    struct spk_str rest = behind_last(text, "Failure executing: ");
    struct spk_str found = {0};
    const char *end;

    if (rest.ptr)
        found = behind_last(before(rest, ". Received status: "), "Message: ");
    end = found.ptr ? memmem(found.ptr, found.len, "\n\tat ", 5) : NULL;
    return end ? line(found) : found;
}

/* The last line that is no part of a stack trace. */
static struct spk_str last_line(struct spk_str text)
{
    struct spk_str found = {0};

    while (text.ptr && text.len) {
        struct spk_str each = line(text);
        size_t step = before(text, "\n").len;
        if (each.len && each.ptr[0] != '\t')
            found = each;
        text = spk_str_skip(text, step < text.len ? step + 1 : step);
    }
    return found;
}

static size_t escaped(char out[16], struct spk_str text, size_t *taken)
{
    uint32_t rune = 0;
    size_t len = spk_rune_decode(text, &rune);
    int n;

    *taken = len ? len : 1;
    if (text.ptr && len && !spk_rune_must_escape(rune)) {
        memcpy(out, text.ptr, len);
        return len;
    }
    if (len == 0 && text.ptr)
        n = snprintf(out, 16, "\\x%02x", (unsigned char)text.ptr[0]);
    else if (rune == '\n' || rune == '\t')
        n = snprintf(out, 16, rune == '\n' ? "\\n" : "\\t");
    else
        n = snprintf(out, 16, "\\u%04x", rune);
    return n < 0 ? 0 : (size_t)n;
}

/* Appends as much as there is room for. */
static void add(char *out, size_t size, struct spk_str text)
{
    size_t len = strlen(out);
    char piece[16];

    while (text.len) {
        size_t taken;
        size_t more = escaped(piece, text, &taken);
        if (len + more >= size)
            break;
        memcpy(out + len, piece, more);
        len += more;
        text = spk_str_skip(text, taken);
    }
    out[len] = '\0';
}

/* An exception and, if it has one, the first cause of all. */
static void add_exception(char *out, size_t size, struct spk_str trace)
{
    struct spk_str cause = behind_last(trace, "\nCaused by: ");

    add(out, size, line(trace));
    if (!cause.ptr)
        return;
    add(out, size, SPK_LIT("; caused by "));
    add(out, size, line(cause));
}

void spk_runner_message(char *out, size_t size, struct spk_str text)
{
    struct spk_str answer;
    struct spk_str trace;
    struct spk_str error;

    out[0] = '\0';
    if (!text.ptr)
        return;
    answer = answer_in(text);
    trace = behind_last(text, "Exception in thread \"main\" ");
    error = behind_last(text, "\nError: ");
    if (answer.len)
        add(out, size, answer);
    else if (trace.len)
        add_exception(out, size, trace);
    else if (error.len)
        add(out, size, line(error));
    else
        add(out, size, last_line(text));
}
