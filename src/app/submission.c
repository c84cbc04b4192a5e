#include "spk/app/submission.h"

#include "submission_run.h"

#include "spk/base/limits.h"

#include <stdio.h>

static void begin(struct spk_submission_run *run)
{
    struct spk_submission *out = run->out;
    static const char *const names[] = {"driver", "executor"};
    static const char *const envs[] = {"spark.kubernetes.driverEnv.", "spark.executorEnv."};

    spk_arena_init(&run->arena, SPK_ARENA_MAX);
    out->properties = json_object();
    out->arguments = json_array();
    out->config_maps = json_array();
    run->no_memory = !out->properties || !out->arguments || !out->config_maps;
    for (size_t i = 0; i < SPK_ROLES; i++) {
        struct spk_role *role = &run->roles[i];
        const json_t *spec = json_object_get(run->app->spec, names[i]);
        *role = (struct spk_role){.name = names[i], .env = envs[i]};
        role->spec = json_is_object(spec) ? spec : NULL;
        role->pod = json_pack("{s:s, s:s, s:{}, s:{s:[]}}", "apiVersion", "v1", "kind", "Pod",
                              "metadata", "spec", "containers");
        role->overlay = json_object();
        role->config_maps = json_array();
        role->secrets = json_array();
        run->no_memory =
            run->no_memory || !role->pod || !role->overlay || !role->config_maps || !role->secrets;
    }
}

static int end(struct spk_submission_run *run, struct spk_err *err)
{
    for (size_t i = 0; i < SPK_ROLES; i++) {
        json_decref(run->roles[i].pod);
        json_decref(run->roles[i].overlay);
        json_decref(run->roles[i].config_maps);
        json_decref(run->roles[i].secrets);
    }
    spk_arena_done(&run->arena);
    if (run->no_memory)
        return spk_fail(err, SPK_ENOMEM, "spec: out of memory");
    if (spk_faults_none(&run->out->faults))
        return 0;
    (void)spk_fail(err, SPK_EINVALID, "spec");
    spk_faults_print(err->msg, sizeof(err->msg), &run->out->faults, "\n");
    return -1;
}

int spk_submission_make(struct spk_submission *out, const struct spk_app *app,
                        const struct spk_submission_options *options, struct spk_err *err)
{
    struct spk_submission_run run = {.out = out, .app = app, .options = options};

    *out = (struct spk_submission){0};
    begin(&run);
    if (!run.no_memory) {
        spk_submission_checks(&run);
        spk_submission_conf(&run);
        spk_submission_fields(&run);
        spk_submission_volumes(&run);
        spk_submission_files(&run);
        spk_submission_pods_end(&run);
        spk_submission_close_notes(&run);
    }
    return end(&run, err);
}

void spk_submission_done(struct spk_submission *submission)
{
    json_decref(submission->properties);
    json_decref(submission->driver_template);
    json_decref(submission->executor_template);
    json_decref(submission->arguments);
    json_decref(submission->config_maps);
    *submission = (struct spk_submission){0};
}

int spk_submission_check(struct spk_submission *out, const struct spk_app *app, struct spk_err *err)
{
    const struct spk_submission_options options = {
        .submission_id = "00000000-0000-0000-0000-000000000000", .webhook = true};

    return spk_submission_make(out, app, &options, err);
}
