#ifndef SPK_WEBHOOK_CERTIFICATES_MANAGED_H
#define SPK_WEBHOOK_CERTIFICATES_MANAGED_H
/*
 * Certificates that look after themselves (--certificates=managed): a Secret and a caBundle are
 * kept in sight, and a thread carries out what rotation.h thinks. Serving never waits for it: what
 * is shown stays shown, whatever the API server does.
 *
 * Nothing is ever deleted, neither on exit nor otherwise.
 */

#include "spk/base/err.h"
#include "spk/base/log.h"
#include "spk/net/tls.h"
#include "webhook/serve_options.h"

#include <stdbool.h>
#include <stdint.h>

struct spk_managed;

/**
 * spk_managed_start() - begin to look after @tls
 * @out:     to be ended with spk_managed_stop()
 * @options, @tls, @logger: borrowed until then
 * @err:     SPK_EINVALID, SPK_EPARSE, SPK_EIO: no cluster is named, or a kubeconfig can't be used
 *
 * Returns before there is a certificate: spk_managed_status() tells when.
 */
int spk_managed_start(struct spk_managed **out, const struct spk_serve_options *options,
                      struct spk_tls *tls, const struct spk_logger *logger, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Ends within some 100 ms, whatever the API server does. NULL is fine. */
void spk_managed_stop(struct spk_managed *managed);

/* Look now: the clock may have been set, or somebody asks for it. */
void spk_managed_wake(struct spk_managed *managed);

struct spk_managed_status {
    bool ready;         /* a certificate is shown, and was trusted once */
    bool in_sight;      /* Secret and configuration are being watched */
    char text[512];     /* with neither: why not, and what is waited for */
    int64_t ca_until_s; /* seconds since 1970; 0 before the first */
    uint64_t shown;     /* certificates shown so far */
    uint64_t secrets;   /* times that the Secret was written, */
    uint64_t bundles;   /* caBundle was written, */
    uint64_t failures;  /* and that either failed; losing to another replica is no failure */
};

void spk_managed_status(struct spk_managed *managed, struct spk_managed_status *out);

#endif
