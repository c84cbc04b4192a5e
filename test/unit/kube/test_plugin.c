/* Credential plugins: real processes, good ones and bad ones. */
#include "rig.h"

#include "../suite.h"

#include <signal.h>

#define V1    "client.authentication.k8s.io/v1"
#define PRINT "cat <<END\n{\"apiVersion\":\"" V1 "\",\"kind\":\"ExecCredential\",\"status\":"
#define END   "}\nEND\n"
/* Counts its runs in a file beside itself: the token is t1, then t2, ... */
#define COUNT "echo >>$0.runs; n=$(wc -l <$0.runs)\n"

#define USER                                                                              \
    "exec: {apiVersion: " V1 ", command: ./plugin, args: ['a b', '$HOME'], "              \
    "interactiveMode: Never, provideClusterInfo: true, installHint: 'see the handbook', " \
    "env: [{name: SPK_TEST, value: 'x y'}]}"

static void write_plugin(struct kube_rig *rig, const char *body)
{
    char text[2048];

    (void)snprintf(text, sizeof(text), "#!/bin/sh\n%s", body);
    (void)folder_write(&rig->folder, "plugin", text);
}

static char *slurp(struct kube_rig *rig, const char *name)
{
    struct spk_buf buf;
    struct spk_err err;

    spk_buf_init(&buf, 65536);
    ck_assert_msg(spk_file_read(&buf, folder_file(&rig->folder, name), &err) == 0, "%s", err.msg);
    return spk_buf_take(&buf, &(size_t){0});
}

/* Keeps whom it has let in last. */
static const char *doorkeeper(void *ctx, const char *request, unsigned n)
{
    const char *line = strstr(request, "\r\nAuthorization: ");

    (void)n;
    (void)snprintf(ctx, 64, "%.*s", line ? (int)strcspn(line + 17, "\r") : 0,
                   line ? line + 17 : "");
    return strcmp(ctx, "Bearer bad") == 0 || strcmp(ctx, "Bearer t1") == 0
               ? REFUSAL("401 x") "\r\n{}"
               : JSON_HEAD "{}";
}

static int call(struct kube_rig *rig, struct spk_err *err)
{
    struct spk_kube_answer answer;
    int rc = kube_rig_call(rig, "GET", 3000, &answer, err);

    spk_kube_answer_done(&answer);
    return rc;
}

START_TEST(told)
{
    static const char expected[] =
        "{\"apiVersion\":\"" V1 "\",\"kind\":\"ExecCredential\",\"spec\":{\"interactive\":false,"
        "\"cluster\":{\"server\":\"%s\",\"insecure-skip-tls-verify\":false}}}";
    char seen[64] = "";
    struct kube_rig rig = {.canned = {.answer = doorkeeper, .ctx = seen}};
    struct spk_err err = {0};
    SPK_AUTOFREE char *info = NULL;
    SPK_AUTOFREE char *rest = NULL;
    char wanted[512];

    kube_rig_start(&rig, USER);
    (void)setenv("KUBERNETES_EXEC_INFO", "ours", 1);
    write_plugin(&rig,
                 "printf %s \"$KUBERNETES_EXEC_INFO\" >$0.info\n"
                 "echo \"$1|$2|$SPK_TEST|$(cat)\" >$0.rest\n" PRINT "{\"token\":\"good\"}" END);
    ck_assert_msg(call(&rig, &err) == 0, "%s", err.msg);
    info = slurp(&rig, "plugin.info");
    rest = slurp(&rig, "plugin.rest");
    (void)snprintf(wanted, sizeof(wanted), expected, rig.canned.server);
    ck_assert_str_eq(info, wanted);
    ck_assert_str_eq(rest, "a b|$HOME|x y|\n");
    kube_rig_end(&rig);
    ck_assert_str_eq(seen, "Bearer good");
}
END_TEST

/* One that is let in is not asked for again. */
START_TEST(kept)
{
    char seen[64] = "";
    struct kube_rig rig = {.canned = {.answer = doorkeeper, .ctx = seen}};
    struct spk_err err = {0};
    SPK_AUTOFREE char *runs = NULL;

    kube_rig_start(&rig, USER);
    write_plugin(&rig, COUNT PRINT "{\"token\":\"kept\",\"expirationTimestamp\":"
                                   "\"2999-01-01T00:00:00Z\"}" END);
    for (int i = 0; i < 3; i++)
        ck_assert_msg(call(&rig, &err) == 0, "%s", err.msg);
    runs = slurp(&rig, "plugin.runs");
    ck_assert_str_eq(runs, "\n");
    kube_rig_end(&rig);
}
END_TEST

