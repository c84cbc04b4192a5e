#ifndef SPK_WEBHOOK_INSTALL_OPTIONS_H
#define SPK_WEBHOOK_INSTALL_OPTIONS_H
/*
 * What `spark-webhook manifest` can be told, and what it means for the texts in objects/ and
 * chart/: the names that they use, and for a chart the values that take the options' place.
 */

#include "spk/base/err.h"
#include "spk/cli/flags.h"
#include "spk/cli/template.h"

#include <stdbool.h>
#include <stdint.h>

/* --format */
enum spk_install_format { SPK_INSTALL_YAML, SPK_INSTALL_HELM };

struct spk_install {
    /* as told */
    const char *namespace_;
    const char *name;
    const char *annotation_prefix;
    const char *image;
    const char *priority_class; /* NULL: none */
    const char *directory;      /* NULL: standard output */
    int format;                 /* enum spk_install_format */
    int certificates;           /* an index of words, as all below */
    int failure_policy;
    int on_invalid;
    int log_level;
    int64_t replicas;
    int64_t port;
    int64_t health_port;
    int64_t timeout_s;
    int64_t kube_minor; /* of 1.N */
    bool host_network;
    bool applications; /* SparkApplications are reviewed, too */
    bool existing_namespace;
    struct spk_flag_list extra_sans;
    struct spk_flag_list pull_secrets;
    struct spk_flag_list only_namespaces;
    struct spk_flag_list exclude_namespaces;

    /* as the texts ask */
    const char *version; /* of the program */
    const char *certificates_text;
    const char *failure_policy_text;
    const char *on_invalid_text;
    const char *log_level_text;
    const char *own_prefix_text; /* "" with the default */
    bool lacks_image;            /* none was given: @image stands in for it */
    bool managed;
    bool cert_manager;
    bool makes_namespace;
    bool mounted; /* the certificate comes in a Secret that is mounted */
    bool own_prefix;
    bool has_priority_class;
    bool has_pull_secrets;
    bool has_extra_sans;
    bool has_only_namespaces;
    bool has_exclude_namespaces;
    bool selects_namespaces;
    bool fail;
    bool several; /* replicas */
    bool match_conditions;
    bool policies;              /* ValidatingAdmissionPolicy */
    bool unhealthy_eviction;    /* of a PodDisruptionBudget */
    struct spk_flag_list files; /* of a kustomization */
};

/* Whose pods are meant, the same for every command that makes objects which select pods. */
#define SPK_INSTALL_NAMESPACE_FLAGS(only_offset, exclude_offset)                        \
    {.name = "only-namespace",                                                          \
     .arg = "NAME",                                                                     \
     .help = "pods of this namespace, and no others; may be repeated",                  \
     .type = SPK_FLAG_OBJECTS,                                                          \
     .offset = (only_offset)},                                                          \
    {                                                                                   \
        .name = "exclude-namespace", .arg = "NAME",                                     \
        .help = "no pods of this namespace; may be repeated", .type = SPK_FLAG_OBJECTS, \
        .offset = (exclude_offset)                                                      \
    }

/**
 * spk_install_parse() - read and check the arguments of `spark-webhook manifest`
 * @out: points into @argv
 * @err: SPK_EINVALID names the flag, what was found and what was expected
 *
 * Return: 0, 1 when --help was asked for, or -1
 */
int spk_install_parse(struct spk_install *out, int argc, char **argv, struct spk_err *err)
    __attribute__((warn_unused_result));

void spk_install_help(FILE *to);

/* Whether all of both lists may be namespaces, and none is in both. SPK_EINVALID names the flag. */
int spk_install_check_namespaces(const struct spk_flag_list *only,
                                 const struct spk_flag_list *exclude, struct spk_err *err)
    __attribute__((warn_unused_result));

/* The names in the texts; their offsets are in struct spk_install. */
const struct spk_variable *spk_install_variables(size_t *count);

#endif
