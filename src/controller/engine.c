#include "controller/engine_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

bool spk_engine_leading(struct spk_engine *engine)
{
    return !engine->options.elect || spk_lease_leading(engine->lease);
}

int spk_engine_uuid(char out[40], struct spk_err *err)
{
    unsigned char bytes[16];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return spk_fail_sys(err, "no random numbers");
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    (void)snprintf(out, 40, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                   bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7],
                   bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14],
                   bytes[15]);
    return 0;
}

/* One trouble is told at a time, and only who it is about can say that it is over. */
static void set_trouble(struct spk_engine *engine, const char *what, const char *text)
{
    (void)pthread_mutex_lock(&engine->trouble_lock);
    if (*text || strcmp(engine->trouble_of, what) == 0) {
        (void)snprintf(engine->trouble_of, sizeof(engine->trouble_of), "%s", *text ? what : "");
        (void)snprintf(engine->trouble, sizeof(engine->trouble), "%s", text);
    }
    (void)pthread_mutex_unlock(&engine->trouble_lock);
}

void spk_engine_trouble(struct spk_engine *engine, char *out, size_t size)
{
    (void)pthread_mutex_lock(&engine->trouble_lock);
    (void)snprintf(out, size, "%s%s%s", engine->trouble_of, *engine->trouble_of ? ": " : "",
                   engine->trouble);
    (void)pthread_mutex_unlock(&engine->trouble_lock);
}

/* What runs comes before what has yet to begin: a thousand new ones make no status stale. */
static void on_change(void *ctx, const char *key)
{
    struct spk_engine *engine = ctx;
    struct spk_err err = {0};
    int result = spk_attempts_begun(engine->attempts, key)
                     ? spk_queue_add(engine->status, key, &err)
                     : spk_queue_add_last(engine->status, key, &err);

    if (result != 0)
        spk_engine_log(engine, SPK_LOG_ERROR, "a change waits for the resync", key, "error",
                       err.msg);
}

/* On the watch of everybody's pods: nothing here may take longer for one application than for
 * another. */
static void on_pod_gone(void *ctx, const char *key, const struct spk_pod *pod)
{
    struct spk_engine *engine = ctx;

    if (!atomic_load(&engine->leads)) /* nobody would ever ask for it, or forget it */
        return;
    if (pod->driver)
        spk_attempts_driver_gone(engine->attempts, key, pod);
    else
        spk_attempts_buried(engine->attempts, key, pod);
}

static void on_state(void *ctx, const char *what, bool watching, const struct spk_err *err)
{
    struct spk_engine *engine = ctx;

    spk_engine_log(engine, watching ? SPK_LOG_INFO : SPK_LOG_WARN,
                   watching ? "watching" : "not watching", NULL, "what", what);
    if (err) {
        spk_engine_log(engine, SPK_LOG_WARN,
                       watching ? "an object was not read" : "the watch will be tried again", NULL,
                       "error", err->msg);
    }
    set_trouble(engine, what, watching || !err ? "" : err->msg);
}

/* Every application anew: after a time, and when leading begins. */
static void add_all(struct spk_engine *engine)
{
    struct spk_err err = {0};
    char **keys;

    if (spk_store_keys(engine->store, &keys, &err) != 0) {
        spk_engine_log(engine, SPK_LOG_ERROR, "no resync", NULL, "error", err.msg);
        return;
    }
    for (size_t i = 0; keys[i]; i++)
        on_change(engine, keys[i]);
    spk_store_keys_free(keys);
}

static void on_lease(void *ctx, bool leading, const struct spk_err *err)
{
    struct spk_engine *engine = ctx;

    spk_engine_log(engine, SPK_LOG_INFO, leading ? "leading" : "not leading", NULL, "why",
                   err ? err->msg : NULL);
    set_trouble(engine, "the Lease", leading || !err ? "" : err->msg);
    atomic_store(&engine->leads, leading);
    if (leading)
        add_all(engine);
    else
        spk_attempts_call_off_all(engine->attempts);
}

static void work_on(struct spk_engine *engine, const char *key)
{
    struct spk_err err = {0};
    int64_t wake_ms = -1;
    int result = spk_engine_pass(engine, key, &wake_ms, &err);

    if (result != 0)
        spk_engine_log(engine, SPK_LOG_WARN, "will be tried again", key, "error", err.msg);
    else if (wake_ms >= 0)
        (void)spk_queue_add_after(engine->status, key, wake_ms, &err);
    spk_queue_done(engine->status, key, result != 0);
}

static void *status_worker(void *ctx)
{
    struct spk_engine *engine = ctx;
    char *key;

    while (spk_queue_take(engine->status, &key) == 0) {
        work_on(engine, key);
        free(key);
    }
    return NULL;
}

static void *submission_worker(void *ctx)
{
    struct spk_engine *engine = ctx;
    char *key;

    while (spk_queue_take(engine->submissions, &key) == 0) {
        spk_engine_submit(engine, key);
        spk_queue_done(engine->submissions, key, false);
        free(key);
    }
    return NULL;
}

