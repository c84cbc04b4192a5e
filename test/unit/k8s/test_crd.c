#include "../suite.h"

#include "spk/k8s/crd.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *have;
    const char *wish;
    const char *why; /* NULL: it is no narrower */
} rows[] = {
    {"the same", "{'type':'object','properties':{'a':{'type':'string'}}}",
     "{'type':'object','properties':{'a':{'type':'string'}}}", NULL},
    {"one field more", "{'type':'object'}",
     "{'type':'object','properties':{'a':{'type':'string'}}}", NULL},
    {"one field less", "{'properties':{'a':{'properties':{'b':{'type':'string'}}}}}",
     "{'properties':{'a':{'properties':{'c':{'type':'string'}}}}}", "a: has no field b"},
    {"less, but kept", "{'properties':{'a':{'type':'string'}}}",
     "{'x-kubernetes-preserve-unknown-fields':true,'properties':{}}", NULL},
    {"kept, but below", "{'properties':{'a':{'properties':{'b':{}}}}}",
     "{'x-kubernetes-preserve-unknown-fields':true,'properties':{'a':{'properties':{}}}}",
     "a: has no field b"},
    {"keeps no more", "{'properties':{'a':{'x-kubernetes-preserve-unknown-fields':true}}}",
     "{'properties':{'a':{'type':'object'}}}", "a: keeps no unknown fields"},
    {"another type", "{'type':'string'}", "{'type':'integer'}", "of another type"},
    {"a number", "{'type':'integer'}", "{'type':'number'}", NULL},
    {"no type", "{'type':'integer'}", "{'x-kubernetes-preserve-unknown-fields':true}", NULL},
    {"a type", "{'x-kubernetes-preserve-unknown-fields':true}",
     "{'x-kubernetes-preserve-unknown-fields':true,'type':'string'}", "of another type"},
    {"integer or string", "{'type':'integer'}", "{'x-kubernetes-int-or-string':true}", NULL},
    {"boolean or string", "{'type':'boolean'}", "{'x-kubernetes-int-or-string':true}",
     "of another type"},
    {"not null", "{'type':'string','nullable':true}", "{'type':'string'}", "may not be null"},
    {"null", "{'type':'string'}", "{'type':'string','nullable':true}", NULL},
    {"a value more", "{'type':'string','enum':['a']}", "{'type':'string','enum':['b','a']}", NULL},
    {"a value less", "{'type':'string','enum':['a','b']}", "{'type':'string','enum':['a']}",
     "has fewer values"},
    {"values", "{'type':'string'}", "{'type':'string','enum':['a']}", "has fewer values"},
    {"no values", "{'type':'string','enum':['a']}", "{'type':'string'}", NULL},
    {"requires", "{'required':['a']}", "{'required':['a','b']}", "requires more"},
    {"requires less", "{'required':['a','b']}", "{'required':['b']}", NULL},
    {"a minimum", "{'type':'integer'}", "{'type':'integer','minimum':1}",
     "a rule of its own, minimum"},
    {"another minimum", "{'type':'integer','minimum':2}", "{'type':'integer','minimum':1}",
     "a rule of its own, minimum"},
    {"no minimum", "{'type':'integer','minimum':1}", "{'type':'integer'}", NULL},
    {"an expression", "{'type':'object'}",
     "{'type':'object','x-kubernetes-validations':[{'rule':'true'}]}", "x-kubernetes-validations"},
    {"a map's elements", "{'additionalProperties':{'type':'string'}}",
     "{'additionalProperties':{'type':'integer'}}", "{}: is of another type"},
    {"no map", "{'type':'object','additionalProperties':{'type':'string'}}", "{'type':'object'}",
     "keeps no elements"},
    {"a list's elements", "{'items':{'properties':{'a':{}}}}", "{'items':{'properties':{}}}",
     "[]: has no field a"},
    {"fields of a map", "{'properties':{'a':{'type':'string'}}}",
     "{'additionalProperties':{'type':'string'}}", NULL},
};

static json_t *load(const char *text)
{
    char buf[2048];
    json_t *value;
    size_t i;

    for (i = 0; text[i] && i < sizeof(buf) - 1; i++)
        buf[i] = (char)(text[i] == '\'' ? '"' : text[i]);
    buf[i] = '\0';
    value = json_loads(buf, 0, NULL);
    ck_assert_msg(value != NULL, "%s", text);
    return value;
}

START_TEST(narrows)
{
    json_t *have = load(rows[_i].have);
    json_t *wish = load(rows[_i].wish);
    char why[SPK_CRD_WHY] = "";
    bool is = spk_crd_narrows(why, have, wish);

    ck_assert_msg(is == (rows[_i].why != NULL), "%s: %d: %s", rows[_i].name, is, why);
    ck_assert_msg(!is || strstr(why, rows[_i].why), "%s: '%s'", rows[_i].name, why);
    json_decref(have);
    json_decref(wish);
}
END_TEST

