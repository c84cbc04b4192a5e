"""What the webhook's service account may do with managed certificates: nothing but what it is for.

The ValidatingAdmissionPolicy is tried twice: with the permissions that manifest/ gives, and with all
there are, which shows that it is the policy that refuses.
"""

import base64
import copy
from pathlib import Path

from kit import install
from kit.api import ADMISSION, wait_for

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
WEBHOOK = "/webhooks/0"
BUNDLE = f"{WEBHOOK}/clientConfig/caBundle"


def replace(path, value):
    return [{"op": "replace", "path": path, "value": value}]


def bundle(env, count=1):
    """CAs of somebody; the API server wants what can be parsed."""
    return base64.b64encode(Path(env.facts["ca"]).read_bytes() * count).decode()


class Installed:
    """This test's instance with its permissions in force."""

    def __init__(self, env):
        self.env, self.name = env, f"webhook-{env.unique}"
        self.objects = install.objects(env)
        install.apply(env, self.objects)
        self.api = install.account(env, self.name)
        self.configuration = f"{ADMISSION}/zz-{self.name}"
        self.secrets = f"/api/v1/namespaces/{env.namespace}/secrets"
        self.secret = f"{self.secrets}/{self.name}-certs"
        self.listed = f"{ADMISSION}?fieldSelector=metadata.name=zz-{self.name}"
        install.wait_allowed(self.api, self.listed)
        install.wait_allowed(self.api, f"{self.secrets}?fieldSelector=metadata.name={self.name}-certs")
        self.wait_fenced()

    def patch(self, operations, path=None, content_type=JSON_PATCH):
        return self.api.call("PATCH", path or self.configuration, operations, content_type=content_type)

    def fenced(self, answer):
        return answer.code in (403, 422) and f"ValidatingAdmissionPolicy '{self.name}-ca-bundle-only'" in answer.message

    def wait_fenced(self):
        """The API server learns of a policy a moment after it was made."""
        trial = self.configuration + "?dryRun=All"
        wait_for("the policy is in force", lambda: self.fenced(self.patch(replace(f"{WEBHOOK}/timeoutSeconds", 29), trial)))

    def stored(self):
        return self.env.api.done("GET", self.configuration)


