/*
 * The process: started with nothing of ours but what it is given, read from, and ended.
 *
 * It dies with us: PR_SET_PDEATHSIG goes with the thread that forked, which waits in here until the
 * end. bin/spark-submit replaces itself by the JVM (exec), which keeps that promise; the launcher
 * that its shell asks first is a child of that, ends within a second and calls nobody.
 */
#include "runner_parts.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Between SIGTERM and SIGKILL: spark-submit ends within one, having told nobody. */
#define GRACE_MS 5000
/* Its own group comes last: status of applications goes before new ones. */
#define NICE     10

struct process {
    int out[2];    /* its output */
    int failed[2]; /* what it could not do before exec; closed by exec */
    int pidfd;
    pid_t pid; /* and process group */
};

/* What the child says of itself before exec. */
struct failure {
    char step[32];
    int sys;
};

static void close_one(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void free_process(struct process *process)
{
    close_one(&process->out[0]);
    close_one(&process->out[1]);
    close_one(&process->failed[0]);
    close_one(&process->failed[1]);
    close_one(&process->pidfd);
}

/* From here to exec_it() in the child, where other threads may have held any lock: system calls
 * only. */
__attribute__((noreturn)) static void give_up(const struct process *process, const char *step)
{
    struct failure failure = {.sys = errno};

    for (size_t i = 0; step[i] && i < sizeof(failure.step) - 1; i++)
        failure.step[i] = step[i];
    (void)!write(process->failed[1], &failure, sizeof(failure));
    for (;;) {
        (void)kill(getpid(), SIGKILL);
        (void)pause();
    }
}

static void reset_signals(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        (void)sigaction(i, &plain, NULL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Short of memory the submission goes, not the controller; no core with its credentials in it. */
static void lower(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd >= 0) {
        (void)!write(fd, "1000", 4);
        (void)close(fd);
    }
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    (void)setpriority(PRIO_PROCESS, 0, NICE);
    (void)umask(077);
}

static void connect_files(const struct process *process)
{
    int null = open("/dev/null", O_RDONLY);

    if (null < 0 || dup2(null, 0) < 0 || dup2(process->out[1], 1) < 0 ||
        dup2(process->out[1], 2) < 0)
        give_up(process, "standard files");
    if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC))
        give_up(process, "close_range");
}

/* As root too it may not look into other processes (CAP_PERFMON reads their environment). */
static void fence_in(const struct process *process, int fence)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {0};

    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &header, none))
        give_up(process, "capset");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        give_up(process, "no_new_privs");
    if (fence >= 0 && syscall(SYS_landlock_restrict_self, fence, 0))
        give_up(process, "landlock_restrict_self");
}

__attribute__((noreturn)) static void exec_it(const struct process *process,
                                              const struct spk_runner_child *child, pid_t parent)
{
    (void)setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
        give_up(process, "parent's death signal");
    if (getppid() != parent)
        (void)kill(getpid(), SIGKILL);
    lower();
    connect_files(process);
    if (chdir(child->folder))
        give_up(process, "working folder");
    fence_in(process, child->fence);
    reset_signals();
    (void)execve(child->path, child->argv, child->env);
    give_up(process, "exec");
}

/* Signals are kept away meanwhile: a handler of ours must not run in the child. */
static pid_t fork_quietly(void)
{
    sigset_t all;
    sigset_t old;
    pid_t pid;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    pid = fork();
    if (pid)
        (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return pid;
}

/* Ends the group, and takes its members away: as the first process of a container we inherit those
 * that nobody has waited for. Return: the leader's status. */
static int end_group(const struct process *process)
{
    int status = 0;
    int other;

    (void)kill(-process->pid, SIGKILL);
    while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
        ;
    while (waitpid(-process->pid, &other, 0) >= 0 || errno == EINTR)
        ;
    return status;
}

/* Waits until exec has closed the pipe, or something has been said through it. */
static int hear(const struct process *process, const char *path, struct spk_err *err)
{
    struct failure failure = {.sys = 0};
    ssize_t n;

    do
        n = read(process->failed[0], &failure, sizeof(failure));
    while (n < 0 && errno == EINTR);
    if (n != sizeof(failure))
        return 0;
    errno = failure.sys;
    return spk_fail_sys(err, "%s: cannot be started: %s", path, failure.step);
}

static int start(struct process *process, const struct spk_runner_child *child, struct spk_err *err)
{
    pid_t parent = getpid();

    if (pipe2(process->out, O_CLOEXEC) || pipe2(process->failed, O_CLOEXEC))
        return spk_fail_sys(err, "pipe");
    (void)fcntl(process->out[0], F_SETFL, O_NONBLOCK);
    process->pid = fork_quietly();
    if (process->pid < 0)
        return spk_fail_sys(err, "%s: fork", child->path);
    if (process->pid == 0)
        exec_it(process, child, parent);
    (void)setpgid(process->pid, process->pid);
    close_one(&process->out[1]);
    close_one(&process->failed[1]);
    process->pidfd = pidfd_open(process->pid, 0);
    if (process->pidfd < 0 ? spk_fail_sys(err, "pidfd_open") : hear(process, child->path, err)) {
        (void)end_group(process);
        return -1;
    }
    return 0;
}

/* Reads what is there, at most so much that a flood does not keep us from looking at the clock. */
static void drain(struct process *process, struct spk_runner_output *output)
{
    char chunk[8192];
    ssize_t n = 1;

    for (unsigned i = 0; i < 16 && n > 0 && process->out[0] >= 0; i++) {
        n = read(process->out[0], chunk, sizeof(chunk));
        if (n > 0)
            spk_runner_output_add(output, chunk, (size_t)n);
        else if (n == 0)
            close_one(&process->out[0]);
    }
}

/* Reads until the leader has ended. Return: 0; 1 at @until_ms; 2 when @stop was thrown. */
static int read_until(struct process *process, struct spk_runner_output *output, int64_t until_ms,
                      const struct spk_stop *stop)
{
    struct pollfd fds[] = {
        {.fd = process->pidfd, .events = POLLIN},
        {.fd = stop ? stop->fd : -1, .events = POLLIN},
        {.fd = process->out[0], .events = POLLIN},
    };

    for (;;) {
        int64_t left = until_ms - spk_clock_mono_ms();
        fds[2].fd = process->out[0];
        if (spk_stop_thrown(stop))
            return 2;
        if (left <= 0)
            return 1;
        (void)poll(fds, SPK_LEN(fds), left < 1000 ? (int)left : 1000);
        drain(process, output);
        if (fds[0].revents & POLLIN)
            return 0;
    }
}

int spk_runner_child(struct spk_run *run, struct spk_runner_output *output,
                     const struct spk_runner_child *child, struct spk_err *err)
{
    SPK_CLEANUP(free_process)
    struct process process = {
        .out = {-1, -1},
        .failed = {-1, -1},
        .pidfd = -1,
    };
    int64_t now_ms = spk_clock_mono_ms();
    int status;
    int cut;

    if (start(&process, child, err))
        return -1;
    cut = read_until(&process, output, now_ms + child->deadline_ms, child->stop);
    if (cut) {
        (void)kill(-process.pid, SIGTERM);
        (void)read_until(&process, output, spk_clock_mono_ms() + GRACE_MS, NULL);
    }
    status = end_group(&process);
    drain(&process, output);
    run->timed_out = cut == 1;
    run->stopped = cut == 2;
    run->exited = WIFEXITED(status);
    run->status = run->exited ? WEXITSTATUS(status) : WTERMSIG(status);
    return 0;
}
