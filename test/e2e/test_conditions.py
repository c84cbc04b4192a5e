"""Which pods are sent to the webhook at all, counted by its own metrics."""

from kit.pods import PREFIXES, pod


def created(env, body):
    """How many reviews the creation of a pod made."""
    before = env.webhook.reviews()
    answer = env.api.create_pod(env.namespace, body)
    assert answer.code == 201, answer.message
    return env.webhook.reviews() - before


def test_pods_without_our_annotations_are_not_sent(env):
    no_key = pod("no-key")
    del no_key["metadata"]["annotations"]
    assert created(env, no_key) == 0
    assert created(env, pod("null", annotations=None)) == 0
    assert created(env, pod("empty", annotations={})) == 0
    assert created(env, pod("foreign", annotations={"team": "a", "example.com/spark-operator.k8s.io": "b"})) == 0
    assert created(env, pod("value", annotations={"note": "spark-operator.k8s.io/sparkConfigMap"})) == 0


def test_pods_with_an_annotation_of_either_prefix_are_sent_once(env):
    for number, prefix in enumerate(PREFIXES):
        assert created(env, pod(f"driver-{number}", annotations={prefix + "sparkConfigMap": "conf"})) == 1
        assert created(env, pod(f"executor-{number}", "executor", {prefix + "configMap.log4j": "/etc/log4j"})) == 1


def test_pods_that_are_not_of_spark_are_not_sent(env):
    for number, role in enumerate((None, "history-server", "Driver")):
        body = pod(f"other-{number}", annotations={PREFIXES[0] + "sparkConfigMap": "conf"})
        body["metadata"]["labels"] = {"spark-role": role} if role else {}
        assert created(env, body) == 0


def test_pods_with_very_many_annotations_are_sent_unread(env):
    """Above 256 annotations the API server does not look for ours: that would cost it too much."""
    many = {f"example.com/{i}": "" for i in range(257)}
    assert created(env, pod("many", annotations=many)) == 1
    few = {f"example.com/{i}": "" for i in range(256)}
    assert created(env, pod("few", annotations=few)) == 0
    assert env.webhook.reviews(outcome="denied") == 0


def test_updates_are_not_sent(env):
    annotated = pod("annotated", annotations={PREFIXES[0] + "sparkConfigMap": "conf"})
    assert created(env, annotated) == 1
    assert created(env, pod("plain")) == 0
    before = env.webhook.reviews()
    for name, change in (("annotated", {"labels": {"touched": "yes"}}),
                         ("plain", {"annotations": {PREFIXES[0] + "sparkConfigMap": "conf"}})):
        path = f"/api/v1/namespaces/{env.namespace}/pods/{name}"
        env.api.done("PATCH", path, {"metadata": change}, content_type="application/merge-patch+json")
    assert env.webhook.reviews() == before
