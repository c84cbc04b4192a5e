"""What others of a namespace have that looks like an application's, or is in its way, is neither taken nor removed."""

import json

from kit import controller, kubelet
from kit.api import wait_for
from kit.controller import Controller, application, reaches

LABELS = {controller.APP_LABEL: None, "sparkoperator.k8s.io/launched-by": "sparkhook", "spark-role": "driver"}
JOB = {"apiVersion": "batch/v1", "kind": "Job", "name": "somebody", "uid": "11111111-2222-3333-4444-555555555555"}
ALPHA = "spark-operator.k8s.io/v1alpha1"


def begin(env, *arguments):
    controller.define(env)
    env.webhook
    return Controller(env, *arguments)


def error(env, name):
    return controller.read(env, name)["status"]["applicationState"].get("errorMessage", "")


def running(env, name, **spec):
    controller.create(env, application(name, **spec))
    reaches(env, name, "SUBMITTED", "RUNNING")
    driver = env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/pods/{name}-driver")
    kubelet.starts(env, driver)
    reaches(env, name, "RUNNING")
    return driver


def uids(env, collection):
    return {o["metadata"]["uid"] for o in env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/{collection}")["items"]}


def lookalike(env, name, app, annotations=None, **labels):
    """A Job's pod with the labels of one of ours."""
    return env.api.create_pod(env.namespace, {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "ownerReferences": [JOB], "annotations": annotations or {},
                     "labels": LABELS | {controller.APP_LABEL: app} | labels},
        "spec": {"containers": [{"name": "c", "image": "none"}]}})


def test_a_jobs_pod_and_a_users_service_with_our_labels_are_left_alone(env):
    begin(env)
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "theirs", "labels": LABELS | {controller.APP_LABEL: "alike"}},
               "spec": {"ports": [{"port": 80}]}}
    theirs = env.api.done("POST", f"/api/v1/namespaces/{env.namespace}/services", service)["metadata"]["uid"]
    lookalike(env, "theirs", "alike")
    running(env, "alike")
    controller.change(env, "alike", {"spec": {"suspend": True}})
    reaches(env, "alike", "SUSPENDED", within=30)
    env.api.done("DELETE", f"{controller.collection(env)}/alike")
    pods = env.api.pods(env.namespace)
    assert [p["metadata"]["name"] for p in pods] == ["theirs"], pods
    assert theirs in uids(env, "services"), "the Service of a user is gone"


def test_applications_of_both_versions_and_one_name_do_not_fight(env):
    controller.define(env, "v1alpha1/spark-operator.k8s.io_sparkapplications.yaml")
    begin(env, "--v1alpha1")
    driver = running(env, "twin")
    old = {"apiVersion": ALPHA, "kind": "SparkApplication", "metadata": {"name": "twin"},
           "spec": {"type": "Scala", "mode": "cluster", "image": "spark:none", "mainClass": "x",
                    "mainApplicationFile": "local:///opt/spark/none.jar", "driver": {}, "executor": {}}}
    path = f"/apis/{ALPHA}/namespaces/{env.namespace}/sparkapplications"
    env.api.done("POST", path, old)
    status = wait_for("the other has ended", lambda: (
        s := env.api.done("GET", f"{path}/twin").get("status", {})) and s.get("applicationState", {}).get("state") == "FAILED" and s,
        within=40)
    assert "SparkApplication/twin" in json.dumps(status), status
    env.api.done("DELETE", f"{path}/twin")
    assert controller.driver(env, "twin")["metadata"]["uid"] == driver["metadata"]["uid"]
    kubelet.ends(env, driver)
    assert reaches(env, "twin", "COMPLETED")["status"]["executionAttempts"] == 1


def test_a_name_that_no_label_can_hold_is_refused_in_the_status(env):
    begin(env)
    name = "n" * 70
    controller.create(env, application(name))
    reaches(env, name, "FAILED", within=20)
    assert "metadata.name" in error(env, name), error(env, name)
    env.api.done("DELETE", f"{controller.collection(env)}/{name}")


def test_an_application_with_more_executors_than_an_answer_holds_is_cleaned(env):
    begin(env)
    running(env, "crowd")
    for i in range(70):
        lookalike(env, f"crowd-exec-{i}", "crowd", {"example.com/much": "x" * 250000}, **{"spark-role": "executor"})
    controller.change(env, "crowd", {"spec": {"suspend": True}})
    reaches(env, "crowd", "SUSPENDED", within=30)


def test_a_time_that_only_kubernetes_takes_for_one_does_not_hide_the_state(env):
    begin(env)
    driver = running(env, "late")
    controller_path = f"{controller.collection(env)}/late/status"
    env.api.done("PATCH", controller_path, {"status": {"lastSubmissionAttemptTime": "2026-01-01t00:00:00z"}},
                 "application/merge-patch+json")
    kubelet.ends(env, driver)
    assert reaches(env, "late", "COMPLETED")["status"]["executionAttempts"] == 1


