/* Every order of events, breadth first, and from every world an end; see world.h. */
#include "../suite.h"
#include "spk/base/cleanup.h"
#include "spk/base/hash.h"
#include "world_events.h"

#include <stdio.h>

#define WORLDS_MAX 600000
#define SLOTS      (1 << 21)
#define UNKNOWN    (-1)

/* Longest way to an end that was seen is printed; this is what is allowed. */
#define STEPS_MAX 150

static struct {
    struct world *worlds;
    uint32_t *from; /* the world it was first reached from, for the trail */
    uint16_t *by;
    int16_t *ends_in; /* steps to the end, when all do their part */
    uint32_t *slots;  /* 1 + index */
    uint32_t count;
} all;

static uint32_t *slot_of(const struct world *world)
{
    uint64_t hash = spk_hash(SPK_HASH_BEGIN, world, sizeof(*world));
    uint32_t at = (uint32_t)((hash ^ hash >> 29) % SLOTS);

    while (all.slots[at] && memcmp(&all.worlds[all.slots[at] - 1], world, sizeof(*world)) != 0)
        at = (at + 1) % SLOTS;
    return &all.slots[at];
}

static uint32_t found(const struct world *world, uint32_t from, unsigned by)
{
    uint32_t *slot = slot_of(world);

    if (!*slot) {
        if (all.count >= WORLDS_MAX)
            ck_abort_msg("more worlds than %d: %s", WORLDS_MAX, world_trail());
        all.worlds[all.count] = *world;
        all.from[all.count] = from;
        all.by[all.count] = (uint16_t)by;
        all.ends_in[all.count] = UNKNOWN;
        *slot = ++all.count;
    }
    return *slot - 1;
}

static void begin(void)
{
    all.worlds = calloc(WORLDS_MAX, sizeof(*all.worlds));
    all.from = calloc(WORLDS_MAX, sizeof(*all.from));
    all.by = calloc(WORLDS_MAX, sizeof(*all.by));
    all.ends_in = calloc(WORLDS_MAX, sizeof(*all.ends_in));
    all.slots = calloc(SLOTS, sizeof(*all.slots));
    ck_assert(all.worlds && all.from && all.by && all.ends_in && all.slots);
    all.count = 0;
}

static void end(void)
{
    free(all.worlds);
    free(all.from);
    free(all.by);
    free(all.ends_in);
    free(all.slots);
}

static struct {
    uint32_t world;
    unsigned event;
} trying;

static const char *world_trail(void)
{
    static char trail[4096];
    unsigned way[64];
    size_t count = 0;
    size_t used = 0;

    way[count++] = trying.event;
    for (uint32_t at = trying.world; at && count < SPK_LEN(way); at = all.from[at])
        way[count++] = all.by[at];
    while (count-- > 0 && used < sizeof(trail) - 64)
        used += (size_t)snprintf(trail + used, sizeof(trail) - used, "%s %u; ",
                                 event_names[way[count] / 2], way[count] % 2);
    return trail;
}

/* ----------------------------------------------------------------------------- all do their part
 */

static bool at_rest(const struct world *world)
{
    const struct controller *leader = &world->controllers[world->leader];
    const uint8_t state = world->app.state;

    if (!leader->fresh || !leader->filled || world->ghost)
        return false;
    if (world_rules.policy == SPK_APP_ALWAYS && state == SPK_APP_RUNNING)
        return true;
    if (state != SPK_APP_COMPLETED && state != SPK_APP_FAILED)
        return false;
    for (int i = 0; i < NAMES; i++) {
        if (can_run(&world->pods[i]) || world->pods[i].ending)
            return false;
    }
    return true;
}

static bool any_pod(const struct world *world)
{
    bool any = false;

    for (int i = 0; i < NAMES; i++)
        any |= ours(&world->pods[i]);
    return any;
}

/* Only a driver that is at hand comes to an end by itself: a stray one may run for ever. */
static bool goes_on(struct world *world, enum event event, int n)
{
    if (event == POD_COMPLETES &&
        (world_rules.policy == SPK_APP_ALWAYS || world->pods[n].id != world->app.id))
        return false;
    return happen(world, event, n);
}

static bool cooperate(struct world *world)
{
    static const enum event first[] = {SEE_APP,       SEE_PODS,      POD_VANISHES, GHOST_FADES,
                                       CHILD_GOES_ON, POD_COMPLETES, POD_RUNS};

    if (world->app.state == SPK_APP_SUSPENDED && world->app.suspend && !any_pod(world))
        return suspend(world);
    for (size_t i = 0; i < SPK_LEN(first); i++) {
        for (int n = 0; n < 2; n++) {
            if (goes_on(world, first[i], n))
                return true;
        }
    }
    if (act(world, world->leader, WHOLLY) && last_kind != SPK_STEP_WAIT)
        return true;
    return tick(world);
}

