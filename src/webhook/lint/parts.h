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

/* @template with what Spark adds to it: a new pod, whose annotations are the template's own. */
json_t *spk_lint_pod(const json_t *template, enum spk_role role);

/* Annotations that the properties of one application ask for, by enum spk_role. */
struct spk_lint_conf {
    json_t *annotations[SPK_ROLES]; /* owned; NULL while there is none */
    bool plural;                    /* who hands the properties to Spark does so in the singular */
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

#endif
