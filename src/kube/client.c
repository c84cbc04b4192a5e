#include "kube_internal.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/limits.h"

#include <errno.h>

#define TIMEOUT_MS       30000
#define RETRY_MIN_MS     100
#define REFUSAL_BODY_MAX ((size_t)1024 * 1024)

/* One request on its way, as often as it takes. */
struct errand {
    struct spk_kube *kube;
    const struct spk_kube_request *request;
    struct spk_kube_limits limits;
    struct spk_kube_stream *stream; /* NULL: a whole answer is wanted */
    int64_t idle_ms;
    unsigned tries;
    bool renewed;
    bool repeated;
};

int spk_kube_new(struct spk_kube **out, struct spk_kube_config *config,
                 const struct spk_kube_options *options, struct spk_err *err)
{
    struct spk_kube *kube = calloc(1, sizeof(*kube));

    if (!kube) {
        spk_kube_config_done(config);
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    }
    kube->config = *config;
    *config = (struct spk_kube_config){0};
    (void)pthread_mutex_init(&kube->lock, NULL);
    (void)pthread_cond_init(&kube->calm, NULL);
    if (options->user_agent &&
        spk_kube_copy(&kube->user_agent, spk_str(options->user_agent), err)) {
        spk_kube_free(kube);
        return -1;
    }
    *out = kube;
    return 0;
}

void spk_kube_free(struct spk_kube *kube)
{
    if (!kube)
        return;
    spk_kube_forget(kube);
    spk_kube_config_done(&kube->config);
    free(kube->user_agent);
    (void)pthread_cond_destroy(&kube->calm);
    (void)pthread_mutex_destroy(&kube->lock);
    free(kube);
}

const char *spk_kube_namespace(const struct spk_kube *kube)
{
    return kube->config.namespace_name;
}

const char *spk_kube_server(const struct spk_kube *kube)
{
    return kube->config.server;
}

static struct spk_client_request request_of(const struct errand *errand,
                                            const struct spk_kube_who *who)
{
    const struct spk_kube_request *request = errand->request;
    const char *type = request->content_type ? request->content_type : "application/json";

    return (struct spk_client_request){
        .method = request->method,
        .path = request->path,
        .authorization = who->authorization,
        .accept = request->text ? "application/json, */*" : "application/json",
        .content_type = request->body.ptr ? type : NULL,
        .body = request->body,
        .answer_max = errand->stream ? REFUSAL_BODY_MAX : SPK_ANSWER_MAX,
        .deadline_ms = errand->limits.deadline_ms,
        .idle_ms = errand->idle_ms,
        .stop = errand->limits.stop,
    };
}

/* One try. Return: 0 with a status (and with the stream open, if it is one of success); -1. */
static int send_as(struct errand *errand, struct spk_kube_who *who, struct spk_client_answer *raw,
                   struct spk_err *err)
{
    struct spk_client_request request = request_of(errand, who);
    int rc;

    errand->tries++;
    if (!errand->stream)
        return spk_client_do(who->link->client, &request, raw, err);
    rc = spk_client_open(&errand->stream->stream, who->link->client, &request, raw, err);
    if (rc)
        return rc < 0 ? -1 : 0;
    /* The stream keeps its connections. */
    errand->stream->who = *who;
    *who = (struct spk_kube_who){0};
    return 0;
}

static const char *const methods[SPK_KUBE_METHODS] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

/* @status: 0 when there was no answer. */
static void count_try(struct errand *errand, int status)
{
    for (size_t i = 0; i < SPK_KUBE_METHODS; i++) {
        if (strcmp(methods[i], errand->request->method) == 0) {
            (void)atomic_fetch_add_explicit(
                &errand->kube->calls[i][status > 0 && status < SPK_KUBE_STATUSES ? status : 0], 1,
                memory_order_relaxed);
        }
    }
}

void spk_kube_each_count(struct spk_kube *kube, void *ctx, spk_kube_count *count)
{
    for (size_t i = 0; i < SPK_KUBE_METHODS; i++) {
        for (int status = 0; status < SPK_KUBE_STATUSES; status++) {
            uint64_t calls = atomic_load_explicit(&kube->calls[i][status], memory_order_relaxed);
            if (calls)
                count(ctx, methods[i], status, calls);
        }
    }
}

