#ifndef SPK_WEBHOOK_SERVER_H
#define SPK_WEBHOOK_SERVER_H
/* What the handlers of one running server share. All of it outlives the threads that use it. */

#include "spk/admission/review.h"
#include "spk/base/log.h"
#include "spk/cli/refusals.h"
#include "spk/net/httpd.h"
#include "spk/net/tls.h"
#include "webhook/certificates/managed.h"
#include "webhook/denials.h"
#include "webhook/metrics.h"

#include <pthread.h>
#include <stdatomic.h>

struct spk_server {
    struct spk_logger logger;
    struct spk_policy policy;
    struct spk_metrics metrics;
    struct spk_refusals refusals;
    struct spk_tls *tls;
    struct spk_managed *managed; /* NULL without --certificates=managed */
    struct spk_httpd *https;     /* set before the health port is opened, whose handlers use it */
    atomic_bool draining;

    pthread_mutex_t large_lock; /* held while a large review is decided */
    atomic_bool large_waits;    /* another one waits for that */
    pthread_mutex_t quiet_lock; /* guards the one below */
    struct spk_denials denials;
};

/* Handlers; @ctx is a struct spk_server. */
spk_httpd_handler spk_review_route;   /* of pods */
spk_httpd_handler spk_validate_route; /* of applications: judges */
spk_httpd_handler spk_default_route;  /* of applications: fills in, and judges */
spk_httpd_handler spk_readyz_route;
spk_httpd_handler spk_metrics_route;
spk_httpd_handler spk_certificate_route; /* the chain that is shown, PEM */

/* For struct spk_httpd_options: counts and logs. */
void spk_server_on_reject(void *ctx, enum spk_httpd_reject reject, const char *peer,
                          const char *detail);

/* The one line about a review. @duration_ns is how long it took. */
void spk_server_log_review(struct spk_server *server, const struct spk_decision *decision,
                           int64_t duration_ns);

#endif