def changes(stored):
    """Everything that a registration says, changed, by name: [JSON Patch]."""
    webhook = stored["webhooks"][0]
    other = {**copy.deepcopy(webhook), "name": "other.example.com"}
    service = f"{WEBHOOK}/clientConfig/service"
    found = {
        "url": [{"op": "remove", "path": service},
                {"op": "add", "path": f"{WEBHOOK}/clientConfig/url", "value": "https://example.com/"}],
        "service name": replace(f"{service}/name", "other"),
        "service namespace": replace(f"{service}/namespace", "default"),
        "service path": replace(f"{service}/path", "/other"),
        "service path gone": [{"op": "remove", "path": f"{service}/path"}],
        "service port": replace(f"{service}/port", 8443),
        "operations": [{"op": "add", "path": f"{WEBHOOK}/rules/0/operations/-", "value": "UPDATE"}],
        "resources": replace(f"{WEBHOOK}/rules/0/resources", ["secrets"]),
        "scope": replace(f"{WEBHOOK}/rules/0/scope", "*"),
        "one more rule": [{"op": "add", "path": f"{WEBHOOK}/rules/-",
                           "value": {**webhook["rules"][0], "resources": ["secrets"]}}],
        "no rules": replace(f"{WEBHOOK}/rules", []),
        "object selector": replace(f"{WEBHOOK}/objectSelector", {}),
        "object selector's values": replace(f"{WEBHOOK}/objectSelector/matchExpressions/0/values", ["driver"]),
        "namespace selector": replace(f"{WEBHOOK}/namespaceSelector", {}),
        "no match conditions": [{"op": "remove", "path": f"{WEBHOOK}/matchConditions"}],
        "match condition": replace(f"{WEBHOOK}/matchConditions/0/expression", "true"),
        "failure policy": replace(f"{WEBHOOK}/failurePolicy", "Ignore"),
        "match policy": replace(f"{WEBHOOK}/matchPolicy", "Exact"),
        "timeout": replace(f"{WEBHOOK}/timeoutSeconds", 30),
        "side effects": replace(f"{WEBHOOK}/sideEffects", "NoneOnDryRun"),
        "reinvocation": replace(f"{WEBHOOK}/reinvocationPolicy", "Never"),
        "versions": replace(f"{WEBHOOK}/admissionReviewVersions", ["v1"]),
        "name": replace(f"{WEBHOOK}/name", "other.example.com"),
        "one webhook more": [{"op": "add", "path": "/webhooks/-", "value": other}],
        "one webhook more, first": [{"op": "add", "path": WEBHOOK, "value": other}],
        "no webhook": [{"op": "remove", "path": WEBHOOK}],
        "no list of webhooks": [{"op": "remove", "path": "/webhooks"}],
        "label": [{"op": "add", "path": "/metadata/labels/other", "value": "x"}],
        "no labels": [{"op": "remove", "path": "/metadata/labels"}],
        "annotation": [{"op": "add", "path": "/metadata/annotations/other", "value": "x"}],
        "finalizer": [{"op": "add", "path": "/metadata/finalizers", "value": ["example.com/x"]}],
        "owner": [{"op": "add", "path": "/metadata/ownerReferences", "value": [
            {"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "x"}]}],
    }
    said = {key for key in webhook if key != "clientConfig"}
    touched = {part for operations in found.values() for one in operations for part in one["path"].split("/")}
    assert said <= touched, f"no change is tried of {said - touched}"
    return found


def check_fence(env, it):
    """Each change is refused, also together with one that is allowed, and changes nothing."""
    before = it.stored()
    good = {"op": "add", "path": BUNDLE, "value": bundle(env)}
    for what, operations in changes(before).items():
        for attempt in (operations, [good, *operations]):
            answer = it.patch(attempt)
            assert it.fenced(answer), f"{what}: {answer.code} {answer.message}"
    merged = it.patch({"webhooks": []}, content_type=MERGE_PATCH)
    assert it.fenced(merged), f"a merge patch: {merged.code} {merged.message}"
    after = it.stored()
    assert after["webhooks"] == before["webhooks"] and after["metadata"]["generation"] == before["metadata"]["generation"]


def test_managed_account_changes_nothing_of_its_configuration_but_ca_bundle(env):
    it = Installed(env)
    check_fence(env, it)
    for value in (bundle(env), bundle(env, 2)):
        for op in ("add", "replace"):
            answer = it.patch([{"op": op, "path": BUNDLE, "value": value}])
            assert answer.code == 200, answer.message
            assert answer.body["webhooks"][0]["clientConfig"]["caBundle"] == value
    check_fence(env, it)  # and neither with a caBundle in it
    whole = it.stored()["webhooks"][0]["name"]
    applied = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
               "metadata": {"name": f"zz-{it.name}"},
               "webhooks": [{"name": whole, "clientConfig": {"caBundle": bundle(env)}}]}
    answer = it.patch(applied, f"{it.configuration}?fieldManager=e2e&force=true", APPLY)
    assert answer.code == 200, f"server-side apply: {answer.message}"
    assert it.patch([{"op": "remove", "path": BUNDLE}]).code == 200


def test_fence_keeps_each_of_several_webhooks(env):
    """As somebody else may have added one to ours."""
    it = Installed(env)
    second = {**it.stored()["webhooks"][0], "name": "second.example.com"}
    added = env.api.call("PATCH", it.configuration, [{"op": "add", "path": "/webhooks/-", "value": second}],
                         content_type=JSON_PATCH)
    assert added.code == 200, added.message
    for operations in ([{"op": "remove", "path": "/webhooks/0"}], [{"op": "remove", "path": "/webhooks/1"}],
                       [{"op": "move", "from": "/webhooks/1", "path": "/webhooks/0"}],
                       replace("/webhooks/1/timeoutSeconds", 30)):
        answer = it.patch(operations)
        assert it.fenced(answer), f"{operations}: {answer.code} {answer.message}"
    assert it.patch([{"op": "add", "path": "/webhooks/1/clientConfig/caBundle", "value": bundle(env)}]).code == 200


def test_managed_account_may_do_nothing_else(env):
    it = Installed(env)
    other = f"other-{env.unique}"
    theirs = {**install.one(it.objects, "MutatingWebhookConfiguration"), "metadata": {"name": other}}
    env.later(lambda: env.api.delete_configuration(other))
    env.api.done("POST", ADMISSION, theirs)
    env.api.done("POST", it.secrets, {"metadata": {"name": "other"}})
    group = "/apis/admissionregistration.k8s.io/v1"
    refused = [("GET", f"{ADMISSION}/{other}"), ("PATCH", f"{ADMISSION}/{other}"), ("DELETE", f"{ADMISSION}/{other}"),
               ("GET", ADMISSION), ("POST", ADMISSION), ("DELETE", ADMISSION),
               ("GET", f"{ADMISSION}?fieldSelector=metadata.name={other}"),
               ("PUT", it.configuration), ("DELETE", it.configuration),
               ("GET", f"{group}/validatingadmissionpolicies/{it.name}-ca-bundle-only"),
               ("DELETE", f"{group}/validatingadmissionpolicies/{it.name}-ca-bundle-only"),
               ("DELETE", f"{group}/validatingadmissionpolicybindings/{it.name}-ca-bundle-only"),
               ("POST", f"{group}/validatingwebhookconfigurations"),
               ("GET", it.configuration), ("GET", it.secret), ("PUT", it.secret),
               ("GET", it.secrets), ("POST", it.secrets), ("DELETE", it.secret), ("DELETE", it.secrets),
               ("GET", f"{it.secrets}/other"), ("PUT", f"{it.secrets}/other"), ("PATCH", f"{it.secrets}/other"),
               ("GET", f"{it.secrets}?fieldSelector=metadata.name=other"), ("GET", "/api/v1/secrets"),
               ("GET", f"/api/v1/namespaces/default/secrets/{it.name}-certs"),
               ("GET", f"/api/v1/namespaces/{env.namespace}/pods"), ("GET", f"/api/v1/namespaces/{env.namespace}/configmaps")]
    for method, path in refused:
        body = [] if method == "PATCH" else {"metadata": {"name": "x"}} if method in ("POST", "PUT") else None
        answer = it.api.call(method, path, body, content_type=JSON_PATCH if method == "PATCH" else "application/json")
        assert answer.code == 403, f"{method} {path}: {answer.code} {answer.message}"


def test_managed_account_keeps_its_secret(env):
    """With each verb that it has, in the way in which it works under a name."""
    it = Installed(env)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"{it.name}-certs"}, "data": {"a": "YQ=="}}
    made = it.patch(secret, f"{it.secret}?fieldManager=e2e", APPLY)
    assert made.code == 201, made.message
    seen = {"resourceVersion": made.body["metadata"]["resourceVersion"]}
    assert it.patch({"metadata": seen, "data": {"a": "Yg=="}}, it.secret, MERGE_PATCH).code == 200
    assert it.patch({"metadata": seen, "data": {"a": "Yw=="}}, it.secret, MERGE_PATCH).code == 409, "an old resourceVersion"
    for path, name in ((it.secrets, f"{it.name}-certs"), (ADMISSION, f"zz-{it.name}")):
        found = it.api.done("GET", f"{path}?fieldSelector=metadata.name={name}")["items"]
        assert [item["metadata"]["name"] for item in found] == [name]
        watched = it.api.call("GET", f"{path}?watch=1&timeoutSeconds=1&fieldSelector=metadata.name={name}")
        assert watched.code == 200 and watched.body["type"] == "ADDED", watched


def test_fence_holds_whatever_else_the_account_may_do(env):
    it = Installed(env)
    role = {"metadata": {"name": f"all-{env.unique}"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": it.name, "namespace": env.namespace}]}
    path = install.CLUSTER_SCOPED["ClusterRoleBinding"]
    env.api.done("POST", path, role)
    env.later(lambda: env.api.call("DELETE", f"{path}/all-{env.unique}"))
    install.wait_allowed(it.api, ADMISSION)
    check_fence(env, it)
    other = f"other-{env.unique}"
    theirs = {**install.one(it.objects, "MutatingWebhookConfiguration"), "metadata": {"name": other}}
    assert it.fenced(it.api.call("POST", ADMISSION, theirs))
    env.later(lambda: env.api.delete_configuration(other))
    env.api.done("POST", ADMISSION, theirs)
    assert it.fenced(it.patch([{"op": "add", "path": BUNDLE, "value": bundle(env)}], f"{ADMISSION}/{other}"))
    for name in (other, f"zz-{it.name}"):
        assert it.fenced(it.api.call("DELETE", f"{ADMISSION}/{name}")), name
    # Everybody else changes what they like.
    assert env.api.call("PATCH", it.configuration, replace(f"{WEBHOOK}/timeoutSeconds", 7), content_type=JSON_PATCH).code == 200
