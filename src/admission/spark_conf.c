#include "spk/admission/spark_conf.h"

#include "spk/k8s/path.h"

#include <string.h>

const char *spk_spark_conf_covered(const char *path)
{
    if (strcmp(path, SPK_SPARK_CONF_PROPERTIES) == 0)
        return SPK_SPARK_CONF_PROPERTIES;
    return strcmp(path, SPK_SPARK_CONF) == 0 || spk_path_is_above(path, SPK_SPARK_CONF)
               ? SPK_SPARK_CONF
               : NULL;
}
