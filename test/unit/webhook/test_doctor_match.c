#include "webhook/doctor/match.h"

#include "../suite.h"
#include "spk/base/buf.h"
#include "spk/cli/embedded.h"
#include "spk/json/yaml.h"
#include "webhook/doctor/facts.h"
#include "webhook/doctor/read.h"
#include "webhook/install/options.h"

#include <string.h>

/* An object as `spark-webhook manifest` prints it. */
static json_t *printed(const char *file, const char *argument)
{
    char *argv[] = {(char *)"manifest", (char *)argument, NULL};
    struct spk_install install;
    struct spk_template template = {.values = &install, .texts = spk_embedded};
    json_t *object = NULL;
    struct spk_buf buf;
    struct spk_err err = {0};

    ck_assert_int_eq(spk_install_parse(&install, argument ? 2 : 1, argv, &err), 0);
    template.variables = spk_install_variables(&template.count);
    spk_buf_init(&buf, SPK_MANIFEST_MAX);
    ck_assert_msg(
        spk_template_render(&buf, &template, spk_embedded_part(spk_embedded, file), &err) == 0,
        "%s", err.msg);
    ck_assert_msg(spk_yaml_parse(&object, buf.ptr, buf.len, &err) == 0, "%s", err.msg);
    spk_buf_done(&buf);
    return object;
}

static json_t *registration(const char *argument)
{
    return printed("60-mutatingwebhookconfiguration.yaml", argument);
}

static void recognise(const char *argument, const char *expect)
{
    json_t *object = registration(argument);
    const json_t *webhook = json_array_get(spk_read(object, "webhooks"), 0);
    char prefix[SPK_SUBDOMAIN_MAX + 1] = "";

    ck_assert(spk_match_webhook_prefix(prefix, webhook));
    ck_assert_str_eq(prefix, expect);
    json_decref(object);
}

/* Whoever changes the expression in the manifest has to change it here. */
START_TEST(manifest_is_recognised)
{
    recognise(NULL, "spark-operator.k8s.io");
    recognise("--annotation-prefix=team.example.com", "team.example.com");
}
END_TEST

#define HEAD                                                                           \
    "has(object.metadata.annotations) && (size(object.metadata.annotations) > 256 || " \
    "object.metadata.annotations.exists(k, "

static const char *const foreign[] = {
    "",
    "true",
    HEAD,
    HEAD "k.startsWith('/')))",
    HEAD "k.startsWith('a.b/')))x",
    HEAD "k.startsWith('a.b/') || true))",
    HEAD "k.startsWith('a.b/') || k.startsWith('c.d/')))",
    HEAD "!k.startsWith('a.b/')))",
    HEAD "k.startsWith('a'b/')))",
    "!" HEAD "k.startsWith('a.b/')))",
};

START_TEST(others_are_not)
{
    char prefix[SPK_SUBDOMAIN_MAX + 1];

    ck_assert_msg(!spk_match_prefix(prefix, foreign[_i]), "%s", foreign[_i]);
}
END_TEST

static const struct {
    const char *name;
    const char *selector; /* namespaceSelector */
    const char *labels;   /* of the namespace; NULL: can't be read */
    enum spk_match_verdict verdict;
    const char *why;
} namespaces[] = {
    {"all", "{}", NULL, SPK_MATCH_SENT, ""},
    {"by name", "{\"matchLabels\":{\"kubernetes.io/metadata.name\":\"here\"}}", NULL,
     SPK_MATCH_SENT, ""},
    {"not by name", "{\"matchLabels\":{\"kubernetes.io/metadata.name\":\"there\"}}", NULL,
     SPK_MATCH_NOT, "namespaceSelector"},
    {"unknown", "{\"matchLabels\":{\"a\":\"1\"}}", NULL, SPK_MATCH_UNKNOWN,
     "labels of the namespace here can't be read"},
    {"known", "{\"matchLabels\":{\"a\":\"1\"}}", "{\"a\":\"1\"}", SPK_MATCH_SENT, ""},
    {"unknown by half", "{\"matchLabels\":{\"kubernetes.io/metadata.name\":\"here\",\"a\":\"1\"}}",
     NULL, SPK_MATCH_UNKNOWN, "can't be read"},
};

