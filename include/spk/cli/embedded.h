#ifndef SPK_CLI_EMBEDDED_H
#define SPK_CLI_EMBEDDED_H
/* Files that are built into a program as texts: cmake/embed.cmake. */

#include "spk/base/str.h"

struct spk_embedded {
    const char *name; /* "objects/30-deployment.yaml" */
    const char *text;
};

/* Those of the program, in the order of their names; the last one has no name. */
extern const struct spk_embedded spk_embedded[];

/* The name of a file of @folder without the folder, else NULL. Parts ("_") are no files. */
const char *spk_embedded_file(const struct spk_embedded *embedded, const char *folder);

/* The part of that name among @texts, whatever its folder; a NULL pointer: none. */
struct spk_str spk_embedded_part(const struct spk_embedded *texts, const char *file);

#endif