static bool is_refusal(int rc, const struct spk_client_answer *raw, const struct spk_err *err)
{
    return rc ? err->sys == EPROTO || raw->again : raw->status == 401;
}

/* Waits as long as the server asks for. False when there is no time or no try left. */
static bool come_again(const struct errand *errand, const struct spk_client_answer *raw)
{
    int64_t wait_ms = raw->retry_after_ms;

    if ((raw->status != 429 && raw->status != 503) || wait_ms < 0 ||
        errand->tries >= SPK_KUBE_TRIES)
        return false;
    wait_ms = wait_ms < RETRY_MIN_MS ? RETRY_MIN_MS : wait_ms;
    if (spk_clock_mono_ms() + wait_ms >= errand->limits.deadline_ms)
        return false;
    (void)spk_stop_wait(errand->limits.stop, wait_ms);
    return true; /* also when stopped: the next try says so */
}

static bool try_again(struct errand *errand, int rc, uint64_t generation,
                      const struct spk_client_answer *raw, const struct spk_err *err)
{
    if (!errand->renewed && is_refusal(rc, raw, err)) {
        errand->renewed = true;
        if (spk_kube_renew(errand->kube, generation, &errand->limits))
            return true;
    }
    if (rc == 0)
        return come_again(errand, raw);
    if (errand->repeated || !raw->again || strcmp(errand->request->method, "GET") != 0)
        return false;
    errand->repeated = true;
    return true;
}

static int run(struct errand *errand, struct spk_client_answer *raw, struct spk_err *err)
{
    for (;;) {
        struct spk_kube_who who;
        uint64_t generation;
        int rc;

        *raw = (struct spk_client_answer){0};
        if (spk_kube_borrow(&who, errand->kube, &errand->limits, err))
            return -1;
        generation = who.generation;
        rc = send_as(errand, &who, raw, err);
        count_try(errand, rc ? 0 : raw->status);
        spk_kube_give_back(errand->kube, &who);
        if (!try_again(errand, rc, generation, raw, err))
            return rc;
        spk_client_answer_done(raw);
    }
}

static struct errand errand_of(struct spk_kube *kube, const struct spk_kube_request *request)
{
    int64_t timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : TIMEOUT_MS;

    return (struct errand){
        .kube = kube,
        .request = request,
        .limits = {spk_clock_mono_ms() + timeout_ms, request->stop},
    };
}

int spk_kube_call(struct spk_kube *kube, const struct spk_kube_request *request,
                  struct spk_kube_answer *answer, struct spk_err *err)
{
    struct errand errand = errand_of(kube, request);
    struct spk_client_answer raw;
    int rc;

    *answer = (struct spk_kube_answer){0};
    if (run(&errand, &raw, err))
        return -1;
    if (request->text && raw.status >= 200 && raw.status < 300)
        rc = spk_kube_answer_take(answer, &raw, err);
    else
        rc = spk_kube_answer_read(answer, &raw, err);
    spk_client_answer_done(&raw);
    return rc;
}

int spk_kube_open(struct spk_kube_stream *out, struct spk_kube *kube,
                  const struct spk_kube_request *request, int64_t idle_ms,
                  struct spk_kube_answer *answer, struct spk_err *err)
{
    struct errand errand = errand_of(kube, request);
    struct spk_client_answer raw;
    int rc;

    *out = (struct spk_kube_stream){0};
    *answer = (struct spk_kube_answer){0};
    errand.stream = out;
    errand.idle_ms = idle_ms;
    if (run(&errand, &raw, err))
        return -1;
    rc = out->stream ? 0 : spk_kube_answer_read(answer, &raw, err);
    spk_client_answer_done(&raw);
    return rc;
}

void spk_kube_stream_close(struct spk_kube *kube, struct spk_kube_stream *stream)
{
    spk_stream_close(stream->stream);
    stream->stream = NULL;
    spk_kube_give_back(kube, &stream->who);
}
