"""The kustomization and the Helm chart of manifest/ make the objects that `spark-webhook manifest` prints."""

import base64
import json
import subprocess
from pathlib import Path

from kit import install
from kit.api import ADMISSION
from kit.webhook import MANIFESTS

CHART = MANIFESTS / "chart"
HELMS_OWN = ("app.kubernetes.io/managed-by", "helm.sh/chart")

# Options, the values that say the same, and the cluster's version.
PAIRS = [
    ([], {}, "1.36"),
    (["--certificates=files", "--replicas=1"], {"certificates": "files", "replicas": 1}, "1.36"),
    (["--certificates=cert-manager", "--extra-san=a.example.com", "--extra-san=*.example.com"],
     {"certificates": "cert-manager", "extraSans": ["a.example.com", "*.example.com"]}, "1.36"),
    (["--applications", "--host-network", "--port=10250", "--health-port=10251", "--priority-class=high"],
     {"applications": True, "hostNetwork": True, "port": 10250, "healthPort": 10251, "priorityClassName": "high"}, "1.36"),
    (["--annotation-prefix=spark.example.com", "--only-namespace=a", "--only-namespace=1", "--exclude-namespace=no",
      "--image=registry.example.com:5000/a@sha256:" + 64 * "0", "--image-pull-secret=x.y", "--image-pull-secret=z",
      "--failure-policy=Ignore", "--timeout-seconds=9", "--on-invalid=warn", "--log-level=debug", "--replicas=100",
      "--extra-san=::", "--extra-san=x"],
     {"annotationPrefix": "spark.example.com", "onlyNamespaces": ["a", "1"], "excludeNamespaces": ["no"],
      "image": "registry.example.com:5000/a@sha256:" + 64 * "0", "imagePullSecrets": ["x.y", "z"],
      "failurePolicy": "Ignore", "timeoutSeconds": 9, "onInvalid": "warn", "logLevel": "debug", "replicas": 100,
      "extraSans": ["::", "x"]}, "1.36"),
    ([], {}, "1.29"),
    ([], {}, "1.27"),
    ([], {}, "1.25"),
]


