#ifndef SPK_K8S_NAME_H
#define SPK_K8S_NAME_H
/* Names of objects, as the API server checks them. */

#include "spk/base/str.h"

#include <stdbool.h>

/* What most objects are called, ConfigMaps and Secrets among them: at most 253 characters of
 * a-z, 0-9, '-' and '.', each part between dots beginning and ending with a letter or digit.
 * Source: apimachinery pkg/util/validation IsDNS1123Subdomain. */
bool spk_is_subdomain(struct spk_str name);

/* The same for people. */
#define SPK_SUBDOMAIN_RULE \
    "at most 253 of a-z, 0-9, '-' and '.', beginning and ending with a letter or digit"

/* What volumes and containers are called: the same without dots, at most 63 characters.
 * Source: IsDNS1123Label. */
bool spk_is_label(struct spk_str name);

#endif
