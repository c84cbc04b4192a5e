#ifndef SPK_TEST_WORLD_H
#define SPK_TEST_WORLD_H
/*
 * A small world around the state machine: an API server with one application and its pods, two
 * controllers with caches that lag, their spark-submit children, pods that appear after their child
 * has died, a user. Every order of events is walked, breadth first; see test_world.c.
 *
 * What must always hold is asserted where it could break. What must hold in the end: from every
 * world that was reached, if everybody does his part from now on, the application comes to an end,
 * in a bounded number of steps.
 *
 * Ids are small numbers, renamed after each event in the order in which they are met, so that
 * worlds that differ by names alone are one. A time is now, or long ago.
 */

#include "spk/app/application.h"
#include "spk/app/machine.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define CONTROLLERS 2
#define NAMES       2 /* the driver's, before and behind a change of the spec */
#define OLDEST      1
#define NOW_S       INT64_C(1800000000)
#define FOREIGN     255
#define NAME_OF(g)  ((g) ? "b-driver" : "a-driver")

enum phase { PENDING, STUCK, RUNNING, COMPLETED, FAILED, LOST };

struct pod {
    uint8_t id; /* of its submission; 0: there is none */
    uint8_t phase;
    bool whole;
    bool ending; /* has been deleted, and may be there for long */
    bool late;   /* made by a child that nobody was answerable for any more */
    bool unstamped;
};

struct record { /* the application, as stored */
    uint8_t state;
    uint8_t id;
    uint8_t runs;
    uint8_t submissions;
    uint8_t submitted; /* ages; NEVER: none */
    uint8_t terminated;
    uint8_t name; /* driverInfo.podName: 0 none, else 1 + which */
    bool application_id;
    uint8_t spec;
    uint8_t hash; /* 0: none, else 1 + spec */
    bool marker;
    bool suspend;
};

#define NEVER 255

enum stage { NO_CHILD, READY, POSTING, MADE_POD, EXIT_0, SAID_NO, KILLED };

struct controller {
    bool has_view;
    bool fresh; /* its view is what is stored */
    bool filled;
    uint8_t child; /* the submission that it knows of */
    uint8_t stage;
    uint8_t child_name;
    uint8_t seen; /* since when the driver is what it is, and what that was */
    uint8_t seen_what;
    bool looked;
    uint8_t look;
    bool look_leftovers;
    struct pod looked_at;
    struct record view;
    struct pod pods[NAMES];
};

struct world {
    struct record app;
    struct pod pods[NAMES];
    struct controller controllers[CONTROLLERS];
    uint8_t leader;
    uint8_t ghost; /* a POST that is under way without a child */
    uint8_t ghost_name;
    uint8_t completed; /* the submission whose driver completed last */
    bool lags;         /* caches may lag for longer than the machine's patience */
    uint8_t crashes;   /* what may still go wrong */
    uint8_t depositions;
    uint8_t edits;
    uint8_t suspensions;
    uint8_t deletions;
    uint8_t strangers; /* who take a driver's name as soon as it is free */
    uint8_t failures;  /* of drivers */
    uint8_t refusals;  /* of spark-submit */
    uint8_t unstamped;
};

static struct spk_app_rules world_rules;
/* What has happened up to the event that is being tried, in words. */
static const char *world_trail(void);

/* ------------------------------------------------------------------------------- translations */

static int64_t age_s(uint8_t age)
{
    static const int64_t ages_s[] = {0, 400};

    return age == NEVER ? 0 : NOW_S - ages_s[age];
}

static uint8_t age_of(int64_t at_s)
{
    if (!at_s)
        return NEVER;
    if (at_s != NOW_S)
        ck_abort_msg("a time that is neither kept nor now");
    return 0;
}

static void text_id(char *out, uint8_t id)
{
    out[0] = id ? (char)('0' + id) : '\0';
    out[1] = '\0';
}

static struct spk_app_status status_of(const struct record *record)
{
    struct spk_app_status status = {
        .state = (enum spk_app_state)record->state,
        .execution_attempts = record->runs,
        .submission_attempts = record->submissions,
        .submitted_s = age_s(record->submitted),
        .terminated_s = age_s(record->terminated),
    };

    text_id(status.submission_id, record->id);
    if (record->name)
        strcpy(status.driver.pod, NAME_OF(record->name - 1));
    if (record->application_id)
        strcpy(status.application_id, "spark-x");
    return status;
}

static uint8_t most(int32_t value, uint8_t limit)
{
    return value > limit ? limit : (uint8_t)value;
}

