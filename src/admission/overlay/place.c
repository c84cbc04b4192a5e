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

const char *spk_overlay_place(struct spk_notes *notes, const struct spk_at *at)
{
    const char *before = at && at->up ? spk_overlay_place(notes, at->up) : "";

    if (!at)
        return "";
    if (!at->key)
        return keep(notes, spk_arena_printf(notes->arena, "%s[%zu]", before, at->index));
    if (is_plain(at->key))
        return keep(notes,
                    spk_arena_printf(notes->arena, "%s%s%s", before, *before ? "." : "", at->key));
    return keep(notes, spk_arena_printf(notes->arena, "%s[%s]", before,
                                        spk_notes_quote(notes, spk_str(at->key))));
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

    if (!at->key)
        return keep(notes, spk_arena_printf(notes->arena, "%s/%zu", before, at->index));
    return keep(notes, spk_arena_printf(notes->arena, "%s/%s", before, escape(notes, at->key)));
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
    place.where = spk_overlay_place(run->notes, at);
    spk_notes_fault_in(run->notes, &place, "%s%s%s", place.where, at ? ": " : "", text);
}
