/*
 * Task groups: YuniKorn holds room for the driver and its executors before it starts either. What a
 * pod takes is reckoned as Spark does (BasicDriverFeatureStep, ResourceProfile.
 * calculateOverHeadMemory): too little, and the pods don't fit into what was held for them.
 */
#include "submission_fields.h"

#include "spk/json/walk.h"

#include <ctype.h>
#include <stdlib.h>

#define PREFIX           "yunikorn.apache.org/"
/* MEMORY_OVERHEAD_MIN_MIB, and the default factors of Java and of all else. */
#define OVERHEAD_MIN_MIB 384
#define FACTOR           0.1
#define FACTOR_SCRIPT    0.4

/* A size of Spark's in MiB; @unit is the unit of a bare number. 0 for what is none. */
static int64_t mib(struct spk_str text, char unit)
{
    static const char units[] = "bkmgtp";
    int64_t number = 0;
    size_t i = 0;
    const char *found;

    for (; i < text.len && isdigit((unsigned char)text.ptr[i]) && number < 1000000000000; i++)
        number = 10 * number + text.ptr[i] - '0';
    if (i < text.len)
        unit = (char)tolower((unsigned char)text.ptr[i]);
    found = unit ? strchr(units, unit) : NULL;
    if (!found)
        return 0;
    for (long step = found - units; step > 2; step--) /* a petabyte and more is no pod's */
        number = number > INT32_MAX ? number : number * 1024;
    for (long step = found - units; step < 2; step++)
        number /= 1024;
    return number;
}

static struct spk_str get(struct spk_submission_run *run, const char *format, const char *role)
{
    const char *mark = strstr(format, "%s");

    return spk_submission_get(
        run, spk_submission_text(run, "%.*s%s%s", (int)(mark - format), format, role, mark + 2));
}

static bool is_script(const struct spk_submission_run *run)
{
    struct spk_str type = spk_json_str(json_object_get(run->app->spec, "type"));

    return spk_str_is(type, "Python") || spk_str_is(type, "R");
}

static double factor_of(struct spk_submission_run *run, const char *role)
{
    struct spk_str own = get(run, "spark.%s.memoryOverheadFactor", role);
    struct spk_str both = spk_submission_get(run, "spark.kubernetes.memoryOverheadFactor");
    struct spk_str said = own.len ? own : both;
    double factor = said.len ? strtod(said.ptr, NULL) : 0;

    if (factor > 0 && factor < 100)
        return factor;
    return is_script(run) ? FACTOR_SCRIPT : FACTOR;
}

static int64_t memory_of(struct spk_submission_run *run, const struct spk_role *role)
{
    int64_t heap = mib(get(run, "spark.%s.memory", role->name), 'm');
    struct spk_str said = get(run, "spark.%s.memoryOverhead", role->name);
    int64_t overhead = mib(said, 'm');
    int64_t total;

    if (said.len == 0) {
        overhead = (int64_t)(factor_of(run, role->name) * (double)heap);
        overhead = overhead < OVERHEAD_MIN_MIB ? OVERHEAD_MIN_MIB : overhead;
    }
    total = heap + overhead;
    if (role != &run->roles[SPK_EXECUTOR])
        return total;
    total += mib(spk_submission_get(run, "spark.executor.pyspark.memory"), 'm');
    if (spk_str_is(spk_submission_get(run, "spark.memory.offHeap.enabled"), "true"))
        total += mib(spk_submission_get(run, "spark.memory.offHeap.size"), 'b');
    return total;
}

static json_int_t members(struct spk_submission_run *run)
{
    static const char *const names[] = {"spark.executor.instances",
                                        "spark.dynamicAllocation.minExecutors",
                                        "spark.dynamicAllocation.initialExecutors"};
    json_int_t most = 0;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct spk_str text = spk_submission_get(run, names[i]);
        json_int_t count = text.len ? strtoll(text.ptr, NULL, 10) : 0;
        most = count > most ? count : most;
    }
    return most;
}

/* A pod's place, too: YuniKorn's stand-ins have to go where the pods will. */
static void put_place(struct spk_submission_run *run, const struct spk_role *role, json_t *group)
{
    static const char *const names[] = {"affinity", "tolerations"};
    const json_t *spec = json_object_get(role->pod, "spec");
    const json_t *common = json_object_get(run->app->spec, "nodeSelector");
    const json_t *own = json_object_get(spec, "nodeSelector");
    json_t *selector = json_object();

    if (!selector || (json_is_object(common) && json_object_update(selector, (json_t *)common)) ||
        (json_is_object(own) && json_object_update(selector, (json_t *)own)))
        run->no_memory = true;
    if (json_object_size(selector))
        spk_submission_set(run, group, "nodeSelector", json_incref(selector));
    json_decref(selector);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        json_t *value = json_object_get(spec, names[i]);
        if (value)
            spk_submission_set(run, group, names[i], json_incref(value));
    }
}

static const char *group_name(struct spk_submission_run *run, const struct spk_role *role)
{
    return spk_submission_text(run, "spark-%s", role->name);
}

static json_t *group_of(struct spk_submission_run *run, const struct spk_role *role,
                        json_int_t count)
{
    struct spk_str request = get(run, "spark.kubernetes.%s.request.cores", role->name);
    struct spk_str cores = get(run, "spark.%s.cores", role->name);
    const char *memory =
        spk_submission_text(run, "%" JSON_INTEGER_FORMAT "Mi", (json_int_t)memory_of(run, role));
    json_t *group =
        json_pack("{s:s, s:I, s:{s:s, s:s}}", "name", group_name(run, role), "minMember", count,
                  "minResource", "cpu", request.len ? request.ptr : cores.ptr, "memory", memory);

    if (group)
        put_place(run, role, group);
    return group;
}

void spk_submission_gang(struct spk_submission_run *run)
{
    const struct spk_role *driver = &run->roles[SPK_DRIVER];
    const struct spk_role *executor = &run->roles[SPK_EXECUTOR];
    json_int_t count = members(run);
    json_auto_t *groups = json_array();
    json_auto_t *text = NULL;

    spk_submission_append(run, groups, group_of(run, driver, 1));
    if (count > 0)
        spk_submission_append(run, groups, group_of(run, executor, count));
    text = spk_submission_json(run, groups);
    spk_submission_put(run, "spark.kubernetes.driver.annotation." PREFIX "task-groups",
                       spk_json_str(text));
    for (size_t i = 0; i < SPK_ROLES; i++) {
        const struct spk_role *role = &run->roles[i];
        if (i == SPK_DRIVER || count > 0) {
            spk_submission_put(
                run,
                spk_submission_text(run, "spark.kubernetes.%s.annotation." PREFIX "task-group-name",
                                    role->name),
                spk_str(group_name(run, role)));
        }
    }
}
