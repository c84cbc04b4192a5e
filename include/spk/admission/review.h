#ifndef SPK_ADMISSION_REVIEW_H
#define SPK_ADMISSION_REVIEW_H
/*
 * AdmissionReview: the envelope that the API server posts to us and that we answer in.
 *
 * Pure: no I/O, no clock, no state. The same bytes always give the same answer, in the server, in
 * the offline command and in the tests.
 */

#include "spk/admission/decision.h"
#include "spk/base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* How strict to be and how to sign. */
struct spk_policy {
    const char *version;        /* goes into the stamp: sparkhook/VERSION */
    const char *prefix;         /* of the annotations that count; NULL: see spk/admission/key.h */
    bool warn_on_unknown_field; /* --on-unknown-field=warn: without it; else deny */
    bool warn_on_invalid;       /* --on-invalid=warn: allow with warnings, unmutated; else deny */
};

/**
 * spk_review_answer() - decide about one review and write the answer
 * @out:      always a valid object, to be released with spk_decision_done(): filled as far as the
 *            review was understood, also on failure (outcome SPK_FAILED)
 * @response: on success the answer's bytes, to be freed with free()
 * @response_len: bytes, without the terminator that follows them
 * @body:     @len bytes, not terminated; borrowed for this call only
 *
 * Spec:   admission.k8s.io/v1 and v1beta1 AdmissionReview; the answer has the request's version
 *         and uid (apiserver pkg/admission/plugin/webhook/request/admissionreview.go)
 * Errors: SPK_EPARSE for bad JSON, a duplicate key, another kind or version, no uid, or a pod
 *         whose fields have wrong types: HTTP 400; SPK_ETOOBIG; SPK_ENOMEM and SPK_EINTERNAL: 500
 * Return: 0, also for a denial; or -1
 */
int spk_review_answer(struct spk_decision *out, char **response, size_t *response_len,
                      const char *body, size_t len, const struct spk_policy *policy,
                      struct spk_err *err) __attribute__((warn_unused_result));

/**
 * spk_pod_decide() - decide about a Pod by itself, as if it were being created
 * @out: as above; out->root holds a reference to @pod
 * @pod: borrowed; not changed
 *
 * Errors: as above
 */
int spk_pod_decide(struct spk_decision *out, json_t *pod, const struct spk_policy *policy,
                   struct spk_err *err) __attribute__((warn_unused_result));

#endif
