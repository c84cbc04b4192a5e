"""Our API client against a real API server: who it comes as, lists, watches, and what it survives."""

import base64
import json
import time
from pathlib import Path

from kit.kube import Client, Plane, client_certificate, event, names, state, stop_within, write_config

V1 = "client.authentication.k8s.io/v1"


def who(client):
    """The name that the API server knows the client by."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = client.call("/apis/authentication.k8s.io/v1/selfsubjectreviews", "POST", body=review)
    return answer["object"]["status"]["userInfo"]["username"] if answer["rc"] == 0 else answer


def configmaps(env, name=""):
    return f"/api/v1/namespaces/{env.namespace}/configmaps{'/' + name if name else ''}"


def create(client, env, name, **more):
    return client.done(configmaps(env), "POST", body={"metadata": {"name": name, **more}})


def coded(path):
    return base64.b64encode(Path(path).read_bytes()).decode()


def test_kube_kubeconfig_is_found_as_kubectl_finds_it(env):
    token, data = {"token": env.facts["token"]}, {"certificate-authority-data": coded(env.facts["ca"])}
    path = write_config(env, cluster=data)
    assert who(Client(env, f"kubeconfig={path}")) == "admin"
    # Two files, where the first has the user and another namespace, and the second the rest.
    first = env.folder / "first"
    first.write_text(json.dumps({"users": [{"name": "e2e", "user": token}], "current-context": "mine", "contexts": [
        {"name": "mine", "context": {"cluster": "e2e", "user": "e2e", "namespace": "team"}}]}))
    second = write_config(env, "second", user={"token": "not-this-one"})
    both = Client(env, environment={"KUBECONFIG": f"{first}:/does/not/exist:{second}"})
    assert both.first["namespace"] == "team" and who(both) == "admin"
    other = Client(env, "context=e2e", environment={"KUBECONFIG": f"{first}:{second}"})
    assert other.first["namespace"] == "default" and who(other) == "admin"
    (env.folder / ".kube").mkdir()
    write_config(env, ".kube/config")
    assert who(Client(env)) == "admin"


def test_kube_in_cluster(env):
    folder = env.folder / "serviceaccount"
    folder.mkdir()
    host, _, port = env.facts["server"].removeprefix("https://").rpartition(":")
    (folder / "ca.crt").write_bytes(Path(env.facts["ca"]).read_bytes())
    (folder / "namespace").write_text(env.namespace)
    env.api.done("POST", f"/api/v1/namespaces/{env.namespace}/serviceaccounts", {"metadata": {"name": "robot"}})
    request = f"/api/v1/namespaces/{env.namespace}/serviceaccounts/robot/token"
    issued = env.api.done("POST", request, {"spec": {"expirationSeconds": 600}})["status"]["token"]
    (folder / "token").write_text("rubbish")
    environment = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    client = Client(env, f"service-account={folder}", environment=environment)
    assert client.first["namespace"] == env.namespace
    refused = who(client)
    assert refused.get("status") == 401, refused
    assert refused["text"].startswith("401 Unauthorized"), refused
    # The token is replaced: the next refusal has it read again, in the same call.
    (folder / "token").write_text(issued)
    assert who(client) == f"system:serviceaccount:{env.namespace}:robot"
    forbidden = client.call(configmaps(env))
    assert forbidden["text"].startswith('403 Forbidden: configmaps is forbidden: User "system:serviceaccount:'), forbidden


def test_kube_refusals_are_said_in_words(env):
    client = Client(env, f"kubeconfig={write_config(env, user={'token': 'wrong'})}")
    answer = client.call("/api/v1/namespaces")
    assert answer["rc"] == 1 and answer["text"] == "401 Unauthorized: Unauthorized", answer
    # With a body that the server does not care to read, every one of these is answered as well.
    unread = [client.call(configmaps(env), "POST", body={"data": {"k": "x" * size}}) for size in (1, 9, 100000) * 9]
    assert all(answer.get("status") == 401 for answer in unread), unread
    admin = Client(env, f"kubeconfig={write_config(env)}")
    create(admin, env, "taken")
    twice = admin.call(configmaps(env), "POST", body={"metadata": {"name": "taken"}})
    assert (twice["status"], twice["reason"]) == (409, "AlreadyExists"), twice
    assert twice["text"] == '409 AlreadyExists: configmaps "taken" already exists', twice
    missing = admin.call(configmaps(env, "missing"))
    assert missing["text"] == '404 NotFound: configmaps "missing" not found', missing
    stale = {"metadata": {"name": "taken", "resourceVersion": "1"}}
    conflict = admin.call(configmaps(env, "taken"), "PUT", body=stale)
    assert (conflict["status"], conflict["reason"]) == (409, "Conflict"), conflict
    invalid = admin.call(configmaps(env), "POST", body={"metadata": {"name": "No"}})
    assert invalid["status"] == 422 and "\n" not in invalid["text"], invalid


def test_kube_writes_and_warnings(env):
    client = Client(env, f"kubeconfig={write_config(env)}")
    create(client, env, "a")
    merged = client.done(configmaps(env, "a"), "PATCH", type="application/merge-patch+json", body={"data": {"k": "1"}})
    assert merged["data"] == {"k": "1"}
    patched = client.done(configmaps(env, "a"), "PATCH", type="application/json-patch+json",
                          body=[{"op": "test", "path": "/data/k", "value": "1"}, {"op": "replace", "path": "/data/k", "value": "2"}])
    assert patched["data"] == {"k": "2"}
    applied = client.done(configmaps(env, "b") + "?fieldManager=me&force=true", "PATCH", type="application/apply-patch+yaml",
                          body={"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}, "data": {"k": "3"}})
    assert applied["data"] == {"k": "3"}
    warned = client.call(configmaps(env) + "?fieldValidation=Warn", "POST", body={"metadata": {"name": "c"}, "dato": {}})
    assert warned["rc"] == 0 and warned["warning"] == 'unknown field "dato"', warned
    assert client.done(configmaps(env, "a"), "DELETE")["status"] == "Success"


def test_kube_tls(env):
    def trial(**cluster):
        return Client(env, f"kubeconfig={write_config(env, cluster=cluster)}").call("/api", timeout_ms=5000)

    _, other, _ = client_certificate(env.folder, "x", "y")
    wrong = trial(**{"certificate-authority": str(other)})
    assert wrong["rc"] == -1 and wrong["sys"] == "EPROTO" and "certificate is not trusted" in wrong["error"], wrong
    assert env.facts["server"] in wrong["error"]
    name = trial(**{"tls-server-name": "elsewhere.example"})
    assert name["sys"] == "EPROTO" and "elsewhere.example" in name["error"], name
    assert trial(**{"tls-server-name": "kubernetes.default.svc"})["rc"] == 0
    by_name = trial(server=env.facts["server"].replace("127.0.0.1", "localhost"), **{"tls-server-name": "kubernetes"})
    assert by_name["rc"] == 0, by_name
    unchecked = write_config(env, "unchecked")
    whole = json.loads(unchecked.read_text())
    whole["clusters"][0]["cluster"] = {"server": env.facts["server"], "insecure-skip-tls-verify": True}
    unchecked.write_text(json.dumps(whole))
    assert who(Client(env, f"kubeconfig={unchecked}")) == "admin"


def test_kube_exec_plugin_with_token(env):
    """Run once, for a credential that does not expire."""
    plugin, token = env.folder / "plugin", env.folder / "token"
    token.write_text(env.facts["token"])
    plugin.write_text("#!/bin/sh\necho >>$0.runs\nprintf '{\"apiVersion\":\"" + V1 + "\",\"kind\":\"ExecCredential\","
                      "\"status\":{\"token\":\"%s\"}}' \"$(cat \"$TOKEN\")\"\n")
    plugin.chmod(0o700)
    user = {"exec": {"apiVersion": V1, "command": "./plugin", "interactiveMode": "Never",
                     "env": [{"name": "TOKEN", "value": str(token)}]}}
    client = Client(env, f"kubeconfig={write_config(env, user=user)}")
    assert who(client) == "admin"
    assert who(client) == "admin"
    assert (env.folder / "plugin.runs").read_text() == "\n"


def test_kube_list_in_pages(env):
    admin = Client(env, f"kubeconfig={write_config(env)}")
    wanted = sorted(f"m{number:03}" for number in range(620))
    for name in wanted:
        create(admin, env, name, labels={"odd": "yes" if int(name[1:]) % 2 else "no"})
    client = Client(env, f"kubeconfig={write_config(env)}")
    client.watch(configmaps(env))
    lines = client.until(state("watching"))
    pages = [line for line in lines if "page" in line]
    assert [(len(page["page"]), page["first"], page["last"]) for page in pages] == [(500, True, False), (120, False, True)]
    assert sorted(names(lines)) == wanted
    stop_within(client, 250)
    client.watch(configmaps(env), page=100, label="odd in (yes),odd!=no")
    lines = client.until(state("watching"))
    assert sorted(names(lines)) == [name for name in wanted if int(name[1:]) % 2]
    assert len([line for line in lines if "page" in line]) == 4
    stop_within(client, 250)
    client.watch(configmaps(env), field="metadata.name=m007")
    assert names(client.until(state("watching"))) == ["m007"]
    stop_within(client, 250)
    client.watch(configmaps(env), label="none=such")
    lines = client.until(state("watching"))
    assert [(line["page"], line["first"], line["last"]) for line in lines if "page" in line] == [([], True, True)]
    stop_within(client, 250)


def test_kube_watch_sees_every_change(env):
    admin = Client(env, f"kubeconfig={write_config(env)}")
    create(admin, env, "before")
    client = Client(env, f"kubeconfig={write_config(env)}")
    client.watch(configmaps(env))
    assert "before" in names(client.until(state("watching")))
    begun = time.monotonic()
    create(admin, env, "new")
    client.until(event("ADDED", "new"))
    admin.done(configmaps(env, "new"), "PATCH", type="application/merge-patch+json", body={"data": {"a": "b"}})
    assert client.until(event("MODIFIED", "new"))[-1]["data"] == {"a": "b"}
    admin.done(configmaps(env, "new"), "DELETE")
    client.until(event("DELETED", "new"))
    assert time.monotonic() - begun < 10
    assert who(client) == "admin"
    stop_within(client, 250)


def test_kube_watch_of_what_is_forbidden_goes_on_asking(env):
    env.api.done("POST", f"/api/v1/namespaces/{env.namespace}/serviceaccounts", {"metadata": {"name": "robot"}})
    path = f"/api/v1/namespaces/{env.namespace}/serviceaccounts/robot/token"
    token = env.api.done("POST", path, {"spec": {"expirationSeconds": 600}})["status"]["token"]
    client = Client(env, f"kubeconfig={write_config(env, user={'token': token})}")
    client.watch(configmaps(env))
    failing = client.until(lambda line: line.get("failures") == 2)
    assert all("403 Forbidden" in line["error"] for line in failing), failing
    assert 400 <= failing[0]["next_ms"] <= 800 <= failing[1]["next_ms"] <= 1600, failing
    assert failing[0]["since_ms"] == failing[1]["since_ms"]
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{env.namespace}"
    env.api.done("POST", f"{rbac}/roles", {"metadata": {"name": "r"}, "rules": [
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list", "watch"]}]})
    env.api.done("POST", f"{rbac}/rolebindings", {
        "metadata": {"name": "r"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
        "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": env.namespace}]})
    client.until(state("watching"))
    stop_within(client, 250)


def test_kube_client_certificates(env):
    """From files, from data, and from a plugin, without any token."""
    ca, cert, key = client_certificate(env.folder, "alice", "system:masters")
    Plane(env, f"--client-ca-file={ca}")
    assert who(Client(env, f"kubeconfig={write_config(env, user={})}"))["status"] in (401, 403)
    files = {"client-certificate": cert.name, "client-key": str(key)}
    client = Client(env, f"kubeconfig={write_config(env, user=files)}")
    assert who(client) == "alice"
    data = {"client-certificate-data": coded(cert), "client-key-data": coded(key)}
    assert who(Client(env, f"kubeconfig={write_config(env, user=data)}")) == "alice"
    plugin = env.folder / "plugin"
    credential = {"apiVersion": V1, "kind": "ExecCredential", "status": {
        "clientCertificateData": cert.read_text(), "clientKeyData": key.read_text()}}
    plugin.write_text("#!/bin/sh\ncat <<'END'\n" + json.dumps(credential) + "\nEND\n")
    plugin.chmod(0o700)
    user = {"exec": {"apiVersion": V1, "command": str(plugin), "interactiveMode": "Never"}}
    assert who(Client(env, f"kubeconfig={write_config(env, user=user)}")) == "alice"


def test_kube_watch_survives_the_api_server(env):
    """Killed and started again; what happened meanwhile is not lost."""
    plane = Plane(env)
    env.namespace = "default"
    config = write_config(env)
    admin, client = Client(env, f"kubeconfig={config}"), Client(env, f"kubeconfig={config}")
    for name in ("stays", "goes"):
        create(admin, env, name)
    client.watch(configmaps(env), field="metadata.name!=kube-root-ca.crt")
    assert {"stays", "goes"} <= set(names(client.until(state("watching"))))
    plane.stop()
    failing = client.until(state("failing"))[-1]
    assert plane.server in failing["error"], failing
    # Behind everybody's back.
    assert plane.ask_etcd("deleterange", key="/registry/configmaps/default/goes")["deleted"] == "1"
    plane.forget_the_past()
    down = client.call("/api", timeout_ms=3000)
    assert down["rc"] == -1 and down["sys"] == "ECONNREFUSED", down
    plane.start()
    lines = client.until(lambda line: line.get("last"))
    listed = names(lines)
    client.until(state("watching"))
    assert "stays" in listed and "goes" not in listed, lines
    assert who(client) == "admin"
    create(admin, env, "later")
    client.until(event("ADDED", "later"))
    stop_within(client, 250)


def test_kube_watch_without_a_cache_learns_that_its_place_is_gone(env):
    """The API server is started again; its store has forgotten the watch's resourceVersion: 410."""
    plane = Plane(env, "--watch-cache=false")
    env.namespace = "default"
    client = Client(env, f"kubeconfig={write_config(env)}")
    create(client, env, "one")
    client.watch(configmaps(env))
    client.until(state("watching"))
    plane.stop()
    client.until(state("failing"))
    plane.forget_the_past()
    plane.start()
    lines = client.until(lambda line: line.get("last"))
    assert "one" in names(lines), lines
    client.until(state("watching"))
    gone = [line for line in lines if line.get("state") == "relisting" or "410" in line.get("error", "")]
    assert gone, lines
    stop_within(client, 250)


