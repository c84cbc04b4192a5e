#include "spk/base/base64.h"

#include "../suite.h"

#include <gnutls/gnutls.h>
#include <string.h>

/* GnuTLS is the oracle; the bytes are the same in every run. */
static void compare(unsigned len)
{
    unsigned char bytes[300];
    char ours[400];
    gnutls_datum_t theirs;
    unsigned state = len + 1;

    for (size_t i = 0; i < sizeof(bytes); i++) {
        state = state * 1103515245 + 12345;
        bytes[i] = (unsigned char)(state >> 16);
    }
    ck_assert_int_eq(gnutls_base64_encode2(&(gnutls_datum_t){.data = bytes, .size = len}, &theirs),
                     0);
    ck_assert_uint_eq(spk_base64_size(len), theirs.size);
    spk_base64_encode(ours, bytes, len);
    ck_assert_msg(memcmp(ours, theirs.data, theirs.size) == 0, "length %u: %.*s", len,
                  (int)theirs.size, ours);
    gnutls_free(theirs.data);
}

START_TEST(like_gnutls)
{
    for (unsigned len = 0; len <= 300; len++)
        compare(len);
}
END_TEST

/* Every text of one group that has at most one character out of place, and random longer ones: what
 * GnuTLS decodes, we decode to the same; what we refuse, is not what our encoder writes. */
static void decode(const char *text, size_t text_len)
{
    unsigned char ours[400];
    char again[400];
    size_t len = 0;
    gnutls_datum_t theirs = {0};
    struct spk_str slice = {text, text_len};

    if (!spk_base64_decode(ours, &len, slice))
        return;
    ck_assert_uint_le(len, spk_base64_room(slice));
    ck_assert_int_eq(
        gnutls_base64_decode2(
            &(gnutls_datum_t){.data = (unsigned char *)(uintptr_t)text, .size = (unsigned)text_len},
            &theirs),
        text_len ? 0 : GNUTLS_E_BASE64_DECODING_ERROR);
    ck_assert_uint_eq(len, theirs.size);
    ck_assert(len == 0 || memcmp(ours, theirs.data, len) == 0);
    gnutls_free(theirs.data);
    spk_base64_encode(again, ours, len);
    ck_assert(memcmp(again, text, text_len) == 0);
}

START_TEST(decodes_what_it_encodes)
{
    unsigned char bytes[300];
    unsigned char back[300];
    char text[400];
    size_t len;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 7);
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        spk_base64_encode(text, bytes, n);
        ck_assert(spk_base64_decode(back, &len, (struct spk_str){text, spk_base64_size(n)}));
        ck_assert_uint_eq(len, n);
        ck_assert(n == 0 || memcmp(back, bytes, n) == 0);
        if (n)
            decode(text, spk_base64_size(n));
    }
}
END_TEST

START_TEST(a_broken_group_is_refused)
{
    static const char *const broken[] = {"Z",    "Zg",   "Zg=",      "Zh==", "Zm9=",
                                         "====", "Z===", "Zg==Zg==", "Zm 9", "Zm9v\n",
                                         "=m9v", "Z=9v", "Zm9-",     "Zm9_"};
    unsigned char out[16];
    size_t len;

    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        ck_assert_msg(!spk_base64_decode(out, &len, spk_str(broken[i])), "%s", broken[i]);
    ck_assert(!spk_base64_decode(out, &len, (struct spk_str){"Zm\0v", 4}));
    for (int c = 0; c < 256; c++) {
        char group[4] = {'Z', (char)c, '9', 'v'};
        decode(group, 4);
    }
}
END_TEST

static const struct {
    const char *plain;
    const char *encoded;
} rows[] = {
    /* RFC 4648 section 10 */
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

START_TEST(vectors_of_the_rfc)
{
    char out[16] = {0};

    spk_base64_encode(out, rows[_i].plain, strlen(rows[_i].plain));
    ck_assert_str_eq(out, rows[_i].encoded);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("base64");

    tcase_add_test(tcase, like_gnutls);
    tcase_add_test(tcase, decodes_what_it_encodes);
    tcase_add_test(tcase, a_broken_group_is_refused);
    ADD_ROWS(tcase, vectors_of_the_rfc, rows);
    return run_case("base64", tcase);
}
