"""What the controller is made of, each against a real API server: who leads, what is told, what is in sight."""

import os
import signal
import time
from pathlib import Path

from kit.api import wait_for
from kit.kube import Client, Plane, write_config
from kit.storm import Storm

APPS, FIRST_APPS = "/apis/sparkoperator.k8s.io/v1beta2", "/apis/spark-operator.k8s.io/v1alpha1"
CRDS = Path(__file__).resolve().parents[2] / "manifest/crds"
DURATION, DEADLINE, RETRY = 3000, 2000, 400


class Parts(Client):
    program = "SPK_PARTS_CLIENT"

    def __init__(self, env, *arguments):
        super().__init__(env, *arguments)
        self.seen, self.identity = [], None

    def campaign(self, env, identity, name="leader"):
        self.identity = identity
        self.tell(do="lease", ns=env.namespace, name=name, identity=identity, duration_ms=DURATION, deadline_ms=DEADLINE,
                  retry_ms=RETRY)

    def until(self, wanted, **more):
        lines = super().until(wanted, **more)
        self.seen += lines
        return lines

    def news(self):
        """All that has come since, without waiting."""
        lines = []
        while not self.lines.empty():
            lines.append(self.lines.get())
        self.seen += [line for line in lines if line is not None]
        return lines

    def ask(self, what, answer, **more):
        self.tell(do=what, **more)
        return self.until(lambda line: answer in line)[-1]

    def kill(self):
        """As a machine that dies; what it had said until then is still there to be read."""
        self.process.kill()
        self.process.wait()
        self.reader.join(timeout=20)

    def stop(self):
        if self.process.poll() != -signal.SIGKILL:
            super().stop()


def leading(yes):
    return lambda line: line.get("leading") is yes


def reigns(*candidates):
    """Who believed to lead, one after the other: [identity, first, last]. Two who believed it in the same moments show
    as many short ones."""
    result = []
    beats = sorted((line["beat"], each.identity) for each in candidates for line in each.seen if "beat" in line)
    for at, who in beats:
        if result and result[-1][0] == who:
            result[-1][2] = at
        else:
            result.append([who, at, at])
    return result


def must_not_overlap(*candidates):
    """Between the last moment of one and the first of another, who waited for the first one's time to be over or was
    given the Lease, nobody leads."""
    found = reigns(*candidates)
    for before, after in zip(found, found[1:]):
        assert after[1] - before[2] >= 20, (before, after, found)
    return found


def lease(env, name="leader"):
    return f"/apis/coordination.k8s.io/v1/namespaces/{env.namespace}/leases/{name}"


def wait_leader(candidates):
    """The first one that says from now on that it leads."""
    def found():
        return next((each for each in candidates if any("beat" in line for line in each.news())), None)
    for each in candidates:
        each.news()
    return wait_for("somebody leads", found, within=30)


def test_parts_another_leads_when_the_leader_is_killed(env):
    """Three candidates, killed one after the other: never two at once, and the next one after the duration."""
    config = write_config(env)
    candidates = [Parts(env, f"kubeconfig={config}") for _ in range(3)]
    for number, each in enumerate(candidates):
        each.campaign(env, f"candidate-{number}")
    order, left = [], list(candidates)
    while left:
        leader = wait_leader(left)
        order.append(leader.identity)
        time.sleep(2 * RETRY / 1000)
        left.remove(leader)
        if left:
            leader.kill()
        leader.news()
    for each in candidates:
        assert not any(line.get("error") for line in each.seen), each.seen
    found = must_not_overlap(*candidates)
    assert [reign[0] for reign in found] == order and len(order) == 3, (found, order)
    for before, after in zip(found, found[1:]):
        gap = after[1] - before[2]
        assert DURATION - DEADLINE <= gap <= DURATION + 3000, (gap, found)
    last = leader
    spec = env.api.done("GET", lease(env))["spec"]
    assert spec["holderIdentity"] == order[-1] and spec["leaseTransitions"] == 2, spec
    # Given up: the next one need not wait for the duration.
    last.ask("resign", "resigned")
    assert env.api.done("GET", lease(env))["spec"]["holderIdentity"] == ""
    heir = Parts(env, f"kubeconfig={config}")
    begun = time.monotonic()
    heir.campaign(env, "heir")
    heir.until(leading(True))
    assert time.monotonic() - begun < DURATION / 1000 - 1


