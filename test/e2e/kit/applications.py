"""SparkApplications: the definitions of manifest/crds, and objects with every field that people write."""

import copy
import json
from pathlib import Path

from kit.api import wait_for

ROOT = Path(__file__).resolve().parents[3]
CRDS = ROOT / "manifest/crds/sparkoperator.k8s.io_sparkapplications.yaml"
OLD_CRDS = ROOT / "manifest/crds/v1alpha1/spark-operator.k8s.io_sparkapplications.yaml"
EXAMPLES = ROOT / "manifest/examples"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NAME, OLD_NAME = "sparkapplications.sparkoperator.k8s.io", "sparkapplications.spark-operator.k8s.io"
V1BETA2, V1ALPHA1 = "sparkoperator.k8s.io/v1beta2", "spark-operator.k8s.io/v1alpha1"

MINIMAL = {
    "apiVersion": V1BETA2, "kind": "SparkApplication", "metadata": {"name": "pi"},
    "spec": {"type": "Scala", "sparkVersion": "4.0.1", "image": "apache/spark:4.0.1",
             "mainClass": "org.apache.spark.examples.SparkPi",
             "mainApplicationFile": "local:///opt/spark/examples/jars/spark-examples.jar",
             "driver": {"serviceAccount": "spark"}, "executor": {}},
}

_POD = {
    "cores": 1, "coreRequest": "500m", "coreLimit": "1200m", "memory": "512m", "memoryOverhead": "256m", "memoryLimit": "1Gi",
    "gpu": {"name": "nvidia.com/gpu", "quantity": 1}, "image": "apache/spark:4.0.1",
    "configMaps": [{"name": "rules", "path": "/etc/rules"}],
    "secrets": [{"name": "key", "path": "/etc/key", "secretType": "Generic"}],
    "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
    "envFrom": [{"configMapRef": {"name": "variables"}}],
    "envVars": {"C": "3"}, "envSecretKeyRefs": {"D": {"name": "key", "key": "d"}},
    "labels": {"team": "a"}, "annotations": {"example.com/a": "b"},
    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}]}]}}},
    "tolerations": [{"key": "spark", "operator": "Exists"}], "nodeSelector": {"kubernetes.io/os": "linux"},
    "podSecurityContext": {"fsGroup": 185}, "securityContext": {"runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}},
    "schedulerName": "default-scheduler", "priorityClassName": "nightly",
    "sidecars": [{"name": "side", "image": "busybox", "resources": {"limits": {"cpu": 1, "memory": "64Mi"}}}],
    "initContainers": [{"name": "first", "image": "busybox"}],
    "hostNetwork": False, "hostAliases": [{"ip": "192.0.2.1", "hostnames": ["a.example"]}],
    "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]}, "shareProcessNamespace": True,
    "terminationGracePeriodSeconds": 60, "lifecycle": {"preStop": {"exec": {"command": ["true"]}}},
    "ports": [{"name": "debug", "protocol": "TCP", "containerPort": 5005}],
    "serviceAccount": "spark", "javaOptions": "-Dx=y",
    "template": {"metadata": {"creationTimestamp": None, "labels": {"a": "b"}},
                 "spec": {"containers": [{"name": "spark", "resources": {"limits": {"cpu": 1}}}]}},
}

_SERVICE = {"servicePort": 4040, "servicePortName": "ui", "serviceType": "ClusterIP", "serviceAnnotations": {"a": "b"},
            "serviceLabels": {"a": "b"}, "ingressAnnotations": {"a": "b"},
            "ingressTLS": [{"hosts": ["a.example"], "secretName": "tls"}]}

