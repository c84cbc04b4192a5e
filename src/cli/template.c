#include "spk/cli/template.h"

#include "spk/cli/flags.h"

#include "spk/base/cleanup.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

/* %if in %each in %include ...: far above what objects/ has. */
#define DEPTH_MAX 8

/* One text on its way: what is left of it, and where that is. */
struct run {
    const struct spk_template *template;
    struct spk_buf *out;
    struct spk_str rest;
    struct spk_str indent; /* in front of each line: that of the %include */
    const char *item;      /* of the innermost %each; NULL outside, "" in a chart */
    int line;
    int depth;
};

enum stop { STOP_BROKEN = -1, STOP_TEXT_ENDS, STOP_ELSE, STOP_END };

static enum stop block(struct run *run, bool live, struct spk_err *err);

static int wrong(const struct run *run, struct spk_err *err, const char *what, struct spk_str found)
{
    return spk_fail(err, SPK_EINTERNAL, "line %d: %s '%.*s'", run->line, what, SPK_ARG(found));
}

static bool next_line(struct run *run, struct spk_str *line)
{
    const char *newline;

    if (run->rest.len == 0)
        return false;
    newline = memchr(run->rest.ptr, '\n', run->rest.len);
    *line = (struct spk_str){run->rest.ptr,
                             newline ? (size_t)(newline - run->rest.ptr) : run->rest.len};
    run->rest = spk_str_skip(run->rest, newline ? line->len + 1 : line->len);
    run->line++;
    return true;
}

static struct spk_str blanks_of(struct spk_str line)
{
    size_t n = 0;

    while (n < line.len && line.ptr[n] == ' ')
        n++;
    return (struct spk_str){line.ptr, n};
}

static const struct spk_variable *find(const struct run *run, struct spk_str name)
{
    for (size_t i = 0; i < run->template->count; i++) {
        if (spk_str_is(name, run->template->variables[i].name))
            return &run->template->variables[i];
    }
    return NULL;
}

static const void *field(const struct run *run, const struct spk_variable *variable)
{
    return (const char *)run->template->values + variable->offset;
}

static int add(struct run *run, struct spk_str text, struct spk_err *err)
{
    return spk_buf_add(run->out, text.ptr, text.len, err);
}

/* Would YAML 1.1 take the plain scalar for something else than this text? Numbers begin with a
 * digit, a sign or a dot; of the words it knows it is enough to quote too many. */
static bool must_quote(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no",
                                        "on",   "off",  "y",     "n"};

    for (size_t i = 0; i < SPK_LEN(words); i++) {
        if (strcasecmp(words[i], text) == 0)
            return true;
    }
    return !isalpha((unsigned char)*text);
}

static int add_plain(struct run *run, const struct spk_variable *variable, bool whole,
                     struct spk_err *err)
{
    const char *text = run->item;

    if (variable && variable->type == SPK_VARIABLE_NUMBER)
        return spk_buf_printf(run->out, err, "%" PRId64, *(const int64_t *)field(run, variable));
    if (variable)
        text = *(const char *const *)field(run, variable);
    return spk_buf_printf(run->out, err, whole && must_quote(text) ? "\"%s\"" : "%s", text);
}

static int add_helm(struct run *run, const struct spk_variable *variable, bool whole,
                    struct spk_err *err)
{
    const char *text = variable ? variable->helm : ".";

    if (variable && variable->type == SPK_VARIABLE_NUMBER)
        return spk_buf_printf(run->out, err, "{{ %s | int }}", text);
    return spk_buf_printf(run->out, err, whole ? "{{ %s | quote }}" : "{{ %s }}", text);
}

/* @whole: nothing else belongs to the scalar. */
static int add_value(struct run *run, struct spk_str name, bool whole, struct spk_err *err)
{
    bool item = run->item && spk_str_is(name, "item");
    const struct spk_variable *variable = item ? NULL : find(run, name);

    if (!item &&
        (!variable || variable->type == SPK_VARIABLE_SWITCH || variable->type == SPK_VARIABLE_LIST))
        return wrong(run, err, "no value", name);
    return run->template->helm ? add_helm(run, variable, whole, err)
                               : add_plain(run, variable, whole, err);
}

static int text_line(struct run *run, struct spk_str line, struct spk_err *err)
{
    struct spk_str begin = line;

    if (line.len && add(run, run->indent, err))
        return -1;
    while (line.len) {
        const char *open = memmem(line.ptr, line.len, "%{", 2);
        const char *close = open ? memchr(open, '}', (size_t)(line.ptr + line.len - open)) : NULL;
        struct spk_str before = {line.ptr, open ? (size_t)(open - line.ptr) : line.len};
        bool whole;
        if (add(run, before, err))
            return -1;
        if (!open)
            break;
        if (!close)
            return wrong(run, err, "no '}' in", begin);
        line = spk_str_skip(line, (size_t)(close + 1 - line.ptr));
        whole = line.len == 0 && before.ptr == begin.ptr && spk_str_ends(before, SPK_LIT(" "));
        if (add_value(run, (struct spk_str){open + 2, (size_t)(close - open - 2)}, whole, err))
            return -1;
    }
    return add(run, SPK_LIT("\n"), err);
}

/* A line of the chart's own language, which swallows the line's end in front of it. */
static int helm_line(struct run *run, struct spk_str blanks, const char *before, const char *expr,
                     const char *behind, struct spk_err *err)
{
    return spk_buf_printf(run->out, err, "%.*s%.*s{{- %s%s%s }}\n", SPK_ARG(run->indent),
                          SPK_ARG(blanks), before, expr, behind);
}

static int expect(struct run *run, enum stop got, enum stop want, struct spk_err *err)
{
    if (got == STOP_BROKEN || got == want)
        return got == want ? 0 : -1;
    return wrong(run, err, "a block ends wrongly", SPK_LIT(""));
}

