"""The examples of docs/: the commands run as they stand there, and what they and the overlays ask for is taken by a real API server."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from kit import pods, spark

sys.path.append(str(Path(__file__).resolve().parents[1] / "golden"))
import examples  # noqa: E402  (the folder has to be known first)

# What the examples name and the API server looks up.
CLASSES = (("/apis/scheduling.k8s.io/v1/priorityclasses", {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
                                                          "metadata": {"name": "nightly"}, "value": 1000}),
           ("/apis/node.k8s.io/v1/runtimeclasses", {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass",
                                                    "metadata": {"name": "gvisor"}, "handler": "runsc"}))


def define_classes(env):
    for path, each in CLASSES:
        answer = env.api.call("POST", path, each)
        assert answer.code in (201, 409), answer.message


def asking(name, role, asks):
    pod = pods.fresh(examples.asking(examples.PODS[role][1], asks)["request"]["object"], name)
    # The driver of that pod is not in this cluster.
    pod["metadata"].pop("ownerReferences", None)
    return pod


def check_asked(env, name, example, role):
    answer = env.api.create_pod(env.namespace, asking(name, role, example.asks[role]), dry_run=True)
    if example.refused:
        assert answer.code == 422 and "overlay" in answer.message, f"{example.where}: {answer.code} {answer.message}"
        return
    known = env.api.create_pod("default", asking(name, role, {}), dry_run=True).warnings
    assert answer.code == 201, f"{example.where} on {role}: {answer.message}"
    assert pods.STAMP in answer.body["metadata"]["annotations"], example.where
    assert set(answer.warnings) <= set(known), f"{example.where}: {answer.warnings}"


def test_examples_are_taken_by_the_api_server(env):
    define_classes(env)
    env.webhook
    found = [example for file in examples.FILES for example in examples.extract(file)]
    for number, example in enumerate(found):
        for role in example.asks:
            check_asked(env, f"example-{number}", example, role)


def run_command(env, version, name, command):
    """A block of a document through sh, as a reader would; who submits where is in spark-defaults.conf."""
    folder = env.folder / name
    folder.mkdir()
    home = env.spark_home(version)
    environment = spark.environment(home, folder)
    settings = {"spark.kubernetes.namespace": env.namespace, "spark.kubernetes.driver.pod.name": name,
                "spark.kubernetes.authenticate.submission.caCertFile": env.api.ca,
                "spark.kubernetes.authenticate.submission.oauthToken": env.api.token,
                "spark.kubernetes.submission.waitAppCompletion": "false"}
    (Path(environment["SPARK_CONF_DIR"]) / "spark-defaults.conf").write_text("".join(f"{k} {v}\n" for k, v in settings.items()))
    theirs = {"MASTER": f"k8s://{env.api.server}", "IMAGE": "spark:none", "CLASS": "Main", "JAR": "local:///opt/spark/none.jar"}
    done = subprocess.run(["sh", "-euc", command], env={**environment, **theirs}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=280)
    assert done.returncode == 0, f"{command}\n{done.stdout.decode(errors='replace')[-3000:]}"


def check_stored(env, name, example):
    """The driver asks for what the document says, and has got it: nothing is left to do."""
    stored = env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/pods/{name}")
    asked = example.asks.get("driver", {})
    has = stored["metadata"].get("annotations") or {}
    assert {key: has.get(key) for key in asked} == asked, f"{example.where}: {has}"
    assert (pods.STAMP in has) == bool(asked), example.where
    done = subprocess.run([env.binary, "mutate", "--patch"], input=json.dumps({**stored, "kind": "Pod", "apiVersion": "v1"}),
                          capture_output=True, text=True, timeout=30)
    assert (done.returncode, json.loads(done.stdout or "null")) == (0, []), f"{example.where}: {done.stdout}{done.stderr}"


def check_commands(env, version, file):
    define_classes(env)
    env.webhook
    found = [example for example in examples.extract(file) if example.command]
    assert found, file
    names = [f"example-{number}" for number in range(len(found))]
    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for _ in pool.map(partial(run_command, env, version), names, [example.command for example in found]):
            pass
    for name, example in zip(names, found):
        check_stored(env, name, example)


def test_commands_of_annotations_are_run_by_spark_3_5(env):
    check_commands(env, "3.5.7", "docs/annotations.md")


def test_commands_of_annotations_are_run_by_spark_4(env):
    check_commands(env, "4.3.0", "docs/annotations.md")


def test_commands_of_from_the_operator_are_run_by_spark_3_5(env):
    check_commands(env, "3.5.7", "docs/from-the-operator.md")


def test_commands_of_from_the_operator_are_run_by_spark_4(env):
    check_commands(env, "4.3.0", "docs/from-the-operator.md")
