/* Applications: one text each, as compact JSON. */
#include "controller/store_internal.h"

#include "spk/base/cleanup.h"
#include "spk/json/dump.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 64 bits in decimal digits. */
#define VERSION 21

struct app {
    struct spk_source *source;
    struct app *gone; /* the next one that a list has not held */
    char *text;
    size_t len;
    int64_t list;          /* the last one that held it */
    int64_t put;           /* when a write put it here; 0: a watch did */
    char version[VERSION]; /* "" unless decimal */
    char uid[40];
    char key[];
};

static struct app *app_at(void *key)
{
    return (struct app *)(void *)((char *)key - offsetof(struct app, key));
}

static struct app *find(const struct spk_store *store, const char *key)
{
    char *const *node = tfind(key, &store->apps, spk_store_compare);

    return node ? app_at(*node) : NULL;
}

static void free_app(struct app *app)
{
    if (app)
        free(app->text);
    free(app);
}

static size_t bytes_of(const struct app *app)
{
    return sizeof(*app) + strlen(app->key) + 1 + app->len + 1;
}

static void forget(struct spk_store *store, struct app *app)
{
    (void)tdelete(app->key, &store->apps, spk_store_compare);
    store->counts.apps--;
    store->counts.bytes -= bytes_of(app);
}

/* --------------------------------------------------------------------------- from an object */

/* A resourceVersion that can be compared: Kubernetes has promised since 1.35 what was so all along.
 * Of another one nothing is known. */
static void set_version(char out[VERSION], struct spk_str version)
{
    bool decimal = version.len > 0 && version.len < VERSION && version.ptr[0] != '0';

    for (size_t i = 0; decimal && i < version.len; i++)
        decimal = version.ptr[i] >= '0' && version.ptr[i] <= '9';
    (void)snprintf(out, VERSION, "%.*s", decimal ? (int)version.len : 0, version.ptr);
}

/* False where it can't be told. */
static bool is_newer(const char *a, const char *b)
{
    size_t len = strlen(a);

    if (!*a || !*b)
        return false;
    return len == strlen(b) ? strcmp(a, b) > 0 : len > strlen(b);
}

static int set_name(json_t *object, const char *key, const char *value)
{
    return json_object_get(object, key) ? 0 : json_object_set_new(object, key, json_string(value));
}

/* A copy that shares all but what is left out. Items of a list may lack what they are. */
static json_t *strip(const json_t *object, enum spk_source_kind kind)
{
    static const char *const last_applied = "kubectl.kubernetes.io/last-applied-configuration";
    const json_t *noted = json_object_get(json_object_get(object, "metadata"), "annotations");
    json_auto_t *copy = spk_json_copy(object);
    json_auto_t *metadata = spk_json_copy(json_object_get(object, "metadata"));
    json_auto_t *annotations = json_is_object(noted) ? spk_json_copy(noted) : NULL;
    const char *version = kind == SPK_SOURCE_V1BETA2 ? "sparkoperator.k8s.io/v1beta2"
                                                     : "spark-operator.k8s.io/v1alpha1";

    if (!copy || !metadata || (json_is_object(noted) && !annotations))
        return NULL;
    (void)json_object_del(metadata, "managedFields");
    (void)json_object_del(annotations, last_applied);
    if ((annotations && json_object_set(metadata, "annotations", annotations)) ||
        json_object_set(copy, "metadata", metadata) || set_name(copy, "apiVersion", version) ||
        set_name(copy, "kind", "SparkApplication"))
        return NULL;
    return json_incref(copy);
}

static int print(struct app *app, const json_t *object, enum spk_source_kind kind,
                 struct spk_err *err)
{
    json_auto_t *stripped = strip(object, kind);
    char *fitting;

    if (!stripped)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (spk_json_dump(&app->text, &app->len, stripped, err))
        return -1;
    fitting = realloc(app->text, app->len + 1);
    app->text = fitting ? fitting : app->text;
    return 0;
}

/* NULL on failure. */
static struct app *make(struct spk_source *source, const json_t *object, struct spk_err *err)
{
    const char *version = spk_source_version(source->kind);
    struct spk_ident ident;
    struct app *app;
    size_t size;

