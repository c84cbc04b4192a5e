#include "webhook/application/annotations.h"

#include "webhook/made_up.h"

#include "spk/admission/key.h"
#include "spk/base/cleanup.h"
#include "spk/json/walk.h"

/* The controller writes no other prefix. */
#define OURS SPK_PREFIX "/"

struct judge {
    struct spk_submission *submission;
    struct spk_notes *notes;
    const json_t *spec;
    const struct spk_policy *policy;
    struct spk_err *err;
    const char *role; /* "driver" */
    bool faulty;      /* before anything was judged here */
};

static int fail_memory(const struct judge *judge)
{
    return spk_fail(judge->err, SPK_ENOMEM, "application: out of memory");
}

static const char *keep(const struct judge *judge, const char *text)
{
    judge->notes->no_memory |= !text;
    return text ? text : "";
}

#define TEXT(judge, ...) keep(judge, spk_arena_printf((judge)->notes->arena, __VA_ARGS__))

/* --------------------------------------------------------------------------- the pods */

/* Spark 3.3 and later put the application's id there, and the executor's. */
static const struct {
    struct spk_str mark;
    struct spk_str sample; /* shorter than four of its mark */
} marks[] = {
    {SPK_LIT("{{APP_ID}}"), SPK_LIT("spark-0123456789abcdef0123456789abcdef")},
    {SPK_LIT("{{EXECUTOR_ID}}"), SPK_LIT("1")},
};

static json_t *substituted(const struct judge *judge, const json_t *value)
{
    struct spk_str rest = spk_json_str(value);
    size_t len = 0;
    char *text;

    if (!strstr(rest.ptr, "{{"))
        return spk_json_string(rest);
    text = spk_arena_alloc(judge->notes->arena, 4 * rest.len + 1);
    while (text && rest.len) {
        size_t i = 0;
        while (i < SPK_LEN(marks) && !spk_str_starts(rest, marks[i].mark))
            i++;
        if (i == SPK_LEN(marks)) {
            text[len++] = rest.ptr[0];
            rest = spk_str_skip(rest, 1);
        } else {
            memcpy(text + len, marks[i].sample.ptr, marks[i].sample.len);
            len += marks[i].sample.len;
            rest = spk_str_skip(rest, marks[i].mark.len);
        }
    }
    return text ? json_stringn(text, len) : NULL;
}

/* What the fields of the spec become, for which the submission answers. */
static bool is_made(const struct judge *judge, const char *key)
{
    static const char *const made[] = {OURS "overlay", OURS "configMaps", OURS "secrets"};
    const json_t *annotations =
        json_object_get(json_object_get(judge->spec, judge->role), "annotations");

    for (size_t i = 0; i < SPK_LEN(made); i++) {
        if (strcmp(key, made[i]) == 0)
            return !json_object_get(annotations, key);
    }
    return false;
}

/* Properties count before the template. */
static json_t *annotations_of(const struct judge *judge, const json_t *template)
{
    const json_t *given = json_object_get(json_object_get(template, "metadata"), "annotations");
    const char *prefix = TEXT(judge, "spark.kubernetes.%s.annotation.", judge->role);
    json_auto_t *all = json_object();
    const char *name;
    json_t *value;

    if (!all || (json_is_object(given) && json_object_update(all, (json_t *)given)))
        return NULL;
    json_object_foreach(judge->submission->properties, name, value)
    {
        const char *key = name + strlen(prefix);
        if (strncmp(name, prefix, strlen(prefix)) != 0 || (judge->faulty && is_made(judge, key)))
            continue;
        if (json_object_set_new(all, key, substituted(judge, value)))
            return NULL;
    }
    return json_incref(all);
}

/* Spark's container comes first in what is made up. */
static int put_first(const struct judge *judge, json_t *containers)
{
    const char *property = TEXT(judge, "spark.kubernetes.%s.podTemplateContainerName", judge->role);
    const json_t *name = json_object_get(judge->submission->properties, property);

    for (size_t i = 1; name && i < json_array_size(containers); i++) {
        json_auto_t *container = json_incref(json_array_get(containers, i));
        if (!json_equal(json_object_get(container, "name"), name))
            continue;
        return json_array_remove(containers, i) || json_array_insert(containers, 0, container);
    }
    return 0;
}

