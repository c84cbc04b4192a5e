#include "defaults.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "spk/json/patch.h"
#include "spk/k8s/path.h"

#include <stdio.h>

/* Where the sparkConfigMap is mounted. */
#define CONFIG_DIR  "/etc/spark/conf"
#define CONFIG_FILE CONFIG_DIR "/spark-defaults.conf"

/* $1: spark-defaults.conf, which need not be there; $2: what was submitted; $3: both. A line that
 * ends in a backslash goes on in the next one, and the last one may lack its end: hence two empty
 * lines between. For any POSIX sh. */
static const char script[] =
    "set -e; exec >\"$3\"; if [ -e \"$1\" ]; then cat \"$1\"; fi; echo; echo; cat \"$2\"";

#define POINTER_MAX 64 /* "/spec/containers/N/volumeMounts/-" with any N */

struct job {
    json_t *ops;
    const struct spk_wish_defaults *wish;
    const json_t *spec;
    const json_t *container; /* Spark's */
    size_t index;            /* and its place */
    const json_t *init;      /* the init containers, NULL for none */
    const struct spk_view *view;
    const struct spk_view_container *seen; /* Spark's container in the view */
    const char **paths;                    /* of its mounts, clean */
    struct spk_defaults_options options;
    char name[SPK_LABEL_MAX + 1]; /* of volume and init container */
    struct spk_notes *notes;
    struct spk_err *err;
};

static int fail_memory(struct spk_err *err)
{
    return spk_fail(err, SPK_ENOMEM, "sparkDefaults: out of memory");
}

static const char *quote(struct job *job, struct spk_str text)
{
    return spk_notes_quote(job->notes, text);
}

/* Appends to the list @key of @object, which is at @pointer. @value is stolen. */
static int append(struct job *job, const char *pointer, const json_t *object, const char *key,
                  json_t *value)
{
    bool exists = json_is_array(json_object_get(object, key));
    char place[POINTER_MAX];

    if (!value)
        return fail_memory(job->err);
    (void)snprintf(place, sizeof(place), "%s/%s%s", pointer, key, exists ? "/-" : "");
    return spk_patch_add(job->ops, "add", place, exists ? value : json_pack("[o]", value),
                         job->err);
}

static int read_job(struct job *job)
{
    struct spk_at at = {.key = "spec"};
    struct spk_at list = {.up = &at, .key = "containers"};
    struct spk_at element = {.up = &list, .index = job->index};
    struct spk_at args_at = {.up = &element, .key = "args"};
    json_t *init;
    json_t *args;

    job->spec = json_object_get(job->view->document, "spec");
    job->container = json_array_get(json_object_get(job->spec, "containers"), job->index);
    job->seen = &job->view->containers[job->index];
    if (spk_json_member(&init, job->spec, "initContainers", JSON_ARRAY, &at, job->err) ||
        spk_json_member(&args, job->container, "args", JSON_ARRAY, &element, job->err) ||
        spk_defaults_options(&job->options, args, &args_at, job->err))
        return -1;
    job->init = init;
    job->paths = spk_arena_array(job->notes->arena, job->seen->mount_count, sizeof(*job->paths));
    if (!job->paths)
        return fail_memory(job->err);
    for (size_t i = 0; i < job->seen->mount_count; i++) {
        job->paths[i] = spk_path_clean(job->notes->arena, job->seen->mounts[i].path);
        if (!job->paths[i])
            return fail_memory(job->err);
    }
    return 0;
}

/* Exactly one --properties-file, as spark-submit writes it. */
static bool one_file(struct job *job)
{
    if (job->options.files == 1 && job->options.file.ptr)
        return true;
    spk_notes_fault(job->notes, job->wish->from.written,
                    "expected one --properties-file among the driver's arguments, as spark-submit "
                    "makes them, found %s",
                    job->options.files > 1 ? "several" : "none");
    return false;
}

