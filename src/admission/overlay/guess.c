#include "owned.h"
#include "parts.h"

#include "spk/base/cleanup.h"
#include "spk/base/nearest.h"

/* Fields that a type may have before a list of them all is too long to help. */
#define SHOWN_MAX 6

/* Where a field may have been meant that stands elsewhere. */
static const struct {
    const char *path;
    enum spk_schema_index type;
} homes[] = {
    {"metadata", SPK_TYPE_ObjectMeta},
    {"spec", SPK_TYPE_PodSpec},
    {"sparkContainer", SPK_TYPE_Container},
    {"spec.securityContext", SPK_TYPE_PodSecurityContext},
    {"sparkContainer.securityContext", SPK_TYPE_SecurityContext},
};

/* What a SparkApplication calls otherwise (kubeflow/spark-operator v1beta2, SparkPodSpec). */
static const struct {
    const char *name;
    const char *path;
} others[] = {
    {"sidecars", "spec.containers"},
    {"podSecurityContext", "spec.securityContext"},
    {"envVars", "sparkContainer.env"},
    {"memoryLimit", "sparkContainer.resources.limits"},
};

static const char *const roots[] = {"metadata", "spec", "sparkContainer"};

/* What an overlay may have of it. */
static bool is_at_home(enum spk_schema_index type, const char *name)
{
    if (type == SPK_TYPE_ObjectMeta)
        return strcmp(name, "labels") == 0 || strcmp(name, "annotations") == 0;
    if (type == SPK_TYPE_Container && spk_owned_reason(SPK_OWNED_SPARK_CONTAINER, spk_str(name)))
        return false;
    return spk_schema_find(type, name) != NULL;
}

static const char *joined(struct spk_notes *notes, const char *before, const char *path,
                          const char *name)
{
    const char *text = spk_arena_printf(notes->arena, "%s%s%s.%s", before ? before : "",
                                        before ? " or " : "", path, name);

    notes->no_memory |= !text;
    return text;
}

const char *spk_overlay_home(struct spk_notes *notes, const char *name)
{
    const char *found = NULL;

    for (size_t i = 0; i < SPK_LEN(homes); i++) {
        if (is_at_home(homes[i].type, name))
            found = joined(notes, found, homes[i].path, name);
    }
    for (size_t i = 0; i < SPK_LEN(others) && !found; i++) {
        if (strcmp(others[i].name, name) == 0)
            found = others[i].path;
    }
    return found;
}

/* "a, b, c" */
static const char *list(struct spk_notes *notes, const struct spk_schema_type *type)
{
    const char *text = type->fields[0].name;

    for (size_t i = 1; i < type->count && text; i++)
        text = spk_arena_printf(notes->arena, "%s, %s", text, type->fields[i].name);
    notes->no_memory |= !text;
    return text ? text : "";
}

static const char *said(struct spk_notes *notes, const char *before, const char *what,
                        const char *after)
{
    const char *text = spk_arena_printf(notes->arena, "%s%s%s", before, what, after);

    notes->no_memory |= !text;
    return text ? text : "";
}

const char *spk_overlay_guess_root(struct spk_notes *notes, const char *name)
{
    const char *home = spk_overlay_home(notes, name);

    for (size_t i = 0; i < SPK_LEN(roots) && !home; i++) {
        if (spk_is_near(spk_edit_distance(spk_str(name), spk_str(roots[i])), name, roots[i]))
            return said(notes, "; did you mean \"", roots[i], "\"?");
    }
    return home ? said(notes, "; did you mean ", home, "?") : "";
}

static bool is_root(const char *name)
{
    for (size_t i = 0; i < SPK_LEN(roots); i++) {
        if (strcmp(roots[i], name) == 0)
            return true;
    }
    return false;
}

const char *spk_overlay_guess(struct spk_notes *notes, enum spk_schema_index type, const char *name)
{
    const struct spk_schema_type *row = &spk_schema_types[type];
    const char *near = spk_schema_nearest(type, name);
    const char *home = spk_overlay_home(notes, name);

    if (is_root(name))
        return "its place is at the top of the overlay";
    if (home && (!near || spk_edit_distance(spk_str(name), spk_str(near)) > 1))
        return said(notes, "did you mean ", home, "?");
    if (near)
        return said(notes, "did you mean \"", near, "\"?");
    return row->count <= SHOWN_MAX ? said(notes, "expected one of ", list(notes, row), "") : "";
}