#define OURS "'annotations':{'spark-operator.k8s.io/controller':'sparkhook'}"
#define KEEP "'x-kubernetes-preserve-unknown-fields':true"

static const char ours[] =
    "{'metadata':{" OURS "},'spec':{'scope':'Namespaced','names':{'kind':'A'},'versions':[{'name':"
    "'v2','served':true,'storage':true,'schema':{'openAPIV3Schema':{'properties':{'spec':{" KEEP
    "},'status':{" KEEP "}}}}}]}}";

static const struct {
    const char *name;
    const char *installed;
    enum spk_crd_plan plan;
    const char *expect; /* of the reason, or of the result */
    bool is_ours;
} plans[] = {
    {"the same", ours, SPK_CRD_SAME, "", true},
    {"the same, stored",
     "{'metadata':{'resourceVersion':'7'," OURS
     "},'status':{'storedVersions':['v2']},'spec':{'scope':'Namespaced','names':{'kind':'A'},'"
     "versions':[{'name':'v2','served':true,'storage':true,'schema':{'openAPIV3Schema':{'"
     "properties':{'spec':{" KEEP "},'status':{" KEEP "}}}}}]}}",
     SPK_CRD_SAME, "", true},
    {"another's", "{'metadata':{},'spec':{'versions':[]}}", SPK_CRD_LEAVE, "somebody else's",
     false},
    {"of another kind",
     "{'metadata':{" OURS "},'spec':{'scope':'Namespaced','names':{'kind':'B'},'versions':[]}}",
     SPK_CRD_LEAVE, "of another kind", false},
    {"an older one of ours",
     "{'metadata':{'resourceVersion':'7'," OURS
     "},'spec':{'scope':'Namespaced','names':{'kind':'A'},'versions':[{'name':'v1','served':true,'"
     "storage':true,'schema':{'openAPIV3Schema':{'type':'object'}}},{'name':'v2','served':false,'"
     "storage':false,'schema':{'openAPIV3Schema':{'properties':{'spec':{}}}}}]}}",
     SPK_CRD_UPDATE, "'name':'v1'", false},
    {"without our version",
     "{'metadata':{" OURS "},'spec':{'scope':'Namespaced','names':{'kind':'A'},'versions':[{'name':"
     "'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':{}}}]}}",
     SPK_CRD_UPDATE, "'storage':false", false},
    {"a wider one of ours",
     "{'metadata':{" OURS
     "},'spec':{'scope':'Namespaced','names':{'kind':'A'},'versions':[{'name':'v2','served':true,'"
     "storage':true,'schema':{'openAPIV3Schema':{'properties':{'spec':{" KEEP "},'status':{" KEEP
     "},'more':{}}}}}]}}",
     SPK_CRD_LEAVE, "no field more", true},
    {"with a subresource more",
     "{'metadata':{" OURS "},'spec':{'scope':'Namespaced','names':{'kind':'A'},'versions':[{'name':"
     "'v2','subresources':{'scale':{}},'schema':{'openAPIV3Schema':{}}}]}}",
     SPK_CRD_LEAVE, "subresource scale", false},
};

static void quote(char *text)
{
    for (; *text; text++)
        *text = (char)(*text == '"' ? '\'' : *text);
}

START_TEST(plan)
{
    json_t *installed = load(plans[_i].installed);
    json_t *before = json_deep_copy(installed);
    json_t *wish = load(ours);
    char why[SPK_CRD_WHY] = "";
    enum spk_crd_plan got;
    struct spk_err err = {0};
    json_t *out = NULL;
    char *text;

    ck_assert_int_eq(spk_crd_plan(&got, &out, why, installed, wish, &err), 0);
    ck_assert_msg(got == plans[_i].plan, "%s: %d: %s", plans[_i].name, (int)got, why);
    ck_assert_msg((out != NULL) == (got == SPK_CRD_UPDATE), "%s", plans[_i].name);
    ck_assert(json_equal(installed, before));
    text = out ? json_dumps(out, JSON_COMPACT) : strdup(why);
    quote(text);
    ck_assert_msg(strstr(text, plans[_i].expect), "%s: %s", plans[_i].name, text);
    ck_assert_msg(spk_crd_is_ours(installed, "v2") == plans[_i].is_ours, "%s", plans[_i].name);
    free(text);
    if (out) { /* what was stored is the same the next time, and no version has gone */
        json_t *again = NULL;
        ck_assert_int_eq(spk_crd_plan(&got, &again, why, out, wish, &err), 0);
        ck_assert_int_eq(got, SPK_CRD_SAME);
        ck_assert_uint_eq(
            json_array_size(json_object_get(json_object_get(out, "spec"), "versions")), 2);
    }
    json_decref(out);
    json_decref(installed);
    json_decref(before);
    json_decref(wish);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("crd");

    ADD_ROWS(tcase, narrows, rows);
    ADD_ROWS(tcase, plan, plans);
    return run_case("crd", tcase);
}
