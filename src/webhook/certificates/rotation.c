#include "webhook/certificates/rotation.h"

#include "spk/base/cleanup.h"

#include <string.h>
#include <strings.h>

/* Clocks may be set and secrets may be edited without notice: look at least once an hour. */
#define WAIT_MAX_MS ((int64_t)3600 * 1000)
#define WAIT_MIN_MS ((int64_t)100)
/* Before caBundle is written for the second time: an API server has prepared what it was by then.
 * At most half the time of propagation. */
#define AGAIN_MS    ((int64_t)5000)

void spk_rotation_done(struct spk_rotation *rotation)
{
    spk_rotation_set_done(&rotation->good);
    free(rotation->shown_crt);
    free(rotation->shown_ca);
    free(rotation->bundle);
    *rotation = (struct spk_rotation){0};
}

void spk_rotation_step_done(struct spk_rotation_step *step)
{
    spk_rotation_set_done(&step->write);
    free(step->bundle);
    *step = (struct spk_rotation_step){0};
}

static int no_memory(struct spk_err *err)
{
    return spk_fail(err, SPK_ENOMEM, "certificates");
}

/* ------------------------------------------------------------------------------ what is seen */

static const struct spk_rotation_seen *find_seen(const struct spk_rotation *rotation,
                                                 const struct spk_pki_id *id)
{
    for (size_t i = 0; i < rotation->seen_count; i++) {
        if (strcmp(rotation->seen[i].id.hex, id->hex) == 0)
            return &rotation->seen[i];
    }
    return NULL;
}

/* Does it end with a blank line? */
static bool is_second(const char *bundle)
{
    size_t len = strlen(bundle);

    return len >= 2 && strcmp(bundle + len - 2, "\n\n") == 0;
}

static void see_ids(struct spk_rotation *rotation, const struct spk_pki_id *ids, size_t count,
                    int64_t mono_ms)
{
    struct spk_rotation_seen seen[SPK_PKI_BUNDLE_MAX];
    int64_t now_ms = rotation->bundle && is_second(rotation->bundle) ? mono_ms : -1;

    for (size_t i = 0; i < count; i++) {
        const struct spk_rotation_seen *before = find_seen(rotation, &ids[i]);
        bool known = before && before->since_ms >= 0;
        seen[i] = (struct spk_rotation_seen){ids[i], known ? before->since_ms : now_ms};
    }
    memcpy(rotation->seen, seen, count * sizeof(seen[0]));
    rotation->seen_count = count;
}

int spk_rotation_see_bundle(struct spk_rotation *rotation, const char *bundle, int64_t mono_ms,
                            struct spk_err *err)
{
    struct spk_pki_id ids[SPK_PKI_BUNDLE_MAX];
    struct spk_err damaged = {0};
    size_t count = 0;
    char *copy = bundle ? strdup(bundle) : NULL;

    if (bundle && !copy)
        return no_memory(err);
    if (!copy || !rotation->bundle || strcmp(copy, rotation->bundle) != 0)
        rotation->bundle_since_ms = mono_ms;
    free(rotation->bundle);
    rotation->bundle = copy;
    if (copy && spk_pki_ids(ids, &count, copy, &damaged))
        count = 0;
    see_ids(rotation, ids, count, mono_ms);
    return 0;
}

static bool propagated(const struct spk_rotation *rotation, const struct spk_pki_id *ca,
                       int64_t mono_ms, int64_t *wait_ms)
{
    const struct spk_rotation_seen *seen = find_seen(rotation, ca);
    int64_t left_ms;

    if (!seen || seen->since_ms < 0)
        return false;
    left_ms = seen->since_ms + rotation->policy.propagation_ms - mono_ms;
    if (left_ms > 0 && left_ms < *wait_ms)
        *wait_ms = left_ms;
    return left_ms <= 0;
}

