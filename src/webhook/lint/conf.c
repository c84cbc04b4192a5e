#include "webhook/lint/parts.h"

#include "spk/admission/key.h"
#include "spk/base/cleanup.h"
#include "spk/base/nearest.h"
#include "spk/json/walk.h"
#include "webhook/lint/properties.h"
#include "webhook/made_up.h"

/* Letters of a property that may be wrong. */
#define PROPERTY_STEPS 3

static const struct {
    const char *prefix;
    const char *plural;
    enum spk_role role;
} kinds[] = {
    {"spark.kubernetes.driver.annotation.", "spark.kubernetes.driver.annotations.",
     SPK_ROLE_DRIVER},
    {"spark.kubernetes.executor.annotation.", "spark.kubernetes.executor.annotations.",
     SPK_ROLE_EXECUTOR},
};

static int fail_memory(struct spk_lint *lint)
{
    return spk_fail(lint->err, SPK_ENOMEM, "out of memory");
}

static struct spk_lint_finding finding_at(const struct spk_lint *lint, struct spk_str key,
                                          size_t offset, bool error)
{
    return (struct spk_lint_finding){
        .file = lint->source.name, .offset = offset, .error = error, .key = key};
}

static int annotate(struct spk_lint_conf *conf, struct spk_lint *lint, enum spk_role role,
                    const char *key, json_t *value)
{
    if (!conf->annotations[role])
        conf->annotations[role] = json_object();
    if (!conf->annotations[role] || json_object_set(conf->annotations[role], key, value))
        return fail_memory(lint);
    return 0;
}

/* Spark 3.3 and later put the application's id there, and the executor's. What else is in braces
 * stays (Spark Utils.substituteAppNExecIds). */
static json_t *substituted(struct spk_lint *lint, json_t *value)
{
    static const struct {
        const char *mark;
        const char *sample;
    } marks[] = {
        {"{{APP_ID}}", "spark-0123456789abcdef0123456789abcdef"},
        {"{{EXECUTOR_ID}}", "1"},
    };
    const char *text = json_string_value(value);
    struct spk_arena *arena = &lint->findings->arena;

    for (size_t i = 0; i < SPK_LEN(marks) && text; i++) {
        const char *found = strstr(text, marks[i].mark);
        if (found)
            text = spk_arena_printf(arena, "%.*s%s%s", (int)(found - text), text, marks[i].sample,
                                    found + strlen(marks[i].mark));
    }
    if (!text || text == json_string_value(value))
        return json_incref(value);
    return json_string(text);
}

/* Of which only the value could be wrong. */
static bool is_known(const struct spk_lint *lint, const char *annotation)
{
    struct spk_key key;

    return spk_key_read(&key, spk_str(annotation), lint->policy.prefix) &&
           key.kind != SPK_KEY_UNKNOWN && key.kind != SPK_KEY_STAMP;
}

/* A value that Spark changes is not the one that was marked. */
static int take(struct spk_lint_conf *conf, struct spk_lint *lint, enum spk_role role,
                const char *key, json_t *value)
{
    json_auto_t *meant = NULL;
    size_t offset;

    if (conf->open && is_known(lint, key))
        return 0;
    meant = substituted(lint, value);
    if (!meant)
        return fail_memory(lint);
    if (meant != value && spk_lint_offset(&offset, &lint->source, value)) {
        if (json_array_append(lint->kept, meant))
            return fail_memory(lint);
        spk_lint_mark(&lint->source, meant, offset);
    }
    return annotate(conf, lint, role, key, meant);
}

static bool is_ours(const struct spk_lint *lint, const char *annotation)
{
    struct spk_key key;

    return spk_key_read(&key, spk_str(annotation), lint->policy.prefix);
}

/* Spark's own properties may carry a name below our prefix: of those only what is a key of ours. */
static bool is_key(const struct spk_lint *lint, const char *annotation)
{
    struct spk_key key;

    return spk_key_read(&key, spk_str(annotation), lint->policy.prefix) && !key.alias &&
           key.kind != SPK_KEY_UNKNOWN && key.kind != SPK_KEY_STAMP;
}

static void report_plural(struct spk_lint *lint, struct spk_str key, size_t at, const char *prefix,
                          const char *annotation)
{
    spk_lint_findf(lint->findings, finding_at(lint, key, at, is_ours(lint, annotation)),
                   "%.*s: Spark ignores annotations in the plural without a word; did you mean "
                   "%s%.*s?",
                   SPK_LINT_KEY_MAX, key.ptr, prefix, SPK_LINT_KEY_MAX, annotation);
}

/* Where an annotation of ours begins in a property's key; NULL without one. */
static const char *find_ours(const struct spk_lint *lint, const char *key)
{
    for (const char *dot = strchr(key, '.'); dot; dot = strchr(dot + 1, '.')) {
        if (is_ours(lint, dot + 1))
            return dot + 1;
    }
    return NULL;
}

/* A label, say, or a property that was made up. */
static void report_elsewhere(struct spk_lint *lint, struct spk_str key, size_t at,
                             const char *annotation)
{
    size_t role = strstr(key.ptr, "executor") ? 1 : 0;

    if (!spk_str_starts(key, SPK_LIT("spark.")) || !is_key(lint, annotation))
        return;
    spk_lint_findf(lint->findings, finding_at(lint, key, at, true),
                   "%.*s: this property gives no pod an annotation, so it does nothing; did you "
                   "mean %s%.*s?",
                   SPK_LINT_KEY_MAX, key.ptr, kinds[role].prefix, SPK_LINT_KEY_MAX, annotation);
}

