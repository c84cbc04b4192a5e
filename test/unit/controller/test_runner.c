/* spk_runner_run() with scripts in the place of spark-submit: real processes, good ones and bad. */
#include "../kube/folder.h"
#include "../suite.h"

#include "controller/runner.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

/* Where scripts leave what the test looks at: the fence lets them write nowhere but into the
 * private folder, so they say it and fail, and it comes back as the message. */
#define SAY(text) "echo \"" text "\"; exit 1\n"

struct rig {
    struct folder home; /* of "Spark" */
    struct folder work;
    struct spk_kube_config cluster;
    struct spk_runner_options options;
    struct spk_submission submission;
    struct spk_run run;
};

static void rig_start(struct rig *rig, const char *script)
{
    char bin[128];
    char text[4096];

    *rig = (struct rig){.home = folder_new(), .work = folder_new()};
    (void)snprintf(bin, sizeof(bin), "%s/bin", rig->home.path);
    ck_assert_int_eq(mkdir(bin, 0700), 0);
    (void)snprintf(text, sizeof(text), "#!/bin/bash\n%s", script);
    (void)folder_write(&rig->home, "bin/spark-submit", text);
    rig->cluster = (struct spk_kube_config){
        .source = strdup("test"),
        .server = strdup("https://127.0.0.1:1"),
        .token = strdup("the token"),
        .ca = strdup("the CA"),
    };
    rig->options = (struct spk_runner_options){
        .homes = {{.path = rig->home.path}},
        .home_count = 1,
        .work_folder = rig->work.path,
        .java_home = "/usr",
        .deadline_ms = 20000,
        .cluster = &rig->cluster,
    };
    rig->submission = (struct spk_submission){
        .properties = json_pack("{s:s, s:s}", "spark.app.name", "pi", "spark.master", "local"),
        .arguments = json_pack("[s, s, s, s]", "--class", "Pi", "local:///pi.jar", "1000"),
    };
}

static int submit(struct rig *rig, const struct spk_stop *stop, struct spk_err *err)
{
    return spk_runner_run(&rig->run, &rig->submission, SPK_LIT("3.5.7"), &rig->options, stop, err);
}

static void submit_well(struct rig *rig, const struct spk_stop *stop)
{
    struct spk_err err = {0};

    ck_assert_msg(submit(rig, stop, &err) == 0, "%s", err.msg);
}

static unsigned count_files(const char *path)
{
    DIR *dir = opendir(path);
    unsigned count = 0;

    ck_assert_ptr_nonnull(dir);
    while (readdir(dir))
        count++;
    (void)closedir(dir);
    return count - 2;
}

/* Whatever happened, nothing stays behind. */
static void rig_end(struct rig *rig)
{
    char bin[128];

    ck_assert_uint_eq(count_files(rig->work.path), 0);
    spk_kube_config_done(&rig->cluster);
    json_decref(rig->submission.properties);
    json_decref(rig->submission.arguments);
    json_decref(rig->submission.driver_template);
    (void)unlink(folder_file(&rig->home, "bin/spark-submit"));
    (void)snprintf(bin, sizeof(bin), "%s/bin", rig->home.path);
    (void)rmdir(bin);
    folder_done(&rig->home);
    folder_done(&rig->work);
}

