/*
 * A credential plugin as a process: no shell, no standard input, bounded in time and output, and in
 * a process group of its own, so that what it started ends with it when it is cut off. One that
 * ends well may leave a helper behind, as those that cache a login do.
 */
#include "kube_internal.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/limits.h"
#include "spk/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#define RUN_MS     60000
#define REMARK_MAX ((size_t)4096)

struct run {
    int out[2]; /* its standard output */
    int err[2]; /* its standard error */
    int pidfd;
    pid_t pid;
    struct spk_buf text;
    struct spk_buf remarks;
};

static void close_one(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void free_run(struct run *run)
{
    close_one(&run->out[0]);
    close_one(&run->out[1]);
    close_one(&run->err[0]);
    close_one(&run->err[1]);
    close_one(&run->pidfd);
    spk_kube_wipe_buf(&run->text);
    spk_buf_done(&run->remarks);
}

static void free_env(char **env)
{
    for (char **at = env; at && *at; at++)
        spk_kube_wipe(at);
    free(env);
}

static bool is_overridden(const char *entry, const struct spk_kube_exec *exec)
{
    size_t len = strcspn(entry, "=");

    for (size_t i = 0; i < exec->env_count; i++) {
        if (strlen(exec->env[i].name) == len && strncmp(exec->env[i].name, entry, len) == 0)
            return true;
    }
    return strncmp(entry, "KUBERNETES_EXEC_INFO=", 21) == 0;
}

static int add_env(char **slot, const char *name, const char *value)
{
    if (asprintf(slot, "%s=%s", name, value) >= 0)
        return 0;
    *slot = NULL;
    return -1;
}

static size_t count_env(void)
{
    size_t count = 0;

    while (environ[count])
        count++;
    return count;
}

static int fill_env(char **env, const struct spk_kube_exec *exec, const char *info)
{
    for (char **ours = environ; *ours; ours++) {
        if (is_overridden(*ours, exec))
            continue;
        *env = strdup(*ours);
        if (!*env++)
            return -1;
    }
    for (size_t i = 0; i < exec->env_count; i++) {
        if (add_env(env++, exec->env[i].name, exec->env[i].value))
            return -1;
    }
    return add_env(env, "KUBERNETES_EXEC_INFO", info);
}

/* Our environment, the plugin's own variables, KUBERNETES_EXEC_INFO. NULL without memory. */
static char **make_env(const struct spk_kube_exec *exec, const char *info)
{
    char **env = calloc(count_env() + exec->env_count + 2, sizeof(char *));

    if (env && fill_env(env, exec, info) == 0)
        return env;
    free_env(env);
    return NULL;
}

static char **make_argv(const struct spk_kube_exec *exec)
{
    size_t count = 0;
    char **argv;

    while (exec->args && exec->args[count])
        count++;
    argv = calloc(count + 2, sizeof(char *));
    if (argv) {
        argv[0] = exec->command;
        for (size_t i = 0; i < count; i++)
            argv[i + 1] = exec->args[i];
    }
    return argv;
}

static int set_up(posix_spawn_file_actions_t *files, posix_spawnattr_t *how, const struct run *run)
{
    sigset_t none;
    sigset_t all;

    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    return posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0) ||
           posix_spawn_file_actions_adddup2(files, run->out[1], 1) ||
           posix_spawn_file_actions_adddup2(files, run->err[1], 2) ||
           /* libcurl's connections are not closed by exec. */
           posix_spawn_file_actions_addclosefrom_np(files, 3) ||
           posix_spawnattr_setsigmask(how, &none) || posix_spawnattr_setsigdefault(how, &all) ||
           posix_spawnattr_setpgroup(how, 0) ||
           posix_spawnattr_setflags(how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                             POSIX_SPAWN_SETSIGDEF);
}

/* Return: 0, or an errno. */
static int spawn(struct run *run, const struct spk_kube_exec *exec, char **argv, char **env)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    int rc = ENOMEM;

    if (posix_spawn_file_actions_init(&files))
        return rc;
    if (posix_spawnattr_init(&how) == 0) {
        if (set_up(&files, &how, run) == 0)
            rc = posix_spawnp(&run->pid, exec->command, &files, &how, argv, env);
        (void)posix_spawnattr_destroy(&how);
    }
    (void)posix_spawn_file_actions_destroy(&files);
    return rc;
}