static struct record record_of(const struct record *old, const struct spk_app_status *was,
                               const struct spk_app_status *status)
{
    struct record record = *old;

    record.state = (uint8_t)status->state;
    record.id = *status->submission_id ? (uint8_t)(*status->submission_id - '0') : 0;
    record.runs = most(status->execution_attempts, 3);
    record.submissions = most(status->submission_attempts, SPK_APP_LOST_MAX + 1);
    if (status->submitted_s != was->submitted_s)
        record.submitted = age_of(status->submitted_s);
    if (status->terminated_s != was->terminated_s)
        record.terminated = age_of(status->terminated_s);
    record.name = !*status->driver.pod ? 0 : strcmp(status->driver.pod, NAME_OF(0)) ? 2 : 1;
    record.application_id = *status->application_id != '\0';
    return record;
}

static struct spk_pod pod_of(const struct pod *pod, int name)
{
    static const enum spk_pod_state states[] = {SPK_POD_PENDING,   SPK_POD_PENDING, SPK_POD_RUNNING,
                                                SPK_POD_COMPLETED, SPK_POD_FAILED,  SPK_POD_LOST};
    struct spk_pod out = {
        .driver = true,
        .deleting = pod->ending,
        .deleting_s = pod->ending ? NOW_S : 0,
        .state = states[pod->phase],
        .exit_code = pod->phase == FAILED ? 1 : -1,
        .waiting_bad = pod->phase == STUCK ? NOW_S - 400 : 0,
        .lost_s = pod->phase == LOST ? NOW_S - 400 : 0,
        .wishes = true,
        .stamped = !pod->unstamped,
        .application_id = "spark-x",
    };

    strcpy(out.name, NAME_OF(name));
    text_id(out.submission_id, pod->id);
    return out;
}

static bool ours(const struct pod *pod)
{
    return pod->id && pod->id != FOREIGN;
}

static bool can_run(const struct pod *pod)
{
    return ours(pod) && pod->whole && pod->phase != COMPLETED && pod->phase != FAILED;
}

/* ---------------------------------------------------------------- what a controller knows of it */

static struct pod *cached(struct controller *controller, int *name)
{
    struct pod *found = NULL;

    for (int i = 0; i < NAMES; i++) {
        if (ours(&controller->pods[i]) &&
            (!found || controller->pods[i].id == controller->view.id)) {
            found = &controller->pods[i];
            *name = i;
        }
    }
    return found;
}

static enum spk_driver kind_of(const struct pod *pod, uint8_t id)
{
    if (pod->id == FOREIGN)
        return SPK_DRIVER_FOREIGN;
    if (!id || pod->id != id)
        return SPK_DRIVER_OLD;
    return pod->whole ? SPK_DRIVER_WHOLE : SPK_DRIVER_HALF;
}

static bool in_flight(const struct record *record)
{
    return record->state == SPK_APP_NEW && record->id;
}

/* Whether a pod is whole takes a look. From SUBMITTED on it is taken for that. */
static enum spk_driver cached_kind(const struct pod *pod, const struct record *view)
{
    if (!pod)
        return SPK_DRIVER_ABSENT;
    if (!view->id || pod->id != view->id)
        return SPK_DRIVER_OLD;
    return in_flight(view) ? SPK_DRIVER_HALF : SPK_DRIVER_WHOLE;
}

static bool has_strays(const struct controller *controller, const struct pod *driver)
{
    for (int i = 0; i < NAMES; i++) {
        if (driver && driver->id == controller->view.id && ours(&controller->pods[i]) &&
            &controller->pods[i] != driver)
            return true;
    }
    return false;
}

static enum spk_child child_of(const struct controller *controller)
{
    static const enum spk_child children[] = {SPK_CHILD_NONE,    SPK_CHILD_READY, SPK_CHILD_AT_WORK,
                                              SPK_CHILD_AT_WORK, SPK_CHILD_DONE,  SPK_CHILD_FAILED,
                                              SPK_CHILD_KILLED};

    return controller->child && controller->child == controller->view.id
               ? children[controller->stage]
               : SPK_CHILD_NONE;
}

/* The facts for one step; a live look is worth one step. */
static struct spk_facts facts_of(struct controller *controller, uint8_t new_id, struct spk_pod *pod)
{
    static char id[2];
    struct spk_facts facts = {.now_s = NOW_S, .new_id = id, .foreign_owner = "pod x"};
    int name = 0;
    const struct pod *driver = cached(controller, &name);
    uint8_t what;

