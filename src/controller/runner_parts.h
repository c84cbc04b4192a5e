#ifndef SPK_CONTROLLER_RUNNER_PARTS_H
#define SPK_CONTROLLER_RUNNER_PARTS_H
/* What the parts of the runner share: folder, properties, cluster, fence, child, message. */

#include "runner.h"

#include "spk/base/buf.h"

#include <sys/types.h>

/* A private folder. While its controller lives it holds a lock on it (flock), so that a folder
 * without a lock is a dead one's. */
struct spk_runner_folder {
    char *path; /* absolute; NULL: none */
    int fd;     /* of the folder, locked; -1: none */
};

/* Errors: SPK_EIO naming the folder; SPK_ENOMEM */
int spk_runner_folder_make(struct spk_runner_folder *out, const char *work_folder,
                           struct spk_err *err) __attribute__((warn_unused_result));

/* A folder in it, 0700. */
int spk_runner_folder_sub(const struct spk_runner_folder *folder, const char *name,
                          struct spk_err *err) __attribute__((warn_unused_result));

/* A file in it, 0600, that is not there yet. */
int spk_runner_folder_write(const struct spk_runner_folder *folder, const char *name,
                            struct spk_str bytes, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Removes it with all that is in it; links are removed, never followed. */
void spk_runner_folder_done(struct spk_runner_folder *folder);

/**
 * spk_runner_properties() - names and texts as Java properties
 * @out: appended to; empty on failure
 * @properties: an object; what is no text is passed over
 *
 * ASCII, one property a line, in the order of the object.
 *
 * Spec: java.util.Properties load(Reader) and saveConvert(): \ before what separates or begins a
 *       comment, \uXXXX in UTF-16 for all that is not printable ASCII
 */
int spk_runner_properties(struct spk_buf *out, const json_t *properties, struct spk_err *err)
    __attribute__((warn_unused_result));

/**
 * spk_runner_cluster() - how the child reaches the cluster
 * @properties: gets spark.master and what names the files
 * @folder:     gets the CA, the token, the client's certificate and key
 *
 * Errors: SPK_EINVALID for what Spark has no property for (a user's password, another name in the
 *         server's certificate); what a token file or a credential plugin fails with
 */
int spk_runner_cluster(json_t *properties, const struct spk_runner_folder *folder,
                       const struct spk_kube_config *config, const struct spk_stop *stop,
                       struct spk_err *err) __attribute__((warn_unused_result));

/**
 * spk_runner_fence() - which files the child may touch, kept by the kernel (Landlock)
 * @out: a descriptor to be closed; -1 where the kernel has no Landlock
 * @homes: folders that may be read, up to a NULL
 *
 * What may be written is the private folder. So no property makes spark-submit read the
 * controller's own files: its token, its environment (/proc), the folders of other submissions.
 */
int spk_runner_fence(int *out, const struct spk_runner_folder *folder, const char *const homes[],
                     struct spk_err *err) __attribute__((warn_unused_result));

/* What a child said: its first bytes and its last ones. */
struct spk_runner_output {
    char *bytes; /* owned; SPK_CHILD_HEAD_MAX, then a ring of SPK_CHILD_TAIL_MAX */
    size_t seen; /* bytes in all */
};

int spk_runner_output_init(struct spk_runner_output *output, struct spk_err *err)
    __attribute__((warn_unused_result));
void spk_runner_output_done(struct spk_runner_output *output);
void spk_runner_output_add(struct spk_runner_output *output, const char *bytes, size_t len);
/* All that was kept, head and tail with a line between where something is missing. */
int spk_runner_output_text(struct spk_buf *out, const struct spk_runner_output *output,
                           struct spk_err *err) __attribute__((warn_unused_result));

/* The line of a failed spark-submit that tells why; "" without any. At most @size bytes with the
 * terminator, whole runes, no control character. */
void spk_runner_message(char *out, size_t size, struct spk_str text);

struct spk_runner_child {
    const char *path; /* of the program */
    char *const *argv;
    char *const *env;
    const char *folder; /* where it runs */
    int fence;          /* spk_runner_fence(); -1: none */
    int64_t deadline_ms;
    const struct spk_stop *stop;
};

/* Starts it and waits for the end; fills all of @run but the message. Errors: SPK_EIO when it could
 * not be started. */
int spk_runner_child(struct spk_run *run, struct spk_runner_output *output,
                     const struct spk_runner_child *child, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
