/*
 * Every allocation of a piece of work fails once by itself, and once with all that follow: the work
 * must end in SPK_ENOMEM or in the very result it has with memory. LeakSanitizer watches the rest.
 * Allocations are ours and jansson's, which come through spk_json_init(); libyaml's are its own.
 */

#include "spk/admission/review.h"
#include "spk/app/application.h"
#include "spk/app/executors.h"
#include "spk/base/cleanup.h"
#include "spk/base/file.h"
#include "spk/base/limits.h"
#include "spk/json/memory.h"
#include "spk/json/patch.h"
#include "spk/json/yaml.h"
#include "spk/kube/config.h"
#include "webhook/application/review.h"
#include "webhook/lint/lint.h"

#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

/* By linker option --wrap: calls of malloc in our objects come here.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-*): the linker gives these names. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static struct {
    bool on;
    bool for_good; /* everything behind the first failure fails, too */
    size_t at;
    size_t made;
} fault;

static bool fails(void)
{
    if (!fault.on)
        return false;
    fault.made++;
    return fault.for_good ? fault.made > fault.at : fault.made == fault.at + 1;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-*) */

struct work {
    const char *name;
    struct spk_buf input;
    json_t *document; /* for patch */
    json_t *ops;
};

/* Does the work; its result as a text, NULL on failure. */
typedef char *work_fn(struct work *work, struct spk_err *err);

static char *do_review(struct work *work, struct spk_err *err)
{
    struct spk_policy policy = {.version = "1"};
    struct spk_decision decision;
    char *answer = NULL;
    size_t len;
    int rc =
        spk_review_answer(&decision, &answer, &len, work->input.ptr, work->input.len, &policy, err);

    spk_decision_done(&decision);
    return rc ? NULL : answer;
}

/* The answer to a review of a SparkApplication. */
static char *do_judgement(struct work *work, struct spk_err *err)
{
    struct spk_policy policy = {.version = "1"};
    struct spk_decision decision;
    char *answer = NULL;
    size_t len;
    int rc = spk_application_review(&decision, &answer, &len, work->input.ptr, work->input.len,
                                    true, &policy, err);

    spk_decision_done(&decision);
    return rc ? NULL : answer;
}

static char *dumped(json_t *tree)
{
    char *text;

    fault.on = false;
    text = json_dumps(tree, JSON_COMPACT);
    json_decref(tree);
    return text;
}

static char *do_yaml(struct work *work, struct spk_err *err)
{
    json_t *tree;

    return spk_yaml_parse(&tree, work->input.ptr, work->input.len, err) ? NULL : dumped(tree);
}

static char *do_patch(struct work *work, struct spk_err *err)
{
    json_t *tree;

    return spk_patch_apply(&tree, work->document, work->ops, err) ? NULL : dumped(tree);
}

static char *do_kubeconfig(struct work *work, struct spk_err *err)
{
    struct spk_kube_file file = {"config", {work->input.ptr, work->input.len}};
    struct spk_kube_config config = {0};
    char *text;

    if (spk_kube_config_parse(&config, &file, 1, NULL, err))
        return NULL;
    fault.on = false;
    if (asprintf(&text, "%s %s %s %s %s", config.server, config.ca, config.key_file,
                 config.exec.args[1], config.exec.env[0].value) < 0)
        abort();
    spk_kube_config_done(&config);
    return text;
}

/* Reads a SparkApplication, and writes what its status would be. */
static char *do_application(struct work *work, struct spk_err *err)
{
    const struct spk_pod pod = {.name = "e-1", .state = SPK_POD_RUNNING};
    const struct spk_pod *const pods[] = {&pod};
    const struct spk_app_status none = {0};
    struct spk_app app;
    json_t *executors = NULL;
    json_t *patch = NULL;
    int rc = spk_app_read(&app, work->document, err);

    if (rc == 0)
        rc = spk_executors_state(&executors, work->ops, pods, 1, app.status.state, 1, err);
    if (rc == 0)
        rc = spk_app_status_patch(&patch, &none, &app.status, work->ops, executors, err);
    if (rc == 0)
        rc = json_object_set(patch, "spec", app.spec) ? spk_fail(err, SPK_ENOMEM, "the test's own")
                                                      : 0;
    spk_app_done(&app);
    json_decref(executors);
    if (rc == 0)
        return dumped(patch);
    json_decref(patch);
    return NULL;
}

/* Sends what goes to descriptor @fd to memory, until it is brought back. */
static int divert(int fd, int *saved)
{
    int memory = memfd_create("output", MFD_CLOEXEC);

    *saved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (memory < 0 || *saved < 0 || dup2(memory, fd) < 0)
        abort();
    return memory;
}

/* What was written, to be freed. */
static char *bring_back(int fd, int memory, int saved)
{
    off_t len = lseek(memory, 0, SEEK_END);
    char *text = calloc(1, (size_t)len + 1);

    if (!text || pread(memory, text, (size_t)len, 0) != len || dup2(saved, fd) < 0)
        abort();
    (void)close(memory);
    (void)close(saved);
    return text;
}

