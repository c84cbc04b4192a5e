#include "spk/app/application.h"
#include "spk/base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Spreads a hash over all bits (the finaliser of MurmurHash3), so that sums of some tell apart. */
static uint64_t spread(uint64_t hash)
{
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 33;
}

static uint64_t hash_text(char tag, const char *text, size_t len)
{
    return spk_hash(spk_hash(SPK_HASH_BEGIN, &tag, 1), text, len);
}

static uint64_t hash_number(const json_t *number)
{
    char text[40];
    int len = json_is_integer(number)
                  ? snprintf(text, sizeof(text), "%" PRId64, (int64_t)json_integer_value(number))
                  : snprintf(text, sizeof(text), "%.17g", json_real_value(number));

    return hash_text('n', text, (size_t)len);
}

static uint64_t hash_value(const json_t *value);

/* A sum: the members' order says nothing. It needs no memory, so it can't fail either. */
static uint64_t hash_object(const json_t *object, bool top)
{
    uint64_t sum = 0;
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        uint64_t member;
        if (json_is_null(value) ||
            (top && (strcmp(key, "suspend") == 0 || strcmp(key, "timeToLiveSeconds") == 0)))
            continue;
        member = hash_value(value);
        sum += spread(spk_hash(hash_text('k', key, strlen(key)), &member, sizeof(member)));
    }
    return spk_hash(hash_text('o', "", 0), &sum, sizeof(sum));
}

static uint64_t hash_array(const json_t *array)
{
    uint64_t hash = hash_text('a', "", 0);
    json_t *value;
    size_t i;

    json_array_foreach(array, i, value)
    {
        uint64_t element = hash_value(value);
        hash = spk_hash(hash, &element, sizeof(element));
    }
    return hash;
}

static uint64_t hash_value(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return hash_object(value, false);
    case JSON_ARRAY:
        return hash_array(value);
    case JSON_STRING:
        return hash_text('s', json_string_value(value), json_string_length(value));
    case JSON_INTEGER:
    case JSON_REAL:
        return hash_number(value);
    case JSON_TRUE:
        return hash_text('t', "", 0);
    case JSON_FALSE:
        return hash_text('f', "", 0);
    default:
        return hash_text('0', "", 0);
    }
}

void spk_app_spec_hash(char out[SPK_APP_HASH], const json_t *spec)
{
    (void)snprintf(out, SPK_APP_HASH, "%016" PRIx64, spread(hash_object(spec, true)));
}
