"""manifest/ is what an administrator applies: the API server takes each file without a word of warning."""

import base64
import json
import os
import subprocess

from kit import pods
from kit.api import ADMISSION
from kit.spark import environment
from kit.webhook import CONFIGURATION, MANIFESTS, wait_called

FILES = sorted(MANIFESTS.glob("[0-9]*.yaml"))
CONTROLLER = sorted((MANIFESTS / "controller").glob("[0-9]*.yaml"))
EXAMPLES = MANIFESTS / "examples"
MAKE_CERTS = MANIFESTS.parent / "certs/make-certs"


def test_manifests_apply_without_a_warning(env):
    assert len(FILES) >= 7 and len(CONTROLLER) >= 7, FILES
    # The others live in this one, so a trial run is not enough for it.
    first = env.kubectl("apply", "-f", str(FILES[0]))
    assert first.returncode == 0 and not first.stderr, first.stderr
    for file in FILES + CONTROLLER:
        done = env.kubectl("apply", "--dry-run=server", "-f", str(file))
        assert done.returncode == 0, f"{file.name}: {done.stderr}"
        assert not done.stderr, f"{file.name} warns: {done.stderr}"


def test_every_manifest_is_one_labelled_object(env):
    for file in FILES + CONTROLLER:
        labels = env.manifest(file)["metadata"]["labels"]
        assert labels["app.kubernetes.io/part-of"] == "sparkhook", file.name
        assert labels["app.kubernetes.io/name"], file.name


def test_registration_is_applied_again_without_losing_its_ca_bundle(env):
    """As manifest/README.md says: apply, put the CA in, apply again."""
    webhook = env.start_webhook()
    configuration = env.configuration(webhook)
    name = configuration["metadata"]["name"]
    for part in configuration["webhooks"]:
        assert "caBundle" not in env.manifest(CONFIGURATION)["webhooks"][0]["clientConfig"]
        del part["clientConfig"]["caBundle"]
    text = json.dumps(configuration)
    env.later(lambda: env.api.delete_configuration(name))
    assert env.kubectl("apply", "-f", "-", stdin=text).returncode == 0
    bundle = base64.b64encode(webhook.ca.read_bytes()).decode()
    patch = [{"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": bundle}]
    done = env.kubectl("patch", "mutatingwebhookconfiguration", name, "--type=json", "-p", json.dumps(patch))
    assert done.returncode == 0, done.stderr
    wait_called(env, configuration, lambda pod: pods.STAMP in pod["metadata"]["annotations"])
    configuration["webhooks"][0]["timeoutSeconds"] = 4
    assert env.kubectl("apply", "-f", "-", stdin=json.dumps(configuration)).returncode == 0
    stored = env.api.done("GET", f"{ADMISSION}/{name}")["webhooks"][0]
    assert stored["clientConfig"]["caBundle"] == bundle and stored["timeoutSeconds"] == 4


def test_deployment_starts_the_webhook_and_probes_what_it_serves(env):
    """With the certificate in files, as one may ask for."""
    made = env.folder / "made"
    subprocess.run([env.binary, "manifest", "--certificates=files", f"--directory={made}"], check=True, timeout=60)
    pod = env.manifest(made / "30-deployment.yaml")["spec"]["template"]["spec"]
    container = pod["containers"][0]
    certs = env.folder / "certs"
    service = env.manifest(MANIFESTS / "50-service.yaml")["metadata"]
    subprocess.run([MAKE_CERTS, certs, service["name"], service["namespace"]], check=True, capture_output=True, timeout=60)
    mounted = container["volumeMounts"][0]["mountPath"]
    webhook = env.start_webhook([a.replace(mounted, str(certs)) for a in container["args"]])
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        webhook.ask(container[probe]["httpGet"]["path"])


def test_example_pod_shows_that_the_webhook_is_there(env):
    env.webhook
    done = env.kubectl("create", "--dry-run=server", "-o", "json", "-n", env.namespace, "-f", str(EXAMPLES / "pod.yaml"))
    assert done.returncode == 0 and not done.stderr, done.stderr
    pod = env.manifest(EXAMPLES / "pod.yaml")
    pods.check(env.plain(pod), json.loads(done.stdout))


def submit_example(env, name, **variables):
    """Runs an example as its reader would; returns the driver that it made and what it was asked for."""
    home = env.spark_home("3.5.7")
    submission = "spark.kubernetes.authenticate.submission."
    options = [f"spark.kubernetes.namespace={env.namespace}", f"{submission}caCertFile={env.api.ca}",
               f"{submission}oauthToken={env.api.token}", "spark.kubernetes.submission.waitAppCompletion=false"]
    done = subprocess.run([EXAMPLES / f"{name}.sh", *(word for option in options for word in ("--conf", option))],
                          env={**environment(home, env.folder), "MASTER": f"k8s://{env.api.server}", "IMAGE": "spark:none",
                               "JAR": "local:///opt/spark/none.jar", **variables},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, f"{name}: {done.stderr[-3000:]}"
    stored = env.api.pods(env.namespace, f"spark-app-name={name.replace('driver', 'nightly')}")
    assert len(stored) == 1, f"{name}: {len(stored)} drivers"
    return stored[0]


def test_examples_submit_what_they_say(env):
    env.webhook
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "name": "nightly", "uid": "0-1"}
    for name, variables in (("driver", {"OWNER": json.dumps(owner)}), ("secrets", {}), ("executors", {})):
        assert os.access(EXAMPLES / f"{name}.sh", os.X_OK), name
        stored = submit_example(env, name, **variables)
        wanted = pods.wishes(stored["metadata"]["annotations"])
        assert len(wanted) >= 2, f"{name} asks for little: {wanted}"
        for wish in wanted:
            pods.check_wish(stored, stored, wish)
        owners = [o["uid"] for o in stored["metadata"].get("ownerReferences", [])]
        assert owners == (["0-1"] if variables else []), f"{name}: {owners}"
