#ifndef SPK_NET_TLS_H
#define SPK_NET_TLS_H
/*
 * The server's side of TLS: which certificate is shown, who may connect, how many handshakes
 * there were. The only user of GnuTLS.
 *
 * A certificate can be replaced at any time: each handshake takes the one that is current, and a
 * connection that is open keeps its own. What a handshake took stays alive until no handshake can
 * still use it.
 *
 * Threads: everything may be called from any thread; replacing takes a lock that handshakes hold
 * only to take a reference.
 */

#include "spk/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct spk_tls;

struct spk_tls_counts {
    uint64_t handshakes; /* completed */
    uint64_t failures; /* ended by an alert, a foreign client certificate, no common version, … */
};

/* Certificate chain (leaf first) and key as PEM. Borrowed. */
struct spk_tls_pem {
    const char *chain;
    size_t chain_len;
    const char *key;
    size_t key_len;
};

/**
 * spk_tls_new() - a server identity without a certificate yet
 * @out:       to be freed with spk_tls_free(), after the daemon that uses it has stopped
 * @client_ca: PEM of the CAs that a client certificate must chain to, required in the handshake;
 *             NULL: clients need no certificate
 * @err:       SPK_EPARSE for a PEM that does not parse or holds no certificate; SPK_ENOMEM
 */
int spk_tls_new(struct spk_tls **out, const char *client_ca, size_t client_ca_len,
                struct spk_err *err) __attribute__((warn_unused_result));

void spk_tls_free(struct spk_tls *tls);

/**
 * spk_tls_set() - show this certificate from the next handshake on
 * @pem: checked before use: parses, key belongs to the leaf, not expired
 * @err: SPK_EPARSE or SPK_EINVALID says what is wrong; what was shown before is then still shown
 */
int spk_tls_set(struct spk_tls *tls, const struct spk_tls_pem *pem, struct spk_err *err)
    __attribute__((warn_unused_result));

/* The chain that is shown, PEM, terminated, to be freed with free(). Return: 0, 1 before the first
 * spk_tls_set(), -1 with SPK_ENOMEM. */
int spk_tls_chain(char **out, struct spk_tls *tls, struct spk_err *err)
    __attribute__((warn_unused_result));

/* When the leaf that is shown expires, in seconds since 1970; 0 before the first spk_tls_set(). */
int64_t spk_tls_not_after_s(const struct spk_tls *tls);

struct spk_tls_counts spk_tls_counts(const struct spk_tls *tls);

/* What spk_tls_make() made. Owned by the caller: release with spk_tls_made_done(). */
struct spk_tls_made {
    char *ca; /* PEM, terminated; goes into caBundle */
    char *chain;
    char *key;
};

/**
 * spk_tls_make() - make a CA and a server certificate under it, both ECDSA P-256
 * @names:   DNS names and IP addresses for the certificate's SANs; at least one
 * @days:    validity of both; they begin five minutes ago, for clocks that are late
 *
 * Threads: GnuTLS's random generator is its own
 */
int spk_tls_make(struct spk_tls_made *out, const char *const *names, size_t count, int days,
                 struct spk_err *err) __attribute__((warn_unused_result));

/* Wipes the key and frees all; a zeroed one is fine. */
void spk_tls_made_done(struct spk_tls_made *made);

/*
 * For net/httpd alone: one handshake. The pointers to void are GnuTLS's own types, which only
 * tls.c names: a gnutls_certificate_retrieve_function3 and a gnutls_session_t.
 */
struct spk_tls_shown;

struct spk_tls_session {
    struct spk_tls *tls;
    void *gnutls;                /* gone before spk_tls_session_end() */
    struct spk_tls_shown *shown; /* what this handshake took; NULL before and after it */
    unsigned finished;           /* whose Finished has been seen: 1 the client's, 2 ours */
};

const char *spk_tls_priorities(void);
void *spk_tls_retrieve_function(void);

/* Prepares a new session of GnuTLS; @out must stay where it is until spk_tls_session_end(). */
void spk_tls_session_begin(struct spk_tls_session *out, struct spk_tls *tls, void *gnutls_session);

/* Reads by @pull from now on, which does as recv() does; its first argument is @ctx, and @fd is
 * what it reads from. */
void spk_tls_session_read_by(struct spk_tls_session *session, int fd,
                             ssize_t (*pull)(void *ctx, void *out, size_t size), void *ctx);

/* Sends @text and says that no more will follow, without waiting. For the thread that reads, also
 * from within the function that it reads by. Return: 0, or -1 before a handshake's end. */
int spk_tls_session_say_last(struct spk_tls_session *session, const char *text, size_t len);

/* After GnuTLS has freed its session. @spoke: the client sent something at all; without that an
 * unfinished handshake is no failure but a probe of the port. */
void spk_tls_session_end(struct spk_tls_session *session, bool spoke);

#endif
