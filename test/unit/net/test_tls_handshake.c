/* Handshakes: what is shown, who is let in, and how they are counted. */
#include "identity.h"
#include "rig.h"

#include <pthread.h>

/* --------------------------------------------------------------------------------- the client */

struct client {
    int fd;
    gnutls_session_t session;
    gnutls_certificate_credentials_t cred;
};

/* What the handshake gave; with TLS 1.3 a refusal of the client's certificate comes after it. */
static int client_open(struct client *out, const struct rig *rig, const char *ca,
                       const char *priorities, const struct identity *self)
{
    gnutls_datum_t pem = {(unsigned char *)(uintptr_t)ca, (unsigned)strlen(ca)};
    struct identity copy = self ? *self : (struct identity){0};
    int rc;

    OK(gnutls_certificate_allocate_credentials(&out->cred));
    OK(gnutls_certificate_set_x509_trust_mem(out->cred, &pem, GNUTLS_X509_FMT_PEM));
    if (self)
        OK(gnutls_certificate_set_x509_key(out->cred, &copy.crt, 1, copy.key));
    OK(gnutls_init(&out->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL));
    OK(gnutls_priority_set_direct(out->session, priorities, NULL));
    OK(gnutls_credentials_set(out->session, GNUTLS_CRD_CERTIFICATE, out->cred));
    gnutls_session_set_verify_cert(out->session, names[0], 0);
    gnutls_handshake_set_timeout(out->session, PATIENCE_MS);
    out->fd = rig_connect(rig);
    gnutls_transport_set_int(out->session, out->fd);
    do
        rc = gnutls_handshake(out->session);
    while (rc < 0 && !gnutls_error_is_fatal(rc));
    return rc;
}

static void client_close(struct client *client)
{
    (void)gnutls_bye(client->session, GNUTLS_SHUT_WR);
    gnutls_deinit(client->session);
    gnutls_certificate_free_credentials(client->cred);
    (void)close(client->fd);
}

/* The status of a GET, 0 when the connection ends instead. */
static unsigned client_ask(struct client *client)
{
    static const char request[] = "GET /get HTTP/1.1\r\nHost: x\r\n\r\n";
    char answer[4096] = "";
    size_t len = 0;

    if (gnutls_record_send(client->session, request, sizeof(request) - 1) < 0)
        return 0;
    while (!strstr(answer, "left\n")) { /* head and body may be two records */
        ssize_t n = gnutls_record_recv(client->session, answer + len, sizeof(answer) - 1 - len);

        if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
            continue;
        if (n <= 0)
            return 0;
        len += (size_t)n;
        answer[len] = '\0';
    }
    return rig_status(answer);
}

static bool shows(struct client *client, const char *chain)
{
    unsigned count = 0;
    const gnutls_datum_t *peers = gnutls_certificate_get_peers(client->session, &count);
    gnutls_x509_crt_t expected = parse_crt(chain);
    gnutls_datum_t der;
    bool same;

    ck_assert(peers && count > 0);
    OK(gnutls_x509_crt_export2(expected, GNUTLS_X509_FMT_DER, &der));
    same = der.size == peers[0].size && memcmp(der.data, peers[0].data, der.size) == 0;
    gnutls_free(der.data);
    gnutls_x509_crt_deinit(expected);
    return same;
}

static void wait_counts(struct spk_tls *tls, uint64_t handshakes, uint64_t failures,
                        const char *name)
{
    int64_t until = spk_clock_mono_ms() + PATIENCE_MS;
    struct spk_tls_counts counts;

    do {
        counts = spk_tls_counts(tls);
        if (counts.handshakes == handshakes && counts.failures == failures)
            return;
        (void)usleep(5 * 1000);
    } while (spk_clock_mono_ms() < until);
    ck_abort_msg("%s: %llu handshakes and %llu failures", name,
                 (unsigned long long)counts.handshakes, (unsigned long long)counts.failures);
}

/* ---------------------------------------------------------------------------------- the tests */

/* A system's configuration may change what a priority string means: this is what it must mean. */
START_TEST(priorities)
{
    static const char *const expected[] = {
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_CHACHA20_POLY1305",
        "TLS_ECDHE_RSA_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_CHACHA20_POLY1305",
    };
    gnutls_priority_t cache;
    unsigned index;
    size_t n = 0;

    OK(gnutls_priority_init(&cache, spk_tls_priorities(), NULL));
    for (unsigned i = 0;; i++) {
        int rc = gnutls_priority_get_cipher_suite_index(cache, i, &index);
        const char *suite;

        if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            break;
        if (rc < 0)
            continue; /* known and not available */
        suite = gnutls_cipher_suite_info(index, NULL, NULL, NULL, NULL, NULL);
        ck_assert_msg(n < SPK_LEN(expected), "one more: %s", suite);
        ck_assert_ptr_nonnull(strstr(suite, expected[n] + 4));
        n++;
    }
    ck_assert_uint_eq(n, SPK_LEN(expected));
    gnutls_priority_deinit(cache);
}
END_TEST

