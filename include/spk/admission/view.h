#ifndef SPK_ADMISSION_VIEW_H
#define SPK_ADMISSION_VIEW_H
/*
 * What the core sees of a pod: the few fields that decide, as slices. The core never touches the
 * document that a view was read from, so the reader can change (a tree today) without the core
 * noticing; but for overlays and sparkDefaults, which look at more.
 *
 * Slices and arrays live as long as the document and the arena that the view was read with.
 */

#include "spk/base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct spk_view_pair {
    struct spk_str key;
    struct spk_str value;
};

struct spk_view_env {
    struct spk_str name;
    struct spk_str value; /* empty when absent */
    bool from;            /* valueFrom is set: the value is not here */
};

struct spk_view_mount {
    struct spk_str volume;
    struct spk_str path; /* as written */
    bool part;           /* shows not all of the volume: subPath, subPathExpr, a block device */
};

/* Where a volume's content comes from; only what can be the same as a wish is told apart. */
enum spk_source_kind {
    SPK_SOURCE_OTHER,
    SPK_SOURCE_CONFIG_MAP,
    SPK_SOURCE_SECRET,
    SPK_SOURCE_CLAIM, /* never read from a pod: only for a volume's name */
};

struct spk_source {
    enum spk_source_kind kind;
    struct spk_str name; /* the object's; with OTHER: the source's field, "emptyDir" */
};

struct spk_view_volume {
    struct spk_str name;
    struct spk_source source;
    bool part; /* items: shows only some keys of the object */
};

struct spk_view_container {
    struct spk_str name;
    struct spk_str first_arg;
    const struct spk_view_env *env;
    size_t env_count;
    const struct spk_view_mount *mounts; /* behind them the volumeDevices, which take a path too */
    size_t mount_count;
    bool has_env;    /* the list exists, if empty: something can be appended to it */
    bool has_mounts; /* likewise volumeMounts */
};

struct spk_view_owner {
    struct spk_str uid;
    bool controller;
};

struct spk_view {
    struct spk_str name;
    struct spk_str generate_name;
    struct spk_str namespace_;
    struct spk_str role; /* label spark-role */
    struct spk_str app;  /* label spark-app-selector */
    const struct spk_view_pair *annotations;
    size_t annotation_count;
    const struct spk_view_owner *owners;
    size_t owner_count;
    const struct spk_view_volume *volumes;
    size_t volume_count;
    const struct spk_view_container *containers; /* not init and not ephemeral ones */
    size_t container_count;
    bool has_owners;
    bool has_volumes;
    const json_t *document; /* what it was read from */
};

#endif
