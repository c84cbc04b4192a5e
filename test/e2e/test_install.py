"""What `spark-webhook manifest` prints is taken by the API server, whatever its options, and taken again."""

import base64
import json
from pathlib import Path

from kit import install, policy
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
    "applications": ["--applications"],
    "old": ["--kube-version=1.25", "--replicas=1"],
}


# Of its selector kubectl says "configured" even where nothing changes: it knows no other way than to replace it.
ALWAYS_CONFIGURED = "poddisruptionbudget.policy/"


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
        said = [line for line in again.stdout.splitlines() if not line.endswith(" unchanged")]
        assert all(line.startswith(ALWAYS_CONFIGURED) for line in said), f"{name}: {said}"
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


def names(env, text):
    """Which of these objects there are, by kind."""
    done = env.kubectl("get", "--ignore-not-found", "-f", "-", "-o", "name", stdin=text)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_removing_one_instance_leaves_the_other_of_its_namespace(env):
    """As manifest/README.md says, with the policies of both."""
    made = {}
    for name in "a", "b":
        own = f"webhook-{name}-{env.unique}"
        options = [f"--name={own}", f"--annotation-prefix={name}.example.com"]
        text = install.printed(env, *options)
        install.apply(env, install.parsed(env, text), text)
        policies = policy.printed(env, *options, f"--only-namespace={env.namespace}")
        install.apply(env, install.parsed(env, policies), policies)
        made[name] = own, options, text, policies
    before = {name: names(env, f"{text}---\n{policies}") for name, (_, _, text, policies) in made.items()}
    own, options, text, policies = made["a"]
    again = install.printed(env, *options, "--existing-namespace")
    for arguments, stdin in ((["-f", "-"], policies), (["mutatingwebhookconfiguration", f"zz-{own}"], None),
                             (["--ignore-not-found", "-f", "-"], again)):
        done = env.kubectl("delete", *arguments, stdin=stdin)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
    namespace = f"namespace/{env.namespace}"
    assert names(env, f"{text}---\n{policies}") == {namespace}, "something is left"
    assert len(before["b"]) > 12 and namespace in before["b"]
    assert names(env, f"{made['b'][2]}---\n{made['b'][3]}") == before["b"], "the other lost something"
