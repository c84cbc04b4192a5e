"""spark-controller processes on loopback, SparkApplications, and what becomes of them."""

import json
import os
import signal
import subprocess
import urllib.request
from pathlib import Path

from kit.api import wait_for

CRDS = Path(__file__).resolve().parents[3] / "manifest/crds"
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GROUP = "sparkoperator.k8s.io/v1beta2"
MARKER, MARKER_VALUE = "spark-operator.k8s.io/controller", "sparkhook"
APP_LABEL, SUBMISSION_LABEL = "sparkoperator.k8s.io/app-name", "sparkoperator.k8s.io/submission-id"
TERMINAL = ("COMPLETED", "FAILED")
HOMES = (("3", "3.5.7"), ("4", "4.3.0"))  # what sparkVersion begins with, and what submits it


def define(env, file="sparkoperator.k8s.io_sparkapplications.yaml"):
    """Defines the resource, unless an earlier test did, and waits until it is served."""
    crd = env.manifest(CRDS / file)
    answer = env.api.call("POST", CRD, crd)
    assert answer.code in (201, 409), answer.message
    group, version = crd["spec"]["group"], crd["spec"]["versions"][0]["name"]
    wait_for("SparkApplications are served",
             lambda: env.api.call("GET", f"/apis/{group}/{version}/sparkapplications").code == 200)


class Controller:
    """One spark-controller for one namespace."""

    def __init__(self, env, *arguments, number=0, environ=None, kubeconfig=None, namespaces=None, elect=False,
                 binary=None, homes=None):
        binary = binary or os.environ["SPK_CONTROLLER"]
        homes = homes or [(version, env.spark_home(home)) for version, home in HOMES]
        self.env, self.log = env, env.folder / f"controller{number}.log"
        command = [binary, "run", f"--kubeconfig={kubeconfig or env.facts['kubeconfig']}",
                   f"--namespaces={namespaces or env.namespace}", "--health-port=0", "--health-address=127.0.0.1",
                   "--log-format=json", f"--work-folder={env.folder}", *([] if elect else ["--leader-election=false"]),
                   *(f"--spark-home={version}={home}" for version, home in homes), *arguments]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=os.environ | (environ or {}))
        env.later(self.stop)
        self.health = int(wait_for("the controller listens", self._listening, within=20)["health_port"])

    def _listening(self):
        assert self.process.poll() is None, f"the controller ended: {self.text()}"
        return next(iter(self.lines("listening")), None)

    def text(self):
        return self.log.read_text(errors="replace")

    def lines(self, msg=None):
        whole = self.text().rpartition("\n")[0].splitlines()
        parsed = [json.loads(line) for line in whole if line.startswith("{")]
        return [line for line in parsed if msg is None or line["msg"] == msg]

    def ask(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.health}{path}", timeout=10) as answer:
            return answer.read().decode()

    def kill(self):
        """As a machine that dies."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Ends the process; a sanitizer's report or a wrong exit code is a failure."""
        if self.process.poll() == -signal.SIGKILL:
            return
        self.process.terminate()
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the controller did not end within 30 s of SIGTERM") from None
        text = self.text()
        assert code == 0, f"the controller ended with {code}:\n{text[-4000:]}"
        assert "Sanitizer" not in text and "runtime error:" not in text, text[-6000:]


def application(name, version="3.5.7", **spec):
    """A small one; members of @spec replace what is here."""
    return {"apiVersion": GROUP, "kind": "SparkApplication", "metadata": {"name": name},
            "spec": {"type": "Scala", "mode": "cluster", "sparkVersion": version, "image": "spark:none",
                     "mainClass": "org.apache.spark.examples.SparkPi", "mainApplicationFile": "local:///opt/spark/none.jar",
                     "driver": {"cores": 1, "memory": "512m", "serviceAccount": "spark"},
                     "executor": {"cores": 1, "memory": "512m", "instances": 1}, **spec}}


def collection(env):
    return f"/apis/{GROUP}/namespaces/{env.namespace}/sparkapplications"


def create(env, app):
    return env.api.done("POST", collection(env), app)


def read(env, name):
    return env.api.done("GET", f"{collection(env)}/{name}")


def state(env, name):
    return read(env, name).get("status", {}).get("applicationState", {}).get("state", "")


def change(env, name, patch):
    return env.api.done("PATCH", f"{collection(env)}/{name}", patch, "application/merge-patch+json")


def reaches(env, name, *states, within=90):
    """The application, once its state is one of @states."""
    def there():
        found = read(env, name)
        now = found.get("status", {}).get("applicationState", {})
        assert now.get("state") not in TERMINAL or now["state"] in states, f"{name} is {now}"
        return found if now.get("state", "") in states else None

    return wait_for(f"{name} is {' or '.join(states)}", there, within=within, every=0.2)


def driver(env, name, within=60):
    """The one driver pod of the application, once it is there."""
    def there():
        found = env.api.pods(env.namespace, f"{APP_LABEL}={name},spark-role=driver")
        assert len(found) <= 1, f"{len(found)} drivers"
        return found[0] if found else None

    return wait_for(f"a driver of {name}", there, within=within, every=0.2)


def events(env, name):
    """{reason: message} of the application's events."""
    found = env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/events?fieldSelector=involvedObject.name={name}")
    return {e["reason"]: e["message"] for e in found["items"]}
