/* Certificates: how they are made, and which are taken to be shown. */
#include "identity.h"

#include <stdio.h>

/* ---------------------------------------------------------------------------------- the maker */

static unsigned verify(const struct spk_tls_made *made, const char *host)
{
    gnutls_x509_crt_t ca = parse_crt(made->ca);
    gnutls_x509_crt_t leaf = parse_crt(made->chain);
    gnutls_typed_vdata_st data[] = {
        {.type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)(uintptr_t)host},
        {.type = GNUTLS_DT_KEY_PURPOSE_OID,
         .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER},
    };
    gnutls_x509_trust_list_t list;
    unsigned status = 0;

    OK(gnutls_x509_trust_list_init(&list, 0));
    OK(gnutls_x509_trust_list_add_cas(list, &ca, 1, 0));
    OK(gnutls_x509_trust_list_verify_crt2(list, &leaf, 1, data, SPK_LEN(data), 0, &status, NULL));
    gnutls_x509_trust_list_deinit(list, 1); /* and ca with it */
    gnutls_x509_crt_deinit(leaf);
    return status;
}

static const struct {
    const char *host;
    bool good;
} hosts[] = {
    {"spark-webhook.spark.svc", true},
    {"SPARK-webhook.spark.svc", true},
    {"a.example.org", true},
    {"127.0.0.1", true},
    {"::1", true},
    {"a.b.example.org", false},
    {"spark-webhook.other.svc", false},
    {"127.0.0.2", false},
};

START_TEST(made_names)
{
    struct spk_tls_made made = make();
    unsigned status = verify(&made, hosts[_i].host);

    ck_assert_msg((status == 0) == hosts[_i].good, "%s: status %#x", hosts[_i].host, status);
    spk_tls_made_done(&made);
    ck_assert_ptr_null(made.key);
}
END_TEST

static char *dn_text(gnutls_x509_crt_t crt)
{
    gnutls_datum_t dn;

    OK(gnutls_x509_crt_get_dn2(crt, &dn));
    return as_text(&dn);
}

START_TEST(made_subject)
{
    struct spk_tls_made made = make();
    gnutls_x509_crt_t leaf = parse_crt(made.chain);
    unsigned char serial[32];
    size_t len = sizeof(serial);
    char *dn = dn_text(leaf);

    ck_assert_msg(strstr(dn, "CN=spark-webhook.spark.svc") && strstr(dn, "O=sparkhook"), "%s", dn);
    ck_assert_int_eq(gnutls_x509_crt_get_version(leaf), 3);
    OK(gnutls_x509_crt_get_serial(leaf, serial, &len));
    ck_assert_msg(len >= 16 && len <= 20 && serial[0] < 0x80, "serial of %zu bytes", len);
    free(dn);
    gnutls_x509_crt_deinit(leaf);
    spk_tls_made_done(&made);
}
END_TEST

START_TEST(made_times)
{
    struct spk_tls_made made = make();
    gnutls_x509_crt_t ca = parse_crt(made.ca);
    gnutls_x509_crt_t leaf = parse_crt(made.chain);
    time_t until = gnutls_x509_crt_get_expiration_time(leaf);
    time_t now = time(NULL);

    ck_assert_int_ge(gnutls_x509_crt_get_expiration_time(ca), until);
    ck_assert_int_ge(until, now + 30L * 86400 - 60);
    ck_assert_int_le(until, now + 30L * 86400 + 60);
    ck_assert_int_le(gnutls_x509_crt_get_activation_time(leaf), now - 240);
    ck_assert_int_le(gnutls_x509_crt_get_activation_time(ca), now - 240);
    gnutls_x509_crt_deinit(ca);
    gnutls_x509_crt_deinit(leaf);
    spk_tls_made_done(&made);
}
END_TEST

