"""spark-controller without a cluster: its flags, its probes, its metrics, its end, and what installs it."""

import http.client
import json
import re
import signal
import subprocess

import exposition
from harness import SOURCE, TIMEOUT, Answer, free_ports, wait_until
from test_manifest import check_same

NINE = {f"spark_app_{name}" for name in
        ("submit_count", "success_count", "failure_count", "running_count", "success_execution_time_microseconds",
         "failure_execution_time_microseconds", "executor_success_count", "executor_failure_count",
         "executor_running_count")}


def controller(env, *args):
    return subprocess.run([env.controller, *map(str, args)], capture_output=True, text=True, timeout=TIMEOUT,
                          stdin=subprocess.DEVNULL, cwd=env.dir, check=False, env={"PATH": "/usr/bin:/bin"})


def spark_home(env):
    (env.dir / "spark/bin").mkdir(parents=True, exist_ok=True)
    submit = env.dir / "spark/bin/spark-submit"
    submit.write_text("#!/bin/sh\n")
    submit.chmod(0o755)
    return submit.parents[1]


def kubeconfig(env):
    """Of a cluster where nobody listens."""
    file = env.dir / "kubeconfig"
    file.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "a", "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "a", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{free_ports(1)[0]}"}}]}))
    return file


class Running:
    def __init__(self, env, *args):
        self.log = env.dir / "controller.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [env.controller, "run", f"--kubeconfig={kubeconfig(env)}", f"--spark-home={spark_home(env)}",
                 f"--work-folder={env.dir}", "--health-port=0", "--health-address=127.0.0.1", *args],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={"PATH": "/usr/bin:/bin"})
        self.port = wait_until(self._port, "the line 'listening'")

    def _port(self):
        assert self.process.poll() is None, self.log.read_text()
        found = re.search(r'"listening".*?"health_port":(\d+)', self.log.read_text())
        return found and int(found[1])

    def ask(self, path, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def end(self, number):
        self.process.send_signal(number)
        code = self.process.wait(TIMEOUT)
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        assert lines[-1]["msg"] == "stopped", lines[-1]
        return code


def test_controller_refuses_what_it_cannot_use(env):
    home = spark_home(env)
    cases = [(["run", "--naemspaces=a"], "is --namespaces meant?"), (["rnu"], "is run meant?"),
             (["run"], "--spark-home: missing, and SPARK_HOME is not set"),
             (["run", f"--spark-home={env.dir}/none"], "where bin/spark-submit can't be run"),
             (["run", f"--spark-home={home}", f"--kubeconfig={env.dir}/none"], f"{env.dir}/none"),
             (["crds", "--apply", f"--kubeconfig={env.dir}/none"], f"{env.dir}/none"),
             (["manifest", "--job-namespace=a.b"], "--job-namespace: found 'a.b'"),
             (["manifest", "--label-selector=a\"b"], "--label-selector: found"),
             (["manifest", "--label-selector=a in (b"], "--label-selector: found 'a in (b', expected labels"),
             (["manifest", "--namespaces=a,b"], "expected"),
             (["manifest", "--run-flag=--resync=1m"], "--run-flag: unknown flag '--resync'"),
             (["manifest", "--run-flag=--ingress-class=n"], "--run-flag: --ingress-class: needs --ingress-url-format"),
             (["manifest", "--run-flag=--replicas=1"], "--run-flag: unknown flag"),
             (["manifest", "--run-flag=--leader-election=false"], "--run-flag: found '--leader-election=false', which"),
             (["manifest", "--run-flag=--work-folder=it's"], "--run-flag: found"), ([], "usage: spark-controller")]
    for args, told in cases:
        done = controller(env, *args)
        assert done.returncode == 2 and told in done.stderr and not done.stdout, (args, done)


def test_controller_has_help_for_each_command(env):
    for args in ["--help"], ["help"], ["help", "run"], ["run", "--help"], ["crds", "--help"], ["manifest", "--help"]:
        done = controller(env, *args)
        assert done.returncode == 0 and "usage: spark-controller" in done.stdout and not done.stderr, (args, done)
    assert controller(env, "--version").stdout.startswith("spark-controller ")


def test_controller_man_page_and_help_have_the_same_flags(env):
    page = (SOURCE / "man/spark-controller.8").read_text()
    described = set(re.findall(r"Fl Fl ([a-z0-9-]+)", page))
    for flag in re.findall(r"^  --([a-z0-9-]+)", controller(env, "run", "--help").stdout, re.M):
        assert flag in described, flag
    printed = "".join(controller(env, *args, "--help").stdout for args in ([], ["run"], ["crds"], ["manifest"]))
    for flag in described:
        assert f"--{flag}" in printed, flag


def test_controller_is_alive_but_not_ready_without_its_cluster(env):
    for args in [], ["--namespaces=a,b"], ["--leader-election=false", "--label-selector=a=b"]:
        with Running(env, *args) as running:
            assert running.ask("/healthz").body == b"ok\n"
            answer = running.ask("/readyz")
            assert answer.status == 503 and answer.body.startswith(b"not ready: "), answer.body
            assert running.ask("/nowhere").status == 404 and running.ask("/metrics", "POST").status == 405
            assert running.end(signal.SIGTERM) == 0


def test_controller_ends_at_both_signals_only(env):
    with Running(env) as running:
        running.process.send_signal(signal.SIGHUP)
        assert running.ask("/healthz").status == 200
        assert running.end(signal.SIGINT) == 0


def test_controller_tells_of_a_port_that_is_taken(env):
    with Running(env) as running:
        done = controller(env, "run", f"--kubeconfig={kubeconfig(env)}", f"--spark-home={spark_home(env)}",
                          "--health-address=127.0.0.1", f"--health-port={running.port}")
        assert done.returncode == 1 and "--health-port: " in done.stderr, done


def test_controller_metrics_are_well_formed(env):
    """The nine have the names that dashboards know, whatever names should be today."""
    with Running(env, "--metrics-prefix=my-") as running:
        answer = running.ask("/metrics")
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = answer.body.decode()
    names = set(re.findall(r"^# TYPE (\S+) ", text, re.M))
    assert {f"my_{name}" for name in NINE} <= names, names
    blocks = re.split(r"(?m)^(?=# HELP )", text)
    ours = "".join(block for block in blocks if not re.match(r"# HELP my_spark_app_\w+(_count|_microseconds) ", block))
    families = exposition.parse(ours)
    assert len(names) == len(families) + len(NINE) + 1, names ^ families.keys()  # and the failed submissions
    for name in "spark_controller_leader", "spark_controller_caches_filled":
        assert families[name].samples[(name, ())] == 0, name


def test_controller_manifests_of_this_repository_are_the_default(env):
    folder = SOURCE / "manifest/controller"
    done = controller(env, "manifest", f"--directory={env.dir}/made")
    assert done.returncode == 0 and not done.stdout and not done.stderr, done
    made = {file.name: file.read_text() for file in (env.dir / "made").iterdir()}
    check_same(folder, folder.glob("*.yaml"), made)
    printed = controller(env, "manifest")
    assert "no --image" in printed.stderr
    del made["kustomization.yaml"]
    assert printed.stdout == "".join(f"---\n{made[name]}" for name in sorted(made))


def test_controller_manifests_are_whole_for_every_option(env):
    for args in (["--job-namespace=a", "--job-namespace=b", "--v1alpha1"], ["--replicas=1", "--existing-namespace"],
                 ["--label-selector=team in (a,b)", "--priority-class=p", "--image-pull-secret=s", "--namespace=default"]):
        done = controller(env, "manifest", "--image=r.example.com/c:1", *args)
        assert done.returncode == 0 and not done.stderr, done
        for line in done.stdout.splitlines():
            assert line == line.rstrip() and "%" not in line, line
        jobs = "--job-namespace=a" in args
        assert ("kind: ClusterRole\n" in done.stdout) != jobs
        assert ("--namespaces=b" in done.stdout) == ("deletecollection" in done.stdout) == jobs


def test_controller_manifests_hand_on_flags_of_run(env):
    flags = ["--ingress-url-format={{$appName}}.example.com", '--ingress-annotations={"a":"b: # c"}', "--spark-home=3.5=/opt/3.5"]
    done = controller(env, "manifest", "--image=c:1", *(f"--run-flag={flag}" for flag in flags))
    assert done.returncode == 0 and not done.stderr, done
    args = re.search(r"args:\n((?: +- .*\n)+)", done.stdout).group(1)
    assert [line.strip() for line in args.splitlines()][-3:] == [f"- '{flag}'" for flag in flags], args
