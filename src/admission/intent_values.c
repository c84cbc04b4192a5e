#include "intent_values.h"

#include "spk/base/nearest.h"
#include "spk/json/walk.h"

#include <stdint.h>

static const char list_form[] = "a JSON list of {\"name\": …, \"path\": …}";
static const char owner_form[] = "a JSON OwnerReference with apiVersion, kind, name and uid";

/* A copy that outlives the tree it was read from. */
static struct spk_str keep(struct spk_notes *notes, struct spk_str text)
{
    char *copy = spk_arena_copy(notes->arena, text);

    if (!copy) {
        notes->no_memory = true;
        return (struct spk_str){"", 0};
    }
    return (struct spk_str){copy, text.len};
}

/* The field of the wrong type: errors of json/walk.h begin with its path. */
static const char *field_of(struct spk_notes *notes, const struct spk_err *err)
{
    const char *end = strstr(err->msg, ": expected ");
    struct spk_str path = {err->msg, end ? (size_t)(end - err->msg) : 0};

    return keep(notes, path).ptr;
}

/* Out of memory is not the user's fault. @stopped: where the parser gave up; 0: it is JSON. */
static void report(struct spk_notes *notes, struct spk_str key, const char *form, size_t stopped,
                   const struct spk_err *err)
{
    if (err->code == SPK_ENOMEM) {
        notes->no_memory = true;
        return;
    }
    spk_notes_fault_in(notes,
                       &(struct spk_place){.key = key,
                                           .where = stopped ? "" : field_of(notes, err),
                                           .stopped = stopped},
                       "expected %s: %s", form, spk_notes_plain(notes, spk_str(err->msg)));
}

/* ", did you mean \"path\"?", or nothing. */
static const char *meant(struct spk_notes *notes, const char *found, const char *const *known)
{
    const char *best = NULL;
    size_t least = SIZE_MAX;
    const char *text;

    for (; *known; known++) {
        size_t steps = spk_edit_distance(spk_str(found), spk_str(*known));
        if (steps < least && steps <= strlen(*known) / 3) {
            least = steps;
            best = *known;
        }
    }
    text = best ? spk_arena_printf(notes->arena, ", did you mean \"%s\"?", best) : "";
    return text ? text : keep(notes, (struct spk_str){0}).ptr;
}

static bool only_known(struct spk_notes *notes, struct spk_str key, const char *where,
                       const json_t *object, const char *const *known)
{
    const char *field;
    json_t *value;

    json_object_foreach((json_t *)object, field, value)
    {
        size_t i = 0;
        while (known[i] && strcmp(known[i], field) != 0)
            i++;
        if (!known[i]) {
            struct spk_place place =
                *where ? spk_notes_place(notes, key, where, field)
                       : (struct spk_place){.key = key, .where = keep(notes, spk_str(field)).ptr};
            spk_notes_fault_in(notes, &place, "%s%sunknown field %s%s", where, *where ? ": " : "",
                               spk_notes_quote(notes, spk_str(field)), meant(notes, field, known));
            return false;
        }
    }
    return true;
}

static const struct {
    const char *type;
    enum spk_key_kind kind;
} secret_types[] = {
    {"Generic", SPK_KEY_SECRET},
    {"GCPServiceAccount", SPK_KEY_GCP_SERVICE_ACCOUNT},
    {"HadoopDelegationToken", SPK_KEY_HADOOP_TOKEN},
};

static bool read_type(enum spk_key_kind *out, struct spk_notes *notes, const struct spk_ask *ask,
                      const char *where, struct spk_str type)
{
    struct spk_place place;

    *out = ask->key.kind == SPK_KEY_SECRETS ? SPK_KEY_SECRET : SPK_KEY_CONFIG_MAP;
    if (!type.ptr)
        return true;
    for (size_t i = 0; i < sizeof(secret_types) / sizeof(secret_types[0]); i++) {
        if (spk_str_is(type, secret_types[i].type)) {
            *out = secret_types[i].kind;
            return true;
        }
    }
    place = spk_notes_place(notes, ask->written, where, "type");
    spk_notes_fault_in(
        notes, &place,
        "%s.type: expected Generic, GCPServiceAccount or HadoopDelegationToken, found "
        "%s",
        where, spk_notes_quote(notes, type));
    return false;
}

static void ask_item(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask,
                     const json_t *item, const char *where)
{
    static const char *const map_fields[] = {"name", "path", NULL};
    static const char *const secret_fields[] = {"name", "path", "type", NULL};
    bool secrets = ask->key.kind == SPK_KEY_SECRETS;
    struct spk_origin from = {ask->written, ask->canonical, where};
    struct spk_at at = {.key = where};
    struct spk_str name;
    struct spk_str path;
    struct spk_str type;
    enum spk_key_kind kind;
    struct spk_err err;

    if (spk_json_expect(item, JSON_OBJECT, &at, &err) ||
        spk_json_text(&name, item, "name", &at, &err) ||
        spk_json_text(&path, item, "path", &at, &err) ||
        spk_json_text(&type, item, "type", &at, &err)) {
        report(notes, ask->written, list_form, 0, &err);
        return;
    }
    if (!only_known(notes, ask->written, where, item, secrets ? secret_fields : map_fields) ||
        !read_type(&kind, notes, ask, where, type))
        return;
    if (!name.ptr || !path.ptr) {
        spk_notes_fault_in(notes, &(struct spk_place){.key = ask->written, .where = where},
                           "expected %s: %s.%s is missing", list_form, where,
                           name.ptr ? "path" : "name");
        return;
    }
    spk_ask_mount(wishes, notes, &from, kind, keep(notes, name), path);
}

