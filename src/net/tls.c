#include "spk/net/tls.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/net/pki.h"
#include "tls_import.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* TLS 1.2 and 1.3, forward secrecy and AEAD only, the server's order counts: nine suites. */
#define PRIORITIES                                                             \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"                               \
    ":-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD" \
    ":-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:%SERVER_PRECEDENCE"

#define FINISHED_BOTH 3U /* see struct spk_tls_session */

/* A certificate with its key, as handshakes take it. Never changed, freed with its last user. */
struct spk_tls_shown {
    atomic_uint users; /* the current one is used by its struct spk_tls, too */
    gnutls_pcert_st *chain;
    unsigned count;
    gnutls_privkey_t key;
    char *text; /* the chain as PEM, without whatever else was in the file */
    int64_t not_after_s;
};

struct spk_tls {
    gnutls_x509_trust_list_t clients; /* NULL: clients need no certificate */
    pthread_mutex_t lock;             /* shown: replacing it, and taking a reference */
    struct spk_tls_shown *shown;
    atomic_int_fast64_t not_after_s;
    atomic_uint_fast64_t handshakes;
    atomic_uint_fast64_t failures;
};

/* -------------------------------------------------------------------- the certificate shown */

static void shown_free(struct spk_tls_shown *shown)
{
    for (unsigned i = 0; i < shown->count; i++)
        gnutls_pcert_deinit(&shown->chain[i]);
    free(shown->chain);
    if (shown->key)
        gnutls_privkey_deinit(shown->key); /* GnuTLS wipes it */
    free(shown->text);
    free(shown);
}

static void shown_unref(struct spk_tls_shown *shown)
{
    if (shown && atomic_fetch_sub(&shown->users, 1) == 1)
        shown_free(shown);
}

static struct spk_tls_shown *shown_take(struct spk_tls *tls)
{
    struct spk_tls_shown *shown;

    (void)pthread_mutex_lock(&tls->lock);
    shown = tls->shown;
    if (shown)
        atomic_fetch_add(&shown->users, 1);
    (void)pthread_mutex_unlock(&tls->lock);
    return shown;
}

static int check_time(gnutls_x509_crt_t leaf, int64_t *not_after_s, struct spk_err *err)
{
    time_t until = gnutls_x509_crt_get_expiration_time(leaf);
    char text[SPK_CLOCK_TEXT];

    if (until == (time_t)-1)
        return spk_fail(err, SPK_EPARSE, "certificate: its end of validity is unreadable");
    if ((int64_t)until <= spk_clock_wall_ms() / 1000) {
        spk_clock_text(text, (int64_t)until);
        return spk_fail(err, SPK_EINVALID, "certificate: expired on %s", text);
    }
    *not_after_s = (int64_t)until;
    return 0;
}

/* The two forms that a handshake wants. A half-built @shown is the caller's to free. */
static int shown_fill(struct spk_tls_shown *shown, struct spk_tls_crts *list,
                      gnutls_x509_privkey_t key, struct spk_err *err)
{
    int rc;

    shown->chain = calloc(list->count, sizeof(*shown->chain));
    if (!shown->chain)
        return spk_fail(err, SPK_ENOMEM, "certificate");
    for (unsigned i = 0; i < list->count; i++) {
        rc = gnutls_pcert_import_x509(&shown->chain[i], list->crts[i], 0);
        if (rc < 0)
            return spk_tls_fail(err, rc, "certificate");
        shown->count = i + 1;
    }
    rc = gnutls_privkey_init(&shown->key);
    if (rc < 0) {
        shown->key = NULL;
        return spk_tls_fail(err, rc, "private key");
    }
    rc = gnutls_privkey_import_x509(shown->key, key, GNUTLS_PRIVKEY_IMPORT_COPY);
    return rc < 0 ? spk_tls_fail(err, rc, "private key") : 0;
}

static int shown_print(struct spk_tls_shown *shown, const struct spk_tls_pem *pem,
                       struct spk_err *err)
{
    struct spk_buf bundle;
    size_t len;
    char *text = strndup(pem->chain, pem->chain_len);
    int rc;

    spk_buf_init(&bundle, SPK_PKI_PEM_MAX);
    rc = text ? spk_pki_join(&bundle, text, INT64_MIN, err)
              : spk_fail(err, SPK_ENOMEM, "certificate");
    free(text);
    shown->text = spk_buf_take(&bundle, &len);
    return rc;
}

static struct spk_tls_shown *shown_new(const struct spk_tls_pem *pem, struct spk_err *err)
{
    SPK_CLEANUP(spk_tls_crts_done) struct spk_tls_crts list = {0};
    SPK_CLEANUP(spk_tls_key_done) gnutls_x509_privkey_t key = NULL;
    struct spk_tls_shown *shown;

