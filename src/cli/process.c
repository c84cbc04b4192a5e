#include "spk/cli/process.h"

#include "spk/base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__)
#define LEAK_CHECK true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAK_CHECK true
#endif
#endif
#ifndef LEAK_CHECK
#define LEAK_CHECK false
#endif

#define LARGE_BLOCK (256 * 1024)

int64_t spk_process_rss(void)
{
    SPK_AUTOFCLOSE FILE *file = fopen("/proc/self/statm", "re");
    int64_t pages;

    if (!file || fscanf(file, "%*d %" SCNd64, &pages) != 1) // NOLINT(cert-err34-c): the kernel's
        return 0;
    return pages * sysconf(_SC_PAGESIZE);
}

int64_t spk_process_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    int64_t count = -1; /* the directory's own */

    if (!dir)
        return 0;
    while ((entry = readdir(dir)) != NULL) // NOLINT(concurrency-mt-unsafe): a stream of ours
        count += entry->d_name[0] != '.';
    (void)closedir(dir);
    return count;
}

int64_t spk_process_cpu_ns(void)
{
    struct timespec used = {0};

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

void spk_process_open_std(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) /* the lowest free number is this one */
            (void)open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
    }
}

bool spk_process_printed(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    (void)fprintf(stderr, "%s: standard output: %s\n", program_invocation_short_name,
                  strerror(errno));
    return false;
}

int64_t spk_process_raise_fds(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return INT64_MAX;
    if (limit.rlim_cur < limit.rlim_max) {
        const struct rlimit raised = {limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    return limit.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

void spk_process_return_blocks(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
}

void spk_process_harden(void)
{
    const struct rlimit none = {0, 0};

    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)setrlimit(RLIMIT_CORE, &none);
    if (!LEAK_CHECK) /* LeakSanitizer traces its own process */
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