bool spk_rotation_trusted(const struct spk_rotation *rotation)
{
    return !rotation->bundle || (rotation->shown_ca && find_seen(rotation, &rotation->shown_ca_id));
}

/* ------------------------------------------------------------------------------- what is due */

/* When two thirds of a life are over, less this replica's share of a tenth of them. */
static int64_t due_s(const struct spk_rotation *rotation, const struct spk_pki_facts *facts)
{
    int64_t life_s = facts->not_after_s - facts->not_before_s - SPK_PKI_LATE_S;
    double early_s = (double)life_s / 15 * rotation->policy.jitter;

    return facts->not_after_s - life_s / 3 - (int64_t)early_s;
}

static bool is_due(const struct spk_rotation *rotation, const struct spk_pki_facts *facts,
                   int64_t now_s, int64_t *wait_ms)
{
    int64_t left_s = due_s(rotation, facts) - now_s;

    if (left_s > 0 && left_s < *wait_ms / 1000)
        *wait_ms = left_s * 1000;
    return left_s <= 0;
}

/* ----------------------------------------------------------------------------- what to write */

/* One thought. */
struct thought {
    struct spk_rotation *rotation;
    const struct spk_rotation_set *found; /* all absent without a Secret */
    bool there;                           /* there is a Secret */
    struct spk_rotation_now now;
    struct spk_rotation_step *step;
    struct spk_err *err;
};

static int put(struct thought *t, const struct spk_rotation_set *from, const char *why)
{
    if (spk_rotation_set_copy(&t->step->write, from, t->err))
        return -1;
    t->step->write_why = why;
    return 0;
}

static int new_ca(struct spk_pki_pair *out, struct thought *t)
{
    struct spk_pki_pair ca = {0};

    if (spk_pki_make_ca(&ca, t->now.wall_s, t->rotation->policy.ca_s, t->err))
        return -1;
    spk_pki_pair_done(out);
    *out = ca;
    return 0;
}

static size_t add_name(const char **names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(names[i], name) == 0)
            return count;
    }
    if (count < SPK_PKI_NAMES_MAX)
        names[count++] = name;
    return count;
}

/* Our names, and those of the leaf that was found, if it lacked ours: another replica, of another
 * version, may want those. */
static size_t wanted_names(const char **names, const struct thought *t)
{
    const struct spk_rotation_policy *policy = &t->rotation->policy;
    const struct spk_rotation_worth *worth = &t->step->worth;
    size_t count = 0;

    for (size_t i = 0; i < policy->name_count; i++)
        count = add_name(names, count, policy->names[i]);
    for (size_t i = 0; worth->sound && !worth->names && i < worth->of_leaf.name_count; i++)
        count = add_name(names, count, worth->of_leaf.names[i]);
    return count;
}

/* A leaf under the CA that is to be written. */
static int new_leaf(struct thought *t)
{
    struct spk_rotation_set *set = &t->step->write;
    const char *names[SPK_PKI_NAMES_MAX];
    struct spk_pki_pair leaf = {0};
    size_t count = wanted_names(names, t);
    int64_t life_s = t->rotation->policy.leaf_s;

    if (spk_pki_make_leaf(&leaf, &set->ca, names, count, t->now.wall_s, life_s, t->err))
        return -1;
    spk_pki_pair_done(&set->leaf);
    set->leaf = leaf;
    return 0;
}

/* @old: PEM that may be broken, which is then forgotten; @more: one that is not. */
static int join_old(char **out, const struct thought *t, const char *old, const char *more)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf bundle;
    struct spk_err broken = {0};
    size_t len;

    spk_buf_init(&bundle, SPK_PKI_PEM_MAX);
    if (spk_pki_join(&bundle, old, t->now.wall_s, &broken))
        spk_buf_done(&bundle);
    if (spk_pki_join(&bundle, more, t->now.wall_s, t->err))
        return -1;
    if (bundle.len)
        spk_rotation_forget_oldest(bundle.ptr);
    free(*out);
    *out = spk_buf_take(&bundle, &len);
    return 0;
}

