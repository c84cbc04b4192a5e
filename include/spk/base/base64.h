#ifndef SPK_BASE_BASE64_H
#define SPK_BASE_BASE64_H
/*
 * Base64 (RFC 4648 section 4). Our own because the one library of ours that has it
 * is GnuTLS, which only the transport may see; the tests use GnuTLS as the oracle.
 */

#include "spk/base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes that the encoding of @len bytes takes, without a terminator. */
static inline size_t spk_base64_size(size_t len)
{
    return (len + 2) / 3 * 4;
}

/* Writes spk_base64_size(len) characters to @out, padded, without a terminator. */
void spk_base64_encode(char *out, const void *bytes, size_t len);

/* Bytes that decoding @text takes at most. */
static inline size_t spk_base64_room(struct spk_str text)
{
    return text.len / 4 * 3;
}

/**
 * spk_base64_decode() - the bytes behind a text
 * @out: room for spk_base64_room(); may hold anything on failure
 *
 * Return: false for what is not whole groups of the alphabet with right padding; line breaks and
 *         blanks are not skipped
 */
bool spk_base64_decode(void *out, size_t *len, struct spk_str text)
    __attribute__((warn_unused_result));

#endif
