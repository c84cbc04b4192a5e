#include "spk/admission/key.h"

#include "spk/base/cleanup.h"
#include "spk/base/nearest.h"
#include "spk/k8s/name.h"

#include <stdint.h>

#define VOLUMES_ADVICE                                                                   \
    "the annotation pvc.NAME, emptyDir.NAME, or overlay: {\"spec\":{\"volumes\":[...]}," \
    "\"sparkContainer\":{\"volumeMounts\":[...]}}"

/* Spellings of one key stand in the order in which they count. A '.' at the end stands for a NAME
 * that follows. The dashed and lower-case ones are those of 2018. */
static const struct row {
    struct spk_str spelling;
    enum spk_key_kind kind;
    const char *canonical;
    const char *advice;
} rows[] = {
    {SPK_LIT("sparkConfigMap"), SPK_KEY_SPARK_CONFIG_MAP, "sparkConfigMap", NULL},
    {SPK_LIT("spark-configmap"), SPK_KEY_SPARK_CONFIG_MAP, "sparkConfigMap", NULL},
    {SPK_LIT("spark-config-map"), SPK_KEY_SPARK_CONFIG_MAP, "sparkConfigMap", NULL},
    {SPK_LIT("hadoopConfigMap"), SPK_KEY_HADOOP_CONFIG_MAP, "hadoopConfigMap", NULL},
    {SPK_LIT("hadoop-configmap"), SPK_KEY_HADOOP_CONFIG_MAP, "hadoopConfigMap", NULL},
    {SPK_LIT("hadoop-config-map"), SPK_KEY_HADOOP_CONFIG_MAP, "hadoopConfigMap", NULL},
    {SPK_LIT("configMap."), SPK_KEY_CONFIG_MAP, "configMap.", NULL},
    {SPK_LIT("configmap."), SPK_KEY_CONFIG_MAP, "configMap.", NULL},
    {SPK_LIT("secret."), SPK_KEY_SECRET, "secret.", NULL},
    {SPK_LIT("GCPServiceAccount."), SPK_KEY_GCP_SERVICE_ACCOUNT, "GCPServiceAccount.", NULL},
    {SPK_LIT("HadoopDelegationToken."), SPK_KEY_HADOOP_TOKEN, "HadoopDelegationToken.", NULL},
    {SPK_LIT("ownerReference"), SPK_KEY_OWNER_REFERENCE, "ownerReference", NULL},
    {SPK_LIT("ownerreference"), SPK_KEY_OWNER_REFERENCE, "ownerReference", NULL},
    {SPK_LIT("owner-reference"), SPK_KEY_OWNER_REFERENCE, "ownerReference", NULL},
    {SPK_LIT("configMaps"), SPK_KEY_CONFIG_MAPS, "configMaps", NULL},
    {SPK_LIT("secrets"), SPK_KEY_SECRETS, "secrets", NULL},
    {SPK_LIT("sparkDefaults"), SPK_KEY_SPARK_DEFAULTS, "sparkDefaults", NULL},
    {SPK_LIT("GCPServiceAccountKey."), SPK_KEY_GCP_KEY, "GCPServiceAccountKey.", NULL},
    {SPK_LIT("secretEnv."), SPK_KEY_SECRET_ENV, "secretEnv.", NULL},
    {SPK_LIT("configMapEnv."), SPK_KEY_CONFIG_MAP_ENV, "configMapEnv.", NULL},
    {SPK_LIT("pvc."), SPK_KEY_CLAIM, "pvc.", NULL},
    {SPK_LIT("emptyDir."), SPK_KEY_EMPTY_DIR, "emptyDir.", NULL},
    {SPK_LIT("gpu"), SPK_KEY_GPU, "gpu", NULL},
    {SPK_LIT("prometheusJmx"), SPK_KEY_PROMETHEUS_JMX, "prometheusJmx", NULL},
    {SPK_LIT("enableServiceLinks"), SPK_KEY_SERVICE_LINKS, "enableServiceLinks", NULL},
    {SPK_LIT("overlay"), SPK_KEY_OVERLAY, "overlay", NULL},
    {SPK_LIT("volumes."), SPK_KEY_RETIRED, "volumes.", VOLUMES_ADVICE},
    {SPK_LIT("volumemounts."), SPK_KEY_RETIRED, "volumemounts.", VOLUMES_ADVICE},
    {SPK_LIT("affinity"), SPK_KEY_RETIRED, "affinity",
     "the annotation overlay: {\"spec\":{\"affinity\":{\"nodeAffinity\":{...}}}}"},
    {SPK_LIT("tolerations."), SPK_KEY_RETIRED, "tolerations.",
     "the annotation overlay: "
     "{\"spec\":{\"tolerations\":[{\"key\":\"KEY\",\"operator\":\"Exists\"}]}}"},
    {SPK_LIT(SPK_STAMP), SPK_KEY_STAMP, SPK_STAMP, NULL},
};

static bool skip(struct spk_str *key, struct spk_str prefix)
{
    if (key->len <= prefix.len || !spk_str_starts(*key, prefix) || key->ptr[prefix.len] != '/')
        return false;
    *key = spk_str_skip(*key, prefix.len + 1);
    return true;
}

