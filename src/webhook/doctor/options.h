#ifndef SPK_WEBHOOK_DOCTOR_OPTIONS_H
#define SPK_WEBHOOK_DOCTOR_OPTIONS_H
/* What `spark-webhook doctor` can be told. */

#include "spk/base/err.h"
#include "spk/base/limits.h"

#include <stdio.h>

/* --output */
enum spk_doctor_output { SPK_DOCTOR_TEXT, SPK_DOCTOR_JSON };

struct spk_doctor_options {
    const char *kubeconfig; /* NULL: as spk_kube_config_load() */
    const char *context;    /* NULL: the current one */
    const char *namespace_;
    const char *name;
    const char *service_name;
    const char *webhook_configuration;
    const char *secret_name;
    const char *controller_name; /* of spark-controller: its Lease */
    const char *controller_namespace;
    const char *annotation_prefix; /* NULL: as the registration has it */
    const char *pod;               /* as told: NAMESPACE/NAME or NAME; NULL: none */
    const char *pod_name;
    const char *pod_file;
    const char *pod_namespace; /* NULL: to be found */
    int output;                /* enum spk_doctor_output */

    /* what the above may point to */
    char configuration_text[SPK_SUBDOMAIN_MAX + 1];
    char secret_text[SPK_SUBDOMAIN_MAX + 1];
    char pod_namespace_text[SPK_SUBDOMAIN_MAX + 1];
};

/**
 * spk_doctor_options_parse() - read and check the arguments of `spark-webhook doctor`
 * @out: points into @argv and into itself: don't copy
 * @err: SPK_EINVALID names the flag, what was found and what was expected
 *
 * Return: 0, 1 when --help was asked for, or -1
 */
int spk_doctor_options_parse(struct spk_doctor_options *out, int argc, char **argv,
                             struct spk_err *err) __attribute__((warn_unused_result));

void spk_doctor_options_help(FILE *to);

#endif
