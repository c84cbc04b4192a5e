#include "spk/admission/intent.h"

#include "pod.h"

#define P "spark-operator.k8s.io/"
#define VOLUMES                                                                          \
    "the annotation pvc.NAME, emptyDir.NAME, or overlay: {\"spec\":{\"volumes\":[...]}," \
    "\"sparkContainer\":{\"volumeMounts\":[...]}}\n"
#define S "sparkoperator.k8s.io/"

/* ConfigMaps as "C name path", Secrets as "S …", variables as "E NAME=value", then notes. */
static const struct {
    const char *name;
    const char *ask;
    const char *expect;
} rows[] = {
    {"sparkConfigMap", "sparkConfigMap=conf",
     "C conf /etc/spark/conf spark-config-map-volume\nE SPARK_CONF_DIR=/etc/spark/conf usual\n"},
    {"hadoopConfigMap", "hadoopConfigMap=conf",
     "C conf /etc/hadoop/conf hadoop-config-map-volume\nE HADOOP_CONF_DIR=/etc/hadoop/conf\n"},
    {"configMap.", "configMap.a.b=/x/", "C a.b /x\n"},
    {"secret.", "secret.s=//x/./y", "S s /x/y\n"},
    {"GCPServiceAccount.", "GCPServiceAccount.g=/g/",
     "S g /g\nE GOOGLE_APPLICATION_CREDENTIALS=/g/key.json\n"},
    {"HadoopDelegationToken.", "HadoopDelegationToken.t=/t",
     "S t /t\nE HADOOP_TOKEN_FILE_LOCATION=/t/hadoop.token\n"},
    {"configMaps", "configMaps=[{'name':'a','path':'/x'},{'path':'/y/','name':'b'}]",
     "C a /x\nC b /y\n"},
    {"secrets",
     "secrets=[{'name':'a','path':'/x'},{'name':'b','path':'/y','type':'Generic'},{'name':'c',"
     "'path':'/z','type':'GCPServiceAccount'},{'name':'d','path':'/t','type':"
     "'HadoopDelegationToken'}]",
     "S a /x\nS b /y\nS c /z\nS d /t\nE GOOGLE_APPLICATION_CREDENTIALS=/z/key.json\n"
     "E HADOOP_TOKEN_FILE_LOCATION=/t/hadoop.token\n"},
    {"empty lists", "configMaps=[]|secrets=[]", ""},
    {"null type", "secrets=[{'name':'a','path':'/x','type':null}]", "S a /x\n"},
    {"ownerReference",
     "ownerReference={'apiVersion':'v1','kind':'K','name':'n','uid':'u','controller':true}",
     "O v1 K n u controller=1\n"},
    {"ownerReference with all",
     "ownerReference={'apiVersion':'v1','kind':'K','name':'n','uid':'u','controller':false,"
     "'blockOwnerDeletion':true}",
     "O v1 K n u controller=0 block=1\n"},
    {"ownerReference with nulls",
     "ownerReference={'apiVersion':'v1','kind':'K','name':'n','uid':'u','controller':null}",
     "O v1 K n u\n"},
    {"sorted by key", "secret.b=/b|configMap.z=/z|secret.a=/a|GCPServiceAccount.g=/g",
     "S g /g\nC z /z\nS a /a\nS b /b\nE GOOGLE_APPLICATION_CREDENTIALS=/g/key.json\n"},
    {"second prefix", S "secret.s=/s|" S "spark-config-map=c",
     "S s /s\nC c /etc/spark/conf spark-config-map-volume\n"
     "E SPARK_CONF_DIR=/etc/spark/conf usual\n"},
    {"foreign ones", "example.com/sparkConfigMap=x|other/secret.s=/x", "nothing\n"},
    {"only the stamp", "mutated-by=sparkhook/1", ""},

    {"two spellings agree", "configMap.a=/x|configmap.a=/x", "C a /x\n"},
    {"camel case counts first", "configmap.a=/y|configMap.a=/x",
     "C a /x\n? \"" P "configmap.a\" is ignored: \"" P "configMap.a\" says otherwise and counts "
     "first\n"},
    {"dashed before the second prefix", "spark-config-map=a|" S "sparkConfigMap=b",
     "C a /etc/spark/conf spark-config-map-volume\nE SPARK_CONF_DIR=/etc/spark/conf usual\n"
     "? \"" S "sparkConfigMap\" is ignored: \"" P "spark-config-map\" says otherwise and counts "
     "first\n"},
    {"second prefix, camel case first", S "spark-configmap=a|" S "sparkConfigMap=b",
     "C b /etc/spark/conf spark-config-map-volume\nE SPARK_CONF_DIR=/etc/spark/conf usual\n"
     "? \"" S "spark-configmap\" is ignored: \"" S "sparkConfigMap\" says otherwise and counts "
     "first\n"},
    {"different names are different keys", "secret.a=/x|" S "secret.b=/y", "S a /x\nS b /y\n"},
    {"stamps never disagree", "mutated-by=a|" S "mutated-by=b", ""},

    {"unknown", "sparkconfigmap=x",
     "? " P "sparkconfigmap: unknown annotation, ignored; did you mean " P "sparkConfigMap?\n"},
    {"unknown with a NAME", "secrets.db=x",
     "? " P "secrets.db: unknown annotation, ignored; did you mean " P "secret.db?\n"},
    {"unknown with a hostile NAME", P "secrets.\nx=x",
     "? " P "secrets.\\u000ax: unknown annotation, ignored; did you mean " P "secret.\\u000ax?\n"},
    {"unknown with the second prefix", S "app-name=x", ""},
    {"misspelt with the second prefix", S "sparkconfigmap=x",
     "? " S "sparkconfigmap: unknown annotation, ignored; did you mean " P "sparkConfigMap?\n"},
    {"unknown and hostile", P "a\nb=x",
     "? " P "a\\u000ab: unknown annotation, ignored; the nearest known one is " P "gpu\n"},
    {"overlay", "overlay={'spec':{}}", "X overlay {\"spec\":{}}\n"},
    {"secretEnv.", "secretEnv.A_b=s.t/k",
     "X secretEnv.A_b "
     "{\"sparkContainer\":{\"env\":[{\"name\":\"A_b\",\"valueFrom\":{\"secretKeyRef\":{\"name\":"
     "\"s.t\",\"key\":\"k\"}}}]}}\n"},
    {"configMapEnv.", "configMapEnv.A=c/.k",
     "X configMapEnv.A "
     "{\"sparkContainer\":{\"env\":[{\"name\":\"A\",\"valueFrom\":{\"configMapKeyRef\":{\"name\":"
     "\"c\",\"key\":\".k\"}}}]}}\n"},
    {"pvc.", "pvc.d=/d/",
     "X pvc.d "
     "{\"spec\":{\"volumes\":[{\"name\":\"d-claim\",\"persistentVolumeClaim\":{\"claimName\":\"d\"}"
     "}]},\"sparkContainer\":{\"volumeMounts\":[{\"name\":\"d-claim\",\"mountPath\":\"/d\"}]}}\n"},
    {"pvc., read-only", "pvc.d=/d,readOnly",
     "X pvc.d "
     "{\"spec\":{\"volumes\":[{\"name\":\"d-claim\",\"persistentVolumeClaim\":{\"claimName\":\"d\","
     "\"readOnly\":true}}]},\"sparkContainer\":{\"volumeMounts\":[{\"name\":\"d-claim\","
     "\"mountPath\":\"/d\",\"readOnly\":true}]}}\n"},
    {"emptyDir.", "emptyDir.e=/e",
     "X emptyDir.e "
     "{\"spec\":{\"volumes\":[{\"name\":\"e\",\"emptyDir\":{}}]},\"sparkContainer\":{"
     "\"volumeMounts\":[{\"name\":\"e\",\"mountPath\":\"/e\"}]}}\n"},
    {"emptyDir. of a size", "emptyDir.e=/e,1.5Gi",
     "X emptyDir.e "
     "{\"spec\":{\"volumes\":[{\"name\":\"e\",\"emptyDir\":{\"sizeLimit\":\"1.5Gi\"}}]},"
     "\"sparkContainer\":{\"volumeMounts\":[{\"name\":\"e\",\"mountPath\":\"/e\"}]}}\n"},
    {"gpu", "gpu=nvidia.com/mig-1g.5gb=2",
     "X gpu {\"sparkContainer\":{\"resources\":{\"limits\":{\"nvidia.com/mig-1g.5gb\":\"2\"}}}}\n"},
    {"prometheusJmx", "prometheusJmx=8090",
     "X prometheusJmx "
     "{\"metadata\":{\"annotations\":{\"prometheus.io/scrape\":\"true\",\"prometheus.io/"
     "port\":\"8090\",\"prometheus.io/path\":\"/"
     "metrics\"}},\"sparkContainer\":{\"ports\":[{\"name\":\"jmx-exporter\",\"containerPort\":8090,"
     "\"protocol\":\"TCP\"}]}}\n"},
    {"prometheusJmx with a ConfigMap", "prometheusJmx=1,jmx",
     "C jmx /etc/metrics/conf\n"
     "X prometheusJmx "
     "{\"metadata\":{\"annotations\":{\"prometheus.io/scrape\":\"true\",\"prometheus.io/"
     "port\":\"1\",\"prometheus.io/path\":\"/"
     "metrics\"}},\"sparkContainer\":{\"ports\":[{\"name\":\"jmx-exporter\",\"containerPort\":1,"
     "\"protocol\":\"TCP\"}]}}\n"},
    {"enableServiceLinks", "enableServiceLinks=false",
     "X enableServiceLinks {\"spec\":{\"enableServiceLinks\":false}}\n"},
    {"GCPServiceAccountKey.", "GCPServiceAccount.g=/g|GCPServiceAccountKey.g=a.json",
     "S g /g\nE GOOGLE_APPLICATION_CREDENTIALS=/g/a.json\n"},
    {"GCPServiceAccountKey. for a listed one",
     "secrets=[{'name':'g','path':'/g','type':'GCPServiceAccount'},{'name':'h','path':'/"
     "h'}]|GCPServiceAccountKey.g=a.json",
     "S g /g\nS h /h\nE GOOGLE_APPLICATION_CREDENTIALS=/g/a.json\n"},
    {"an overlay counts last", "overlay={}|pvc.d=/d|enableServiceLinks=true",
     "X enableServiceLinks {\"spec\":{\"enableServiceLinks\":true}}\n"
     "X pvc.d "
     "{\"spec\":{\"volumes\":[{\"name\":\"d-claim\",\"persistentVolumeClaim\":{\"claimName\":\"d\"}"
     "}]},\"sparkContainer\":{\"volumeMounts\":[{\"name\":\"d-claim\",\"mountPath\":\"/d\"}]}}\n"
     "X overlay {}\n"},
    {"a key without its account", "GCPServiceAccountKey.g=a|secret.g=/g",
     "S g /g\n"
     "! " P "GCPServiceAccountKey.g: expected a GCPServiceAccount.g on the same pod, found none\n"},
    {"no file", "GCPServiceAccount.g=/g|GCPServiceAccountKey.g=a/b",
     "S g /g\nE GOOGLE_APPLICATION_CREDENTIALS=/g/key.json\n"
     "! " P "GCPServiceAccountKey.g: expected the name of a key of the Secret, such as "
     "account.json, found \"a/b\"\n"},
    {"no variable", "secretEnv.1=s/k",
     "! " P "secretEnv.1: expected a variable's name behind the first dot "
     "(letters, digits, '_', '-' and '.', not beginning with a digit), found \"1\"\n"},
    {"secretEnv. s", "secretEnv.A=s",
     "! " P
     "secretEnv.A: expected SECRET/KEY, the names of a Secret and of a key in it, found \"s\"\n"},
    {"secretEnv. s/", "secretEnv.A=s/",
     "! " P
     "secretEnv.A: expected SECRET/KEY, the names of a Secret and of a key in it, found \"s/\"\n"},
    {"secretEnv. /k", "secretEnv.A=/k",
     "! " P
     "secretEnv.A: expected SECRET/KEY, the names of a Secret and of a key in it, found \"/k\"\n"},
    {"secretEnv. S/k", "secretEnv.A=S/k",
     "! " P
     "secretEnv.A: expected SECRET/KEY, the names of a Secret and of a key in it, found \"S/k\"\n"},
    {"secretEnv. s/k/k", "secretEnv.A=s/k/k",
     "! " P "secretEnv.A: expected SECRET/KEY, the names of a Secret and of a key in it, found "
     "\"s/k/k\"\n"},
    {"secretEnv. s/..k", "secretEnv.A=s/..k",
     "! " P "secretEnv.A: expected SECRET/KEY, the names of a Secret and of a key in it, found "
     "\"s/..k\"\n"},
    {"secretEnv. empty", "secretEnv.A=",
     "! " P
     "secretEnv.A: expected SECRET/KEY, the names of a Secret and of a key in it, found \"\"\n"},
    {"configMapEnv. without a key", "configMapEnv.A=c",
     "! " P "configMapEnv.A: expected CONFIGMAP/KEY, the names of a ConfigMap and of a key in it, "
     "found \"c\"\n"},
    {"gpu in a quota's name", "gpu=requests.nvidia.com/gpu=1",
     "! " P "gpu: expected RESOURCE=COUNT, such as nvidia.com/gpu=1, found "
     "\"requests.nvidia.com/gpu=1\"\n"},
    {"gpu x=1", "gpu=x=1",
     "! " P "gpu: expected RESOURCE=COUNT, such as nvidia.com/gpu=1, found \"x=1\"\n"},
    {"gpu nvidia.com/gpu", "gpu=nvidia.com/gpu",
     "! " P "gpu: expected RESOURCE=COUNT, such as nvidia.com/gpu=1, found \"nvidia.com/gpu\"\n"},
    {"gpu nvidia.com/gpu=0", "gpu=nvidia.com/gpu=0",
     "! " P "gpu: expected RESOURCE=COUNT, such as nvidia.com/gpu=1, found \"nvidia.com/gpu=0\"\n"},
    {"gpu nvidia.com/gpu=-1", "gpu=nvidia.com/gpu=-1",
     "! " P
     "gpu: expected RESOURCE=COUNT, such as nvidia.com/gpu=1, found \"nvidia.com/gpu=-1\"\n"},
    {"gpu nvidia.com/gpu=1.5", "gpu=nvidia.com/gpu=1.5",
     "! " P
     "gpu: expected RESOURCE=COUNT, such as nvidia.com/gpu=1, found \"nvidia.com/gpu=1.5\"\n"},
    {"gpu nvidia.com/=1", "gpu=nvidia.com/=1",
     "! " P "gpu: expected RESOURCE=COUNT, such as nvidia.com/gpu=1, found \"nvidia.com/=1\"\n"},
    {"gpu requests.kubernetes.io/x=1", "gpu=requests.kubernetes.io/x=1",
     "! " P "gpu: expected RESOURCE=COUNT, such as nvidia.com/gpu=1, found "
     "\"requests.kubernetes.io/x=1\"\n"},
    {"gpu nvidia.com/gpu=123456", "gpu=nvidia.com/gpu=123456",
     "! " P
     "gpu: expected RESOURCE=COUNT, such as nvidia.com/gpu=1, found \"nvidia.com/gpu=123456\"\n"},
    {"port 0", "prometheusJmx=0",
     "! " P "prometheusJmx: expected PORT or PORT,CONFIGMAP, such as 8090,jmx, found \"0\"\n"},
    {"port 65536", "prometheusJmx=65536",
     "! " P "prometheusJmx: expected PORT or PORT,CONFIGMAP, such as 8090,jmx, found \"65536\"\n"},
    {"port 08", "prometheusJmx=08",
     "! " P "prometheusJmx: expected PORT or PORT,CONFIGMAP, such as 8090,jmx, found \"08\"\n"},
    {"port x", "prometheusJmx=x",
     "! " P "prometheusJmx: expected PORT or PORT,CONFIGMAP, such as 8090,jmx, found \"x\"\n"},
    {"port empty", "prometheusJmx=",
     "! " P "prometheusJmx: expected PORT or PORT,CONFIGMAP, such as 8090,jmx, found \"\"\n"},
    {"port 8090x", "prometheusJmx=8090x",
     "! " P "prometheusJmx: expected PORT or PORT,CONFIGMAP, such as 8090,jmx, found \"8090x\"\n"},
    {"no word", "enableServiceLinks=no",
     "! " P "enableServiceLinks: expected true or false, found \"no\"\n"},
    {"claim, relative", "pvc.d=d",
     "! " P "pvc.d: expected an absolute mount path, found a path that is not absolute: \"d\"\n"},
    {"claim, another word", "pvc.d=/d,ro",
     "! " P "pvc.d: expected readOnly or nothing behind the path's comma, found \"ro\"\n"},
    {"claim, no name", "pvc.D=/d",
     "! " P "pvc.D: expected a PersistentVolumeClaim's name (at most 253 of a-z, 0-9, '-' and '.', "
     "beginning and ending with a letter or digit), found \"D\"\n"},
    {"empty directory, no label", "emptyDir.a.b=/d",
     "! " P
     "emptyDir.a.b: expected a volume's name behind the first dot (at most 63 of a-z, 0-9 and '-', "
     "beginning and ending with a letter or digit), found \"a.b\"\n"},
    {"empty directory of Spark's", "emptyDir.spark-local-dir-1=/d",
     "! " P "emptyDir.spark-local-dir-1: volumes spark-local-dir-* are Spark's own: choose another "
     "name, or change that one "
     "by an overlay\n"},
    {"size empty", "emptyDir.e=/e,",
     "! " P "emptyDir.e: expected a size such as 10Gi behind the path's comma, found \"\"\n"},
    {"size x", "emptyDir.e=/e,x",
     "! " P "emptyDir.e: expected a size such as 10Gi behind the path's comma, found \"x\"\n"},
    {"size 0", "emptyDir.e=/e,0",
     "! " P "emptyDir.e: expected a size such as 10Gi behind the path's comma, found \"0\"\n"},
    {"size -1Gi", "emptyDir.e=/e,-1Gi",
     "! " P "emptyDir.e: expected a size such as 10Gi behind the path's comma, found \"-1Gi\"\n"},
    {"retired", "affinity=x|tolerations.t=x|volumemounts.v=x|volumes.v=x",
     "! " P "affinity: retired in 2019; use the annotation overlay: "
     "{\"spec\":{\"affinity\":{\"nodeAffinity\":{...}}}}\n"
     "! " P "tolerations.t: retired in 2019; use the annotation overlay: "
     "{\"spec\":{\"tolerations\":[{\"key\":\"KEY\",\"operator\":\"Exists\"}]}}\n"
     "! " P "volumemounts.v: retired in 2019; use " VOLUMES "! " P
     "volumes.v: retired in 2019; use " VOLUMES},
    {"fields of a pod for keys", "tolerations=x|env.A=b|toleration=x|securityContext=x|sidecars=x",
     "? " P "env.A: unknown annotation, ignored; did you mean sparkContainer.env of " P "overlay?\n"
     "? " P "securityContext: unknown annotation, ignored; did you mean spec.securityContext or "
     "sparkContainer.securityContext of " P "overlay?\n"
     "? " P "sidecars: unknown annotation, ignored; did you mean spec.containers of " P "overlay?\n"
     "? " P "toleration: unknown annotation, ignored; did you mean spec.tolerations of " P
     "overlay?\n"
     "? " P "tolerations: unknown annotation, ignored; did you mean spec.tolerations of " P
     "overlay?\n"},
    {"no name", "configMap.=/x",
     "! " P "configMap.: expected a ConfigMap's name (at most 253 of a-z, 0-9, '-' and '.', "
     "beginning and ending with a letter or digit), found \"\"\n"},
    {"bad name", "secret.A_b=/x",
     "! " P "secret.A_b: expected a Secret's name (at most 253 of a-z, 0-9, '-' and '.', "
     "beginning and ending with a letter or digit), found \"A_b\"\n"},
    {"empty ConfigMap", "sparkConfigMap=",
     "! " P "sparkConfigMap: expected a ConfigMap's name (at most 253 of a-z, 0-9, '-' and '.', "
     "beginning and ending with a letter or digit), found \"\"\n"},
    {"path for a name", "hadoopConfigMap=/etc",
     "! " P "hadoopConfigMap: expected a ConfigMap's name (at most 253 of a-z, 0-9, '-' and '.', "
     "beginning and ending with a letter or digit), found \"/etc\"\n"},
    {"relative path", "secret.s=etc/x",
     "! " P "secret.s: expected an absolute mount path, found a path that is not absolute: "
     "\"etc/x\"\n"},
    {"empty path",
     "secret.s=", "! " P "secret.s: expected an absolute mount path, found an empty text: \"\"\n"},
    {"path with a colon", "configMap.c=/a:b",
     "! " P "configMap.c: expected an absolute mount path, found a path with ':': \"/a:b\"\n"},
    {"path with dots", "configMap.c=/a/../b",
     "! " P "configMap.c: expected an absolute mount path, found a path with '..': \"/a/../b\"\n"},
    {"path with a newline", "configMap.c=/a\nb",
     "! " P "configMap.c: expected an absolute mount path, found a path with a control character: "
     "\"/a\\u000ab\"\n"},
    {"all faults are told", "secret.s=x|configMap.c=y",
     "! " P "configMap.c: expected an absolute mount path, found a path that is not absolute: "
     "\"y\"\n"
     "! " P "secret.s: expected an absolute mount path, found a path that is not absolute: "
     "\"x\"\n"},

    {"list is not JSON", "configMaps=a,b",
     "! " P "configMaps: expected a JSON list of {\"name\": …, \"path\": …}: JSON line 1 column "
     "1: invalid token near 'a'\n"},
    {"list is empty", "secrets=",
     "! " P "secrets: expected a JSON list of {\"name\": …, \"path\": …}: JSON line 1 column 0: "
     "unexpected token near end of file\n"},
    {"object for a list", "configMaps={'name':'a','path':'/x'}",
     "! " P "configMaps: expected a JSON list of {\"name\": …, \"path\": …}: document: expected "
     "an array, found an object\n"},
    {"item is a text", "configMaps=['a']",
     "! " P "configMaps: expected a JSON list of {\"name\": …, \"path\": …}: [0]: expected an "
     "object, found a string\n"},
    {"name is a number", "secrets=[{'name':'a','path':'/x'},{'name':1,'path':'/y'}]",
     "S a /x\n! " P "secrets: expected a JSON list of {\"name\": …, \"path\": …}: [1].name: "
     "expected a string, found an integer\n"},
    {"name is missing", "secrets=[{'path':'/y'}]",
     "! " P "secrets: expected a JSON list of {\"name\": …, \"path\": …}: [0].name is missing\n"},
    {"path is missing", "configMaps=[{'name':'a'}]",
     "! " P
     "configMaps: expected a JSON list of {\"name\": …, \"path\": …}: [0].path is missing\n"},
    {"unknown field", "secrets=[{'name':'a','mountPath':'/x'}]",
     "! " P "secrets: [0]: unknown field \"mountPath\"\n"},
    {"type of a ConfigMap", "configMaps=[{'name':'a','path':'/x','type':'Generic'}]",
     "! " P "configMaps: [0]: unknown field \"type\"\n"},
    {"unknown type", "secrets=[{'name':'a','path':'/x','type':'generic'}]",
     "! " P "secrets: [0].type: expected Generic, GCPServiceAccount or HadoopDelegationToken, "
     "found \"generic\"\n"},
    {"NUL in a name", "secrets=[{'name':'a\\u0000b','path':'/x'}]",
     "! " P "secrets: [0]: expected a Secret's name (at most 253 of a-z, 0-9, '-' and '.', "
     "beginning and ending with a letter or digit), found \"a\\u0000b\"\n"},

    {"owner is not JSON", "ownerReference=yes",
     "! " P "ownerReference: expected a JSON OwnerReference with apiVersion, kind, name and uid: "
     "JSON line 1 column 3: invalid token near 'yes'\n"},
    {"owner is a list", "ownerReference=[]",
     "! " P "ownerReference: expected a JSON OwnerReference with apiVersion, kind, name and uid: "
     "document: expected an object, found an array\n"},
    {"owner without uid", "ownerReference={'apiVersion':'v1','kind':'K','name':'n'}",
     "! " P "ownerReference: expected a JSON OwnerReference with apiVersion, kind, name and uid: "
     "uid is missing\n"},
    {"owner with an empty kind",
     "ownerReference={'apiVersion':'v1','kind':'','name':'n','uid':'u'}",
     "! " P "ownerReference: expected a JSON OwnerReference with apiVersion, kind, name and uid: "
     "kind is missing\n"},
    {"controller is a text",
     "ownerReference={'apiVersion':'v1','kind':'K','name':'n','uid':'u','controller':'true'}",
     "! " P "ownerReference: expected a JSON OwnerReference with apiVersion, kind, name and uid: "
     "controller: expected a boolean, found a string\n"},
    {"owner with an unknown field",
     "ownerReference={'apiVersion':'v1','kind':'K','name':'n','uid':'u','namespace':'x'}",
     "! " P "ownerReference: unknown field \"namespace\"\n"},
    {"owner of 2018", "ownerReference=ChBTcGFya0FwcGxpY2F0aW9uGgJwaQ==",
     "! " P "ownerReference: expected a JSON OwnerReference with apiVersion, kind, name and uid; "
     "base64 of protobuf, the form of 2018, is retired\n"},
    {"a long word is not base64", "ownerReference=abcdefghijklmnop!",
     "! " P "ownerReference: expected a JSON OwnerReference with apiVersion, kind, name and uid: "
     "JSON line 1 column 16: invalid token near 'abcdefghijklmnop'\n"},
};