def test_a_config_map_of_somebody_else_is_not_overwritten(env):
    begin(env)
    path = f"/api/v1/namespaces/{env.namespace}/configmaps"
    theirs = env.api.done("POST", path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "watched-prom-conf"},
                                         "data": {"metrics.properties": "theirs"}})
    monitoring = {"exposeDriverMetrics": True, "exposeExecutorMetrics": True, "prometheus": {"jmxExporterJar": "/prometheus/x.jar", "port": 8090}}
    controller.create(env, application("watched", monitoring=monitoring))
    reaches(env, "watched", "FAILED", within=30)
    assert "watched-prom-conf" in error(env, "watched") and "nobody" in error(env, "watched"), error(env, "watched")
    now = env.api.done("GET", f"{path}/watched-prom-conf")
    assert now["metadata"]["resourceVersion"] == theirs["metadata"]["resourceVersion"], now
    env.api.done("DELETE", f"{path}/watched-prom-conf")
    controller.create(env, application("again", monitoring=monitoring, restartPolicy={
        "type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 1}))
    reaches(env, "again", "SUBMITTED")
    kubelet.ends(env, controller.driver(env, "again"), code=1)
    wait_for("the second run", lambda: controller.read(env, "again")["status"].get("executionAttempts") == 2, within=60)


def test_a_stranger_with_the_name_of_a_driver_that_vanished_ends_the_run(env):
    begin(env)
    driver = running(env, "lost")
    env.api.done("DELETE", f"/api/v1/namespaces/{env.namespace}/pods/lost-driver?gracePeriodSeconds=0")
    env.api.create_pod(env.namespace, {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "lost-driver", "ownerReferences": [JOB]},
        "spec": {"containers": [{"name": "c", "image": "none"}]}})
    reaches(env, "lost", "FAILED", within=30)
    assert "Job/somebody" in error(env, "lost"), error(env, "lost")
    assert driver["metadata"]["uid"] not in uids(env, "pods") and len(uids(env, "pods")) == 1


def test_a_lost_submission_begins_again_beside_a_stray_driver(env):
    """Its writer has died, and another run's driver has a name of its own."""
    controller.define(env)
    app = controller.create(env, application("stray") | {"metadata": {
        "name": "stray", "annotations": {controller.MARKER: controller.MARKER_VALUE}}})
    env.api.done("PATCH", f"{controller.collection(env)}/stray/status", {"status": {
        "submissionID": "of-a-writer-that-died", "submissionAttempts": 1, "driverInfo": {"podName": "stray-driver"},
        "lastSubmissionAttemptTime": "2026-01-01T00:00:00Z"}}, "application/merge-patch+json")
    owner = {"apiVersion": controller.GROUP, "kind": "SparkApplication", "name": "stray", "uid": app["metadata"]["uid"]}
    answer = env.api.create_pod(env.namespace, {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "of-another-name", "ownerReferences": [owner], "labels": LABELS | {
            controller.APP_LABEL: "stray", controller.SUBMISSION_LABEL: "another"}},
        "spec": {"containers": [{"name": "c", "image": "none"}]}})
    assert answer.code == 201, answer.message
    begin(env)
    found = reaches(env, "stray", "SUBMITTED", within=90)
    assert found["status"]["submissionAttempts"] == 2, found["status"]
    assert controller.driver(env, "stray")["metadata"]["name"] == "stray-driver"


UNREADABLE = {"too-big": {"x": 10 ** 20}, "nul": {"sparkConf": {"a\0b": "x"}}}


def unreadable_pod(env):
    """The API server keeps what its creator says of who set which field."""
    fields = {"f:metadata": {"f:labels": {"f:a\0b": {}}}}
    labels = {"sparkoperator.k8s.io/launched-by": "sparkhook", controller.APP_LABEL: "nul", "spark-role": "executor"}
    said = {"manager": "m", "operation": "Update", "apiVersion": "v1", "time": "2026-01-01T00:00:00Z",
            "fieldsType": "FieldsV1", "fieldsV1": fields}
    pod = {"metadata": {"name": "unreadable", "labels": labels, "managedFields": [said]},
           "spec": {"containers": [{"name": "c", "image": "none"}]}}
    stored = env.api.create_pod(env.namespace, pod).body
    assert any("f:a\0b" in json.dumps(each).replace("\\u0000", "\0") for each in stored["metadata"]["managedFields"]), stored


def test_what_cannot_be_read_hides_nothing_else(env):
    """Numbers beyond 64 bits, and keys with a NUL: the API server stores them, and no list may fail because of them."""
    process = begin(env)
    running(env, "before")
    for name, spec in UNREADABLE.items():
        controller.create(env, application(name, **spec))
        env.later(lambda name=name: env.api.call("DELETE", f"{controller.collection(env)}/{name}"))
    unreadable_pod(env)
    running(env, "beside")
    passed_over = [line["error"] for line in process.lines("an object can't be read, and is passed over")]
    assert not [line for line in process.lines() if line.get("application", "").endswith("/")], "a pod of no application"
    for name in (*UNREADABLE, "unreadable"):
        assert any(f"{env.namespace}/{name}: " in error for error in passed_over), (name, passed_over)
    process.stop()
    process = Controller(env, number=1)
    wait_for("each is counted", lambda: "spark_controller_objects_unread_total 3\n" in process.ask("/metrics"), within=10)
    running(env, "after")
    kubelet.ends(env, controller.driver(env, "before"))
    reaches(env, "before", "COMPLETED")
    # Its user mends it.
    env.api.done("PATCH", f"{controller.collection(env)}/too-big", {"spec": {"x": None}}, content_type="application/merge-patch+json")
    reaches(env, "too-big", "SUBMITTED")
