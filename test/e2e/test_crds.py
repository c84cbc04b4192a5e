"""The definitions of manifest/crds in an API server: what they take, what they keep, what they show."""

import copy
import os
import subprocess
from pathlib import Path

import controlplane
from kit import applications
from kit.api import Api, wait_for
from kit.applications import EVERYTHING, MINIMAL, STATUS, V1ALPHA1, changed, create, define, path


def define_old(env):
    define(env, applications.OLD_CRDS, applications.OLD_NAME, V1ALPHA1)


def test_crds_are_structural_and_served(env):
    define(env)
    define_old(env)
    for name in (applications.NAME, applications.OLD_NAME):
        assert applications.condition(env, "Established", name)["status"] == "True"
        assert applications.condition(env, "NonStructuralSchema", name) is None
        approval = applications.condition(env, "KubernetesAPIApprovalPolicyConformant", name)
        assert approval["reason"] == "UnapprovedAnnotation", approval


def test_crds_take_every_field_and_keep_it(env):
    define(env)
    answer = create(env, EVERYTHING)
    assert answer.code == 201 and not answer.warnings, f"{answer.message} {answer.warnings}"
    got = env.api.done("GET", path(env, "everything"))["spec"]
    assert got == EVERYTHING["spec"]


def test_crds_keep_unknown_fields_wherever_they_are(env):
    define(env)
    places = ("spec", "spec/driver", "spec/executor", "spec/deps", "spec/restartPolicy", "spec/dynamicAllocation", "spec/monitoring",
              "spec/monitoring/prometheus", "spec/sparkUIOptions", "spec/driverIngressOptions/0", "spec/batchSchedulerOptions",
              "spec/driver/gpu", "spec/driver/configMaps/0", "spec/driver/secrets/0", "spec/driver/ports/0", "spec/volumes/0",
              "spec/driver/affinity", "spec/driver/env/0", "spec/driver/template", "spec/driver/envSecretKeyRefs/D")
    wish = changed(EVERYTHING, *[(f"{place}/ofTomorrow", {"a": [1]}) for place in places])
    answer = create(env, wish)
    assert answer.code == 201, answer.message
    assert env.api.done("GET", path(env, "everything"))["spec"] == wish["spec"]


def test_crds_default_what_depends_on_nothing_else(env):
    define(env)
    spec = create(env, changed(MINIMAL, ("spec/type", None))).body["spec"]
    assert (spec["type"], spec["mode"], spec["restartPolicy"]) == ("Scala", "cluster", {"type": "Never"})
    wish = changed(MINIMAL, ("metadata/name", "again"), ("spec/restartPolicy/onFailureRetries", 2))
    assert create(env, wish).body["spec"]["restartPolicy"] == {"type": "Never", "onFailureRetries": 2}


REFUSED = [
    ("spec/type", "Cobol"), ("spec/mode", "interactive"), ("spec/sparkVersion", None), ("spec/mainApplicationFile", None),
    ("spec/driver", None), ("spec/executor", None), ("spec/driver/cores", 0), ("spec/driver/cores", "1"),
    ("spec/executor/instances", 0), ("spec/restartPolicy/type", "Sometimes"), ("spec/restartPolicy/onFailureRetries", -1),
    ("spec/restartPolicy/onFailureRetryInterval", 0), ("spec/driver/podName", "Not_A_Name"), ("spec/driver/podName", "a b"),
    ("spec/pythonVersion", "4"), ("spec/volumes", {}), ("spec/volumes", ["a"]), ("spec/sparkConf", {"a": 1}),
    ("spec/monitoring", {"exposeDriverMetrics": True}), ("spec/driver/gpu", {"name": "a"}),
    ("spec/driver/configMaps", [{"name": "a"}]), ("spec/driverIngressOptions", [{"servicePort": 1}]),
]


def test_crds_refuse_by_schema(env):
    define(env)
    for field, value in REFUSED:
        answer = create(env, changed(MINIMAL, (field, value)))
        assert answer.code == 422, f"{field}={value}: {answer.code}"
        place = field.replace("/", ".")
        assert place in answer.message, f"{place}: {answer.message}"


def test_crds_keep_status_apart_and_whole(env):
    define(env)
    created = create(env, {**MINIMAL, "status": STATUS}).body
    assert "status" not in created
    stored = env.api.done("PUT", path(env, "pi/status"), {**created, "status": STATUS})
    assert stored["status"] == STATUS
    assert stored["metadata"]["generation"] == 1
    # The times are null where there are none, as in what Go writes.
    patch = {"status": {"executorState": {"pi-exec-1": None, "pi-exec-2": "FAILED"}, "terminationTime": "2026-01-31T13:00:00Z"}}
    got = env.api.done("PATCH", path(env, "pi/status"), patch, content_type="application/merge-patch+json")["status"]
    assert got["executorState"] == {"pi-exec-2": "FAILED"} and got["terminationTime"] == "2026-01-31T13:00:00Z"


