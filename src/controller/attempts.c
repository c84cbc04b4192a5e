#include "controller/attempts.h"

#include "spk/app/executors.h"
#include "spk/base/cleanup.h"
#include "spk/base/clock.h"
#include "spk/base/limits.h"
#include "spk/json/dump.h"

#include <pthread.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Executors' states are written at most this often: a job with a thousand of them starts them in
 * some seconds, and each write is one of etcd's. */
#define EXECUTORS_MS 1000

struct attempt {
    char *key;
    char id[40];
    enum spk_child child;
    bool called_off; /* by whoever no longer wants it, while it is at work */
    char *message;
    char *object;          /* while it waits: as text, a ninth of what the tree takes */
    struct spk_stop *stop; /* while it runs */
    int64_t enqueued_ms;
    enum spk_driver driver;
    int64_t driver_since_s;
    struct spk_pod *last_driver; /* of the submission that is at hand, when it is gone */
    int64_t executors_ms;
    json_t *buried;    /* executors of the run below */
    json_t *condition; /* of the submission that is at hand */
    char run[40];      /* as the last look has found it: its submissionID */
    bool tracked;      /* any pod is the run's; see spk_app_is_of_run() */
    enum spk_app_state state;
    bool left_alone; /* it is another operator's */
};

struct spk_attempts {
    pthread_mutex_t lock;
    void *tree; /* of tsearch(3), by key */
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct attempt *)a)->key, ((const struct attempt *)b)->key);
}

static void attempt_free(void *ptr)
{
    struct attempt *attempt = ptr;

    if (!attempt)
        return;
    free(attempt->object);
    json_decref(attempt->buried);
    json_decref(attempt->condition);
    free(attempt->last_driver);
    free(attempt->message);
    free(attempt->key);
    free(attempt);
}

static struct attempt *find(struct spk_attempts *attempts, const char *key)
{
    struct attempt probe = {.key = (char *)key};
    struct attempt **node = tfind(&probe, &attempts->tree, by_key);

    return node ? *node : NULL;
}

/* NULL without memory. */
static struct attempt *find_or_add(struct spk_attempts *attempts, const char *key)
{
    struct attempt *attempt = find(attempts, key);

    if (attempt)
        return attempt;
    attempt = calloc(1, sizeof(*attempt));
    if (!attempt)
        return NULL;
    attempt->key = strdup(key);
    attempt->driver = SPK_DRIVER_UNSEEN;
    if (!attempt->key || !tsearch(attempt, &attempts->tree, by_key)) {
        attempt_free(attempt);
        return NULL;
    }
    return attempt;
}

static int no_memory(struct spk_err *err)
{
    return spk_fail(err, SPK_ENOMEM, "out of memory");
}

int spk_attempts_new(struct spk_attempts **out, struct spk_err *err)
{
    struct spk_attempts *attempts = calloc(1, sizeof(*attempts));

    if (!attempts)
        return no_memory(err);
    (void)pthread_mutex_init(&attempts->lock, NULL);
    *out = attempts;
    return 0;
}

void spk_attempts_free(struct spk_attempts *attempts)
{
    if (!attempts)
        return;
    tdestroy(attempts->tree, attempt_free);
    (void)pthread_mutex_destroy(&attempts->lock);
    free(attempts);
}

enum spk_child spk_attempts_child(struct spk_attempts *attempts, const char *key, const char *id,
                                  char message[1024])
{
    enum spk_child child = SPK_CHILD_NONE;
    struct attempt *attempt;

    message[0] = '\0';
    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find(attempts, key);
    if (attempt && attempt->stop && strcmp(attempt->id, id) != 0) {
        child = SPK_CHILD_AT_WORK;
    } else if (attempt && *id && strcmp(attempt->id, id) == 0) {
        child = attempt->child;
        (void)snprintf(message, 1024, "%s", attempt->message ? attempt->message : "");
    }
    (void)pthread_mutex_unlock(&attempts->lock);
    return child;
}

