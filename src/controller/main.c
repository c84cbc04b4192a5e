#include "spk/base/cleanup.h"
#include "spk/cli/program.h"

#include "controller/crds.h"
#include "controller/install/manifest.h"
#include "controller/serve.h"

static const struct spk_command commands[] = {
    {"run", spk_run_main, "run SparkApplication objects to their end"},
    {"crds", spk_crds_main, "print the definitions of SparkApplication, or apply them"},
    {"manifest", spk_controller_manifest_main, "print the objects that install it on a cluster"},
};

int main(int argc, char **argv)
{
    const struct spk_program program = {
        .name = "spark-controller",
        .version = SPK_VERSION,
        .what = "Runs SparkApplication objects of a Kubernetes cluster, with spark-submit.",
        .commands = commands,
        .count = SPK_LEN(commands),
    };

    return spk_program_main(&program, argc, argv);
}
