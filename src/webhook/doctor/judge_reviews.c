/*
 * What the replicas say of themselves, and what their account may do.
 */
#include "webhook/doctor/judge.h"

#include "webhook/doctor/metrics_read.h"
#include "webhook/doctor/read.h"

#include <inttypes.h>
#include <string.h>

#define HOUR_S   ((int64_t)3600)
#define MINUTE_S ((int64_t)60)

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

static void print_ago(char *out, size_t size, int64_t ago_s)
{
    if (ago_s < 2 * MINUTE_S)
        (void)snprintf(out, size, "%" PRId64 " seconds", ago_s > 0 ? ago_s : 0);
    else if (ago_s < 2 * HOUR_S)
        (void)snprintf(out, size, "%" PRId64 " minutes", ago_s / MINUTE_S);
    else
        (void)snprintf(out, size, "%" PRId64 " hours", ago_s / HOUR_S);
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
    } else {
        spk_find(to, SPK_LEVEL_WARN, check, "none has ever arrived in %s", up);
        spk_advise(to, "if Spark pods with annotations were created since: on a private cluster "
                       "the firewall lets the control plane reach nodes on 443 and 10250 only "
                       "(manifest --port=10250); with an overlay network see --host-network; a "
                       "mesh's sidecar breaks the calls off");
    }
}

static void judge_counts(struct spk_findings *to, const struct counted *it)
{
    if (it->denied_executors > 0) {
        spk_find(to, SPK_LEVEL_WARN, check,
                 "%.0f executors were denied: their drivers ask again for ever",
                 it->denied_executors);
        spk_advise(to, "the replicas' logs name application and annotation (outcome=denied)");
    }
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
    judge_counts(to, &counted);
}

/* ------------------------------------------------------------------------------- permissions */

static void judge_refused(struct spk_findings *to, const struct spk_facts *facts,
                          const struct spk_permission *it)
{
    spk_find(to, SPK_LEVEL_FAIL, "permissions", "the service account %s may not %s %s%s%s %s",
             facts->account, it->verb, it->resource, *it->group ? "." : "", it->group, it->name);
    spk_advise(to, "apply the Role, ClusterRole and their bindings of `spark-webhook manifest`");
}

void spk_judge_permissions(struct spk_findings *to, const struct spk_facts *facts)
{
    size_t refused = 0;

    for (size_t i = 0; i < facts->permission_count; i++) {
        const struct spk_permission *it = &facts->permissions[i];
        if (!spk_fact_found(&it->review)) {
            spk_judge_unread(to, "permissions", &it->review, "what the service account may do",
                             "create subjectaccessreviews.authorization.k8s.io");
            return;
        }
        if (json_is_true(spk_read(it->review.object, "status.allowed")))
            continue;
        judge_refused(to, facts, it);
        refused++;
    }
    if (facts->permission_count && !refused)
        spk_find(to, SPK_LEVEL_OK, "permissions", "%s may do what managed certificates need",
                 facts->account);
}
