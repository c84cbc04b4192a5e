#include "spk/admission/key.h"

#include "../suite.h"

#include <stdio.h>

static const struct {
    const char *key; /* behind the prefix */
    enum spk_key_kind kind;
    const char *canonical;
    const char *name;
} rows[] = {
    {"sparkConfigMap", SPK_KEY_SPARK_CONFIG_MAP, "sparkConfigMap", ""},
    {"spark-configmap", SPK_KEY_SPARK_CONFIG_MAP, "sparkConfigMap", ""},
    {"spark-config-map", SPK_KEY_SPARK_CONFIG_MAP, "sparkConfigMap", ""},
    {"hadoopConfigMap", SPK_KEY_HADOOP_CONFIG_MAP, "hadoopConfigMap", ""},
    {"hadoop-configmap", SPK_KEY_HADOOP_CONFIG_MAP, "hadoopConfigMap", ""},
    {"hadoop-config-map", SPK_KEY_HADOOP_CONFIG_MAP, "hadoopConfigMap", ""},
    {"configMap.a.b-c", SPK_KEY_CONFIG_MAP, "configMap.", "a.b-c"},
    {"configmap.a", SPK_KEY_CONFIG_MAP, "configMap.", "a"},
    {"configMap.", SPK_KEY_CONFIG_MAP, "configMap.", ""},
    {"secret.s", SPK_KEY_SECRET, "secret.", "s"},
    {"GCPServiceAccount.g", SPK_KEY_GCP_SERVICE_ACCOUNT, "GCPServiceAccount.", "g"},
    {"HadoopDelegationToken.h", SPK_KEY_HADOOP_TOKEN, "HadoopDelegationToken.", "h"},
    {"ownerReference", SPK_KEY_OWNER_REFERENCE, "ownerReference", ""},
    {"ownerreference", SPK_KEY_OWNER_REFERENCE, "ownerReference", ""},
    {"owner-reference", SPK_KEY_OWNER_REFERENCE, "ownerReference", ""},
    {"configMaps", SPK_KEY_CONFIG_MAPS, "configMaps", ""},
    {"secrets", SPK_KEY_SECRETS, "secrets", ""},
    {"sparkDefaults", SPK_KEY_SPARK_DEFAULTS, "sparkDefaults", ""},
    {"GCPServiceAccountKey.g", SPK_KEY_GCP_KEY, "GCPServiceAccountKey.", "g"},
    {"secretEnv.A.b", SPK_KEY_SECRET_ENV, "secretEnv.", "A.b"},
    {"configMapEnv.A", SPK_KEY_CONFIG_MAP_ENV, "configMapEnv.", "A"},
    {"pvc.p", SPK_KEY_CLAIM, "pvc.", "p"},
    {"emptyDir.e", SPK_KEY_EMPTY_DIR, "emptyDir.", "e"},
    {"gpu", SPK_KEY_GPU, "gpu", ""},
    {"prometheusJmx", SPK_KEY_PROMETHEUS_JMX, "prometheusJmx", ""},
    {"enableServiceLinks", SPK_KEY_SERVICE_LINKS, "enableServiceLinks", ""},
    {"overlay", SPK_KEY_OVERLAY, "overlay", ""},
    {"volumes.v", SPK_KEY_RETIRED, "volumes.", "v"},
    {"volumemounts.v", SPK_KEY_RETIRED, "volumemounts.", "v"},
    {"affinity", SPK_KEY_RETIRED, "affinity", ""},
    {"tolerations.t", SPK_KEY_RETIRED, "tolerations.", "t"},
    {"mutated-by", SPK_KEY_STAMP, "mutated-by", ""},
    {"", SPK_KEY_UNKNOWN, "", ""},
    {"sparkconfigmap", SPK_KEY_UNKNOWN, "", "sparkconfigmap"},
    {"sparkConfigMap.x", SPK_KEY_UNKNOWN, "", "sparkConfigMap.x"},
    {"configMap", SPK_KEY_UNKNOWN, "", "configMap"},
    {"Secret.x", SPK_KEY_UNKNOWN, "", "Secret.x"},
};

static struct spk_key read_key(const char *prefix, const char *key, bool *ours)
{
    static char text[200];
    struct spk_key out = {0};

    (void)snprintf(text, sizeof(text), "%s%s%s", prefix, *prefix ? "/" : "", key);
    *ours = spk_key_read(&out, spk_str(text), NULL);
    return out;
}

START_TEST(both_prefixes)
{
    for (int alias = 0; alias < 2; alias++) {
        bool ours;
        struct spk_key key = read_key(alias ? SPK_PREFIX_ALIAS : SPK_PREFIX, rows[_i].key, &ours);
        ck_assert_msg(ours, "%s", rows[_i].key);
        ck_assert_msg(key.kind == rows[_i].kind, "%s: kind %d", rows[_i].key, key.kind);
        ck_assert_msg(strcmp(key.canonical, rows[_i].canonical) == 0, "%s: %s", rows[_i].key,
                      key.canonical);
        ck_assert_msg(spk_str_is(key.name, rows[_i].name), "%s: name", rows[_i].key);
        ck_assert_msg(key.alias == (alias == 1), "%s: alias", rows[_i].key);
        ck_assert_msg((key.advice != NULL) == (key.kind == SPK_KEY_RETIRED), "%s: advice",
                      rows[_i].key);
    }
}
END_TEST

