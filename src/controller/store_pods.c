/* Pods: by their own name, and in a group with those of the same application. */
#include "controller/store_internal.h"

#include "spk/base/cleanup.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct group {
    struct pod *first;
    size_t count;
    char key[]; /* "NAMESPACE/NAME" of the application */
};

struct pod {
    struct spk_source *source;
    struct group *group;
    struct pod *next; /* in the group */
    struct pod **back;
    struct pod *gone; /* the next one that a list has not held */
    int64_t list;     /* the last one that held it */
    struct spk_pod pod;
    char key[]; /* "NAMESPACE/NAME" */
};

static struct pod *pod_at(void *key)
{
    return (struct pod *)(void *)((char *)key - offsetof(struct pod, key));
}

static struct group *group_at(void *key)
{
    return (struct group *)(void *)((char *)key - offsetof(struct group, key));
}

static struct pod *find(const struct spk_store *store, const char *key)
{
    char *const *node = tfind(key, &store->pods, spk_store_compare);

    return node ? pod_at(*node) : NULL;
}

static struct group *find_group(const struct spk_store *store, const char *key)
{
    char *const *node = tfind(key, &store->groups, spk_store_compare);

    return node ? group_at(*node) : NULL;
}

static size_t bytes_of(const struct pod *pod)
{
    return sizeof(*pod) + strlen(pod->key) + 1;
}

static size_t group_bytes(const struct group *group)
{
    return sizeof(*group) + strlen(group->key) + 1;
}

/* --------------------------------------------------------------------------- groups */

static struct group *make_group(struct spk_store *store, const char *key)
{
    size_t size = strlen(key) + 1;
    struct group *group = calloc(1, sizeof(*group) + size);

    if (!group)
        return NULL;
    memcpy(group->key, key, size);
    if (!tsearch(group->key, &store->groups, spk_store_compare)) {
        free(group);
        return NULL;
    }
    store->counts.bytes += group_bytes(group);
    return group;
}

static void forget_empty(struct spk_store *store, struct group *group)
{
    if (group->count)
        return;
    (void)tdelete(group->key, &store->groups, spk_store_compare);
    store->counts.bytes -= group_bytes(group);
    free(group);
}

static int join(struct spk_store *store, struct pod *pod)
{
    SPK_AUTOFREE char *key = NULL;
    struct group *group;
    int ns = (int)(strchr(pod->key, '/') - pod->key);

    if (asprintf(&key, "%.*s/%s", ns, pod->key, pod->pod.app) < 0) {
        key = NULL;
        return -1;
    }
    group = find_group(store, key);
    if (!group)
        group = make_group(store, key);
    if (!group)
        return -1;
    pod->group = group;
    pod->next = group->first;
    pod->back = &group->first;
    if (pod->next)
        pod->next->back = &pod->next;
    group->first = pod;
    group->count++;
    return 0;
}

static void leave(struct spk_store *store, struct pod *pod)
{
    *pod->back = pod->next;
    if (pod->next)
        pod->next->back = pod->back;
    pod->group->count--;
    forget_empty(store, pod->group);
    pod->group = NULL;
}

static int insert(struct spk_store *store, struct pod *pod, struct spk_err *err)
{
    if (join(store, pod))
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (!tsearch(pod->key, &store->pods, spk_store_compare)) {
        leave(store, pod);
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    }
    store->counts.pods++;
    store->counts.bytes += bytes_of(pod);
    return 0;
}

static void forget(struct spk_store *store, struct pod *pod)
{
    leave(store, pod);
    (void)tdelete(pod->key, &store->pods, spk_store_compare);
    store->counts.pods--;
    store->counts.bytes -= bytes_of(pod);
}

/* --------------------------------------------------------------------------- who is told */

/* Calls for each application that the pod may be of: those that there are; failing those, the one
 * that there may be. */
static void tell(struct spk_store *store, const struct pod *pod, bool gone)
{
    const struct spk_store_options *options = &store->options;
    int ns = (int)(strchr(pod->key, '/') - pod->key);
    char *keys[SPK_SOURCE_PODS] = {0};
    bool there[SPK_SOURCE_PODS] = {0};
    bool any = false;

    if (!*pod->pod.app) /* a label may be empty, an application's name not */
        return;
    for (int kind = 0; kind < SPK_SOURCE_PODS; kind++) {
        if (asprintf(&keys[kind], "%s/%.*s/%s", spk_source_version((enum spk_source_kind)kind), ns,
                     pod->key, pod->pod.app) < 0)
            keys[kind] = NULL;
    }
    (void)pthread_mutex_lock(&store->lock);
    for (int kind = 0; kind < SPK_SOURCE_PODS; kind++) {
        there[kind] = keys[kind] && spk_store_has_app(store, keys[kind]);
        any = any || there[kind];
    }
    (void)pthread_mutex_unlock(&store->lock);
    for (int kind = 0; kind < SPK_SOURCE_PODS; kind++) {
        if (keys[kind] && (there[kind] || (!any && kind == 0))) {
            if (gone && options->on_pod_gone)
                options->on_pod_gone(options->ctx, keys[kind], &pod->pod);
            options->on_change(options->ctx, keys[kind]);
        }
        free(keys[kind]);
    }
}

/* --------------------------------------------------------------------------- in */

/* NULL on failure. */
static struct pod *make(struct spk_source *source, const json_t *object, struct spk_err *err)
{
    struct spk_ident ident;
    struct pod *pod;
    size_t size;

