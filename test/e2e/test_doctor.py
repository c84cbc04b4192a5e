"""What `spark-webhook doctor` finds with a real API server, for which the pods of the webhook are a process.

What needs pods that run is in test_doctor_node.py.
"""

import base64
import copy
import json
import subprocess

from kit import doctor, install, pods, policy
from kit.api import ADMISSION, wait_for
from kit.webhook import register

P = "spark-operator.k8s.io/"


def annotated(**labels):
    body = pods.pod("asked", annotations={P + "configMap.x": "/etc/x"})
    body["metadata"]["labels"] = labels
    return body


def ask(env, flags, body):
    """The doctor about a pod in a file."""
    file = env.folder / "asked.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "Pod", **body}))
    return doctor.run(env, *flags, f"--pod-file={file}")


def test_doctor_is_content_with_a_webhook_that_is_called(env):
    found = doctor.run(env, *doctor.in_place(env))
    assert found.code == 0, found.text
    found.expect("api-server", "ok", env.kube)
    found.expect("registration", "ok", "calls https://127.0.0.1:")
    found.expect("trial", "ok", "came back treated", env.namespace)


def test_doctor_creates_and_changes_nothing(env):
    flags = doctor.in_place(env)
    path = f"{ADMISSION}/zz-spark-webhook-{env.unique}"
    before = env.api.done("GET", path)
    doctor.run(env, *flags)
    assert env.api.pods(env.namespace) == []
    assert env.api.done("GET", path) == before


