#ifndef SPK_KUBE_CONFIG_INTERNAL_H
#define SPK_KUBE_CONFIG_INTERNAL_H
/* What the parts of the configuration share. */

#include "spk/base/buf.h"
#include "spk/json/walk.h"
#include "spk/kube/config.h"

/* A copy, terminated; SPK_ENOMEM. A text with a NUL in it is SPK_EINVALID. */
int spk_kube_copy(char **out, struct spk_str text, struct spk_err *err);

/* Overwrites a secret and frees it. */
void spk_kube_wipe(char **secret);
void spk_kube_wipe_buf(struct spk_buf *buf);
/* Overwrites all texts of a tree that is about to go. */
void spk_kube_wipe_tree(json_t *tree);

/* The path as seen from @folder; copied if it is absolute. */
int spk_kube_path_from(char **out, const char *folder, struct spk_str path, struct spk_err *err);

/* users[].user.exec; @folder is the file's. */
int spk_kube_exec_read(struct spk_kube_exec *out, const json_t *exec, const char *folder,
                       const struct spk_at *at, struct spk_err *err);
void spk_kube_exec_done(struct spk_kube_exec *exec);

/* The whole file, terminated; wiped behind it. */
int spk_kube_file(char **out, const char *path, size_t max, struct spk_err *err);

#endif
