/*
 * Makes what spark-submit makes of a submission, in its order, without a JVM: driver pod, then
 * ConfigMap and Service, which the pod owns. For tests of a thousand submissions, and of a child
 * that dies between any two of its steps: it then is the very same to the API server.
 *
 *   stub_submit --properties-file FILE ...
 *
 * A file "steps" in the folder above the program's own names how many steps it takes before it
 * kills itself; without it, all.
 */

#include "spk/base/cleanup.h"
#include "spk/base/file.h"
#include "spk/json/dump.h"
#include "spk/kube/client.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *properties;
static struct spk_kube *kube;
static struct spk_err err;

static void die(const char *what)
{
    (void)fprintf(stderr, "%s\n", what);
    exit(1);
}

static const char *property(const char *name)
{
    const char *value = json_string_value(json_object_get(properties, name));

    return value ? value : "";
}

/* A backslash stands for what follows it, but in \uXXXX, which no test of ours needs read. */
static void unescape(char *text)
{
    char *out = text;

    for (char *in = text; *in; in++) {
        if (*in == '\\' && in[1])
            in++;
        *out++ = *in;
    }
    *out = '\0';
}

static void read_properties(const char *path)
{
    FILE *file = fopen(path, "re");
    char line[65536];

    if (!file)
        die("no properties");
    properties = json_object();
    while (fgets(line, sizeof(line), file)) {
        char *cut = line;

        line[strcspn(line, "\n")] = '\0';
        while (*cut && (*cut != '=' || (cut > line && cut[-1] == '\\')))
            cut++;
        if (!*cut)
            continue;
        *cut++ = '\0';
        unescape(line);
        unescape(cut);
        (void)json_object_set_new(properties, line, json_string(cut));
    }
    (void)fclose(file);
}

static void connect_to(void)
{
    struct spk_kube_config config = {0};
    char agent[64]; /* with its pid, for whoever kills it at a call */
    struct spk_kube_options options = {.user_agent = agent};
    const char *ca = property("spark.kubernetes.authenticate.submission.caCertFile");
    struct spk_buf pem;
    size_t len;

    (void)snprintf(agent, sizeof(agent), "stub_submit/%ld", (long)getpid());
    spk_buf_init(&pem, 1 << 20);
    if (*ca && spk_file_read(&pem, ca, &err) == 0)
        config.ca = spk_buf_take(&pem, &len);
    config.source = strdup("properties");
    config.server = strdup(property("spark.master") + strlen("k8s://"));
    config.namespace_name = strdup(property("spark.kubernetes.namespace"));
    config.token_file = strdup(property("spark.kubernetes.authenticate.submission.oauthTokenFile"));
    if (spk_kube_new(&kube, &config, &options, &err) != 0)
        die(err.msg);
}

/* Are there so many steps left? One fewer each time. */
static void step(void)
{
    static int left = -2;
    char path[4096];
    ssize_t len;

    if (left == -2) {
        FILE *file;

        left = -1;
        len = readlink("/proc/self/exe", path, sizeof(path) - 32);
        path[len < 0 ? 0 : len] = '\0';
        if (strrchr(path, '/'))
            (void)snprintf(strrchr(path, '/'), 32, "/../steps");
        file = fopen(path, "re");
        if (file && fscanf(file, "%d", &left) != 1)
            left = -1;
        if (file)
            (void)fclose(file);
    }
    if (left == 0)
        (void)raise(SIGKILL);
    if (left > 0)
        left--;
}

static json_t *create(const char *kind, json_t *object)
{
    struct spk_kube_answer answer;
    struct spk_kube_request request = {.method = "POST"};
    struct spk_buf path;
    char *body;
    size_t len;
    json_t *made;

    spk_buf_init(&path, 4096);
    if (spk_kube_path(&path, &err, "/api/v1/namespaces/", property("spark.kubernetes.namespace"),
                      "/", kind, NULL) != 0 ||
        spk_json_dump(&body, &len, object, &err) != 0)
        die(err.msg);
    request.path = path.ptr;
    request.body = (struct spk_str){body, len};
    switch (spk_kube_call(kube, &request, &answer, &err)) {
    case -1:
        die(err.msg);
        break;
    case 1:
        die(answer.text);
        break;
    default:
        break;
    }
    made = json_incref(answer.object);
    spk_kube_answer_done(&answer);
    spk_buf_done(&path);
    free(body);
    json_decref(object);
    step();
    return made;
}

