#ifndef SPK_ADMISSION_CONTAINER_H
#define SPK_ADMISSION_CONTAINER_H
/*
 * Which container is Spark's. With a pod template Spark keeps the template's container name and
 * order (Spark BasicDriverFeatureStep, PodTemplate), so neither can be trusted; the environment
 * that Spark itself writes can.
 */

#include "spk/admission/decision.h"
#include "spk/admission/view.h"

struct spk_spark_container {
    size_t index;
    const char *by; /* "its environment", "its name", "its first argument"; NULL: just the first */
};

/* Finds it; the pod has at least one container and its role is driver or executor. Each rule
 * narrows down what the rules before it left. */
struct spk_spark_container spk_container_find(const struct spk_view *view, enum spk_role role);

#endif
