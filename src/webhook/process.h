#ifndef SPK_WEBHOOK_PROCESS_H
#define SPK_WEBHOOK_PROCESS_H
/* The process as the kernel sees it. */

#include <stdint.h>

/* Resident bytes; 0 when /proc can't say. */
int64_t spk_process_rss(void);

/* Open descriptors; 0 when /proc can't say. */
int64_t spk_process_fds(void);

/* Processor time, user and system. */
int64_t spk_process_cpu_ns(void);

/* Gives up what a server never needs: new privileges by exec, core files, being traced. What the
 * kernel refuses is left as it is. */
void spk_process_harden(void);

/* From now on large blocks, such as bodies, go back to the kernel when they are freed: glibc by
 * itself takes the largest one ever freed for the size that is usual. Before threads start. */
void spk_process_return_blocks(void);

#endif
