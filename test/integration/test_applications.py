"""Reviews of SparkApplications: what their annotations would do to their pods is said of the application, with the field."""

import copy
import json

from harness import KEY

MINIMAL = {
    "apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication",
    "metadata": {"name": "pi", "namespace": "jobs"},
    "spec": {"type": "Scala", "sparkVersion": "4.0.1", "image": "i", "mainClass": "Main",
             "mainApplicationFile": "local:///a.jar", "driver": {}, "executor": {}},
}


def review_of(app):
    group, version = app["apiVersion"].split("/")
    request = {"uid": "u-1", "operation": "CREATE", "namespace": "jobs", "name": "pi", "object": app,
               "resource": {"group": group, "version": version, "resource": "sparkapplications"}}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def told(server, app):
    """The message of a denial or "", and the warnings."""
    answer = server.post(review_of(app), "/validate")
    assert answer.status == 200, answer.body
    message = "" if answer.response["allowed"] else answer.response["status"]["message"]
    return message, answer.response.get("warnings", [])


def judged(server, **spec):
    """The same of an application with these fields."""
    app = copy.deepcopy(MINIMAL)
    app["spec"].update(spec)
    return told(server, app)


def conf(key, value, role="driver", form="annotation"):
    return {"sparkConf": {f"spark.kubernetes.{role}.{form}.{KEY}{key}": value}}


# Fields of the spec, and what the denial begins with.
REFUSED = [
    (conf("configMap.x", "etc/x"), f"spec.sparkConf.spark.kubernetes.driver.annotation.{KEY}configMap.x: expected an absolute"),
    (conf("secret.x", "etc/x", "executor", "annotations"),
     f"spec.sparkConf.spark.kubernetes.executor.annotations.{KEY}secret.x: expected an absolute"),
    ({"driver": {"annotations": {KEY + "configMap.y": "etc/y"}}}, f"spec.driver.annotations.{KEY}configMap.y: expected an absolute"),
    ({"executor": {"annotations": {KEY + "overlay": '{"spec": {"tolerations": [{"oprator": "Exists"}]}}'}}},
     f'spec.executor.annotations.{KEY}overlay: spec.tolerations[0].oprator: unknown field, did you mean "operator"?'),
    ({"driver": {"template": {"metadata": {"annotations": {KEY + "gpu": "x"}}}}},
     f"spec.driver.template.metadata.annotations.{KEY}gpu: "),
    ({"sparkConfigMap": "No_Name"}, "spec.sparkConfigMap: expected a ConfigMap's name"),
    ({"driver": {"memoryLimit": "lots"}}, "spec.driver.memoryLimit: in its overlay, sparkContainer.resources.limits.memory: "),
    ({"executor": {"sidecars": [{"image": "b"}]}}, "spec.executor.sidecars: in its overlay, spec.containers[0]"),
    ({"executor": {"configMaps": [{"name": "a", "path": "/opt/spark/conf"}]}}, "spec.executor.configMaps: "),
]


def test_annotations_that_no_pod_could_have_are_refused_with_the_field(env):
    server = env.server()
    for spec, begin in REFUSED:
        message, _ = judged(server, **spec)
        assert message.startswith(begin), f"{spec}: {message}"
        assert message.count(begin) == 1, message


def test_annotations_that_pods_may_have_pass(env):
    server = env.server()
    first = {"name": "first", "volumeMounts": [{"name": "a", "mountPath": "/data"}]}
    for spec in [
        conf("configMap.x", "/etc/x"),
        conf("sparkConfigMap", "conf-{{EXECUTOR_ID}}", "executor"),
        conf("configMap.x", "/{{APP_ID}}/{{APP_ID}}"),
        {"driver": {"annotations": {"example.com/a": "b"}}, "sparkConfigMap": "conf", "hadoopConfigMap": "hdfs"},
        {"driver": {"ports": [{"containerPort": 7078}]}, "sparkConf": {"spark.driver.port": "9999"}},
        # Spark's container is the one that has its name, wherever it stands.
        {"driver": {"template": {"spec": {"containers": [first, {"name": "spark-kubernetes-driver"}]}},
                    "annotations": {KEY + "configMap.x": "/data"}}},
    ]:
        assert judged(server, **spec) == ("", []), spec


def test_a_key_that_is_not_known_is_a_warning(env):
    message, warnings = judged(env.server(), **conf("sparkConfigMpa", "x"))
    assert message == ""
    assert warnings == [f"spec.sparkConf.spark.kubernetes.driver.annotation.{KEY}sparkConfigMpa: unknown annotation, ignored; "
                        f"did you mean {KEY}sparkConfigMap?"], warnings


def test_the_options_for_pods_hold_for_their_applications(env):
    bad = conf("configMap.x", "etc/x")
    message, warnings = judged(env.server("--on-invalid=warn"), **bad)
    assert message == "" and len(warnings) == 1, (message, warnings)
    assert "configMap.x: pod left as it is: expected an absolute mount path" in warnings[0], warnings
    unknown = {"driver": {"annotations": {KEY + "overlay": '{"spec": {"tolerashuns": []}}'}}}
    message, warnings = judged(env.server("--on-unknown-field=warn"), **unknown)
    assert message == "" and len(warnings) == 1 and "spec.tolerashuns: unknown field, ignored" in warnings[0], (message, warnings)
    assert judged(env.server("--annotation-prefix=other.example.com"), **bad) == ("", [])


