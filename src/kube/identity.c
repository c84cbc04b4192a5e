/*
 * Who we are: the token or credential of the moment, and the connections that go with it.
 */
#include "kube_internal.h"

#include "spk/base/base64.h"
#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/limits.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

/* client-go's period (transport/token_source.go). */
#define TOKEN_FILE_MS 60000
/* After a failure the file, after a refusal the plugin, is asked again no sooner than this. */
#define AGAIN_MS      1000
/* A plugin's credential is renewed when a tenth of its life is left, but at most so much. */
#define MARGIN_MAX_MS 60000
/* How often somebody who waits for another's plugin looks at his own stop. */
#define LOOK_MS       50

static void change(struct spk_kube *kube)
{
    kube->generation++;
}

/* Takes a user away; the last one frees. Called without the lock, as freeing waits for a thread. */
static void drop(struct spk_kube_link *link)
{
    if (!link)
        return;
    spk_client_free(link->client);
    free(link);
}

/* Under the lock. Return: the link when nobody is left, to be dropped without the lock. */
static struct spk_kube_link *let_go(struct spk_kube_link *link)
{
    return link && --link->users == 0 ? link : NULL;
}

static int make_link(struct spk_kube_link **out, const struct spk_kube *kube, const char *cert,
                     const char *key, struct spk_err *err)
{
    const struct spk_kube_config *config = &kube->config;
    SPK_AUTOFREE struct spk_kube_link *link = calloc(1, sizeof(*link));

    if (!link)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (spk_client_new(&link->client,
                       &(struct spk_client_options){
                           .server = config->server,
                           .ca = spk_str(config->ca),
                           .cert = spk_str(cert),
                           .key = spk_str(key),
                           .server_name = config->server_name,
                           .proxy = config->proxy,
                           .user_agent = kube->user_agent,
                           .insecure = config->insecure,
                       },
                       err))
        return spk_fail_in(err, "%s", config->source);
    link->users = 1;
    *out = SPK_STEAL(link);
    return 0;
}

/* Replaces the connections; the old ones end with their last user. */
static int relink(struct spk_kube *kube, const char *cert, const char *key, struct spk_err *err)
{
    struct spk_kube_link *link = NULL;
    struct spk_kube_link *old;

    if (make_link(&link, kube, cert, key, err) || !link)
        return -1;
    old = let_go(kube->link);
    kube->link = link;
    change(kube);
    drop(old);
    return 0;
}

/* Takes over a value for the header; NULL without memory. */
static int set_authorization(struct spk_kube *kube, char *value, struct spk_err *err)
{
    if (!value)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (kube->authorization && strcmp(kube->authorization, value) == 0) {
        spk_kube_wipe(&value);
        return 0;
    }
    spk_kube_wipe(&kube->authorization);
    kube->authorization = value;
    change(kube);
    return 0;
}

static char *bearer(const char *token)
{
    char *value = NULL;

    return asprintf(&value, "Bearer %s", token) < 0 ? NULL : value;
}

static char *basic(const char *username, const char *password)
{
    char *pair = NULL;
    char *value = NULL;
    int len = asprintf(&pair, "%s:%s", username, password ? password : "");
    size_t room = len < 0 ? 0 : spk_base64_size((size_t)len);

    if (len < 0)
        return NULL;
    value = calloc(1, room + sizeof("Basic "));
    if (value) {
        memcpy(value, "Basic ", 6);
        spk_base64_encode(value + 6, pair, (size_t)len);
    }
    spk_kube_wipe(&pair);
    return value;
}

static int read_token(struct spk_kube *kube, struct spk_err *err)
{
    const char *path = kube->config.token_file;
    char *token = NULL;
    int rc;

    if (spk_kube_file(&token, path, SPK_TOKEN_MAX, err))
        return -1;
    token[strcspn(token, " \t\r\n")] = '\0';
    if (*token)
        rc = set_authorization(kube, bearer(token), err);
    else
        rc = spk_fail(err, SPK_EINVALID, "%s: expected a token, found nothing", path);
    spk_kube_wipe(&token);
    return rc;
}

/* An old token is better than none: the file may be in the middle of its rotation. */
static int look_after_token(struct spk_kube *kube, bool force, struct spk_err *err)
{
    int64_t now_ms = spk_clock_mono_ms();

    if (kube->authorization && !force && now_ms - kube->read_ms < TOKEN_FILE_MS)
        return 0;
    if (read_token(kube, err)) {
        if (!kube->authorization)
            return spk_fail_in(err, "%s", kube->config.source);
        now_ms -= TOKEN_FILE_MS - AGAIN_MS;
    }
    kube->read_ms = now_ms;
    return 0;
}

static int take_credential(struct spk_kube *kube, const struct spk_kube_credential *got,
                           struct spk_err *err)
{
    int64_t now_ms = spk_clock_wall_ms();
    int64_t margin = (got->expires_ms - now_ms) / 10;

    if (got->token && set_authorization(kube, bearer(got->token), err))
        return -1;
    if (got->cert && relink(kube, got->cert, got->key, err))
        return -1;
    kube->expires_ms = got->expires_ms;
    kube->renew_ms = got->expires_ms - (margin < MARGIN_MAX_MS ? margin : MARGIN_MAX_MS);
    kube->credential = true;
    return 0;
}

/* Lets go of the lock while the plugin runs. */
static int ask_plugin(struct spk_kube *kube, const struct spk_kube_limits *limits,
                      struct spk_err *err)
{
    struct spk_kube_credential got = {0};
    int rc;

