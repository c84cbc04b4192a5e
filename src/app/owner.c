#include "spk/app/owner.h"

#include "spk/json/walk.h"

#define V1BETA2  "sparkoperator.k8s.io/"
#define V1ALPHA1 "spark-operator.k8s.io/"

static enum spk_owner by_group(struct spk_str api_version)
{
    if (spk_str_starts(api_version, SPK_LIT(V1BETA2)))
        return SPK_OWNER_V1BETA2;
    return spk_str_starts(api_version, SPK_LIT(V1ALPHA1)) ? SPK_OWNER_V1ALPHA1 : SPK_OWNER_OTHER;
}

enum spk_owner spk_owner_read(const json_t *metadata, struct spk_str name)
{
    const json_t *owners = json_object_get(metadata, "ownerReferences");
    enum spk_owner found = json_array_size(owners) > 0 ? SPK_OWNER_OTHER : SPK_OWNER_NONE;
    const json_t *owner;
    size_t i;

    json_array_foreach(owners, i, owner)
    {
        if (found == SPK_OWNER_OTHER &&
            spk_str_is(spk_json_str(json_object_get(owner, "kind")), "SparkApplication") &&
            spk_str_eq(spk_json_str(json_object_get(owner, "name")), name))
            found = by_group(spk_json_str(json_object_get(owner, "apiVersion")));
    }
    return found;
}

enum spk_owner spk_owner_of(struct spk_str api_version)
{
    if (spk_str_is(api_version, "v1beta2"))
        return SPK_OWNER_V1BETA2;
    if (spk_str_is(api_version, "v1alpha1"))
        return SPK_OWNER_V1ALPHA1;
    return by_group(api_version);
}