/* The whole command, with a file as its argument. */
static char *do_lint(struct work *work, struct spk_err *err)
{
    char *argv[] = {(char *)"lint", (char *)"--strict", (char *)"--output=json", (char *)work->name,
                    NULL};
    int saved_out;
    int saved_error;
    int out = divert(STDOUT_FILENO, &saved_out);
    int error = divert(STDERR_FILENO, &saved_error);
    int rc = spk_lint_main(4, argv);
    SPK_AUTOFREE char *said = NULL;
    char *found;

    fault.on = false;
    (void)fflush(stdout);
    found = bring_back(STDOUT_FILENO, out, saved_out);
    said = bring_back(STDERR_FILENO, error, saved_error);
    if (rc < 2)
        return found;
    free(found);
    (void)spk_fail(err, strstr(said, "out of memory") ? SPK_ENOMEM : SPK_EINTERNAL, "%.200s", said);
    return NULL;
}

static void give_up(const struct work *work, const char *what, const struct spk_err *err)
{
    (void)fprintf(stderr, "%s: allocation %zu%s: %s: %s: %s\n", work->name, fault.at,
                  fault.for_good ? " and later" : "", what, spk_code_text(err->code), err->msg);
    abort();
}

/* Fails allocation @at; false when the work makes no such allocation. */
static bool try_one(struct work *work, work_fn *run, const char *expected, size_t at)
{
    struct spk_err err = {0};
    char *got;

    fault.at = at;
    fault.made = 0;
    fault.on = true;
    got = run(work, &err);
    fault.on = false;
    if (!got && err.code != SPK_ENOMEM)
        give_up(work, "another error", &err);
    if (got && expected && strcmp(got, expected) != 0)
        give_up(work, "another result", &err);
    free(got);
    return fault.made > at;
}

static size_t try_all(struct work *work, work_fn *run, size_t stride)
{
    struct spk_err err = {0};
    SPK_AUTOFREE char *expected = run(work, &err); /* NULL: unusable on purpose */
    size_t tried = 0;

    if (!expected)
        return 0;
    for (int for_good = 0; for_good < 2; for_good++) {
        fault.for_good = for_good;
        for (size_t at = 0; try_one(work, run, expected, at); at += stride)
            tried++;
    }
    return tried;
}

static void review_file(const char *path, size_t stride, size_t *tried)
{
    struct work work = {.name = path};
    struct spk_err err;

    spk_buf_init(&work.input, SPK_FILE_MAX);
    if (spk_file_read(&work.input, path, &err))
        give_up(&work, "cannot be read", &err);
    *tried += try_all(&work, do_review, stride);
    spk_buf_done(&work.input);
}

/* Every allocation of each 16th file, every seventh of the others. */
static int reviews(const char *root)
{
    static const char *const patterns[] = {"test/corpus/*.json", "test/golden/*/*/request.json"};
    size_t tried = 0;
    glob_t found = {0};

    for (size_t i = 0; i < SPK_LEN(patterns); i++) {
        char pattern[4096];
        (void)snprintf(pattern, sizeof(pattern), "%s/%s", root, patterns[i]);
        (void)glob(pattern, i ? GLOB_APPEND : 0, NULL, &found);
    }
    for (size_t i = 0; i < found.gl_pathc; i++)
        review_file(found.gl_pathv[i], i % 16 == 0 ? 1 : 7, &tried);
    (void)printf("%zu files, %zu failures\n", found.gl_pathc, tried);
    if (found.gl_pathc < 20)
        return EXIT_FAILURE;
    globfree(&found);
    return EXIT_SUCCESS;
}

