"""One whole node of Kubernetes in network, mount and pid namespaces of its own, with no route out.

A keeper process holds it: when the keeper ends, so does all of the node. It ends by itself when the
ctest that asked for the node has ended, however that ended. What the node writes is in one temporary
folder, whose lock the keeper holds; folders and control groups of keepers that are gone, and of those
alone, are removed by the next start.
"""

import ctypes
import errno
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import controlplane
from kit.api import Api, wait_for

HERE = Path(__file__).resolve().parent
PREFIX = "sparkhook-node-"
CGROUPS = Path("/sys/fs/cgroup")
VERSIONS = dict(line.split("=") for line in (HERE / "node/versions").read_text().split())
# Ranges for documentation: nobody's, and nobody outside of the namespace sees them anyway.
NODE_IP, SERVICES, PODS = "192.0.2.2", "203.0.113.0/24", "198.51.100.0/24"
CLONE_NEWNET, PR_SET_PDEATHSIG = 0x40000000, 1
LIBC = ctypes.CDLL(None, use_errno=True)
LIFE = int(controlplane.LIFE)


def lacking():
    """Why there can be no node here, or None."""
    if os.geteuid() != 0:
        return "needs root: a node makes namespaces, mounts and control groups"
    for tool in ("unshare", "nsenter", "ip"):
        if not shutil.which(tool):
            return f"needs {tool}"
    tried = subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "tmpfs", "/run"],
                           capture_output=True, text=True, timeout=30)
    return f"needs namespaces and mounts: {tried.stderr.strip()}" if tried.returncode else None


# --- control groups

