"""What the controller would hand to spark-submit, in the hands of real ones: the pods that come of it."""

import json
import os
import subprocess
from pathlib import Path

from kit import pods, spark

CASES = Path(__file__).resolve().parent.parent / "golden/submission"
PREFIX = pods.PREFIXES[0]


def escaped(text):
    """As the runner writes it: ASCII, nothing that ends or begins a word or a line."""
    return "".join(c if c.isascii() and c.isalnum() or c in "./-_" else
                   "".join(f"\\u{unit:04x}" for unit in utf16(c)) for c in text)


def utf16(char):
    data = char.encode("utf-16-be")
    return [int.from_bytes(data[i:i + 2], "big") for i in range(0, len(data), 2)]


def translated(env, application, *words):
    done = subprocess.run([os.environ["SPK_SUBMISSION"], *words], input=application.encode(), capture_output=True,
                          timeout=30)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def submit(env, version, submission):
    """(exit code, all that it printed)"""
    home = env.spark_home(version)
    known = {"spark.kubernetes.authenticate.submission.caCertFile": env.api.ca,
             "spark.kubernetes.authenticate.submission.oauthToken": env.api.token,
             "spark.master": f"k8s://{env.api.server}", "spark.submit.deployMode": "cluster"}
    for role in ("driver", "executor"):
        template = env.folder / f"{role}.json"
        template.write_text(json.dumps(submission[f"{role}_template"]))
        known[f"spark.kubernetes.{role}.podTemplateFile"] = str(template)
    file = env.folder / "submission.properties"
    file.write_text("".join(f"{escaped(k)}={escaped(v)}\n" for k, v in {**submission["properties"], **known}.items()))
    command = [str(home / "bin/spark-submit"), "--properties-file", str(file), *submission["arguments"]]
    done = subprocess.run(command, env=spark.environment(home, env.folder), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=150)
    return done.returncode, done.stdout.decode(errors="replace")


def driver_of(env, version, application, *words):
    text = application.replace("namespace: jobs", f"namespace: {env.namespace}")
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "spark"}}
    env.api.call("POST", f"/api/v1/namespaces/{env.namespace}/serviceaccounts", account)
    submission = translated(env, text, *words)
    code, output = submit(env, version, submission)
    assert code == 0, output[-6000:]
    found = env.api.pods(env.namespace, "spark-role=driver")
    assert len(found) == 1, f"{len(found)} drivers"
    return found[0], submission


def has(actual, expected, where="pod"):
    """@expected is part of @actual: objects by their members, lists of named things by name, others in order."""
    if isinstance(expected, dict):
        assert isinstance(actual, dict), f"{where}: found {actual!r}"
        for key, value in expected.items():
            assert key in actual, f"{where}.{key} is missing: {actual!r}"
            has(actual[key], value, f"{where}.{key}")
    elif isinstance(expected, list) and expected and isinstance(expected[0], dict):
        for item in expected:
            keys = [k for k in ("name", "ip", "key", "mountPath") if k in item][:1]
            same = [a for a in actual if not keys or a.get(keys[0]) == item[keys[0]]]
            assert any(contains(a, item) for a in same), f"{where}: no {item!r} in {actual!r}"
    else:
        assert actual == expected, f"{where}: expected {expected!r}, found {actual!r}"


def contains(actual, expected):
    try:
        has(actual, expected)
    except AssertionError:
        return False
    return True


FULL_POD = {
    "metadata": {
        "name": "everything-driver",
        "labels": {"team": "data", "version": "4.3", "queue": "root.default", "spark-role": "driver",
                   "sparkoperator.k8s.io/app-name": "everything",
                   "sparkoperator.k8s.io/launched-by": "sparkhook",
                   "sparkoperator.k8s.io/submission-id": "7f3c1a52-5d0e-4b7e-9d0c-2a6f1b8e4c11"},
        "annotations": {"old/plural": "1", "prometheus.io/port": "8090", "prometheus.io/scrape": "true"},
        "ownerReferences": [{"kind": "SparkApplication", "name": "everything", "controller": True}]},
    "spec": {
        "nodeSelector": {"disk": "ssd"}, "priorityClassName": "system-cluster-critical", "schedulerName": "yunikorn",
        "serviceAccountName": "spark", "enableServiceLinks": False, "terminationGracePeriodSeconds": 40,
        "shareProcessNamespace": True, "tolerations": [{"key": "spark", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}},
        "securityContext": {"runAsNonRoot": True, "fsGroup": 185}, "imagePullSecrets": [{"name": "registry-a"}],
        "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]},
        "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["db"]}],
        "initContainers": [{"name": "fetch"}],
        "containers": [{"name": "proxy", "args": ["{{x}}"]}],
        "volumes": [{"name": "data", "hostPath": {"path": "/data"}}, {"name": "shared"},
                    {"name": "spark-local-dir-1", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}]}}
