#ifndef SPK_CONTROLLER_API_H
#define SPK_CONTROLLER_API_H
/* The calls of the API server that the engine makes: objects by key, patches, deletions. */

#include "spk/app/application.h"
#include "spk/base/err.h"
#include "spk/base/str.h"
#include "spk/kube/client.h"

#include <stdbool.h>

/* "VERSION/NAMESPACE/NAME", taken apart. Slices of the key. */
struct spk_key {
    struct spk_str version;
    struct spk_str ns;
    struct spk_str name;
};

/* SPK_EINVALID for what is no key. */
int spk_key_split(struct spk_key *out, const char *key, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Collections in a namespace. */
enum spk_api_kind {
    SPK_API_APPS, /* of the key's version */
    SPK_API_PODS,
    SPK_API_SERVICES,
    SPK_API_CONFIG_MAPS,
    SPK_API_INGRESSES,
};

/* All return 0, 1 for "not found", 2 for a conflict (somebody else was faster, or it exists), and
 * −1 with the reason. @out: a new reference; may be NULL where the answer is of no use. */

int spk_api_get(struct spk_kube *kube, const struct spk_key *key, enum spk_api_kind kind,
                const char *name, json_t **out, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Objects with both labels: this application's, launched by us. Of pods the drivers alone:
 * thousands of executors are more than an answer holds. @out: the array of items. */
int spk_api_list(struct spk_kube *kube, const struct spk_key *key, enum spk_api_kind kind,
                 json_t **out, struct spk_err *err) __attribute__((warn_unused_result));

int spk_api_create(struct spk_kube *kube, const struct spk_key *key, enum spk_api_kind kind,
                   const json_t *object, json_t **out, struct spk_err *err)
    __attribute__((warn_unused_result));

/* A merge patch of the application, or of its status; @patch holds metadata.resourceVersion. */
int spk_api_patch(struct spk_kube *kube, const struct spk_key *key, bool status,
                  const json_t *patch, json_t **out, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Takes the field management of a server-side apply: for what is to be as we say, new or not. */
int spk_api_apply(struct spk_kube *kube, const struct spk_key *key, enum spk_api_kind kind,
                  const json_t *object, struct spk_err *err) __attribute__((warn_unused_result));

/* Only the object with this UID, and as it was with the resourceVersion @version; NULL: however it
 * is by now. 2: another one has its name, or it has changed. */
int spk_api_delete(struct spk_kube *kube, const struct spk_key *key, enum spk_api_kind kind,
                   const char *name, const char *uid, const char *version, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
