#ifndef SPK_ADMISSION_ANSWER_H
#define SPK_ADMISSION_ANSWER_H
/* The AdmissionReview that goes back. Private to review.c and answer.c. */

#include "spk/admission/decision.h"
#include "spk/base/err.h"

/* Writes the answer as bytes to be freed with free(). @version: the request's apiVersion.
 * Errors: SPK_ENOMEM. */
int spk_answer_write(char **out, size_t *len, const struct spk_decision *decision,
                     const char *version, struct spk_err *err) __attribute__((warn_unused_result));

#endif
