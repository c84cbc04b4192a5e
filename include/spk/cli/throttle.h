#ifndef SPK_CLI_THROTTLE_H
#define SPK_CLI_THROTTLE_H
/*
 * Keeps strangers from filling the log: counts the lines that it holds back, and says so with the
 * next one that it lets pass. The caller gives the time and takes care of locking.
 */

#include <stdbool.h>
#include <stdint.h>

/* So many lines a second, and so many at once. */
#define SPK_THROTTLE_PER_S 10

/* A token bucket; a zeroed one is full. */
struct spk_throttle {
    int64_t last_ms;
    int64_t owed; /* thousandths of a line: 0 is a full bucket */
    uint64_t held;
};

/* May a line be written now? *@held is set when true: how many were held back since the last. */
bool spk_throttle_pass(struct spk_throttle *throttle, int64_t now_ms, uint64_t *held);

#endif
