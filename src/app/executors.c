#include "spk/app/executors.h"

#include "spk/base/cleanup.h"
#include "spk/base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MORE "(more) "

/* Who is kept first. */
static const enum spk_pod_state ranks[] = {SPK_POD_RUNNING, SPK_POD_FAILED, SPK_POD_PENDING,
                                           SPK_POD_LOST, SPK_POD_COMPLETED};

static bool is_terminal(enum spk_pod_state state)
{
    return state == SPK_POD_COMPLETED || state == SPK_POD_FAILED;
}

static bool succeeded(enum spk_app_state app)
{
    return app == SPK_APP_SUCCEEDING || app == SPK_APP_COMPLETED;
}

static bool has_driver(enum spk_app_state app)
{
    return app == SPK_APP_SUBMITTED || app == SPK_APP_RUNNING || app == SPK_APP_UNKNOWN;
}

static enum spk_pod_state state_of(const json_t *text)
{
    const char *word = json_string_value(text);

    for (int i = 0; word && i < SPK_POD_STATES; i++) {
        if (strcmp(word, spk_pod_state_text((enum spk_pod_state)i)) == 0)
            return (enum spk_pod_state)i;
    }
    return SPK_POD_LOST;
}

/* What became of one that no pod shows any more. */
static enum spk_pod_state vanished(enum spk_pod_state last, enum spk_app_state app)
{
    if (is_terminal(last))
        return last;
    if (succeeded(app))
        return SPK_POD_COMPLETED;
    return has_driver(app) ? SPK_POD_LOST : SPK_POD_FAILED;
}

static bool is_more(const char *name)
{
    return spk_str_starts(spk_str(name), SPK_LIT(MORE));
}

static int set_state(json_t *object, const char *name, enum spk_pod_state state)
{
    return json_object_set_new(object, name, json_string(spk_pod_state_text(state)));
}

/* Everyone, whatever their number. */
static int gather(json_t *all, const json_t *have, const struct spk_pod *const *pods, size_t count,
                  enum spk_app_state app)
{
    const char *name;
    json_t *value;

    for (size_t i = 0; i < count; i++) {
        if (set_state(all, pods[i]->name, pods[i]->state))
            return -1;
    }
    json_object_foreach((json_t *)have, name, value)
    {
        if (!is_more(name) && !json_object_get(all, name) &&
            set_state(all, name, vanished(state_of(value), app)))
            return -1;
    }
    return 0;
}

/* Those of one rank, as long as there is room. Return: how many found none; -1 without memory. */
static int64_t keep(json_t *kept, const json_t *all, enum spk_pod_state state, size_t most)
{
    int64_t over = 0;
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)all, name, value)
    {
        if (state_of(value) != state)
            continue;
        if (json_object_size(kept) >= most)
            over++;
        else if (json_object_set(kept, name, value))
            return -1;
    }
    return over;
}

/* Who has ended and is gone stays in the count: it is the highest that there ever was. */
static int64_t counted(const json_t *have, const char *name, enum spk_pod_state state)
{
    const char *text = json_string_value(json_object_get(have, name));

    return text && is_terminal(state) ? strtoll(text, NULL, 10) : 0;
}

static int count_over(json_t *kept, const json_t *have, enum spk_pod_state state, int64_t over)
{
    char name[32];
    char text[24];
    int64_t before;

    (void)snprintf(name, sizeof(name), MORE "%s", spk_pod_state_text(state));
    before = counted(have, name, state);
    over = before > over ? before : over;
    if (over == 0)
        return 0;
    (void)snprintf(text, sizeof(text), "%" PRId64, over);
    return json_object_set_new(kept, name, json_string(text));
}

static int fill(json_t *kept, const json_t *all, const json_t *have, size_t most)
{
    int64_t over[SPK_LEN(ranks)];

    for (size_t i = 0; i < SPK_LEN(ranks); i++) {
        over[i] = keep(kept, all, ranks[i], most);
        if (over[i] < 0)
            return -1;
    }
    for (size_t i = 0; i < SPK_LEN(ranks); i++) {
        if (count_over(kept, have, ranks[i], over[i]))
            return -1;
    }
    return 0;
}

int spk_executors_state(json_t **out, const json_t *have, const struct spk_pod *const *pods,
                        size_t count, enum spk_app_state state, size_t most, struct spk_err *err)
{
    json_auto_t *all = json_object();
    json_auto_t *kept = json_object();

    if (!all || !kept || gather(all, have, pods, count, state) || fill(kept, all, have, most))
        return spk_fail(err, SPK_ENOMEM, "executorState: out of memory");
    *out = json_incref(kept);
    return 0;
}

enum spk_pod_state spk_executor_deleted(const struct spk_pod *executor, enum spk_app_state app)
{
    if (is_terminal(executor->state))
        return executor->state;
    if (executor->evicted || app == SPK_APP_FAILING || app == SPK_APP_FAILED)
        return SPK_POD_FAILED;
    return SPK_POD_COMPLETED;
}
