"""What becomes of an application whose run goes another way than planned."""

import signal
import time

from kit import controller, kubelet, pods
from kit.api import wait_for
from kit.breaker import Breaker
from kit.controller import Controller, application, reaches

RETRY = {"type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 1,
         "onSubmissionFailureRetries": 1, "onSubmissionFailureRetryInterval": 1}


def begin(env, *arguments, **how):
    controller.define(env)
    env.webhook
    return Controller(env, *arguments, **how)


def running(env, name, **spec):
    """A driver that runs."""
    controller.create(env, application(name, **spec))
    reaches(env, name, "SUBMITTED", "RUNNING")
    driver = controller.driver(env, name)
    kubelet.starts(env, driver)
    reaches(env, name, "RUNNING")
    return driver


def another_driver(env, name, before):
    """The driver that has taken the place of @before."""
    def there():
        found = controller.driver(env, name)
        return found if found["metadata"]["uid"] != before["metadata"]["uid"] else None

    return wait_for(f"another driver of {name}", there, within=90, every=0.3)


def error(env, name):
    return controller.read(env, name)["status"]["applicationState"].get("errorMessage", "")


def types(env, name):
    return [c["type"] for c in controller.read(env, name)["status"].get("conditions", [])]


def test_a_failed_driver_is_run_again_as_often_as_was_asked(env):
    begin(env)
    first = running(env, "retry", restartPolicy=RETRY)
    kubelet.ends(env, first, code=3)
    second = another_driver(env, "retry", first)
    kubelet.starts(env, second)
    kubelet.ends(env, second, code=3)
    failed = reaches(env, "retry", "FAILED")
    assert failed["status"]["executionAttempts"] == 2 and failed["status"]["terminationTime"], failed["status"]
    assert "3" in error(env, "retry"), error(env, "retry")


def test_an_image_that_does_not_come_is_a_failure_with_its_reason(env):
    begin(env, "--driver-waiting-timeout=3s")
    controller.create(env, application("noimage"))
    reaches(env, "noimage", "SUBMITTED")
    kubelet.waits(env, controller.driver(env, "noimage"), "ImagePullBackOff", "no such image")
    reaches(env, "noimage", "FAILED", within=30)
    assert "ImagePullBackOff" in error(env, "noimage"), error(env, "noimage")


def test_a_finished_application_is_deleted_when_its_time_to_live_is_over(env):
    begin(env)
    driver = running(env, "ttl", timeToLiveSeconds=3)
    kubelet.ends(env, driver)
    reaches(env, "ttl", "COMPLETED")
    wait_for("it is deleted", lambda: env.api.call("GET", f"{controller.collection(env)}/ttl").code == 404, within=15)


def test_a_finished_application_that_is_changed_as_it_is_deleted_runs_again(env):
    way = Breaker(env).way()
    begin(env, kubeconfig=way.kubeconfig)
    way.rule("^spark-controller delete sparkapplications", "hold")
    driver = running(env, "late", timeToLiveSeconds=1)
    kubelet.ends(env, driver)
    wait_for("it is about to be deleted", way.fired, within=30)
    changed = controller.change(env, "late", {"spec": {"arguments": ["7"], "timeToLiveSeconds": None}})
    way.forget()
    wait_for("another run begins", lambda: controller.read(env, "late")["status"].get("submissionID") not in (
        None, changed["status"]["submissionID"]), within=30)


def test_an_application_deleted_while_it_is_submitted_leaves_no_driver(env):
    process = begin(env)
    controller.create(env, application("gone"))
    wait_for("spark-submit runs", lambda: process.lines("spark-submit begins"), within=20)
    env.api.done("DELETE", f"{controller.collection(env)}/gone")
    wait_for("it has been told", lambda: process.lines("spark-submit was ended") or process.lines("spark-submit has submitted"), within=30)
    time.sleep(2)
    assert env.api.pods(env.namespace, f"{controller.APP_LABEL}=gone") == []


def test_an_application_made_anew_while_the_old_one_is_submitted_is_run(env):
    process = begin(env)
    controller.create(env, application("anew"))
    wait_for("spark-submit runs", lambda: process.lines("spark-submit begins"), within=20)
    process.process.send_signal(signal.SIGSTOP)  # so that it hears of both at once
    env.api.done("DELETE", f"{controller.collection(env)}/anew")
    made = controller.create(env, application("anew"))
    process.process.send_signal(signal.SIGCONT)
    reaches(env, "anew", "SUBMITTED")
    driver = controller.driver(env, "anew")
    assert [owner["uid"] for owner in driver["metadata"]["ownerReferences"]] == [made["metadata"]["uid"]], driver["metadata"]
    kubelet.starts(env, driver)
    kubelet.ends(env, driver)
    reaches(env, "anew", "COMPLETED")