void spk_ask_list(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask)
{
    json_auto_t *list = NULL;
    struct spk_err err;
    size_t stopped;
    size_t i;
    json_t *item;

    if (spk_json_parse_at(&list, &stopped, ask->value.ptr, ask->value.len, &err) ||
        spk_json_expect(list, JSON_ARRAY, NULL, &err)) {
        report(notes, ask->written, list_form, stopped, &err);
        return;
    }
    if (json_array_size(list) > SPK_WISHES_MAX) {
        spk_notes_fault(notes, ask->written, "%zu items, at most %d", json_array_size(list),
                        SPK_WISHES_MAX);
        return;
    }
    json_array_foreach(list, i, item)
    {
        const char *where = spk_arena_printf(notes->arena, "[%zu]", i);
        if (!where) {
            notes->no_memory = true;
            return;
        }
        ask_item(wishes, notes, ask, item, where);
    }
}

void spk_ask_defaults(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask,
                      bool executor)
{
    struct spk_wish_defaults wish = {.from = {ask->written, ask->canonical, ""}};

    if (spk_str_is(ask->value, "load")) {
        wish.how = SPK_DEFAULTS_LOAD;
    } else if (spk_str_is(ask->value, "native")) {
        wish.how = SPK_DEFAULTS_NATIVE;
    } else {
        spk_notes_fault(notes, ask->written, "expected load or native, found %s",
                        spk_notes_quote(notes, ask->value));
        return;
    }
    if (executor) {
        spk_notes_warn_of(
            notes, ask->written,
            "%s is ignored on an executor: executors get their properties from the driver",
            spk_notes_quote(notes, ask->written));
    } else {
        wishes->defaults = wish;
    }
}

static bool required(struct spk_notes *notes, const struct spk_ask *ask, const char *field,
                     struct spk_str *text)
{
    if (text->len == 0)
        spk_notes_fault(notes, ask->written, "expected %s: %s is missing", owner_form, field);
    else
        *text = keep(notes, *text);
    return text->len > 0;
}

static int read_owner(struct spk_wish_owner *owner, const json_t *root, struct spk_err *err)
{
    const json_t *controller = json_object_get(root, "controller");
    const json_t *block = json_object_get(root, "blockOwnerDeletion");

    if (spk_json_expect(root, JSON_OBJECT, NULL, err) ||
        spk_json_text(&owner->api_version, root, "apiVersion", NULL, err) ||
        spk_json_text(&owner->kind, root, "kind", NULL, err) ||
        spk_json_text(&owner->name, root, "name", NULL, err) ||
        spk_json_text(&owner->uid, root, "uid", NULL, err) ||
        spk_json_flag(&owner->controller, root, "controller", NULL, err) ||
        spk_json_flag(&owner->block_owner_deletion, root, "blockOwnerDeletion", NULL, err))
        return -1;
    owner->has_controller = json_is_boolean(controller);
    owner->has_block_owner_deletion = json_is_boolean(block);
    return 0;
}

/* In 2018 the value was the protobuf of an OwnerReference in base64. */
static bool looks_like_base64(struct spk_str value)
{
    size_t n = 0;

    for (; n < value.len && value.ptr[n] != '='; n++) {
        char c = value.ptr[n];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '+' || c == '/'))
            return false;
    }
    return value.len >= 8 && value.len - n <= 2;
}

void spk_ask_owner(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask)
{
    static const char *const fields[] = {"apiVersion",         "kind", "name", "uid", "controller",
                                         "blockOwnerDeletion", NULL};
    struct spk_wish_owner owner = {.from = {ask->written, ask->canonical, ""}};
    json_auto_t *root = NULL;
    struct spk_err err;
    size_t stopped;

    if (looks_like_base64(ask->value)) {
        spk_notes_fault(notes, ask->written,
                        "expected %s; base64 of protobuf, the form of 2018, is retired",
                        owner_form);
        return;
    }
    if (spk_json_parse_at(&root, &stopped, ask->value.ptr, ask->value.len, &err) ||
        read_owner(&owner, root, &err)) {
        report(notes, ask->written, owner_form, stopped, &err);
        return;
    }
    if (!only_known(notes, ask->written, "", root, fields) ||
        !required(notes, ask, "apiVersion", &owner.api_version) ||
        !required(notes, ask, "kind", &owner.kind) || !required(notes, ask, "name", &owner.name) ||
        !required(notes, ask, "uid", &owner.uid))
        return;
    wishes->owner = owner;
    wishes->owner_count = 1;
}
