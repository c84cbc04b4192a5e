#include "webhook/application/review.h"
#include "webhook/server.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/text.h"
#include "spk/cli/health.h"
#include "spk/cli/page.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define METRICS_MAX ((size_t)64 * 1024)

/* How a review that could not be decided is answered. */
struct fault {
    int status;
    unsigned refusal;
    const char *say; /* NULL: the error's message, which is about the request alone */
};

/* Without a tree it was not even JSON. */
static struct fault fault_of(const struct spk_err *err, const struct spk_decision *decision)
{
    unsigned unusable = decision->root ? SPK_REFUSAL_REVIEW : SPK_REFUSAL_JSON;

    switch (err->code) {
    case SPK_EPARSE:
    case SPK_EINVALID:
        return (struct fault){400, unusable, NULL};
    case SPK_ETOOBIG:
        return (struct fault){413, SPK_REJECT_TOO_LARGE, NULL};
    case SPK_ENOMEM:
        return (struct fault){500, SPK_REJECT_MEMORY, "out of memory"};
    default:
        return (struct fault){500, SPK_REFUSAL_INTERNAL, "internal error"};
    }
}

static void refuse(struct spk_server *server, const struct spk_httpd_request *request,
                   struct spk_httpd_response *response, const struct spk_decision *decision,
                   struct spk_err *err)
{
    struct fault fault = fault_of(err, decision);

    /* A stranger's words must not become lines of their own in whatever shows the answer. */
    spk_one_line(err->msg);
    spk_refusals_tell(&server->refusals, fault.refusal, request->peer, err->msg);
    spk_http_say(response, fault.status, fault.say ? fault.say : err->msg);
}

/* What a review is about. */
enum subject { POD, APPLICATION, APPLICATION_DEFAULTS };

static int decide(struct spk_decision *out, struct spk_httpd_response *response,
                  const struct spk_httpd_request *request, const struct spk_policy *policy,
                  enum subject subject, struct spk_err *err)
{
    if (subject == POD)
        return spk_review_answer(out, &response->body, &response->len, request->body.ptr,
                                 request->body.len, policy, err);
    return spk_application_review(out, &response->body, &response->len, request->body.ptr,
                                  request->body.len, subject == APPLICATION_DEFAULTS, policy, err);
}

static void answer_review(struct spk_server *server, const struct spk_httpd_request *request,
                          struct spk_httpd_response *response, enum subject subject)
{
    SPK_CLEANUP(spk_decision_done) struct spk_decision decision = {0};
    int64_t start_ns = spk_clock_mono_ns();
    struct spk_err err = {0};
    int64_t took_ns;
    int rc;

    rc = decide(&decision, response, request, &server->policy, subject, &err);
    took_ns = spk_clock_mono_ns() - start_ns;
    spk_metrics_review(&server->metrics, decision.role, rc ? SPK_FAILED : decision.outcome,
                       took_ns);
    if (rc) {
        refuse(server, request, response, &decision, &err);
        return;
    }
    spk_server_log_review(server, &decision, took_ns);
    response->content_type = "application/json";
    response->valid = true;
}

/* A real review of a Spark pod has 5 to 11 KB. A body may cost a hundred times its bytes while it
 * is decided about ("volumeMounts":[{},{},…), up to SPK_TREE_MAX and SPK_ARENA_MAX: of those that
 * may cost more than 13 MB there is one at a time, and its memory goes back to the kernel at once.
 */
#define LARGE ((size_t)128 * 1024)

/* Who waits keeps a thread from the small ones, of which each has its connections: so one waits,
 * for as long as a large review of a real application takes, and others are told to come back. */
#define LARGE_WAIT_MS 100

static bool begin_large(struct spk_server *server)
{
    struct timespec end;
    int rc;

    if (pthread_mutex_trylock(&server->large_lock) == 0)
        return true;
    if (atomic_exchange(&server->large_waits, true))
        return false;
    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += LARGE_WAIT_MS * 1000000L;
    end.tv_sec += end.tv_nsec / 1000000000L;
    end.tv_nsec %= 1000000000L;
    rc = pthread_mutex_timedlock(&server->large_lock, &end);
    atomic_store(&server->large_waits, false);
    return rc == 0;
}