static void end(struct run *run)
{
    (void)kill(-run->pid, SIGKILL);
    while (waitpid(run->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static int spawn_with(struct run *run, const struct spk_kube_exec *exec, const char *info,
                      struct spk_err *err)
{
    char **argv = make_argv(exec);
    char **env = make_env(exec, info);
    int rc = env && argv ? spawn(run, exec, argv, env) : ENOMEM;

    free(argv);
    free_env(env);
    errno = rc;
    if (rc == ENOMEM)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    return rc ? spk_fail_sys(err, "cannot be started") : 0;
}

static int open_pipes(struct run *run, struct spk_err *err)
{
    if (pipe2(run->out, O_CLOEXEC | O_NONBLOCK) || pipe2(run->err, O_CLOEXEC | O_NONBLOCK))
        return spk_fail_sys(err, "pipe");
    /* Only our ends are not to wait. */
    (void)fcntl(run->out[1], F_SETFL, 0);
    (void)fcntl(run->err[1], F_SETFL, 0);
    return 0;
}

static int start(struct run *run, const struct spk_kube_config *config, struct spk_err *err)
{
    SPK_AUTOFREE char *info = NULL;

    if (spk_kube_plugin_info(&info, config, err) || open_pipes(run, err) ||
        spawn_with(run, &config->exec, info, err))
        return -1;
    close_one(&run->out[1]);
    close_one(&run->err[1]);
    run->pidfd = pidfd_open(run->pid, 0);
    if (run->pidfd >= 0)
        return 0;
    (void)spk_fail_sys(err, "pidfd_open");
    end(run);
    return -1;
}

/* Reads what is there. The end of file closes @fd. */
static int drain(struct spk_buf *buf, int *fd, struct spk_err *err)
{
    char chunk[4096];
    ssize_t n;
    int rc = 0;

    while (rc == 0 && *fd >= 0 && (n = read(*fd, chunk, sizeof(chunk))) >= 0) {
        if (n == 0)
            close_one(fd);
        else
            rc = spk_buf_add(buf, chunk, (size_t)n, err);
    }
    explicit_bzero(chunk, sizeof(chunk));
    return rc;
}

/* What it remarks is kept as far as there is room, and read so that it can go on. */
static void drain_remarks(struct run *run)
{
    struct spk_buf more;
    struct spk_err none;

    spk_buf_init(&more, (size_t)64 * 1024);
    (void)drain(&more, &run->err[0], &none);
    if (more.len && run->remarks.len + more.len <= REMARK_MAX)
        (void)!spk_buf_add(&run->remarks, more.ptr, more.len, &none);
    spk_buf_done(&more);
}

static int fail_waiting(int sys, const char *why, struct spk_err *err)
{
    (void)spk_fail(err, SPK_EIO, "%s", why);
    err->sys = sys;
    return -1;
}

/* Reads until the process itself has ended. */
static int read_on(struct run *run, const struct spk_kube_limits *limits, struct spk_err *err)
{
    int64_t until_ms = spk_clock_mono_ms() + RUN_MS;
    struct pollfd fds[] = {
        {.fd = run->pidfd, .events = POLLIN},
        {.fd = limits->stop ? limits->stop->fd : -1, .events = POLLIN},
        {.events = POLLIN},
        {.events = POLLIN},
    };

    if (limits->deadline_ms < until_ms)
        until_ms = limits->deadline_ms;
    do {
        int64_t left = until_ms - spk_clock_mono_ms();
        fds[2].fd = run->out[0];
        fds[3].fd = run->err[0];
        if (spk_stop_thrown(limits->stop))
            return fail_waiting(ECANCELED, "stopped", err);
        if (left <= 0)
            return fail_waiting(ETIMEDOUT, "no answer in time", err);
        (void)poll(fds, SPK_LEN(fds), (int)left);
        if (drain(&run->text, &run->out[0], err))
            return -1;
        drain_remarks(run);
    } while (!(fds[0].revents & POLLIN));
    return drain(&run->text, &run->out[0], err);
}

static int check_end(struct run *run, struct spk_err *err)
{
    int status = 0;

    while (waitpid(run->pid, &status, 0) < 0) {
        if (errno != EINTR)
            return spk_fail_sys(err, "waitpid");
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    drain_remarks(run);
    if (run->remarks.ptr)
        spk_one_line(run->remarks.ptr);
    return spk_fail(err, SPK_EIO, "ended with %s %d: %.300s", WIFEXITED(status) ? "code" : "signal",
                    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
                    run->remarks.ptr ? run->remarks.ptr : "without a word");
}

static int run_it(struct spk_kube_credential *out, const struct spk_kube_config *config,
                  const struct spk_kube_limits *limits, struct spk_err *err)
{
    SPK_CLEANUP(free_run)
    struct run run = {.out = {-1, -1}, .err = {-1, -1}, .pidfd = -1};

    spk_buf_init(&run.text, SPK_PLUGIN_OUTPUT_MAX);
    spk_buf_init(&run.remarks, REMARK_MAX);
    if (spk_buf_reserve(&run.text, 16384, err) || start(&run, config, err))
        return -1;
    if (read_on(&run, limits, err)) {
        end(&run);
        return -1;
    }
    if (check_end(&run, err))
        return -1;
    return spk_kube_plugin_parse(out, config, (struct spk_str){run.text.ptr, run.text.len}, err);
}

int spk_kube_plugin_run(struct spk_kube_credential *out, const struct spk_kube_config *config,
                        const struct spk_kube_limits *limits, struct spk_err *err)
{
    const char *hint = config->exec.install_hint;

    if (run_it(out, config, limits, err) == 0)
        return 0;
    if (err->sys == ENOENT && hint) {
        struct spk_err old = *err;
        (void)spk_fail(err, SPK_EIO, "%.200s; %.200s", old.msg, hint);
        err->sys = ENOENT;
    }
    return spk_fail_in(err, "credential plugin \"%.100s\"", config->exec.command);
}
