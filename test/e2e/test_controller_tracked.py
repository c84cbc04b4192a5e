"""submissionByUser, of January 2018: who submits for himself gets a status for it, and nothing of his is removed."""

import time

from kit import controller, kubelet
from kit.api import wait_for
from kit.controller import Controller, application

ALPHA = "spark-operator.k8s.io/v1alpha1"
LAUNCHED = {"sparkoperator.k8s.io/launched-by": "sparkhook"}


def begin(env):
    controller.define(env)
    controller.define(env, "v1alpha1/spark-operator.k8s.io_sparkapplications.yaml")
    return Controller(env, "--v1alpha1")


def collection(env):
    return f"/apis/{ALPHA}/namespaces/{env.namespace}/sparkapplications"


def track(env, name):
    return env.api.done("POST", collection(env), {
        "apiVersion": ALPHA, "kind": "SparkApplication", "metadata": {"name": name},
        "spec": {"type": "Scala", "mode": "cluster", "submissionByUser": True, "deps": {},
                 "mainApplicationFile": "local:///opt/spark/mine.jar", "driver": {}, "executor": {}}})


def submit(env, name, app, role="driver", **labels):
    """A pod as the user's own spark-submit makes it."""
    answer = env.api.create_pod(env.namespace, {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "labels": LAUNCHED | {controller.APP_LABEL: app, "spark-role": role,
                                                         "spark-app-selector": "spark-1"} | labels},
        "spec": {"containers": [{"name": "spark-kubernetes-driver", "image": "none"}]}})
    assert answer.code == 201, answer.message
    return answer.body


def reaches(env, name, state, within=30):
    def there():
        status = env.api.done("GET", f"{collection(env)}/{name}").get("status", {})
        return status if status.get("applicationState", {}).get("state") == state else None

    return wait_for(f"{name} is {state}", there, within=within, every=0.2)


def names(env):
    return {p["metadata"]["name"] for p in env.api.pods(env.namespace)}


def test_a_driver_that_its_user_submits_is_followed_to_its_end(env):
    begin(env)
    track(env, "mine")
    time.sleep(1)
    driver = submit(env, "mine-1520000000-driver", "mine", **{controller.SUBMISSION_LABEL: "chosen"})
    status = reaches(env, "mine", "SUBMITTED")
    assert status["submissionID"] == "chosen" and status["driverInfo"]["podName"] == "mine-1520000000-driver", status
    kubelet.starts(env, driver)
    reaches(env, "mine", "RUNNING")
    submit(env, "mine-exec-1", "mine", "executor", **{controller.SUBMISSION_LABEL: "chosen"})
    submit(env, "mine-of-another-day", "mine", **{controller.SUBMISSION_LABEL: "earlier"})
    wait_for("its executor", lambda: reaches(env, "mine", "RUNNING").get("executorState") == {"mine-exec-1": "PENDING"})
    time.sleep(3)
    kubelet.ends(env, driver)
    status = reaches(env, "mine", "COMPLETED")
    assert status["executionAttempts"] == 1 and status["terminationTime"], status
    env.api.done("DELETE", f"{collection(env)}/mine")
    time.sleep(2)
    assert names(env) == {"mine-1520000000-driver", "mine-exec-1", "mine-of-another-day"}


def test_a_driver_that_its_user_submits_first_waits_for_its_application(env):
    """Without a submission's id, too."""
    process = begin(env)
    driver = submit(env, "early-driver", "early")
    time.sleep(3)
    assert names(env) == {"early-driver"}, process.text()
    track(env, "early")
    service = reaches(env, "early", "SUBMITTED")["driverInfo"]["webUIServiceName"]
    found = env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/services/{service}")
    assert found["spec"]["selector"].items() <= driver["metadata"]["labels"].items(), found["spec"]
    kubelet.starts(env, driver)
    reaches(env, "early", "RUNNING")
    env.api.done("DELETE", f"/api/v1/namespaces/{env.namespace}/pods/early-driver?gracePeriodSeconds=0")
    status = reaches(env, "early", "FAILED")
    assert "driver pod not found" in status["applicationState"]["errorMessage"], status


def change(env, name, patch):
    return env.api.done("PATCH", f"{collection(env)}/{name}", patch, "application/merge-patch+json")


def test_a_driver_that_its_user_submits_outlives_a_spec_that_cannot_be_read(env):
    process = begin(env)
    track(env, "odd")
    driver = submit(env, "odd-driver", "odd", **{controller.SUBMISSION_LABEL: "chosen"})
    reaches(env, "odd", "SUBMITTED")
    kubelet.starts(env, driver)
    reaches(env, "odd", "RUNNING")
    change(env, "odd", {"spec": {"restartPolicy": "Never", "driver": {"cores": "abc"}}})
    time.sleep(4)
    assert names(env) == {"odd-driver"}, process.text()
    reaches(env, "odd", "RUNNING", within=1)
    kubelet.ends(env, driver)
    reaches(env, "odd", "COMPLETED")
    env.api.done("DELETE", f"{collection(env)}/odd")
    time.sleep(3)
    assert names(env) == {"odd-driver"}, process.text()


def test_a_driver_that_its_user_submits_outlives_its_unreadable_applications_deletion(env):
    process = begin(env)
    track(env, "left")
    driver = submit(env, "left-driver", "left")
    kubelet.starts(env, driver)
    reaches(env, "left", "RUNNING")
    change(env, "left", {"metadata": {"finalizers": ["example.com/wait"]}, "spec": {"driver": {"cores": "abc"}}})
    env.api.done("DELETE", f"{collection(env)}/left")
    time.sleep(3)
    change(env, "left", {"metadata": {"finalizers": None}})
    time.sleep(3)
    assert names(env) == {"left-driver"}, process.text()


def test_a_driver_that_its_user_submits_is_a_stranger_to_an_application_of_v1beta2(env):
    """Of the same name, with the labels that both have; in its way or beside it."""
    begin(env)
    env.webhook
    track(env, "twin")
    for pod in "twin-driver", "twin-another-driver":
        kubelet.starts(env, submit(env, pod, "twin", **{controller.SUBMISSION_LABEL: "chosen"}))
    reaches(env, "twin", "RUNNING")
    controller.create(env, application("twin"))
    failed = controller.reaches(env, "twin", "FAILED")
    assert "twin-driver" in failed["status"]["applicationState"]["errorMessage"], failed["status"]
    env.api.done("DELETE", f"{controller.collection(env)}/twin")
    env.api.done("DELETE", f"/api/v1/namespaces/{env.namespace}/pods/twin-driver?gracePeriodSeconds=0")
    controller.create(env, application("twin"))
    controller.reaches(env, "twin", "SUBMITTED")
    controller.change(env, "twin", {"spec": {"suspend": True}})
    controller.reaches(env, "twin", "SUSPENDED")
    time.sleep(2)
    assert names(env) == {"twin-another-driver"}
