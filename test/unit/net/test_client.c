/* What comes back, from good servers and bad ones. Stopping is in test_client_stop, streams in
 * test_client_stream. */
#include "canned.h"
#include "identity.h"
#include "rig.h"

#include "../suite.h"

#define WITHIN_MS 10000
#define OK_HEAD   "HTTP/1.1 200 OK\r\n"

static const struct {
    const char *name;
    const char *text;
    enum canned_end end;
    int rc;
    int status;        /* with -1: what sys says */
    const char *field; /* part of "retry=... type=... warning=... body=...", or of the message */
    bool again;
} answers[] = {
    {"plain", OK_HEAD "Content-Length: 2\r\n\r\nhi", 0, 0, 200, "retry=-1 type= warning= body=hi",
     false},
    {"type", OK_HEAD "Content-type:  text/x ; y=\"1\"  \r\nContent-Length: 0\r\n\r\n", 0, 0, 200,
     "type=text/x ; y=\"1\" ", false},
    {"until the end", OK_HEAD "\r\nhi", 0, 0, 200, "body=hi", false},
    {"chunked", OK_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nRetry-After: 9\r\n\r\n",
     0, 0, 200, "retry=-1 type= warning= body=hi", false},
    {"100 first",
     "HTTP/1.1 100 Continue\r\nRetry-After: 7\r\n\r\n" OK_HEAD "Content-Length: 2\r\n\r\nhi", 0, 0,
     200, "retry=-1", false},
    {"seconds", "HTTP/1.1 429 x\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n", 0, 0, 429,
     "retry=3000 ", false},
    {"seconds, small name", "HTTP/1.1 503 x\r\nretry-after:0\r\nContent-Length: 0\r\n\r\n", 0, 0,
     503, "retry=0 ", false},
    {"for ever", "HTTP/1.1 503 x\r\nRetry-After: 99999999999999999999\r\nContent-Length: 0\r\n\r\n",
     0, 0, 503, "retry=3600000 ", false},
    {"a date gone by",
     "HTTP/1.1 503 x\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\nContent-Length: 0\r\n\r\n", 0,
     0, 503, "retry=0 ", false},
    {"no time", "HTTP/1.1 503 x\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", 0, 0, 503,
     "retry=-1 ", false},
    {"warning", OK_HEAD "Warning: 299 - \"say \\\"no\\\"\"\r\nContent-Length: 0\r\n\r\n", 0, 0, 200,
     "warning=say \"no\" ", false},
    {"two warnings",
     OK_HEAD "Warning: 299 - \"a\"\r\nWarning: 299 - \"b\"\r\nContent-Length: 0\r\n\r\n", 0, 0, 200,
     "warning=a; b ", false},
    {"another's warning", OK_HEAD "Warning: 199 - \"a\"\r\nContent-Length: 0\r\n\r\n", 0, 0, 200,
     "warning= ", false},
    {"broken warning", OK_HEAD "Warning: 299 - \"a\\\r\nContent-Length: 0\r\n\r\n", 0, 0, 200,
     "warning=a", false},
    {"redirect", "HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 0,
     0, 302, "body=", false},
    {"nothing", "", 0, -1, 0, "Empty reply", true},
    {"reset at once", "", CANNED_RESET, -1, 0, "http://127.0.0.1:", true},
    {"half a header", "HTTP/1.1 20", 0, -1, 0, "", true},
    {"half a body", OK_HEAD "Content-Length: 9\r\n\r\nhi", 0, -1, 0, "bytes remaining", false},
    {"reset in the body", OK_HEAD "Content-Length: 9\r\n\r\nhi", CANNED_RESET, -1, 0, "", false},
    {"no HTTP", "220 ready\r\n", 0, -1, 0, "HTTP/0.9", false},
};