    if (spk_ident_read(&ident, object, err))
        return NULL;
    size = strlen(version) + ident.ns.len + ident.name.len + 3;
    app = calloc(1, sizeof(*app) + size);
    if (!app) {
        (void)spk_fail(err, SPK_ENOMEM, "out of memory");
        return NULL;
    }
    app->source = source;
    (void)snprintf(app->key, size, "%s/%.*s/%.*s", version, SPK_ARG(ident.ns), SPK_ARG(ident.name));
    (void)snprintf(app->uid, sizeof(app->uid), "%.*s", SPK_ARG(ident.uid));
    set_version(app->version, ident.version);
    if (print(app, object, source->kind, err)) {
        (void)spk_fail_in(err, "%s", app->key);
        free_app(app);
        return NULL;
    }
    return app;
}

/* --------------------------------------------------------------------------- in */

/* Takes what @fresh has; its key is the same. */
static void replace(struct spk_store *store, struct app *app, struct app *fresh)
{
    store->counts.bytes += bytes_of(fresh) - bytes_of(app);
    free(app->text);
    app->text = SPK_STEAL(fresh->text);
    app->len = fresh->len;
    app->list = fresh->list;
    app->put = fresh->put;
    memcpy(app->version, fresh->version, sizeof(app->version));
    memcpy(app->uid, fresh->uid, sizeof(app->uid));
}

static int insert(struct spk_store *store, struct app *fresh, struct spk_err *err)
{
    if (!tsearch(fresh->key, &store->apps, spk_store_compare))
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    store->counts.apps++;
    store->counts.bytes += bytes_of(fresh);
    return 0;
}

/* Whether what a write has answered is newer than what comes now. A list that was asked for after
 * the write is right whatever it says. */
static bool outdoes(const struct app *app, const struct app *fresh, bool listed)
{
    return app->put && strcmp(app->uid, fresh->uid) == 0 &&
           !(listed && app->put < app->source->unsure) && is_newer(app->version, fresh->version);
}

/* Nothing that anybody has to be told. */
static bool is_same(const struct app *app, const struct app *fresh)
{
    return !app->put && *app->version && strcmp(app->version, fresh->version) == 0 &&
           strcmp(app->uid, fresh->uid) == 0;
}

int spk_store_take_app(struct spk_source *source, const json_t *object, bool listed,
                       struct spk_err *err)
{
    struct app *fresh = make(source, object, err);
    struct spk_store *store = source->store;
    bool changed = true;
    struct app *app;
    int rc = 0;

    if (!fresh)
        return -1;
    fresh->list = source->list;
    (void)pthread_mutex_lock(&store->lock);
    app = find(store, fresh->key);
    if (!app) {
        rc = insert(store, fresh, err);
    } else if (outdoes(app, fresh, listed)) {
        app->list = source->list;
        changed = false;
    } else {
        changed = !listed || !is_same(app, fresh);
        replace(store, app, fresh);
    }
    (void)pthread_mutex_unlock(&store->lock);
    if (rc == 0 && changed)
        store->options.on_change(store->options.ctx, fresh->key);
    if (rc || app)
        free_app(fresh);
    return rc;
}

static struct spk_source *source_of(struct spk_store *store, const char *key)
{
    struct spk_source *source;
    const struct app *app;

    (void)pthread_mutex_lock(&store->lock);
    app = find(store, key);
    source = app ? app->source : NULL;
    (void)pthread_mutex_unlock(&store->lock);
    return source;
}

int spk_store_put_app(struct spk_store *store, const char *key, const json_t *object,
                      struct spk_err *err)
{
    struct spk_source *source = source_of(store, key);
    struct app *fresh = source ? make(source, object, err) : NULL;
    struct app *app;

    if (!source)
        return 0;
    if (!fresh)
        return -1;
    (void)pthread_mutex_lock(&store->lock);
    app = find(store, fresh->key);
    if (app && strcmp(app->uid, fresh->uid) == 0 && is_newer(fresh->version, app->version)) {
        fresh->list = app->list;
        fresh->put = atomic_fetch_add(&store->clock, 1) + 1;
        replace(store, app, fresh);
    }
    (void)pthread_mutex_unlock(&store->lock);
    free_app(fresh);
    return 0;
}

