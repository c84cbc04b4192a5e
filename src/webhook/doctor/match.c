#include "webhook/doctor/match.h"

#include "spk/admission/key.h"
#include "spk/base/arena.h"
#include "spk/base/cleanup.h"
#include "spk/k8s/selector.h"
#include "webhook/doctor/read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Our expression, of objects/60-mutatingwebhookconfiguration.yaml, without its last part. */
#define GUARD                                                                          \
    "has(object.metadata.annotations) && (size(object.metadata.annotations) > 256 || " \
    "object.metadata.annotations.exists(k, "
#define STARTS_OWN  "k.startsWith('"
#define STARTS_END  "/')))"
#define STARTS_BOTH "k.startsWith('" SPK_PREFIX "/') || k.startsWith('" SPK_PREFIX_ALIAS "/')))"
#define MANY        256

/* ------------------------------------------------------------------------------- the verdict */

__attribute__((format(printf, 3, 4))) static void
say(struct spk_match *it, enum spk_match_verdict verdict, const char *fmt, ...)
{
    SPK_CLEANUP(spk_arena_done) struct spk_arena arena;
    size_t len = strlen(it->why);
    const char *text;
    va_list args;

    /* What says no outweighs what can't be told. */
    if (verdict == SPK_MATCH_NOT && it->verdict == SPK_MATCH_UNKNOWN)
        len = 0;
    if (verdict == SPK_MATCH_UNKNOWN && it->verdict == SPK_MATCH_NOT)
        return;
    it->verdict = verdict;
    if (len && len + 2 < sizeof(it->why)) {
        memcpy(it->why + len, "; ", 3);
        len += 2;
    }
    spk_arena_init(&arena, SPK_DOCTOR_TEXT_MAX);
    va_start(args, fmt);
    text = spk_arena_vprintf(&arena, fmt, args);
    va_end(args);
    (void)snprintf(it->why + len, sizeof(it->why) - len, "%s", text ? text : "out of memory");
}

/* ------------------------------------------------------------------------------------- rules */

static bool wants_pods(const json_t *rule)
{
    static const char *const names[] = {"*", "*/*", "pods", "pods/*"};
    const json_t *resources = spk_read(rule, "resources");

    for (size_t i = 0; i < SPK_LEN(names); i++) {
        if (spk_read_holds(resources, names[i]))
            return true;
    }
    return false;
}

static bool holds_or_all(const json_t *rule, const char *key, const char *text)
{
    const json_t *list = spk_read(rule, key);

    return spk_read_holds(list, text) || spk_read_holds(list, "*");
}

static bool rule_matches(const json_t *rule)
{
    const char *scope = spk_read_text(rule, "scope");

    return holds_or_all(rule, "operations", "CREATE") && holds_or_all(rule, "apiGroups", "") &&
           holds_or_all(rule, "apiVersions", "v1") && wants_pods(rule) &&
           strcmp(scope, "Cluster") != 0;
}

bool spk_match_rules(const json_t *webhook)
{
    const json_t *rule;
    size_t i;

    json_array_foreach(spk_read(webhook, "rules"), i, rule)
    {
        if (rule_matches(rule))
            return true;
    }
    return false;
}

/* --------------------------------------------------------------------------------- selectors */

/* In a webhook an absent selector is {}, which selects everything. */
static int select_labels(struct spk_match *out, const char *what, const json_t *selector,
                         const json_t *labels)
{
    struct spk_requirement why = {0};
    struct spk_err err;
    char text[256];
    int rc = selector ? spk_selector_match(&why, selector, labels, &err) : 0;

    if (rc < 0)
        say(out, SPK_MATCH_UNKNOWN, "%s: %s", what, err.msg);
    if (rc <= 0)
        return rc;
    spk_requirement_print(text, sizeof(text), &why);
    say(out, SPK_MATCH_NOT, "%s says no: it wants %s", what, text);
    return rc;
}

static bool names_only(const json_t *selector)
{
    const json_t *map = spk_read(selector, "matchLabels");
    const json_t *expression;
    size_t i;

    json_array_foreach(spk_read(selector, "matchExpressions"), i, expression)
    {
        if (strcmp(spk_read_text(expression, "key"), "kubernetes.io/metadata.name") != 0)
            return false;
    }
    return json_object_size(map) == (json_object_get(map, "kubernetes.io/metadata.name") ? 1 : 0);
}