/* What a script says of itself in a run, as the message. */
static const struct {
    const char *name;
    const char *script;
    const char *expect;
} told[] = {
    {"arguments", SAY("$*|${2##*/}"),
     " --deploy-mode cluster --class Pi local:///pi.jar 1000|spark.properties"},
    {"the master is ours",
     SAY("$(grep -c '^spark.master=k8s\\\\:\\/\\/https\\\\:\\/\\/127.0.0.1\\\\:1$' $2)$(grep -c "
         "master $2)"),
     "11"},
    {"their own", SAY("$(grep app.name $2)"), "spark.app.name=pi"},
    {"the token",
     SAY("$(cat $(sed -n 's/^spark.kubernetes.authenticate.submission.oauthTokenFile=//p' $2))"),
     "the token"},
    {"the CA",
     SAY("$(cat $(sed -n 's/^spark.kubernetes.authenticate.submission.caCertFile=//p' $2))"),
     "the CA"},
    {"modes", SAY("$(stat -c %a . conf home $2 token | tr '\\n' ' ')"), "700 700 700 600 600 "},
    {"nothing in the configuration", SAY("$(ls -A $SPARK_CONF_DIR $HOME | tr '\\n' ' ')"),
     "/conf:  "},
    {"no variable of ours", SAY("${SPK_TEST_SECRET-none} $(env | grep -c SPK_)"), "none 0"},
    {"no descriptor of ours", SAY("$(ls /proc/$$/fd | tr '\\n' ' ')"), "0 1 2 255 "},
    {"nothing to read", SAY("$(wc -c)"), "0"},
    {"its own group", SAY("$(($$ - $(cut -d' ' -f5 /proc/$$/stat)))"), "0"},
    {"signals as they were",
     "exec awk '/Sig(Blk|Ign)/{s = s $2} END{print s + 0; exit 1}' /proc/self/status", "0"},
    {"no core", SAY("$(ulimit -c)"), "0"},
    {"first out of memory", SAY("$(cat /proc/$$/oom_score_adj)"), "1000"},
    {"behind everybody else", SAY("$(cut -d' ' -f19 /proc/$$/stat)"), "10"},
};

START_TEST(tells)
{
    struct rig rig;

    (void)setenv("SPK_TEST_SECRET", "s3cret", 1);
    rig_start(&rig, told[_i].script);
    submit_well(&rig, NULL);
    ck_assert_msg(rig.run.exited && rig.run.status == 1 && strstr(rig.run.message, told[_i].expect),
                  "%s: %s", told[_i].name, rig.run.message);
    rig_end(&rig);
}
END_TEST

START_TEST(succeeds)
{
    struct rig rig;

    rig_start(&rig, "echo well >&2\n");
    submit_well(&rig, NULL);
    ck_assert(rig.run.exited && rig.run.status == 0 && !rig.run.timed_out && !rig.run.stopped);
    ck_assert_str_eq(rig.run.message, "");
    rig_end(&rig);
}
END_TEST

START_TEST(ends_by_a_signal)
{
    struct rig rig;

    rig_start(&rig, "echo ouch; kill -SEGV $$\n");
    submit_well(&rig, NULL);
    ck_assert(!rig.run.exited && rig.run.status == SIGSEGV);
    ck_assert_str_eq(rig.run.message, "ouch");
    rig_end(&rig);
}
END_TEST

/* 100 MB, whose first and last lines count. */
START_TEST(floods)
{
    struct rig rig;

    rig_start(&rig, "yes | head -c 100000000\necho the end\nexit 3\n");
    submit_well(&rig, NULL);
    ck_assert(rig.run.exited && rig.run.status == 3);
    ck_assert_str_eq(rig.run.message, "the end");
    rig_end(&rig);
}
END_TEST

/* Grandchildren that hold the output open don't hold us, and go with the group. */
START_TEST(leaves_nobody)
{
    struct rig rig;
    pid_t left;

    rig_start(&rig, "sleep 1000 &\n(trap '' TERM; sleep 1000) &\necho $!; exit 1\n");
    submit_well(&rig, NULL);
    left = (pid_t)strtol(rig.run.message, NULL, 10);
    ck_assert_int_gt(left, 1);
    for (unsigned i = 0; i < 200 && kill(left, 0) == 0; i++)
        (void)usleep(10000);
    ck_assert(kill(left, 0) == -1 && errno == ESRCH);
    rig_end(&rig);
}
END_TEST

static const struct {
    const char *name;
    const char *script;
    int64_t at_most_ms;
} slow[] = {
    {"sleeps", "exec sleep 1000\n", 2000},
    {"waits", "sleep 1000\n", 2000},
    {"holds on", "trap '' TERM\nwhile :; do sleep 1; done\n", 7000},
    {"floods", "exec yes\n", 2000},
    {"says nothing", "exec >&- 2>&-\nsleep 1000\n", 2000},
};

