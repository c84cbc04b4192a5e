/* What the runner writes and reads: properties, the reason of a failure. */
#include "../suite.h"

#include "controller/runner_parts.h"

#include "spk/base/cleanup.h"

#define HEAD "26/11/21 10:00:00 INFO Client: x\n"
#define POST "Failure executing: POST at: https://h/api/v1/namespaces/n/pods. Message: "
#define TAIL                                                                \
    ". Received status: Status(apiVersion=v1, code=409, message=m).\n\tat " \
    "io.fabric8.X(Y.java:1)\n"
#define MAIN "Exception in thread \"main\" "

static const struct {
    const char *json;
    const char *expect;
} written[] = {
    {"{}", ""},
    {"{\"a\":\"b\",\"c\":\"\"}", "a=b\nc=\n"},
    {"{\"a b\":\"c d\"}", "a\\ b=c\\ d\n"},
    {"{\"#a\":\"!=:\\\\\"}", "\\#a=\\!\\=\\:\\\\\n"},
    {"{\"x\\ny\":\"\\r\\n\\t\\u0000\"}", "x\\u000ay=\\u000d\\u000a\\u0009\\u0000\n"},
    {"{\"e\":\"\xc3\xa9\xe2\x82\xac\"}", "e=\\u00e9\\u20ac\n"},
    {"{\"e\":\"\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\"}", "e=\\ud83d\\ude00\\udbff\\udfff\n"},
    {"{\"q\":\"\\\"'{}$`\\u007f\"}", "q=\"'{}$`\\u007f\n"},
    {"{\"number\":1,\"a\":\"b\"}", "a=b\n"},
};

START_TEST(writes)
{
    json_auto_t *properties = json_loads(written[_i].json, JSON_ALLOW_NUL, NULL);
    struct spk_buf out;
    struct spk_err err = {0};

    ck_assert_ptr_nonnull(properties);
    spk_buf_init(&out, 1024);
    ck_assert_msg(spk_runner_properties(&out, properties, &err) == 0, "%s", err.msg);
    ck_assert_str_eq(out.ptr ? out.ptr : "", written[_i].expect);
    spk_buf_done(&out);
}
END_TEST

START_TEST(writes_no_more_than_fits)
{
    json_auto_t *properties = json_pack("{s:s}", "name", "value");
    struct spk_buf out;
    struct spk_err err = {0};

    spk_buf_init(&out, 8);
    ck_assert_int_eq(spk_runner_properties(&out, properties, &err), -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
}
END_TEST

static const struct {
    const char *name;
    const char *text;
    const char *expect;
} reasons[] = {
    {"nothing", "", ""},
    {"an answer", HEAD MAIN "io.fabric8.K: " POST "pods \"x\" already exists" TAIL,
     "pods \"x\" already exists"},
    {"a denial of two lines", MAIN "K: " POST "denied: a\nb" TAIL, "denied: a\\nb"},
    {"an answer without a status", MAIN "K: " POST "Unauthorized.\n\tat x\n", "Unauthorized."},
    {"the last of two answers", POST "old" TAIL POST "new" TAIL, "new"},
    {"a cause",
     MAIN "a.B: An error has occurred.\n\tat x\nCaused by: c.D: x\n\tat y\nCaused by: java.net.E: "
          "h\n\t... 3 more\n",
     "a.B: An error has occurred.; caused by java.net.E: h"},
    {"no cause", HEAD MAIN "a.B: no\n\tat x\n" HEAD, "a.B: no"},
    {"an old cause is none", "WARN x\nCaused by: old\n" MAIN "a.B: no\n", "a.B: no"},
    {"an error", HEAD "Error: Missing application resource.\n\nUsage: spark-submit\n",
     "Missing application resource."},
    {"the last line", "a\nb\n\n\tat x\n", "b"},
    {"no line end", "a\nb", "b"},
    {"DOS", "a\r\nb\r\n", "b"},
    {"control characters", "x\033[31m\x7f\xc2\x85y\xff\n", "x\\u001b[31m\\u007f\\u0085y\\xff"},
    {"an answer that is cut off", "Failure executing: POST", "Failure executing: POST"},
};

START_TEST(tells_why)
{
    char out[1024];

    spk_runner_message(out, sizeof(out), spk_str(reasons[_i].text));
    ck_assert_msg(strcmp(out, reasons[_i].expect) == 0, "%s: %s", reasons[_i].name, out);
}
END_TEST

/* Cut before a rune or an escape that has no room. */
START_TEST(tells_at_most)
{
    char out[8];

    spk_runner_message(out, sizeof(out), SPK_LIT("123456\xc3\xa9"));
    ck_assert_str_eq(out, "123456");
    spk_runner_message(out, sizeof(out),
                       SPK_LIT("12345\xc3\xa9"
                               "6"));
    ck_assert_str_eq(out, "12345\xc3\xa9");
    spk_runner_message(out, sizeof(out),
                       SPK_LIT("123\xff"
                               "4"));
    ck_assert_str_eq(out, "123\\xff");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("runner_parts");

    ADD_ROWS(tcase, writes, written);
    tcase_add_test(tcase, writes_no_more_than_fits);
    ADD_ROWS(tcase, tells_why, reasons);
    tcase_add_test(tcase, tells_at_most);
    return run_case("controller/runner_parts", tcase);
}
