#include "spk/admission/notes.h"

#include "spk/base/cleanup.h"
#include "spk/base/text.h"

#include <stdarg.h>
#include <stdio.h>

/* Runes kept for the line that says how many warnings were left out. */
#define TAIL_RUNES 32

static const char *keep(struct spk_notes *notes, const char *text)
{
    if (!text)
        notes->no_memory = true;
    return text ? text : "";
}

const char *spk_notes_quote(struct spk_notes *notes, struct spk_str text)
{
    return keep(notes, spk_quote(notes->arena, text));
}

const char *spk_notes_plain(struct spk_notes *notes, struct spk_str text)
{
    const char *quoted = spk_notes_quote(notes, text);
    size_t len = strlen(quoted);

    if (len < 2 || quoted[len - 1] != '"')
        return quoted;
    return keep(notes, spk_arena_copy(notes->arena, (struct spk_str){quoted + 1, len - 2}));
}

__attribute__((format(printf, 3, 0))) static void
add_fault(struct spk_notes *notes, const struct spk_place *place, const char *fmt, va_list args)
{
    const char *text;

    if (notes->fault_count >= SPK_FAULTS_MAX) {
        notes->fault_count++;
        return;
    }
    text = keep(notes, spk_arena_vprintf(notes->arena, fmt, args));
    text = spk_arena_printf(notes->arena, "%s: %s", spk_notes_plain(notes, place->key), text);
    notes->fault_places[notes->fault_count] = *place;
    notes->faults[notes->fault_count++] = keep(notes, text);
}

void spk_notes_fault(struct spk_notes *notes, struct spk_str key, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_fault(notes, &(struct spk_place){.key = key}, fmt, args);
    va_end(args);
}

void spk_notes_fault_in(struct spk_notes *notes, const struct spk_place *place, const char *fmt,
                        ...)
{
    va_list args;

    va_start(args, fmt);
    add_fault(notes, place, fmt, args);
    va_end(args);
}

struct spk_place spk_notes_place(struct spk_notes *notes, struct spk_str key, const char *where,
                                 const char *field)
{
    const char *path = *where ? spk_arena_printf(notes->arena, "%s.%s", where, field) : "";

    return (struct spk_place){.key = key, .where = keep(notes, path)};
}

static bool is_repeated(const struct spk_notes *notes, const char *text)
{
    for (size_t i = 0; i < notes->warning_count; i++) {
        if (strcmp(notes->warnings[i], text) == 0)
            return true;
    }
    return false;
}

static void add_warning(struct spk_notes *notes, struct spk_str key, char *text)
{
    size_t runes;

    text[spk_runes_cut(spk_str(text), SPK_WARNING_RUNES_MAX)] = '\0';
    if (is_repeated(notes, text))
        return;
    runes = spk_runes_count(spk_str(text));
    if (notes->warning_runes + runes > SPK_WARNINGS_RUNES_MAX - TAIL_RUNES ||
        notes->warning_count + 1 >= SPK_LEN(notes->warnings)) {
        notes->warnings_left++;
        return;
    }
    notes->warning_places[notes->warning_count] = (struct spk_place){.key = key};
    notes->warnings[notes->warning_count++] = text;
    notes->warning_runes += runes;
}

__attribute__((format(printf, 3, 0))) static void warn(struct spk_notes *notes, struct spk_str key,
                                                       const char *fmt, va_list args)
{
    char *text;

    if (notes->warnings_left) { /* none may follow: no work for what is not shown */
        notes->warnings_left++;
        return;
    }
    text = spk_arena_vprintf(notes->arena, fmt, args);
    if (text)
        add_warning(notes, key, text);
    else
        notes->no_memory = true;
}

void spk_notes_warn(struct spk_notes *notes, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    warn(notes, (struct spk_str){0}, fmt, args);
    va_end(args);
}

void spk_notes_warn_of(struct spk_notes *notes, struct spk_str key, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    warn(notes, key, fmt, args);
    va_end(args);
}