/* Both branches. @live: is the whole of it? @holds: which of them is? */
static int branches(struct run *run, bool live, bool holds, const struct spk_str *helm_blanks,
                    struct spk_err *err)
{
    enum stop stop = block(run, live && holds, err);

    if (stop == STOP_ELSE) {
        bool other = helm_blanks ? live : live && !holds;
        if (live && helm_blanks && helm_line(run, *helm_blanks, "else", "", "", err))
            return -1;
        stop = block(run, other, err);
    }
    if (expect(run, stop, STOP_END, err))
        return -1;
    return live && helm_blanks ? helm_line(run, *helm_blanks, "end", "", "", err) : 0;
}

static int if_line(struct run *run, struct spk_str blanks, struct spk_str name, bool live,
                   struct spk_err *err)
{
    bool negated = spk_str_starts(name, SPK_LIT("!"));
    struct spk_str bare = spk_str_skip(name, negated);
    const struct spk_variable *variable = find(run, bare);

    if (spk_str_is(bare, "plain") || spk_str_is(bare, "helm"))
        return branches(run, live, (spk_str_is(bare, "helm") == run->template->helm) != negated,
                        NULL, err);
    if (!variable || variable->type != SPK_VARIABLE_SWITCH)
        return wrong(run, err, "no switch", bare);
    if (!run->template->helm)
        return branches(run, live, *(const bool *)field(run, variable) != negated, NULL, err);
    if (live && helm_line(run, blanks, negated ? "if not (" : "if ", variable->helm,
                          negated ? ")" : "", err))
        return -1;
    return branches(run, live, true, &blanks, err);
}

/* In plain text the block is gone through once for each item, and once without a word for none. */
static int each_plain(struct run *run, const struct spk_flag_list *list, bool live,
                      struct spk_err *err)
{
    struct run start = *run;

    for (size_t i = 0; i < list->count || i == 0; i++) {
        run->rest = start.rest;
        run->line = start.line;
        run->item = list->count ? list->items[i] : "";
        if (expect(run, block(run, live && list->count, err), STOP_END, err))
            return -1;
    }
    run->item = start.item;
    return 0;
}

static int each_line(struct run *run, struct spk_str blanks, struct spk_str name, bool live,
                     struct spk_err *err)
{
    const struct spk_variable *variable = find(run, name);
    const char *outer = run->item;

    if (!variable || variable->type != SPK_VARIABLE_LIST)
        return wrong(run, err, "no list", name);
    if (!run->template->helm)
        return each_plain(run, field(run, variable), live, err);
    if (live && helm_line(run, blanks, "range ", variable->helm, "", err))
        return -1;
    run->item = "";
    if (expect(run, block(run, live, err), STOP_END, err))
        return -1;
    run->item = outer;
    return live ? helm_line(run, blanks, "end", "", "", err) : 0;
}

static int include_line(struct run *run, struct spk_str blanks, struct spk_str name, bool live,
                        struct spk_err *err)
{
    char file[64];
    struct run inner = *run;

    (void)snprintf(file, sizeof(file), "_%.*s.yaml", SPK_ARG(name));
    inner.rest =
        run->template->texts ? spk_embedded_part(run->template->texts, file) : (struct spk_str){0};
    inner.indent = blanks;
    inner.line = 0;
    if (!inner.rest.ptr)
        return wrong(run, err, "no file", name);
    if (expect(&inner, block(&inner, live, err), STOP_TEXT_ENDS, err))
        return spk_fail_in(err, "%s", file);
    return 0;
}

/* A directive that begins something; what ends it is block()'s. */
static int directive(struct run *run, struct spk_str blanks, struct spk_str words, bool live,
                     struct spk_err *err)
{
    static const struct {
        struct spk_str word;
        int (*take)(struct run *, struct spk_str, struct spk_str, bool, struct spk_err *);
    } rows[] = {
        {SPK_LIT("%if "), if_line},
        {SPK_LIT("%each "), each_line},
        {SPK_LIT("%include "), include_line},
    };

    for (size_t i = 0; i < SPK_LEN(rows); i++) {
        if (spk_str_starts(words, rows[i].word))
            return rows[i].take(run, blanks, spk_str_skip(words, rows[i].word.len), live, err);
    }
    return wrong(run, err, "no directive", words);
}

/* Lines up to what ends the block that run is in. */
static enum stop block(struct run *run, bool live, struct spk_err *err)
{
    struct spk_str line;

    if (++run->depth > DEPTH_MAX)
        return (enum stop)wrong(run, err, "too deep", SPK_LIT(""));
    while (next_line(run, &line)) {
        struct spk_str blanks = blanks_of(line);
        struct spk_str words = spk_str_skip(line, blanks.len);
        bool directs = words.len > 1 && words.ptr[0] == '%' && isalpha((unsigned char)words.ptr[1]);
        int rc = 0;
        if (spk_str_is(words, "%end") || spk_str_is(words, "%else")) {
            run->depth--;
            return words.len == 4 ? STOP_END : STOP_ELSE;
        }
        if (directs)
            rc = directive(run, blanks, words, live, err);
        else if (live)
            rc = text_line(run, line, err);
        if (rc)
            return STOP_BROKEN;
    }
    run->depth--;
    return STOP_TEXT_ENDS;
}

int spk_template_render(struct spk_buf *out, const struct spk_template *template,
                        struct spk_str text, struct spk_err *err)
{
    struct run run = {.template = template, .out = out, .rest = text};

    if (expect(&run, block(&run, true, err), STOP_TEXT_ENDS, err)) {
        spk_buf_done(out);
        return -1;
    }
    return 0;
}
