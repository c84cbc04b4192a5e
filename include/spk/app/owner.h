#ifndef SPK_APP_OWNER_H
#define SPK_APP_OWNER_H
/*
 * Whose an object with our labels is. Labels can be written by anybody who makes pods, and two
 * applications of one name, one of each version, have the same ones: an ownerReference tells them
 * apart.
 */

#include "spk/base/str.h"

#include <jansson.h>
#include <stdbool.h>

enum spk_owner {
    SPK_OWNER_NONE, /* no ownerReference: made by somebody himself, never by this program */
    SPK_OWNER_V1BETA2,
    SPK_OWNER_V1ALPHA1,
    SPK_OWNER_OTHER, /* owners, but no application of that name */
};

/* From metadata.ownerReferences of any object. A predecessor that had the name and is deleted
 * already counts, too: what it left is in the way of its successor and nobody else's.
 * @name: the application's */
enum spk_owner spk_owner_read(const json_t *metadata, struct spk_str name);

/* The owner that objects of an application have. @api_version: "sparkoperator.k8s.io/v1beta2", or
 * a version alone. */
enum spk_owner spk_owner_of(struct spk_str api_version);

#endif
