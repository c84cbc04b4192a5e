#!/usr/bin/env python3
"""Runs the end-to-end tests against a real API server.

  main.py setup --kube VERSION --state DIR                  builds what is missing, starts etcd and kube-apiserver
  main.py setup --node --state DIR                          the same, but a whole node (see onenode.py; needs root)
  main.py run --state DIR --webhook BINARY FILE:NAME        one test: the function NAME(env) of FILE
  main.py teardown --state DIR

Exit: 0 passed, 1 failed, 77 skipped with a line "SKIP: reason". With CI=true nothing is skipped.
"""

import argparse
import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.append(str(HERE.parent / "integration"))

import controlplane  # noqa: E402  (the folder has to be known first)
import gotools  # noqa: E402
import onenode  # noqa: E402
from kit.api import Api, wait_for  # noqa: E402
from kit.cluster import IMAGE  # noqa: E402
from kit.pods import STAMP  # noqa: E402
from kit.webhook import CONFIGURATION, Webhook, pointed_at, register  # noqa: E402

SKIPPED = 77
# Below ctest's own limit, so that a test which hangs still ends its processes and shows its log.
RUN_WITHIN = 280
HELM_VERSION, CERT_MANAGER_VERSION = "v3.22.0", "v1.18.2"
SPARK_VERSIONS = ("3.5.7", "4.3.0")  # of the node's images


class Skip(Exception):
    """Something that only this machine's owner can add is missing."""


def cache():
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("SPARKHOOK_CACHE") or Path(base) / "sparkhook")


class Env:
    """What a test is given. Each has a namespace of its own, and a webhook of its own once it asks for one."""

    def __init__(self, facts, binary, name, state):
        self.facts, self.binary = facts, binary
        self.load_binary = os.environ.get("SPK_LOAD_WEBHOOK") or binary  # what is put under load
        self.api = Api(facts)
        self.kube = facts["version"]
        self.folder = Path(tempfile.mkdtemp(prefix="sparkhook-e2e-"))
        self.dir, self.cache = self.folder, Path(state).resolve()  # as the tools of test/integration call them
        self.unique = secrets.token_hex(3)
        self.namespace = f"{name.removeprefix('test_').replace('_', '-')[:50]}-{self.unique}"
        self._webhook, self._later = None, []
        self.api.create_namespace(self.namespace)

    def later(self, undo):
        """Runs @undo when the test is over, the last one first."""
        self._later.append(undo)

    @property
    def webhook(self):
        """Our webhook, registered as manifest/ says and called by the API server."""
        if self._webhook is None:
            self._webhook = self.start_webhook()
            register(self, self.configuration(self._webhook), lambda pod: STAMP in pod["metadata"]["annotations"])
        return self._webhook

    def start_webhook(self, arguments=None):
        if not (self.binary and os.access(self.binary, os.X_OK)):
            raise Skip(f"no webhook at {self.binary}")
        webhook = Webhook(self.binary, self.folder, arguments)
        self.later(webhook.stop)
        return webhook

    def manifest(self, file):
        """What is in a file of YAML, read by the one parser that counts."""
        done = self.kubectl("create", "--dry-run=client", "-o", "json", "-f", str(file))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def configuration(self, webhook):
        """Our registration as the file has it, with a name of its own, for this test's namespace alone."""
        loaded = self.manifest(CONFIGURATION)
        url = f"https://127.0.0.1:{webhook.port}/mutate"
        return pointed_at(loaded, f"{loaded['metadata']['name']}-{self.unique}", self.namespace, url, webhook.ca)

    def kubectl(self, *arguments, stdin=None):
        command = [f"{self.facts['binaries']}/kubectl", f"--kubeconfig={self.facts['kubeconfig']}",
                   f"--cache-dir={self.folder}/kubectl", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60)

    def plain(self, pod):
        """The pod as the API server stores it where no webhook is asked."""
        answer = self.api.create_pod("default", pod, dry_run=True)
        assert answer.code == 201, answer.message
        return answer.body

    def proxy(self, **flags):
        """A TCP balancer before webhooks, or with @flags a way to the API server."""
        try:
            proxy = gotools.Proxy(self, **flags)
        except gotools.Skip as reason:
            raise Skip(str(reason)) from None
        self.later(proxy.end)
        return proxy

    def helm(self, *arguments):
        places = {f"HELM_{kind}_HOME": str(self.folder / f"helm-{kind.lower()}") for kind in ("CACHE", "CONFIG", "DATA")}
        return subprocess.run([cache() / f"helm-{HELM_VERSION}/helm", f"--kubeconfig={self.facts['kubeconfig']}", *arguments],
                              env={**os.environ, **places}, capture_output=True, text=True, timeout=120)

    def define_cert_manager(self):
        """Makes cert-manager's objects known to the API server; nobody acts on them."""
        # By the server: one is too long for the annotation that kubectl would keep otherwise.
        done = self.kubectl("apply", "--server-side", "-f", str(cache() / f"cert-manager-{CERT_MANAGER_VERSION}/crds.yaml"))
        assert done.returncode == 0, done.stderr
        wait_for("they are served", lambda: {"certificates", "issuers"} <= {
            each["name"] for each in self.api.call("GET", "/apis/cert-manager.io/v1").body.get("resources", [])})

    def spark_home(self, version):
        home = cache() / f"spark-{version}"
        if not home.is_dir():
            raise Skip(f"no Spark {version} in the cache")
        return home

    def close(self):
        problems = []
        for undo in reversed(self._later):
            try:
                undo()
            except Exception as problem:  # the others still have to be undone
                problems.append(problem)
        if problems:
            raise problems[0]


