/* A list that can be read as a whole gives the same objects one by one; of any other one nothing is
 * told but objects. The bytes are an event of a watch, too.
 */

#include "fuzz.h"

#include "kube/watch_internal.h"

struct seen {
    json_t *items;
    unsigned unread;
    unsigned firsts;
    unsigned lasts;
};

static void on_list(void *ctx, const struct spk_kube_page *page)
{
    struct seen *seen = ctx;
    json_t *item;
    size_t i;

    MUST(!seen->lasts);
    seen->firsts += page->first;
    seen->lasts += page->last;
    json_array_foreach(page->items, i, item)
    {
        MUST(json_is_object(item) && json_array_append(seen->items, item) == 0);
    }
}

static void on_event(void *ctx, enum spk_kube_event event, json_t *object)
{
    (void)ctx;
    MUST(event == SPK_KUBE_DELETED && json_is_object(object));
}

static void on_unread(void *ctx, const struct spk_err *err)
{
    struct seen *seen = ctx;

    MUST(err->code && memchr(err->msg, '\0', sizeof(err->msg)));
    seen->unread++;
}

/* Keys that are written with escapes are not found. */
static const json_t *items_of(const json_t *whole, struct spk_str text)
{
    return memchr(text.ptr, '\\', text.len) ? NULL : json_object_get(whole, "items");
}

static void check_list(struct spk_kube_watch *watch, struct seen *seen, struct spk_str text)
{
    json_t *whole = NULL;
    char *rest = NULL;
    bool first = true;
    struct spk_err err;
    int rc = spk_watch_page(watch, text, &first, &rest, &err);

    MUST(rc || (seen->firsts == 1 && !first && seen->lasts == !rest));
    if (spk_json_parse(&whole, text.ptr, text.len, &err) == 0) {
        const json_t *items = items_of(whole, text);
        MUST(!seen->unread);
        if (rc == 0 && json_is_array(items))
            MUST(json_equal(items, seen->items));
    }
    json_decref(whole);
    free(rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = {.items = json_array()};
    struct spk_kube_watch watch = {
        .options = {
            .ctx = &seen, .on_list = on_list, .on_event = on_event, .on_unread = on_unread}};
    struct spk_str text = {(const char *)data, size};
    struct spk_err err = {.code = SPK_EPARSE};

    if (size == 0)
        text = spk_str("");
    check_list(&watch, &seen, text);
    (void)spk_watch_pass_over(&watch, text, &err);
    spk_watch_forget(&watch);
    json_decref(seen.items);
    return 0;
}