START_TEST(foreign_keys)
{
    static const char *const keys[] = {
        "",
        "spark-operator.k8s.io",
        "Spark-operator.k8s.io/sparkConfigMap",
        "x.spark-operator.k8s.io/sparkConfigMap",
        "operator.k8s.io/sparkConfigMap",
        "sparkConfigMap",
        " spark-operator.k8s.io/sparkConfigMap",
    };
    bool ours;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        (void)read_key("", keys[i], &ours);
        ck_assert_msg(!ours, "%s", keys[i]);
    }
}
END_TEST

/* Of several spellings: camel case, then dashed; the second prefix behind the first. */
START_TEST(the_order_in_which_spellings_count)
{
    static const char *const spellings[][4] = {
        {"sparkConfigMap", "spark-configmap", "spark-config-map"},
        {"hadoopConfigMap", "hadoop-configmap", "hadoop-config-map"},
        {"ownerReference", "ownerreference", "owner-reference"},
        {"configMap.x", "configmap.x", NULL},
    };
    int last = -1;
    bool ours;

    for (int alias = 0; alias < 2; alias++) {
        for (int i = 0; i < 4 && spellings[_i][i]; i++) {
            const char *prefix = alias ? SPK_PREFIX_ALIAS : SPK_PREFIX;
            struct spk_key key = read_key(prefix, spellings[_i][i], &ours);
            ck_assert_msg(key.rank > last, "%s%s", prefix, spellings[_i][i]);
            last = key.rank;
        }
    }
}
END_TEST

static const struct {
    const char *key;
    const char *meant;
} misspelt[] = {
    {"sparkconfigmap", "sparkConfigMap"},
    {"SparkConfigMap", "sparkConfigMap"},
    {"spark-config", "sparkConfigMap"},
    {"sparkConfigMaps", "sparkConfigMap"},
    {"sparkConfigMap.x", "sparkConfigMap"},
    {"hadoopconfigmap", "hadoopConfigMap"},
    {"hadoopConf", "hadoopConfigMap"},
    {"hadoop_config_map", "hadoopConfigMap"},
    {"configmaps.x", "configMap.x"},
    {"configMap_x", "configMap.x"},
    {"configMap-x", "configMap.x"},
    {"configMap/x", "configMap.x"},
    {"config-map.x", "configMap.x"},
    {"config-map-x", "configMap.x"},
    {"ConfigMap.a.b-c", "configMap.a.b-c"},
    {"cofigMap.x", "configMap.x"},
    {"configMap", "configMap.NAME"},
    {"configmaps", "configMaps"},
    {"config-maps", "configMaps"},
    {"configMapss", "configMaps"},
    {"secrets.db", "secret.db"},
    {"Secret.db", "secret.db"},
    {"secret_db-credentials", "secret.db-credentials"},
    {"secret-db", "secret.db"},
    {"secret", "secret.NAME"},
    {"Secrets", "secrets"},
    {"secrest", "secrets"},
    {"gcpServiceAccount.key", "GCPServiceAccount.key"},
    {"gcpserviceaccounts.key", "GCPServiceAccount.key"},
    {"gcp-service-account.key", "GCPServiceAccount.key"},
    {"GCPServiceAccount", "GCPServiceAccount.NAME"},
    {"hadoopdelegationtoken.t", "HadoopDelegationToken.t"},
    {"HadoopDelegationTokens.", "HadoopDelegationToken.NAME"},
    {"ownerReferences", "ownerReference"},
    {"ownerRefrence", "ownerReference"},
    {"owner_reference", "ownerReference"},
    {"sparkdefaults", "sparkDefaults"},
    {"spark-defaults", "sparkDefaults"},
    {"overlays", "overlay"},
    {"secretenv.A", "secretEnv.A"},
    {"configmapenv.A", "configMapEnv.A"},
    {"PVC.data", "pvc.data"},
    {"emptydir.x", "emptyDir.x"},
    {"GPU", "gpu"},
    {"prometheusJMX", "prometheusJmx"},
    {"enable-service-links", "enableServiceLinks"},
    {"gcpServiceAccountKey.g", "GCPServiceAccountKey.g"},
};

START_TEST(the_key_that_was_meant)
{
    struct spk_key_guess guess;
    char shown[100];
    char key[100];

    (void)snprintf(key, sizeof(key), SPK_PREFIX "/%s", misspelt[_i].key);
    guess = spk_key_guess(spk_str(key), NULL);
    (void)snprintf(shown, sizeof(shown), "%s%.*s", guess.canonical, SPK_ARG(guess.name));
    ck_assert_msg(guess.is_near && strcmp(shown, misspelt[_i].meant) == 0, "%s: %s%s",
                  misspelt[_i].key, shown, guess.is_near ? "" : ", not near");
}
END_TEST