def test_parts_a_leader_that_is_held_up_leads_no_more(env):
    """Stopped as by a debugger, and going on when another leads: it does not believe to lead for a moment."""
    config = write_config(env)
    one, two = (Parts(env, f"kubeconfig={config}") for _ in range(2))
    one.campaign(env, "one")
    one.until(lambda line: "beat" in line)
    two.campaign(env, "two")
    os.kill(one.process.pid, signal.SIGSTOP)
    two.until(lambda line: "beat" in line)
    os.kill(one.process.pid, signal.SIGCONT)
    one.until(leading(False))
    time.sleep(1)
    one.news()
    two.news()
    found = must_not_overlap(one, two)
    assert [reign[0] for reign in found] == ["one", "two"], found


def test_parts_nobody_leads_without_an_api_server(env):
    """Stopped, silent, and killed with its answers on the way: the belief ends in time, and comes back."""
    plane = Plane(env)
    env.namespace = "default"
    config = write_config(env)
    one, two = (Parts(env, f"kubeconfig={config}") for _ in range(2))
    one.campaign(env, "one")
    one.until(leading(True))
    two.campaign(env, "two")

    def outage(begin, end):
        time.sleep(1)
        begin()
        begun = time.monotonic() * 1000
        time.sleep((DURATION + RETRY) / 1000)
        for each in (one, two):
            each.news()
            late = [line["beat"] for line in each.seen if line.get("beat", 0) > begun + DEADLINE + 100]
            assert not late, (each.identity, begun, late)
        end()
        wait_leader((one, two))

    outage(plane.stop, plane.start)
    go_on = []
    outage(lambda: go_on.append(plane.pause()), lambda: go_on[0]())
    said = [line["error"] for line in one.seen if line.get("error")]
    assert any(text.startswith("Lease default/leader: ") and plane.server in text for text in said), said
    must_not_overlap(one, two)


def test_parts_nobody_leads_without_permission(env):
    """Refused, allowed, and refused again: said each time."""
    env.api.done("POST", f"/api/v1/namespaces/{env.namespace}/serviceaccounts", {"metadata": {"name": "robot"}})
    token = env.api.done("POST", f"/api/v1/namespaces/{env.namespace}/serviceaccounts/robot/token",
                         {"spec": {"expirationSeconds": 600}})["status"]["token"]
    robot = Parts(env, f"kubeconfig={write_config(env, user={'token': token})}")
    robot.campaign(env, "robot")
    refused = robot.until(leading(False))[-1]
    assert f"Lease {env.namespace}/leader: 403 Forbidden: leases" in refused["error"], refused
    rights = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{env.namespace}"
    env.api.done("POST", f"{rights}/roles", {"metadata": {"name": "leads"}, "rules": [
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]}]})
    env.api.done("POST", f"{rights}/rolebindings", {
        "metadata": {"name": "leads"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "leads"},
        "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": env.namespace}]})
    robot.until(leading(True))
    env.api.done("DELETE", f"{rights}/rolebindings/leads")
    warned = robot.until(lambda line: "403" in line.get("error", ""))[-1]
    if warned["leading"]:
        robot.until(leading(False))


def test_parts_a_lease_in_bad_weather(env):
    """Answers are refused, lost and cut: two candidates never lead at once, and somebody does when it is over."""
    storm = Storm(env)
    config = write_config(env, cluster={"server": storm.url})
    one, two = (Parts(env, f"kubeconfig={config}") for _ in range(2))
    one.campaign(env, "one")
    two.campaign(env, "two")
    time.sleep(25)
    storm.blows = False
    wait_leader((one, two))
    must_not_overlap(one, two)
    assert storm.refused and storm.lost, (storm.refused, storm.lost)


