#include "webhook/explain.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/base/text.h"
#include "spk/json/walk.h"

#include <ctype.h>

/* '+' is new, '~' is changed, '-' is gone, '=' was there already. */
static const struct {
    char sign;
    const char *what;
} texts[] = {
    [SPK_VOLUME_ADDED] = {'+', "volume "},
    [SPK_MOUNT_ADDED] = {'+', "mount "},
    [SPK_MOUNT_FOUND] = {'=', "mount is there: "},
    [SPK_ENV_ADDED] = {'+', "variable "},
    [SPK_ENV_REPLACED] = {'~', "variable "},
    [SPK_ENV_FOUND] = {'=', "variable is there: "},
    [SPK_OWNER_ADDED] = {'+', "owner reference to "},
    [SPK_OWNER_FOUND] = {'=', "owner reference is there: "},
    [SPK_FIELD_ADDED] = {'+', ""},
    [SPK_FIELD_REPLACED] = {'~', ""},
    [SPK_FIELD_REMOVED] = {'-', ""},
    [SPK_INIT_CONTAINER_ADDED] = {'+', "init container "},
    [SPK_ARGUMENT_ADDED] = {'+', "argument "},
    [SPK_ARGUMENT_REPLACED] = {'~', "argument "},
    [SPK_ARGUMENT_FOUND] = {'=', "argument is there: "},
    [SPK_STAMP_SET] = {'+', ""},
};
_Static_assert(SPK_LEN(texts) == SPK_EFFECTS, "one text per effect");

struct page {
    FILE *to;
    struct spk_arena arena;
    const struct spk_effect *end; /* behind the last effect */
};

static void page_done(struct page *page)
{
    spk_arena_done(&page->arena);
}

static const char *title(const char *key)
{
    return key ? key : "every treated pod";
}

static bool is_same(const struct spk_effect *a, const struct spk_effect *b)
{
    return strcmp(title(a->key), title(b->key)) == 0;
}

static bool is_first(const struct spk_decision *decision, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (is_same(&decision->effects[i], &decision->effects[at]))
            return false;
    }
    return true;
}

/* Names in a review have not been validated: quoted, so that none can forge a line. */
static const char *quoted(struct page *page, struct spk_str text)
{
    const char *quote = spk_quote(&page->arena, text);

    return quote ? quote : "\"...\"";
}

/* A member's name as it stands in a path: in brackets and quotes unless it is plain. */
static void print_step(struct page *page, const char *key)
{
    size_t plain = 0;

    while (isalnum((unsigned char)key[plain]))
        plain++;
    if (key[plain])
        (void)fprintf(page->to, "[%s]", quoted(page, spk_str(key)));
    else
        (void)fprintf(page->to, ".%s", key);
}

static void print_path(struct page *page, const char *root, const struct spk_at *at)
{
    if (!at) {
        (void)fputs(root, page->to);
        return;
    }
    print_path(page, root, at->up);
    if (at->key)
        print_step(page, at->key);
    else
        (void)fprintf(page->to, "[%zu]", at->index);
}

static void print_scalar(struct page *page, const json_t *value)
{
    if (json_is_string(value))
        (void)fputs(quoted(page, spk_json_str(value)), page->to);
    else
        (void)json_dumpf(value, page->to, JSON_ENCODE_ANY | JSON_COMPACT);
}

/* An annotation that counts above this one's put another value there. */
static bool is_overruled(struct page *page, const struct spk_effect *effect,
                         const struct spk_at *at)
{
    SPK_AUTOFREE char *path = NULL;
    size_t len = 0;
    bool overruled = false;
    struct page text = {.to = open_memstream(&path, &len), .arena = page->arena};

    if (!text.to)
        return false;
    print_path(&text, effect->place, at);
    page->arena = text.arena;
    if (fclose(text.to))
        return false;
    for (const struct spk_effect *later = effect + 1; later < page->end && !overruled; later++) {
        size_t above = later->place ? strlen(later->place) : 0;
        overruled = above && strncmp(path, later->place, above) == 0 &&
                    (path[above] == '\0' || path[above] == '.' || path[above] == '[');
    }
    return overruled;
}

static void print_leaf(struct page *page, const struct spk_effect *effect, const json_t *value,
                       const struct spk_at *at)
{
    if (is_overruled(page, effect, at))
        return;
    (void)fprintf(page->to, "  %c ", texts[effect->kind].sign);
    print_path(page, effect->place, at);
    (void)fputs(": ", page->to);
    print_scalar(page, value);
    if (!at && *effect->detail)
        (void)fprintf(page->to, ", %s", effect->detail);
    if (effect->asked && *effect->asked) {
        (void)fputs("  <- ", page->to);
        print_path(page, effect->asked, at);
    }
    (void)fputc('\n', page->to);
}