    kube->busy = true;
    (void)pthread_mutex_unlock(&kube->lock);
    rc = spk_kube_plugin_run(&got, &kube->config, limits, err);
    (void)pthread_mutex_lock(&kube->lock);
    kube->busy = false;
    kube->read_ms = spk_clock_mono_ms();
    (void)pthread_cond_broadcast(&kube->calm);
    if (rc == 0)
        rc = take_credential(kube, &got, err);
    spk_kube_credential_done(&got);
    return rc;
}

/* Waits until nobody runs the plugin. */
static int wait_calm(struct spk_kube *kube, const struct spk_kube_limits *limits,
                     struct spk_err *err)
{
    while (kube->busy) {
        int64_t at_ms = spk_clock_wall_ms() + LOOK_MS;
        struct timespec at = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
        if (spk_stop_thrown(limits->stop) || spk_clock_mono_ms() >= limits->deadline_ms) {
            (void)spk_fail(err, SPK_EIO, "credential plugin: still running");
            err->sys = spk_stop_thrown(limits->stop) ? ECANCELED : ETIMEDOUT;
            return -1;
        }
        (void)pthread_cond_timedwait(&kube->calm, &kube->lock, &at);
    }
    return 0;
}

static int look_after_credential(struct spk_kube *kube, bool force,
                                 const struct spk_kube_limits *limits, struct spk_err *err)
{
    int64_t now_ms = spk_clock_wall_ms();
    bool fresh = spk_clock_mono_ms() - kube->read_ms < AGAIN_MS;
    bool usable = kube->credential && now_ms < kube->expires_ms;

    if (usable && (kube->busy || fresh || (!force && now_ms < kube->renew_ms)))
        return 0;
    if (kube->busy) {
        if (wait_calm(kube, limits, err))
            return -1;
        /* What the other one got will do. */
        return look_after_credential(kube, false, limits, err);
    }
    return ask_plugin(kube, limits, err) && !usable ? -1 : 0;
}

static int reread(char **text, const char *path, bool *changed, struct spk_err *err)
{
    char *now = NULL;

    if (!path)
        return 0;
    if (spk_kube_file(&now, path, SPK_FILE_MAX, err))
        return -1;
    if (*text && strcmp(*text, now) == 0) {
        spk_kube_wipe(&now);
        return 0;
    }
    spk_kube_wipe(text);
    *text = now;
    *changed = true;
    return 0;
}

/* Certificate files that somebody has renewed. What can't be read now may be read next time. */
static int look_after_files(struct spk_kube *kube, struct spk_err *err)
{
    struct spk_kube_config *config = &kube->config;
    bool changed = false;

    if (spk_clock_mono_ms() - kube->looked_ms < AGAIN_MS)
        return 0;
    kube->looked_ms = spk_clock_mono_ms();
    if (reread(&config->ca, config->ca_file, &changed, err) ||
        reread(&config->cert, config->cert_file, &changed, err) ||
        reread(&config->key, config->key_file, &changed, err))
        return -1;
    return changed ? relink(kube, config->cert, config->key, err) : 0;
}

static int look_after_fixed(struct spk_kube *kube, struct spk_err *err)
{
    const struct spk_kube_config *config = &kube->config;

    if (kube->authorization)
        return 0;
    if (config->token)
        return set_authorization(kube, bearer(config->token), err);
    if (config->username)
        return set_authorization(kube, basic(config->username, config->password), err);
    return 0;
}

/* Under the lock. A plugin comes last: client-go lets given credentials win over it. */
static int look_after(struct spk_kube *kube, bool force, const struct spk_kube_limits *limits,
                      struct spk_err *err)
{
    const struct spk_kube_config *config = &kube->config;
    int rc;

    if (config->token_file)
        rc = look_after_token(kube, force, err);
    else if (config->token || config->username || !config->exec.command)
        rc = look_after_fixed(kube, err);
    else
        rc = look_after_credential(kube, force, limits, err);
    if (rc)
        return -1;
    return kube->link ? 0 : relink(kube, config->cert, config->key, err);
}

int spk_kube_borrow(struct spk_kube_who *out, struct spk_kube *kube,
                    const struct spk_kube_limits *limits, struct spk_err *err)
{
    int rc;

    *out = (struct spk_kube_who){0};
    (void)pthread_mutex_lock(&kube->lock);
    rc = look_after(kube, false, limits, err);
    if (rc == 0 && kube->authorization)
        rc = spk_kube_copy(&out->authorization, spk_str(kube->authorization), err);
    if (rc == 0) {
        out->generation = kube->generation;
        out->link = kube->link;
        out->link->users++;
    }
    (void)pthread_mutex_unlock(&kube->lock);
    return rc;
}

void spk_kube_give_back(struct spk_kube *kube, struct spk_kube_who *who)
{
    struct spk_kube_link *last;

    spk_kube_wipe(&who->authorization);
    (void)pthread_mutex_lock(&kube->lock);
    last = let_go(who->link);
    (void)pthread_mutex_unlock(&kube->lock);
    drop(last);
    who->link = NULL;
}

bool spk_kube_renew(struct spk_kube *kube, uint64_t generation,
                    const struct spk_kube_limits *limits)
{
    struct spk_err err;
    bool changed;

    (void)pthread_mutex_lock(&kube->lock);
    if (kube->generation == generation) {
        (void)look_after_files(kube, &err);
        (void)look_after(kube, true, limits, &err);
    }
    changed = kube->generation != generation;
    (void)pthread_mutex_unlock(&kube->lock);
    return changed;
}

void spk_kube_forget(struct spk_kube *kube)
{
    drop(let_go(kube->link));
    kube->link = NULL;
    spk_kube_wipe(&kube->authorization);
}