def test_parts_events(env):
    """The same three times is one with a count of three; who says too much is held back; as kubectl shows them."""
    parts = Parts(env, f"kubeconfig={write_config(env)}")

    def say(times=1, **more):
        about = {"ns": env.namespace, "name": "pi", "uid": "u-1", "reason": "SparkApplicationAdded", "message": "was added"}
        parts.tell(do="tell", times=times, **{**about, **more})

    def counted(sent):
        return wait_for(f"{sent} are sent", lambda: (now := parts.ask("told", "sent")) and now["sent"] >= sent and now)

    say(times=3)
    long = "x" * 1023 + "\u00e9 and more"
    say(message=long, warning=True, reason="Long")
    counted(4)
    events = env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/events")["items"]
    added = [each for each in events if each["reason"] == "SparkApplicationAdded"]
    assert len(added) == 1 and added[0]["count"] == 3 and added[0]["type"] == "Normal", added
    assert added[0]["source"] == {"component": "spark-operator", "host": "host"}, added
    assert added[0]["involvedObject"] == {"apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication",
                                          "namespace": env.namespace, "name": "pi", "uid": "u-1"}, added
    assert [each["message"] for each in events if each["reason"] == "Long"] == ["x" * 1023]
    shown = env.kubectl("get", "events", "-n", env.namespace)
    assert "was added" in shown.stdout and "sparkapplication/pi" in shown.stdout, shown
    # The first one is deleted: the next begins anew.
    env.api.done("DELETE", f"/api/v1/namespaces/{env.namespace}/events/{added[0]['metadata']['name']}")
    say()
    counted(5)
    say(times=40, name="chatty", uid="u-2", message="again and again")
    now = wait_for("all are judged", lambda: (now := parts.ask("told", "sent"))["held_back"] >= 15 and now)
    assert now == {"sent": 30, "dropped": 0, "held_back": 15}, now
    chatty = [each for each in env.api.done("GET", f"/api/v1/namespaces/{env.namespace}/events")["items"]
              if each["involvedObject"]["name"] == "chatty"]
    assert [each["count"] for each in chatty] == [25], chatty
    say(ns="no-such-namespace", name="lost")
    wait_for("it is dropped", lambda: parts.ask("told", "sent")["dropped"] == 1)


def test_parts_events_outlast_an_api_server(env):
    plane = Plane(env)
    env.namespace = "default"
    parts = Parts(env, f"kubeconfig={write_config(env)}")
    plane.stop()
    for number in range(20):
        parts.tell(do="tell", times=1, ns="default", name=f"app-{number}", uid="u", reason="Said", message="while it was away")
    time.sleep(2)
    assert parts.ask("told", "sent") == {"sent": 0, "dropped": 0, "held_back": 0}
    plane.start()
    wait_for("all are sent", lambda: parts.ask("told", "sent")["sent"] == 20)


