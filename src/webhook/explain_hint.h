#ifndef SPK_WEBHOOK_EXPLAIN_HINT_H
#define SPK_WEBHOOK_EXPLAIN_HINT_H
/* What a Spark pod's submitter may have got wrong, where it carries no annotation of ours. */

#include "spk/admission/decision.h"

#include <stdio.h>

/* Prints nothing when @pod, which may be anything, carries an annotation of @prefix, or when @role
 * is not Spark's. */
void spk_explain_hint(FILE *to, const json_t *pod, enum spk_role role, const char *prefix);

#endif
