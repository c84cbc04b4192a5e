#ifndef SPK_TEST_WORLD_EVENTS_H
#define SPK_TEST_WORLD_EVENTS_H
/* What can happen in the world, one thing at a time. */

#include "world.h"

/* ------------------------------------------------------------------------------------- ids */

struct naming {
    uint8_t to[32];
    uint8_t count;
};

static void rename_id(struct naming *naming, uint8_t *id)
{
    if (*id == 0 || *id == FOREIGN)
        return;
    if (!naming->to[*id])
        naming->to[*id] = ++naming->count;
    *id = naming->to[*id];
}

/* What makes no difference to anybody is one: an age that no rule asks for, a child of no
 * interest. */
static void forget_times(struct record *record)
{
    if (record->submitted != NEVER && record->state != SPK_APP_SUBMISSION_FAILED &&
        world_rules.policy != SPK_APP_ALWAYS)
        record->submitted = OLDEST;
    if (record->terminated != NEVER && record->state != SPK_APP_FAILING)
        record->terminated = OLDEST;
}

static void forget(struct world *world)
{
    forget_times(&world->app);
    for (int i = 0; i < CONTROLLERS; i++) {
        struct controller *controller = &world->controllers[i];
        if (!controller->has_view)
            memset(&controller->view, 0, sizeof(controller->view));
        else
            forget_times(&controller->view);
        if (controller->stage > MADE_POD && controller->child != controller->view.id)
            controller->child = controller->stage = controller->child_name = 0;
    }
}

static void rename_all(struct world *world)
{
    struct naming naming = {0};

    forget(world);
    rename_id(&naming, &world->app.id);
    for (int i = 0; i < NAMES; i++)
        rename_id(&naming, &world->pods[i].id);
    rename_id(&naming, &world->ghost);
    for (int i = 0; i < CONTROLLERS; i++) {
        struct controller *controller = &world->controllers[i];
        rename_id(&naming, &controller->child);
        rename_id(&naming, &controller->view.id);
        rename_id(&naming, &controller->looked_at.id);
        for (int n = 0; n < NAMES; n++)
            rename_id(&naming, &controller->pods[n].id);
    }
    world->completed = world->completed < sizeof(naming.to) ? naming.to[world->completed] : 0;
}

static uint8_t unused_id(const struct world *world)
{
    struct world copy = *world;
    struct naming naming = {0};
    uint8_t highest = 0;

    (void)naming;
    rename_all(&copy);
    highest = copy.app.id;
    for (int i = 0; i < NAMES; i++)
        highest = ours(&copy.pods[i]) && copy.pods[i].id > highest ? copy.pods[i].id : highest;
    for (int i = 0; i < CONTROLLERS; i++) {
        const struct controller *controller = &copy.controllers[i];
        highest = controller->child > highest ? controller->child : highest;
        highest = controller->view.id > highest ? controller->view.id : highest;
        for (int n = 0; n < NAMES; n++)
            highest = ours(&controller->pods[n]) && controller->pods[n].id > highest
                          ? controller->pods[n].id
                          : highest;
    }
    highest = copy.ghost > highest ? copy.ghost : highest;
    HOLDS(highest < 9, world);
    return (uint8_t)(highest + 1);
}

/* --------------------------------------------------------------------------------- the store */

static void stored(struct world *world, struct controller *writer)
{
    for (int i = 0; i < CONTROLLERS; i++)
        world->controllers[i].fresh = false;
    if (writer) {
        writer->fresh = true;
        writer->view = world->app;
    }
}

static bool put_pod(struct world *world, uint8_t name, uint8_t id, bool late)
{
    if (world->pods[name].id)
        return false;
    world->pods[name] = (struct pod){.id = id, .phase = PENDING, .late = late};
    return true;
}

/* A child ends; the POST that it was at may still arrive. */
static void end_child(struct world *world, struct controller *controller)
{
    if (controller->stage == POSTING && !world->ghost) {
        world->ghost = controller->child;
        world->ghost_name = controller->child_name;
    }
    controller->child = 0;
    controller->stage = NO_CHILD;
    controller->child_name = 0;
}

static void crash(struct world *world, struct controller *controller)
{
    end_child(world, controller);
    memset(controller, 0, sizeof(*controller));
}

/* ---------------------------------------------------------------------------- a controller acts */

static enum spk_step_kind last_kind; /* of the last step that was taken */

