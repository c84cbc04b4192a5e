/* Lines of a watch go into the store: what it holds afterwards is what it says it holds, its texts
 * can be read again, and when a list holds nothing it is empty. A line that is an array is a list.
 */

#include "fuzz.h"

#include "controller/store_internal.h"

static struct spk_store *store;

static void on_change(void *ctx, const char *key)
{
    json_t *app = NULL;
    struct spk_err err;

    (void)ctx;
    MUST(strchr(key, '/'));
    MUST(spk_store_app(store, key, &app, &err) >= 0);
    json_decref(app);
}

static void on_pod_gone(void *ctx, const char *key, const struct spk_pod *pod)
{
    (void)ctx;
    MUST(strchr(key, '/') && memchr(pod->name, '\0', sizeof(pod->name)));
}

static void on_state(void *ctx, const char *what, bool watching, const struct spk_err *err)
{
    (void)ctx;
    (void)watching;
    MUST(*what && (!err || memchr(err->msg, '\0', sizeof(err->msg))));
}

static void on_unread(void *ctx, const char *what, const struct spk_err *err)
{
    (void)ctx;
    MUST(*what && err->code && memchr(err->msg, '\0', sizeof(err->msg)));
}

static void list(struct spk_source *source, json_t *items)
{
    spk_source_on_list(source, &(struct spk_kube_page){items, true, true});
}

static void take(json_t *line, size_t n)
{
    struct spk_source *source = &store->sources[n % store->source_count];
    json_t *object = json_object_get(line, "object");
    const char *type = json_string_value(json_object_get(line, "type"));
    struct spk_kube_state lost = {.status = 410};
    struct spk_err err;

    if (json_is_array(line)) {
        spk_source_on_state(source, &lost);
        list(source, line);
    } else if (json_is_object(object) && type && strcmp(type, "PUT") == 0) {
        (void)!spk_store_put_app(store, "v1beta2/ns/a", object, &err);
    } else if (json_is_object(object)) {
        bool deleted = type && strcmp(type, "DELETED") == 0;
        spk_source_on_event(source, deleted ? SPK_KUBE_DELETED : SPK_KUBE_MODIFIED, object);
    }
}

static size_t count_pods(void)
{
    struct spk_store_counts counts = spk_store_counts(store);

    MUST(counts.apps || counts.pods || !counts.bytes);
    return counts.pods;
}

static void check_keys(void)
{
    struct spk_err err;
    size_t count = 0;
    char **keys;

    MUST(spk_store_keys(store, &keys, &err) == 0);
    for (; keys[count]; count++) {
        json_t *app;
        struct spk_pod *pods;
        size_t found;
        MUST(spk_store_app(store, keys[count], &app, &err) == 0);
        MUST(!json_object_get(json_object_get(app, "metadata"), "managedFields"));
        json_decref(app);
        MUST(spk_store_pods(store, keys[count], &pods, &found, &err) == 0);
        MUST(found <= count_pods());
        free(pods);
    }
    MUST(count == spk_store_counts(store).apps);
    spk_store_keys_free(keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct spk_store_options options = {.v1alpha1 = true,
                                              .on_change = on_change,
                                              .on_pod_gone = on_pod_gone,
                                              .on_state = on_state,
                                              .on_unread = on_unread};
    struct spk_str rest = {(const char *)data, size};
    json_t *none = json_array();
    struct spk_err err;

    store = spk_store_make(&options, &err);
    MUST(store);
    while (rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
        size_t kind = rest.ptr[0] >= '0' && rest.ptr[0] <= '9' ? 1 : 0;
        json_t *line;
        if (len > kind && spk_json_parse(&line, rest.ptr + kind, len - kind, &err) == 0) {
            take(line, kind ? (size_t)(rest.ptr[0] - '0') : 0);
            json_decref(line);
        }
        rest = spk_str_skip(rest, end ? len + 1 : len);
    }
    check_keys();
    for (size_t i = 0; i < store->source_count; i++)
        list(&store->sources[i], none);
    MUST(spk_store_counts(store).apps == 0 && spk_store_counts(store).pods == 0);
    MUST(spk_store_counts(store).bytes == 0 && spk_store_filled(store));
    spk_store_stop(store);
    json_decref(none);
    return 0;
}
