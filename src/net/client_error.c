/*
 * What libcurl calls its errors, as ours.
 */
#include "client_internal.h"

#include <errno.h>
#include <string.h>

static const struct {
    CURLcode curl;
    int sys;          /* 0: what the system said last */
    bool again;       /* a connection that was there is gone */
    const char *text; /* NULL: libcurl's own */
} rows[] = {
    {CURLE_PEER_FAILED_VERIFICATION, EPROTO, false, NULL},
    {CURLE_SSL_CONNECT_ERROR, EPROTO, false, NULL},
    {CURLE_SSL_CERTPROBLEM, EPROTO, false, NULL},
    {CURLE_SSL_CIPHER, EPROTO, false, NULL},
    {CURLE_SSL_CACERT_BADFILE, EPROTO, false, "the CA is not PEM that GnuTLS can read"},
    {CURLE_OPERATION_TIMEDOUT, ETIMEDOUT, false, NULL},
    {CURLE_SEND_ERROR, 0, true, NULL},
    {CURLE_RECV_ERROR, 0, true, NULL},
    {CURLE_GOT_NOTHING, 0, true, NULL},
};

/* libcurl's text names the memory file; what it means is more use. */
static const char *reword(const char *text)
{
    if (strstr(text, "server certificate verification failed"))
        return "TLS: the server's certificate is not trusted: it does not come from the CA that is "
               "configured, or its time is over or has not begun";
    return text;
}

static const char *text_of(const struct spk_transfer *transfer, CURLcode code)
{
    const char *text = transfer->curl_text;

    return reword(*text ? text : curl_easy_strerror(code));
}

static int os_error(const struct spk_transfer *transfer)
{
    long sys = 0;

    (void)curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &sys);
    return (int)sys;
}

void spk_transfer_fail(struct spk_transfer *transfer, CURLcode code)
{
    const char *origin = transfer->client->origin;
    const char *text = text_of(transfer, code);
    int sys = os_error(transfer);

    if (transfer->err.code) {
        (void)spk_fail_in(&transfer->err, "%s", origin);
        return;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].curl != code)
            continue;
        sys = rows[i].sys ? rows[i].sys : sys;
        if (rows[i].again && !transfer->heard_ms)
            transfer->answer.again = true;
        text = rows[i].text ? rows[i].text : text;
    }
    (void)spk_fail(&transfer->err, code == CURLE_OUT_OF_MEMORY ? SPK_ENOMEM : SPK_EIO, "%s: %s",
                   origin, text);
    transfer->err.sys = transfer->err.code == SPK_EIO ? sys : 0;
}
