#ifndef SPK_WEBHOOK_CERTIFICATES_SECRET_H
#define SPK_WEBHOOK_CERTIFICATES_SECRET_H
/*
 * A set of certificates as a Secret of type kubernetes.io/tls:
 *
 *   tls.crt tls.key            the leaf, as every reader of such a Secret expects it
 *   ca.crt ca.key              the CA that signed it
 *   next-ca.crt next-ca.key    its successor, while it is being made known
 *   old-ca.crt                 its predecessors
 *
 * Keys that are not ours are kept: a newer version may have put them there.
 */

#include "spk/json/walk.h"
#include "webhook/certificates/rotation_set.h"

/**
 * spk_secret_read() - the set that a Secret holds
 * @out: to be released with spk_rotation_set_done(); what is absent or is no text is NULL
 */
int spk_secret_read(struct spk_rotation_set *out, const json_t *secret, struct spk_err *err)
    __attribute__((warn_unused_result));

struct spk_secret_name {
    const char *namespace_;
    const char *name;
};

/**
 * spk_secret_new() - a Secret that holds @set, for a server-side apply
 * @out: JSON, terminated, holds keys: wipe before freeing
 */
int spk_secret_new(char **out, size_t *len, const struct spk_secret_name *name,
                   const struct spk_rotation_set *set, struct spk_err *err)
    __attribute__((warn_unused_result));

/* The merge patch that makes @secret hold @set, unless it has changed meanwhile (resourceVersion).
 * @out as above. */
int spk_secret_patch(char **out, size_t *len, const json_t *secret,
                     const struct spk_rotation_set *set, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
