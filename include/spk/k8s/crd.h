#ifndef SPK_K8S_CRD_H
#define SPK_K8S_CRD_H
/*
 * CustomResourceDefinitions that somebody has installed before us. What their schema does not know,
 * the API server prunes from every object at its next write, without a word; so a definition is
 * only ever replaced by one that keeps and takes all that the first one did.
 *
 * Spec: apiextensions-apiserver pkg/apiserver/schema (pruning, defaulting), the OpenAPI validations
 *       of apiextensions.k8s.io/v1 JSONSchemaProps
 */

#include "spk/base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The annotation by which a definition says whose it is. */
#define SPK_CRD_OWNER       "spark-operator.k8s.io/controller"
#define SPK_CRD_OWNER_VALUE "sparkhook"

/* Made by us, and still as ours are: with a version @version that is served and keeps the unknown
 * fields of spec and status. Whoever applies another schema over ours leaves the annotation. */
bool spk_crd_is_ours(const json_t *definition, const char *version);

#define SPK_CRD_WHY 320

/**
 * spk_crd_narrows() - does a schema take or keep less than another?
 * @why: with true: which field, and what about it: "spec.driver: keeps no unknown fields"
 * @have, @wish: openAPIV3Schema
 *
 * Cautious: of two validations that differ the new one counts as narrower, unless it is plain that
 * it is not.
 */
bool spk_crd_narrows(char why[SPK_CRD_WHY], const json_t *have, const json_t *wish);

enum spk_crd_plan {
    SPK_CRD_SAME,   /* nothing to do */
    SPK_CRD_UPDATE, /* ours of another release: *out is to be stored */
    SPK_CRD_LEAVE,  /* somebody else's, or wider than ours: @why says which */
};

/**
 * spk_crd_plan() - what is to be done about a definition that exists
 * @out:       with SPK_CRD_UPDATE a new reference: the definition as it is, resourceVersion
 *             included, with ours in its versions; else NULL
 * @installed: as the API server gives it
 * @ours:      what we would create, with all that the API server would default
 *
 * Versions that only the installed one has stay; which one is stored stays as it is.
 *
 * Errors: SPK_ENOMEM
 */
int spk_crd_plan(enum spk_crd_plan *plan, json_t **out, char why[SPK_CRD_WHY],
                 const json_t *installed, const json_t *ours, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
