#ifndef SPK_WEBHOOK_CERTIFICATES_H
#define SPK_WEBHOOK_CERTIFICATES_H
/*
 * Where the server's certificate comes from, and how a new one is noticed.
 *
 * Files and self-signed ones are dealt with here; managed.h has those that look after themselves.
 *
 * Files are noticed by their bytes, not by their times: right for a rename, for an overwrite and
 * for kubelet's swap of the ..data link, and cheap, since they are a few KB.
 *
 * Threads: one at a time, but the struct spk_tls inside is for all.
 */

#include "spk/base/buf.h"
#include "spk/base/err.h"
#include "spk/net/tls.h"
#include "webhook/certificates/managed.h"
#include "webhook/serve_options.h"

/* A chain and a key as they were read. */
struct spk_pair {
    struct spk_buf chain;
    struct spk_buf key;
};

struct spk_certificates {
    struct spk_tls *tls;
    struct spk_managed *managed; /* NULL without --certificates=managed */
    const struct spk_serve_options *options;
    struct spk_pair tried;    /* what was given to the TLS layer last, good or not */
    struct spk_err complaint; /* about the last look; empty: none, or the bytes are new */
};

/**
 * spk_certificates_init() - get the first certificate, write --ca-file-out
 * @out:     release with spk_certificates_done(), also on failure
 * @options, @logger: borrowed
 * @err:     SPK_EIO names the file; SPK_EPARSE and SPK_EINVALID say what is wrong with its content
 */
int spk_certificates_init(struct spk_certificates *out, const struct spk_serve_options *options,
                          const struct spk_logger *logger, struct spk_err *err)
    __attribute__((warn_unused_result));

/* After the server that uses @certificates->tls has stopped. */
void spk_certificates_done(struct spk_certificates *certificates);

/**
 * spk_certificates_look() - show another certificate if the files have changed
 *
 * Managed ones are only told to look: what they find is logged and counted by themselves.
 *
 * Return: 0 when nothing is new, 1 when a new one is shown, -1 for a change that can't be used:
 *         the old one stays, and the same fault is reported once
 */
int spk_certificates_look(struct spk_certificates *certificates, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