    if (spk_tls_import_crts(&list, pem->chain, pem->chain_len, err) ||
        spk_tls_import_key(&key, pem->key, pem->key_len, err) ||
        spk_tls_check_key(list.crts[0], key, err))
        return NULL;
    shown = calloc(1, sizeof(*shown));
    if (!shown) {
        (void)spk_fail(err, SPK_ENOMEM, "certificate");
        return NULL;
    }
    atomic_init(&shown->users, 1);
    if (check_time(list.crts[0], &shown->not_after_s, err) || shown_fill(shown, &list, key, err) ||
        shown_print(shown, pem, err)) {
        shown_free(shown);
        return NULL;
    }
    return shown;
}

int spk_tls_set(struct spk_tls *tls, const struct spk_tls_pem *pem, struct spk_err *err)
{
    struct spk_tls_shown *shown;
    struct spk_tls_shown *old;

    if (pem->chain_len > UINT_MAX || pem->key_len > UINT_MAX)
        return spk_fail(err, SPK_ETOOBIG, "certificate");
    shown = shown_new(pem, err);
    if (!shown)
        return -1;
    (void)pthread_mutex_lock(&tls->lock);
    old = tls->shown;
    tls->shown = shown;
    atomic_store(&tls->not_after_s, shown->not_after_s);
    (void)pthread_mutex_unlock(&tls->lock);
    shown_unref(old);
    return 0;
}

int spk_tls_chain(char **out, struct spk_tls *tls, struct spk_err *err)
{
    struct spk_tls_shown *shown = shown_take(tls);
    char *text;

    if (!shown)
        return 1;
    text = strdup(shown->text);
    shown_unref(shown);
    if (!text)
        return spk_fail(err, SPK_ENOMEM, "certificate");
    *out = text;
    return 0;
}

int64_t spk_tls_not_after_s(const struct spk_tls *tls)
{
    return atomic_load(&tls->not_after_s);
}

/* --------------------------------------------------------------------------- one identity */

static int trust_clients(struct spk_tls *tls, const char *ca, size_t len, struct spk_err *err)
{
    gnutls_datum_t bytes = spk_tls_datum(ca, len);
    int rc;

    if (len > UINT_MAX)
        return spk_fail(err, SPK_ETOOBIG, "client CA");
    rc = gnutls_x509_trust_list_init(&tls->clients, 0);
    if (rc < 0) {
        tls->clients = NULL;
        return spk_tls_fail(err, rc, "client CA");
    }
    rc =
        gnutls_x509_trust_list_add_trust_mem(tls->clients, &bytes, NULL, GNUTLS_X509_FMT_PEM, 0, 0);
    if (rc < 0)
        return spk_tls_fail(err, rc, "client CA");
    if (rc == 0)
        return spk_fail(err, SPK_EPARSE, "client CA: the PEM holds no certificate");
    return 0;
}

int spk_tls_new(struct spk_tls **out, const char *client_ca, size_t client_ca_len,
                struct spk_err *err)
{
    struct spk_tls *tls = calloc(1, sizeof(*tls));

    if (!tls)
        return spk_fail(err, SPK_ENOMEM, "TLS");
    (void)pthread_mutex_init(&tls->lock, NULL);
    if (client_ca && trust_clients(tls, client_ca, client_ca_len, err)) {
        spk_tls_free(tls);
        return -1;
    }
    *out = tls;
    return 0;
}

void spk_tls_free(struct spk_tls *tls)
{
    if (!tls)
        return;
    shown_unref(tls->shown);
    if (tls->clients)
        gnutls_x509_trust_list_deinit(tls->clients, 1);
    (void)pthread_mutex_destroy(&tls->lock);
    free(tls);
}

struct spk_tls_counts spk_tls_counts(const struct spk_tls *tls)
{
    return (struct spk_tls_counts){.handshakes = atomic_load(&tls->handshakes),
                                   .failures = atomic_load(&tls->failures)};
}

/* --------------------------------------------------------------------------- one handshake */

static int retrieve(gnutls_session_t gnutls, const struct gnutls_cert_retr_st *info,
                    gnutls_pcert_st **chain, unsigned *count, gnutls_ocsp_data_st **ocsp,
                    unsigned *ocsp_count, gnutls_privkey_t *key, unsigned *flags)
{
    struct spk_tls_session *session = gnutls_session_get_ptr(gnutls);

    (void)info;
    if (!session->shown)
        session->shown = shown_take(session->tls);
    if (!session->shown)
        return -1; /* nothing to show yet: the handshake fails */
    *chain = session->shown->chain;
    *count = session->shown->count;
    *key = session->shown->key;
    *ocsp = NULL;
    *ocsp_count = 0;
    *flags = 0; /* ours to free */
    return 0;
}

