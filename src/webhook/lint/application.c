#include "webhook/lint/parts.h"

#include "spk/app/defaults.h"
#include "spk/base/cleanup.h"
#include "spk/base/text.h"
#include "spk/json/walk.h"
#include "webhook/application/judge.h"

static int fail_memory(struct spk_lint *lint)
{
    return spk_fail(lint->err, SPK_ENOMEM, "out of memory");
}

static int add_conf(struct spk_lint_conf *conf, struct spk_lint *lint, const json_t *map)
{
    const char *key;
    json_t *value;
    size_t offset = 0;

    json_object_foreach((json_t *)map, key, value)
    {
        (void)spk_lint_offset(&offset, &lint->source, value);
        if (json_is_string(value) && spk_lint_conf_add(conf, lint, spk_str(key), offset, value))
            return -1;
    }
    return 0;
}

/* Spark gets sparkConf as properties, from @ours with the plural put right; of driver and executor
 * annotations it is told by them, too. */
static int judge_annotations(struct spk_lint *lint, const json_t *spec, bool ours)
{
    struct spk_lint_conf conf = {.plural = ours};
    const json_t *driver = json_object_get(spec, "driver");
    const json_t *executor = json_object_get(spec, "executor");

    if (add_conf(&conf, lint, json_object_get(spec, "sparkConf")) ||
        spk_lint_conf_annotate(&conf, lint, SPK_ROLE_DRIVER,
                               json_object_get(driver, "annotations")) ||
        spk_lint_conf_annotate(&conf, lint, SPK_ROLE_EXECUTOR,
                               json_object_get(executor, "annotations"))) {
        spk_lint_conf_done(&conf);
        return -1;
    }
    return spk_lint_conf_judge(&conf, lint);
}

/* An application at hand, as it is in the file. */
struct subject {
    struct spk_lint *lint;
    const json_t *object;
    size_t faults;
};

static void add(const struct subject *subject, bool error, const char *path, const char *text)
{
    struct spk_lint *lint = subject->lint;
    bool full = spk_lint_is_full(lint->findings);

    spk_lint_findf(lint->findings,
                   (struct spk_lint_finding){
                       .file = lint->source.name,
                       .offset = full ? 0 : spk_lint_place(&lint->source, subject->object, path),
                       .error = error,
                       .where = path},
                   "%s%s%s", path, *path ? ": " : "", text);
}

static void on_fault(void *arg, const char *path, const char *what)
{
    struct subject *subject = arg;

    subject->faults++;
    add(subject, true, path, what);
}

/* What a file does not say about its namespace, sparkConf may. */
static struct spk_str namespace_of(const json_t *object)
{
    const json_t *conf = json_object_get(json_object_get(object, "spec"), "sparkConf");
    struct spk_str own =
        spk_json_str(json_object_get(json_object_get(object, "metadata"), "namespace"));
    struct spk_str said = spk_json_str(json_object_get(conf, "spark.kubernetes.namespace"));

    return own.len ? own : said.len ? said : SPK_LIT("default");
}

static bool is_beta(const json_t *object)
{
    return spk_str_ends(spk_json_str(json_object_get(object, "apiVersion")), SPK_LIT("/v1beta2"));
}

/* The object as it would be stored. v1alpha1 has no defaults. */
static int complete(json_t **out, struct spk_lint *lint, const json_t *object)
{
    json_auto_t *ops = NULL;

    if (!is_beta(object))
        ops = json_array();
    else if (spk_app_defaults(&ops, object, lint->err))
        return -1;
    if (!ops)
        return fail_memory(lint);
    return spk_application_complete(out, object, ops, namespace_of(object), lint->err);
}

/* Of what the definition wants the only field that nothing else asks for. */
static void check_version(struct subject *subject)
{
    const json_t *spec = json_object_get(subject->object, "spec");

    if (json_is_object(spec) && is_beta(subject->object) && !json_object_get(spec, "sparkVersion"))
        on_fault(subject, "spec.sparkVersion", "missing: the API server wants it");
}

/* As /validate does; what else the API server checks by the definition is left to it. */
static int judge(struct spk_lint *lint, const json_t *object)
{
    SPK_CLEANUP(spk_submission_done) struct spk_submission submission = {0};
    SPK_CLEANUP(spk_app_done) struct spk_app app = {0};
    struct subject subject = {.lint = lint, .object = object};
    json_auto_t *whole = NULL;
    struct spk_err why;
    int rc;

    if (complete(&whole, lint, object))
        return -1;
    rc = spk_application_judge(&submission, &app, whole, on_fault, &subject, &why);
    if (rc && why.code == SPK_ENOMEM)
        return spk_fail(lint->err, SPK_ENOMEM, "%s", why.msg);
    if (rc && subject.faults == 0)
        add(&subject, true, "", why.msg);
    check_version(&subject);
    for (size_t i = 0; i < submission.note_count; i++)
        add(&subject, false, submission.notes[i].field, submission.notes[i].message);
    if (app.rules.tracked) /* nobody gives pods what it says */
        return 0;
    return judge_annotations(lint, json_object_get(object, "spec"), true);
}

static bool is_of_our_groups(const json_t *object)
{
    struct spk_str version = spk_json_str(json_object_get(object, "apiVersion"));

    return spk_str_starts(version, SPK_LIT("sparkoperator.k8s.io/")) ||
           spk_str_starts(version, SPK_LIT("spark-operator.k8s.io/"));
}

/* ScheduledSparkApplication, SparkAplication; a List has its items looked at. */
static int report_kind(struct spk_lint *lint, const json_t *object)
{
    const json_t *kind = json_object_get(object, "kind");
    const char *found = spk_quote(&lint->findings->arena, spk_json_str(kind));

    if (!found)
        return fail_memory(lint);
    lint->recognised = true;
    spk_lint_findf(
        lint->findings,
        (struct spk_lint_finding){.file = lint->source.name,
                                  .offset = spk_lint_place(&lint->source, object, "kind"),
                                  .where = "kind"},
        "kind: found %s, expected SparkApplication: nothing runs it%s", found,
        spk_lint_is_kind(object, "ScheduledSparkApplication") ? " yet" : "");
    return 0;
}

/* And no reference to one, as an owner's is. */
static bool is_whole(const json_t *object)
{
    return json_object_get(object, "metadata") || json_object_get(object, "spec");
}

/* The API server does not take what it has no definition for. */
static bool is_judged(const json_t *object)
{
    return is_of_our_groups(object) || !json_is_string(json_object_get(object, "apiVersion"));
}

int spk_lint_application(struct spk_lint *lint, json_t *object)
{
    const json_t *spec = json_object_get(object, "spec");

    if (!json_is_string(json_object_get(object, "kind")) || !is_whole(object))
        return 0;
    if (spk_lint_is_kind(object, "SparkApplication")) {
        lint->recognised = true;
        return is_judged(object) ? judge(lint, object) : judge_annotations(lint, spec, false);
    }
    if (spk_lint_is_kind(object, "ScheduledSparkApplication")) {
        if (report_kind(lint, object))
            return -1;
        return judge_annotations(lint, json_object_get(spec, "template"), is_judged(object));
    }
    if (is_of_our_groups(object) && !spk_lint_is_kind(object, "SparkApplicationList"))
        return report_kind(lint, object);
    return 0;
}