START_TEST(made_usage)
{
    struct spk_tls_made made = make();
    gnutls_x509_crt_t ca = parse_crt(made.ca);
    gnutls_x509_crt_t leaf = parse_crt(made.chain);
    unsigned of_ca = 0;
    unsigned of_leaf = 0;
    unsigned char id[2][64];
    size_t lens[2] = {sizeof(id[0]), sizeof(id[1])};

    ck_assert_int_gt(gnutls_x509_crt_get_ca_status(ca, NULL), 0);
    ck_assert_int_eq(gnutls_x509_crt_get_ca_status(leaf, NULL), 0);
    OK(gnutls_x509_crt_get_key_usage(leaf, &of_leaf, NULL));
    OK(gnutls_x509_crt_get_key_usage(ca, &of_ca, NULL));
    ck_assert_uint_eq(of_leaf, GNUTLS_KEY_DIGITAL_SIGNATURE);
    ck_assert_uint_eq(of_ca, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    OK(gnutls_x509_crt_get_authority_key_id(leaf, id[0], &lens[0], NULL));
    OK(gnutls_x509_crt_get_subject_key_id(ca, id[1], &lens[1], NULL));
    ck_assert(lens[0] == lens[1] && memcmp(id[0], id[1], lens[0]) == 0);
    gnutls_x509_crt_deinit(ca);
    gnutls_x509_crt_deinit(leaf);
    spk_tls_made_done(&made);
}
END_TEST

START_TEST(made_differ)
{
    struct spk_tls_made made[2] = {make(), make()};
    gnutls_x509_crt_t cas[2] = {parse_crt(made[0].ca), parse_crt(made[1].ca)};
    char *dns[2] = {dn_text(cas[0]), dn_text(cas[1])};

    ck_assert_msg(strcmp(dns[0], dns[1]) != 0, "both are %s", dns[0]);
    ck_assert_msg(strcmp(made[0].key, made[1].key) != 0, "one key for two");
    for (size_t i = 0; i < 2; i++) {
        free(dns[i]);
        gnutls_x509_crt_deinit(cas[i]);
        spk_tls_made_done(&made[i]);
    }
}
END_TEST

/* A Service's name may be longer than a common name can be. */
START_TEST(made_long_name)
{
    const char *name = "a-service-with-a-rather-long-name-as-they-happen-to-be."
                       "in-a-namespace-that-is-not-short-either.svc";
    struct spk_tls_made made = {0};
    struct spk_err err = {0};

    ck_assert_msg(spk_tls_make(&made, &name, 1, 1, &err) == 0, "%s", err.msg);
    ck_assert_uint_eq(verify(&made, name), 0);
    spk_tls_made_done(&made);
}
END_TEST

START_TEST(made_refused)
{
    static const char *const empty[] = {"a", ""};
    struct spk_tls_made made = {0};
    struct spk_err err = {0};

    ck_assert_int_eq(spk_tls_make(&made, names, 0, 1, &err), -1);
    ck_assert_int_eq(spk_tls_make(&made, names, 1, 0, &err), -1);
    ck_assert_int_eq(spk_tls_make(&made, empty, 2, 1, &err), -1);
    ck_assert_int_eq(err.code, SPK_EINVALID);
    ck_assert_str_eq(err.msg, "certificate: an empty name");
    spk_tls_made_done(&made);
}
END_TEST

/* ---------------------------------------------------------------------------- what is refused */

enum what { CHAIN_NONE, CHAIN_JUNK, KEY_JUNK, KEY_FOREIGN, KEY_LOCKED, EXPIRED, SWAPPED };

static const struct {
    const char *name;
    enum what what;
    enum spk_code code;
    const char *expect;
} refused[] = {
    {"no certificate", CHAIN_NONE, SPK_EPARSE, "certificate: "},
    {"junk", CHAIN_JUNK, SPK_EPARSE, "certificate: "},
    {"junk as key", KEY_JUNK, SPK_EPARSE, "private key: "},
    {"foreign key", KEY_FOREIGN, SPK_EINVALID, "private key: it does not belong to"},
    {"encrypted key", KEY_LOCKED, SPK_EINVALID, "private key: it is encrypted"},
    {"expired", EXPIRED, SPK_EINVALID, "certificate: expired on 20"},
    {"swapped", SWAPPED, SPK_EPARSE, "certificate: "},
};

START_TEST(set_refused)
{
    struct spk_tls_made good = make();
    struct spk_tls_made other = make();
    bool expired = refused[_i].what == EXPIRED;
    struct identity ca = issue(NULL, NULL, time(NULL) + 3600);
    struct identity self = issue(&ca, NULL, time(NULL) + (expired ? -3600 : 3600));
    char *crt = crt_text(self.crt);
    char *key = key_text(self.key, refused[_i].what == KEY_LOCKED ? "secret" : NULL);
    struct spk_tls_pem pem = pem_of(crt, key);
    struct spk_tls *tls = new_tls(NULL);
    struct spk_err err = {0};
    int64_t before_s;

    if (refused[_i].what == CHAIN_NONE)
        pem = pem_of("", key);
    else if (refused[_i].what == CHAIN_JUNK)
        pem = pem_of("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", key);
    else if (refused[_i].what == KEY_JUNK)
        pem = pem_of(crt, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    else if (refused[_i].what == KEY_FOREIGN)
        pem = pem_of(crt, other.key);
    else if (refused[_i].what == SWAPPED)
        pem = pem_of(key, crt);

    ck_assert_int_eq(spk_tls_not_after_s(tls), 0);
    show(tls, &good);
    before_s = spk_tls_not_after_s(tls);
    ck_assert_int_gt(before_s, time(NULL));
    ck_assert_msg(spk_tls_set(tls, &pem, &err) == -1, "%s: taken", refused[_i].name);
    ck_assert_msg(strstr(err.msg, refused[_i].expect), "%s: '%s'", refused[_i].name, err.msg);
    ck_assert_msg(err.code == refused[_i].code, "%s: code %d", refused[_i].name, err.code);
    ck_assert_int_eq(spk_tls_not_after_s(tls), before_s);
    spk_tls_free(tls);
    free(crt);
    free(key);
    identity_done(&self);
    identity_done(&ca);
    spk_tls_made_done(&good);
    spk_tls_made_done(&other);
}
END_TEST

/* Names and chains that the files of a Secret may have. */
START_TEST(set_chain)
{
    struct identity ca = issue(NULL, NULL, time(NULL) + 3600);
    struct identity self = issue(&ca, NULL, time(NULL) + 3600);
    char *parts[2] = {crt_text(self.crt), crt_text(ca.crt)};
    char *key = key_text(self.key, NULL);
    char *chain = NULL;
    struct spk_tls *tls = new_tls(NULL);
    struct spk_tls_pem pem;
    struct spk_err err = {0};

    ck_assert_int_gt(asprintf(&chain, "# leaf\n%s\n# CA\n%s", parts[0], parts[1]), 0);
    pem = pem_of(chain, key);
    ck_assert_msg(spk_tls_set(tls, &pem, &err) == 0, "%s", err.msg);
    ck_assert_int_eq(spk_tls_not_after_s(tls), gnutls_x509_crt_get_expiration_time(self.crt));
    spk_tls_free(tls);
    free(parts[0]);
    free(parts[1]);
    free(chain);
    free(key);
    identity_done(&self);
    identity_done(&ca);
}
END_TEST

START_TEST(client_ca_refused)
{
    static const char *const junk[] = {
        "", "junk", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"};
    struct spk_tls *tls = NULL;
    struct spk_err err = {0};

    ck_assert_msg(spk_tls_new(&tls, junk[_i], strlen(junk[_i]), &err) == -1, "row %d: taken", _i);
    ck_assert_msg(strncmp(err.msg, "client CA: ", 11) == 0, "row %d: '%s'", _i, err.msg);
    ck_assert_ptr_null(tls);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls");
    TCase *tls = tcase_create("certificates");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tls);
    tcase_set_timeout(tls, 60);
    tcase_add_loop_test(tls, made_names, 0, SPK_LEN(hosts));
    tcase_add_test(tls, made_subject);
    tcase_add_test(tls, made_times);
    tcase_add_test(tls, made_usage);
    tcase_add_test(tls, made_differ);
    tcase_add_test(tls, made_long_name);
    tcase_add_test(tls, made_refused);
    tcase_add_loop_test(tls, set_refused, 0, SPK_LEN(refused));
    tcase_add_test(tls, set_chain);
    tcase_add_loop_test(tls, client_ca_refused, 0, 3);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
