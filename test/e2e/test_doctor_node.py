"""`spark-webhook doctor` on a whole node: it asks the replicas themselves, and finds what was broken on purpose."""

import base64
import json
import subprocess

from kit import cluster, doctor, install
from kit.api import ADMISSION, wait_for

SERVER = "subjectAltName=DNS:{name}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n"


class Instance:
    """An installation of this test's own, in its namespace."""

    def __init__(self, env, *options):
        self.env, self.name = env, f"webhook-{env.unique}"
        self.configuration = f"{ADMISSION}/zz-{self.name}"
        self.namespaced = f"/api/v1/namespaces/{env.namespace}"
        self.objects = install.objects(env, f"--image={cluster.IMAGE}", *options)
        env.later(lambda: env.api.call("DELETE", self.namespaced))
        install.apply(env, self.objects)

    def doctor(self):
        return doctor.run(self.env, f"--name={self.name}", f"--namespace={self.env.namespace}")

    def rolled_out(self):
        cluster.kubectl(self.env, "rollout", "status", f"deployment/{self.name}", f"--namespace={self.env.namespace}", "--timeout=80s")

    def scale(self, count):
        cluster.kubectl(self.env, "scale", f"deployment/{self.name}", f"--namespace={self.env.namespace}", f"--replicas={count}")
        wait_for(f"{count} pods", lambda: len(self.env.api.pods(self.env.namespace)) == count, within=60)

    def eventually(self, check, level, *parts):
        """What is reported once the cluster has taken notice."""
        def said():
            found = self.doctor()
            return any(all(part in line for part in parts) for line in found.of(check, level)) and found

        found = wait_for(f"{level} of {check}: {parts}", said, within=40, every=0.5)
        assert (found.code == 1) == ("fail" in found.levels().values()), found.text
        return found

    def patch(self, path, operations):
        self.env.api.done("PATCH", path, operations, content_type="application/json-patch+json")

    def bundle(self, text, webhook=0):
        value = base64.b64encode(text.encode()).decode()
        self.patch(self.configuration, [{"op": "add", "path": f"/webhooks/{webhook}/clientConfig/caBundle", "value": value}])


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