int spk_attempts_ready(struct spk_attempts *attempts, const char *key, const char *id,
                       struct spk_err *err)
{
    struct attempt *attempt;
    bool at_work;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find_or_add(attempts, key);
    at_work = attempt && attempt->stop;
    if (attempt && !at_work) {
        (void)snprintf(attempt->id, sizeof(attempt->id), "%s", id);
        attempt->child = SPK_CHILD_READY;
        attempt->called_off = false;
        free(SPK_STEAL(attempt->message));
        free(SPK_STEAL(attempt->last_driver));
        json_decref(SPK_STEAL(attempt->condition));
        json_decref(SPK_STEAL(attempt->buried));
    }
    (void)pthread_mutex_unlock(&attempts->lock);
    if (at_work)
        return spk_fail(err, SPK_EINTERNAL, "an earlier spark-submit is still at work");
    return attempt ? 0 : no_memory(err);
}

int spk_attempts_enqueue(struct spk_attempts *attempts, const char *key, const char *id,
                         const json_t *object, struct spk_err *err)
{
    struct attempt *attempt;
    char *text;
    size_t len;
    int result = 1;

    if (spk_json_dump(&text, &len, object, err) != 0)
        return -1;
    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find(attempts, key);
    if (attempt && attempt->child == SPK_CHILD_READY && strcmp(attempt->id, id) == 0) {
        free(attempt->object);
        attempt->object = SPK_STEAL(text);
        attempt->child = SPK_CHILD_AT_WORK;
        attempt->enqueued_ms = spk_clock_mono_ms();
        result = 0;
    }
    (void)pthread_mutex_unlock(&attempts->lock);
    free(text);
    return result;
}

int spk_attempts_begin(struct spk_attempts *attempts, const char *key, struct spk_stop *stop,
                       char id[40], char **object, int64_t *waited_ms)
{
    struct attempt *attempt;
    int result = 1;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find(attempts, key);
    if (attempt && attempt->child == SPK_CHILD_AT_WORK && attempt->object && !attempt->stop) {
        memcpy(id, attempt->id, sizeof(attempt->id));
        *object = SPK_STEAL(attempt->object);
        *waited_ms = spk_clock_mono_ms() - attempt->enqueued_ms;
        attempt->stop = stop;
        result = 0;
    }
    (void)pthread_mutex_unlock(&attempts->lock);
    return result;
}

void spk_attempts_end(struct spk_attempts *attempts, const char *key, const char *id,
                      enum spk_child child, const char *message)
{
    struct attempt *attempt;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find(attempts, key);
    if (attempt)
        attempt->stop = NULL;
    if (attempt && strcmp(attempt->id, id) == 0) {
        attempt->child = attempt->called_off ? SPK_CHILD_NONE : child;
        if (attempt->called_off)
            attempt->id[0] = '\0';
        attempt->called_off = false;
        free(attempt->message);
        attempt->message = message && *message ? strdup(message) : NULL;
    }
    (void)pthread_mutex_unlock(&attempts->lock);
}

static bool call_off(struct attempt *attempt)
{
    free(SPK_STEAL(attempt->object));
    if (attempt->stop) {
        attempt->called_off = true;
        spk_stop_throw(attempt->stop);
        return true;
    }
    attempt->child = SPK_CHILD_NONE;
    attempt->id[0] = '\0';
    return false;
}

bool spk_attempts_call_off(struct spk_attempts *attempts, const char *key)
{
    struct attempt *attempt;
    bool alive;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find(attempts, key);
    alive = attempt && call_off(attempt);
    (void)pthread_mutex_unlock(&attempts->lock);
    return alive;
}

/* What the driver has been for how long is not known any more either: somebody else may run it
 * anew meanwhile. */
static void call_off_node(const void *node, VISIT visit, void *closure)
{
    struct attempt *attempt = *(struct attempt *const *)node;

    (void)closure;
    if (visit != postorder && visit != leaf)
        return;
    (void)call_off(attempt);
    attempt->driver = SPK_DRIVER_UNSEEN;
    attempt->driver_since_s = 0;
}

