#include "spk/k8s/quantity.h"

#include "spk/base/cleanup.h"

#include "../suite.h"

/* What a kube-apiserver 1.36.3 makes of a quantity, as emptyDir.sizeLimit; NULL: it refuses it.
 * "+", "-" and
 * "." are nothing to it, blanks are cut off, and the long exponent keeps it busy until its
 * deadline. */
static const struct {
    const char *text;
    const char *canonical;
} rows[] = {
    {"0", "0"},
    {"1", "1"},
    {"+1", "+1"},
    {"00012", "00012"},
    {"1.", "1."},
    {".5", "500m"},
    {".", NULL},
    {"", NULL},
    {"+", NULL},
    {"-", NULL},
    {"1.0", "1"},
    {"0.5", "500m"},
    {"1.50", "1500m"},
    {"500m", "500m"},
    {"1000m", "1"},
    {"1500m", "1500m"},
    {"0.0001", "100u"},
    {"1u", "1u"},
    {"1n", "1n"},
    {"0.1n", "1n"},
    {"1.1n", "2n"},
    {"0.0000000001", "1n"},
    {"1k", "1k"},
    {"1K", NULL},
    {"1M", "1M"},
    {"1024Ki", "1Mi"},
    {"1Ki", "1Ki"},
    {"1.5Gi", "1536Mi"},
    {"1536Mi", "1536Mi"},
    {"0.5Ki", "512"},
    {"0.3Ki", "307200m"},
    {"0.0001Ki", "102400u"},
    {"1e3", "1e3"},
    {"1E3", "1E3"},
    {"1e-3", "1e-3"},
    {"1e+3", "1e+3"},
    {"12e-1", "1200e-3"},
    {"1e", NULL},
    {"1E", "1E"},
    {"2Ei", "2Ei"},
    {"8E", "8E"},
    {"9E", "9E"},
    {"10E", "10E"},
    {"9223372036854775807", "9223372036854775807"},
    {"9223372036854775808", "9223372036854775808"},
    {"1e20", "100e18"},
    {"1e99", "1e99"},
    {"1e-99", "1e-9"},
    {"1e99999999999", NULL},
    {"123456789012345678901234567890", "123456789012345678901234567890"},
    {"0.12345678901234567890", "123456790n"},
    {"0.12345678901Ki", "126419751947n"},
    {"1.23456789012345678901234567Gi", "1325607178192992078n"},
    {"1ki", NULL},
    {"1mi", NULL},
    {"1Mii", NULL},
    {"1 ", NULL},
    {"\" 1", NULL},
    {"1m5", NULL},
    {"1..2", NULL},
    {"1.2.3", NULL},
    {"1e3m", NULL},
    {"0x10", NULL},
    {"1_0", NULL},
    {"１", NULL},
    {"5e5k", NULL},
    {"100e-2", "1"},
    {"1000Mi", "1000Mi"},
    {"1Ti", "1Ti"},
    {"0.5Ti", "512Gi"},
    {"512Gi", "512Gi"},
    {"1P", "1P"},
    {"1Pi", "1Pi"},
    {"1.1Ei", "1268213655067531673600m"},
    {"9223372036854775807m", "9223372036854775807m"},
    {"9223372036854775807k", "9223372036854775807k"},
    {"7.5", "7500m"},
    {"1000n", "1u"},
    {"1000000n", "1m"},
    {"0.1e1", "1"},
    {"--1", NULL},
    {"1-", NULL},
    {"1e1.5", NULL},
    {"3E", "3E"},
    {"3e", NULL},
    {"3E2", "300"},
    {"100k", "100k"},
    {"1E-2", "10e-3"},
    {"1e+", NULL},
    {"1e-", NULL},
};

START_TEST(is_worth_what_the_api_server_makes_of_it)
{
    spk_nano amount;
    struct spk_str text = spk_str(rows[_i].text);

    if (rows[_i].canonical)
        ck_assert_msg(spk_quantity_same(text, spk_str(rows[_i].canonical)), "%s", rows[_i].text);
    else
        ck_assert_msg(!spk_quantity_read(&amount, text), "%s", rows[_i].text);
}
END_TEST

/* In rising order. */
static const char *const rising[] = {"-10E", "-1.1n", "-1n", "0",    "1n",  "1.1n", "1u",
                                     "1m",   "0.5",   "1",   "1k",   "1Ki", "1M",   "1Mi",
                                     "1Gi",  "1.5Gi", "2Gi", "1e10", "1E"};

START_TEST(are_told_apart)
{
    for (size_t i = 1; i < SPK_LEN(rising); i++) {
        spk_nano less;
        spk_nano more;
        ck_assert(spk_quantity_read(&less, spk_str(rising[i - 1])));
        ck_assert(spk_quantity_read(&more, spk_str(rising[i])));
        ck_assert_msg(less < more, "%s and %s", rising[i - 1], rising[i]);
    }
}
END_TEST

/* As exact as the API server: 0.3 * 1024, and not a bit beside it. */
START_TEST(exact_amounts)
{
    spk_nano amount;

    ck_assert(spk_quantity_read(&amount, SPK_LIT("0.3Ki")));
    ck_assert(amount == (spk_nano)307200 * 1000000);
    ck_assert(spk_quantity_read(&amount, SPK_LIT("-1.1n")));
    ck_assert(amount == -2);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("quantity");

    ADD_ROWS(tests, is_worth_what_the_api_server_makes_of_it, rows);
    tcase_add_test(tests, are_told_apart);
    tcase_add_test(tests, exact_amounts);
    return run_case("quantity", tests);
}
