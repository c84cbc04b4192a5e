"""The API server's REST interface, as far as the tests need it."""

import json
import re
import ssl
import time
import urllib.error
import urllib.request
from typing import NamedTuple

ADMISSION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


class Answer(NamedTuple):
    code: int
    body: dict
    warnings: list

    @property
    def message(self):
        return self.body.get("message", "")


def warnings_of(headers):
    """The texts of `Warning: 299 - "text"` lines."""
    quoted = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
    return [re.sub(r"\\(.)", r"\1", text) for line in headers.get_all("Warning") or [] for text in quoted.findall(line)]


def said_by(refusal):
    """A Status; of an API that is not served yet (of a CRD just made) it is a line of plain text."""
    text = refusal.read().decode()
    return json.loads(text or "{}") if "json" in refusal.headers.get("Content-Type", "") else {"message": text.strip()}


def wait_for(what, condition, within=30.0, every=0.1, instead=None):
    """What @condition gives once that is true in itself. @instead says what there is when it never is."""
    deadline = time.monotonic() + within
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what}" + (f", but {instead()}" if instead else ""))
        time.sleep(every)


class Api:
    def __init__(self, facts):
        self.server, self.token, self.ca = facts["server"], facts["token"], facts["ca"]
        self.context = ssl.create_default_context(cafile=self.ca)

    def call(self, method, path, body=None, content_type="application/json"):
        """One request. A refusal is an answer like any other; only a broken connection raises."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server + path, data=data, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", content_type)
        try:
            with urllib.request.urlopen(request, timeout=60, context=self.context) as answer:
                return Answer(answer.status, json.load(answer), warnings_of(answer.headers))
        except urllib.error.HTTPError as refusal:
            return Answer(refusal.code, said_by(refusal), warnings_of(refusal.headers))

    def text(self, path):
        """What is answered that is not JSON."""
        request = urllib.request.Request(self.server + path, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=60, context=self.context) as answer:
            return answer.read().decode()

    def done(self, *request, **options):
        """As call(), for what has to work."""
        answer = self.call(*request, **options)
        assert answer.code < 300, f"{request[:2]}: {answer.code} {answer.message}"
        return answer.body

    def create_pod(self, namespace, pod, dry_run=False):
        return self.call("POST", f"/api/v1/namespaces/{namespace}/pods{'?dryRun=All' if dry_run else ''}", pod)

    def pods(self, namespace, selector=""):
        return self.done("GET", f"/api/v1/namespaces/{namespace}/pods?labelSelector={selector}")["items"]

    def create_namespace(self, name):
        self.done("POST", "/api/v1/namespaces", {"metadata": {"name": name}})

    def delete_configuration(self, name):
        self.call("DELETE", f"{ADMISSION}/{name}")
