/*
 * One request: what libcurl is told, what it tells us, and its errors in words.
 */
#include "client_internal.h"

#include "spk/base/clock.h"
#include "spk/base/limits.h"
#include "spk/base/text.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Below the API server's 90 s of idleness (its http.Server's IdleTimeout). */
#define MAXAGE_S          80L
/* A network that swallows packets is noticed after so long, with or without something to send. */
#define USER_TIMEOUT_MS   30000
#define RETRY_AFTER_MAX_S ((int64_t)3600)

static struct spk_str trimmed(struct spk_str text)
{
    while (text.len && strchr(" \t\r\n", text.ptr[text.len - 1]))
        text.len--;
    while (text.len && strchr(" \t", *text.ptr))
        text = spk_str_skip(text, 1);
    return text;
}

static void put(char *out, size_t size, struct spk_str text)
{
    (void)snprintf(out, size, "%.*s", SPK_ARG(text));
    spk_one_line(out);
}

/* RFC 9110 section 10.2.3: seconds or a date. */
static int64_t retry_after_ms(struct spk_str text)
{
    char copy[64];
    char *end;
    long long seconds;
    time_t date;

    put(copy, sizeof(copy), text);
    seconds = strtoll(copy, &end, 10);
    if (end == copy || *end != '\0') {
        date = curl_getdate(copy, NULL);
        if (date < 0)
            return -1;
        seconds = (long long)(date - spk_clock_wall_ms() / 1000);
    }
    if (seconds < 0)
        seconds = 0;
    return (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S) * 1000;
}

/* RFC 7234 section 5.5: 299 agent "text". Several are put behind each other. */
static void take_warning(char *out, size_t size, struct spk_str text)
{
    const char *quote = memchr(text.ptr, '"', text.len);
    const char *end = text.ptr + text.len;
    size_t len = strlen(out);

    if (!spk_str_starts(text, SPK_LIT("299 ")) || !quote || len + 3 > size)
        return;
    if (len) {
        memcpy(out + len, "; ", 3);
        len += 2;
    }
    for (const char *c = quote + 1; c < end && *c != '"' && len + 1 < size; c++) {
        if (*c == '\\' && c + 1 < end)
            c++;
        out[len++] = *c;
    }
    out[len] = '\0';
    spk_one_line(out);
}

static void take_field(struct spk_client_answer *answer, struct spk_str name, struct spk_str value)
{
    if (name.len == 11 && strncasecmp(name.ptr, "retry-after", 11) == 0)
        answer->retry_after_ms = retry_after_ms(value);
    else if (name.len == 12 && strncasecmp(name.ptr, "content-type", 12) == 0)
        put(answer->content_type, sizeof(answer->content_type), value);
    else if (name.len == 7 && strncasecmp(name.ptr, "warning", 7) == 0 && value.len)
        take_warning(answer->warning, sizeof(answer->warning), value);
}

static void hear(struct spk_transfer *transfer)
{
    transfer->heard_ms = spk_clock_mono_ms();
}

static void end_header(struct spk_transfer *transfer)
{
    long status = 0;

    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    transfer->answer.status = (int)status;
    if (status < 200)
        return;
    (void)pthread_mutex_lock(&transfer->client->lock);
    transfer->header = true;
    (void)pthread_cond_signal(&transfer->changed);
    (void)pthread_mutex_unlock(&transfer->client->lock);
}

/* libcurl hands over whole lines. */
static size_t on_header(char *bytes, size_t one, size_t len, void *arg)
{
    struct spk_transfer *transfer = arg;
    struct spk_str line = trimmed((struct spk_str){bytes, len});
    const char *colon = line.len ? memchr(line.ptr, ':', line.len) : NULL;

    (void)one;
    hear(transfer);
    transfer->header_len += len;
    if (transfer->header_len > SPK_ANSWER_HEADER_MAX) {
        (void)spk_fail(&transfer->err, SPK_ETOOBIG, "a header of more than %zu bytes",
                       SPK_ANSWER_HEADER_MAX);
        return 0;
    }
    if (transfer->header) /* a trailer; the reader may have the answer by now */
        return len;
    if (line.len == 0) {
        end_header(transfer);
    } else if (spk_str_starts(line, SPK_LIT("HTTP/"))) {
        transfer->answer.retry_after_ms = -1;
    } else if (colon) {
        size_t name = (size_t)(colon - line.ptr);
        take_field(&transfer->answer, (struct spk_str){line.ptr, name},
                   trimmed(spk_str_skip(line, name + 1)));
    }
    return len;
}

