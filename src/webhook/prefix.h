#ifndef SPK_WEBHOOK_PREFIX_H
#define SPK_WEBHOOK_PREFIX_H
/* --annotation-prefix, the same for every command that knows it. */

#include "spk/admission/key.h"
#include "spk/cli/flags.h"

#define SPK_ANNOTATION_PREFIX_FLAG(field_offset)                                                \
    {                                                                                           \
        .name = "annotation-prefix", .arg = "PREFIX", .fallback = SPK_PREFIX,                   \
        .help = "what the annotations begin with that count, without the slash; only with the " \
                "default " SPK_PREFIX_ALIAS " counts as well",                                  \
        .type = SPK_FLAG_TEXT, .fault = spk_prefix_fault, .offset = (field_offset),             \
    }

#endif
