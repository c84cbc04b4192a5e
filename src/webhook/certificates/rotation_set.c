#include "webhook/certificates/rotation_set.h"

#include "spk/base/cleanup.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

/* Validity that begins later than this is a fault; less is a clock of ours that is late. Clients
 * look at it with clocks of their own. */
#define LATE_CLOCK_S ((int64_t)24 * 3600)

void spk_rotation_set_done(struct spk_rotation_set *set)
{
    spk_pki_pair_done(&set->ca);
    spk_pki_pair_done(&set->next);
    spk_pki_pair_done(&set->leaf);
    free(set->old);
    *set = (struct spk_rotation_set){0};
}

static bool copy_text(char **out, const char *from)
{
    *out = from ? strdup(from) : NULL;
    return *out || !from;
}

static bool copy_pair(struct spk_pki_pair *out, const struct spk_pki_pair *from)
{
    return copy_text(&out->crt, from->crt) && copy_text(&out->key, from->key);
}

int spk_rotation_set_copy(struct spk_rotation_set *out, const struct spk_rotation_set *from,
                          struct spk_err *err)
{
    struct spk_rotation_set copy = {0};

    if (copy_pair(&copy.ca, &from->ca) && copy_pair(&copy.next, &from->next) &&
        copy_pair(&copy.leaf, &from->leaf) && copy_text(&copy.old, from->old)) {
        *out = copy;
        return 0;
    }
    spk_rotation_set_done(&copy);
    return spk_fail(err, SPK_ENOMEM, "certificates");
}

static bool text_eq(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool pair_eq(const struct spk_pki_pair *a, const struct spk_pki_pair *b)
{
    return text_eq(a->crt, b->crt) && text_eq(a->key, b->key);
}

bool spk_rotation_set_eq(const struct spk_rotation_set *a, const struct spk_rotation_set *b)
{
    return pair_eq(&a->ca, &b->ca) && pair_eq(&a->next, &b->next) && pair_eq(&a->leaf, &b->leaf) &&
           text_eq(a->old, b->old);
}

static int check_time(const struct spk_pki_facts *facts, int64_t now_s, struct spk_err *err)
{
    if (facts->not_after_s <= now_s)
        return spk_fail(err, SPK_EINVALID, "expired %" PRId64 "s ago", now_s - facts->not_after_s);
    if (facts->not_before_s > now_s + LATE_CLOCK_S)
        return spk_fail(err, SPK_EINVALID, "valid only in %" PRId64 "s",
                        facts->not_before_s - now_s);
    return 0;
}

static int weigh_ca(struct spk_pki_facts *facts, const char *crt, int64_t now_s,
                    struct spk_err *err)
{
    if (!crt)
        return spk_fail(err, SPK_EINVALID, "missing");
    if (spk_pki_read(facts, crt, err) || check_time(facts, now_s, err))
        return -1;
    return facts->ca ? 0 : spk_fail(err, SPK_EINVALID, "not a CA");
}

static int weigh_key(const struct spk_pki_pair *pair, struct spk_err *err)
{
    if (!pair->key)
        return spk_fail(err, SPK_EINVALID, "missing");
    return spk_pki_check_key(pair->crt, pair->key, err);
}

static bool has_name(const struct spk_pki_facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->name_count; i++) {
        if (strcasecmp(facts->names[i], name) == 0)
            return true;
    }
    return false;
}

static int weigh_leaf(struct spk_pki_facts *facts, const struct spk_rotation_set *set,
                      int64_t now_s, struct spk_err *err)
{
    if (!set->leaf.crt)
        return spk_fail(err, SPK_EINVALID, "missing");
    if (spk_pki_read(facts, set->leaf.crt, err) || check_time(facts, now_s, err) ||
        weigh_key(&set->leaf, err) || spk_pki_check_chain(set->leaf.crt, set->ca.crt, err))
        return -1;
    return 0;
}

static int weigh_names(const struct spk_pki_facts *facts, const char *const *names, size_t count,
                       struct spk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!has_name(facts, names[i]))
            return spk_fail(err, SPK_EINVALID, "not for %s", names[i]);
    }
    return 0;
}

void spk_rotation_forget_oldest(char *crts)
{
    static const char end[] = "-----END CERTIFICATE-----\n";
    const char *from = crts;
    size_t count = 0;

    for (const char *at = crts; (at = strstr(at, end)); at += sizeof(end) - 1)
        count++;
    for (; count > SPK_ROTATION_OLD_MAX; count--)
        from = strstr(from, end) + sizeof(end) - 1;
    memmove(crts, from, strlen(from) + 1);
}

static int weigh_old(const char *old, int64_t now_s, struct spk_err *err)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf bundle;

    spk_buf_init(&bundle, SPK_PKI_PEM_MAX);
    if (spk_pki_join(&bundle, old, now_s, err))
        return -1;
    if (bundle.len)
        spk_rotation_forget_oldest(bundle.ptr);
    if (text_eq(bundle.len ? bundle.ptr : NULL, old && *old ? old : NULL))
        return 0;
    return spk_fail(err, SPK_EINVALID,
                    "holds what has expired, too many, or is not as we write it");
}

/* The first fault stays. Return: whether @rc was none. */
static bool note(struct spk_err *why, int rc, struct spk_err *err, const char *part)
{
    if (rc && why->code == SPK_OK) {
        (void)spk_fail_in(err, "%s", part);
        *why = *err;
    }
    return rc == 0;
}

void spk_rotation_weigh(struct spk_rotation_worth *out, const struct spk_rotation_set *set,
                        const char *const *names, size_t name_count, int64_t now_s)
{
    struct spk_err *why = &out->why;
    struct spk_err err = {0};

    *out = (struct spk_rotation_worth){0};
    out->ca = note(why, weigh_ca(&out->of_ca, set->ca.crt, now_s, &err), &err, "ca.crt");
    if (out->ca) {
        out->ca_key = note(why, weigh_key(&set->ca, &err), &err, "ca.key");
        out->sound = note(why, weigh_leaf(&out->of_leaf, set, now_s, &err), &err, "tls.crt");
    }
    if (out->sound) {
        out->leaf = has_name(&out->of_leaf, names[0]);
        out->names =
            note(why, weigh_names(&out->of_leaf, names, name_count, &err), &err, "tls.crt");
    }
    if (set->next.crt || set->next.key) {
        out->next =
            note(why, weigh_ca(&out->of_next, set->next.crt, now_s, &err), &err, "next-ca.crt") &&
            note(why, weigh_key(&set->next, &err), &err, "next-ca.key");
    }
    out->old = note(why, weigh_old(set->old, now_s, &err), &err, "old-ca.crt");
}
