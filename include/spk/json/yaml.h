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

/* Told of each value that is read where its text begins, in bytes from the start of the stream. A
 * value behind an alias is told with the place of its anchor; true, false and null are one value
 * each in all of jansson. */
typedef void spk_yaml_place_fn(void *arg, const json_t *value, size_t offset);

/**
 * spk_yaml_parse_all() - all documents of a stream
 * @out:   a new array; documents that are null, such as one before the first "---", are left out
 * @place: may be NULL
 *
 * Spec, limits and errors are those above, for all documents together; none is no error.
 */
int spk_yaml_parse_all(json_t **out, const char *bytes, size_t len, spk_yaml_place_fn *place,
                       void *arg, struct spk_err *err) __attribute__((warn_unused_result));

#endif