/* A path that means the same in another container: kubelet expands $(NAME) there with other
 * variables. */
static bool plain_file(struct job *job)
{
    const char *fault = spk_mount_path_fault(job->options.file);
    const char *clean;

    if (!fault && memmem(job->options.file.ptr, job->options.file.len, "$(", 2))
        fault = "a path with a variable";
    if (!fault) {
        clean = spk_path_clean(job->notes->arena, job->options.file);
        if (clean)
            job->options.file = spk_str(clean);
        else
            job->notes->no_memory = true;
        return clean != NULL;
    }
    spk_notes_fault(job->notes, job->wish->from.written,
                    "expected the driver's --properties-file to be an absolute path, found %s: %s",
                    fault, quote(job, job->options.file));
    return false;
}

/* The mount at @path; NULL when there is none. */
static const struct spk_view_mount *mount_at(const struct job *job, const char *path)
{
    for (size_t i = 0; i < job->seen->mount_count; i++) {
        if (strcmp(job->paths[i], path) == 0)
            return &job->seen->mounts[i];
    }
    return NULL;
}

/* What a file of the Spark container lies in: the place of the mount at it or nearest above it, or
 * the count of mounts when it is one of the image's own. */
static size_t mount_of(const struct job *job, const char *file)
{
    size_t found = job->seen->mount_count;

    for (size_t i = 0; i < job->seen->mount_count; i++) {
        if (strcmp(job->paths[i], file) != 0 && !spk_path_is_above(job->paths[i], file))
            continue;
        if (found == job->seen->mount_count || strlen(job->paths[i]) > strlen(job->paths[found]))
            found = i;
    }
    return found;
}

static bool init_container_mounts(const struct job *job, struct spk_str volume)
{
    size_t i;
    size_t j;
    json_t *container;
    json_t *mount;

    json_array_foreach((json_t *)job->init, i, container)
    {
        json_array_foreach(json_object_get(container, "volumeMounts"), j, mount)
        {
            if (spk_str_eq(spk_json_str(json_object_get(mount, "name")), volume))
                return true;
        }
    }
    return false;
}

/* An earlier pass was here: nothing to do, unless somebody took away what it added. */
static void settle_treated(struct job *job)
{
    const struct spk_view_mount *mount = mount_at(job, SPK_DEFAULTS_DIR);

    if (mount && init_container_mounts(job, mount->volume)) {
        spk_notes_effect(job->notes, SPK_ARGUMENT_FOUND, job->wish->from.canonical,
                         "--properties-file " SPK_DEFAULTS_FILE);
        return;
    }
    spk_notes_fault(job->notes, job->wish->from.written,
                    "the driver's --properties-file is " SPK_DEFAULTS_FILE
                    " already, but no init container of the pod writes it");
}

/* True, with a fault, when the pod mounts something where the joined file would be. */
static bool is_taken(struct job *job)
{
    const struct spk_view_mount *mount = mount_at(job, SPK_DEFAULTS_DIR);

    if (mount) {
        spk_notes_fault(job->notes, job->wish->from.written,
                        "the joined properties cannot be mounted at \"" SPK_DEFAULTS_DIR
                        "\": the pod mounts its volume %s there",
                        quote(job, mount->volume));
    }
    return mount != NULL;
}

/* True, with a fault, when the submitted file can't be shown to another container, for what is
 * mounted there is not a whole volume. */
static bool is_hidden(struct job *job)
{
    size_t at = mount_of(job, job->options.file.ptr);

    if (at == job->seen->mount_count ||
        (!job->seen->mounts[at].part && strcmp(job->paths[at], job->options.file.ptr) != 0))
        return false;
    spk_notes_fault(job->notes, job->wish->from.written,
                    "cannot read the driver's --properties-file %s: at %s the pod mounts a part of "
                    "its volume %s",
                    quote(job, job->options.file), quote(job, spk_str(job->paths[at])),
                    quote(job, job->seen->mounts[at].volume));
    return true;
}

