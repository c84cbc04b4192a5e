"""One spark-webhook process on loopback, and its registration made from the file of manifest/."""

import base64
import copy
import json
import os
import re
import subprocess
import urllib.request
from pathlib import Path

from kit.api import ADMISSION, wait_for

MANIFESTS = Path(__file__).resolve().parents[3] / "manifest"
CONFIGURATION = MANIFESTS / "60-mutatingwebhookconfiguration.yaml"
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")


def self_signed(folder):
    return ["serve", "--certificates=self-signed", f"--ca-file-out={folder}/webhook-ca.crt", "--extra-san=127.0.0.1"]


class Webhook:
    """@arguments, if given, are those of somebody else, such as the Deployment's."""

    def __init__(self, binary, folder, arguments=None, environ=None):
        self.log, self.ca = folder / "webhook.log", folder / "webhook-ca.crt"
        command = [binary, *(arguments or self_signed(folder)), "--secure-port=0", "--health-port=0",
                   "--bind-address=127.0.0.1", "--log-format=json",
                   # The drain is a matter of the integration tests; here it would only cost time.
                   "--drain-min=0s"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=os.environ | (environ or {}))
        try:
            first = wait_for("the webhook listens", self._listening, within=20)
        except AssertionError:
            self.process.kill()
            raise
        self.port, self.health = int(first["secure_port"]), int(first["health_port"])

    def _listening(self):
        assert self.process.poll() is None, f"the webhook ended: {self.log.read_text(errors='replace')}"
        return next(iter(self.lines("listening")), None)

    def lines(self, msg=None):
        """The log's whole lines, all of them or those of one message."""
        whole = self.log.read_text(errors="replace").rpartition("\n")[0].splitlines()
        parsed = [json.loads(line) for line in whole if line.startswith("{")]
        return [line for line in parsed if msg is None or line["msg"] == msg]

    def ask(self, path):
        """What the health port answers; anything but 200 raises."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.health}{path}", timeout=10) as answer:
            return answer.read().decode()

    def metrics(self):
        """[(name, {label: value}, number)]"""
        text = self.ask("/metrics")
        found = [SAMPLE.match(line) for line in text.splitlines() if line and not line.startswith("#")]
        assert all(found), f"a line of the metrics is not a sample:\n{text}"
        return [(m[1], dict(re.findall(r'(\w+)="([^"]*)"', m[2] or "")), float(m[3])) for m in found]

    def connections(self):
        """How many are open now."""
        return next(int(number) for name, _, number in self.metrics() if name == "spark_webhook_connections")

    def reviews(self, **labels):
        """How many reviews there were so far, with these labels."""
        return int(sum(number for name, has, number in self.metrics()
                       if name == "spark_webhook_reviews_total" and labels.items() <= has.items()))

    def stop(self):
        """Ends the process; a sanitizer's report or a wrong exit code is a failure."""
        self.process.terminate()
        try:
            code = self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the webhook did not end within 20 s of SIGTERM") from None
        text = self.log.read_text(errors="replace")
        assert code == 0, f"the webhook ended with {code}:\n{text[-4000:]}"
        assert "Sanitizer" not in text and "runtime error:" not in text, text[-4000:]


def pointed_at(configuration, name, namespace, url, ca):
    """The configuration with all that it says kept, but for one namespace and one process on loopback."""
    changed = copy.deepcopy(configuration)
    changed["metadata"]["name"] = name
    for webhook in changed["webhooks"]:
        webhook["clientConfig"] = {"url": url, "caBundle": base64.b64encode(Path(ca).read_bytes()).decode()}
        webhook["namespaceSelector"] = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    return changed


def register(env, configuration, answers, annotations=None):
    """Creates a configuration and waits until the API server acts on it."""
    env.api.done("POST", ADMISSION, configuration)
    env.later(lambda: env.api.delete_configuration(configuration["metadata"]["name"]))
    wait_called(env, configuration, answers, annotations)


def wait_called(env, configuration, answers, annotations=None):
    """The API server learns of a configuration a moment later. @answers tells by a pod on trial, which carries
    @annotations if they are given, that it has."""
    def active():
        answer = env.api.create_pod(env.namespace, trial_pod(annotations), dry_run=True)
        return answer.code == 201 and answers(answer.body)

    wait_for(f"{configuration['metadata']['name']} is called", active)


def trial_pod(annotations=None):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "trial", "labels": {"spark-role": "driver"},
                         "annotations": annotations or {"spark-operator.k8s.io/configMap.trial": "/etc/trial"}},
            "spec": {"containers": [{"name": "spark-kubernetes-driver", "image": "none"}]}}
