#ifndef SPK_CLI_OBJECTS_H
#define SPK_CLI_OBJECTS_H
/*
 * The objects that install a program: the texts of its objects/, by what its options say. What a
 * text becomes nothing of is not there. An object more is a file more.
 */

#include "spk/base/err.h"
#include "spk/cli/embedded.h"
#include "spk/cli/flags.h"
#include "spk/cli/template.h"

struct spk_objects {
    const char *program; /* its name, for messages */
    const struct spk_embedded *texts;
    const struct spk_variable *variables;
    size_t count;
    const void *values;          /* what the variables' offsets are in */
    struct spk_flag_list *files; /* of those values: what kustomization.yaml lists; filled here */
    const char *directory;
};

/* All to standard output, each behind a "---". Errors: those of spk_template_render(). */
int spk_objects_print(const struct spk_objects *objects, struct spk_err *err)
    __attribute__((warn_unused_result));

/* A file for each in the directory, which is made, and the kustomization that lists them. What is
 * there of an earlier call stays, and is told on standard error. Errors: SPK_EIO with the path. */
int spk_objects_write(const struct spk_objects *objects, struct spk_err *err)
    __attribute__((warn_unused_result));

/* The chart: objects whose options stay open, below templates/, and what the program's chart/ has.
 */
int spk_objects_chart(const struct spk_objects *objects, struct spk_err *err)
    __attribute__((warn_unused_result));

#endif
