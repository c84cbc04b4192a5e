#ifndef SPK_WEBHOOK_EXPLAIN_H
#define SPK_WEBHOOK_EXPLAIN_H
/* A decision in words for people: `spark-webhook mutate --explain`. */

#include "spk/admission/decision.h"

#include <stdio.h>

/* Prints who the pod is, how it was told, what each annotation did, and each warning. */
void spk_explain(FILE *to, const struct spk_decision *decision);

#endif
