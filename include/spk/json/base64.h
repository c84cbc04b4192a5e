#ifndef SPK_JSON_BASE64_H
#define SPK_JSON_BASE64_H
/* Bytes in JSON, as Go's encoding/json has them: []byte is a string of base64. */

#include "spk/base/err.h"
#include "spk/base/str.h"

#include <jansson.h>

/* A new string; NULL without memory. */
json_t *spk_json_base64(struct spk_str bytes);

/**
 * spk_json_base64_text() - the text behind a string of base64
 * @out:    terminated, to be freed with free()
 * @string: may be absent (NULL)
 *
 * Return: 0; 1 when it is absent, no base64, or holds a NUL; -1 with SPK_ENOMEM
 */
int spk_json_base64_text(char **out, const json_t *string, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