/* A line for each value that holds no other. Deep as the table of a pod's fields at most. */
static void print_leaves(struct page *page, const struct spk_effect *effect, const json_t *value,
                         const struct spk_at *at)
{
    const char *key;
    const json_t *member;

    if (json_object_size(value) == 0 && json_array_size(value) == 0) {
        print_leaf(page, effect, value, at);
        return;
    }
    json_object_foreach((json_t *)value, key, member)
        print_leaves(page, effect, member, &(struct spk_at){.up = at, .key = key});
    for (size_t i = 0; i < json_array_size(value); i++)
        print_leaves(page, effect, json_array_get(value, i),
                     &(struct spk_at){.up = at, .index = i});
}

/* What of the old value is gone has no line of its own. */
static void print_whole(struct page *page, const struct spk_effect *effect)
{
    if (effect->kind == SPK_FIELD_REPLACED &&
        (json_is_object(effect->value) || json_is_array(effect->value)))
        (void)fprintf(page->to, "  ~ %s: replaced as a whole%s%s\n", effect->place,
                      *effect->asked ? "  <- " : "", effect->asked);
    print_leaves(page, effect, effect->value, NULL);
}

static void print_effect(struct page *page, const struct spk_effect *effect)
{
    if (effect->value) {
        print_whole(page, effect);
        return;
    }
    (void)fprintf(page->to, "  %c ", texts[effect->kind].sign);
    if (effect->place)
        (void)fprintf(page->to, "%s%s", effect->place, *effect->detail ? ": " : "");
    (void)fprintf(page->to, "%s%s", texts[effect->kind].what, effect->detail);
    if (effect->asked && *effect->asked)
        (void)fprintf(page->to, "  <- %s", effect->asked);
    (void)fputc('\n', page->to);
}

static void print_key(struct page *page, const struct spk_decision *decision, size_t first)
{
    (void)fprintf(page->to, "\n%s\n", title(decision->effects[first].key));
    for (size_t i = first; i < decision->effect_count; i++) {
        if (is_same(&decision->effects[i], &decision->effects[first]))
            print_effect(page, &decision->effects[i]);
    }
}

static void print_text(struct page *page, const char *label, struct spk_str text)
{
    if (text.len)
        (void)fprintf(page->to, "%-16s%s\n", label, quoted(page, text));
}

/* What the words of logs and metrics mean for the pod, where that is not plain. */
static const char *meaning(const struct spk_decision *decision)
{
    if (decision->outcome != SPK_UNTOUCHED && decision->outcome != SPK_UNCHANGED)
        return "";
    if (decision->message)
        return ": created as submitted, without what it asks for";
    if (decision->reason)
        return ": created as submitted, since ";
    return ": it has all that it asks for already";
}

static void print_outcome(FILE *to, const struct spk_decision *decision)
{
    const size_t count = json_array_size(decision->patch);

    (void)fprintf(to, "%-16s%s", "outcome", spk_outcome_text(decision->outcome));
    if (decision->patch)
        (void)fprintf(to, ", %zu patch operation%s", count, count == 1 ? "" : "s");
    (void)fprintf(to, "%s%s\n", meaning(decision), decision->reason ? decision->reason : "");
}

static void print_head(struct page *page, const struct spk_decision *decision)
{
    print_text(page, "namespace", decision->namespace_);
    print_text(page, "pod", decision->name);
    (void)fprintf(page->to, "%-16s%s\n", "role", spk_role_text(decision->role));
    if (decision->container_by) {
        print_text(page, "container", decision->container);
        (void)fprintf(page->to, "%-16s%s\n", "  found by", decision->container_by);
    }
    print_outcome(page->to, decision);
}

static void print_list(FILE *to, const char *what, const char *const *lines, size_t count)
{
    if (count)
        (void)fprintf(to, "\n%s\n", what);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(to, "  %s\n", lines[i]);
}

void spk_explain(FILE *to, const struct spk_decision *decision)
{
    SPK_CLEANUP(page_done)
    struct page page = {.to = to, .end = decision->effects + decision->effect_count};

    spk_arena_init(&page.arena, SPK_ARENA_MAX);
    print_head(&page, decision);
    for (size_t i = 0; i < decision->effect_count; i++) {
        if (is_first(decision, i))
            print_key(&page, decision, i);
    }
    print_list(to, "refused", decision->faults, decision->fault_count);
    if (decision->faults_left)
        (void)fprintf(to, "  and %zu more\n", decision->faults_left);
    print_list(to, "warnings", decision->warnings, decision->warning_count);
}
