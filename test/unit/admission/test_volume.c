#include "spk/admission/volume.h"

#include "spk/base/cleanup.h"
#include "spk/k8s/name.h"

#include "../suite.h"

#include <string.h>

#define MAP    SPK_SOURCE_CONFIG_MAP
#define SECRET SPK_SOURCE_SECRET
#define CLAIM  SPK_SOURCE_CLAIM
#define A46    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    enum spk_source_kind kind;
    const char *name;
    const char *expect; /* ends in '*' where a hash follows */
} rows[] = {
    {MAP, "log4j", "log4j-volume"},
    {MAP, "a", "a-volume"},
    {MAP, "x-volume", "x-volume-volume"},
    {SECRET, "db", "db-secret-volume"},
    {SECRET, "db-secret", "db-secret-secret-volume"},
    {SECRET, "spark-config-map", "spark-config-map-secret-volume"},
    {MAP, "db-secret", "db-secret-*"},
    {MAP, "spark-config-map", "spark-config-map-*"},
    {MAP, "hadoop-config-map", "hadoop-config-map-*"},
    {MAP, "kube-root-ca.crt", "kube-root-ca-crt-*"},
    {SECRET, "a.b", "a-b-*"},
    {MAP, A46 "aaaaaaaaaa", A46 "aaaaaaaaaa-volume"}, /* 63 in all */
    {MAP, A46 "aaaaaaaaaaa", A46 "-*"},
    {SECRET, A46 "aaa", A46 "aaa-secret-volume"}, /* 63 in all */
    {CLAIM, "data", "data-claim"},
    {CLAIM, "a.b", "a-b-*"},
    {CLAIM, A46 "aaaaaaaaaaa", A46 "aaaaaaaaaaa-claim"}, /* 63 in all */
    {CLAIM, A46 "aaaaaaaaaaaa", A46 "-*"},
    {SECRET, A46 "aaaa", A46 "-*"},
    {MAP, "a.-", "a-*"}, /* illegal, and still a label */
};

static void name_of(char out[static SPK_LABEL_MAX + 1], enum spk_source_kind kind, const char *name,
                    const char *fixed, unsigned again)
{
    struct spk_source source = {kind, spk_str(name)};

    memset(out, 'X', SPK_LABEL_MAX + 1);
    spk_volume_name(out, &source, fixed, again);
    ck_assert_msg(spk_is_label(spk_str(out)), "%s: %s is no label", name, out);
}

START_TEST(named)
{
    char got[SPK_LABEL_MAX + 1];
    const char *star = strchr(rows[_i].expect, '*');

    name_of(got, rows[_i].kind, rows[_i].name, NULL, 0);
    if (star) {
        size_t len = (size_t)(star - rows[_i].expect);
        ck_assert_msg(strncmp(got, rows[_i].expect, len) == 0, "%s: %s", rows[_i].name, got);
        ck_assert_msg(strspn(got + len, "0123456789abcdef") == 16 && strlen(got) == len + 16,
                      "%s: %s", rows[_i].name, got);
    } else {
        ck_assert_msg(strcmp(got, rows[_i].expect) == 0, "%s: %s", rows[_i].name, got);
    }
}
END_TEST

START_TEST(fixed_names_and_others)
{
    char first[SPK_LABEL_MAX + 1];
    char second[SPK_LABEL_MAX + 1];
    char third[SPK_LABEL_MAX + 1];

    name_of(first, MAP, "conf", "spark-config-map-volume", 0);
    ck_assert_str_eq(first, "spark-config-map-volume");
    name_of(second, MAP, "conf", "spark-config-map-volume", 1);
    name_of(third, MAP, "conf", "spark-config-map-volume", 2);
    ck_assert_int_eq(strncmp(second, "conf-", 5), 0);
    ck_assert_str_ne(second, third);
    name_of(first, MAP, "conf", NULL, 1);
    ck_assert_str_eq(first, second); /* the fixed name is only for the first try */
}
END_TEST

/* Every pair of sources has two names, whatever the try. */
START_TEST(different_sources_different_names)
{
    static char names[4 * SPK_LEN(rows)][SPK_LABEL_MAX + 1];
    size_t count = 0;

    for (size_t i = 0; i < SPK_LEN(rows); i++) {
        for (unsigned again = 0; again < 2; again++) {
            name_of(names[count++], MAP, rows[i].name, NULL, again);
            name_of(names[count++], SECRET, rows[i].name, NULL, again);
        }
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            bool same_row = i / 4 == j / 4;
            ck_assert_msg(same_row ? i == j || strcmp(names[i], names[j]) != 0
                                   : strcmp(names[i], names[j]) != 0 ||
                                         strcmp(rows[i / 4].name, rows[j / 4].name) == 0,
                          "%s", names[i]);
        }
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("volume");

    ADD_ROWS(tcase, named, rows);
    tcase_add_test(tcase, fixed_names_and_others);
    tcase_add_test(tcase, different_sources_different_names);
    return run_case("volume", tcase);
}
