#include "submission_run.h"

#include "spk/base/limits.h"
#include "spk/json/walk.h"
#include "spk/k8s/name.h"

#include <ctype.h>

/* It becomes the beginning of a Service's name, and a label: apimachinery IsDNS1035Label. */
static void check_name(struct spk_submission_run *run)
{
    struct spk_str name = run->app->name;

    if (!spk_is_label(name) || !islower((unsigned char)name.ptr[0])) {
        spk_submission_fault(run, "metadata.name",
                             "expected a letter, then at most 62 of a-z, 0-9 and '-', the last no "
                             "'-', found \"%.*s\"",
                             SPK_ARG(name));
    }
}

/* The number before the first dot; 0 for what has none. */
static int major(struct spk_str version)
{
    int number = 0;

    if (version.len && version.ptr[0] == 'v')
        version = spk_str_skip(version, 1);
    for (size_t i = 0; i < version.len && isdigit((unsigned char)version.ptr[i]) && number < 1000;
         i++)
        number = 10 * number + version.ptr[i] - '0';
    return number;
}

static void check_version(struct spk_submission_run *run)
{
    int number = major(run->app->spark_version);

    run->templates = number == 0 || number >= 3;
    if (!run->templates) {
        spk_submission_fault(run, "spec.sparkVersion",
                             "found %.*s: Spark before 3.0 knows no pod templates, by which the "
                             "driver gets its owner and its place",
                             SPK_ARG(run->app->spark_version));
    }
}

static void check_selectors(struct spk_submission_run *run)
{
    if (json_object_size(json_object_get(run->app->spec, "nodeSelector")) == 0)
        return;
    for (size_t i = 0; i < SPK_ROLES; i++) {
        if (json_object_size(json_object_get(run->roles[i].spec, "nodeSelector"))) {
            spk_submission_fault(
                run, spk_submission_text(run, "spec.%s.nodeSelector", run->roles[i].name),
                "refused beside spec.nodeSelector: one of the two");
        }
    }
}

void spk_submission_checks(struct spk_submission_run *run)
{
    check_name(run);
    check_version(run);
    check_selectors(run);
    for (size_t i = 0; i < SPK_ROLES; i++) {
        if (!run->roles[i].spec)
            spk_submission_fault(run, spk_submission_text(run, "spec.%s", run->roles[i].name),
                                 "missing: at least {}");
    }
}