static int add_to_stream(struct spk_transfer *transfer, struct spk_str bytes)
{
    int rc;

    (void)pthread_mutex_lock(&transfer->client->lock);
    rc = spk_buf_add(&transfer->come, bytes.ptr, bytes.len, &transfer->err);
    (void)pthread_cond_signal(&transfer->changed);
    (void)pthread_mutex_unlock(&transfer->client->lock);
    return rc ? spk_fail_in(&transfer->err, "read too slowly") : 0;
}

static size_t on_body(char *bytes, size_t one, size_t len, void *arg)
{
    struct spk_transfer *transfer = arg;
    int rc;

    (void)one;
    hear(transfer);
    if (transfer->stream && transfer->answer.status < 300)
        rc = add_to_stream(transfer, (struct spk_str){bytes, len});
    else
        rc = spk_buf_add(&transfer->answer.body, bytes, len, &transfer->err);
    return rc ? 0 : len;
}

static int on_socket(void *arg, curl_socket_t fd, curlsocktype type)
{
    (void)arg;
    (void)type;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &(unsigned){USER_TIMEOUT_MS},
                     sizeof(unsigned));
    return CURL_SOCKOPT_OK;
}

static bool is_clean(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 127)
            return false;
    }
    return true;
}

static int add_header(struct spk_transfer *transfer, const char *name, const char *value,
                      struct spk_err *err)
{
    char *line = NULL;
    struct curl_slist *longer;

    if (!value)
        return 0;
    if (!is_clean(value))
        return spk_fail(err, SPK_EINVALID, "header %s: a control character in its value", name);
    if (asprintf(&line, "%s: %s", name, value) < 0)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    longer = curl_slist_append(transfer->headers, line);
    explicit_bzero(line, strlen(line));
    free(line);
    if (!longer)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    transfer->headers = longer;
    return 0;
}

static int add_line(struct curl_slist **list, const char *line, struct spk_err *err)
{
    struct curl_slist *longer = line ? curl_slist_append(*list, line) : *list;

    if (line && !longer)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    *list = longer;
    return 0;
}

static int make_lists(struct spk_transfer *transfer, struct spk_err *err)
{
    const struct spk_client_request *request = &transfer->request;

    if (add_header(transfer, "Authorization", request->authorization, err) ||
        add_header(transfer, "Accept", request->accept, err) ||
        add_header(transfer, "Content-Type", request->content_type, err))
        return -1;
    /* No waiting for a 100: the API server does not refuse by header what it takes by body. */
    return add_line(&transfer->headers, "Expect:", err) ||
                   add_line(&transfer->headers, transfer->client->host, err) ||
                   add_line(&transfer->connect_to, transfer->client->to, err)
               ? -1
               : 0;
}

#define SET(option, value) (rc = rc ? rc : curl_easy_setopt(easy, CURLOPT_##option, value))

static CURLcode set_way(CURL *easy, const struct spk_client *client)
{
    CURLcode rc = CURLE_OK;

    SET(NOSIGNAL, 1L);
    SET(QUICK_EXIT, 1L); /* a resolver that hangs is left behind instead of waited for */
    SET(PROTOCOLS_STR, client->loopback ? "https,http" : "https");
    SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1); /* why: see client.h */
    SET(CONNECTTIMEOUT_MS, client->connect_ms);
    SET(MAXAGE_CONN, MAXAGE_S);
    SET(TCP_KEEPALIVE, 1L);
    SET(TCP_KEEPIDLE, 15L);
    SET(TCP_KEEPINTVL, 5L);
    SET(SOCKOPTFUNCTION, on_socket);
    return rc;
}

static CURLcode set_proxy(CURL *easy, const struct spk_client *client)
{
    CURLcode rc = CURLE_OK;

    SET(SUPPRESS_CONNECT_HEADERS, 1L);
    if (client->proxy) {
        SET(PROXY, client->proxy);
        SET(NOPROXY, "");
    } else if (client->loopback) {
        SET(NOPROXY, "*");
    }
    return rc;
}

