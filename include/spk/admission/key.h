#ifndef SPK_ADMISSION_KEY_H
#define SPK_ADMISSION_KEY_H
/* The annotation keys: every spelling of every key, in one table. */

#include "spk/base/str.h"

#include <stdbool.h>

/* Prefixes are written without the slash that ends them. Where a function takes one, NULL stands
 * for the default, and only with the default the alias counts too. */
#define SPK_PREFIX       "spark-operator.k8s.io"
#define SPK_PREFIX_ALIAS "sparkoperator.k8s.io"

/* Behind prefix and slash: the stamp on every pod that was treated and carries an annotation of
 * ours. */
#define SPK_STAMP "mutated-by"

enum spk_key_kind {
    SPK_KEY_SPARK_CONFIG_MAP,
    SPK_KEY_HADOOP_CONFIG_MAP,
    SPK_KEY_CONFIG_MAP,
    SPK_KEY_SECRET,
    SPK_KEY_GCP_SERVICE_ACCOUNT,
    SPK_KEY_HADOOP_TOKEN,
    SPK_KEY_OWNER_REFERENCE,
    SPK_KEY_CONFIG_MAPS,
    SPK_KEY_SECRETS,
    SPK_KEY_OVERLAY,
    SPK_KEY_SPARK_DEFAULTS,
    SPK_KEY_GCP_KEY,
    SPK_KEY_SECRET_ENV,
    SPK_KEY_CONFIG_MAP_ENV,
    SPK_KEY_CLAIM,
    SPK_KEY_EMPTY_DIR,
    SPK_KEY_GPU,
    SPK_KEY_PROMETHEUS_JMX,
    SPK_KEY_SERVICE_LINKS,
    SPK_KEY_RETIRED, /* read in 2018: denied */
    SPK_KEY_STAMP,
    SPK_KEY_UNKNOWN, /* carries a prefix of ours and nothing we know */
    SPK_KEY_KINDS
};

struct spk_key {
    enum spk_key_kind kind;
    const char *canonical; /* "sparkConfigMap", "configMap." (with NAME behind it) */
    struct spk_str name;   /* NAME of a keyed form, else empty */
    int rank;              /* of spellings of one key, the least counts */
    bool alias;            /* written with SPK_PREFIX_ALIAS */
    const char *advice;    /* of a retired key: what replaces it */
};

/* Reads an annotation's key. False when it has not got @prefix. @out points into @annotation. */
bool spk_key_read(struct spk_key *out, struct spk_str annotation, const char *prefix);

/* The known key nearest to one that is not known: "sparkConfigMap", or "configMap." and a NAME. */
struct spk_key_guess {
    const char *canonical;
    struct spk_str name; /* of the unknown key where it is near, else "NAME"; empty: takes none */
    bool is_near;        /* near enough to ask whether it was meant */
};

/* There is always a nearest. Its name points into @annotation. */
struct spk_key_guess spk_key_guess(struct spk_str annotation, const char *prefix);

/* What is wrong with a prefix that an instance is to have for its own, in words to follow
 * "expected": NULL when it may have it. It must be a DNS subdomain (apimachinery IsQualifiedName).
 * Not to be had are the alias, which instances with the default read, and what Kubernetes keeps for
 * itself: kubernetes.io and k8s.io with all below them, but for the default and what is below it.
 */
const char *spk_prefix_fault(struct spk_str prefix);

#endif
