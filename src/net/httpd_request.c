/*
 * One request, as libmicrohttpd calls us: once when its header is complete, once for each piece
 * of its body, once when it is complete. In 0.9.75 an answer is taken at the first and at the last
 * of these only, and every piece must be consumed whole.
 */
#include "httpd_internal.h"

#include "spk/base/clock.h"
#include "spk/base/limits.h"

#include <stdlib.h>

#define TOO_BUSY "too busy, come back in a second"

static void drop_body(struct spk_httpd_conn *conn)
{
    spk_buf_done(&conn->body);
    (void)spk_httpd_conn_charge(conn, 0);
}

static enum MHD_Result begin(struct spk_httpd_conn *conn, struct MHD_Connection *mhd,
                             const struct spk_httpd_head *head)
{
    struct spk_httpd_verdict verdict;

    spk_httpd_head_check(&verdict, conn->httpd, mhd, head);
    conn->route = verdict.route;
    if (verdict.reject != SPK_REJECTS)
        return spk_httpd_reject(conn, mhd, verdict.reject, verdict.detail);
    if (!spk_httpd_conn_admit(conn, verdict.timeout_ms))
        return spk_httpd_reject(conn, mhd, SPK_REJECT_OVERLOAD, TOO_BUSY);
    conn->announced = verdict.announced;
    conn->failed = SPK_REJECTS;
    spk_buf_init(&conn->body, conn->httpd->options.body_max);
    return MHD_YES;
}

/* Keeps a piece of the body. */
static enum spk_httpd_reject keep(struct spk_httpd_conn *conn, const char *bytes, size_t len)
{
    size_t first = conn->announced < SPK_BODY_FIRST ? conn->announced : SPK_BODY_FIRST - 1;
    struct spk_err err;

    if (len > conn->body.ceiling - conn->body.len)
        return SPK_REJECT_TOO_LARGE;
    if (first > conn->body.ceiling)
        first = conn->body.ceiling;
    if (!conn->body.ptr && spk_buf_reserve(&conn->body, first, &err))
        return SPK_REJECT_MEMORY;
    if (spk_buf_add(&conn->body, bytes, len, &err))
        return SPK_REJECT_MEMORY;
    return spk_httpd_conn_charge(conn, conn->body.len) ? SPK_REJECTS : SPK_REJECT_OVERLOAD;
}

static void receive(struct spk_httpd_conn *conn, const char *bytes, size_t len)
{
    if (conn->failed != SPK_REJECTS)
        return; /* thrown away */
    conn->failed = keep(conn, bytes, len);
    if (conn->failed != SPK_REJECTS)
        drop_body(conn);
}

static enum MHD_Result handle(struct spk_httpd_conn *conn, struct MHD_Connection *mhd,
                              const char *url)
{
    struct spk_httpd_request request = {.path = spk_str(url),
                                        .body = {conn->body.ptr, conn->body.len},
                                        .deadline_ms = conn->deadline_ms,
                                        .peer = conn->peer};
    struct spk_httpd_response response = {.status = MHD_HTTP_OK, .content_type = "text/plain"};

    spk_httpd_conn_turn(conn, SPK_PHASE_HANDLING);
    conn->route->handler(conn->httpd->options.ctx, &request, &response);
    drop_body(conn);
    if (response.too_busy)
        return spk_httpd_reject(conn, mhd, SPK_REJECT_OVERLOAD, TOO_BUSY);
    return spk_httpd_reply(conn, mhd, &response);
}

static enum MHD_Result finish(struct spk_httpd_conn *conn, struct MHD_Connection *mhd,
                              const char *url)
{
    switch (conn->failed) {
    case SPK_REJECTS:
        break;
    case SPK_REJECT_TOO_LARGE:
        return spk_httpd_reject(conn, mhd, SPK_REJECT_TOO_LARGE, "the body is too large");
    case SPK_REJECT_OVERLOAD:
        return spk_httpd_reject(conn, mhd, SPK_REJECT_OVERLOAD, TOO_BUSY);
    default:
        return spk_httpd_reject(conn, mhd, SPK_REJECT_MEMORY, NULL);
    }
    if (spk_clock_mono_ms() > conn->receive_ms)
        return spk_httpd_reject(conn, mhd, SPK_REJECT_DEADLINE,
                                "the request was not complete in time");
    return handle(conn, mhd, url);
}

enum MHD_Result spk_httpd_on_request(void *ctx, struct MHD_Connection *mhd, const char *url,
                                     const char *method, const char *version, const char *upload,
                                     size_t *upload_len, void **request_context)
{
    struct spk_httpd_conn *conn = *request_context;
    const union MHD_ConnectionInfo *info;

    (void)ctx;
    if (!conn) {
        struct spk_httpd_head head = {spk_str(url), spk_str(method), spk_str(version)};

        info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        conn = info ? info->socket_context : NULL;
        *request_context = conn;
        return conn ? begin(conn, mhd, &head) : MHD_NO;
    }
    if (*upload_len) {
        receive(conn, upload, *upload_len);
        *upload_len = 0;
        return MHD_YES;
    }
    return finish(conn, mhd, url);
}

void spk_httpd_on_completed(void *ctx, struct MHD_Connection *mhd, void **request_context,
                            enum MHD_RequestTerminationCode how)
{
    struct spk_httpd_conn *conn = *request_context;

    (void)ctx;
    (void)mhd;
    (void)how;
    if (!conn)
        return;
    drop_body(conn);
    spk_httpd_conn_turn(conn, SPK_PHASE_RESTING);
    *request_context = NULL;
}
