#ifndef SPK_TEST_POD_H
#define SPK_TEST_POD_H
/* Pods and annotations in short: ' stands for ", so that rows can be read. */

#include "spk/admission/notes.h"
#include "spk/admission/view_tree.h"
#include "spk/base/cleanup.h"

#include "../suite.h"

#include <jansson.h>
#include <stdio.h>

/* "key=value|key=value": an object of annotations; a key without '/' gets our prefix. */
static inline json_t *annotations_of(const char *text)
{
    json_t *object = json_object();
    char *copy = strdup(text);
    char *rest = NULL;

    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    for (char *item = strtok_r(copy, "|", &rest); item; item = strtok_r(NULL, "|", &rest)) {
        char key[512];
        char *equals = strchr(item, '=');
        ck_assert_msg(equals != NULL, "row without '=': %s", text);
        *equals = '\0';
        (void)snprintf(key, sizeof(key), "%s%s", strchr(item, '/') ? "" : "spark-operator.k8s.io/",
                       item);
        json_object_set_new(object, key, json_string(equals + 1));
    }
    free(copy);
    return object;
}

static inline json_t *json_of(const char *text)
{
    char *copy = strdup(text);
    json_error_t je;
    json_t *value;

    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    value = json_loads(copy, JSON_DECODE_ANY, &je);
    ck_assert_msg(value != NULL, "row is not JSON: %s: %s", je.text, copy);
    free(copy);
    return value;
}

/* Parts of a pod, each JSON, NULL for absent. */
struct pod {
    const char *ask;
    const char *owners;
    const char *volumes;
    const char *env;
    const char *mounts;
};

static inline void put_json(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, json_of(text));
}

/* A driver with one container. */
static inline json_t *pod_of(const struct pod *parts)
{
    json_t *pod =
        json_of("{'metadata':{'name':'d','labels':{'spark-role':'driver'}},"
                "'spec':{'containers':[{'name':'spark-kubernetes-driver','args':['driver']}]}}");
    json_t *meta = json_object_get(pod, "metadata");
    json_t *spec = json_object_get(pod, "spec");
    json_t *container = json_array_get(json_object_get(spec, "containers"), 0);

    if (parts->ask)
        json_object_set_new(meta, "annotations", annotations_of(parts->ask));
    put_json(meta, "ownerReferences", parts->owners);
    put_json(spec, "volumes", parts->volumes);
    put_json(container, "env", parts->env);
    put_json(container, "volumeMounts", parts->mounts);
    return pod;
}

/* What a test reads from a pod; to be released with release(). */
struct reading {
    struct spk_arena arena;
    struct spk_notes notes;
    struct spk_view view;
    struct spk_err err;
    json_t *pod; /* owned */
};

static inline void read_pod(struct reading *reading, json_t *pod)
{
    *reading = (struct reading){.pod = pod};
    spk_arena_init(&reading->arena, SPK_ARENA_MAX);
    reading->notes.arena = &reading->arena;
    ck_assert_msg(spk_view_read(&reading->view, &reading->arena, pod, &reading->err) == 0, "%s",
                  reading->err.msg);
}

static inline void release(struct reading *reading)
{
    json_decref(reading->pod);
    spk_arena_done(&reading->arena);
}

/* All faults as "! …\n" and all warnings as "? …\n". */
static inline void print_notes(FILE *out, const struct spk_notes *notes)
{
    for (size_t i = 0; i < notes->fault_count && i < SPK_FAULTS_MAX; i++)
        (void)fprintf(out, "! %s\n", notes->faults[i]);
    for (size_t i = 0; i < notes->warning_count; i++)
        (void)fprintf(out, "? %s\n", notes->warnings[i]);
}

#endif
