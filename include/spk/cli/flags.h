#ifndef SPK_CLI_FLAGS_H
#define SPK_CLI_FLAGS_H
/*
 * Command line flags from one table: it is what is parsed, what --help prints and where the
 * defaults come from (as text, through the same parser), so that none of them can drift.
 */

#include "spk/base/err.h"
#include "spk/base/str.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What a flag's field is in the options it fills. */
enum spk_flag_type {
    SPK_FLAG_HELP,     /* no field */
    SPK_FLAG_SWITCH,   /* bool, set by the flag alone */
    SPK_FLAG_BOOL,     /* bool: the flag alone, or with =true or =false */
    SPK_FLAG_OPERAND,  /* no flag but the one argument without dashes: const char * */
    SPK_FLAG_FILES,    /* any number of those: struct spk_flag_files */
    SPK_FLAG_TEXT,     /* const char *, borrowed from argv */
    SPK_FLAG_TEXTS,    /* struct spk_flag_list of those, may be repeated */
    SPK_FLAG_NAME,     /* as SPK_FLAG_TEXT, a DNS label */
    SPK_FLAG_OBJECT,   /* the same, what most objects may be called: a DNS subdomain */
    SPK_FLAG_OBJECTS,  /* struct spk_flag_list of those */
    SPK_FLAG_ADDRESS,  /* const char *, an IPv4 or IPv6 address */
    SPK_FLAG_SANS,     /* struct spk_flag_list of DNS names and addresses */
    SPK_FLAG_WORD,     /* int, the index in words */
    SPK_FLAG_NUMBER,   /* int64_t */
    SPK_FLAG_SIZE,     /* int64_t bytes */
    SPK_FLAG_DURATION, /* int64_t milliseconds */
    SPK_FLAG_MINOR,    /* int64_t: the N of a Kubernetes 1.N, from min to max */
    SPK_FLAG_TYPES
};

#define SPK_FLAGS_MAX     48
#define SPK_FLAG_LIST_MAX 32

struct spk_flag_list {
    const char *items[SPK_FLAG_LIST_MAX];
    size_t count;
};

#define SPK_FLAG_FILES_MAX 1024

struct spk_flag_files {
    const char *items[SPK_FLAG_FILES_MAX]; /* borrowed from argv */
    size_t count;
};

struct spk_flag {
    const char *name;         /* without dashes */
    const char *arg;          /* its argument's name for --help; NULL without one */
    const char *fallback;     /* the default as one would type it; NULL: the field stays zero */
    const char *help;         /* one sentence without full stop; NULL: another name for a flag that
                                 has one, which --help leaves out */
    const char *const *words; /* of SPK_FLAG_WORD, NULL-terminated */
    int64_t min;              /* of a number, a size in bytes, a duration in milliseconds */
    int64_t max;
    enum spk_flag_type type;
    size_t offset;       /* of the field */
    const char *heading; /* what --help prints above this one and those that follow; or NULL */
    const char *(*fault)(struct spk_str text); /* of SPK_FLAG_TEXT(S): what was expected, when it is
                                                  not that; or NULL */
};

/* The words of enum spk_log_format and enum spk_log_level, NULL-terminated. */
extern const char *const spk_log_format_words[];
extern const char *const spk_log_level_words[];

/* --log-format and --log-level, the same for every server; the offsets are of int fields. */
#define SPK_LOG_FORMAT_FLAG(field_offset)                                     \
    .name = "log-format", .arg = "json|text", .fallback = "json",             \
    .help = "form of the log lines on standard error", .type = SPK_FLAG_WORD, \
    .words = spk_log_format_words, .offset = (field_offset)
#define SPK_LOG_LEVEL_FLAG(field_offset)                                                           \
    .name = "log-level", .arg = "debug|info|warn|error", .fallback = "info",                       \
    .help = "the least level that is logged", .type = SPK_FLAG_WORD, .words = spk_log_level_words, \
    .offset = (field_offset)

/**
 * spk_flags_parse() - fill options from defaults and arguments
 * @out:  zeroed options
 * @argv: argv[0] is skipped; "-" and everything without dashes is an operand
 * @err:  SPK_EINVALID names the flag, what was found and what was expected, or the nearest flag
 *
 * Return: 0, 1 when --help was asked for (then @out is incomplete), or -1
 */
int spk_flags_parse(void *out, const struct spk_flag *flags, size_t count, int argc, char **argv,
                    struct spk_err *err) __attribute__((warn_unused_result));

/* Prints each flag with its argument, help and default, in lines for a terminal. */
void spk_flags_help(FILE *to, const struct spk_flag *flags, size_t count);

/* How many of @names were compared is up to the caller: keeps in *@best the one that is nearest to
 * @word, if it is near enough to be meant. Start with *@best NULL. */
void spk_nearest(const char **best, const char *word, const char *name);

#endif