static int fresh(struct thought *t)
{
    struct spk_rotation_set *set = &t->step->write;
    const struct spk_rotation_set *found = t->found;

    t->step->write_why = t->there ? "nothing of the Secret can be used" : "there is no Secret";
    if (new_ca(&set->ca, t) || new_leaf(t))
        return -1;
    return join_old(&set->old, t, found->old, t->step->worth.ca ? found->ca.crt : NULL);
}

static int releaf(struct thought *t, const char *why)
{
    return put(t, t->found, why) || new_leaf(t) ? -1 : 0;
}

/* The Secret can't be used as it is. */
static int repair(struct thought *t)
{
    struct spk_rotation *rotation = t->rotation;
    const struct spk_rotation_worth *worth = &t->step->worth;
    struct spk_rotation_worth good;

    /* Not to be fought over with who calls the Service by another name. */
    if (worth->sound && worth->ca_key)
        return releaf(t, "the certificate lacks the Service's name");
    if (rotation->good.leaf.crt) {
        spk_rotation_weigh(&good, &rotation->good, rotation->policy.names,
                           rotation->policy.name_count, t->now.wall_s);
        if (spk_rotation_usable(&good))
            return put(t, &rotation->good,
                       t->there ? "the Secret is damaged" : "the Secret is gone");
    }
    if (worth->ca && worth->ca_key)
        return releaf(t, worth->of_leaf.not_after_s ? "the certificate can't be used"
                                                    : "there is no certificate");
    return fresh(t);
}

static bool holds(const char *crts, const struct spk_pki_id *id)
{
    struct spk_pki_id ids[SPK_PKI_BUNDLE_MAX];
    struct spk_err err = {0};
    size_t count = 0;

    if (!crts || spk_pki_ids(ids, &count, crts, &err))
        return false;
    while (count > 0) {
        if (strcmp(ids[--count].hex, id->hex) == 0)
            return true;
    }
    return false;
}

/* The CA that is shown must not be forgotten while it is. */
static bool is_forgotten(const struct thought *t)
{
    const struct spk_rotation *rotation = t->rotation;
    const struct spk_rotation_set *found = t->found;
    const struct spk_pki_id *id = &rotation->shown_ca_id;

    return rotation->shown_ca && rotation->shown_ca_until_s > t->now.wall_s &&
           !holds(found->ca.crt, id) && !holds(found->next.crt, id) && !holds(found->old, id);
}

static int keep_shown(struct thought *t)
{
    return put(t, t->found, "the CA in use was missing") ||
                   join_old(&t->step->write.old, t, t->found->old, t->rotation->shown_ca)
               ? -1
               : 0;
}

static int tidy(struct thought *t)
{
    if (put(t, t->found, "what has expired or is broken is left out") ||
        join_old(&t->step->write.old, t, t->found->old, NULL))
        return -1;
    if (!t->step->worth.next)
        spk_pki_pair_done(&t->step->write.next);
    return 0;
}

static int succeed(struct thought *t)
{
    struct spk_rotation_set *set = &t->step->write;

    if (put(t, t->found, "the next CA is known everywhere, it takes over") ||
        join_old(&set->old, t, t->found->old, t->found->ca.crt))
        return -1;
    spk_pki_pair_done(&set->ca);
    set->ca = set->next;
    set->next = (struct spk_pki_pair){0};
    return new_leaf(t);
}

/* The Secret can be used. Return: 1 when something is written, 0, or -1. */
static int upkeep_ca(struct thought *t)
{
    const struct spk_rotation_worth *worth = &t->step->worth;
    int64_t *wait_ms = &t->step->wait_ms;
    bool due = is_due(t->rotation, &worth->of_ca, t->now.wall_s, wait_ms);

    if (!due && worth->ca_key && !worth->next)
        return 0;
    if (!worth->next)
        return put(t, t->found, "a next CA is due") || new_ca(&t->step->write.next, t) ? -1 : 1;
    if (!propagated(t->rotation, &worth->of_next.id, t->now.mono_ms, wait_ms))
        return 0;
    return succeed(t) ? -1 : 1;
}

