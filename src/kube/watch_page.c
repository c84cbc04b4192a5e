/*
 * A page of a list, and an event, of which not all can be read. A server stores objects that
 * jansson refuses: numbers beyond 64 bits, keys with a NUL, arrays in arrays without end. One of
 * them, whosever it is, must not hide all others: objects are cut apart by their bytes, and each is
 * parsed by itself.
 */
#include "watch_internal.h"

#include "spk/base/cleanup.h"
#include "spk/json/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of text. What is handed over at a time costs as a tree 10 times that; the worst, an object of
 * 1.5 MiB, SPK_TREE_MAX. */
#define PORTION ((size_t)1024 * 1024)

/* The value at @path, or nothing. */
static struct spk_str value_at(struct spk_str text, const char *path)
{
    size_t offset;

    if (spk_json_locate(&offset, text, path) != strlen(path))
        return (struct spk_str){0};
    text = spk_str_skip(text, offset);
    return (struct spk_str){text.ptr, spk_json_document_len(text)};
}

/* A string without its quotes, escapes and all: names and versions have none. */
static struct spk_str text_at(struct spk_str object, const char *path)
{
    struct spk_str value = value_at(object, path);

    if (!value.ptr || value.len < 2 || *value.ptr != '"')
        return (struct spk_str){0};
    return (struct spk_str){value.ptr + 1, value.len - 2};
}

/* Whether the object is passed over, and not an error of the whole. */
static bool is_passed_over(const struct spk_kube_watch *watch, struct spk_str object,
                           struct spk_err *err)
{
    struct spk_str ns = text_at(object, "metadata.namespace");
    struct spk_str name = text_at(object, "metadata.name");

    if (!watch->options.on_unread || err->code == SPK_ENOMEM)
        return false;
    (void)spk_fail_in(err, "%.*s/%.*s", SPK_ARG(ns), SPK_ARG(name));
    watch->options.on_unread(watch->options.ctx, err);
    *err = (struct spk_err){0};
    return true;
}

/* --------------------------------------------------------------------------- lists */

struct portions {
    struct spk_kube_watch *watch;
    json_t *items;
    size_t bytes;
    bool *first;
};

static int hand_over(struct portions *portions, bool last, struct spk_err *err)
{
    const struct spk_kube_page page = {portions->items, *portions->first, last};

    portions->watch->options.on_list(portions->watch->options.ctx, &page);
    *portions->first = false;
    portions->bytes = 0;
    /* Who was given it may have kept it. */
    json_decref(portions->items);
    portions->items = json_array();
    return portions->items ? 0 : spk_fail(err, SPK_ENOMEM, "out of memory");
}

static int take_item(struct portions *portions, struct spk_str text, struct spk_err *err)
{
    json_t *item;

    if (spk_json_parse(&item, text.ptr, text.len, err))
        return is_passed_over(portions->watch, text, err) ? 0 : -1;
    if (json_array_append_new(portions->items, item))
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    portions->bytes += text.len;
    return portions->bytes < PORTION ? 0 : hand_over(portions, false, err);
}

static struct spk_str skip_blanks(struct spk_str text)
{
    while (text.len && strchr(" \t\r\n,", *text.ptr) && *text.ptr)
        text = spk_str_skip(text, 1);
    return text;
}

/* @items: an array, or a null, as Go writes an empty list; or nothing. */
static int take_items(struct portions *portions, struct spk_str items, struct spk_err *err)
{
    if (!items.len || spk_str_is(items, "null"))
        return 0;
    if (*items.ptr != '[')
        return spk_fail(err, SPK_EPARSE, "items: expected an array");
    items = spk_str_skip(items, 1);
    for (;;) {
        struct spk_str item;
        items = skip_blanks(items);
        if (items.len && *items.ptr == ']')
            return 0;
        if (!items.len || *items.ptr != '{')
            return spk_fail(err, SPK_EPARSE, "items: expected an object or the end");
        item = (struct spk_str){items.ptr, spk_json_document_len(items)};
        if (take_item(portions, item, err))
            return -1;
        items = spk_str_skip(items, item.len);
    }
}

/* The version is kept with the last page. */
static int take_metadata(struct spk_kube_watch *watch, struct spk_str text, char **rest,
                         struct spk_err *err)
{
    struct spk_str value = value_at(text, "metadata");
    struct spk_at at = {.key = "metadata"};
    json_auto_t *read = NULL;
    json_auto_t *list = NULL;
    struct spk_str more = {0};
    json_t *metadata;

    if (value.len && spk_json_parse(&read, value.ptr, value.len, err))
        return -1;
    list = json_pack("{s:O?}", "metadata", read);
    if (!list)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (spk_json_member(&metadata, list, "metadata", JSON_OBJECT, NULL, err) ||
        spk_json_text(&more, metadata, "continue", &at, err))
        return -1;
    if (more.len)
        return spk_kube_copy(rest, more, err);
    return spk_watch_remember(watch, list, err);
}

int spk_watch_page(struct spk_kube_watch *watch, struct spk_str text, bool *first, char **rest,
                   struct spk_err *err)
{
    struct portions portions = {.watch = watch, .first = first};
    int rc = -1;

    free(*rest);
    *rest = NULL;
    text = skip_blanks(text);
    if (!text.len || *text.ptr != '{')
        return spk_fail(err, SPK_EPARSE, "expected an object, found something else");
    portions.items = json_array();
    if (!portions.items)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (take_metadata(watch, text, rest, err) == 0 &&
        take_items(&portions, value_at(text, "items"), err) == 0)
        rc = hand_over(&portions, !*rest, err);
    if (rc) /* with a version the list would count as whole */
        spk_watch_forget(watch);
    json_decref(portions.items);
    return rc;
}

/* --------------------------------------------------------------------------- events */

/* As much as a deletion needs. NULL without memory, or without a version to go on from. */
static json_t *outline(struct spk_str object)
{
    static const char *const fields[] = {"namespace", "name", "uid", "resourceVersion"};
    json_auto_t *metadata = json_object();

    for (size_t i = 0; i < SPK_LEN(fields); i++) {
        char path[32];
        struct spk_str text;
        (void)snprintf(path, sizeof(path), "metadata.%s", fields[i]);
        text = text_at(object, path);
        if (!text.len && i + 1 == SPK_LEN(fields))
            return NULL;
        if (text.len && json_object_set_new(metadata, fields[i], spk_json_string(text)))
            return NULL;
    }
    return json_pack("{s:O}", "metadata", metadata);
}

bool spk_watch_pass_over(struct spk_kube_watch *watch, struct spk_str line, struct spk_err *err)
{
    struct spk_str object = value_at(line, "object");
    struct spk_err whole = *err;
    json_auto_t *seen = outline(object);

    if (!seen || !is_passed_over(watch, object, err))
        return false;
    if (spk_watch_remember(watch, seen, err)) {
        *err = whole;
        return false;
    }
    watch->options.on_event(watch->options.ctx, SPK_KUBE_DELETED, seen);
    return true;
}
