#include "controller/store_internal.h"

#include "spk/app/application.h"
#include "spk/base/cleanup.h"
#include "spk/base/limits.h"

#include <stdio.h>
#include <string.h>

/* A page of objects of 10 KB, ten times that as a tree. */
#define PAGE 100

#define POD_SELECTOR SPK_APP_LABEL_LAUNCHED "=" SPK_APP_LABEL_LAUNCHED_VALUE "," SPK_APP_LABEL_NAME

static const struct {
    const char *api;
    const char *plural;
    const char *version;
    const char *what;
} kinds[] = {
    [SPK_SOURCE_V1BETA2] = {"/apis/sparkoperator.k8s.io/v1beta2", "sparkapplications", "v1beta2",
                            "SparkApplications (v1beta2)"},
    [SPK_SOURCE_V1ALPHA1] = {"/apis/spark-operator.k8s.io/v1alpha1", "sparkapplications",
                             "v1alpha1", "SparkApplications (v1alpha1)"},
    [SPK_SOURCE_PODS] = {"/api/v1", "pods", NULL, "pods"},
};
_Static_assert(SPK_LEN(kinds) == SPK_SOURCE_KINDS, "a row for each kind");

const char *spk_source_version(enum spk_source_kind kind)
{
    return kinds[kind].version;
}

int spk_store_compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

int spk_ident_read(struct spk_ident *out, const json_t *object, struct spk_err *err)
{
    struct spk_at at = {.key = "metadata"};
    json_t *metadata;

    if (spk_json_expect(object, JSON_OBJECT, NULL, err) ||
        spk_json_member(&metadata, object, "metadata", JSON_OBJECT, NULL, err) ||
        spk_json_text(&out->ns, metadata, "namespace", &at, err) ||
        spk_json_text(&out->name, metadata, "name", &at, err) ||
        spk_json_text(&out->uid, metadata, "uid", &at, err) ||
        spk_json_text(&out->version, metadata, "resourceVersion", &at, err))
        return -1;
    if (!out->ns.len || !out->name.len)
        return spk_fail(err, SPK_EPARSE, "metadata: expected a namespace and a name");
    return 0;
}

/* --------------------------------------------------------------------------- what a watch says */

static void say_state(const struct spk_source *source, bool watching, const struct spk_err *err)
{
    const struct spk_store_options *options = &source->store->options;

    if (options->on_state)
        options->on_state(options->ctx, source->what, watching, err);
}

static void set_filled(struct spk_source *source)
{
    if (!source->filled)
        atomic_fetch_sub(&source->store->empty, 1);
    source->filled = true;
}

static void take(struct spk_source *source, const json_t *object, bool listed)
{
    struct spk_err err;
    int rc = source->kind == SPK_SOURCE_PODS ? spk_store_take_pod(source, object, &err)
                                             : spk_store_take_app(source, object, listed, &err);

    if (rc)
        say_state(source, true, &err);
}

static void drop(struct spk_source *source, const json_t *object)
{
    struct spk_err err;
    int rc = source->kind == SPK_SOURCE_PODS ? spk_store_drop_pod(source, object, &err)
                                             : spk_store_drop_app(source, object, &err);

    if (rc)
        say_state(source, true, &err);
}

void spk_source_on_list(void *ctx, const struct spk_kube_page *page)
{
    struct spk_source *source = ctx;
    json_t *item;
    size_t i;

    if (page->first)
        source->list = atomic_fetch_add(&source->store->clock, 1) + 1;
    json_array_foreach(page->items, i, item)
    {
        take(source, item, true);
    }
    if (!page->last)
        return;
    if (source->kind == SPK_SOURCE_PODS)
        spk_store_sweep_pods(source);
    else
        spk_store_sweep_apps(source);
    set_filled(source);
}

void spk_source_on_event(void *ctx, enum spk_kube_event event, json_t *object)
{
    if (event == SPK_KUBE_DELETED)
        drop(ctx, object);
    else
        take(ctx, object, false);
}

/* A kind that is not installed has no objects: nobody waits for them. What was there while it was
 * installed stays until a list says otherwise, as an API server that has just begun says 404, too.
 */
void spk_source_on_state(void *ctx, const struct spk_kube_state *state)
{
    struct spk_source *source = ctx;
    struct spk_err err = state->err;

    if (!state->watching)
        source->unsure = atomic_fetch_add(&source->store->clock, 1) + 1;
    if (state->relisting)
        return;
    if (state->status == 404) {
        (void)spk_fail_in(&err, "not installed");
        set_filled(source);
    }
    say_state(source, state->watching, state->watching ? NULL : &err);
}

/* --------------------------------------------------------------------------- begin and end */

