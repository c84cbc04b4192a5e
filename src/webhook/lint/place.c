/*
 * Where in a file the field stands that a path names, as the judgement of SparkApplications writes
 * paths: "spec.volumes[0].emptyDir", "spec.sparkConf.spark.ui.port". Keys may have dots in them.
 */
#include "webhook/lint/parts.h"

#include "spk/json/walk.h"

struct search {
    struct spk_lint_source *source;
    size_t offset; /* of what was found last */
};

/* Between a container's beginning and a value in it. */
struct passing {
    struct spk_lint_source *source;
    const json_t *value; /* true, false or null */
    size_t offset;       /* of the last other value */
    size_t count;        /* how many of @value followed it */
};

static void pass(struct passing *passing, const json_t *value)
{
    size_t i;
    const json_t *item;
    const char *key;
    json_t *member;

    if (value == passing->value)
        passing->count++;
    else if (spk_lint_offset(&passing->offset, passing->source, value))
        passing->count = 0;
    json_array_foreach(value, i, item)
    {
        pass(passing, item);
    }
    json_object_foreach((json_t *)value, key, member)
    {
        pass(passing, member);
    }
}

/* Enters @value, which stands in @holder, at index @at or under the name @at_key. */
static void enter(struct search *search, const json_t *holder, const json_t *value, size_t at,
                  const char *at_key)
{
    struct passing passing = {search->source, value, search->offset, 0};
    size_t i;
    const json_t *item;
    const char *key;
    json_t *member;

    if (!spk_lint_is_single(value)) {
        (void)spk_lint_offset(&search->offset, search->source, value);
        return;
    }
    json_array_foreach(holder, i, item)
    {
        if (i == at)
            break;
        pass(&passing, item);
    }
    json_object_foreach((json_t *)holder, key, member)
    {
        if (at_key && strcmp(key, at_key) == 0)
            break;
        pass(&passing, member);
    }
    (void)spk_lint_offset_of_single(&search->offset, search->source, value, passing.offset,
                                    passing.count);
}

/* The longest member's name that @path begins with; NULL for none. */
static const char *member_of(const json_t *object, const char *path)
{
    const char *best = NULL;
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        size_t len = strlen(key);
        if (strncmp(path, key, len) == 0 && strchr(".[", path[len]) &&
            (!best || len > strlen(best)))
            best = key;
    }
    return best;
}

/* One step of @path. Return: what it leads to, @path behind it; NULL where it ends. */
static const json_t *step(struct search *search, const json_t *value, const char **path)
{
    const json_t *found = NULL;
    const char *key = NULL;
    size_t index = 0;
    char *end;

    if (json_is_object(value)) {
        *path += **path == '.';
        key = member_of(value, *path);
        found = key ? json_object_get(value, key) : NULL;
        *path += key ? strlen(key) : 0;
    } else if (json_is_array(value) && **path == '[') {
        index = strtoul(*path + 1, &end, 10);
        found = json_array_get(value, index);
        *path = end + (*end == ']');
    }
    if (found)
        enter(search, value, found, index, key);
    return found;
}

size_t spk_lint_place(struct spk_lint_source *source, const json_t *object, const char *path)
{
    struct search search = {.source = source};

    (void)spk_lint_offset(&search.offset, source, object);
    while (object && *path)
        object = step(&search, object, &path);
    return search.offset;
}
