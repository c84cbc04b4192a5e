#include "client_internal.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/* Connections that are kept, those in use among them: a controller's watches, its threads and its
 * submissions each have one at a time. */
#define KEPT_MAX 32L

static int start_loop(struct spk_client *client, struct spk_err *err)
{
    sigset_t all;
    sigset_t old;
    int rc;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    rc = pthread_create(&client->loop, NULL, spk_client_loop, client);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = rc;
    if (rc)
        return spk_fail_sys(err, "thread");
    client->looping = true;
    return 0;
}

static int start(struct spk_client *client, const struct spk_client_options *options,
                 struct spk_err *err)
{
    client->global = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (!client->global)
        return spk_fail(err, SPK_EINTERNAL, "libcurl does not start");
    if (spk_client_take_options(client, options, err))
        return -1;
    client->multi = curl_multi_init();
    if (!client->multi)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    (void)curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, KEPT_MAX);
    return start_loop(client, err);
}

int spk_client_new(struct spk_client **out, const struct spk_client_options *options,
                   struct spk_err *err)
{
    struct spk_client *client = calloc(1, sizeof(*client));

    if (!client)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    client->ca.fd = client->cert.fd = client->key.fd = -1;
    (void)pthread_mutex_init(&client->lock, NULL);
    (void)pthread_cond_init(&client->left, NULL);
    TAILQ_INIT(&client->queue);
    TAILQ_INIT(&client->running);
    if (start(client, options, err)) {
        spk_client_free(client);
        return -1;
    }
    *out = client;
    return 0;
}

static void stop_loop(struct spk_client *client)
{
    (void)pthread_mutex_lock(&client->lock);
    client->stopping = true;
    (void)pthread_mutex_unlock(&client->lock);
    (void)curl_multi_wakeup(client->multi);
    (void)pthread_join(client->loop, NULL);
    (void)pthread_mutex_lock(&client->lock);
    while (client->users)
        (void)pthread_cond_wait(&client->left, &client->lock);
    (void)pthread_mutex_unlock(&client->lock);
}

void spk_client_free(struct spk_client *client)
{
    if (!client)
        return;
    if (client->looping)
        stop_loop(client);
    (void)curl_multi_cleanup(client->multi);
    spk_client_drop_options(client);
    free(client->stops);
    (void)pthread_cond_destroy(&client->left);
    (void)pthread_mutex_destroy(&client->lock);
    if (client->global)
        curl_global_cleanup();
    free(client);
}

void spk_client_leave(struct spk_client *client)
{
    (void)pthread_mutex_lock(&client->lock);
    client->users--;
    (void)pthread_cond_signal(&client->left);
    (void)pthread_mutex_unlock(&client->lock);
}

/* False when the loop takes no more. */
static bool enter(struct spk_client *client, struct spk_transfer *transfer)
{
    bool open;

    (void)pthread_mutex_lock(&client->lock);
    client->users++;
    open = !client->stopping;
    if (open)
        TAILQ_INSERT_TAIL(&client->queue, transfer, link);
    (void)pthread_mutex_unlock(&client->lock);
    if (open)
        (void)curl_multi_wakeup(client->multi);
    return open;
}

/* There is something to read line by line, even if it has come to a bad end by now. */
static bool is_open(const struct spk_transfer *transfer)
{
    return transfer->stream && transfer->header && transfer->answer.status < 300;
}

int spk_transfer_run(struct spk_transfer *transfer, struct spk_err *err)
{
    struct spk_client *client = transfer->client;
    bool open;

    if (!enter(client, transfer)) {
        (void)spk_fail(err, SPK_EIO, "%s: stopped", client->origin);
        err->sys = ECANCELED;
        return -1;
    }
    (void)pthread_mutex_lock(&client->lock);
    while (!(open = is_open(transfer)) && transfer->phase != SPK_TRANSFER_DONE)
        (void)pthread_cond_wait(&transfer->changed, &client->lock);
    (void)pthread_mutex_unlock(&client->lock);
    if (open || transfer->rc == 0)
        return 0;
    *err = transfer->err;
    return -1;
}

int spk_client_do(struct spk_client *client, const struct spk_client_request *request,
                  struct spk_client_answer *answer, struct spk_err *err)
{
    struct spk_transfer transfer;
    bool made = spk_transfer_init(&transfer, client, request, false, err) == 0;
    int rc = made ? spk_transfer_run(&transfer, err) : -1;

    *answer = transfer.answer;
    transfer.answer.body = (struct spk_buf){0};
    if (rc)
        spk_buf_done(&answer->body);
    spk_transfer_done(&transfer);
    if (made)
        spk_client_leave(client);
    return rc;
}

void spk_client_answer_done(struct spk_client_answer *answer)
{
    spk_buf_done(&answer->body);
}
