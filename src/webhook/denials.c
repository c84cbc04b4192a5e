#include "webhook/denials.h"

#include <string.h>

static struct spk_str cut(struct spk_str text, size_t size)
{
    size_t len = text.len < size ? text.len : size - 1;

    return (struct spk_str){text.ptr, text.ptr ? strnlen(text.ptr, len) : 0};
}

static bool holds(const char *stored, struct spk_str text)
{
    return strlen(stored) == text.len && memcmp(stored, text.ptr ? text.ptr : "", text.len) == 0;
}

static void store(char *stored, struct spk_str text)
{
    if (text.len)
        memcpy(stored, text.ptr, text.len);
    stored[text.len] = '\0';
}

/* The application's entry, or the one that it should take: free or longest unseen. */
static struct spk_denial *find(struct spk_denials *denials, struct spk_str space,
                               struct spk_str app)
{
    struct spk_denial *oldest = &denials->apps[0];

    for (size_t i = 0; i < SPK_DENIALS_APPS; i++) {
        struct spk_denial *entry = &denials->apps[i];
        if (entry->used && holds(entry->name, app) && holds(entry->space, space))
            return entry;
        if (oldest->used && (!entry->used || entry->seen_ms < oldest->seen_ms))
            oldest = entry;
    }
    *oldest = (struct spk_denial){0};
    return oldest;
}

bool spk_denials_pass(struct spk_denials *denials, struct spk_str space, struct spk_str app,
                      int64_t now_ms, uint64_t *held)
{
    struct spk_denial *entry;

    space = cut(space, sizeof(entry->space));
    app = cut(app, sizeof(entry->name));
    entry = find(denials, space, app);
    entry->seen_ms = now_ms;
    if (entry->used && now_ms - entry->logged_ms < SPK_DENIALS_EACH_MS) {
        entry->held++;
        return false;
    }
    *held = entry->held;
    store(entry->name, app);
    store(entry->space, space);
    entry->used = true;
    entry->held = 0;
    entry->logged_ms = now_ms;
    return true;
}
