"""What `spark-webhook manifest` prints, as objects and on the cluster, and its service account's token.

A test that wants less permission than that edits what objects() gives before it calls apply().
"""

import json
import subprocess

from kit.api import ADMISSION, Api, wait_for

CLUSTER_SCOPED = {
    "MutatingWebhookConfiguration": ADMISSION,
    "ValidatingAdmissionPolicy": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
}


def options(env):
    """An instance of this test's own, which no pod of another test ever meets."""
    return [f"--name=webhook-{env.unique}", f"--namespace={env.namespace}", f"--only-namespace={env.namespace}"]


def printed(env, *more):
    """The YAML for this test's instance."""
    done = subprocess.run([env.binary, "manifest", *options(env), *more], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def parsed(env, text):
    """The objects in some YAML, read by the one parser that counts."""
    done = env.kubectl("create", "--dry-run=client", "-o", "json", "-f", "-", stdin=text)
    assert done.returncode == 0, done.stderr
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(done.stdout.rstrip()):
        value, at = decoder.raw_decode(done.stdout, at)
        found.append(value)
        at += len(done.stdout[at:]) - len(done.stdout[at:].lstrip())
    return found


def objects(env, *more):
    return parsed(env, printed(env, *more))


def one(found, kind):
    """The object of that kind."""
    return next(item for item in found if item["kind"] == kind)


def apply(env, found, text=None):
    """kubectl apply, of @text if that is where the objects are from. What is not in the test's namespace is deleted
    when the test is over."""
    for item in reversed(found):
        if item["kind"] in CLUSTER_SCOPED:
            path = f"{CLUSTER_SCOPED[item['kind']]}/{item['metadata']['name']}"
            env.later(lambda path=path: env.api.call("DELETE", path))
    text = text or json.dumps({"apiVersion": "v1", "kind": "List", "items": found})
    done = env.kubectl("apply", "-f", "-", stdin=text)
    assert done.returncode == 0, done.stderr
    return done


def account(env, name):
    """The API server as the service account of that name sees it."""
    path = f"/api/v1/namespaces/{env.namespace}/serviceaccounts/{name}/token"
    token = env.api.done("POST", path, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})
    return Api({**env.facts, "token": token["status"]["token"]})


def wait_allowed(api, path):
    """Permissions count a moment after they were made."""
    wait_for(f"{path} is allowed", lambda: api.call("GET", path).code != 403)
