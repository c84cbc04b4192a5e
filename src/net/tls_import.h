#ifndef SPK_NET_TLS_IMPORT_H
#define SPK_NET_TLS_IMPORT_H
/* PEM as GnuTLS's own types, and its error codes as ours. */

#include "spk/base/err.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stddef.h>

/* Certificates in their order: a chain has its leaf first. */
struct spk_tls_crts {
    gnutls_x509_crt_t *crts; /* gnutls_free() */
    unsigned count;
};

void spk_tls_crts_done(struct spk_tls_crts *list);
void spk_tls_key_done(gnutls_x509_privkey_t *key);

/* "what: the library's words"; SPK_ENOMEM, or SPK_EPARSE. Always returns -1. */
int spk_tls_fail(struct spk_err *err, int rc, const char *what);

/* Borrowed bytes; @len is at most UINT_MAX. */
gnutls_datum_t spk_tls_datum(const char *text, size_t len);

/* At least one certificate, sorted as a chain. */
int spk_tls_import_crts(struct spk_tls_crts *out, const char *pem, size_t len, struct spk_err *err);

int spk_tls_import_key(gnutls_x509_privkey_t *out, const char *pem, size_t len,
                       struct spk_err *err);

/* SPK_EINVALID when @key does not belong to @leaf. */
int spk_tls_check_key(gnutls_x509_crt_t leaf, gnutls_x509_privkey_t key, struct spk_err *err);

#endif