static void end_large(struct spk_server *server)
{
    (void)malloc_trim(0);
    (void)pthread_mutex_unlock(&server->large_lock);
}

static void take_review(struct spk_server *server, const struct spk_httpd_request *request,
                        struct spk_httpd_response *response, enum subject subject)
{
    bool large = request->body.len >= LARGE;

    if (large && !begin_large(server)) {
        response->too_busy = true;
        return;
    }
    answer_review(server, request, response, subject);
    if (large)
        end_large(server);
}

void spk_review_route(void *ctx, const struct spk_httpd_request *request,
                      struct spk_httpd_response *response)
{
    take_review(ctx, request, response, POD);
}

void spk_validate_route(void *ctx, const struct spk_httpd_request *request,
                        struct spk_httpd_response *response)
{
    take_review(ctx, request, response, APPLICATION);
}

void spk_default_route(void *ctx, const struct spk_httpd_request *request,
                       struct spk_httpd_response *response)
{
    take_review(ctx, request, response, APPLICATION_DEFAULTS);
}

/* Why no review should be sent here; NULL: none. @room: for a text that is made. */
static const char *unready(struct spk_server *server, struct spk_managed_status *room)
{
    if (atomic_load(&server->draining))
        return "draining";
    if (server->managed) {
        spk_managed_status(server->managed, room);
        if (!room->ready)
            return room->text[0] ? room->text : "waiting for the API server";
    }
    if (spk_tls_not_after_s(server->tls) <= spk_clock_wall_ms() / 1000)
        return "the certificate has expired";
    return NULL;
}

void spk_readyz_route(void *ctx, const struct spk_httpd_request *request,
                      struct spk_httpd_response *response)
{
    struct spk_server *server = ctx;
    struct spk_managed_status status;
    const char *why = unready(server, &status);
    char line[sizeof(status.text) + 64];
    char until[SPK_CLOCK_TEXT];

    (void)request;
    response->valid = true;
    spk_clock_text(until, spk_tls_not_after_s(server->tls));
    if (why)
        (void)snprintf(line, sizeof(line), "not ready: %s", why);
    else
        (void)snprintf(line, sizeof(line), "ok, certificate valid until %s", until);
    spk_one_line(line);
    spk_http_say(response, why ? 503 : 200, line);
}

void spk_certificate_route(void *ctx, const struct spk_httpd_request *request,
                           struct spk_httpd_response *response)
{
    struct spk_server *server = ctx;
    struct spk_err err = {0};
    char *chain = NULL;
    int rc = spk_tls_chain(&chain, server->tls, &err);

    (void)request;
    response->valid = true;
    if (rc) {
        spk_http_say(response, rc > 0 ? 404 : 500, rc > 0 ? "no certificate yet" : err.msg);
        return;
    }
    response->content_type = "application/x-pem-file";
    response->body = chain;
    response->len = strlen(chain);
}

void spk_metrics_route(void *ctx, const struct spk_httpd_request *request,
                       struct spk_httpd_response *response)
{
    struct spk_server *server = ctx;
    struct spk_metrics_now now = {
        .refusals = &server->refusals,
        .https = spk_httpd_counts(server->https),
        .tls = spk_tls_counts(server->tls),
        .not_after_s = spk_tls_not_after_s(server->tls),
    };
    struct spk_managed_status managed;
    struct spk_err err = {0};
    struct spk_buf page;

    if (server->managed) {
        spk_managed_status(server->managed, &managed);
        now.managed = &managed;
    }
    spk_buf_init(&page, METRICS_MAX);
    if (spk_metrics_print(&page, &server->metrics, &now, &err)) {
        spk_refusals_tell(&server->refusals, SPK_REFUSAL_INTERNAL, request->peer, err.msg);
        spk_http_say(response, 500, "internal error");
        return;
    }
    response->content_type = SPK_PAGE_TYPE;
    response->body = spk_buf_take(&page, &response->len);
    response->valid = true;
}
