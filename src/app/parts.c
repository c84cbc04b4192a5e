#include "spk/app/parts.h"

#include "spk/base/cleanup.h"

#include <stdio.h>
#include <string.h>

#define STRUCT(index)                                     \
    {                                                     \
        .kind = SPK_KIND_STRUCT, .type = SPK_TYPE_##index \
    }
#define LIST(index)                                                            \
    {                                                                          \
        .kind = SPK_KIND_LIST, .of = SPK_KIND_STRUCT, .type = SPK_TYPE_##index \
    }

static const struct part {
    const char *name;
    struct spk_schema_field field;
} pod_parts[] = {
    {"env", LIST(EnvVar)},
    {"envFrom", LIST(EnvFromSource)},
    {"volumeMounts", LIST(VolumeMount)},
    {"affinity", STRUCT(Affinity)},
    {"tolerations", LIST(Toleration)},
    {"podSecurityContext", STRUCT(PodSecurityContext)},
    {"securityContext", STRUCT(SecurityContext)},
    {"sidecars", LIST(Container)},
    {"initContainers", LIST(Container)},
    {"hostAliases", LIST(HostAlias)},
    {"dnsConfig", STRUCT(PodDNSConfig)},
    {"lifecycle", STRUCT(Lifecycle)},
};

static const struct part template_parts[] = {
    {"metadata", STRUCT(ObjectMeta)},
    {"spec", STRUCT(PodSpec)},
};

static const struct part volumes = {"volumes", LIST(Volume)};

struct run {
    spk_parts_fault_fn *fault;
    void *arg;
    size_t count;
    bool lenient; /* in a template */
};

/* Cut at @size; the document's beginning first. */
static void print_place(char *out, size_t size, const struct spk_at *at)
{
    size_t len;

    if (at->up)
        print_place(out, size, at->up);
    else
        *out = '\0';
    len = strlen(out);
    if (at->key)
        (void)snprintf(out + len, size - len, "%s%s", len ? "." : "", at->key);
    else
        (void)snprintf(out + len, size - len, "[%zu]", at->index);
}

static void found(char out[80], const json_t *value)
{
    const char *text = json_string_value(value);

    if (text)
        (void)snprintf(out, 80, "\"%.64s\"", text);
    else
        (void)snprintf(out, 80, "%s", spk_json_type_text(json_typeof(value)));
}

static void unknown(char *out, size_t size, enum spk_schema_index type, const char *name)
{
    const char *meant = spk_schema_nearest(type, name);

    (void)snprintf(out, size, "no pod has such a field%s%s%s", meant ? ", did you mean \"" : "",
                   meant ? meant : "", meant ? "\"?" : "");
}

static void on_fault(void *arg, const struct spk_at *at, const struct spk_schema_fault *fault)
{
    struct run *run = arg;
    char place[256];
    char what[80];
    char text[192];

    if ((!fault->expected && run->lenient) || run->count++ >= SPK_PARTS_FAULTS)
        return;
    print_place(place, sizeof(place), at);
    found(what, fault->found);
    if (fault->expected)
        (void)snprintf(text, sizeof(text), "expected %s, found %s", fault->expected, what);
    else
        unknown(text, sizeof(text), fault->type, at->key);
    run->fault(run->arg, place, text);
}

static void check(struct run *run, const struct part *parts, size_t count, const json_t *object,
                  const struct spk_at *at)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, parts[i].name);
        const struct spk_at here = {.up = at, .key = parts[i].name};
        if (value)
            spk_schema_check(&parts[i].field, value, &here, on_fault, run);
    }
}

static void check_role(struct run *run, const json_t *spec, const char *name,
                       const struct spk_at *at_spec)
{
    const json_t *role = json_object_get(spec, name);
    const struct spk_at at_role = {.up = at_spec, .key = name};
    const struct spk_at at_template = {.up = &at_role, .key = "template"};

    check(run, pod_parts, SPK_LEN(pod_parts), role, &at_role);
    run->lenient = true;
    check(run, template_parts, SPK_LEN(template_parts), json_object_get(role, "template"),
          &at_template);
    run->lenient = false;
}

void spk_parts_check(const json_t *spec, spk_parts_fault_fn *fault, void *arg)
{
    const struct spk_at at_spec = {.key = "spec"};
    struct run run = {.fault = fault, .arg = arg};

    check(&run, &volumes, 1, spec, &at_spec);
    check_role(&run, spec, "driver", &at_spec);
    check_role(&run, spec, "executor", &at_spec);
}
