#ifndef SPK_ADMISSION_WISHES_H
#define SPK_ADMISSION_WISHES_H
/*
 * What a pod should have: wishes, in the order in which they count. Made from annotations, merged
 * into a pod. Everything lives in the arena of the decision.
 */

#include "spk/admission/view.h"
#include "spk/base/limits.h"
#include "spk/base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* Which annotation a wish came from. */
struct spk_origin {
    struct spk_str written; /* the annotation's key as the user wrote it */
    const char *canonical;  /* the key's own spelling without prefix: "configMap.log4j" */
    const char *where;      /* place inside the value: "[2]", or "" */
};

/* An object, read-only, at a path. */
struct spk_wish_mount {
    struct spk_origin from;
    struct spk_source source;
    const char *path;         /* clean */
    const char *fixed_volume; /* the volume's name when the contract fixes it, else NULL */
};

struct spk_wish_env {
    struct spk_origin from;
    const char *name;
    const char *value;
    const char *usual; /* the value that Spark itself always sets, to be replaced without a word */
};

struct spk_wish_owner {
    struct spk_origin from;
    struct spk_str api_version;
    struct spk_str kind;
    struct spk_str name;
    struct spk_str uid;
    bool controller;
    bool block_owner_deletion;
    bool has_controller; /* false: the field was absent */
    bool has_block_owner_deletion;
};

/* A partial pod, not read yet. */
struct spk_overlay_ask {
    struct spk_origin from;
    struct spk_str value; /* JSON */
    const char *variable; /* of a shorthand that sets one, else NULL */
    bool shorthand;       /* nobody wrote this JSON: its places mean nothing to anybody */
};

/* That the key of a GCP service account is called otherwise than key.json. */
struct spk_wish_gcp_key {
    struct spk_origin from;
    struct spk_str account; /* the Secret */
    const char *file;       /* with a '/' in front */
    bool used;
};

/* That a driver reads the spark-defaults.conf of its sparkConfigMap. */
enum spk_defaults_how { SPK_DEFAULTS_NONE, SPK_DEFAULTS_LOAD, SPK_DEFAULTS_NATIVE };

struct spk_wish_defaults {
    struct spk_origin from;
    enum spk_defaults_how how;
};

struct spk_wishes {
    struct spk_wish_mount *mounts; /* at most SPK_WISHES_MAX */
    size_t mount_count;
    struct spk_wish_env *envs;
    size_t env_count;
    struct spk_wish_owner owner; /* present when owner_count is 1 */
    size_t owner_count;
    struct spk_overlay_ask *overlays; /* to be merged after all others, in this order */
    size_t overlay_count;
    struct spk_wish_gcp_key *gcp_keys; /* spent when the wishes have been read */
    size_t gcp_key_count;
    struct spk_wish_defaults defaults; /* comes last, for it depends on what became of the pod */
    bool any;                          /* the pod carries an annotation of ours, known or not */
};

#endif
