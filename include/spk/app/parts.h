#ifndef SPK_APP_PARTS_H
#define SPK_APP_PARTS_H
/*
 * The parts of pods in a spec of v1beta2: volumes, affinity, sidecars, templates and so on. The
 * API server takes them as they are written (x-kubernetes-preserve-unknown-fields), so their names
 * and types are looked at here.
 */

#include "spk/k8s/schema.h"

#include <jansson.h>

/* As many are told of; what is beyond is a fault of the same kind, over and over. */
#define SPK_PARTS_FAULTS 16

/* Told of a place, "spec.volumes[0].emptyDir.sizeLimt", and what is wrong there. */
typedef void spk_parts_fault_fn(void *arg, const char *place, const char *what);

/**
 * spk_parts_check() - tell of all names and types in the parts of pods that no pod could have
 * @spec: of v1beta2
 *
 * Unknown fields of templates are none: Spark reads those with a client of its own, older or newer
 * than this table.
 */
void spk_parts_check(const json_t *spec, spk_parts_fault_fn *fault, void *arg);

#endif