def made(env, *options):
    done = subprocess.run([env.binary, "manifest", *options], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def by_name(env, text):
    """{kind and name: object}, without what Helm adds for itself."""
    def bare(value):
        if isinstance(value, dict):
            return {key: bare(inner) for key, inner in value.items() if key not in HELMS_OWN}
        return [bare(inner) for inner in value] if isinstance(value, list) else value

    found = {f"{item['kind']} {item['metadata']['name']}": bare(item) for item in install.parsed(env, text)}
    assert found
    return found


def rendered(env, chart, name, namespace, values, version):
    file = env.folder / "values.json"
    file.write_text(json.dumps(values))
    done = env.helm("template", name, str(chart), "-n", namespace, "-f", str(file), "--kube-version", version)
    assert done.returncode == 0, done.stderr
    return by_name(env, done.stdout)


def test_kustomization_makes_the_same_objects(env):
    done = env.kubectl("kustomize", str(MANIFESTS))
    assert done.returncode == 0, done.stderr
    assert by_name(env, done.stdout) == by_name(env, made(env))


def test_chart_has_no_fault(env):
    for name, values in (("default", {}), ("other", PAIRS[4][1])):
        file = env.folder / f"{name}.json"
        file.write_text(json.dumps(values))
        done = env.helm("lint", "--strict", str(CHART), "-f", str(file))
        assert done.returncode == 0 and "[WARNING]" not in done.stdout, done.stdout + done.stderr


def test_chart_makes_the_same_objects_but_the_namespace(env):
    env.define_cert_manager()
    for options, values, version in PAIRS:
        for name, namespace in (("spark-webhook", "sparkhook"), ("b", "1")):
            printed = by_name(env, made(env, *options, f"--name={name}", f"--namespace={namespace}", f"--kube-version={version}"))
            # Helm keeps the release in the namespace, so that exists before its objects do.
            del printed[f"Namespace {namespace}"]
            assert rendered(env, CHART, name, namespace, values, version) == printed, f"{options} {version}"


def test_chart_made_with_options_has_them_for_defaults(env):
    for number, (options, _, version) in enumerate(PAIRS[1:5]):
        folder = env.folder / f"chart-{number}"
        made(env, "--format=helm", f"--directory={folder}", *options)
        printed = by_name(env, made(env, *options))
        del printed["Namespace sparkhook"]
        env.define_cert_manager()
        assert rendered(env, folder, "spark-webhook", "sparkhook", {}, version) == printed, options


def test_chart_takes_what_pods_of_a_cluster_need(env):
    values = {"podLabels": {"team": "data"}, "podAnnotations": {"example.com/a": "b"}, "nodeSelector": {"pool": "system"},
              "tolerations": [{"key": "system", "operator": "Exists"}], "resources": {"requests": {"cpu": "1"}, "limits": None},
              "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
                  "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]}}}}
    template = rendered(env, CHART, "a", "b", values, "1.36")["Deployment a"]["spec"]["template"]
    for key in ("nodeSelector", "tolerations", "affinity"):
        assert template["spec"][key] == values[key]
    assert template["spec"]["containers"][0]["resources"] == {"requests": {"cpu": "1", "memory": "32Mi"}}
    assert template["metadata"]["labels"]["team"] == "data" and template["metadata"]["annotations"]["example.com/a"] == "b"


def test_chart_refuses_values_that_the_flags_refuse(env):
    for value in ("port=0", "port=x", "replicas=0", "timeoutSeconds=31", "certificates=x", "failurePolicy=ignore",
                  "annotationPrefix=a/b", "image=a b", "image=", "onlyNamespaces={a.b}", "hostNetwork=1", "porto=1",
                  "extraSans={a b}", "logLevel=loud"):
        done = env.helm("template", "a", str(CHART), "--set", value)
        assert done.returncode != 0 and value.split("=")[0] in done.stderr, f"{value}: {done.stdout[:200]}{done.stderr}"


def test_upgrade_of_a_release_keeps_certificate_and_ca_bundle(env):
    name, namespace = f"release-{env.unique}", env.namespace
    env.later(lambda: env.helm("uninstall", name, "-n", namespace))
    common = ["-n", namespace, "--set", f"onlyNamespaces={{{namespace}}}"]
    done = env.helm("install", name, str(CHART), *common)
    assert done.returncode == 0 and f"{name}-certs" in done.stdout, done.stdout + done.stderr
    # What the webhook itself does.
    secret = f"/api/v1/namespaces/{namespace}/secrets/{name}-certs"
    configuration = f"{ADMISSION}/zz-{name}"
    bundle = base64.b64encode(Path(env.facts["ca"]).read_bytes()).decode()
    env.api.done("POST", secret.rpartition("/")[0], {"metadata": {"name": f"{name}-certs"}, "data": {"tls.crt": bundle}})
    patch = [{"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": bundle}]
    env.api.done("PATCH", configuration, patch, content_type="application/json-patch+json")
    before = env.api.done("GET", secret)["metadata"]
    for timeout in (6, 7):
        done = env.helm("upgrade", name, str(CHART), *common, "--set", f"timeoutSeconds={timeout}", "--set", f"replicas={timeout}")
        assert done.returncode == 0, done.stderr
        stored = env.api.done("GET", configuration)["webhooks"][0]
        assert stored["timeoutSeconds"] == timeout and stored["clientConfig"]["caBundle"] == bundle
        after = env.api.done("GET", secret)["metadata"]
        assert (after["uid"], after["resourceVersion"]) == (before["uid"], before["resourceVersion"])
    done = env.helm("uninstall", name, "-n", namespace)
    assert done.returncode == 0, done.stderr
    assert env.api.call("GET", configuration).code == 404
    assert env.api.call("GET", secret).code == 200
