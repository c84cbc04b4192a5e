#include "spk/cli/health.h"

#include "spk/base/limits.h"

#include <stdio.h>

int spk_health_open(struct spk_httpd **out, const struct spk_health_options *options,
                    struct spk_err *err)
{
    const int64_t told_ms = options->request_ms;
    const struct spk_httpd_options httpd = {
        .address = options->address,
        .port = options->port,
        .threads = 1,
        .connections_max = SPK_HEALTH_CONNECTIONS,
        .in_flight_max = SPK_HEALTH_CONNECTIONS,
        .body_max = 0,
        .bodies_max = SPK_BODIES_MAX,
        .request_ms = told_ms && told_ms < SPK_HEALTH_REQUEST_MS ? told_ms : SPK_HEALTH_REQUEST_MS,
        .idle_ms = SPK_HEALTH_REQUEST_MS,
        .one_request = true,
        .routes = options->routes,
        .route_count = options->route_count,
        .ctx = options->ctx,
        .on_reject = options->on_reject,
    };

    if (spk_httpd_new(out, &httpd, err))
        return spk_fail_in(err, "--health-port");
    return 0;
}

void spk_http_say(struct spk_httpd_response *response, int status, const char *line)
{
    int len = asprintf(&response->body, "%s\n", line);

    response->status = status;
    response->content_type = "text/plain; charset=utf-8";
    response->len = len < 0 ? 0 : (size_t)len;
    if (len < 0)
        response->body = NULL;
}

void spk_healthz_route(void *ctx, const struct spk_httpd_request *request,
                       struct spk_httpd_response *response)
{
    (void)ctx;
    (void)request;
    response->valid = true;
    spk_http_say(response, 200, "ok");
}
