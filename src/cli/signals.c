#include "spk/cli/signals.h"

#include <time.h>

void spk_signals_block(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

int spk_signals_wait(const sigset_t *set, int64_t ms)
{
    const struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    int got = sigtimedwait(set, NULL, &wait);

    return got > 0 ? got : 0;
}