/* Where other ports were chosen for Spark, those that it has by default are free. */
static void forget_ports(const struct judge *judge, json_t *pod)
{
    static const char *const chosen[] = {"spark.driver.port", "spark.blockManager.port",
                                         "spark.driver.blockManager.port", "spark.ui.port"};
    json_t *containers = json_object_get(json_object_get(pod, "spec"), "containers");

    for (size_t i = 0; i < SPK_LEN(chosen); i++) {
        if (json_object_get(judge->submission->properties, chosen[i]))
            (void)json_object_del(json_array_get(containers, 0), "ports");
    }
}

static json_t *make_pod(const struct judge *judge, const json_t *template, enum spk_role role)
{
    json_auto_t *annotations = annotations_of(judge, template);
    json_auto_t *copy = json_deep_copy(template);
    json_t *containers = json_object_get(json_object_get(copy, "spec"), "containers");
    json_t *pod;

    if (!annotations || !copy || put_first(judge, containers) ||
        json_object_set(json_object_get(copy, "metadata"), "annotations", annotations))
        return NULL;
    pod = spk_made_up_pod(copy, role);
    forget_ports(judge, pod);
    return pod;
}

/* --------------------------------------------------------------------------- and what is said */

/* The field that became this place of an overlay. */
static const char *field_of(const struct judge *judge, const char *where)
{
    static const struct {
        const char *begin;
        const char *field; /* NULL: what follows, as far as it is a name */
    } rows[] = {
        {"spec.containers", "sidecars"},
        {"spec.securityContext", "podSecurityContext"},
        {"sparkContainer.resources.limits.memory", "memoryLimit"},
        {"sparkContainer.resources", "gpu"},
        {"sparkContainer.", NULL},
        {"spec.", NULL},
    };

    if (strncmp(where, "spec.volumes", strlen("spec.volumes")) == 0)
        return "spec.volumes";
    for (size_t i = 0; i < SPK_LEN(rows); i++) {
        size_t len = strlen(rows[i].begin);
        if (strncmp(where, rows[i].begin, len) != 0)
            continue;
        if (rows[i].field)
            return TEXT(judge, "spec.%s.%s", judge->role, rows[i].field);
        return TEXT(judge, "spec.%s.%.*s", judge->role, (int)strcspn(where + len, ".["),
                    where + len);
    }
    return TEXT(judge, "spec.%s", judge->role);
}

/* Of an annotation that nobody wrote: the field that became it. */
static const char *made_path(const struct judge *judge, struct spk_str key, const char *where)
{
    static const char *const both[] = {"sparkConfigMap", "hadoopConfigMap"};
    static const char *const own[] = {"configMaps", "secrets"};
    struct spk_str name = spk_str_starts(key, SPK_LIT(OURS)) ? spk_str_skip(key, sizeof(OURS) - 1)
                                                             : (struct spk_str){0};

    for (size_t i = 0; i < SPK_LEN(both); i++) {
        if (spk_str_is(name, both[i]))
            return TEXT(judge, "spec.%s", both[i]);
    }
    for (size_t i = 0; i < SPK_LEN(own); i++) {
        if (spk_str_is(name, own[i]))
            return TEXT(judge, "spec.%s.%s", judge->role, own[i]);
    }
    if (spk_str_is(name, "overlay"))
        return field_of(judge, where ? where : "");
    return TEXT(judge, "spec.%s", judge->role);
}

