#include "spk/admission/container.h"

#include "spk/base/cleanup.h"

typedef bool rule_fn(const struct spk_view_container *container, enum spk_role role);

/* Always set by Spark: BasicDriverFeatureStep, BasicExecutorFeatureStep. */
static bool by_environment(const struct spk_view_container *container, enum spk_role role)
{
    const char *mark = role == SPK_ROLE_DRIVER ? "SPARK_DRIVER_BIND_ADDRESS" : "SPARK_EXECUTOR_ID";

    for (size_t i = 0; i < container->env_count; i++) {
        if (spk_str_is(container->env[i].name, mark))
            return true;
    }
    return false;
}

/* Spark Constants.DEFAULT_DRIVER_CONTAINER_NAME and DEFAULT_EXECUTOR_CONTAINER_NAME; executors of
 * Spark 2 are called "executor". */
static bool by_name(const struct spk_view_container *container, enum spk_role role)
{
    if (role == SPK_ROLE_DRIVER)
        return spk_str_is(container->name, "spark-kubernetes-driver");
    return spk_str_is(container->name, "spark-kubernetes-executor") ||
           spk_str_is(container->name, "executor");
}

/* What the image's entrypoint is told to be. */
static bool by_argument(const struct spk_view_container *container, enum spk_role role)
{
    return spk_str_is(container->first_arg, role == SPK_ROLE_DRIVER ? "driver" : "executor");
}

static const struct {
    rule_fn *matches;
    const char *name;
} rules[] = {
    {by_environment, "its environment"},
    {by_name, "its name"},
    {by_argument, "its first argument"},
};

struct spk_spark_container spk_container_find(const struct spk_view *view, enum spk_role role)
{
    struct spk_spark_container found = {0};
    size_t must_match = 0; /* how many rules what was found matches: a bit each */

    for (size_t r = 0; r < SPK_LEN(rules); r++) {
        for (size_t i = 0; i < view->container_count; i++) {
            const struct spk_view_container *container = &view->containers[i];
            bool candidate = rules[r].matches(container, role);
            for (size_t earlier = 0; candidate && earlier < r; earlier++)
                candidate = !(must_match >> earlier & 1) || rules[earlier].matches(container, role);
            if (candidate) {
                must_match |= (size_t)1 << r;
                found.index = i;
                found.by = found.by ? found.by : rules[r].name;
                break;
            }
        }
    }
    return found;
}
