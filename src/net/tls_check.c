#include "spk/base/cleanup.h"
#include "spk/net/pki.h"
#include "tls_import.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

static void done_trust(gnutls_x509_trust_list_t *list)
{
    if (*list)
        gnutls_x509_trust_list_deinit(*list, 0);
}

void spk_pki_pair_done(struct spk_pki_pair *pair)
{
    if (pair->key)
        explicit_bzero(pair->key, strlen(pair->key));
    free(pair->crt);
    free(pair->key);
    *pair = (struct spk_pki_pair){0};
}

/* ------------------------------------------------------------------------------------- facts */

static int read_id(struct spk_pki_id *out, gnutls_x509_crt_t crt)
{
    unsigned char hash[32];
    size_t len = sizeof(hash);
    int rc = gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, hash, &len);

    for (size_t i = 0; rc >= 0 && i < len; i++)
        (void)snprintf(out->hex + 2 * i, 3, "%02x", hash[i]);
    return rc;
}

/* A SAN that is no DNS name and no address (a mail address, a URI), or is longer than a name may
 * be, is nothing to us. */
static void add_name(struct spk_pki_facts *facts, int type, const char *san, size_t len)
{
    char *name = facts->names[facts->name_count];

    if (type == GNUTLS_SAN_DNSNAME && len < sizeof(facts->names[0])) {
        memcpy(name, san, len);
        name[len] = '\0';
        facts->name_count++;
    } else if (type == GNUTLS_SAN_IPADDRESS && (len == 4 || len == 16)) {
        if (inet_ntop(len == 4 ? AF_INET : AF_INET6, san, name, sizeof(facts->names[0])))
            facts->name_count++;
    }
}

static void read_names(struct spk_pki_facts *facts, gnutls_x509_crt_t crt)
{
    facts->name_count = 0;
    for (unsigned i = 0; facts->name_count < SPK_PKI_NAMES_MAX; i++) {
        char san[SPK_SUBDOMAIN_MAX + 4];
        size_t len = sizeof(san);
        int type = gnutls_x509_crt_get_subject_alt_name(crt, i, san, &len, NULL);
        if (type == GNUTLS_E_SHORT_MEMORY_BUFFER)
            continue;
        if (type < 0)
            return;
        add_name(facts, type, san, len);
    }
}

int spk_pki_read(struct spk_pki_facts *out, const char *crt, struct spk_err *err)
{
    SPK_CLEANUP(spk_tls_crts_done) struct spk_tls_crts list = {0};
    time_t begin;
    time_t end;
    int rc;

    if (spk_tls_import_crts(&list, crt, strlen(crt), err))
        return -1;
    begin = gnutls_x509_crt_get_activation_time(list.crts[0]);
    end = gnutls_x509_crt_get_expiration_time(list.crts[0]);
    if (begin == (time_t)-1 || end == (time_t)-1)
        return spk_fail(err, SPK_EPARSE, "certificate: its validity is unreadable");
    rc = read_id(&out->id, list.crts[0]);
    if (rc < 0)
        return spk_tls_fail(err, rc, "certificate");
    out->not_before_s = (int64_t)begin;
    out->not_after_s = (int64_t)end;
    out->ca = gnutls_x509_crt_get_ca_status(list.crts[0], NULL) > 0;
    read_names(out, list.crts[0]);
    return 0;
}

/* ------------------------------------------------------------------------------------ checks */

int spk_pki_check_key(const char *crt, const char *key, struct spk_err *err)
{
    SPK_CLEANUP(spk_tls_crts_done) struct spk_tls_crts list = {0};
    SPK_CLEANUP(spk_tls_key_done) gnutls_x509_privkey_t private = NULL;

    if (spk_tls_import_crts(&list, crt, strlen(crt), err) ||
        spk_tls_import_key(&private, key, strlen(key), err))
        return -1;
    return spk_tls_check_key(list.crts[0], private, err);
}