/* Where its author wrote the annotation; NULL: nowhere. */
static const char *written_path(const struct judge *judge, struct spk_str key)
{
    static const char *const forms[] = {"annotation", "annotations"};
    const json_t *role = json_object_get(judge->spec, judge->role);
    const json_t *meta = json_object_get(json_object_get(role, "template"), "metadata");
    const json_t *conf = json_object_get(judge->spec, "sparkConf");

    if (json_object_getn(json_object_get(role, "annotations"), key.ptr, key.len))
        return TEXT(judge, "spec.%s.annotations.%.*s", judge->role, SPK_ARG(key));
    for (size_t i = 0; i < SPK_LEN(forms); i++) {
        const char *name =
            TEXT(judge, "spark.kubernetes.%s.%s.%.*s", judge->role, forms[i], SPK_ARG(key));
        if (json_object_get(conf, name))
            return TEXT(judge, "spec.sparkConf.%s", name);
    }
    if (json_object_getn(json_object_get(meta, "annotations"), key.ptr, key.len))
        return TEXT(judge, "spec.%s.template.metadata.annotations.%.*s", judge->role, SPK_ARG(key));
    return NULL;
}

/* Without the annotation's key, which the path has, or which nobody wrote. */
static const char *without_key(const struct judge *judge, struct spk_str key, const char *text)
{
    const char *const heads[] = {TEXT(judge, "%.*s: ", SPK_ARG(key)),
                                 TEXT(judge, "\"%.*s\": ", SPK_ARG(key))};

    for (size_t i = 0; i < SPK_LEN(heads) && key.len; i++) {
        const char *head = heads[i];
        const char *found = *head ? strstr(text, head) : NULL;
        if (found)
            return TEXT(judge, "%.*s%s", (int)(found - text), text, found + strlen(head));
    }
    return text;
}

struct said {
    const char *path;
    const char *text;
};

static struct said say(const struct judge *judge, const struct spk_place *place, const char *text)
{
    const char *path = written_path(judge, place->key);

    text = without_key(judge, place->key, text);
    if (path)
        return (struct said){path, text};
    if (spk_str_is(place->key, OURS "overlay"))
        text = TEXT(judge, "in its overlay, %s", text);
    return (struct said){made_path(judge, place->key, place->where), text};
}

static void take(const struct judge *judge, const struct spk_decision *decision)
{
    struct spk_faults *faults = &judge->submission->faults;
    bool denied = decision->outcome == SPK_DENIED;

    for (size_t i = 0; denied && i < decision->fault_count; i++) {
        struct said said = say(judge, &decision->fault_places[i], decision->faults[i]);
        spk_faults_add(faults, said.path, "%s", said.text);
    }
    if (denied)
        faults->left += decision->faults_left;
    for (size_t i = 0; i < decision->warning_count; i++) {
        struct said said = say(judge, &decision->warning_places[i], decision->warnings[i]);
        spk_notes_warn(judge->notes, "%s: %s", said.path, said.text);
    }
}

static int judge_role(const struct judge *judge, const json_t *template, enum spk_role role)
{
    json_auto_t *pod = make_pod(judge, template, role);
    SPK_CLEANUP(spk_decision_done) struct spk_decision decision = {0};
    struct spk_err why;

    if (!pod)
        return fail_memory(judge);
    if (spk_pod_decide(&decision, pod, judge->policy, &why) == 0)
        take(judge, &decision);
    else if (why.code != SPK_EPARSE)
        return fail_memory(judge);
    else if (!judge->faulty) /* a template whose types are no pod's has its faults */
        spk_faults_add(&judge->submission->faults, TEXT(judge, "spec.%s", judge->role), "%s",
                       why.msg);
    return 0;
}

int spk_application_annotations(struct spk_submission *submission, struct spk_notes *notes,
                                const json_t *spec, const struct spk_policy *policy,
                                struct spk_err *err)
{
    struct judge judge = {.submission = submission,
                          .notes = notes,
                          .spec = spec,
                          .policy = policy,
                          .err = err,
                          .role = "driver",
                          .faulty = !spk_faults_none(&submission->faults)};

    if (judge_role(&judge, submission->driver_template, SPK_ROLE_DRIVER))
        return -1;
    judge.role = "executor";
    return judge_role(&judge, submission->executor_template, SPK_ROLE_EXECUTOR);
}
