#include "webhook/process.h"

#include "spk/base/cleanup.h"

#include <dirent.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
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
