/*
 * Answers. This file alone decides how long the bytes of an answer live: what a handler made is
 * freed by libmicrohttpd, a line of ours is copied by it.
 */
#include "httpd_internal.h"

#include "spk/base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *word;
    unsigned status; /* 0: the connection is ended without an answer */
} rejects[] = {
    [SPK_REJECT_PATH] = {"path", MHD_HTTP_NOT_FOUND},
    [SPK_REJECT_METHOD] = {"method", MHD_HTTP_METHOD_NOT_ALLOWED},
    [SPK_REJECT_CONTENT_TYPE] = {"content_type", MHD_HTTP_UNSUPPORTED_MEDIA_TYPE},
    [SPK_REJECT_FRAMING] = {"framing", MHD_HTTP_BAD_REQUEST},
    [SPK_REJECT_TOO_LARGE] = {"too_large", MHD_HTTP_CONTENT_TOO_LARGE},
    [SPK_REJECT_OVERLOAD] = {"overload", MHD_HTTP_SERVICE_UNAVAILABLE},
    [SPK_REJECT_DEADLINE] = {"deadline", MHD_HTTP_REQUEST_TIMEOUT},
    [SPK_REJECT_MEMORY] = {"memory", MHD_HTTP_INTERNAL_SERVER_ERROR},
    [SPK_REJECT_SLOW] = {"slow", 0},
    [SPK_REJECT_IDLE] = {"idle", 0},
    [SPK_REJECT_EVICTED] = {"evicted", 0},
};
_Static_assert(SPK_LEN(rejects) == SPK_REJECTS, "one row per reject");

const char *spk_httpd_reject_text(enum spk_httpd_reject reject)
{
    return (unsigned)reject < SPK_REJECTS ? rejects[reject].word : "unknown";
}

void spk_httpd_report(struct spk_httpd *httpd, const struct spk_httpd_conn *conn,
                      enum spk_httpd_reject why, const char *detail)
{
    atomic_fetch_add(&httpd->rejected[why], 1);
    if (httpd->options.on_reject)
        httpd->options.on_reject(httpd->options.ctx, why, conn->peer, detail);
}

static bool add(struct MHD_Response *answer, const char *name, const char *value)
{
    return MHD_add_response_header(answer, name, value) == MHD_YES;
}

static enum MHD_Result queue(struct MHD_Connection *mhd, unsigned status,
                             struct MHD_Response *answer)
{
    enum MHD_Result rc = MHD_queue_response(mhd, status, answer);

    MHD_destroy_response(answer);
    return rc;
}

struct MHD_Response *spk_httpd_reply_no_memory(void)
{
    static char body[] = "500 out of memory\n";
    struct MHD_Response *answer =
        MHD_create_response_from_buffer(sizeof(body) - 1, body, MHD_RESPMEM_PERSISTENT);

    if (answer && add(answer, "Content-Type", "text/plain") && add(answer, "Connection", "close"))
        return answer;
    if (answer)
        MHD_destroy_response(answer);
    return NULL;
}

static enum MHD_Result reply_no_memory(struct spk_httpd_conn *conn, struct MHD_Connection *mhd)
{
    spk_httpd_conn_answered(conn, false);
    spk_httpd_report(conn->httpd, conn, SPK_REJECT_MEMORY, "no memory for a request");
    return MHD_queue_response(mhd, MHD_HTTP_INTERNAL_SERVER_ERROR, conn->httpd->no_memory);
}

/* Headers that a reject has beside its text. */
static bool add_advice(struct MHD_Response *answer, const struct spk_httpd_conn *conn,
                       enum spk_httpd_reject why)
{
    if (why == SPK_REJECT_METHOD)
        return add(answer, "Allow", conn->route->post ? "POST" : "GET, HEAD");
    if (why == SPK_REJECT_OVERLOAD)
        return add(answer, "Retry-After", "1");
    return true;
}

enum MHD_Result spk_httpd_reject(struct spk_httpd_conn *conn, struct MHD_Connection *mhd,
                                 enum spk_httpd_reject why, const char *detail)
{
    struct MHD_Response *answer;
    char body[256];
    int len;

    if (why == SPK_REJECT_MEMORY)
        return reply_no_memory(conn, mhd);
    len = snprintf(body, sizeof(body), "%u %s\n", rejects[why].status, detail);
    answer =
        MHD_create_response_from_buffer(len > 0 ? (size_t)len : 0, body, MHD_RESPMEM_MUST_COPY);
    if (!answer)
        return reply_no_memory(conn, mhd);
    if (!add(answer, "Content-Type", "text/plain") || !add(answer, "Connection", "close") ||
        !add_advice(answer, conn, why)) {
        MHD_destroy_response(answer);
        return reply_no_memory(conn, mhd);
    }
    spk_httpd_conn_answered(conn, false);
    spk_httpd_report(conn->httpd, conn, why, detail);
    return queue(mhd, rejects[why].status, answer);
}

/* A route that could make no sense of a request may have got something else than what was sent as
 * one: libmicrohttpd 0.9.75 ends a header at a line without a name. What follows is not trusted. */
static bool is_last(struct spk_httpd_conn *conn, const struct spk_httpd_response *response)
{
    return atomic_load(&conn->httpd->draining) || conn->httpd->options.one_request ||
           (response->status >= MHD_HTTP_BAD_REQUEST && !response->valid);
}

enum MHD_Result spk_httpd_reply(struct spk_httpd_conn *conn, struct MHD_Connection *mhd,
                                struct spk_httpd_response *response)
{
    bool close = is_last(conn, response);
    struct MHD_Response *answer = MHD_create_response_from_buffer(
        response->body ? response->len : 0, response->body, MHD_RESPMEM_MUST_FREE);

    if (!answer) {
        free(response->body);
        return reply_no_memory(conn, mhd);
    }
    if ((response->content_type && !add(answer, "Content-Type", response->content_type)) ||
        (close && !add(answer, "Connection", "close"))) {
        MHD_destroy_response(answer);
        return reply_no_memory(conn, mhd);
    }
    spk_httpd_conn_answered(conn, response->valid);
    return queue(mhd, (unsigned)response->status, answer);
}
