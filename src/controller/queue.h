#ifndef SPK_CONTROLLER_QUEUE_H
#define SPK_CONTROLLER_QUEUE_H
/*
 * Keys of objects to be looked at. A key is in it once, however often it was added; it is never
 * given to two workers at once: what is added while a worker has it comes again when it is done.
 * A key may be told to come at a time, or after a failure with growing delays (jittered, 50 ms
 * doubled to 60 s). Namespaces take turns, so that who adds ten thousand keys delays himself and
 * nobody else; within one it is first come, first served.
 *
 * Threads: all safe. Spec: client-go util/workqueue
 */

#include "spk/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spk_queue;

int spk_queue_new(struct spk_queue **out, struct spk_err *err) __attribute__((warn_unused_result));
void spk_queue_free(struct spk_queue *queue); /* after the workers have ended */

/* Now, at once; what spk_queue_add_last() has added no longer waits. SPK_ENOMEM. */
int spk_queue_add(struct spk_queue *queue, const char *key, struct spk_err *err);

/* Now, but behind all that spk_queue_add() has added and will add, except that one of eight is from
 * here. What is ready stays where it is; what a worker has comes as by spk_queue_add(), as it may
 * be news that came too late for it. SPK_ENOMEM. */
int spk_queue_add_last(struct spk_queue *queue, const char *key, struct spk_err *err);

/* With how many workers these may be at a time, so that some are always near for the others;
 * without this, with all. */
void spk_queue_limit_last(struct spk_queue *queue, size_t most);

/* In @ms, unless it comes earlier for another reason: it comes once, and whoever takes it makes
 * the next appointment. An earlier appointment of the same key stays. */
int spk_queue_add_after(struct spk_queue *queue, const char *key, int64_t ms, struct spk_err *err);

/**
 * spk_queue_take() - wait for a key
 * @key: a copy, to be freed; spk_queue_done() must follow
 * Return: 0, or 1 when the queue was closed
 */
int spk_queue_take(struct spk_queue *queue, char **key);

/* The worker is through with it. @failed: come again after a back-off, else its failures are
 * forgotten. */
void spk_queue_done(struct spk_queue *queue, const char *key, bool failed);

/* Wakes all takers, which get 1 from now on. */
void spk_queue_close(struct spk_queue *queue);

struct spk_queue_counts {
    size_t depth; /* ready */
    size_t delayed;
    size_t taken; /* with workers */
    int64_t added;
    int64_t retried;
    int64_t oldest_ms; /* how long the one that waits longest has been ready */
};

struct spk_queue_counts spk_queue_counts(struct spk_queue *queue);

#endif
