/*
 * Certificates: does the API server, which trusts caBundle alone, accept what the replicas show.
 */
#include "webhook/doctor/judge.h"

#include "spk/base/cleanup.h"
#include "spk/json/base64.h"
#include "spk/net/pki.h"
#include "webhook/doctor/read.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define DAY_S       ((int64_t)86400)
#define WARN_DAYS_S (21 * DAY_S)

static const char check[] = "certificate";

struct date {
    char text[32];
};

static struct date date_of(int64_t time_s)
{
    const time_t time = (time_t)time_s;
    struct date date = {"an unknown day"};
    struct tm tm;

    if (gmtime_r(&time, &tm))
        (void)strftime(date.text, sizeof(date.text), "%Y-%m-%d %H:%MZ", &tm);
    return date;
}

/* ----------------------------------------------------------------------------------- bundle */

/* The next certificate of @text. False at the end, and without memory. */
static bool next_certificate(struct spk_buf *out, const char **text)
{
    static const char head[] = "-----BEGIN CERTIFICATE-----";
    static const char tail[] = "-----END CERTIFICATE-----";
    const char *begin = strstr(*text, head);
    const char *end = begin ? strstr(begin, tail) : NULL;
    struct spk_err err;

    if (!end)
        return false;
    end += sizeof(tail) - 1;
    *text = end;
    spk_buf_done(out);
    return spk_buf_add(out, begin, (size_t)(end - begin), &err) == 0;
}

/* Go trusts a chain whose leaf, or whose issuer, is in the pool. */
static bool trusts(const char *ca, const char *chain, const struct spk_pki_facts *leaf,
                   int64_t now_s)
{
    struct spk_pki_facts facts;
    struct spk_err err;

    if (spk_pki_read(&facts, ca, &err) || facts.not_after_s <= now_s)
        return false;
    return strcmp(facts.id.hex, leaf->id.hex) == 0 || spk_pki_check_chain(chain, ca, &err) == 0;
}

/* Did a certificate of @bundle sign @chain? */
static bool find_ca(const char *bundle, const char *chain, const struct spk_pki_facts *leaf,
                    int64_t now_s)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf ca;

    spk_buf_init(&ca, SPK_PKI_PEM_MAX);
    while (next_certificate(&ca, &bundle)) {
        if (trusts(ca.ptr, chain, leaf, now_s))
            return true;
    }
    return false;
}

/* -------------------------------------------------------------------------------- one chain */

static bool has_name(const struct spk_pki_facts *leaf, const char *name)
{
    const char *rest = strchr(name, '.');

    for (size_t i = 0; i < leaf->name_count; i++) {
        if (strcasecmp(leaf->names[i], name) == 0)
            return true;
        if (rest && leaf->names[i][0] == '*' && strcasecmp(leaf->names[i] + 1, rest) == 0)
            return true;
    }
    return false;
}

static const char *renew_advice(const struct spk_facts *facts)
{
    return spk_facts_managed(facts)
               ? "the replicas should have renewed it: see their logs and the finding about "
                 "permissions"
               : "renew it: whoever made the Secret, such as cert-manager; the replicas take it "
                 "up without a restart";
}

/* False: it is of no use now. */
static bool judge_expiry(struct spk_findings *to, const struct spk_facts *facts, const char *whose,
                         const struct spk_pki_facts *leaf)
{
    const int64_t left_s = leaf->not_after_s - facts->now_s;
    /* One that is made for hours is renewed in hours. */
    const int64_t life_s = leaf->not_after_s - leaf->not_before_s;

    if (leaf->not_before_s > facts->now_s) {
        spk_find(to, SPK_LEVEL_FAIL, check, "that of %s is valid from %s on", whose,
                 date_of(leaf->not_before_s).text);
        spk_advise(to, "set the clocks, or issue it anew");
        return false;
    }
    if (left_s <= 0) {
        spk_find(to, SPK_LEVEL_FAIL, check, "that of %s has expired on %s", whose,
                 date_of(leaf->not_after_s).text);
        spk_advise(to, "%s", renew_advice(facts));
        return false;
    }
    if (left_s < WARN_DAYS_S && left_s < life_s / 4) {
        spk_find(to, SPK_LEVEL_WARN, check, "that of %s expires on %s, in %" PRId64 " days", whose,
                 date_of(leaf->not_after_s).text, left_s / DAY_S);
        spk_advise(to, "%s", renew_advice(facts));
    }
    return true;
}

