#include "spk/admission/intent.h"

#include "intent_values.h"

#include "spk/admission/overlay.h"
#include "spk/admission/spark_conf.h"
#include "spk/base/cleanup.h"
#include "spk/k8s/name.h"
#include "spk/k8s/path.h"

#include <stdlib.h>

#define SPARK_CONF_DIR  "/etc/spark/conf"
#define HADOOP_CONF_DIR "/etc/hadoop/conf"

/* What a kind of mount brings along. */
static const struct mount_rule {
    enum spk_source_kind source;
    const char *fixed_volume;
    const char *env;      /* a variable that points to the path, or NULL */
    const char *env_file; /* behind the path, or "" */
    const char *usual;    /* see struct spk_wish_env */
} mount_rules[SPK_KEY_KINDS] = {
    [SPK_KEY_SPARK_CONFIG_MAP] = {SPK_SOURCE_CONFIG_MAP, "spark-config-map-volume",
                                  "SPARK_CONF_DIR", "", SPK_SPARK_CONF},
    [SPK_KEY_HADOOP_CONFIG_MAP] = {SPK_SOURCE_CONFIG_MAP, "hadoop-config-map-volume",
                                   "HADOOP_CONF_DIR", "", NULL},
    [SPK_KEY_CONFIG_MAP] = {SPK_SOURCE_CONFIG_MAP, NULL, NULL, "", NULL},
    [SPK_KEY_SECRET] = {SPK_SOURCE_SECRET, NULL, NULL, "", NULL},
    [SPK_KEY_GCP_SERVICE_ACCOUNT] = {SPK_SOURCE_SECRET, NULL, "GOOGLE_APPLICATION_CREDENTIALS",
                                     "/key.json", NULL},
    [SPK_KEY_HADOOP_TOKEN] = {SPK_SOURCE_SECRET, NULL, "HADOOP_TOKEN_FILE_LOCATION",
                              "/hadoop.token", NULL},
};

/* kubelet expands $(NAME) and $$ in a variable's value (k8s.io/kubernetes third_party/forked/golang
 * /expansion), but not in a mount path. */
static const char *literal(struct spk_arena *arena, const char *text)
{
    char *out = spk_arena_alloc(arena, 2 * strlen(text) + 1);
    char *end = out;

    for (; out && *text; text++) {
        if (*text == '$')
            *end++ = '$';
        *end++ = *text;
    }
    return out;
}

/* What the variable names below the path: the rule's file, or the one that was asked for. */
static const char *env_file(struct spk_wishes *wishes, const struct mount_rule *rule,
                            struct spk_str name)
{
    for (size_t i = 0; i < wishes->gcp_key_count; i++) {
        struct spk_wish_gcp_key *key = &wishes->gcp_keys[i];
        if (rule != &mount_rules[SPK_KEY_GCP_SERVICE_ACCOUNT] || !spk_str_eq(key->account, name))
            continue;
        key->used = true;
        return key->file;
    }
    return rule->env_file;
}

static void add_env(struct spk_wishes *wishes, struct spk_notes *notes,
                    const struct spk_origin *from, const struct mount_rule *rule,
                    struct spk_str name, const char *path)
{
    const char *dir = literal(notes->arena, path);
    const char *file = env_file(wishes, rule, name);
    const char *value = dir ? spk_arena_printf(notes->arena, "%s%s", dir, file) : NULL;

    struct spk_wish_env *envs =
        spk_arena_push(notes->arena, wishes->envs, wishes->env_count, sizeof(*envs));

    if (!value || !envs) {
        notes->no_memory = true;
        return;
    }
    envs[wishes->env_count++] = (struct spk_wish_env){
        .from = *from, .name = rule->env, .value = value, .usual = rule->usual};
    wishes->envs = envs;
}

static bool check_mount(struct spk_wishes *wishes, struct spk_notes *notes,
                        const struct spk_origin *from, const struct mount_rule *rule,
                        struct spk_str name, struct spk_str path)
{
    struct spk_place name_at = spk_notes_place(notes, from->written, from->where, "name");
    struct spk_place path_at = spk_notes_place(notes, from->written, from->where, "path");
    const char *what = rule->source == SPK_SOURCE_SECRET ? "Secret" : "ConfigMap";
    const char *fault = spk_mount_path_fault(path);

