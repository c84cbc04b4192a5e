#include "spk/base/cleanup.h"
#include "spk/json/memory.h"
#include "webhook/doctor/doctor.h"
#include "webhook/flags.h"
#include "webhook/install/manifest.h"
#include "webhook/install/policy.h"
#include "webhook/lint/lint.h"
#include "webhook/mutate.h"
#include "webhook/process.h"
#include "webhook/serve.h"

#include <stdio.h>
#include <string.h>

enum { EXIT_OK, EXIT_BROKEN, EXIT_USAGE };

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
} commands[] = {
    {"serve",    spk_serve_main,    "answer the API server's admission reviews over HTTPS"},
    {"mutate",   spk_mutate_main,   "decide about one review or pod from a file, offline" },
    {"lint",     spk_lint_main,     "check annotations in files, offline"                 },
    {"manifest", spk_manifest_main, "print the objects that install it on a cluster"      },
    {"policy",   spk_policy_main,   "print policies that refuse what was not mutated"     },
    {"doctor",   spk_doctor_main,   "say what is wrong with an installation on a cluster" },
};

static void usage(FILE *to)
{
    (void)fputs("usage: spark-webhook COMMAND [FLAG...]\n\n"
                "Gives Spark pods what their annotations ask for.\n\ncommands:\n",
                to);
    for (size_t i = 0; i < SPK_LEN(commands); i++)
        (void)fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].what);
    (void)fputs("\nflags:\n"
                "  --help     print this, as `help` does; with a command: its flags\n"
                "  --version  print the version\n",
                to);
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < SPK_LEN(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static int unknown(const char *word)
{
    const char *kind = *word == '-' ? "flag" : "command";
    const char *best = NULL;

    for (size_t i = 0; i < SPK_LEN(commands); i++)
        spk_nearest(&best, word, commands[i].name);
    spk_nearest(&best, word, "--help");
    spk_nearest(&best, word, "--version");
    (void)fprintf(stderr, "spark-webhook: unknown %s '%.120s'", kind, word);
    if (best)
        (void)fprintf(stderr, ": is %s meant?", best);
    (void)fputs("\nsee spark-webhook --help\n", stderr);
    return EXIT_USAGE;
}

/* "help", or "help COMMAND". */
static int help(int argc, char **argv)
{
    char *command_help[] = {argc > 2 ? argv[2] : NULL, (char *)"--help", NULL};
    const struct command *command = argc > 2 ? find(argv[2]) : NULL;

    if (command)
        return command->run(2, command_help);
    if (argc > 2)
        return unknown(argv[2]);
    usage(stdout);
    return spk_process_printed() ? EXIT_OK : EXIT_BROKEN;
}

int main(int argc, char **argv)
{
    const struct command *command;

    spk_process_open_std();
    spk_json_init();
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help(1, argv);
    if (strcmp(argv[1], "--version") == 0) {
        (void)puts("spark-webhook " SPK_VERSION);
        return spk_process_printed() ? EXIT_OK : EXIT_BROKEN;
    }
    if (strcmp(argv[1], "help") == 0)
        return help(argc, argv);
    command = find(argv[1]);
    return command ? command->run(argc - 1, argv + 1) : unknown(argv[1]);
}
