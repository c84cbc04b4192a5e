#include "spk/k8s/name.h"

#include "../suite.h"

static const struct {
    const char *name;
    bool label;
    bool subdomain;
} rows[] = {
    {"a", true, true},
    {"0", true, true},
    {"a-b", true, true},
    {"a--b9", true, true},
    {"a.b", false, true},
    {"a.b-c.9", false, true},
    {"kube-root-ca.crt", false, true},
    {"", false, false},
    {"-", false, false},
    {".", false, false},
    {"-a", false, false},
    {"a-", false, false},
    {".a", false, false},
    {"a.", false, false},
    {"a..b", false, false},
    {"a.-b", false, false},
    {"a-.b", false, false},
    {"A", false, false},
    {"aB", false, false},
    {"a_b", false, false},
    {"a/b", false, false},
    {"a b", false, false},
    {"a\n", false, false},
    {"\u00e9", false, false},
};

START_TEST(names)
{
    struct spk_str name = spk_str(rows[_i].name);

    ck_assert_msg(spk_is_label(name) == rows[_i].label, "label '%s'", name.ptr);
    ck_assert_msg(spk_is_subdomain(name) == rows[_i].subdomain, "subdomain '%s'", name.ptr);
}
END_TEST

START_TEST(lengths)
{
    char name[300];

    memset(name, 'a', sizeof(name));
    ck_assert(spk_is_label((struct spk_str){name, 63}));
    ck_assert(!spk_is_label((struct spk_str){name, 64}));
    ck_assert(
        spk_is_subdomain((struct spk_str){name, 64})); /* IsDNS1123Subdomain: parts are long */
    ck_assert(spk_is_subdomain((struct spk_str){name, 253}));
    ck_assert(!spk_is_subdomain((struct spk_str){name, 254}));
    ck_assert(!spk_is_subdomain((struct spk_str){0}));
    ck_assert(!spk_is_label((struct spk_str){0}));
    ck_assert(!spk_is_label(SPK_LIT("a\0b")));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("name");

    ADD_ROWS(tcase, names, rows);
    tcase_add_test(tcase, lengths);
    return run_case("name", tcase);
}