    text_id(id, new_id);
    facts.driver_name = NAME_OF(controller->view.spec);
    facts.spec_changed =
        controller->view.hash && controller->view.hash != controller->view.spec + 1;
    facts.child = child_of(controller);
    facts.leftovers = driver != NULL;
    facts.strays = has_strays(controller, driver);
    facts.driver = cached_kind(driver, &controller->view);
    if (!controller->filled)
        facts.driver = SPK_DRIVER_UNSEEN;
    if (controller->looked) {
        facts.driver = (enum spk_driver)controller->look;
        facts.leftovers = controller->look_leftovers;
        facts.strays = false;
        driver = &controller->looked_at;
        name = controller->view.spec;
        controller->looked = false;
        controller->look = 0;
        controller->look_leftovers = false;
    }
    if (facts.driver == SPK_DRIVER_HALF || facts.driver == SPK_DRIVER_WHOLE) {
        *pod = pod_of(driver, name);
        facts.pod = pod;
    }
    memset(&controller->looked_at, 0, sizeof(controller->looked_at));
    what = facts.driver == SPK_DRIVER_GONE ? SPK_DRIVER_ABSENT : (uint8_t)facts.driver;
    if (what != controller->seen_what) {
        controller->seen_what = what;
        controller->seen = 0;
    }
    facts.seen_s = age_s(controller->seen);
    return facts;
}

static void look(const struct world *world, struct controller *controller)
{
    const struct pod *pod = &world->pods[controller->view.spec];

    controller->looked = true;
    controller->look = pod->id ? (uint8_t)kind_of(pod, controller->view.id) : SPK_DRIVER_GONE;
    controller->look_leftovers = false;
    memset(&controller->looked_at, 0, sizeof(controller->looked_at));
    if (controller->look == SPK_DRIVER_WHOLE || controller->look == SPK_DRIVER_HALF)
        controller->looked_at = *pod;
    for (int i = 0; i < NAMES; i++)
        controller->look_leftovers |= ours(&world->pods[i]);
}

/* ------------------------------------------------------------------------------- what must hold */

/* Not ck_assert, which notes each place that it passes: there are millions. */
#define HOLDS(condition, world)                                                      \
    do {                                                                             \
        if (!(condition))                                                            \
            ck_abort_msg("%s\n  state %s, id %d, after: %s", #condition,             \
                         spk_app_state_text((enum spk_app_state)(world)->app.state), \
                         (world)->app.id, world_trail());                            \
    } while (0)

/* At most one driver can run that somebody answers for. */
static void assert_one_driver(const struct world *world)
{
    int live = 0;

    for (int i = 0; i < NAMES; i++)
        live += can_run(&world->pods[i]) && !world->pods[i].late;
    HOLDS(live <= 1, world);
}

/* A run begins: nobody's child, nobody's driver is left but those that nobody can know of. */
static void assert_may_begin(const struct world *world, const struct controller *controller)
{
    HOLDS(controller->stage != POSTING && controller->stage != MADE_POD, world);
    for (int i = 0; i < NAMES; i++)
        HOLDS(!can_run(&world->pods[i]) || world->pods[i].late, world);
}

static bool same_status(const struct spk_app_status *a, const struct spk_app_status *b)
{
    return a->state == b->state && strcmp(a->submission_id, b->submission_id) == 0 &&
           strcmp(a->application_id, b->application_id) == 0 &&
           a->execution_attempts == b->execution_attempts &&
           a->submission_attempts == b->submission_attempts && a->submitted_s == b->submitted_s &&
           a->terminated_s == b->terminated_s && strcmp(a->message, b->message) == 0 &&
           strcmp(a->driver.pod, b->driver.pod) == 0;
}

static bool has_completed(const struct world *world, uint8_t id)
{
    for (int i = 0; i < NAMES; i++) {
        if (world->pods[i].id == id && world->pods[i].phase == COMPLETED)
            return true;
    }
    return false;
}

static void assert_write(const struct world *world, const struct controller *controller,
                         const struct spk_app_status *was, const struct spk_step *step)
{
    const struct record *view = &controller->view;

    HOLDS(!same_status(was, &step->status) ||
              (step->rehash && (!view->marker || view->hash != view->spec + 1)),
          world);
    if (step->status.state == SPK_APP_SUCCEEDING && view->state != SPK_APP_SUCCEEDING)
        HOLDS(world->completed == view->id || has_completed(world, view->id), world);
    if (view->state == SPK_APP_COMPLETED || view->state == SPK_APP_FAILED)
        HOLDS(step->status.state == SPK_APP_INVALIDATING || step->status.state == was->state,
              world);
    if (step->status.state == SPK_APP_NEW)
        assert_may_begin(world, controller);
}

/* A run that is at hand, and that nobody wants to end, is not ended. */
static void assert_clean(const struct world *world, const struct pod *pod)
{
    const uint8_t state = world->app.state;

    HOLDS(!can_run(pod) || pod->id != world->app.id ||
              (state != SPK_APP_SUBMITTED && state != SPK_APP_RUNNING && state != SPK_APP_UNKNOWN),
          world);
}

#endif