void spk_attempts_call_off_all(struct spk_attempts *attempts)
{
    (void)pthread_mutex_lock(&attempts->lock);
    twalk_r(attempts->tree, call_off_node, NULL);
    (void)pthread_mutex_unlock(&attempts->lock);
}

int64_t spk_attempts_since(struct spk_attempts *attempts, const char *key, enum spk_driver driver,
                           int64_t now_s)
{
    int64_t since = now_s;
    struct attempt *attempt;

    if (driver == SPK_DRIVER_GONE)
        driver = SPK_DRIVER_ABSENT;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find_or_add(attempts, key);
    if (attempt && (attempt->driver != driver || attempt->driver_since_s > now_s)) {
        attempt->driver = driver;
        attempt->driver_since_s = now_s;
    }
    if (attempt)
        since = attempt->driver_since_s;
    (void)pthread_mutex_unlock(&attempts->lock);
    return since;
}

void spk_attempts_say(struct spk_attempts *attempts, const char *key, const char *id,
                      json_t *condition)
{
    struct attempt *attempt;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find(attempts, key);
    if (attempt && strcmp(attempt->id, id) == 0) {
        json_decref(attempt->condition);
        attempt->condition = SPK_STEAL(condition);
    }
    (void)pthread_mutex_unlock(&attempts->lock);
    json_decref(condition);
}

json_t *spk_attempts_said(struct spk_attempts *attempts, const char *key, const char *id)
{
    struct attempt *attempt;
    json_t *said = NULL;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find(attempts, key);
    if (attempt && attempt->condition && strcmp(attempt->id, id) == 0)
        said = spk_json_deep_copy(attempt->condition);
    (void)pthread_mutex_unlock(&attempts->lock);
    return said;
}

static bool is_driver_of(const struct attempt *attempt, const struct spk_pod *pod)
{
    const struct spk_str version = {attempt->key, strcspn(attempt->key, "/")};

    return spk_pod_is_driver_of(pod, spk_owner_of(version), attempt->tracked);
}

void spk_attempts_driver_gone(struct spk_attempts *attempts, const char *key,
                              const struct spk_pod *pod)
{
    struct attempt *attempt;
    bool own;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find_or_add(attempts, key);
    own = attempt && is_driver_of(attempt, pod);
    if (own && !attempt->last_driver)
        attempt->last_driver = malloc(sizeof(*pod));
    if (own && attempt->last_driver)
        *attempt->last_driver = *pod;
    (void)pthread_mutex_unlock(&attempts->lock);
}

int spk_attempts_last_driver(struct spk_attempts *attempts, const char *key, const char *id,
                             struct spk_pod *out)
{
    struct attempt *attempt;
    int result = 1;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find(attempts, key);
    if (attempt && attempt->last_driver && *id &&
        strcmp(attempt->last_driver->submission_id, id) == 0) {
        *out = *attempt->last_driver;
        result = 0;
    }
    (void)pthread_mutex_unlock(&attempts->lock);
    return result;
}

static bool is_of_run(const struct attempt *attempt, const struct spk_pod *pod)
{
    return attempt->tracked || (*attempt->run && strcmp(attempt->run, pod->submission_id) == 0);
}

/* Without memory it is as if nobody had seen it go. */
static void bury(struct attempt *attempt, const struct spk_pod *pod)
{
    const char *state = spk_pod_state_text(spk_executor_deleted(pod, attempt->state));

    if (!attempt->buried)
        attempt->buried = json_object();
    if (json_object_size(attempt->buried) < SPK_GRAVES_MAX)
        (void)json_object_set_new(attempt->buried, pod->name, json_string(state));
}

void spk_attempts_buried(struct spk_attempts *attempts, const char *key,
                         const struct spk_pod *executor)
{
    struct attempt *attempt;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find(attempts, key);
    if (attempt && is_of_run(attempt, executor))
        bury(attempt, executor);
    (void)pthread_mutex_unlock(&attempts->lock);
}

