/*
 * Keys are found in a tree (tsearch(3)); those that are ready form a list for each namespace, first
 * come first served, and the namespaces with such keys a ring in which they take turns; what can
 * wait has another such ring. Those with an appointment are also in a heap, the next one on top. A
 * key that is neither ready nor with a worker nor has an appointment is forgotten, so the queue is
 * as big as the set of keys that something is to be done about.
 */
#include "controller/queue.h"

#include "spk/base/clock.h"
#include "spk/base/str.h"

#include <pthread.h>
#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#define BACKOFF_MS    50
#define BACKOFF_MAX   60000
#define DOUBLINGS     11 /* 50 ms << 11 is above the most */
#define NO_MEMORY_MS  100
#define HEAP_FIRST    64
#define NOT_APPOINTED SIZE_MAX

/* Every so many keys one that can wait is given, though others are ready. */
#define PATIENCE 8

/* Keys of one namespace that are ready. */
struct line {
    TAILQ_ENTRY(line) turn; /* in the ring, while there are some */
    TAILQ_HEAD(, item) items;
};

/* Lines, in the order of their turns. */
TAILQ_HEAD(ring, line);

struct row {
    struct line lines[2]; /* [can_wait] */
    size_t items;         /* ready or not */
    char ns[];
};

struct item {
    struct row *row;
    TAILQ_ENTRY(item) place_in_line;
    int64_t ready_ms; /* since when */
    int64_t due_ms;
    size_t place; /* in the heap */
    unsigned failures;
    bool ready;
    bool taken;
    bool again;      /* added while taken */
    bool can_wait;   /* for the other ring */
    bool given_last; /* to the worker that has it, as one that could wait */
    char key[];
};

struct spk_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void *keys; /* of tsearch(): the items' keys */
    size_t items;
    void *rows;           /* of tsearch(): the rows' namespaces */
    struct ring rings[2]; /* [can_wait] */
    unsigned impatient;   /* keys given in a row while some that can wait were ready */
    size_t last_taken;    /* with workers, of those that could wait */
    size_t last_most;     /* at one time */
    struct item **heap;
    size_t appointed;
    size_t room; /* in the heap: for every item, so that an appointment can't fail */
    struct spk_queue_counts counts;
    bool closed;
};

/* --------------------------------------------------------------------------- the heap */

static void put_at(struct spk_queue *queue, struct item *item, size_t place)
{
    queue->heap[place] = item;
    item->place = place;
}

static void move_up(struct spk_queue *queue, struct item *item)
{
    size_t place = item->place;

    while (place > 0 && queue->heap[(place - 1) / 2]->due_ms > item->due_ms) {
        put_at(queue, queue->heap[(place - 1) / 2], place);
        place = (place - 1) / 2;
    }
    put_at(queue, item, place);
}

static void move_down(struct spk_queue *queue, struct item *item)
{
    size_t place = item->place;

    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= queue->appointed)
            break;
        if (child + 1 < queue->appointed &&
            queue->heap[child + 1]->due_ms < queue->heap[child]->due_ms)
            child++;
        if (queue->heap[child]->due_ms >= item->due_ms)
            break;
        put_at(queue, queue->heap[child], place);
        place = child;
    }
    put_at(queue, item, place);
}

static void cancel(struct spk_queue *queue, struct item *item)
{
    struct item *last;

    if (item->place == NOT_APPOINTED)
        return;
    last = queue->heap[--queue->appointed];
    if (last != item) {
        put_at(queue, last, item->place);
        move_up(queue, last);
        move_down(queue, last);
    }
    item->place = NOT_APPOINTED;
}

/* The earlier one of two appointments stays. */
static void appoint(struct spk_queue *queue, struct item *item, int64_t due_ms)
{
    if (item->place != NOT_APPOINTED && item->due_ms <= due_ms)
        return;
    item->due_ms = due_ms;
    if (item->place == NOT_APPOINTED)
        put_at(queue, item, queue->appointed++);
    move_up(queue, item);
}

static int make_room(struct spk_queue *queue)
{
    size_t room = queue->room ? 2 * queue->room : HEAP_FIRST;
    struct item **heap;

    if (queue->items < queue->room)
        return 0;
    heap = realloc(queue->heap, room * sizeof(struct item *));
    if (!heap)
        return -1;
    queue->heap = heap;
    queue->room = room;
    return 0;
}