def define(env, admin, version="v1beta2"):
    """Our definition, at the test's own API server."""
    folder = {"v1beta2": CRDS, "v1alpha1": CRDS / "v1alpha1"}[version]
    for file in folder.glob("*.yaml"):
        admin.done("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "POST", body=env.manifest(file))
    group = {"v1beta2": APPS, "v1alpha1": FIRST_APPS}[version]
    wait_for("it is served", lambda: admin.call(f"{group}/namespaces/default/sparkapplications")["rc"] == 0)


def application(name, version="v1beta2", **labels):
    group = {"v1beta2": APPS, "v1alpha1": FIRST_APPS}[version].removeprefix("/apis/")
    return {"apiVersion": group, "kind": "SparkApplication", "metadata": {"name": name, "labels": labels}, "spec": {
        "type": "Scala", "mode": "cluster", "image": "spark:3.5.7", "mainClass": "org.example.Main",
        "mainApplicationFile": "local:///app.jar", "sparkVersion": "3.5.7", "restartPolicy": {"type": "Never"},
        "driver": {"cores": 1, "memory": "512m"}, "executor": {"cores": 1, "instances": 2, "memory": "512m"}}}


def spark_pod(name, of, role="executor"):
    return {"metadata": {"name": name, "labels": {
        "sparkoperator.k8s.io/app-name": of, "sparkoperator.k8s.io/launched-by": "sparkhook", "spark-role": role,
        "sparkoperator.k8s.io/submission-id": "1-2-3", "spark-app-selector": "spark-1", "spark-exec-id": "1"}},
        "spec": {"containers": [{"name": "spark-kubernetes-executor", "image": "spark:3.5.7"}]}}


def collection(name="", ns="default"):
    return f"{APPS}/namespaces/{ns}/sparkapplications{'/' + name if name else ''}"


def pods(name="", ns="default"):
    return f"/api/v1/namespaces/{ns}/pods{'/' + name if name else ''}"


def change(key):
    return lambda line: line.get("change") == key


def watching(what):
    return lambda line: line.get("what", "").startswith(what) and line["watching"]


def state_of(parts, name):
    app = parts.ask("app", "app", key=f"v1beta2/default/{name}")["app"]
    return app and app.get("status", {}).get("applicationState", {}).get("state", "")


def set_state(admin, name, state):
    return admin.done(f"{collection(name)}/status", "PATCH", type="application/merge-patch+json",
                      body={"status": {"applicationState": {"state": state}}})


def store(env, admin_config, **options):
    parts = Parts(env, f"kubeconfig={admin_config}")
    parts.tell(do="store", **options)
    return parts


def test_parts_store_sees_what_happens(env):
    """Before the definitions are there, when they come, and what is written then; the kept text is what matters."""
    plane = Plane(env)
    config = write_config(env)
    admin = Client(env, f"kubeconfig={config}")
    parts = store(env, config, v1alpha1=True)
    missing = parts.until(lambda line: line.get("error", "").startswith("not installed"))[-1]
    assert missing["what"].startswith("SparkApplications (v1") and not missing["watching"], missing
    wait_for("all is known", lambda: parts.ask("counts", "filled")["filled"])
    define(env, admin)
    define(env, admin, "v1alpha1")
    for version in ("v1beta2", "v1alpha1"):
        wait_for("it is in sight", lambda: parts.news() or any(
            watching(f"SparkApplications ({version})")(line) for line in parts.seen), within=60)
    admin.done(collection(), "POST", body=application("pi"))
    parts.until(change("v1beta2/default/pi"))
    admin.done(f"{FIRST_APPS}/namespaces/default/sparkapplications", "POST", body=application("old", "v1alpha1"))
    parts.until(change("v1alpha1/default/old"))
    written = set_state(admin, "pi", "RUNNING")
    parts.until(change("v1beta2/default/pi"))
    wait_for("it is seen", lambda: state_of(parts, "pi") == "RUNNING")
    assert "managedFields" in written["metadata"]
    del written["metadata"]["managedFields"]
    assert parts.ask("app", "app", key="v1beta2/default/pi")["app"] == written
    admin.done(pods(), "POST", body=spark_pod("pi-exec-1", "pi"))
    parts.until(change("v1beta2/default/pi"))
    admin.done(f"{pods('pi-exec-1')}/status", "PATCH", type="application/merge-patch+json", body={"status": {"phase": "Running"}})
    parts.until(change("v1beta2/default/pi"))
    wait_for("it is seen", lambda: parts.ask("pods", "pods", key="v1beta2/default/pi")["pods"] == [
        {"name": "pi-exec-1", "state": "RUNNING", "driver": False}])
    admin.done(pods(), "POST", body={**spark_pod("stranger", "pi"), "metadata": {"name": "stranger", "labels": {"spark-role": "driver"}}})
    admin.done(f"{pods('pi-exec-1')}?gracePeriodSeconds=0", "DELETE")
    gone = parts.until(lambda line: "gone" in line)[-1]
    assert gone == {"gone": "pi-exec-1", "of": "v1beta2/default/pi", "was": "RUNNING"}, gone
    admin.done(collection("pi"), "DELETE")
    parts.until(change("v1beta2/default/pi"))
    wait_for("it is gone", lambda: parts.ask("keys", "keys")["keys"] == ["v1alpha1/default/old"])
    assert plane.apiserver.poll() is None


def test_parts_store_of_some(env):
    """Two namespaces of three, and by label."""
    Plane(env)
    config = write_config(env)
    admin = Client(env, f"kubeconfig={config}")
    define(env, admin)
    for ns in ("one", "two", "three"):
        admin.done("/api/v1/namespaces", "POST", body={"metadata": {"name": ns}})
        admin.done(collection(ns=ns), "POST", body=application("mine", team="a"))
        admin.done(collection(ns=ns), "POST", body=application("other", team="b"))
    parts = store(env, config, namespaces=["one", "two"], selector="team=a")
    wait_for("all is known", lambda: parts.ask("counts", "filled")["filled"])
    assert parts.ask("keys", "keys")["keys"] == ["v1beta2/one/mine", "v1beta2/two/mine"]
    admin.done(collection("mine", "one"), "PATCH", type="application/merge-patch+json", body={"metadata": {"labels": {"team": "b"}}})
    wait_for("it is gone", lambda: parts.ask("keys", "keys")["keys"] == ["v1beta2/two/mine"])


def test_parts_store_survives_the_api_server(env):
    """Killed, its past forgotten: what was deleted meanwhile behind everybody's back is told as gone."""
    plane = Plane(env)
    config = write_config(env)
    admin = Client(env, f"kubeconfig={config}")
    define(env, admin)
    parts = store(env, config)
    wait_for("all is known", lambda: parts.ask("counts", "filled")["filled"])
    for name in ("stays", "goes"):
        admin.done(collection(), "POST", body=application(name))
        admin.done(pods(), "POST", body=spark_pod(f"{name}-exec-1", name))
    wait_for("all is seen", lambda: (now := parts.ask("counts", "apps"))["apps"] == 2 and now["held_pods"] == 2)
    for kind, name in (("sparkoperator.k8s.io/sparkapplications", "goes"), ("pods", "stays-exec-1")):
        plane.kill()
        parts.until(lambda line: "what" in line and not line["watching"])
        assert plane.ask_etcd("deleterange", key=f"/registry/{kind}/default/{name}")["deleted"] == "1"
        plane.forget_the_past()
        plane.start()
        parts.until(change(f"v1beta2/default/{name.removesuffix('-exec-1')}"))
    wait_for("it is told", lambda: parts.news() or any(line.get("gone") == "stays-exec-1" for line in parts.seen))
    wait_for("only what is there is held", lambda: parts.ask("keys", "keys")["keys"] == ["v1beta2/default/stays"])
    set_state(admin, "stays", "RUNNING")
    wait_for("it is in sight again", lambda: state_of(parts, "stays") == "RUNNING")


def test_parts_store_of_two_thousand_in_bad_weather(env):
    """Written while answers are refused and watches break off; afterwards everything is as the API server has it."""
    Plane(env)
    config = write_config(env)
    admin = Client(env, f"kubeconfig={config}")
    define(env, admin)
    storm = Storm(env)
    parts = store(env, write_config(env, "storm", cluster={"server": storm.url}))
    for number in range(2000):
        admin.tell(do="call", method="POST", path=collection(), body=application(f"app-{number}"))
    for number in range(2000):
        assert admin.until(lambda line: "rc" in line)[-1]["rc"] == 0
    for number in range(0, 2000, 4):
        time.sleep(0.05)
        admin.tell(do="call", method="DELETE", path=collection(f"app-{number}"))
        admin.tell(do="call", method="PATCH", path=f"{collection(f'app-{number + 1}')}/status",
                   type="application/merge-patch+json", body={"status": {"applicationState": {"state": "RUNNING"}}})
    for number in range(1000):
        assert admin.until(lambda line: "rc" in line)[-1]["rc"] == 0
    parts.news()
    assert storm.refused >= 2 and storm.cut >= 1 and storm.refused + storm.cut >= 4, (storm.refused, storm.cut)
    storm.blows = False
    wait_for("all are seen", lambda: (now := parts.ask("counts", "filled"))["filled"] and now["apps"] == 1500, within=90)
    truth = {item["metadata"]["name"]: item for item in admin.done(collection())["items"]}
    assert {key.rpartition("/")[2] for key in parts.ask("keys", "keys")["keys"]} == set(truth)
    wait_for("the last change is seen", lambda: state_of(parts, "app-1997") == "RUNNING", within=60)
    for number in range(1, 2000, 97):
        if number % 4 == 0:
            continue
        assert (state_of(parts, f"app-{number}") == "RUNNING") == (number % 4 == 1), number
    counts = parts.ask("counts", "bytes")
    assert counts["bytes"] / counts["apps"] < 20 * 1024, counts
    # And each that was written while somebody watched was told at least once.
    told = {line["change"] for line in parts.seen if "change" in line}
    assert {f"v1beta2/default/{name}" for name in truth} <= told
