#include "spk/admission/review.h"

#include "spk/base/limits.h"

#include "pod.h"

static const struct spk_policy strict = {.version = "9"};
static const struct spk_policy lenient = {.version = "9", .warn_on_invalid = true};

/* @body with " for '. */
static int answer(struct spk_decision *out, json_t **review, const char *body,
                  const struct spk_policy *policy, struct spk_err *err)
{
    char *copy = strdup(body);
    char *text = NULL;
    size_t len = 0;
    int rc;

    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    rc = spk_review_answer(out, &text, &len, copy, strlen(copy), policy, err);
    *review = NULL;
    if (rc == 0) {
        ck_assert_uint_eq(strlen(text), len);
        *review = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        ck_assert_ptr_nonnull(*review);
    } else {
        ck_assert_ptr_null(text);
        ck_assert_int_eq(out->outcome, SPK_FAILED);
    }
    free(text);
    free(copy);
    return rc;
}

static const struct {
    const char *name;
    const char *body;
    const char *fault;
} unusable[] = {
    {"empty", "", "JSON line 1 column 0"},
    {"not JSON", "kind: AdmissionReview", "JSON line 1 column "},
    {"a list", "[]", "document: expected an object, found an array"},
    {"no kind", "{}", "expected an AdmissionReview of admission.k8s.io/v1 or v1beta1"},
    {"another kind", "{'kind':'Pod','apiVersion':'admission.k8s.io/v1','request':{'uid':'u'}}",
     "expected an AdmissionReview"},
    {"another version",
     "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v2','request':{'uid':'u'}}",
     "expected an AdmissionReview"},
    {"kind is a number", "{'kind':1}", "kind: expected a string, found an integer"},
    {"version is a list", "{'kind':'AdmissionReview','apiVersion':[]}", "apiVersion: expected a s"},
    {"no request", "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1'}",
     "request: expected an object, found nothing"},
    {"null request", "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':null}",
     "request: expected an object, found nothing"},
    {"request is a list",
     "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':[]}",
     "request: expected an object, found an array"},
    {"no uid", "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':{}}",
     "request.uid: expected a text, found nothing"},
    {"empty uid",
     "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':{'uid':''}}",
     "request.uid: expected a text, found nothing"},
    {"uid is a number",
     "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':{'uid':7}}",
     "request.uid: expected a string, found an integer"},
    {"duplicate key",
     "{'kind':'AdmissionReview','kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1'}",
     "duplicate object key"},
};

START_TEST(unusable_reviews)
{
    struct spk_decision decision;
    struct spk_err err = {0};
    json_t *review;

    ck_assert_msg(answer(&decision, &review, unusable[_i].body, &strict, &err) == -1, "%s",
                  unusable[_i].name);
    ck_assert_msg(err.code == SPK_EPARSE, "%s: code %d", unusable[_i].name, err.code);
    ck_assert_msg(strstr(err.msg, unusable[_i].fault), "%s: %s", unusable[_i].name, err.msg);
    spk_decision_done(&decision);
}
END_TEST