static int upkeep(struct thought *t)
{
    const struct spk_rotation_worth *worth = &t->step->worth;
    const struct spk_pki_pair *next = &t->found->next;
    int rc;

    if (is_forgotten(t))
        return keep_shown(t);
    if (!worth->old || (!worth->next && (next->crt || next->key)))
        return tidy(t);
    rc = upkeep_ca(t);
    if (rc)
        return rc < 0 ? -1 : 0;
    if (!worth->ca_key)
        return 0;
    if (!worth->names)
        return releaf(t, "the certificate lacks a name");
    /* One that ends with its CA would gain nothing; the next CA is on its way. */
    if (worth->of_leaf.not_after_s < worth->of_ca.not_after_s &&
        is_due(t->rotation, &worth->of_leaf, t->now.wall_s, &t->step->wait_ms))
        return releaf(t, "two thirds of the certificate's life are over");
    return 0;
}

/* ------------------------------------------------------------------------------ what to show */

static bool may_show(struct thought *t)
{
    const struct spk_rotation *rotation = t->rotation;
    const struct spk_rotation_set *found = t->found;

    if (!rotation->shown_crt || rotation->shown_until_s <= t->now.wall_s)
        return true;
    if (strcmp(rotation->shown_crt, found->leaf.crt) == 0)
        return false;
    return strcmp(rotation->shown_ca_id.hex, t->step->worth.of_ca.id.hex) == 0 ||
           propagated(rotation, &t->step->worth.of_ca.id, t->now.mono_ms, &t->step->wait_ms);
}

int spk_rotation_shown(struct spk_rotation *rotation, const struct spk_rotation_set *found,
                       struct spk_err *err)
{
    struct spk_pki_facts of_crt;
    struct spk_pki_facts of_ca;
    char *crt;
    char *ca;

    if (spk_pki_read(&of_crt, found->leaf.crt, err) || spk_pki_read(&of_ca, found->ca.crt, err))
        return -1;
    crt = strdup(found->leaf.crt);
    ca = strdup(found->ca.crt);
    if (!crt || !ca) {
        free(crt);
        free(ca);
        return no_memory(err);
    }
    free(rotation->shown_crt);
    free(rotation->shown_ca);
    rotation->shown_crt = crt;
    rotation->shown_ca = ca;
    rotation->shown_ca_id = of_ca.id;
    rotation->shown_ca_until_s = of_ca.not_after_s;
    rotation->shown_until_s = of_crt.not_after_s;
    return 0;
}

/* --------------------------------------------------------------------------------- caBundle */

/* Adds to @bundle what is not broken. */
static void join_what_can(struct spk_buf *bundle, const char *crts, int64_t now_s)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf alone;
    struct spk_err broken = {0};

    spk_buf_init(&alone, SPK_PKI_PEM_MAX);
    if (spk_pki_join(&alone, crts, now_s, &broken) == 0 && alone.len)
        (void)!spk_pki_join(bundle, alone.ptr, now_s, &broken);
}

/* Every write of caBundle is news to every API server: the order alone is not worth one. */
static bool says(const char *bundle, const struct spk_buf *wanted, int64_t now_s)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf both;
    struct spk_err err = {0};
    size_t len = strlen(bundle) - is_second(bundle);

    spk_buf_init(&both, 8 * SPK_PKI_PEM_MAX);
    return len == wanted->len && spk_buf_add(&both, bundle, len, &err) == 0 &&
           spk_pki_join(&both, wanted->ptr, now_s, &err) == 0 && both.len == len;
}