static void judge_name(struct spk_findings *to, const struct spk_facts *facts, const char *whose,
                       const struct spk_pki_facts *leaf)
{
    char wanted[2 * SPK_SUBDOMAIN_MAX];

    if (*spk_read_text(spk_facts_webhook(facts), "clientConfig.url"))
        return;
    (void)snprintf(wanted, sizeof(wanted), "%s.%s.svc", facts->options->service_name,
                   facts->options->namespace_);
    if (has_name(leaf, wanted))
        return;
    spk_find(to, SPK_LEVEL_FAIL, check, "that of %s is not for %s, but for %s%s", whose, wanted,
             leaf->name_count ? leaf->names[0] : "no name at all (SANs)",
             leaf->name_count > 1 ? " and others" : "");
    spk_advise(to, "issue it with the SAN %s", wanted);
}

static void judge_trust(struct spk_findings *to, const struct spk_facts *facts, const char *whose,
                        const char *chain, const char *bundle)
{
    struct spk_pki_facts leaf;
    struct spk_err err;
    bool usable;

    if (spk_pki_read(&leaf, chain, &err)) {
        spk_find(to, SPK_LEVEL_FAIL, check, "that of %s: %s", whose, err.msg);
        spk_advise(to, "put a certificate in PEM there");
        return;
    }
    usable = judge_expiry(to, facts, whose, &leaf);
    judge_name(to, facts, whose, &leaf);
    if (!bundle || !usable)
        return;
    if (find_ca(bundle, chain, &leaf, facts->now_s)) {
        spk_find(to, SPK_LEVEL_OK, check, "that of %s is trusted by caBundle, and good until %s",
                 whose, date_of(leaf.not_after_s).text);
        return;
    }
    spk_find(to, SPK_LEVEL_FAIL, check, "that of %s is signed by no valid CA of caBundle", whose);
    spk_advise(to, "%s",
               spk_facts_managed(facts)
                   ? "the replicas should put caBundle right within seconds: see their "
                     "logs and the finding about permissions"
                   : "put the CA that signed it into caBundle of the registration");
}

/* ---------------------------------------------------------------------------------- caBundle */

static const char *bundle_advice(const struct spk_facts *facts)
{
    if (spk_facts_managed(facts))
        return "the replicas put it there within seconds: see their logs and the finding about "
               "permissions";
    return "put the CA that signed the webhook's certificate there, PEM in base64 (cert-manager "
           "does it by the annotation cert-manager.io/inject-ca-from)";
}

/* The bundle's text. False: there is none to compare with. */
static bool read_bundle(char **out, struct spk_findings *to, const struct spk_facts *facts,
                        const char *where, const json_t *webhook)
{
    const json_t *value = spk_read(webhook, "clientConfig.caBundle");
    struct spk_pki_facts ca;
    struct spk_err err = {0};

    if (!webhook)
        return false;
    if (!value || json_string_length(value) == 0) {
        spk_find(to, SPK_LEVEL_FAIL, where,
                 "caBundle is empty: the API server asks the CAs of its own system");
        spk_advise(to, "%s", bundle_advice(facts));
        return false;
    }
    if (spk_json_base64_text(out, value, &err) == 0 && spk_pki_read(&ca, *out, &err) == 0)
        return true;
    spk_find(to, SPK_LEVEL_FAIL, where, "caBundle holds no certificate");
    spk_advise(to, "%s", bundle_advice(facts));
    return false;
}

static size_t count_valid(const char *bundle, int64_t now_s)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf ca;
    struct spk_pki_facts it;
    struct spk_err err;
    size_t count = 0;

    spk_buf_init(&ca, SPK_PKI_PEM_MAX);
    while (next_certificate(&ca, &bundle))
        count += spk_pki_read(&it, ca.ptr, &err) == 0 && it.not_after_s > now_s;
    return count;
}