def hierarchies():
    """The folders under which a group of ours is made: one for version 2, one a controller for version 1."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [found for found in sorted(CGROUPS.iterdir()) if not found.is_symlink() and (found / "tasks").exists()]


def make_groups(name):
    """A kubelet ends what it doesn't know below its root group: so each node has one of its own.

    Such a group would get no more of the processors than any single process outside; it gets four shares.
    """
    for top in hierarchies():
        group = top / name
        group.mkdir(exist_ok=True)
        for value, four in (("cpu.shares", "4096"), ("cpu.weight", "400")):
            if (group / value).exists():
                (group / value).write_text(four)
        for value in ("cpuset.cpus", "cpuset.mems"):
            if (top / "tasks").exists() and (group / value).exists():
                (group / value).write_text((top / value).read_text())


def remove_groups(name, within=10):
    """A group can be removed once its last process is gone, which takes a moment."""
    deadline = time.monotonic() + within
    # Wherever it is: containerd makes some that we did not.
    for top in [CGROUPS / name, *CGROUPS.glob(f"*/{name}")]:
        for group, _, _ in os.walk(top, topdown=False):
            while not removed(group):
                assert time.monotonic() < deadline, f"{group} still has processes"
                time.sleep(0.05)


def removed(group):
    try:
        os.rmdir(group)
    except FileNotFoundError:
        pass
    except OSError as problem:
        if problem.errno != errno.EBUSY:
            raise
        return False
    return True


# --- what earlier runs left

def remove(folder):
    remove_groups(folder.name)
    shutil.rmtree(folder)


def sweep():
    """Removes what nodes left whose keeper is gone: the lock of their folder is free."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
            continue
        try:
            with open(folder / "lock", "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(folder)
        except (BlockingIOError, FileNotFoundError):  # it lives; or somebody else removes it
            continue


# --- the keeper

def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Ended(Exception):
    """Somebody asked the keeper to end."""


def asked_to_end(*_):
    raise Ended


def keep(folder, lock, watched, cache):
    """Holds the node of @folder until it or the process @watched ends, or SIGTERM comes. @lock is held all the time."""
    signal.signal(signal.SIGTERM, asked_to_end)
    os.set_inheritable(lock, False)
    node = None
    try:
        make_groups(folder.name)
        with open(folder / "log/init.log", "ab") as log:
            node = subprocess.Popen(
                ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private",
                 str(HERE / "node/init"), str(folder), str(cache)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)
        waiting = select.poll()
        waiting.register(os.pidfd_open(node.pid), select.POLLIN)
        if watched:
            waiting.register(os.pidfd_open(watched), select.POLLIN)
        waiting.poll(LIFE * 1000)
    except (Ended, ProcessLookupError):
        pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if node is not None:
            end_node(folder, node)
        remove_groups(folder.name)
        for part in ("lib", "etcd"):
            shutil.rmtree(folder / part, ignore_errors=True)


def end_node(folder, node):
    """Kills process 1 of the node, with which all others go; unshare ends after the last of them."""
    try:
        os.kill(int((folder / "init.pid").read_text()), signal.SIGKILL)
    except (OSError, ValueError):
        node.kill()
    node.wait()


# --- configuration

def containerd_toml(folder, cache):
    tools = cache / "node-tools/usr"
    cri = 'plugins."io.containerd.cri.v1'
    return f"""version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
address = "{folder}/containerd.sock"
[{cri}.images".pinned_images]
sandbox = "localhost/pause:1"
[{cri}.runtime"]
# Root of a virtual machine or a container may lack the right to lower it, and runc then gives up.
restrict_oom_score_adj = true
[{cri}.runtime".cni]
bin_dirs = ["{tools}/lib/cni"]
conf_dir = "{folder}/etc/cni"
[{cri}.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[{cri}.runtime".containerd.runtimes.runc.options]
BinaryName = "{tools}/sbin/runc"
SystemdCgroup = false
"""


def network():
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [
        {"type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True, "ipMasq": False,
         "ipam": {"type": "host-local", "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}


def kubelet(folder):
    return {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
            "address": NODE_IP, "clusterDNS": [NODE_IP], "clusterDomain": "cluster.local", "resolvConf": "",
            "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
            "authorization": {"mode": "AlwaysAllow"},
            "containerRuntimeEndpoint": f"unix://{folder}/containerd.sock",
            "cgroupDriver": "cgroupfs", "cgroupRoot": f"/{folder.name}", "enforceNodeAllocatable": [],
            "failCgroupV1": False, "failSwapOn": False, "maxPods": 60,
            # Images can't be had again, and how full the disk of a developer is concerns no test.
            "imageGCHighThresholdPercent": 100, "imageMinimumGCAge": "24h",
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"}}


def proxy(folder):
    return {"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": "iptables",
            "clusterCIDR": PODS, "clientConnection": {"kubeconfig": f"{folder}/kubeconfig"},
            # 0: leave alone. These values belong to the machine and can't be set from a namespace.
            "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"}}


def corefile(folder):
    return f""".:53 {{
  bind {NODE_IP}
  errors
  cache 1
  kubernetes cluster.local in-addr.arpa {{
    kubeconfig {folder}/kubeconfig e2e
    ttl 1
  }}
}}
"""


def prepare(folder, cache):
    """All files that the node's parts read. Returns the administrator's token."""
    token = controlplane.make_secrets(folder)
    for name in ("etc/cni", "bin", "lib/kubelet", "log"):
        (folder / name).mkdir(parents=True)
    texts = {"etc/addresses": f"NODE_IP={NODE_IP}\nSERVICES={SERVICES}\n",
             "etc/containerd.toml": containerd_toml(folder, cache), "etc/Corefile": corefile(folder),
             "etc/cni/pods.conflist": json.dumps(network()), "etc/kubelet.json": json.dumps(kubelet(folder)),
             "etc/proxy.json": json.dumps(proxy(folder)),
             "kubeconfig": json.dumps(controlplane.kubeconfig(f"https://{NODE_IP}:6443", f"{folder}/certs/apiserver.crt", token))}
    for name, text in texts.items():
        (folder / name).write_text(text)
    return token


# --- from outside

def enter_network(facts):
    """From here on this process, and what it starts, has the node's network instead of the machine's."""
    with open(f"/proc/{facts['init']}/ns/net", "rb") as namespace:
        if LIBC.setns(namespace.fileno(), CLONE_NEWNET):
            raise controlplane.Failed(f"setns: {os.strerror(ctypes.get_errno())}")


def inside(facts, *command):
    """A command line that runs in the node's namespaces."""
    return ["nsenter", f"--target={facts['init']}", "--net", "--mount", "--pid", "--", *map(str, command)]


def import_images(facts, archive):
    """Takes an open file with an archive of images, as `docker save` writes it, into the node."""
    ctr = [f"{facts['cache']}/containerd-{VERSIONS['CONTAINERD']}/ctr", f"--address={facts['folder']}/containerd.sock",
           "--namespace=k8s.io", "images", "import", "-"]
    done = subprocess.run(inside(facts, *ctr), stdin=archive, capture_output=True, text=True, timeout=240)
    if done.returncode:
        raise controlplane.Failed(f"ctr images import: {done.stderr[-2000:]}")


def import_cached(facts):
    """The images that the cache holds unpacked."""
    with subprocess.Popen(["tar", "-C", f"{facts['cache']}/node-images", "-c", "."], stdout=subprocess.PIPE) as packed:
        import_images(facts, packed.stdout)
    if packed.returncode:
        raise controlplane.Failed("the cached images could not be read")


def logs(state):
    facts = controlplane.load(state)
    found = sorted(Path(facts["folder"], "log").glob("*")) if facts else []
    return "\n".join(f"--- {log.name}\n{controlplane.tail(log)}" for log in found if log.is_file())


def node_ready(api):
    nodes = api.done("GET", "/api/v1/nodes")["items"]
    return nodes and any(c["type"] == "Ready" and c["status"] == "True" for c in nodes[0]["status"].get("conditions", []))


def ctest():
    """The process whose end ends the node: our parent if that is ctest, else none (0)."""
    try:
        return os.getppid() if Path(f"/proc/{os.getppid()}/comm").read_text() == "ctest\n" else 0
    except OSError:
        return 0


def spawn_keeper(folder, lock, cache):
    """The lock is passed on locked, so that there is no moment at which a sweep could take it."""
    with open(folder / "log/keeper.log", "ab") as log:
        return subprocess.Popen([sys.executable, __file__, str(folder), str(lock.fileno()), str(ctest()), str(cache)],
                                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[lock.fileno()], start_new_session=True)


def launch(state, cache):
    """Starts a node and waits for its first process only. Returns its facts, which state.json holds too."""
    state = Path(state).absolute()
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True, mode=0o700)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    with open(folder / "lock", "xb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        token = prepare(folder, cache)
        keeper = spawn_keeper(folder, lock, cache)
    facts = {"version": VERSIONS["KUBERNETES"], "server": f"https://{NODE_IP}:6443", "ca": f"{folder}/certs/apiserver.crt",
             "token": token, "binaries": f"{cache}/k8s-{VERSIONS['KUBERNETES']}", "kubeconfig": f"{folder}/kubeconfig",
             "folder": str(folder), "cache": str(cache),
             "processes": [{"pid": keeper.pid, "started": controlplane.start_time(keeper.pid)}]}
    # Before anything can go wrong, so that stop() finds it even if we are killed.
    write(state, facts)
    until(facts, "the runtime listens", (folder / "containerd.sock").exists)
    facts["init"] = int((folder / "init.pid").read_text())
    return facts


def until(facts, what, condition):
    """Waits for @condition, as long as the node lives."""
    keeper = facts["processes"][0]

    def met():
        assert controlplane.start_time(keeper["pid"]) == keeper["started"], "the node ended"
        return condition()

    wait_for(what, met, within=60)


def start(state, cache, image):
    """A node that is ready for pods and has our @image, in place of the one that the folder @state may still hold."""
    stop(state)
    sweep()
    try:
        facts = launch(state, cache)
        enter_network(facts)
        import_cached(facts)
        with open(image, "rb") as archive:
            import_images(facts, archive)
        until(facts, "the API server is ready", lambda: controlplane.answers(facts["server"], facts["token"], facts["ca"]))
        until(facts, "the node is ready", lambda: node_ready(Api(facts)))
        write(Path(state), {**facts, "image": str(image)})
    except BaseException as problem:
        said = logs(state)
        stop(state)
        if isinstance(problem, Exception):
            raise controlplane.Failed(f"{problem}\n{said}") from problem
        raise


def write(state, facts):
    (state / "state.json.tmp").write_text(json.dumps(facts, indent=1))
    os.replace(state / "state.json.tmp", state / "state.json")


def stop(state):
    """Ends the node of a state folder and removes what it had, but for its logs: they move to that folder."""
    state = Path(state)
    facts = controlplane.load(state)
    if facts is None:
        return
    for process in facts["processes"]:
        controlplane.end(process["pid"], process["started"], within=30)
    folder = Path(facts["folder"])
    shutil.rmtree(state / "log", ignore_errors=True)
    if (folder / "log").is_dir():
        shutil.copytree(folder / "log", state / "log", ignore=lambda *_: ["pods", "containers"])
    (state / "state.json").unlink()
    if folder.is_dir():
        remove(folder)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
