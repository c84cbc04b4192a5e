#include "submission_fields.h"

#include "spk/json/walk.h"

static void act_type(struct spk_submission_run *run, const struct spk_field_at *at)
{
    static const char *const types[] = {"Java", "Scala", "Python", "R"};
    struct spk_str type = spk_json_str(at->value);

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (type.len == 0 || spk_str_is(type, types[i]))
            return;
    spk_submission_fault(run, at->path, "expected Java, Scala, Python or R, found \"%s\"",
                         type.ptr);
}

static void act_mode(struct spk_submission_run *run, const struct spk_field_at *at)
{
    struct spk_str mode = spk_json_str(at->value);

    if (mode.len && !spk_str_is(mode, "cluster")) {
        spk_submission_fault(run, at->path,
                             "expected cluster, found \"%s\": only there the driver is a pod; in "
                             "client mode it would run beside the controller, with its files and "
                             "rights",
                             mode.ptr);
    }
}

static void act_python(struct spk_submission_run *run, const struct spk_field_at *at)
{
    struct spk_str version = spk_json_str(at->value);

    if (version.len == 0)
        return;
    spk_submission_put_field(run, at->path, "spark.kubernetes.pyspark.pythonVersion", version);
    spk_submission_note(run, at->path,
                        "Spark 3.1 and newer takes no notice of it: the image's python3 runs, or "
                        "what spark.pyspark.python names");
}

static void act_main_class(struct spk_submission_run *run, const struct spk_field_at *at)
{
    struct spk_str name = spk_json_str(at->value);

    if (name.len && (name.ptr[0] == '-' || strpbrk(name.ptr, " \t\n\"'")))
        spk_submission_fault(run, at->path, "expected the name of a class, found \"%s\"", name.ptr);
}

static void act_proxy_user(struct spk_submission_run *run, const struct spk_field_at *at)
{
    struct spk_str name = spk_json_str(at->value);

    if (name.len && (name.ptr[0] == '-' || strpbrk(name.ptr, " \t\n\"'")))
        spk_submission_fault(run, at->path, "expected the name of a user, found \"%s\"", name.ptr);
}

static void act_restart(struct spk_submission_run *run, const struct spk_field_at *at)
{
    if (spk_str_is(spk_json_str(json_object_get(at->value, "type")), "OnFailure") &&
        json_integer_value(json_object_get(at->value, "onFailureRetries")) <= 0 &&
        json_integer_value(json_object_get(at->value, "onSubmissionFailureRetries")) <= 0) {
        spk_submission_note(run, at->path,
                            "OnFailure without retries is as Never: set onFailureRetries, "
                            "onSubmissionFailureRetries or both");
    }
}

static void act_allocation(struct spk_submission_run *run, const struct spk_field_at *at)
{
    static const char prefix[] = "spark.dynamicAllocation.";
    static const struct {
        const char *field;
        const char *property;
    } rows[] = {
        {"initialExecutors", "initialExecutors"},
        {"minExecutors", "minExecutors"},
        {"maxExecutors", "maxExecutors"},
        {"shuffleTrackingEnabled", "shuffleTracking.enabled"},
        {"shuffleTrackingTimeout", "shuffleTracking.timeout"},
    };

    if (!json_is_true(json_object_get(at->value, "enabled"))) {
        spk_submission_note(run, at->path, "not enabled: the rest of it is ignored");
        return;
    }
    spk_submission_put_field(run, at->path, "spark.dynamicAllocation.enabled", SPK_LIT("true"));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const json_t *value = json_object_get(at->value, rows[i].field);
        const char *path = spk_submission_text(run, "%s.%s", at->path, rows[i].field);
        if (!value || json_is_null(value))
            continue;
        spk_submission_put_field(run, path,
                                 spk_submission_text(run, "%s%s", prefix, rows[i].property),
                                 spk_submission_scalar(run, path, value));
    }
    spk_submission_put_default(run, "spark.dynamicAllocation.shuffleTracking.enabled", "true");
}

