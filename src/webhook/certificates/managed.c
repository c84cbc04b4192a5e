#include "webhook/certificates/managed.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/stop.h"
#include "spk/kube/client.h"
#include "webhook/certificates/names.h"
#include "webhook/certificates/registration.h"
#include "webhook/certificates/rotation.h"
#include "webhook/certificates/secret.h"
#include "webhook/certificates/sight.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* Between tries at what fails: doubled each time. After losing to another replica: once. */
#define RETRY_FIRST_MS ((int64_t)250)
#define RETRY_MAX_MS   ((int64_t)30 * 1000)
#define CONFLICT_MS    ((int64_t)50)

struct spk_managed {
    const struct spk_serve_options *options;
    const struct spk_logger *logger;
    struct spk_tls *tls;
    struct spk_names names;
    struct spk_kube *kube;
    struct spk_stop stop;
    pthread_t thread;
    bool running;
    char manager[64]; /* field manager of a Secret that is made: no two processes have the same, so
                         that of two that make it at once the second is told */

    /* the worker's own */
    struct spk_rotation rotation;
    struct spk_err complaint; /* the last that was logged; empty: all is well */
    int64_t retry_ms;
    int64_t retry_at_ms;

    struct spk_sight secret;
    struct spk_sight configuration;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct spk_managed_status status;
    bool woken;
};

static void wake(void *ctx)
{
    spk_managed_wake(ctx);
}

void spk_managed_wake(struct spk_managed *managed)
{
    (void)pthread_mutex_lock(&managed->lock);
    managed->woken = true;
    (void)pthread_cond_signal(&managed->changed);
    (void)pthread_mutex_unlock(&managed->lock);
}

/* ----------------------------------------------------------------------- what goes wrong */

static void count(struct spk_managed *managed, uint64_t *counter)
{
    (void)pthread_mutex_lock(&managed->lock);
    (*counter)++;
    (void)pthread_mutex_unlock(&managed->lock);
}

static void wait_before_retry(struct spk_managed *managed, int64_t ms)
{
    unsigned char spread = 0;

    (void)!getrandom(&spread, sizeof(spread), 0);
    managed->retry_at_ms = spk_clock_mono_ms() + ms / 2 + ms * spread / 512;
}

/* The same fault is logged once. */
static void log_once(struct spk_managed *managed, const char *what, const struct spk_err *err)
{
    if (strcmp(managed->complaint.msg, err->msg) == 0)
        return;
    managed->complaint = *err;
    spk_log(managed->logger, SPK_LOG_ERROR, what, "error", err->msg);
}

static void complain(struct spk_managed *managed, const char *what, const struct spk_err *err)
{
    count(managed, &managed->status.failures);
    managed->retry_ms = managed->retry_ms ? 2 * managed->retry_ms : RETRY_FIRST_MS;
    if (managed->retry_ms > RETRY_MAX_MS)
        managed->retry_ms = RETRY_MAX_MS;
    wait_before_retry(managed, managed->retry_ms);
    log_once(managed, what, err);
}

static void succeed(struct spk_managed *managed)
{
    managed->complaint = (struct spk_err){0};
    managed->retry_ms = 0;
    managed->retry_at_ms = 0;
}

/* ------------------------------------------------------------------------------ what is done */

/* Return: was it done? */
static bool change(struct spk_managed *managed, struct spk_sight *sight, const json_t *base,
                   struct spk_kube_request *request, const char *what)
{
    struct spk_err err = {0};
    int rc = spk_sight_change(sight, base, request, &err);

    if (rc == 0)
        succeed(managed);
    else if (rc > 0)
        wait_before_retry(managed, CONFLICT_MS);
    else
        complain(managed, what, &err);
    return rc == 0;
}

static void write_secret(struct spk_managed *managed, const json_t *secret,
                         const struct spk_rotation_step *step)
{
    const struct spk_secret_name name = {managed->options->namespace_,
                                         managed->options->secret_name};
    char apply[sizeof(managed->secret.path) + 128];
    struct spk_kube_request request = {0};
    struct spk_err err = {0};
    char *body = NULL;
    size_t len = 0;
    int rc;

    if (secret) {
        request.content_type = SPK_KUBE_MERGE_PATCH;
        rc = spk_secret_patch(&body, &len, secret, &step->write, &err);
    } else { /* only so can it be created by who may touch this one name */
        (void)snprintf(apply, sizeof(apply), "%s?fieldManager=%s", managed->secret.path,
                       managed->manager);
        request.path = apply;
        request.content_type = SPK_KUBE_APPLY_PATCH;
        rc = spk_secret_new(&body, &len, &name, &step->write, &err);
    }
    if (rc) {
        complain(managed, "certificates not written", &err);
        return;
    }
    request.body = (struct spk_str){body, len};
    if (change(managed, &managed->secret, secret, &request, "certificates not written")) {
        count(managed, &managed->status.secrets);
        spk_log(managed->logger, SPK_LOG_INFO, "certificates written", "because", step->write_why);
    }
    explicit_bzero(body, len);
    free(body);
}

