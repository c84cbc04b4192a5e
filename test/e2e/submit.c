/*
 * The controller's submission runner alone, as a program:
 *
 *   submit SPARK_HOME KUBECONFIG WORK_FOLDER DEADLINE_MS <SUBMISSION.json
 *
 * SUBMISSION is a SparkApplication, or has properties, arguments and perhaps driver_template and
 * executor_template. Prints what became of it as JSON.
 */
#include "controller/runner.h"

#include "spk/base/cleanup.h"

#include <stdio.h>

static int say(const struct spk_run *run)
{
    json_auto_t *said =
        json_pack("{s:b, s:b, s:b, s:i, s:s}", "exited", run->exited, "timed_out", run->timed_out,
                  "stopped", run->stopped, "status", run->status, "message", run->message);

    return json_dumpf(said, stdout, 0);
}

static int run(const struct spk_submission *submission, const struct spk_runner_options *options,
               struct spk_err *err)
{
    struct spk_run out;

    if (spk_runner_run(&out, submission, SPK_LIT("3"), options, NULL, err))
        return -1;
    return say(&out);
}

static int run_application(const json_t *given, const struct spk_runner_options *options,
                           struct spk_err *err)
{
    static const struct spk_submission_options how = {.submission_id = "one", .webhook = true};
    SPK_CLEANUP(spk_submission_done) struct spk_submission submission = {0};
    SPK_CLEANUP(spk_app_done) struct spk_app app = {0};

    if (spk_app_read(&app, given, err) || spk_submission_make(&submission, &app, &how, err))
        return -1;
    return run(&submission, options, err);
}

static int run_parts(const json_t *given, const struct spk_runner_options *options,
                     struct spk_err *err)
{
    struct spk_submission submission = {
        .properties = json_object_get(given, "properties"),
        .arguments = json_object_get(given, "arguments"),
        .driver_template = json_object_get(given, "driver_template"),
        .executor_template = json_object_get(given, "executor_template"),
    };

    return run(&submission, options, err);
}

int main(int argc, char **argv)
{
    json_auto_t *given = json_loadf(stdin, JSON_ALLOW_NUL, NULL);
    SPK_CLEANUP(spk_kube_config_done) struct spk_kube_config cluster = {0};
    struct spk_runner_options options = {.home_count = 1, .cluster = &cluster};
    struct spk_err err;

    if (argc != 5 || !given)
        return 2;
    options.homes[0].path = argv[1];
    options.work_folder = argv[3];
    options.deadline_ms = strtoll(argv[4], NULL, 10);
    if (spk_runner_sweep(argv[3], &err) == 0 &&
        spk_kube_config_load(&cluster, &(struct spk_kube_config_options){.kubeconfig = argv[2]},
                             &err) == 0 &&
        (json_object_get(given, "kind") ? run_application : run_parts)(given, &options, &err) == 0)
        return 0;
    (void)fprintf(stderr, "%s\n", err.msg);
    return 1;
}
