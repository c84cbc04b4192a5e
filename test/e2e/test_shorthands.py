"""Shorthands on pods of real spark-submits: an API server takes and stores what they expand into, beside a claim that exists
and variables that the submission gave, and a second pass finds nothing to do."""

import json
import subprocess

from kit import pods, spark

PREFIX = pods.PREFIXES[0]
CLAIM = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
         "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}}
ASKED = {PREFIX + "pvc.data": "/data", PREFIX + "emptyDir.scratch": "/scratch,10Gi", PREFIX + "gpu": "example.com/gpu=2",
         PREFIX + "prometheusJmx": "8090,jmx", PREFIX + "secretEnv.DB_PASSWORD": "db/password",
         PREFIX + "configMapEnv.REGION": "settings/region", PREFIX + "GCPServiceAccount.gcp-key": "/mnt/gcp",
         PREFIX + "GCPServiceAccountKey.gcp-key": "account.json", PREFIX + "enableServiceLinks": "false"}
READ_ONLY = {**ASKED, PREFIX + "pvc.data": "/data,readOnly"}


def claim(env):
    path = f"/api/v1/namespaces/{env.namespace}/persistentvolumeclaims"
    answer = env.api.call("POST", path, CLAIM)
    assert answer.code == 201, answer.message


def volume_at(pod, path):
    """The one volume that the Spark container has at @path, and its mount."""
    mounts = pods.mounts_at(pods.spark_container(pod), path)
    assert len(mounts) == 1, f"{len(mounts)} mounts at {path}"
    found = [v for v in pod["spec"]["volumes"] if v["name"] == mounts[0]["name"]]
    assert len(found) == 1, f"{len(found)} volumes for {path}"
    return {k: v for k, v in found[0].items() if k != "name"}, mounts[0].get("readOnly", False)


def variable(pod, name):
    found = [e for e in pods.spark_container(pod)["env"] if e["name"] == name]
    assert len(found) == 1, f"{name}: {found}"
    return {k: v for k, v in found[0].items() if k != "name"}


def check(pod, read_only):
    source = {"claimName": "data", **({"readOnly": True} if read_only else {})}
    assert volume_at(pod, "/data") == ({"persistentVolumeClaim": source}, read_only), volume_at(pod, "/data")
    assert volume_at(pod, "/scratch") == ({"emptyDir": {"sizeLimit": "10Gi"}}, False), volume_at(pod, "/scratch")
    jmx, _ = volume_at(pod, "/etc/metrics/conf")
    assert jmx["configMap"]["name"] == "jmx", jmx
    container = pods.spark_container(pod)
    # The API server asks for as much as the limit: an extended resource can't be overcommitted.
    for kind in ("limits", "requests"):
        assert container["resources"][kind]["example.com/gpu"] == "2", container["resources"]
    assert [p for p in container["ports"] if p["name"] == "jmx-exporter"] == [
        {"name": "jmx-exporter", "containerPort": 8090, "protocol": "TCP"}], container["ports"]
    has = pod["metadata"]["annotations"]
    assert {k: v for k, v in has.items() if k.startswith("prometheus.io/")} == {
        "prometheus.io/scrape": "true", "prometheus.io/port": "8090", "prometheus.io/path": "/metrics"}, has
    assert variable(pod, "DB_PASSWORD") == {"valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}
    assert variable(pod, "REGION") == {"valueFrom": {"configMapKeyRef": {"name": "settings", "key": "region"}}}
    assert variable(pod, "GOOGLE_APPLICATION_CREDENTIALS") == {"value": "/mnt/gcp/account.json"}
    assert pod["spec"]["enableServiceLinks"] is False


def check_settled(env, pod):
    again = {**pods.fresh(pod), "kind": "Pod", "apiVersion": "v1"}
    done = subprocess.run([env.binary, "mutate", "--patch"], input=json.dumps(again), capture_output=True, text=True, timeout=30)
    assert (done.returncode, json.loads(done.stdout or "null")) == (0, []), done.stdout + done.stderr


def check_driver(env, version):
    claim(env)
    assert env.webhook
    settings = {"spark.kubernetes.driverEnv.REGION": "north", **spark.annotations("driver", ASKED)}
    code, output = spark.submit_driver(env, version, "pi-driver", settings)
    assert code == 0, output[-4000:]
    stored = env.api.pods(env.namespace, "spark-role=driver")
    assert len(stored) == 1, f"{len(stored)} drivers"
    check(stored[0], False)
    check_settled(env, stored[0])


def check_executors(env, version):
    claim(env)
    assert env.webhook
    settings = {"spark.executorEnv.REGION": "north", **spark.annotations("executor", READ_ONLY)}
    for pod in spark.Client(env, version, "executors", settings).executors(2):
        check(pod, True)
        check_settled(env, pod)


def test_shorthands_on_a_driver_of_spark_3_5(env):
    check_driver(env, "3.5.7")


def test_shorthands_on_a_driver_of_spark_4(env):
    check_driver(env, "4.3.0")


def test_shorthands_on_executors_of_spark_3_5(env):
    check_executors(env, "3.5.7")


def test_shorthands_on_executors_of_spark_4(env):
    check_executors(env, "4.3.0")


def test_shorthand_that_replaces_a_variable_warns(env):
    """As keyed annotations do; kubectl shows it."""
    assert env.webhook
    pod = pods.pod("pi", annotations={PREFIX + "configMapEnv.REGION": "settings/region"})
    pod["spec"]["containers"][0]["env"].append({"name": "REGION", "value": "north"})
    answer = env.api.create_pod(env.namespace, pod)
    assert answer.code == 201, answer.message
    assert [w for w in answer.warnings if "REGION" in w] == [
        f'"{PREFIX}configMapEnv.REGION" replaces the variable REGION, which was "north"'], answer.warnings
