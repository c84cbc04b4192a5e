#ifndef SPK_APP_SUBMISSION_FIELDS_H
#define SPK_APP_SUBMISSION_FIELDS_H
/* Fields of a SparkApplication, in tables: what each is, and what it becomes. */

#include "submission_run.h"

/* A field at hand. */
struct spk_field_at {
    const char *path;      /* "spec.driver.cores" */
    const char *name;      /* "cores" */
    json_t *value;         /* never null */
    struct spk_role *role; /* NULL outside spec.driver and spec.executor */
};

enum spk_field_kind {
    SPK_FIELD_ANY,
    SPK_FIELD_TEXT,
    SPK_FIELD_NUMBER, /* whole */
    SPK_FIELD_FLAG,
    SPK_FIELD_TEXTS, /* a list of texts */
    SPK_FIELD_MAP,   /* of texts */
    SPK_FIELD_OBJECT,
    SPK_FIELD_LIST,
};

enum spk_field_way {
    SPK_FIELD_ELSEWHERE, /* what it says is acted on by another file, or by the state machine */
    SPK_FIELD_PROPERTY,  /* target: the property; %s is the role. Of a map: what its properties
                            begin with. Of a list: with commas */
    SPK_FIELD_TEMPLATE,  /* target: the place in the pod template */
    SPK_FIELD_OVERLAY,   /* target: the place in the webhook's overlay */
    SPK_FIELD_WISH,      /* target: the annotation of the webhook, on both roles */
    SPK_FIELD_FIELDS,    /* an object with fields of its own */
    SPK_FIELD_ITEMS,     /* a list of such objects */
    SPK_FIELD_UNUSED,    /* target: why nothing is done about it */
};

struct spk_field {
    const char *name;
    enum spk_field_kind kind;
    enum spk_field_way way;
    const char *target;
    const struct spk_fields *fields;
    /* Instead of what way says, or for FIELDS after its fields were looked at. */
    void (*act)(struct spk_submission_run *run, const struct spk_field_at *at);
};

struct spk_fields {
    const struct spk_field *rows;
    size_t count;
};

#define SPK_FIELDS(rows)                       \
    {                                          \
        rows, sizeof(rows) / sizeof((rows)[0]) \
    }

/* Carries out what a table says of @object, in the table's order; unknown fields are noted. */
void spk_submission_walk(struct spk_submission_run *run, const struct spk_fields *fields,
                         const json_t *object, const char *path, struct spk_role *role);

/* submission_roles.c: the fields of driver and executor. */
extern const struct spk_fields spk_driver_fields;
extern const struct spk_fields spk_executor_fields;

/* submission_parts.c: what takes more than a line of a table. */
void spk_submission_act_labels(struct spk_submission_run *run, const struct spk_field_at *at);
void spk_submission_act_annotations(struct spk_submission_run *run, const struct spk_field_at *at);
void spk_submission_act_env(struct spk_submission_run *run, const struct spk_field_at *at);
void spk_submission_act_secrets(struct spk_submission_run *run, const struct spk_field_at *at);
void spk_submission_act_config_maps(struct spk_submission_run *run, const struct spk_field_at *at);
void spk_submission_act_priority(struct spk_submission_run *run, const struct spk_field_at *at);
void spk_submission_act_scheduler(struct spk_submission_run *run, const struct spk_field_at *at);
/* submission_monitoring.c, submission_batch.c: after driver and executor. */
void spk_submission_act_monitoring(struct spk_submission_run *run, const struct spk_field_at *at);
void spk_submission_batch(struct spk_submission_run *run);

/* submission_gang.c: the annotations by which yunikorn reserves for driver and executors together;
 * after all that says how large they are. */
void spk_submission_gang(struct spk_submission_run *run);

#endif