static void write_bundle(struct spk_managed *managed, const json_t *configuration,
                         const struct spk_rotation_step *step)
{
    const struct spk_registration_service service = {managed->options->namespace_,
                                                     managed->options->service_name};
    struct spk_kube_request request = {.content_type = SPK_KUBE_JSON_PATCH};
    SPK_AUTOFREE char *body = NULL;
    struct spk_err err = {0};
    size_t len = 0;

    if (spk_registration_patch(&body, &len, configuration, &service, step->bundle, &err)) {
        complain(managed, "caBundle not written", &err);
        return;
    }
    request.body = (struct spk_str){body, len};
    if (change(managed, &managed->configuration, configuration, &request, "caBundle not written")) {
        count(managed, &managed->status.bundles);
        spk_log(managed->logger, SPK_LOG_INFO, "caBundle written", "because", step->bundle_why);
    }
}

static void log_shown(struct spk_managed *managed, const struct spk_rotation_worth *worth)
{
    struct spk_log_line line;

    spk_log_begin(&line, managed->logger, SPK_LOG_INFO, "certificate shown");
    spk_log_int(&line, "not_after", worth->of_leaf.not_after_s);
    spk_log_text(&line, "sha256", worth->of_leaf.id.hex);
    spk_log_text(&line, "ca_sha256", worth->of_ca.id.hex);
    spk_log_int(&line, "ca_not_after", worth->of_ca.not_after_s);
    spk_log_end(&line);
}

static int set_tls(struct spk_managed *managed, const struct spk_pki_pair *leaf,
                   struct spk_err *err)
{
    const struct spk_tls_pem pem = {
        .chain = leaf->crt,
        .chain_len = spk_str(leaf->crt).len,
        .key = leaf->key,
        .key_len = spk_str(leaf->key).len,
    };

    return spk_tls_set(managed->tls, &pem, err);
}

static void show(struct spk_managed *managed, const struct spk_rotation_set *found,
                 const struct spk_rotation_worth *worth)
{
    struct spk_err err = {0};

    if (set_tls(managed, &found->leaf, &err) ||
        spk_rotation_shown(&managed->rotation, found, &err)) {
        complain(managed, "certificate not shown", &err);
        return;
    }
    (void)pthread_mutex_lock(&managed->lock);
    managed->status.shown++;
    managed->status.ca_until_s = worth->of_ca.not_after_s;
    managed->woken = true;
    (void)pthread_mutex_unlock(&managed->lock);
    log_shown(managed, worth);
}

/* ----------------------------------------------------------------------------- the worker */

/* What both objects were when it was looked. */
struct snapshot {
    struct spk_sight_state secret;
    struct spk_sight_state configuration;
};

static void done_snapshot(struct snapshot *snapshot)
{
    json_decref(snapshot->secret.object);
    json_decref(snapshot->configuration.object);
}

static void take_snapshot(struct snapshot *out, struct spk_managed *managed)
{
    (void)pthread_mutex_lock(&managed->lock);
    managed->woken = false;
    (void)pthread_mutex_unlock(&managed->lock);
    spk_sight_look(&managed->secret, &out->secret);
    spk_sight_look(&managed->configuration, &out->configuration);
}

/* Enough to begin with: the Secret, and the configuration or why it can't be seen. */
static bool is_complete(const struct snapshot *snapshot)
{
    return snapshot->secret.known &&
           (snapshot->configuration.known || snapshot->configuration.trouble.code != SPK_OK);
}

static int see_bundle(struct spk_managed *managed, const json_t *configuration, struct spk_err *err)
{
    const struct spk_registration_service service = {managed->options->namespace_,
                                                     managed->options->service_name};
    SPK_AUTOFREE char *bundle = NULL;

    if (configuration && spk_registration_bundle(&bundle, configuration, &service, err))
        return -1;
    return spk_rotation_see_bundle(&managed->rotation, bundle, spk_clock_mono_ms(), err);
}