START_TEST(larger_than_any_body)
{
    static char body[SPK_BODY_MAX + 1];
    struct spk_decision decision;
    struct spk_err err = {0};
    char *text = NULL;
    size_t len;

    ck_assert_int_eq(spk_review_answer(&decision, &text, &len, body, sizeof(body), &strict, &err),
                     -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
    spk_decision_done(&decision);
}
END_TEST

#define PODS   "'resource':{'group':'','version':'v1','resource':'pods'}"
#define CREATE "'operation':'CREATE'"
#define OBJECT(annotations)                                                            \
    "'object':{'metadata':{'name':'d','labels':{'spark-role':'driver'},'annotations':" \
    "{" annotations "}},'spec':{'containers':[{'name':'spark-kubernetes-driver'}]}}"
#define SECRET "'spark-operator.k8s.io/secret.s':'/x'"

static const struct {
    const char *name;
    const char *request; /* behind the uid */
    const char *fault;   /* unusable: a part of the message */
    enum spk_outcome outcome;
    const char *reason;
} scopes[] = {
    {"a driver", PODS "," CREATE "," OBJECT(SECRET), NULL, SPK_MUTATED, NULL},
    {"group left out", "'resource':{'version':'v1','resource':'pods'}," CREATE "," OBJECT(SECRET),
     NULL, SPK_MUTATED, NULL},
    {"empty subResource", PODS ",'subResource':''," CREATE "," OBJECT(SECRET), NULL, SPK_MUTATED,
     NULL},
    {"another group",
     "'resource':{'group':'x','version':'v1','resource':'pods'}," CREATE "," OBJECT(SECRET), NULL,
     SPK_UNTOUCHED, "the request is not about a core/v1 pod"},
    {"another version",
     "'resource':{'group':'','version':'v2','resource':'pods'}," CREATE "," OBJECT(SECRET), NULL,
     SPK_UNTOUCHED, "the request is not about a core/v1 pod"},
    {"another resource", "'resource':{'version':'v1','resource':'services'}," CREATE, NULL,
     SPK_UNTOUCHED, "the request is not about a core/v1 pod"},
    {"no resource", CREATE "," OBJECT(SECRET), NULL, SPK_UNTOUCHED,
     "the request is not about a core/v1 pod"},
    {"a subresource", PODS ",'subResource':'status'," CREATE "," OBJECT(SECRET), NULL,
     SPK_UNTOUCHED, "the request is not about a core/v1 pod"},
    {"UPDATE", PODS ",'operation':'UPDATE'," OBJECT(SECRET), NULL, SPK_UNTOUCHED,
     "the operation is not CREATE"},
    {"DELETE", PODS ",'operation':'DELETE','object':null", NULL, SPK_UNTOUCHED,
     "the operation is not CREATE"},
    {"CONNECT", PODS ",'operation':'CONNECT','subResource':'exec'", NULL, SPK_UNTOUCHED,
     "the request is not about a core/v1 pod"},
    {"no operation", PODS "," OBJECT(SECRET), NULL, SPK_UNTOUCHED, "the operation is not CREATE"},
    {"no object", PODS "," CREATE, NULL, SPK_UNTOUCHED, "the request carries no object"},
    {"null object", PODS "," CREATE ",'object':null", NULL, SPK_UNTOUCHED,
     "the request carries no object"},
    {"UPDATE is not even looked at", PODS ",'operation':'UPDATE','object':{'spec':7}", NULL,
     SPK_UNTOUCHED, "the operation is not CREATE"},
    {"object is a list", PODS "," CREATE ",'object':[]", "request.object: expected an object", 0,
     NULL},
    {"resource is a text", "'resource':'pods'", "request.resource: expected an object", 0, NULL},
    {"group is a number", "'resource':{'group':1}", "request.resource.group: expected a str", 0,
     NULL},
    {"operation is a number", PODS ",'operation':1", "request.operation: expected a string", 0,
     NULL},
    {"name is a number", PODS ",'name':1", "request.name: expected a string", 0, NULL},
    {"namespace is a number", PODS ",'namespace':1", "request.namespace: expected a string", 0,
     NULL},
    {"pod of wrong types", PODS "," CREATE ",'object':{'spec':{'containers':{}}}",
     "request.object: spec.containers: expected an array, found an object", 0, NULL},
};

START_TEST(what_is_ours)
{
    char body[2000];
    struct spk_decision decision;
    struct spk_err err = {0};
    json_t *review;
    const json_t *response;
    int rc;

    (void)snprintf(body, sizeof(body),
                   "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':{'uid':"
                   "'u-1',%s}}",
                   scopes[_i].request);
    rc = answer(&decision, &review, body, &strict, &err);
    ck_assert_msg(rc == (scopes[_i].fault ? -1 : 0), "%s: %s", scopes[_i].name, err.msg);
    if (rc) {
        ck_assert_msg(err.code == SPK_EPARSE && strstr(err.msg, scopes[_i].fault), "%s: %s",
                      scopes[_i].name, err.msg);
    } else {
        response = json_object_get(review, "response");
        ck_assert_msg(decision.outcome == scopes[_i].outcome, "%s", scopes[_i].name);
        ck_assert_msg(!scopes[_i].reason || strcmp(decision.reason, scopes[_i].reason) == 0,
                      "%s: %s", scopes[_i].name, decision.reason);
        ck_assert_msg(json_is_true(json_object_get(response, "allowed")), "%s", scopes[_i].name);
        ck_assert_msg(json_object_size(response) == (scopes[_i].reason ? 2 : 5), "%s",
                      scopes[_i].name);
    }
    json_decref(review);
    spk_decision_done(&decision);
}
END_TEST

static void review_of(char body[static 2000], const char *version, const char *annotations)
{
    (void)snprintf(body, 2000,
                   "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/%s','request':{'uid':"
                   "'u \\u00e9','name':'n','namespace':'ns'," PODS "," CREATE ",'object':{"
                   "'metadata':{'namespace':'other','labels':{'spark-role':'driver'},"
                   "'annotations':{%s}},'spec':{'containers':[{'name':'c','args':['driver']}]}}}}",
                   version, annotations);
}

START_TEST(the_shape_of_a_patch)
{
    char body[2000];
    struct spk_decision decision;
    struct spk_err err = {0};
    json_t *review;
    json_t *audit = json_of("{'applied':'secret.s','container':'c'}");
    json_t *response;

    review_of(body, _i ? "v1beta1" : "v1", SECRET);
    ck_assert_msg(answer(&decision, &review, body, &strict, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(json_string_value(json_object_get(review, "kind")), "AdmissionReview");
    ck_assert_str_eq(json_string_value(json_object_get(review, "apiVersion")),
                     _i ? "admission.k8s.io/v1beta1" : "admission.k8s.io/v1");
    ck_assert_uint_eq(json_object_size(review), 3);
    response = json_object_get(review, "response");
    ck_assert_str_eq(json_string_value(json_object_get(response, "uid")), "u \u00e9");
    ck_assert_str_eq(json_string_value(json_object_get(response, "patchType")), "JSONPatch");
    ck_assert_uint_eq(json_string_length(json_object_get(response, "patch")) % 4, 0);
    ck_assert(json_equal(json_object_get(response, "auditAnnotations"), audit));
    ck_assert_uint_eq(json_object_size(response), 5);
    ck_assert(spk_str_is(decision.namespace_, "ns") && spk_str_is(decision.name, "n"));
    ck_assert(spk_str_is(decision.container, "c"));
    json_decref(audit);
    json_decref(review);
    spk_decision_done(&decision);
}
END_TEST

START_TEST(the_shape_of_a_denial)
{
    char body[2000];
    struct spk_decision decision;
    struct spk_err err = {0};
    json_t *review;
    json_t *expected =
        json_of("{'uid':'u \\u00e9','allowed':false,'status':{'status':'Failure','message':"
                "'spark-operator.k8s.io/sparkDefaults: expected load or native, found \\\"x\\\"',"
                "'reason':'Invalid','code':422}}");
    json_t *response;

    review_of(body, "v1", "'spark-operator.k8s.io/sparkDefaults':'x','spark-operator.k8s.io/x':''");
    ck_assert_msg(answer(&decision, &review, body, &strict, &err) == 0, "%s", err.msg);
    response = json_object_get(review, "response");
    ck_assert_uint_eq(json_array_size(json_object_get(response, "warnings")), 1);
    json_object_del(response, "warnings");
    ck_assert_msg(json_equal(response, expected), "%s", decision.message);
    ck_assert_int_eq(decision.outcome, SPK_DENIED);
    json_decref(expected);
    json_decref(review);
    spk_decision_done(&decision);
}
END_TEST

START_TEST(a_fault_as_a_warning)
{
    char body[2000];
    struct spk_decision decision;
    struct spk_err err = {0};
    json_t *review;
    json_t *expected =
        json_of("{'uid':'u \\u00e9','allowed':true,'warnings':['pod left as it is: "
                "spark-operator.k8s.io/sparkDefaults: expected load or native, found \\\"x\\\"']}");

    review_of(body, "v1", SECRET ",'spark-operator.k8s.io/sparkDefaults':'x'");
    ck_assert_msg(answer(&decision, &review, body, &lenient, &err) == 0, "%s", err.msg);
    ck_assert(json_equal(json_object_get(review, "response"), expected));
    ck_assert_int_eq(decision.outcome, SPK_UNCHANGED);
    json_decref(expected);
    json_decref(review);
    spk_decision_done(&decision);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("review");

    ADD_ROWS(tcase, unusable_reviews, unusable);
    tcase_add_test(tcase, larger_than_any_body);
    ADD_ROWS(tcase, what_is_ours, scopes);
    tcase_add_loop_test(tcase, the_shape_of_a_patch, 0, 2);
    tcase_add_test(tcase, the_shape_of_a_denial);
    tcase_add_test(tcase, a_fault_as_a_warning);
    return run_case("review", tcase);
}
