#ifndef SPK_BASE_STOP_H
#define SPK_BASE_STOP_H
/*
 * A switch that is thrown once: what waits for something else, waits for it too. It is a descriptor
 * so that poll(2) and libcurl can wait for it.
 *
 * Threads: throwing and asking are safe from any thread, throwing from a signal handler as well.
 * The owner keeps it until nobody waits any more.
 */

#include "spk/base/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct spk_stop {
    atomic_bool thrown;
    int fd; /* readable from the throw on; never read */
};

/* SPK_EIO without descriptors; the switch is then safe to throw and to end, but nobody wakes. */
int spk_stop_init(struct spk_stop *stop, struct spk_err *err) __attribute__((warn_unused_result));

/* Closes the descriptor. */
void spk_stop_done(struct spk_stop *stop);

void spk_stop_throw(struct spk_stop *stop);

/* NULL is a switch that nobody throws. */
bool spk_stop_thrown(const struct spk_stop *stop);

/* Sleeps for @ms, or until the throw. Return: true when it was thrown. */
bool spk_stop_wait(const struct spk_stop *stop, int64_t ms);

#endif
