#ifndef SPK_WEBHOOK_LINT_PARTS_H
#define SPK_WEBHOOK_LINT_PARTS_H
/*
 * How lint looks at one file. Private to lint/. What is said of an annotation is what the core
 * decides about a pod that carries it; where a file holds no whole pod, one is made up as Spark
 * would make it. All functions return 0, or -1 with SPK_ENOMEM.
 */

#include "spk/admission/review.h"
#include "spk/base/err.h"
#include "webhook/lint/findings.h"

#include <stdbool.h>

struct spk_lint {
    struct spk_policy policy;
    struct spk_lint_source source;
    struct spk_lint_findings *findings;
    bool recognised; /* something in the file that lint has rules for */
    json_t *kept;    /* an array: values that are marked, and not of a document */
    struct spk_err *err;
};

/* How much of a key is shown, of legal ones all: a property's beginning, a prefix of 253 letters,
 * '/' and 63 more. */
#define SPK_LINT_KEY_MAX 400

/* "spark-operator.k8s.io", or what the policy has instead. */
const char *spk_lint_prefix(const struct spk_lint *lint);

/* Does it carry an annotation with our prefix? */
bool spk_lint_is_asked(const struct spk_lint *lint, const json_t *pod);

/* Judges a pod whose annotations were read from the file. */
int spk_lint_judge(struct spk_lint *lint, json_t *pod);

/* Finds all that carries annotations in a document: pods, templates of pods, reviews, and
 * SparkApplications, however deep in lists and other objects. */
int spk_lint_document(struct spk_lint *lint, json_t *document);

bool spk_lint_is_kind(const json_t *object, const char *kind);

/* An object of one of the groups that SparkApplications are of: judges it as the webhook would when
 * it is applied, and the annotations of its pods; says of other kinds that nothing runs them. Any
 * other object is passed over. */
int spk_lint_application(struct spk_lint *lint, json_t *object);

/* Where the field stands that @path names: "spec.volumes[0].name". What is not in @object: the
 * nearest that holds it. */
size_t spk_lint_place(struct spk_lint_source *source, const json_t *object, const char *path);

/* Annotations that the properties of one application ask for, by enum spk_role. */
struct spk_lint_conf {
    json_t *annotations[SPK_ROLES]; /* owned; NULL while there is none */
    bool plural;                    /* who hands the properties to Spark does so in the singular */
    bool open;                      /* the value of the property at hand is not known */
};

/* One property, its @key standing at @key_at; @value is marked in the source. */
int spk_lint_conf_add(struct spk_lint_conf *conf, struct spk_lint *lint, struct spk_str key,
                      size_t key_at, json_t *value);

/* Adds annotations of a map, those of a SparkApplication's driver or executor. */
int spk_lint_conf_annotate(struct spk_lint_conf *conf, struct spk_lint *lint, enum spk_role role,
                           const json_t *annotations);

/* Frees the annotations. */
void spk_lint_conf_done(struct spk_lint_conf *conf);

/* Judges the driver and the executor, and frees the annotations. */
int spk_lint_conf_judge(struct spk_lint_conf *conf, struct spk_lint *lint);

/* A file of properties: the text of the source. A fault of the file is SPK_EPARSE, and @stopped its
 * place. */
int spk_lint_properties(struct spk_lint *lint, size_t *stopped);

/* The text of the source as a script of a shell: the properties behind --conf, those of each
 * spark-submit by themselves. */
int spk_lint_script(struct spk_lint *lint);

/* The warning that there was nothing to look at in a file or a folder. */
void spk_lint_report_nothing(struct spk_lint_findings *findings, const char *name);

/**
 * spk_lint_file() - look at a file, or with "-" at standard input
 * @recognised: set when something in the file was looked at; NULL: that nothing was is a finding
 *
 * Return: 0; 1 for a file that is no use, of which the findings say why; -1: SPK_EIO, SPK_ETOOBIG,
 *         SPK_ENOMEM
 */
int spk_lint_file(struct spk_lint_findings *findings, const struct spk_policy *policy,
                  const char *file, bool *recognised, struct spk_err *err)
    __attribute__((warn_unused_result));

bool spk_lint_is_folder(const char *path);

/* Told of a file that could not be looked at. */
typedef void spk_lint_fail_fn(struct spk_err *err);

/* Looks at the files of a folder that are called as what lint reads, in the order of their names,
 * but not below it. One without anything to look at is none of lint's: only a folder of nothing
 * else is a finding. Return: as spk_lint_file(). */
int spk_lint_folder(struct spk_lint_findings *findings, const struct spk_policy *policy,
                    const char *path, spk_lint_fail_fn *fail, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