enum way { WHOLLY, DIES_BETWEEN, REPLY_IS_LOST };

static bool do_write(struct world *world, struct controller *controller,
                     const struct spk_step *step, enum way way)
{
    const struct spk_app_status was = status_of(&controller->view);
    const uint8_t before = world->app.id;

    if (!controller->fresh)
        return true; /* a conflict: nothing is written */
    assert_write(world, controller, &was, step);
    if (step->rehash) {
        world->app.marker = true;
        world->app.hash = (uint8_t)(1 + controller->view.spec);
    }
    if (way == DIES_BETWEEN) {
        stored(world, NULL);
        crash(world, controller);
        return step->rehash;
    }
    world->app = record_of(&world->app, &was, &step->status);
    stored(world, controller);
    if (way == REPLY_IS_LOST) {
        crash(world, controller);
        return true;
    }
    if (world->app.state == SPK_APP_NEW && world->app.id && world->app.id != before) {
        controller->child = world->app.id;
        controller->stage = READY;
    }
    return true;
}

static void do_clean(struct world *world, struct controller *controller,
                     const struct spk_step *step)
{
    if (!step->others_only && controller->child)
        end_child(world, controller);
    for (int i = 0; i < NAMES; i++) {
        struct pod *pod = &world->pods[i];
        if (!ours(pod) || (step->others_only && pod->id == controller->view.id))
            continue;
        assert_clean(world, pod);
        pod->ending = true;
    }
}

static void do_submit(struct world *world, struct controller *controller)
{
    HOLDS(controller->stage == READY && controller->child == controller->view.id, world);
    HOLDS(controller->view.state == SPK_APP_NEW, world);
    controller->stage = POSTING;
    controller->child_name = controller->view.spec;
}

static void decide(struct spk_step *step, const struct world *world, struct controller *controller)
{
    struct spk_pod pod;
    const struct spk_facts facts = facts_of(controller, unused_id(world), &pod);
    const struct record *view = &controller->view;
    struct spk_app app = {.ours = view->marker,
                          .written_hash = spk_str(view->hash ? "h" : NULL),
                          .rules = world_rules,
                          .status = status_of(view)};

    app.rules.suspend = view->suspend;
    spk_app_step(step, &app, &facts);
}

/* Who does not lead any more does nothing but what he had begun: his queue still submits. */
static bool act(struct world *world, int i, enum way way)
{
    struct controller *controller = &world->controllers[i];
    struct spk_step step;

    if (!controller->has_view)
        return false;
    if (i == world->leader && in_flight(&controller->view) && !controller->looked &&
        child_of(controller) != SPK_CHILD_READY && child_of(controller) != SPK_CHILD_AT_WORK) {
        look(world, controller);
        last_kind = SPK_STEP_LOOK;
        return true;
    }
    decide(&step, world, controller);
    last_kind = step.kind;
    if (i != world->leader && step.kind != SPK_STEP_SUBMIT)
        return false;
    if (way != WHOLLY && step.kind != SPK_STEP_WRITE)
        return false;
    switch (step.kind) {
    case SPK_STEP_WRITE:
        return do_write(world, controller, &step, way);
    case SPK_STEP_LOOK:
        look(world, controller);
        break;
    case SPK_STEP_CLEAN:
        do_clean(world, controller, &step);
        break;
    case SPK_STEP_SUBMIT:
        do_submit(world, controller);
        break;
    case SPK_STEP_DELETE:
        ck_abort_msg("nothing has a time to live here");
    case SPK_STEP_WAIT:
        HOLDS(step.wake_s > NOW_S || world_rules.tracked ||
                  controller->view.state == SPK_APP_COMPLETED ||
                  controller->view.state == SPK_APP_FAILED,
              world);
        break;
    }
    return true;
}

static bool see_app(struct world *world, int i)
{
    struct controller *controller = &world->controllers[i];

    if (i != world->leader || (controller->has_view && controller->fresh))
        return false;
    controller->has_view = controller->fresh = true;
    controller->view = world->app;
    return true;
}

