#ifndef SPK_JSON_PATCH_H
#define SPK_JSON_PATCH_H
/*
 * JSON Patch (RFC 6902): building one, and applying what we build. Operations are add, replace and
 * remove; move, copy and test are not made and not understood.
 */

#include "spk/base/err.h"
#include "spk/base/str.h"

#include <jansson.h>

/**
 * spk_patch_add() - append one operation
 * @ops:     a JSON array
 * @op:      "add", "replace"
 * @pointer: a JSON Pointer
 * @value:   stolen, also on failure; NULL stands for a failed allocation
 * @err:     SPK_ENOMEM
 */
int spk_patch_add(json_t *ops, const char *op, const char *pointer, json_t *value,
                  struct spk_err *err) __attribute__((warn_unused_result));

/* The same for an operation without a value, "remove". */
int spk_patch_add_remove(json_t *ops, const char *pointer, struct spk_err *err)
    __attribute__((warn_unused_result));

/**
 * spk_patch_apply() - the document after all operations
 * @out:      a new reference; untouched on failure
 * @document: not changed
 * @ops:      an array of operations
 * @err:      SPK_EINVALID names the operation that does not apply; SPK_ENOMEM
 */
int spk_patch_apply(json_t **out, const json_t *document, const json_t *ops, struct spk_err *err)
    __attribute__((warn_unused_result));

/* The same in place: on failure the operations before the one that fails have been applied. */
int spk_patch_apply_to(json_t *document, const json_t *ops, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
