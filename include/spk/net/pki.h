#ifndef SPK_NET_PKI_H
#define SPK_NET_PKI_H
/*
 * Certificates as text: making them, and telling what they are worth. PEM in, PEM out; keys are
 * ECDSA P-256. Time is the caller's: nothing here looks at a clock.
 *
 * Threads: any; GnuTLS's random generator is each thread's own.
 */

#include "spk/base/buf.h"
#include "spk/base/err.h"
#include "spk/base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Validity begins so long before the moment of making, for clocks that are late. */
#define SPK_PKI_LATE_S 300

/* A certificate and its private key, terminated. Owned: release with spk_pki_pair_done(). */
struct spk_pki_pair {
    char *crt; /* may hold a chain, leaf first */
    char *key;
};

/* Wipes the key and frees both; a zeroed one is fine. */
void spk_pki_pair_done(struct spk_pki_pair *pair);

/**
 * spk_pki_make_ca() - make a CA that signs itself
 * @now_s:  seconds since 1970; validity begins SPK_PKI_LATE_S earlier
 * @life_s: validity from @now_s on
 *
 * Each CA has a name of its own, or a client that trusts two might try the wrong one only.
 */
int spk_pki_make_ca(struct spk_pki_pair *out, int64_t now_s, int64_t life_s, struct spk_err *err)
    __attribute__((warn_unused_result));

/**
 * spk_pki_make_leaf() - make a server certificate under a CA
 * @names:  DNS names and IP addresses for the SANs; at least one
 * @life_s: cut so that it ends no later than the CA
 * @err:    SPK_EINVALID for an empty name or none; SPK_EPARSE for a CA that does not parse
 */
int spk_pki_make_leaf(struct spk_pki_pair *out, const struct spk_pki_pair *ca,
                      const char *const *names, size_t count, int64_t now_s, int64_t life_s,
                      struct spk_err *err) __attribute__((warn_unused_result));

/* What tells a certificate from all others: SHA-256 of its DER, hexadecimal. */
struct spk_pki_id {
    char hex[65];
};

/* What is said of one certificate. */
struct spk_pki_facts {
    int64_t not_before_s; /* seconds since 1970 */
    int64_t not_after_s;
    bool ca; /* may sign certificates */
    struct spk_pki_id id;
    size_t name_count;
    char names[SPK_PKI_NAMES_MAX][SPK_SUBDOMAIN_MAX + 4]; /* SANs: DNS names, IP addresses */
};

/* About the first certificate of @crt. SPK_EPARSE when there is none. */
int spk_pki_read(struct spk_pki_facts *out, const char *crt, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Does @key belong to the first certificate of @crt? SPK_EINVALID when not, SPK_EPARSE. */
int spk_pki_check_key(const char *crt, const char *key, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Is the first certificate of @crt signed by the CA @ca_crt and meant for servers? Validity in time
 * is not looked at: see spk_pki_read(). SPK_EINVALID when not, SPK_EPARSE. */
int spk_pki_check_chain(const char *crt, const char *ca_crt, struct spk_err *err)
    __attribute__((warn_unused_result));

/* The ids of the certificates of a PEM text, in their order; "" holds none. SPK_EPARSE for a text
 * without any, SPK_ETOOBIG above SPK_PKI_BUNDLE_MAX. */
int spk_pki_ids(struct spk_pki_id out[SPK_PKI_BUNDLE_MAX], size_t *count, const char *crts,
                struct spk_err *err) __attribute__((warn_unused_result));

/**
 * spk_pki_join() - append the certificates of a PEM text to a bundle, in one canonical form
 * @bundle: terminated after each call; a certificate that it already holds is not added again
 * @crts:   NULL and "" add nothing
 * @now_s:  certificates that have expired by then are left out; INT64_MIN leaves out none
 * @err:    SPK_EPARSE for a text without any certificate, SPK_ETOOBIG; @bundle is then empty or as
 *          it was
 */
int spk_pki_join(struct spk_buf *bundle, const char *crts, int64_t now_s, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
