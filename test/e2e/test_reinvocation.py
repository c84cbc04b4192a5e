"""Another webhook that comes after ours changes the pod; the API server then calls ours once more."""

from kit import pods
from kit.other import OtherWebhook
from kit.webhook import pointed_at, register

ASKED = {pods.PREFIXES[0] + "sparkConfigMap": "spark-conf", pods.PREFIXES[0] + "secret.db": "/etc/secrets/db"}
SIDECAR = {"name": "mesh", "image": "mesh:none", "env": [{"name": "SPARK_CONF_DIR", "value": "/mesh"}]}
LATE = pods.PREFIXES[0] + "configMap.late"


def sidecar_in_front(pod):
    if any(c["name"] == SIDECAR["name"] for c in pod["spec"]["containers"]):
        return []
    return [{"op": "add", "path": "/spec/containers/0", "value": SIDECAR}]


def annotation_added(pod):
    # Only where there are annotations already: a pod without them would never come back to us.
    annotations = pod["metadata"].get("annotations") or {}
    if LATE in annotations or not annotations:
        return []
    return [{"op": "add", "path": "/metadata/annotations/" + LATE.replace("/", "~1"), "value": "/etc/late"}]


def with_other(env, mutate, acted):
    """Both webhooks at work, ours first. Returns ours."""
    ours = env.webhook
    other = OtherWebhook(env.folder, mutate)
    env.later(other.stop)
    name = f"zzz-other-{env.unique}"
    register(env, pointed_at(other.configuration(name), name, env.namespace, other.url, other.ca), acted)
    return ours


def stored(env, webhook, name, role="driver"):
    """The pod that is stored, and how many reviews of each outcome it took."""
    count = {o: webhook.reviews(outcome=o) for o in ("mutated", "unchanged")}
    answer = env.api.create_pod(env.namespace, pods.pod(name, role, ASKED))
    assert answer.code == 201, answer.message
    return answer.body, {o: webhook.reviews(outcome=o) - n for o, n in count.items()}


def test_sidecar_that_another_webhook_puts_in_front_is_left_alone(env):
    webhook = with_other(env, sidecar_in_front, lambda pod: pod["spec"]["containers"][0]["name"] == "mesh")
    for role in ("driver", "executor"):
        pod, passes = stored(env, webhook, f"pi-{role}", role)
        assert passes == {"mutated": 1, "unchanged": 1}, passes
        before = env.plain({**pods.pod(f"pi-{role}", role, ASKED)})
        before["spec"]["containers"].insert(0, pod["spec"]["containers"][0])
        pods.check(before, pod)
        mesh = pod["spec"]["containers"][0]
        assert mesh["env"] == SIDECAR["env"] and not mesh.get("volumeMounts"), mesh


def test_annotation_that_another_webhook_adds_is_honoured_on_the_second_pass(env):
    webhook = with_other(env, annotation_added, lambda pod: LATE in pod["metadata"]["annotations"])
    pod, passes = stored(env, webhook, "pi-driver")
    assert passes == {"mutated": 2, "unchanged": 0}, passes
    before = env.plain(pods.pod("pi-driver", annotations={**ASKED, LATE: "/etc/late"}))
    pods.check(before, pod)
