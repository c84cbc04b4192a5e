#include "event_internal.h"

#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* events_cache.go */
#define BURST     25.0
#define REFILL_MS (300.0 * 1000) /* for one */
#define AGAIN_MS  ((int64_t)600 * 1000)

struct note {
    struct note *older;
    struct note *newer;
    int64_t at_ms; /* the last time */
    double tokens; /* of an object */
    struct spk_event_count count;
    char key[];
};

/* Found by key, and in the order of their last time. */
struct notes {
    void *tree; /* of tsearch(): keys */
    struct note *oldest;
    struct note *newest;
    unsigned size;
};

struct spk_event_memory {
    struct notes objects;
    struct notes events;
};

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static struct note *note_at(void *key)
{
    return (struct note *)(void *)((char *)key - offsetof(struct note, key));
}

static void unhang(struct notes *notes, struct note *note)
{
    *(note->older ? &note->older->newer : &notes->oldest) = note->newer;
    *(note->newer ? &note->newer->older : &notes->newest) = note->older;
}

static void hang_newest(struct notes *notes, struct note *note)
{
    note->older = notes->newest;
    note->newer = NULL;
    *(note->older ? &note->older->newer : &notes->oldest) = note;
    notes->newest = note;
}

static void forget_oldest(struct notes *notes)
{
    struct note *note = notes->oldest;

    unhang(notes, note);
    (void)tdelete(note->key, &notes->tree, compare);
    notes->size--;
    free(note);
}

static struct note *make(struct notes *notes, const char *key)
{
    size_t size = strlen(key) + 1;
    struct note *note;

    if (notes->size >= SPK_EVENT_MEMORY)
        forget_oldest(notes);
    note = calloc(1, sizeof(*note) + size);
    if (!note)
        return NULL;
    memcpy(note->key, key, size);
    if (!tsearch(note->key, &notes->tree, compare)) {
        free(note);
        return NULL;
    }
    notes->size++;
    hang_newest(notes, note);
    return note;
}

/* The note of the key, which is now the newest; @fresh: it was made. */
static struct note *recall(struct notes *notes, const char *key, bool *fresh)
{
    char *const *node = tfind(key, &notes->tree, compare);
    struct note *note = node ? note_at(*node) : NULL;

    *fresh = !note;
    if (!note)
        return make(notes, key);
    unhang(notes, note);
    hang_newest(notes, note);
    return note;
}

/* A bucket that fills slowly, and is full at first. */
static bool has_token(struct note *object, bool fresh, int64_t now_ms)
{
    object->tokens += fresh ? BURST : (double)(now_ms - object->at_ms) / REFILL_MS;
    if (object->tokens > BURST)
        object->tokens = BURST;
    object->at_ms = now_ms;
    if (object->tokens < 1)
        return false;
    object->tokens -= 1;
    return true;
}

int spk_event_note(struct spk_event_count *out, struct spk_event_memory *memory, const char *object,
                   const char *event, const struct spk_event_moment *now, struct spk_err *err)
{
    bool new_object;
    bool new_event;
    struct note *about = recall(&memory->objects, object, &new_object);
    struct note *told = about ? recall(&memory->events, event, &new_event) : NULL;

    if (!told)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (new_event || now->mono_ms - told->at_ms > AGAIN_MS)
        told->count = (struct spk_event_count){.first_s = now->wall_s, .suffix = now->suffix};
    told->at_ms = now->mono_ms;
    told->count.count++;
    *out = told->count;
    out->held_back = !has_token(about, new_object, now->mono_ms);
    return 0;
}

struct spk_event_memory *spk_event_memory_new(void)
{
    return calloc(1, sizeof(struct spk_event_memory));
}

void spk_event_memory_free(struct spk_event_memory *memory)
{
    if (!memory)
        return;
    while (memory->objects.oldest)
        forget_oldest(&memory->objects);
    while (memory->events.oldest)
        forget_oldest(&memory->events);
    free(memory);
}

unsigned spk_event_memory_size(const struct spk_event_memory *memory)
{
    return memory->objects.size + memory->events.size;
}