def authority(env, name):
    """A CA. Returns its certificate's text."""
    openssl(env.folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")
    return (env.folder / f"{name}.crt").read_text()


def certificate(env, ca, name, days):
    """A Secret's data with a server certificate for a DNS name."""
    (env.folder / "leaf.ext").write_text(SERVER.format(name=name))
    openssl(env.folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=leaf",
            "-keyout", "leaf.key", "-out", "leaf.csr")
    openssl(env.folder, "x509", "-req", "-in", "leaf.csr", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key", "-CAcreateserial",
            "-days", str(days), "-extfile", "leaf.ext", "-out", "leaf.crt")
    return {f"tls.{kind}": base64.b64encode((env.folder / f"leaf.{kind}").read_bytes()).decode() for kind in ("crt", "key")}


def test_doctor_is_content_with_an_installation_and_finds_what_is_taken_from_it(env):
    it = Instance(env)
    it.rolled_out()
    found = it.eventually("trial", "ok", "came back treated", env.namespace)
    # What other tests have left in the cluster is no fault of this installation.
    foreign = ("others", "controller", "applications")
    worst = {check: level for check, level in found.levels().items() if check not in foreign}
    assert set(worst.values()) == {"ok"}, found.text
    assert {"registration", "service", "endpoints", "pods", "ca-bundle", "secret", "certificate", "permissions", "reviews"} <= set(worst)
    trusted = [line for line in found.of("certificate", "ok") if "is trusted by caBundle" in line]
    assert sorted(line.split()[2] for line in trusted) == sorted(p["metadata"]["name"] for p in env.api.pods(env.namespace)), found.text
    assert "BEGIN" not in found.text, "a certificate or key was printed"

    binding = install.one(it.objects, "ClusterRoleBinding")
    path = f"{install.CLUSTER_SCOPED['ClusterRoleBinding']}/{it.name}"
    env.api.done("DELETE", path)
    found = it.eventually("permissions", "fail", f"{it.name} may not list, watch, patch mutatingwebhookconfigurations", "ClusterRole",
                          f"manifest --namespace={env.namespace} --name={it.name} --image={cluster.IMAGE}")
    assert len(found.of("permissions")) == 1, found.text
    env.api.done("POST", install.CLUSTER_SCOPED["ClusterRoleBinding"], binding)

    service = install.one(it.objects, "Service")
    wrong = [{"op": "replace", "path": "/spec/ports/0/targetPort", "value": "health"}]
    it.patch(f"{it.namespaced}/services/{it.name}", wrong)
    it.eventually("service", "fail", "leads to port 8080 of the pods, and they listen on 9443")
    env.api.done("DELETE", f"{it.namespaced}/services/{it.name}")
    # The trial may still succeed: the API server goes on using connections that are open.
    it.eventually("service", "fail", f"no Service {env.namespace}/{it.name}")
    env.api.done("POST", f"{it.namespaced}/services", service)

    it.scale(0)
    found = it.eventually("trial", "fail", "can't call the webhook", "no replica is ready (see the finding about pods)")
    found.expect("pods", "fail", "asks for 0 replicas", f"kubectl -n {env.namespace} scale deployment/{it.name} --replicas=2")
    assert not found.of("endpoints"), found.text


def test_doctor_names_an_image_that_nobody_has_before_all_that_comes_of_it(env):
    it = Instance(env, "--image=localhost/absent:1")
    found = it.eventually("pods", "fail", "the image localhost/absent:1 of 2 pods can't be had")
    assert len(found.of("pods", "fail")) == 1 and not found.of("pods", "warn"), found.text
    assert set(found.levels()) & {"secret", "ca-bundle", "endpoints"} == set(), found.text


def test_doctor_finds_what_is_wrong_with_certificates(env):
    """With files, where nobody puts them right."""
    it = Instance(env, "--certificates=files", "--replicas=1", "--applications")
    name = f"{it.name}.{env.namespace}.svc"
    found = it.doctor()
    found.expect("ca-bundle", "fail", "caBundle is empty")
    found.expect("secret", "fail", f"no Secret {it.name}-certs", "kubectl create secret tls")
    good, foreign = authority(env, "good"), authority(env, "foreign")
    secret = {"metadata": {"name": f"{it.name}-certs"}, "type": "kubernetes.io/tls", "data": certificate(env, "good", name, 2)}
    env.api.done("POST", f"{it.namespaced}/secrets", secret)
    it.bundle(good)
    it.rolled_out()
    it.eventually("certificate", "ok", "is trusted by caBundle")
    it.eventually("trial", "ok", "came back treated")
    it.eventually("app-webhook", "fail", "caBundle is empty")
    it.bundle(foreign, webhook=1)
    it.eventually("app-webhook", "fail", "is signed by no valid CA of its caBundle", "put the CA that signed")
    it.bundle(foreign + good, webhook=1)
    found = it.eventually("app-webhook", "ok", "its caBundle trusts the certificate")
    assert "fail" not in found.levels().values(), found.text
    it.bundle(good, webhook=1)

    it.bundle(foreign)
    found = it.eventually("certificate", "fail", "is signed by no valid CA of caBundle", "put the CA that signed it")
    it.eventually("trial", "fail", "x509", "caBundle does not hold the CA")
    it.bundle(foreign + good)
    it.eventually("certificate", "ok", "is trusted by caBundle")

    path = f"{it.namespaced}/secrets/{it.name}-certs"
    env.api.done("PUT", path, {**secret, "data": certificate(env, "good", name, -1)})
    it.eventually("certificate", "fail", "that of the Secret", "has expired")
    env.api.done("PUT", path, {**secret, "data": {**secret["data"], "tls.key": certificate(env, "good", name, 2)["tls.key"]}})
    it.eventually("secret", "fail", f"{it.name}-certs")
    it.scale(0)
    env.api.done("PUT", path, {**secret, "data": certificate(env, "good", "other.example.com", 2)})
    it.eventually("certificate", "fail", f"is not for {name}, but for other.example.com", f"SAN {name}")


def test_doctor_without_the_right_to_ask_replicas_takes_the_secret(env):
    it = Instance(env)
    it.rolled_out()
    it.eventually("trial", "ok", "came back treated")
    account = f"reader-{env.unique}"
    env.api.done("POST", f"{it.namespaced}/serviceaccounts", {"metadata": {"name": account}})
    role = {"metadata": {"name": account}, "rules": [{"apiGroups": [""], "resources": ["pods", "secrets", "services"], "verbs": ["get", "list"]},
            {"apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations"], "verbs": ["get", "list"]}]}
    binding = {"metadata": {"name": account}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": account},
               "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": env.namespace}]}
    for kind, body in (("ClusterRole", role), ("ClusterRoleBinding", binding)):
        path = install.CLUSTER_SCOPED[kind]
        env.later(lambda path=path: env.api.call("DELETE", f"{path}/{account}"))
        env.api.done("POST", path, body)
    api = install.account(env, account)
    install.wait_allowed(api, it.configuration)
    file = env.folder / "reader.json"
    with open(env.facts["kubeconfig"], encoding="utf-8") as own:
        config = json.load(own)
    config["users"][0]["user"] = {"token": api.token}
    file.write_text(json.dumps(config))
    found = doctor.run(env, f"--name={it.name}", f"--namespace={env.namespace}", kubeconfig=file)
    assert found.code == 0, found.text
    found.expect("rights", "warn", "what the replicas count", "get pods/proxy")
    found.expect("certificate", "ok", "the Secret (no replica could be asked", "is trusted by caBundle")
