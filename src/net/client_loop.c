/*
 * The loop: the one thread that runs libcurl. It wakes for sockets, for new transfers, for stops
 * that are thrown, and for the nearest deadline.
 */
#include "client_internal.h"

#include "spk/base/clock.h"

#include <errno.h>
#include <stdlib.h>

/* With nothing to wait for. */
#define REST_MS 60000

static void finish(struct spk_transfer *transfer, int rc)
{
    struct spk_client *client = transfer->client;

    TAILQ_REMOVE(&client->running, transfer, link);
    (void)curl_multi_remove_handle(client->multi, transfer->easy);
    (void)pthread_mutex_lock(&client->lock);
    transfer->rc = rc;
    transfer->phase = SPK_TRANSFER_DONE;
    (void)pthread_cond_signal(&transfer->changed);
    (void)pthread_mutex_unlock(&client->lock);
}

static void finish_with(struct spk_transfer *transfer, CURLcode code)
{
    if (code)
        spk_transfer_fail(transfer, code);
    finish(transfer, code ? -1 : 0);
}

static void give_up(struct spk_transfer *transfer, int sys, const char *why)
{
    (void)spk_fail(&transfer->err, SPK_EIO, "%s: %s", transfer->client->origin, why);
    transfer->err.sys = sys;
    finish(transfer, -1);
}

/* Room for one more stop than there are running transfers. */
static int make_room(struct spk_client *client)
{
    const struct spk_transfer *transfer;
    struct curl_waitfd *more;
    unsigned count = 1;

    TAILQ_FOREACH(transfer, &client->running, link)
    count++;
    if (count <= client->stops_size)
        return 0;
    more = reallocarray(client->stops, 2 * (size_t)count, sizeof(*more));
    if (!more)
        return -1;
    client->stops = more;
    client->stops_size = 2 * count;
    return 0;
}

static void begin(struct spk_client *client, struct spk_transfer *transfer)
{
    bool room = make_room(client) == 0;

    TAILQ_INSERT_TAIL(&client->running, transfer, link);
    if (!room || curl_multi_add_handle(client->multi, transfer->easy))
        finish_with(transfer, CURLE_OUT_OF_MEMORY);
}

static struct spk_transfer *take(struct spk_client *client)
{
    struct spk_transfer *transfer;

    (void)pthread_mutex_lock(&client->lock);
    transfer = TAILQ_FIRST(&client->queue);
    if (transfer) {
        TAILQ_REMOVE(&client->queue, transfer, link);
        transfer->phase = SPK_TRANSFER_RUNNING;
    }
    (void)pthread_mutex_unlock(&client->lock);
    return transfer;
}

static bool is_stopping(struct spk_client *client)
{
    bool stopping;

    (void)pthread_mutex_lock(&client->lock);
    stopping = client->stopping;
    (void)pthread_mutex_unlock(&client->lock);
    return stopping;
}

static bool is_unwanted(struct spk_transfer *transfer)
{
    bool unwanted;

    (void)pthread_mutex_lock(&transfer->client->lock);
    unwanted = transfer->abandoned || transfer->client->stopping;
    (void)pthread_mutex_unlock(&transfer->client->lock);
    return unwanted || spk_stop_thrown(transfer->request.stop);
}

/* When the transfer's time is over; INT64_MAX: never. transfer->header is written by this thread
 * alone. */
static int64_t end_ms(const struct spk_transfer *transfer)
{
    if (!transfer->stream || !transfer->header)
        return transfer->request.deadline_ms;
    return transfer->request.idle_ms ? transfer->heard_ms + transfer->request.idle_ms : INT64_MAX;
}

static void expire(struct spk_transfer *transfer)
{
    bool open = transfer->stream && transfer->header;

    give_up(transfer, ETIMEDOUT, open ? "silent for too long" : "no answer in time");
}

/* Ends who is not wanted or late. Return: the nearest deadline. */
static int64_t sweep(struct spk_client *client)
{
    int64_t now_ms = spk_clock_mono_ms();
    int64_t nearest = INT64_MAX;
    struct spk_transfer *transfer;
    struct spk_transfer *next;

    for (transfer = TAILQ_FIRST(&client->running); transfer; transfer = next) {
        next = TAILQ_NEXT(transfer, link);
        if (is_unwanted(transfer))
            give_up(transfer, ECANCELED, "stopped");
        else if (now_ms >= end_ms(transfer))
            expire(transfer);
        else if (end_ms(transfer) < nearest)
            nearest = end_ms(transfer);
    }
    return nearest;
}

static void collect(struct spk_client *client)
{
    struct spk_transfer *transfer;
    CURLMsg *msg;
    int left;

    while ((msg = curl_multi_info_read(client->multi, &left))) {
        CURLcode code = msg->data.result;
        if (msg->msg != CURLMSG_DONE)
            continue;
        transfer = NULL;
        (void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        finish_with(transfer, code);
    }
}

static void wait_for_news(struct spk_client *client, int64_t until_ms)
{
    int64_t left = until_ms == INT64_MAX ? REST_MS : until_ms - spk_clock_mono_ms();
    const struct spk_transfer *transfer;
    unsigned count = 0;

    TAILQ_FOREACH(transfer, &client->running, link)
    {
        if (transfer->request.stop && transfer->request.stop->fd >= 0)
            client->stops[count++] =
                (struct curl_waitfd){.fd = transfer->request.stop->fd, .events = CURL_WAIT_POLLIN};
    }
    left = left < 0 ? 0 : left;
    (void)curl_multi_poll(client->multi, client->stops, count,
                          (int)(left < REST_MS ? left : REST_MS), NULL);
}

void *spk_client_loop(void *arg)
{
    struct spk_client *client = arg;
    struct spk_transfer *transfer;
    int running;

    for (;;) {
        bool stopping = is_stopping(client);
        int64_t until_ms;

        while ((transfer = take(client)))
            begin(client, transfer);
        (void)curl_multi_perform(client->multi, &running);
        collect(client);
        until_ms = sweep(client);
        if (stopping && TAILQ_EMPTY(&client->running))
            return NULL;
        wait_for_news(client, until_ms);
    }
}
