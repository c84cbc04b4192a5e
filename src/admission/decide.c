#include "spk/admission/decide.h"

#include "defaults.h"

#include "spk/admission/container.h"
#include "spk/admission/intent.h"
#include "spk/admission/key.h"
#include "spk/admission/merge.h"
#include "spk/admission/notes.h"
#include "spk/admission/overlay.h"
#include "spk/admission/view_tree.h"
#include "spk/json/patch.h"

/* What a stamp begins with, whatever the version. */
#define SIGNER "sparkhook/"

static int fail_memory(struct spk_err *err)
{
    return spk_fail(err, SPK_ENOMEM, "decision: out of memory");
}

static enum spk_role read_role(const struct spk_view *view)
{
    if (spk_str_is(view->role, "driver"))
        return SPK_ROLE_DRIVER;
    return spk_str_is(view->role, "executor") ? SPK_ROLE_EXECUTOR : SPK_ROLE_OTHER;
}

/* A pod that is still to be named is told by what its name will begin with. */
static int read_identity(struct spk_decision *out, const struct spk_view *view, struct spk_err *err)
{
    const char *pattern;

    out->app = view->app;
    if (!out->namespace_.len)
        out->namespace_ = view->namespace_;
    if (out->name.len)
        return 0;
    out->name = view->name;
    if (view->name.len || !view->generate_name.len)
        return 0;
    pattern = spk_arena_printf(&out->arena, "%.*s*", SPK_ARG(view->generate_name));
    if (!pattern)
        return fail_memory(err);
    out->name = spk_str(pattern);
    return 0;
}

static void find_container(struct spk_spark_container *target, struct spk_decision *out,
                           const struct spk_view *view, struct spk_notes *notes)
{
    *target = spk_container_find(view, out->role);
    out->container = view->containers[target->index].name;
    out->container_by = target->by ? target->by : "being the first";
    if (target->by)
        return;
    spk_notes_warn(notes,
                   "no container of this %s looks like Spark's (by environment, name or first "
                   "argument): took the first, %s",
                   spk_role_text(out->role), spk_notes_quote(notes, out->container));
}

static struct spk_str find_stamp(const struct spk_view *view, const char *key)
{
    for (size_t i = 0; i < view->annotation_count; i++) {
        if (spk_str_is(view->annotations[i].key, key))
            return view->annotations[i].value;
    }
    return (struct spk_str){0};
}

/* The version that changed the pod last signs. One that has nothing to add leaves another's stamp
 * alone: during an upgrade the API server may ask old and new by turns.
 * "add" also replaces a member that is there (RFC 6902 section 4.1). */
static int add_stamp(json_t *ops, const struct spk_view *view, const struct spk_policy *policy,
                     struct spk_notes *notes, struct spk_err *err)
{
    const char *prefix = policy->prefix ? policy->prefix : SPK_PREFIX;
    const char *key = spk_arena_printf(notes->arena, "%s/" SPK_STAMP, prefix);
    const char *pointer =
        spk_arena_printf(notes->arena, "/metadata/annotations/%s~1" SPK_STAMP, prefix);
    struct spk_str found;
    const char *stamp = spk_arena_printf(notes->arena, SIGNER "%s", policy->version);

    if (!key || !pointer || !stamp)
        return fail_memory(err);
    found = find_stamp(view, key);
    if (spk_str_is(found, stamp) ||
        (json_array_size(ops) == 0 && spk_str_starts(found, spk_str(SIGNER))))
        return 0;
    spk_notes_effect(notes, SPK_STAMP_SET, NULL, "%s", stamp);
    spk_notes_effect_at(notes, NULL, NULL, "metadata.annotations[\"%s\"]", key);
    return spk_patch_add(ops, "add", pointer, json_string(stamp), err);
}

/* The pod that comes out is asked about again whenever another webhook changes it: what its author
 * wrote into an overlay must leave Spark's container, and what other annotations ask for, to be
 * found as they are now. */
static int look_again(const struct spk_wishes *wishes, const struct spk_view *then,
                      const struct spk_spark_container *target, enum spk_role role,
                      struct spk_notes *notes, struct spk_err *err)
{
    struct spk_notes again = {.arena = notes->arena};
    json_auto_t *ops = json_array();
    size_t found = spk_container_find(then, role).index;
    const struct spk_overlay_ask *overlay = &wishes->overlays[wishes->overlay_count - 1];

    if (!ops)
        return fail_memory(err);
    if (found != target->index) {
        spk_notes_fault(notes, overlay->from.written,
                        "its container %s looks more like Spark's than Spark's own %s",
                        spk_notes_quote(notes, then->containers[found].name),
                        spk_notes_quote(notes, then->containers[target->index].name));
        return 0;
    }
    if (wishes->mount_count == 0)
        return 0;
    if (spk_merge(ops, wishes, then, target, &again, err))
        return -1;
    for (size_t i = 0; i < again.fault_count && i < SPK_FAULTS_MAX; i++)
        spk_notes_fault(notes, overlay->from.written, "with it, a second pass would end in: %s",
                        again.faults[i]);
    return 0;
}

