"""Pods of real spark-submit, as the API server stores them."""

import json

from kit import pods, spark

PREFIX = pods.PREFIXES[0]
DRIVER = {PREFIX + "sparkConfigMap": "spark-conf", PREFIX + "hadoopConfigMap": "hadoop-conf",
          PREFIX + "configMap.log4j": "/etc/log4j", PREFIX + "secret.db.credentials": "/etc/secrets/db/",
          PREFIX + "GCPServiceAccount.gcp-key": "/mnt/gcp", PREFIX + "HadoopDelegationToken.hdfs-token": "/etc/tokens",
          PREFIX + "secrets": json.dumps([{"name": "a-secret-whose-name-is-much-too-long-for-the-key-of-an-annotation",
                                           "path": "/etc/secrets/long"}]),
          PREFIX + "ownerReference": json.dumps({"apiVersion": "example.com/v1", "kind": "Workflow", "name": "nightly",
                                                 "uid": "11111111-2222-3333-4444-555555555555"})}
EXECUTOR = {PREFIX + "sparkConfigMap": "spark-conf", "sparkoperator.k8s.io/hadoopConfigMap": "hadoop-conf",
            PREFIX + "secret.db-credentials": "/etc/secrets/db", PREFIX + "GCPServiceAccount.gcp-key": "/mnt/gcp"}
# A pod template keeps its names and its order: the Spark container is neither first nor called as usual.
TEMPLATE = """
apiVersion: v1
kind: Pod
spec:
  containers:
    - {name: proxy, image: proxy, env: [{name: SPARK_CONF_DIR, value: /proxy}]}
    - {name: main, image: main}
"""


def driver(env, version, settings, asked):
    """The stored driver of one submission."""
    env.webhook
    settings = {**settings, **spark.annotations("driver", asked)}
    code, output = spark.submit_driver(env, version, "pi-driver", settings)
    assert code == 0, output[-4000:]
    found = env.api.pods(env.namespace, "spark-role=driver")
    assert len(found) == 1, f"{len(found)} drivers"
    return found[0]


def check_driver(env, version):
    stored = driver(env, version, {}, DRIVER)
    pods.check(original(env, stored, DRIVER), stored)
    long_name = pods.mounts_at(pods.spark_container(stored), "/etc/secrets/long")
    assert pods.source_of(stored, long_name[0])[1].startswith("a-secret-whose-name"), long_name
    assert pods.mounts_at(pods.spark_container(stored), "/opt/spark/conf"), "Spark's own configuration is gone"


def original(env, stored, asked):
    """The stored pod without what @asked and the webhook added: what spark-submit sent."""
    before = pods.fresh(stored)
    before["metadata"]["annotations"].pop(pods.STAMP)
    before["metadata"].pop("ownerReferences", None)
    container = pods.spark_container(before)
    paths = [w.path for w in pods.wishes(asked)] + ["/etc/secrets/long"]
    gone = [m["name"] for m in container["volumeMounts"] if m["mountPath"] in paths]
    container["volumeMounts"] = [m for m in container["volumeMounts"] if m["name"] not in gone]
    before["spec"]["volumes"] = [v for v in before["spec"]["volumes"] if v["name"] not in gone]
    variables = {w.variable for w in pods.wishes(asked)} - {"SPARK_CONF_DIR"}
    container["env"] = [e for e in container["env"] if e["name"] not in variables]
    return before


def test_driver_of_spark_3_5(env):
    check_driver(env, "3.5.7")


def test_driver_of_spark_4(env):
    check_driver(env, "4.3.0")


def test_driver_with_a_template_that_puts_a_sidecar_first(env):
    template = env.folder / "template.yaml"
    template.write_text(TEMPLATE)
    asked = {PREFIX + "sparkConfigMap": "spark-conf", PREFIX + "secret.tls": "/tls"}
    settings = {"spark.kubernetes.driver.podTemplateFile": str(template),
                "spark.kubernetes.driver.podTemplateContainerName": "main"}
    stored = driver(env, "4.3.0", settings, asked)
    proxy, main = stored["spec"]["containers"]
    assert (proxy["name"], main["name"]) == ("proxy", "main"), "the template's order is not kept"
    assert pods.values_of(proxy, "SPARK_CONF_DIR") == ["/proxy"] and not proxy.get("volumeMounts"), proxy
    assert pods.spark_container(stored)["name"] == "main"
    for wish in pods.wishes(asked):
        pods.check_wish(original(env, stored, asked), stored, wish)


def test_driver_without_annotations_is_left_alone(env):
    stored = driver(env, "3.5.7", {}, {})
    assert pods.STAMP not in stored["metadata"].get("annotations", {})
    assert env.webhook.reviews() == env.webhook.reviews(role="driver", outcome="mutated")
    assert pods.values_of(pods.spark_container(stored), "SPARK_CONF_DIR") == ["/opt/spark/conf"]
    assert not env.webhook.lines("review") or stored["metadata"]["name"] not in {r["name"] for r in env.webhook.lines("review")}


def check_executors(env, version):
    webhook = env.webhook
    client = spark.Client(env, version, "executors", spark.annotations("executor", EXECUTOR))
    stored = client.executors(2)
    for pod in stored:
        pods.check(original(env, pod, EXECUTOR), pod)
        assert pods.mounts_at(pods.spark_container(pod), "/opt/spark/conf"), "Spark's own configuration is gone"
    assert webhook.reviews(role="executor", outcome="mutated") >= 2
    logged = [r for r in webhook.lines("review") if r["role"] == "executor"]
    assert {p["metadata"]["name"] for p in stored} <= {r["name"] for r in logged}
    assert all(r["namespace"] == env.namespace and "sparkConfigMap" in r["applied"] for r in logged), logged


def test_executors_of_spark_3_5(env):
    check_executors(env, "3.5.7")


def test_executors_of_spark_4(env):
    check_executors(env, "4.3.0")