    if (!spk_is_subdomain(name)) {
        spk_notes_fault_in(
            notes, &name_at, "%s%sexpected a %s's name (" SPK_SUBDOMAIN_RULE "), found %s",
            from->where, *from->where ? ": " : "", what, spk_notes_quote(notes, name));
        return false;
    }
    if (fault) {
        spk_notes_fault_in(notes, &path_at, "%s%sexpected an absolute mount path, found %s: %s",
                           from->where, *from->where ? ": " : "", fault,
                           spk_notes_quote(notes, path));
        return false;
    }
    if (wishes->mount_count == SPK_WISHES_MAX) {
        spk_notes_fault(notes, from->written, "more than %d mounts on one pod", SPK_WISHES_MAX);
        return false;
    }
    return true;
}

void spk_ask_mount(struct spk_wishes *wishes, struct spk_notes *notes,
                   const struct spk_origin *from, enum spk_key_kind kind, struct spk_str name,
                   struct spk_str path)
{
    const struct mount_rule *rule = &mount_rules[kind];
    struct spk_wish_mount *mounts;
    const char *clean;

    if (!check_mount(wishes, notes, from, rule, name, path))
        return;
    clean = spk_path_clean(notes->arena, path);
    mounts = spk_arena_push(notes->arena, wishes->mounts, wishes->mount_count, sizeof(*mounts));
    if (!clean || !mounts) {
        notes->no_memory = true;
        return;
    }
    mounts[wishes->mount_count++] = (struct spk_wish_mount){.from = *from,
                                                            .source = {rule->source, name},
                                                            .path = clean,
                                                            .fixed_volume = rule->fixed_volume};
    wishes->mounts = mounts;
    if (rule->env)
        add_env(wishes, notes, from, rule, name, clean);
}

static void ask_keyed(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask)
{
    struct spk_origin from = {ask->written, ask->canonical, ""};

    switch (ask->key.kind) {
    case SPK_KEY_SPARK_CONFIG_MAP:
        spk_ask_mount(wishes, notes, &from, ask->key.kind, ask->value, SPK_LIT(SPARK_CONF_DIR));
        break;
    case SPK_KEY_HADOOP_CONFIG_MAP:
        spk_ask_mount(wishes, notes, &from, ask->key.kind, ask->value, SPK_LIT(HADOOP_CONF_DIR));
        break;
    default:
        spk_ask_mount(wishes, notes, &from, ask->key.kind, ask->key.name, ask->value);
        break;
    }
}

static void ask_overlay(struct spk_wishes *wishes, struct spk_notes *notes,
                        const struct spk_ask *ask)
{
    struct spk_overlay_ask *overlays =
        spk_arena_push(notes->arena, wishes->overlays, wishes->overlay_count, sizeof(*overlays));

    if (!overlays) {
        notes->no_memory = true;
        return;
    }
    overlays[wishes->overlay_count++] =
        (struct spk_overlay_ask){.from = {ask->written, ask->canonical, ""}, .value = ask->value};
    wishes->overlays = overlays;
}

/* A field of the pod for a key: "tolerations", "nodeSelector.disk", or "toleration". */
static const char *home_of(struct spk_notes *notes, struct spk_str key)
{
    const char *dot = key.len ? memchr(key.ptr, '.', key.len) : NULL;
    struct spk_str head = {key.ptr, dot ? (size_t)(dot - key.ptr) : key.len};
    const char *name;
    const char *many;
    const char *home;

    if (head.len > SPK_LABEL_MAX)
        return NULL;
    name = spk_arena_copy(notes->arena, head);
    many = spk_arena_printf(notes->arena, "%.*ss", SPK_ARG(head));
    if (!name || !many) {
        notes->no_memory = true;
        return NULL;
    }
    home = spk_overlay_home(notes, name);
    return home ? home : spk_overlay_home(notes, many);
}

