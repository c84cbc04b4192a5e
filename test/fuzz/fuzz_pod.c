/* A pod is read or refused with a place; what was read is in range, and its texts end. */

#include "fuzz.h"

#include "spk/app/executors.h"
#include "spk/app/pod.h"

static void must_count(const struct spk_pod *pod)
{
    struct spk_err err = {0};
    json_t *states;

    MUST(spk_executors_state(&states, NULL, &pod, 1, SPK_APP_RUNNING, 1, &err) == 0);
    MUST(json_object_size(states) == 1);
    json_decref(states);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spk_err err = {0};
    struct spk_pod pod;
    json_t *object;

    if (size > 65536 || spk_json_parse(&object, (const char *)data, size, &err))
        return 0;
    if (spk_pod_read(&pod, object, &err)) {
        MUST(err.code == SPK_EPARSE && *err.msg);
    } else {
        MUST(pod.state < SPK_POD_STATES && *spk_pod_state_text(pod.state));
        MUST(strlen(pod.name) < sizeof(pod.name) && strlen(pod.message) < sizeof(pod.message));
        MUST(pod.state == SPK_POD_LOST || pod.lost_s == 0);
        must_count(&pod);
    }
    json_decref(object);
    return 0;
}
