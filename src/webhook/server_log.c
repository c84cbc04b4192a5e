#include "webhook/server.h"

#include "spk/base/clock.h"

void spk_server_on_reject(void *ctx, enum spk_httpd_reject reject, const char *peer,
                          const char *detail)
{
    struct spk_server *server = ctx;

    spk_refusals_tell(&server->refusals, reject, peer, detail);
}

/* Denied executors come again about once a second for as long as their driver lives. */
static bool is_quiet(struct spk_server *server, const struct spk_decision *decision, uint64_t *held)
{
    bool pass;

    if (decision->outcome != SPK_DENIED || decision->role != SPK_ROLE_EXECUTOR)
        return false;
    (void)pthread_mutex_lock(&server->quiet_lock);
    pass = spk_denials_pass(&server->denials, decision->namespace_, decision->app,
                            spk_clock_mono_ms(), held);
    (void)pthread_mutex_unlock(&server->quiet_lock);
    return !pass;
}

void spk_server_log_review(struct spk_server *server, const struct spk_decision *decision,
                           int64_t duration_ns)
{
    bool denied = decision->outcome == SPK_DENIED;
    struct spk_log_line line;
    uint64_t held = 0;

    if (is_quiet(server, decision, &held))
        return;
    spk_log_begin(&line, &server->logger, denied ? SPK_LOG_WARN : SPK_LOG_INFO, "review");
    spk_log_str(&line, "uid", decision->uid);
    spk_log_str(&line, "namespace", decision->namespace_);
    spk_log_str(&line, "name", decision->name);
    spk_log_text(&line, "role", spk_role_text(decision->role));
    spk_log_text(&line, "outcome", spk_outcome_text(decision->outcome));
    spk_log_text(&line, "applied", decision->applied ? decision->applied : "");
    spk_log_int(&line, "duration_us", duration_ns / 1000);
    spk_log_int(&line, "warnings", (int64_t)decision->warning_count);
    if (decision->app.ptr)
        spk_log_str(&line, "app", decision->app);
    if (held)
        spk_log_int(&line, "repeated", (int64_t)held);
    if (decision->reason)
        spk_log_long(&line, "reason", decision->reason);
    if (decision->message)
        spk_log_long(&line, "message", decision->message);
    spk_log_end(&line);
}
