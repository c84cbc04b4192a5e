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

static const struct {
    const char *plain;
    const char *encoded;
} rows[] = {
  /* RFC 4648 section 10 */
    {"",       ""        },
    {"f",      "Zg=="    },
    {"fo",     "Zm8="    },
    {"foo",    "Zm9v"    },
    {"foob",   "Zm9vYg=="},
    {"fooba",  "Zm9vYmE="},
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
    ADD_ROWS(tcase, vectors_of_the_rfc, rows);
    return run_case("base64", tcase);
}
