"""What its user sees of a pod that the webhook refuses."""

import json

from kit import pods, spark
from kit.api import wait_for

PREFIX = pods.PREFIXES[0]
BAD = {PREFIX + "configMap.log4j": "relative/path"}


def check_driver(env, version):
    webhook = env.webhook
    code, output = spark.submit_driver(env, version, "denied-driver", spark.annotations("driver", BAD))
    assert code != 0, output[-4000:]
    assert not env.api.pods(env.namespace), "a pod was stored"
    denied = [r for r in webhook.lines("review") if r["outcome"] == "denied"]
    assert len(denied) == 1 and denied[0]["role"] == "driver", denied
    message = denied[0]["message"]
    assert "configMap.log4j" in message and "relative/path" in message, message
    assert message in output, f"{message!r} is not in what spark-submit printed:\n{output[-4000:]}"
    assert webhook.reviews(role="driver", outcome="denied") == 1


def test_denied_driver_of_spark_3_5_shows_its_reason(env):
    check_driver(env, "3.5.7")


def test_denied_driver_of_spark_4_shows_its_reason(env):
    check_driver(env, "4.3.0")


def denials(webhook):
    return [r for r in webhook.lines("review") if r["outcome"] == "denied" and r["role"] == "executor"]


def check_executor(env, client, *driver_says):
    """Each denial counts, the first of an application is logged, and the driver's own log has the reason."""
    webhook = env.webhook
    wait_for("three denied executors", lambda: webhook.reviews(role="executor", outcome="denied") >= 3, within=120)
    assert len(denials(webhook)) == 1, denials(webhook)
    line = denials(webhook)[0]
    assert line["level"] == "warn" and line["app"].startswith("spark-") and "relative/path" in line["message"], line
    for words in (*driver_says, line["message"]):
        wait_for(f"{words!r} in the driver's log", lambda: words in client.text())
    assert not env.api.pods(env.namespace), "an executor was stored"


def test_denied_executors_of_spark_3_5_come_again_for_ever(env):
    env.webhook
    client = spark.Client(env, "3.5.7", "denied-exec", spark.annotations("executor", BAD))
    check_executor(env, client, "Exception when notifying snapshot subscriber")
    assert client.process.poll() is None, "the driver gave up"


def test_denied_executors_end_a_driver_of_spark_4(env):
    env.webhook
    client = spark.Client(env, "4.3.0", "denied-exec", spark.annotations("executor", BAD))
    check_executor(env, client, "Failed to create executor pod", "Max number of executor failures")
    assert client.process.wait(timeout=60) != 0


def test_denied_executor_is_logged_again_after_a_minute_with_a_count(env):
    webhook = env.webhook
    # 4.x gives up after some failures, 3.5 does not.
    spark.Client(env, "3.5.7", "denied-exec", spark.annotations("executor", BAD))
    wait_for("a second line", lambda: len(denials(webhook)) >= 2, within=120, every=1)
    first, second = denials(webhook)[:2]
    assert first["app"] == second["app"] and "repeated" not in first, (first, second)
    assert second["repeated"] >= 10, second
    counted = webhook.reviews(role="executor", outcome="denied")
    assert counted >= second["repeated"] + 2, f"{counted} counted, {second}"


def refused(env, pod, *words):
    """The pod is refused as Invalid, and the message has these words."""
    answer = env.api.create_pod(env.namespace, pod)
    assert answer.code == 422 and answer.body["reason"] == "Invalid", answer
    for word in words:
        assert word in answer.message, f"{word!r} is not in {answer.message!r}"


def test_refusals_name_what_was_found_and_what_was_expected(env):
    env.webhook
    refused(env, pods.pod("taken", annotations={PREFIX + "configMap.mine": "/opt/spark/conf"}),
            "configMap.mine", "/opt/spark/conf", "spark-conf-map")
    refused(env, pods.pod("twice", annotations={PREFIX + "configMap.a": "/etc/x", PREFIX + "secret.b": "/etc/x/"}),
            "configMap.a", "secret.b", "/etc/x")
    refused(env, pods.pod("retired", annotations={PREFIX + "tolerations.1": "x"}), "tolerations.1", "overlay")
    refused(env, pods.pod("json", annotations={PREFIX + "ownerReference": "{"}), "ownerReference")
    refused(env, pods.pod("keys", annotations={PREFIX + "GCPServiceAccount.a": "/a", PREFIX + "GCPServiceAccount.b": "/b"}),
            "GCPServiceAccount.a", "GCPServiceAccount.b")


def test_second_controlling_owner_is_refused(env):
    env.webhook
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "pi-driver", "uid": "5a7e2e6c-2e69-4765-b29c-71007e53542e",
             "controller": True}
    second = {**owner, "name": "other", "uid": "11111111-2222-3333-4444-555555555555"}
    executor = pods.pod("exec-1", "executor", {PREFIX + "ownerReference": json.dumps(second)})
    executor["metadata"]["ownerReferences"] = [owner]
    refused(env, executor, "ownerReference", "controller")


def test_webhook_that_is_gone_refuses_only_pods_that_asked(env):
    webhook = env.webhook
    webhook.process.terminate()
    webhook.process.wait(timeout=20)
    answer = env.api.create_pod(env.namespace, pods.pod("asks", annotations={PREFIX + "sparkConfigMap": "conf"}))
    assert answer.code == 500 and "failed calling webhook" in answer.message, answer
    assert env.api.create_pod(env.namespace, pods.pod("asks-nothing")).code == 201
    assert env.api.create_pod(env.namespace, pods.pod("foreign", annotations={"team": "a"})).code == 201
