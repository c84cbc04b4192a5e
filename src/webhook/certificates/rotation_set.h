#ifndef SPK_WEBHOOK_CERTIFICATES_ROTATION_SET_H
#define SPK_WEBHOOK_CERTIFICATES_ROTATION_SET_H
/* The certificates that belong together, as one Secret holds them, and what they are worth. */

#include "spk/net/pki.h"

/* Owned; release with spk_rotation_set_done(). What is absent is NULL. */
struct spk_rotation_set {
    struct spk_pki_pair ca;   /* signed the leaf; without a key it can sign no other */
    struct spk_pki_pair next; /* a CA on its way into every caBundle, which signs nothing yet */
    char *old;                /* CAs (PEM) whose leaves may still be shown somewhere */
    struct spk_pki_pair leaf;
};

void spk_rotation_set_done(struct spk_rotation_set *set);

/* A copy of @from. SPK_ENOMEM. */
int spk_rotation_set_copy(struct spk_rotation_set *out, const struct spk_rotation_set *from,
                          struct spk_err *err) __attribute__((warn_unused_result));

bool spk_rotation_set_eq(const struct spk_rotation_set *a, const struct spk_rotation_set *b);

/* Leaves the last SPK_ROTATION_OLD_MAX of a PEM text as spk_pki_join() writes it. */
void spk_rotation_forget_oldest(char *crts);

/* What has been found out about a set at a moment. Facts count only beside a true part. */
struct spk_rotation_worth {
    bool ca;     /* a CA in its validity */
    bool ca_key; /* and its key */
    bool sound;  /* a server certificate in its validity under this CA, with its key */
    bool leaf;   /* and for the first of the names */
    bool names;  /* and for all of them */
    bool next;   /* a CA in its validity with its key */
    bool old;    /* certificates, or nothing; none of them expired, and not too many */
    struct spk_pki_facts of_ca;
    struct spk_pki_facts of_leaf;
    struct spk_pki_facts of_next;
    struct spk_err why; /* the first thing that is wrong, if anything is */
};

/* A set may be shown when its CA and its leaf are good. */
static inline bool spk_rotation_usable(const struct spk_rotation_worth *worth)
{
    return worth->ca && worth->leaf;
}

/**
 * spk_rotation_weigh() - check every part of a set
 * @names: what the leaf must be valid for; the first is what the API server asks for
 * @now_s: seconds since 1970
 */
void spk_rotation_weigh(struct spk_rotation_worth *out, const struct spk_rotation_set *set,
                        const char *const *names, size_t name_count, int64_t now_s);

#endif
