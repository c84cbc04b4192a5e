"""Spark pods of people who write YAML."""

import json

from kit import pods

PREFIX = pods.PREFIXES[0]
ASKED = {PREFIX + "sparkConfigMap": "spark-conf", PREFIX + "configMap.log4j": "/etc/log4j"}


def apply(env, pod):
    return env.kubectl("apply", "-n", env.namespace, "-f", "-", stdin=json.dumps(pod))


def read(env):
    return env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/pods/applied")


def test_applied_pod_gets_what_it_asks(env):
    env.webhook
    pod = pods.pod("applied", annotations=ASKED)
    done = apply(env, pod)
    assert done.returncode == 0 and "created" in done.stdout and not done.stderr, done.stderr
    before = env.plain(pod)
    before["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = \
        read(env)["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
    pods.check(before, read(env))


def test_applied_pod_applies_again_without_a_change(env):
    """`apply` merges the lists of a pod by name and leaves alone what it did not write: the webhook's part."""
    env.webhook
    pod = pods.pod("applied", annotations={PREFIX + "configMap.log4j": "/etc/log4j"})
    assert apply(env, pod).returncode == 0
    before = read(env)
    again = apply(env, pod)
    assert again.returncode == 0 and not again.stderr, again.stderr
    assert read(env)["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"], again.stdout


def test_warnings_reach_kubectl(env):
    env.webhook
    done = apply(env, pods.pod("typo", annotations={PREFIX + "sparkConfigmap": "spark-conf"}))
    assert done.returncode == 0, done.stderr
    assert "Warning:" in done.stderr and "sparkConfigMap" in done.stderr, done.stderr


def test_refusal_reaches_kubectl(env):
    env.webhook
    done = apply(env, pods.pod("bad", annotations={PREFIX + "sparkConfigMap": "Not_A_Name"}))
    assert done.returncode != 0
    assert "denied the request" in done.stderr and "sparkConfigMap" in done.stderr, done.stderr
