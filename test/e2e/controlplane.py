"""One etcd and one kube-apiserver on loopback, kept between commands by a state folder.

state.json in that folder says where the API server listens, how to be trusted by it, and which
processes are ours: a process is named by its id and its start time, so a reused id is never ended.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

# An aborted test run leaves the processes behind; they end by themselves after this many seconds.
LIFE = "7200"
READY_WITHIN = 120
# The ports are found free and then given away: somebody else may take one in between.
ATTEMPTS = 3


class Failed(Exception):
    """The control plane could not be started; the text says why."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_time(pid):
    """Clock ticks from boot to the start of the process, or None where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def spawn(command, log):
    """A process that outlives us: its own session, no inherited pipes (ctest waits for those to close), and no
    proxy, to which an API server would turn for a Service that nobody answers."""
    direct = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with open(log, "ab") as out:
        process = subprocess.Popen(["timeout", "-k", "5", LIFE, *command], stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=out, start_new_session=True, env=direct)
    return process


def end(pid, started, within=20):
    """Ends one process of ours, and waits until it is gone."""
    if start_time(pid) != started:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + within
    while start_time(pid) == started:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            return
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
        time.sleep(0.05)


def etcd_command(binaries, state, client, peer):
    return [str(binaries / "etcd"), "--name=e2e", f"--data-dir={state}/etcd", "--unsafe-no-fsync",
            f"--listen-client-urls=http://127.0.0.1:{client}", f"--advertise-client-urls=http://127.0.0.1:{client}",
            f"--listen-peer-urls=http://127.0.0.1:{peer}", f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-cluster=e2e=http://127.0.0.1:{peer}", "--log-level=warn"]


def apiserver_command(binaries, state, etcd, port):
    # The address that is advertised may not be loopback and nobody here uses it: one from the
    # documentation range, without the reconciler that would publish it.
    return [str(binaries / "kube-apiserver"), f"--etcd-servers=http://127.0.0.1:{etcd}",
            "--bind-address=127.0.0.1", f"--secure-port={port}", f"--cert-dir={state}/certs",
            "--advertise-address=192.0.2.1", "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.0.0.0/16",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={state}/sa.key", f"--service-account-signing-key-file={state}/sa.key",
            f"--token-auth-file={state}/tokens.csv", "--authorization-mode=RBAC",
            # Nothing here makes the service accounts that this plugin would ask for.
            "--disable-admission-plugins=ServiceAccount"]


def kubeconfig(server, ca, token):
    return {"apiVersion": "v1", "kind": "Config", "current-context": "e2e",
            "clusters": [{"name": "e2e", "cluster": {"server": server, "certificate-authority": ca}}],
            "users": [{"name": "e2e", "user": {"token": token}}],
            "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": "e2e"}}]}


def prepare(state):
    """Fresh folder with the two secrets of the API server. Returns the administrator's token."""
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    return make_secrets(state)


def make_secrets(state):
    (state / "certs").mkdir()
    state.chmod(0o700)
    token = secrets.token_hex(16)
    (state / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n")
    subprocess.run(["openssl", "genrsa", "-out", str(state / "sa.key"), "2048"], check=True, capture_output=True, timeout=60)
    return token


def answers(url, token, ca):
    """Whether the API server is ready and has made the default namespace."""
    try:
        context = ssl.create_default_context(cafile=ca)
        for path in ("/readyz", "/api/v1/namespaces/default"):
            request = urllib.request.Request(url + path, headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(request, timeout=5, context=context) as answer:
                answer.read()
        return True
    except (OSError, urllib.error.URLError):
        return False


def wait_ready(url, token, ca, processes):
    deadline = time.monotonic() + READY_WITHIN
    while not answers(url, token, ca):
        for process in processes:
            if process.poll() is not None:
                return False
        if time.monotonic() > deadline:
            raise Failed(f"the API server was not ready within {READY_WITHIN} s")
        time.sleep(0.2)
    return True


def save(state, facts):
    (state / "state.json.tmp").write_text(json.dumps(facts, indent=1))
    os.replace(state / "state.json.tmp", state / "state.json")


def kill_apiserver(state):
    """As a machine that dies. Its store lives on."""
    api = load(state)["processes"][1]
    assert start_time(api["pid"]) == api["started"], "the API server had ended before"
    os.killpg(api["pid"], signal.SIGKILL)
    end(api["pid"], api["started"])


def start_apiserver(state):
    """Again, after kill_apiserver(): where it was, and with what it knew."""
    state, facts = Path(state), load(state)
    process = spawn(facts["apiserver"], state / "apiserver.log")
    if not wait_ready(facts["server"], facts["token"], facts["ca"], [process]):
        raise Failed(f"the API server ended at once\n{tail(state / 'apiserver.log')}")
    facts["processes"][1] = {"pid": process.pid, "started": start_time(process.pid)}
    save(state, facts)


def attempt(state, binaries, version):
    token = prepare(state)
    etcd_port, peer_port, port = free_port(), free_port(), free_port()
    processes = []
    try:
        processes.append(spawn(etcd_command(binaries, state, etcd_port, peer_port), state / "etcd.log"))
        command = apiserver_command(binaries, state, etcd_port, port)
        processes.append(spawn(command, state / "apiserver.log"))
        server, ca = f"https://127.0.0.1:{port}", str(state / "certs/apiserver.crt")
        if not wait_ready(server, token, ca, processes):
            raise OSError("a process of the control plane ended at once")
        (state / "kubeconfig").write_text(json.dumps(kubeconfig(server, ca, token)))
        facts = {"version": version, "server": server, "ca": ca, "token": token, "binaries": str(binaries),
                 "kubeconfig": str(state / "kubeconfig"), "apiserver": command,
                 "processes": [{"pid": p.pid, "started": start_time(p.pid)} for p in processes]}
        save(state, facts)
        return facts
    except BaseException:
        for process in reversed(processes):
            end(process.pid, start_time(process.pid))
        raise


def tail(path, lines=15):
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def start(state, binaries, version):
    """Starts a control plane, ending the one that the folder may still hold. Returns what state.json holds."""
    state, binaries = Path(state).absolute(), Path(binaries)
    stop(state)
    for _ in range(ATTEMPTS):
        try:
            return attempt(state, binaries, version)
        except OSError as problem:
            reason = problem
    raise Failed(f"{reason}\n{tail(state / 'etcd.log')}\n{tail(state / 'apiserver.log')}")


def load(state):
    """The facts of a running control plane, or None."""
    try:
        return json.loads((Path(state) / "state.json").read_text())
    except OSError:
        return None


def stop(state):
    """Ends the processes of the folder, the API server before its store. Logs stay to be read."""
    facts = load(state)
    if facts is None:
        return
    for process in reversed(facts["processes"]):
        end(process["pid"], process["started"])
    state = Path(state)
    for secret in ("state.json", "tokens.csv", "sa.key", "kubeconfig"):
        (state / secret).unlink(missing_ok=True)
    shutil.rmtree(state / "etcd", ignore_errors=True)
