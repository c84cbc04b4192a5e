#include "submission_fields.h"

#include "spk/json/walk.h"

#define FOLDER        "/etc/metrics/conf"
#define DEFAULT_PORT  8090
#define PROPERTIES    "metrics.properties"
#define EXPORTER_CONF "prometheus.yaml"

/* Everything that Spark measures, as MBeans. */
static const char metrics_properties[] =
    "*.sink.jmx.class=org.apache.spark.metrics.sink.JmxSink\n"
    "driver.source.jvm.class=org.apache.spark.metrics.source.JvmSource\n"
    "executor.source.jvm.class=org.apache.spark.metrics.source.JvmSource\n";

/* MBeans are called metrics:name=NAMESPACE.APPLICATION.INSTANCE.SOURCE.WHAT,type=KIND, where
 * spark.metrics.namespace is NAMESPACE.APPLICATION (MetricsSystem.buildRegistryName). Names are
 * those that dashboards made for the operator of kubeflow look for. */
static const struct rule {
    const char *bean; /* behind NAMESPACE.APPLICATION. */
    const char *name;
    const char *attribute;
    const char *type;
    bool executor; /* its number is $3 */
} rules[] = {
    {"driver\\.(BlockManager|DAGScheduler|jvm)\\.([^,>]+)", "spark_driver_$3_$4", "Value", "GAUGE",
     false},
    {"driver\\.(LiveListenerBus|CodeGenerator|HiveExternalCatalog)\\.([^,>]+)",
     "spark_driver_$3_$4_count", "Count", "COUNTER", false},
    {"driver\\.\\S+\\.StreamingMetrics\\.streaming\\.([^,>]+)", "spark_streaming_driver_$3",
     "Value", "GAUGE", false},
    {"driver\\.spark\\.streaming\\.\\S+\\.([^,>.]+)", "spark_structured_streaming_driver_$3",
     "Value", "GAUGE", false},
    {"([0-9]+)\\.executor\\.([^,>]+)", "spark_executor_$4", "Value", "GAUGE", true},
    {"([0-9]+)\\.executor\\.([^,>]+)", "spark_executor_$4_count", "Count", "COUNTER", true},
    {"([0-9]+)\\.(jvm|BlockManager|NettyBlockTransfer|ExternalShuffle)\\.([^,>]+)",
     "spark_executor_$4_$5", "Value", "GAUGE", true},
};

/* The exporter's configuration. */
static const char *exporter_rules(struct spk_submission_run *run)
{
    const char *text = "lowercaseOutputName: true\nattrNameSnakeCase: true\nrules:\n";

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        text = spk_submission_text(
            run,
            "%s  - pattern: 'metrics<name=([^.]+)\\.([^.]+)\\.%s(, type=\\w+)?><>%s'\n"
            "    name: %s\n    type: %s\n    labels: {app_namespace: \"$1\", app_id: \"$2\"%s}\n",
            text, rules[i].bean, rules[i].attribute, rules[i].name, rules[i].type,
            rules[i].executor ? ", executor_id: \"$3\"" : "");
    }
    return text;
}

struct monitoring {
    const char *path;
    const json_t *spec;
    const json_t *prometheus;
    struct spk_str properties_file; /* in the image; NULL: ours */
    struct spk_str exporter_file;
    const char *port;
    const char *port_name;
    json_int_t port_number;
};

static const char *config_map_name(struct spk_submission_run *run)
{
    return spk_submission_text(run, "%.*s-prom-conf", SPK_ARG(run->app->name));
}

static json_t *text_or(const json_t *object, const char *key, const char *fallback)
{
    const json_t *text = json_object_get(object, key);

    return json_string(json_string_length(text) ? json_string_value(text) : fallback);
}

static void make_config_map(struct spk_submission_run *run, const struct monitoring *monitoring)
{
    const struct spk_app *app = run->app;
    json_t *data =
        json_pack("{s:o, s:o}", PROPERTIES,
                  text_or(monitoring->spec, "metricsProperties", metrics_properties), EXPORTER_CONF,
                  text_or(monitoring->prometheus, "configuration", exporter_rules(run)));

    spk_submission_append(run, run->out->config_maps,
                          json_pack("{s:s, s:s, s:{s:s, s:s%, s:{s:s%, s:s, s:s}, s:[o]}, s:o}",
                                    "apiVersion", "v1", "kind", "ConfigMap", "metadata", "name",
                                    config_map_name(run), "namespace", app->ns.ptr, app->ns.len,
                                    "labels", SPK_APP_LABEL_NAME, app->name.ptr, app->name.len,
                                    SPK_APP_LABEL_SUBMISSION, run->options->submission_id,
                                    SPK_APP_LABEL_LAUNCHED, SPK_APP_LABEL_LAUNCHED_VALUE,
                                    "ownerReferences", spk_submission_owner(run), "data", data));
}