static void judge_cas(struct spk_findings *to, const struct spk_facts *facts, const char *bundle)
{
    const size_t valid = count_valid(bundle, facts->now_s);

    if (valid) {
        spk_find(to, SPK_LEVEL_OK, "ca-bundle", "holds %zu valid certificate%s", valid,
                 valid == 1 ? "" : "s");
        return;
    }
    spk_find(to, SPK_LEVEL_FAIL, "ca-bundle", "no certificate of caBundle is valid any more");
    spk_advise(to, "%s", bundle_advice(facts));
}

/* ------------------------------------------------------------------------------------ Secret */

static bool read_secret(char **out, const struct spk_facts *facts, const char *key)
{
    const json_t *data = spk_read(facts->secret.object, "data");
    struct spk_err err;

    *out = NULL;
    return spk_json_base64_text(out, json_object_get(data, key), &err) == 0;
}

static void wipe(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
}

static void judge_pair(struct spk_findings *to, const struct spk_facts *facts)
{
    SPK_AUTOFREE char *crt = NULL;
    SPK_CLEANUP(wipe) char *key = NULL;
    const char *name = facts->options->secret_name;
    struct spk_err err;

    if (!read_secret(&crt, facts, "tls.crt") || !read_secret(&key, facts, "tls.key")) {
        spk_find(to, SPK_LEVEL_FAIL, "secret", "%s lacks tls.crt or tls.key", name);
    } else if (spk_pki_check_key(crt, key, &err)) {
        spk_find(to, SPK_LEVEL_FAIL, "secret", "%s: %s", name, err.msg);
    } else {
        spk_find(to, SPK_LEVEL_OK, "secret", "%s holds a certificate and its key", name);
        return;
    }
    spk_advise(to, "%s",
               spk_facts_managed(facts)
                   ? "the replicas put it right within seconds: see their logs"
                   : "put a certificate and its key there (kubectl create secret tls)");
}

static void judge_secret(struct spk_findings *to, const struct spk_facts *facts)
{
    const struct spk_fact *secret = &facts->secret;

    if (*spk_read_text(spk_facts_webhook(facts), "clientConfig.url") && !spk_fact_found(secret))
        return;
    if (spk_fact_found(secret)) {
        judge_pair(to, facts);
    } else if (secret->status == 404) {
        spk_find(to, SPK_LEVEL_FAIL, "secret", "there is no Secret %s",
                 facts->options->secret_name);
        spk_advise(to, "%s",
                   spk_facts_managed(facts)
                       ? "the replicas make it: see their logs and the finding about "
                         "permissions"
                       : "make it (kubectl create secret tls), or have cert-manager make "
                         "it");
    } else {
        spk_judge_unread(to, "secret", secret, "the Secret of the certificate",
                         "get secrets in the webhook's namespace, if you may see keys");
    }
}

static size_t count_waiting(const struct spk_facts *facts)
{
    size_t sum = 0;

    for (size_t i = 0; i < facts->replica_count; i++) {
        const json_t *status =
            json_array_get(spk_read(facts->replicas[i].pod, "status.containerStatuses"), 0);
        sum += !spk_read(status, "state.running") && !spk_read(status, "lastState.terminated");
    }
    return sum;
}

static bool is_forbidden(const struct spk_facts *facts)
{
    for (size_t i = 0; i < facts->permission_count; i++) {
        const struct spk_fact *review = &facts->permissions[i].review;
        if (spk_fact_found(review) && !json_is_true(spk_read(review->object, "status.allowed")))
            return true;
    }
    return false;
}

/* Is no certificate there for a reason that has been told: nobody has yet run who makes it, or may
 * not? */
static bool is_foreseen(const struct spk_facts *facts)
{
    if (!spk_facts_managed(facts) || facts->secret.status != 404)
        return false;
    return is_forbidden(facts) || (spk_fact_found(&facts->pods) && spk_facts_ready_s(facts) < 0 &&
                                   facts->replica_count == count_waiting(facts));
}

