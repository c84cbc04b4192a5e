#include "merge_parts.h"

#include "spk/json/walk.h"

static json_t *owner_json(const struct spk_wish_owner *wish)
{
    json_t *owner =
        json_pack("{s:o, s:o, s:o, s:o}", "apiVersion", spk_json_string(wish->api_version), "kind",
                  spk_json_string(wish->kind), "name", spk_json_string(wish->name), "uid",
                  spk_json_string(wish->uid));

    if (owner && wish->has_controller &&
        json_object_set_new(owner, "controller", json_boolean(wish->controller))) {
        json_decref(owner);
        return NULL;
    }
    if (owner && wish->has_block_owner_deletion &&
        json_object_set_new(owner, "blockOwnerDeletion",
                            json_boolean(wish->block_owner_deletion))) {
        json_decref(owner);
        return NULL;
    }
    return owner;
}

int spk_merge_owner(json_t *owners, const struct spk_wish_owner *wish, const struct spk_view *view,
                    struct spk_notes *notes, struct spk_err *err)
{
    const char *kind = spk_notes_quote(notes, wish->kind);
    const char *name = spk_notes_quote(notes, wish->name);
    const struct spk_view_owner *controller = NULL;

    for (size_t i = 0; i < view->owner_count; i++) {
        if (spk_str_eq(view->owners[i].uid, wish->uid)) {
            spk_notes_effect(notes, SPK_OWNER_FOUND, wish->from.canonical, "%s %s", kind, name);
            return 0;
        }
        if (view->owners[i].controller)
            controller = &view->owners[i];
    }
    if (controller && wish->controller) {
        /* ValidateOwnerReferences allows one */
        spk_notes_fault_in(notes,
                           &(struct spk_place){.key = wish->from.written, .where = "controller"},
                           "expected at most one owner with controller: true, but the pod has one "
                           "already, with uid %s; leave controller out",
                           spk_notes_quote(notes, controller->uid));
        return 0;
    }
    spk_notes_effect(notes, SPK_OWNER_ADDED, wish->from.canonical, "%s %s", kind, name);
    spk_notes_effect_at(notes, wish->from.where, NULL, "metadata.ownerReferences[%zu]",
                        view->owner_count);
    return spk_merge_append(owners, owner_json(wish), err);
}
