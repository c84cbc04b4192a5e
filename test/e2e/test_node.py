"""The node itself: that it runs pods, lets nothing out, and leaves nothing behind."""

import errno
import os
import signal
import socket
from pathlib import Path

import controlplane
import onenode
from kit.api import wait_for

HELLO = """
echo "hello from uid $(id -u)"
exec 3<>/dev/tcp/kubernetes.default.svc/443 && echo "found the API server by name"
exit 7
"""


def test_pod_runs_and_finds_the_api_server(env):
    pod = {"metadata": {"name": "hello"},
           "spec": {"restartPolicy": "Never", "containers": [
               {"name": "hello", "image": "localhost/base:1", "command": ["bash", "-c", HELLO],
                "securityContext": {"runAsUser": 1234}}]}}
    assert env.api.create_pod(env.namespace, pod).code == 201

    def ended():
        status = env.api.pods(env.namespace)[0]["status"].get("containerStatuses", [{}])[0]
        return status.get("state", {}).get("terminated")

    assert wait_for("the pod ends", ended)["exitCode"] == 7
    said = env.kubectl("logs", "-n", env.namespace, "hello").stdout
    assert said == "hello from uid 1234\nfound the API server by name\n", said


def test_there_is_no_way_out(env):
    with socket.socket() as client:
        assert client.connect_ex(("192.88.99.1", 443)) == errno.ENETUNREACH


def test_killed_keeper_leaves_nothing_that_the_next_start_does_not_remove(env):
    facts = onenode.launch(env.folder / "state", Path(env.facts["cache"]))
    folder, keeper = Path(facts["folder"]), facts["processes"][0]
    groups = list(onenode.CGROUPS.glob(f"*/{folder.name}")) + list(onenode.CGROUPS.glob(folder.name))
    assert groups and folder.is_dir()
    onenode.sweep()
    assert folder.is_dir() and controlplane.start_time(keeper["pid"]), "a node that lives was swept away"
    os.kill(keeper["pid"], signal.SIGKILL)
    wait_for("the node ends with its keeper", lambda: not Path(f"/proc/{facts['init']}").exists())
    onenode.sweep()
    assert not folder.exists() and not any(group.exists() for group in groups)


def test_node_is_gone_once_it_is_stopped(env):
    state = env.folder / "state"
    facts = onenode.launch(state, Path(env.facts["cache"]))
    onenode.stop(state)
    assert not Path(facts["folder"]).exists() and not Path(f"/proc/{facts['init']}").exists()
    assert facts["folder"] not in Path("/proc/self/mountinfo").read_text()
    assert "etcd" in "".join(log.name for log in (state / "log").iterdir())
