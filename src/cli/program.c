#include "spk/cli/program.h"

#include "spk/cli/flags.h"
#include "spk/cli/process.h"
#include "spk/json/memory.h"

#include <stdio.h>
#include <string.h>

static int column(const struct spk_program *program)
{
    size_t widest = 0;

    for (size_t i = 0; i < program->count; i++) {
        size_t len = strlen(program->commands[i].name);
        widest = len > widest ? len : widest;
    }
    return (int)widest;
}

static void usage(FILE *to, const struct spk_program *program)
{
    (void)fprintf(to, "usage: %s COMMAND [FLAG...]\n\n%s\n\ncommands:\n", program->name,
                  program->what);
    for (size_t i = 0; i < program->count; i++)
        (void)fprintf(to, "  %-*s %s\n", column(program), program->commands[i].name,
                      program->commands[i].what);
    (void)fputs("\nflags:\n"
                "  --help     print this, as `help` does; with a command: its flags\n"
                "  --version  print the version\n",
                to);
}

static const struct spk_command *find(const struct spk_program *program, const char *name)
{
    for (size_t i = 0; i < program->count; i++) {
        if (strcmp(program->commands[i].name, name) == 0)
            return &program->commands[i];
    }
    return NULL;
}

static int unknown(const struct spk_program *program, const char *word)
{
    const char *kind = *word == '-' ? "flag" : "command";
    const char *best = NULL;

    for (size_t i = 0; i < program->count; i++)
        spk_nearest(&best, word, program->commands[i].name);
    spk_nearest(&best, word, "--help");
    spk_nearest(&best, word, "--version");
    (void)fprintf(stderr, "%s: unknown %s '%.120s'", program->name, kind, word);
    if (best)
        (void)fprintf(stderr, ": is %s meant?", best);
    (void)fprintf(stderr, "\nsee %s --help\n", program->name);
    return SPK_EXIT_USAGE;
}

static int printed(void)
{
    return spk_process_printed() ? SPK_EXIT_OK : SPK_EXIT_BROKEN;
}

/* "help", or "help COMMAND". */
static int help(const struct spk_program *program, int argc, char **argv)
{
    char *command_help[] = {argc > 2 ? argv[2] : NULL, (char *)"--help", NULL};
    const struct spk_command *command = argc > 2 ? find(program, argv[2]) : NULL;

    if (command)
        return command->run(2, command_help);
    if (argc > 2)
        return unknown(program, argv[2]);
    usage(stdout, program);
    return printed();
}

int spk_program_main(const struct spk_program *program, int argc, char **argv)
{
    const struct spk_command *command;

    spk_process_open_std();
    spk_json_init();
    if (argc < 2) {
        usage(stderr, program);
        return SPK_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help(program, 1, argv);
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("%s %s\n", program->name, program->version);
        return printed();
    }
    if (strcmp(argv[1], "help") == 0)
        return help(program, argc, argv);
    command = find(program, argv[1]);
    return command ? command->run(argc - 1, argv + 1) : unknown(program, argv[1]);
}