FULL_CONTAINER = {
    "image": "spark:driver", "imagePullPolicy": "Always",
    "resources": {"requests": {"cpu": "500m", "memory": "640Mi"}, "limits": {"cpu": "1200m", "memory": "1Gi", "nvidia.com/gpu": "1"}},
    "envFrom": [{"configMapRef": {"name": "more"}}],
    "env": [{"name": "PLAIN", "value": "{{x}} y=z"}, {"name": "OLD", "value": "env"},
            {"name": "FROM_SECRET", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "tokens", "key": "t"}}},
            {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
            {"name": "GOOGLE_APPLICATION_CREDENTIALS", "value": "/mnt/gcp/key.json"},
            {"name": "SPARK_CONF_DIR", "value": "/etc/spark/conf"},
            {"name": "HADOOP_CONF_DIR", "value": "/etc/hadoop/conf"},
            {"name": "SPARK_LOCAL_DIRS", "value": "/tmp/one"}],
    "ports": [{"name": "extra", "containerPort": 9999}, {"name": "jmx-exporter", "containerPort": 8090}],
    "securityContext": {"allowPrivilegeEscalation": False}, "lifecycle": {"preStop": {"exec": {}}},
    "volumeMounts": [{"mountPath": path} for path in ("/etc/log4j", "/etc/metrics/conf", "/etc/plain", "/etc/again",
                                                      "/mnt/gcp/", "/data", "/tmp/one", "/opt/spark/conf")]}


def check_full(env, version):
    env.webhook
    pod, _ = driver_of(env, version, (CASES / "full/application.yaml").read_text())
    has(pod, FULL_POD)
    container = pods.spark_container(pod)
    has(container, FULL_CONTAINER, "container")
    assert container["args"][-4:] == ["--conf", "a b", "ünïcode", "{{APP_ID}}"], container["args"]
    names = [e["name"] for e in container["env"]]
    assert len(names) == len(set(names)), f"a variable twice: {names}"


def test_submission_of_everything_3_5(env):
    check_full(env, "3.5.7")


def test_submission_of_everything_4(env):
    check_full(env, "4.3.0")


def check_plain(env, version):
    """Without any webhook."""
    pod, submission = driver_of(env, version, (CASES / "plain/application.yaml").read_text(), "--no-webhook")
    assert not submission["needs_webhook"]
    has(pod, {"metadata": {"ownerReferences": [{"kind": "SparkApplication", "name": "spark-pi", "controller": True}]},
              "spec": {"enableServiceLinks": False}})
    assert pods.spark_container(pod)["args"][0] == "driver"


def test_submission_of_the_plainest_3_5(env):
    check_plain(env, "3.5.7")


def test_submission_of_the_plainest_4(env):
    check_plain(env, "4.3.0")


def check_dependencies(env, version):
    """Packages, and files of a storage that spark-submit has no classes for: it does not touch them."""
    pod, _ = driver_of(env, version, (CASES / "dependencies/application.yaml").read_text())
    args = pods.spark_container(pod)["args"]
    assert args[0] == "driver" and "--packages" in args and args[args.index("--queue") + 1] == "driver", args
    assert args.index("--properties-file") > args.index("--queue"), args


def test_submission_leaves_dependencies_to_the_driver_3_5(env):
    check_dependencies(env, "3.5.7")


def test_submission_leaves_dependencies_to_the_driver_4(env):
    check_dependencies(env, "4.3.0")
