"""What `spark-webhook policy` prints, on the API server of a test."""

import json
import random
import subprocess
import sys
from pathlib import Path

from kit.api import wait_for
from kit.pods import pod

sys.path.append(str(Path(__file__).resolve().parents[2] / "properties"))
import generate  # noqa: E402  (the folder has to be known first)


def printed(env, *flags):
    done = subprocess.run([env.binary, "policy", *flags], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def apply(env, *flags, namespaces=()):
    """Applies the policies under a name of the test's own, for these namespaces, until the test is over."""
    name = f"policy-{env.unique}"
    where = [f"--only-namespace={namespace}" for namespace in namespaces or [env.namespace]]
    text = printed(env, f"--name={name}", *where, *flags)
    env.later(lambda: env.kubectl("delete", "--ignore-not-found", "-f", "-", stdin=text))
    done = env.kubectl("apply", "-f", "-", stdin=text)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return name


def second_namespace(env):
    """One where no webhook is registered."""
    name = f"{env.namespace}-bare"
    env.api.create_namespace(name)
    return name


def wait_refuses(env, namespace, prefix):
    """The API server learns of a policy a moment later."""
    trial = pod("trial", annotations={f"{prefix}/mutated-by": "nobody"})
    wait_for(f"the policy refuses in {namespace}",
             lambda: env.api.create_pod(namespace, trial, dry_run=True).code == 422)


def create(env, namespace, body):
    return env.api.create_pod(namespace, body, dry_run=True)


def accepted(env, namespace, body, what):
    answer = create(env, namespace, body)
    assert answer.code == 201, f"{what}: {answer.message}"
    return answer


def refused(env, namespace, body, what, *says):
    answer = create(env, namespace, body)
    assert answer.code == 422 and "ValidatingAdmissionPolicy" in answer.message, f"{what}: {answer.code} {answer.message}"
    for part in says:
        assert part in answer.message, f"{what}: no {part!r} in {answer.message}"
    assert "resulted in error" not in answer.message, f"{what}: {answer.message}"
    return answer


def generated(count):
    """Pods of chance, always the same, that an API server without webhook and policies may take."""
    for seed in range(count):
        made = generate.pod(random.Random(seed))
        made["spec"].setdefault("volumes", [])
        for number, container in enumerate(made["spec"]["containers"]):
            container["image"] = "none"
            if any(c["name"] == container["name"] for c in made["spec"]["containers"][:number]):
                container["name"] = f"other{number}"
            for variable in container.get("env", []):
                if "valueFrom" in variable:
                    variable["valueFrom"] = {"fieldRef": {"fieldPath": "metadata.name"}}
        yield seed, made


def by_webhook(env, body, *flags):
    """The pod as the webhook's own code leaves it, stored where nothing else changes it; None where it refuses."""
    done = subprocess.run([env.binary, "mutate", *flags, "-"], input=json.dumps(body), capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    return env.plain(json.loads(done.stdout)) if done.returncode == 0 else None