static void print_wishes(FILE *out, const struct spk_wishes *wishes)
{
    const struct spk_wish_owner *owner = &wishes->owner;

    if (!wishes->any)
        (void)fprintf(out, "nothing\n");
    for (size_t i = 0; i < wishes->mount_count; i++) {
        const struct spk_wish_mount *wish = &wishes->mounts[i];
        (void)fprintf(out, "%c %.*s %s%s%s\n", wish->source.kind == SPK_SOURCE_SECRET ? 'S' : 'C',
                      SPK_ARG(wish->source.name), wish->path, wish->fixed_volume ? " " : "",
                      wish->fixed_volume ? wish->fixed_volume : "");
    }
    for (size_t i = 0; i < wishes->env_count; i++)
        (void)fprintf(out, "E %s=%s%s\n", wishes->envs[i].name, wishes->envs[i].value,
                      wishes->envs[i].usual ? " usual" : "");
    for (size_t i = 0; i < wishes->overlay_count; i++)
        (void)fprintf(out, "X %s %.*s\n", wishes->overlays[i].from.canonical,
                      SPK_ARG(wishes->overlays[i].value));
    if (!wishes->owner_count)
        return;
    (void)fprintf(out, "O %.*s %.*s %.*s %.*s", SPK_ARG(owner->api_version), SPK_ARG(owner->kind),
                  SPK_ARG(owner->name), SPK_ARG(owner->uid));
    if (owner->has_controller)
        (void)fprintf(out, " controller=%d", owner->controller);
    if (owner->has_block_owner_deletion)
        (void)fprintf(out, " block=%d", owner->block_owner_deletion);
    (void)fprintf(out, "\n");
}