/* The second prefix belongs to others too: of their keys no word, unless ours was all but meant. */
static void ask_unknown(struct spk_notes *notes, const struct spk_ask *ask, const char *prefix)
{
    struct spk_key_guess guess;
    const char *home;

    if (notes->warnings_left) { /* no work for what is not shown */
        notes->warnings_left += !ask->key.alias;
        return;
    }
    guess = spk_key_guess(ask->written, prefix);
    if (ask->key.alias && !guess.is_near)
        return;
    home = guess.is_near ? NULL : home_of(notes, ask->key.name);
    if (home) {
        spk_notes_warn_of(notes, ask->written,
                          "%s: unknown annotation, ignored; did you mean %s of %s/overlay?",
                          spk_notes_plain(notes, ask->written), home, prefix ? prefix : SPK_PREFIX);
        return;
    }
    spk_notes_warn_of(notes, ask->written, "%s: unknown annotation, ignored; %s %s/%s%s%s",
                      spk_notes_plain(notes, ask->written),
                      guess.is_near ? "did you mean" : "the nearest known one is",
                      prefix ? prefix : SPK_PREFIX, guess.canonical,
                      spk_notes_plain(notes, guess.name), guess.is_near ? "?" : "");
}

static void ask_one(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask,
                    const struct spk_view *view, const char *prefix)
{
    switch (ask->key.kind) {
    case SPK_KEY_OWNER_REFERENCE:
        spk_ask_owner(wishes, notes, ask);
        break;
    case SPK_KEY_CONFIG_MAPS:
    case SPK_KEY_SECRETS:
        spk_ask_list(wishes, notes, ask);
        break;
    case SPK_KEY_OVERLAY:
        ask_overlay(wishes, notes, ask);
        break;
    case SPK_KEY_SPARK_DEFAULTS:
        spk_ask_defaults(wishes, notes, ask, spk_str_is(view->role, "executor"));
        break;
    case SPK_KEY_GCP_KEY:
        spk_ask_gcp_key(wishes, notes, ask);
        break;
    case SPK_KEY_SECRET_ENV:
    case SPK_KEY_CONFIG_MAP_ENV:
        spk_ask_env(wishes, notes, ask);
        break;
    case SPK_KEY_CLAIM:
        spk_ask_claim(wishes, notes, ask);
        break;
    case SPK_KEY_EMPTY_DIR:
        spk_ask_empty_dir(wishes, notes, ask);
        break;
    case SPK_KEY_GPU:
        spk_ask_gpu(wishes, notes, ask);
        break;
    case SPK_KEY_PROMETHEUS_JMX:
        spk_ask_jmx(wishes, notes, ask);
        break;
    case SPK_KEY_SERVICE_LINKS:
        spk_ask_service_links(wishes, notes, ask);
        break;
    case SPK_KEY_RETIRED:
        spk_notes_fault(notes, ask->written, "retired in 2019; use %s", ask->key.advice);
        break;
    case SPK_KEY_STAMP:
        break;
    case SPK_KEY_UNKNOWN:
        ask_unknown(notes, ask, prefix);
        break;
    default:
        ask_keyed(wishes, notes, ask);
        break;
    }
}

/* A key file's name counts for the account behind it; an overlay counts above all others. */
static int turn(enum spk_key_kind kind)
{
    return kind == SPK_KEY_GCP_KEY ? 0 : kind == SPK_KEY_OVERLAY ? 2 : 1;
}

/* By key, and among spellings of one key the one that counts first. */
static int compare(const void *left, const void *right)
{
    const struct spk_ask *a = left;
    const struct spk_ask *b = right;
    int diff = turn(a->key.kind) - turn(b->key.kind);

    if (diff == 0)
        diff = strcmp(a->canonical, b->canonical);
    if (diff == 0)
        diff = (a->key.kind > b->key.kind) - (a->key.kind < b->key.kind);
    if (diff == 0)
        diff = a->key.rank - b->key.rank;
    return diff ? diff : spk_str_cmp(a->written, b->written);
}

/* The annotations of ours; those that mean nothing to us are not counted against the limit. */
struct asked {
    struct spk_ask *asks;
    size_t count;
    size_t known;
};

