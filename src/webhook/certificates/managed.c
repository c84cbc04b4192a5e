#include "webhook/certificates/managed.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/stop.h"
#include "spk/kube/client.h"
#include "spk/kube/watch.h"
#include "webhook/certificates/names.h"
#include "webhook/certificates/registration.h"
#include "webhook/certificates/rotation.h"
#include "webhook/certificates/secret.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* One call of the API server, retries included. */
#define CALL_MS ((int64_t)10 * 1000)

/* Between tries at what fails: doubled each time. After losing to another replica: once. */
#define RETRY_FIRST_MS ((int64_t)250)
#define RETRY_MAX_MS   ((int64_t)30 * 1000)
#define CONFLICT_MS    ((int64_t)50)

/* One object of the API server, kept in sight. */
struct kept {
    struct spk_managed *managed;
    const char *what; /* for messages */
    char path[512];   /* of the object */
    struct spk_kube_watch *watch;

    /* under the lock */
    json_t *object; /* never changed in place; NULL: there is none */
    bool known;     /* it was seen, or seen to be missing */
    bool watching;
    struct spk_err trouble;
};

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

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct kept secret;
    struct kept configuration;
    struct spk_managed_status status;
    bool woken;
};

/* ------------------------------------------------------------------------------ what is seen */

static void wake(struct spk_managed *managed)
{
    managed->woken = true;
    (void)pthread_cond_signal(&managed->changed);
}

static void keep(struct kept *kept, json_t *object)
{
    struct spk_managed *managed = kept->managed;

    (void)pthread_mutex_lock(&managed->lock);
    json_decref(kept->object);
    kept->object = json_incref(object);
    kept->known = true;
    wake(managed);
    (void)pthread_mutex_unlock(&managed->lock);
}

/* The field selector leaves one object at most. */
static void on_list(void *ctx, const struct spk_kube_page *page)
{
    if (page->first)
        keep(ctx, json_array_get(page->items, 0));
}

static void on_event(void *ctx, enum spk_kube_event event, json_t *object)
{
    keep(ctx, event == SPK_KUBE_DELETED ? NULL : object);
}

