"""The two that are compared: the API server's server-side apply, and our webhook. Each over one kept connection."""

import base64
import copy
import http.client
import json
import ssl
import urllib.parse
from typing import NamedTuple, Optional

import jsonpatch  # an RFC 6902 implementation that is not ours

PREFIX = "spark-operator.k8s.io/"
OVERLAY, STAMP = PREFIX + "overlay", PREFIX + "mutated-by"
APPLY = "application/apply-patch+yaml"


class Connection:
    def __init__(self, url, ca, headers=()):
        address = urllib.parse.urlsplit(url)
        self.headers = dict(headers)
        self.http = http.client.HTTPSConnection(address.hostname, address.port, timeout=60,
                                                context=ssl.create_default_context(cafile=ca))

    def call(self, method, path, body, content_type="application/json"):
        """(HTTP code, parsed body)"""
        data = json.dumps(body, ensure_ascii=False).encode()
        self.http.request(method, path, data, {**self.headers, "Content-Type": content_type})
        answer = self.http.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")


class Stored(NamedTuple):
    """What the API server made of a template, or why it would not have it."""
    code: int
    template: Optional[dict]
    message: str


def stored(answer):
    code, body = answer
    if code >= 300:
        return Stored(code, None, body.get("message", ""))
    return Stored(code, body["template"], "")


class ApiSide:
    """One PodTemplate; a live pod's spec can't be patched."""

    def __init__(self, facts, namespace, name):
        self.connection = Connection(facts["server"], facts["ca"], {"Authorization": f"Bearer {facts['token']}"})
        self.name, self.last = name, None
        self.path = f"/api/v1/namespaces/{namespace}/podtemplates"
        assert self.connection.call("POST", self.path, self._object({"spec": {
            "containers": [{"name": "first", "image": "none"}]}}))[0] == 201

    def _object(self, template, **metadata):
        return {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": self.name, **metadata}, "template": template}

    def _unowned(self, template):
        """With "forget who owns what": who applies next finds all of it owned by somebody else, at half of the cost."""
        return self._object(template, managedFields=[{}])

    def put(self, template):
        """The template becomes the live one, if it isn't."""
        if self.last is not None and template in (self.last[0], self.last[1].template):
            return self.last[1]
        answer = stored(self.connection.call("PUT", f"{self.path}/{self.name}", self._unowned(template)))
        self.last = (copy.deepcopy(template), answer) if answer.template else None
        return answer

    def would_store(self, template):
        """As put(), on trial."""
        return stored(self.connection.call("PUT", f"{self.path}/{self.name}?dryRun=All", self._unowned(template)))

    def apply(self, template):
        """Applied to the live one with force, by another manager; on trial, so that it stays as it is."""
        return stored(self.connection.call("PATCH", f"{self.path}/{self.name}?fieldManager=overlay&force=true&dryRun=All",
                                           self._object(template), APPLY))


class Answer(NamedTuple):
    allowed: bool
    message: str
    patch: list
    template: Optional[dict]  # after the patch, without what is ours
    pod: Optional[dict]       # after the patch


def review(pod):
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "1", "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"}, "name": pod["metadata"]["name"],
        "namespace": "spark", "operation": "CREATE", "userInfo": {"username": "oracle"}, "object": pod, "oldObject": None,
        "dryRun": False, "options": None}}


def pod_of(template, overlay):
    """A pod of that template which asks for the overlay (a dict, or the annotation's own text)."""
    text = overlay if isinstance(overlay, str) else json.dumps(overlay, ensure_ascii=False)
    metadata = template.get("metadata") or {}
    return {"apiVersion": "v1", "kind": "Pod", "spec": template["spec"],
            "metadata": {**metadata, "name": "pi", "namespace": "spark",
                         "annotations": {**(metadata.get("annotations") or {}), OVERLAY: text}}}


def template_of(pod):
    metadata = {key: value for key, value in pod["metadata"].items() if key not in ("name", "namespace")}
    annotations = {key: value for key, value in metadata.pop("annotations", {}).items() if key not in (OVERLAY, STAMP)}
    return {"metadata": {**metadata, **({"annotations": annotations} if annotations else {})}, "spec": pod["spec"]}


class WebhookSide:
    def __init__(self, url, ca):
        self.connection = Connection(url, ca)

    def ask(self, pod):
        code, answer = self.connection.call("POST", "/mutate?timeout=10s", review(pod))
        assert code == 200, f"the webhook answers {code}: {answer}"
        response = answer["response"]
        if not response["allowed"]:
            return Answer(False, response["status"]["message"], [], None, None)
        patch = json.loads(base64.b64decode(response["patch"])) if "patch" in response else []
        after = jsonpatch.apply_patch(copy.deepcopy(pod), patch)
        return Answer(True, "", patch, template_of(after), after)
