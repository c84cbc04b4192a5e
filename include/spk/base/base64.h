#ifndef SPK_BASE_BASE64_H
#define SPK_BASE_BASE64_H
/*
 * Base64 (RFC 4648 section 4), encoding only. Our own because the one library of ours that has it
 * is GnuTLS, which only the transport may see; the tests use GnuTLS as the oracle.
 */

#include <stddef.h>

/* Bytes that the encoding of @len bytes takes, without a terminator. */
static inline size_t spk_base64_size(size_t len)
{
    return (len + 2) / 3 * 4;
}

/* Writes spk_base64_size(len) characters to @out, padded, without a terminator. */
void spk_base64_encode(char *out, const void *bytes, size_t len);

#endif
