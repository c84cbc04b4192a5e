#ifndef SPK_CLI_PROCESS_H
#define SPK_CLI_PROCESS_H
/* The process as the kernel sees it. */

#include <stdbool.h>
#include <stdint.h>

/* Resident bytes; 0 when /proc can't say. */
int64_t spk_process_rss(void);

/* Open descriptors; 0 when /proc can't say. */
int64_t spk_process_fds(void);

/* Processor time, user and system. */
int64_t spk_process_cpu_ns(void);

/* First of all: a standard descriptor that was closed is opened on /dev/null, the wrong way round,
 * so that it fails as a closed one does. Otherwise a socket would get its number, and be written
 * log lines. */
void spk_process_open_std(void);

/* Is all that was printed really out? If not, standard error says why, behind the program's name.
 */
bool spk_process_printed(void);

/* Raises the soft limit of open descriptors to the hard one. Return: what it is now. */
int64_t spk_process_raise_fds(void);

/* Gives up what a server never needs: new privileges by exec, core files, being traced. What the
 * kernel refuses is left as it is. */
void spk_process_harden(void);

/* From now on large blocks, such as bodies, go back to the kernel when they are freed: glibc by
 * itself takes the largest one ever freed for the size that is usual. Before threads start. */
void spk_process_return_blocks(void);

#endif
