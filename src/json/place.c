#include "spk/json/place.h"

#include <stdbool.h>

/* The text from here on; an end that comes too early reads as NULs. */
struct cursor {
    struct spk_str text;
    size_t at;
};

static char peek(const struct cursor *cursor)
{
    if (cursor->at >= cursor->text.len)
        return '\0';
    return cursor->text.ptr[cursor->at];
}

static bool is_one_of(char c, const char *chars)
{
    return c && strchr(chars, c);
}

/* Blanks, and the marks that stand between values. */
static void skip_to_value(struct cursor *cursor)
{
    while (is_one_of(peek(cursor), " \t\r\n,:"))
        cursor->at++;
}

static struct spk_str take_string(struct cursor *cursor)
{
    size_t start = ++cursor->at;

    while (cursor->at < cursor->text.len && peek(cursor) != '"')
        cursor->at += peek(cursor) == '\\' ? 2 : 1;
    if (cursor->at > cursor->text.len)
        cursor->at = cursor->text.len;
    return (struct spk_str){cursor->text.ptr + start, cursor->at++ - start};
}

/* A string, or what ends with the next mark. */
static void skip_scalar(struct cursor *cursor)
{
    if (peek(cursor) == '"') {
        (void)take_string(cursor);
        return;
    }
    while (cursor->at < cursor->text.len && !is_one_of(peek(cursor), " \t\r\n,:]}[{\""))
        cursor->at++;
}

static void skip_value(struct cursor *cursor)
{
    size_t depth = 0;

    do {
        skip_to_value(cursor);
        if (is_one_of(peek(cursor), "[{")) {
            depth++;
            cursor->at++;
        } else if (is_one_of(peek(cursor), "]}")) {
            depth -= depth > 0;
            cursor->at++;
        } else {
            skip_scalar(cursor);
        }
    } while (depth && cursor->at < cursor->text.len);
}

size_t spk_json_document_len(struct spk_str text)
{
    struct cursor cursor = {.text = text};

    skip_value(&cursor);
    return cursor.at < text.len ? cursor.at : text.len;
}

struct telling {
    struct cursor cursor;
    spk_json_place_fn *tell;
    void *arg;
};

static void tell_value(struct telling *telling, const json_t *value);

/* jansson keeps members in the order of the text. */
static void tell_members(struct telling *telling, const json_t *object)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        skip_to_value(&telling->cursor);
        skip_scalar(&telling->cursor);
        tell_value(telling, value);
    }
}

static void tell_value(struct telling *telling, const json_t *value)
{
    size_t i;
    const json_t *item;

    skip_to_value(&telling->cursor);
    telling->tell(telling->arg, value, telling->cursor.at);
    if (!json_is_object(value) && !json_is_array(value)) {
        skip_scalar(&telling->cursor);
        return;
    }
    telling->cursor.at++;
    if (json_is_object(value))
        tell_members(telling, value);
    json_array_foreach(value, i, item)
    {
        tell_value(telling, item);
    }
    skip_to_value(&telling->cursor);
    telling->cursor.at++;
}

void spk_json_places(const json_t *tree, struct spk_str text, spk_json_place_fn *tell, void *arg)
{
    struct telling telling = {.cursor = {.text = text}, .tell = tell, .arg = arg};

    tell_value(&telling, tree);
}

static bool ends_step(char next)
{
    return next == '\0' || next == '.' || next == '[';
}

/* The length of @key at the start of @path, as ".key" or as ["key"]; 0 when it is another step. */
static size_t member_step(const char *path, struct spk_str key)
{
    bool quoted = strncmp(path, "[\"", 2) == 0;
    size_t before = quoted ? 2 : *path == '.';
    size_t len = before + key.len;

    if (key.len == 0 || strlen(path + before) < key.len ||
        memcmp(path + before, key.ptr, key.len) != 0)
        return 0;
    if (quoted)
        return strncmp(path + len, "\"]", 2) == 0 ? len + 2 : 0;
    return ends_step(path[len]) ? len : 0;
}

/* Of an object at the cursor: leaves the cursor at the member that @path goes on with. */
static size_t enter_object(struct cursor *cursor, const char *path)
{
    size_t least = cursor->at;

    cursor->at++;
    for (;;) {
        struct spk_str key;
        size_t step;
        skip_to_value(cursor);
        if (peek(cursor) != '"')
            break;
        key = take_string(cursor);
        step = member_step(path, key);
        skip_to_value(cursor);
        if (step)
            return step;
        skip_value(cursor);
    }
    cursor->at = least;
    return 0;
}

/* The index of "[12]", and the length of that; 0 when it is another step. */
static size_t index_step(const char *path, size_t *index)
{
    size_t n = 1;

    *index = 0;
    if (*path != '[')
        return 0;
    for (; path[n] >= '0' && path[n] <= '9' && n < 10; n++)
        *index = *index * 10 + (size_t)(path[n] - '0');
    return n > 1 && path[n] == ']' ? n + 1 : 0;
}

static size_t enter_array(struct cursor *cursor, const char *path)
{
    size_t least = cursor->at;
    size_t index;
    size_t step = index_step(path, &index);

    cursor->at++;
    for (; step; index--) {
        skip_to_value(cursor);
        if (peek(cursor) == ']' || peek(cursor) == '\0')
            break;
        if (index == 0)
            return step;
        skip_value(cursor);
    }
    cursor->at = least;
    return 0;
}

size_t spk_json_locate(size_t *offset, struct spk_str text, const char *path)
{
    struct cursor cursor = {.text = text};
    size_t found = 0;
    size_t step;

    skip_to_value(&cursor);
    do {
        *offset = cursor.at < text.len ? cursor.at : text.len;
        step = peek(&cursor) == '{'   ? enter_object(&cursor, path + found)
               : peek(&cursor) == '[' ? enter_array(&cursor, path + found)
                                      : 0;
        found += step;
    } while (step);
    return found;
}
