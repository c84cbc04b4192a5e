#include "parts.h"

#include "spk/base/cleanup.h"

/* A field of the pod that follows from another of the overlay. */
static struct spk_overlay_at follower(const struct spk_overlay_at *up, const char *key,
                                      const char *leader)
{
    struct spk_overlay_at at = spk_overlay_member(up, key);

    at.asked.key = leader;
    return at;
}

/* The Priority plugin has run before us: with the old class's number beside a new class, the API
 * server refuses the pod. It runs again after us and puts the new class's. */
static int follow_priority_class(struct spk_overlay_run *run, const json_t *wish, json_t *spec,
                                 const struct spk_overlay_at *at)
{
    static const char *const followers[] = {"priority", "preemptionPolicy"};
    const struct spk_schema_field *field = spk_schema_find(SPK_TYPE_PodSpec, "priorityClassName");
    const json_t *class = json_object_get(wish, field->name);

    if (!class || spk_schema_same(field, class, json_object_get(spec, field->name)))
        return 0;
    for (size_t i = 0; i < SPK_LEN(followers); i++) {
        struct spk_overlay_at here = follower(at, followers[i], "priorityClassName");
        if (!json_object_get(wish, followers[i]) && json_object_get(spec, followers[i]) &&
            spk_overlay_remove(run, spec, &here))
            return -1;
    }
    return 0;
}

/* With the host's network and ClusterFirst, kubelet gives the host's resolver: no Service is found.
 * Default and None were chosen by somebody. */
static int follow_host_network(struct spk_overlay_run *run, const json_t *wish, json_t *spec,
                               const struct spk_overlay_at *at)
{
    static const char policy[] = "ClusterFirstWithHostNet";
    struct spk_overlay_at here = follower(at, "dnsPolicy", "hostNetwork");
    const json_t *there = json_object_get(spec, here.pod.key);
    json_t *value;
    int rc;

    if (!json_is_true(json_object_get(wish, "hostNetwork")) ||
        json_object_get(wish, here.pod.key) ||
        (json_is_string(there) && !spk_str_is(spk_json_str(there), "ClusterFirst")))
        return 0;
    value = json_string(policy);
    if (!value)
        return spk_fail(run->err, SPK_ENOMEM, "overlay: out of memory");
    rc = spk_overlay_set(run, spec, value, &here);
    json_decref(value);
    return rc;
}

int spk_overlay_merge_coupled(struct spk_overlay_run *run, const json_t *overlay)
{
    const json_t *wish = json_object_get(overlay, "spec");
    json_t *spec = json_object_get(run->tree, "spec");
    struct spk_overlay_at at = spk_overlay_member(NULL, "spec");

    return follow_priority_class(run, wish, spec, &at) || follow_host_network(run, wish, spec, &at)
               ? -1
               : 0;
}