START_TEST(answer)
{
    struct canned canned = {.text = answers[_i].text, .end = answers[_i].end};
    struct spk_client_answer got = {0};
    struct spk_client_request request = get("/x?y=1", WITHIN_MS);
    struct spk_client *client;
    struct spk_err err = {0};
    char said[1024] = "";
    int rc;

    canned_start(&canned);
    client = new_client(&(struct spk_client_options){.server = canned.server});
    rc = spk_client_do(client, &request, &got, &err);
    if (rc == 0)
        (void)snprintf(said, sizeof(said), "retry=%lld type=%s warning=%s body=%.*s",
                       (long long)got.retry_after_ms, got.content_type, got.warning,
                       (int)got.body.len, got.body.ptr ? got.body.ptr : "");
    ck_assert_msg(rc == answers[_i].rc, "%s: rc %d: %s", answers[_i].name, rc, err.msg);
    ck_assert_msg(strstr(rc ? err.msg : said, answers[_i].field), "%s: %s%s", answers[_i].name,
                  said, err.msg);
    ck_assert_int_eq(rc ? 0 : got.status, rc ? 0 : answers[_i].status);
    ck_assert_int_eq(got.again, answers[_i].again);
    ck_assert(!rc || err.code == SPK_EIO);
    spk_client_answer_done(&got);
    spk_client_free(client);
    canned_end(&canned);
    ck_assert_msg(strncmp(canned.request, "GET /x?y=1 HTTP/1.1\r\n", 21) == 0, "%s",
                  canned.request);
}
END_TEST

/* A header, or a body, that does not end. */
START_TEST(too_big)
{
    static char text[1024 * 1024];
    struct canned canned = {.text = text};
    struct spk_client_answer got = {0};
    struct spk_client_request request = get("/", WITHIN_MS);
    struct spk_client *client;
    struct spk_err err = {0};
    size_t len = (size_t)sprintf(text, "HTTP/1.1 200 OK\r\n%s", _i ? "\r\n" : ""); /* NOLINT */

    while (len < sizeof(text) - 128)
        len += (size_t)sprintf(text + len, "X-%zu: %0100d\r\n", len, 0); /* NOLINT */
    canned_start(&canned);
    client = new_client(&(struct spk_client_options){.server = canned.server});
    ck_assert_int_eq(spk_client_do(client, &request, &got, &err), -1);
    ck_assert_msg(err.code == SPK_ETOOBIG, "%s", err.msg);
    spk_client_free(client);
    canned_end(&canned);
}
END_TEST

static const struct {
    const char *name;
    struct spk_client_options options;
    const char *expect;
} refused[] = {
    {"http", {.server = "http://example.org"}, "expected https"},
    {"no scheme", {.server = "127.0.0.1:6443"}, "server"},
    {"ftp", {.server = "ftp://127.0.0.1"}, "expected https"},
    {"user", {.server = "https://me:secret@127.0.0.1"}, "server"},
    {"query", {.server = "https://127.0.0.1/?a"}, "no query"},
    {"port", {.server = "https://127.0.0.1:99999"}, "server"},
    {"empty", {.server = ""}, "server"},
    {"CA", {.server = "https://127.0.0.1", .ca = {"rubbish", 7}}, "BEGIN CERTIFICATE"},
    {"key missing",
     {.server = "https://127.0.0.1", .cert = {"-----BEGIN CERTIFICATE-----", 27}},
     "expected both"},
    {"key", {.server = "https://127.0.0.1", .key = {"rubbish", 7}}, "PRIVATE KEY"},
};

START_TEST(bad_options)
{
    struct spk_client *client;
    struct spk_err err = {0};

    ck_assert_int_eq(spk_client_new(&client, &refused[_i].options, &err), -1);
    ck_assert_msg(err.code == SPK_EINVALID && strstr(err.msg, refused[_i].expect), "%s: %s",
                  refused[_i].name, err.msg);
}
END_TEST

static const struct {
    const char *name;
    struct spk_client_request request;
} unsendable[] = {
    {"relative", {.method = "GET", .path = "x"}},
    {"space", {.method = "GET", .path = "/a b"}},
    {"line end", {.method = "GET", .path = "/a\nb"}},
    {"line in a token", {.method = "GET", .path = "/", .authorization = "Bearer a\r\nX: y"}},
};