static void match_namespace(struct spk_match *out, const json_t *webhook,
                            const struct spk_match_pod *pod)
{
    const json_t *selector = spk_read(webhook, "namespaceSelector");
    json_auto_t *name = json_pack("{s:s}", "kubernetes.io/metadata.name", pod->namespace_);
    char what[128];

    (void)snprintf(what, sizeof(what), "namespaceSelector (of the namespace %.63s)",
                   pod->namespace_);
    if (pod->namespace_labels)
        (void)select_labels(out, what, selector, pod->namespace_labels);
    else if (names_only(selector))
        (void)select_labels(out, what, selector, name);
    else
        say(out, SPK_MATCH_UNKNOWN, "the labels of the namespace %s can't be read",
            pod->namespace_);
}

/* -------------------------------------------------------------------------------- conditions */

bool spk_match_prefix(char out[SPK_SUBDOMAIN_MAX + 1], const char *expression)
{
    struct spk_str rest = spk_str(expression);

    if (!spk_str_starts(rest, SPK_LIT(GUARD)))
        return false;
    rest = spk_str_skip(rest, sizeof(GUARD) - 1);
    if (spk_str_is(rest, STARTS_BOTH)) {
        (void)snprintf(out, SPK_SUBDOMAIN_MAX + 1, "%s", SPK_PREFIX);
        return true;
    }
    if (!spk_str_starts(rest, SPK_LIT(STARTS_OWN)) || !spk_str_ends(rest, SPK_LIT(STARTS_END)))
        return false;
    rest = spk_str_skip(rest, sizeof(STARTS_OWN) - 1);
    if (rest.len < sizeof(STARTS_END))
        return false;
    rest.len -= sizeof(STARTS_END) - 1;
    if (spk_prefix_fault(rest))
        return false;
    (void)snprintf(out, SPK_SUBDOMAIN_MAX + 1, "%.*s", SPK_ARG(rest));
    return true;
}

bool spk_match_webhook_prefix(char out[SPK_SUBDOMAIN_MAX + 1], const json_t *webhook)
{
    const json_t *condition;
    size_t i;

    json_array_foreach(spk_read(webhook, "matchConditions"), i, condition)
    {
        if (spk_match_prefix(out, spk_read_text(condition, "expression")))
            return true;
    }
    return false;
}

static bool is_annotated(const json_t *pod, const char *prefix)
{
    json_t *annotations = spk_read(pod, "metadata.annotations");
    struct spk_key key;
    const char *name;
    json_t *value;

    if (json_object_size(annotations) > MANY)
        return true;
    json_object_foreach(annotations, name, value)
    {
        if (spk_key_read(&key, spk_str(name), strcmp(prefix, SPK_PREFIX) == 0 ? NULL : prefix))
            return true;
    }
    return false;
}

static void match_condition(struct spk_match *out, const json_t *condition, const json_t *pod)
{
    char prefix[SPK_SUBDOMAIN_MAX + 1];
    const char *name = spk_read_text(condition, "name");

    if (!spk_match_prefix(prefix, spk_read_text(condition, "expression"))) {
        say(out, SPK_MATCH_UNKNOWN, "matchCondition %s is none of ours and is not evaluated here",
            name);
    } else if (!is_annotated(pod, prefix)) {
        say(out, SPK_MATCH_NOT, "matchCondition %s says no: no annotation begins with %s/%s", name,
            prefix, strcmp(prefix, SPK_PREFIX) == 0 ? " or " SPK_PREFIX_ALIAS "/" : "");
    }
}

/* --------------------------------------------------------------------------------------- all */

void spk_match(struct spk_match *out, const json_t *webhook, const struct spk_match_pod *pod)
{
    const json_t *condition;
    size_t i;

    *out = (struct spk_match){.verdict = SPK_MATCH_SENT};
    match_namespace(out, webhook, pod);
    (void)select_labels(out, "objectSelector", spk_read(webhook, "objectSelector"),
                        spk_read(pod->pod, "metadata.labels"));
    if (!spk_match_rules(webhook))
        say(out, SPK_MATCH_NOT, "rules say no: none is for CREATE of v1 pods");
    json_array_foreach(spk_read(webhook, "matchConditions"), i, condition)
        match_condition(out, condition, pod->pod);
}
