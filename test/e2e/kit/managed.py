"""Replicas that look after their own certificates, as the service account of a printed installation.

Where there is no node the API server can't reach a Service, so the registration names the replica's
port on loopback instead; all else is as printed.
"""

import base64
import contextlib
import http.client
import json
import socket
import ssl
import threading
import time

from kit import install
from kit.api import ADMISSION, wait_for
from kit.pods import STAMP
from kit.webhook import Webhook, pointed_at, trial_pod

MERGE_PATCH = "application/merge-patch+json"
HEALED_WITHIN = 5


def kubeconfig(facts, token, server=None):
    return {"apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": server or facts["server"], "certificate-authority": facts["ca"]}}],
            "users": [{"name": "u", "user": {"token": token}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}


class Managed:
    """An installation without its registration yet, and as many replicas as are started.

    @permit: changes the printed objects before they are applied.
    """

    def __init__(self, env, permit=lambda objects: None, label="replica"):
        self.env, self.name, self.label, self.count = env, f"webhook-{env.unique}", label, 0
        self.pods = f"{label}-{env.unique}".lower()  # the webhook's own namespace lets no Spark pod in
        env.api.create_namespace(self.pods)
        self.objects = install.objects(env)
        permit(self.objects)
        self.registration = install.one(self.objects, "MutatingWebhookConfiguration")
        install.apply(env, [one for one in self.objects if one["kind"] not in ("MutatingWebhookConfiguration", "Deployment")])
        self.account = install.account(env, self.name)
        self.configuration = f"{ADMISSION}/zz-{self.name}"
        self.secret = f"/api/v1/namespaces/{env.namespace}/secrets/{self.name}-certs"
        env.later(lambda: env.api.call("DELETE", self.configuration))

    def start(self, *more, server=None, binary=None):
        """A replica; the first log line is there, a certificate not yet."""
        self.count += 1
        folder = self.env.folder / f"{self.label}-{self.count}"
        folder.mkdir()
        file = folder / "kubeconfig"
        file.write_text(json.dumps(kubeconfig(self.env.facts, self.account.token, server)))
        replica = Webhook(binary or self.env.binary, folder, [
            "serve", "--certificates=managed", f"--kubeconfig={file}", f"--namespace={self.env.namespace}",
            f"--service-name={self.name}", f"--secret-name={self.name}-certs", f"--webhook-configuration=zz-{self.name}",
            "--extra-san=127.0.0.1", "--ca-propagation=1s", *more])
        self.env.later(lambda: replica.process.poll() is None and replica.stop())
        return replica

    def register(self, port):
        """The registration, without a caBundle, calling that port; and pods are mutated from some moment on."""
        changed = pointed_at(self.registration, f"zz-{self.name}", self.pods,
                             f"https://127.0.0.1:{port}/mutate", self.env.facts["ca"])
        del changed["webhooks"][0]["clientConfig"]["caBundle"]
        self.env.api.done("POST", ADMISSION, changed)

    def stored(self):
        """{key: text} of the Secret, or None."""
        answer = self.env.api.call("GET", self.secret)
        if answer.code == 404:
            return None
        assert answer.code == 200, answer
        return {key: base64.b64decode(value).decode() for key, value in answer.body["data"].items()}

    def bundle(self):
        """Without the blank line of the second writing."""
        client = self.env.api.done("GET", self.configuration)["webhooks"][0]["clientConfig"]
        return base64.b64decode(client.get("caBundle", "")).decode().replace("\n\n", "\n")

    def put(self, **texts):
        """Changes keys of the Secret, given with _ for . and -, as nobody but a vandal does. None removes one."""
        data = {KEYS[key]: text and base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        self.env.api.done("PATCH", self.secret, {"data": data}, content_type=MERGE_PATCH)

    def put_bundle(self, text):
        encoded = base64.b64encode(text.encode()).decode()
        self.env.api.done("PATCH", self.configuration, content_type="application/json-patch+json",
                          body=[{"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": encoded}])

    def wait_ready(self, replica, within=20):
        wait_for("the replica is ready", lambda: ready(replica), within)

    def create(self):
        """What the API server says to a pod that asks for something."""
        return self.env.api.create_pod(self.pods, trial_pod(), dry_run=True)

    def mutated(self):
        answer = self.create()
        return answer.code == 201 and STAMP in answer.body["metadata"]["annotations"]

    def wait_mutated(self, within=HEALED_WITHIN):
        try:
            wait_for("a pod is mutated", self.mutated, within)
        except AssertionError as late:
            raise AssertionError(f"{late}: {self.create()}") from None


def installed(env, replicas=1):
    """Registered replicas that have settled. The API server calls the first one."""
    it = Managed(env)
    running = [it.start() for _ in range(replicas)]
    it.register(running[0].port)
    for replica in running:
        it.wait_ready(replica)
    it.wait_mutated(within=20)
    return it, running


KEYS = {"tls_crt": "tls.crt", "tls_key": "tls.key", "ca_crt": "ca.crt", "ca_key": "ca.key",
        "next_ca_crt": "next-ca.crt", "next_ca_key": "next-ca.key", "old_ca_crt": "old-ca.crt"}


def ready(replica):
    try:
        return replica.ask("/readyz").startswith("ok")
    except OSError:
        return False


def value(replica, name):
    return next((number for found, _, number in replica.metrics() if found == name), None)


class Reviews:
    """One review after another by a thread, each on a new connection that trusts @bundle() alone."""

    def __init__(self, port, bundle, body, pause=0.0):
        self.port, self.bundle, self.body, self.pause = port, bundle, body, pause
        self.good, self.bad, self._end = 0, [], threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _one(self):
        context = ssl.create_default_context(cadata=self.bundle())
        with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=context)) as client:
            client.request("POST", "/mutate", self.body, {"Content-Type": "application/json"})
            answer = client.getresponse()
            body = json.loads(answer.read())
            assert answer.status == 200 and body["response"]["allowed"] and body["response"]["patch"], body

    def _run(self):
        while not self._end.is_set():
            try:
                self._one()
                self.good += 1
                self._end.wait(self.pause)
            except (OSError, AssertionError, ValueError, KeyError, socket.timeout) as problem:
                self.bad.append(f"{time.monotonic():.3f} {problem!r}")
                self._end.wait(0.05)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join(timeout=20)


def review_of(pod):
    """The review that the API server would send of a pod."""
    return json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u", "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"}, "operation": "CREATE",
        "namespace": "default", "object": pod}})
