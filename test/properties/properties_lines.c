/* Reads one file of properties a line, a JSON string, and writes a list of [KEY, VALUE, place of
 * the key, place of the value], or "refused". */

#include "webhook/lint/properties.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/json/walk.h"

static json_t *item_json(const struct spk_property *item)
{
    return json_pack("[o, o, I, I]", spk_json_string(item->key), spk_json_string(item->value),
                     (json_int_t)item->key_at, (json_int_t)item->value_at);
}

static json_t *read_text(struct spk_arena *arena, struct spk_str text)
{
    struct spk_properties all;
    struct spk_err err;
    size_t stopped;
    json_t *list;

    if (spk_properties_read(&all, arena, &stopped, text, &err))
        return json_string("refused");
    list = json_array();
    for (size_t i = 0; i < all.count; i++)
        (void)json_array_append_new(list, item_json(&all.items[i]));
    return list;
}

int main(void)
{
    SPK_AUTOFREE char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) > 0) {
        SPK_CLEANUP(spk_arena_done) struct spk_arena arena;
        json_auto_t *text = json_loads(line, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        json_auto_t *answer = NULL;
        SPK_AUTOFREE char *printed = NULL;
        spk_arena_init(&arena, SPK_ARENA_MAX);
        answer = read_text(&arena, spk_json_str(text));
        printed = json_dumps(answer, JSON_COMPACT | JSON_ENCODE_ANY);
        (void)puts(printed ? printed : "");
    }
    return 0;
}
