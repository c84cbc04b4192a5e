#include "webhook/certificates/certificates.h"

#include "spk/base/cleanup.h"
#include "spk/base/file.h"
#include "spk/base/limits.h"
#include "webhook/certificates/names.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Made anew at each start, for trying things out. */
#define SELF_SIGNED_DAYS 365

/* The two files can't be read at one moment. A pair that doesn't fit is read again after this. */
#define TORN_WAIT_MS 50
#define TORN_TRIES   3

static void wipe(struct spk_buf *buf)
{
    if (buf->ptr)
        explicit_bzero(buf->ptr, buf->size);
    spk_buf_done(buf);
}

static void pair_done(struct spk_pair *pair)
{
    spk_buf_done(&pair->chain);
    wipe(&pair->key);
}

static bool buf_eq(const struct spk_buf *a, const struct spk_buf *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

static bool pair_eq(const struct spk_pair *a, const struct spk_pair *b)
{
    return buf_eq(&a->chain, &b->chain) && buf_eq(&a->key, &b->key);
}

static int pair_read(struct spk_pair *pair, const struct spk_serve_options *options,
                     struct spk_err *err)
{
    spk_buf_init(&pair->chain, SPK_FILE_MAX);
    spk_buf_init(&pair->key, SPK_FILE_MAX);
    if (spk_file_read(&pair->chain, options->tls_cert_file, err))
        return spk_fail_in(err, "--tls-cert-file");
    if (spk_file_read(&pair->key, options->tls_private_key_file, err))
        return spk_fail_in(err, "--tls-private-key-file");
    return 0;
}

static int pair_show(struct spk_tls *tls, const struct spk_pair *pair, struct spk_err *err)
{
    const struct spk_tls_pem pem = {
        .chain = pair->chain.ptr ? pair->chain.ptr : "",
        .chain_len = pair->chain.len,
        .key = pair->key.ptr ? pair->key.ptr : "",
        .key_len = pair->key.len,
    };

    return spk_tls_set(tls, &pem, err);
}

/* 0: nothing is new; 1: a new pair is shown; -1 */
static int try_files(struct spk_certificates *certificates, struct spk_err *err)
{
    const struct spk_serve_options *options = certificates->options;
    struct spk_pair pair = {0};
    int rc = 0;

    if (pair_read(&pair, options, err)) {
        rc = -1;
    } else if (!pair_eq(&pair, &certificates->tried)) {
        rc = 1;
        certificates->complaint = (struct spk_err){0};
        if (pair_show(certificates->tls, &pair, err))
            rc = spk_fail_in(err, "%s, %s", options->tls_cert_file, options->tls_private_key_file);
        pair_done(&certificates->tried);
        certificates->tried = pair;
        pair = (struct spk_pair){0};
    }
    pair_done(&pair);
    return rc;
}

static int try_again(struct spk_certificates *certificates, struct spk_err *err)
{
    const struct timespec wait = {.tv_nsec = TORN_WAIT_MS * 1000000L};
    int rc = try_files(certificates, err);

    for (int i = 1; i < TORN_TRIES && rc < 0; i++) {
        int again;
        (void)nanosleep(&wait, NULL);
        again = try_files(certificates, err);
        if (again != 0) /* 0: the same bytes, and the fault of the last try stands */
            rc = again;
    }
    return rc;
}

int spk_certificates_look(struct spk_certificates *certificates, struct spk_err *err)
{
    struct spk_err now = {0};
    bool known;
    int rc;

    if (certificates->managed)
        spk_managed_wake(certificates->managed);
    if (certificates->options->source != SPK_SOURCE_FILES)
        return 0;
    rc = try_again(certificates, &now);
    if (rc == 0 && certificates->complaint.code == SPK_OK)
        return 0;
    known = strcmp(now.msg, certificates->complaint.msg) == 0;
    certificates->complaint = now;
    if (rc >= 0 || known)
        return rc > 0;
    *err = now;
    return -1;
}

static int read_client_ca(struct spk_buf *buf, const struct spk_serve_options *options,
                          struct spk_err *err)
{
    spk_buf_init(buf, SPK_FILE_MAX);
    if (!options->client_ca_file)
        return 0;
    if (spk_file_read(buf, options->client_ca_file, err))
        return spk_fail_in(err, "--client-ca-file");
    return 0;
}

static int new_tls(struct spk_certificates *certificates, struct spk_err *err)
{
    const char *path = certificates->options->client_ca_file;
    struct spk_buf ca;
    int rc;

    if (read_client_ca(&ca, certificates->options, err))
        return -1;
    rc = spk_tls_new(&certificates->tls, path && !ca.ptr ? "" : ca.ptr, ca.len, err);
    if (rc && path)
        rc = spk_fail_in(err, "--client-ca-file: %s", path);
    spk_buf_done(&ca);
    return rc;
}

static int make(struct spk_tls_made *made, const struct spk_serve_options *options,
                struct spk_err *err)
{
    struct spk_names names;

    spk_names_of_service(&names, options);
    spk_names_add(&names, "localhost");
    spk_names_add(&names, "127.0.0.1");
    spk_names_add(&names, "::1");
    return spk_tls_make(made, names.items, names.count, SELF_SIGNED_DAYS, err);
}

static int show_made(struct spk_certificates *certificates, const struct spk_tls_made *made,
                     struct spk_err *err)
{
    const struct spk_tls_pem pem = {
        .chain = made->chain,
        .chain_len = strlen(made->chain),
        .key = made->key,
        .key_len = strlen(made->key),
    };
    const char *path = certificates->options->ca_file_out;

    if (spk_tls_set(certificates->tls, &pem, err))
        return -1;
    if (path && spk_file_write(path, spk_str(made->ca), 0644, err))
        return spk_fail_in(err, "--ca-file-out");
    return 0;
}

static int self_sign(struct spk_certificates *certificates, struct spk_err *err)
{
    struct spk_tls_made made = {0};
    int rc = -1;

    if (make(&made, certificates->options, err) == 0)
        rc = show_made(certificates, &made, err);
    spk_tls_made_done(&made);
    return rc;
}

static int first_files(struct spk_certificates *certificates, struct spk_err *err)
{
    char found[sizeof(err->msg)];

    if (try_again(certificates, err) >= 0)
        return 0;
    if (err->code != SPK_EIO)
        return -1;
    memcpy(found, err->msg, sizeof(found));
    return spk_fail(err, SPK_EIO,
                    "%.350s; for trying things out without files there is "
                    "--certificates=self-signed",
                    found);
}

int spk_certificates_init(struct spk_certificates *out, const struct spk_serve_options *options,
                          const struct spk_logger *logger, struct spk_err *err)
{
    *out = (struct spk_certificates){.options = options};
    if (new_tls(out, err))
        return -1;
    switch (options->source) {
    case SPK_SOURCE_FILES:
        return first_files(out, err);
    case SPK_SOURCE_SELF_SIGNED:
        return self_sign(out, err);
    default:
        return spk_managed_start(&out->managed, options, out->tls, logger, err);
    }
}

void spk_certificates_done(struct spk_certificates *certificates)
{
    spk_managed_stop(certificates->managed);
    certificates->managed = NULL;
    pair_done(&certificates->tried);
    spk_tls_free(certificates->tls);
    certificates->tls = NULL;
}
