#ifndef SPK_WEBHOOK_CERTIFICATES_ROTATION_H
#define SPK_WEBHOOK_CERTIFICATES_ROTATION_H
/*
 * How several replicas keep one set of certificates: what one of them does next, from what the
 * Secret holds, what caBundle holds and what time it is. No I/O and no clock: the caller carries
 * the steps out, and may fail at any of them; the next thought starts from what is found then.
 *
 * Rules, from which the rest follows:
 * - The Secret is the truth while it can be used; a broken or missing one is put back from memory,
 *   or made anew when there is nothing to put back. Writing is by optimistic concurrency: whoever
 *   comes second finds the other's set and takes it.
 * - caBundle is written twice, the second time with nothing new but a blank line at its end. An API
 *   server can miss a change for good: one that comes while it still prepares the state before puts
 *   that state back into its cache, until the next change (apiserver v0.30 to v0.37,
 *   admission/configuration/mutating_webhook_manager.go: configurationsCache; seen in 1 of 5,633
 *   starts of a replica, and among 3,000 registrations in one of ten).
 * - A leaf under another CA is shown only after this replica has seen that CA for the time of
 *   propagation in a caBundle that was written twice (API servers learn of it one by one), or when
 *   it has nothing else to show.
 * - A CA stays in caBundle until it expires: no leaf outlives its CA, so none can be in use then.
 * - What a replica shows is in caBundle, even if the Secret forgot it. Only a replica that has run
 *   for the time of propagation takes anything out of a caBundle.
 */

#include "webhook/certificates/rotation_set.h"

struct spk_rotation_policy {
    const char *const *names; /* for the leaf; the first is what the API server asks for */
    size_t name_count;
    int64_t leaf_s; /* validity of a leaf and of a CA; each is replaced at two thirds of it */
    int64_t ca_s;
    int64_t propagation_ms;
    double jitter; /* 0 to 1: this replica's place in the last tenth before two thirds are over, so
                      that not all renew at one moment */
};

struct spk_rotation_now {
    int64_t wall_s;  /* seconds since 1970 */
    int64_t mono_ms; /* of a clock that never jumps */
};

/* A CA that is in caBundle. */
struct spk_rotation_seen {
    struct spk_pki_id id;
    int64_t since_ms; /* written twice; -1: only once so far */
};

/* One replica's memory. Zeroed but for policy and start_ms; release with spk_rotation_done(). */
struct spk_rotation {
    struct spk_rotation_policy policy;
    int64_t start_ms; /* mono_ms */

    struct spk_rotation_set good; /* the last usable set that was found */
    char *shown_crt;              /* the leaf that is shown, and its CA; NULL before the first */
    char *shown_ca;
    struct spk_pki_id shown_ca_id;
    int64_t shown_until_s; /* the end of both */
    int64_t shown_ca_until_s;

    char *bundle;            /* caBundle as it was last seen; NULL: there is none to be seen */
    int64_t bundle_since_ms; /* it was seen like that */
    struct spk_rotation_seen seen[SPK_PKI_BUNDLE_MAX];
    size_t seen_count;
};

void spk_rotation_done(struct spk_rotation *rotation);

/**
 * spk_rotation_see_bundle() - take note of what caBundle holds
 * @bundle: PEM, possibly damaged; "" empty; NULL: no configuration can be seen
 */
int spk_rotation_see_bundle(struct spk_rotation *rotation, const char *bundle, int64_t mono_ms,
                            struct spk_err *err) __attribute__((warn_unused_result));

/* What to do now. Owned; release with spk_rotation_step_done(). */
struct spk_rotation_step {
    const char *write_why;         /* a literal; NULL: the Secret is right as it is */
    struct spk_rotation_set write; /* what it should hold */
    bool show;              /* show the leaf that was found, then call spk_rotation_shown() */
    const char *bundle_why; /* a literal; NULL: caBundle is right as it is */
    char *bundle;           /* what it should hold */
    bool bundle_loses; /* a CA that is in caBundle now: only for who has just looked at the Secret,
                          or another replica's next CA might be lost */
    int64_t wait_ms;   /* think again after this at the latest */
    struct spk_rotation_worth worth; /* of what was found */
};

void spk_rotation_step_done(struct spk_rotation_step *step);

/**
 * spk_rotation_think() - the next step
 * @found: what the Secret holds, or NULL when there is no Secret
 */
int spk_rotation_think(struct spk_rotation *rotation, const struct spk_rotation_set *found,
                       struct spk_rotation_now now, struct spk_rotation_step *out,
                       struct spk_err *err) __attribute__((warn_unused_result));

/* The leaf of @found is shown from now on. */
int spk_rotation_shown(struct spk_rotation *rotation, const struct spk_rotation_set *found,
                       struct spk_err *err) __attribute__((warn_unused_result));

/* Does caBundle hold the CA of what is shown? True also when no caBundle can be seen. */
bool spk_rotation_trusted(const struct spk_rotation *rotation);

#endif