static int set_source(struct spk_source *source, struct spk_store *store, enum spk_source_kind kind,
                      const char *ns, struct spk_err *err)
{
    *source = (struct spk_source){.store = store, .kind = kind};
    if (ns)
        source->ns = strdup(ns);
    if (asprintf(&source->what, "%s of %s%s", kinds[kind].what,
                 ns ? "namespace " : "all namespaces", ns ? ns : "") < 0)
        source->what = NULL;
    return source->what && (source->ns || !ns) ? 0 : spk_fail(err, SPK_ENOMEM, "out of memory");
}

static bool named_before(const char *const *namespaces, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (strcmp(namespaces[k], namespaces[i]) == 0)
            return true;
    }
    return false;
}

static int add_sources(struct spk_store *store, const struct spk_store_options *options,
                       const char *ns, struct spk_err *err)
{
    for (int kind = 0; kind < SPK_SOURCE_KINDS; kind++) {
        if (kind == SPK_SOURCE_V1ALPHA1 && !options->v1alpha1)
            continue;
        if (set_source(&store->sources[store->source_count++], store, (enum spk_source_kind)kind,
                       ns, err))
            return -1;
    }
    return 0;
}

static int make_sources(struct spk_store *store, const struct spk_store_options *options,
                        struct spk_err *err)
{
    const char *const *namespaces = options->namespaces;
    size_t count = 0;

    while (namespaces && namespaces[count])
        count++;
    if (count > SPK_NAMESPACES_MAX)
        return spk_fail(err, SPK_EINVALID, "namespaces: %zu, at most %d; without any all are seen",
                        count, SPK_NAMESPACES_MAX);
    store->sources = calloc((count ? count : 1) * SPK_SOURCE_KINDS, sizeof(*store->sources));
    if (!store->sources)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (!count && add_sources(store, options, NULL, err))
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!named_before(namespaces, i) && add_sources(store, options, namespaces[i], err))
            return -1;
    }
    atomic_init(&store->empty, store->source_count);
    return 0;
}

struct spk_store *spk_store_make(const struct spk_store_options *options, struct spk_err *err)
{
    struct spk_store *store = calloc(1, sizeof(*store));

    if (!store) {
        (void)spk_fail(err, SPK_ENOMEM, "out of memory");
        return NULL;
    }
    (void)pthread_mutex_init(&store->lock, NULL);
    store->options = *options;
    store->options.namespaces = NULL;
    store->options.label_selector = NULL;
    if (make_sources(store, options, err)) {
        spk_store_stop(store);
        return NULL;
    }
    return store;
}

static int source_path(char **out, const struct spk_source *source)
{
    const char *api = kinds[source->kind].api;
    const char *plural = kinds[source->kind].plural;

    return source->ns ? asprintf(out, "%s/namespaces/%s/%s", api, source->ns, plural)
                      : asprintf(out, "%s/%s", api, plural);
}

static int start_source(struct spk_source *source, struct spk_kube *kube,
                        const struct spk_store_options *options, struct spk_err *err)
{
    struct spk_kube_watch_options watch = {
        .label_selector = source->kind == SPK_SOURCE_PODS ? POD_SELECTOR : options->label_selector,
        .page = PAGE,
        .ctx = source,
        .on_list = spk_source_on_list,
        .on_event = spk_source_on_event,
        .on_state = spk_source_on_state,
    };
    SPK_AUTOFREE char *path = NULL;

    if (source_path(&path, source) < 0) {
        path = NULL;
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    }
    watch.path = path;
    return spk_kube_watch_start(&source->watch, kube, &watch, err);
}

int spk_store_start(struct spk_store **out, struct spk_kube *kube,
                    const struct spk_store_options *options, struct spk_err *err)
{
    struct spk_store *store = spk_store_make(options, err);

    if (!store)
        return -1;
    for (size_t i = 0; i < store->source_count; i++) {
        if (start_source(&store->sources[i], kube, options, err)) {
            spk_store_stop(store);
            return -1;
        }
    }
    *out = store;
    return 0;
}

void spk_store_stop(struct spk_store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < store->source_count; i++) {
        spk_kube_watch_stop(store->sources[i].watch);
        free(store->sources[i].ns);
        free(store->sources[i].what);
    }
    free(store->sources);
    spk_store_free_apps(store);
    spk_store_free_pods(store);
    (void)pthread_mutex_destroy(&store->lock);
    free(store);
}

bool spk_store_filled(const struct spk_store *store)
{
    return atomic_load(&store->empty) == 0;
}

struct spk_store_counts spk_store_counts(struct spk_store *store)
{
    struct spk_store_counts counts;

    (void)pthread_mutex_lock(&store->lock);
    counts = store->counts;
    (void)pthread_mutex_unlock(&store->lock);
    return counts;
}