START_TEST(read_annotations)
{
    struct reading reading;
    struct spk_wishes wishes;
    char *got = NULL;
    size_t len;
    FILE *out = open_memstream(&got, &len);

    read_pod(&reading, pod_of(&(struct pod){.ask = rows[_i].ask}));
    ck_assert_msg(spk_intent_read(&wishes, &reading.view, NULL, &reading.notes, &reading.err) == 0,
                  "%s: %s", rows[_i].name, reading.err.msg);
    print_wishes(out, &wishes);
    print_notes(out, &reading.notes);
    (void)fclose(out);
    ck_assert_msg(strcmp(got, rows[_i].expect) == 0, "%s:\n%s", rows[_i].name, got);
    free(got);
    release(&reading);
}
END_TEST

static void read_many(struct reading *reading, struct spk_wishes *wishes, json_t *annotations)
{
    json_t *pod = pod_of(&(struct pod){0});

    json_object_set_new(json_object_get(pod, "metadata"), "annotations", annotations);
    read_pod(reading, pod);
    ck_assert_int_eq(spk_intent_read(wishes, &reading->view, NULL, &reading->notes, &reading->err),
                     0);
}

START_TEST(too_many_annotations)
{
    json_t *annotations = json_object();
    struct spk_wishes wishes;
    struct reading reading;

    for (int i = 0; i < SPK_ANNOTATIONS_MAX + _i; i++) {
        char key[64];
        (void)snprintf(key, sizeof(key), P "secret.s%d", i);
        json_object_set_new(annotations, key, json_string("/x"));
    }
    read_many(&reading, &wishes, annotations);
    ck_assert_uint_eq(wishes.mount_count, _i ? 0 : SPK_WISHES_MAX);
    ck_assert_uint_eq(reading.notes.fault_count, (size_t)_i);
    if (_i)
        ck_assert_str_eq(reading.notes.faults[0],
                         "annotations: 257 of sparkhook on one pod, at most 256");
    release(&reading);
}
END_TEST

