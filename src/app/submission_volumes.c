#include "submission_run.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/json/walk.h"

#define LOCAL_DIR SPK_LIT("spark-local-dir-")

static const json_t *volume_of(const struct spk_submission_run *run, struct spk_str name)
{
    const json_t *volumes = json_object_get(run->app->spec, "volumes");

    for (size_t i = 0; i < json_array_size(volumes); i++) {
        const json_t *volume = json_array_get(volumes, i);
        if (spk_str_eq(spk_json_str(json_object_get(volume, "name")), name))
            return volume;
    }
    return NULL;
}

static bool has_name(const json_t *list, struct spk_str name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (spk_str_eq(spk_json_str(json_object_get(json_array_get(list, i), "name")), name))
            return true;
    return false;
}

/* The kinds of volumes that Spark makes itself, and what of each it takes as options:
 * KubernetesVolumeUtils.parseVolumeSpecificConf. */
static const struct kind {
    const char *name;
    const char *options[3];
} kinds[] = {
    {"emptyDir", {"medium", "sizeLimit", NULL}},
    {"hostPath", {"path", "type", NULL}},
    {"nfs", {"server", "path", NULL}},
    {"persistentVolumeClaim", {"claimName", NULL}},
};

struct local {
    const struct spk_role *role;
    const struct kind *kind;
    const char *path;
    const char *stem; /* of the properties */
};

static void put_local(struct spk_submission_run *run, const struct local *local, const char *name,
                      const json_t *value)
{
    if (value && !json_is_null(value)) {
        spk_submission_put_field(run, local->path,
                                 spk_submission_text(run, "%s.%s", local->stem, name),
                                 spk_submission_scalar(run, local->path, value));
    }
}

static void put_options(struct spk_submission_run *run, const struct local *local,
                        const json_t *source)
{
    for (size_t i = 0; local->kind->options[i]; i++)
        put_local(run, local, spk_submission_text(run, "options.%s", local->kind->options[i]),
                  json_object_get(source, local->kind->options[i]));
}

/* A scratch directory is Spark's business: it uses what has this name for shuffles. */
static void put_local_dir(struct spk_submission_run *run, const struct spk_role *role,
                          const char *path, const json_t *mount, const json_t *volume)
{
    struct spk_str name = spk_json_str(json_object_get(volume, "name"));
    struct local local = {.role = role, .path = path};
    const json_t *source = NULL;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !source; i++) {
        source = json_object_get(volume, kinds[i].name);
        local.kind = &kinds[i];
    }
    if (!source) {
        spk_submission_fault(run, path,
                             "a volume spark-local-dir-* is made by Spark, which takes emptyDir, "
                             "hostPath, nfs and persistentVolumeClaim");
        return;
    }
    local.stem = spk_submission_text(run, "spark.kubernetes.%s.volumes.%s.%s", role->name,
                                     local.kind->name, name.ptr);
    put_local(run, &local, "mount.path", json_object_get(mount, "mountPath"));
    put_local(run, &local, "mount.subPath", json_object_get(mount, "subPath"));
    put_local(run, &local, "mount.readOnly", json_object_get(mount, "readOnly"));
    if (json_is_true(json_object_get(source, "readOnly")))
        put_local(run, &local, "mount.readOnly", json_object_get(source, "readOnly"));
    put_options(run, &local, source);
}

static void need_volume(struct spk_submission_run *run, struct spk_role *role, const json_t *volume)
{
    json_t *list = spk_submission_array_at(run, role->overlay, "spec.volumes");

    if (!has_name(list, spk_json_str(json_object_get(volume, "name"))))
        spk_submission_append(run, list, json_incref((json_t *)volume));
}

static void put_mount(struct spk_submission_run *run, struct spk_role *role, const char *path,
                      json_t *mount)
{
    struct spk_str name = spk_submission_member(run, path, mount, "name");
    const json_t *volume = volume_of(run, name);
    const json_t *template = json_object_get(json_object_get(role->pod, "spec"), "volumes");

    if (!volume && !has_name(template, name)) {
        spk_submission_note(run, path, "no volume \"%s\" in spec.volumes: nothing is mounted",
                            name.len ? name.ptr : "");
        return;
    }
    if (volume && spk_str_starts(name, LOCAL_DIR)) {
        put_local_dir(run, role, path, mount, volume);
        return;
    }
    if (volume)
        need_volume(run, role, volume);
    spk_submission_append(
        run, spk_submission_array_at(run, role->overlay, "sparkContainer.volumeMounts"),
        json_incref(mount));
}