static bool has_named(const json_t *list, const char *name)
{
    size_t i;
    json_t *element;

    json_array_foreach((json_t *)list, i, element)
    {
        if (spk_str_is(spk_json_str(json_object_get(element, "name")), name))
            return true;
    }
    return false;
}

static bool is_used(const struct job *job, const char *name)
{
    return has_named(json_object_get(job->spec, "volumes"), name) || has_named(job->init, name) ||
           has_named(json_object_get(job->spec, "containers"), name);
}

/* False, with a fault, when the pod uses every name for something else. */
static bool choose_name(struct job *job)
{
    (void)snprintf(job->name, sizeof(job->name), SPK_DEFAULTS_NAME);
    for (unsigned again = 1; is_used(job, job->name); again++) {
        if (again == SPK_VOLUME_TRIES) {
            spk_notes_fault(
                job->notes, job->wish->from.written,
                "the pod uses every name that the volume of the joined properties could "
                "have, up to \"%s\"",
                job->name);
            return false;
        }
        (void)snprintf(job->name, sizeof(job->name), SPK_DEFAULTS_NAME "-%u", again);
    }
    return true;
}

static json_t *mount_json(struct spk_str volume, const char *path, bool read_only)
{
    if (!read_only)
        return json_pack("{s:o, s:s}", "name", spk_json_string(volume), "mountPath", path);
    return json_pack("{s:o, s:b, s:s}", "name", spk_json_string(volume), "readOnly", 1, "mountPath",
                     path);
}

/* The two sources and the target; the sources may be in one volume, or in the image. */
static json_t *init_mounts(const struct job *job)
{
    const struct spk_view_mount *config = mount_at(job, CONFIG_DIR);
    size_t at = mount_of(job, job->options.file.ptr);
    json_t *mounts = json_pack("[o]", mount_json(spk_str(job->name), SPK_DEFAULTS_DIR, false));

    if (config && json_array_append_new(mounts, mount_json(config->volume, CONFIG_DIR, true))) {
        json_decref(mounts);
        return NULL;
    }
    if (at < job->seen->mount_count && &job->seen->mounts[at] != config &&
        json_array_append_new(mounts,
                              mount_json(job->seen->mounts[at].volume, job->paths[at], true))) {
        json_decref(mounts);
        return NULL;
    }
    return mounts;
}

/* As the Spark container is. Its resources, too: the scheduler counts the greater of init
 * containers and containers, so the pod asks for no more than before, keeps its QoS class, and
 * stays inside what quotas and LimitRanges allow. */
static int copy_fields(json_t *init, const struct job *job)
{
    static const char *const fields[] = {"image", "imagePullPolicy", "securityContext",
                                         "resources"};

    for (size_t i = 0; i < SPK_LEN(fields); i++) {
        const json_t *value = json_object_get(job->container, fields[i]);
        if (value && json_object_set_new(init, fields[i], json_deep_copy(value)))
            return -1;
    }
    return 0;
}

static json_t *init_json(const struct job *job)
{
    json_t *init = json_pack("{s:s, s:[s,s,s,s,s,o,s], s:o, s:s}", "name", job->name, "command",
                             "sh", "-c", script, "sh", CONFIG_FILE,
                             spk_json_string(job->options.file), SPK_DEFAULTS_FILE, "volumeMounts",
                             init_mounts(job), "terminationMessagePolicy", "FallbackToLogsOnError");

    if (!init || copy_fields(init, job)) {
        json_decref(init);
        return NULL;
    }
    return init;
}

static void say_where(struct job *job, size_t argument)
{
    spk_notes_effect_at(job->notes, NULL, NULL, "spec.containers[%zu].args[%zu]", job->index,
                        argument);
}

