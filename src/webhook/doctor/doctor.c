#include "webhook/doctor/doctor.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/text.h"
#include "spk/cli/process.h"
#include "webhook/doctor/judge.h"

enum { EXIT_WELL, EXIT_BROKEN, EXIT_UNUSABLE };

static int connect_to(struct spk_kube **out, const struct spk_doctor_options *options,
                      struct spk_err *err)
{
    const struct spk_kube_config_options where = {.kubeconfig = options->kubeconfig,
                                                  .context = options->context};
    const struct spk_kube_options how = {.user_agent = "spark-webhook-doctor/" SPK_VERSION};
    struct spk_kube_config config;

    return spk_kube_config_load(&config, &where, err) || spk_kube_new(out, &config, &how, err) ? -1
                                                                                               : 0;
}

static bool is_reached(const struct spk_trial *trial)
{
    const enum spk_trial_end end = spk_trial_end(trial);

    return (end == SPK_TRIAL_STAMPED && !spk_trial_by_policy(trial)) || end == SPK_TRIAL_DENIED;
}

/* What a webhook is made of, causes before what they bring about. */
static void judge_parts(struct spk_findings *to, const struct spk_facts *facts, bool reached)
{
    spk_judge_permissions(to, facts);
    spk_judge_pods(to, facts);
    spk_judge_service(to, facts);
    spk_judge_certificates(to, facts);
    spk_judge_reviews(to, facts, reached);
}

static void judge(struct spk_findings *to, const struct spk_facts *facts, struct spk_kube *kube)
{
    SPK_CLEANUP(spk_trial_done) struct spk_trial trial = {0};
    SPK_CLEANUP(spk_app_trial_done) struct spk_app_trial application = {0};
    bool here;

    if (!spk_judge_server(to, facts))
        return;
    spk_trial_run(&trial, facts, kube);
    spk_app_trial_run(&application, facts, trial.namespace_, kube);
    here = spk_judge_installed(to, facts);
    if (here)
        spk_judge_registration(to, facts);
    spk_judge_policy(to, facts);
    spk_judge_others(to, facts);
    if (here)
        judge_parts(to, facts, is_reached(&trial));
    spk_judge_trial(to, &trial);
    if (here) {
        spk_judge_app_webhooks(to, facts);
        spk_judge_app_trial(to, &application);
    }
    spk_judge_controller(to, facts);
    spk_judge_rights(to);
}

static void print(const struct spk_findings *findings, int output)
{
    json_auto_t *json = NULL;
    SPK_AUTOFREE char *text = NULL;

    if (output == SPK_DOCTOR_TEXT) {
        spk_findings_print(stdout, findings);
        return;
    }
    json = spk_findings_json(findings);
    text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    (void)puts(text ? text : "{}");
}

static int fail(struct spk_err *err, int code)
{
    spk_one_line(err->msg); /* it may quote an argument */
    (void)fprintf(stderr, "spark-webhook doctor: %s\n", err->msg);
    if (code == EXIT_UNUSABLE)
        (void)fputs("see spark-webhook doctor --help\n", stderr);
    return code;
}

static int examine(const struct spk_doctor_options *options)
{
    SPK_CLEANUP(spk_findings_done) struct spk_findings findings;
    struct spk_facts facts = {.options = options, .now_s = spk_clock_wall_ms() / 1000};
    struct spk_kube *kube = NULL;
    struct spk_err err;

    spk_findings_init(&findings);
    if (connect_to(&kube, options, &err))
        return fail(&err, EXIT_UNUSABLE);
    spk_facts_gather(&facts, kube);
    judge(&findings, &facts, kube);
    spk_facts_done(&facts);
    spk_kube_free(kube);
    print(&findings, options->output);
    if (findings.broken) {
        (void)spk_fail(&err, SPK_ENOMEM, "out of memory: findings are missing");
        return fail(&err, EXIT_BROKEN);
    }
    if (!spk_process_printed())
        return EXIT_BROKEN;
    return spk_findings_level(&findings) == SPK_LEVEL_FAIL ? EXIT_BROKEN : EXIT_WELL;
}

int spk_doctor_main(int argc, char **argv)
{
    struct spk_doctor_options options;
    struct spk_err err;
    int rc = spk_doctor_options_parse(&options, argc, argv, &err);

    if (rc < 0)
        return fail(&err, EXIT_UNUSABLE);
    if (rc == 0)
        return examine(&options);
    spk_doctor_options_help(stdout);
    return spk_process_printed() ? EXIT_WELL : EXIT_BROKEN;
}
