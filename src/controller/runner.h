#ifndef SPK_CONTROLLER_RUNNER_H
#define SPK_CONTROLLER_RUNNER_H
/*
 * spark-submit as a child: in a process group and a private folder (0700) of its own, with a
 * cleared environment, an empty SPARK_CONF_DIR, a HOME of its own, and everything it is told in one
 * properties file (0600, ASCII with \uXXXX) that is removed when it ends. Killed when this process
 * dies (PR_SET_PDEATHSIG), when its deadline is over, or when the stop is thrown.
 *
 * A submission costs about 300 MB and 4 to 8 s of processor time while it runs (measured, Spark 3.5
 * and 4.3).
 */

#include "spk/app/submission.h"
#include "spk/base/err.h"
#include "spk/base/stop.h"
#include "spk/base/str.h"
#include "spk/kube/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPK_SPARK_HOMES_MAX 8

/* --spark-home [VERSION=]PATH */
struct spk_spark_home {
    const char
        *version; /* "3.5", "4.0.1": what an application's sparkVersion begins with; NULL: any */
    const char *path;
};

struct spk_runner_options {
    struct spk_spark_home homes[SPK_SPARK_HOMES_MAX];
    size_t home_count;
    const char *work_folder; /* private folders are made in here; NULL: $TMPDIR, else /tmp */
    const char *java_home;   /* NULL: what JAVA_HOME said at start, else java of the PATH */
    int64_t deadline_ms;
    /* How the child reaches the cluster; files are written into the private folder. In-cluster:
     * the service account's own paths are named, which Spark reads anew. */
    const struct spk_kube_config *cluster;
};

struct spk_run {
    bool exited; /* else: ended by a signal */
    bool timed_out;
    bool stopped;       /* by the stop */
    int status;         /* exit status, or the signal */
    char message[1024]; /* the line of its output that says why it failed; "" without */
};

/* The home for a version: the longest prefix wins ("4.0" before "4"), then the one without version.
 * SPK_EINVALID names the version and what there is. */
int spk_runner_home(const char **out, const struct spk_runner_options *options,
                    struct spk_str spark_version, struct spk_err *err)
    __attribute__((warn_unused_result));

/**
 * spk_runner_run() - submit, and wait for the end
 * @out: filled with 0
 * @stop: ends the whole process group
 *
 * Return: 0 when a child ran, however it ended; -1 when it could not be started
 */
int spk_runner_run(struct spk_run *out, const struct spk_submission *submission,
                   struct spk_str spark_version, const struct spk_runner_options *options,
                   const struct spk_stop *stop, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
