#include "tls_import.h"

#include "spk/base/cleanup.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

void spk_tls_key_done(gnutls_x509_privkey_t *key)
{
    if (*key)
        gnutls_x509_privkey_deinit(*key); /* GnuTLS wipes it */
}

void spk_tls_crts_done(struct spk_tls_crts *list)
{
    for (unsigned i = 0; i < list->count; i++)
        gnutls_x509_crt_deinit(list->crts[i]);
    gnutls_free(list->crts);
}

int spk_tls_fail(struct spk_err *err, int rc, const char *what)
{
    enum spk_code code = rc == GNUTLS_E_MEMORY_ERROR ? SPK_ENOMEM : SPK_EPARSE;

    return spk_fail(err, code, "%s: %s", what, gnutls_strerror(rc));
}

gnutls_datum_t spk_tls_datum(const char *text, size_t len)
{
    return (gnutls_datum_t){.data = (unsigned char *)(uintptr_t)text, .size = (unsigned)len};
}

int spk_tls_import_crts(struct spk_tls_crts *out, const char *pem, size_t len, struct spk_err *err)
{
    gnutls_datum_t bytes = spk_tls_datum(pem, len);
    int rc;

    if (len > UINT_MAX)
        return spk_fail(err, SPK_ETOOBIG, "certificate");
    rc = gnutls_x509_crt_list_import2(&out->crts, &out->count, &bytes, GNUTLS_X509_FMT_PEM,
                                      GNUTLS_X509_CRT_LIST_SORT);
    if (rc >= 0 && out->count > 0)
        return 0;
    *out = (struct spk_tls_crts){0};
    return spk_tls_fail(err, rc < 0 ? rc : GNUTLS_E_NO_CERTIFICATE_FOUND, "certificate");
}

int spk_tls_import_key(gnutls_x509_privkey_t *out, const char *pem, size_t len, struct spk_err *err)
{
    gnutls_datum_t bytes = spk_tls_datum(pem, len);
    int rc;

    if (len > UINT_MAX)
        return spk_fail(err, SPK_ETOOBIG, "private key");
    rc = gnutls_x509_privkey_init(out);
    if (rc < 0) {
        *out = NULL;
        return spk_tls_fail(err, rc, "private key");
    }
    rc = gnutls_x509_privkey_import2(*out, &bytes, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (rc == GNUTLS_E_DECRYPTION_FAILED)
        return spk_fail(err, SPK_EINVALID, "private key: it is encrypted, give it in the clear");
    return rc < 0 ? spk_tls_fail(err, rc, "private key") : 0;
}

int spk_tls_check_key(gnutls_x509_crt_t leaf, gnutls_x509_privkey_t key, struct spk_err *err)
{
    unsigned char of_leaf[64];
    unsigned char of_key[64];
    size_t leaf_len = sizeof(of_leaf);
    size_t key_len = sizeof(of_key);
    int rc = gnutls_x509_crt_get_key_id(leaf, GNUTLS_KEYID_USE_SHA256, of_leaf, &leaf_len);

    if (rc < 0)
        return spk_tls_fail(err, rc, "certificate");
    rc = gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, of_key, &key_len);
    if (rc < 0)
        return spk_tls_fail(err, rc, "private key");
    if (leaf_len != key_len || memcmp(of_leaf, of_key, leaf_len) != 0)
        return spk_fail(err, SPK_EINVALID,
                        "private key: it does not belong to the first certificate");
    return 0;
}
