#ifndef SPK_ADMISSION_ENVELOPE_H
#define SPK_ADMISSION_ENVELOPE_H
/* AdmissionReview around whatever it is about: what is asked, and the answer to it. */

#include "spk/admission/decision.h"
#include "spk/base/err.h"
#include "spk/base/str.h"

#include <jansson.h>
#include <stddef.h>

/* All of it points into the decision's tree. */
struct spk_envelope {
    const char *api; /* the apiVersion, a literal */
    struct spk_str group;
    struct spk_str version;
    struct spk_str resource;
    struct spk_str sub;
    struct spk_str operation;
    json_t *object;     /* NULL on DELETE */
    json_t *old_object; /* NULL on CREATE */
};

/* A decision with nothing in it but an arena and @root, which is taken over and may be NULL. */
void spk_decision_start(struct spk_decision *out, json_t *root);

/**
 * spk_envelope_read() - read a review
 * @decision: gets the tree, uid, namespace and name, as far as they were understood
 *
 * Errors: those of spk_review_answer()
 */
int spk_envelope_read(struct spk_envelope *out, struct spk_decision *decision, const char *body,
                      size_t len, struct spk_err *err) __attribute__((warn_unused_result));

/* Writes the answer as bytes to be freed with free(). @api: the request's. Errors: SPK_ENOMEM. */
int spk_envelope_answer(char **out, size_t *len, const struct spk_decision *decision,
                        const char *api, struct spk_err *err) __attribute__((warn_unused_result));

#endif
