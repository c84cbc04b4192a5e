#ifndef SPK_WEBHOOK_DENIALS_H
#define SPK_WEBHOOK_DENIALS_H
/*
 * Which denials of executors are logged. What is held back is counted and said with the next line
 * that passes. The caller gives the time and takes care of locking.
 */

#include "spk/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A driver whose executors are denied asks again about once a second, for ever. */
#define SPK_DENIALS_EACH_MS 60000
#define SPK_DENIALS_APPS    256

struct spk_denial {
    char name[64];  /* legal names have at most 63 characters; longer ones share a line */
    char space[64]; /* the namespace */
    int64_t logged_ms;
    int64_t seen_ms; /* the oldest makes place for a new application */
    uint64_t held;
    bool used;
};

/* Denied executors, one line a minute for each application. */
struct spk_denials {
    struct spk_denial apps[SPK_DENIALS_APPS];
};

/* As spk_throttle_pass(), for one application of one namespace; absent texts are an application
 * too. */
bool spk_denials_pass(struct spk_denials *denials, struct spk_str space, struct spk_str app,
                      int64_t now_ms, uint64_t *held);

#endif