static void act_budget(struct spk_submission_run *run, const struct spk_field_at *at)
{
    if (json_is_true(at->value)) {
        spk_submission_note(
            run, at->path,
            "not acted on: a PodDisruptionBudget with the selector " SPK_APP_LABEL_NAME
            ": %.*s, spark-role: driver does that",
            SPK_ARG(run->app->name));
    }
}

/* clang-format off */
static const struct spk_field allocation_rows[] = {
    {.name = "enabled",                .kind = SPK_FIELD_FLAG},
    {.name = "initialExecutors",       .kind = SPK_FIELD_NUMBER},
    {.name = "minExecutors",           .kind = SPK_FIELD_NUMBER},
    {.name = "maxExecutors",           .kind = SPK_FIELD_NUMBER},
    {.name = "shuffleTrackingEnabled", .kind = SPK_FIELD_FLAG},
    {.name = "shuffleTrackingTimeout", .kind = SPK_FIELD_NUMBER},
};
static const struct spk_fields allocation = SPK_FIELDS(allocation_rows);

static const struct spk_field deps_rows[] = {
    {.name = "jars",            .kind = SPK_FIELD_TEXTS},
    {.name = "files",           .kind = SPK_FIELD_TEXTS},
    {.name = "pyFiles",         .kind = SPK_FIELD_TEXTS},
    {.name = "packages",        .kind = SPK_FIELD_TEXTS},
    {.name = "excludePackages", .kind = SPK_FIELD_TEXTS},
    {.name = "repositories",    .kind = SPK_FIELD_TEXTS},
    {.name = "archives",        .kind = SPK_FIELD_TEXTS},
};
static const struct spk_fields deps = SPK_FIELDS(deps_rows);

static const struct spk_field restart_rows[] = {
    {.name = "type",                             .kind = SPK_FIELD_TEXT},
    {.name = "onSubmissionFailureRetries",       .kind = SPK_FIELD_NUMBER},
    {.name = "onFailureRetries",                 .kind = SPK_FIELD_NUMBER},
    {.name = "onSubmissionFailureRetryInterval", .kind = SPK_FIELD_NUMBER},
    {.name = "onFailureRetryInterval",           .kind = SPK_FIELD_NUMBER},
};
static const struct spk_fields restart = SPK_FIELDS(restart_rows);

static const struct spk_field prometheus_rows[] = {
    {.name = "jmxExporterJar", .kind = SPK_FIELD_TEXT},
    {.name = "port",           .kind = SPK_FIELD_NUMBER},
    {.name = "portName",       .kind = SPK_FIELD_TEXT},
    {.name = "configFile",     .kind = SPK_FIELD_TEXT},
    {.name = "configuration",  .kind = SPK_FIELD_TEXT},
};
static const struct spk_fields prometheus = SPK_FIELDS(prometheus_rows);

static const struct spk_field monitoring_rows[] = {
    {.name = "exposeDriverMetrics",   .kind = SPK_FIELD_FLAG},
    {.name = "exposeExecutorMetrics", .kind = SPK_FIELD_FLAG},
    {.name = "metricsProperties",     .kind = SPK_FIELD_TEXT},
    {.name = "metricsPropertiesFile", .kind = SPK_FIELD_TEXT},
    {.name = "prometheus",            .kind = SPK_FIELD_OBJECT, .way = SPK_FIELD_FIELDS, .fields = &prometheus},
};
static const struct spk_fields monitoring = SPK_FIELDS(monitoring_rows);

static const struct spk_field batch_rows[] = {
    {.name = "queue",             .kind = SPK_FIELD_TEXT},
    {.name = "priorityClassName", .kind = SPK_FIELD_TEXT},
    {.name = "resources",         .kind = SPK_FIELD_OBJECT},
};
static const struct spk_fields batch = SPK_FIELDS(batch_rows);