/* Sidecars and init containers may mount what spec.volumes has, too. */
static void find_mounts(struct spk_submission_run *run, struct spk_role *role, const char *field)
{
    const json_t *containers = json_object_get(role->spec, field);

    for (size_t i = 0; i < json_array_size(containers); i++) {
        const json_t *mounts = json_object_get(json_array_get(containers, i), "volumeMounts");
        for (size_t j = 0; j < json_array_size(mounts); j++) {
            struct spk_str name = spk_json_str(json_object_get(json_array_get(mounts, j), "name"));
            const json_t *volume = volume_of(run, name);
            if (volume)
                need_volume(run, role, volume);
        }
    }
}

/* Whether a role's own mounts, or those of a list of containers, name a volume. */
static bool mounts_it(const json_t *role, const char *field, struct spk_str name)
{
    const json_t *list = json_object_get(role, field);

    if (strcmp(field, "volumeMounts") == 0)
        return has_name(list, name);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (has_name(json_object_get(json_array_get(list, i), "volumeMounts"), name))
            return true;
    return false;
}

/* What nobody mounts is not added: a driver would wait for a Secret that it does not need. */
static void note_unused(struct spk_submission_run *run)
{
    static const char *const fields[] = {"volumeMounts", "sidecars", "initContainers"};
    const json_t *volumes = json_object_get(run->app->spec, "volumes");

    for (size_t i = 0; i < json_array_size(volumes); i++) {
        struct spk_str name = spk_json_str(json_object_get(json_array_get(volumes, i), "name"));
        bool used = false;
        for (size_t j = 0; j < SPK_ROLES && !used; j++) {
            used = mounts_it(run->roles[j].spec, fields[0], name) ||
                   mounts_it(run->roles[j].spec, fields[1], name) ||
                   mounts_it(run->roles[j].spec, fields[2], name);
        }
        if (!used)
            spk_submission_note(run, spk_submission_text(run, "spec.volumes[%zu]", i),
                                "\"%.*s\" is mounted by nothing, and left out", SPK_ARG(name));
    }
}

static bool fits(struct spk_submission_run *run, const char *path, size_t count, size_t most)
{
    if (count > most)
        spk_submission_fault(run, path, "found %zu, expected at most %zu", count, most);
    return count <= most;
}

static size_t count_mounts(const json_t *containers)
{
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(containers); i++)
        count += json_array_size(json_object_get(json_array_get(containers, i), "volumeMounts"));
    return count;
}

static bool role_fits(struct spk_submission_run *run, const struct spk_role *role)
{
    static const char *const fields[] = {"sidecars", "initContainers"};
    const char *path = spk_submission_text(run, "spec.%s", role->name);
    const json_t *template = json_object_get(json_object_get(role->pod, "spec"), "volumes");
    size_t mounts = json_array_size(json_object_get(role->spec, "volumeMounts"));
    bool fit = fits(run, spk_submission_text(run, "%s.template.spec.volumes", path),
                    json_array_size(template), SPK_APP_VOLUMES_MAX);

    for (size_t i = 0; i < SPK_LEN(fields); i++) {
        const json_t *containers = json_object_get(role->spec, fields[i]);
        mounts += count_mounts(containers);
        fit = fits(run, spk_submission_text(run, "%s.%s", path, fields[i]),
                   json_array_size(containers), SPK_APP_CONTAINERS_MAX) &&
              fit;
    }
    if (mounts > SPK_APP_MOUNTS_MAX) {
        spk_submission_fault(run, spk_submission_text(run, "%s.volumeMounts", path),
                             "found %zu with those of sidecars and initContainers, expected at "
                             "most %d",
                             mounts, SPK_APP_MOUNTS_MAX);
    }
    return fit && mounts <= SPK_APP_MOUNTS_MAX;
}

/* Not so many that looking for each mount's volume would take long. */
static bool all_fit(struct spk_submission_run *run)
{
    bool fit =
        fits(run, "spec.volumes", json_array_size(json_object_get(run->app->spec, "volumes")),
             SPK_APP_VOLUMES_MAX);

    for (size_t i = 0; i < SPK_ROLES; i++)
        fit = role_fits(run, &run->roles[i]) && fit;
    return fit;
}

static void put_mounts(struct spk_submission_run *run, struct spk_role *role)
{
    const json_t *mounts = json_object_get(role->spec, "volumeMounts");

    for (size_t i = 0; i < json_array_size(mounts); i++) {
        const char *path = spk_submission_text(run, "spec.%s.volumeMounts[%zu]", role->name, i);
        json_t *mount = json_array_get(mounts, i);
        if (spk_submission_is(run, path, mount, JSON_OBJECT))
            put_mount(run, role, path, mount);
    }
}

void spk_submission_volumes(struct spk_submission_run *run)
{
    if (!all_fit(run))
        return;
    for (size_t i = 0; i < SPK_ROLES; i++) {
        struct spk_role *role = &run->roles[i];
        put_mounts(run, role);
        find_mounts(run, role, "sidecars");
        find_mounts(run, role, "initContainers");
    }
    note_unused(run);
}
