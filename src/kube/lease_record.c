#include "lease_internal.h"

#include "spk/base/clock.h"
#include "spk/json/walk.h"

#include <stdio.h>
#include <string.h>

/* RFC 3339 with exactly six digits behind the point (apimachinery meta/v1 micro_time.go). */
#define MICRO_TEXT (SPK_CLOCK_TEXT + 8)

void spk_lease_record_done(struct spk_lease_record *record)
{
    json_decref(record->object);
    *record = (struct spk_lease_record){0};
}

void spk_lease_record_see(struct spk_lease_record *record, json_t *object, int64_t now_ms)
{
    const json_t *before = json_object_get(record->object, "spec");
    const json_t *after = json_object_get(object, "spec");

    if (!record->object || !(before == after || json_equal(before, after)))
        record->changed_ms = now_ms;
    json_incref(object);
    json_decref(record->object);
    record->object = object;
    record->missing = false;
}

void spk_lease_record_miss(struct spk_lease_record *record)
{
    record->missing = record->object != NULL;
}

static const json_t *spec_of(const struct spk_lease_record *record)
{
    return json_object_get(record->object, "spec");
}

struct spk_str spk_lease_record_holder(const struct spk_lease_record *record)
{
    return spk_json_str(json_object_get(spec_of(record), "holderIdentity"));
}

bool spk_lease_record_is_taken(const struct spk_lease_record *record, const char *identity,
                               int64_t duration_ms, int64_t now_ms)
{
    struct spk_str holder = spk_lease_record_holder(record);
    json_int_t seconds =
        json_integer_value(json_object_get(spec_of(record), "leaseDurationSeconds"));

    if (!holder.len || spk_str_is(holder, identity))
        return false;
    if (seconds > 0 && seconds <= INT32_MAX)
        duration_ms = seconds * 1000;
    return now_ms - record->changed_ms < duration_ms;
}

static json_t *micro_time(int64_t wall_ms)
{
    char seconds[SPK_CLOCK_TEXT];
    char text[MICRO_TEXT];

    spk_clock_text(seconds, wall_ms / 1000);
    (void)snprintf(text, sizeof(text), "%.*s.%06dZ", (int)strcspn(seconds, "Z"), seconds,
                   (int)(wall_ms % 1000) * 1000);
    return json_string(text);
}

static int set_spec(json_t *spec, const struct spk_lease_words *words, bool mine)
{
    json_t *before = json_object_get(spec, "leaseTransitions");
    json_int_t transitions = json_integer_value(before);
    json_int_t seconds = *words->identity ? (words->duration_ms + 999) / 1000 : 1;

    if (json_object_set_new(spec, "holderIdentity", json_string(words->identity)) ||
        json_object_set_new(spec, "leaseDurationSeconds", json_integer(seconds)) ||
        json_object_set_new(spec, "renewTime", micro_time(words->wall_ms)))
        return -1;
    if (mine)
        return 0;
    if (before && *words->identity)
        transitions++;
    return json_object_set_new(spec, "leaseTransitions", json_integer(transitions)) ||
                   json_object_set_new(spec, "acquireTime", micro_time(words->wall_ms))
               ? -1
               : 0;
}

static json_t *new_lease(const struct spk_lease_words *words)
{
    return json_pack("{s:s, s:s, s:{s:s, s:s}, s:{}}", "apiVersion", "coordination.k8s.io/v1",
                     "kind", "Lease", "metadata", "namespace", words->ns, "name", words->name,
                     "spec");
}

json_t *spk_lease_record_make(const struct spk_lease_record *record,
                              const struct spk_lease_words *words)
{
    bool mine = spk_str_is(spk_lease_record_holder(record), words->identity);
    bool there = record->object && !record->missing;
    json_auto_t *lease = there ? json_deep_copy(record->object) : new_lease(words);
    json_t *spec = json_object_get(lease, "spec");

    if (lease && !json_is_object(spec)) {
        (void)json_object_set_new(lease, "spec", json_object());
        spec = json_object_get(lease, "spec");
    }
    if (!spec || set_spec(spec, words, there && mine && *words->identity))
        return NULL;
    return json_incref(lease);
}