static int point_to_joined(struct job *job)
{
    char place[POINTER_MAX];

    (void)snprintf(place, sizeof(place), "/spec/containers/%zu/args/%zu", job->index,
                   job->options.file_at);
    spk_notes_effect(job->notes, SPK_ARGUMENT_REPLACED, job->wish->from.canonical,
                     "--properties-file " SPK_DEFAULTS_FILE ", was %s",
                     quote(job, job->options.file));
    say_where(job, job->options.file_at);
    return spk_patch_add(job->ops, "replace", place,
                         json_string(job->options.file_joined
                                         ? "--properties-file=" SPK_DEFAULTS_FILE
                                         : SPK_DEFAULTS_FILE),
                         job->err);
}

static int add_init_container(struct job *job)
{
    char container[POINTER_MAX];

    (void)snprintf(container, sizeof(container), "/spec/containers/%zu", job->index);
    spk_notes_effect(job->notes, SPK_VOLUME_ADDED, job->wish->from.canonical, "\"%s\" emptyDir",
                     job->name);
    spk_notes_effect_at(job->notes, NULL, NULL, "spec.volumes[%zu]", job->view->volume_count);
    spk_notes_effect(job->notes, SPK_INIT_CONTAINER_ADDED, job->wish->from.canonical,
                     "\"%s\" joins \"" CONFIG_FILE "\" and %s", job->name,
                     quote(job, job->options.file));
    spk_notes_effect_at(job->notes, NULL, NULL, "spec.initContainers[%zu]",
                        json_array_size(job->init));
    spk_notes_effect(job->notes, SPK_MOUNT_ADDED, job->wish->from.canonical,
                     "both joined at \"" SPK_DEFAULTS_DIR "\", read-only");
    spk_notes_effect_at(job->notes, NULL, NULL, "spec.containers[%zu].volumeMounts[%zu]",
                        job->index,
                        json_array_size(json_object_get(job->container, "volumeMounts")));
    if (append(job, "/spec", job->spec, "volumes",
               json_pack("{s:s, s:{}}", "name", job->name, "emptyDir")) ||
        append(job, "/spec", job->spec, "initContainers", init_json(job)) ||
        append(job, container, job->container, "volumeMounts",
               mount_json(spk_str(job->name), SPK_DEFAULTS_DIR, true)))
        return -1;
    return 0;
}

static int load(struct job *job)
{
    if (!one_file(job) || !plain_file(job))
        return 0;
    if (spk_str_is(job->options.file, SPK_DEFAULTS_FILE)) {
        settle_treated(job);
        return 0;
    }
    if (is_taken(job) || is_hidden(job) || !choose_name(job))
        return 0;
    if (add_init_container(job) || point_to_joined(job))
        return -1;
    return 0;
}

static int native(struct job *job)
{
    char place[POINTER_MAX];

    if (!one_file(job))
        return 0;
    if (job->options.load_spark_defaults) {
        spk_notes_effect(job->notes, SPK_ARGUMENT_FOUND, job->wish->from.canonical,
                         "--load-spark-defaults");
        return 0;
    }
    spk_notes_effect(job->notes, SPK_ARGUMENT_ADDED, job->wish->from.canonical,
                     "--load-spark-defaults");
    say_where(job, job->options.option_at);
    (void)snprintf(place, sizeof(place), "/spec/containers/%zu/args/%zu", job->index,
                   job->options.option_at);
    return spk_patch_add(job->ops, "add", place, json_string("--load-spark-defaults"), job->err);
}

int spk_defaults_merge(json_t *ops, const struct spk_wish_defaults *wish,
                       const struct spk_view *view, size_t index, struct spk_notes *notes,
                       struct spk_err *err)
{
    struct job job = {
        .ops = ops, .wish = wish, .index = index, .view = view, .notes = notes, .err = err};

    if (read_job(&job) || (wish->how == SPK_DEFAULTS_NATIVE ? native(&job) : load(&job)))
        return -1;
    if (notes->no_memory)
        return fail_memory(err);
    return 0;
}