/* caBundle holds what it should. */
static int write_again(struct thought *t)
{
    const struct spk_rotation *rotation = t->rotation;
    int64_t after_ms = rotation->policy.propagation_ms / 2;
    int64_t left_ms;

    if (is_second(rotation->bundle))
        return 0;
    after_ms = after_ms < AGAIN_MS ? after_ms : AGAIN_MS;
    left_ms = rotation->bundle_since_ms + after_ms - t->now.mono_ms;
    if (left_ms > 0) {
        t->step->wait_ms = left_ms < t->step->wait_ms ? left_ms : t->step->wait_ms;
        return 0;
    }
    if (asprintf(&t->step->bundle, "%s\n", rotation->bundle) < 0) {
        t->step->bundle = NULL;
        return no_memory(t->err);
    }
    t->step->bundle_why = "an API server can miss the first writing";
    return 0;
}

static int want_bundle(struct thought *t, const struct spk_rotation_set *set)
{
    const struct spk_rotation *rotation = t->rotation;
    bool young = t->now.mono_ms - rotation->start_ms < rotation->policy.propagation_ms;
    struct spk_buf bundle;
    size_t len;

    spk_buf_init(&bundle, 4 * SPK_PKI_PEM_MAX);
    join_what_can(&bundle, set->ca.crt, t->now.wall_s);
    join_what_can(&bundle, set->next.crt, t->now.wall_s);
    join_what_can(&bundle, set->old, t->now.wall_s);
    join_what_can(&bundle, rotation->shown_ca, t->now.wall_s);
    len = bundle.len;
    join_what_can(&bundle, rotation->bundle, t->now.wall_s);
    if (!bundle.len)
        return no_memory(t->err);
    t->step->bundle_loses = bundle.len > len && !young;
    if (t->step->bundle_loses) {
        bundle.ptr[len] = '\0';
        bundle.len = len;
    }
    if (says(rotation->bundle, &bundle, t->now.wall_s)) {
        spk_buf_done(&bundle);
        return write_again(t);
    }
    t->step->bundle_why = "it did not hold what it should";
    t->step->bundle = spk_buf_take(&bundle, &len);
    return 0;
}

/* ------------------------------------------------------------------------------- the thought */

static int remember(struct thought *t)
{
    struct spk_rotation_set copy;

    if (spk_rotation_set_eq(t->found, &t->rotation->good))
        return 0;
    if (spk_rotation_set_copy(&copy, t->found, t->err))
        return -1;
    spk_rotation_set_done(&t->rotation->good);
    t->rotation->good = copy;
    return 0;
}

static int think(struct thought *t)
{
    const struct spk_rotation *rotation = t->rotation;
    const struct spk_rotation_policy *policy = &rotation->policy;
    struct spk_rotation_worth *worth = &t->step->worth;

    spk_rotation_weigh(worth, t->found, policy->names, policy->name_count, t->now.wall_s);
    if (!spk_rotation_usable(worth)) {
        if (repair(t))
            return -1;
    } else {
        if (remember(t))
            return -1;
        t->step->show = may_show(t);
        if (upkeep(t))
            return -1;
    }
    if (!rotation->bundle || !rotation->good.ca.crt)
        return 0;
    return want_bundle(t, &rotation->good);
}

int spk_rotation_think(struct spk_rotation *rotation, const struct spk_rotation_set *found,
                       struct spk_rotation_now now, struct spk_rotation_step *out,
                       struct spk_err *err)
{
    static const struct spk_rotation_set nothing;
    struct thought t = {rotation, found ? found : &nothing, found != NULL, now, out, err};

    *out = (struct spk_rotation_step){.wait_ms = WAIT_MAX_MS};
    if (think(&t)) {
        spk_rotation_step_done(out);
        return -1;
    }
    if (out->wait_ms < WAIT_MIN_MS)
        out->wait_ms = WAIT_MIN_MS;
    return 0;
}