START_TEST(bad_request)
{
    struct spk_client *client =
        new_client(&(struct spk_client_options){.server = "http://127.0.0.1:1"});
    struct spk_client_request request = unsendable[_i].request;
    struct spk_client_answer got;
    struct spk_err err = {0};

    request.deadline_ms = spk_clock_mono_ms() + WITHIN_MS;
    ck_assert_int_eq(spk_client_do(client, &request, &got, &err), -1);
    ck_assert_msg(err.code == SPK_EINVALID, "%s: %s", unsendable[_i].name, err.msg);
    spk_client_free(client);
}
END_TEST

/* Methods, headers and bodies as they go over the wire. */
START_TEST(wire)
{
    struct canned canned = {.text = OK_HEAD "Content-Length: 0\r\n\r\n"};
    struct spk_client_answer got;
    struct spk_client_request request = get("/../a/./b", WITHIN_MS);
    struct spk_client *client;
    struct spk_err err = {0};
    char server[128];

    canned_start(&canned);
    (void)snprintf(server, sizeof(server), "%s/prefix/", canned.server);
    client = new_client(&(struct spk_client_options){
        .server = server, .user_agent = "me/1", .server_name = "other.example"});
    request.method = "PATCH";
    request.authorization = "Bearer secret";
    request.accept = "application/json";
    request.content_type = "application/merge-patch+json";
    request.body = SPK_LIT("{}");
    ck_assert_msg(spk_client_do(client, &request, &got, &err) == 0, "%s", err.msg);
    spk_client_answer_done(&got);
    spk_client_free(client);
    canned_end(&canned);
    ck_assert_msg(strstr(canned.request, "PATCH /prefix/../a/./b HTTP/1.1\r\n") == canned.request,
                  "%s", canned.request);
    ck_assert_ptr_nonnull(strstr(canned.request, "\r\nAuthorization: Bearer secret\r\n"));
    ck_assert_ptr_nonnull(strstr(canned.request, "\r\nAccept: application/json\r\n"));
    ck_assert_ptr_nonnull(
        strstr(canned.request, "\r\nContent-Type: application/merge-patch+json\r\n"));
    ck_assert_ptr_nonnull(strstr(canned.request, "\r\nContent-Length: 2\r\n"));
    ck_assert_ptr_nonnull(strstr(canned.request, "\r\nUser-Agent: me/1\r\n"));
    ck_assert_ptr_nonnull(strstr(canned.request, "\r\nHost: 127.0.0.1:"));
    ck_assert_ptr_null(strstr(canned.request, "Expect"));
}
END_TEST

/* Our own server, with TLS. */
struct secure {
    struct rig rig;
    struct spk_tls *tls;
    struct spk_tls_made made;
    char server[64];
};

static void secure_start(struct secure *secure, const char *client_ca)
{
    secure->rig = rig_defaults();
    secure->made = make();
    secure->tls = new_tls(client_ca);
    show(secure->tls, &secure->made);
    secure->rig.options.tls = secure->tls;
    rig_start(&secure->rig);
    (void)snprintf(secure->server, sizeof(secure->server), "https://127.0.0.1:%u",
                   spk_httpd_port(secure->rig.httpd));
}

static void secure_end(struct secure *secure)
{
    rig_stop(&secure->rig);
    spk_tls_free(secure->tls);
    spk_tls_made_done(&secure->made);
}

static int ask(const struct spk_client_options *options, struct spk_err *err)
{
    struct spk_client *client = new_client(options);
    struct spk_client_request request = get("/get", WITHIN_MS);
    struct spk_client_answer got = {0};
    int rc = spk_client_do(client, &request, &got, err);

    ck_assert_int_eq(rc ? 200 : got.status, 200);
    spk_client_answer_done(&got);
    spk_client_free(client);
    return rc;
}

static void must_not_trust(const struct spk_client_options *options, const char *expect)
{
    struct spk_err err = {0};

    ck_assert_int_eq(ask(options, &err), -1);
    ck_assert_msg(err.code == SPK_EIO && err.sys == EPROTO && strstr(err.msg, expect), "%s (%d)",
                  err.msg, err.sys);
}

