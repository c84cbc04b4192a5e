#ifndef SPK_CONTROLLER_RUNNER_H
#define SPK_CONTROLLER_RUNNER_H
/*
 * spark-submit as a child: in a process group and a private folder (0700) of its own, with a
 * cleared environment, an empty SPARK_CONF_DIR, a HOME of its own, and everything it is told in one
 * properties file (0600, ASCII with \uXXXX) that is removed when it ends. Killed when this process
 * dies (PR_SET_PDEATHSIG), when its deadline is over, or when the stop is thrown. Where the kernel
 * has Landlock it can read nothing of ours, whatever its properties say.
 *
 * A submission takes about 230 MB, and 2.5 s of processor time in 3 to 4 s (measured, Spark 3.5.7
 * and 4.3.0 on two processors).
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

/* Of three that start at once on one processor, the last needs half a minute. */
#define SPK_RUNNER_MS 180000

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
    const char *java_home;   /* NULL: what JAVA_HOME said at start, else where /usr/bin/java or
                                /usr/local/bin/java leads; PATH is not searched */
    int64_t deadline_ms;     /* of one run, from its start; 0: SPK_RUNNER_MS */
    /* How the child reaches the cluster. Token, CA, client certificate are written into the
     * private folder; a token file is read, a credential plugin is asked, at each run. */
    const struct spk_kube_config *cluster;
};

struct spk_run {
    bool exited; /* else: ended by a signal */
    bool timed_out;
    bool stopped;       /* by the stop */
    int status;         /* exit status, or the signal */
    char message[1024]; /* the line of its output that says why it failed; "" without */
};

/* The home for a version: what is before a '.' or the end of it counts; the longest prefix wins
 * ("4.0" before "4"), then the one without version; for no version at all that one, else the first.
 * SPK_EINVALID names the version and what there
 * is. */
int spk_runner_home(const char **out, const struct spk_runner_options *options,
                    struct spk_str spark_version, struct spk_err *err)
    __attribute__((warn_unused_result));

/**
 * spk_runner_run() - submit, and wait for the end
 * @out: filled with 0
 * @stop: ends the whole process group; may be NULL
 *
 * Its last word in every property that says whose credentials are used, where files are kept and
 * how the child works is ours, whatever the submission has there.
 *
 * Errors: SPK_EINVALID for arguments that begin with other options than --class, --name and
 *         --proxy-user, a cluster that Spark can't be told of, no home; SPK_EIO; SPK_ETOOBIG;
 *         SPK_ENOMEM
 * Return: 0 when a child ran, however it ended; -1 when it could not be started
 */
int spk_runner_run(struct spk_run *out, const struct spk_submission *submission,
                   struct spk_str spark_version, const struct spk_runner_options *options,
                   const struct spk_stop *stop, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Removes the private folders that dead controllers left in a work folder (NULL as above); those of
 * living ones are locked. To be called once, at the start. */
int spk_runner_sweep(const char *work_folder, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Does this kernel keep the child from the controller's files? To be logged at the start. */
bool spk_runner_fenced(void);

#endif
