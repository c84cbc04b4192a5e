"""Many applications at once: a spark-submit without a JVM, a kubelet's stand-in that keeps up, and what was seen."""

import json
import os
import re
import shutil
from pathlib import Path

import gotools
from kit import controller
from kit.api import wait_for
from kit.controller import Controller, application

COLLECTIONS = ("/apis/sparkoperator.k8s.io/v1beta2", "sparkapplications"), ("/api/v1", "pods"), \
    ("/api/v1", "configmaps"), ("/api/v1", "services"), ("/api/v1", "events")
TICK = os.sysconf("SC_CLK_TCK")


def programs():
    """(controller, stub of spark-submit, whether they are a release build)."""
    loaded = os.environ.get("SPK_LOAD_CONTROLLER"), os.environ.get("SPK_LOAD_SUBMIT")
    return (*loaded, True) if all(loaded) else (os.environ["SPK_CONTROLLER"], os.environ["SPK_STUB_SUBMIT"], False)


def home(env, stub):
    """A SPARK_HOME that has nothing but the stub."""
    folder = Path(env.folder) / "stub-home"
    (folder / "bin").mkdir(parents=True)
    shutil.copy(stub, folder / "bin/spark-submit")
    return folder


def clean(env):
    """Nobody collects garbage in an API server that is alone, and the next test's lists would be as long."""
    for api, kind in COLLECTIONS:
        path = f"{api}/namespaces/{env.namespace}/{kind}"
        env.api.done("DELETE", f"{path}?gracePeriodSeconds=0")
        wait_for(f"no {kind} are left", lambda path=path: not env.api.done("GET", f"{path}?limit=1")["items"], within=60)


class Fleet:
    """A controller for this namespace, and what it is put under."""

    def __init__(self, env, *arguments, kubeconfig=None):
        binary, stub, self.release = programs()
        controller.define(env)
        env.later(lambda: clean(env))
        self.env = env
        self.controller = Controller(env, *arguments, kubeconfig=kubeconfig, binary=binary,
                                     homes=[("3", home(env, stub))])
        self.tool = None

    def start(self, count, stem="load", spec=None, **flags):
        """Returns while they are still being made; the stand-in and the clock go by the straight way."""
        template = Path(self.env.folder) / f"{stem}.json"
        template.write_text(json.dumps(application(stem, **(spec or {}))))
        binary = gotools.build(gotools.LOAD, "./fleet", self.env.cache)
        self.tool = gotools.Tool(binary, f"-kubeconfig={self.env.facts['kubeconfig']}", f"-namespace={self.env.namespace}",
                                 f"-count={count}", f"-template={template}",
                                 *(f"-{name.replace('_', '-')}={value}" for name, value in flags.items()))
        self.env.later(self.tool.__exit__)

    def report(self, within=270):
        """Once all have come to an end."""
        said = json.loads(self.tool.wait_line("{", timeout=within))
        self.tool.end()
        return said

    def run(self, count, **more):
        self.start(count, **more)
        return self.report()

    def _status(self, name):
        text = Path(f"/proc/{self.controller.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+) kB", text).group(1))

    def peak_mib(self):
        """The most that the controller itself had resident at any time; its children are not in it."""
        return self._status("VmHWM") / 1024

    def cpu_s(self):
        """The controller's own, and that of its children."""
        return cpu_s(self.controller.process.pid)


def cpu_s(pid):
    """A process' own, and that of its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK, (int(fields[13]) + int(fields[14])) / TICK


def all_well(said, count):
    """Every one submitted once and seen through."""
    assert said["applications"] == count and said["drivers"] == count, said
    assert said["twice"] == [] and said["at_once"] == 1, said
    reached = {state: said["reached"].get(state) for state in ("SUBMITTED", "RUNNING", "COMPLETED")}
    assert set(reached.values()) == {count} and "FAILED" not in said["reached"], said