#define TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

static const struct {
    const char *name;
    const char *priorities;
    bool good;
} versions[] = {
    {"TLS 1.2", TLS12, true},
    {"TLS 1.3", TLS13, true},
    {"TLS 1.1", "NORMAL:-VERS-ALL:+VERS-TLS1.1", false},
    {"TLS 1.2, CBC alone", TLS12 ":-CIPHER-ALL:+AES-128-CBC:+AES-256-CBC", false},
    {"TLS 1.2, RSA alone", TLS12 ":-KX-ALL:+RSA", false},
    {"TLS 1.2, ChaCha", TLS12 ":-CIPHER-ALL:+CHACHA20-POLY1305", true},
};

START_TEST(version)
{
    struct spk_tls_made made = make();
    struct rig rig = rig_defaults();
    struct client client;
    int rc;

    rig.options.tls = new_tls(NULL);
    show(rig.options.tls, &made);
    rig_start(&rig);
    rc = client_open(&client, &rig, made.ca, versions[_i].priorities, NULL);
    ck_assert_msg((rc >= 0) == versions[_i].good, "%s: %s", versions[_i].name, gnutls_strerror(rc));
    if (rc >= 0)
        ck_assert_msg(client_ask(&client) == 200, "%s: no answer", versions[_i].name);
    client_close(&client);
    wait_counts(rig.options.tls, versions[_i].good, !versions[_i].good, versions[_i].name);
    rig_stop(&rig);
    spk_tls_free(rig.options.tls);
    spk_tls_made_done(&made);
}
END_TEST

/* AES-GCM first, whatever the client likes better. */
START_TEST(our_order)
{
    struct spk_tls_made made = make();
    struct rig rig = rig_defaults();
    struct client client;

    rig.options.tls = new_tls(NULL);
    show(rig.options.tls, &made);
    rig_start(&rig);
    OK(client_open(&client, &rig, made.ca,
                   TLS13 ":-CIPHER-ALL:+CHACHA20-POLY1305:+AES-256-GCM:+AES-128-GCM", NULL));
    ck_assert_int_eq(gnutls_cipher_get(client.session), GNUTLS_CIPHER_AES_128_GCM);
    client_close(&client);
    rig_stop(&rig);
    spk_tls_free(rig.options.tls);
    spk_tls_made_done(&made);
}
END_TEST

START_TEST(nothing_to_show)
{
    struct spk_tls_made made = make();
    struct rig rig = rig_defaults();
    struct client client;

    rig.options.tls = new_tls(NULL);
    rig_start(&rig);
    ck_assert_int_lt(client_open(&client, &rig, made.ca, "NORMAL", NULL), 0);
    client_close(&client);
    show(rig.options.tls, &made);
    OK(client_open(&client, &rig, made.ca, "NORMAL", NULL));
    ck_assert_uint_eq(client_ask(&client), 200);
    client_close(&client);
    wait_counts(rig.options.tls, 1, 1, "nothing to show");
    rig_stop(&rig);
    spk_tls_free(rig.options.tls);
    spk_tls_made_done(&made);
}
END_TEST

/* An open connection keeps what it was shown; the next one sees the new certificate. */
START_TEST(replaced)
{
    struct spk_tls_made made[2] = {make(), make()};
    struct rig rig = rig_defaults();
    struct client old;
    struct client new;

    rig.options.tls = new_tls(NULL);
    show(rig.options.tls, &made[0]);
    rig_start(&rig);
    OK(client_open(&old, &rig, made[0].ca, "NORMAL", NULL));
    ck_assert(shows(&old, made[0].chain));
    show(rig.options.tls, &made[1]);
    ck_assert_uint_eq(client_ask(&old), 200);
    OK(client_open(&new, &rig, made[1].ca, "NORMAL", NULL));
    ck_assert(shows(&new, made[1].chain));
    ck_assert_uint_eq(client_ask(&new), 200);
    ck_assert_uint_eq(client_ask(&old), 200);
    client_close(&old);
    client_close(&new);
    rig_stop(&rig);
    spk_tls_free(rig.options.tls);
    spk_tls_made_done(&made[0]);
    spk_tls_made_done(&made[1]);
}
END_TEST

struct replacer {
    struct spk_tls *tls;
    const struct spk_tls_made *made;
    atomic_bool stop;
};

static void *replace(void *ctx)
{
    struct replacer *replacer = ctx;

    for (unsigned i = 0; !atomic_load(&replacer->stop); i++)
        show(replacer->tls, &replacer->made[i % 2]);
    return NULL;
}