def test_kube_silent_server(env):
    """A server that hangs with its connections open: watches and calls notice, and stopping does not wait."""
    plane = Plane(env)
    env.namespace = "default"
    client = Client(env, f"kubeconfig={write_config(env)}")
    client.watch(configmaps(env), idle_ms=1500)
    client.until(state("watching"))
    go_on = plane.pause()
    try:
        failing = client.until(state("failing"))[-1]
        assert "silent for too long" in failing["error"], failing
        late = client.call("/api", timeout_ms=500)
        assert late["sys"] == "ETIMEDOUT", late
        stop_within(client, 250)
    finally:
        go_on()
    assert client.done("/api")["kind"] == "APIVersions"


def test_kube_busy_server_is_asked_again_when_it_says(env):
    """With room for one request most of eight clients are told 429 and when to come again; all are served."""
    plane = Plane(env, "--enable-priority-and-fairness=false", "--max-requests-inflight=1",
                  tokens="guest-token,guest,guest\n")
    env.namespace = "default"
    admin = Client(env, f"kubeconfig={write_config(env)}")
    admin.done("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", "POST", body={
        "metadata": {"name": "guest"}, "subjects": [{"kind": "User", "name": "guest"}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}})
    for number in range(8):
        create(admin, env, f"big{number}")
        admin.done(configmaps(env, f"big{number}"), "PATCH", type="application/merge-patch+json",
                   body={"data": {"k": "x" * 400000}})
    config = write_config(env, "guest", user={"token": "guest-token"})
    clients = [Client(env, f"kubeconfig={config}") for _ in range(8)]
    for _ in range(2):
        for client in clients:
            client.tell(do="call", method="GET", path=configmaps(env), timeout_ms=60000)
    answers = [client.until(lambda line: "rc" in line)[-1] for _ in range(2) for client in clients]
    assert all(answer["rc"] == 0 for answer in answers), [answer.get("text") for answer in answers if answer["rc"]]
    assert max(answer["ms"] for answer in answers) >= 1000, "nobody was told to come again"
    assert plane.apiserver.poll() is None
