"""SparkApplications on a whole node: applied as the examples have them, really run, whoever dies meanwhile."""

import json
import os
import re
import subprocess
import urllib.request
from pathlib import Path

from kit import applications, cluster, controller, controller_image
from kit.api import wait_for
from kit.controller import Controller, reaches

# Less of the node's two processors than the examples ask for; and what it has instead of Spark's own examples in Scala.
SMALL = (("spec/driver/coreRequest", "20m"), ("spec/executor/coreRequest", "20m"))
SCALA = (("spec/mainClass", "SparkPi"), ("spec/mainApplicationFile", "local:///opt/spark/application.jar"))
KINDS = ("pods", "services", "configmaps")
LONG = 150


def begin(env):
    """A webhook in the cluster, and what a driver needs. Returns the controller."""
    cluster.install(env)
    controller.define(env)
    env.later(lambda: env.api.done("DELETE", f"/api/v1/namespaces/{env.namespace}"))
    cluster.kubectl(env, "apply", f"--namespace={env.namespace}", "-f", str(applications.EXAMPLES / "spark-rbac.yaml"))
    return Controller(env)


def apply(env, example, version, *changes):
    """kubectl apply of an example with the node's image, and @changes. Returns the application's name."""
    mine = (("spec/image", f"localhost/spark:{version}"), ("spec/sparkVersion", version), *SMALL, *changes)
    objects = [applications.changed(each, *mine) if each["kind"] == "SparkApplication" else each
               for each in applications.documents(env, applications.EXAMPLES / example)]
    cluster.kubectl(env, "apply", f"--namespace={env.namespace}", "-f", "-",
                    stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    return objects[-1]["metadata"]["name"]


def dies(env, process, number):
    """The controller, at once; another one takes its place."""
    process.kill()
    return Controller(env, number=number)


def go_on(env, name):
    cluster.kubectl(env, "exec", f"{name}-driver", f"--namespace={env.namespace}", "--", "touch", "/tmp/go-on")


def computed(env, name):
    """Waits until the one driver has its result. Returns its log."""
    def said():
        done = env.kubectl("logs", f"{name}-driver", f"--namespace={env.namespace}")
        return done.stdout if "Pi is roughly" in done.stdout else None

    text = wait_for(f"{name} has computed", said, within=LONG, every=0.5)
    assert text.count("Pi is roughly 3.1") == 1, text[-2000:]
    return text


def drivers_begun(env, name):
    """The pods whose driver was really started: {uid}."""
    found = env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/events?fieldSelector=involvedObject.name={name}-driver,reason=Started")
    return {e["involvedObject"]["uid"] for e in found["items"]
            if e["involvedObject"]["fieldPath"] == "spec.containers{spark-kubernetes-driver}"}


def ui(env, name):
    """What Spark's web UI answers at the address that the status tells."""
    info = wait_for("its UI's address", lambda: controller.read(env, name)["status"]["driverInfo"].get("webUIAddress"))
    address = env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/services/{name}-ui-svc")["spec"]["clusterIP"]
    assert info == f"{address}:4040", info
    with urllib.request.urlopen(f"http://{info}/", timeout=20) as answer:
        return answer.read().decode()


def happened(env, name):
    """What the application's events say, warnings alone."""
    found = env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/events?fieldSelector=involvedObject.name={name},type=Warning")
    return [f"{e['reason']}: {e['message']}" for e in found["items"]]


def completed(env, name):
    status = reaches(env, name, "COMPLETED", within=LONG)["status"]
    assert status["executionAttempts"] == 1 and status["terminationTime"], status

    def told():
        return controller.read(env, name)["status"].get("executorState", {})

    # Executors are told of no more than once in a while.
    wait_for("its executor is told to be done", lambda: list(told().values()) == ["COMPLETED"], within=20,
             instead=lambda: (told(), happened(env, name)))


def test_controller_dies_and_spark_pi_is_run_and_all_of_it_is_cleared(env):
    process = begin(env)
    name = apply(env, "spark-pi.yaml", "3.5.7", *SCALA, ("spec/arguments", ["100", "hold"]))
    reaches(env, name, "RUNNING", within=LONG)
    computed(env, name)
    assert "Spark Pi" in ui(env, name)
    dies(env, process, 1)
    assert "Spark Pi" in ui(env, name)
    go_on(env, name)
    completed(env, name)
    before = {kind: remaining(env, kind) for kind in KINDS}
    assert all(before.values()), before
    cluster.kubectl(env, "delete", "sparkapplication", name, f"--namespace={env.namespace}")
    for kind in KINDS:
        wait_for(f"no {kind} are left", lambda kind=kind: not remaining(env, kind), within=60)


def remaining(env, kind):
    """What is there beside what every namespace has."""
    found = env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/{kind}")["items"]
    return [item["metadata"]["name"] for item in found if item["metadata"]["name"] != "kube-root-ca.crt"]


CONFIGURED = ["log4j2=/etc/spark/conf/log4j2.properties", "io.file.buffer.size=65536", "rules=none",
              "SPARK_CONF_DIR=/etc/spark/conf", "HADOOP_CONF_DIR=/etc/hadoop/conf"]


def configured_while_the_controller_dies(env, version):
    """In its first submission, and while the driver runs."""
    process = begin(env)
    name = apply(env, "spark-pi-config-maps.yaml", version, *SCALA, ("spec/arguments", ["2", "hold"]))
    wait_for("spark-submit runs", lambda: process.lines("spark-submit begins"), within=30)
    process = dies(env, process, 1)
    reaches(env, name, "RUNNING", within=LONG)
    said = computed(env, name)
    process = dies(env, process, 2)
    go_on(env, name)
    completed(env, name)
    assert len(drivers_begun(env, name)) == 1
    seen = {re.sub(r"/\.\.[^/]+/", "/", line) for line in said.splitlines() if line.startswith("IN FORCE ")}
    wanted = {f"IN FORCE {role} {line}" for role in ("driver", "executor") for line in CONFIGURED}
    assert wanted <= seen, sorted(seen)


def test_controller_dies_and_spark_3_5_has_its_config_maps(env):
    configured_while_the_controller_dies(env, "3.5.7")


def test_controller_dies_and_spark_4_has_its_config_maps(env):
    configured_while_the_controller_dies(env, "4.3.0")


def test_controller_dies_and_a_failing_driver_is_run_again(env):
    process = begin(env)
    retry = {"type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 1}
    name = apply(env, "spark-pi.yaml", "3.5.7", *SCALA, ("spec/arguments", ["2", "hold", "fail"]), ("spec/restartPolicy", retry))
    wait_for("a driver is made", lambda: env.api.pods(env.namespace, f"{controller.APP_LABEL}={name},spark-role=driver"), within=60)
    process = dies(env, process, 1)
    computed(env, name)
    first = drivers_begun(env, name)
    assert len(first) == 1
    process = dies(env, process, 2)
    go_on(env, name)
    wait_for("another driver begins", lambda: drivers_begun(env, name) - first, within=LONG)
    computed(env, name)
    process = dies(env, process, 3)
    go_on(env, name)
    status = reaches(env, name, "FAILED", within=LONG)["status"]
    assert status["executionAttempts"] == 2 and "3" in status["applicationState"]["errorMessage"], status
    assert len(drivers_begun(env, name)) == 2


def test_controller_dies_and_an_application_in_python_is_run(env):
    process = begin(env)
    name = apply(env, "spark-pi-python.yaml", "4.3.0", ("spec/arguments", ["10", "hold"]))
    wait_for("spark-submit runs", lambda: process.lines("spark-submit begins"), within=30)
    process = dies(env, process, 1)
    computed(env, name)
    process = dies(env, process, 2)
    go_on(env, name)
    completed(env, name)
    assert len(drivers_begun(env, name)) == 1


def install_controller(env):
    """As an administrator does, for this test's namespace alone."""
    printed = subprocess.run([os.environ["SPK_CONTROLLER"], "manifest", f"--image={controller_image.IMAGE}", "--existing-namespace",
                              f"--job-namespace={env.namespace}"], check=True, capture_output=True, text=True, timeout=60).stdout
    env.later(lambda: cluster.kubectl(env, "delete", "--wait=false", "-f", "-", stdin=printed))
    cluster.kubectl(env, "apply", "-f", "-", stdin=printed)
    cluster.kubectl(env, "rollout", "status", "deployment/spark-controller", f"--namespace={cluster.NAMESPACE}", "--timeout=50s")


def controller_logs(env):
    pods = env.api.pods(cluster.NAMESPACE, "app.kubernetes.io/name=spark-controller")
    return {pod["metadata"]["name"]: cluster.kubectl(env, "logs", pod["metadata"]["name"], f"--namespace={cluster.NAMESPACE}")
            for pod in pods}


def test_installed_controller_leads_and_runs_an_application(env):
    """With the account, the permissions and the read-only root that it is given."""
    cluster.install(env)
    controller.define(env)
    controller_image.bring(env, "3.5.7")
    env.later(lambda: env.api.done("DELETE", f"/api/v1/namespaces/{env.namespace}"))
    install_controller(env)
    name = apply(env, "spark-pi.yaml", "3.5.7", *SCALA)
    completed(env, name)
    assert "Pi is roughly 3.1" in cluster.log(env, f"{name}-driver")
    logs = controller_logs(env)
    assert len(logs) == 2, logs.keys()
    lease = env.api.done("GET", f"/apis/coordination.k8s.io/v1/namespaces/{cluster.NAMESPACE}/leases/spark-controller")
    leader = [pod for pod, text in logs.items() if "a run begins" in text]
    assert len(leader) == 1 and leader[0] in lease["spec"]["holderIdentity"], (leader, lease)
    for text in logs.values():
        assert "orbidden" not in text and "Sanitizer" not in text and "runtime error:" not in text, text[-4000:]