def show_log(env, lines=30):
    for log in sorted(env.folder.rglob("*.log")):
        print(f"--- {log.relative_to(env.folder)}", *log.read_text(errors="replace").splitlines()[-lines:], sep="\n", file=sys.stderr)


def call(function, env):
    """Runs one test. Whatever happens, what it started is ended."""
    try:
        try:
            function(env)
        finally:
            env.close()
        return 0
    except Skip:
        raise
    except BaseException:
        traceback.print_exc()
        show_log(env)
        return 1
    finally:
        shutil.rmtree(env.folder, ignore_errors=True)


def find(test):
    path, _, name = test.rpartition(":")
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name), name


def out_of_time(*_):
    raise TimeoutError(f"not done within {RUN_WITHIN} s")


def run(options):
    facts = controlplane.load(options.state)
    if facts is None:
        reason = Path(options.state) / "skipped"
        raise Skip(reason.read_text() if reason.exists() else "no control plane: run `main.py setup` first")
    if "init" in facts:
        onenode.enter_network(facts)
    function, name = find(options.test)
    signal.signal(signal.SIGALRM, out_of_time)
    signal.signal(signal.SIGTERM, out_of_time)
    signal.alarm(RUN_WITHIN)
    return call(function, Env(facts, options.webhook, name, options.state))


def fill(script, *arguments):
    """One of the scripts that fill the cache. Its output is ours to show; its reason to skip is ours too."""
    done = subprocess.run([str(HERE / script), *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    reasons = [line[6:] for line in done.stdout.splitlines() if line.startswith("SKIP: ")]
    if done.returncode == SKIPPED and reasons:
        raise Skip(reasons[-1])
    print(done.stdout, end="", flush=True)
    if done.returncode:
        raise controlplane.Failed(f"{script} ended with {done.returncode}")


def setup(options):
    for tool in ("openssl", "bash"):
        if not shutil.which(tool):
            raise Skip(f"needs {tool}")
    if options.node:
        return setup_node(options)
    fill("control-plane/build", options.kube)
    fill("control-plane/spark")
    fill("control-plane/install-tools", HELM_VERSION, CERT_MANAGER_VERSION)
    controlplane.start(options.state, cache() / f"k8s-{options.kube}", options.kube)
    return 0


def setup_node(options):
    reason = onenode.lacking()
    if reason:
        raise Skip(reason)
    fill("node/build")
    fill("control-plane/spark")
    fill("node/images", str(cache() / "node-images"), *SPARK_VERSIONS)
    fill("spdx", sys.executable)
    image = Path(options.state).absolute().parent / "image/sparkhook.tar"
    fill("../../tools/image", "--tag", IMAGE, "--output", str(image))
    onenode.start(options.state, cache(), image)
    return 0


def teardown(options):
    facts = controlplane.load(options.state)
    (onenode if facts and "folder" in facts else controlplane).stop(options.state)
    # The node's image lies beside its state, which each setup empties; the next one makes it anew.
    if facts and "image" in facts:
        shutil.rmtree(Path(facts["image"]).parent, ignore_errors=True)
    return 0


def skipped(options, reason):
    if os.environ.get("CI") == "true":
        print(f"FAILED: nothing is skipped where CI=true: {reason}", file=sys.stderr)
        return 1
    print(f"SKIP: {reason}")
    if options.command is setup:
        # The tests of this control plane are run all the same and have to say why they are not.
        Path(options.state).mkdir(parents=True, exist_ok=True)
        (Path(options.state) / "skipped").write_text(str(reason))
    return SKIPPED


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for command in (setup, run, teardown):
        sub = commands.add_parser(command.__name__)
        sub.set_defaults(command=command)
        sub.add_argument("--state", required=True)
        if command is setup:
            which = sub.add_mutually_exclusive_group(required=True)
            which.add_argument("--kube")
            which.add_argument("--node", action="store_true")
        if command is run:
            sub.add_argument("--webhook")
            sub.add_argument("test", metavar="FILE:NAME")
    return parser.parse_args()


def main():
    options = arguments()
    try:
        return options.command(options)
    except Skip as reason:
        return skipped(options, reason)
    except controlplane.Failed as reason:
        print(f"FAILED: {reason}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