START_TEST(is_in_time)
{
    int64_t start = spk_clock_mono_ms();
    struct rig rig;

    rig_start(&rig, slow[_i].script);
    rig.options.deadline_ms = 300;
    submit_well(&rig, NULL);
    ck_assert_msg(rig.run.timed_out && !rig.run.stopped && !rig.run.exited, "%s", slow[_i].name);
    ck_assert_msg(spk_clock_mono_ms() - start < slow[_i].at_most_ms + 1000, "%s", slow[_i].name);
    rig_end(&rig);
}
END_TEST

static void *throw_soon(void *stop)
{
    (void)usleep(200000);
    spk_stop_throw(stop);
    return NULL;
}

START_TEST(stops)
{
    struct spk_stop stop;
    struct spk_err err;
    struct rig rig;
    pthread_t thread;

    ck_assert_int_eq(spk_stop_init(&stop, &err), 0);
    rig_start(&rig, "sleep 1000\n");
    ck_assert_int_eq(pthread_create(&thread, NULL, throw_soon, &stop), 0);
    submit_well(&rig, &stop);
    (void)pthread_join(thread, NULL);
    ck_assert(rig.run.stopped && !rig.run.timed_out && !rig.run.exited);
    spk_stop_done(&stop);
    rig_end(&rig);
}
END_TEST

static const struct {
    const char *name;
    const char *arguments;
    const char *expect;
} refused[] = {
    {"an option", "[\"--conf\", \"spark.master=x\", \"local:///a\"]", "expected --class"},
    {"one with a sign", "[\"--class=X\", \"y\", \"local:///a\"]", "expected --class"},
    {"no file", "[\"--class\", \"X\"]", "application's file"},
    {"nothing", "[]", "application's file"},
    {"an empty file", "[\"\"]", "application's file"},
    {"no value", "[\"--class\"]", "without NUL"},
    {"a NUL", "[\"local:///a\", \"x\\u0000y\"]", "without NUL"},
    {"the launcher's own", "[\"--class\", \"org.apache.spark.repl.Main\", \"a\"]", "cluster mode"},
};

START_TEST(refuses_arguments)
{
    struct spk_err err = {0};
    struct rig rig;

    rig_start(&rig, "exit 0\n");
    json_decref(rig.submission.arguments);
    rig.submission.arguments = json_loads(refused[_i].arguments, JSON_ALLOW_NUL, NULL);
    ck_assert_ptr_nonnull(rig.submission.arguments);
    ck_assert_msg(submit(&rig, NULL, &err) == -1 && err.code == SPK_EINVALID &&
                      strstr(err.msg, refused[_i].expect),
                  "%s: %s", refused[_i].name, err.msg);
    rig_end(&rig);
}
END_TEST

START_TEST(cannot_start)
{
    struct spk_err err = {0};
    struct rig rig;

    rig_start(&rig, "exit 0\n");
    (void)chmod(folder_file(&rig.home, "bin/spark-submit"), 0600);
    ck_assert_int_eq(submit(&rig, NULL, &err), -1);
    ck_assert_msg(err.code == SPK_EIO && err.sys == EACCES && strstr(err.msg, "bin/spark-submit"),
                  "%s", err.msg);
    rig_end(&rig);
}
END_TEST