static void mount_config_map(struct spk_submission_run *run, const struct monitoring *monitoring,
                             struct spk_role *role)
{
    json_t *ports = spk_submission_array_at(run, role->overlay, "sparkContainer.ports");

    spk_submission_append(run, role->config_maps,
                          json_pack("{s:s, s:s}", "name", config_map_name(run), "path", FOLDER));
    spk_submission_append(run, ports,
                          json_pack("{s:s, s:I, s:s}", "name", monitoring->port_name,
                                    "containerPort", monitoring->port_number, "protocol", "TCP"));
}

static void expose(struct spk_submission_run *run, const struct monitoring *monitoring,
                   struct spk_role *role)
{
    static const char *const annotations[][2] = {
        {"scrape", "true"},
        {"port", NULL},
        {"path", "/metrics"},
    };
    struct spk_str jar = spk_json_str(json_object_get(monitoring->prometheus, "jmxExporterJar"));
    const char *options = spk_submission_text(run, "spark.%s.extraJavaOptions", role->name);
    struct spk_str old = spk_submission_get(run, options);
    const char *file =
        monitoring->exporter_file.len ? monitoring->exporter_file.ptr : FOLDER "/" EXPORTER_CONF;

    for (size_t i = 0; i < sizeof(annotations) / sizeof(annotations[0]); i++) {
        const char *value = annotations[i][1] ? annotations[i][1] : monitoring->port;
        spk_submission_put(run,
                           spk_submission_text(run,
                                               "spark.kubernetes.%s.annotation.prometheus.io/%s",
                                               role->name, annotations[i][0]),
                           spk_str(value));
    }
    spk_submission_put(
        run, options,
        spk_str(spk_submission_text(run, "%.*s%s-javaagent:%s=%s:%s", SPK_ARG(old),
                                    old.len ? " " : "", jar.ptr, monitoring->port, file)));
    if (!monitoring->exporter_file.len || !monitoring->properties_file.len)
        mount_config_map(run, monitoring, role);
}

static bool read_monitoring(struct spk_submission_run *run, struct monitoring *out,
                            const struct spk_field_at *at)
{
    const char *path = spk_submission_text(run, "%s.prometheus", at->path);
    const json_t *prometheus = json_object_get(at->value, "prometheus");
    const json_t *port = json_object_get(prometheus, "port");
    struct spk_str name;

    *out = (struct monitoring){.path = path, .spec = at->value, .prometheus = prometheus};
    if (!json_is_object(prometheus)) {
        spk_submission_note(run, at->path, "without prometheus nothing is exposed");
        return false;
    }
    if (spk_submission_member(run, path, prometheus, "jmxExporterJar").len == 0) {
        spk_submission_fault(run, path, "jmxExporterJar is missing: the agent's path in the image");
        return false;
    }
    out->port_number = json_is_integer(port) ? json_integer_value(port) : DEFAULT_PORT;
    if (out->port_number < 1024 || out->port_number > 49151) {
        spk_submission_fault(run, path, "port: expected one from 1024 to 49151");
        return false;
    }
    name = spk_submission_member(run, path, prometheus, "portName");
    out->port = spk_submission_text(run, "%" JSON_INTEGER_FORMAT, out->port_number);
    out->port_name = name.len ? name.ptr : "jmx-exporter";
    out->properties_file = spk_submission_member(run, at->path, at->value, "metricsPropertiesFile");
    out->exporter_file = spk_submission_member(run, path, prometheus, "configFile");
    return true;
}

void spk_submission_act_monitoring(struct spk_submission_run *run, const struct spk_field_at *at)
{
    static const char *const flags[] = {"exposeDriverMetrics", "exposeExecutorMetrics"};
    struct monitoring monitoring;

    if (!read_monitoring(run, &monitoring, at))
        return;
    if (!monitoring.exporter_file.len || !monitoring.properties_file.len)
        make_config_map(run, &monitoring);
    spk_submission_put_field(run, at->path, "spark.metrics.namespace",
                             spk_str(spk_submission_text(run, "%.*s.%.*s", SPK_ARG(run->app->ns),
                                                         SPK_ARG(run->app->name))));
    spk_submission_put_field(run, at->path, "spark.metrics.conf",
                             monitoring.properties_file.len ? monitoring.properties_file
                                                            : SPK_LIT(FOLDER "/" PROPERTIES));
    for (size_t i = 0; i < SPK_ROLES; i++)
        if (json_is_true(json_object_get(at->value, flags[i])))
            expose(run, &monitoring, &run->roles[i]);
}