#define SERVICE_ROWS                                             \
    {.name = "servicePort",        .kind = SPK_FIELD_NUMBER},    \
    {.name = "servicePortName",    .kind = SPK_FIELD_TEXT},      \
    {.name = "serviceType",        .kind = SPK_FIELD_TEXT},      \
    {.name = "serviceAnnotations", .kind = SPK_FIELD_MAP},       \
    {.name = "serviceLabels",      .kind = SPK_FIELD_MAP},       \
    {.name = "ingressAnnotations", .kind = SPK_FIELD_MAP},       \
    {.name = "ingressTLS",         .kind = SPK_FIELD_LIST}
static const struct spk_field ui_rows[] = {SERVICE_ROWS};
static const struct spk_fields ui = SPK_FIELDS(ui_rows);
static const struct spk_field ingress_rows[] = {SERVICE_ROWS, {.name = "ingressURLFormat", .kind = SPK_FIELD_TEXT}};
static const struct spk_fields ingress = SPK_FIELDS(ingress_rows);

/* In the order in which they become properties: what comes later wins. */
static const struct spk_field rows[] = {
    {.name = "type",             .kind = SPK_FIELD_TEXT, .act = act_type},
    {.name = "mode",             .kind = SPK_FIELD_TEXT, .act = act_mode},
    {.name = "sparkVersion",     .kind = SPK_FIELD_TEXT},
    {.name = "suspend",          .kind = SPK_FIELD_FLAG},
    {.name = "restartPolicy",    .kind = SPK_FIELD_OBJECT, .way = SPK_FIELD_FIELDS, .fields = &restart, .act = act_restart},
    {.name = "timeToLiveSeconds", .kind = SPK_FIELD_NUMBER},
    {.name = "failureRetries",   .way = SPK_FIELD_UNUSED, .target = "has no effect: use restartPolicy.onFailureRetries"},
    {.name = "retryInterval",    .way = SPK_FIELD_UNUSED, .target = "has no effect: use restartPolicy.onFailureRetryInterval"},
    {.name = "proxyUser",        .kind = SPK_FIELD_TEXT, .act = act_proxy_user},
    {.name = "mainClass",        .kind = SPK_FIELD_TEXT, .act = act_main_class},
    {.name = "mainApplicationFile", .kind = SPK_FIELD_TEXT},
    {.name = "arguments",        .kind = SPK_FIELD_TEXTS},
    {.name = "deps",             .kind = SPK_FIELD_OBJECT, .way = SPK_FIELD_FIELDS, .fields = &deps},
    {.name = "sparkConf",        .kind = SPK_FIELD_MAP},
    {.name = "hadoopConf",       .kind = SPK_FIELD_MAP},
    {.name = "volumes",          .kind = SPK_FIELD_LIST},
    {.name = "image",            .kind = SPK_FIELD_TEXT, .way = SPK_FIELD_PROPERTY, .target = "spark.kubernetes.container.image"},
    {.name = "imagePullPolicy",  .kind = SPK_FIELD_TEXT, .way = SPK_FIELD_PROPERTY, .target = "spark.kubernetes.container.image.pullPolicy"},
    {.name = "imagePullSecrets", .kind = SPK_FIELD_TEXTS, .way = SPK_FIELD_PROPERTY, .target = "spark.kubernetes.container.image.pullSecrets"},
    {.name = "pythonVersion",    .kind = SPK_FIELD_TEXT, .act = act_python},
    {.name = "memoryOverheadFactor", .kind = SPK_FIELD_TEXT, .way = SPK_FIELD_PROPERTY, .target = "spark.kubernetes.memoryOverheadFactor"},
    {.name = "nodeSelector",     .kind = SPK_FIELD_MAP, .way = SPK_FIELD_PROPERTY, .target = "spark.kubernetes.node.selector."},
    {.name = "dynamicAllocation", .kind = SPK_FIELD_OBJECT, .way = SPK_FIELD_FIELDS, .fields = &allocation, .act = act_allocation},
    {.name = "sparkConfigMap",   .kind = SPK_FIELD_TEXT, .way = SPK_FIELD_WISH, .target = "sparkConfigMap"},
    {.name = "hadoopConfigMap",  .kind = SPK_FIELD_TEXT, .way = SPK_FIELD_WISH, .target = "hadoopConfigMap"},
    {.name = "sparkUIOptions",   .kind = SPK_FIELD_OBJECT, .way = SPK_FIELD_FIELDS, .fields = &ui},
    {.name = "driverIngressOptions", .kind = SPK_FIELD_LIST, .way = SPK_FIELD_ITEMS, .fields = &ingress},
    {.name = "batchScheduler",   .kind = SPK_FIELD_TEXT},
    {.name = "batchSchedulerOptions", .kind = SPK_FIELD_OBJECT, .way = SPK_FIELD_FIELDS, .fields = &batch},
    {.name = "driverPodDisruptionBudget", .kind = SPK_FIELD_FLAG, .act = act_budget},
    {.name = "monitoring",       .kind = SPK_FIELD_OBJECT, .way = SPK_FIELD_FIELDS, .fields = &monitoring},
    {.name = "driver",           .kind = SPK_FIELD_OBJECT},
    {.name = "executor",         .kind = SPK_FIELD_OBJECT},
};
static const struct spk_fields fields = SPK_FIELDS(rows);
/* clang-format on */

