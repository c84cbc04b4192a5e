#include "spk/cli/flags.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/limits.h"
#include "spk/k8s/name.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

const char *const spk_log_format_words[] = {"json", "text", NULL};
const char *const spk_log_level_words[] = {"debug", "info", "warn", "error", NULL};

static int unexpected(struct spk_err *err, const struct spk_flag *flag, const char *found,
                      const char *expected)
{
    return spk_fail(err, SPK_EINVALID, "--%s: found '%.*s', expected %s", flag->name, SPK_QUOTE_MAX,
                    found, expected);
}

static bool is_address(const char *text)
{
    unsigned char address[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

/* A DNS name; its first label may be a '*'. */
static bool is_host(const char *text)
{
    struct spk_str host = spk_str(text);

    return spk_is_subdomain(spk_str_starts(host, SPK_LIT("*.")) ? spk_str_skip(host, 2) : host);
}

static int set_switch(void *field, const struct spk_flag *flag, const char *value,
                      struct spk_err *err)
{
    (void)flag;
    (void)value;
    (void)err;
    *(bool *)field = true;
    return 0;
}

static int set_text(void *field, const struct spk_flag *flag, const char *value,
                    struct spk_err *err)
{
    const char *fault = *value && flag->fault ? flag->fault(spk_str(value)) : NULL;

    if (!*value)
        return unexpected(err, flag, value, "a text that is not empty");
    if (fault)
        return unexpected(err, flag, value, fault);
    *(const char **)field = value;
    return 0;
}

static int set_name(void *field, const struct spk_flag *flag, const char *value,
                    struct spk_err *err)
{
    if (!spk_is_label(spk_str(value)))
        return unexpected(err, flag, value,
                          "a name of lower-case letters, digits and '-', at most 63");
    *(const char **)field = value;
    return 0;
}

static int set_object(void *field, const struct spk_flag *flag, const char *value,
                      struct spk_err *err)
{
    if (!spk_is_subdomain(spk_str(value)))
        return unexpected(err, flag, value,
                          "a name of lower-case letters, digits, '-' and '.', at most 253");
    *(const char **)field = value;
    return 0;
}

static int set_address(void *field, const struct spk_flag *flag, const char *value,
                       struct spk_err *err)
{
    if (!is_address(value))
        return unexpected(err, flag, value, "an IP address such as 0.0.0.0 or ::");
    *(const char **)field = value;
    return 0;
}

static int set_bool(void *field, const struct spk_flag *flag, const char *value,
                    struct spk_err *err)
{
    if (value && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
        return unexpected(err, flag, value, "true or false");
    *(bool *)field = !value || *value == 't';
    return 0;
}

static int append(struct spk_flag_list *list, const struct spk_flag *flag, const char *value,
                  struct spk_err *err)
{
    if (list->count == SPK_FLAG_LIST_MAX)
        return spk_fail(err, SPK_EINVALID, "--%s: given more than %d times", flag->name,
                        SPK_FLAG_LIST_MAX);
    list->items[list->count++] = value;
    return 0;
}

static int set_files(void *field, const struct spk_flag *flag, const char *value,
                     struct spk_err *err)
{
    struct spk_flag_files *files = field;

    if (files->count == SPK_FLAG_FILES_MAX)
        return spk_fail(err, SPK_EINVALID, "%s: more than %d", flag->name, SPK_FLAG_FILES_MAX);
    files->items[files->count++] = value;
    return *value ? 0 : unexpected(err, flag, value, "a file's name");
}

static int set_texts(void *field, const struct spk_flag *flag, const char *value,
                     struct spk_err *err)
{
    const char *text;

    return set_text(&text, flag, value, err) ? -1 : append(field, flag, value, err);
}

static int set_sans(void *field, const struct spk_flag *flag, const char *value,
                    struct spk_err *err)
{
    if (!is_host(value) && !is_address(value))
        return unexpected(err, flag, value, "a DNS name or an IP address");
    return append(field, flag, value, err);
}

static int set_objects(void *field, const struct spk_flag *flag, const char *value,
                       struct spk_err *err)
{
    const char *name;

    return set_object(&name, flag, value, err) ? -1 : append(field, flag, value, err);
}

static int set_word(void *field, const struct spk_flag *flag, const char *value,
                    struct spk_err *err)
{
    for (int i = 0; flag->words[i]; i++) {
        if (strcmp(flag->words[i], value) == 0) {
            *(int *)field = i;
            return 0;
        }
    }
    return spk_fail(err, SPK_EINVALID, "--%s: found '%.*s', expected one of %s", flag->name,
                    SPK_QUOTE_MAX, value, flag->arg);
}

/* Digits alone: no sign, no blank, no base. Leaves in @rest what follows them. */
static bool read_digits(int64_t *out, const char *text, const char **rest)
{
    int64_t value = 0;

    if (!isdigit((unsigned char)*text))
        return false;
    for (; isdigit((unsigned char)*text); text++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *text - '0', &value))
            return false;
    }
    *rest = text;
    *out = value;
    return true;
}

static int set_number(void *field, const struct spk_flag *flag, const char *value,
                      struct spk_err *err)
{
    const char *rest;
    int64_t number;

    if (!read_digits(&number, value, &rest) || *rest || number < flag->min || number > flag->max) {
        return spk_fail(err, SPK_EINVALID,
                        "--%s: found '%.*s', expected a number from %" PRId64 " to %" PRId64,
                        flag->name, SPK_QUOTE_MAX, value, flag->min, flag->max);
    }
    *(int64_t *)field = number;
    return 0;
}

static int64_t unit_of(const char *suffix)
{
    if (!*suffix)
        return 1;
    if (strcmp(suffix, "Ki") == 0)
        return 1024;
    return strcmp(suffix, "Mi") == 0 ? (int64_t)1024 * 1024 : 0;
}

static int set_size(void *field, const struct spk_flag *flag, const char *value,
                    struct spk_err *err)
{
    const char *rest;
    int64_t size;

    if (!read_digits(&size, value, &rest) || __builtin_mul_overflow(size, unit_of(rest), &size) ||
        size < flag->min || size > flag->max) {
        return spk_fail(err, SPK_EINVALID,
                        "--%s: found '%.*s', expected bytes from %" PRId64 " to %" PRId64
                        ", or as in 512Ki, 8Mi",
                        flag->name, SPK_QUOTE_MAX, value, flag->min, flag->max);
    }
    *(int64_t *)field = size;
    return 0;
}

static int set_duration(void *field, const struct spk_flag *flag, const char *value,
                        struct spk_err *err)
{
    int64_t ms;

    if (!spk_duration_parse(&ms, spk_str(value)) || ms < flag->min || ms > flag->max) {
        return spk_fail(err, SPK_EINVALID,
                        "--%s: found '%.*s', expected a duration such as 10s, 1m30s or 500ms, from "
                        "%" PRId64 "ms to %" PRId64 "s",
                        flag->name, SPK_QUOTE_MAX, value, flag->min, flag->max / 1000);
    }
    *(int64_t *)field = ms;
    return 0;
}

/* "1.30", or as the API server says it: "v1.30.14-gke.1". */
static int set_minor(void *field, const struct spk_flag *flag, const char *value,
                     struct spk_err *err)
{
    const char *rest = value + (*value == 'v');
    int64_t minor = 0;

    if (strncmp(rest, "1.", 2) != 0 || !read_digits(&minor, rest + 2, &rest) ||
        (*rest && *rest != '.') || minor < flag->min || minor > flag->max) {
        return spk_fail(err, SPK_EINVALID,
                        "--%s: found '%.*s', expected a version of Kubernetes from 1.%" PRId64
                        " to 1.%" PRId64,
                        flag->name, SPK_QUOTE_MAX, value, flag->min, flag->max);
    }
    *(int64_t *)field = minor;
    return 0;
}

typedef int setter(void *field, const struct spk_flag *flag, const char *value,
                   struct spk_err *err);

static setter *const setters[] = {
    [SPK_FLAG_HELP] = NULL,
    [SPK_FLAG_SWITCH] = set_switch,
    [SPK_FLAG_BOOL] = set_bool,
    [SPK_FLAG_TEXTS] = set_texts,
    [SPK_FLAG_OPERAND] = set_text,
    [SPK_FLAG_TEXT] = set_text,
    [SPK_FLAG_NAME] = set_name,
    [SPK_FLAG_ADDRESS] = set_address,
    [SPK_FLAG_SANS] = set_sans,
    [SPK_FLAG_WORD] = set_word,
    [SPK_FLAG_NUMBER] = set_number,
    [SPK_FLAG_SIZE] = set_size,
    [SPK_FLAG_DURATION] = set_duration,
    [SPK_FLAG_OBJECT] = set_object,
    [SPK_FLAG_OBJECTS] = set_objects,
    [SPK_FLAG_MINOR] = set_minor,
    [SPK_FLAG_FILES] = set_files,
};
_Static_assert(SPK_LEN(setters) == SPK_FLAG_TYPES, "one setter per type");

static int set(void *out, const struct spk_flag *flag, const char *value, struct spk_err *err)
{
    return setters[flag->type]((char *)out + flag->offset, flag, value, err);
}

static int set_defaults(void *out, const struct spk_flag *flags, size_t count, struct spk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (flags[i].fallback && set(out, &flags[i], flags[i].fallback, err))
            return -1;
    }
    return 0;
}

