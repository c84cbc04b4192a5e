/* A kind and an object's name: the volume's name is legal, always the same, and tells them apart.
 */

#include "fuzz.h"

#include "spk/admission/volume.h"
#include "spk/k8s/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char names[2][2][SPK_LABEL_MAX + 1];
    struct spk_str name = {(const char *)data, size};

    if (!spk_is_subdomain(name))
        return 0;
    for (unsigned i = 0; i < 4; i++) {
        struct spk_source source = {i & 1 ? SPK_SOURCE_SECRET : SPK_SOURCE_CONFIG_MAP, name};
        char again[SPK_LABEL_MAX + 1];
        spk_volume_name(names[i & 1][i / 2], &source, NULL, i / 2);
        spk_volume_name(again, &source, NULL, i / 2);
        MUST(spk_is_label(spk_str(again)) && strcmp(again, names[i & 1][i / 2]) == 0);
        MUST(!spk_str_is(spk_str(again), "spark-config-map-volume"));
        MUST(!spk_str_is(spk_str(again), "hadoop-config-map-volume"));
    }
    MUST(strcmp(names[0][0], names[1][0]) != 0 && strcmp(names[0][0], names[0][1]) != 0);
    return 0;
}
