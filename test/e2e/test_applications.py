"""SparkApplications before a real webhook: what is filled in, what is refused and where, what is warned of, what is let be."""

import base64
from pathlib import Path

from kit import applications, install
from kit.api import ADMISSION, wait_for
from kit.applications import EVERYTHING, MINIMAL, STATUS, V1ALPHA1, changed, create, define, path

MERGE_PATCH = "application/merge-patch+json"


def registered(env, where="/default"):
    """The registration that `manifest --applications` prints, pointed at a webhook on loopback; only that for applications."""
    define(env)
    printed = install.one(install.objects(env, "--applications"), "MutatingWebhookConfiguration")
    _, webhook = printed["webhooks"]
    server = env.start_webhook()
    webhook["clientConfig"] = {"url": f"https://127.0.0.1:{server.port}{where}",
                               "caBundle": base64.b64encode(Path(server.ca).read_bytes()).decode()}
    webhook["failurePolicy"] = "Fail"  # or a webhook that does not answer would look like one that has nothing to say
    name = f"applications-{env.unique}"
    env.later(lambda: env.api.delete_configuration(name))
    env.api.done("POST", ADMISSION, {"apiVersion": printed["apiVersion"], "kind": printed["kind"], "metadata": {"name": name},
                                     "webhooks": [webhook]})
    bad = changed(MINIMAL, ("spec/mode", "client"))
    wait_for("the webhook is asked", lambda: create(env, bad, "&dryRun=All").code == 422)
    return server