static bool see_pods(struct world *world, int i)
{
    struct controller *controller = &world->controllers[i];
    struct pod seen[NAMES] = {{0}};

    if (i != world->leader)
        return false;
    for (int n = 0; n < NAMES; n++) {
        if (!ours(&world->pods[n]))
            continue;
        seen[n] = world->pods[n];
        seen[n].whole = seen[n].late = false; /* nobody can see that */
    }
    if (controller->filled && memcmp(seen, controller->pods, sizeof(seen)) == 0)
        return false;
    controller->filled = true;
    memcpy(controller->pods, seen, sizeof(seen));
    return true;
}

/* ------------------------------------------------------------------------------------- children */

static void child_posts(struct world *world, int i)
{
    struct controller *child = &world->controllers[i];

    child->stage =
        put_pod(world, child->child_name, child->child, i != world->leader) ? MADE_POD : SAID_NO;
    if (child->stage == MADE_POD && world->unstamped) {
        world->unstamped--;
        world->pods[child->child_name].unstamped = true;
    }
    assert_one_driver(world);
}

static bool child_goes_on(struct world *world, int i)
{
    struct controller *child = &world->controllers[i];
    struct pod *pod = &world->pods[child->child_name];

    if (child->stage == POSTING) {
        child_posts(world, i);
        return true;
    }
    if (child->stage != MADE_POD)
        return false;
    if (pod->id != child->child) {
        child->stage = SAID_NO;
    } else if (!pod->whole) {
        pod->whole = true;
        assert_one_driver(world);
    } else {
        child->stage = EXIT_0;
    }
    return true;
}

static bool child_is_refused(struct world *world, int i)
{
    if (world->controllers[i].stage != POSTING || !world->refusals)
        return false;
    world->refusals--;
    world->controllers[i].stage = SAID_NO;
    return true;
}

static bool child_is_killed(struct world *world, int i)
{
    struct controller *controller = &world->controllers[i];

    if (controller->stage != POSTING && controller->stage != MADE_POD)
        return false;
    if (i != world->leader) {
        end_child(world, controller);
        return true;
    }
    if (!world->crashes)
        return false;
    world->crashes--;
    controller->stage = KILLED;
    return true;
}

/* A POST without a child; it makes a pod that never gets its ConfigMap. */
static bool ghost_arrives(struct world *world)
{
    if (!world->ghost)
        return false;
    (void)put_pod(world, world->ghost_name, world->ghost, true);
    world->ghost = world->ghost_name = 0;
    return true;
}

/* ----------------------------------------------------------------------------------------- pods */

static bool pod_becomes(struct world *world, int n, enum phase phase)
{
    struct pod *pod = &world->pods[n];
    const bool starts = phase == RUNNING || phase == STUCK;

    if (!can_run(pod) || (starts && pod->phase != PENDING && pod->phase != STUCK) ||
        (!starts && pod->phase != RUNNING))
        return false;
    if (phase == FAILED || phase == LOST || phase == STUCK) {
        if (!world->failures)
            return false;
        world->failures--;
    }
    if (phase == COMPLETED)
        world->completed = pod->id;
    pod->phase = phase;
    return true;
}

static bool pod_vanishes(struct world *world, int n)
{
    if (!world->pods[n].id || !world->pods[n].ending)
        return false;
    world->pods[n] = (struct pod){0};
    return true;
}

static bool pod_is_deleted(struct world *world, int n)
{
    if (!ours(&world->pods[n]) || world->pods[n].ending || !world->deletions)
        return false;
    world->deletions--;
    world->pods[n].ending = true;
    return true;
}

static bool stranger_comes(struct world *world, int n)
{
    if (world->pods[n].id || !world->strangers)
        return false;
    world->strangers--;
    world->pods[n] = (struct pod){.id = FOREIGN};
    return true;
}

/* ------------------------------------------------------------------------------- users and time */

static bool edit(struct world *world)
{
    if (!world->edits)
        return false;
    world->edits--;
    world->app.spec = !world->app.spec;
    stored(world, NULL);
    return true;
}

static bool suspend(struct world *world)
{
    if (!world->app.suspend && !world->suspensions)
        return false;
    world->suspensions -= !world->app.suspend;
    world->app.suspend = !world->app.suspend;
    stored(world, NULL);
    return true;
}

static bool depose(struct world *world)
{
    struct controller *next = &world->controllers[!world->leader];

    if (!world->depositions)
        return false;
    world->depositions--;
    world->leader = !world->leader;
    next->has_view = next->fresh = false; /* who begins to lead reads all anew */
    next->filled = false;
    for (int i = 0; i < NAMES; i++) /* what is made from now on, is made late */
        world->pods[i].late |= world->pods[i].id && !world->pods[i].whole;
    return true;
}