def test_a_suspended_application_waits_until_it_is_resumed(env):
    begin(env)
    first = running(env, "pause")
    controller.change(env, "pause", {"spec": {"suspend": True}})
    reaches(env, "pause", "SUSPENDED")
    assert env.api.pods(env.namespace, f"{controller.APP_LABEL}=pause") == []
    controller.change(env, "pause", {"spec": {"suspend": False}})
    second = another_driver(env, "pause", first)
    kubelet.starts(env, second)
    kubelet.ends(env, second)
    reaches(env, "pause", "COMPLETED")


def test_a_changed_spec_is_run_anew(env):
    begin(env)
    first = running(env, "change")
    kubelet.ends(env, first)
    reaches(env, "change", "COMPLETED")
    controller.change(env, "change", {"spec": {"timeToLiveSeconds": 3600}})
    time.sleep(2)
    assert controller.state(env, "change") == "COMPLETED", "a time to live is no reason to run again"
    controller.change(env, "change", {"spec": {"arguments": ["7"]}})
    second = another_driver(env, "change", first)
    assert "7" in pods.spark_container(second)["args"], pods.spark_container(second)["args"]


def test_a_driver_that_the_webhook_has_not_seen_does_not_count(env):
    controller.define(env)
    Controller(env)
    controller.create(env, application("plain", driver={"cores": 1, "memory": "512m", "serviceAccount": "spark",
                                                         "securityContext": {"runAsUser": 185}}))
    reaches(env, "plain", "FAILED")
    assert "webhook" in error(env, "plain"), error(env, "plain")
    assert env.api.pods(env.namespace, f"{controller.APP_LABEL}=plain,spark-role=driver") == []


def test_a_name_that_is_taken_is_said_whose_it_is(env):
    begin(env)
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "taken-driver", "ownerReferences": [
        {"apiVersion": "batch/v1", "kind": "Job", "name": "somebody", "uid": "11111111-2222-3333-4444-555555555555"}]},
           "spec": {"containers": [{"name": "c", "image": "none"}]}}
    env.api.create_pod(env.namespace, pod)
    controller.create(env, application("taken"))
    reaches(env, "taken", "FAILED")
    assert "Job/somebody" in error(env, "taken"), error(env, "taken")
    assert len(env.api.pods(env.namespace)) == 1, "the pod of somebody else is gone"


def test_somebody_elses_application_is_left_alone(env):
    process = begin(env)
    app = controller.create(env, application("theirs") | {"metadata": {"name": "theirs"}})
    env.api.done("DELETE", f"{controller.collection(env)}/theirs")
    paused = application("theirs", suspend=True)
    app = controller.create(env, paused)
    body = {"status": {"applicationState": {"state": "RUNNING"}, "driverInfo": {}}}
    answer = env.api.call("PATCH", f"{controller.collection(env)}/theirs/status", body, "application/merge-patch+json")
    assert answer.code == 200, answer.message
    before = controller.change(env, "theirs", {"metadata": {"annotations": {controller.MARKER: None}}, "spec": {"suspend": False}})
    time.sleep(5)
    told = process.lines("left to another operator")
    assert len(told) == 1 and told[0]["application"].endswith("/theirs") and controller.MARKER in told[0]["to_take_over"], told
    page = process.ask("/metrics")
    assert "spark_controller_applications_left_alone 1\n" in page and 'applications{state="RUNNING"} 0\n' in page, page
    after = controller.read(env, "theirs")
    assert after["status"].get("applicationState", {}).get("state") == before["status"]["applicationState"]["state"], after
    assert app["metadata"]["uid"] == after["metadata"]["uid"]


def test_a_spec_that_cannot_run_fails_with_the_fields_path(env):
    process = begin(env)
    controller.create(env, application("bad", mode="client", nodeSelctor={"a": "b"},
                                       sparkConf={"spark.kubernetes.driver.podTemplateFile": "/etc/shadow"}))
    found = reaches(env, "bad", "FAILED", within=20)
    assert "podTemplateFile" in error(env, "bad") and "\nspec.mode: " in error(env, "bad"), error(env, "bad")
    # What is not acted on is said as well: nobody wants to find it in the next attempt.
    said = [c["message"] for c in found["status"]["conditions"] if c["type"] == "FieldsNotActedOn"]
    assert len(said) == 1 and "nodeSelctor" in said[0], found["status"]
    wait_for("its event", lambda: "SparkApplicationFieldNotActedOn" in controller.events(env, "bad"), within=10)
    assert "; spec.mode: " in controller.events(env, "bad")["SparkApplicationFailed"]
    told = [line for line in process.lines() if line.get("state") == "FAILED"]
    assert told[0]["level"] == "warn" and "podTemplateFile" in told[0]["message"], told


