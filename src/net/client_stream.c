/*
 * Answers that are read while they come: the loop puts bytes aside, the reader makes lines of them.
 */
#include "client_internal.h"

#include "spk/base/limits.h"

#include <stdlib.h>

static void free_stream(struct spk_stream *stream)
{
    spk_transfer_done(&stream->transfer);
    spk_lines_done(&stream->lines);
    free(stream);
}

int spk_client_open(struct spk_stream **out, struct spk_client *client,
                    const struct spk_client_request *request, struct spk_client_answer *answer,
                    struct spk_err *err)
{
    struct spk_stream *stream = calloc(1, sizeof(*stream));

    *answer = (struct spk_client_answer){.retry_after_ms = -1};
    if (!stream)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    spk_lines_init(&stream->lines, SPK_LINE_MAX, SPK_STREAM_MAX + SPK_LINE_MAX);
    if (spk_transfer_init(&stream->transfer, client, request, true, err)) {
        free_stream(stream);
        return -1;
    }
    if (spk_transfer_run(&stream->transfer, err)) {
        answer->again = stream->transfer.answer.again;
        free_stream(stream);
        spk_client_leave(client);
        return -1;
    }
    *answer = stream->transfer.answer;
    stream->transfer.answer.body = (struct spk_buf){0};
    if (answer->status < 300) {
        *out = stream;
        return 0;
    }
    free_stream(stream);
    spk_client_leave(client);
    return 1;
}

/* Takes over what has come. Return: 0; 1 at the end; -1. */
static int take(struct spk_stream *stream, struct spk_err *err)
{
    struct spk_transfer *transfer = &stream->transfer;
    struct spk_client *client = transfer->client;
    struct spk_buf come;
    bool done;
    int rc;

    (void)pthread_mutex_lock(&client->lock);
    while (!transfer->come.len && transfer->phase != SPK_TRANSFER_DONE)
        (void)pthread_cond_wait(&transfer->changed, &client->lock);
    done = !transfer->come.len;
    come = transfer->come;
    transfer->come = (struct spk_buf){.ceiling = come.ceiling};
    (void)pthread_mutex_unlock(&client->lock);
    rc = done ? 1 : spk_lines_add(&stream->lines, (struct spk_str){come.ptr, come.len}, err);
    spk_buf_done(&come);
    if (!done || transfer->rc == 0)
        return rc;
    *err = transfer->err;
    return -1;
}

int spk_stream_line(struct spk_stream *stream, struct spk_str *line, struct spk_err *err)
{
    for (;;) {
        int rc = spk_lines_next(&stream->lines, line, err);
        if (rc <= 0)
            return rc;
        rc = take(stream, err);
        if (rc)
            return rc;
    }
}

void spk_stream_close(struct spk_stream *stream)
{
    struct spk_transfer *transfer;
    struct spk_client *client;

    if (!stream)
        return;
    transfer = &stream->transfer;
    client = transfer->client;
    (void)pthread_mutex_lock(&client->lock);
    transfer->abandoned = true;
    (void)pthread_mutex_unlock(&client->lock);
    (void)curl_multi_wakeup(client->multi);
    (void)pthread_mutex_lock(&client->lock);
    while (transfer->phase != SPK_TRANSFER_DONE)
        (void)pthread_cond_wait(&transfer->changed, &client->lock);
    (void)pthread_mutex_unlock(&client->lock);
    free_stream(stream);
    spk_client_leave(client);
}
