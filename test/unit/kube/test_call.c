/* Answers and what becomes of them; what is asked again, and how often. */
#include "rig.h"

#include "spk/base/limits.h"

#include "../suite.h"

#define STATUS(reason, message)                                                                    \
    "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"" reason "\",\"message\":\"" message \
    "\"}"

static const struct {
    const char *name;
    const char *text;
    int rc;
    const char
        *expect; /* "STATUS REASON|TEXT|WARNING|kind of the object", or part of the message */
} rows[] = {
    {"object", JSON_HEAD "{\"kind\":\"Pod\"}", 0, "200 |||Pod"},
    {"no body", "HTTP/1.1 204 x\r\nConnection: close\r\n\r\n", 0, "204 |||-"},
    {"warning", "HTTP/1.1 200 x\r\nWarning: 299 - \"old\"\r\nConnection: close\r\n\r\n{}", 0,
     "200 ||old|-"},
    {"refusal", REFUSAL("403 x") "\r\n" STATUS("Forbidden", "pods is\\nforbidden"), 1,
     "403 Forbidden|403 Forbidden: pods is forbidden||Status"},
    {"refusal as text", REFUSAL("404 x") "\r\n404 page not found\n", 1,
     "404 |404 Not Found: 404 page not found||-"},
    {"a proxy's page", REFUSAL("502 x") "\r\n<html>\x1b[1m", 1,
     "502 |502 Bad Gateway: <html> [1m||-"},
    {"nothing at all", REFUSAL("418 x") "\r\n", 1, "418 |418||-"},
    {"reason of no Status", REFUSAL("409 x") "\r\n{\"reason\":\"x\",\"message\":1}", 1,
     "409 |409 Conflict||-"},
    {"not JSON", JSON_HEAD "hello", -1, "the API server's answer: JSON line 1"},
    {"cut", JSON_HEAD "{\"a\":", -1, "the API server's answer"},
};

START_TEST(answers)
{
    struct kube_rig rig = {.canned.text = rows[_i].text};
    struct spk_kube_answer answer;
    struct spk_err err = {0};
    char got[2048];
    const char *kind;
    int rc;

    kube_rig_start(&rig, "");
    rc = kube_rig_call(&rig, "GET", 5000, &answer, &err);
    kind = json_string_value(json_object_get(answer.object, "kind"));
    (void)snprintf(got, sizeof(got), "%d %s|%s|%s|%s", answer.status, answer.reason, answer.text,
                   answer.warning, kind ? kind : "-");
    ck_assert_msg(rc == rows[_i].rc, "%s: %d %s", rows[_i].name, rc, err.msg);
    if (rc >= 0)
        ck_assert_str_eq(got, rows[_i].expect);
    else
        ck_assert_msg(strstr(err.msg, rows[_i].expect), "%s: %s", rows[_i].name, err.msg);
    spk_kube_answer_done(&answer);
    kube_rig_end(&rig);
    ck_assert_ptr_nonnull(strstr(rig.canned.request, "\r\nUser-Agent: test/1\r\n"));
}
END_TEST

static const char *busy_then_good(void *ctx, const char *request, unsigned n)
{
    (void)request;
    return n <= *(unsigned *)ctx ? REFUSAL("429 x") "Retry-After: 0\r\n\r\n{}" : JSON_HEAD "{}";
}

static const struct {
    unsigned busy; /* so often 429 with Retry-After: 0 */
    int rc;
    unsigned requests;
} waits[] = {
    {1, 0, 2},
    {4, 0, 5},
    {100, 1, SPK_KUBE_TRIES},
};

static void add_count(void *ctx, const char *method, int status, uint64_t calls)
{
    ck_assert_str_eq(method, "POST");
    ck_assert(status == 200 || status == 429 || status == 503);
    *(uint64_t *)ctx += calls;
}

START_TEST(come_again)
{
    unsigned busy = waits[_i].busy;
    struct kube_rig rig = {.canned = {.answer = busy_then_good, .ctx = &busy}};
    struct spk_kube_answer answer;
    struct spk_err err = {0};
    uint64_t counted = 0;

    kube_rig_start(&rig, "");
    ck_assert_int_eq(kube_rig_call(&rig, "POST", 20000, &answer, &err), waits[_i].rc);
    ck_assert_uint_eq(atomic_load(&rig.canned.requests), waits[_i].requests);
    spk_kube_each_count(rig.kube, &counted, add_count);
    ck_assert_uint_eq(counted, waits[_i].requests);
    spk_kube_answer_done(&answer);
    kube_rig_end(&rig);
}
END_TEST

/* What is not asked again: no time to wait, no word of when, another status. */
static const char *const once[] = {
    REFUSAL("429 x") "Retry-After: 30\r\n\r\n{}",
    REFUSAL("503 x") "\r\n{}",
    REFUSAL("500 x") "Retry-After: 0\r\n\r\n{}",
    REFUSAL("401 x") "\r\n{}",
};

START_TEST(not_again)
{
    struct kube_rig rig = {.canned.text = once[_i]};
    struct spk_kube_answer answer;
    struct spk_err err = {0};
    int64_t begun_ms = spk_clock_mono_ms();

    kube_rig_start(&rig, "token: t");
    ck_assert_int_eq(kube_rig_call(&rig, "GET", 5000, &answer, &err), 1);
    ck_assert_uint_eq(atomic_load(&rig.canned.requests), 1);
    ck_assert_int_lt(spk_clock_mono_ms() - begun_ms, 2000);
    spk_kube_answer_done(&answer);
    kube_rig_end(&rig);
}
END_TEST

