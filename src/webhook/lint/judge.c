#include "webhook/lint/parts.h"

#include "spk/admission/key.h"
#include "spk/base/nearest.h"
#include "spk/json/place.h"
#include "spk/json/walk.h"

/* Letters of a prefix that may be wrong. */
#define PREFIX_STEPS 2

const char *spk_lint_prefix(const struct spk_lint *lint)
{
    return lint->policy.prefix ? lint->policy.prefix : SPK_PREFIX;
}

static json_t *annotations_of(const json_t *pod)
{
    return json_object_get(json_object_get(pod, "metadata"), "annotations");
}

/* Where the annotations stand, if the pod does not say where itself does. */
static size_t offset_of_pod(struct spk_lint *lint, const json_t *pod)
{
    size_t offset = 0;

    if (!spk_lint_offset(&offset, &lint->source, annotations_of(pod)))
        (void)spk_lint_offset(&offset, &lint->source, pod);
    return offset;
}

static size_t offset_of(struct spk_lint *lint, const json_t *pod, const struct spk_place *place)
{
    const json_t *value = json_object_getn(annotations_of(pod), place->key.ptr, place->key.len);
    struct spk_str text = spk_json_str(value);
    size_t inside = 0;
    size_t offset;

    if (!spk_lint_offset(&offset, &lint->source, value))
        return offset_of_pod(lint, pod);
    if (place->stopped)
        inside = place->stopped - 1;
    else if (place->where && *place->where)
        (void)spk_json_locate(&inside, text, place->where);
    return inside ? spk_lint_inside(&lint->source, offset, text, inside) : offset;
}

static void add(struct spk_lint *lint, const json_t *pod, bool error, const struct spk_place *place,
                const char *text)
{
    spk_lint_find(lint->findings, &(struct spk_lint_finding){.file = lint->source.name,
                                                             .offset = offset_of(lint, pod, place),
                                                             .error = error,
                                                             .key = place->key,
                                                             .where = place->where,
                                                             .text = text});
}

static void add_decision(struct spk_lint *lint, const json_t *pod,
                         const struct spk_decision *decision)
{
    for (size_t i = 0; i < decision->fault_count; i++)
        add(lint, pod, true, &decision->fault_places[i], decision->faults[i]);
    for (size_t i = 0; i < decision->warning_count; i++)
        add(lint, pod, false, &decision->warning_places[i], decision->warnings[i]);
    if (decision->faults_left) {
        spk_lint_findf(lint->findings,
                       (struct spk_lint_finding){.file = lint->source.name,
                                                 .offset = offset_of_pod(lint, pod),
                                                 .error = true},
                       "annotations: and %zu more faults on this pod", decision->faults_left);
    }
}

/* A field of the wrong type: the API server would refuse the pod. Its place is that of what holds
 * it and was read from the file. */
static void add_unreadable(struct spk_lint *lint, json_t *pod, const struct spk_err *why)
{
    const char *key;
    json_t *value;
    size_t offset = offset_of_pod(lint, pod);
    const char *advice = "";

    json_object_foreach(annotations_of(pod), key, value)
    {
        if (json_is_string(value) || !strstr(why->msg, key))
            continue;
        (void)spk_lint_offset(&offset, &lint->source, value);
        advice = ": put single quotes around the whole value";
    }
    spk_lint_findf(
        lint->findings,
        (struct spk_lint_finding){.file = lint->source.name, .offset = offset, .error = true},
        "%s%s", why->msg, advice);
}

static bool is_known(struct spk_str key, const char *prefix, struct spk_arena *arena)
{
    const char *whole = spk_arena_printf(arena, "%s/%.*s", prefix, SPK_ARG(key));
    struct spk_key read;

    return whole && spk_key_read(&read, spk_str(whole), prefix) && read.kind != SPK_KEY_UNKNOWN &&
           read.kind != SPK_KEY_STAMP;
}

/* The default prefix or its alias, if all but written; NULL else. An instance's own prefix may be
 * close to another's. */
static const char *meant_prefix(const struct spk_lint *lint, struct spk_str found)
{
    static const char *const ours[] = {SPK_PREFIX, SPK_PREFIX_ALIAS};

    if (strcmp(spk_lint_prefix(lint), SPK_PREFIX) != 0 || spk_str_is(found, SPK_PREFIX) ||
        spk_str_is(found, SPK_PREFIX_ALIAS))
        return NULL;
    for (size_t i = 0; i < 2; i++) {
        if (spk_edit_distance(found, spk_str(ours[i])) <= PREFIX_STEPS)
            return ours[0];
    }
    return NULL;
}

/* Behind the prefix and another character than the slash; NULL when it begins otherwise. */
static const char *without_slash(const struct spk_lint *lint, const char *written)
{
    const char *prefix = spk_lint_prefix(lint);
    size_t len = strlen(prefix);

    return strncmp(written, prefix, len) == 0 && written[len] ? written + len + 1 : NULL;
}

/* A key that the core passes over in silence, as somebody else's. */
static void check_prefix(struct spk_lint *lint, const json_t *pod, const char *written)
{
    struct spk_arena *arena = &lint->findings->arena;
    const char *slash = strchr(written, '/');
    const char *behind = slash ? NULL : without_slash(lint, written);
    const char *key = slash ? slash + 1 : behind ? behind : written;
    struct spk_str prefix = {written, slash ? (size_t)(slash - written) : 0};
    const char *meant = slash ? meant_prefix(lint, prefix) : spk_lint_prefix(lint);
    struct spk_place place = {.key = spk_str(written)};
    const char *text;

    if (!meant || !is_known(spk_str(key), meant, arena))
        return;
    text = spk_arena_printf(arena, "%.*s: %s, so it does nothing; did you mean %s/%.*s?",
                            SPK_LINT_KEY_MAX, written,
                            slash    ? "not a prefix that counts"
                            : behind ? "an annotation without a slash behind its prefix"
                                     : "an annotation without a prefix",
                            meant, SPK_LINT_KEY_MAX, key);
    if (text)
        add(lint, pod, slash || behind, &place, text);
    else
        lint->findings->broken = true;
}

bool spk_lint_is_asked(const struct spk_lint *lint, const json_t *pod)
{
    struct spk_key read;
    const char *key;
    json_t *value;

    json_object_foreach(annotations_of(pod), key, value)
    {
        if (spk_key_read(&read, spk_str(key), lint->policy.prefix))
            return true;
    }
    return false;
}

int spk_lint_judge(struct spk_lint *lint, json_t *pod)
{
    struct spk_decision decision = {0};
    struct spk_err why;
    const char *key;
    json_t *value;
    int rc = 0;

    if (spk_pod_decide(&decision, pod, &lint->policy, &why) == 0)
        add_decision(lint, pod, &decision);
    else if (why.code == SPK_EPARSE)
        add_unreadable(lint, pod, &why);
    else
        rc = spk_fail(lint->err, why.code, "%s", why.msg);
    spk_decision_done(&decision);
    json_object_foreach(annotations_of(pod), key, value)
    {
        check_prefix(lint, pod, key);
    }
    return rc;
}