/* The key behind the prefix; false when there is none of ours. */
static bool skip_prefix(struct spk_str *key, bool *alias, const char *prefix)
{
    bool other = prefix && strcmp(prefix, SPK_PREFIX) != 0;

    *alias = !other && skip(key, SPK_LIT(SPK_PREFIX_ALIAS));
    return *alias || skip(key, other ? spk_str(prefix) : SPK_LIT(SPK_PREFIX));
}

static bool takes_name(const struct row *row)
{
    return row->spelling.ptr[row->spelling.len - 1] == '.';
}

bool spk_key_read(struct spk_key *out, struct spk_str annotation, const char *prefix)
{
    struct spk_str key = annotation;
    bool alias;

    if (!skip_prefix(&key, &alias, prefix))
        return false;
    *out = (struct spk_key){.kind = SPK_KEY_UNKNOWN, .canonical = "", .name = key, .alias = alias};
    for (size_t i = 0; i < SPK_LEN(rows); i++) {
        const struct row *row = &rows[i];
        if (takes_name(row) ? !spk_str_starts(key, row->spelling) : !spk_str_eq(key, row->spelling))
            continue;
        out->kind = row->kind;
        out->canonical = row->canonical;
        out->name = spk_str_skip(key, row->spelling.len);
        out->rank = (int)i + (alias ? (int)SPK_LEN(rows) : 0);
        out->advice = row->advice;
        return true;
    }
    return true;
}

/* What may stand between a key and a NAME where somebody does not know that it is a '.'. */
static bool is_separator(char c)
{
    return c && strchr("._-/:=", c);
}

static void take_if_nearer(struct spk_key_guess *best, size_t *least, const struct row *row,
                           struct spk_str head, struct spk_str name, size_t surcharge)
{
    struct spk_str meant = {row->spelling.ptr, row->spelling.len - takes_name(row)};
    size_t steps = spk_edit_distance(head, meant);

    if (2 * steps + surcharge >= *least)
        return;
    *least = 2 * steps + surcharge;
    *best = (struct spk_key_guess){row->canonical, name, steps <= meant.len / 3};
}

/* Separators that are tried: "hadoop-delegation-token-x" has three before its NAME. */
#define SEPARATORS 4

/* A key that takes a NAME: each separator may be the one before it. */
static void guess_named(struct spk_key_guess *best, size_t *least, const struct row *row,
                        struct spk_str key)
{
    size_t seen = 0;

    take_if_nearer(best, least, row, key, SPK_LIT("NAME"), 1);
    for (size_t i = 0; i < key.len && seen < SEPARATORS; i++) {
        struct spk_str name = spk_str_skip(key, i + 1);
        if (!is_separator(key.ptr[i]))
            continue;
        seen++;
        take_if_nearer(best, least, row, (struct spk_str){key.ptr, i},
                       name.len ? name : SPK_LIT("NAME"), key.ptr[i] != '.');
    }
}

/* A plain key; what follows a '.' was meant for a NAME that it does not take. */
static void guess_plain(struct spk_key_guess *best, size_t *least, const struct row *row,
                        struct spk_str key)
{
    const char *dot = key.len ? memchr(key.ptr, '.', key.len) : NULL;
    struct spk_str head = {key.ptr, dot ? (size_t)(dot - key.ptr) : key.len};

    take_if_nearer(best, least, row, key, (struct spk_str){0}, 0);
    if (dot)
        take_if_nearer(best, least, row, head, (struct spk_str){0}, 3);
}

struct spk_key_guess spk_key_guess(struct spk_str annotation, const char *prefix)
{
    struct spk_key_guess best = {0};
    struct spk_str key = annotation;
    size_t least = SIZE_MAX;
    bool alias;

    (void)skip_prefix(&key, &alias, prefix);
    for (size_t i = 0; i < SPK_LEN(rows); i++) {
        if (rows[i].kind == SPK_KEY_RETIRED || rows[i].kind == SPK_KEY_STAMP)
            continue;
        if (takes_name(&rows[i]))
            guess_named(&best, &least, &rows[i], key);
        else
            guess_plain(&best, &least, &rows[i], key);
    }
    if (best.name.len && !best.is_near)
        best.name = SPK_LIT("NAME");
    return best;
}

/* @domain itself or a name below it. */
static bool is_in(struct spk_str name, struct spk_str domain)
{
    return spk_str_ends(name, domain) &&
           (name.len == domain.len || name.ptr[name.len - domain.len - 1] == '.');
}

const char *spk_prefix_fault(struct spk_str prefix)
{
    if (!spk_is_subdomain(prefix))
        return "a DNS subdomain without the slash behind it, such as spark.example.com";
    if (spk_str_is(prefix, SPK_PREFIX_ALIAS))
        return "another: instances with the default " SPK_PREFIX " read that one, too";
    if (!is_in(prefix, SPK_LIT(SPK_PREFIX)) &&
        (is_in(prefix, SPK_LIT("k8s.io")) || is_in(prefix, SPK_LIT("kubernetes.io"))))
        return "a domain of your own: k8s.io and kubernetes.io belong to Kubernetes";
    return NULL;
}
