"""What `spark-webhook manifest` prints is taken by the API server, whatever its options, and taken again."""

import base64
import json
from pathlib import Path

from kit import install
from kit.api import ADMISSION, wait_for

# By name; each is one installation. Versions of the API server below those of its features are tried on newer ones.
SETS = {
    "default": [],
    "files": ["--certificates=files", "--failure-policy=Ignore", "--on-invalid=warn", "--timeout-seconds=30"],
    "cert-manager": ["--certificates=cert-manager", "--extra-san=webhook.example.com"],
    "host-network": ["--host-network", "--port=10250", "--health-port=10251", "--priority-class=system-cluster-critical"],
    "own-prefix": ["--annotation-prefix=spark.example.com", "--exclude-namespace=kube-system", "--log-level=debug",
                   "--image=registry.example.com:5000/a/b@sha256:" + 64 * "0", "--image-pull-secret=registry.credentials",
                   "--extra-san=*.example.com", "--extra-san=::", "--extra-san=192.0.2.1", "--replicas=100"],
    "existing": ["--existing-namespace"],
    "old": ["--kube-version=1.25", "--replicas=1"],
}


def versions(env, text):
    """What changes whenever a stored object does."""
    done = env.kubectl("get", "-f", "-", "-o", "json", stdin=text)
    assert done.returncode == 0, done.stderr
    return [item["metadata"]["resourceVersion"] for item in json.loads(done.stdout)["items"]]


def test_every_set_of_options_applies_without_a_warning_and_again(env):
    env.define_cert_manager()
    unique = env.unique
    for name, options in SETS.items():
        env.unique = f"{unique}-{name}"
        text = install.printed(env, *options)
        found = install.parsed(env, text)
        first = install.apply(env, found, text)
        complaints = [line for line in first.stderr.splitlines() if "missing the kubectl.kubernetes.io/last-applied" not in line]
        assert not complaints, f"{name}: {complaints}"
        before = versions(env, text)
        assert len(before) == len(found)
        again = env.kubectl("apply", "-f", "-", stdin=text)
        assert again.returncode == 0 and not again.stderr, f"{name}: {again.stderr}"
        assert versions(env, text) == before, f"{name}: another apply changes something: {again.stdout}"
        trial = env.kubectl("apply", "--dry-run=server", "-f", "-", stdin=text)
        assert trial.returncode == 0 and not trial.stderr, f"{name}: {trial.stderr}"


def test_ca_bundle_outlives_another_apply(env):
    """With other options too, and by client and server."""
    install.apply(env, install.objects(env))
    name = f"zz-webhook-{env.unique}"
    bundle = base64.b64encode(Path(env.facts["ca"]).read_bytes()).decode()
    patch = [{"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": bundle}]
    path = f"{ADMISSION}/{name}"
    assert env.api.call("PATCH", path, patch, content_type="application/json-patch+json").code == 200
    for timeout, how in ((7, []), (8, ["--server-side", "--force-conflicts"])):
        text = install.printed(env, f"--timeout-seconds={timeout}")
        done = env.kubectl("apply", *how, "-f", "-", stdin=text)
        assert done.returncode == 0, done.stderr
        stored = env.api.done("GET", path)["webhooks"][0]
        assert stored["timeoutSeconds"] == timeout and stored["clientConfig"]["caBundle"] == bundle


def test_pods_of_the_deployment_fit_the_namespace(env):
    """Its Pod Security level takes them without a word, and does count: it refuses what doesn't fit."""
    for options in ([], ["--certificates=files"], ["--host-network"]):
        found = install.objects(env, *options)
        install.apply(env, [install.one(found, "Namespace")])
        template = install.one(found, "Deployment")["spec"]["template"]
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {**template["metadata"], "name": "trial"}, "spec": template["spec"]}
        bad = json.loads(json.dumps(pod))
        bad["spec"]["securityContext"].update(runAsNonRoot=False, runAsUser=0)
        wanted = 201 if "--host-network" in options else 403
        wait_for("the level is in force", lambda: env.api.create_pod(env.namespace, bad, dry_run=True).code == wanted)
        answer = env.api.create_pod(env.namespace, pod, dry_run=True)
        assert answer.code == 201 and not answer.warnings, f"{options}: {answer.message} {answer.warnings}"
