/*
 * Why no two lead at once. A holder leads until renew_deadline_ms after it BEGAN the last renewal
 * that was confirmed. The renewal was stored after that beginning, and others have seen it, if at
 * all, after it was stored; each of them waits the longer duration_ms from there, and what it then
 * writes is refused if the Lease has been renewed meanwhile. Only the speed of clocks is trusted.
 * The clock goes on while a machine is suspended (CLOCK_BOOTTIME).
 *
 * An answer that is lost leaves it open whether we hold the Lease: it is read again, and if it
 * names us it is renewed; the renewal that is confirmed is what counts.
 */
#include "lease_internal.h"

#include "spk/base/buf.h"
#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/limits.h"
#include "spk/json/dump.h"
#include "spk/kube/lease.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* To give the Lease up when ending: more is not worth waiting for, others need not wait longer than
 * its duration. */
#define RELEASE_MS    2000
#define RELEASE_TRIES 3

/* What went wrong, as far as it is news. */
struct trouble {
    enum spk_code code;
    int sys;
    int status;
};

struct spk_lease {
    struct spk_kube *kube;
    struct spk_lease_options options; /* its texts are those below */
    char *ns;
    char *name;
    char *identity;
    char *collection; /* paths */
    char *path;
    pthread_t thread;
    struct spk_stop stop;
    atomic_int_fast64_t until_ms; /* leading until then */
    /* The thread's. */
    struct spk_lease_record record;
    int64_t end_ms; /* when giving up must be over; 0: not ending */
    bool unsure;    /* a write got no answer: the Lease may be ours */
    bool told;      /* that we lead */
    struct trouble trouble;
    int status; /* of the last refusal */
};

static int64_t now_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool spk_lease_leading(const struct spk_lease *lease)
{
    return now_ms() < atomic_load(&lease->until_ms);
}

/* --------------------------------------------------------------------------- calls */

/* A call that takes longer than we still lead would keep us from saying that we don't. */
static int64_t patience_ms(const struct spk_lease *lease)
{
    int64_t until_ms = lease->end_ms ? lease->end_ms : atomic_load(&lease->until_ms);
    int64_t left_ms = until_ms - now_ms();
    int64_t most_ms = lease->options.renew_deadline_ms / 2;

    return left_ms > 0 && left_ms < most_ms ? left_ms : most_ms;
}

/* Return: as spk_kube_call(), the refusal's text in @err; @answer to be released. */
static int call(struct spk_lease *lease, const char *method, const json_t *body,
                struct spk_kube_answer *answer, struct spk_err *err)
{
    struct spk_kube_request request = {
        .method = method,
        .path = strcmp(method, "POST") == 0 ? lease->collection : lease->path,
        .timeout_ms = patience_ms(lease),
        .stop = lease->end_ms ? NULL : &lease->stop,
    };
    SPK_AUTOFREE char *text = NULL;
    size_t len = 0;
    int rc;

    *answer = (struct spk_kube_answer){0};
    if (body && spk_json_dump(&text, &len, body, err))
        return -1;
    if (text)
        request.body = (struct spk_str){text, len};
    rc = spk_kube_call(lease->kube, &request, answer, err);
    lease->status = rc > 0 ? answer->status : 0;
    if (rc > 0)
        (void)spk_fail(err, SPK_EIO, "%s", answer->text);
    if (rc)
        (void)spk_fail_in(err, "Lease %s/%s", lease->ns, lease->name);
    return rc;
}

/* Return: 0; 1 when there is none; -1 */
static int look(struct spk_lease *lease, struct spk_err *err)
{
    struct spk_kube_answer answer;
    int rc = call(lease, "GET", NULL, &answer, err);

    if (rc == 0 && json_is_object(answer.object))
        spk_lease_record_see(&lease->record, answer.object, now_ms());
    else if (rc == 0)
        rc = spk_fail(err, SPK_EPARSE, "Lease %s/%s: expected an object", lease->ns, lease->name);
    else if (rc > 0 && answer.status == 404)
        spk_lease_record_miss(&lease->record);
    spk_kube_answer_done(&answer);
    if (rc > 0 && lease->status != 404)
        return -1;
    lease->unsure = lease->unsure && rc < 0;
    return rc;
}

