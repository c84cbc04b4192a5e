#ifndef SPK_WEBHOOK_CERTIFICATES_REGISTRATION_H
#define SPK_WEBHOOK_CERTIFICATES_REGISTRATION_H
/*
 * caBundle in a MutatingWebhookConfiguration. Ours are the webhooks of the configuration that call
 * our Service or name a URL; one that calls another Service is somebody else's.
 */

#include "spk/json/walk.h"

struct spk_registration_service {
    const char *namespace_;
    const char *name;
};

/**
 * spk_registration_bundle() - what caBundle holds now
 * @out: PEM, or "" where it is empty, damaged, or not the same in all webhooks of ours; NULL when
 *       there is none of ours. Owned
 */
int spk_registration_bundle(char **out, const json_t *configuration,
                            const struct spk_registration_service *service, struct spk_err *err)
    __attribute__((warn_unused_result));

/**
 * spk_registration_patch() - the JSON Patch that makes caBundle hold @bundle
 * @out: terminated. It fails if the configuration has changed meanwhile (resourceVersion)
 */
int spk_registration_patch(char **out, size_t *len, const json_t *configuration,
                           const struct spk_registration_service *service, const char *bundle,
                           struct spk_err *err) __attribute__((warn_unused_result));

#endif
