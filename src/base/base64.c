#include "spk/base/base64.h"

#include <stdint.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode_group(char out[static 4], uint32_t bits)
{
    for (int i = 0; i < 4; i++)
        out[i] = digits[bits >> (18 - 6 * i) & 63];
}

void spk_base64_encode(char *out, const void *bytes, size_t len)
{
    const unsigned char *in = bytes;

    for (; len >= 3; in += 3, len -= 3, out += 4)
        encode_group(out, (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2]);
    if (len == 0)
        return;
    encode_group(out, (uint32_t)in[0] << 16 | (len == 2 ? (uint32_t)in[1] << 8 : 0));
    out[3] = '=';
    if (len == 1)
        out[2] = '=';
}