/* A plugin that leaves a process behind would hold the API server's connections open. */
START_TEST(inherits_nothing)
{
    char seen[64] = "";
    struct kube_rig rig = {.canned = {.answer = doorkeeper, .ctx = seen}};
    struct spk_err err = {0};

    ck_assert_int_eq(dup2(0, 77), 77);
    kube_rig_start(&rig, USER);
    write_plugin(&rig, "[ -e /proc/self/fd/77 ] && exit 9\n" PRINT "{\"token\":\"good\"}" END);
    ck_assert_msg(call(&rig, &err) == 0, "%s", err.msg);
    kube_rig_end(&rig);
    (void)close(77);
}
END_TEST

static const struct {
    const char *name;
    const char *status; /* what is behind the token */
    const char *first;  /* of the tokens that are seen */
} renewed[] = {
    {"refused", "", "Bearer t1"},
    {"about to expire", ",\\\"expirationTimestamp\\\":\\\"$(date -u -d '+2 seconds' +%FT%TZ)\\\"",
     "Bearer u1"},
    {"with offset and fraction",
     ",\\\"expirationTimestamp\\\":"
     "\\\"$(date -u -d '+3602 seconds' +%FT%T).5+01:00\\\"",
     "Bearer u1"},
};

/* Asked again until the next token comes; the plugin is not run for each call. */
START_TEST(renewal)
{
    char seen[64] = "";
    struct kube_rig rig = {.canned = {.answer = doorkeeper, .ctx = seen}};
    int64_t until_ms = spk_clock_mono_ms() + 10000;
    struct spk_err err = {0};
    char plugin[1024];
    SPK_AUTOFREE char *runs = NULL;
    char next[] = "Bearer t2";
    int calls = 0;

    next[7] = renewed[_i].first[7];
    kube_rig_start(&rig, USER);
    (void)snprintf(plugin, sizeof(plugin),
                   COUNT "echo \"{\\\"apiVersion\\\":\\\"" V1
                         "\\\",\\\"kind\\\":\\\"ExecCredential\\\","
                         "\\\"status\\\":{\\\"token\\\":\\\"%c$n\\\"%s}}\"\n",
                   next[7], renewed[_i].status);
    write_plugin(&rig, plugin);
    do {
        ck_assert_msg(call(&rig, &err) >= 0, "%s: %s", renewed[_i].name, err.msg);
        ck_assert_msg(spk_clock_mono_ms() < until_ms, "%s: %s", renewed[_i].name, seen);
        if (calls++ == 0)
            ck_assert_str_eq(seen, renewed[_i].first);
        (void)usleep(20 * 1000);
    } while (strcmp(seen, next) != 0);
    runs = slurp(&rig, "plugin.runs");
    ck_assert_str_eq(runs, "\n\n");
    ck_assert_int_gt(calls, 10);
    kube_rig_end(&rig);
}
END_TEST

static const struct {
    const char *name;
    const char *plugin;
    const char *expect;
    enum spk_code code;
    int sys;
} rows[] = {
    {"fails", "echo 'log in\nfirst' >&2; exit 3", "credential plugin \"", SPK_EIO, 0},
    {"fails, words", "echo 'log in\nfirst' >&2; exit 3", "ended with code 3: log in first", SPK_EIO,
     0},
    {"fails, mute", "exit 1", "ended with code 1: without a word", SPK_EIO, 0},
    {"killed", "kill -9 $$", "ended with signal 9", SPK_EIO, 0},
    {"hangs", "echo $$ >$0.pid; exec sleep 100", "no answer in time", SPK_EIO, ETIMEDOUT},
    {"helper hangs", "sleep 100 & echo $! >$0.pid; wait", "no answer in time", SPK_EIO, ETIMEDOUT},
    {"floods", "exec yes", "SPK", SPK_ETOOBIG, 0},
    {"no JSON", "echo hello", "its output: JSON line 1", SPK_EPARSE, 0},
    {"no output", "exit 0", "its output: JSON", SPK_EPARSE, 0},
    {"other kind", "echo '{\"kind\":\"Pod\",\"apiVersion\":\"" V1 "\"}'",
     "expected an ExecCredential of " V1, SPK_EINVALID, 0},
    {"other version", "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "beta1\"}'",
     "expected an ExecCredential of " V1, SPK_EINVALID, 0},
    {"no status", "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\"}'",
     "status: expected a token", SPK_EINVALID, 0},
    {"half a pair", PRINT "{\"clientKeyData\":\"secret\"}" END, "status: expected both",
     SPK_EINVALID, 0},
    {"no pair", PRINT "{\"clientKeyData\":\"secret\",\"clientCertificateData\":\"x\"}" END, "PEM",
     SPK_EINVALID, 0},
    {"bad time", PRINT "{\"token\":\"secret\",\"expirationTimestamp\":\"today\"}" END,
     "status.expirationTimestamp: expected a time", SPK_EPARSE, 0},
    {"token a list", PRINT "{\"token\":[\"secret\"]}" END, "status.token: expected a string",
     SPK_EPARSE, 0},
    {"token with line end", PRINT "{\"token\":\"a\\nb\"}" END, "control character", SPK_EINVALID,
     0},
};