/* Return: 0; 1 when somebody else was quicker (409); -1 */
static int write_as(struct spk_lease *lease, const char *identity, struct spk_err *err)
{
    const struct spk_lease_words words = {
        .ns = lease->ns,
        .name = lease->name,
        .identity = identity,
        .duration_ms = lease->options.duration_ms,
        .wall_ms = spk_clock_wall_ms(),
    };
    json_auto_t *body = spk_lease_record_make(&lease->record, &words);
    struct spk_kube_answer answer;
    int rc;

    if (!body)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    rc = call(lease, lease->record.object && !lease->record.missing ? "PUT" : "POST", body, &answer,
              err);
    /* A 5xx may come after the write, too. */
    lease->unsure = rc < 0 || (rc > 0 && answer.status >= 500);
    if (rc == 0 && json_is_object(answer.object))
        spk_lease_record_see(&lease->record, answer.object, now_ms());
    spk_kube_answer_done(&answer);
    return rc > 0 && lease->status != 409 ? -1 : rc;
}

/* --------------------------------------------------------------------------- the campaign */

static bool is_mine(const struct spk_lease *lease)
{
    return !lease->record.missing &&
           spk_str_is(spk_lease_record_holder(&lease->record), lease->identity);
}

/* Somebody else may have led in between, even if we lead again at once. */
static void step_down(struct spk_lease *lease)
{
    static const struct spk_err none;

    atomic_store(&lease->until_ms, 0);
    if (lease->told)
        lease->options.on_change(lease->options.ctx, false, &none);
    lease->told = false;
}

static int hold(struct spk_lease *lease, struct spk_err *err)
{
    int64_t begun_ms = now_ms();
    int rc = write_as(lease, lease->identity, err);

    if (rc == 0)
        atomic_store(&lease->until_ms, begun_ms + lease->options.renew_deadline_ms);
    return rc;
}

/* As a rule one call. Return: 0 when all is as it should be, leading or not; -1 */
static int campaign(struct spk_lease *lease, struct spk_err *err)
{
    /* What is remembered is most often still so; if not, it is refused. */
    if (is_mine(lease) && !lease->unsure && hold(lease, err) == 0)
        return 0;
    if (look(lease, err) < 0)
        return -1;
    if (!is_mine(lease))
        step_down(lease);
    if (spk_lease_record_is_taken(&lease->record, lease->identity, lease->options.duration_ms,
                                  now_ms()))
        return 0;
    return hold(lease, err) < 0 ? -1 : 0;
}

static bool is_news(struct spk_lease *lease, int rc, const struct spk_err *err)
{
    struct trouble trouble = {0};
    bool news;

    if (rc)
        trouble = (struct trouble){err->code, err->sys, lease->status};
    news = trouble.code != lease->trouble.code || trouble.sys != lease->trouble.sys ||
           trouble.status != lease->trouble.status;
    lease->trouble = trouble;
    return news;
}

static void tell(struct spk_lease *lease, int rc, const struct spk_err *err)
{
    static const struct spk_err none;
    bool leading = spk_lease_leading(lease);
    bool news = is_news(lease, rc, err);

    if (spk_stop_thrown(&lease->stop) || (leading == lease->told && !news))
        return;
    lease->told = leading;
    lease->options.on_change(lease->options.ctx, leading, rc ? err : &none);
}

/* Those who stand by come at different times; whoever leads wakes up when it does no longer. */
static int64_t pause_ms(const struct spk_lease *lease)
{
    int64_t left_ms = atomic_load(&lease->until_ms) - now_ms();
    int64_t ms = lease->options.retry_ms;
    unsigned drawn = 0;

    if (left_ms > 0)
        return left_ms < ms ? left_ms : ms;
    (void)!getrandom(&drawn, sizeof(drawn), GRND_NONBLOCK);
    return ms + drawn % (ms / 5 + 1);
}

