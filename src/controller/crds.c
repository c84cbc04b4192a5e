#include "controller/crds.h"

#include "spk/base/cleanup.h"
#include "spk/base/text.h"
#include "spk/cli/embedded.h"
#include "spk/cli/flags.h"
#include "spk/cli/process.h"
#include "spk/cli/program.h"
#include "spk/json/dump.h"
#include "spk/json/walk.h"
#include "spk/json/yaml.h"
#include "spk/k8s/crd.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

extern const struct spk_embedded spk_crd_texts[]; /* cmake/embed.cmake */

#define DEFINITIONS "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
#define NAME        "sparkapplications.sparkoperator.k8s.io"
#define VERSION     "v1beta2"
#define OLD_FOLDER  "v1alpha1"

/* Between our look and our write somebody else may write. */
#define TRIES 5

struct options {
    const char *kubeconfig;
    const char *context;
    bool apply;
    bool v1alpha1;
};

static const struct spk_flag flags[] = {
    {.name = "apply",
     .help = "create on the cluster what is not there, and bring up to date what is ours and would "
             "lose nothing by it; without it the definitions are printed",
     .type = SPK_FLAG_SWITCH,
     .offset = offsetof(struct options, apply)},
    {.name = "v1alpha1",
     .help = "also the API of January 2018, spark-operator.k8s.io/v1alpha1; with it on the cluster "
             "`kubectl get sparkapplications` means that one",
     .type = SPK_FLAG_SWITCH,
     .offset = offsetof(struct options, v1alpha1)},
    {.name = "kubeconfig",
     .arg = "FILE",
     .help = "how to reach the API server (default: $KUBECONFIG, else the pod's service account, "
             "else ~/.kube/config)",
     .type = SPK_FLAG_TEXT,
     .offset = offsetof(struct options, kubeconfig)},
    {.name = "context",
     .arg = "NAME",
     .help = "of the kubeconfig (default: its current one)",
     .type = SPK_FLAG_TEXT,
     .offset = offsetof(struct options, context)},
    {.name = "help", .help = "print this", .type = SPK_FLAG_HELP},
};

static void help(void)
{
    (void)fputs("usage: spark-controller crds [FLAG...]\n\n"
                "Prints the definitions of SparkApplication, for kubectl create, or applies them.\n"
                "What is installed is never narrowed: no field, no version of it goes. Exit code:\n"
                "0 done, or left because it is somebody else's; 1 failed, or what is there does\n"
                "not serve " VERSION "; 2 unusable flags.\n\n",
                stdout);
    spk_flags_help(stdout, flags, SPK_LEN(flags));
}

static const char *name_of(const json_t *definition)
{
    const char *name =
        json_string_value(json_object_get(json_object_get(definition, "metadata"), "name"));

    return name ? name : "";
}

/* One request about a definition. Return: 0; 1 with another status than 2xx; -1. */
static int ask(struct spk_kube_answer *answer, struct spk_kube *kube, const char *method,
               const char *name, const json_t *body, struct spk_err *err)
{
    struct spk_kube_request request = {.method = method};
    SPK_AUTOFREE char *text = NULL;
    char path[256];

    if (body && spk_json_dump(&text, &request.body.len, body, err))
        return -1;
    (void)snprintf(path, sizeof(path), DEFINITIONS "%s%s", *name ? "/" : "", name);
    request.path = path;
    request.body.ptr = text;
    return spk_kube_call(kube, &request, answer, err);
}

static int refused(const struct spk_kube_answer *answer, const char *name, struct spk_err *err)
{
    return spk_fail(err, SPK_EIO, "%s: %s", name, answer->text);
}

static bool serves(const json_t *definition, const char *wanted)
{
    const json_t *versions = json_object_get(json_object_get(definition, "spec"), "versions");
    const json_t *version;
    size_t i;

    json_array_foreach(versions, i, version)
    {
        if (spk_str_is(spk_json_str(json_object_get(version, "name")), wanted))
            return json_is_true(json_object_get(version, "served"));
    }
    return false;
}

int spk_crds_ours(bool *ours, struct spk_kube *kube, struct spk_err *err)
{
    SPK_CLEANUP(spk_kube_answer_done) struct spk_kube_answer answer = {0};
    int rc = ask(&answer, kube, "GET", NAME, NULL, err);

    if (rc < 0)
        return -1;
    if (answer.status == 404 || (rc == 0 && !serves(answer.object, VERSION)))
        return 1;
    if (rc > 0)
        return refused(&answer, NAME, err);
    *ours = spk_crd_is_ours(answer.object, VERSION);
    return 0;
}

/* What has come of one try. */
enum outcome { AGAIN = 1, CREATED, SAME, UPDATED, LEFT };

static int create(struct spk_kube *kube, const json_t *wish, struct spk_err *err)
{
    SPK_CLEANUP(spk_kube_answer_done) struct spk_kube_answer answer = {0};
    int rc = ask(&answer, kube, "POST", "", wish, err);

    if (rc < 0)
        return -1;
    if (answer.status == 409)
        return AGAIN;
    return rc > 0 ? refused(&answer, name_of(wish), err) : CREATED;
}