/* --------------------------------------------------------------------------- items */

/* What is in the tree are the keys: to find one takes no memory. */
static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static struct item *item_at(void *key)
{
    return (struct item *)(void *)((char *)key - offsetof(struct item, key));
}

static void free_item(void *key)
{
    free(item_at(key));
}

static struct item *find(const struct spk_queue *queue, const char *key)
{
    char *const *node = tfind(key, &queue->keys, compare);

    return node ? item_at(*node) : NULL;
}

/* Of VERSION/NAMESPACE/NAME; "" for what is no such key. */
static struct spk_str ns_of(const char *key)
{
    const char *first = strchr(key, '/');
    const char *second = first ? strchr(first + 1, '/') : NULL;

    return second ? (struct spk_str){first + 1, (size_t)(second - first - 1)} : (struct spk_str){0};
}

static struct row *row_at(void *ns)
{
    return (struct row *)(void *)((char *)ns - offsetof(struct row, ns));
}

static void free_row(void *ns)
{
    free(row_at(ns));
}

/* NULL without memory. */
static struct row *find_or_make_row(struct spk_queue *queue, const char *key)
{
    struct spk_str ns = ns_of(key);
    struct row *row = calloc(1, sizeof(*row) + ns.len + 1);
    char **node;

    if (!row)
        return NULL;
    if (ns.len)
        memcpy(row->ns, ns.ptr, ns.len);
    TAILQ_INIT(&row->lines[false].items);
    TAILQ_INIT(&row->lines[true].items);
    node = tsearch(row->ns, &queue->rows, compare);
    if (!node || *node != row->ns)
        free(row);
    return node ? row_at(*node) : NULL;
}

static void forget_empty_row(struct spk_queue *queue, struct row *row)
{
    if (row->items)
        return;
    (void)tdelete(row->ns, &queue->rows, compare);
    free(row);
}

/* NULL without memory. */
static struct item *make(struct spk_queue *queue, const char *key)
{
    size_t size = strlen(key) + 1;
    struct row *row = find_or_make_row(queue, key);
    struct item *item = row ? calloc(1, sizeof(*item) + size) : NULL;

    if (item) {
        memcpy(item->key, key, size);
        item->place = NOT_APPOINTED;
        item->row = row;
    }
    if (item && tsearch(item->key, &queue->keys, compare)) {
        row->items++;
        queue->items++;
        return item;
    }
    free(item);
    if (row)
        forget_empty_row(queue, row);
    return NULL;
}

/* NULL without memory. */
static struct item *find_or_make(struct spk_queue *queue, const char *key)
{
    struct item *item = find(queue, key);

    if (item || make_room(queue))
        return item;
    return make(queue, key);
}

static void forget_idle(struct spk_queue *queue, struct item *item)
{
    if (item->ready || item->taken || item->place != NOT_APPOINTED)
        return;
    (void)tdelete(item->key, &queue->keys, compare);
    queue->items--;
    item->row->items--;
    forget_empty_row(queue, item->row);
    free(item);
}

static void line_up(struct spk_queue *queue, struct item *item, bool can_wait)
{
    struct line *line = &item->row->lines[can_wait];

    if (TAILQ_EMPTY(&line->items))
        TAILQ_INSERT_TAIL(&queue->rings[can_wait], line, turn);
    TAILQ_INSERT_TAIL(&line->items, item, place_in_line);
    item->can_wait = can_wait;
}

static void leave_line(struct spk_queue *queue, struct item *item)
{
    struct line *line = &item->row->lines[item->can_wait];

    TAILQ_REMOVE(&line->items, item, place_in_line);
    if (TAILQ_EMPTY(&line->items))
        TAILQ_REMOVE(&queue->rings[item->can_wait], line, turn);
}

static void append(struct spk_queue *queue, struct item *item)
{
    line_up(queue, item, item->can_wait);
    item->ready = true;
    item->ready_ms = spk_clock_mono_ms();
    queue->counts.depth++;
    (void)pthread_cond_signal(&queue->changed);
}

/* What could wait, and now can't. */
static void hurry(struct spk_queue *queue, struct item *item)
{
    leave_line(queue, item);
    line_up(queue, item, false);
    (void)pthread_cond_signal(&queue->changed);
}

