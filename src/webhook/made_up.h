#ifndef SPK_WEBHOOK_MADE_UP_H
#define SPK_WEBHOOK_MADE_UP_H
/* Pods that there are not yet, to be judged before Spark makes them. */

#include "spk/admission/review.h"

/* @template with what Spark adds to it: a new pod, whose annotations are the template's own; NULL
 * without memory. */
json_t *spk_made_up_pod(const json_t *template, enum spk_role role);

#endif