static json_t *items(int count, const char *prefix)
{
    json_t *list = json_array();
    char *text;
    json_t *value;

    for (int i = 0; i < count; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "%s%d", prefix, i);
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", name, "path", "/x"));
    }
    text = json_dumps(list, 0);
    value = json_string(text);
    free(text);
    json_decref(list);
    return value;
}

START_TEST(too_many_items)
{
    json_t *annotations = json_object();
    struct spk_wishes wishes;
    struct reading reading;

    json_object_set_new(annotations, P "secrets", items(257, "s"));
    json_object_set_new(annotations, P "configMaps", items(256, "c"));
    read_many(&reading, &wishes, annotations);
    ck_assert_uint_eq(wishes.mount_count, 256);
    ck_assert_uint_eq(reading.notes.fault_count, 1);
    ck_assert_str_eq(reading.notes.faults[0], P "secrets: 257 items, at most 256");
    release(&reading);
}
END_TEST

START_TEST(too_many_mounts_in_all)
{
    json_t *annotations = json_object();
    struct spk_wishes wishes;
    struct reading reading;

    json_object_set_new(annotations, P "secrets", items(200, "s"));
    json_object_set_new(annotations, P "configMaps", items(100, "c"));
    read_many(&reading, &wishes, annotations);
    ck_assert_uint_eq(wishes.mount_count, 256);
    ck_assert_uint_eq(reading.notes.fault_count, 44);
    ck_assert_str_eq(reading.notes.faults[0], P "secrets: more than 256 mounts on one pod");
    release(&reading);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("intent");

    ADD_ROWS(tcase, read_annotations, rows);
    tcase_add_loop_test(tcase, too_many_annotations, 0, 2);
    tcase_add_test(tcase, too_many_items);
    tcase_add_test(tcase, too_many_mounts_in_all);
    return run_case("intent", tcase);
}
