#ifndef SPK_JSON_DUMP_H
#define SPK_JSON_DUMP_H
/* JSON as bytes. */

#include "spk/base/err.h"

#include <jansson.h>
#include <stddef.h>

/**
 * spk_json_dump() - write a tree without spaces
 * @out: terminated, to be freed with free()
 * @len: bytes without the terminator
 *
 * In place of json_dumps(), which does not look whether a key was written (jansson 2.14 dump.c
 * do_dump): short of memory it can return a text with a hole in it.
 *
 * Errors: SPK_ENOMEM; SPK_ETOOBIG above SPK_TREE_MAX
 */
int spk_json_dump(char **out, size_t *len, const json_t *tree, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