void spk_notes_close(struct spk_notes *notes)
{
    char *text;

    if (!notes->warnings_left)
        return;
    text = spk_arena_printf(notes->arena, "and %zu more warnings", notes->warnings_left);
    if (text)
        notes->warnings[notes->warning_count++] = text;
    else
        notes->no_memory = true;
    notes->warnings_left = 0;
}

/* Appends to a text of @size bytes, cut at a whole rune. */
static void append(char *out, size_t size, const char *separator, const char *text)
{
    size_t had = strlen(out);

    (void)snprintf(out + had, size - had, "%s%s", had ? separator : "", text);
    out[spk_runes_whole(spk_str(out))] = '\0';
}

const char *spk_notes_message(struct spk_notes *notes)
{
    char *message = spk_arena_alloc(notes->arena, SPK_MESSAGE_MAX);
    size_t shown = notes->fault_count < SPK_FAULTS_MAX ? notes->fault_count : SPK_FAULTS_MAX;
    char more[40];

    if (!message)
        return keep(notes, NULL);
    for (size_t i = 0; i < shown; i++)
        append(message, SPK_MESSAGE_MAX, "; ", notes->faults[i]);
    (void)snprintf(more, sizeof(more), "and %zu more", notes->fault_count - shown);
    if (notes->fault_count > shown)
        append(message, SPK_MESSAGE_MAX, "; ", more);
    return message;
}

static bool changes(enum spk_effect_kind kind)
{
    return kind == SPK_VOLUME_ADDED || kind == SPK_MOUNT_ADDED || kind == SPK_ENV_ADDED ||
           kind == SPK_ENV_REPLACED || kind == SPK_OWNER_ADDED || kind == SPK_FIELD_ADDED ||
           kind == SPK_FIELD_REPLACED || kind == SPK_FIELD_REMOVED ||
           kind == SPK_INIT_CONTAINER_ADDED || kind == SPK_ARGUMENT_ADDED ||
           kind == SPK_ARGUMENT_REPLACED;
}

static bool changed_earlier(const struct spk_notes *notes, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        const struct spk_effect *effect = &notes->effects[i];
        if (changes(effect->kind) && strcmp(effect->key, notes->effects[at].key) == 0)
            return true;
    }
    return false;
}

const char *spk_notes_applied(struct spk_notes *notes)
{
    char *applied = spk_arena_alloc(notes->arena, SPK_AUDIT_VALUE_MAX);

    if (!applied)
        return keep(notes, NULL);
    for (size_t i = 0; i < notes->effect_count; i++) {
        const struct spk_effect *effect = &notes->effects[i];
        if (changes(effect->kind) && !changed_earlier(notes, i))
            append(applied, SPK_AUDIT_VALUE_MAX, ",", effect->key);
    }
    return applied;
}

void spk_notes_effect(struct spk_notes *notes, enum spk_effect_kind kind, const char *key,
                      const char *fmt, ...)
{
    va_list args;
    const char *detail;
    struct spk_effect *effects;

    va_start(args, fmt);
    detail = keep(notes, spk_arena_vprintf(notes->arena, fmt, args));
    va_end(args);
    effects = spk_arena_push(notes->arena, notes->effects, notes->effect_count, sizeof(*effects));
    if (!effects) {
        notes->no_memory = true;
        return;
    }
    effects[notes->effect_count++] =
        (struct spk_effect){.kind = kind, .key = key, .detail = detail};
    notes->effects = effects;
}

void spk_notes_effect_at(struct spk_notes *notes, const char *asked, const json_t *value,
                         const char *fmt, ...)
{
    va_list args;
    struct spk_effect *effect;

    if (notes->no_memory || notes->effect_count == 0)
        return;
    effect = &notes->effects[notes->effect_count - 1];
    va_start(args, fmt);
    effect->place = keep(notes, spk_arena_vprintf(notes->arena, fmt, args));
    va_end(args);
    effect->asked = asked;
    effect->value = value;
}