def test_crds_show_how_an_application_fares(env):
    define(env)
    created = create(env, MINIMAL).body
    env.api.done("PUT", path(env, "pi/status"), {**created, "status": {**STATUS, "terminationTime": "2026-01-31T13:00:00Z"}})
    # kubectl learns of a new resource when its cache has none of it.
    lines = wait_for("kubectl knows it", lambda: env.kubectl("-n", env.namespace, "get", "sparkapp").stdout).splitlines()
    assert lines[0].split() == ["NAME", "SUSPEND", "STATUS", "ATTEMPTS", "START", "FINISH", "AGE"]
    assert lines[1].split()[:-1] == ["pi", "RUNNING", "2", "2026-01-31T12:00:00Z", "2026-01-31T13:00:00Z"]
    for word in ("sparkapplication", "sparkapplications", "sparkapp"):
        assert env.kubectl("-n", env.namespace, "get", f"{word}.v1beta2.sparkoperator.k8s.io", "pi").returncode == 0, word
    assert env.kubectl("explain", "sparkapplication.spec.driver.cores", "--api-version=sparkoperator.k8s.io/v1beta2").returncode == 0


def test_crds_of_both_times_live_side_by_side(env):
    define(env)
    define_old(env)
    for file in sorted((applications.EXAMPLES / "v1alpha1").glob("*.yaml")):
        found = applications.documents(env, file)
        assert [each["apiVersion"] for each in found] == [V1ALPHA1]
        answer = create(env, found[0])
        assert answer.code == 201, f"{file.name}: {answer.message}"
    # What a user's cluster has had since then: cores as text or number, nulls, spelling of its day.
    wish = {"apiVersion": V1ALPHA1, "kind": "SparkApplication", "metadata": {"name": "then"}, "spec": {
        "deps": {}, "mainClass": "a.B", "mainApplicationFile": "local:///a.jar", "submissionByUser": False, "type": "Scala",
        "arguments": None, "driver": {"cores": "0.1", "image": "i", "memory": None, "driverConigMaps": [{"name": "a", "path": "/a"}]},
        "executor": {"cores": 0.1, "image": "i", "instances": 1, "memory": "512m", "executorEnvVars": {"A": "b"}}}}
    got = create(env, wish)
    assert got.code == 201, got.message
    assert got.body["spec"] == {**wish["spec"], "mode": "cluster"}
    assert create(env, MINIMAL).code == 201
    by_short_name = env.kubectl("-n", env.namespace, "get", "sparkapp", "-o", "name").stdout.split()
    assert by_short_name == ["sparkapplication.sparkoperator.k8s.io/pi"], by_short_name


def test_crds_take_every_example(env):
    define(env)
    for file in sorted(applications.EXAMPLES.glob("spark-*.yaml")):
        done = env.kubectl("-n", env.namespace, "apply", "-f", str(file))
        assert done.returncode == 0 and not done.stderr, f"{file.name}: {done.stderr}"
        again = env.kubectl("-n", env.namespace, "apply", "-f", str(file))
        said = [line for line in again.stdout.splitlines() if line.startswith("sparkapplication.")]
        assert all(line.endswith(" unchanged") for line in said), f"{file.name}: {said}"


def test_crds_that_are_installed_are_never_narrowed(env):
    """On an API server of its own: the definition is one for all of a cluster."""
    state = env.folder / "own"
    controlplane.start(state, Path(env.facts["binaries"]), env.kube)
    env.later(lambda: controlplane.stop(state))
    facts = controlplane.load(state)
    api, place = Api(facts), f"{applications.DEFINITIONS}/{applications.NAME}"

    def apply():
        done = subprocess.run([os.environ["SPK_CONTROLLER"], "crds", "--apply", f"--kubeconfig={facts['kubeconfig']}"],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and not done.stderr, done.stderr
        return done.stdout.removeprefix(f"{applications.NAME}: ").strip()

    def edit(change):
        """The API server writes the status meanwhile."""
        def written():
            it = api.done("GET", place)
            change(it, it["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"])
            answer = api.call("PUT", place, it)
            return answer.code == 200 and answer.body
        return wait_for("the definition is written", written)

    def older(it, spec):
        it["spec"]["versions"].append({**copy.deepcopy(it["spec"]["versions"][0]), "name": "v1beta3", "storage": False})
        del spec["properties"]["timeToLiveSeconds"]

    def theirs(it, spec):
        spec["properties"]["theirs"] = {"type": "string"}
        del spec["x-kubernetes-preserve-unknown-fields"], it["metadata"]["annotations"]["spark-operator.k8s.io/controller"]

    assert apply() == "created"
    assert apply() == "unchanged"
    edit(older)
    assert apply() == "brought up to date"
    versions = api.done("GET", place)["spec"]["versions"]
    assert [each["name"] for each in versions] == ["v1beta2", "v1beta3"]
    assert "timeToLiveSeconds" in versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    stored = edit(theirs)["spec"]
    assert apply().startswith("left as it is: the definition: is somebody else's")
    assert api.done("GET", place)["spec"] == stored
