"""SparkApplications run to their end: the real API server and spark-submit, and a stand-in for the kubelet."""

import os
import random
import subprocess
import urllib.parse

from kit import controller, kubelet, pods
from kit.api import wait_for
from kit.controller import Controller, application, reaches


def begin(env, *arguments):
    controller.define(env)
    env.webhook
    return Controller(env, *arguments)


def run_to_completion(env, version):
    begin(env)
    app = application("pi", version, sparkConfigMap="spark-conf")
    controller.create(env, app)
    submitted = reaches(env, "pi", "SUBMITTED")
    driver = controller.driver(env, "pi")
    assert driver["metadata"]["name"] == "pi-driver", driver["metadata"]["name"]
    assert driver["metadata"]["labels"][controller.SUBMISSION_LABEL] == submitted["status"]["submissionID"]
    owner = driver["metadata"]["ownerReferences"]
    assert [o["uid"] for o in owner] == [submitted["metadata"]["uid"]], owner
    assert pods.STAMP in driver["metadata"]["annotations"], "the webhook was not there"
    assert pods.mounts_at(pods.spark_container(driver), "/etc/spark/conf"), "the ConfigMap is not mounted"
    kubelet.starts(env, driver)
    running = reaches(env, "pi", "RUNNING")
    assert running["status"]["driverInfo"]["podName"] == "pi-driver", running["status"]
    assert running["status"]["driverInfo"]["webUIServiceName"] == "pi-ui-svc", running["status"]
    kubelet.ends(env, driver)
    completed = reaches(env, "pi", "COMPLETED")
    assert completed["status"]["executionAttempts"] == 1 and completed["status"]["terminationTime"], completed["status"]
    assert "conditions" not in completed["status"], completed["status"]
    told = {"SparkApplicationAdded", "SparkApplicationSubmitted", "SparkDriverRunning", "SparkApplicationCompleted"}
    wait_for("its events", lambda: told <= controller.events(env, "pi").keys(), within=10)


def test_an_application_of_spark_3_5_is_run_to_completion(env):
    run_to_completion(env, "3.5.7")


def test_an_application_of_spark_4_is_run_to_completion(env):
    run_to_completion(env, "4.3.0")


OLD = "/apis/spark-operator.k8s.io/v1alpha1"


def old_state(env):
    found = env.api.done("GET", f"{OLD}/namespaces/{env.namespace}/sparkapplications/spark-app-example")
    return found.get("status", {}).get("applicationState", {}).get("state", "")


def test_an_application_of_2018_is_run_to_completion(env):
    """As the README of January 2018 has it, but for the images; the plural of its annotations too."""
    controller.define(env, "v1alpha1/spark-operator.k8s.io_sparkapplications.yaml")
    begin(env, "--v1alpha1")
    app = {"apiVersion": "spark-operator.k8s.io/v1alpha1", "kind": "SparkApplication",
           "metadata": {"name": "spark-app-example"},
           "spec": {"type": "Scala", "mode": "cluster", "mainClass": "org.apache.spark.examples.SparkPi",
                    "mainApplicationFile": "local:///opt/spark/none.jar", "deps": {}, "submissionByUser": False,
                    "sparkConf": {"spark.kubernetes.driver.annotations.example.com/note": "kept"},
                    "driver": {"cores": "0.1", "image": "spark:none", "driverConigMaps": [{"name": "rules", "path": "/etc/rules"}]},
                    "executor": {"cores": "0.1", "image": "spark:none", "instances": 1, "memory": "512m"}}}
    env.api.done("POST", f"{OLD}/namespaces/{env.namespace}/sparkapplications", app)
    wait_for("it is submitted", lambda: old_state(env) == "SUBMITTED", within=60)
    driver = controller.driver(env, "spark-app-example")
    assert driver["metadata"]["annotations"]["example.com/note"] == "kept", driver["metadata"]["annotations"]
    assert pods.mounts_at(pods.spark_container(driver), "/etc/rules"), "the ConfigMap is not mounted"
    kubelet.starts(env, driver)
    kubelet.ends(env, driver)
    wait_for("it is completed", lambda: old_state(env) == "COMPLETED", within=30)
    wait_for("the warning about the plural", lambda: "annotation" in controller.events(env, "spark-app-example").get(
        "SparkApplicationFieldNotActedOn", ""), within=10)


def test_label_selectors_are_taken_as_the_api_server_takes_them(env):
    """Each of some hundred, whole and mutilated."""
    said, pieces = {}, ("a", "!", "=", "==", "!=", "in", "notin", "(", ")", ",", " ", "b.c/d", "-x", ">", "5", "'")
    draw = random.Random(7)
    for _ in range(400):
        text = "".join(draw.choice(pieces) for _ in range(draw.randrange(1, 7)))
        path = f"/api/v1/namespaces/{env.namespace}/pods?limit=1&labelSelector={urllib.parse.quote(text)}"
        theirs = env.api.call("GET", path).code == 200
        ours = subprocess.run([os.environ["SPK_CONTROLLER"], "manifest", "--image=x:1", f"--label-selector={text}"],
                              capture_output=True, timeout=60, check=False).returncode == 0
        assert ours == theirs or (theirs and not text.strip()), (text, ours, theirs)
        said[ours] = said.get(ours, 0) + 1
    assert min(said.values()) > 20, said