static void put_defaults(struct spk_submission_run *run)
{
    struct spk_str dynamic = spk_submission_get(run, "spark.dynamicAllocation.enabled");

    for (size_t i = 0; i < SPK_ROLES; i++) {
        const char *role = run->roles[i].name;
        spk_submission_put_default(run, spk_submission_text(run, "spark.%s.cores", role), "1");
        spk_submission_put_default(run, spk_submission_text(run, "spark.%s.memory", role), "1g");
    }
    if (!spk_str_is(dynamic, "true"))
        spk_submission_put_default(run, "spark.executor.instances", "1");
}

/* Spark's own refusal names no field, and that of the executors' comes from the driver alone. */
static void check_images(struct spk_submission_run *run)
{
    static const char common[] = "spark.kubernetes.container.image";

    if (spk_submission_get(run, common).len)
        return;
    for (size_t i = 0; i < SPK_ROLES; i++) {
        const char *role = run->roles[i].name;
        const char *own = spk_submission_text(run, "spark.kubernetes.%s.container.image", role);
        if (spk_submission_get(run, own).len == 0) {
            spk_submission_fault(run, "spec.image",
                                 "missing: the image with Spark and the application, here or as "
                                 "%s.image",
                                 role);
        }
    }
}

/* Behind the roles' javaOptions, to which it adds. */
static void monitor(struct spk_submission_run *run)
{
    json_t *value = json_object_get(run->app->spec, "monitoring");

    if (json_is_object(value)) {
        spk_submission_act_monitoring(run, &(struct spk_field_at){.path = "spec.monitoring",
                                                                  .name = "monitoring",
                                                                  .value = value});
    }
}

void spk_submission_fields(struct spk_submission_run *run)
{
    spk_submission_walk(run, &fields, run->app->spec, "spec", NULL);
    spk_submission_pods_begin(run);
    if (run->roles[SPK_DRIVER].spec)
        spk_submission_walk(run, &spk_driver_fields, run->roles[SPK_DRIVER].spec, "spec.driver",
                            &run->roles[SPK_DRIVER]);
    if (run->roles[SPK_EXECUTOR].spec)
        spk_submission_walk(run, &spk_executor_fields, run->roles[SPK_EXECUTOR].spec,
                            "spec.executor", &run->roles[SPK_EXECUTOR]);
    monitor(run);
    put_defaults(run);
    check_images(run);
    spk_submission_batch(run);
}
