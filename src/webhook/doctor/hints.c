#include "webhook/doctor/hints.h"

#include "spk/admission/key.h"
#include "spk/base/nearest.h"
#include "spk/k8s/name.h"
#include "webhook/doctor/read.h"

#include <stdio.h>
#include <string.h>

#define NEAR    3
#define SOURCES 16

static bool is_own(const char *annotation, const char *prefix)
{
    struct spk_key key;

    return spk_key_read(&key, spk_str(annotation), strcmp(prefix, SPK_PREFIX) == 0 ? NULL : prefix);
}

/* ------------------------------------------------------------------------------ annotations */

/* Behind the slash; all where there is none. */
static const char *key_of(const char *annotation)
{
    const char *slash = strchr(annotation, '/');

    return slash ? slash + 1 : annotation;
}

static bool is_known(const char *name)
{
    char text[SPK_SUBDOMAIN_MAX + 128];
    struct spk_key key;

    (void)snprintf(text, sizeof(text), SPK_PREFIX "/%.96s", name);
    return spk_key_read(&key, spk_str(text), NULL) && key.kind != SPK_KEY_UNKNOWN &&
           key.kind != SPK_KEY_STAMP;
}

static bool is_near(const char *annotation, const char *prefix)
{
    const size_t len = strcspn(annotation, "/");
    const struct spk_str theirs = {annotation, len};

    return is_known(key_of(annotation)) ||
           (annotation[len] && spk_edit_distance(theirs, spk_str(prefix)) <= NEAR);
}

void spk_hint_annotations(char *out, size_t size, const json_t *pod, const char *prefix)
{
    json_t *annotations = spk_read(pod, "metadata.annotations");
    const char *near = NULL;
    const char *name;
    json_t *value;

    *out = '\0';
    json_object_foreach(annotations, name, value)
    {
        if (is_own(name, prefix))
            return;
        if (!near && is_near(name, prefix))
            near = name;
    }
    if (near) {
        (void)snprintf(out, size, "it has %.200s: was %s/%.100s meant?", near, prefix,
                       key_of(near));
    } else {
        (void)snprintf(out, size,
                       "was `annotations` written in the plural? It is "
                       "spark.kubernetes.driver.annotation.%s/KEY",
                       prefix);
    }
}

/* ---------------------------------------------------------------------------------- sources */

/* Does an annotation of ours speak of it? What others put into the pod is their business. */
__attribute__((nonnull)) static bool is_named(const char *name, const json_t *pod,
                                              const char *prefix)
{
    json_t *annotations = spk_read(pod, "metadata.annotations");
    const char *key;
    json_t *value;

    json_object_foreach(annotations, key, value)
    {
        const char *text = json_string_value(value);
        if (text && is_own(key, prefix) && (strstr(key_of(key), name) || strstr(text, name)))
            return true;
    }
    return false;
}

static size_t add(struct spk_hint_source *out, size_t count, size_t max, const json_t *source,
                  const struct spk_hint_source *like)
{
    const char *name = spk_read_text(source, like->name);

    if (!*name || count == max || !spk_is_subdomain(spk_str(name)) ||
        json_is_true(spk_read(source, "optional")))
        return count;
    for (size_t i = 0; i < count; i++) {
        if (out[i].resource == like->resource && strcmp(out[i].name, name) == 0)
            return count;
    }
    out[count] = (struct spk_hint_source){like->resource, name};
    return count + 1;
}

size_t spk_hint_sources(struct spk_hint_source *out, size_t max, const json_t *pod,
                        const char *prefix)
{
    static const struct spk_hint_source map = {"configmaps", "name"};
    static const struct spk_hint_source secret = {"secrets", "secretName"};
    static const struct spk_hint_source part = {"secrets", "name"};
    const json_t *volume;
    const json_t *source;
    size_t count = 0;
    size_t kept = 0;
    size_t i;
    size_t j;

    json_array_foreach(spk_read(pod, "spec.volumes"), i, volume)
    {
        count = add(out, count, max, spk_read(volume, "configMap"), &map);
        count = add(out, count, max, spk_read(volume, "secret"), &secret);
        json_array_foreach(spk_read(volume, "projected.sources"), j, source)
        {
            count = add(out, count, max, spk_read(source, "configMap"), &map);
            count = add(out, count, max, spk_read(source, "secret"), &part);
        }
    }
    for (i = 0; i < count; i++) {
        if (is_named(out[i].name, pod, prefix))
            out[kept++] = out[i];
    }
    return kept;
}

void spk_hint_look(struct spk_trial *trial, struct spk_kube *kube)
{
    struct spk_hint_source sources[SOURCES];
    const json_t *pod = spk_fact_found(&trial->answer) ? trial->answer.object : trial->pod;
    const size_t count = spk_hint_sources(sources, SOURCES, pod, trial->prefix);
    size_t len = 0;

    for (size_t i = 0; i < count && len < sizeof(trial->absent); i++) {
        struct spk_fact fact = {0};
        spk_facts_get(&fact, kube, "/api/v1/namespaces/%s/%s/%s", trial->namespace_,
                      sources[i].resource, sources[i].name);
        if (fact.status == 404) {
            len += (size_t)snprintf(
                trial->absent + len, sizeof(trial->absent) - len, "%s%s %s", len ? ", " : "",
                *sources[i].resource == 'c' ? "ConfigMap" : "Secret", sources[i].name);
        }
        spk_fact_done(&fact);
    }
}