/* A property that is none of Spark's but was to carry an annotation of ours. */
static void check_other(struct spk_lint *lint, struct spk_str key, size_t at)
{
    const char *annotation = find_ours(lint, key.ptr);
    struct spk_str head = {key.ptr, annotation ? (size_t)(annotation - key.ptr) : 0};
    size_t best = 0;
    size_t least;

    if (!annotation)
        return;
    least = spk_edit_distance(head, spk_str(kinds[0].prefix));
    if (spk_edit_distance(head, spk_str(kinds[1].prefix)) < least)
        best = 1;
    if (best)
        least = spk_edit_distance(head, spk_str(kinds[1].prefix));
    if (least > PROPERTY_STEPS) {
        report_elsewhere(lint, key, at, annotation);
        return;
    }
    spk_lint_findf(lint->findings, finding_at(lint, key, at, true),
                   "%.*s: no property of Spark, so the annotation reaches no pod; did you mean "
                   "%s%.*s?",
                   SPK_LINT_KEY_MAX, key.ptr, kinds[best].prefix, SPK_LINT_KEY_MAX, annotation);
}

int spk_lint_conf_add(struct spk_lint_conf *conf, struct spk_lint *lint, struct spk_str key,
                      size_t key_at, json_t *value)
{
    for (size_t i = 0; i < SPK_LEN(kinds); i++) {
        struct spk_str prefix = spk_str(kinds[i].prefix);
        struct spk_str plural = spk_str(kinds[i].plural);
        if (spk_str_starts(key, prefix))
            return take(conf, lint, kinds[i].role, key.ptr + prefix.len, value);
        if (spk_str_starts(key, plural) && conf->plural)
            return take(conf, lint, kinds[i].role, key.ptr + plural.len, value);
        if (spk_str_starts(key, plural)) {
            report_plural(lint, key, key_at, kinds[i].prefix, key.ptr + plural.len);
            return 0;
        }
    }
    check_other(lint, key, key_at);
    return 0;
}

int spk_lint_conf_annotate(struct spk_lint_conf *conf, struct spk_lint *lint, enum spk_role role,
                           const json_t *annotations)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)annotations, key, value)
    {
        if (annotate(conf, lint, role, key, value))
            return -1;
    }
    return 0;
}

static int judge_role(struct spk_lint *lint, json_t *annotations, enum spk_role role)
{
    json_auto_t *template = json_pack("{s:{s:O}}", "metadata", "annotations", annotations);
    json_auto_t *pod = template ? spk_made_up_pod(template, role) : NULL;

    return pod ? spk_lint_judge(lint, pod) : fail_memory(lint);
}

void spk_lint_conf_done(struct spk_lint_conf *conf)
{
    for (int role = 0; role < SPK_ROLES; role++)
        json_decref(conf->annotations[role]);
    *conf = (struct spk_lint_conf){0};
}

int spk_lint_conf_judge(struct spk_lint_conf *conf, struct spk_lint *lint)
{
    int rc = 0;

    for (int role = 0; role < SPK_ROLES; role++) {
        if (conf->annotations[role] && rc == 0)
            rc = judge_role(lint, conf->annotations[role], (enum spk_role)role);
    }
    spk_lint_conf_done(conf);
    return rc;
}

/* Strings that live as long as the judgement, each marked in the source. */
static json_t *values_of(struct spk_lint *lint, const struct spk_properties *all)
{
    json_auto_t *values = json_array();

    if (!values)
        return NULL;
    for (size_t i = 0; i < all->count; i++) {
        json_t *value = spk_json_string(all->items[i].value);
        if (json_array_append_new(values, value))
            return NULL;
        spk_lint_mark(&lint->source, value, all->items[i].value_at);
    }
    return json_incref(values);
}

/* Of a key given twice the last counts; two that say different things are worth a word. From the
 * end, so that @below has what comes next under a key. */
static int check_twice(struct spk_lint *lint, const struct spk_properties *all,
                       const json_t *values)
{
    json_auto_t *below = json_object();

    for (size_t i = all->count; below && i-- > 0;) {
        const struct spk_property *item = &all->items[i];
        json_t *value = json_array_get(values, i);
        const json_t *next;
        if (!find_ours(lint, item->key.ptr))
            continue;
        next = json_object_getn(below, item->key.ptr, item->key.len);
        if (next && !json_equal(next, value)) {
            spk_lint_findf(lint->findings, finding_at(lint, item->key, item->value_at, false),
                           "%.*s: is given again below with another value, which is the one that "
                           "counts",
                           SPK_LINT_KEY_MAX, item->key.ptr);
        }
        if (json_object_setn_nocheck(below, item->key.ptr, item->key.len, value))
            return -1;
    }
    return below ? 0 : -1;
}

int spk_lint_properties(struct spk_lint *lint, size_t *stopped)
{
    struct spk_properties all;
    struct spk_lint_conf conf = {0};
    json_auto_t *values = NULL;
    int rc = 0;

    lint->source.properties = true;
    if (spk_properties_read(&all, &lint->findings->arena, stopped, lint->source.text, lint->err))
        return -1;
    values = values_of(lint, &all);
    if (!values || check_twice(lint, &all, values))
        return fail_memory(lint);
    for (size_t i = 0; i < all.count && rc == 0; i++) {
        lint->recognised = lint->recognised || spk_str_starts(all.items[i].key, SPK_LIT("spark."));
        rc = spk_lint_conf_add(&conf, lint, all.items[i].key, all.items[i].key_at,
                               json_array_get(values, i));
    }
    return spk_lint_conf_judge(&conf, lint) || rc ? -1 : 0;
}