def test_doctor_says_once_that_nothing_is_installed(env):
    flags = [f"--name=absent-{env.unique}", f"--namespace={env.namespace}"]
    found = doctor.run(env, *flags)
    assert found.code == 1
    found.expect("installed", "fail", f"not installed here (namespace {env.namespace}, name absent-{env.unique})",
                 f"manifest --namespace={env.namespace} --name=absent-{env.unique} --image=IMAGE | kubectl apply")
    assert list(found.levels().values()).count("fail") == 1, found.text
    assert "sparkhook:dev" not in found.text
    other = {"metadata": {"name": f"other-{env.unique}", "labels": {"app.kubernetes.io/name": "spark-webhook"}},
             "spec": {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": {
                 "metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "image": "none"}]}}}}
    env.api.done("POST", f"/apis/apps/v1/namespaces/{env.namespace}/deployments", other)
    doctor.run(env, *flags).expect("installed", "fail", f"{env.namespace}/other-{env.unique}", "--name")
    ask(env, flags, annotated(**SPARK)).expect("pod", "fail", "came back untouched: nothing is registered")


def test_doctor_in_the_wrong_namespace_names_the_right_one(env):
    env.webhook
    name = f"elsewhere-{env.unique}"
    body = copy.deepcopy(env.api.done("GET", f"{ADMISSION}/zz-spark-webhook-{env.unique}")["webhooks"][0])
    body["clientConfig"] = {"service": {"name": name, "namespace": "lives-there", "path": "/mutate"}}
    body["namespaceSelector"] = {"matchLabels": {"kubernetes.io/metadata.name": "nowhere"}}
    env.later(lambda: env.api.delete_configuration(f"zz-{name}"))
    env.api.done("POST", ADMISSION, {"metadata": {"name": f"zz-{name}"}, "webhooks": [body]})
    found = doctor.run(env, f"--name={name}", f"--namespace={env.namespace}")
    found.expect("installed", "fail", f"zz-{name} calls the Service lives-there/{name}", "ask again with --namespace=lives-there")
    assert list(found.levels().values()).count("fail") == 1, found.text


def test_doctor_says_that_the_policy_refuses_where_nothing_is_registered(env):
    flags = [f"--name=policy-{env.unique}", f"--namespace={env.namespace}", f"--pod-namespace={env.namespace}"]
    policy.apply(env)
    found = doctor.run(env, *flags)
    assert found.code == 1
    found.expect("policy", "fail", "the registration is gone", f"policy-{env.unique}-annotations", "are now refused")


def test_doctor_shows_what_the_api_server_warns_of(env):
    flags = doctor.in_place(env)
    body = annotated(**SPARK)
    body["metadata"]["annotations"][P + "sparkConfigMapp"] = "a"
    body["metadata"]["annotations"][P + "hadopConfigMap"] = "b"
    found = ask(env, flags, body)
    assert found.code == 0, found.text
    found.expect("pod", "ok", "came back treated")
    found.expect("pod", "warn", "the API server warns", "sparkConfigMapp", "hadopConfigMap")


def test_doctor_misses_what_a_pod_asks_for(env):
    flags = doctor.in_place(env)
    body = annotated(**SPARK)
    body["metadata"]["annotations"].update({P + "configMap.log4j": "/etc/log4j", P + "secret.key": "/etc/key"})
    ask(env, flags, body).expect("pod", "warn", "asks for", "ConfigMap log4j", "Secret key", f"which {env.namespace} does not have")
    path = f"/api/v1/namespaces/{env.namespace}"
    env.api.done("POST", f"{path}/configmaps", {"metadata": {"name": "log4j"}})
    env.api.done("POST", f"{path}/configmaps", {"metadata": {"name": "x"}})
    env.api.done("POST", f"{path}/secrets", {"metadata": {"name": "key"}})
    found = ask(env, flags, body)
    assert found.code == 0 and not found.of("pod", "warn"), found.text


def test_doctor_asks_what_was_meant_by_a_pod_that_asks_for_nothing(env):
    flags = doctor.in_place(env)
    ask(env, flags, pods.pod("plain", annotations={})).expect("pod", "fail", "`annotations` written in the plural?")
    near = pods.pod("near", annotations={"spark-operators.k8s.io/configMap.a": "/a"})
    ask(env, flags, near).expect("pod", "fail", "it has spark-operators.k8s.io/configMap.a", f"was {P}configMap.a meant?")


# Selectors and conditions of a registration and the labels of the namespace, each with pods that are and are not sent.
# (what is changed of our webhook, labels of the namespace, pod, what says no)
SPARK = {"spark-role": "driver"}
SELECTORS = [
    ({}, {}, annotated(**SPARK), None),
    ({}, {}, annotated(**{"spark-role": "executor"}), None),
    ({}, {}, annotated(), "objectSelector says no: it wants spark-role in (driver,executor)"),
    ({}, {}, annotated(**{"spark-role": "Driver"}), "objectSelector"),
    ({}, {}, pods.pod("plain", annotations={}), "matchCondition annotated says no: no annotation begins with " + P),
    ({}, {}, pods.pod("other", annotations={"spark-operator.k8s.io.example.com/x": "y"}), "matchCondition annotated"),
    ({}, {}, pods.pod("many", annotations={f"example.com/{i}": "" for i in range(257)}), None),
    ({}, {}, pods.pod("few", annotations={f"example.com/{i}": "" for i in range(256)}), "matchCondition"),
    ({"objectSelector": {}}, {}, annotated(), None),
    ({"objectSelector": {"matchLabels": {"spark-role": "driver"}}}, {}, annotated(**SPARK), None),
    ({"objectSelector": {"matchLabels": {"spark-role": "driver"}}}, {}, annotated(**{"spark-role": "executor"}),
     "it wants spark-role=driver"),
    ({"objectSelector": {"matchExpressions": [{"key": "spark-role", "operator": "NotIn", "values": ["executor"]}]}}, {},
     annotated(), None),
    ({"objectSelector": {"matchExpressions": [{"key": "spark-role", "operator": "DoesNotExist"}]}}, {}, annotated(**SPARK),
     "it wants !spark-role"),
    ({"objectSelector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]}}, {}, annotated(**SPARK), "it wants team"),
    ({"objectSelector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]}}, {}, annotated(team="", **SPARK), None),
    ({"namespaceSelector": {"matchLabels": {"spark": "yes"}}}, {"spark": "yes"}, annotated(**SPARK), None),
    ({"namespaceSelector": {"matchLabels": {"spark": "yes"}}}, {"spark": "no"}, annotated(**SPARK),
     "namespaceSelector (of the namespace "),
    ({"namespaceSelector": {"matchExpressions": [{"key": "spark", "operator": "DoesNotExist"}]}}, {"spark": ""},
     annotated(**SPARK), "it wants !spark"),
    ({"namespaceSelector": {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "NotIn",
                                                  "values": ["default"]}]}}, {}, annotated(**SPARK), None),
    ({"rules": [{"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"]}]}, {}, annotated(**SPARK), None),
    ({"rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/*"]}]}, {},
     annotated(**SPARK), None),
    ({"rules": [{"operations": ["UPDATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}]}, {},
     annotated(**SPARK), "rules say no"),
    ({"rules": [{"operations": ["CREATE"], "apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["pods"]}]}, {},
     annotated(**SPARK), "rules say no"),
    ({"rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/ephemeralcontainers"]}]},
     {}, annotated(**SPARK), "rules say no"),
    ({"rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "scope": "Cluster"}]},
     {}, annotated(**SPARK), "rules say no"),
    ({"matchConditions": [{"name": "theirs", "expression": "object.metadata.name.startsWith('x')"}]}, {}, annotated(**SPARK),
     "matchCondition theirs is none of ours"),
    ({"matchConditions": [{"name": "theirs", "expression": "true"}]}, {}, annotated(**SPARK), None),
    ({"matchConditions": []}, {}, pods.pod("plain", annotations={}), None),
]


class Trials:
    """One registration that is changed again and again."""

    def __init__(self, env):
        self.env = env
        self.webhook = env.start_webhook()
        self.original = env.configuration(self.webhook)
        self.name = self.original["metadata"]["name"]
        self.aside = f"aside-{env.unique}"
        env.api.create_namespace(self.aside)
        env.later(lambda: env.api.delete_configuration(self.name))
        env.api.done("POST", ADMISSION, self.original)

    def set(self, changed, number):
        """The registration is @changed, for the test's namespace alone, and that is in force."""
        body = copy.deepcopy(self.original)
        own = body["webhooks"][0]
        own.update(copy.deepcopy(changed))
        if "namespaceSelector" in changed:
            only = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": [self.env.namespace]}
            own["namespaceSelector"].setdefault("matchExpressions", []).append(only)
        body["webhooks"].append(self.marker(number))
        doctor.put(self.env, self.name, body)
        wait_for(f"round {number} is in force", lambda: self.called(self.aside, self.marked(number)))

    def marker(self, number):
        """A webhook of another namespace: pods of this round are sent from there, and from no other round."""
        return {**copy.deepcopy(self.original["webhooks"][0]), "name": "marker.e2e.test", "matchConditions": [],
                "objectSelector": {"matchLabels": {"round": str(number)}},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self.aside}}}

    def marked(self, number):
        body = pods.pod("marker", annotations={})
        body["metadata"]["labels"] = {"round": str(number)}
        return body

    def called(self, namespace, body):
        """How many reviews the creation of a pod makes."""
        before = self.webhook.reviews()
        answer = self.env.api.create_pod(namespace, body, dry_run=True)
        assert answer.code == 201, answer.message
        return self.webhook.reviews() - before


def label_namespace(env, labels):
    path = f"/api/v1/namespaces/{env.namespace}"
    keep = {"spark": labels.get("spark")}
    env.api.done("PATCH", path, {"metadata": {"labels": keep}}, content_type="application/merge-patch+json")


def test_doctor_says_what_the_api_server_does_with_each_selector(env):
    trials = Trials(env)
    flags = [f"--webhook-configuration={trials.name}", f"--namespace={env.namespace}", f"--pod-namespace={env.namespace}"]
    for number, (changed, labels, body, reason) in enumerate(SELECTORS):
        row = f"row {number}: {changed} {labels} {body['metadata']}"
        label_namespace(env, labels)
        trials.set(changed, number)
        wait_for(f"{row}: sent", lambda: trials.called(env.namespace, body) == (reason is None))
        found = ask(env, flags, body)
        if reason is None:
            # A driver without annotations that is sent comes back as it was, so the stamp says nothing there.
            if any(key.startswith(P) for key in body["metadata"]["annotations"]):
                want = "ok" if body["metadata"]["labels"].get("spark-role") in ("driver", "executor") else "fail"
                assert bool(found.of("pod", "fail")) == (want == "fail") and found.of("pod", want), f"{row}: {found.text}"
        else:
            found.expect("pod", "fail", reason)


def test_doctor_names_what_the_api_server_says_of_a_failed_call(env):
    """The registration is damaged in each way, and the advice fits."""
    flags = doctor.in_place(env)
    name = f"zz-spark-webhook-{env.unique}"
    stored = env.api.done("GET", f"{ADMISSION}/{name}")
    foreign = base64.b64encode(open(env.facts["ca"], "rb").read()).decode()
    for changed, check, parts in (
            ({"caBundle": foreign}, "trial", ["x509", "put the right CA into caBundle"]),
            ({"url": "https://127.0.0.1:1/mutate"}, "trial", ["connection refused", "--secure-port"]),
            ({"url": stored["webhooks"][0]["clientConfig"]["url"] + "x"}, "trial",
             ["could not find the requested resource", "/mutate"])):
        body = copy.deepcopy(stored)
        body["webhooks"][0]["clientConfig"].update(changed)
        doctor.put(env, name, body)

        def said():
            found = doctor.run(env, *flags)
            return any(all(part in line for part in parts) for line in found.of(check, "fail")) and found

        found = wait_for(f"{parts}", said)
        assert found.code == 1


def test_doctor_tells_of_weak_registrations(env):
    flags = doctor.in_place(env)
    name = f"zz-spark-webhook-{env.unique}"
    stored = env.api.done("GET", f"{ADMISSION}/{name}")
    for changed, level, check, parts in (
            ({"failurePolicy": "Ignore"}, "warn", "policy", ["pods start without", "spark-webhook policy"]),
            ({"reinvocationPolicy": "Never"}, "warn", "registration", ["reinvocationPolicy", "IfNeeded"]),
            ({"timeoutSeconds": 30}, "warn", "registration", ["timeoutSeconds is 30"]),
            ({"timeoutSeconds": 1}, "warn", "registration", ["timeoutSeconds is 1"]),
            ({"matchConditions": []}, "warn", "registration", ["no matchConditions"]),
            ({"objectSelector": {}, "matchConditions": []}, "warn", "registration", ["every pod of the cluster"]),
            ({"objectSelector": {"matchLabels": {"spark-role": "driver"}}}, "fail", "registration", ["no executor is ever sent"]),
            ({"rules": [{**stored["webhooks"][0]["rules"][0], "operations": ["UPDATE"]}]}, "fail", "registration", ["rules never match"]),
    ):
        body = copy.deepcopy(stored)
        body["webhooks"][0].update(changed)
        doctor.put(env, name, body)
        doctor.run(env, *flags).expect(check, level, *parts)


def test_doctor_names_other_webhooks_that_treat_spark_pods(env):
    flags = doctor.in_place(env)
    name = f"zz-spark-webhook-{env.unique}"
    own = env.api.done("GET", f"{ADMISSION}/{name}")["webhooks"][0]
    twin = f"zzz-twin-{env.unique}"
    later, rival, peer = f"zzz-later-{env.unique}", f"a-rival-{env.unique}", f"a-spark-operator-{env.unique}"
    for other, changed in ((later, {"name": "later.e2e.test", "matchConditions": []}), (rival, {"name": "rival.e2e.test"}),
                           (twin, {"name": "twin.e2e.test"}),
                           (peer, {"name": "peer.e2e.test", "matchConditions": [], "objectSelector": {}})):
        env.later(lambda other=other: env.api.delete_configuration(other))
        # For a namespace that is not there: nobody is really called.
        body = {**own, **changed, "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "nowhere"}}}
        env.api.done("POST", ADMISSION, {"metadata": {"name": other}, "webhooks": [body]})
    found = doctor.run(env, *flags)
    assert found.code == 0, found.text
    found.expect("others", "warn", later, f"is called after {name}")
    found.expect("others", "warn", rival, "another instance for annotations of spark-operator.k8s.io")
    found.expect("others", "warn", peer, "an operator's webhook")
    found.expect("others", "warn", twin, "another instance for annotations of spark-operator.k8s.io")
    assert not [line for line in found.of("others") if (rival in line or twin in line) and "called after" in line], found.text


def test_doctor_says_once_which_rights_it_lacks(env):
    flags = doctor.in_place(env)
    _, nothing = doctor.limited(env, [])
    found = doctor.run(env, *flags, kubeconfig=nothing)
    assert found.code == 0, f"what can't be looked at is no fault:\n{found.text}"
    assert len(found.of("rights", "warn")) == 1, found.text
    found.expect("rights", "warn", "the registration", "ask an administrator to run this", "get mutatingwebhookconfigurations",
                 "list pods", "get services", f"create pods in {env.namespace}")
    assert [check for check, level in found.levels().items() if level != "ok"] == ["trial", "rights"], found.text


def test_doctor_tries_where_it_may_not_see_the_registration(env):
    """A user of Spark: may create pods in a namespace, and see nothing of the cluster."""
    flags = doctor.in_place(env)
    api, file = doctor.limited(env, [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "create"]}])
    wait_for("pods may be created", lambda: api.create_pod(env.namespace, annotated(**SPARK), dry_run=True).code == 201)
    found = doctor.run(env, *flags, kubeconfig=file)
    assert found.code == 0, found.text
    found.expect("trial", "ok", "came back treated")
    asked = env.folder / "asked.json"
    for labels, level, part in ((SPARK, "ok", "came back treated"), ({}, "fail", "came back untouched: no webhook treats it")):
        asked.write_text(json.dumps({"apiVersion": "v1", "kind": "Pod", **annotated(**labels)}))
        doctor.run(env, *flags, f"--pod-file={asked}", kubeconfig=file).expect("pod", level, part)


def test_doctor_may_not_create_pods_and_still_tells_what_selectors_say(env):
    flags = doctor.in_place(env)
    api, file = doctor.limited(env, [{"apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations"],
                               "verbs": ["get", "list"]}])
    install.wait_allowed(api, f"{ADMISSION}/zz-spark-webhook-{env.unique}")
    asked = env.folder / "asked.json"
    asked.write_text(json.dumps({"apiVersion": "v1", "kind": "Pod", **annotated(**SPARK)}))
    found = doctor.run(env, *flags, f"--pod-file={asked}", kubeconfig=file)
    found.expect("rights", "warn", "create pods")
    found.expect("pod", "ok", "by its selectors and conditions", "is sent")
    asked.write_text(json.dumps({"apiVersion": "v1", "kind": "Pod", **annotated()}))
    found = doctor.run(env, *flags, f"--pod-file={asked}", kubeconfig=file)
    found.expect("pod", "fail", "objectSelector")


def test_doctor_asks_about_a_pod_that_is_there(env):
    flags = doctor.in_place(env)[:-1]
    stored = env.api.create_pod(env.namespace, pods.pod("here", annotations={P + "configMap.x": "/etc/x"}))
    assert stored.code == 201 and pods.STAMP in stored.body["metadata"]["annotations"], stored.message
    found = doctor.run(env, *flags, f"--pod={env.namespace}/here")
    found.expect("pod", "ok", "the pod here", "came back treated")
    plain = env.api.create_pod(env.namespace, pods.pod("plain", annotations={}))
    assert plain.code == 201
    doctor.run(env, *flags, f"--pod={env.namespace}/plain").expect("pod", "fail", "matchCondition annotated says no")
    doctor.run(env, *flags, f"--pod={env.namespace}/absent").expect("pod", "fail", "pod ", "404")


def test_doctor_reads_a_pod_in_yaml(env):
    flags = doctor.in_place(env)
    file = env.folder / "asked.yaml"
    head = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: asked\n  labels:\n    spark-role: driver\n  annotations:\n"
    file.write_text(f"{head}    {P}configMap.x: /etc/x\nspec:\n  containers:\n    - name: a\n      image: none\n")
    doctor.run(env, *flags, f"--pod-file={file}").expect("pod", "ok", "asked.yaml", "came back treated")
    for text, said, advice in (("kind: ConfigMap\n", "found kind: ConfigMap", "a file with one Pod"),
                               ("kind: SparkApplication\n", "found kind: SparkApplication", "spark-webhook lint"),
                               ("a: b\n", "found no kind", "a file with one Pod")):
        file.write_text(text)
        doctor.run(env, *flags, f"--pod-file={file}").expect("pod", "fail", f"{said}, expected kind: Pod", advice)
    file.write_text("a: [")
    doctor.run(env, *flags, f"--pod-file={file}").expect("pod", "fail", "asked.yaml")


def test_doctor_shows_a_denial(env):
    flags = doctor.in_place(env)
    found = ask(env, flags, pods.pod("denied", annotations={P + "configMap.x": "relative"}))
    found.expect("pod", "fail", "is sent, and refused", "configMap.x")


def test_doctor_prints_one_line_a_finding(env):
    flags = doctor.in_place(env)
    command = [env.binary, "doctor", f"--kubeconfig={env.facts['kubeconfig']}", *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and not done.stderr, done
    assert lines[0].startswith("OK    api-server "), lines[0]
    assert lines[-1].startswith(f"{len(lines) - 1} findings: 0 broken"), lines[-1]
    assert all(line.startswith(("OK ", "WARN ", "FAIL ")) for line in lines[:-1]), done.stdout


def test_doctor_without_an_api_server(env):
    config = json.loads(open(env.facts["kubeconfig"]).read())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    file = env.folder / "nobody.json"
    file.write_text(json.dumps(config))
    found = doctor.run(env, kubeconfig=file)
    assert found.code == 1 and len(found.findings) == 1, found.text
    found.expect("api-server", "fail", "127.0.0.1:1", "--kubeconfig")
    config["clusters"][0]["cluster"]["server"] = env.facts["server"]
    config["users"][0]["user"] = {"token": "wrong"}
    file.write_text(json.dumps(config))
    found = doctor.run(env, kubeconfig=file)
    assert found.code == 1 and len(found.findings) == 1, found.text
    found.expect("api-server", "fail", "401", "log in again")


def test_doctor_knows_the_policy_that_stands_in_for_the_webhook(env):
    """Registered with Ignore and called in vain: the policy refuses, and the doctor says whose doing that is."""
    flags = [*doctor.in_place(env), f"--name=stands-in-{env.unique}"]
    name = f"zz-spark-webhook-{env.unique}"
    stored = env.api.done("GET", f"{ADMISSION}/{name}")
    stored["webhooks"][0]["failurePolicy"] = "Ignore"
    doctor.put(env, name, stored)
    printed = subprocess.run([env.binary, "policy", f"--name=stands-in-{env.unique}", f"--only-namespace={env.namespace}"],
                             capture_output=True, text=True, check=True, timeout=60)
    install.apply(env, install.parsed(env, printed.stdout))
    doctor.run(env, *flags).expect("policy", "ok", "failurePolicy is Ignore, and the policy", "refuses what was not treated")
    stored["webhooks"][0]["clientConfig"]["url"] = "https://127.0.0.1:1/mutate"
    doctor.put(env, name, stored)

    def refused():
        found = doctor.run(env, *flags)
        return any("the policy refused it" in line for line in found.of("trial", "fail")) and found

    assert wait_for("the policy refuses", refused).code == 1
    path = f"{install.CLUSTER_SCOPED['ValidatingAdmissionPolicyBinding']}/stands-in-{env.unique}-annotations"
    env.api.done("DELETE", path)
    doctor.run(env, *flags).expect("policy", "warn", "has no binding")
    # Nothing refuses now: the pod comes back as it was.
    wait_for("the trial comes back untouched", lambda: any(
        "came back untouched" in line and "with failurePolicy Ignore a failed call is passed over" in line
        for line in doctor.run(env, *flags).of("trial", "fail")))