START_TEST(namespace_is_looked_at)
{
    json_t *object = registration(NULL);
    json_t *webhook = json_array_get(spk_read(object, "webhooks"), 0);
    json_t *pod = json_pack("{s:{s:{s:s}, s:{s:s}}}", "metadata", "labels", "spark-role", "driver",
                            "annotations", "spark-operator.k8s.io/x", "y");
    json_t *labels = namespaces[_i].labels ? json_loads(namespaces[_i].labels, 0, NULL) : NULL;
    const struct spk_match_pod it = {pod, "here", labels};
    struct spk_match match;

    ck_assert_int_eq(json_object_set_new(webhook, "namespaceSelector",
                                         json_loads(namespaces[_i].selector, 0, NULL)),
                     0);
    spk_match(&match, webhook, &it);
    ck_assert_msg(match.verdict == namespaces[_i].verdict, "%s: %d %s", namespaces[_i].name,
                  (int)match.verdict, match.why);
    ck_assert_msg(strstr(match.why, namespaces[_i].why) != NULL, "%s: %s", namespaces[_i].name,
                  match.why);
    json_decref(object);
    json_decref(pod);
    json_decref(labels);
}
END_TEST

/* All that say no are named, and what can't be told is not, beside them. */
START_TEST(every_no_is_named)
{
    json_t *object = registration("--only-namespace=there");
    const json_t *webhook = json_array_get(spk_read(object, "webhooks"), 0);
    json_t *pod = json_pack("{s:{}}", "metadata");
    const struct spk_match_pod it = {pod, "here", NULL};
    struct spk_match match;

    spk_match(&match, webhook, &it);
    ck_assert_int_eq(match.verdict, SPK_MATCH_NOT);
    ck_assert_ptr_nonnull(strstr(match.why, "namespaceSelector"));
    ck_assert_ptr_nonnull(strstr(match.why, "; objectSelector"));
    ck_assert_ptr_nonnull(strstr(match.why, "; matchCondition annotated"));
    json_decref(object);
    json_decref(pod);
}
END_TEST

static bool needs(const struct spk_facts *facts, const char *resource, const char *verb)
{
    for (size_t i = 0; i < facts->permission_count; i++) {
        if (strcmp(facts->permissions[i].resource, resource) == 0 &&
            strcmp(facts->permissions[i].verb, verb) == 0)
            return true;
    }
    return false;
}

/* How many verbs the one rule of a role gives, all of which must be among those that are asked
 * about. */
static size_t count_given(const struct spk_facts *facts, const char *file, const char *resource)
{
    json_t *role = printed(file, NULL);
    const json_t *rule = json_array_get(spk_read(role, "rules"), 0);
    const json_t *verb;
    size_t count;
    size_t i;

    ck_assert(spk_read_holds(spk_read(rule, "resources"), resource));
    json_array_foreach(spk_read(rule, "verbs"), i, verb)
        ck_assert_msg(needs(facts, resource, json_string_value(verb)), "%s %s",
                      json_string_value(verb), resource);
    count = i;
    json_decref(role);
    return count;
}

START_TEST(permissions_are_those_of_the_manifest)
{
    const struct spk_doctor_options options = {
        .namespace_ = "ns", .secret_name = "s", .webhook_configuration = "c"};
    struct spk_facts facts = {.options = &options};

    spk_facts_list_permissions(&facts);
    ck_assert_uint_eq(facts.permission_count, count_given(&facts, "13-role.yaml", "secrets") +
                                                  count_given(&facts, "15-clusterrole.yaml",
                                                              "mutatingwebhookconfigurations"));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("doctor match");

    tcase_add_test(tcase, manifest_is_recognised);
    ADD_ROWS(tcase, others_are_not, foreign);
    ADD_ROWS(tcase, namespace_is_looked_at, namespaces);
    tcase_add_test(tcase, every_no_is_named);
    tcase_add_test(tcase, permissions_are_those_of_the_manifest);
    return run_case("doctor match", tcase);
}
