#ifndef SPK_TEST_REPLICAS_H
#define SPK_TEST_REPLICAS_H
/*
 * Several replicas' rotation.h over one Secret and one caBundle, on a clock that the test turns.
 * Each replica sees both late, by its own lag; API servers see caBundle late, by at most the time
 * of propagation. Writing succeeds only for who has seen the last version.
 */

#include "webhook/certificates/rotation.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define REPLICAS    4
#define VERSIONS    4096
#define DAY         ((int64_t)86400)
#define PROPAGATION 60
#define AGAIN       5 /* caBundle is written for the second time */
#define START_S     ((int64_t)1700000000)

static const char *const model_names[] = {"w.ns.svc", "w.ns"};

struct secret_version {
    bool there;
    struct spk_rotation_set set;
    int64_t at_s;
};

struct bundle_version {
    char *text; /* NULL: no configuration */
    int64_t at_s;
};

struct replica {
    struct spk_rotation rotation;
    size_t secret; /* the version that it has seen */
    size_t bundle;
    bool down;
};

static struct model {
    int64_t now_s;
    unsigned random;
    struct secret_version secrets[VERSIONS];
    size_t secret_count;
    struct bundle_version bundles[VERSIONS];
    size_t bundle_count;
    struct replica replicas[REPLICAS];
    unsigned writes;
} model;

static unsigned draw(unsigned below)
{
    model.random = model.random * 1103515245 + 12345;
    return (model.random >> 16) % below;
}

static void put_secret(const struct spk_rotation_set *set)
{
    struct secret_version *version = &model.secrets[model.secret_count++];
    struct spk_err err = {0};

    ck_assert_uint_lt(model.secret_count, VERSIONS);
    *version = (struct secret_version){.there = set, .at_s = model.now_s};
    if (set)
        ck_assert_int_eq(spk_rotation_set_copy(&version->set, set, &err), 0);
}

static void put_bundle(const char *text)
{
    ck_assert_uint_lt(model.bundle_count, VERSIONS);
    model.bundles[model.bundle_count++] =
        (struct bundle_version){text ? strdup(text) : NULL, model.now_s};
}

static struct secret_version *last_secret(void)
{
    return &model.secrets[model.secret_count - 1];
}

static struct bundle_version *last_bundle(void)
{
    return &model.bundles[model.bundle_count - 1];
}

static void start_replica(struct replica *replica)
{
    spk_rotation_done(&replica->rotation);
    *replica = (struct replica){
        .rotation = {.policy = {.names = model_names,
                                .name_count = 2,
                                .leaf_s = 90 * DAY,
                                .ca_s = 730 * DAY,
                                .propagation_ms = PROPAGATION * 1000,
                                .jitter = draw(100) / 100.0},
                     .start_ms = model.now_s * 1000},
        .secret = model.secret_count - 1,
        .bundle = model.bundle_count - 1,
    };
}

static void begin_model(unsigned seed)
{
    model.random = seed;
    model.now_s = START_S;
    put_secret(NULL);
    put_bundle("");
    for (int i = 0; i < REPLICAS; i++)
        start_replica(&model.replicas[i]);
}

static void end_model(void)
{
    for (int i = 0; i < REPLICAS; i++)
        spk_rotation_done(&model.replicas[i].rotation);
    for (size_t i = 0; i < model.secret_count; i++)
        spk_rotation_set_done(&model.secrets[i].set);
    for (size_t i = 0; i < model.bundle_count; i++)
        free(model.bundles[i].text);
    memset(&model, 0, sizeof(model));
}

static bool has_ca(const char *bundle, const struct spk_pki_id *id)
{
    struct spk_pki_id ids[SPK_PKI_BUNDLE_MAX];
    struct spk_err err = {0};
    size_t count = 0;

    if (!bundle || spk_pki_ids(ids, &count, bundle, &err))
        return false;
    while (count > 0) {
        if (strcmp(ids[--count].hex, id->hex) == 0)
            return true;
    }
    return false;
}

/* What an API server has been told that is as late as one may be. */
static size_t told(void)
{
    size_t i = model.bundle_count - 1;

    while (i > 0 && model.bundles[i].at_s > model.now_s - (PROPAGATION - 1))
        i--;
    return i;
}

/* Even if it has missed that: then it believes what was there before. */
static bool is_believed(size_t i, const struct spk_pki_id *id)
{
    return has_ca(model.bundles[i].text, id) && has_ca(model.bundles[i > 0 ? i - 1 : 0].text, id);
}

/* A review would succeed at every replica that shows something, at the slowest API server and at
 * the fastest. */
static void assert_trusted(void)
{
    for (int i = 0; i < REPLICAS; i++) {
        const struct spk_rotation *rotation = &model.replicas[i].rotation;
        if (!rotation->shown_crt || model.replicas[i].down)
            continue;
        ck_assert_int_gt(rotation->shown_until_s, model.now_s);
        ck_assert_msg(is_believed(told(), &rotation->shown_ca_id), "replica %d at %lld", i,
                      (long long)(model.now_s - START_S));
        ck_assert(is_believed(model.bundle_count - 1, &rotation->shown_ca_id));
    }
}

/* The replica thinks once about what it has seen and acts. Return: did it change anything? */
static bool act(struct replica *replica)
{
    const struct secret_version *seen = &model.secrets[replica->secret];
    const struct bundle_version *bundle = &model.bundles[replica->bundle];
    const struct spk_rotation_now now = {model.now_s, model.now_s * 1000};
    struct spk_rotation_step step;
    struct spk_err err = {0};
    bool acted = false;

    ck_assert_int_eq(spk_rotation_see_bundle(&replica->rotation, bundle->text, now.mono_ms, &err),
                     0);
    ck_assert_msg(spk_rotation_think(&replica->rotation, seen->there ? &seen->set : NULL, now,
                                     &step, &err) == 0,
                  "%s", err.msg);
    if (step.show) {
        ck_assert_int_eq(spk_rotation_shown(&replica->rotation, &seen->set, &err), 0);
        acted = true;
    }
    if (step.bundle && replica->bundle == model.bundle_count - 1 &&
        (!step.bundle_loses || replica->secret == model.secret_count - 1)) {
        put_bundle(step.bundle);
        replica->bundle = model.bundle_count - 1;
        acted = true;
    }
    if (step.write_why && replica->secret == model.secret_count - 1) {
        put_secret(&step.write);
        replica->secret = model.secret_count - 1;
        model.writes++;
        acted = true;
    }
    spk_rotation_step_done(&step);
    return acted;
}

static void see(struct replica *replica)
{
    replica->secret = model.secret_count - 1;
    replica->bundle = model.bundle_count - 1;
}

/* Until nobody has anything to do at this moment. */
static void settle(void)
{
    bool acted = true;

    for (int round = 0; acted; round++) {
        ck_assert_int_lt(round, 50);
        acted = false;
        for (int i = 0; i < REPLICAS; i++) {
            if (model.replicas[i].down)
                continue;
            see(&model.replicas[i]);
            acted |= act(&model.replicas[i]);
        }
    }
}

/* Some seconds in which replicas see and act in any order, with any lag. */
static void muddle(int steps)
{
    for (int i = 0; i < steps; i++) {
        struct replica *replica = &model.replicas[draw(REPLICAS)];
        model.now_s += draw(8);
        if (replica->down)
            continue;
        if (draw(2))
            replica->secret += draw((unsigned)(model.secret_count - replica->secret));
        if (draw(2))
            replica->bundle += draw((unsigned)(model.bundle_count - replica->bundle));
        if (draw(3) == 0)
            see(replica);
        (void)act(replica);
    }
}

#endif
