/* A SparkApplication of either version is read or refused with a place; what was read gives the
 * state machine a step, and the status that it writes reads back. */

#include "fuzz.h"

#include "spk/app/application.h"
#include "spk/app/machine.h"

static void must_read_back(const struct spk_app *app, const struct spk_step *step)
{
    const struct spk_app_status none = {0};
    struct spk_app_status read;
    struct spk_err err = {0};
    json_t *patch;

    MUST(spk_app_status_patch(&patch, &none, &step->status, NULL, NULL, &err) == 0);
    MUST(spk_app_status_read(&read, patch ? json_object_get(patch, "status") : NULL, &err) == 0);
    MUST(read.state == step->status.state);
    MUST(step->status.state < SPK_APP_STATES && *step->why);
    MUST(step->kind != SPK_STEP_SUBMIT && (app->ours || step->kind != SPK_STEP_DELETE));
    json_decref(patch);
}

static void step_with(const struct spk_app *app, enum spk_driver driver)
{
    const struct spk_facts facts = {.now_s = 1800000000,
                                    .new_id = "11111111-2222-4333-8444-555555555555",
                                    .driver_name = "x-driver",
                                    .driver = driver,
                                    .seen_s = 1700000000};
    struct spk_step step;

    spk_app_step(&step, app, &facts);
    must_read_back(app, &step);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spk_err err = {0};
    struct spk_app app;
    json_t *object;
    char name[256];

    if (size > 65536 || spk_json_parse(&object, (const char *)data, size, &err))
        return 0;
    if (spk_app_read(&app, object, &err)) {
        MUST(*err.msg && (err.code == SPK_EPARSE || err.code == SPK_EINVALID));
    } else {
        MUST(strlen(app.hash) == SPK_APP_HASH - 1 && app.spec);
        MUST(app.rules.failure_interval_s > 0 && app.rules.ttl_s >= -1);
        if (spk_app_driver_name(name, &app, &err) == 0)
            MUST(*name);
        for (int driver = SPK_DRIVER_UNSEEN; driver <= SPK_DRIVER_FOREIGN; driver++) {
            if (driver != SPK_DRIVER_HALF && driver != SPK_DRIVER_WHOLE)
                step_with(&app, (enum spk_driver)driver);
        }
    }
    spk_app_done(&app);
    json_decref(object);
    return 0;
}
