#ifndef SPK_K8S_PATH_H
#define SPK_K8S_PATH_H
/*
 * Paths inside a container. The API server takes "/a", "/a/", "//a" and "/./a" for four different
 * mount paths although one shadows the other, so paths are compared cleaned.
 */

#include "spk/base/arena.h"
#include "spk/base/str.h"

#include <stdbool.h>

/* The path without empty steps, "." and "..", always absolute: kubelet puts a '/' in front of a
 * relative one (pkg/kubelet/kubelet_pods.go makeMounts). A terminated string; NULL without memory.
 */
const char *spk_path_clean(struct spk_arena *arena, struct spk_str path);

/* What is wrong with a mount path that a user asks for, in words to follow "found": NULL when it
 * may be mounted. It must be absolute, without ':' (ValidateVolumeMounts), without a ".." step and
 * without control characters, and not longer than mount(2) takes. */
const char *spk_mount_path_fault(struct spk_str path);

/* True when @path lies below @above; both cleaned. A path is not above itself. */
bool spk_path_is_above(const char *above, const char *path);

#endif