/* Those of kubeflow's spark-operator among them. */
START_TEST(keys_that_mean_nothing_of_ours)
{
    static const char *const keys[] = {"app-name",
                                       "submission-id",
                                       "scheduled-app-name",
                                       "launched-by-spark-operator",
                                       "mutated-by-x",
                                       "",
                                       "x",
                                       "ui-port",
                                       "volumes",
                                       "priority"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char key[100];
        (void)snprintf(key, sizeof(key), SPK_PREFIX "/%s", keys[i]);
        ck_assert_msg(!spk_key_guess(spk_str(key), NULL).is_near, "%s: %s", keys[i],
                      spk_key_guess(spk_str(key), NULL).canonical);
    }
}
END_TEST

START_TEST(there_is_always_a_nearest)
{
    char text[1000];

    ck_assert_ptr_nonnull(spk_key_guess((struct spk_str){0}, NULL).canonical);
    ck_assert_ptr_nonnull(spk_key_guess(spk_str(SPK_PREFIX), NULL).canonical);
    memset(text, 'x', sizeof(text));
    ck_assert_ptr_nonnull(spk_key_guess((struct spk_str){text, sizeof(text)}, NULL).canonical);
    memset(text, '.', sizeof(text));
    ck_assert_ptr_nonnull(spk_key_guess((struct spk_str){text, sizeof(text)}, NULL).canonical);
}
END_TEST

static const struct {
    const char *prefix;
    const char *key;
    bool ours;
    bool alias;
} instances[] = {
    {NULL, SPK_PREFIX "/secret.s", true, false},
    {NULL, SPK_PREFIX_ALIAS "/secret.s", true, true},
    {SPK_PREFIX, SPK_PREFIX "/secret.s", true, false},
    {SPK_PREFIX, SPK_PREFIX_ALIAS "/secret.s", true, true},
    {SPK_PREFIX, "a.example/secret.s", false, false},
    {"a.example", "a.example/secret.s", true, false},
    {"a.example", "a.example/", true, false},
    {"a.example", "a.example", false, false},
    {"a.example", "a.example.org/secret.s", false, false},
    {"a.example", "aa.example/secret.s", false, false},
    {"a.example", "x.a.example/secret.s", false, false},
    {"a.example", "a.exampl/secret.s", false, false},
    {"a.example", SPK_PREFIX "/secret.s", false, false},
    {"a.example", SPK_PREFIX_ALIAS "/secret.s", false, false},
    {"team-a." SPK_PREFIX, SPK_PREFIX "/secret.s", false, false},
    {"team-a." SPK_PREFIX, SPK_PREFIX_ALIAS "/secret.s", false, false},
};

START_TEST(only_the_own_prefix)
{
    struct spk_str text = spk_str(instances[_i].key);
    struct spk_key key = {0};
    bool ours = spk_key_read(&key, text, instances[_i].prefix);

    ck_assert_msg(ours == instances[_i].ours, "%s of %s", text.ptr, instances[_i].prefix);
    ck_assert_msg(key.alias == instances[_i].alias, "%s: alias", text.ptr);
}
END_TEST

static const struct {
    const char *prefix;
    const char *fault; /* a part of it; NULL for none */
} prefixes[] = {
    {SPK_PREFIX, NULL},
    {"team-a." SPK_PREFIX, NULL},
    {"example", NULL},
    {"spark.example.com", NULL},
    {"notk8s.io", NULL},
    {"", "DNS subdomain"},
    {"example.com/", "without the slash"},
    {"Example.com", "DNS subdomain"},
    {"a..b", "DNS subdomain"},
    {"a~1b", "DNS subdomain"},
    {SPK_PREFIX_ALIAS, SPK_PREFIX},
    {"k8s.io", "Kubernetes"},
    {"kubernetes.io", "Kubernetes"},
    {"node.kubernetes.io", "Kubernetes"},
    {"x-spark-operator.k8s.io", "Kubernetes"},
    {"a." SPK_PREFIX_ALIAS, "Kubernetes"},
};

START_TEST(which_prefix_may_be_had)
{
    const char *fault = spk_prefix_fault(spk_str(prefixes[_i].prefix));

    ck_assert_msg((fault == NULL) == (prefixes[_i].fault == NULL), "%s: %s", prefixes[_i].prefix,
                  fault ? fault : "may be had");
    ck_assert_msg(!fault || strstr(fault, prefixes[_i].fault), "%s: %s", prefixes[_i].prefix,
                  fault);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("key");

    ADD_ROWS(tcase, only_the_own_prefix, instances);
    ADD_ROWS(tcase, which_prefix_may_be_had, prefixes);

    ADD_ROWS(tcase, both_prefixes, rows);
    tcase_add_test(tcase, foreign_keys);
    tcase_add_loop_test(tcase, the_order_in_which_spellings_count, 0, 4);
    ADD_ROWS(tcase, the_key_that_was_meant, misspelt);
    tcase_add_test(tcase, keys_that_mean_nothing_of_ours);
    tcase_add_test(tcase, there_is_always_a_nearest);
    return run_case("key", tcase);
}
