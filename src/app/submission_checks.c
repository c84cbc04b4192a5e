#include "submission_run.h"

#include "spk/app/parts.h"
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

/* What two of them must not share. */
static bool is_again(const json_t *list, size_t index, const char *key)
{
    const json_t *value = json_object_get(json_array_get(list, index), key);

    for (size_t i = 0; value && i < index; i++) {
        const json_t *other = json_object_get(json_array_get(list, i), key);
        if (other && json_equal(other, value))
            return true;
    }
    return false;
}

/* Each is a Service and an Ingress, named by its port. */
static void check_ingress(struct spk_submission_run *run, const json_t *list, size_t index)
{
    const char *path = spk_submission_text(run, "spec.driverIngressOptions[%zu]", index);
    const json_t *item = json_array_get(list, index);
    const json_t *format = json_object_get(item, "ingressURLFormat");
    json_int_t port = json_integer_value(json_object_get(item, "servicePort"));

    if (port < 1 || port > 65535)
        spk_submission_fault(run, path, "servicePort: expected a port from 1 to 65535");
    else if (is_again(list, index, "servicePort"))
        spk_submission_fault(run, path, "servicePort: %d is there already", (int)port);
    if (json_string_length(format) == 0)
        spk_submission_fault(run, path, "ingressURLFormat is missing");
    else if (is_again(list, index, "ingressURLFormat"))
        spk_submission_fault(run, path, "ingressURLFormat: \"%.100s\" is there already",
                             json_string_value(format));
}

/* Comparing all with all: nobody offers more ports of one driver. */
#define INGRESSES_MAX 100

static void check_ingresses(struct spk_submission_run *run)
{
    const json_t *list = json_object_get(run->app->spec, "driverIngressOptions");

    if (json_array_size(list) > INGRESSES_MAX) {
        spk_submission_fault(run, "spec.driverIngressOptions", "found %zu, expected at most %d",
                             json_array_size(list), INGRESSES_MAX);
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++)
        check_ingress(run, list, i);
}

static void on_part(void *run, const char *place, const char *what)
{
    spk_submission_fault(run, place, "%s", what);
}

void spk_submission_checks(struct spk_submission_run *run)
{
    check_name(run);
    check_version(run);
    check_selectors(run);
    check_ingresses(run);
    spk_parts_check(run->app->spec, on_part, run);
    for (size_t i = 0; i < SPK_ROLES; i++) {
        if (!run->roles[i].spec)
            spk_submission_fault(run, spk_submission_text(run, "spec.%s", run->roles[i].name),
                                 "missing: at least {}");
    }
}