    if (spk_ident_read(&ident, object, err))
        return NULL;
    size = ident.ns.len + ident.name.len + 2;
    pod = calloc(1, sizeof(*pod) + size);
    if (!pod) {
        (void)spk_fail(err, SPK_ENOMEM, "out of memory");
        return NULL;
    }
    pod->source = source;
    pod->list = source->list;
    (void)snprintf(pod->key, size, "%.*s/%.*s", SPK_ARG(ident.ns), SPK_ARG(ident.name));
    if (spk_pod_read(&pod->pod, object, err)) {
        (void)spk_fail_in(err, "pod %s", pod->key);
        free(pod);
        return NULL;
    }
    return pod;
}

static bool is_successor(const struct pod *pod, const struct pod *fresh)
{
    return strcmp(pod->pod.uid, fresh->pod.uid) != 0 || strcmp(pod->pod.app, fresh->pod.app) != 0;
}

/* What differs in nothing that is kept is no change; a kubelet writes much else. Padding that
 * differs makes for a call too many. */
static int put(struct spk_store *store, struct pod *fresh, struct pod **former, bool *changed,
               struct spk_err *err)
{
    struct pod *pod = find(store, fresh->key);

    if (pod && is_successor(pod, fresh)) {
        forget(store, pod);
        *former = pod;
        pod = NULL;
    }
    if (!pod) {
        *changed = true;
        return insert(store, fresh, err);
    }
    spk_pod_keep_end(&fresh->pod, &pod->pod);
    *changed = memcmp((const char *)&pod->pod, (const char *)&fresh->pod, sizeof(pod->pod)) != 0;
    memcpy(&pod->pod, &fresh->pod, sizeof(pod->pod));
    pod->list = fresh->list;
    return 0;
}

int spk_store_take_pod(struct spk_source *source, const json_t *object, struct spk_err *err)
{
    struct pod *fresh = make(source, object, err);
    struct spk_store *store = source->store;
    struct pod *former = NULL;
    bool changed = false;
    bool kept;
    int rc;

    if (!fresh)
        return -1;
    (void)pthread_mutex_lock(&store->lock);
    rc = put(store, fresh, &former, &changed, err);
    kept = fresh->group != NULL;
    (void)pthread_mutex_unlock(&store->lock);
    if (former)
        tell(store, former, true);
    free(former);
    if (rc == 0 && changed)
        tell(store, fresh, false);
    if (!kept)
        free(fresh);
    return rc;
}

/* What it was at its end counts; can that not be read, then what was known of it. */
int spk_store_drop_pod(struct spk_source *source, const json_t *object, struct spk_err *err)
{
    struct spk_store *store = source->store;
    SPK_AUTOFREE char *key = NULL;
    struct spk_ident ident;
    struct pod *last;
    struct pod *pod;
    int rc;

    if (spk_ident_read(&ident, object, err))
        return -1;
    if (asprintf(&key, "%.*s/%.*s", SPK_ARG(ident.ns), SPK_ARG(ident.name)) < 0) {
        key = NULL;
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    }
    last = make(source, object, err);
    rc = last ? 0 : -1;
    if (last && !*last->pod.app) { /* what can't be read comes without labels */
        free(last);
        last = NULL;
    }
    (void)pthread_mutex_lock(&store->lock);
    pod = find(store, key);
    if (pod)
        forget(store, pod);
    (void)pthread_mutex_unlock(&store->lock);
    if (last && pod && !is_successor(pod, last))
        spk_pod_keep_end(&last->pod, &pod->pod);
    if (last || pod)
        tell(store, last ? last : pod, true);
    free(last);
    free(pod);
    return rc;
}

struct sweep {
    const struct spk_source *source;
    struct pod *gone;
};

static void find_gone(const void *node, VISIT order, void *closure)
{
    struct sweep *sweep = closure;
    struct pod *pod = pod_at(*(char *const *)node);

    if ((order != postorder && order != leaf) || pod->source != sweep->source ||
        pod->list == sweep->source->list)
        return;
    pod->gone = sweep->gone;
    sweep->gone = pod;
}

void spk_store_sweep_pods(struct spk_source *source)
{
    struct spk_store *store = source->store;
    struct sweep sweep = {.source = source};

    (void)pthread_mutex_lock(&store->lock);
    twalk_r(store->pods, find_gone, &sweep);
    for (struct pod *pod = sweep.gone; pod; pod = pod->gone)
        forget(store, pod);
    (void)pthread_mutex_unlock(&store->lock);
    while (sweep.gone) {
        struct pod *pod = sweep.gone;
        sweep.gone = pod->gone;
        tell(store, pod, true);
        free(pod);
    }
}

/* --------------------------------------------------------------------------- out */

int spk_store_pods(struct spk_store *store, const char *key, struct spk_pod **out, size_t *count,
                   struct spk_err *err)
{
    const char *slash = strchr(key, '/');
    const struct group *group;
    struct spk_pod *pods;
    size_t n = 0;

    (void)pthread_mutex_lock(&store->lock);
    group = slash ? find_group(store, slash + 1) : NULL;
    pods = calloc(group ? group->count : 1, sizeof(*pods));
    for (const struct pod *pod = group && pods ? group->first : NULL; pod; pod = pod->next)
        pods[n++] = pod->pod;
    (void)pthread_mutex_unlock(&store->lock);
    if (!pods)
        return spk_fail(err, SPK_ENOMEM, "%s: out of memory", key);
    *out = pods;
    *count = n;
    return 0;
}

static void free_pod(void *key)
{
    free(pod_at(key));
}

static void free_group(void *key)
{
    free(group_at(key));
}

void spk_store_free_pods(struct spk_store *store)
{
    tdestroy(store->pods, free_pod);
    tdestroy(store->groups, free_group);
}