int spk_attempts_graves(json_t **out, struct spk_attempts *attempts, const char *key,
                        struct spk_err *err)
{
    struct attempt *attempt;
    json_t *graves;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find(attempts, key);
    graves = attempt && attempt->buried ? spk_json_copy(attempt->buried) : json_object();
    (void)pthread_mutex_unlock(&attempts->lock);
    if (!graves)
        return no_memory(err);
    *out = graves;
    return 0;
}

void spk_attempts_settle(struct spk_attempts *attempts, const char *key, const json_t *written)
{
    struct attempt *attempt;
    const char *pod;
    json_t *state;
    void *next;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find(attempts, key);
    if (attempt && attempt->buried) {
        json_object_foreach_safe(attempt->buried, next, pod, state)
        {
            if (json_equal(state, json_object_get(written, pod)))
                (void)json_object_del(attempt->buried, pod);
        }
    }
    (void)pthread_mutex_unlock(&attempts->lock);
}

int64_t spk_attempts_executors_due(struct spk_attempts *attempts, const char *key, int64_t now_ms)
{
    int64_t due = 0;
    struct attempt *attempt;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find_or_add(attempts, key);
    if (attempt && attempt->executors_ms && now_ms < attempt->executors_ms + EXECUTORS_MS)
        due = attempt->executors_ms + EXECUTORS_MS - now_ms;
    else if (attempt)
        attempt->executors_ms = now_ms;
    (void)pthread_mutex_unlock(&attempts->lock);
    return due;
}

static void note(struct attempt *attempt, const struct spk_app *app)
{
    if (strcmp(attempt->run, app->status.submission_id) != 0)
        json_decref(SPK_STEAL(attempt->buried));
    (void)snprintf(attempt->run, sizeof(attempt->run), "%s", app->status.submission_id);
    attempt->tracked = app->rules.tracked;
    attempt->state = app->status.state;
    attempt->left_alone = false;
}

void spk_attempts_note(struct spk_attempts *attempts, const char *key, const struct spk_app *app)
{
    struct attempt *attempt;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find_or_add(attempts, key);
    if (attempt)
        note(attempt, app);
    (void)pthread_mutex_unlock(&attempts->lock);
}

bool spk_attempts_leave_alone(struct spk_attempts *attempts, const char *key)
{
    struct attempt *attempt;
    bool first;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find_or_add(attempts, key);
    first = attempt && !attempt->left_alone;
    if (attempt)
        attempt->left_alone = true;
    (void)pthread_mutex_unlock(&attempts->lock);
    return first;
}

bool spk_attempts_begun(struct spk_attempts *attempts, const char *key)
{
    struct attempt *attempt;
    bool begun;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find(attempts, key);
    begun = attempt && (attempt->state != SPK_APP_NEW ||
                        (attempt->child != SPK_CHILD_NONE && attempt->child != SPK_CHILD_READY));
    (void)pthread_mutex_unlock(&attempts->lock);
    return begun;
}

static void count_node(const void *node, VISIT visit, void *closure)
{
    const struct attempt *attempt = *(struct attempt *const *)node;
    struct spk_attempts_counts *counts = closure;

    if (visit != postorder && visit != leaf)
        return;
    if (attempt->left_alone)
        counts->left_alone++;
    else
        counts->by_state[attempt->state]++;
}

void spk_attempts_count(struct spk_attempts *attempts, struct spk_attempts_counts *counts)
{
    memset(counts, 0, sizeof(*counts));
    (void)pthread_mutex_lock(&attempts->lock);
    twalk_r(attempts->tree, count_node, counts);
    (void)pthread_mutex_unlock(&attempts->lock);
}

void spk_attempts_forget(struct spk_attempts *attempts, const char *key)
{
    struct attempt *attempt;

    (void)pthread_mutex_lock(&attempts->lock);
    attempt = find(attempts, key);
    if (attempt && !attempt->stop) {
        (void)tdelete(attempt, &attempts->tree, by_key);
        attempt_free(attempt);
    }
    (void)pthread_mutex_unlock(&attempts->lock);
}
