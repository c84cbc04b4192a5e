#ifndef SPK_CONTROLLER_CRDS_H
#define SPK_CONTROLLER_CRDS_H
/*
 * The definitions of SparkApplication on a cluster: whose they are, and `spark-controller crds`,
 * which creates what is not there and leaves alone what is somebody else's.
 */

#include "spk/base/err.h"
#include "spk/kube/client.h"

#include <stdbool.h>

/* `spark-controller crds`. Returns the exit code. */
int spk_crds_main(int argc, char **argv);

/**
 * spk_crds_ours() - is the definition of sparkoperator.k8s.io/v1beta2 ours?
 * @ours: false: another controller may be at work on whatever is made of it
 *
 * Needs `get` of customresourcedefinitions, that of sparkapplications.sparkoperator.k8s.io.
 *
 * Errors: those of spk_kube_call(); SPK_EIO with what the API server says
 * Return: 0; 1: there is none, or it does not serve v1beta2; -1
 */
int spk_crds_ours(bool *ours, struct spk_kube *kube, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
