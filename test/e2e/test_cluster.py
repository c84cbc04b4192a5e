"""The webhook as an administrator installs it, on a whole node, with Spark applications that run to their end."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

from kit import cluster, pods, spark

PREFIX = pods.PREFIXES[0]
ASKED = {PREFIX + "sparkConfigMap": "spark-conf", PREFIX + "hadoopConfigMap": "hadoop-conf",
         PREFIX + "GCPServiceAccount.gcp-key": "/mnt/secrets"}
LOG4J2 = """
rootLogger.level = warn
rootLogger.appenderRef.stdout.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = OURS %p %c{1}: %m%n
logger.p.name = probe.logger
logger.p.level = trace
"""
CORE_SITE = "<configuration><property><name>probe.key</name><value>from-core-site</value></property></configuration>"
KEY = json.dumps({"type": "service_account"})
OBJECTS = [{"kind": "ConfigMap", "metadata": {"name": "spark-conf"}, "data": {"log4j2.properties": LOG4J2}},
           {"kind": "ConfigMap", "metadata": {"name": "hadoop-conf"}, "data": {"core-site.xml": CORE_SITE}},
           {"kind": "Secret", "metadata": {"name": "gcp-key"}, "stringData": {"key.json": KEY}}]
IN_FORCE = ["log4j2=/etc/spark/conf/log4j2.properties", "probe.logger=TRACE", "core-site=from-core-site",
            "io.file.buffer.size=4096", "rules=null", "SPARK_CONF_DIR=/etc/spark/conf", "HADOOP_CONF_DIR=/etc/hadoop/conf",
            "GOOGLE_APPLICATION_CREDENTIALS=/mnt/secrets/key.json", f"credentials={KEY}"]


def configuration_is_in_force(env, version):
    cluster.install(env)
    cluster.prepare_applications(env, OBJECTS)
    cluster.submit(env, version, "pi", ASKED)
    said = cluster.succeeded(env, "pi")
    # kubelet keeps the files of a ConfigMap in a folder with the time as its name, and links to that.
    seen = [re.sub(r"/\.\.[^/]+/", "/", line) for line in said.splitlines() if line.startswith("IN FORCE ")]
    assert seen == [f"IN FORCE {role} {line}" for role in ("driver", "executor") for line in IN_FORCE], "\n".join(seen)
    assert "Pi is roughly 3.1" in said, said[-2000:]
    made = cluster.executors(env, "pi")
    assert len(made) == 1 and pods.STAMP in made[0]["metadata"]["annotations"], made
    assert "OURS TRACE logger: seen in the log of the driver\n" in said
    assert "OURS TRACE logger: seen in the log of the executor\n" in cluster.log(env, made[0]["metadata"]["name"])


def test_configuration_is_in_force_in_spark_3_5(env):
    configuration_is_in_force(env, "3.5.7")


def test_configuration_is_in_force_in_spark_4(env):
    configuration_is_in_force(env, "4.3.0")


# The last line lacks its end, and asks for more: the submitted ones must not be drawn into it.
DEFAULTS = "spark.probe.default  from-defaults\nspark.probe.submitted from-defaults\nspark.probe.last x\\"
DEFAULTS_OBJECTS = [{"kind": "ConfigMap", "metadata": {"name": "spark-conf"}, "data": {"spark-defaults.conf": DEFAULTS}}]


def defaults_count(env, version, how):
    """A property that is only in spark-defaults.conf counts, one that was submitted wins."""
    cluster.install(env)
    cluster.prepare_applications(env, DEFAULTS_OBJECTS)
    asked = {PREFIX + "sparkConfigMap": "spark-conf", PREFIX + "sparkDefaults": how}
    cluster.submit(env, version, "pi", asked, {"spark.probe.submitted": "from-submission"})
    said = cluster.succeeded(env, "pi")
    assert "Pi is roughly 3.1" in said, said[-2000:]
    seen = {line for line in said.splitlines() if line.startswith("IN FORCE driver spark.probe.")}
    assert seen == {f"IN FORCE driver spark.probe.{line}" for line in
                    ("default=from-defaults", "submitted=from-submission", "last=x")}, said[-4000:]
    return cluster.pod(env, "pi")


def test_spark_defaults_are_loaded_in_spark_3_5(env):
    defaults_count(env, "3.5.7", "load")


def test_spark_defaults_are_loaded_in_spark_4(env):
    driver = defaults_count(env, "4.3.0", "load")
    ended = driver["status"]["initContainerStatuses"][0]["state"]["terminated"]
    assert ended["exitCode"] == 0, ended


def test_spark_4_loads_spark_defaults_itself(env):
    driver = defaults_count(env, "4.3.0", "native")
    assert "--load-spark-defaults" in pods.spark_container(driver)["args"] and "initContainers" not in driver["spec"]


# Ends when the Spark container has ended, as a sidecar of Kubernetes' own kind does.
SIDECAR = "trap 'exit 0' TERM; echo from the sidecar > /shared/note; sleep 600 & wait"
TAINT = "dedicated=spark:NoSchedule"


def overlay(version):
    """A toleration without which no pod finds a place, a sidecar, a volume that both share, and a variable that Java repeats."""
    shared = [{"name": "shared", "mountPath": "/shared"}]
    return json.dumps({
        "spec": {"tolerations": [{"key": "dedicated", "operator": "Equal", "value": "spark", "effect": "NoSchedule"}],
                 "volumes": [{"name": "shared", "emptyDir": {"sizeLimit": "1Mi"}}],
                 "initContainers": [{"name": "sidecar", "image": f"localhost/spark:{version}", "restartPolicy": "Always",
                                     "command": ["bash", "-c", SIDECAR], "volumeMounts": shared}]},
        "sparkContainer": {"volumeMounts": shared,
                           "env": [{"name": "JDK_JAVA_OPTIONS", "value": f"{spark.JAVA} -Dfrom.overlay=yes"}]}})


def check_overlaid(env, pod):
    kept = pods.spark_container(pod)
    assert [one["mountPath"] for one in kept["volumeMounts"] if one["name"] == "shared"] == ["/shared"]
    assert pod["status"]["initContainerStatuses"][0]["name"] == "sidecar"
    assert "-Dfrom.overlay=yes" in cluster.log(env, pod["metadata"]["name"]), "Java repeats JDK_JAVA_OPTIONS at its start"


def overlay_is_in_force(env, version):
    cluster.install(env)
    cluster.prepare_applications(env, [])
    cluster.kubectl(env, "taint", "nodes", "--all", TAINT)
    env.later(lambda: cluster.kubectl(env, "taint", "nodes", "--all", f"{TAINT}-"))
    cluster.submit(env, version, "pi", {PREFIX + "overlay": overlay(version)})
    assert "Pi is roughly 3.1" in cluster.succeeded(env, "pi")
    made = cluster.executors(env, "pi")
    assert len(made) == 1, made
    for pod in (cluster.pod(env, "pi"), *made):
        check_overlaid(env, pod)


def test_overlay_is_in_force_in_spark_3_5(env):
    overlay_is_in_force(env, "3.5.7")


def test_overlay_is_in_force_in_spark_4(env):
    overlay_is_in_force(env, "4.3.0")


def test_webhook_runs_restricted(env):
    """Pod Security lets nothing else into its namespace; and that is what the kernel says too."""
    cluster.install(env)
    labels = env.api.done("GET", f"/api/v1/namespaces/{cluster.NAMESPACE}")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    replicas = cluster.replicas(env)
    assert replicas
    for pod in replicas:
        process = cluster.process_of(pod)
        said = cluster.status_of(process)
        assert said["Uid"] == ["65532"] * 4 and said["Gid"] == ["65532"] * 4, said
        assert {int(said[kind][0], 16) for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}, said
        assert said["NoNewPrivs"] == ["1"] and said["Seccomp"] == ["2"], said
        assert "ro" in cluster.root_mount_of(process), "its root file system can be written"


def submit_and_see_it_end(env, name):
    cluster.submit(env, "3.5.7", name, ASKED)
    assert "Pi is roughly 3.1" in cluster.succeeded(env, name)


def test_applications_submitted_during_rolling_restarts_all_run(env):
    cluster.install(env)
    cluster.prepare_applications(env, OBJECTS)
    restarts = 0
    with ThreadPoolExecutor(max_workers=3) as pool:
        running = [pool.submit(submit_and_see_it_end, env, f"pi-{number}") for number in range(10)]
        while not all(one.done() for one in running):
            cluster.restart(env)
            restarts += 1
        for one in running:
            one.result()
    assert restarts >= 2, restarts
    made = env.api.pods(env.namespace, "spark-role")
    assert len(made) >= 20 and all(pods.STAMP in pod["metadata"]["annotations"] for pod in made), len(made)
