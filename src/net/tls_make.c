#include "spk/net/tls.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/net/pki.h"
#include "tls_import.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <time.h>

#define SERIAL_LEN   20 /* RFC 5280 4.1.2.2: at most 20 bytes, positive */
#define ORGANISATION "sparkhook"

/* A certificate being made, and its key. */
struct made {
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
};

static void done_made(struct made *made)
{
    if (made->crt)
        gnutls_x509_crt_deinit(made->crt);
    spk_tls_key_done(&made->key);
}

static int fail_make(struct spk_err *err, int rc, const char *what)
{
    enum spk_code code = rc == GNUTLS_E_MEMORY_ERROR ? SPK_ENOMEM : SPK_EINTERNAL;

    return spk_fail(err, code, "%s: %s", what, gnutls_strerror(rc));
}

static int set_serial(gnutls_x509_crt_t crt)
{
    unsigned char serial[SERIAL_LEN];
    int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

    if (rc < 0)
        return rc;
    serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40); /* positive, and never short */
    return gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
}

static int set_key_ids(const struct made *subject, const struct made *issuer)
{
    unsigned char id[64];
    size_t len = sizeof(id);
    int rc = gnutls_x509_crt_get_key_id(subject->crt, GNUTLS_KEYID_USE_SHA1, id, &len);

    if (rc < 0)
        return rc;
    rc = gnutls_x509_crt_set_subject_key_id(subject->crt, id, len);
    if (rc < 0)
        return rc;
    len = sizeof(id);
    rc = gnutls_x509_crt_get_key_id(issuer->crt, GNUTLS_KEYID_USE_SHA1, id, &len);
    return rc < 0 ? rc : gnutls_x509_crt_set_authority_key_id(subject->crt, id, len);
}

/* What a CA and a leaf have in common. */
static int begin(struct made *out, const char *name, int64_t now_s, int64_t life_s)
{
    unsigned bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
    int rc = gnutls_x509_privkey_init(&out->key);

    if (rc < 0 || (rc = gnutls_x509_crt_init(&out->crt)) < 0 ||
        (rc = gnutls_x509_privkey_generate(out->key, GNUTLS_PK_ECDSA, bits, 0)) < 0 ||
        (rc = gnutls_x509_crt_set_key(out->crt, out->key)) < 0 ||
        (rc = gnutls_x509_crt_set_version(out->crt, 3)) < 0 || (rc = set_serial(out->crt)) < 0 ||
        (rc = gnutls_x509_crt_set_activation_time(out->crt, (time_t)(now_s - SPK_PKI_LATE_S))) <
            0 ||
        (rc = gnutls_x509_crt_set_expiration_time(out->crt, (time_t)(now_s + life_s))) < 0 ||
        (rc = gnutls_x509_crt_set_dn_by_oid(out->crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0,
                                            ORGANISATION, sizeof(ORGANISATION) - 1)) < 0 ||
        (rc = gnutls_x509_crt_set_dn_by_oid(out->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                            (unsigned)strlen(name))) < 0)
        return rc;
    return 0;
}

/* Two CAs must differ in name, or a client that trusts both may try the wrong one only. */
static int make_ca(struct made *out, int64_t now_s, int64_t life_s)
{
    uint32_t tag = 0;
    char name[32];
    int rc = gnutls_rnd(GNUTLS_RND_NONCE, &tag, sizeof(tag));

    if (rc < 0)
        return rc;
    (void)snprintf(name, sizeof(name), ORGANISATION " CA %08x", (unsigned)tag);
    rc = begin(out, name, now_s, life_s);
    if (rc < 0 || (rc = gnutls_x509_crt_set_basic_constraints(out->crt, 1, 0)) < 0 ||
        (rc = gnutls_x509_crt_set_key_usage(out->crt,
                                            GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN)) < 0 ||
        (rc = set_key_ids(out, out)) < 0)
        return rc;
    return gnutls_x509_crt_sign2(out->crt, out->crt, out->key, GNUTLS_DIG_SHA256, 0);
}

static int add_name(gnutls_x509_crt_t crt, const char *name)
{
    unsigned char ip[16];

    if (inet_pton(AF_INET, name, ip) == 1)
        return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, ip, 4,
                                                    GNUTLS_FSAN_APPEND);
    if (inet_pton(AF_INET6, name, ip) == 1)
        return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, ip, 16,
                                                    GNUTLS_FSAN_APPEND);
    return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, name,
                                                (unsigned)strlen(name), GNUTLS_FSAN_APPEND);
}

static int make_leaf(struct made *out, const struct made *ca, const char *const *names,
                     size_t count, int64_t now_s, int64_t life_s)
{
    /* RFC 5280 A.1 ub-common-name; clients look at the SANs alone. */
    const char *common = strlen(names[0]) <= 64 ? names[0] : ORGANISATION;
    int rc = begin(out, common, now_s, life_s);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < count; i++) {
        rc = add_name(out->crt, names[i]);
        if (rc < 0)
            return rc;
    }
    if ((rc = gnutls_x509_crt_set_basic_constraints(out->crt, 0, -1)) < 0 ||
        (rc = gnutls_x509_crt_set_key_usage(out->crt, GNUTLS_KEY_DIGITAL_SIGNATURE)) < 0 ||
        (rc = gnutls_x509_crt_set_key_purpose_oid(out->crt, GNUTLS_KP_TLS_WWW_SERVER, 0)) < 0 ||
        (rc = set_key_ids(out, ca)) < 0)
        return rc;
    return gnutls_x509_crt_sign2(out->crt, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0);
}