static void make_ready(struct spk_queue *queue, struct item *item)
{
    if (item->taken)
        item->again = true;
    else if (!item->ready)
        append(queue, item);
}

static void fulfil_appointments(struct spk_queue *queue, int64_t now_ms)
{
    while (queue->appointed && queue->heap[0]->due_ms <= now_ms) {
        struct item *item = queue->heap[0];
        cancel(queue, item);
        make_ready(queue, item);
    }
}

/* --------------------------------------------------------------------------- begin and end */

int spk_queue_new(struct spk_queue **out, struct spk_err *err)
{
    struct spk_queue *queue = calloc(1, sizeof(*queue));
    pthread_condattr_t attr;

    if (!queue)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    queue->last_most = SIZE_MAX;
    TAILQ_INIT(&queue->rings[false]);
    TAILQ_INIT(&queue->rings[true]);
    (void)pthread_mutex_init(&queue->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&queue->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
    *out = queue;
    return 0;
}

void spk_queue_free(struct spk_queue *queue)
{
    if (!queue)
        return;
    tdestroy(queue->keys, free_item);
    tdestroy(queue->rows, free_row);
    free(queue->heap);
    (void)pthread_cond_destroy(&queue->changed);
    (void)pthread_mutex_destroy(&queue->lock);
    free(queue);
}

void spk_queue_limit_last(struct spk_queue *queue, size_t most)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->last_most = most;
    (void)pthread_mutex_unlock(&queue->lock);
}

void spk_queue_close(struct spk_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    (void)pthread_cond_broadcast(&queue->changed);
    (void)pthread_mutex_unlock(&queue->lock);
}

/* --------------------------------------------------------------------------- in */

