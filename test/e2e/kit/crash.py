"""Applications, each with a namespace, a controller and a way to the API server of its own, and points at which
that controller dies."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

from kit import controller
from kit.controller import application

CHILD = "stub_submit"


def spark_home(env, name, steps=None):
    """A Spark whose spark-submit is the stub; @steps: how many it takes before it dies."""
    home = env.folder / f"spark-{name}"
    (home / "bin").mkdir(parents=True)
    shutil.copy2(os.environ["SPK_STUB_SUBMIT"], home / "bin/spark-submit")
    if steps is not None:
        (home / "steps").write_text(str(steps))
    return home


class Process:
    """A controller that waits to be let go, so that there can be rules for its first call already."""

    def __init__(self, env, way, namespaces, home, log, *arguments):
        self.log, self.way, self.work = log, way, log.with_suffix(".work")
        self.work.mkdir(exist_ok=True)
        command = [os.environ["SPK_CONTROLLER"], "run", f"--kubeconfig={way.kubeconfig}", f"--namespaces={namespaces}",
                   "--health-port=0", "--health-address=127.0.0.1", f"--work-folder={self.work}", f"--spark-home={home}",
                   *arguments]
        with open(log, "ab") as out:
            self.process = subprocess.Popen(["sh", "-c", 'read -r go; exec "$@"', "sh", *map(str, command)],
                                            stdin=subprocess.PIPE, stdout=out, stderr=out)
        self.pid = self.process.pid

    def go(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.close()

    def children(self):
        """The processes of its submissions that still are, with what they were told."""
        mark, found = f"{self.work}/".encode(), []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                told = entry.read_bytes()
            except OSError:  # it ended
                continue
            if mark in told and int(entry.parent.name) != self.pid:
                found.append((int(entry.parent.name), told.replace(b"\0", b" ").decode(errors="replace")[:200]))
        return found

    def killed(self):
        return self.process.poll() == -signal.SIGKILL

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Well, unless it was killed."""
        if not self.process.stdin.closed:
            self.kill()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the controller did not end within 60 s of SIGTERM") from None
        text = self.log.read_text(errors="replace")
        assert code in (0, -signal.SIGKILL), f"the controller ended with {code}:\n{text[-4000:]}"
        assert "Sanitizer" not in text and "runtime error:" not in text, text[-6000:]


class Stage:
    """One application's surroundings."""

    def __init__(self, env, breaker, life, name, outcomes=(0,), steps=None, home=None):
        self.env, self.name, self.namespace = env, name, f"{life.prefix}{name}"
        self.life, self.way = life, breaker.way()
        env.api.create_namespace(self.namespace)
        self.place = life.place(self.namespace, outcomes)
        self.home = home or spark_home(env, name, steps)
        self.processes = []

    def controller(self, *arguments):
        process = Process(self.env, self.way, self.namespace, self.home, self.env.folder / f"controller-{self.name}.log",
                          *(arguments or ("--leader-election=false",)))
        self.processes.append(process)
        return process

    def path(self, name="pi"):
        return f"/apis/{controller.GROUP}/namespaces/{self.namespace}/sparkapplications/{name}"

    def create(self, name="pi", **spec):
        return self.env.api.done("POST", self.path("").rstrip("/"), application(name, **spec))

    def change(self, patch, name="pi"):
        return self.env.api.done("PATCH", self.path(name), patch, "application/merge-patch+json")

    def statuses(self, name="pi"):
        return self.place.statuses.get(name, [])

    def state(self, name="pi"):
        seen = self.statuses(name)
        return seen[-1]["state"] if seen else ""

    def children(self):
        """The processes of submissions that still are."""
        return [pid for process in self.processes for pid in process.children()]

    def left(self):
        """What is there of the submissions, terminal drivers apart."""
        return [f"pod {p['metadata']['name']}" for p in self.life.of("pods", self.namespace)
                if p["status"].get("phase") not in ("Succeeded", "Failed")]

    def close(self):
        for process in self.processes:
            process.stop()
        self.way.close()
        self.life.clear(self.namespace)

    def story(self):
        """For whoever has to find out."""
        log = self.env.folder / f"controller-{self.name}.log"
        lines = log.read_text(errors="replace").splitlines()[-25:] if log.exists() else []
        return "\n".join([f"{self.name}: drivers {list(self.place.drivers.values())}", *map(json.dumps, self.statuses()),
                          *lines])


def check_history(stage, name="pi"):
    """What holds for every run, however often anything died."""
    assert not stage.place.problems, stage.place.problems
    ended = None
    used = []
    for told in stage.statuses(name):
        number = told["submissionID"]
        if number and (not used or used[-1] != number):
            assert number not in used, f"{number} comes back: {stage.statuses(name)}"
            used.append(number)
        assert ended is None or told["state"] == ended or told["state"] == "INVALIDATING", f"{ended} is not the end: {stage.statuses(name)}"
        ended = told["state"] if told["state"] in ("COMPLETED", "FAILED") else None
    stray = [d for d in stage.place.drivers.values() if d.app == name and d.submission not in used]
    assert not stray, f"a driver without a submission in status: {stray}"
    return used
