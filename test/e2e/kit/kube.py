"""The API client as a process (kube_client.c), and a control plane that belongs to one test."""

import base64
import json
import os
import queue
import signal
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import controlplane
from kit.api import wait_for

# A busy machine: what takes a moment there is waited for this long.
PATIENCE = 60


class Client:
    """Commands go in, what happens comes out, in order."""

    program = "SPK_KUBE_CLIENT"

    def __init__(self, env, *arguments, environment=None):
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("KUBE", "HTTPS_PROXY"))}
        self.log = env.folder / f"kube-client-{os.urandom(3).hex()}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([os.environ[self.program], *arguments], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log, text=True,
                                            env={**clean, "HOME": str(env.folder), **(environment or {})})
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        env.later(self.stop)
        self.first = self.next()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def next(self, within=PATIENCE):
        """The next line; None at the end."""
        try:
            return self.lines.get(timeout=within)
        except queue.Empty:
            raise AssertionError(f"nothing came within {within} s") from None

    def until(self, wanted, within=PATIENCE):
        """Reads on until a line is what is wanted. Returns all lines up to it."""
        deadline, seen = time.monotonic() + within, []
        while True:
            line = self.next(max(deadline - time.monotonic(), 0.01))
            assert line is not None, f"the client ended: {seen} {self.log.read_text()}"
            seen.append(line)
            if wanted(line):
                return seen

    def tell(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def call(self, path, method="GET", **more):
        """One request and its answer; events of a watch that come in between are lost."""
        self.tell(do="call", method=method, path=path, **more)
        return self.until(lambda line: "rc" in line)[-1]

    def done(self, *request, **more):
        answer = self.call(*request, **more)
        assert answer["rc"] == 0, answer
        return answer["object"]

    def watch(self, path, **more):
        self.tell(do="watch", path=path, **more)

    def stop(self):
        """A sanitizer's report or a wrong exit code is a failure."""
        try:
            if self.process.poll() is None:
                self.process.stdin.close()
            code = self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the client did not end within 20 s of its input's end") from None
        assert code == (0 if self.first and "server" in self.first else 1), f"{code}: {self.log.read_text()}"
        assert not self.log.read_text().strip(), self.log.read_text()


def event(kind, name):
    return lambda line: line.get("event") == kind and line["name"] == name


def state(name):
    return lambda line: line.get("state") == name


def names(lines):
    """What a list brought, all of its pages."""
    return [name for line in lines if "page" in line for name in line["page"]]


def write_config(env, name="config", user=None, cluster=None, **more):
    """A kubeconfig for the test's API server. Returns its path."""
    facts = env.facts
    whole = controlplane.kubeconfig(facts["server"], facts["ca"], facts["token"])
    whole["clusters"][0]["cluster"].update(cluster or {})
    whole["users"][0]["user"] = {"token": facts["token"]} if user is None else user
    whole.update(more)
    path = env.folder / name
    path.write_text(json.dumps(whole))
    return path


class Plane:
    """etcd and a kube-apiserver that a test may stop and start; @flags are more of its flags."""

    def __init__(self, env, *flags, tokens=""):
        self.folder, self.flags = env.folder / "plane", flags
        self.binaries = Path(env.facts["binaries"])
        self.token = controlplane.prepare(self.folder)
        with open(self.folder / "tokens.csv", "a") as file:
            file.write(tokens)
        self.etcd_port, peer, self.port = (controlplane.free_port() for _ in range(3))
        self.server, self.ca = f"https://127.0.0.1:{self.port}", str(self.folder / "certs/apiserver.crt")
        self.etcd = controlplane.spawn(controlplane.etcd_command(self.binaries, self.folder, self.etcd_port, peer),
                                       self.folder / "etcd.log")
        env.later(lambda: self._end(self.etcd))
        self.apiserver = None
        env.later(self.stop)
        self.start()
        env.facts = {**env.facts, "server": self.server, "ca": self.ca, "token": self.token}

    def start(self):
        command = controlplane.apiserver_command(self.binaries, self.folder, self.etcd_port, self.port)
        self.apiserver = controlplane.spawn([*command, *self.flags], self.folder / "apiserver.log")
        try:
            ready = controlplane.wait_ready(self.server, self.token, self.ca, [self.apiserver, self.etcd])
        except controlplane.Failed:
            ready = False
        assert ready, controlplane.tail(self.folder / "apiserver.log")

    def _end(self, process):
        controlplane.end(process.pid, controlplane.start_time(process.pid))
        process.wait(timeout=30)

    def stop(self):
        if self.apiserver:
            self._end(self.apiserver)
        self.apiserver = None

    def kill(self):
        """As a machine that dies."""
        os.killpg(self.apiserver.pid, signal.SIGKILL)
        self.apiserver.wait(timeout=30)
        self.apiserver = None

    def pause(self):
        """The API server holds its breath: its connections stay and nothing comes. Returns how to go on."""
        pid = int(subprocess.run(["pgrep", "-P", str(self.apiserver.pid)], check=True, capture_output=True,
                                 text=True).stdout)
        os.kill(pid, signal.SIGSTOP)
        return lambda: os.kill(pid, signal.SIGCONT)

    def ask_etcd(self, what, **body):
        """etcd's JSON gateway; bytes are base64 in it."""
        coded = {key: base64.b64encode(value.encode()).decode() if isinstance(value, str) else value
                 for key, value in body.items()}
        request = urllib.request.Request(f"http://127.0.0.1:{self.etcd_port}/v3/kv/{what}",
                                         data=json.dumps(coded).encode())
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def forget_the_past(self):
        """etcd compacts everything before now."""
        for _ in range(3):  # the revision behind the last one that was seen would still do
            revision = self.ask_etcd("put", key="/elsewhere", value="x")["header"]["revision"]
        self.ask_etcd("compaction", revision=int(revision), physical=True)


def client_certificate(folder, user, group):
    """A CA for --client-ca-file and a certificate of it: paths of CA, certificate and key."""
    ca, ca_key, cert, key = (folder / name for name in ("users-ca.crt", "users-ca.key", "user.crt", "user.key"))

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=users", "-keyout", str(ca_key), "-out", str(ca))
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/O={group}/CN={user}",
            "-keyout", str(key), "-out", str(folder / "user.csr"))
    openssl("x509", "-req", "-in", str(folder / "user.csr"), "-CA", str(ca), "-CAkey", str(ca_key), "-days", "1",
            "-CAcreateserial", "-out", str(cert))
    return ca, cert, key


def stop_within(client, milliseconds):
    client.tell(do="stop")
    stopped = client.until(lambda line: "stopped_ms" in line)[-1]["stopped_ms"]
    assert stopped < milliseconds, stopped


__all__ = ["Client", "Plane", "client_certificate", "event", "names", "state", "stop_within", "wait_for", "write_config"]
