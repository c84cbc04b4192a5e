#include "spk/base/cleanup.h"
#include "spk/cli/program.h"
#include "webhook/doctor/doctor.h"
#include "webhook/install/manifest.h"
#include "webhook/install/policy.h"
#include "webhook/lint/lint.h"
#include "webhook/mutate.h"
#include "webhook/serve.h"

static const struct spk_command commands[] = {
    {"serve", spk_serve_main, "answer the API server's admission reviews over HTTPS"},
    {"mutate", spk_mutate_main, "decide about one review or pod from a file, offline"},
    {"lint", spk_lint_main, "check applications and annotations in files, offline"},
    {"manifest", spk_manifest_main, "print the objects that install it on a cluster"},
    {"policy", spk_policy_main, "print policies that refuse what was not mutated"},
    {"doctor", spk_doctor_main, "say what is wrong with an installation on a cluster"},
};

int main(int argc, char **argv)
{
    const struct spk_program program = {
        .name = "spark-webhook",
        .version = SPK_VERSION,
        .what = "Gives Spark pods what their annotations ask for.",
        .commands = commands,
        .count = SPK_LEN(commands),
    };

    return spk_program_main(&program, argc, argv);
}