/* What is merged into the pod that the keyed annotations have made. */
static int merge_others(json_t *ops, const struct spk_wishes *wishes, const struct spk_view *view,
                        const struct spk_spark_container *target, const struct spk_policy *policy,
                        struct spk_decision *out, struct spk_notes *notes, struct spk_err *err)
{
    bool has_defaults = wishes->defaults.how != SPK_DEFAULTS_NONE;
    bool has_overlay =
        wishes->overlay_count && !wishes->overlays[wishes->overlay_count - 1].shorthand;
    json_auto_t *after = NULL;
    struct spk_view then;

    if (!wishes->overlay_count && !has_defaults)
        return 0;
    if (spk_overlay_apply(&after, ops, wishes->overlays, wishes->overlay_count, view, target,
                          policy, notes, err))
        return -1;
    if (notes->fault_count || !(has_defaults || has_overlay))
        return 0;
    if (spk_view_read(&then, notes->arena, after, err))
        return -1;
    if (has_overlay && look_again(wishes, &then, target, out->role, notes, err))
        return -1;
    if (!has_defaults || notes->fault_count)
        return 0;
    return spk_defaults_merge(ops, &wishes->defaults, &then, target->index, notes, err);
}

/* The patch without regard to faults. */
static int build_patch(json_t *ops, struct spk_decision *out, const struct spk_view *view,
                       const struct spk_policy *policy, struct spk_notes *notes,
                       struct spk_err *err)
{
    struct spk_spark_container target;
    struct spk_wishes wishes;

    if (spk_intent_read(&wishes, view, policy->prefix, notes, err))
        return -1;
    if (!wishes.any) {
        out->reason = "it carries no annotation of ours";
        return 0;
    }
    find_container(&target, out, view, notes);
    if (spk_merge(ops, &wishes, view, &target, notes, err))
        return -1;
    if (merge_others(ops, &wishes, view, &target, policy, out, notes, err))
        return -1;
    return add_stamp(ops, view, policy, notes, err);
}

/* All or nothing: with a fault there is no patch, whatever the policy. */
static void settle(struct spk_decision *out, struct spk_notes *notes, json_t *ops,
                   const struct spk_policy *policy)
{
    size_t shown = notes->fault_count < SPK_FAULTS_MAX ? notes->fault_count : SPK_FAULTS_MAX;

    if (notes->fault_count == 0) {
        out->outcome = json_array_size(ops) ? SPK_MUTATED : SPK_UNCHANGED;
        out->patch = json_array_size(ops) ? json_incref(ops) : NULL;
        out->applied = spk_notes_applied(notes);
        return;
    }
    notes->effect_count = 0;
    out->outcome = policy->warn_on_invalid ? SPK_UNCHANGED : SPK_DENIED;
    out->message = spk_notes_message(notes);
    for (size_t i = 0; policy->warn_on_invalid && i < shown; i++)
        spk_notes_warn_of(notes, notes->fault_places[i].key, "pod left as it is: %s",
                          notes->faults[i]);
}

/* A copy of an array of the notes, which do not outlive the review. */
static const void *copied(struct spk_notes *notes, const void *array, size_t count, size_t size)
{
    void *copy = spk_arena_array(notes->arena, count, size);

    if (!copy)
        notes->no_memory = true;
    else if (count)
        memcpy(copy, array, count * size);
    return copy;
}

static int publish(struct spk_decision *out, struct spk_notes *notes, struct spk_err *err)
{
    size_t shown = notes->fault_count < SPK_FAULTS_MAX ? notes->fault_count : SPK_FAULTS_MAX;

    spk_notes_close(notes);
    out->warning_count = notes->warning_count;
    out->warnings = copied(notes, notes->warnings, notes->warning_count, sizeof(*notes->warnings));
    out->warning_places =
        copied(notes, notes->warning_places, notes->warning_count, sizeof(*notes->warning_places));
    out->fault_count = shown;
    out->faults_left = notes->fault_count - shown;
    out->faults = copied(notes, notes->faults, shown, sizeof(*notes->faults));
    out->fault_places = copied(notes, notes->fault_places, shown, sizeof(*notes->fault_places));
    if (notes->no_memory)
        return fail_memory(err);
    out->effects = notes->effects;
    out->effect_count = notes->effect_count;
    return 0;
}

static int treat(struct spk_decision *out, const struct spk_view *view,
                 const struct spk_policy *policy, struct spk_err *err)
{
    struct spk_notes notes = {.arena = &out->arena};
    json_auto_t *ops = json_array();

    if (!ops)
        return fail_memory(err);
    if (view->container_count == 0) {
        out->outcome = SPK_UNCHANGED;
        out->reason = "it has no containers";
        spk_notes_warn(&notes, "this %s pod has no containers: left as it is",
                       spk_role_text(out->role));
        return publish(out, &notes, err);
    }
    if (build_patch(ops, out, view, policy, &notes, err))
        return -1;
    settle(out, &notes, ops, policy);
    return publish(out, &notes, err);
}

int spk_decide(struct spk_decision *out, const struct spk_view *view,
               const struct spk_policy *policy, struct spk_err *err)
{
    out->applied = "";
    out->role = read_role(view);
    if (read_identity(out, view, err))
        return -1;
    if (out->role == SPK_ROLE_OTHER) {
        out->outcome = SPK_UNTOUCHED;
        out->reason = "its label spark-role is neither driver nor executor";
        return 0;
    }
    return treat(out, view, policy, err);
}
