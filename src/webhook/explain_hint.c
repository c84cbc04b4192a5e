#include "webhook/explain_hint.h"

#include "spk/admission/key.h"
#include "spk/base/arena.h"
#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/base/nearest.h"
#include "spk/base/text.h"
#include "spk/json/walk.h"

#include <string.h>

/* Prefixes are long: a slip or two, or one of their dots and dashes elsewhere. */
#define SLIPS 5
#define SHOWN 5

static bool is_default(const char *prefix)
{
    return strcmp(prefix, SPK_PREFIX) == 0;
}

/* The part before the slash. */
static struct spk_str prefix_of(const char *key)
{
    return (struct spk_str){key, strcspn(key, "/")};
}

static bool counts(struct spk_str found, const char *prefix)
{
    return spk_str_is(found, prefix) || (is_default(prefix) && spk_str_is(found, SPK_PREFIX_ALIAS));
}

/* One that may have been meant to count: nearly the same, or what counts by default. */
static bool is_near(struct spk_str found, const char *prefix)
{
    return spk_str_is(found, SPK_PREFIX) || spk_str_is(found, SPK_PREFIX_ALIAS) ||
           spk_edit_distance(found, spk_str(prefix)) <= SLIPS;
}

static bool has_any(const json_t *annotations, const char *prefix)
{
    const char *key;
    const json_t *value;

    json_object_foreach((json_t *)annotations, key, value)
    {
        if (strchr(key, '/') && counts(prefix_of(key), prefix))
            return true;
    }
    return false;
}

static void print_near(FILE *to, const json_t *annotations, const char *prefix)
{
    SPK_CLEANUP(spk_arena_done) struct spk_arena arena;
    const char *key;
    const json_t *value;
    size_t shown = 0;

    spk_arena_init(&arena, SPK_ARENA_MAX);
    json_object_foreach((json_t *)annotations, key, value)
    {
        const char *quoted;
        if (shown == SHOWN || !is_near(prefix_of(key), prefix))
            continue;
        quoted = spk_quote(&arena, spk_str(key));
        if (quoted)
            (void)fprintf(to, "  %s is another prefix: is %s/ meant?\n", quoted, prefix);
        shown++;
    }
}

void spk_explain_hint(FILE *to, const json_t *pod, enum spk_role role, const char *prefix)
{
    const json_t *annotations = json_object_get(json_object_get(pod, "metadata"), "annotations");
    const char *who = spk_role_text(role);

    if (role == SPK_ROLE_OTHER || has_any(annotations, prefix))
        return;
    (void)fprintf(to, "\nhint\n  annotations that count begin with %s/%s\n", prefix,
                  is_default(prefix) ? " or " SPK_PREFIX_ALIAS "/" : "");
    print_near(to, annotations, prefix);
    (void)fprintf(to,
                  "  was it submitted with spark.kubernetes.%s.annotation.KEY? Of the plural,\n"
                  "  spark.kubernetes.%s.annotations.KEY, Spark takes no notice\n",
                  who, who);
}