START_TEST(trust)
{
    struct secure secure;
    struct spk_tls_made other = make();
    struct spk_client_options options = {.user_agent = "me"};
    struct spk_err err = {0};

    secure_start(&secure, NULL);
    options.server = secure.server;
    options.ca = spk_str(secure.made.ca);
    ck_assert_msg(ask(&options, &err) == 0, "%s", err.msg);
    options.server_name = "spark-webhook.spark.svc";
    ck_assert_msg(ask(&options, &err) == 0, "%s", err.msg);
    options.server_name = "elsewhere.example";
    must_not_trust(&options, "elsewhere.example");
    options.server_name = NULL;
    options.ca = spk_str(other.ca);
    must_not_trust(&options, "not trusted");
    options.ca = (struct spk_str){0};
    must_not_trust(&options, "not trusted");
    options.insecure = true;
    ck_assert_msg(ask(&options, &err) == 0, "%s", err.msg);
    spk_tls_made_done(&other);
    secure_end(&secure);
}
END_TEST

START_TEST(client_certificate)
{
    struct identity ca = issue(NULL, NULL, time(NULL) + 3600);
    struct identity leaf = issue(&ca, GNUTLS_KP_TLS_WWW_CLIENT, time(NULL) + 3600);
    SPK_AUTOFREE char *ca_text = crt_text(ca.crt);
    SPK_AUTOFREE char *cert = crt_text(leaf.crt);
    SPK_AUTOFREE char *key = key_text(leaf.key, NULL);
    SPK_AUTOFREE char *foreign = key_text(ca.key, NULL);
    struct spk_client_options options = {0};
    struct spk_err err = {0};
    struct secure secure;

    secure_start(&secure, ca_text);
    options.server = secure.server;
    options.ca = spk_str(secure.made.ca);
    ck_assert_int_eq(ask(&options, &err), -1);
    options.cert = spk_str(cert);
    options.key = spk_str(key);
    ck_assert_msg(ask(&options, &err) == 0, "%s", err.msg);
    options.key = spk_str(foreign);
    ck_assert_int_eq(ask(&options, &err), -1);
    ck_assert_msg(err.sys == EPROTO, "%s", err.msg);
    secure_end(&secure);
    identity_done(&leaf);
    identity_done(&ca);
}
END_TEST

#define ASKERS 8
#define ASKED  25

static void *ask_often(void *arg)
{
    struct spk_client *client = arg;

    for (int i = 0; i < ASKED; i++) {
        struct spk_client_request request = get("/post", WITHIN_MS);
        struct spk_client_answer got;
        struct spk_err err = {0};

        request.method = "POST";
        request.content_type = "application/json";
        request.body = SPK_LIT("{\"a\":1}");
        ck_assert_msg(spk_client_do(client, &request, &got, &err) == 0, "%s", err.msg);
        ck_assert_ptr_nonnull(strstr(got.body.ptr, "got 7 bytes"));
        spk_client_answer_done(&got);
    }
    return NULL;
}

START_TEST(many_at_once)
{
    struct secure secure;
    struct spk_client *client;
    pthread_t threads[ASKERS];

    secure_start(&secure, NULL);
    client = new_client(
        &(struct spk_client_options){.server = secure.server, .ca = spk_str(secure.made.ca)});
    for (int i = 0; i < ASKERS; i++)
        ck_assert(pthread_create(&threads[i], NULL, ask_often, client) == 0);
    for (int i = 0; i < ASKERS; i++)
        (void)pthread_join(threads[i], NULL);
    ck_assert_uint_le(spk_httpd_counts(secure.rig.httpd).accepted, 2 * ASKERS);
    spk_client_free(client);
    secure_end(&secure);
}
END_TEST

