#ifndef SPK_CLI_SIGNALS_H
#define SPK_CLI_SIGNALS_H
/* Signals of a server are waited for, by one thread: nothing is interrupted. */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* SIGTERM, SIGINT and SIGHUP from now on wait for spk_signals_wait(); SIGPIPE is ignored. Before
 * any thread starts: they inherit the mask. */
void spk_signals_block(sigset_t *set);

/* The one that came within @ms, or 0. */
int spk_signals_wait(const sigset_t *set, int64_t ms);

/* Does it ask for the end? */
static inline bool spk_signals_end(int signal)
{
    return signal == SIGTERM || signal == SIGINT;
}

#endif
