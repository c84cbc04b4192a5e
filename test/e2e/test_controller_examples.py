"""Every application of manifest/examples: applied as it is, submitted by real spark-submit, stored by a real API server."""

from pathlib import Path

from kit import controller, pods
from kit.controller import Controller, reaches

EXAMPLES = Path(__file__).resolve().parents[2] / "manifest/examples"


def apply(env, file):
    """Names of the applications that were in @file."""
    done = env.kubectl("--namespace", env.namespace, "apply", "-f", str(file), "-o", "name")
    assert done.returncode == 0, f"{file.name}: {done.stderr}"
    return [line.partition("/")[2] for line in done.stdout.splitlines() if line.startswith("sparkapplication.sparkoperator")]


def ours(annotations):
    return [key for key in annotations if key.startswith(pods.PREFIXES) and key != pods.STAMP]


def check(env, name):
    reaches(env, name, "SUBMITTED", "RUNNING", within=200)
    stored = controller.driver(env, name)
    annotations = stored["metadata"].get("annotations", {})
    assert not ours(annotations) or pods.STAMP in annotations, f"{name} has missed the webhook"
    told = controller.events(env, name)
    assert "SparkApplicationFieldNotActedOn" not in told, f"{name}: {told['SparkApplicationFieldNotActedOn']}"


def test_every_example_is_submitted(env):
    controller.define(env)
    env.webhook
    Controller(env)
    files = sorted(EXAMPLES.glob("spark-pi*.yaml"))
    names = [name for file in files for name in apply(env, file)]
    assert len(names) >= len(files) > 10, names
    for name in names:
        check(env, name)