/* The process of the file has ended, whoever it was. */
static void must_be_gone(struct kube_rig *rig)
{
    SPK_AUTOFREE char *text = slurp(rig, "plugin.pid");
    pid_t pid = (pid_t)strtol(text, NULL, 10);
    int64_t until_ms = spk_clock_mono_ms() + 5000;

    ck_assert_int_gt(pid, 1);
    while (kill(pid, 0) == 0) {
        char path[64];
        char stat[256] = "";
        FILE *file;
        /* Nobody may be there to reap a helper whose parent has gone. */
        (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
        file = fopen(path, "r");
        if (!file || !fgets(stat, sizeof(stat), file) || strstr(stat, ") Z "))
            until_ms = INT64_MAX;
        if (file)
            (void)fclose(file);
        if (until_ms == INT64_MAX)
            return;
        ck_assert_int_lt(spk_clock_mono_ms(), until_ms);
        (void)usleep(10 * 1000);
    }
}

START_TEST(bad)
{
    char seen[64] = "";
    struct kube_rig rig = {.canned = {.answer = doorkeeper, .ctx = seen}};
    bool hangs = strstr(rows[_i].name, "hangs") != NULL;
    struct spk_kube_answer answer;
    struct spk_err err = {0};

    kube_rig_start(&rig, USER);
    write_plugin(&rig, rows[_i].plugin);
    ck_assert_int_eq(kube_rig_call(&rig, "GET", hangs ? 300 : 10000, &answer, &err), -1);
    ck_assert_msg(err.code == rows[_i].code && err.sys == rows[_i].sys, "%s: %s", rows[_i].name,
                  err.msg);
    ck_assert_msg(strcmp(rows[_i].expect, "SPK") == 0 || strstr(err.msg, rows[_i].expect), "%s: %s",
                  rows[_i].name, err.msg);
    ck_assert_msg(!strstr(err.msg, "secret"), "%s", err.msg);
    if (hangs)
        must_be_gone(&rig);
    kube_rig_end(&rig);
}
END_TEST

START_TEST(missing)
{
    struct kube_rig rig = {.canned.text = JSON_HEAD "{}"};
    struct spk_err err = {0};

    kube_rig_start(&rig, USER);
    ck_assert_int_eq(call(&rig, &err), -1);
    ck_assert_msg(strstr(err.msg, "No such file or directory; see the handbook"), "%s", err.msg);
    kube_rig_end(&rig);
}
END_TEST

struct stopper {
    struct kube_rig *rig;
    struct spk_stop stop;
    int64_t at_ms;
};

static void *stop_soon(void *arg)
{
    struct stopper *stopper = arg;
    char path[512];
    int64_t until_ms = spk_clock_mono_ms() + 10000;

    (void)snprintf(path, sizeof(path), "%s/plugin.pid", stopper->rig->folder.path);
    while (access(path, F_OK) != 0 && spk_clock_mono_ms() < until_ms)
        (void)usleep(5000);
    stopper->at_ms = spk_clock_mono_ms();
    spk_stop_throw(&stopper->stop);
    return NULL;
}

START_TEST(stopped)
{
    struct kube_rig rig = {.canned.text = JSON_HEAD "{}"};
    struct stopper stopper = {.rig = &rig};
    struct spk_kube_answer answer;
    struct spk_err err = {0};
    pthread_t thread;
    int rc;

    ck_assert_int_eq(spk_stop_init(&stopper.stop, &err), 0);
    kube_rig_start(&rig, USER);
    write_plugin(&rig, "echo $$ >$0.pid; exec sleep 100");
    ck_assert_int_eq(pthread_create(&thread, NULL, stop_soon, &stopper), 0);
    rc = spk_kube_call(
        rig.kube, &(struct spk_kube_request){.method = "GET", .path = "/", .stop = &stopper.stop},
        &answer, &err);
    (void)pthread_join(thread, NULL);
    ck_assert_int_eq(rc, -1);
    ck_assert_msg(err.sys == ECANCELED, "%s", err.msg);
    ck_assert_int_lt(spk_clock_mono_ms() - stopper.at_ms, 250);
    must_be_gone(&rig);
    kube_rig_end(&rig);
    spk_stop_done(&stopper.stop);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("plugin");

    spk_json_init();
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, told);
    tcase_add_test(tcase, kept);
    tcase_add_test(tcase, inherits_nothing);
    ADD_ROWS(tcase, renewal, renewed);
    ADD_ROWS(tcase, bad, rows);
    tcase_add_test(tcase, missing);
    tcase_add_test(tcase, stopped);
    return run_case("kube plugin", tcase);
}
