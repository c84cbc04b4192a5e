#include "webhook/certificates/certificates.h"

#include "spk/base/cleanup.h"
#include "spk/base/file.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static char cert[128];
static char key[128];
static char ca[128];
static struct spk_serve_options options;
static struct spk_certificates certificates;

static void setup(void)
{
    (void)snprintf(dir, sizeof(dir), "/tmp/spk-certs.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(cert, sizeof(cert), "%s/tls.crt", dir);
    (void)snprintf(key, sizeof(key), "%s/tls.key", dir);
    (void)snprintf(ca, sizeof(ca), "%s/ca.crt", dir);
    options = (struct spk_serve_options){
        .tls_cert_file = cert,
        .tls_private_key_file = key,
        .service_name = "s",
        .namespace_ = "n",
    };
}

static void teardown(void)
{
    spk_certificates_done(&certificates);
    (void)unlink(cert);
    (void)unlink(key);
    (void)unlink(ca);
    ck_assert_int_eq(rmdir(dir), 0);
}

/* New files of the given validity, which tells them apart. */
static void put(int days)
{
    static const char *const names[] = {"localhost"};
    struct spk_tls_made made;
    struct spk_err err = {0};

    ck_assert_msg(spk_tls_make(&made, names, 1, days, &err) == 0, "%s", err.msg);
    ck_assert_int_eq(spk_file_write(cert, spk_str(made.chain), 0644, &err), 0);
    ck_assert_int_eq(spk_file_write(key, spk_str(made.key), 0600, &err), 0);
    spk_tls_made_done(&made);
}

static int64_t shown(void)
{
    return spk_tls_not_after_s(certificates.tls);
}

static int look(struct spk_err *err)
{
    *err = (struct spk_err){0};
    return spk_certificates_look(&certificates, err);
}

static void begin(void)
{
    struct spk_err err = {0};

    put(10);
    ck_assert_msg(spk_certificates_init(&certificates, &options, NULL, &err) == 0, "%s", err.msg);
}

START_TEST(a_change_is_shown_once)
{
    struct spk_err err;
    int64_t first;

    begin();
    first = shown();
    ck_assert_int_eq(look(&err), 0);
    put(20);
    ck_assert_msg(look(&err) == 1, "%s", err.msg);
    ck_assert_int_gt(shown(), first);
    ck_assert_int_eq(look(&err), 0);
}
END_TEST

START_TEST(a_fault_is_reported_once_and_the_old_one_stays)
{
    struct spk_err err;
    int64_t first;

    begin();
    first = shown();
    ck_assert_int_eq(spk_file_write(cert, SPK_LIT("nonsense"), 0644, &err), 0);
    ck_assert_int_eq(look(&err), -1);
    ck_assert_ptr_nonnull(strstr(err.msg, cert));
    ck_assert_int_eq(look(&err), 0);
    ck_assert_int_eq(look(&err), 0);
    ck_assert_int_eq(shown(), first);
    ck_assert_int_eq(spk_file_write(cert, SPK_LIT("other nonsense"), 0644, &err), 0);
    ck_assert_int_eq(look(&err), -1);
    ck_assert_int_eq(spk_file_write(cert, SPK_LIT("a third nonsense"), 0644, &err), 0);
    ck_assert_int_eq(look(&err), -1);
    put(20);
    ck_assert_int_eq(look(&err), 1);
    ck_assert_int_gt(shown(), first);
}
END_TEST

START_TEST(a_key_of_another_certificate)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf old = {.ceiling = 10000};
    struct spk_err err;

    begin();
    ck_assert_int_eq(spk_file_read(&old, key, &err), 0);
    put(20);
    ck_assert_int_eq(spk_file_write(key, (struct spk_str){old.ptr, old.len}, 0600, &err), 0);
    ck_assert_int_eq(look(&err), -1);
    ck_assert_ptr_nonnull(strstr(err.msg, key));
}
END_TEST

START_TEST(a_missing_file_is_reported_once)
{
    struct spk_err err;

    begin();
    ck_assert_int_eq(unlink(key), 0);
    ck_assert_int_eq(look(&err), -1);
    ck_assert_ptr_nonnull(strstr(err.msg, key));
    ck_assert_int_eq(look(&err), 0);
    put(20);
    ck_assert_int_eq(look(&err), 1);
    ck_assert_int_eq(unlink(key), 0);
    ck_assert_int_eq(look(&err), -1);
}
END_TEST

START_TEST(no_files_at_the_start)
{
    struct spk_err err = {0};

    ck_assert_int_eq(spk_certificates_init(&certificates, &options, NULL, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.msg, "--tls-cert-file"));
    ck_assert_ptr_nonnull(strstr(err.msg, cert));
    ck_assert_ptr_nonnull(strstr(err.msg, "--certificates=self-signed"));
}
END_TEST

START_TEST(a_client_ca_that_is_none)
{
    struct spk_err err = {0};

    put(10);
    options.client_ca_file = key;
    ck_assert_int_eq(spk_certificates_init(&certificates, &options, NULL, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.msg, "--client-ca-file"));
    ck_assert_int_eq(spk_file_write(ca, SPK_LIT(""), 0644, &err), 0);
    options.client_ca_file = ca;
    ck_assert_int_eq(spk_certificates_init(&certificates, &options, NULL, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.msg, "--client-ca-file"));
}
END_TEST

START_TEST(self_signed_writes_its_ca)
{
    struct spk_err err = {0};
    struct stat st;

    options.source = SPK_SOURCE_SELF_SIGNED;
    options.ca_file_out = ca;
    ck_assert_msg(spk_certificates_init(&certificates, &options, NULL, &err) == 0, "%s", err.msg);
    ck_assert_int_gt(shown(), 0);
    ck_assert_int_eq(stat(ca, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0644);
    ck_assert_int_eq(look(&err), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("certificates");
    TCase *tcase = tcase_create("certificates");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, a_change_is_shown_once);
    tcase_add_test(tcase, a_fault_is_reported_once_and_the_old_one_stays);
    tcase_add_test(tcase, a_key_of_another_certificate);
    tcase_add_test(tcase, a_missing_file_is_reported_once);
    tcase_add_test(tcase, no_files_at_the_start);
    tcase_add_test(tcase, a_client_ca_that_is_none);
    tcase_add_test(tcase, self_signed_writes_its_ca);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
