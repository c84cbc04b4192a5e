#ifndef SPK_JSON_YAML_H
#define SPK_JSON_YAML_H
/* YAML as Kubernetes' tools read it, as a JSON tree. The only user of libyaml. */

#include "spk/base/err.h"

#include <jansson.h>
#include <stddef.h>

/**
 * spk_yaml_parse() - one YAML document
 * @out: a new reference
 *
 * Spec:   plain scalars become null, booleans and numbers as in YAML 1.1 (sigs.k8s.io/yaml, which
 *         kubectl uses); keys are texts. Merge keys ("<<") are refused.
 * Limits: as many nodes, after aliases, as SPK_YAML_NODES_MAX; as deep as SPK_YAML_DEPTH_MAX; a
 *         tree of at most SPK_TREE_MAX
 * Errors: SPK_EPARSE with line and column, also for an empty stream or more than one document;
 *         SPK_ETOOBIG; SPK_ENOMEM
 */
int spk_yaml_parse(json_t **out, const char *bytes, size_t len, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
