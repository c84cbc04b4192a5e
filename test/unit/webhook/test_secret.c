#include "webhook/certificates/secret.h"

#include "../suite.h"
#include "spk/base/cleanup.h"
#include "webhook/certificates/registration.h"

#include <string.h>

static struct spk_err err;
static const struct spk_secret_name name = {"sparkhook", "certs"};
static const struct spk_registration_service service = {"sparkhook", "spark-webhook"};

static json_t *parse(const char *text)
{
    json_t *tree = NULL;

    ck_assert_msg(spk_json_parse(&tree, text, strlen(text), &err) == 0, "%s", err.msg);
    return tree;
}

static char ca_text[] = "ca";
static char key_text[] = "ca key";
static char leaf_text[] = "leaf";

/* The set goes out, through JSON, and comes back. */
START_TEST(a_set_survives_being_a_secret)
{
    struct spk_rotation_set set = {.ca = {ca_text, key_text}, .leaf = {leaf_text, key_text}};
    SPK_CLEANUP(spk_rotation_set_done) struct spk_rotation_set back = {0};
    SPK_AUTOFREE char *text = NULL;
    json_t *secret;
    size_t len;

    ck_assert_int_eq(spk_secret_new(&text, &len, &name, &set, &err), 0);
    secret = parse(text);
    ck_assert_int_eq(spk_secret_read(&back, secret, &err), 0);
    ck_assert(spk_rotation_set_eq(&set, &back));
    ck_assert_str_eq(json_string_value(json_object_get(secret, "type")), "kubernetes.io/tls");
    json_decref(secret);
}
END_TEST

START_TEST(a_patch_holds_its_resource_version_and_removes_what_is_absent)
{
    struct spk_rotation_set set = {.ca = {ca_text, NULL}, .leaf = {leaf_text, key_text}};
    json_t *found = parse("{\"metadata\":{\"name\":\"certs\",\"resourceVersion\":\"7\"},\"data\":"
                          "{\"ca.key\":\"YQ==\",\"theirs\":\"Yg==\"}}");
    SPK_AUTOFREE char *text = NULL;
    json_t *patch;
    json_t *data;
    size_t len;

    ck_assert_int_eq(spk_secret_patch(&text, &len, found, &set, &err), 0);
    patch = parse(text);
    data = json_object_get(patch, "data");
    ck_assert_uint_eq(json_object_size(data), 7);
    ck_assert(json_is_null(json_object_get(data, "ca.key")));
    ck_assert_str_eq(json_string_value(json_object_get(data, "ca.crt")), "Y2E=");
    ck_assert_str_eq(
        json_string_value(json_object_get(json_object_get(patch, "metadata"), "resourceVersion")),
        "7");
    json_decref(patch);
    json_decref(found);
}
END_TEST

static const char *const strange[] = {
    "{}",
    "{\"data\":null}",
    "{\"data\":[]}",
    "{\"data\":{\"tls.crt\":1,\"ca.crt\":\"\"}}",
    "{\"data\":{\"tls.crt\":\"no base64\",\"ca.crt\":\"AA==\"}}",
};

START_TEST(what_is_no_text_is_missing)
{
    SPK_CLEANUP(spk_rotation_set_done) struct spk_rotation_set set = {0};
    json_t *secret = parse(strange[_i]);

    ck_assert_int_eq(spk_secret_read(&set, secret, &err), 0);
    ck_assert_ptr_null(set.leaf.crt);
    ck_assert(!set.ca.crt || !*set.ca.crt);
    json_decref(secret);
}
END_TEST

#define OURS   "{\"service\":{\"name\":\"spark-webhook\",\"namespace\":\"sparkhook\"}"
#define THEIRS "{\"service\":{\"name\":\"other\",\"namespace\":\"sparkhook\"}"
#define URL    "{\"url\":\"https://127.0.0.1/mutate\""

static const struct {
    const char *clients; /* clientConfig of each webhook */
    const char *bundle;
    int patched;
} configurations[] = {
    {"", NULL, 0},
    {"{\"clientConfig\":" THEIRS ",\"caBundle\":\"YQ==\"}}", NULL, 0},
    {"{\"clientConfig\":" OURS "}}", "", 1},
    {"{\"clientConfig\":" OURS ",\"caBundle\":\"YQ==\"}}", "a", 1},
    {"{\"clientConfig\":" URL ",\"caBundle\":\"YQ==\"}}", "a", 1},
    {"{\"clientConfig\":" OURS ",\"caBundle\":\"****\"}}", "", 1},
    {"{\"clientConfig\":" OURS ",\"caBundle\":\"YQ==\"}},{\"clientConfig\":" THEIRS "}}", "a", 1},
    {"{\"clientConfig\":" OURS ",\"caBundle\":\"YQ==\"}},{\"clientConfig\":" URL "}}", "", 2},
    {"{\"clientConfig\":" OURS ",\"caBundle\":\"YQ==\"}},{\"clientConfig\":" URL
     ",\"caBundle\":\"YQ==\"}}",
     "a", 2},
    {"{},1,null", NULL, 0},
};

START_TEST(bundles_of_our_webhooks_are_read_and_put_right)
{
    SPK_AUTOFREE char *text = NULL;
    SPK_AUTOFREE char *bundle = NULL;
    SPK_AUTOFREE char *patch = NULL;
    json_t *configuration;
    json_t *ops;
    size_t len;

    ck_assert_int_gt(asprintf(&text, "{\"metadata\":{\"resourceVersion\":\"7\"},\"webhooks\":[%s]}",
                              configurations[_i].clients),
                     0);
    configuration = parse(text);
    ck_assert_int_eq(spk_registration_bundle(&bundle, configuration, &service, &err), 0);
    if (configurations[_i].bundle)
        ck_assert_str_eq(bundle, configurations[_i].bundle);
    else
        ck_assert_ptr_null(bundle);
    ck_assert_int_eq(spk_registration_patch(&patch, &len, configuration, &service, "new", &err), 0);
    ops = parse(patch);
    ck_assert_uint_eq(json_array_size(ops), 1 + (size_t)configurations[_i].patched);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(ops, 0), "value")), "7");
    json_decref(ops);
    json_decref(configuration);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("secret");

    tcase_add_test(tcase, a_set_survives_being_a_secret);
    tcase_add_test(tcase, a_patch_holds_its_resource_version_and_removes_what_is_absent);
    ADD_ROWS(tcase, what_is_no_text_is_missing, strange);
    ADD_ROWS(tcase, bundles_of_our_webhooks_are_read_and_put_right, configurations);
    return run_case("secret", tcase);
}