/* Nobody will ever make one. */
static bool judge_maker(struct spk_findings *to, const struct spk_facts *facts)
{
    if (facts->cert_manager.status != 404)
        return true;
    spk_find(to, SPK_LEVEL_FAIL, check,
             "the registration waits for cert-manager to write caBundle, and the cluster has none");
    spk_advise(to, "install cert-manager and apply the objects again, or install with "
                   "--certificates=managed");
    return false;
}

/* --------------------------------------------------------------------------------------- all */

/* What replicas show counts; where none can be asked, what they were given. That must be good in
 * any case: a replica that starts has nothing else. */
static void judge_given(struct spk_findings *to, const struct spk_facts *facts, const char *bundle,
                        bool asked)
{
    SPK_AUTOFREE char *crt = NULL;
    struct spk_pki_facts leaf;
    struct spk_err err;

    if (!read_secret(&crt, facts, "tls.crt"))
        return;
    if (!asked)
        judge_trust(to, facts, "the Secret (no replica could be asked for its own)", crt, bundle);
    else if (spk_pki_read(&leaf, crt, &err) == 0)
        (void)judge_expiry(to, facts, "the Secret", &leaf);
}

void spk_judge_certificates(struct spk_findings *to, const struct spk_facts *facts)
{
    SPK_AUTOFREE char *bundle = NULL;
    size_t asked = 0;
    bool good;

    if (is_foreseen(facts) || !judge_maker(to, facts))
        return;
    good = read_bundle(&bundle, to, facts, "ca-bundle", spk_facts_webhook(facts));
    if (good)
        judge_cas(to, facts, bundle);
    judge_secret(to, facts);
    for (size_t i = 0; i < facts->replica_count; i++) {
        const struct spk_replica *it = &facts->replicas[i];
        if (!spk_fact_found(&it->certificate))
            continue;
        asked++;
        judge_trust(to, facts, it->name, it->certificate.body, good ? bundle : NULL);
    }
    judge_given(to, facts, good ? bundle : NULL, asked > 0);
}

/* ------------------------------------------------------------- the webhook for applications */

static const char *const app_check = "app-webhook";

/* False: it is no certificate, which is said elsewhere, or it is trusted. */
static bool is_distrusted(const char *bundle, const char *chain, int64_t now_s)
{
    struct spk_pki_facts leaf;
    struct spk_err err;

    return spk_pki_read(&leaf, chain, &err) == 0 && !find_ca(bundle, chain, &leaf, now_s);
}

/* Who shows a certificate that @bundle does not trust; NULL: nobody. @shown: that could be asked
 * for. */
static const char *find_distrusted(const struct spk_facts *facts, const char *bundle, size_t *shown)
{
    SPK_AUTOFREE char *crt = NULL;

    *shown = 0;
    for (size_t i = 0; i < facts->replica_count; i++) {
        const struct spk_replica *it = &facts->replicas[i];
        if (!spk_fact_found(&it->certificate))
            continue;
        (*shown)++;
        if (is_distrusted(bundle, it->certificate.body, facts->now_s))
            return it->name;
    }
    if (*shown || !read_secret(&crt, facts, "tls.crt"))
        return NULL;
    (*shown)++;
    return is_distrusted(bundle, crt, facts->now_s) ? "the Secret" : NULL;
}

void spk_judge_app_bundle(struct spk_findings *to, const struct spk_facts *facts,
                          const json_t *webhook)
{
    static const char place[] = "clientConfig.caBundle";
    const json_t *pods = spk_read(spk_facts_webhook(facts), place);
    SPK_AUTOFREE char *bundle = NULL;
    const char *whose;
    size_t shown;

    if ((pods && json_equal(pods, spk_read(webhook, place))) || is_foreseen(facts) ||
        facts->cert_manager.status == 404 || !read_bundle(&bundle, to, facts, app_check, webhook))
        return;
    whose = find_distrusted(facts, bundle, &shown);
    if (whose) {
        spk_find(to, SPK_LEVEL_FAIL, app_check,
                 "the certificate of %s is signed by no valid CA of its caBundle", whose);
        spk_advise(to, "%s", bundle_advice(facts));
    } else if (shown) {
        spk_find(to, SPK_LEVEL_OK, app_check, "its caBundle trusts the certificate");
    }
}
