#ifndef SPK_APP_RULES_H
#define SPK_APP_RULES_H

#include "spk/app/application.h"

/* Reads what the spec says of the run as a whole. SPK_EPARSE, SPK_EINVALID with the path; @out
 * then says Never. out->tracked, which no spec of v1beta2 says, stays as it is. */
int spk_app_rules_read(struct spk_app_rules *out, const json_t *spec, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