static int collect_one(struct asked *asked, const struct spk_view_pair *pair, const char *prefix,
                       struct spk_notes *notes)
{
    struct spk_ask ask = {.written = pair->key, .value = pair->value};
    struct spk_ask *asks;

    if (!spk_key_read(&ask.key, pair->key, prefix))
        return 0;
    asked->known += ask.key.kind != SPK_KEY_UNKNOWN;
    asks = spk_arena_push(notes->arena, asked->asks, asked->count, sizeof(*asks));
    ask.canonical =
        spk_arena_printf(notes->arena, "%s%.*s", ask.key.canonical, SPK_ARG(ask.key.name));
    if (!asks || !ask.canonical)
        return -1;
    asks[asked->count++] = ask;
    asked->asks = asks;
    return 0;
}

static int collect(struct asked *asked, const struct spk_view *view, const char *prefix,
                   struct spk_notes *notes)
{
    for (size_t i = 0; i < view->annotation_count; i++) {
        if (collect_one(asked, &view->annotations[i], prefix, notes))
            return -1;
    }
    if (asked->known > SPK_ANNOTATIONS_MAX) {
        spk_notes_fault(notes, SPK_LIT("annotations"), "%zu of sparkhook on one pod, at most %d",
                        asked->known, SPK_ANNOTATIONS_MAX);
        asked->count = 0;
    }
    return 0;
}

static bool same_key(const struct spk_ask *a, const struct spk_ask *b)
{
    return a->key.kind == b->key.kind && a->key.kind != SPK_KEY_UNKNOWN &&
           strcmp(a->canonical, b->canonical) == 0;
}

static void warn_ignored(struct spk_notes *notes, const struct spk_ask *counts,
                         const struct spk_ask *ignored)
{
    if (ignored->key.kind == SPK_KEY_STAMP || spk_str_eq(counts->value, ignored->value))
        return;
    spk_notes_warn_of(notes, ignored->written, "%s is ignored: %s says otherwise and counts first",
                      spk_notes_quote(notes, ignored->written),
                      spk_notes_quote(notes, counts->written));
}

/* spark-defaults.conf is one of the files of the sparkConfigMap. */
static void check_defaults(const struct spk_wishes *wishes, const struct asked *asked,
                           struct spk_notes *notes)
{
    if (wishes->defaults.how == SPK_DEFAULTS_NONE)
        return;
    for (size_t i = 0; i < asked->count; i++) {
        if (asked->asks[i].key.kind == SPK_KEY_SPARK_CONFIG_MAP)
            return;
    }
    spk_notes_fault(notes, wishes->defaults.from.written,
                    "expected a sparkConfigMap on the same pod, with the spark-defaults.conf to "
                    "read, found none");
}

int spk_intent_read(struct spk_wishes *out, const struct spk_view *view, const char *prefix,
                    struct spk_notes *notes, struct spk_err *err)
{
    const struct spk_ask *counts = NULL;
    struct asked asked = {0};
    bool too_many_to_guess; /* of the second prefix, where few guesses end in a warning */

    *out = (struct spk_wishes){0};
    if (collect(&asked, view, prefix, notes))
        return spk_fail(err, SPK_ENOMEM, "annotations: out of memory");
    too_many_to_guess = asked.count > SPK_ANNOTATIONS_MAX;
    out->any = asked.count > 0 || notes->fault_count > 0;
    if (asked.count)
        qsort(asked.asks, asked.count, sizeof(*asked.asks), compare);
    for (size_t i = 0; i < asked.count; i++) {
        if (counts && same_key(counts, &asked.asks[i])) {
            warn_ignored(notes, counts, &asked.asks[i]);
            continue;
        }
        counts = &asked.asks[i];
        if (counts->key.alias && counts->key.kind == SPK_KEY_UNKNOWN && too_many_to_guess)
            continue;
        ask_one(out, notes, counts, view, prefix);
    }
    check_defaults(out, &asked, notes);
    spk_ask_check_shorthands(out, notes);
    if (notes->no_memory)
        return spk_fail(err, SPK_ENOMEM, "annotations: out of memory");
    return 0;
}
