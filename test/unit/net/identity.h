#ifndef TEST_UNIT_NET_IDENTITY_H
#define TEST_UNIT_NET_IDENTITY_H
/* Certificates for tests: what spk_tls_make() makes, and a CA of the test's own for what that
 * would never make. */

#include "spk/base/cleanup.h"
#include "spk/net/tls.h"

#include <check.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline void check_ok(int rc, const char *call)
{
    ck_assert_msg(rc >= 0, "%s: %s", call, gnutls_strerror(rc));
}

#define OK(call) check_ok((call), #call)

static const char *const names[] = {"spark-webhook.spark.svc", "*.example.org", "127.0.0.1", "::1"};

struct identity {
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
};

static inline struct identity issue(const struct identity *issuer, const char *purpose,
                                    time_t not_after)
{
    static unsigned char serial = 1;
    struct identity self;
    bool ca = !issuer;

    OK(gnutls_x509_privkey_init(&self.key));
    OK(gnutls_x509_privkey_generate(self.key, GNUTLS_PK_ECDSA,
                                    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
    OK(gnutls_x509_crt_init(&self.crt));
    OK(gnutls_x509_crt_set_version(self.crt, 3));
    OK(gnutls_x509_crt_set_serial(self.crt, &serial, 1));
    serial++;
    OK(gnutls_x509_crt_set_activation_time(self.crt, time(NULL) - 7200));
    OK(gnutls_x509_crt_set_expiration_time(self.crt, not_after));
    OK(gnutls_x509_crt_set_dn(self.crt, ca ? "CN=test CA" : "CN=test", NULL));
    OK(gnutls_x509_crt_set_key(self.crt, self.key));
    OK(gnutls_x509_crt_set_basic_constraints(self.crt, ca, -1));
    OK(gnutls_x509_crt_set_key_usage(self.crt,
                                     ca ? GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE));
    if (purpose)
        OK(gnutls_x509_crt_set_key_purpose_oid(self.crt, purpose, 0));
    OK(gnutls_x509_crt_sign2(self.crt, ca ? self.crt : issuer->crt, ca ? self.key : issuer->key,
                             GNUTLS_DIG_SHA256, 0));
    return self;
}

static inline void identity_done(struct identity *self)
{
    gnutls_x509_crt_deinit(self->crt);
    gnutls_x509_privkey_deinit(self->key);
}

static inline char *as_text(gnutls_datum_t *pem)
{
    char *text = strndup((const char *)pem->data, pem->size);

    ck_assert_ptr_nonnull(text);
    gnutls_free(pem->data);
    return text;
}

static inline char *crt_text(gnutls_x509_crt_t crt)
{
    gnutls_datum_t pem;

    OK(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem));
    return as_text(&pem);
}

static inline char *key_text(gnutls_x509_privkey_t key, const char *password)
{
    gnutls_datum_t pem;

    OK(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, password,
                                         password ? GNUTLS_PKCS_PBES2_AES_256 : GNUTLS_PKCS_PLAIN,
                                         &pem));
    return as_text(&pem);
}

static inline gnutls_x509_crt_t parse_crt(const char *pem)
{
    gnutls_datum_t bytes = {(unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem)};
    gnutls_x509_crt_t crt;

    OK(gnutls_x509_crt_init(&crt));
    OK(gnutls_x509_crt_import(crt, &bytes, GNUTLS_X509_FMT_PEM));
    return crt;
}

static inline struct spk_tls_made make(void)
{
    struct spk_tls_made made = {0};
    struct spk_err err = {0};

    ck_assert_msg(spk_tls_make(&made, names, SPK_LEN(names), 30, &err) == 0, "%s", err.msg);
    return made;
}

static inline struct spk_tls_pem pem_of(const char *chain, const char *key)
{
    return (struct spk_tls_pem){chain, strlen(chain), key, strlen(key)};
}

static inline void show(struct spk_tls *tls, const struct spk_tls_made *made)
{
    struct spk_tls_pem pem = pem_of(made->chain, made->key);
    struct spk_err err = {0};

    ck_assert_msg(spk_tls_set(tls, &pem, &err) == 0, "%s", err.msg);
}

static inline struct spk_tls *new_tls(const char *client_ca)
{
    struct spk_tls *tls = NULL;
    struct spk_err err = {0};

    ck_assert_msg(spk_tls_new(&tls, client_ca, client_ca ? strlen(client_ca) : 0, &err) == 0, "%s",
                  err.msg);
    return tls;
}

#endif
