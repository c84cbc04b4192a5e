#ifndef SPK_CONTROLLER_PASS_H
#define SPK_CONTROLLER_PASS_H
/* One look at one application: what is known of it, and carrying out what follows. */

#include "controller/engine_parts.h"

struct spk_pass {
    struct spk_engine *engine;
    const char *key_text;
    struct spk_key key;
    json_t *object; /* owned */
    struct spk_app app;
    struct spk_pod *pods; /* owned */
    size_t pod_count;
    bool looked; /* look is the API server's own answer */
    struct spk_look look;
    struct spk_pod last_driver; /* as it was when it was deleted */
    int cleaned;                /* times in this pass */
    char new_id[40];
    char driver_name[256];
    char child_message[1024];
    struct spk_submission judged; /* owned: why the spec can't be run, what is not acted on */
    char fault[1024];             /* why it can't be run; status has no more room */
    struct spk_facts facts;
};

/* What became of a step. */
enum spk_carried {
    SPK_CARRIED_ON,    /* done: what is next? */
    SPK_CARRIED_WAIT,  /* nothing until *wake_ms */
    SPK_CARRIED_LATER, /* not now: somebody was faster; the informers will bring it */
};

int spk_pass_carry(struct spk_pass *pass, const struct spk_step *step, enum spk_carried *carried,
                   int64_t *wake_ms, struct spk_err *err) __attribute__((warn_unused_result));

/* Takes the object anew from what a write has answered. */
int spk_pass_take(struct spk_pass *pass, json_t *object, struct spk_err *err)
    __attribute__((warn_unused_result));

/* executorState as it is now, written if it has changed and its turn has come. */
int spk_pass_executors(struct spk_pass *pass, int64_t *wake_ms, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