/* Members of @to from the properties that begin with @prefix. */
static json_t *with_prefix(json_t *to, const char *prefix)
{
    const char *name;
    json_t *value;

    json_object_foreach(properties, name, value)
    {
        if (strncmp(name, prefix, strlen(prefix)) == 0)
            (void)json_object_set(to, name + strlen(prefix), value);
    }
    return to;
}

static json_t *make_pod(const char *id, const char *config_map)
{
    json_t *template = json_load_file(property("spark.kubernetes.driver.podTemplateFile"), 0, NULL);
    json_t *owners = json_object_get(json_object_get(template, "metadata"), "ownerReferences");
    json_t *labels =
        with_prefix(json_pack("{ssss}", "spark-role", "driver", "spark-app-selector", id),
                    "spark.kubernetes.driver.label.");
    json_t *annotations = with_prefix(json_object(), "spark.kubernetes.driver.annotation.");
    json_t *container =
        json_pack("{ssss s[{ssss}]}", "name", "spark-kubernetes-driver", "image", "spark:none",
                  "env", "name", "SPARK_DRIVER_BIND_ADDRESS", "value", "10.0.0.1");
    json_t *pod = json_pack("{ssss s{ssso*soso} s{sssos[{sss{ss}}]}}", "apiVersion", "v1", "kind",
                            "Pod", "metadata", "name", property("spark.kubernetes.driver.pod.name"),
                            "ownerReferences", owners ? json_incref(owners) : NULL, "labels",
                            labels, "annotations", annotations, "spec", "restartPolicy", "Never",
                            "containers", json_pack("[o]", container), "volumes", "name",
                            "spark-conf-volume-driver", "configMap", "name", config_map);

    json_decref(template);
    return pod;
}

static json_t *owned(const char *kind, const char *name, const json_t *pod)
{
    const json_t *metadata = json_object_get(pod, "metadata");

    return json_pack("{ssss s{ss s[{ssss sOsO}]}}", "apiVersion", "v1", "kind", kind, "metadata",
                     "name", name, "ownerReferences", "apiVersion", "v1", "kind", "Pod", "name",
                     json_object_get(metadata, "name"), "uid", json_object_get(metadata, "uid"));
}

int main(int argc, char **argv)
{
    char id[64];
    char config_map[128];
    char service[128];
    char host[512];
    json_t *pod;
    json_t *map;
    json_t *svc;

    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--properties-file") == 0)
            read_properties(argv[i + 1]);
    }
    if (!properties)
        die("no --properties-file");
    connect_to();
    step();
    (void)snprintf(id, sizeof(id), "spark-%.32s",
                   property("spark.kubernetes.driver.label.sparkoperator.k8s.io/submission-id"));
    (void)snprintf(config_map, sizeof(config_map), "drv-%.40s-conf-map", id);
    (void)snprintf(service, sizeof(service), "%.40s-svc", id);
    (void)snprintf(host, sizeof(host), "spark.driver.host=%s.%s.svc\n", service,
                   property("spark.kubernetes.namespace"));
    pod = create("pods", make_pod(id, config_map));
    map = owned("ConfigMap", config_map, pod);
    (void)json_object_set_new(map, "data", json_pack("{ss}", "spark.properties", host));
    json_decref(create("configmaps", map));
    svc = owned("Service", service, pod);
    (void)json_object_set_new(
        svc, "spec",
        json_pack("{sss[{sssi}]}", "clusterIP", "None", "ports", "name", "rpc", "port", 7078));
    json_decref(create("services", svc));
    json_decref(pod);
    json_decref(properties);
    spk_kube_free(kube);
    return 0;
}
