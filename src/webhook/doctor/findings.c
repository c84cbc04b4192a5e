#include "webhook/doctor/findings.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/base/text.h"

#include <ctype.h>
#include <string.h>

static const char *const levels[] = {
    [SPK_LEVEL_OK] = "ok", [SPK_LEVEL_WARN] = "warn", [SPK_LEVEL_FAIL] = "fail"};
_Static_assert(SPK_LEN(levels) == SPK_LEVELS, "one word per level");

const char *spk_level_text(enum spk_level level)
{
    return levels[level];
}

void spk_findings_init(struct spk_findings *findings)
{
    *findings = (struct spk_findings){0};
    spk_arena_init(&findings->arena, SPK_ARENA_MAX);
}

void spk_findings_done(struct spk_findings *findings)
{
    spk_arena_done(&findings->arena);
}

__attribute__((format(printf, 2, 0))) static const char *text_of(struct spk_findings *to,
                                                                 const char *fmt, va_list args)
{
    char *text = spk_arena_vprintf(&to->arena, fmt, args);

    if (text)
        spk_one_line(text);
    else
        to->broken = true;
    return text ? text : "";
}

void spk_find(struct spk_findings *to, enum spk_level level, const char *check, const char *fmt,
              ...)
{
    struct spk_finding *items =
        spk_arena_push(&to->arena, to->items, to->count, sizeof(*to->items));
    va_list args;

    to->counts[level]++;
    if (!items) {
        to->broken = true;
        return;
    }
    to->items = items;
    va_start(args, fmt);
    items[to->count++] = (struct spk_finding){level, check, text_of(to, fmt, args), NULL};
    va_end(args);
}

void spk_advise(struct spk_findings *to, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    if (to->count)
        to->items[to->count - 1].advice = text_of(to, fmt, args);
    va_end(args);
}

static void append(struct spk_findings *to, const char **list, const char *item)
{
    const char *had = *list;
    const char *now;

    if (had && strstr(had, item))
        return;
    now = spk_arena_printf(&to->arena, "%s%s%s", had ? had : "", had ? ", " : "", item);
    if (now)
        *list = now;
    else
        to->broken = true;
}

void spk_findings_lack(struct spk_findings *to, const char *what, const char *needs)
{
    append(to, &to->unseen, what);
    append(to, &to->rights, needs);
}

static void print_level(FILE *to, enum spk_level level)
{
    for (const char *c = levels[level]; *c; c++)
        (void)fputc(toupper((unsigned char)*c), to);
    (void)fprintf(to, "%*s", level == SPK_LEVEL_OK ? 4 : 2, "");
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

void spk_findings_print(FILE *to, const struct spk_findings *findings)
{
    const size_t *counts = findings->counts;

    for (size_t i = 0; i < findings->count; i++) {
        const struct spk_finding *it = &findings->items[i];
        print_level(to, it->level);
        (void)fprintf(to, "%-14s %s", it->check, it->text);
        if (it->advice)
            (void)fprintf(to, ". To do: %s", it->advice);
        (void)fputc('\n', to);
    }
    (void)fprintf(to, "%zu finding%s: %zu broken, %zu warning%s, %zu in order\n", findings->count,
                  plural(findings->count), counts[SPK_LEVEL_FAIL], counts[SPK_LEVEL_WARN],
                  plural(counts[SPK_LEVEL_WARN]), counts[SPK_LEVEL_OK]);
}

static json_t *json_of(const struct spk_finding *it)
{
    return json_pack("{s:s, s:s, s:s, s:s?}", "check", it->check, "level", levels[it->level],
                     "message", it->text, "advice", it->advice);
}

json_t *spk_findings_json(const struct spk_findings *findings)
{
    json_auto_t *list = json_array();

    if (!list)
        return NULL;
    for (size_t i = 0; i < findings->count; i++) {
        if (json_array_append_new(list, json_of(&findings->items[i])))
            return NULL;
    }
    return json_pack("{s:s, s:O}", "level", levels[spk_findings_level(findings)], "findings", list);
}

enum spk_level spk_findings_level(const struct spk_findings *findings)
{
    if (findings->counts[SPK_LEVEL_FAIL])
        return SPK_LEVEL_FAIL;
    return findings->counts[SPK_LEVEL_WARN] ? SPK_LEVEL_WARN : SPK_LEVEL_OK;
}
