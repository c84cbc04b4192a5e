#include "spk/base/base64.h"

#include <stdint.h>
#include <string.h>

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

/* -1 for a character outside the alphabet. */
static int value_of(char c)
{
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Return: the bytes of a group, 1 to 3; 0 when it is none. */
static size_t decode_group(unsigned char out[static 3], const char in[static 4])
{
    size_t chars = in[3] != '=' ? 4 : in[2] != '=' ? 3 : 2;
    uint32_t bits = 0;

    for (size_t i = 0; i < chars; i++) {
        int value = value_of(in[i]);
        if (value < 0)
            return 0;
        bits |= (uint32_t)value << (18 - 6 * i);
    }
    if (bits & ((1U << (24 - 8 * (chars - 1))) - 1))
        return 0; /* bits that mean nothing must be zero, or two texts would be one */
    for (size_t i = 0; i < 3; i++)
        out[i] = (unsigned char)(bits >> (16 - 8 * i));
    return chars - 1;
}

bool spk_base64_decode(void *out, size_t *len, struct spk_str text)
{
    unsigned char *at = out;

    if (text.len % 4)
        return false;
    for (size_t i = 0; i < text.len; i += 4) {
        unsigned char group[3];
        size_t bytes = decode_group(group, text.ptr + i);
        if (bytes == 0 || (bytes < 3 && i + 4 < text.len))
            return false;
        memcpy(at, group, bytes);
        at += bytes;
    }
    *len = (size_t)(at - (unsigned char *)out);
    return true;
}