# Every field of sparkoperator.k8s.io/v1beta2 once.
EVERYTHING = {
    **MINIMAL, "metadata": {"name": "everything"},
    "spec": {
        **MINIMAL["spec"], "mode": "cluster", "suspend": False, "proxyUser": "u", "imagePullPolicy": "IfNotPresent",
        "imagePullSecrets": ["registry"], "arguments": ["1", ""], "sparkConf": {"spark.eventLog.enabled": "false"},
        "hadoopConf": {"fs.x": "y"}, "sparkConfigMap": "conf", "hadoopConfigMap": "hadoop",
        "volumes": [{"name": "data", "emptyDir": {"sizeLimit": "1Gi"}}],
        "driver": {**_POD, "podName": "everything.driver", "kubernetesMaster": "https://kubernetes.default.svc",
                   "serviceAnnotations": {"a": "b"}, "serviceLabels": {"a": "b"}},
        "executor": {**_POD, "instances": 2, "deleteOnTermination": False},
        "deps": {name: ["local:///opt/x"] for name in ("jars", "files", "pyFiles", "archives")}
        | {"packages": ["a:b:1"], "excludePackages": ["a:c"], "repositories": ["https://repo.example"]},
        "restartPolicy": {"type": "OnFailure", "onFailureRetries": 0, "onSubmissionFailureRetries": 2,
                          "onFailureRetryInterval": 1, "onSubmissionFailureRetryInterval": 20},
        "failureRetries": 1, "retryInterval": 2, "pythonVersion": "3", "memoryOverheadFactor": "0.2",
        "monitoring": {"exposeDriverMetrics": True, "exposeExecutorMetrics": False, "metricsProperties": "a=b",
                       "metricsPropertiesFile": "/etc/m", "prometheus": {
                           "jmxExporterJar": "/jmx.jar", "port": 8090, "portName": "jmx", "configFile": "/c", "configuration": "{}"}},
        "batchScheduler": "volcano",
        "batchSchedulerOptions": {"queue": "q", "priorityClassName": "p", "resources": {"cpu": 2, "memory": "4Gi"}},
        "timeToLiveSeconds": 60, "sparkUIOptions": _SERVICE,
        "driverIngressOptions": [{**_SERVICE, "servicePort": 8080, "ingressURLFormat": "{{$appName}}.example.com"}],
        "dynamicAllocation": {"enabled": True, "initialExecutors": 1, "minExecutors": 0, "maxExecutors": 2,
                              "shuffleTrackingEnabled": True, "shuffleTrackingTimeout": 1000},
        "driverPodDisruptionBudget": True,
    },
}

# A status as other controllers write it, a field of a newer one included.
STATUS = {
    "sparkApplicationId": "spark-1", "submissionID": "8ea24c3a", "submissionAttempts": 1, "executionAttempts": 2,
    "lastSubmissionAttemptTime": "2026-01-31T12:00:00Z", "terminationTime": None,
    "driverInfo": {"podName": "pi-driver", "webUIServiceName": "pi-ui-svc", "webUIAddress": "10.0.0.1:4040", "webUIPort": 4040,
                   "webUIIngressName": "pi-ui-ingress", "webUIIngressAddress": "pi.example.com", "newer": "x"},
    "applicationState": {"state": "RUNNING", "errorMessage": ""}, "executorState": {"pi-exec-1": "RUNNING"}, "newer": {"x": 1},
    "conditions": [{"type": "Applied", "status": "False", "reason": "NotActedOn", "message": "spec.x"}],
}


def changed(what, *changes):
    """A copy of an application; each change is a path of names and a value, None of which takes the field away."""
    it = copy.deepcopy(what)
    for path, value in changes:
        *way, last = path.split("/")
        at = it
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at.setdefault(step, {})
        if value is None:
            at.pop(last)
        else:
            at[last] = value
    return it


def path(env, name="", version=V1BETA2, namespace=None):
    return f"/apis/{version}/namespaces/{namespace or env.namespace}/sparkapplications{'/' + name if name else ''}"


def create(env, what, query=""):
    """By the API server's own strictness, which kubectl asks for as well."""
    return env.api.call("POST", f"{path(env, version=what['apiVersion'])}?fieldValidation=Strict{query}", what)


def definition(env, name=NAME):
    return env.api.done("GET", f"{DEFINITIONS}/{name}")


def condition(env, kind, name=NAME):
    found = [each for each in definition(env, name).get("status", {}).get("conditions") or [] if each["type"] == kind]
    return found[0] if found else None


def wait_served(env, name=NAME, version=V1BETA2):
    wait_for(f"{name} is established", lambda: (condition(env, "Established", name) or {}).get("status") == "True")
    # It may be established before it is served.
    wait_for(f"{version} is served", lambda: env.api.call("GET", f"/apis/{version}/sparkapplications").code == 200)


def define(env, file=CRDS, name=NAME, version=V1BETA2):
    """Creates a definition unless it is there."""
    done = env.kubectl("create", "-f", str(file))
    assert done.returncode == 0 or "AlreadyExists" in done.stderr, done.stderr
    wait_served(env, name, version)


def remove_definition(env, name):
    env.api.call("DELETE", f"{DEFINITIONS}/{name}")
    wait_for(f"{name} is gone", lambda: env.api.call("GET", f"{DEFINITIONS}/{name}").code == 404)


def documents(env, file):
    """The objects of a file of YAML, read by the one parser that counts."""
    done = env.kubectl("-n", env.namespace, "create", "--dry-run=client", "--validate=false", "-o", "json", "-f", str(file))
    assert done.returncode == 0, done.stderr
    decoder, text, found = json.JSONDecoder(), done.stdout, []
    while text.strip():
        value, end = decoder.raw_decode(text.lstrip())
        text = text.lstrip()[end:]
        found.append(value)
    return found