def test_applications_get_what_their_author_left_out(env):
    server = registered(env)
    spec = create(env, MINIMAL).body["spec"]
    assert spec["driver"] == {"serviceAccount": "spark", "cores": 1, "memory": "1g"}
    assert spec["executor"] == {"cores": 1, "memory": "1g", "instances": 1}
    assert spec["restartPolicy"] == {"type": "Never"}
    # What sparkConf has is not missing: the field would count before it.
    conf = {"spark.driver.cores": "2", "spark.driver.memory": "2g", "spark.executor.cores": "3", "spark.executor.memory": "3g",
            "spark.executor.instances": "4"}
    spec = create(env, changed(MINIMAL, ("metadata/name", "conf"), ("spec/sparkConf", conf))).body["spec"]
    assert (spec["driver"], spec["executor"]) == ({"serviceAccount": "spark"}, {})
    retried = changed(MINIMAL, ("metadata/name", "again"), ("spec/restartPolicy", {"type": "OnFailure", "onFailureRetries": 1}))
    assert create(env, retried).body["spec"]["restartPolicy"] == {
        "type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 5, "onSubmissionFailureRetryInterval": 5}
    by_field = changed(MINIMAL, ("metadata/name", "field"), ("spec/dynamicAllocation", {"enabled": True, "maxExecutors": 3}))
    spec = create(env, by_field).body["spec"]
    assert "instances" not in spec["executor"] and spec["dynamicAllocation"]["shuffleTrackingEnabled"] is True
    by_conf = changed(MINIMAL, ("metadata/name", "byconf"), ("spec/sparkConf", {"spark.dynamicAllocation.enabled": "true"}))
    assert "instances" not in create(env, by_conf).body["spec"]["executor"]
    assert server.reviews(role="application", outcome="mutated") == 4


REFUSED = [
    ("metadata/name", "1st"), ("metadata/name", "a.b"), ("metadata/name", 64 * "a"), ("spec/mode", "client"),
    ("spec/sparkVersion", "2.4.8"), ("spec/mainApplicationFile", "/etc/passwd"), ("spec/mainApplicationFile", "file:///a.jar"),
    ("spec/deps/jars", ["file:///etc/shadow"]), ("spec/deps/files", ["a.txt"]),
    ("spec/volumes", [{"name": "a", "emtpyDir": {}}]), ("spec/volumes", [{"name": "a", "emptyDir": {"sizeLimit": "much"}}]),
    ("spec/driver/affinity", {"podAffinity": []}), ("spec/driver/tolerations", [{"key": 1}]),
    ("spec/executor/env", [{"name": "A", "value": 1}]), ("spec/driver/sidecars", [{"name": "a", "imagge": "b"}]),
    ("spec/driver/template", {"spec": {"containers": [{"name": "a", "ports": [{"containerPort": "x"}]}]}}),
    ("spec/executor/securityContext", {"runAsUser": "root"}), ("spec/driver/lifecycle", {"preStop": {"exec": {"command": "a"}}}),
]
# Each with a value that would reach the controller's files, its credentials, or another cluster.
REFUSED_CONF = [
    "spark.kubernetes.authenticate.driver.serviceAccountName", "spark.kubernetes.authenticate.submission.oauthToken",
    "spark.kubernetes.authenticate.driver.clientKeyFile", "spark.kubernetes.context", "spark.kubernetes.trust.certificates",
    "spark.kubernetes.file.upload.path", "spark.kubernetes.kerberos.krb5.path", "spark.kubernetes.driver.podTemplateFile",
    "spark.kubernetes.executor.podTemplateFile", "spark.kubernetes.driver.pod.featureSteps", "spark.kerberos.keytab",
    "spark.jars.ivySettings", "spark.master", "spark.submit.deployMode",
]


def test_applications_that_could_not_run_are_refused_with_the_place(env):
    registered(env)
    for field, value in REFUSED:
        answer = create(env, changed(MINIMAL, (field, value)), "&dryRun=All")
        assert answer.code == 422 and "denied the request" in answer.message, f"{field}={value}: {answer.code} {answer.message}"
        assert field.replace("/", ".") in answer.message, f"{field}: {answer.message}"
    for key in REFUSED_CONF:
        answer = create(env, changed(MINIMAL, ("spec/sparkConf", {key: "/etc/x"})), "&dryRun=All")
        assert answer.code == 422 and key in answer.message, f"{key}: {answer.code} {answer.message}"
    selectors = changed(MINIMAL, ("spec/nodeSelector", {"a": "b"}), ("spec/executor/nodeSelector", {"a": "c"}))
    assert "spec.executor.nodeSelector" in create(env, selectors, "&dryRun=All").message
    port = {"servicePort": 8080, "servicePortName": "a", "ingressURLFormat": "a.example"}
    twice = changed(MINIMAL, ("spec/driverIngressOptions", [port, {**port, "ingressURLFormat": "b.example"}]))
    assert "spec.driverIngressOptions" in create(env, twice, "&dryRun=All").message
    several = changed(MINIMAL, ("spec/mode", "client"), ("spec/volumes", [{"name": 1}]))
    message = create(env, several, "&dryRun=All").message
    assert "spec.mode" in message and "spec.volumes[0].name" in message, message


def test_applications_are_judged_only_where_their_spec_changes(env):
    define(env)
    old = create(env, changed(MINIMAL, ("spec/mode", "client"))).body  # from a time without the webhook
    registered(env)
    place = path(env, "pi")
    labelled = env.api.call("PATCH", place, {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE_PATCH)
    assert labelled.code == 200 and labelled.body["spec"] == old["spec"], labelled.message
    stored = env.api.done("PUT", f"{place}/status", {**labelled.body, "status": STATUS})
    assert stored["status"] == STATUS
    refused = env.api.call("PATCH", place, {"spec": {"image": "other"}}, content_type=MERGE_PATCH)
    assert refused.code == 422 and "spec.mode" in refused.message, refused.message
    # At work: nothing is filled in, for the spec would seem to be another.
    kept = env.api.call("PATCH", place, {"spec": {"mode": "cluster"}}, content_type=MERGE_PATCH)
    assert kept.code == 200 and kept.body["spec"]["executor"] == {}, kept.message
    assert env.api.call("DELETE", place).code == 200


def test_applications_with_every_field_pass_and_what_is_not_acted_on_is_said(env):
    registered(env)
    fine = changed(EVERYTHING, ("spec/monitoring/metricsPropertiesFile", None), ("spec/proxyUser", None),
                   ("spec/driver/kubernetesMaster", None))
    answer = create(env, fine)
    assert answer.code == 201, answer.message
    for field in ("spec.batchScheduler", "spec.failureRetries"):
        assert any(line.startswith(field) for line in answer.warnings), f"{field}: {answer.warnings}"
    unknown = changed(MINIMAL, ("metadata/name", "unknown"), ("spec/driver/memroy", "1g"))
    answer = create(env, unknown)
    assert answer.code == 201 and any("spec.driver.memroy" in line and "memory" in line for line in answer.warnings), answer
    generated = {**MINIMAL, "metadata": {"generateName": "pi-"}}
    assert create(env, generated).body["metadata"]["name"].startswith("pi-")
    too_long = create(env, {**MINIMAL, "metadata": {"generateName": 59 * "a" + "-"}}, "&dryRun=All")
    assert too_long.code in (201, 422), too_long.message


def test_applications_of_the_examples_pass_without_a_word(env):
    define(env, applications.OLD_CRDS, applications.OLD_NAME, V1ALPHA1)
    registered(env)
    for file in [*sorted(applications.EXAMPLES.glob("spark-*.yaml")), *sorted((applications.EXAMPLES / "v1alpha1").glob("*.yaml"))]:
        for each in applications.documents(env, file):
            if each["kind"] == "SparkApplication":
                answer = create(env, each)
                assert answer.code == 201 and not answer.warnings, f"{file.name}: {answer.message} {answer.warnings}"


def test_applications_pass_the_paths_that_others_register(env):
    registered(env, "/validate-sparkoperator-k8s-io-v1beta2-sparkapplication")
    spec = create(env, MINIMAL).body["spec"]
    assert spec["executor"] == {}, spec
