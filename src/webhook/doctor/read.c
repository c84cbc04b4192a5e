#include "webhook/doctor/read.h"

#include <stdio.h>
#include <string.h>

json_t *spk_read(const json_t *object, const char *path)
{
    char key[64];

    while (*path && object) {
        size_t len = strcspn(path, ".");
        (void)snprintf(key, sizeof(key), "%.*s", (int)len, path);
        object = json_object_get(object, key);
        path += len + (path[len] == '.');
    }
    return json_is_null(object) ? NULL : (json_t *)object;
}

const char *spk_read_text(const json_t *object, const char *path)
{
    const char *text = json_string_value(spk_read(object, path));

    return text ? text : "";
}

int64_t spk_read_number(const json_t *object, const char *path, int64_t fallback)
{
    const json_t *value = spk_read(object, path);

    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

const char *spk_read_name(const json_t *object)
{
    return spk_read_text(object, "metadata.name");
}

json_t *spk_read_named(const json_t *list, const char *key, const char *text)
{
    json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        if (strcmp(spk_read_text(item, key), text) == 0)
            return item;
    }
    return NULL;
}

bool spk_read_holds(const json_t *list, const char *text)
{
    const json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        if (json_is_string(item) && strcmp(json_string_value(item), text) == 0)
            return true;
    }
    return false;
}
