"""What `spark-webhook manifest` prints is taken by the API server, whatever its options, and taken again."""

import base64
import json
from pathlib import Path

from kit import install, pods
from kit.api import ADMISSION, wait_for
from kit.webhook import Webhook, pointed_at, register, self_signed

# By name; each is one installation. Versions of the API server below those of its features are tried on newer ones.
SETS = {
    "default": [],
    "files": ["--certificates=files", "--failure-policy=Ignore", "--on-invalid=warn", "--timeout-seconds=30"],
    "cert-manager": ["--certificates=cert-manager", "--extra-san=webhook.example.com"],
    "host-network": ["--host-network", "--port=10250", "--health-port=10251", "--priority-class=system-cluster-critical"],
    "own-prefix": ["--annotation-prefix=spark.example.com", "--exclude-namespace=kube-system", "--log-level=debug",
                   "--image=registry.example.com:5000/a/b@sha256:" + 64 * "0", "--image-pull-secret=registry.credentials",
                   "--extra-san=*.example.com", "--extra-san=::", "--extra-san=192.0.2.1", "--replicas=100"],
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


def instance(env, name, *options):
    """A webhook as one instance's Deployment starts it, registered as its configuration says."""
    folder = env.folder / name
    folder.mkdir()
    found = install.objects(env, f"--name={name}-{env.unique}", *options)
    arguments = install.one(found, "Deployment")["spec"]["template"]["spec"]["containers"][0]["args"]
    prefix = [argument for argument in arguments if argument.startswith("--annotation-prefix=")]
    webhook = Webhook(env.binary, folder, self_signed(folder) + prefix)
    env.later(webhook.stop)
    configuration = install.one(found, "MutatingWebhookConfiguration")
    changed = pointed_at(configuration, configuration["metadata"]["name"], env.namespace,
                         f"https://127.0.0.1:{webhook.port}/mutate", webhook.ca)
    return webhook, changed


def test_two_instances_never_touch_each_others_pods(env):
    first, configuration = instance(env, "first")
    second, other = instance(env, "second", "--annotation-prefix=spark.example.com")
    register(env, configuration, lambda pod: pods.STAMP in pod["metadata"]["annotations"])
    env.api.done("POST", ADMISSION, other)
    env.later(lambda: env.api.delete_configuration(other["metadata"]["name"]))
    key = "spark.example.com/configMap.log4j"
    theirs = pods.pod("theirs", annotations={key: "/etc/log4j"})
    wait_for("the second is called", lambda: "spark.example.com/mutated-by" in env.api.create_pod(
        env.namespace, theirs, dry_run=True).body["metadata"]["annotations"])
    before = first.reviews(), second.reviews()
    stored = env.api.create_pod(env.namespace, theirs).body
    assert (first.reviews(), second.reviews()) == (before[0], before[1] + 1)
    assert pods.STAMP not in stored["metadata"]["annotations"]
    ours = pods.pod("ours", annotations={pods.PREFIXES[0] + "configMap.log4j": "/etc/log4j"})
    stored = env.api.create_pod(env.namespace, ours).body
    assert (first.reviews(), second.reviews()) == (before[0] + 1, before[1] + 1)
    assert pods.STAMP in stored["metadata"]["annotations"]
    assert "spark.example.com/mutated-by" not in stored["metadata"]["annotations"]
    plain = pods.pod("plain", annotations={"example.com/spark": "x"})
    assert env.api.create_pod(env.namespace, plain).code == 201
    assert (first.reviews(), second.reviews()) == (before[0] + 1, before[1] + 1)
