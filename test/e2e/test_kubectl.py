"""Spark pods of people who write YAML."""

import json

from kit import pods

PREFIX = pods.PREFIXES[0]
ASKED = {PREFIX + "sparkConfigMap": "spark-conf", PREFIX + "configMap.log4j": "/etc/log4j"}


def apply(env, pod):
    return env.kubectl("apply", "-n", env.namespace, "-f", "-", stdin=json.dumps(pod))


def test_applied_pod_gets_what_it_asks_and_applies_again(env):
    """`apply` merges lists by name: a variable that is there twice would be lost or refused the second time."""
    env.webhook
    pod = pods.pod("applied", annotations=ASKED)
    first = apply(env, pod)
    assert first.returncode == 0 and "created" in first.stdout, first.stderr
    read = env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/pods/applied")
    for wish in pods.wishes(ASKED):
        pods.check_wish(pod, read, wish)
    pods.check_names(pod, read)
    again = apply(env, pod)
    # The fields that the webhook replaced are written back by `apply`, and a pod's are immutable: that is
    # Kubernetes' own limit for every mutated pod. Without such a field nothing is left to change.
    assert again.returncode == 0 or "pod updates may not change fields" in again.stderr, again.stderr


def test_applied_pod_without_a_replaced_variable_is_unchanged_the_second_time(env):
    env.webhook
    pod = pods.pod("applied", annotations={PREFIX + "configMap.log4j": "/etc/log4j"})
    assert apply(env, pod).returncode == 0
    again = apply(env, pod)
    assert again.returncode == 0 and "unchanged" in again.stdout, again.stdout + again.stderr


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