static void report(struct spk_managed *managed, const struct snapshot *snapshot)
{
    struct spk_managed_status *status = &managed->status;
    const struct spk_err *trouble = &managed->complaint;

    (void)pthread_mutex_lock(&managed->lock);
    status->in_sight = snapshot->secret.watching && snapshot->configuration.watching;
    if (managed->rotation.shown_crt && spk_rotation_trusted(&managed->rotation))
        status->ready = true;
    if (trouble->code == SPK_OK)
        trouble = snapshot->secret.trouble.code != SPK_OK ? &snapshot->secret.trouble
                                                          : &snapshot->configuration.trouble;
    (void)snprintf(status->text, sizeof(status->text), "%s", trouble->msg);
    (void)pthread_mutex_unlock(&managed->lock);
}

/* Nothing may be taken out of caBundle by who is late. */
static bool is_last(struct spk_managed *managed, const json_t *secret)
{
    struct spk_err err = {0};
    enum spk_sight_live live = spk_sight_ask(&managed->secret, secret, &err);

    if (live == SPK_SIGHT_UNKNOWN)
        complain(managed, "caBundle not written", &err);
    return live == SPK_SIGHT_SAME;
}

/* @wait_ms: shortened to when it may be. */
static bool may_change(struct spk_managed *managed, const struct spk_sight *sight, const char *what,
                       int64_t *wait_ms)
{
    int64_t rest_ms = spk_sight_rest_ms(sight, spk_clock_mono_ms());
    struct spk_err err = {0};

    if (rest_ms <= 0)
        return true;
    if (rest_ms < *wait_ms)
        *wait_ms = rest_ms;
    (void)spk_fail(&err, SPK_EIO, "the %s is never as we leave it: who else changes it?",
                   sight->what);
    log_once(managed, what, &err);
    return false;
}

/* Return: milliseconds until the next look, if nothing happens before. */
static int64_t carry_out(struct spk_managed *managed, const struct snapshot *snapshot,
                         const struct spk_rotation_set *found, const struct spk_rotation_step *step)
{
    int64_t wait_ms = step->wait_ms;
    int64_t left_ms;

    if (step->show)
        show(managed, found, &step->worth);
    left_ms = managed->retry_at_ms - spk_clock_mono_ms();
    if (left_ms > 0 && (step->write_why || step->bundle_why))
        return left_ms < wait_ms ? left_ms : wait_ms;
    /* caBundle first: what is written under a new CA waits for this. */
    if (step->bundle_why &&
        may_change(managed, &managed->configuration, "caBundle not written", &wait_ms) &&
        (!step->bundle_loses || is_last(managed, snapshot->secret.object)))
        write_bundle(managed, snapshot->configuration.object, step);
    if (step->write_why &&
        may_change(managed, &managed->secret, "certificates not written", &wait_ms))
        write_secret(managed, snapshot->secret.object, step);
    left_ms = managed->retry_at_ms - spk_clock_mono_ms();
    return left_ms > 0 && left_ms < wait_ms ? left_ms : wait_ms;
}

static int64_t look(struct spk_managed *managed, const struct snapshot *snapshot)
{
    SPK_CLEANUP(spk_rotation_set_done) struct spk_rotation_set found = {0};
    SPK_CLEANUP(spk_rotation_step_done) struct spk_rotation_step step = {0};
    const struct spk_rotation_now now = {spk_clock_wall_ms() / 1000, spk_clock_mono_ms()};
    const json_t *secret = snapshot->secret.object;
    struct spk_err err = {0};

    if (see_bundle(managed, snapshot->configuration.object, &err) ||
        (secret && spk_secret_read(&found, secret, &err)) ||
        spk_rotation_think(&managed->rotation, secret ? &found : NULL, now, &step, &err)) {
        complain(managed, "certificates not looked after", &err);
        return managed->retry_ms;
    }
    return carry_out(managed, snapshot, &found, &step);
}

static void sleep_for(struct spk_managed *managed, int64_t ms)
{
    int64_t until_ns = spk_clock_mono_ns() + ms * 1000000;
    const struct timespec until = {.tv_sec = until_ns / 1000000000,
                                   .tv_nsec = until_ns % 1000000000};

    (void)pthread_mutex_lock(&managed->lock);
    while (!managed->woken && !spk_stop_thrown(&managed->stop)) {
        if (pthread_cond_timedwait(&managed->changed, &managed->lock, &until) == ETIMEDOUT)
            break;
    }
    (void)pthread_mutex_unlock(&managed->lock);
}

