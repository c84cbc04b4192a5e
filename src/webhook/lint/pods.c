#include "webhook/lint/parts.h"

#include "spk/base/cleanup.h"
#include "spk/base/text.h"
#include "spk/json/walk.h"
#include "webhook/made_up.h"

static int fail_memory(struct spk_lint *lint)
{
    return spk_fail(lint->err, SPK_ENOMEM, "out of memory");
}

bool spk_lint_is_kind(const json_t *object, const char *kind)
{
    const char *found = json_string_value(json_object_get(object, "kind"));

    return found && strcmp(found, kind) == 0;
}

/* A Pod, or the template of pods in a Deployment, Job, PodTemplate, SparkApplication, … */
static bool is_pod(const json_t *object)
{
    return json_is_object(json_object_get(object, "metadata")) &&
           (spk_lint_is_kind(object, "Pod") ||
            json_is_array(json_object_get(json_object_get(object, "spec"), "containers")));
}

static json_t *label_of(const json_t *pod)
{
    const json_t *meta = json_object_get(pod, "metadata");

    return json_object_get(json_object_get(meta, "labels"), "spark-role");
}

/* What the core says of a pod with another label is that it is none of Spark's: here that is
 * probably not what was meant. */
static int report_role(struct spk_lint *lint, json_t *label)
{
    struct spk_arena *arena = &lint->findings->arena;
    const char *found = spk_quote(arena, spk_json_str(label));
    size_t offset = 0;

    if (!found)
        return fail_memory(lint);
    (void)spk_lint_offset(&offset, &lint->source, label);
    spk_lint_findf(lint->findings,
                   (struct spk_lint_finding){.file = lint->source.name, .offset = offset},
                   "label spark-role: found %s, expected driver or executor: the pod's annotations "
                   "do nothing",
                   found);
    return 0;
}

/* A whole pod is judged as it is, a template without a role as that of a driver. */
static int look_at_pod(struct spk_lint *lint, json_t *pod)
{
    json_auto_t *made = NULL;
    json_t *label = label_of(pod);

    lint->recognised = true;
    if (json_object_size(json_object_get(json_object_get(pod, "metadata"), "annotations")) == 0)
        return 0;
    if (json_is_string(label)) {
        bool known = spk_str_is(spk_json_str(label), "driver") ||
                     spk_str_is(spk_json_str(label), "executor");
        if (known)
            return spk_lint_judge(lint, pod);
        return spk_lint_is_asked(lint, pod) ? report_role(lint, label) : 0;
    }
    made = spk_made_up_pod(pod, SPK_ROLE_DRIVER);
    return made ? spk_lint_judge(lint, made) : fail_memory(lint);
}

static int walk(struct spk_lint *lint, json_t *value);

static int walk_members(struct spk_lint *lint, json_t *object)
{
    const char *key;
    json_t *value;

    if (is_pod(object))
        return look_at_pod(lint, object);
    if (spk_lint_application(lint, object))
        return -1;
    lint->recognised = lint->recognised || spk_lint_is_kind(object, "AdmissionReview");
    json_object_foreach(object, key, value)
    {
        /* of a review of an UPDATE: what was */
        if (strcmp(key, "oldObject") != 0 && walk(lint, value))
            return -1;
    }
    return 0;
}

static int walk(struct spk_lint *lint, json_t *value)
{
    size_t i;
    json_t *item;

    if (json_is_object(value))
        return walk_members(lint, value);
    json_array_foreach(value, i, item)
    {
        if (walk(lint, item))
            return -1;
    }
    return 0;
}

int spk_lint_document(struct spk_lint *lint, json_t *document)
{
    return walk(lint, document);
}