static int16_t ends_in(uint32_t index)
{
    uint32_t way[STEPS_MAX + 1];
    size_t count = 0;
    int16_t steps;

    while (all.ends_in[index] == UNKNOWN && !at_rest(&all.worlds[index])) {
        struct world next = all.worlds[index];
        HOLDS(count < STEPS_MAX, &next);
        way[count++] = index;
        (void)cooperate(&next);
        rename_all(&next);
        index = found(&next, index, 2 * ALL_DO_THEIR_PART);
    }
    steps = all.ends_in[index] == UNKNOWN ? 0 : all.ends_in[index];
    all.ends_in[index] = steps;
    while (count > 0)
        all.ends_in[way[--count]] = ++steps;
    return steps;
}

/* ------------------------------------------------------------------------------------- the walk */

static void try_all(uint32_t index)
{
    for (unsigned event = 0; event < EVENTS; event++) {
        for (unsigned n = 0; n < 2; n++) {
            struct world next = all.worlds[index];
            trying.world = index;
            trying.event = 2 * event + n;
            if (!happen(&next, (enum event)event, (int)n))
                continue;
            rename_all(&next);
            (void)found(&next, index, 2 * event + n);
        }
    }
}

static const struct {
    const char *name;
    struct spk_app_rules rules;
    struct world start;
} scenes[] = {
    {"one controller that crashes", {.policy = SPK_APP_NEVER}, {.crashes = 2, .failures = 1}},
    {"caches that lag", {.policy = SPK_APP_NEVER}, {.lags = true, .crashes = 1}},
    {"a slow one that is deposed", {.policy = SPK_APP_NEVER}, {.crashes = 1, .depositions = 1}},
    {"a slow one, and a new spec with another name",
     {.policy = SPK_APP_NEVER},
     {.depositions = 1, .edits = 1}},
    {"retries",
     {.policy = SPK_APP_ON_FAILURE, .failure_retries = 1, .submission_retries = 1},
     {.crashes = 1, .failures = 2, .refusals = 2}},
    {"always", {.policy = SPK_APP_ALWAYS}, {.crashes = 1, .failures = 1}},
    {"suspended and resumed",
     {.policy = SPK_APP_ON_FAILURE, .failure_retries = 1},
     {.crashes = 1, .suspensions = 2, .failures = 1}},
    {"suspended, and a new spec",
     {.policy = SPK_APP_NEVER},
     {.crashes = 1, .suspensions = 1, .edits = 1}},
    {"its pods are deleted",
     {.policy = SPK_APP_ON_FAILURE, .failure_retries = 1},
     {.crashes = 1, .deletions = 2}},
    {"the webhook is not there at first",
     {.policy = SPK_APP_ON_FAILURE, .submission_retries = 1},
     {.crashes = 1, .unstamped = 1}},
    {"a stranger has the name",
     {.policy = SPK_APP_ON_FAILURE, .submission_retries = 1},
     {.pods = {{.id = FOREIGN}}, .crashes = 1}},
    {"a stranger takes the name of a driver that vanished",
     {.policy = SPK_APP_ON_FAILURE, .failure_retries = 1},
     {.crashes = 1, .deletions = 1, .strangers = 1}},
};

START_TEST(every_order_of_events)
{
    struct world start = scenes[_i].start;
    int16_t longest = 0;
    uint32_t reached;

    world_rules = scenes[_i].rules;
    world_rules.failure_interval_s = world_rules.submission_interval_s = 5;
    world_rules.ttl_s = -1;
    start.app.submitted = start.app.terminated = NEVER;
    for (int i = 0; i < CONTROLLERS; i++)
        start.controllers[i].view.submitted = start.controllers[i].view.terminated = NEVER;
    begin();
    (void)found(&start, 0, 0);
    for (uint32_t i = 0; i < all.count; i++)
        try_all(i);
    reached = all.count;
    for (uint32_t i = 0; i < reached; i++) {
        int16_t steps;
        trying.world = i;
        trying.event = 2 * TICK;
        steps = ends_in(i);
        longest = steps > longest ? steps : longest;
    }
    printf("%s: %u worlds, %d steps to an end at most\n", scenes[_i].name, reached, longest);
    end();
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("world");

    tcase_set_timeout(tcase, 100);
    ADD_ROWS(tcase, every_order_of_events, scenes);
    return run_case("world", tcase);
}
