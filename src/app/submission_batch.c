/* Batch schedulers. What needs a PodGroup of its own is said, not done. */
#include "submission_fields.h"

#include "spk/json/walk.h"

#define OPTIONS "spec.batchSchedulerOptions"

static void put_both(struct spk_submission_run *run, const char *format, struct spk_str value)
{
    for (size_t i = 0; i < SPK_ROLES; i++) {
        const char *mark = strstr(format, "%s");
        spk_submission_put(run,
                           spk_submission_text(run, "%.*s%s%s", (int)(mark - format), format,
                                               run->roles[i].name, mark + 2),
                           value);
    }
}

static void choose(struct spk_submission_run *run, const char *name)
{
    put_both(run, "spark.kubernetes.%s.scheduler.name", spk_str(name));
    for (size_t i = 0; i < SPK_ROLES; i++) {
        json_t *text = json_string(name);
        spk_submission_set_at(run, run->roles[i].pod, "spec.schedulerName", text);
        json_decref(text);
    }
}

/* YuniKorn tells applications by Spark's own label, and takes the queue from one of ours. */
static void yunikorn(struct spk_submission_run *run, struct spk_str queue)
{
    choose(run, "yunikorn");
    if (queue.len)
        put_both(run, "spark.kubernetes.%s.label.queue", queue);
    spk_submission_gang(run);
}

static void volcano(struct spk_submission_run *run, struct spk_str queue)
{
    choose(run, "volcano");
    if (queue.len)
        put_both(run, "spark.kubernetes.%s.annotation.scheduling.volcano.sh/queue-name", queue);
    spk_submission_note(run, "spec.batchScheduler",
                        "pods go to volcano one by one: no PodGroup is made for the application");
}

/* After driver and executor: this one wins over their schedulerName. */
void spk_submission_batch(struct spk_submission_run *run)
{
    const json_t *spec = run->app->spec;
    struct spk_str name = spk_json_str(json_object_get(spec, "batchScheduler"));
    const json_t *options = json_object_get(spec, "batchSchedulerOptions");
    struct spk_str queue = json_is_object(options)
                               ? spk_submission_member(run, OPTIONS, options, "queue")
                               : (struct spk_str){0};

    if (name.len == 0) {
        if (json_object_size(options))
            spk_submission_note(run, OPTIONS, "ignored without spec.batchScheduler");
        return;
    }
    if (spk_str_is(name, "yunikorn"))
        yunikorn(run, queue);
    else if (spk_str_is(name, "volcano"))
        volcano(run, queue);
    else
        spk_submission_note(run, "spec.batchScheduler",
                            "not acted on: expected yunikorn or volcano, found \"%s\"", name.ptr);
    for (size_t i = 0; i < 2; i++) {
        static const char *const unused[] = {"priorityClassName", "resources"};
        if (json_object_get(options, unused[i]))
            spk_submission_note(run, spk_submission_text(run, OPTIONS ".%s", unused[i]),
                                "not acted on: it is of a PodGroup");
    }
}