static int unknown(const struct spk_flag *flags, size_t count, const char *token,
                   struct spk_err *err)
{
    char name[64];
    const char *best = NULL;

    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(token, "="), token);
    for (size_t i = 0; i < count && strncmp(name, "--", 2) == 0; i++)
        spk_nearest(&best, name + 2, flags[i].name);
    if (best)
        return spk_fail(err, SPK_EINVALID, "unknown flag '%s': is --%s meant?", name, best);
    return spk_fail(err, SPK_EINVALID, "unknown flag '%s'", name);
}

/* What getopt_long() gives back for the first flag: above every letter, and above the 1 that it
 * gives back for an operand. */
#define FIRST_FLAG 256

static int has_arg(const struct spk_flag *flag)
{
    if (flag->type == SPK_FLAG_BOOL)
        return optional_argument;
    return flag->arg ? required_argument : no_argument;
}

static void fill_options(struct option *options, const struct spk_flag *flags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        options[i] = (struct option){
            .name = flags[i].name, .has_arg = has_arg(&flags[i]), .val = FIRST_FLAG + (int)i};
    }
}

/* getopt_long() takes any unique beginning of a name for the name; a flag that is added later
 * would then break a manifest. */
static bool is_whole(const char *token, const char *name)
{
    size_t len = strlen(name);

    return strncmp(token, "--", 2) == 0 && strncmp(token + 2, name, len) == 0 &&
           (token[2 + len] == '\0' || token[2 + len] == '=');
}