static int verify(unsigned *status, const struct spk_tls_crts *chain, gnutls_x509_crt_t ca)
{
    SPK_CLEANUP(done_trust) gnutls_x509_trust_list_t trust = NULL;
    char purpose[] = GNUTLS_KP_TLS_WWW_SERVER;
    gnutls_typed_vdata_st data = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                  .data = (unsigned char *)purpose};
    int rc = gnutls_x509_trust_list_init(&trust, 0);

    if (rc < 0)
        return rc;
    rc = gnutls_x509_trust_list_add_cas(trust, &ca, 1, 0);
    if (rc < 0)
        return rc;
    return gnutls_x509_trust_list_verify_crt2(trust, chain->crts, chain->count, &data, 1,
                                              GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
                                                  GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS,
                                              status, NULL);
}

int spk_pki_check_chain(const char *crt, const char *ca_crt, struct spk_err *err)
{
    SPK_CLEANUP(spk_tls_crts_done) struct spk_tls_crts chain = {0};
    SPK_CLEANUP(spk_tls_crts_done) struct spk_tls_crts ca = {0};
    unsigned status = GNUTLS_CERT_INVALID;
    int rc;

    if (spk_tls_import_crts(&chain, crt, strlen(crt), err) ||
        spk_tls_import_crts(&ca, ca_crt, strlen(ca_crt), err))
        return -1;
    rc = verify(&status, &chain, ca.crts[0]);
    if (rc < 0)
        return spk_tls_fail(err, rc, "certificate");
    if (status)
        return spk_fail(err, SPK_EINVALID, "certificate: not one for servers signed by the CA");
    return 0;
}

/* ------------------------------------------------------------------------------------ bundles */

static int join_one(struct spk_buf *bundle, gnutls_x509_crt_t crt, struct spk_err *err)
{
    gnutls_datum_t pem = {0};
    int rc = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);

    if (rc < 0)
        return spk_tls_fail(err, rc, "certificate");
    /* GnuTLS terminates what it prints. */
    rc = bundle->len && strstr(bundle->ptr, (const char *)pem.data)
             ? 0
             : spk_buf_add(bundle, pem.data, pem.size, err);
    gnutls_free(pem.data);
    return rc;
}

/* Not sorted: a bundle is no chain. */
static int import_bundle(struct spk_tls_crts *out, const char *crts, struct spk_err *err)
{
    gnutls_datum_t bytes = spk_tls_datum(crts, strlen(crts));
    int rc;

    if (bytes.size > SPK_PKI_PEM_MAX)
        return spk_fail(err, SPK_ETOOBIG, "certificates: %u bytes, at most %zu", bytes.size,
                        SPK_PKI_PEM_MAX);
    rc = gnutls_x509_crt_list_import2(&out->crts, &out->count, &bytes, GNUTLS_X509_FMT_PEM, 0);
    if (rc < 0) {
        *out = (struct spk_tls_crts){0};
        return spk_tls_fail(err, rc, "certificates");
    }
    return out->count <= SPK_PKI_BUNDLE_MAX
               ? 0
               : spk_fail(err, SPK_ETOOBIG, "%u certificates, at most %d", out->count,
                          SPK_PKI_BUNDLE_MAX);
}

int spk_pki_ids(struct spk_pki_id out[SPK_PKI_BUNDLE_MAX], size_t *count, const char *crts,
                struct spk_err *err)
{
    SPK_CLEANUP(spk_tls_crts_done) struct spk_tls_crts list = {0};

    *count = 0;
    if (!*crts)
        return 0;
    if (import_bundle(&list, crts, err))
        return -1;
    for (unsigned i = 0; i < list.count; i++) {
        int rc = read_id(&out[i], list.crts[i]);
        if (rc < 0)
            return spk_tls_fail(err, rc, "certificates");
    }
    *count = list.count;
    return 0;
}

int spk_pki_join(struct spk_buf *bundle, const char *crts, int64_t now_s, struct spk_err *err)
{
    SPK_CLEANUP(spk_tls_crts_done) struct spk_tls_crts list = {0};

    if (!crts || !*crts)
        return 0;
    if (import_bundle(&list, crts, err))
        return -1;
    for (unsigned i = 0; i < list.count; i++) {
        if ((int64_t)gnutls_x509_crt_get_expiration_time(list.crts[i]) <= now_s)
            continue;
        if (join_one(bundle, list.crts[i], err))
            return -1;
    }
    return 0;
}