static int update(struct spk_kube *kube, const json_t *wish, struct spk_err *err)
{
    SPK_CLEANUP(spk_kube_answer_done) struct spk_kube_answer answer = {0};
    int rc = ask(&answer, kube, "PUT", name_of(wish), wish, err);

    if (rc < 0)
        return -1;
    if (answer.status == 409 || answer.status == 404)
        return AGAIN;
    return rc > 0 ? refused(&answer, name_of(wish), err) : UPDATED;
}

static int leave(const json_t *installed, const json_t *wish, struct spk_err *err)
{
    const json_t *versions = json_object_get(json_object_get(wish, "spec"), "versions");
    const char *version = json_string_value(json_object_get(json_array_get(versions, 0), "name"));

    if (!serves(installed, version)) {
        return spk_fail(err, SPK_EINVALID,
                        "%s: left as it is, and does not serve %s: no application of that version "
                        "can be made here",
                        name_of(wish), version);
    }
    return LEFT;
}

/* Looks, and does what is to be done about what it saw. Return: an outcome, or -1. */
static int settle_once(struct spk_kube *kube, const json_t *wish, char why[SPK_CRD_WHY],
                       struct spk_err *err)
{
    SPK_CLEANUP(spk_kube_answer_done) struct spk_kube_answer answer = {0};
    int rc = ask(&answer, kube, "GET", name_of(wish), NULL, err);
    json_auto_t *merged = NULL;
    enum spk_crd_plan plan;

    if (rc < 0)
        return -1;
    if (answer.status == 404)
        return create(kube, wish, err);
    if (rc > 0)
        return refused(&answer, name_of(wish), err);
    if (spk_crd_plan(&plan, &merged, why, answer.object, wish, err))
        return -1;
    if (plan == SPK_CRD_UPDATE)
        return update(kube, merged, err);
    return plan == SPK_CRD_SAME ? SAME : leave(answer.object, wish, err);
}

static int settle(struct spk_kube *kube, const json_t *wish, struct spk_err *err)
{
    static const char *const said[] = {[CREATED] = "created",
                                       [SAME] = "unchanged",
                                       [UPDATED] = "brought up to date",
                                       [LEFT] = "left as it is"};
    char why[SPK_CRD_WHY] = "";
    int rc = AGAIN;

    for (int i = 0; rc == AGAIN && i < TRIES; i++)
        rc = settle_once(kube, wish, why, err);
    if (rc < 0)
        return -1;
    if (rc == AGAIN)
        return spk_fail(err, SPK_EIO, "%s: somebody else changes it all the time", name_of(wish));
    spk_one_line(why);
    (void)printf("%s: %s%s%s\n", name_of(wish), said[rc], rc == LEFT ? ": " : "",
                 rc == LEFT ? why : "");
    return 0;
}

static bool is_wanted(const struct spk_embedded *text, const struct options *options)
{
    return options->v1alpha1 || !spk_embedded_file(text, OLD_FOLDER);
}

static int connect_to(struct spk_kube **out, const struct options *options, struct spk_err *err)
{
    const struct spk_kube_config_options where = {.kubeconfig = options->kubeconfig,
                                                  .context = options->context};
    const struct spk_kube_options how = {.user_agent = "spark-controller-crds/" SPK_VERSION};
    struct spk_kube_config config;

    if (spk_kube_config_load(&config, &where, err))
        return -1;
    return spk_kube_new(out, &config, &how, err);
}

static int apply(struct spk_kube *kube, const struct options *options, struct spk_err *err)
{
    int rc = 0;

    for (const struct spk_embedded *it = spk_crd_texts; it->name && rc == 0; it++) {
        json_auto_t *wish = NULL;
        if (!is_wanted(it, options))
            continue;
        rc = spk_yaml_parse(&wish, it->text, strlen(it->text), err);
        if (rc == 0)
            rc = settle(kube, wish, err);
    }
    return rc;
}

static void print(const struct options *options)
{
    for (const struct spk_embedded *it = spk_crd_texts; it->name; it++) {
        if (is_wanted(it, options))
            (void)printf("---\n%s", it->text);
    }
}

static int fail(struct spk_err *err, int code)
{
    spk_one_line(err->msg);
    (void)fprintf(stderr, "spark-controller crds: %s\n", err->msg);
    if (code == SPK_EXIT_USAGE)
        (void)fputs("see spark-controller crds --help\n", stderr);
    return code;
}

static int connect_and_apply(const struct options *options)
{
    struct spk_err err = {0};
    struct spk_kube *kube;
    int rc;

    if (connect_to(&kube, options, &err))
        return fail(&err, SPK_EXIT_USAGE);
    rc = apply(kube, options, &err);
    spk_kube_free(kube);
    return rc ? fail(&err, SPK_EXIT_BROKEN) : SPK_EXIT_OK;
}

int spk_crds_main(int argc, char **argv)
{
    struct options options = {0};
    struct spk_err err = {0};
    int rc = spk_flags_parse(&options, flags, SPK_LEN(flags), argc, argv, &err);

    if (rc < 0)
        return fail(&err, SPK_EXIT_USAGE);
    if (rc == 0 && options.apply) {
        rc = connect_and_apply(&options);
        if (rc)
            return rc;
    } else if (rc > 0) {
        help();
    } else {
        print(&options);
    }
    return spk_process_printed() ? SPK_EXIT_OK : SPK_EXIT_BROKEN;
}