/* What the fence holds: a file of ours is there and can't be read, nor can we be looked into. */
START_TEST(is_fenced)
{
    struct rig rig;
    char script[512];

    if (!spk_runner_fenced())
        return;
    rig_start(&rig, "");
    (void)snprintf(script, sizeof(script),
                   "#!/bin/bash\nseen=\ncat %s/secret && seen+=' read'\n"
                   "cat /proc/%d/environ && seen+=' environment'\n"
                   "echo x >%s/new && seen+=' written'\nls %s && seen+=' listed'\n"
                   "echo x >tmp/new && seen+=' fine'\necho \"saw$seen\"; exit 1\n",
                   rig.work.path, (int)getpid(), rig.work.path, rig.work.path);
    (void)folder_write(&rig.work, "secret", "hidden");
    (void)folder_write(&rig.home, "bin/spark-submit", script);
    submit_well(&rig, NULL);
    (void)unlink(folder_file(&rig.work, "secret"));
    ck_assert_str_eq(rig.run.message, "saw fine");
    rig_end(&rig);
}
END_TEST

static void try_home(const char *version, const char *expect)
{
    const struct spk_runner_options options = {
        .homes = {{"4", "/4"}, {"4.0", "/4.0"}, {NULL, "/any"}, {"3.5.7", "/3.5.7"}},
        .home_count = 4,
    };
    const char *home = NULL;
    struct spk_err err;

    ck_assert_int_eq(spk_runner_home(&home, &options, spk_str(version), &err), 0);
    ck_assert_str_eq(home, expect);
}

START_TEST(chooses_a_home)
{
    const struct spk_runner_options one = {.homes = {{"3.5", "/3.5"}}, .home_count = 1};
    const char *home;
    struct spk_err err;

    try_home("4.0.1", "/4.0");
    try_home("4.0", "/4.0");
    try_home("4.01", "/4");
    try_home("4.1.0-preview1", "/4");
    try_home("41.0", "/any");
    try_home("v3.5.7", "/3.5.7");
    try_home("3.5.7-SNAPSHOT", "/3.5.7");
    try_home("3.5", "/any");
    try_home("", "/any");
    ck_assert_int_eq(spk_runner_home(&home, &one, SPK_LIT("4.0"), &err), -1);
    ck_assert_msg(err.code == SPK_EINVALID && strstr(err.msg, "sparkVersion: found 4.0") &&
                      strstr(err.msg, ": 3.5"),
                  "%s", err.msg);
}
END_TEST

/* The folder of a controller that was killed goes with the next start, a living one's does not. */
START_TEST(sweeps)
{
    struct spk_err err;
    struct rig rig;
    pid_t controller;

    rig_start(&rig, "mkdir -p tmp/a/b; ln -s / tmp/a/b/root; chmod 0 tmp/a; exec sleep 1000\n");
    controller = fork();
    if (controller == 0) {
        (void)submit(&rig, NULL, &err);
        (void)raise(SIGKILL);
    }
    for (unsigned i = 0; i < 500 && count_files(rig.work.path) == 0; i++)
        (void)usleep(10000);
    (void)usleep(300000);
    ck_assert_int_eq(spk_runner_sweep(rig.work.path, &err), 0);
    ck_assert_uint_eq(count_files(rig.work.path), 1);
    (void)kill(controller, SIGKILL);
    (void)waitpid(controller, NULL, 0);
    ck_assert_int_eq(mkdir(folder_file(&rig.work, "other"), 0700), 0);
    ck_assert_int_eq(spk_runner_sweep(rig.work.path, &err), 0);
    ck_assert_uint_eq(count_files(rig.work.path), 1);
    ck_assert_int_eq(rmdir(folder_file(&rig.work, "other")), 0);
    rig_end(&rig);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("runner");

    tcase_set_timeout(tcase, 60);
    ADD_ROWS(tcase, tells, told);
    tcase_add_test(tcase, succeeds);
    tcase_add_test(tcase, ends_by_a_signal);
    tcase_add_test(tcase, floods);
    tcase_add_test(tcase, leaves_nobody);
    ADD_ROWS(tcase, is_in_time, slow);
    tcase_add_test(tcase, stops);
    ADD_ROWS(tcase, refuses_arguments, refused);
    tcase_add_test(tcase, cannot_start);
    tcase_add_test(tcase, is_fenced);
    tcase_add_test(tcase, chooses_a_home);
    tcase_add_test(tcase, sweeps);
    return run_case("controller/runner", tcase);
}
