/*
 * What the replicas say of themselves, and what their account may do.
 */
#include "webhook/doctor/judge.h"

#include "webhook/doctor/command.h"
#include "webhook/doctor/metrics_read.h"
#include "webhook/doctor/read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HOUR_S   ((int64_t)3600)
#define MINUTE_S ((int64_t)60)
/* So long after its start nobody need have created a pod. */
#define YOUNG_S  (5 * MINUTE_S)
/* A driver whose executors are denied asks again each second: after this nobody does any more. */
#define QUIET_S  (2 * MINUTE_S)

static const char check[] = "reviews";

/* What all replicas have counted. */
struct counted {
    size_t asked;
    double reviews;
    double denied;
    double denied_executors;
    double failed;
    double overload;
    double handshakes;
    double handshake_failures;
    double last_s;  /* the latest review; 0: none yet */
    double start_s; /* the earliest start; 0: unknown */
};

static void add_page(struct counted *to, const char *page)
{
    const double last_s = spk_metric_sum(page, "spark_webhook_last_review_timestamp_seconds", NULL);
    const double start_s = spk_metric_sum(page, "process_start_time_seconds", NULL);
    const char *reviews = "spark_webhook_reviews_total";

    to->asked++;
    to->reviews += spk_metric_sum(page, reviews, NULL);
    to->denied += spk_metric_sum(page, reviews, "outcome=\"denied\"");
    to->denied_executors += spk_metric_sum(page, reviews, "role=\"executor\",outcome=\"denied\"");
    to->failed += spk_metric_sum(page, reviews, "outcome=\"failed\"");
    to->overload +=
        spk_metric_sum(page, "spark_webhook_requests_rejected_total", "reason=\"overload\"") +
        spk_metric_sum(page, "spark_webhook_requests_rejected_total", "reason=\"deadline\"");
    to->handshakes += spk_metric_sum(page, "spark_webhook_tls_handshakes_total", NULL);
    to->handshake_failures +=
        spk_metric_sum(page, "spark_webhook_tls_handshake_failures_total", NULL);
    to->last_s = last_s > to->last_s ? last_s : to->last_s;
    to->start_s = to->start_s == 0 || start_s < to->start_s ? start_s : to->start_s;
}

static void print_count(char *out, size_t size, int64_t count, const char *unit)
{
    (void)snprintf(out, size, "%" PRId64 " %s%s", count, unit, count == 1 ? "" : "s");
}

static void print_ago(char *out, size_t size, int64_t ago_s)
{
    if (ago_s < 2 * MINUTE_S)
        print_count(out, size, ago_s > 0 ? ago_s : 0, "second");
    else if (ago_s < 2 * HOUR_S)
        print_count(out, size, ago_s / MINUTE_S, "minute");
    else
        print_count(out, size, ago_s / HOUR_S, "hour");
}

static void judge_last(struct spk_findings *to, const struct spk_facts *facts,
                       const struct counted *it, bool reached)
{
    char ago[48];
    char up[48];

    print_ago(ago, sizeof(ago), facts->now_s - (int64_t)it->last_s);
    print_ago(up, sizeof(up), facts->now_s - (int64_t)it->start_s);
    if (it->last_s > 0) {
        spk_find(to, SPK_LEVEL_OK, check, "%.0f so far, the last %s ago; %.0f denied", it->reviews,
                 ago, it->denied);
    } else if (reached) {
        spk_find(to, SPK_LEVEL_OK, check, "none in %s before this one's trial", up);
    } else if (facts->now_s - (int64_t)it->start_s < YOUNG_S) {
        spk_find(to, SPK_LEVEL_OK, check, "none yet, %s after the start", up);
    } else {
        spk_find(to, SPK_LEVEL_WARN, check, "none has ever arrived in %s", up);
        spk_advise(to, "if Spark pods with annotations were created since: on a private cluster "
                       "the firewall lets the control plane reach nodes on 443 and 10250 only "
                       "(manifest --port=10250); with an overlay network see --host-network; a "
                       "mesh's sidecar breaks the calls off");
    }
}

/* Nobody says when the last denial was, but it was no later than the last review. */
static void judge_denied(struct spk_findings *to, const struct spk_facts *facts,
                         const struct counted *it)
{
    const int64_t quiet_s = facts->now_s - (int64_t)it->last_s;
    char since[48];
    char quiet[48];

    print_ago(since, sizeof(since), facts->now_s - (int64_t)it->start_s);
    print_ago(quiet, sizeof(quiet), quiet_s);
    if (it->denied_executors <= 0)
        return;
    if (it->last_s > 0 && quiet_s > QUIET_S) {
        spk_find(to, SPK_LEVEL_OK, check,
                 "%.0f times executors were denied, and that is over: nobody has asked for %s",
                 it->denied_executors, quiet);
        return;
    }
    spk_find(to, SPK_LEVEL_WARN, check,
             "%.0f times in %s executors were denied: a driver of Spark 3 whose executors are "
             "denied asks again each second, for ever",
             it->denied_executors, since);
    spk_advise(to,
               "find the application, and end it if it still asks: kubectl -n %s logs -l "
               "app.kubernetes.io/instance=%s --tail=-1 | grep '\"denied\"'",
               facts->options->namespace_, facts->options->name);
}

