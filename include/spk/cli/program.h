#ifndef SPK_CLI_PROGRAM_H
#define SPK_CLI_PROGRAM_H
/* main() of a program whose first argument is a command: its table, help, and near misses. */

#include <stddef.h>

/* Exit codes of every program; commands may have more. */
enum spk_exit { SPK_EXIT_OK, SPK_EXIT_BROKEN, SPK_EXIT_USAGE };

struct spk_command {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the command; returns the exit code */
    const char *what;                  /* one line for --help */
};

struct spk_program {
    const char *name;
    const char *version;
    const char *what; /* one sentence */
    const struct spk_command *commands;
    size_t count;
};

/* Return: the exit code. */
int spk_program_main(const struct spk_program *program, int argc, char **argv);

#endif
