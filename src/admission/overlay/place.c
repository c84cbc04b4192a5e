#include "parts.h"

#include <stdarg.h>

static const char *keep(struct spk_notes *notes, const char *text)
{
    if (!text)
        notes->no_memory = true;
    return text ? text : "";
}

/* As it is written in a path: a name as it is, anything else in brackets and quotes. */
static bool is_plain(const char *key)
{
    for (; *key; key++) {
        if (!((*key >= 'a' && *key <= 'z') || (*key >= 'A' && *key <= 'Z') ||
              (*key >= '0' && *key <= '9')))
            return false;
    }
    return true;
}

/* Four texts in one: places are made for every change, and printf would take most of the time. */
static const char *join(struct spk_notes *notes, const char *const parts[static 4])
{
    size_t len = 0;
    char *out;
    char *end;

    for (size_t i = 0; i < 4; i++)
        len += strlen(parts[i]);
    out = spk_arena_alloc(notes->arena, len + 1);
    end = out;
    for (size_t i = 0; out && i < 4; i++) {
        size_t part = strlen(parts[i]);
        memcpy(end, parts[i], part);
        end += part;
    }
    return keep(notes, out);
}

#define DIGITS 24 /* of any size_t */

static const char *decimal(char out[static DIGITS], size_t number)
{
    char *at = out + DIGITS - 1;

    *at = '\0';
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return at;
}

const char *spk_overlay_place(struct spk_notes *notes, const struct spk_at *at)
{
    const char *before = at && at->up ? spk_overlay_place(notes, at->up) : "";
    char digits[DIGITS];

    if (!at)
        return "";
    if (!at->key)
        return join(notes, (const char *[]){before, "[", decimal(digits, at->index), "]"});
    if (is_plain(at->key))
        return join(notes, (const char *[]){before, *before ? "." : "", at->key, ""});
    return join(notes,
                (const char *[]){before, "[", spk_notes_quote(notes, spk_str(at->key)), "]"});
}

static const char *escape(struct spk_notes *notes, const char *key)
{
    char *out;
    char *end;

    if (!strpbrk(key, "~/"))
        return key;
    out = spk_arena_alloc(notes->arena, 2 * strlen(key) + 1);
    for (end = out; out && *key; key++) {
        char last = *key;
        if (last == '/' || last == '~') {
            *end++ = '~';
            last = last == '/' ? '1' : '0';
        }
        *end++ = last;
    }
    return keep(notes, out);
}

const char *spk_overlay_pointer(struct spk_notes *notes, const struct spk_at *at)
{
    const char *before = at->up ? spk_overlay_pointer(notes, at->up) : "";
    char digits[DIGITS];

    return join(
        notes, (const char *[]){before, "/",
                                at->key ? escape(notes, at->key) : decimal(digits, at->index), ""});
}

const char *spk_overlay_asked(struct spk_overlay_run *run, const struct spk_at *at)
{
    return run->ask->shorthand ? "" : spk_overlay_place(run->notes, at);
}

void spk_overlay_fault(struct spk_overlay_run *run, const struct spk_at *at, const char *fmt, ...)
{
    struct spk_place place = {.key = run->ask->from.written};
    va_list args;
    const char *text;

    if (run->notes->fault_count >= SPK_FAULTS_MAX) {
        run->notes->fault_count++;
        return;
    }
    va_start(args, fmt);
    text = keep(run->notes, spk_arena_vprintf(run->notes->arena, fmt, args));
    va_end(args);
    place.where = spk_overlay_asked(run, at);
    spk_notes_fault_in(run->notes, &place, "%s%s%s", place.where, *place.where ? ": " : "", text);
}