static CURLcode set_trust(CURL *easy, const struct spk_client *client)
{
    CURLcode rc = CURLE_OK;

    SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(SSL_VERIFYPEER, client->insecure ? 0L : 1L);
    SET(SSL_VERIFYHOST, client->insecure ? 0L : 2L);
    /* Given a CA, those of the system don't count; without a check they would be read for nothing.
     */
    if (client->ca.fd >= 0 || client->insecure) {
        SET(CAINFO, client->ca.fd >= 0 ? client->ca.path : NULL);
        SET(CAPATH, NULL);
    }
    if (client->cert.fd >= 0) {
        SET(SSLCERT, client->cert.path);
        SET(SSLKEY, client->key.path);
    }
    return rc;
}

static CURLcode set_request(CURL *easy, const struct spk_client_request *request)
{
    bool get = strcmp(request->method, "GET") == 0;
    CURLcode rc = CURLE_OK;

    SET(PATH_AS_IS, 1L);
    if (request->body.ptr) {
        SET(POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        SET(POSTFIELDS, request->body.ptr);
    }
    if (request->body.ptr || !get)
        SET(CUSTOMREQUEST, request->method);
    return rc;
}

static CURLcode set_callbacks(CURL *easy, struct spk_transfer *transfer)
{
    CURLcode rc = CURLE_OK;

    SET(USERAGENT, transfer->client->user_agent);
    SET(PRIVATE, transfer);
    SET(ERRORBUFFER, transfer->curl_text);
    SET(HTTPHEADER, transfer->headers);
    SET(CONNECT_TO, transfer->connect_to);
    SET(HEADERFUNCTION, on_header);
    SET(HEADERDATA, transfer);
    SET(WRITEFUNCTION, on_body);
    SET(WRITEDATA, transfer);
    return rc;
}

static CURLcode set_url(CURL *easy, const struct spk_transfer *transfer)
{
    CURLcode rc = CURLE_OK;
    char *url = NULL;

    if (asprintf(&url, "%s%s", transfer->client->base, transfer->request.path) < 0)
        return CURLE_OUT_OF_MEMORY;
    SET(URL, url);
    free(url);
    return rc;
}

static int set_all(struct spk_transfer *transfer, struct spk_err *err)
{
    CURL *easy = transfer->easy;
    CURLcode rc = set_way(easy, transfer->client);

    rc = rc ? rc : set_proxy(easy, transfer->client);
    rc = rc ? rc : set_trust(easy, transfer->client);
    rc = rc ? rc : set_request(easy, &transfer->request);
    rc = rc ? rc : set_callbacks(easy, transfer);
    rc = rc ? rc : set_url(easy, transfer);
    if (rc == CURLE_OUT_OF_MEMORY)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    return rc ? spk_fail(err, SPK_EINTERNAL, "libcurl: %s", curl_easy_strerror(rc)) : 0;
}

static int check(const struct spk_client_request *request, bool stream, struct spk_err *err)
{
    if (request->path[0] != '/' || !is_clean(request->path) || strchr(request->path, ' '))
        return spk_fail(err, SPK_EINVALID, "path \"%.200s\": expected an escaped absolute path",
                        request->path);
    if (stream && request->body.ptr)
        return spk_fail(err, SPK_EINVALID, "a stream takes no body");
    return 0;
}

int spk_transfer_init(struct spk_transfer *transfer, struct spk_client *client,
                      const struct spk_client_request *request, bool stream, struct spk_err *err)
{
    *transfer = (struct spk_transfer){
        .client = client, .request = *request, .stream = stream, .answer = {.retry_after_ms = -1}};
    spk_buf_init(&transfer->answer.body, request->answer_max);
    spk_buf_init(&transfer->come, SPK_STREAM_MAX);
    (void)pthread_cond_init(&transfer->changed, NULL);
    if (check(request, stream, err))
        return -1;
    transfer->easy = curl_easy_init();
    if (!transfer->easy)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    return make_lists(transfer, err) || set_all(transfer, err) ? -1 : 0;
}

void spk_transfer_done(struct spk_transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    for (struct curl_slist *line = transfer->headers; line; line = line->next)
        explicit_bzero(line->data, strlen(line->data));
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->connect_to);
    spk_buf_done(&transfer->answer.body);
    spk_buf_done(&transfer->come);
    (void)pthread_cond_destroy(&transfer->changed);
}