def test_what_is_not_acted_on_is_said(env):
    begin(env)
    controller.create(env, application("odd", failureRetries=3, pythonVersion="3"))
    found = reaches(env, "odd", "SUBMITTED")
    conditions = {c["type"]: c for c in found["status"]["conditions"]}
    said = conditions["FieldsNotActedOn"]
    assert said["status"] == "True" and "spec.failureRetries" in said["message"], said
    wait_for("its event", lambda: "SparkApplicationFieldNotActedOn" in controller.events(env, "odd"), within=10)


def test_conditions_of_others_stay_and_ours_is_of_the_run_at_hand(env):
    process = begin(env)
    controller.create(env, application("said", failureRetries=3, suspend=True))
    reaches(env, "said", "SUSPENDED")
    theirs = {"type": "Theirs", "status": "True", "reason": "Theirs", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    env.api.done("PATCH", f"{controller.collection(env)}/said/status", {"status": {"conditions": [theirs]}}, "application/merge-patch+json")
    controller.change(env, "said", {"spec": {"suspend": False}})
    reaches(env, "said", "SUBMITTED")
    driver = controller.driver(env, "said")
    assert types(env, "said") == ["Theirs", "FieldsNotActedOn"], types(env, "said")
    kubelet.starts(env, driver)
    reaches(env, "said", "RUNNING")
    process.stop()
    Controller(env, number=1)
    kubelet.waits(env, driver, "ContainerCreating")
    reaches(env, "said", "SUBMITTED")
    assert types(env, "said") == ["Theirs", "FieldsNotActedOn"], "who took over has forgotten what was said"
    controller.change(env, "said", {"spec": {"failureRetries": None}})
    another_driver(env, "said", driver)
    reaches(env, "said", "SUBMITTED")
    assert types(env, "said") == ["Theirs"], types(env, "said")


def test_executors_of_an_earlier_run_are_not_the_next_ones(env):
    begin(env)
    first = running(env, "crew")
    labels = {name: value for name, value in first["metadata"]["labels"].items() if name != "spark-role"}
    for number in (1, 2):
        env.api.create_pod(env.namespace, {
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": f"crew-exec-{number}", "labels": labels | {"spark-role": "executor"}},
            "spec": {"containers": [{"name": "spark-kubernetes-executor", "image": "none"}]}})
    wait_for("two executors", lambda: len(controller.read(env, "crew")["status"].get("executorState", {})) == 2)
    env.api.done("DELETE", f"/api/v1/namespaces/{env.namespace}/pods/crew-exec-2?gracePeriodSeconds=0")
    controller.change(env, "crew", {"spec": {"arguments": ["7"]}})
    kubelet.starts(env, another_driver(env, "crew", first))
    status = reaches(env, "crew", "RUNNING")["status"]
    assert status.get("executorState", {}) == {}, status
    time.sleep(2)
    assert controller.read(env, "crew")["status"].get("executorState", {}) == {}


REFUSED = ["spark.kubernetes.authenticate.driver.clientKeyFile", "spark.kubernetes.authenticate.submission.oauthToken",
           "spark.kubernetes.authenticate.executor.serviceAccountName", "spark.kubernetes.context",
           "spark.kubernetes.trust.certificates", "spark.kubernetes.file.upload.path",
           "spark.kubernetes.kerberos.krb5.path", "spark.kubernetes.kerberos.tokenSecret.path",
           "spark.kubernetes.driver.podTemplateFile", "spark.kubernetes.executor.podTemplateFile",
           "spark.kubernetes.driver.pod.featureSteps", "spark.kubernetes.executor.pod.featureSteps",
           "spark.kerberos.keytab", "spark.jars.ivySettings", "spark.master", "spark.submit.deployMode", "spark.submit.pyFiles",
           "spark.kubernetes.driver.label.sparkoperator.k8s.io/app-name",
           "spark.kubernetes.executor.label.sparkoperator.k8s.io/submission-id"]
READ_LOCALLY = {"mainApplicationFile": "file:/etc/passwd", "deps": {"files": ["/etc/shadow"]}, "mode": "client"}


def test_what_would_read_the_controllers_files_is_refused_by_name(env):
    process = begin(env)
    for i, key in enumerate(REFUSED):
        controller.create(env, application(f"conf-{i}", sparkConf={key: "x"}))
    for i, (field, value) in enumerate(READ_LOCALLY.items()):
        controller.create(env, application(f"field-{i}", **{field: value}))
    for i, key in enumerate(REFUSED):
        reaches(env, f"conf-{i}", "FAILED", within=20)
        assert key in error(env, f"conf-{i}"), f"{key}: {error(env, f'conf-{i}')}"
    for i, field in enumerate(READ_LOCALLY):
        reaches(env, f"field-{i}", "FAILED", within=20)
        assert f"spec.{field}" in error(env, f"field-{i}"), error(env, f"field-{i}")
    assert not process.lines("spark-submit begins"), "one of them was submitted"
