#include "spk/cli/refusals.h"

#include "spk/base/clock.h"

void spk_refusals_init(struct spk_refusals *refusals, const struct spk_logger *logger,
                       const char *(*text)(unsigned reason))
{
    refusals->logger = logger;
    refusals->text = text;
    (void)pthread_mutex_init(&refusals->lock, NULL);
}

void spk_refusals_done(struct spk_refusals *refusals)
{
    (void)pthread_mutex_destroy(&refusals->lock);
}

const char *spk_refusals_text(const struct spk_refusals *refusals, unsigned reason)
{
    if (reason >= SPK_REJECTS && refusals->text)
        return refusals->text(reason);
    return spk_httpd_reject_text((enum spk_httpd_reject)reason);
}

static enum spk_log_level level_of(unsigned reason)
{
    switch (reason) {
    case SPK_REJECT_PATH:
    case SPK_REJECT_METHOD:
    case SPK_REJECT_CONTENT_TYPE:
    case SPK_REJECT_IDLE:
    case SPK_REJECT_SLOW: /* whoever connects without asking: probes, load balancers */
        return SPK_LOG_DEBUG;
    default:
        return SPK_LOG_WARN;
    }
}

static void log_it(struct spk_refusals *refusals, unsigned reason, const char *peer,
                   const char *detail)
{
    enum spk_log_level level = level_of(reason);
    struct spk_log_line line;
    uint64_t held = 0;
    bool pass;

    if (level < refusals->logger->level)
        return;
    (void)pthread_mutex_lock(&refusals->lock);
    pass = spk_throttle_pass(&refusals->throttles[reason], spk_clock_mono_ms(), &held);
    (void)pthread_mutex_unlock(&refusals->lock);
    if (!pass)
        return;
    spk_log_begin(&line, refusals->logger, level, "rejected");
    spk_log_text(&line, "reason", spk_refusals_text(refusals, reason));
    spk_log_text(&line, "peer", peer);
    if (detail)
        spk_log_text(&line, "detail", detail);
    if (held)
        spk_log_int(&line, "suppressed", (int64_t)held);
    spk_log_end(&line);
}

void spk_refusals_tell(struct spk_refusals *refusals, unsigned reason, const char *peer,
                       const char *detail)
{
    (void)atomic_fetch_add_explicit(&refusals->counts[reason], 1, memory_order_relaxed);
    log_it(refusals, reason, peer, detail);
}
