/*
 * What a client is told about its server, in the form that libcurl takes.
 */
#include "client_internal.h"

#include "spk/base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CONNECT_MS 10000

static void free_url(CURLU **url)
{
    curl_url_cleanup(*url);
}

static void free_part(char **part)
{
    curl_free(*part);
}

#define AUTOPART SPK_CLEANUP(free_part)

static int write_all(int fd, struct spk_str bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno != EINTR)
            return -1;
        bytes = spk_str_skip(bytes, n > 0 ? (size_t)n : 0);
    }
    return 0;
}

static int memory_file(struct spk_memory_file *out, struct spk_str bytes, struct spk_err *err)
{
    if (!bytes.ptr)
        return 0;
    out->fd = memfd_create("spk-client", MFD_CLOEXEC);
    if (out->fd < 0)
        return spk_fail_sys(err, "memfd_create");
    (void)snprintf(out->path, sizeof(out->path), "/proc/self/fd/%d", out->fd);
    if (write_all(out->fd, bytes))
        return spk_fail_sys(err, "write to memory");
    if (access(out->path, R_OK))
        return spk_fail_sys(err, "%s (is /proc mounted?)", out->path);
    return 0;
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;

    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return strcmp(host, "[::1]") == 0 || strcmp(host, "localhost") == 0;
}

static bool has_part(CURLU *url, CURLUPart part)
{
    AUTOPART char *text = NULL;

    return curl_url_get(url, part, &text, 0) == CURLUE_OK;
}

static int copy(char **out, const char *text, struct spk_err *err)
{
    *out = text ? strdup(text) : NULL;
    return text && !*out ? spk_fail(err, SPK_ENOMEM, "out of memory") : 0;
}

static int print(char **out, struct spk_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int print(char **out, struct spk_err *err, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vasprintf(out, fmt, args);
    va_end(args);
    if (len >= 0)
        return 0;
    *out = NULL;
    return spk_fail(err, SPK_ENOMEM, "out of memory");
}

struct server {
    const char *scheme;
    const char *host;
    const char *port;
    const char *prefix;
};

static int name_server(struct spk_client *client, const struct server *server, const char *name,
                       struct spk_err *err)
{
    size_t prefix = strlen(server->prefix);
    const char *host = name ? name : server->host;

    while (prefix && server->prefix[prefix - 1] == '/')
        prefix--;
    if (print(&client->base, err, "%s://%s:%s%.*s", server->scheme, host, server->port, (int)prefix,
              server->prefix))
        return -1;
    if (print(&client->origin, err, "%s://%s:%s", server->scheme, server->host, server->port))
        return -1;
    if (!name)
        return 0;
    if (print(&client->host, err, "Host: %s:%s", server->host, server->port))
        return -1;
    return print(&client->to, err, "::%s:%s", server->host, server->port);
}

static int fail_server(const char *server, const char *why, struct spk_err *err)
{
    return spk_fail(err, SPK_EINVALID, "server \"%.200s\": %s", server, why);
}

static int take_server(struct spk_client *client, const struct spk_client_options *options,
                       struct spk_err *err)
{
    SPK_CLEANUP(free_url) CURLU *url = curl_url();
    AUTOPART char *scheme = NULL;
    AUTOPART char *host = NULL;
    AUTOPART char *port = NULL;
    AUTOPART char *path = NULL;
    CURLUcode rc;

    if (!url)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    rc = curl_url_set(url, CURLUPART_URL, options->server, CURLU_DISALLOW_USER);
    if (rc == CURLUE_OUT_OF_MEMORY)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    if (rc != CURLUE_OK)
        return fail_server(options->server, curl_url_strerror(rc), err);
    if (has_part(url, CURLUPART_QUERY) || has_part(url, CURLUPART_FRAGMENT))
        return fail_server(options->server, "expected no query and no fragment", err);
    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) ||
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ||
        curl_url_get(url, CURLUPART_PATH, &path, 0))
        return fail_server(options->server, "expected https://HOST[:PORT][/PATH]", err);
    client->loopback = is_loopback(host);
    if (strcmp(scheme, "https") != 0 && !(strcmp(scheme, "http") == 0 && client->loopback))
        return fail_server(options->server, "expected https (http is for loopback only)", err);
    return name_server(client, &(struct server){scheme, host, port, path}, options->server_name,
                       err);
}

/* libcurl would find these one by one, at the first request. */
static int check_pem(struct spk_str text, const char *what, const char *mark, struct spk_err *err)
{
    if (!text.ptr || memmem(text.ptr, text.len, mark, strlen(mark)))
        return 0;
    return spk_fail(err, SPK_EINVALID, "%s: expected PEM with \"%s\"", what, mark);
}

static int check_pems(const struct spk_client_options *options, struct spk_err *err)
{
    static const char certificate[] = "-----BEGIN CERTIFICATE-----";

    if (check_pem(options->ca, "the CA", certificate, err) ||
        check_pem(options->cert, "the client certificate", certificate, err) ||
        check_pem(options->key, "the client certificate's key", "PRIVATE KEY-----", err))
        return -1;
    if (!options->cert.ptr != !options->key.ptr)
        return spk_fail(err, SPK_EINVALID, "a client certificate and its key: expected both");
    return 0;
}

int spk_client_take_options(struct spk_client *client, const struct spk_client_options *options,
                            struct spk_err *err)
{
    client->ca.fd = client->cert.fd = client->key.fd = -1;
    client->connect_ms = options->connect_ms > 0 ? (long)options->connect_ms : CONNECT_MS;
    client->insecure = options->insecure;
    if (check_pems(options, err) || take_server(client, options, err))
        return -1;
    if (copy(&client->proxy, options->proxy, err) ||
        copy(&client->user_agent, options->user_agent, err))
        return -1;
    return memory_file(&client->ca, options->ca, err) ||
                   memory_file(&client->cert, options->cert, err) ||
                   memory_file(&client->key, options->key, err)
               ? -1
               : 0;
}

static void drop(struct spk_memory_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
}

void spk_client_drop_options(struct spk_client *client)
{
    drop(&client->ca);
    drop(&client->cert);
    drop(&client->key);
    free(client->base);
    free(client->origin);
    free(client->host);
    free(client->to);
    free(client->proxy);
    free(client->user_agent);
}
