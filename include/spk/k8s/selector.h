#ifndef SPK_K8S_SELECTOR_H
#define SPK_K8S_SELECTOR_H
/*
 * Label selectors: which objects a Service, a webhook or a policy means.
 *
 * Spec: apimachinery pkg/apis/meta/v1/helpers.go LabelSelectorAsSelector, pkg/labels/selector.go
 *       Requirement.Matches
 */

#include "spk/base/err.h"
#include "spk/base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* What a selector demands of one label. Points into the selector. */
struct spk_requirement {
    struct spk_str key;
    struct spk_str op;    /* "In", "NotIn", "Exists", "DoesNotExist"; "=" of matchLabels */
    struct spk_str value; /* of "=" */
    const json_t *values; /* of "In" and "NotIn" */
};

/**
 * spk_selector_match() - does a metav1.LabelSelector select what carries @labels?
 * @why:      with 1: the first requirement that says no
 * @selector: {} selects everything, NULL and null nothing: where a field's default is {}, as in
 *            webhooks and NetworkPolicies, the caller knows that
 * @labels:   NULL: none
 *
 * Errors: SPK_EPARSE, SPK_EINVALID for what the API server would not take
 * Return: 0 selected; 1 not; -1
 */
int spk_selector_match(struct spk_requirement *why, const json_t *selector, const json_t *labels,
                       struct spk_err *err) __attribute__((warn_unused_result));

/* The same for the plain map that a Service has; an empty one selects nothing. */
int spk_selector_match_map(struct spk_requirement *why, const json_t *map, const json_t *labels,
                           struct spk_err *err) __attribute__((warn_unused_result));

/* Is @text a selector as `kubectl -l` takes it, such as "team=a,env!=test,tier in (web,db),!old"?
 * With no blanks but ' ', so that it can stand in a line of a manifest.
 * Source: pkg/labels/selector.go Parse */
bool spk_is_selector(struct spk_str text);

/* As kubectl writes it: "spark-role in (driver,executor)"; cut at @size. */
void spk_requirement_print(char *out, size_t size, const struct spk_requirement *requirement);

#endif
