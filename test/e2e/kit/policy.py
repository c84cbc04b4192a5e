"""What `spark-webhook policy` prints, on the API server of a test."""

import subprocess

from kit.api import wait_for
from kit.pods import pod


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