static void judge_counts(struct spk_findings *to, const struct counted *it)
{
    if (it->failed > 0) {
        spk_find(to, SPK_LEVEL_WARN, check, "%.0f could not be decided", it->failed);
        spk_advise(to, "the replicas' logs say why");
    }
    if (it->overload > 0) {
        spk_find(to, SPK_LEVEL_WARN, check, "%.0f were turned away or came too late", it->overload);
        spk_advise(to, "more replicas or processors, if that goes on");
    }
    if (it->handshake_failures > it->handshakes) {
        spk_find(to, SPK_LEVEL_WARN, check, "%.0f TLS handshakes failed, %.0f were completed",
                 it->handshake_failures, it->handshakes);
        spk_advise(to, "compare caBundle with what is shown (certificate); a probe of the port by "
                       "plain TCP counts as well, and so does a mesh in between");
    }
}

static void judge_ready(struct spk_findings *to, const struct spk_replica *it)
{
    if (it->ready.status <= 0 || spk_fact_found(&it->ready) || it->ready.status == 403)
        return;
    spk_find(to, SPK_LEVEL_WARN, "readyz", "%s: %s", it->name, it->ready.why);
    spk_advise(to, "see its log");
}

/* A node that can't be reached, or a network that lets nobody in. */
static void judge_silent(struct spk_findings *to, const struct spk_facts *facts)
{
    for (size_t i = 0; i < facts->replica_count; i++) {
        const struct spk_fact *ready = &facts->replicas[i].ready;
        if (ready->status == 0)
            continue;
        if (ready->status == 403)
            spk_judge_unread(to, check, ready, "what the replicas count and show",
                             "get pods/proxy in the webhook's namespace");
        return;
    }
}

void spk_judge_reviews(struct spk_findings *to, const struct spk_facts *facts, bool reached)
{
    struct counted counted = {0};

    for (size_t i = 0; i < facts->replica_count; i++) {
        const struct spk_replica *it = &facts->replicas[i];
        judge_ready(to, it);
        if (spk_fact_found(&it->metrics))
            add_page(&counted, it->metrics.body);
    }
    if (counted.asked == 0) {
        judge_silent(to, facts);
        return;
    }
    judge_last(to, facts, &counted, reached);
    judge_denied(to, facts, &counted);
    judge_counts(to, &counted);
}

/* ------------------------------------------------------------------------------- permissions */

/* "list, watch secrets w-certs; patch ..." of what is refused. */
static size_t list_refused(char *out, size_t size, const struct spk_facts *facts)
{
    const struct spk_permission *last = NULL;
    size_t len = 0;

    *out = '\0';
    for (size_t i = 0; i < facts->permission_count && len < size; i++) {
        const struct spk_permission *it = &facts->permissions[i];
        const bool same = last && last->resource == it->resource;
        if (json_is_true(spk_read(it->review.object, "status.allowed")))
            continue;
        if (last && !same)
            len += (size_t)snprintf(out + len, size - len, " %s %s; ", last->resource, last->name);
        if (len < size)
            len += (size_t)snprintf(out + len, size - len, "%s%s", same ? ", " : "", it->verb);
        last = it;
    }
    if (last && len < size)
        len += (size_t)snprintf(out + len, size - len, " %s %s", last->resource, last->name);
    return len;
}

void spk_judge_permissions(struct spk_findings *to, const struct spk_facts *facts)
{
    char refused[1024];

    for (size_t i = 0; i < facts->permission_count; i++) {
        const struct spk_permission *it = &facts->permissions[i];
        if (spk_fact_found(&it->review))
            continue;
        spk_judge_unread(to, "permissions", &it->review, "what the service account may do",
                         "create subjectaccessreviews.authorization.k8s.io");
        return;
    }
    if (list_refused(refused, sizeof(refused), facts)) {
        spk_find(to, SPK_LEVEL_FAIL, "permissions", "the service account %s may not %s",
                 facts->account, refused);
        spk_advise(to, "its Role, ClusterRole or a binding of them is missing: %s",
                   spk_command_again(facts).text);
    } else if (facts->permission_count) {
        spk_find(to, SPK_LEVEL_OK, "permissions", "%s may do what managed certificates need",
                 facts->account);
    }
}