static void on_state(void *ctx, const struct spk_kube_state *state)
{
    struct kept *kept = ctx;
    struct spk_managed *managed = kept->managed;
    bool news;

    if (state->relisting)
        return;
    (void)pthread_mutex_lock(&managed->lock);
    news = strcmp(kept->trouble.msg, state->err.msg) != 0;
    kept->watching = state->watching;
    kept->trouble = state->watching ? (struct spk_err){0} : state->err;
    wake(managed);
    (void)pthread_mutex_unlock(&managed->lock);
    if (!news)
        return;
    if (state->watching)
        spk_log(managed->logger, SPK_LOG_INFO, "in sight again", "object", kept->what);
    else
        spk_log(managed->logger, SPK_LOG_WARN, "out of sight, what is served stays", "error",
                state->err.msg);
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
static void complain(struct spk_managed *managed, const char *what, const struct spk_err *err)
{
    count(managed, &managed->status.failures);
    managed->retry_ms = managed->retry_ms ? 2 * managed->retry_ms : RETRY_FIRST_MS;
    if (managed->retry_ms > RETRY_MAX_MS)
        managed->retry_ms = RETRY_MAX_MS;
    wait_before_retry(managed, managed->retry_ms);
    if (strcmp(managed->complaint.msg, err->msg) == 0)
        return;
    managed->complaint = *err;
    spk_log(managed->logger, SPK_LOG_ERROR, what, "error", err->msg);
}

static void succeed(struct spk_managed *managed)
{
    managed->complaint = (struct spk_err){0};
    managed->retry_ms = 0;
    managed->retry_at_ms = 0;
}

/* ------------------------------------------------------------------------------ what is done */

static int call(struct spk_managed *managed, struct spk_kube_request *request,
                struct spk_kube_answer *answer, struct spk_err *err)
{
    request->timeout_ms = CALL_MS;
    request->stop = &managed->stop;
    return spk_kube_call(managed->kube, request, answer, err);
}

static struct spk_str version_of(const json_t *object)
{
    return spk_json_str(json_object_get(json_object_get(object, "metadata"), "resourceVersion"));
}

/* Asks the API server, and not what has been watched: is @object still how things are? When not,
 * what is found is kept. Return: true also without an answer. */
static bool is_last(struct kept *kept, const json_t *object)
{
    struct spk_kube_request request = {.method = "GET", .path = kept->path};
    struct spk_kube_answer answer;
    struct spk_err err = {0};
    int rc = call(kept->managed, &request, &answer, &err);
    bool last = true;

    if (rc == 0 || answer.status == 404)
        last = spk_str_eq(version_of(answer.object), version_of(object));
    if (!last) {
        keep(kept, answer.status == 404 ? NULL : answer.object);
        wait_before_retry(kept->managed, CONFLICT_MS);
    }
    spk_kube_answer_done(&answer);
    return last;
}

/* An update of what has changed meanwhile (409), was deleted (404), or is not what a JSON Patch was
 * to find (422). The same answers have other reasons, too: then the object is as it was. */
static bool was_overtaken(struct kept *kept, const json_t *base, int status)
{
    return (status == 404 || status == 409 || status == 422) && !is_last(kept, base);
}

/* Return: was it done? */
static bool change(struct kept *kept, const json_t *base, struct spk_kube_request *request,
                   const char *what)
{
    struct spk_managed *managed = kept->managed;
    struct spk_kube_answer answer;
    struct spk_err err = {0};
    int rc = call(managed, request, &answer, &err);

    if (rc == 0) {
        keep(kept, answer.object);
        succeed(managed);
    } else if (rc < 0 || !was_overtaken(kept, base, answer.status)) {
        if (rc > 0)
            (void)spk_fail(&err, SPK_EIO, "%s", answer.text);
        complain(managed, what, &err);
    }
    spk_kube_answer_done(&answer);
    return rc == 0;
}

static void write_secret(struct spk_managed *managed, const json_t *secret,
                         const struct spk_rotation_step *step)
{
    const struct spk_secret_name name = {managed->options->namespace_,
                                         managed->options->secret_name};
    char apply[sizeof(managed->secret.path) + 128];
    struct spk_kube_request request = {.method = "PUT", .path = managed->secret.path};
    struct spk_err err = {0};
    char *body = NULL;
    size_t len = 0;

    if (spk_secret_print(&body, &len, &name, secret, &step->write, &err)) {
        complain(managed, "certificates not written", &err);
        return;
    }
    request.body = (struct spk_str){body, len};
    if (!secret) { /* only so can it be created by who may touch this one name */
        (void)snprintf(apply, sizeof(apply), "%s?fieldManager=%s", managed->secret.path,
                       managed->manager);
        request.method = "PATCH";
        request.path = apply;
        request.content_type = SPK_KUBE_APPLY_PATCH;
    }
    if (change(&managed->secret, secret, &request, "certificates not written")) {
        count(managed, &managed->status.secrets);
        spk_log(managed->logger, SPK_LOG_INFO, "certificates written", "because", step->write_why);
    }
    explicit_bzero(body, len);
    free(body);
}

static void put_bundle_right(struct spk_managed *managed, const json_t *configuration,
                             const char *bundle)
{
    const struct spk_registration_service service = {managed->options->namespace_,
                                                     managed->options->service_name};
    struct spk_kube_request request = {.method = "PATCH",
                                       .path = managed->configuration.path,
                                       .content_type = SPK_KUBE_JSON_PATCH};
    SPK_AUTOFREE char *body = NULL;
    struct spk_err err = {0};
    size_t len = 0;

    if (spk_registration_patch(&body, &len, configuration, &service, bundle, &err)) {
        complain(managed, "caBundle not put right", &err);
        return;
    }
    request.body = (struct spk_str){body, len};
    if (change(&managed->configuration, configuration, &request, "caBundle not put right")) {
        count(managed, &managed->status.bundles);
        spk_log(managed->logger, SPK_LOG_INFO, "caBundle put right", "configuration",
                managed->options->webhook_configuration);
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

static void show(struct spk_managed *managed, const struct spk_rotation_set *found,
                 const struct spk_rotation_worth *worth)
{
    const struct spk_tls_pem pem = {
        .chain = found->leaf.crt,
        .chain_len = strlen(found->leaf.crt),
        .key = found->leaf.key,
        .key_len = strlen(found->leaf.key),
    };
    struct spk_err err = {0};

    if (spk_tls_set(managed->tls, &pem, &err) ||
        spk_rotation_shown(&managed->rotation, found, &err)) {
        complain(managed, "certificate not shown", &err);
        return;
    }
    (void)pthread_mutex_lock(&managed->lock);
    managed->status.shown++;
    managed->status.ca_until_s = worth->of_ca.not_after_s;
    wake(managed);
    (void)pthread_mutex_unlock(&managed->lock);
    log_shown(managed, worth);
}

/* ----------------------------------------------------------------------------- the worker */

/* What both objects were at one moment. */
struct snapshot {
    json_t *secret;
    json_t *configuration;
    bool complete; /* the Secret is known, and the configuration, or that it can't be seen */
};

static void done_snapshot(struct snapshot *snapshot)
{
    json_decref(snapshot->secret);
    json_decref(snapshot->configuration);
}

static void take_snapshot(struct snapshot *out, struct spk_managed *managed)
{
    struct kept *secret = &managed->secret;
    struct kept *configuration = &managed->configuration;

    (void)pthread_mutex_lock(&managed->lock);
    managed->woken = false;
    out->secret = json_incref(secret->object);
    out->configuration = json_incref(configuration->object);
    out->complete =
        secret->known && (configuration->known || configuration->trouble.code != SPK_OK);
    (void)pthread_mutex_unlock(&managed->lock);
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

static void report(struct spk_managed *managed)
{
    const struct kept *secret = &managed->secret;
    const struct kept *configuration = &managed->configuration;
    struct spk_managed_status *status = &managed->status;
    const struct spk_err *trouble = &managed->complaint;

    (void)pthread_mutex_lock(&managed->lock);
    status->in_sight = secret->watching && configuration->watching;
    if (managed->rotation.shown_crt && spk_rotation_trusted(&managed->rotation))
        status->ready = true;
    if (trouble->code == SPK_OK)
        trouble = secret->trouble.code != SPK_OK ? &secret->trouble : &configuration->trouble;
    (void)snprintf(status->text, sizeof(status->text), "%s", trouble->msg);
    (void)pthread_mutex_unlock(&managed->lock);
}

/* Return: milliseconds until the next look, if nothing happens before. */
static int64_t carry_out(struct spk_managed *managed, const struct snapshot *snapshot,
                         const struct spk_rotation_set *found, const struct spk_rotation_step *step)
{
    int64_t left_ms;

    if (step->show)
        show(managed, found, &step->worth);
    left_ms = managed->retry_at_ms - spk_clock_mono_ms();
    if (left_ms > 0 && (step->write_why || step->bundle))
        return left_ms < step->wait_ms ? left_ms : step->wait_ms;
    /* caBundle first: what is written under a new CA waits for this. */
    if (step->bundle && (!step->bundle_loses || is_last(&managed->secret, snapshot->secret)))
        put_bundle_right(managed, snapshot->configuration, step->bundle);
    if (step->write_why)
        write_secret(managed, snapshot->secret, step);
    left_ms = managed->retry_at_ms - spk_clock_mono_ms();
    return left_ms > 0 && left_ms < step->wait_ms ? left_ms : step->wait_ms;
}

static int64_t look(struct spk_managed *managed, const struct snapshot *snapshot)
{
    SPK_CLEANUP(spk_rotation_set_done) struct spk_rotation_set found = {0};
    SPK_CLEANUP(spk_rotation_step_done) struct spk_rotation_step step = {0};
    const struct spk_rotation_now now = {spk_clock_wall_ms() / 1000, spk_clock_mono_ms()};
    struct spk_err err = {0};

    if (see_bundle(managed, snapshot->configuration, &err) ||
        (snapshot->secret && spk_secret_read(&found, snapshot->secret, &err)) ||
        spk_rotation_think(&managed->rotation, snapshot->secret ? &found : NULL, now, &step,
                           &err)) {
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
        if (snapshot.complete)
            wait_ms = look(managed, &snapshot);
        report(managed);
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
    managed->secret = (struct kept){.managed = managed, .what = "Secret"};
    managed->configuration =
        (struct kept){.managed = managed, .what = "MutatingWebhookConfiguration"};
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

/* Watches @collection for the one object @name. */
static int keep_in_sight(struct kept *kept, const char *collection, const char *name,
                         struct spk_err *err)
{
    char selector[SPK_SUBDOMAIN_MAX + 32];
    const struct spk_kube_watch_options options = {
        .path = collection,
        .field_selector = selector,
        .ctx = kept,
        .on_list = on_list,
        .on_event = on_event,
        .on_state = on_state,
    };

    (void)snprintf(kept->path, sizeof(kept->path), "%s/%s", collection, name);
    (void)snprintf(selector, sizeof(selector), "metadata.name=%s", name);
    return spk_kube_watch_start(&kept->watch, kept->managed->kube, &options, err);
}

static int start(struct spk_managed *managed, struct spk_err *err)
{
    const struct spk_serve_options *options = managed->options;
    char secrets[SPK_LABEL_MAX + 64];
    int rc;

    if (spk_stop_init(&managed->stop, err) || connect_kube(managed, err))
        return -1;
    (void)snprintf(secrets, sizeof(secrets), "/api/v1/namespaces/%s/secrets", options->namespace_);
    if (keep_in_sight(&managed->secret, secrets, options->secret_name, err) ||
        keep_in_sight(&managed->configuration,
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
    spk_kube_watch_stop(managed->secret.watch);
    spk_kube_watch_stop(managed->configuration.watch);
    spk_kube_free(managed->kube);
    json_decref(managed->secret.object);
    json_decref(managed->configuration.object);
    spk_rotation_done(&managed->rotation);
    (void)pthread_cond_destroy(&managed->changed);
    (void)pthread_mutex_destroy(&managed->lock);
    spk_stop_done(&managed->stop);
    free(managed);
}

void spk_managed_wake(struct spk_managed *managed)
{
    (void)pthread_mutex_lock(&managed->lock);
    wake(managed);
    (void)pthread_mutex_unlock(&managed->lock);
}

void spk_managed_status(struct spk_managed *managed, struct spk_managed_status *out)
{
    (void)pthread_mutex_lock(&managed->lock);
    *out = managed->status;
    (void)pthread_mutex_unlock(&managed->lock);
}
