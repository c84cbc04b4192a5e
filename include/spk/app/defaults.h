#ifndef SPK_APP_DEFAULTS_H
#define SPK_APP_DEFAULTS_H
/* What an application of v1beta2 gets where its author said nothing. */

#include "spk/base/err.h"

#include <jansson.h>

/**
 * spk_app_defaults() - the operations that fill in what is missing
 * @out:    a new array of RFC 6902 operations on @object, empty when nothing is missing
 * @object: borrowed; of what has another form than it must have nothing is said
 *
 * What sparkConf has is not missing: driver and executor then get no cores, memory or instances of
 * their own, which would count before it. An application that is at work or has ended gets nothing:
 * its spec would seem to have been changed.
 *
 * Errors: SPK_ENOMEM
 */
int spk_app_defaults(json_t **out, const json_t *object, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
