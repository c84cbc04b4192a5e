#include "webhook/explain.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/base/text.h"

/* '+' is new, '~' is changed, '-' is gone, '=' was there already. */
static const struct {
    char sign;
    const char *what;
} texts[] = {
    [SPK_VOLUME_ADDED] = {'+', "volume "                   },
    [SPK_MOUNT_ADDED] = {'+', "mount "                    },
    [SPK_MOUNT_FOUND] = {'=', "mount is there: "          },
    [SPK_ENV_ADDED] = {'+', "variable "                 },
    [SPK_ENV_REPLACED] = {'~', "variable "                 },
    [SPK_ENV_FOUND] = {'=', "variable is there: "       },
    [SPK_OWNER_ADDED] = {'+', "owner reference to "       },
    [SPK_OWNER_FOUND] = {'=', "owner reference is there: "},
    [SPK_FIELD_ADDED] = {'+', ""                          },
    [SPK_FIELD_REPLACED] = {'~', ""                          },
    [SPK_FIELD_REMOVED] = {'-', ""                          },
    [SPK_INIT_CONTAINER_ADDED] = {'+', "init container "           },
    [SPK_ARGUMENT_ADDED] = {'+', "argument "                 },
    [SPK_ARGUMENT_REPLACED] = {'~', "argument "                 },
    [SPK_ARGUMENT_FOUND] = {'=', "argument is there: "       },
    [SPK_STAMP_SET] = {'+', "annotation "               },
};
_Static_assert(SPK_LEN(texts) == SPK_EFFECTS, "one text per effect");

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

static void print_key(FILE *to, const struct spk_decision *decision, size_t first)
{
    (void)fprintf(to, "\n%s\n", title(decision->effects[first].key));
    for (size_t i = first; i < decision->effect_count; i++) {
        const struct spk_effect *effect = &decision->effects[i];
        if (is_same(effect, &decision->effects[first]))
            (void)fprintf(to, "  %c %s%s\n", texts[effect->kind].sign, texts[effect->kind].what,
                          effect->detail);
    }
}

/* Names in a review have not been validated: quoted, without the quotes where they need none. */
static void print_text(FILE *to, const char *label, struct spk_str text)
{
    struct spk_arena arena;
    const char *quoted;

    spk_arena_init(&arena, SPK_ARENA_MAX);
    quoted = spk_quote(&arena, text);
    if (text.len && quoted)
        (void)fprintf(to, "%-16s%s\n", label, quoted);
    spk_arena_done(&arena);
}

static void print_outcome(FILE *to, const struct spk_decision *decision)
{
    (void)fprintf(to, "%-16s%s", "outcome", spk_outcome_text(decision->outcome));
    if (decision->patch)
        (void)fprintf(to, ", %zu patch operation%s", json_array_size(decision->patch),
                      json_array_size(decision->patch) == 1 ? "" : "s");
    if (decision->reason)
        (void)fprintf(to, ": %s", decision->reason);
    (void)fputc('\n', to);
}

void spk_explain(FILE *to, const struct spk_decision *decision)
{
    print_text(to, "namespace", decision->namespace_);
    print_text(to, "pod", decision->name);
    (void)fprintf(to, "%-16s%s\n", "role", spk_role_text(decision->role));
    if (decision->container_by) {
        print_text(to, "container", decision->container);
        (void)fprintf(to, "%-16s%s\n", "  told by", decision->container_by);
    }
    print_outcome(to, decision);
    for (size_t i = 0; i < decision->effect_count; i++) {
        if (is_first(decision, i))
            print_key(to, decision, i);
    }
    if (decision->message)
        (void)fprintf(to, "\nrefused\n  %s\n", decision->message);
    if (decision->warning_count)
        (void)fputs("\nwarnings\n", to);
    for (size_t i = 0; i < decision->warning_count; i++)
        (void)fprintf(to, "  %s\n", decision->warnings[i]);
}