static bool is_operand(const struct spk_flag *flag)
{
    return flag->type == SPK_FLAG_OPERAND || flag->type == SPK_FLAG_FILES;
}

static int take_operand(void *out, const struct spk_flag *flags, size_t count, const char *token,
                        struct spk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const char **field = (const char **)((char *)out + flags[i].offset);
        if (flags[i].type == SPK_FLAG_FILES)
            return set(out, &flags[i], token, err);
        if (flags[i].type == SPK_FLAG_OPERAND && !*field)
            return set(out, &flags[i], token, err);
    }
    return spk_fail(err, SPK_EINVALID, "unexpected argument '%.*s'", SPK_QUOTE_MAX, token);
}

static int take(void *out, const struct spk_flag *flags, size_t count, int got, const char *token,
                struct spk_err *err)
{
    int index = (got == ':' ? optopt : got) - FIRST_FLAG;

    if (got == 'h')
        return 1;
    if (got == 1)
        return take_operand(out, flags, count, optarg, err);
    if (index < 0 || (size_t)index >= count || !is_whole(token, flags[index].name) ||
        is_operand(&flags[index]))
        return unknown(flags, count, token, err);
    if (got == ':') {
        return spk_fail(err, SPK_EINVALID, "--%s: found nothing, expected %s", flags[index].name,
                        flags[index].arg);
    }
    if (flags[index].type == SPK_FLAG_HELP)
        return 1;
    return set(out, &flags[index], optarg, err);
}

int spk_flags_parse(void *out, const struct spk_flag *flags, size_t count, int argc, char **argv,
                    struct spk_err *err)
{
    struct option options[SPK_FLAGS_MAX + 1] = {0};

    if (count > SPK_FLAGS_MAX)
        return spk_fail(err, SPK_EINTERNAL, "%zu flags", count);
    fill_options(options, flags, count);
    if (set_defaults(out, flags, count, err))
        return -1;
    opterr = 0;
    optind = 0; /* glibc: forget an earlier scan */
    for (;;) {
        const char *token = argv[optind ? optind : 1];
        int got = getopt_long(argc, argv, "-:h", options, NULL);
        int rc;
        if (got == -1)
            break;
        rc = take(out, flags, count, got, token, err);
        if (rc)
            return rc;
    }
    for (; optind < argc; optind++) { /* behind "--" */
        if (take_operand(out, flags, count, argv[optind], err))
            return -1;
    }
    return 0;
}

/* Help for people: a terminal's 80 columns less two. */
#define HELP_WIDTH  78
#define HELP_INDENT 8

/* A word behind those that are on the line, or first on the next one. */
static void print_word(FILE *to, size_t *column, const char *word, size_t len)
{
    if (*column == 0 || *column + 1 + len > HELP_WIDTH) {
        (void)fprintf(to, "\n%*s%.*s", HELP_INDENT, "", (int)len, word);
        *column = HELP_INDENT + len;
    } else {
        (void)fprintf(to, " %.*s", (int)len, word);
        *column += 1 + len;
    }
}

static void print_flag(FILE *to, const struct spk_flag *flag)
{
    char fallback[256];
    size_t column = 0;

    if (!flag->help)
        return;
    (void)fprintf(to, "  %s%s%s%s", is_operand(flag) ? "" : "--", flag->name, flag->arg ? "=" : "",
                  flag->arg ? flag->arg : "");
    if (flag->type == SPK_FLAG_BOOL)
        (void)fputs("[=true|false]", to);
    for (const char *word = flag->help; *word;) {
        size_t len = strcspn(word, " ");
        print_word(to, &column, word, len);
        word += len + (word[len] == ' ');
    }
    if (flag->fallback) {
        (void)snprintf(fallback, sizeof(fallback), "(default %s)", flag->fallback);
        print_word(to, &column, fallback, strlen(fallback));
    }
    (void)fputc('\n', to);
}

void spk_flags_help(FILE *to, const struct spk_flag *flags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (flags[i].heading)
            (void)fprintf(to, "%s%s:\n", i ? "\n" : "", flags[i].heading);
        print_flag(to, &flags[i]);
    }
}
