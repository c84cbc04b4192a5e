#ifndef SPK_APP_SUBMISSION_RUN_H
#define SPK_APP_SUBMISSION_RUN_H
/*
 * What the files submission*.c share: one translation at work.
 *
 * Nothing here returns an error. What is wrong with the spec is a fault, and all faults are told
 * together at the end; a lack of memory is remembered, and everything made until then is worthless.
 */

#include "spk/app/submission.h"
#include "spk/base/arena.h"
#include "spk/base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define SPK_SUBMISSION_PREFIX       "spark-operator.k8s.io/"
#define SPK_SUBMISSION_PREFIX_ALIAS "sparkoperator.k8s.io/"

enum { SPK_DRIVER, SPK_EXECUTOR, SPK_ROLES };

/* One of the two kinds of pods. */
struct spk_role {
    const char *name;    /* "driver" */
    const char *env;     /* what properties of its variables begin with */
    const json_t *spec;  /* spec.driver; NULL: absent */
    json_t *pod;         /* the pod template as it grows; owned */
    json_t *overlay;     /* what the webhook shall add; owned */
    json_t *config_maps; /* ConfigMaps and Secrets that the webhook shall mount: lists; owned */
    json_t *secrets;
};

struct spk_submission_run {
    struct spk_submission *out;
    const struct spk_app *app;
    const struct spk_submission_options *options;
    struct spk_role roles[SPK_ROLES];
    struct spk_arena arena; /* texts of this run */
    bool no_memory;
    bool templates; /* this Spark knows pod templates */
    size_t notes_lost;
};

/* A text in the arena; "" without memory. */
const char *spk_submission_text(struct spk_submission_run *run, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Something that can't be run: "PATH: ...", a line of the message. */
void spk_submission_fault(struct spk_submission_run *run, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Further faults are only counted: there is no room for them, and nobody wants each. */
bool spk_submission_is_full(const struct spk_submission_run *run);

/* Something that is said, and does not stop the run. Beyond SPK_SUBMISSION_NOTES they are counted,
 * and at the end the last one says how many. */
void spk_submission_note(struct spk_submission_run *run, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void spk_submission_close_notes(struct spk_submission_run *run);

/* Sets a property, over what was there; one that must not be is a fault of @path, or of the spec.
 */
void spk_submission_put_at(struct spk_submission_run *run, const char *path, const char *name,
                           struct spk_str value);
void spk_submission_put(struct spk_submission_run *run, const char *name, struct spk_str value);

/* Sets a property that the field @path speaks for: with a note, if something else, such as
 * sparkConf, had said otherwise. */
void spk_submission_put_field(struct spk_submission_run *run, const char *path, const char *name,
                              struct spk_str value);

/* Sets a property unless it is there. */
void spk_submission_put_default(struct spk_submission_run *run, const char *name,
                                const char *value);

/* What a property has, as far as we are; a slice with NULL without. */
struct spk_str spk_submission_get(const struct spk_submission_run *run, const char *name);

/* json_object_set_new() and json_array_append_new() that remember a lack of memory; both take the
 * value, NULL too. Nothing to add to is fine where a fault has said why. */
void spk_submission_set(struct spk_submission_run *run, json_t *object, const char *key,
                        json_t *value);
void spk_submission_append(struct spk_submission_run *run, json_t *array, json_t *value);

/* The object or list at a place of dotted names, made where it is missing: "spec.volumes". NULL
 * without memory, or, with a fault, where something else is in the way. */
json_t *spk_submission_object_at(struct spk_submission_run *run, json_t *tree, const char *place);
json_t *spk_submission_array_at(struct spk_submission_run *run, json_t *tree, const char *place);

/* Sets a copy of @value at a place of dotted names. */
void spk_submission_set_at(struct spk_submission_run *run, json_t *tree, const char *place,
                           json_t *value);

/* @value is of @type, or a fault says that it is not. */
bool spk_submission_is(struct spk_submission_run *run, const char *path, const json_t *value,
                       json_type type);

/* The member's text; a slice with NULL when it is absent, null, empty, or, with a fault, no text.
 */
struct spk_str spk_submission_member(struct spk_submission_run *run, const char *path,
                                     const json_t *object, const char *key);

/* A scalar as text: texts, whole numbers, flags; else a fault, and a slice with NULL. */
struct spk_str spk_submission_scalar(struct spk_submission_run *run, const char *path,
                                     const json_t *value);

/* A list of texts with commas between them; empty without any, and without memory. */
struct spk_str spk_submission_join(struct spk_submission_run *run, const json_t *texts);

/* Sets an annotation of ours on the pods of a role: they need the webhook from now on. */
void spk_submission_wish(struct spk_submission_run *run, const struct spk_role *role,
                         const char *key, struct spk_str value);

/* submission_fields.c: what each field of the spec becomes. */
void spk_submission_fields(struct spk_submission_run *run);

/* submission_conf.c: sparkConf and hadoopConf, and what may not be in them. */
void spk_submission_conf(struct spk_submission_run *run);
/* Why no property of that name may have the value; NULL: it may. */
const char *spk_submission_value_fault(struct spk_str name, struct spk_str value);

/* submission_parts.c: why a pod may not be given a label; NULL: it may. */
const char *spk_submission_label_fault(struct spk_str key);
/* A user's annotation for pods: false, with a fault, for what only the webhook may set; remembers
 * that the webhook is needed. */
bool spk_submission_annotation(struct spk_submission_run *run, const char *path,
                               struct spk_str key);

/* submission_uri.c: a file that an application needs. False, with a fault, unless it is one that
 * spark-submit leaves to the pods. */
bool spk_submission_uri(struct spk_submission_run *run, const char *path, struct spk_str uri);
/* Not even looked at by spark-submit. */
bool spk_submission_uri_is_left_alone(struct spk_str uri);
/* A comma-separated list of them: true if all are left alone. */
bool spk_submission_uris(struct spk_submission_run *run, const char *path, struct spk_str list);
/* submission_files.c: spec.deps and the application's own file. */
void spk_submission_files(struct spk_submission_run *run);

/* submission_pods.c: labels, owner, and at the end templates and overlays as they are submitted. */
/* An ownerReference to the application: a new one, NULL without memory. */
json_t *spk_submission_owner(const struct spk_submission_run *run);
void spk_submission_pods_begin(struct spk_submission_run *run);
void spk_submission_pods_end(struct spk_submission_run *run);

/* JSON for an annotation, a new text: without {{, in which Spark would look for its own words. NULL
 * without memory. */
json_t *spk_submission_json(struct spk_submission_run *run, const json_t *value);

/* submission_volumes.c */
void spk_submission_volumes(struct spk_submission_run *run);

/* submission_checks.c: what is wrong with the spec as a whole. */
void spk_submission_checks(struct spk_submission_run *run);

#endif
