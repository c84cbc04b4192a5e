#ifndef SPK_ADMISSION_NOTES_H
#define SPK_ADMISSION_NOTES_H
/*
 * What is found while a pod is decided about: faults (annotations that can't be honoured), warnings
 * and effects. Texts are made in the arena and quote a stranger's words only through spk_quote().
 *
 * Memory that runs out is remembered, so that callers need not check every note: they look at
 * no_memory once, at the end.
 */

#include "spk/admission/decision.h"
#include "spk/base/arena.h"
#include "spk/base/limits.h"

#include <stdbool.h>
#include <stddef.h>

struct spk_notes {
    struct spk_arena *arena;
    const char *faults[SPK_FAULTS_MAX];
    struct spk_place fault_places[SPK_FAULTS_MAX];
    size_t fault_count; /* also those that did not fit */
    const char *warnings[SPK_WARNINGS_RUNES_MAX / 16];
    struct spk_place warning_places[SPK_WARNINGS_RUNES_MAX / 16];
    size_t warning_count;
    size_t warning_runes;
    size_t warnings_left; /* how many did not fit */
    struct spk_effect *effects;
    size_t effect_count;
    bool no_memory;
};

/* An annotation that can't be honoured; @key is the annotation as written. */
void spk_notes_fault(struct spk_notes *notes, struct spk_str key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with its place inside the value. */
void spk_notes_fault_in(struct spk_notes *notes, const struct spk_place *place, const char *fmt,
                        ...) __attribute__((format(printf, 3, 4)));

/* A warning, cut to SPK_WARNING_RUNES_MAX; a repeated one is dropped. */
void spk_notes_warn(struct spk_notes *notes, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, about annotation @key as written. */
void spk_notes_warn_of(struct spk_notes *notes, struct spk_str key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The place of member @field of the item at @where; when @where is "", the value is not JSON and
 * the place is all of it. */
struct spk_place spk_notes_place(struct spk_notes *notes, struct spk_str key, const char *where,
                                 const char *field);

/* What annotation @key (canonical; NULL for the stamp) did. */
void spk_notes_effect(struct spk_notes *notes, enum spk_effect_kind kind, const char *key,
                      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Where the last effect is to be seen: place, asked and value of struct spk_effect. @asked and
 * @value are borrowed for as long as the effects live. */
void spk_notes_effect_at(struct spk_notes *notes, const char *asked, const json_t *value,
                         const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* spk_quote() that remembers a failure and never returns NULL. */
const char *spk_notes_quote(struct spk_notes *notes, struct spk_str text);

/* The same without the quotes: a key or a field's name. */
const char *spk_notes_plain(struct spk_notes *notes, struct spk_str text);

/* Adds "and N more warnings" if some did not fit. Call it once, at the end. */
void spk_notes_close(struct spk_notes *notes);

/* All faults in one text of less than SPK_MESSAGE_MAX bytes. */
const char *spk_notes_message(struct spk_notes *notes);

/* The canonical keys that changed something, with commas, in less than SPK_AUDIT_VALUE_MAX bytes.
 */
const char *spk_notes_applied(struct spk_notes *notes);

#endif
