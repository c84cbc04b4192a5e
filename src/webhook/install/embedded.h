#ifndef SPK_WEBHOOK_INSTALL_EMBEDDED_H
#define SPK_WEBHOOK_INSTALL_EMBEDDED_H
/* The files of objects/ and chart/, in the program: cmake/embed.cmake. */

#include "spk/base/str.h"

struct spk_embedded {
    const char *name; /* "objects/30-deployment.yaml" */
    const char *text;
};

/* In the order of their names; the last one has no name. */
extern const struct spk_embedded spk_embedded[];

/* The name of a file of @folder without the folder, else NULL. Parts ("_") are no files. */
const char *spk_embedded_file(const struct spk_embedded *embedded, const char *folder);

/* The part of that name, whatever its folder, for struct spk_template; a NULL pointer: none. */
struct spk_str spk_embedded_part(const char *file);

#endif