static int add_now(struct spk_queue *queue, const char *key, bool can_wait, struct spk_err *err)
{
    struct item *item;

    (void)pthread_mutex_lock(&queue->lock);
    item = find_or_make(queue, key);
    if (item) {
        queue->counts.added++;
        if (!item->ready)
            item->can_wait = can_wait && !item->taken;
        else if (item->can_wait && !can_wait)
            hurry(queue, item);
        make_ready(queue, item);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return item ? 0 : spk_fail(err, SPK_ENOMEM, "%s: out of memory", key);
}

int spk_queue_add(struct spk_queue *queue, const char *key, struct spk_err *err)
{
    return add_now(queue, key, false, err);
}

int spk_queue_add_last(struct spk_queue *queue, const char *key, struct spk_err *err)
{
    return add_now(queue, key, true, err);
}

int spk_queue_add_after(struct spk_queue *queue, const char *key, int64_t ms, struct spk_err *err)
{
    struct item *item;

    if (ms <= 0)
        return spk_queue_add(queue, key, err);
    (void)pthread_mutex_lock(&queue->lock);
    item = find_or_make(queue, key);
    if (item && !item->ready) {
        appoint(queue, item, spk_clock_mono_ms() + ms);
        (void)pthread_cond_signal(&queue->changed);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return item ? 0 : spk_fail(err, SPK_ENOMEM, "%s: out of memory", key);
}

/* --------------------------------------------------------------------------- out */

/* Until something is ready, or may be. */
static void wait_for_more(struct spk_queue *queue, int64_t until_ms)
{
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};

    if (until_ms == INT64_MAX)
        (void)pthread_cond_wait(&queue->changed, &queue->lock);
    else
        (void)pthread_cond_timedwait(&queue->changed, &queue->lock, &until);
}

/* Of the line whose turn it is; that goes to the end. */
static struct item *pop(struct spk_queue *queue, struct ring *ring)
{
    struct line *line = TAILQ_FIRST(ring);
    struct item *item = TAILQ_FIRST(&line->items);

    leave_line(queue, item);
    if (!TAILQ_EMPTY(&line->items)) {
        TAILQ_REMOVE(ring, line, turn);
        TAILQ_INSERT_TAIL(ring, line, turn);
    }
    return item;
}

/* The ring whose turn it is; NULL when no worker may have anything now. */
static struct ring *ring_of_turn(struct spk_queue *queue)
{
    struct ring *first = &queue->rings[false];
    struct ring *last = &queue->rings[true];
    bool patient = !TAILQ_EMPTY(last) && queue->last_taken < queue->last_most;

    if (patient && (TAILQ_EMPTY(first) || queue->impatient >= PATIENCE))
        return last;
    return TAILQ_EMPTY(first) ? NULL : first;
}

static void count_given(struct spk_queue *queue, struct item *item)
{
    item->given_last = item->can_wait;
    queue->last_taken += item->given_last;
    queue->impatient =
        !item->given_last && !TAILQ_EMPTY(&queue->rings[true]) ? queue->impatient + 1 : 0;
    queue->counts.depth--;
    queue->counts.taken++;
}

/* The first one that is ready. What it was to come for later, it comes for now. */
static char *give_first(struct spk_queue *queue, struct ring *ring)
{
    char *copy = strdup(TAILQ_FIRST(&TAILQ_FIRST(ring)->items)->key);
    struct item *item;

    if (!copy)
        return NULL;
    item = pop(queue, ring);
    item->ready = false;
    item->taken = true;
    cancel(queue, item);
    count_given(queue, item);
    return copy;
}

int spk_queue_take(struct spk_queue *queue, char **key)
{
    char *given = NULL;

    (void)pthread_mutex_lock(&queue->lock);
    while (!given && !queue->closed) {
        int64_t now_ms = spk_clock_mono_ms();
        struct ring *ring;
        int64_t until_ms;

        fulfil_appointments(queue, now_ms);
        until_ms = queue->appointed ? queue->heap[0]->due_ms : INT64_MAX;
        ring = ring_of_turn(queue);
        if (ring) {
            given = give_first(queue, ring);
            until_ms = now_ms + NO_MEMORY_MS;
        }
        if (!given)
            wait_for_more(queue, until_ms);
    }
    /* Whoever was woken for this one may have to watch the clock for the next. */
    if (given && (queue->counts.depth || queue->appointed))
        (void)pthread_cond_signal(&queue->changed);
    (void)pthread_mutex_unlock(&queue->lock);
    if (!given)
        return 1;
    *key = given;
    return 0;
}

static int64_t backoff_ms(unsigned failures)
{
    unsigned doublings = failures - 1 < DOUBLINGS ? failures - 1 : DOUBLINGS;
    unsigned ms = (unsigned)BACKOFF_MS << doublings;
    unsigned drawn = 0;

    ms = ms < BACKOFF_MAX ? ms : BACKOFF_MAX;
    (void)!getrandom(&drawn, sizeof(drawn), GRND_NONBLOCK);
    return ms / 2 + drawn % (ms / 2 + 1);
}

void spk_queue_done(struct spk_queue *queue, const char *key, bool failed)
{
    struct item *item;

    (void)pthread_mutex_lock(&queue->lock);
    item = find(queue, key);
    if (item && item->taken) {
        queue->counts.taken--;
        queue->last_taken -= item->given_last;
        queue->counts.retried += failed;
        item->failures = failed ? item->failures + 1 : 0;
        item->taken = false;
        if (failed)
            appoint(queue, item, spk_clock_mono_ms() + backoff_ms(item->failures));
        if (item->again)
            append(queue, item);
        item->again = false;
        (void)pthread_cond_signal(&queue->changed);
        forget_idle(queue, item);
    }
    (void)pthread_mutex_unlock(&queue->lock);
}

static int64_t oldest_ms(const struct ring *ring, int64_t now_ms)
{
    const struct line *line;
    int64_t since_ms = now_ms;

    TAILQ_FOREACH(line, ring, turn)
    {
        const struct item *first = TAILQ_FIRST(&line->items);

        if (first->ready_ms < since_ms)
            since_ms = first->ready_ms;
    }
    return now_ms - since_ms;
}

struct spk_queue_counts spk_queue_counts(struct spk_queue *queue)
{
    int64_t now_ms = spk_clock_mono_ms();
    struct spk_queue_counts counts;
    int64_t waiting_ms;

    (void)pthread_mutex_lock(&queue->lock);
    counts = queue->counts;
    counts.delayed = queue->appointed;
    counts.oldest_ms = oldest_ms(&queue->rings[false], now_ms);
    waiting_ms = oldest_ms(&queue->rings[true], now_ms);
    if (counts.oldest_ms < waiting_ms)
        counts.oldest_ms = waiting_ms;
    (void)pthread_mutex_unlock(&queue->lock);
    return counts;
}
