#ifndef SPK_KUBE_LEASE_H
#define SPK_KUBE_LEASE_H
/*
 * Leadership by a Lease: one of several processes writes, the others stand by.
 *
 * The holder is believed for leaseDurationSeconds after the last change that WE saw, by our own
 * clock, which never jumps and goes on while the machine is suspended: clocks of machines are never
 * compared. Who holds it stops calling itself leader renew_deadline_ms, which is shorter, after it
 * began the last renewal that was confirmed, whatever its thread is doing then. Losing it ends
 * nothing but the right to write; the campaign goes on. Without permission for the Lease (get,
 * create, update) there is no leader here.
 *
 * Spec:    coordination.k8s.io/v1 Lease; client-go tools/leaderelection
 * Threads: one of its own, on which on_change is called; everything else from any thread
 */

#include "spk/base/err.h"
#include "spk/kube/client.h"

#include <stdbool.h>
#include <stdint.h>

struct spk_lease;

struct spk_lease_options {
    const char *ns; /* all texts borrowed for the call */
    const char *name;
    const char *identity;      /* unique: "<hostname>_<uuid>" */
    int64_t duration_ms;       /* 15 s */
    int64_t renew_deadline_ms; /* 10 s */
    int64_t retry_ms;          /* 2 s */
    void *ctx;
    /* @err says why, when leading ended or can't begin (also a 403); empty when it was taken over
     * as it should be. Called at every change, at each new kind of failure, also while we still
     * lead, and when it is over; not any more once spk_lease_stop() was called. */
    void (*on_change)(void *ctx, bool leading, const struct spk_err *err);
};

/* Errors: SPK_EINVALID unless 0 < retry_ms < renew_deadline_ms < duration_ms, or for a name that no
 * path can have; SPK_EIO without a thread or a descriptor; SPK_ENOMEM. What the API server says
 * comes through on_change and is tried again. */
int spk_lease_start(struct spk_lease **out, struct spk_kube *kube,
                    const struct spk_lease_options *options, struct spk_err *err)
    __attribute__((warn_unused_result));

/* True as long as nobody else can believe to lead: asked right before every write. */
bool spk_lease_leading(const struct spk_lease *lease);

/* Gives the Lease up (holderIdentity empty), so that the next one need not wait, for at most 2 s,
 * and ends: whoever writes must have ended before. NULL is fine. */
void spk_lease_stop(struct spk_lease *lease);

#endif
