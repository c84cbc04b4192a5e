#ifndef SPK_ADMISSION_DEFAULTS_H
#define SPK_ADMISSION_DEFAULTS_H
/*
 * sparkDefaults: a driver reads the spark-defaults.conf of its sparkConfigMap, which spark-submit's
 * --properties-file keeps it from. Private to decide.c and defaults*.c.
 *
 * load: an init container of the Spark container's own image joins that file and the submitted one
 * into a third, and --properties-file points there. In a properties file the last line of a key
 * wins, so what was submitted does.
 * native: --load-spark-defaults, an option of Spark 4.0 and later (SparkSubmitOptionParser).
 */

#include "spk/admission/notes.h"
#include "spk/admission/view.h"
#include "spk/admission/wishes.h"
#include "spk/base/err.h"
#include "spk/base/str.h"
#include "spk/json/walk.h"

#include <jansson.h>

/* One path for all pods; a driver whose --properties-file is this has been treated. */
#define SPK_DEFAULTS_DIR  "/etc/spark/defaults"
#define SPK_DEFAULTS_FILE SPK_DEFAULTS_DIR "/spark.properties"

/* Of volume and init container; "-1", "-2", … behind it where the pod uses it for something else.
 * No name that a ConfigMap or Secret could give a volume: those end in "-volume" or a hash. */
#define SPK_DEFAULTS_NAME "sparkhook-spark-defaults"

/**
 * spk_defaults_merge() - what the wish adds to the pod
 * @ops:   gets the operations, behind those that made @pod
 * @view:  the pod after all of @ops; the sparkConfigMap is mounted in it
 * @index: of the Spark container
 * @notes: gets a fault when the driver is not as spark-submit makes it, or something is in the way
 *
 * Errors: SPK_EPARSE with the path for a field of the wrong type; SPK_ENOMEM
 */
int spk_defaults_merge(json_t *ops, const struct spk_wish_defaults *wish,
                       const struct spk_view *view, size_t index, struct spk_notes *notes,
                       struct spk_err *err) __attribute__((warn_unused_result));

/* The options of spark-submit among a driver's arguments. */
struct spk_defaults_options {
    size_t files;        /* how many --properties-file */
    size_t file_at;      /* the argument that holds the last one's path */
    bool file_joined;    /* written "--properties-file=PATH" */
    struct spk_str file; /* PATH */
    size_t option_at;    /* the argument that begins the last one */
    bool load_spark_defaults;
};

/* Reads them. What stands behind the primary resource is the application's own. SPK_EPARSE. */
int spk_defaults_options(struct spk_defaults_options *out, const json_t *args,
                         const struct spk_at *at, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