/* The certificate changes all the time; every handshake succeeds. */
START_TEST(replaced_under_load)
{
    struct spk_tls_made made[2] = {make(), make()};
    struct rig rig = rig_defaults();
    struct replacer replacer = {.made = made};
    pthread_t thread;
    char *both = NULL;

    ck_assert_int_gt(asprintf(&both, "%s%s", made[0].ca, made[1].ca), 0);
    rig.options.tls = new_tls(NULL);
    show(rig.options.tls, &made[0]);
    rig_start(&rig);
    replacer.tls = rig.options.tls;
    ck_assert_int_eq(pthread_create(&thread, NULL, replace, &replacer), 0);
    for (int i = 0; i < 50; i++) {
        struct client client;
        int rc = client_open(&client, &rig, both, i % 2 ? TLS12 : TLS13, NULL);

        ck_assert_msg(rc >= 0, "handshake %d: %s", i, gnutls_strerror(rc));
        ck_assert_uint_eq(client_ask(&client), 200);
        client_close(&client);
    }
    atomic_store(&replacer.stop, true);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    wait_counts(rig.options.tls, 50, 0, "under load");
    rig_stop(&rig);
    spk_tls_free(rig.options.tls);
    free(both);
    spk_tls_made_done(&made[0]);
    spk_tls_made_done(&made[1]);
}
END_TEST

enum who { NOBODY, GOOD, PURPOSELESS, FOREIGN, SERVER, LATE };

static const struct {
    const char *name;
    enum who who;
    bool good;
} clients[] = {
    {"no certificate", NOBODY, false},
    {"a good one", GOOD, true},
    {"one without a purpose", PURPOSELESS, true},
    {"of a foreign CA", FOREIGN, false},
    {"one for servers", SERVER, false},
    {"an expired one", LATE, false},
};

START_TEST(client_certificate)
{
    enum who who = clients[_i / 2].who;
    const char *name = clients[_i / 2].name;
    bool good = clients[_i / 2].good;
    struct identity cas[2] = {issue(NULL, NULL, time(NULL) + 3600),
                              issue(NULL, NULL, time(NULL) + 3600)};
    const char *purpose = who == SERVER        ? GNUTLS_KP_TLS_WWW_SERVER
                          : who == PURPOSELESS ? NULL
                                               : GNUTLS_KP_TLS_WWW_CLIENT;
    struct identity self =
        issue(&cas[who == FOREIGN], purpose, time(NULL) + (who == LATE ? -60 : 3600));
    char *ca = crt_text(cas[0].crt);
    struct spk_tls_made made = make();
    struct rig rig = rig_defaults();
    struct client client;
    int rc;

    rig.options.tls = new_tls(ca);
    show(rig.options.tls, &made);
    rig_start(&rig);
    rc = client_open(&client, &rig, made.ca, _i % 2 ? TLS12 : TLS13, who == NOBODY ? NULL : &self);
    ck_assert_msg(rc >= 0 || !good, "%s: %s", name, gnutls_strerror(rc));
    if (rc >= 0)
        ck_assert_msg(client_ask(&client) == (good ? 200 : 0), "%s: let in or not", name);
    client_close(&client);
    wait_counts(rig.options.tls, good, !good, name);
    rig_stop(&rig);
    spk_tls_free(rig.options.tls);
    spk_tls_made_done(&made);
    free(ca);
    identity_done(&self);
    identity_done(&cas[0]);
    identity_done(&cas[1]);
}
END_TEST

/* Who only opens the port is a probe; who says something else than TLS is a failure. */
START_TEST(not_tls)
{
    struct spk_tls_made made = make();
    struct rig rig = rig_defaults();
    int fds[3];

    rig.options.tls = new_tls(NULL);
    rig.options.request_ms = 300;
    show(rig.options.tls, &made);
    rig_start(&rig);
    fds[0] = rig_connect(&rig);
    (void)close(fds[0]);
    fds[1] = rig_connect(&rig);
    ck_assert(rig_say(fds[1], "GET /get HTTP/1.1\r\nHost: x\r\n\r\n"));
    (void)rig_wait_end(fds[1], "plain HTTP");
    fds[2] = rig_connect(&rig);
    ck_assert(rig_say(fds[2], "\x16\x03\x01")); /* the begin of a record, and silence */
    (void)rig_wait_end(fds[2], "half a record");
    wait_counts(rig.options.tls, 0, 2, "not TLS");
    ck_assert_uint_eq(rig_rejected(&rig, SPK_REJECT_SLOW), 1);
    (void)close(fds[1]);
    (void)close(fds[2]);
    rig_stop(&rig);
    ck_assert_uint_eq(spk_tls_counts(rig.options.tls).failures, 2);
    spk_tls_free(rig.options.tls);
    spk_tls_made_done(&made);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls_handshake");
    TCase *tls = tcase_create("handshakes");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tls);
    tcase_set_timeout(tls, 60);
    tcase_add_test(tls, priorities);
    tcase_add_loop_test(tls, version, 0, SPK_LEN(versions));
    tcase_add_test(tls, our_order);
    tcase_add_test(tls, nothing_to_show);
    tcase_add_test(tls, replaced);
    tcase_add_test(tls, replaced_under_load);
    tcase_add_loop_test(tls, client_certificate, 0, 2 * SPK_LEN(clients));
    tcase_add_test(tls, not_tls);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
