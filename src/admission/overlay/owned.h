#ifndef SPK_ADMISSION_OVERLAY_OWNED_H
#define SPK_ADMISSION_OVERLAY_OWNED_H
/* What an overlay may not ask for, since it belongs to Spark, to the controller or to us. */

#include "spk/base/str.h"

enum spk_owned_place {
    SPK_OWNED_METADATA,        /* a field */
    SPK_OWNED_LABEL,           /* a key */
    SPK_OWNED_ANNOTATION,      /* a key */
    SPK_OWNED_SPEC,            /* a field */
    SPK_OWNED_CONTAINER,       /* a name */
    SPK_OWNED_SPARK_CONTAINER, /* a field */
    SPK_OWNED_VARIABLE,        /* the name of one of the Spark container's */
    SPK_OWNED_PORT,            /* the name of one of the Spark container's */
    SPK_OWNED_VOLUME,          /* a name */
    SPK_OWNED_PLACES
};

/* Why @name may not be asked for there; NULL when it may. */
const char *spk_owned_reason(enum spk_owned_place place, struct spk_str name);

#endif