int spk_store_drop_app(struct spk_source *source, const json_t *object, struct spk_err *err)
{
    struct spk_store *store = source->store;
    struct spk_ident ident;
    SPK_AUTOFREE char *key = NULL;
    struct app *app;

    if (spk_ident_read(&ident, object, err))
        return -1;
    if (asprintf(&key, "%s/%.*s/%.*s", spk_source_version(source->kind), SPK_ARG(ident.ns),
                 SPK_ARG(ident.name)) < 0) {
        key = NULL;
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    }
    (void)pthread_mutex_lock(&store->lock);
    app = find(store, key);
    if (app)
        forget(store, app);
    (void)pthread_mutex_unlock(&store->lock);
    free_app(app);
    store->options.on_change(store->options.ctx, key);
    return 0;
}

struct sweep {
    const struct spk_source *source;
    struct app *gone;
};

static void find_gone(const void *node, VISIT order, void *closure)
{
    struct sweep *sweep = closure;
    struct app *app = app_at(*(char *const *)node);

    if ((order != postorder && order != leaf) || app->source != sweep->source ||
        app->list == sweep->source->list)
        return;
    app->gone = sweep->gone;
    sweep->gone = app;
}

void spk_store_sweep_apps(struct spk_source *source)
{
    struct spk_store *store = source->store;
    struct sweep sweep = {.source = source};

    (void)pthread_mutex_lock(&store->lock);
    twalk_r(store->apps, find_gone, &sweep);
    for (struct app *app = sweep.gone; app; app = app->gone)
        forget(store, app);
    (void)pthread_mutex_unlock(&store->lock);
    while (sweep.gone) {
        struct app *app = sweep.gone;
        sweep.gone = app->gone;
        store->options.on_change(store->options.ctx, app->key);
        free_app(app);
    }
}

/* --------------------------------------------------------------------------- out */

bool spk_store_has_app(struct spk_store *store, const char *key)
{
    return find(store, key) != NULL;
}

int spk_store_app(struct spk_store *store, const char *key, json_t **out, struct spk_err *err)
{
    const struct app *app;
    char *text = NULL;
    size_t len = 0;
    int rc;

    (void)pthread_mutex_lock(&store->lock);
    app = find(store, key);
    if (app) {
        text = strndup(app->text, app->len);
        len = app->len;
    }
    (void)pthread_mutex_unlock(&store->lock);
    if (!app)
        return 1;
    rc = text ? spk_json_parse(out, text, len, err) : spk_fail(err, SPK_ENOMEM, "out of memory");
    free(text);
    return rc;
}

struct listing {
    char **keys;
    size_t count;
};

static void copy_key(const void *node, VISIT order, void *closure)
{
    struct listing *listing = closure;

    if (order == postorder || order == leaf)
        listing->keys[listing->count++] = strdup(*(char *const *)node);
}

int spk_store_keys(struct spk_store *store, char ***out, struct spk_err *err)
{
    struct listing listing = {0};

    (void)pthread_mutex_lock(&store->lock);
    listing.keys = calloc(store->counts.apps + 1, sizeof(char *));
    if (listing.keys)
        twalk_r(store->apps, copy_key, &listing);
    (void)pthread_mutex_unlock(&store->lock);
    for (size_t i = 0; i < listing.count; i++) {
        if (listing.keys[i])
            continue;
        for (size_t k = 0; k < listing.count; k++)
            free(listing.keys[k]);
        free(listing.keys);
        listing.keys = NULL;
        break;
    }
    if (!listing.keys)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    *out = listing.keys;
    return 0;
}

void spk_store_keys_free(char **keys)
{
    for (size_t i = 0; keys && keys[i]; i++)
        free(keys[i]);
    free(keys);
}

static void free_at(void *key)
{
    free_app(app_at(key));
}

void spk_store_free_apps(struct spk_store *store)
{
    tdestroy(store->apps, free_at);
}