const char *spk_tls_priorities(void)
{
    return PRIORITIES;
}

void *spk_tls_retrieve_function(void)
{
    gnutls_certificate_retrieve_function3 *function = retrieve;
    void *ptr;

    memcpy(&ptr, &function, sizeof(ptr)); /* POSIX has them the same size, ISO C no cast */
    return ptr;
}

/* Both Finished messages end a handshake, in an order that depends on the version. */
static int on_finished(gnutls_session_t gnutls, unsigned type, unsigned when, unsigned incoming,
                       const gnutls_datum_t *msg)
{
    struct spk_tls_session *session = gnutls_session_get_ptr(gnutls);

    (void)type;
    (void)when;
    (void)msg;
    if (session->finished == FINISHED_BOTH)
        return 0;
    session->finished |= incoming ? 1U : 2U;
    if (session->finished != FINISHED_BOTH)
        return 0;
    atomic_fetch_add(&session->tls->handshakes, 1);
    shown_unref(SPK_STEAL(session->shown));
    return 0;
}

static int import_peer(struct spk_tls_crts *out, gnutls_session_t gnutls)
{
    unsigned count = 0;
    const gnutls_datum_t *raw = gnutls_certificate_get_peers(gnutls, &count);

    if (!raw || count == 0)
        return -1;
    out->crts = gnutls_calloc(count, sizeof(gnutls_x509_crt_t));
    if (!out->crts)
        return -1;
    for (unsigned i = 0; i < count; i++) {
        if (gnutls_x509_crt_init(&out->crts[i]) < 0)
            return -1;
        out->count = i + 1;
        if (gnutls_x509_crt_import(out->crts[i], &raw[i], GNUTLS_X509_FMT_DER) < 0)
            return -1;
    }
    return 0;
}

/* The client's certificate must chain to one of our CAs and be made for clients. Any other value
 * than 0 ends the handshake. */
static int verify_client(gnutls_session_t gnutls)
{
    struct spk_tls_session *session = gnutls_session_get_ptr(gnutls);
    SPK_CLEANUP(spk_tls_crts_done) struct spk_tls_crts peer = {0};
    char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st data = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                  .data = (unsigned char *)purpose};
    unsigned status = GNUTLS_CERT_INVALID;

    if (import_peer(&peer, gnutls))
        return GNUTLS_E_CERTIFICATE_ERROR;
    if (gnutls_x509_trust_list_verify_crt2(session->tls->clients, peer.crts, peer.count, &data, 1,
                                           0, &status, NULL) < 0)
        return GNUTLS_E_CERTIFICATE_ERROR;
    return status == 0 ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

void spk_tls_session_begin(struct spk_tls_session *out, struct spk_tls *tls, void *gnutls_session)
{
    gnutls_session_t gnutls = gnutls_session;

    *out = (struct spk_tls_session){.tls = tls, .gnutls = gnutls};
    gnutls_session_set_ptr(gnutls, out);
    gnutls_handshake_set_hook_function(gnutls, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST,
                                       on_finished);
    if (!tls->clients)
        return;
    gnutls_certificate_server_set_request(gnutls, GNUTLS_CERT_REQUIRE);
    gnutls_session_set_verify_function(gnutls, verify_client);
}

void spk_tls_session_read_by(struct spk_tls_session *session, int fd,
                             ssize_t (*pull)(void *ctx, void *out, size_t size), void *ctx)
{
    void *write_to = (void *)(intptr_t)fd; /* as libmicrohttpd has it */

    gnutls_transport_set_ptr2(session->gnutls, ctx, write_to);
    gnutls_transport_set_pull_function(session->gnutls, pull);
}

int spk_tls_session_say_last(struct spk_tls_session *session, const char *text, size_t len)
{
    if (session->finished != FINISHED_BOTH)
        return -1;
    if (gnutls_record_send(session->gnutls, text, len) != (ssize_t)len)
        return -1;
    return gnutls_bye(session->gnutls, GNUTLS_SHUT_WR) == GNUTLS_E_SUCCESS ? 0 : -1;
}

void spk_tls_session_end(struct spk_tls_session *session, bool spoke)
{
    if (session->tls && spoke && session->finished != FINISHED_BOTH)
        atomic_fetch_add(&session->tls->failures, 1);
    shown_unref(SPK_STEAL(session->shown));
}
