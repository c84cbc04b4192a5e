"""SparkApplications run to their end: the real API server and spark-submit, and a stand-in for the kubelet."""

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
    told = {"SparkApplicationAdded", "SparkApplicationSubmitted", "SparkDriverRunning", "SparkApplicationCompleted"}
    wait_for("its events", lambda: told <= controller.events(env, "pi").keys(), within=10)


def test_an_application_of_spark_3_5_is_run_to_completion(env):
    run_to_completion(env, "3.5.7")


def test_an_application_of_spark_4_is_run_to_completion(env):
    run_to_completion(env, "4.3.0")