/* The Lease is somebody's as long as it names them: the next one need not wait. */
static void give_up(struct spk_lease *lease)
{
    struct spk_err err;

    lease->end_ms = now_ms() + RELEASE_MS;
    for (int i = 0; i < RELEASE_TRIES && now_ms() < lease->end_ms; i++) {
        if ((lease->unsure || i > 0) && look(lease, &err))
            continue;
        if (!is_mine(lease) || write_as(lease, "", &err) == 0)
            return;
    }
}

static void *run(void *arg)
{
    struct spk_lease *lease = arg;

    while (!spk_stop_thrown(&lease->stop)) {
        struct spk_err err = {0};
        int rc = campaign(lease, &err);
        tell(lease, rc, &err);
        (void)spk_stop_wait(&lease->stop, pause_ms(lease));
    }
    return NULL;
}

/* --------------------------------------------------------------------------- begin and end */

static int check(const struct spk_lease_options *options, struct spk_err *err)
{
    if (options->retry_ms <= 0 || options->renew_deadline_ms <= options->retry_ms ||
        options->duration_ms <= options->renew_deadline_ms) {
        return spk_fail(err, SPK_EINVALID,
                        "Lease: expected 0 < retry < renew deadline < duration, found %lld, %lld, "
                        "%lld ms",
                        (long long)options->retry_ms, (long long)options->renew_deadline_ms,
                        (long long)options->duration_ms);
    }
    return 0;
}

static int set_texts(struct spk_lease *lease, struct spk_err *err)
{
    struct spk_buf path;

    lease->ns = strdup(lease->options.ns);
    lease->name = strdup(lease->options.name);
    lease->identity = strdup(lease->options.identity);
    if (!lease->ns || !lease->name || !lease->identity)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    spk_buf_init(&path, SPK_KUBE_PATH_MAX);
    if (spk_kube_path(&path, err, "/apis/coordination.k8s.io/v1/namespaces/", lease->ns, "/leases",
                      NULL))
        return -1;
    lease->collection = strndup(path.ptr, path.len);
    if (spk_kube_path(&path, err, "/", lease->name, NULL))
        return -1;
    lease->path = spk_buf_take(&path, &(size_t){0});
    return lease->collection ? 0 : spk_fail(err, SPK_ENOMEM, "out of memory");
}

static void free_lease(struct spk_lease *lease)
{
    spk_stop_done(&lease->stop);
    spk_lease_record_done(&lease->record);
    free(lease->ns);
    free(lease->name);
    free(lease->identity);
    free(lease->collection);
    free(lease->path);
    free(lease);
}

static int start_thread(struct spk_lease *lease, struct spk_err *err)
{
    sigset_t all;
    sigset_t old;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    errno = pthread_create(&lease->thread, NULL, run, lease);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return errno ? spk_fail_sys(err, "thread") : 0;
}

int spk_lease_start(struct spk_lease **out, struct spk_kube *kube,
                    const struct spk_lease_options *options, struct spk_err *err)
{
    struct spk_lease *lease;

    if (check(options, err))
        return -1;
    lease = calloc(1, sizeof(*lease));
    if (!lease)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    lease->stop.fd = -1;
    lease->kube = kube;
    lease->options = *options;
    if (set_texts(lease, err) || spk_stop_init(&lease->stop, err) || start_thread(lease, err)) {
        free_lease(lease);
        return -1;
    }
    *out = lease;
    return 0;
}

void spk_lease_stop(struct spk_lease *lease)
{
    if (!lease)
        return;
    spk_stop_throw(&lease->stop);
    (void)pthread_join(lease->thread, NULL);
    atomic_store(&lease->until_ms, 0);
    give_up(lease);
    free_lease(lease);
}
