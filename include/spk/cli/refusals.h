#ifndef SPK_CLI_REFUSALS_H
#define SPK_CLI_REFUSALS_H
/*
 * Requests that got no answer of their own, and connections that were ended: counted by reason, and
 * logged so that no stranger fills the log.
 *
 * Threads: all safe once initialised.
 */

#include "spk/base/log.h"
#include "spk/cli/throttle.h"
#include "spk/net/httpd.h"

#include <pthread.h>
#include <stdatomic.h>

/* The transport's reasons come first, those of a program follow. */
#define SPK_REFUSALS_MAX (SPK_REJECTS + 4)

struct spk_refusals {
    const struct spk_logger *logger;      /* borrowed */
    const char *(*text)(unsigned reason); /* of a program's own reasons; NULL without any */
    atomic_uint_fast64_t counts[SPK_REFUSALS_MAX];
    struct spk_throttle throttles[SPK_REFUSALS_MAX]; /* guarded by the lock */
    pthread_mutex_t lock;
};

/* In place, zeroed. */
void spk_refusals_init(struct spk_refusals *refusals, const struct spk_logger *logger,
                       const char *(*text)(unsigned reason));
void spk_refusals_done(struct spk_refusals *refusals);

const char *spk_refusals_text(const struct spk_refusals *refusals, unsigned reason);

/* Counts and logs. @detail may be NULL. */
void spk_refusals_tell(struct spk_refusals *refusals, unsigned reason, const char *peer,
                       const char *detail);

#endif