def test_all_that_is_wrong_is_said_at_once(env):
    message, warnings = judged(env.server(), nodeSelctor={}, driver={"serviceAcount": "a", "annotations": {KEY + "gpu": "x"}},
                               executor={"memory": "1Gi"}, mode="client")
    for field in "spec.mode: ", "; spec.executor.memory: ", f"; spec.driver.annotations.{KEY}gpu: ":
        assert field in message, message
    assert [line.split(":")[0] for line in warnings] == ["spec.nodeSelctor", "spec.driver.serviceAcount"], warnings


def test_what_a_denial_has_no_room_for_is_counted(env):
    server = env.server()
    message, _ = judged(server, sparkConf={f"spark.submit.{i:03}": "x" for i in range(40)})
    assert message.count("refused") == 40 and "more" not in message, message
    message, _ = judged(server, sparkConf={f"spark.submit.{i:03}": "x" for i in range(400)})
    told = message.count("refused")
    assert 40 < told < 100 and message.endswith(f"; and {400 - told} more"), message


def linted(env, app):
    """Exit code and messages of lint for the same."""
    done = env.run("lint", "--output=json", "-", stdin=json.dumps(app).encode())
    assert done.returncode in (0, 1), done
    return done.returncode, [item["message"] for item in json.loads(done.stdout)["findings"]]


def test_whoever_submits_himself_needs_no_more_than_a_name(env):
    """v1alpha1 submissionByUser: this is followed, and none of it submitted."""
    app = {"apiVersion": "spark-operator.k8s.io/v1alpha1", "kind": "SparkApplication",
           "metadata": {"name": "mine", "namespace": "jobs"},
           "spec": {"type": "Scala", "mode": "client", "submissionByUser": True, "deps": {}, "driver": {}, "executor": {},
                    **conf("configMap.x", "etc/x")}}
    server = env.server()
    assert told(server, app) == ("", [])
    assert linted(env, app) == (0, [])
    app["spec"]["submissionByUser"] = False
    assert "spec.image: missing" in told(server, app)[0]
    app["spec"]["submissionByUser"] = "yes"
    assert told(server, app)[0].startswith("spec.submissionByUser: expected "), told(server, app)


def test_a_generated_name_is_that_of_the_api_server(env):
    """So many bytes of its beginning, and five more; half a character is none."""
    app, server = copy.deepcopy(MINIMAL), env.server()
    for start, good in ("a" * 58, True), ("a" * 300, True), ("a" * 57 + "-b", True), ("aa" + "\u00e9" * 200, False), ("\u00e9" * 400, False):
        app["metadata"] = {"generateName": start, "namespace": "jobs"}
        message, _ = told(server, app)
        code, found = linted(env, app)
        assert (message == "") == good == (code == 0), (start, message, found)
        assert good or message.startswith("metadata.name: expected a letter, then at most 62 of"), message
        assert good or message.split("; ")[0] in found, (message, found)


def cpu_of(server, body):
    before = server.metric("process_cpu_seconds_total")
    answer = server.post(body, "/validate")
    return answer.response["status"]["message"], server.metric("process_cpu_seconds_total") - before


def test_what_a_judgement_costs_grows_with_the_application(env):
    """Not with the product of two of its lists, and little for each of a million faults that are not told."""
    server = env.server("--request-timeout=60s")
    app = copy.deepcopy(MINIMAL)
    app["spec"] |= {"volumes": [{"name": "a"}] * 15000, "driver": {"volumeMounts": [{"name": "b"}] * 15000},
                    "executor": {"sidecars": [{"volumeMounts": [{"name": "b"}] * 15}] * 1000}}
    message, seconds = cpu_of(server, review_of(app))
    assert "spec.volumes: found 15000, expected at most 500" in message, message
    assert "spec.driver.volumeMounts: found 15000 with those of" in message, message
    assert seconds < 5, seconds
    app = copy.deepcopy(MINIMAL)
    app["spec"]["arguments"] = [1] * 1400000
    message, seconds = cpu_of(server, review_of(app))
    assert "spec.arguments[0]: expected a string" in message and message.endswith(" more"), message
    assert seconds < 5, seconds


def test_what_would_be_of_the_controllers_process_is_refused(env):
    server = env.server()
    for spec in {"image": "x:${env:HTTPS_PROXY}"}, {"sparkConf": {"spark.app.x": "${system:java.home}"}}:
        message, _ = judged(server, **spec)
        assert "refused: ${env:...} and ${system:...} would be those of the controller's process" in message, message
        app = copy.deepcopy(MINIMAL)
        app["spec"].update(spec)
        assert linted(env, app) == (1, [message])
    assert judged(server, driver={"sidecars": [{"name": "s", "image": "i", "args": ["${env:POD_IP}"]}]}) == ("", [])
