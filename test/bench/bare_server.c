/*
 * The yardstick: libmicrohttpd and GnuTLS with nothing of ours in between. It reads a POST's body,
 * throws it away and answers the bytes of a file, over the same TLS settings, threads and memory
 * as the product. What the product needs beyond this is what the product costs.
 *
 * This file uses microhttpd.h directly, past net/httpd, because that is its purpose.
 *
 *   bare-server THREADS REPLY CA      prints its port; writes its CA to the file CA; ends with its
 *                                     standard input
 */
#include "spk/base/cleanup.h"
#include "spk/net/tls.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct reply {
    char *bytes;
    size_t len;
};

static enum MHD_Result answer(void *ctx, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_len, void **request_context)
{
    static int seen;
    const struct reply *reply = ctx;
    struct MHD_Response *response;
    enum MHD_Result rc;

    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    if (!*request_context) {
        *request_context = &seen;
        return MHD_YES;
    }
    if (*upload_len) {
        *upload_len = 0;
        return MHD_YES;
    }
    response = MHD_create_response_from_buffer(reply->len, reply->bytes, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    (void)MHD_add_response_header(response, "Content-Type", "application/json");
    rc = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return rc;
}

static bool read_file(struct reply *out, const char *path)
{
    SPK_AUTOFCLOSE FILE *file = fopen(path, "rb");
    long len;

    if (!file || fseek(file, 0, SEEK_END) || (len = ftell(file)) < 0 || fseek(file, 0, SEEK_SET))
        return false;
    out->len = (size_t)len;
    out->bytes = malloc(out->len + 1);
    return out->bytes && fread(out->bytes, 1, out->len, file) == out->len;
}

static bool write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    bool done;

    if (!file)
        return false;
    done = fputs(text, file) >= 0;
    return fclose(file) == 0 && done;
}

static struct MHD_Daemon *start(unsigned threads, struct reply *reply,
                                const struct spk_tls_made *made)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_OptionItem pool[] = {
        {threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };

    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_TLS, 0, NULL,
                            NULL, answer, reply, MHD_OPTION_SOCK_ADDR, &address,
                            MHD_OPTION_CONNECTION_LIMIT, 1024U, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)64 * 1024, MHD_OPTION_HTTPS_PRIORITIES, spk_tls_priorities(),
                            MHD_OPTION_HTTPS_MEM_CERT, made->chain, MHD_OPTION_HTTPS_MEM_KEY,
                            made->key, MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"127.0.0.1"};
    struct reply reply = {0};
    struct spk_tls_made made = {0};
    struct MHD_Daemon *daemon;
    struct spk_err err = {0};

    if (argc != 4) {
        (void)fprintf(stderr, "usage: bare-server THREADS REPLY CA\n");
        return 2;
    }
    if (!read_file(&reply, argv[2]) || spk_tls_make(&made, names, 1, 1, &err) ||
        !write_file(argv[3], made.ca)) {
        (void)fprintf(stderr, "bare-server: %s %s: %s\n", argv[2], argv[3], err.msg);
        return 1;
    }
    daemon = start((unsigned)strtoul(argv[1], NULL, 10), &reply, &made);
    if (!daemon) {
        (void)fprintf(stderr, "bare-server: does not start\n");
        return 1;
    }
    (void)printf("%u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    (void)fflush(stdout);
    while (getchar() != EOF) {
    }
    MHD_stop_daemon(daemon);
    spk_tls_made_done(&made);
    free(reply.bytes);
    return 0;
}
