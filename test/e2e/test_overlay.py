"""Overlays at work: real API servers take the pods that come of them, and a second pass finds nothing to do."""

import json
import subprocess
from pathlib import Path

from kit import pods
from kit.other import OtherWebhook
from kit.webhook import pointed_at, register

GOLDEN = Path(__file__).resolve().parents[1] / "golden/overlay"
OVERLAY = pods.PREFIXES[0] + "overlay"
PRIORITY = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "urgent"}, "value": 1000}
SIDECAR = {"name": "mesh", "image": "mesh:none", "env": [{"name": "TZ", "value": "mesh"}],
           "volumeMounts": []}
# One of each kind of rule, and all that the API server writes otherwise than it was given.
EVERYTHING = {
    "metadata": {"labels": {"team": "a"}, "annotations": {"example.com/note": "x"}},
    "spec": {"tolerations": [{"key": "spark", "operator": "Exists"}], "nodeSelector": {"disk": "ssd"}, "hostNetwork": True,
             "priorityClassName": "urgent", "terminationGracePeriodSeconds": 60, "hostAliases": [{"ip": "192.0.2.1", "hostnames": ["a"]}],
             "imagePullSecrets": [{"name": "pull"}], "hostname": "", "shareProcessNamespace": False,
             "securityContext": {"fsGroup": 1, "supplementalGroups": [2]}, "serviceAccountName": "spark",
             "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]}, "readinessGates": [{"conditionType": "example.com/ready"}],
             "topologySpreadConstraints": [{"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1}],
             "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                 {"weight": 1, "preference": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}]}},
             "volumes": [{"name": "all", "projected": {"sources": [
                             {"serviceAccountToken": {"path": "token"}}, {"configMap": {"name": "c", "items": [{"key": "k", "path": "p"}]}},
                             {"downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.labels"}},
                                                        {"path": "m", "resourceFieldRef": {"containerName": "proxy", "resource": "limits.cpu"}}]}}]}},
                         {"name": "down", "downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.name"}}]}},
                         {"name": "nothing"}, {"name": "host", "hostPath": {"path": "/x"}}, {"name": "mem", "emptyDir": {"medium": "", "sizeLimit": "0.5Gi"}},
                         {"name": "iscsi", "iscsi": {"targetPortal": "192.0.2.2", "iqn": "iqn.2026-01.com.example:a", "lun": 0}},
                         {"name": "claim", "ephemeral": {"volumeClaimTemplate": {"spec": {
                             "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}}}}}],
             "initContainers": [{"name": "first", "image": "x", "env": [{"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
                                 "resources": {"limits": {"cpu": "1000m", "memory": 134217728}}}],
             "containers": [{"name": "proxy", "image": "y:1", "resources": {"limits": {"cpu": 0.5}}, "ports": [{"containerPort": 8081}],
                             "readinessProbe": {"httpGet": {"port": 8081}}}]},
    "sparkContainer": {
        "env": [{"name": "TZ", "value": "UTC"}, {"name": "EMPTY", "value": ""},
                {"name": "CORES", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
                {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
        "envFrom": [{"configMapRef": {"name": "c"}}, {"secretRef": {"name": "s"}, "prefix": ""}],
        "ports": [{"containerPort": 9404}], "resources": {"limits": {"memory": "2048Mi", "cpu": 1.5}, "requests": {"cpu": "1500m"}},
        "volumeMounts": [{"name": "mem", "mountPath": "/mem/"}, {"name": "all", "mountPath": "/all", "readOnly": True}],
        "lifecycle": {"preStop": {"httpGet": {"port": 8080, "httpHeaders": [{"name": "a-b", "value": ""}]}}},
        "livenessProbe": {"tcpSocket": {"port": 8080}}, "stdin": False, "imagePullPolicy": "Always",
        "securityContext": {"capabilities": {"add": [], "drop": ["ALL"]}, "runAsNonRoot": False}},
}


def overlaid(name, overlay, role="driver", **more):
    return pods.pod(name, role, {OVERLAY: json.dumps(overlay), **more})


def define_priority(env):
    answer = env.api.call("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", PRIORITY)
    assert answer.code in (201, 409), answer.message


def settled(env, pod):
    """What the webhook would do to a pod that has been through it and through the API server."""
    again = {**pods.fresh(pod), "kind": "Pod", "apiVersion": "v1"}
    done = subprocess.run([env.binary, "mutate", "--patch"], input=json.dumps(again), capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) == [] or done.stdout


def create(env, pod):
    answer = env.api.create_pod(env.namespace, pod)
    assert answer.code == 201, f"{pod['metadata']['name']}: {answer.message}"
    return answer.body


def test_customisations_of_the_peer_are_accepted_and_settle(env):
    define_priority(env)
    assert env.webhook
    cases = sorted(GOLDEN.glob("peer-*"))
    assert len(cases) == 52, len(cases)
    for case in cases:
        asked = json.loads((case / "request.json").read_text())["request"]["object"]
        pod = create(env, pods.fresh(asked, case.name))
        assert pods.STAMP in pod["metadata"]["annotations"], case.name
        assert settled(env, pod) is True, f"{case.name}: {settled(env, pod)}"


def test_everything_at_once_settles(env):
    define_priority(env)
    webhook = env.webhook
    before = webhook.reviews(outcome="mutated"), webhook.reviews(outcome="unchanged")
    for role in ("driver", "executor"):
        pod = create(env, overlaid(f"pi-{role}", EVERYTHING, role, **{pods.PREFIXES[0] + "configMap.log4j": "/etc/log4j"}))
        assert pod["spec"]["priority"] == 1000, pod["spec"]["priority"]
        assert pod["spec"]["dnsPolicy"] == "ClusterFirstWithHostNet", pod["spec"]["dnsPolicy"]
        assert settled(env, pod) is True, settled(env, pod)
    assert webhook.reviews(outcome="mutated") == before[0] + 2


def sidecar_in_front(pod):
    if any(c["name"] == SIDECAR["name"] for c in pod["spec"]["containers"]):
        return []
    return [{"op": "add", "path": "/spec/containers/0", "value": SIDECAR}]


def test_sidecar_in_front_leaves_overlays_alone(env):
    """The API server calls us again with defaulted fields and shifted containers."""
    define_priority(env)
    webhook = env.webhook
    other = OtherWebhook(env.folder, sidecar_in_front)
    env.later(other.stop)
    name = f"zzz-other-{env.unique}"
    register(env, pointed_at(other.configuration(name), name, env.namespace, other.url, other.ca),
             lambda pod: pod["spec"]["containers"][0]["name"] == "mesh")
    for role in ("driver", "executor"):
        count = {o: webhook.reviews(outcome=o) for o in ("mutated", "unchanged", "denied")}
        pod = create(env, overlaid(f"pi-{role}", EVERYTHING, role))
        passes = {o: webhook.reviews(outcome=o) - n for o, n in count.items()}
        assert passes == {"mutated": 1, "unchanged": 1, "denied": 0}, passes
        mesh, spark = pod["spec"]["containers"][0], pods.spark_container(pod)
        assert mesh["name"] == "mesh" and mesh["env"] == SIDECAR["env"], mesh
        assert pods.values_of(spark, "TZ") == ["UTC"], spark["env"]
        assert [c["name"] for c in pod["spec"]["containers"]] == ["mesh", f"spark-kubernetes-{role}", "proxy"]


def test_wrong_overlays_are_refused_with_their_path(env):
    assert env.webhook
    for overlay, said in (({"spec": {"hostNetwork": "true"}}, "spec.hostNetwork: expected true or false"),
                          ({"spec": {"tolerationz": []}}, 'did you mean "tolerations"?'),
                          ({"sparkContainer": {"command": ["x"]}}, "sparkContainer.command: "),
                          ({"sparkContainer": {"resources": {"limits": {"cpu": "one"}}}}, "limits.cpu: expected a quantity")):
        answer = env.api.create_pod(env.namespace, overlaid("wrong", overlay))
        assert answer.code == 422 and said in answer.message, answer.message
