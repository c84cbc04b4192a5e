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

/* The shorthands: each makes an overlay. Values that can't be honoured are faults. */

/* secretEnv.VARIABLE, configMapEnv.VARIABLE: OBJECT/KEY. */
void spk_ask_env(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask);

/* pvc.NAME: PATH[,readOnly]. */
void spk_ask_claim(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask);

/* emptyDir.NAME: PATH[,SIZE]. */
void spk_ask_empty_dir(struct spk_wishes *wishes, struct spk_notes *notes,
                       const struct spk_ask *ask);

/* gpu: RESOURCE=COUNT. */
void spk_ask_gpu(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask);

/* prometheusJmx: PORT[,CONFIGMAP]; the ConfigMap is a wish of its own. */
void spk_ask_jmx(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask);

/* enableServiceLinks: true or false. */
void spk_ask_service_links(struct spk_wishes *wishes, struct spk_notes *notes,
                           const struct spk_ask *ask);

/* GCPServiceAccountKey.NAME: a key of the Secret. To be asked before the account itself. */
void spk_ask_gcp_key(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask);

/* At the end: what does not go together. */
void spk_ask_check_shorthands(const struct spk_wishes *wishes, struct spk_notes *notes);

/* ownerReference: a JSON OwnerReference. */
void spk_ask_owner(struct spk_wishes *wishes, struct spk_notes *notes, const struct spk_ask *ask);

#endif