static void older(uint8_t *age)
{
    if (*age < OLDEST)
        ++*age;
}

/* Else what a leader sees is younger than any patience of the machine. */
static bool is_late(const struct world *world)
{
    struct world copy = *world;

    return !world->lags && world->controllers[world->leader].has_view &&
           (see_app(&copy, world->leader) || see_pods(&copy, world->leader));
}

static bool tick(struct world *world)
{
    if (is_late(world))
        return false;
    older(&world->app.submitted);
    older(&world->app.terminated);
    for (int i = 0; i < CONTROLLERS; i++) {
        older(&world->controllers[i].view.submitted);
        older(&world->controllers[i].view.terminated);
        older(&world->controllers[i].seen);
    }
    return true;
}

/* ----------------------------------------------------------------------------------- all of them
 */

enum event {
    SEE_APP,
    SEE_PODS,
    ACT,
    ACT_AND_DIE_BETWEEN,
    ACT_AND_LOSE_REPLY,
    CHILD_GOES_ON,
    CHILD_IS_REFUSED,
    CHILD_IS_KILLED,
    CRASH,
    POD_RUNS,
    POD_COMPLETES,
    POD_FAILS,
    POD_IS_LOST,
    POD_IS_STUCK,
    POD_VANISHES,
    POD_IS_DELETED,
    STRANGER_COMES,
    GHOST_ARRIVES,
    GHOST_FADES,
    EDIT,
    SUSPEND,
    DEPOSE,
    TICK,
    EVENTS,
    ALL_DO_THEIR_PART = EVENTS,
};

static const char *const event_names[EVENTS + 1] = {
    "see app",         "see pods",      "act",           "act, die between",
    "act, lose reply", "child goes on", "child refused", "child killed",
    "crash",           "pod runs",      "pod completes", "pod fails",
    "pod lost",        "pod stuck",     "pod vanishes",  "pod deleted",
    "stranger comes",  "ghost arrives", "ghost fades",   "edit",
    "suspend",         "depose",        "tick",          "all do their part"};

static bool dies(struct world *world, int i, enum way way)
{
    if (!world->crashes || !world->controllers[i].has_view)
        return false;
    world->crashes--;
    if (way != WHOLLY)
        return act(world, i, way);
    crash(world, &world->controllers[i]);
    return true;
}

static bool fades(struct world *world)
{
    bool there = world->ghost;

    world->ghost = world->ghost_name = 0;
    return there;
}

/* @n: a controller, or a name. False: it can't happen. */
static bool happen(struct world *world, enum event event, int n)
{
    switch (event) {
    case SEE_APP:
        return see_app(world, n);
    case SEE_PODS:
        return see_pods(world, n);
    case ACT:
        return act(world, n, WHOLLY);
    case ACT_AND_DIE_BETWEEN:
        return dies(world, n, DIES_BETWEEN);
    case ACT_AND_LOSE_REPLY:
        return dies(world, n, REPLY_IS_LOST);
    case CHILD_GOES_ON:
        return child_goes_on(world, n);
    case CHILD_IS_REFUSED:
        return child_is_refused(world, n);
    case CHILD_IS_KILLED:
        return child_is_killed(world, n);
    case CRASH:
        return dies(world, n, WHOLLY);
    case POD_RUNS:
        return pod_becomes(world, n, RUNNING);
    case POD_COMPLETES:
        return pod_becomes(world, n, COMPLETED);
    case POD_FAILS:
        return pod_becomes(world, n, FAILED);
    case POD_IS_LOST:
        return pod_becomes(world, n, LOST);
    case POD_IS_STUCK:
        return pod_becomes(world, n, STUCK);
    case POD_VANISHES:
        return pod_vanishes(world, n);
    case POD_IS_DELETED:
        return pod_is_deleted(world, n);
    case STRANGER_COMES:
        return stranger_comes(world, n);
    case GHOST_ARRIVES:
        return n == 0 && ghost_arrives(world);
    case GHOST_FADES:
        return n == 0 && fades(world);
    case EDIT:
        return n == 0 && edit(world);
    case SUSPEND:
        return n == 0 && suspend(world);
    case DEPOSE:
        return n == 0 && depose(world);
    default:
        return n == 0 && tick(world);
    }
}

#endif
