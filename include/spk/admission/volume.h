#ifndef SPK_ADMISSION_VOLUME_H
#define SPK_ADMISSION_VOLUME_H
/*
 * What a volume is called. NAME-volume for a ConfigMap, NAME-secret-volume for a Secret, NAME-claim
 * for a PersistentVolumeClaim; where that is no legal name, or where two sources could meet in one,
 * the name is sanitised, cut, and ends in a hash of kind and full name instead. So names are legal
 * and differ for every two legal object names: the plain ones all end in "-volume" or "-claim" and
 * give back kind and name, the others never end so.
 */

#include "spk/admission/view.h"
#include "spk/base/limits.h"

#include <stddef.h>

/**
 * spk_volume_name() - a name for a volume
 * @out:    terminated
 * @source: a ConfigMap, Secret or claim with a legal name
 * @fixed:  the name that the contract fixes, or NULL
 * @again:  0 for the name itself; 1, 2, … for others, where the pod uses it for something else
 */
void spk_volume_name(char out[static SPK_LABEL_MAX + 1], const struct spk_source *source,
                     const char *fixed, unsigned again);

#endif
