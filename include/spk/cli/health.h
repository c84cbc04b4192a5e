#ifndef SPK_CLI_HEALTH_H
#define SPK_CLI_HEALTH_H
/* The listener for probes and metrics that every server has: plain HTTP, one small request each. */

#include "spk/base/err.h"
#include "spk/net/httpd.h"

#include <stddef.h>
#include <stdint.h>

/* It serves a kubelet and a Prometheus. */
#define SPK_HEALTH_CONNECTIONS 64

/* They are near and ask with a few bytes; anybody may connect here. */
#define SPK_HEALTH_REQUEST_MS 2000

struct spk_health_options {
    const char *address;                  /* an IP address */
    uint16_t port;                        /* 0: the kernel picks one */
    int64_t request_ms;                   /* 0, or what is above it: SPK_HEALTH_REQUEST_MS */
    const struct spk_httpd_route *routes; /* borrowed until spk_httpd_free() */
    size_t route_count;
    void *ctx; /* of routes and on_reject */
    void (*on_reject)(void *ctx, enum spk_httpd_reject reject, const char *peer,
                      const char *detail);
};

/* Errors: those of spk_httpd_new(), behind "--health-port". */
int spk_health_open(struct spk_httpd **out, const struct spk_health_options *options,
                    struct spk_err *err) __attribute__((warn_unused_result));

/* /healthz: alive, whatever else. @ctx is not used. */
spk_httpd_handler spk_healthz_route;

/* Sets status and a line of text as the answer; without memory the body is empty. */
void spk_http_say(struct spk_httpd_response *response, int status, const char *line);

#endif