/* A proxy hears of whom it shall connect to; none is asked for loopback, unless it is named. */
static const struct {
    const char *name;
    const char *server;      /* NULL: nobody's port of loopback */
    const char *environment; /* what HTTPS_PROXY has: "proxy" or nothing */
    const char *no_proxy;
    bool named;
    const char *asked; /* what the proxy hears first */
} proxies[] = {
    {"none", NULL, "", "", false, ""},
    {"named", NULL, "", "", true, "CONNECT 127.0.0.1:"},
    {"named, NO_PROXY", "https://h.invalid", "", "invalid", true, "CONNECT h.invalid:443 HTTP/1.1"},
    {"environment", "https://h.invalid:6443", "proxy", "", false, "CONNECT h.invalid:6443 "},
    {"NO_PROXY", "https://192.0.2.1:1", "proxy", "192.0.2.0/24", false, ""},
    {"loopback", NULL, "proxy", "", false, ""},
};

START_TEST(proxy)
{
    struct canned canned = {.text = "HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n"};
    struct spk_client_options options = {.server = proxies[_i].server, .connect_ms = 300};
    struct spk_client_request request = get("/", WITHIN_MS);
    struct spk_client_answer got = {0};
    struct spk_client *client;
    struct spk_err err = {0};
    char nobody[64];

    (void)close(canned_listen(nobody, sizeof(nobody), "https", 1));
    canned_start(&canned);
    (void)setenv("HTTPS_PROXY", *proxies[_i].environment ? canned.server : "", 1);
    (void)setenv("NO_PROXY", proxies[_i].no_proxy, 1);
    options.server = options.server ? options.server : nobody;
    options.proxy = proxies[_i].named ? canned.server : NULL;
    client = new_client(&options);
    ck_assert_int_eq(spk_client_do(client, &request, &got, &err), -1);
    spk_client_free(client);
    canned_end(&canned);
    ck_assert_msg(strncmp(canned.request, proxies[_i].asked, strlen(proxies[_i].asked)) == 0,
                  "%s: %s", proxies[_i].name, canned.request);
    ck_assert_msg(!*canned.request == !*proxies[_i].asked, "%s: %s", proxies[_i].name,
                  canned.request);
}
END_TEST

START_TEST(deadline)
{
    struct rig rig = rig_defaults();
    struct spk_client_request request = get("/post", 150);
    struct spk_client_answer got = {0};
    struct spk_client *client;
    struct spk_err err = {0};
    int64_t begun_ms = spk_clock_mono_ms();
    char server[64];

    rig_start(&rig);
    (void)snprintf(server, sizeof(server), "http://127.0.0.1:%u", spk_httpd_port(rig.httpd));
    client = new_client(&(struct spk_client_options){.server = server});
    request.method = "POST";
    request.content_type = "application/json";
    request.body = SPK_LIT("sleep");
    ck_assert_int_eq(spk_client_do(client, &request, &got, &err), -1);
    ck_assert_msg(err.sys == ETIMEDOUT && !got.again, "%s", err.msg);
    ck_assert_int_lt(spk_clock_mono_ms() - begun_ms, 550);
    spk_client_free(client);
    rig_stop(&rig);
}
END_TEST

START_TEST(nobody_there)
{
    char server[64];
    struct spk_client_request request = get("/", WITHIN_MS);
    struct spk_client_answer got = {0};
    struct spk_client *client;
    struct spk_err err = {0};

    (void)close(canned_listen(server, sizeof(server), "https", 1));
    client = new_client(&(struct spk_client_options){.server = server});
    ck_assert_int_eq(spk_client_do(client, &request, &got, &err), -1);
    ck_assert_msg(err.sys == ECONNREFUSED && strstr(err.msg, server), "%s", err.msg);
    spk_client_free(client);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("client");

    tcase_set_timeout(tcase, 60);
    ADD_ROWS(tcase, answer, answers);
    tcase_add_loop_test(tcase, too_big, 0, 2);
    ADD_ROWS(tcase, bad_options, refused);
    ADD_ROWS(tcase, bad_request, unsendable);
    tcase_add_test(tcase, wire);
    tcase_add_test(tcase, trust);
    tcase_add_test(tcase, client_certificate);
    tcase_add_test(tcase, many_at_once);
    ADD_ROWS(tcase, proxy, proxies);
    tcase_add_test(tcase, deadline);
    tcase_add_test(tcase, nobody_there);
    return run_case("client", tcase);
}