static const char *nothing_then_good(void *ctx, const char *request, unsigned n)
{
    (void)ctx;
    (void)request;
    return n == 1 ? "" : JSON_HEAD "{}";
}

/* A connection that fails before an answer: a GET may go out once more, others not. */
START_TEST(broken_connection)
{
    struct kube_rig rig = {.canned.answer = nothing_then_good};
    struct spk_kube_answer answer;
    struct spk_err err = {0};

    kube_rig_start(&rig, "");
    ck_assert_int_eq(kube_rig_call(&rig, _i ? "POST" : "GET", 5000, &answer, &err), _i ? -1 : 0);
    ck_assert_uint_eq(atomic_load(&rig.canned.requests), _i ? 1 : 2);
    spk_kube_answer_done(&answer);
    kube_rig_end(&rig);
}
END_TEST

/* Lets in who has the token that counts now. */
static const char *doorkeeper(void *ctx, const char *request, unsigned n)
{
    char line[256];

    (void)n;
    (void)snprintf(line, sizeof(line), "\r\nAuthorization: %s\r\n", (const char *)ctx);
    return strstr(request, line) ? JSON_HEAD "{}"
                                 : REFUSAL("401 x") "\r\n" STATUS("Unauthorized", "no");
}

static int call(struct kube_rig *rig)
{
    struct spk_kube_answer answer;
    struct spk_err err = {0};
    int rc = kube_rig_call(rig, "POST", 5000, &answer, &err);

    ck_assert_msg(rc >= 0, "%s", err.msg);
    spk_kube_answer_done(&answer);
    return rc;
}

START_TEST(token_file)
{
    char wanted[64] = "Bearer one";
    struct kube_rig rig = {.canned = {.answer = doorkeeper, .ctx = wanted}};
    struct spk_kube_answer answer;
    struct spk_err err = {0};

    kube_rig_start(&rig, "tokenFile: token, token: unused");
    ck_assert_int_eq(kube_rig_call(&rig, "GET", 5000, &answer, &err), -1);
    ck_assert_msg(strstr(err.msg, "/token: No such file"), "%s", err.msg);
    (void)folder_write(&rig.folder, "token", "one\n");
    ck_assert_int_eq(call(&rig), 0);
    /* The server has moved on: the file is read again at once, and no further than that. */
    (void)folder_write(&rig.folder, "token", "two");
    (void)strcpy(wanted, "Bearer two"); /* NOLINT: fits */
    ck_assert_int_eq(call(&rig), 0);
    ck_assert_uint_eq(atomic_load(&rig.canned.requests), 3);
    (void)strcpy(wanted, "Bearer three"); /* NOLINT */
    ck_assert_int_eq(call(&rig), 1);
    ck_assert_uint_eq(atomic_load(&rig.canned.requests), 4);
    /* A file that is gone or empty for a moment costs nothing. */
    (void)strcpy(wanted, "Bearer two"); /* NOLINT */
    (void)folder_write(&rig.folder, "token", "");
    ck_assert_int_eq(call(&rig), 0);
    kube_rig_end(&rig);
}
END_TEST

static const struct {
    const char *user;
    const char *header;
} fixed[] = {
    {"token: t", "Bearer t"},
    {"username: Aladdin, password: 'open sesame'", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
    {"username: Aladdin", "Basic QWxhZGRpbjo="},
};

START_TEST(fixed_credentials)
{
    struct kube_rig rig = {
        .canned = {.answer = doorkeeper, .ctx = (void *)(uintptr_t)fixed[_i].header}};

    kube_rig_start(&rig, fixed[_i].user);
    ck_assert_int_eq(call(&rig), 0);
    kube_rig_end(&rig);
}
END_TEST

START_TEST(stopped)
{
    struct kube_rig rig = {.canned = {.text = REFUSAL("429 x") "Retry-After: 20\r\n\r\n{}"}};
    struct spk_stop stop;
    struct spk_kube_answer answer;
    struct spk_err err = {0};

    ck_assert_int_eq(spk_stop_init(&stop, &err), 0);
    kube_rig_start(&rig, "");
    spk_stop_throw(&stop);
    ck_assert_int_eq(
        spk_kube_call(rig.kube,
                      &(struct spk_kube_request){.method = "GET", .path = "/", .stop = &stop},
                      &answer, &err),
        -1);
    ck_assert_int_eq(err.sys, ECANCELED);
    kube_rig_end(&rig);
    spk_stop_done(&stop);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("call");

    spk_json_init();
    tcase_set_timeout(tcase, 60);
    ADD_ROWS(tcase, answers, rows);
    ADD_ROWS(tcase, come_again, waits);
    ADD_ROWS(tcase, not_again, once);
    tcase_add_loop_test(tcase, broken_connection, 0, 2);
    tcase_add_test(tcase, token_file);
    ADD_ROWS(tcase, fixed_credentials, fixed);
    tcase_add_test(tcase, stopped);
    return run_case("kube call", tcase);
}
