#ifndef SPK_ADMISSION_INTENT_VALUES_H
#define SPK_ADMISSION_INTENT_VALUES_H
/* The values of annotations, one reader a form. Private to intent*.c. */

#include "spk/admission/key.h"
#include "spk/admission/notes.h"
#include "spk/admission/wishes.h"

/* One annotation that counts. */
struct spk_ask {
    struct spk_key key;
    struct spk_str written;
    struct spk_str value;
    const char *canonical; /* with NAME */
};

/* A wish to see the object @name of the kind that @kind means at @path, with what comes along. */
void spk_ask_mount(struct spk_wishes *wishes, struct spk_notes *notes,
                   const struct spk_origin *from, enum spk_key_kind kind, struct spk_str name,
                   struct spk_str path);

/* configMaps and secrets: a JSON list of {"name","path"}, for secrets also "type". */
void spk_ask_list(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask);

/* sparkDefaults: load or native; on an executor, whose properties come from the driver, a warning.
 */
void spk_ask_defaults(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask,
                      bool executor);

/* ownerReference: a JSON OwnerReference. */
void spk_ask_owner(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask);

#endif