/* GnuTLS's bytes as a string of our own, so that they are freed with free(). */
static char *take_text(gnutls_datum_t *pem)
{
    char *text = malloc((size_t)pem->size + 1);

    if (text) {
        memcpy(text, pem->data, pem->size);
        text[pem->size] = '\0';
    }
    gnutls_memset(pem->data, 0, pem->size);
    gnutls_free(pem->data);
    return text;
}

static int print_crt(char **out, gnutls_x509_crt_t crt)
{
    gnutls_datum_t pem = {0};
    int rc = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);

    if (rc < 0)
        return rc;
    *out = take_text(&pem);
    return *out ? 0 : GNUTLS_E_MEMORY_ERROR;
}

static int print_key(char **out, gnutls_x509_privkey_t key)
{
    gnutls_datum_t pem = {0};
    int rc =
        gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem);

    if (rc < 0)
        return rc;
    *out = take_text(&pem);
    return *out ? 0 : GNUTLS_E_MEMORY_ERROR;
}

static int print(struct spk_pki_pair *out, const struct made *made)
{
    struct spk_pki_pair pair = {0};
    int rc = print_crt(&pair.crt, made->crt);

    if (rc == 0)
        rc = print_key(&pair.key, made->key);
    if (rc == 0)
        *out = pair;
    else
        spk_pki_pair_done(&pair);
    return rc;
}

int spk_pki_make_ca(struct spk_pki_pair *out, int64_t now_s, int64_t life_s, struct spk_err *err)
{
    SPK_CLEANUP(done_made) struct made ca = {0};
    int rc = make_ca(&ca, now_s, life_s);

    if (rc == 0)
        rc = print(out, &ca);
    return rc < 0 ? fail_make(err, rc, "CA") : 0;
}

static int import_ca(struct made *out, const struct spk_pki_pair *ca, struct spk_err *err)
{
    struct spk_tls_crts list = {0};
    int rc;

    if (!ca->crt || !ca->key)
        return spk_fail(err, SPK_EINVALID, "CA: a certificate and its key");
    rc = spk_tls_import_crts(&list, ca->crt, strlen(ca->crt), err);
    if (rc == 0) {
        out->crt = list.crts[0];
        list.crts[0] = list.crts[--list.count];
    }
    spk_tls_crts_done(&list);
    return rc || spk_tls_import_key(&out->key, ca->key, strlen(ca->key), err)
               ? spk_fail_in(err, "CA")
               : 0;
}

/* A client trusts a leaf no longer than its CA. */
static int64_t cut_life(const struct made *ca, int64_t now_s, int64_t life_s)
{
    int64_t end_s = (int64_t)gnutls_x509_crt_get_expiration_time(ca->crt);

    return now_s + life_s > end_s ? end_s - now_s : life_s;
}

static int check_names(const char *const *names, size_t count, struct spk_err *err)
{
    if (count == 0)
        return spk_fail(err, SPK_EINVALID, "certificate: at least one name");
    for (size_t i = 0; i < count; i++) {
        if (names[i][0] == '\0')
            return spk_fail(err, SPK_EINVALID, "certificate: an empty name");
    }
    return 0;
}

int spk_pki_make_leaf(struct spk_pki_pair *out, const struct spk_pki_pair *ca,
                      const char *const *names, size_t count, int64_t now_s, int64_t life_s,
                      struct spk_err *err)
{
    SPK_CLEANUP(done_made) struct made issuer = {0};
    SPK_CLEANUP(done_made) struct made leaf = {0};
    int rc;

    if (check_names(names, count, err) || import_ca(&issuer, ca, err))
        return -1;
    rc = make_leaf(&leaf, &issuer, names, count, now_s, cut_life(&issuer, now_s, life_s));
    if (rc == 0)
        rc = print(out, &leaf);
    return rc < 0 ? fail_make(err, rc, "certificate") : 0;
}

int spk_tls_make(struct spk_tls_made *out, const char *const *names, size_t count, int days,
                 struct spk_err *err)
{
    struct spk_pki_pair ca = {0};
    struct spk_pki_pair leaf = {0};
    int64_t now_s = spk_clock_wall_ms() / 1000;
    int64_t life_s = (int64_t)days * 86400;

    if (days < 1)
        return spk_fail(err, SPK_EINVALID, "certificate: at least one day");
    if (spk_pki_make_ca(&ca, now_s, life_s, err))
        return -1;
    if (spk_pki_make_leaf(&leaf, &ca, names, count, now_s, life_s, err)) {
        spk_pki_pair_done(&ca);
        return -1;
    }
    *out = (struct spk_tls_made){.ca = ca.crt, .chain = leaf.crt, .key = leaf.key};
    ca.crt = NULL;
    spk_pki_pair_done(&ca);
    return 0;
}

void spk_tls_made_done(struct spk_tls_made *made)
{
    if (made->key)
        explicit_bzero(made->key, strlen(made->key));
    free(made->ca);
    free(made->chain);
    free(made->key);
    *made = (struct spk_tls_made){0};
}