static void *work(void *arg)
{
    struct spk_managed *managed = arg;

    while (!spk_stop_thrown(&managed->stop)) {
        SPK_CLEANUP(done_snapshot) struct snapshot snapshot = {0};
        int64_t wait_ms = RETRY_MAX_MS;
        take_snapshot(&snapshot, managed);
        if (is_complete(&snapshot))
            wait_ms = look(managed, &snapshot);
        report(managed, &snapshot);
        sleep_for(managed, wait_ms);
    }
    return NULL;
}

/* --------------------------------------------------------------------------- begin and end */

static double draw_jitter(void)
{
    uint16_t drawn = 0;

    (void)!getrandom(&drawn, sizeof(drawn), 0);
    return drawn / 65535.0;
}

static void init(struct spk_managed *managed, const struct spk_serve_options *options,
                 struct spk_tls *tls, const struct spk_logger *logger)
{
    pthread_condattr_t attr;
    uint64_t id = 0;

    managed->options = options;
    managed->tls = tls;
    managed->logger = logger;
    spk_sight_init(&managed->secret, "Secret", logger, wake, managed);
    spk_sight_init(&managed->configuration, "MutatingWebhookConfiguration", logger, wake, managed);
    spk_names_of_service(&managed->names, options);
    managed->rotation = (struct spk_rotation){
        .policy = {.names = managed->names.items,
                   .name_count = managed->names.count,
                   .leaf_s = options->certificate_ms / 1000,
                   .ca_s = options->ca_ms / 1000,
                   .propagation_ms = options->ca_propagation_ms,
                   .jitter = draw_jitter()},
        .start_ms = spk_clock_mono_ms(),
    };
    (void)!getrandom(&id, sizeof(id), 0);
    (void)snprintf(managed->manager, sizeof(managed->manager), "spark-webhook-%016llx",
                   (unsigned long long)id);
    (void)pthread_mutex_init(&managed->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&managed->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
}

static int connect_kube(struct spk_managed *managed, struct spk_err *err)
{
    const struct spk_kube_config_options where = {.kubeconfig = managed->options->kubeconfig};
    const struct spk_kube_options options = {.user_agent = "spark-webhook/" SPK_VERSION};
    struct spk_kube_config config = {0};

    if (spk_kube_config_load(&config, &where, err))
        return spk_fail_in(err, "--certificates=managed");
    return spk_kube_new(&managed->kube, &config, &options, err);
}

static int start(struct spk_managed *managed, struct spk_err *err)
{
    const struct spk_serve_options *options = managed->options;
    char secrets[SPK_LABEL_MAX + 64];
    int rc;

    if (spk_stop_init(&managed->stop, err) || connect_kube(managed, err))
        return -1;
    (void)snprintf(secrets, sizeof(secrets), "/api/v1/namespaces/%s/secrets", options->namespace_);
    if (spk_sight_start(&managed->secret, managed->kube, &managed->stop, secrets,
                        options->secret_name, err) ||
        spk_sight_start(&managed->configuration, managed->kube, &managed->stop,
                        "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
                        options->webhook_configuration, err))
        return -1;
    rc = pthread_create(&managed->thread, NULL, work, managed);
    if (rc) {
        errno = rc;
        return spk_fail_sys(err, "thread");
    }
    managed->running = true;
    return 0;
}

int spk_managed_start(struct spk_managed **out, const struct spk_serve_options *options,
                      struct spk_tls *tls, const struct spk_logger *logger, struct spk_err *err)
{
    struct spk_managed *managed = calloc(1, sizeof(*managed));

    if (!managed)
        return spk_fail(err, SPK_ENOMEM, "--certificates=managed");
    init(managed, options, tls, logger);
    if (start(managed, err)) {
        spk_managed_stop(managed);
        return -1;
    }
    *out = managed;
    return 0;
}

void spk_managed_stop(struct spk_managed *managed)
{
    if (!managed)
        return;
    spk_stop_throw(&managed->stop);
    spk_managed_wake(managed);
    if (managed->running)
        (void)pthread_join(managed->thread, NULL);
    spk_sight_done(&managed->secret);
    spk_sight_done(&managed->configuration);
    spk_kube_free(managed->kube);
    spk_rotation_done(&managed->rotation);
    (void)pthread_cond_destroy(&managed->changed);
    (void)pthread_mutex_destroy(&managed->lock);
    spk_stop_done(&managed->stop);
    free(managed);
}

void spk_managed_status(struct spk_managed *managed, struct spk_managed_status *out)
{
    (void)pthread_mutex_lock(&managed->lock);
    *out = managed->status;
    (void)pthread_mutex_unlock(&managed->lock);
}