static void *resync_worker(void *ctx)
{
    struct spk_engine *engine = ctx;

    while (!spk_stop_wait(&engine->stop, engine->options.resync_ms))
        add_all(engine);
    return NULL;
}

static int start_thread(struct spk_engine *engine, void *(*work)(void *), struct spk_err *err)
{
    int result = pthread_create(&engine->threads[engine->thread_count], NULL, work, engine);

    if (result != 0) {
        errno = result;
        return spk_fail_sys(err, "no thread");
    }
    engine->thread_count++;
    return 0;
}

/* After all else: from then on nothing of the engine is written that has no lock. */
static int start_threads(struct spk_engine *engine, struct spk_err *err)
{
    const struct spk_engine_options *options = &engine->options;
    size_t count = options->controller_threads + options->submission_threads + 1;

    engine->threads = calloc(count, sizeof(*engine->threads));
    if (!engine->threads)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    for (unsigned i = 0; i < options->controller_threads; i++) {
        if (start_thread(engine, status_worker, err) != 0)
            return -1;
    }
    for (unsigned i = 0; i < options->submission_threads; i++) {
        if (start_thread(engine, submission_worker, err) != 0)
            return -1;
    }
    return options->resync_ms > 0 ? start_thread(engine, resync_worker, err) : 0;
}

static int start_store(struct spk_engine *engine, struct spk_err *err)
{
    struct spk_store_options options = {
        .namespaces = engine->options.namespaces,
        .label_selector = engine->options.label_selector,
        .v1alpha1 = engine->options.v1alpha1,
        .ctx = engine,
        .on_change = on_change,
        .on_pod_gone = on_pod_gone,
        .on_state = on_state,
    };

    return spk_store_start(&engine->store, engine->kube, &options, err);
}

static int start_lease(struct spk_engine *engine, struct spk_err *err)
{
    struct spk_lease_options options = engine->options.lease;

    if (!engine->options.elect)
        return 0;
    options.ctx = engine;
    options.on_change = on_lease;
    return spk_lease_start(&engine->lease, engine->kube, &options, err);
}

static int start_parts(struct spk_engine *engine, struct spk_err *err)
{
    if (spk_stop_init(&engine->stop, err) != 0 || spk_attempts_new(&engine->attempts, err) != 0 ||
        spk_queue_new(&engine->status, err) != 0 || spk_queue_new(&engine->submissions, err) != 0)
        return -1;
    spk_queue_limit_last(engine->status, (engine->options.controller_threads + 3) / 4);
    if (spk_events_start(&engine->events, engine->kube, "spark-operator", engine->options.instance,
                         err) != 0)
        return -1;
    if (start_store(engine, err) != 0 || start_lease(engine, err) != 0)
        return -1;
    return start_threads(engine, err);
}

int spk_engine_start(struct spk_engine **out, const struct spk_engine_options *options,
                     struct spk_err *err)
{
    struct spk_engine *engine = calloc(1, sizeof(*engine));

    if (!engine)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    engine->options = *options;
    engine->kube = options->kube;
    engine->stop.fd = -1;
    atomic_init(&engine->leads, !options->elect);
    (void)pthread_mutex_init(&engine->trouble_lock, NULL);
    if (start_parts(engine, err) != 0) {
        spk_engine_stop(engine);
        return -1;
    }
    *out = engine;
    return 0;
}

/* Children first: each ends within its grace, and then its thread. The Lease after them, so that
 * nobody else begins while a child of ours may still create something; it may still look into the
 * store. */
void spk_engine_stop(struct spk_engine *engine)
{
    if (!engine)
        return;
    spk_stop_throw(&engine->stop);
    if (engine->status)
        spk_queue_close(engine->status);
    if (engine->submissions)
        spk_queue_close(engine->submissions);
    if (engine->attempts)
        spk_attempts_call_off_all(engine->attempts);
    for (size_t i = 0; i < engine->thread_count; i++)
        (void)pthread_join(engine->threads[i], NULL);
    spk_lease_stop(engine->lease);
    spk_store_stop(engine->store);
    spk_events_stop(engine->events);
    spk_queue_free(engine->status);
    spk_queue_free(engine->submissions);
    spk_attempts_free(engine->attempts);
    spk_stop_done(&engine->stop);
    (void)pthread_mutex_destroy(&engine->trouble_lock);
    free(engine->threads);
    free(engine);
}

void spk_engine_counts(struct spk_engine *engine, struct spk_engine_counts *out)
{
    out->filled = spk_store_filled(engine->store);
    out->leading = spk_engine_leading(engine);
    out->status_lane = spk_queue_counts(engine->status);
    out->submission_lane = spk_queue_counts(engine->submissions);
    out->store = spk_store_counts(engine->store);
    out->events = spk_events_counts(engine->events);
    spk_attempts_count(engine->attempts, &out->applications);
}
