/* What is read from properties, written with every character escaped that may mean something, is
 * read as the same; and all of it stands inside the file. */

#include "fuzz.h"

#include "spk/base/limits.h"
#include "webhook/lint/properties.h"
#include "webhook/lint/source.h"

static void put(FILE *to, struct spk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20)
            (void)fprintf(to, "\\u%04x", c);
        else if (strchr(" =:#!\\", c))
            (void)fprintf(to, "\\%c", c);
        else
            (void)fputc(c, to);
    }
}

static void must_be_same(const struct spk_properties *all, struct spk_arena *arena)
{
    char *text = NULL;
    size_t len = 0;
    size_t stopped;
    FILE *to = open_memstream(&text, &len);
    struct spk_properties again;
    struct spk_err err;

    MUST(to != NULL);
    for (size_t i = 0; i < all->count; i++) {
        put(to, all->items[i].key);
        (void)fputc('=', to);
        put(to, all->items[i].value);
        (void)fputc('\n', to);
    }
    MUST(fclose(to) == 0);
    if (spk_properties_read(&again, arena, &stopped, (struct spk_str){text, len}, &err)) {
        MUST(err.code == SPK_ETOOBIG || err.code == SPK_ENOMEM);
    } else {
        MUST(again.count == all->count);
        for (size_t i = 0; i < all->count; i++)
            MUST(spk_str_eq(again.items[i].key, all->items[i].key) &&
                 spk_str_eq(again.items[i].value, all->items[i].value));
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spk_lint_source source = {.text = {(const char *)data, size}, .properties = true};
    struct spk_properties all;
    struct spk_arena arena;
    struct spk_err err;
    size_t stopped;

    spk_arena_init(&arena, SPK_ARENA_MAX);
    if (spk_properties_read(&all, &arena, &stopped, source.text, &err)) {
        MUST(stopped <= size);
    } else {
        for (size_t i = 0; i < all.count; i++) {
            const struct spk_property *it = &all.items[i];
            MUST(it->key_at <= it->value_at && it->value_at <= size);
            MUST(spk_lint_inside(&source, it->value_at, it->value, it->value.len / 2) <= size);
        }
        must_be_same(&all, &arena);
    }
    spk_arena_done(&arena);
    return 0;
}
