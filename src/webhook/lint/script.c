/*
 * Scripts of a shell: what stands behind --conf. This is no shell; it sees through quotes and
 * continued lines, and takes what begins with $ or ` for something that is not known.
 */
#include "webhook/lint/parts.h"

#include "spk/base/limits.h"
#include "spk/base/text.h"
#include "spk/json/walk.h"

#include <stdint.h>

/* Words come one after the other into the same room, which is that of the whole text. */
struct scanner {
    struct spk_lint *lint;
    struct spk_str text;
    size_t next;
    char *word;
    size_t *at; /* of each byte of the word, where it stands in the file */
    size_t len;
    size_t known; /* bytes of the word before the first $ or ` */
};

static char peek(const struct scanner *scanner, size_t ahead)
{
    size_t at = scanner->next + ahead;

    if (at >= scanner->text.len)
        return '\0';
    return scanner->text.ptr[at];
}

static bool at_end(const struct scanner *scanner)
{
    return scanner->next >= scanner->text.len;
}

static bool is_between(char c)
{
    return c && strchr(" \t\r\n;|&()<>", c);
}

static bool is_continued(const struct scanner *scanner)
{
    return peek(scanner, 0) == '\\' && peek(scanner, 1) == '\n';
}

/* A shell passes over NULs. */
static void take(struct scanner *scanner)
{
    if (peek(scanner, 0) == '\0') {
        scanner->next++;
        return;
    }
    scanner->at[scanner->len] = scanner->next;
    scanner->word[scanner->len++] = peek(scanner, 0);
    scanner->next++;
}

static void take_unknown(struct scanner *scanner)
{
    if (scanner->known > scanner->len)
        scanner->known = scanner->len;
    take(scanner);
}

/* Behind a backslash, which stands for itself in double quotes but before these. */
static void take_escaped(struct scanner *scanner, bool quoted)
{
    if (is_continued(scanner)) {
        scanner->next += 2;
        return;
    }
    if (!quoted || (peek(scanner, 1) && strchr("$`\"\\", peek(scanner, 1))))
        scanner->next++;
    if (!at_end(scanner))
        take(scanner);
}

static void take_single(struct scanner *scanner)
{
    scanner->next++;
    while (!at_end(scanner) && peek(scanner, 0) != '\'')
        take(scanner);
    scanner->next += !at_end(scanner);
}

static void take_double(struct scanner *scanner)
{
    scanner->next++;
    while (!at_end(scanner) && peek(scanner, 0) != '"') {
        if (peek(scanner, 0) == '\\')
            take_escaped(scanner, true);
        else if (strchr("$`", peek(scanner, 0)))
            take_unknown(scanner);
        else
            take(scanner);
    }
    scanner->next += !at_end(scanner);
}

/* $X, `x`, and ${X:-a b} in one. */
static void take_expansion(struct scanner *scanner)
{
    bool braces = peek(scanner, 0) == '$' && peek(scanner, 1) == '{';

    take_unknown(scanner);
    while (braces && !at_end(scanner) && peek(scanner, 0) != '}' && peek(scanner, 0) != '\n')
        take(scanner);
}

static void skip_comment(struct scanner *scanner)
{
    while (!at_end(scanner) && peek(scanner, 0) != '\n')
        scanner->next++;
}

static void skip_between(struct scanner *scanner)
{
    for (;;) {
        if (is_continued(scanner))
            scanner->next += 2;
        else if (is_between(peek(scanner, 0)))
            scanner->next++;
        else if (peek(scanner, 0) == '#')
            skip_comment(scanner);
        else
            return;
    }
}

/* False at the end. */
static bool read_word(struct scanner *scanner)
{
    skip_between(scanner);
    if (at_end(scanner))
        return false;
    scanner->len = 0;
    scanner->known = SIZE_MAX;
    while (!at_end(scanner) && !is_between(peek(scanner, 0))) {
        char c = peek(scanner, 0);
        if (c == '\\')
            take_escaped(scanner, false);
        else if (c == '\'')
            take_single(scanner);
        else if (c == '"')
            take_double(scanner);
        else if (c == '$' || c == '`')
            take_expansion(scanner);
        else
            take(scanner);
    }
    scanner->word[scanner->len] = '\0';
    spk_mend(scanner->word);
    scanner->len = strlen(scanner->word);
    return true;
}

/* KEY=VALUE, from byte @from of the word on. A key that is not known as a whole is passed over. */
static int add_property(struct scanner *scanner, struct spk_lint_conf *conf, size_t from)
{
    struct spk_lint *lint = scanner->lint;
    struct spk_str text = {scanner->word + from, scanner->len - from};
    const char *equals = memchr(text.ptr, '=', text.len);
    size_t len = equals ? (size_t)(equals - text.ptr) : 0;
    const char *key;
    json_t *value;

    if (len == 0 || from + len > scanner->known || memchr(text.ptr, ' ', len) ||
        memchr(text.ptr, '\n', len))
        return 0;
    key = spk_arena_copy(&lint->findings->arena, (struct spk_str){text.ptr, len});
    value = spk_json_string(spk_str_skip(text, len + 1));
    if (json_array_append_new(lint->kept, value) || !key)
        return spk_fail(lint->err, SPK_ENOMEM, "out of memory");
    spk_lint_mark(&lint->source, value, scanner->at[from + len] + 1);
    lint->recognised = lint->recognised || spk_str_starts(text, SPK_LIT("spark."));
    conf->open = scanner->known < scanner->len;
    return spk_lint_conf_add(conf, lint, spk_str(key), scanner->at[from], value);
}

static int look_at_words(struct scanner *scanner, struct spk_lint_conf *conf)
{
    static const char assigned[] = "--conf=";
    bool wanted = false;
    int rc = 0;

    while (rc == 0 && read_word(scanner)) {
        struct spk_str word = {scanner->word, scanner->len};
        bool option = spk_str_is(word, "--conf") || spk_str_is(word, "-c");
        if (wanted)
            rc = add_property(scanner, conf, 0);
        else if (spk_str_starts(word, spk_str(assigned)))
            rc = add_property(scanner, conf, strlen(assigned));
        else if (spk_str_ends(word, SPK_LIT("spark-submit"))) {
            scanner->lint->recognised = true;
            rc = spk_lint_conf_judge(conf, scanner->lint);
        }
        wanted = option && !wanted;
    }
    return rc;
}

int spk_lint_script(struct spk_lint *lint)
{
    struct scanner scanner = {.lint = lint, .text = lint->source.text};
    struct spk_lint_conf conf = {0};
    struct spk_arena arena;
    int rc;

    if (scanner.text.len > SPK_PROPERTIES_MAX)
        return spk_fail(lint->err, SPK_ETOOBIG, "script: %zu bytes, at most %zu", scanner.text.len,
                        SPK_PROPERTIES_MAX);
    spk_arena_init(&arena, SPK_ARENA_MAX);
    scanner.word = spk_arena_alloc(&arena, scanner.text.len + 1);
    scanner.at = spk_arena_array(&arena, scanner.text.len + 1, sizeof(*scanner.at));
    rc = scanner.word && scanner.at ? look_at_words(&scanner, &conf)
                                    : spk_fail(lint->err, SPK_ENOMEM, "out of memory");
    rc = spk_lint_conf_judge(&conf, lint) || rc ? -1 : 0;
    spk_arena_done(&arena);
    return rc;
}