/* Every second allocation of the lint command, for each file of its golden cases. */
static int lint(const char *root)
{
    size_t tried = 0;
    glob_t found = {0};
    char pattern[4096];

    (void)snprintf(pattern, sizeof(pattern),
                   "%s/test/golden/lint/*/*.{yaml,json,conf,properties,sh}", root);
    (void)glob(pattern, GLOB_BRACE, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++)
        tried += try_all(&(struct work){.name = found.gl_pathv[i]}, do_lint, 2);
    (void)printf("%zu files, %zu failures\n", found.gl_pathc, tried);
    globfree(&found);
    return tried > 1000 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int yaml(void)
{
    static char text[] = "a: &x [1, 2.5, text, ~, yes]\nb: *x\nc: {d: 'quoted', e: {}}\n";
    struct work work = {.name = "yaml", .input = {.ptr = text, .len = sizeof(text) - 1}};
    size_t tried = try_all(&work, do_yaml, 1);

    (void)printf("%zu failures\n", tried);
    return tried ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int kubeconfig(void)
{
    static char text[] =
        "clusters: [{name: c, cluster: {server: 'https://h', certificate-authority-data: QQ==}}]\n"
        "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n"
        "users: [{name: u, user: {client-certificate: a, client-key: /b, token: t, exec: {"
        "apiVersion: client.authentication.k8s.io/v1, command: ./p, interactiveMode: Never, "
        "args: [a, b], env: [{name: NAME, value: v}], installHint: h}}}]\n";
    struct work work = {.name = "kubeconfig", .input = {.ptr = text, .len = sizeof(text) - 1}};
    size_t tried = try_all(&work, do_kubeconfig, 1);

    (void)printf("%zu failures\n", tried);
    return tried ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int patch(void)
{
    struct work work = {
        .name = "patch",
        .document = json_pack("{s:[i,i], s:{s:s}}", "l", 1, 2, "o", "k", "v"),
        .ops = json_loads("[{\"op\":\"add\",\"path\":\"/l/-\",\"value\":{\"x\":[]}},"
                          "{\"op\":\"add\",\"path\":\"/l/0\",\"value\":0},"
                          "{\"op\":\"add\",\"path\":\"/a\",\"value\":[1,2,3,4,5,6,7,8,9]},"
                          "{\"op\":\"replace\",\"path\":\"/o/k\",\"value\":\"w\"},"
                          "{\"op\":\"remove\",\"path\":\"/l/1\"}]",
                          0, NULL),
    };
    size_t tried = try_all(&work, do_patch, 1);

    json_decref(work.document);
    json_decref(work.ops);
    (void)printf("%zu failures\n", tried);
    return tried ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int judgement(void)
{
    static char text[] =
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":"
        "\"u\",\"operation\":\"CREATE\",\"namespace\":\"jobs\",\"resource\":{\"group\":"
        "\"sparkoperator.k8s.io\",\"version\":\"v1beta2\",\"resource\":\"sparkapplications\"},"
        "\"object\":{\"apiVersion\":\"sparkoperator.k8s.io/v1beta2\",\"kind\":\"SparkApplication\","
        "\"metadata\":{\"name\":\"pi\"},\"spec\":{\"type\":\"Scala\",\"sparkVersion\":\"4.0.1\","
        "\"image\":\"i\",\"mainClass\":\"M\",\"mainApplicationFile\":\"local:///a.jar\","
        "\"sparkConf\":{\"spark.kubernetes.driver.annotation.spark-operator.k8s.io/configMap.x\":"
        "\"etc/{{APP_ID}}\"},\"driver\":{\"nobody\":1,\"annotations\":{"
        "\"spark-operator.k8s.io/sparkConfigMpa\":\"x\"},\"template\":{\"spec\":{\"containers\":["
        "{\"name\":\"a\"},{\"name\":\"spark-kubernetes-driver\"}]}}},\"executor\":{"
        "\"memoryLimit\":\"lots\"}}}}}";
    struct work work = {.name = "judgement", .input = {.ptr = text, .len = sizeof(text) - 1}};
    size_t tried = try_all(&work, do_judgement, 1);

    (void)printf("%zu failures\n", tried);
    return tried > 100 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int application(void)
{
    struct work work = {
        .name = "application",
        .document = json_loads(
            "{\"apiVersion\":\"spark-operator.k8s.io/v1alpha1\",\"metadata\":{\"name\":\"pi\"},"
            "\"spec\":{\"driver\":{\"cores\":\"0.1\",\"driverSecrets\":[{\"secretType\":"
            "\"HDFSDelegationToken\"}],\"driverConigMaps\":[{}]},\"executor\":{\"cores\":\"2\"},"
            "\"deps\":{\"jarFiles\":[\"a\"]},\"restartPolicy\":{\"type\":\"Always\"}},"
            "\"status\":{\"applicationState\":{\"state\":\"RUNNING\",\"errorMessage\":\"x\"},"
            "\"executionAttempts\":1,\"terminationTime\":\"2026-01-01T00:00:00Z\","
            "\"driverInfo\":{\"podName\":\"d\"}}}",
            0, NULL),
        .ops = json_pack("{ss ss}", "e-2", "RUNNING", "(more) FAILED", "7"),
    };
    size_t tried = try_all(&work, do_application, 1);

    json_decref(work.document);
    json_decref(work.ops);
    (void)printf("%zu failures\n", tried);
    return tried ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    spk_json_init();
    if (argc == 3 && strcmp(argv[1], "review") == 0)
        return reviews(argv[2]);
    if (argc == 3 && strcmp(argv[1], "lint") == 0)
        return lint(argv[2]);
    if (argc == 2 && strcmp(argv[1], "yaml") == 0)
        return yaml();
    if (argc == 2 && strcmp(argv[1], "patch") == 0)
        return patch();
    if (argc == 2 && strcmp(argv[1], "kubeconfig") == 0)
        return kubeconfig();
    if (argc == 2 && strcmp(argv[1], "application") == 0)
        return application();
    if (argc == 2 && strcmp(argv[1], "judgement") == 0)
        return judgement();
    (void)fprintf(stderr, "usage: oom review ROOT | lint ROOT | yaml | patch | kubeconfig | "
                          "application | judgement\n");
    return 2;
}
