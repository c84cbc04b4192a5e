#ifndef SPK_KUBE_PLUGIN_H
#define SPK_KUBE_PLUGIN_H
/*
 * Credential plugins. The client asks them itself; this is for who hands its credentials on.
 */

#include "spk/base/err.h"
#include "spk/base/stop.h"
#include "spk/kube/config.h"

#include <stdint.h>

/* What a plugin gave, or nothing. */
struct spk_kube_credential {
    char *token;
    char *cert;
    char *key;
    int64_t expires_ms; /* wall clock; INT64_MAX: never */
};

/* A request's time and stop. */
struct spk_kube_limits {
    int64_t deadline_ms;
    const struct spk_stop *stop;
};

/**
 * spk_kube_plugin_run() - ask the credential plugin
 * @out: to be released with spk_kube_credential_done()
 *
 * Limits: SPK_PLUGIN_OUTPUT_MAX, one minute
 * Errors: SPK_EIO, SPK_EPARSE, SPK_EINVALID, SPK_ETOOBIG, SPK_ENOMEM with the plugin's name;
 *         ECANCELED, ETIMEDOUT
 */
int spk_kube_plugin_run(struct spk_kube_credential *out, const struct spk_kube_config *config,
                        const struct spk_kube_limits *limits, struct spk_err *err)
    __attribute__((warn_unused_result));
void spk_kube_credential_done(struct spk_kube_credential *credential);

#endif
