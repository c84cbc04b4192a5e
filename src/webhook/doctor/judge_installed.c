/*
 * Is it here at all: one finding instead of one for each part that is not.
 */
#include "webhook/doctor/judge.h"

#include "webhook/doctor/command.h"
#include "webhook/doctor/read.h"

#include <stdio.h>
#include <string.h>

static const char check[] = "installed";

/* "ns/name, ns/name"; "" none. */
static void print_instances(char *out, size_t size, const struct spk_facts *facts)
{
    const json_t *it;
    size_t len = 0;
    size_t i;

    *out = '\0';
    json_array_foreach(spk_read(facts->instances.object, "items"), i, it)
    {
        if (len < size)
            len += (size_t)snprintf(out + len, size - len, "%s%s/%s", len ? ", " : "",
                                    spk_read_text(it, "metadata.namespace"), spk_read_name(it));
    }
}

static void judge_none(struct spk_findings *to, const struct spk_facts *facts)
{
    const struct spk_doctor_options *options = facts->options;
    char others[1024];

    print_instances(others, sizeof(others), facts);
    spk_find(
        to, SPK_LEVEL_FAIL, check,
        "not installed here (namespace %s, name %s): no registration, Service or Deployment%s%s",
        options->namespace_, options->name, *others ? "; there is " : "", others);
    if (*others) {
        spk_advise(to, "if one of those is meant, give --namespace and --name; else %s",
                   spk_command_install(facts).text);
    } else {
        spk_advise(to, "%s", spk_command_install(facts).text);
    }
}

static void judge_elsewhere(struct spk_findings *to, const struct spk_facts *facts)
{
    const json_t *first = json_array_get(spk_read(facts->configuration.object, "webhooks"), 0);
    const char *namespace_ = spk_read_text(first, "clientConfig.service.namespace");
    const char *service = spk_read_text(first, "clientConfig.service.name");

    spk_find(to, SPK_LEVEL_FAIL, check,
             "not in namespace %s: %s calls the Service %s/%s, and neither Service nor Deployment "
             "is here",
             facts->options->namespace_, facts->options->webhook_configuration, namespace_,
             service);
    spk_advise(to, "ask again with --namespace=%s%s%s", namespace_,
               strcmp(service, facts->options->service_name) != 0 ? " --service-name=" : "",
               strcmp(service, facts->options->service_name) != 0 ? service : "");
}

bool spk_judge_installed(struct spk_findings *to, const struct spk_facts *facts)
{
    switch (spk_facts_way(facts)) {
    case SPK_WAY_NONE:
        judge_none(to, facts);
        return false;
    case SPK_WAY_ELSEWHERE:
        judge_elsewhere(to, facts);
        return false;
    case SPK_WAY_EXPRESSIONS:
        spk_find(to, SPK_LEVEL_OK, check, "no webhook in namespace %s, but a policy for it",
                 facts->options->namespace_);
        return false;
    default:
        return true;
    }
}
