#include "watch_internal.h"

#include "spk/base/clock.h"
#include "spk/base/limits.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>

#define PAGE        500
#define IDLE_MS     150000
#define BACKOFF_MS  800U
#define DOUBLINGS   6 /* 800 ms << 6 is above the most */
#define BACKOFF_MAX 30000
/* Watches that bring something and end within HASTE_MS: so many in a row, then one in HASTE_MS. */
#define HASTE_MAX   5
#define HASTE_MS    1000

unsigned spk_watch_random(unsigned below)
{
    unsigned number = 0;

    (void)!getrandom(&number, sizeof(number), GRND_NONBLOCK);
    return number % below;
}

static unsigned backoff_ms(unsigned failures)
{
    unsigned doublings = failures - 1 < DOUBLINGS ? failures - 1 : DOUBLINGS;
    unsigned ms = BACKOFF_MS << doublings;

    ms = ms < BACKOFF_MAX ? ms : BACKOFF_MAX;
    return ms / 2 + spk_watch_random(ms / 2);
}

static void report(struct spk_kube_watch *watch)
{
    if (watch->options.on_state)
        watch->options.on_state(watch->options.ctx, &watch->state);
}

void spk_watch_opened(struct spk_kube_watch *watch)
{
    bool already = watch->state.watching;
    int64_t since_ms = already ? watch->state.since_ms : spk_clock_wall_ms();

    watch->state = (struct spk_kube_state){.watching = true, .since_ms = since_ms};
    if (!already)
        report(watch);
}

/* Something other than watching, since the first of its kind. */
static void leave_watching(struct spk_kube_watch *watch)
{
    if (watch->state.watching || !watch->state.since_ms)
        watch->state = (struct spk_kube_state){.since_ms = spk_clock_wall_ms()};
    watch->state.watching = false;
}

static void wait_after(struct spk_kube_watch *watch, const struct spk_err *err)
{
    watch->failures++;
    leave_watching(watch);
    watch->state.relisting = false;
    watch->state.err = *err;
    watch->state.status = watch->refusal;
    watch->state.failures = watch->failures;
    watch->state.next_ms = backoff_ms(watch->failures);
    report(watch);
    (void)spk_stop_wait(&watch->stop, watch->state.next_ms);
}

static void relist(struct spk_kube_watch *watch)
{
    leave_watching(watch);
    watch->state.relisting = true;
    watch->state.err = (struct spk_err){0};
    watch->state.status = 0;
    watch->state.next_ms = 0;
    report(watch);
}

/* A proxy that cuts each answer off after its first bytes must not be asked without end. */
static void curb_haste(struct spk_kube_watch *watch, bool good, int64_t since_ms)
{
    if (!good)
        return;
    watch->hasty = spk_clock_mono_ms() - since_ms < HASTE_MS ? watch->hasty + 1 : 0;
    if (watch->hasty <= HASTE_MAX)
        return;
    watch->hasty = HASTE_MAX;
    (void)spk_stop_wait(&watch->stop, HASTE_MS);
}

/* A server that ends each watch at once, or knows no place that it has just named, is asked less
 * and less often. */
static void step(struct spk_kube_watch *watch)
{
    const int64_t since_ms = spk_clock_mono_ms();
    enum spk_watch_end end = SPK_WATCH_OVER;
    bool old = watch->version != NULL;
    struct spk_err err = {0};
    bool good = false;

    watch->refusal = 0;
    if (!old)
        end = spk_watch_list(watch, &err);
    if (end == SPK_WATCH_OVER)
        end = spk_watch_follow(watch, &good, &err);
    if (good)
        watch->failures = 0;
    if (end == SPK_WATCH_GONE)
        spk_watch_forget(watch);
    if (end == SPK_WATCH_STOPPED || spk_stop_thrown(&watch->stop))
        return;
    if (end == SPK_WATCH_OVER && !good)
        (void)spk_fail(&err, SPK_EIO, "%s: the watch ended at once", watch->path);
    if (end == SPK_WATCH_GONE && (good || old))
        relist(watch);
    else if (end != SPK_WATCH_OVER || !good)
        wait_after(watch, &err);
    curb_haste(watch, good, since_ms);
}

static void *run(void *arg)
{
    struct spk_kube_watch *watch = arg;

    while (!spk_stop_thrown(&watch->stop))
        step(watch);
    return NULL;
}

int spk_watch_path(struct spk_buf *out, const struct spk_kube_watch *watch, const char *query,
                   const char *value, struct spk_err *err)
{
    const char *field = watch->field_selector;
    const char *label = watch->label_selector;

    spk_buf_init(out, SPK_KUBE_PATH_MAX);
    if (spk_kube_path(out, err, watch->path, NULL) || spk_kube_path(out, err, query, value, NULL))
        return -1;
    if (field && spk_kube_path(out, err, "&fieldSelector=", field, NULL))
        return -1;
    return label ? spk_kube_path(out, err, "&labelSelector=", label, NULL) : 0;
}

int spk_watch_remember(struct spk_kube_watch *watch, const json_t *object, struct spk_err *err)
{
    struct spk_at at = {.key = "metadata"};
    struct spk_str text;
    json_t *metadata;
    char *copy;

    if (spk_json_member(&metadata, object, "metadata", JSON_OBJECT, NULL, err) ||
        spk_json_text(&text, metadata, "resourceVersion", &at, err))
        return -1;
    if (!text.len)
        return 0;
    if (spk_kube_copy(&copy, text, err))
        return -1;
    free(watch->version);
    watch->version = copy;
    return 0;
}

void spk_watch_forget(struct spk_kube_watch *watch)
{
    free(watch->version);
    watch->version = NULL;
}

static void free_watch(struct spk_kube_watch *watch)
{
    spk_stop_done(&watch->stop);
    free(watch->path);
    free(watch->field_selector);
    free(watch->label_selector);
    free(watch->version);
    free(watch);
}

static int set_text(char **out, const char *text, struct spk_err *err)
{
    return text ? spk_kube_copy(out, spk_str(text), err) : 0;
}

static int start_thread(struct spk_kube_watch *watch, struct spk_err *err)
{
    sigset_t all;
    sigset_t old;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    errno = pthread_create(&watch->thread, NULL, run, watch);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return errno ? spk_fail_sys(err, "thread") : 0;
}

int spk_kube_watch_start(struct spk_kube_watch **out, struct spk_kube *kube,
                         const struct spk_kube_watch_options *options, struct spk_err *err)
{
    struct spk_kube_watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    watch->stop.fd = -1;
    watch->kube = kube;
    watch->options = *options;
    watch->page = options->page ? options->page : PAGE;
    watch->options.idle_ms = options->idle_ms ? options->idle_ms : IDLE_MS;
    if (set_text(&watch->path, options->path, err) ||
        set_text(&watch->field_selector, options->field_selector, err) ||
        set_text(&watch->label_selector, options->label_selector, err) ||
        spk_stop_init(&watch->stop, err) || start_thread(watch, err)) {
        free_watch(watch);
        return -1;
    }
    *out = watch;
    return 0;
}

void spk_kube_watch_stop(struct spk_kube_watch *watch)
{
    if (!watch)
        return;
    spk_stop_throw(&watch->stop);
    (void)pthread_join(watch->thread, NULL);
    free_watch(watch);
}
